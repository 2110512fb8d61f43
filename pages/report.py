"""Report, the page that asks: what can we hand over."""

from __future__ import annotations

import json

import streamlit as st

from core.report import render
from pages.components import study_file
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


def downloads(space: Workspace, audience: str) -> None:
    """Draw the download buttons; a file is made when somebody clicks, from the result as it stands then."""
    snapshot = space.snapshot()
    if snapshot is None:
        return
    stem = study_file.file_names(space.draft)[0].removesuffix(".toml")
    result = snapshot.result
    for place, (kind, mime) in zip(st.columns(len(FORMATS)), FORMATS.items(), strict=True):
        place.download_button(
            {"md": "Markdown"}.get(kind, kind.upper()),
            data=lambda kind=kind: render(result, kind, audience),  # type: ignore[misc]
            file_name=f"{stem}.{kind}",
            mime=mime,
            key=f"get-{kind}",
            on_click="ignore",
            width="stretch",
            icon=":material/download:",
        )


def again(space: Workspace) -> None:
    """Draw the study file and the command that gives the same numbers."""
    study, table, schema = study_file.file_names(space.draft)
    text = study_file.to_toml(space.draft)
    st.subheader("Run it again", anchor=False)
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
    audience = st.radio(
        "For whom", list(AUDIENCES), format_func=str.capitalize, captions=list(AUDIENCES.values()), key="audience",
        horizontal=True, persist_state="session",
    )  # fmt: skip
    with told():
        downloads(space, audience)
        st.subheader("Preview", anchor=False)
        preview = render(result, "html", audience).decode("utf-8")
        st.iframe(preview, height=700)
    again(space)


st.title("What can we hand over?", anchor=False)
space = workspace()
if space is None or space.table is None:
    empty("There is nothing to report yet. Load the census sample, or upload your own table.")
elif space.job is None:
    st.info("Nothing has been measured yet. Run the settings on the Trade-off page first.")
    if st.button("Go to the trade-off", type="primary", key="to_trade_off"):
        st.switch_page("pages/trade_off.py", query_params={"ws": space.id})
else:
    page(space)
