"""The ready tables: one click from the tile to a sweep that runs."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from typing import Any

from core.data.samples import SAMPLES, load_sample
from core.data.table import Table
from core.tradeoff.study import EFFORTS
from pages.components import unit
from pages.components.shell import enter, house, start_sweep
from pages.components.vault import Workspace


@lru_cache(maxsize=4)
def draft_of(key: str) -> dict[str, Any]:
    """Return the sample's quick study, else its full one, as the draft of its TOML file. Copy before changing."""
    sample = SAMPLES[key]
    path = sample.quick_study or sample.study
    draft: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    if sample.quick_study is None:
        draft["study"]["effort"] = "glance"  # the same settings at the smallest effort: a first look
        draft["study"].setdefault("rows", 2000)
    return draft


def full_draft(key: str) -> dict[str, Any]:
    """Return the sample's full study as it lies in `sample_data/`."""
    found: dict[str, Any] = tomllib.loads(SAMPLES[key].study.read_text(encoding="utf-8"))
    found.setdefault("attacker", {})
    return found


@lru_cache(maxsize=2)
def table_of(key: str) -> Table:
    """Return the sample's table. It is public, so one copy may serve everybody."""
    return load_sample(key)


def quick_sentence(key: str) -> str:
    """Return what the first look at a sample measures."""
    study = draft_of(key)["study"]
    halves = EFFORTS[study["effort"]]
    return (
        f"{SAMPLES[key].sentence} The first look takes a few seconds: it uses {study['rows']:,} people drawn at random "
        f"and {halves} random halves for each setting. All of them are one switch away on the next page."
    )


def begin(
    key: str,
    again: str | None = None,
    limits: list[dict[str, Any]] | None = None,
    draft: dict[str, Any] | None = None,
) -> Workspace:
    """Open a workspace with a sample, or one again with the limits and the study that its team left, and start it."""
    import copy

    table = table_of(key)
    space = house().vault.open(owner="sample", again=again)
    space.sample, space.name, space.draft = key, SAMPLES[key].title, copy.deepcopy(draft or draft_of(key))
    space.draft.setdefault("attacker", {})
    if limits is not None:
        space.draft["requirement"] = limits
    space.table, space.schema = table, table.schema
    unit.confirm(space)  # its authors know whom a row stands for, and the schema says so
    enter(space)
    start_sweep(space)
    return space
