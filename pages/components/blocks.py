"""Recipe blocks: the form that a recipe has in a study file, taken apart into steps and put together again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def steps_of(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of a recipe block; a single technique is one step."""
    if "steps" in block:
        return list(block["steps"])
    return [{key: value for key, value in block.items() if key not in ("name", "release", "tune")}]


def block_of(name: str, steps: Sequence[dict[str, Any]], release: str | None = None) -> dict[str, Any]:
    """Return the recipe block of some steps.

    >>> block_of("n", [{"technique": "none"}])
    {'name': 'n', 'technique': 'none'}
    """
    head: dict[str, Any] = {"name": name} | ({"release": release} if release else {})
    return {**head, **steps[0]} if len(steps) == 1 else {**head, "steps": list(steps)}
