"""What somebody sees whose table is gone: what happened, what is kept, and the shortest way on."""

from __future__ import annotations

import copy
from typing import Any

import streamlit as st

from core.data.samples import SAMPLES
from core.errors import UserError
from pages.components import team
from pages.components.words import plain

GONE = (
    "The table behind this link is no longer in memory: it was forgotten on request, after 30 minutes without a visit, "
    "or when the server restarted; a sweep that was running ended with it. Load it again to go on. What the team said "
    "and decided, and its limits, are kept: see Decide."
)


def sample_of(workspace: str) -> str | None:
    """Return the sample that a workspace was opened with; None for an own table, or where the store does not say."""
    try:
        events = team.room(workspace).store.events(workspace)
    except UserError:
        return None
    key = events[0].payload.get("sample") if events and events[0].kind == "opened" else None
    return key if isinstance(key, str) and key in SAMPLES else None


def limits_of(workspace: str) -> list[dict[str, Any]] | None:
    """Return the limits as the team left them; None where the store does not answer."""
    try:
        return [dict(limit.block) for limit in team.room(workspace).board().limits]
    except UserError:
        return None


def again(workspace: str, key: str) -> None:
    """Load a sample into the workspace that it was in, with the limits as the team left them, and start its sweep."""
    from pages.components.samples import begin
    from pages.components.shell import house

    if house().vault.get(workspace) is not None:
        return  # a colleague was quicker
    limits = limits_of(workspace)
    begin(key, workspace, None if limits is None else copy.deepcopy(limits))


def offer() -> None:
    """Say that the table is gone; a member of a workspace that had a sample goes on with one click."""
    from pages.components.shell import told

    st.info(GONE, icon=":material/history:")
    wanted = st.query_params.get("ws") or st.session_state.get("ws") or ""
    key = sample_of(wanted) if team.may(wanted, "member") else None
    if key is None:
        return
    label = f"Load {plain(SAMPLES[key].title)} again and go on"
    if st.button(label, type="primary", key="resume", icon=":material/replay:"):
        with told():
            again(wanted, key)
            st.rerun()
