"""From an uploaded file to a workspace: reading, findings, a first schema, a profile of masked examples."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

import pandas as pd

from core.data.schema import Role, Schema
from core.data.table import Table
from pages.components.recipes import starting_recipes
from pages.components.vault import Workspace

QUICK = 3000


def masked(column: pd.Series[Any]) -> str:
    """Return the commonest shape of a column's cells, never a cell: letters are a, digits are 9.

    >>> masked(pd.Series(["Ann", "Bob", None])), masked(pd.Series([12, 47]))
    ('Aaa', '99')
    """
    shapes = column.dropna().head(500).astype(str).str.slice(0, 16).map(_shape)
    return "" if shapes.empty else str(shapes.value_counts().index[0])


def _shape(text: str) -> str:
    out = re.sub(r"\d", "9", text)
    out = "".join("A" if c.isupper() else "a" if c.isalpha() else c if c in "9 .,-/:@+()_" else "·" for c in out)
    return re.sub(r"\.9+$", ".9", re.sub(r"([Aa])\1{5,}", lambda m: m[1] * 5 + "…", out))


def profile(frame: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Return for each column its distinct values, missing cells and masked example."""
    return tuple(
        {
            "distinct": int(frame[name].nunique()),
            "missing": int(frame[name].isna().sum()),
            "example": masked(frame[name]),
        }
        for name in frame.columns
    )


def take_in(space: Workspace, name: str, content: bytes) -> None:
    """Read a file into the workspace; a `UserError` leaves what was there untouched."""
    from core.data.infer import apply_kinds, suggest, suggest_schema
    from core.data.read import read_table
    from pages.components.shell import house

    read = read_table(name, content)
    found = suggest(read.frame)
    schema = suggest_schema(read.frame)
    table = Table.build(apply_kinds(read.frame, schema), schema)
    house().vault.keep(space, read.frame, table)
    with space.lock:
        space.schema, space.sample, space.job, space.last = schema, None, None, None
        space.findings = tuple(read.findings)
        space.why = {one.name: one.why for one in found}
        space.profile = profile(read.frame)
        space.name = PurePath(name).stem[:80]
        space.notes, space.revision = {}, space.revision + 1
        space.draft = first_draft(space.name, PurePath(name).name, schema, table)


def first_draft(name: str, file: str, schema: Schema, table: Table) -> dict[str, Any]:
    """Return the study that a new table starts with: one recipe a family, a small sample, one limit."""
    study: dict[str, Any] = {
        "name": name,
        "table": file,
        "schema": f"{name}.schema.json",
        "model": "logistic_regression",
        "effort": "glance",
        "seed": 1,
    }
    if table.people > QUICK:
        study["rows"] = QUICK
    direct = schema.with_role(Role.DIRECT_IDENTIFIER)
    limit = {"name": "hard to tell who was in", "risk": "membership", "at_most": 0.05, "owner": "privacy officer"}
    return {"study": study, "attacker": {}, "recipe": starting_recipes(direct), "requirement": [limit]}
