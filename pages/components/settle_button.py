"""What to do about "not proven": ask for this setting's next look, with the time it takes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import mapping
from core.errors import UserError
from core.team.store import no_entry
from core.tradeoff.effort import next_look
from pages.components import team
from pages.components.background import duration
from pages.components.shell import house, told
from pages.components.vault import Workspace
from pages.components.words import plain


def seconds(point: Mapping[str, Any], look: int, workers: int) -> float:
    """Return how long the runs up to a look take, by those that were made.

    >>> seconds({"seconds": 9.0, "replicates": 2}, 8, 2)
    9.0
    """
    made = int(point["replicates"])
    return float(point["seconds"]) / (made + 1) * (look - made) / max(workers, 1)


def settle(space: Workspace, point: str) -> None:
    """Ask for the next planned look at one setting, or raise the `UserError` that says why not."""
    if not team.may(space.id, "member"):
        raise no_entry()
    job = space.job
    count = None if job is None or job.active or space.table is None else job.settle(point)
    if job is None or count is None:
        raise UserError("more runs need a finished sweep with the table still open", got="none, or no further look",
                        do="Load the table and run the sweep again.")  # fmt: skip
    with space.lock:
        space.draft["study"].setdefault("more", {})[point] = count
        space.last, space.notes = None, {**space.notes, "stale": True, "clicked": time.monotonic()}
    house().dispatcher.start(job)
    house().keeper.follow(space)


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
    wait = duration(seconds(point, look, house().workers.workers))
    if st.button(
        f"Settle this: {many} more random halves, {wait}",
        key=f"settle-{space.id}",
        icon=":material/rule:",
        disabled=job.active or job.snapshot().state == "stopped",
        help="A limit is not proven either way because the interval reaches over it. More runs of this setting alone "
        "narrow it; they may still leave it open. Everything else on the chart stays.",
    ):
        with told():
            settle(space, str(point["id"]))
            st.rerun()
