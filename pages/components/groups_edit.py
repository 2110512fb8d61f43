"""Editing the hierarchy of one column, importing and exporting it as an ARX level file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from core.data.hierarchy import default_hierarchy, suggest_groups, write_levels
from core.data.schema import Hierarchy, Kind
from pages.components.groups_state import put, take_file, undo, widths_of
from pages.components.shell import brought, told
from pages.components.vault import Workspace
from pages.components.words import plain

MOST_ROWS = 400
"""Values up to which groups are edited in a table on the page; longer lists go through a file."""


def edit(space: Workspace, name: str) -> None:
    """Draw what can be changed, by the kind of the column."""
    if space.schema is None or space.table is None:
        return
    column, table = space.schema[name], space.table
    base = f"{space.id}-{space.revision}-{name}"
    if column.kind is Kind.NUMERIC:
        held = column.hierarchy
        shown = ", ".join(f"{w:g}" for w in held.widths) if held is not None and held.kind == "intervals" else ""
        text = st.text_input("Widths of the intervals, each a multiple of the one before", shown, key=f"widths-{base}",
                             placeholder="5, 10, 20", max_chars=100)  # fmt: skip
        _offer("Use these widths", f"use-widths-{base}", lambda: put(space, name, widths_of(text)), not text.strip())
        _offer("Round widths", f"round-{base}", lambda: put(space, name, default_hierarchy(column, table, "round")))
        _offer(
            "Quantiles", f"quantiles-{base}", lambda: put(space, name, default_hierarchy(column, table, "quantiles"))
        )
    elif column.kind is Kind.DATE:
        st.caption("Dates become coarser by month, quarter, year and decade; a level file can say otherwise.")
    elif column.kind is Kind.CATEGORICAL:
        st.caption("Start from one of these, then change single groups in the table below.")
        _offer("First characters", f"prefix-{base}", lambda: put(space, name, Hierarchy(kind="prefix")))
        _offer("Keep the most frequent", f"frequent-{base}", lambda: put(space, name, default_hierarchy(column, table)))
        _offer(
            "Suggest by similarity to what is predicted",
            f"suggest-{base}",
            lambda: put(space, name, suggest_groups(table, name)),
            table.schema.target is None or name == table.schema.target,
        )
        st.caption(
            "A suggestion is learned from this table and marked so; it is used only because you press the button."
        )
        _table(space, name, base)
    if column.hierarchy is not None:
        _offer("Back to the default", f"default-{base}", lambda: put(space, name, None))
    st.button("Undo", icon=":material/undo:", key=f"undo-groups-{space.id}", on_click=undo, args=(space,),
              disabled=not space.looks.get("hierarchies"), help="Take the last change of a hierarchy back")  # fmt: skip


def _offer(label: str, key: str, do: Callable[[], None], disabled: bool = False) -> None:
    if st.button(label, key=key, disabled=disabled, width="stretch"):
        with told():
            do()
            st.rerun()


def _table(space: Workspace, name: str, base: str) -> None:
    """Draw the groups as a table to edit; values are shown to owners."""
    if space.schema is None or space.table is None:
        return
    held = space.schema[name].hierarchy
    if held is None or held.kind != "levels":
        return
    if not brought(space) or len(held.rows) > MOST_ROWS:
        st.caption("These groups are changed by exporting, editing and importing the level file.")
        return
    depth = len(held.rows[0])
    names = ["value", *(f"level {i}" for i in range(1, depth))]
    frame = pd.DataFrame(list(held.rows), columns=names)
    new = st.data_editor(frame, key=f"editor-{base}", hide_index=True, disabled=["value"], num_rows="fixed")
    rows = tuple(tuple("" if pd.isna(cell) else str(cell) for cell in row) for row in new.to_numpy().tolist())
    changed = rows != held.rows
    _offer(
        "Use the changed groups",
        f"use-groups-{base}",
        lambda: put(space, name, Hierarchy(kind="levels", rows=rows, learned=held.learned)),
        not changed,
    )


def files(space: Workspace, name: str) -> None:
    """Draw import and export of an ARX level file."""
    if space.schema is None or space.table is None:
        return
    if not brought(space):
        st.caption("Level files hold values of the table: owners of the workspace import and export them.")
        return
    turn = st.session_state.setdefault("levels_turn", 0)
    file = st.file_uploader("Import a level file (ARX: value;group;larger group, no header)", type=["csv", "txt"],
                            key=f"levels-{space.id}-{name}-{turn}")  # fmt: skip
    if file is not None:
        with told():
            missing = take_file(space, name, file.getvalue())
            st.session_state["levels_turn"] = turn + 1
            space.looks["uncovered"] = (name, missing)
            st.rerun()
    uncovered(space, name)
    with told():
        content: Any = write_levels(space.schema[name], space.table)
        st.download_button("Export the level file", content, f"{_file_name(name)}.csv", "text/csv",
                           key=f"export-{space.id}", icon=":material/download:", on_click="ignore")  # fmt: skip


def uncovered(space: Workspace, name: str) -> None:
    """Say which values the last import does not name; the old hierarchy stayed."""
    column, missing = space.looks.get("uncovered", ("", ()))
    if column != name or not missing:
        return
    shown = ", ".join(plain(value) for value in missing[:20])
    more = f" and {len(missing) - 20} more" if len(missing) > 20 else ""
    st.error(
        f"**The file does not name every value of {plain(name)}, so the old hierarchy stays.** Missing: {shown}{more}. "
        "Add a line for each and import the file again.",
        icon=":material/error:",
    )


def _file_name(name: str) -> str:
    """Return a column's name as a file's.

    >>> _file_name("a/b: c")
    'a_b_c'
    """
    return "_".join("".join(c if c.isalnum() or c in "-_" else " " for c in name).split())[:60] or "levels"
