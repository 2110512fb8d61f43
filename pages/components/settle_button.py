"""What to do about "not proven": ask for this setting's next look, with the time it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import mapping
from core.tradeoff.effort import next_look
from pages.components.background import duration
from pages.components.shell import house, settle, told
from pages.components.vault import Workspace
from pages.components.words import plain


def seconds(point: Mapping[str, Any], look: int, workers: int) -> float:
    """Return how long the runs up to a look take, by those that were made.

    >>> seconds({"seconds": 9.0, "replicates": 2}, 8, 2)
    9.0
    """
    made = int(point["replicates"])
    return float(point["seconds"]) / (made + 1) * (look - made) / max(workers, 1)


def show(space: Workspace, point: Mapping[str, Any]) -> None:
    """Draw why the setting got no more runs, and the button where a limit is not proven either way."""
    if point.get("effort"):
        st.caption(f"Runs: {point['replicates']} random halves. On more: {plain(point['effort'])}.")
    job = space.job
    if job is None or "unproven" not in mapping(point.get("meets")).values():
        return
    look = next_look(int(point["replicates"]))
    if look is None:
        st.caption("Not proven after the last planned look: only more people, or another limit, would settle it.")
        return
    many = look - int(point["replicates"])
    time = duration(seconds(point, look, house().workers.workers))
    if st.button(
        f"Settle this: {many} more random halves, {time}",
        key=f"settle-{space.id}",
        icon=":material/rule:",
        disabled=job.active or job.snapshot().state == "stopped",
        help="A limit is not proven either way because the interval reaches over it. More runs of this setting alone "
        "narrow it; they may still leave it open. Everything else on the chart stays.",
    ):
        with told():
            settle(space, str(point["id"]))
            st.rerun()
