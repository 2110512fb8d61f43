"""The middle of the Trade-off page: progress, takeaway, chart, the selected point, the same points as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.attacks.base import THREATS
from core.charts.binding import binding
from core.charts.marks import Mark
from core.charts.words import mapping, measure_of, utility_text
from core.engine.jobs import Snapshot
from pages.components import drawing, point, sweep
from pages.components.live_chart import live_chart
from pages.components.vault import Workspace
from pages.components.words import SHORT, STATUS, VERDICTS, interval, passing, percent, plain, signed, title_of, verdict

STANDS = {"best": "best", "tie": "unclear", "beaten": "beaten"}
STANDS_HELP = (
    "Against the other settings. best: best measured. beaten: clearly beaten by another, in usefulness and in risk; "
    "choose the row to see by which. unclear: another has better numbers, but one of the two differences may be chance."
)


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
    with st.container(key="takeaway"):
        st.markdown(f"## {plain(info.sentence)}")
    limits = None if snapshot.active else binding(result)  # half a sweep would name another limit every second
    if limits is not None and (told := limits.text()):
        st.markdown(plain(told))
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
        marks=info.marks,
        revision=f"{space.id}-{threat}-{metric}-{dark}",
        key=key,
        on_pick=clicked,
    )
    for told in (info.standing, info.runs):
        if told:
            st.caption(plain(told))
    if snapshot.state == "done" and result["requirements"]:
        sweep.more_runs(space, passing(result)["unproven"])
    marks = {mark.id: mark for mark in info.marks}
    if picked is not None:
        with st.container(border=True, key="point"):
            point.show(space, result, picked, threat, list(result["requirements"]))
            if picked["id"] in marks:
                st.caption(plain(marks[picked["id"]].against))
    else:
        st.caption(
            "Click a point, or choose a row of the table, to see what stands behind it. Where points cover each other, "
            "click again for the next. By keyboard: go to the chart, walk with the arrow keys, press Enter."
        )
    table(space, result, threat, metric, picked, marks)
    left_out(result)
    for gone in info.off_axis:
        st.caption(f"{plain(gone.label)} has no place on this chart. {plain(gone.reason)}")


def rows_of(
    result: Mapping[str, Any], threat: str, metric: str, marks: Mapping[str, Mark] | None = None
) -> list[dict[str, str]]:
    """Return the points as rows of text, in the order of the study; `marks` say where each stands."""
    rows = []
    title = measure_of(metric).title
    alone = [key for key, channel in THREATS.items() if channel == "model"] == [threat]  # "Risk" says it already
    for found in result["points"]:
        risk, utility = mapping(found["risks"].get(threat)), mapping(found["utility"].get(metric))
        measured = found["status"] == "measured"
        show = percent if threat == "reidentification" else signed
        state = verdict(found)
        limits = f"{VERDICTS[state][0]} {SHORT[state]}" if result["requirements"] else "no limits set"
        rows.append(
            {
                "Setting": str(found["id"]),
                "Limits": limits if measured else f"– {found['status']}",
                "Others": _stands(found, marks or {}),
                "Proof": bound_cell(found) if measured else "",
                title: utility_text(metric, utility, interval=False) if measured else "",
                "95 % interval": _ends(metric, utility) if measured else "",
                "Risk": _risk_cell(risk, show) if measured else found["status"],
                "Risk, 95 %": interval(risk, show) if measured else "",
                **({} if alone else {"On model": _worst_cell(found, "model") if measured else ""}),
                "On rows": _worst_cell(found, "rows") if measured else "",
            }
        )
    return rows


def _stands(found: Mapping[str, Any], marks: Mapping[str, Mark]) -> str:
    """Return where a point stands against the others, in a word; nothing for one without a place on the chart."""
    mark = marks.get(str(found["id"]))
    return STANDS[mark.standing] if mark is not None else ""


def _ends(metric: str, utility: Mapping[str, Any]) -> str:
    told = utility_text(metric, utility)
    return told.split("[", 1)[1].rstrip("]").replace(", ", " to ") if "[" in told else ""


def _risk_cell(risk: Mapping[str, Any], show: Any) -> str:
    status = str(risk.get("status") or "not_measured")
    return str(show(risk.get("value"))) if status == "measured" else STATUS.get(status, STATUS["not_measured"])


def _worst_cell(found: Mapping[str, Any], channel: str) -> str:
    """Return the worst risk of a channel with its threat; never across channels."""
    worst = mapping(mapping(found.get("worst_risk")).get(channel))
    threat = str(worst.get("threat"))
    shown = _risk_cell(worst, percent if threat == "reidentification" else signed)
    several = worst.get("status") == "measured" and channel == "rows"
    return f"{shown} {title_of(threat).removesuffix(' risk').lower()}" if several else shown


def bound_cell(found: Mapping[str, Any]) -> str:
    """Return whether what was measured keeps below what is proved.

    >>> bound_cell({"risks": {"membership": {"violation": True, "bound": .1}}})
    '✕ VIOLATION'
    >>> bound_cell({"risks": {"membership": {"violation": False, "bound": .1}}}), bound_cell({"risks": {}})
    ('kept', 'no bound')
    """
    risks = [mapping(risk) for risk in found["risks"].values()]
    if any(risk.get("violation") is True for risk in risks):
        return "✕ VIOLATION"
    return "kept" if any(risk.get("bound") is not None for risk in risks) else "no bound"


def table_key(space: Workspace) -> str:
    """Return the key of the table that goes with the chart's last pick."""
    return f"points-{space.id}-{st.session_state.get('from_chart', 0)}"


def table(
    space: Workspace,
    result: Mapping[str, Any],
    threat: str,
    metric: str,
    picked: Mapping[str, Any] | None,
    marks: Mapping[str, Mark],
) -> None:
    """Draw the points as a table; choosing a row selects the point, as a click on the chart does."""
    identifiers = [p["id"] for p in result["points"]]
    # A click on the chart must move the table's mark: a new key mounts it with that row as its default.
    key = table_key(space)

    def chosen() -> None:
        # The two-second look, sent before the browser has taken the old table away, bears that table's choice again.
        if key != table_key(space):
            return
        rows = st.session_state[key]["selection"]["rows"]
        select(identifiers[rows[0]] if rows else None)

    default: Any = {"selection": {"rows": [identifiers.index(picked["id"])]}} if picked is not None else None
    if key in st.session_state:
        default = None
    st.dataframe(
        rows_of(result, threat, metric, marks),
        key=key,
        hide_index=True,
        height=38 + 35 * min(len(identifiers), 20),
        on_select=chosen,
        selection_mode="single-row",
        selection_default=default,
        column_config=_columns(metric),
        alt=f"The points of the chart as a table. Risk: {title_of(threat).lower()}, extra of 100.",
    )


def _columns(metric: str) -> dict[str, Any]:
    """Return widths that fit the page at 1,280 pixels, and what each column means."""
    text = st.column_config.TextColumn
    wide = 65 if measure_of(metric).scale == 100 else 90
    return {
        "Setting": text(width=130),
        "Limits": text(width=92),
        "Others": text(width=60, help=STANDS_HELP),
        "Proof": text(width=98, help="Whether what was measured keeps below what is proved."),
        measure_of(metric).title: text(width=wide),
        "95 % interval": text(width=90),
        "Risk": text(width=52, help="The risk on the chart: extra people of 100."),
        "Risk, 95 %": text(width=92),
        "On model": text(width=68, help="The worst risk on the trained model."),
        "On rows": text(width=120, help="The worst of the risks on the released rows, and which it is."),
    }


def left_out(result: Mapping[str, Any]) -> None:
    """List skipped and failed settings with their reasons."""
    gone = [p for p in result["points"] if p["status"] in ("skipped", "failed")]
    if not gone:
        return
    st.markdown(f"**{len(gone)} setting{'' if len(gone) == 1 else 's'} without a number**")
    for found in gone:
        st.markdown(f"- **{plain(found['id'])}** {found['status']}: {plain(found['reason'])}")
