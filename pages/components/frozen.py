"""A frozen state: the chart exactly as it stood when somebody froze it. Nothing is recalculated, nothing follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import mapping, number
from core.engine.jobs import Snapshot
from core.errors import UserError
from pages.components import results, team
from pages.components.shell import empty
from pages.components.vault import Workspace


def asked() -> str | None:
    """Return the state that the address names."""
    return st.query_params.get("state")


def snapshot_of(result: Mapping[str, Any]) -> Snapshot:
    """Return a sweep that ended, for a result that was kept."""
    fits = int(number(mapping(result.get("ledger")).get("fits")) or 0)
    return Snapshot(
        result=result, done=fits, total=fits, state="kept", seconds_left=None, seconds=0.0, first_point=None
    )


def show() -> None:
    """Draw the state that the address names, or say that there is none for this person."""
    workspace, name = str(st.query_params.get("ws") or ""), str(asked())
    if not team.may(workspace, "viewer"):
        empty("This link shows nothing to you.")
        return
    body = team.state(team.room(workspace), name)
    if body is None:
        raise UserError("a link to a frozen state names one", got="none of that name", do="Ask for the link again.")
    left, right = st.columns([5, 2], vertical_alignment="center")
    left.info(
        f"**Frozen.** You see what was measured when this was kept (state {name[:12]}). Nothing here changes, whatever "
        "is run later.",
        icon=":material/ac_unit:",
    )
    if right.button("Go to the live chart", key="live-chart", icon=":material/show_chart:"):
        st.query_params.pop("state", None)
        st.rerun()
    still(workspace, body, name)


def still(workspace: str, body: Mapping[str, Any], name: str) -> None:
    """Draw a kept result as it stood."""
    # A workspace without rows, a sweep or a study of its own: everything that could change something has nothing to.
    space = Workspace(id=f"{workspace}F{name[:12]}", draft=dict(body["study"]), sample=body.get("sample"))
    results.show(space, snapshot_of(body["result"]), st.context.theme.type == "dark")
