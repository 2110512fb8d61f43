"""From an uploaded file to a workspace: reading, findings, a first schema, a profile of masked examples."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pandas as pd

from core.data.schema import Role, Schema
from core.data.table import Table
from pages.components.recipes import starting_recipes
from pages.components.vault import Workspace

QUICK = 3000


def limits_text() -> str:
    """Return what a file may be."""
    from core.data.cells import LIMITS_TEXT

    return LIMITS_TEXT


def profile(frame: pd.DataFrame, schema: Schema) -> tuple[dict[str, Any], ...]:
    """Return for each column its distinct values, missing cells and the shape of its cells, never a cell."""
    from core.data.infer import masked_example

    return tuple(
        {
            "distinct": int(frame[column.name].nunique()),
            "missing": int(frame[column.name].isna().sum()),
            "example": masked_example(frame[column.name].head(2000), column.kind),
        }
        for column in schema.columns
    )


def take_in(space: Workspace, name: str, content: bytes) -> None:
    """Read a file into the workspace; a `UserError` leaves what was there untouched."""
    from core.data.cells import Finding
    from core.data.infer import apply_kinds, date_findings, schema_of, suggest
    from core.data.read import read_table
    from pages.components.shell import house

    read = read_table(name, content)
    found = suggest(read.frame)
    schema = schema_of(found)
    table = Table.build(apply_kinds(read.frame, schema), schema)
    house().vault.keep(space, read.frame, table)
    with space.lock:
        space.schema, space.sample, space.job, space.last = schema, None, None, None
        told = [Finding(level="warning", column=None, text=text) for text in date_findings(read.frame, schema)]
        space.findings = (*read.findings, *told)
        space.why = {one.name: one.reason for one in found}
        space.profile = profile(read.frame, schema)
        space.name = PurePath(name).stem[:80]
        space.notes, space.revision = {}, space.revision + 1
        space.stack, space.undo, space.looks, space.unit = None, [], {}, None
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
