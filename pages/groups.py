"""Groups, the page that asks: how coarse may each column become."""

from __future__ import annotations

import streamlit as st

from core.data.schema import Role
from pages.components import groups_edit, groups_state, groups_view
from pages.components.boot import ensure_entry
from pages.components.shell import empty, link, onlooker, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()


def page(space: Workspace) -> None:
    """Draw the page of a workspace that has a table."""
    names = groups_state.choices(space)
    if not names:
        st.info("No column of this table can become coarser. Give columns their roles on the Data page.")
        return
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        name = st.selectbox("Column", names, key=f"groups-column-{space.id}", format_func=lambda n: _label(space, n))
        with told():
            groups_view.levels(space, name)
        with st.expander("Change how it becomes coarser", expanded=True, key=f"change-{space.id}"), told():
            groups_edit.edit(space, name)
        with st.expander("Level files, as ARX reads and writes them", key=f"files-{space.id}"), told():
            groups_edit.files(space, name)
    with right, told():
        st.markdown("**What the groups do to the crowds**")
        groups_view.preview(space, st.context.theme.type == "dark")
        if st.button("Go on to the techniques", type="primary", key="go_on"):
            link("techniques", space)


def _label(space: Workspace, name: str) -> str:
    known = space.schema is not None and space.schema[name].role is Role.QUASI_IDENTIFIER
    return f"{plain(name)}{' (known to others)' if known else ''}"


st.title("How coarse may each column become?", anchor=False)
space = workspace()
if space is None or space.table is None or space.schema is None:
    empty("There is no table yet. Load the census sample with one click, or upload your own table on the Data page.")
elif not onlooker(space):
    st.caption(
        "Ages become intervals, codes lose characters, values join groups: level by level, until all are one. "
        "The techniques that coarsen climb these levels."
    )
    page(space)
