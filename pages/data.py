"""Data, the page that asks: what is in your table, and who could be recognised."""

from __future__ import annotations

import streamlit as st

from pages.components import adviser, assumptions, intake, resume, roles, task, team, today
from pages.components.boot import ensure_entry
from pages.components.shell import empty, enter, house, link, onlooker, show_error, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()


def upload(space: Workspace | None) -> None:
    """Read a file once, then drop the uploader's own copy by giving it another key."""
    turn = st.session_state.setdefault("upload_turn", 0)
    file = st.file_uploader(
        "Your table", type=["csv", "tsv", "txt", "xlsx", "parquet"], key=f"upload-{turn}", help=intake.limits_text()
    )
    if file is None:
        return
    with told(), st.spinner("Reading the table"):
        fresh = space is None or space.sample is not None
        target = house().vault.open() if space is None or fresh else space
        try:
            intake.take_in(target, file.name, file.getvalue())
        except BaseException:
            if fresh:
                house().vault.forget(target.id)
            raise
        st.session_state["upload_turn"] = turn + 1
        if fresh:
            enter(target)
            st.query_params["ws"] = target.id
        st.rerun()


def findings(space: Workspace) -> None:
    """Draw one card for each thing that was found while reading."""
    shown = sorted(space.findings, key=lambda finding: finding.level != "warning")
    for start in range(0, len(shown), 3):
        for place, finding in zip(st.columns(3), shown[start : start + 3], strict=False):
            with place.container(border=True, height="stretch"):
                sign = ":material/warning:" if finding.level == "warning" else ":material/info:"
                st.markdown(f"{sign} {plain(finding.text)}")


st.title("What is in your table, and who could be recognised?", anchor=False)
space = workspace()
has_table = space is not None and space.table is not None
st.caption(f"{intake.limits_text()} {house().promise}")
with st.expander(
    "Use another table" if has_table else "Choose a file", expanded=not has_table, key=f"uploader-{has_table}"
):
    if space is None or team.may(space.id, "member"):
        upload(space)
if space is None or space.table is None or space.schema is None:
    empty("Choose a file above. To look around first, load one of the samples on the Start page.")
elif not onlooker(space):
    task.settle(space)
    resume.note(space)
    findings(space)
    left, right = st.columns([2.8, 1], gap="medium")
    with left:
        st.header("What each column is", anchor=False)
        if space.problem is not None:
            show_error(space.problem)
        with told():
            roles.show(space)
    with right, st.container(key="today"), told():
        today.show(space)
        if st.button("Go on to the trade-off", type="primary", key="go_on", width="stretch"):
            link("trade_off", space)
    with told():
        assumptions.show(space)
    with told():
        adviser.show(space)
