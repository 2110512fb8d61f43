"""The middle of the Trade-off page: progress, takeaway, chart, the selected point, the same points as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.engine.jobs import Snapshot
from pages.components import drawing, point, sweep
from pages.components.live_chart import live_chart
from pages.components.vault import Workspace
from pages.components.words import SHORT, THREATS, VERDICTS, interval, passing, percent, plain, signed, verdict


def progress(space: Workspace, snapshot: Snapshot) -> None:
    """Draw how far the sweep is, the time left, and Stop; a finished one in one line."""
    if snapshot.active:
        bar, stop = st.columns([5, 1], vertical_alignment="center")
        bar.progress(min(snapshot.done / max(snapshot.total, 1), 1.0), text=snapshot.headline)
        stop.button("Stop", key="stop", icon=":material/stop:", on_click=_stop, args=(space,), width="stretch")
    else:
        st.caption(snapshot.headline)


def _stop(space: Workspace) -> None:
    if space.job is not None:
        space.job.stop()


def select(identifier: str | None) -> None:
    """Remember the selected point, in the session and in the address."""
    st.session_state["point"] = identifier
    if identifier is None:
        st.query_params.pop("point", None)
    else:
        st.query_params["point"] = identifier


def selected(result: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the selected point of a result: the session's, else that of the address."""
    wanted = st.session_state.get("point") or st.query_params.get("point")
    return next((p for p in result["points"] if p["id"] == wanted), None)


def show(space: Workspace, snapshot: Snapshot, dark: bool) -> None:
    """Draw everything about a sweep's points."""
    result = snapshot.result
    threat, metric = str(result["study"]["threat"]), str(result["study"]["metric"])
    picked = selected(result)
    figure, info = drawing.chart(space, result, dark=dark, selected=picked["id"] if picked else None)
    st.markdown(f"#### {plain(info.sentence)}")
    key = f"chart-{space.id}"

    def clicked() -> None:
        found = st.session_state.get(key)
        value = found.get("picked") if isinstance(found, Mapping) else getattr(found, "picked", None)
        if value:
            select(str(value))
            st.session_state["from_chart"] = st.session_state.get("from_chart", 0) + 1

    live_chart(
        figure,
        alt=info.alt,
        points=len(info.marks),
        revision=f"{space.id}-{threat}-{metric}-{dark}",
        key=key,
        on_pick=clicked,
    )
    if snapshot.state == "done" and result["requirements"]:
        sweep.more_runs(space, passing(result)["unproven"])
    if picked is not None:
        with st.container(border=True, key="point"):
            point.show(picked, threat, list(result["requirements"]))
    else:
        st.caption("Click a point, or choose a row of the table, to see what stands behind it.")
    table(space, result, threat, metric, picked)
    left_out(result)
    for gone in info.off_axis:
        st.caption(f"{plain(gone.label)} has no place on this chart. {plain(gone.reason)}")


def rows_of(result: Mapping[str, Any], threat: str, metric: str) -> list[dict[str, str]]:
    """Return the points as rows of text, in the order of the study."""
    rows = []
    for found in result["points"]:
        risk, utility = found["risks"].get(threat, {}), found["utility"].get(metric, {})
        measured = found["status"] == "measured"
        show = percent if threat == "reidentification" else signed
        state = verdict(found)
        limits = f"{VERDICTS[state][0]} {SHORT[state]}" if result["requirements"] else "no limits set"
        number = show(risk.get("value")) if risk.get("status") == "measured" else str(risk.get("status", ""))
        rows.append(
            {
                "Setting": str(found["id"]),
                "Limits": limits if measured else f"– {found['status']}",
                "Accuracy" if metric == "accuracy" else metric: percent(utility.get("value")) if measured else "",
                "Accuracy interval" if metric == "accuracy" else "interval": interval(utility) if measured else "",
                "Risk": number.replace("_", " ") if measured else found["status"],
                "Risk interval": interval(risk, show) if measured else "",
            }
        )
    return rows


def table(
    space: Workspace, result: Mapping[str, Any], threat: str, metric: str, picked: Mapping[str, Any] | None
) -> None:
    """Draw the points as a table; choosing a row selects the point, as a click on the chart does."""
    identifiers = [p["id"] for p in result["points"]]
    # A click on the chart must move the table's mark: a new key mounts it with that row as its default.
    key = f"points-{space.id}-{st.session_state.get('from_chart', 0)}"

    def chosen() -> None:
        rows = st.session_state[key]["selection"]["rows"]
        select(identifiers[rows[0]] if rows else None)

    default: Any = {"selection": {"rows": [identifiers.index(picked["id"])]}} if picked is not None else None
    if key in st.session_state:
        default = None
    st.dataframe(
        rows_of(result, threat, metric),
        key=key,
        hide_index=True,
        height=38 + 35 * min(len(identifiers), 20),
        on_select=chosen,
        selection_mode="single-row",
        selection_default=default,
        alt=f"The points of the chart as a table. Risk: {THREATS[threat][0].lower()}.",
    )


def left_out(result: Mapping[str, Any]) -> None:
    """List skipped and failed settings with their reasons."""
    gone = [p for p in result["points"] if p["status"] in ("skipped", "failed")]
    if not gone:
        return
    st.markdown(f"**{len(gone)} setting{'' if len(gone) == 1 else 's'} without a number**")
    for found in gone:
        st.markdown(f"- **{plain(found['id'])}** {found['status']}: {plain(found['reason'])}")
