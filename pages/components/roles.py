"""The role editor: one table, one row a column, edits land in the workspace's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from core.data.schema import Column, Kind, Role, Schema
from core.errors import UserError
from core.methods.glossary import told
from pages.components import undo
from pages.components.intake import profile
from pages.components.vault import Workspace, retable

ROLE_WORDS = {
    Role.DIRECT_IDENTIFIER: "names somebody",
    Role.QUASI_IDENTIFIER: "known to others",
    Role.SENSITIVE: "secret",
    Role.TARGET: "to predict",
    Role.FEATURE: "other input",
    Role.IGNORED: "leave out",
}
ROLE_HELP = (
    f"names somebody: {told('direct_identifier')} known to others: {told('quasi_identifier')} secret: "
    f"{told('sensitive')} to predict: {told('target')} other input: used by the model, not known to others. leave out: "
    "ignored."
)
_WORD_ROLES = {word: role for role, word in ROLE_WORDS.items()}


def rows_of(schema: Schema, shapes: Sequence[Mapping[str, Any]], why: Mapping[str, str]) -> pd.DataFrame:
    """Return the editor's rows: aggregates and masked examples, no cell of the table."""
    return pd.DataFrame(
        [
            {
                "Column": column.name,
                "Kind": str(column.kind),
                "Role": ROLE_WORDS[column.role],
                "Distinct": shape["distinct"],
                "Missing": shape["missing"],
                "Looks like": shape["example"],
                "Why": why.get(column.name, "from the schema"),
            }
            for column, shape in zip(schema.columns, shapes, strict=True)
        ]
    )


def edited(schema: Schema, changes: Mapping[int, Mapping[str, Any]]) -> Schema:
    """Return the schema after the editor's changes; one target at most, the newest wins.

    >>> start = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE),))
    >>> edited(start, {0: {"Role": "known to others"}}).quasi_identifiers
    ('age',)
    """
    columns = list(schema.columns)
    for place, change in changes.items():
        old = columns[place]
        kind = Kind(change["Kind"]) if change.get("Kind") else old.kind
        role = _WORD_ROLES[change["Role"]] if change.get("Role") else old.role
        if role is Role.TARGET and old.role is not Role.TARGET:
            columns = [replace(c, role=Role.FEATURE) if c.role is Role.TARGET else c for c in columns]
        if kind is not old.kind:  # what is public about a column is about its old kind
            old = Column(name=old.name, kind=kind, role=old.role)
        columns[place] = replace(old, role=role)
    return Schema(tuple(columns), schema.person_id)


def show(space: Workspace) -> None:
    """Draw the editor. What it was given stays the same until the table is read anew, so no edit is lost."""
    schema = space.schema
    if schema is None or space.table is None:
        return
    if not space.profile:
        space.profile = profile(space.table.frame, space.table.schema)
    key = f"roles-{space.id}-{space.revision}"
    base = st.session_state.setdefault(f"{key}-base", schema)

    def changed() -> None:
        apply(space, edited(base, st.session_state[key]["edited_rows"]))

    st.data_editor(
        rows_of(base, space.profile, space.why),
        key=key,
        hide_index=True,
        disabled=["Column", "Why", "Distinct", "Missing", "Looks like"],
        on_change=changed,
        height=min(38 + 35 * len(base.columns), 560),
        column_config={
            "Column": st.column_config.TextColumn(width=130),
            "Kind": st.column_config.SelectboxColumn(options=[str(k) for k in Kind], required=True, width=100),
            "Role": st.column_config.SelectboxColumn(
                options=list(ROLE_WORDS.values()), required=True, help=ROLE_HELP, width=145
            ),
            "Why": st.column_config.TextColumn(
                help="Why we guessed this role: what the name says, or the share of cells that look like something.",
                width="large",
            ),
            "Distinct": st.column_config.NumberColumn(width=70),
            "Missing": st.column_config.NumberColumn(width=70),
            "Looks like": st.column_config.TextColumn(
                help="The commonest shape of a cell: letters are a, digits are 9. Never a real cell.", width="small"
            ),
        },
    )
    undo.offer(space, "roles", lambda change: space.schema == change.after, lambda change: _back(space, change))


def _back(space: Workspace, change: undo.Change) -> None:
    """Return to the roles before the last change, and draw the editor anew."""
    retable(space, change.before)
    space.problem = None
    space.revision += 1


def _changes(old: Schema, new: Schema) -> str:
    """Return in words what became of which columns.

    >>> old = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE),))
    >>> _changes(old, edited(old, {0: {"Role": "known to others"}}))
    'You changed age.'
    """
    names = [is_.name for was, is_ in zip(old.columns, new.columns, strict=True) if was != is_]
    if old.person_id != new.person_id:
        names.append("which rows belong to one person")
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"You changed {', '.join(names[:3])}{more}."


def apply(space: Workspace, schema: Schema) -> bool:
    """Give the workspace a schema. A schema that does not fit is told, and the one before stays."""
    old = space.schema
    try:
        retable(space, schema)
    except UserError as error:
        space.problem = error
        return False
    space.problem = None
    if old is not None and old.names == schema.names and space.schema != old:
        undo.remember(space, "roles", undo.Change(told=_changes(old, schema), before=old, after=space.schema))
    return True


def set_target(space: Workspace, name: str | None) -> None:
    """Make a column the target, or none."""
    schema = space.schema
    if schema is None:
        return
    columns = [
        replace(c, role=Role.TARGET if c.name == name else Role.FEATURE if c.role is Role.TARGET else c.role)
        for c in schema.columns
    ]
    person = None if schema.person_id == name else schema.person_id
    if apply(space, Schema(tuple(columns), person)):
        space.revision += 1


def set_person(space: Workspace, name: str | None) -> None:
    """Choose the column that says which rows belong to one person."""
    if space.schema is not None and apply(space, replace(space.schema, person_id=name)):
        space.revision += 1


def set_public(space: Workspace, column: Column) -> None:
    """Replace what is public about one column."""
    if space.schema is not None:
        apply(space, space.schema.changed(column))
