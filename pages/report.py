"""Report, the page that asks: what can we hand over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.report import render
from pages.components import proposal, study_file, team
from pages.components.boot import ensure_entry
from pages.components.shell import empty, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()
AUDIENCES = {
    "team": "everything there is",
    "external": "for others who check it",
    "executive": "one page with the takeaway",
}
FORMATS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
}


Content = tuple[Mapping[str, Any], Mapping[str, Any] | None]
"""A result, and the decision that was taken on it or none."""


def decided(key: str, space: Workspace | None) -> Mapping[str, Any] | None:
    """Draw the choice of the decision that goes into the report, and return its file's JSON."""
    found = team.found(key)
    if found is None or not found[1].decisions:
        return None
    here, board = found
    every = {one.id: one for one in reversed(board.decisions)}

    def named(id: str | None) -> str:
        if id is None:
            return "none"
        return f"{every[id].point}: {every[id].status(proposal.today())}"

    id = st.selectbox("With the decision", [*every, None], format_func=named, key=f"decision-{key}")
    return None if id is None else proposal.file_of(here, board, every[id], space)


def downloads(stem: str, content: Content, audience: str, free_text: bool) -> None:
    """Draw the download buttons; a file is made when somebody clicks, from the result as it stands then."""
    result, decision = content
    for place, (kind, mime) in zip(st.columns(len(FORMATS)), FORMATS.items(), strict=True):
        place.download_button(
            {"md": "Markdown"}.get(kind, kind.upper()),
            data=lambda kind=kind: render(result, kind, audience, decision, free_text),  # type: ignore[misc]
            file_name=f"{stem}.{kind}",
            mime=mime,
            key=f"get-{kind}",
            on_click="ignore",
            width="stretch",
            icon=":material/download:",
        )


def hand_over(stem: str, content: Content) -> None:
    """Draw audience, downloads and preview. A decision is reported on the state that it stands on."""
    decision = content[1]
    if decision is not None and decision.get("result"):
        content = (decision["result"], decision)
        st.caption("The report shows the state that the decision stands on, as it was measured then.")
    audience = st.radio(
        "For whom", list(AUDIENCES), format_func=str.capitalize, captions=list(AUDIENCES.values()), key="audience",
        horizontal=True, persist_state="session",
    )  # fmt: skip
    free_text = audience != "external" or st.checkbox(
        "Let outsiders read what people wrote: names, comments, reasons, conditions", key="free-text",
    )  # fmt: skip
    with told():
        downloads(stem, content, audience, free_text)
        st.header("Preview", anchor=False)
        preview = render(content[0], "html", audience, content[1], free_text).decode("utf-8")
        st.iframe(preview, height=700)


def again(space: Workspace) -> None:
    """Draw the study file and the command that gives the same numbers."""
    study, table, schema = study_file.file_names(space.draft)
    text = study_file.to_toml(space.draft)
    st.header("Run it again", anchor=False)
    st.markdown(
        "The study file and the schema hold everything but the rows. With them, the table and the same versions, the "
        "command line gives the same numbers."
    )
    st.code(f"python -m core run {study} --json result.json", language="bash")
    left, right = st.columns(2)
    left.download_button("Study (TOML)", text, study, "text/plain", key="get-study", on_click="ignore", width="stretch")
    if space.schema is not None:
        content = json.dumps(space.schema.to_json(), indent=1, ensure_ascii=False)
        right.download_button("Schema (JSON)", content, schema.rsplit("/", 1)[-1], "application/json", key="get-schema",
                              on_click="ignore", width="stretch")  # fmt: skip
    with st.expander("The study file", key="study-file"):
        st.code(text, language="toml")
    st.caption(f"Put them beside the table, {plain(table)}.")


def page(space: Workspace) -> None:
    """Draw the page of a workspace that has a result."""
    snapshot = space.snapshot()
    if snapshot is None:
        return
    result = snapshot.result
    if snapshot.state != "done":
        st.warning(f"The sweep is not complete: {snapshot.headline}. The report holds what is there.")
    rows = result["study"].get("rows")
    if rows and space.table is not None and rows < space.table.people:
        st.info(
            f"These numbers come from {rows:,} people drawn at random out of {space.table.people:,}, with "
            f"{result['study']['replicates']} random halves for each setting: a first look. The report says so. "
            "For the decision, use all people and a higher effort on the Trade-off page.",
            icon=":material/info:",
        )
    hand_over(study_file.file_names(space.draft)[0].removesuffix(".toml"), (result, decided(space.id, space)))
    again(space)


st.title("What can we hand over?", anchor=False)
space = workspace()
key = str(st.query_params.get("ws") or st.session_state.get("ws") or "")
if space is not None and space.table is not None and space.job is not None:
    page(space)
elif key and team.may(key, "viewer") and (kept := decided(key, space)) is not None:
    st.caption("The table is no longer in memory. What was decided is kept, with the state that it stands on.")
    hand_over("decision", (kept["result"], kept))
elif space is None or space.table is None:
    empty("There is nothing to report yet. Load the census sample, or upload your own table.")
else:
    st.info("Nothing has been measured yet. Run the settings on the Trade-off page first.")
    if st.button("Go to the trade-off", type="primary", key="to_trade_off"):
        st.switch_page("pages/trade_off.py", query_params={"ws": space.id})
