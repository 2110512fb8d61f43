"""Drawing the trade-off chart with plotly. Nothing is computed here but pixels."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.charts.marks import Mark, TradeOffInfo
from core.charts.palette import GROUNDS, Ground, look
from core.charts.trade_off_layout import layout, text, wrapped
from core.charts.words import FAMILY_ORDER

STATES = (("meets", "meets every limit"), ("unproven", "not proven"), ("fails", "fails a limit"))


def draw(info: TradeOffInfo, dark: bool = False) -> go.Figure:
    """Return the figure.

    Every marker of a setting has its id as `customdata[0]`. Traces have uids, so that what a reader hid in the legend
    stays hidden when a family appears: serialise with `to_json(remove_uids=False)`.
    """
    ground = GROUNDS[dark]
    traces = [*_frontier(info, ground), *_joins(info, dark), *_bounds(info, dark)]
    families = [f for f in FAMILY_ORDER if any(mark.family == f for mark in info.marks)]
    families += sorted({mark.family for mark in info.marks} - set(families))
    for family in families:
        mine = [mark for mark in info.marks if mark.family == family]
        traces += [_family_key(family, dark), _markers(mine, family, dark)]
    traces += [*_crosses(info, dark), *_alarms(info, ground), *_rings(info, ground)]
    traces += _state_key(ground) if info.limits else []
    return go.Figure(data=traces, layout=go.Layout(template=go.layout.Template(), **layout(info, ground)))


def _frontier(info: TradeOffInfo, ground: Ground) -> list[go.Scatter]:
    if not info.frontier:
        return []
    last = (max(info.x_range[1], info.frontier[-1][0]), info.frontier[-1][1])
    corners = [*info.frontier, last]
    return [
        go.Scatter(
            x=[x for x, _ in corners],
            y=[y for _, y in corners],
            mode="lines",
            line={"shape": "hv", "dash": "dash", "width": 1.5, "color": ground.soft},
            hoverinfo="skip",
            name="best measured",
            uid="frontier",
        )
    ]


def _joins(info: TradeOffInfo, dark: bool) -> list[go.Scatter]:
    at = {mark.id: mark for mark in info.marks}
    return [
        go.Scatter(
            x=[at[identifier].x.value for identifier in join],
            y=[at[identifier].y.value for identifier in join],
            mode="lines",
            line={"width": 1, "color": look(at[join[0]].family).colour(dark)},
            opacity=0.35,
            hoverinfo="skip",
            showlegend=False,
            uid=f"join {place}",
        )
        for place, join in enumerate(info.joins)
    ]


def _bounds(info: TradeOffInfo, dark: bool) -> list[go.Scatter]:
    """Return the proved ceilings: a tick where it is, an arrow at the edge when it is to the right of the chart."""
    marks = [mark for mark in info.marks if mark.bound is not None]
    if not marks:
        return []
    edge = info.x_range[1] - 0.008 * (info.x_range[1] - info.x_range[0])
    beyond = [mark.bound is not None and mark.bound > edge for mark in marks]
    colours = [look(mark.family).colour(dark) for mark in marks]
    lines = [
        go.Scatter(
            x=[mark.x.value, edge if out else mark.bound],
            y=[mark.y.value] * 2,
            mode="lines",
            line={"width": 1, "dash": "dot", "color": colour},
            opacity=0.6,
            hoverinfo="skip",
            showlegend=False,
            uid=f"bound line {mark.id}",
        )
        for mark, out, colour in zip(marks, beyond, colours, strict=True)
    ]
    return [
        *lines,
        go.Scatter(
            x=[edge if out else mark.bound for mark, out in zip(marks, beyond, strict=True)],
            y=[mark.y.value for mark in marks],
            mode="markers",
            marker={
                "symbol": ["triangle-right" if out else "line-ns-open" for out in beyond],
                "size": [9 if out else 14 for out in beyond],
                "color": colours,
                "line": {"width": 2, "color": colours},
            },
            customdata=[[mark.id] for mark in marks],
            hoverinfo="text",
            hovertext=[
                f"{wrapped(mark.label)}<br>proved ceiling {mark.bound:.1f} of 100{', off the chart' if out else ''}"
                for mark, out in zip(marks, beyond, strict=True)
            ],
            name="proved ceiling on the risk",
            uid="bounds",
        ),
    ]


def _markers(marks: list[Mark], family: str, dark: bool) -> go.Scatter:
    ground, seen = GROUNDS[dark], look(family)
    colour = seen.colour(dark)
    return go.Scatter(
        x=[mark.x.value for mark in marks],
        y=[mark.y.value for mark in marks],
        error_x=_error(marks, "x", colour),
        error_y=_error(marks, "y", colour),
        mode="markers",
        marker={
            "symbol": seen.shape,
            "size": 13 if seen.shape != "star" else 15,
            "color": [colour if mark.state in ("meets", "plain") else ground.paper for mark in marks],
            "line": {"width": 2, "color": colour},
            "opacity": 1,
        },
        customdata=[[mark.id] for mark in marks],
        hoverinfo="text",
        hovertext=[hover(mark) for mark in marks],
        name=text(family),
        legendgroup=text(family),
        showlegend=False,
        uid=f"family {family}",
    )


def _family_key(family: str, dark: bool) -> go.Scatter:
    """Return the legend entry of a family: always filled, because filled, hollow and crossed have their own entries."""
    seen = look(family)
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={"symbol": seen.shape, "size": 12, "color": seen.colour(dark)},
        hoverinfo="skip",
        name=text(family),
        legendgroup=text(family),
        uid=f"key {family}",
    )


def _error(marks: list[Mark], axis: str, colour: str) -> dict[str, Any]:
    extents = [getattr(mark, axis) for mark in marks]
    return {
        "type": "data",
        "symmetric": False,
        "array": [None if e.high is None else e.high - e.value for e in extents],
        "arrayminus": [None if e.low is None else e.value - e.low for e in extents],
        "thickness": 1,
        "width": 0,
        "color": colour,
    }


def hover(mark: Mark) -> str:
    """Return what a mark says when pointed at, escaped."""
    return "<br>".join([f"<b>{wrapped(mark.hover[0])}</b>", *(wrapped(line) for line in mark.hover[1:])])


def _crosses(info: TradeOffInfo, dark: bool) -> list[go.Scatter]:
    marks = [mark for mark in info.marks if mark.state == "fails"]
    if not marks:
        return []
    colours = [look(mark.family).colour(dark) for mark in marks]
    return [
        go.Scatter(
            x=[mark.x.value for mark in marks],
            y=[mark.y.value for mark in marks],
            mode="markers",
            marker={"symbol": "x-thin", "size": 8, "color": colours, "line": {"width": 2, "color": colours}},
            customdata=[[mark.id] for mark in marks],
            hoverinfo="skip",
            showlegend=False,
            uid="crosses",
        )
    ]


def _alarms(info: TradeOffInfo, ground: Ground) -> list[go.Scatter]:
    """Return a frame of its own shape around every setting that measures above a proved ceiling."""
    marks = [mark for mark in info.marks if mark.violation]
    if not marks:
        return []
    return [
        go.Scatter(
            x=[mark.x.value for mark in marks],
            y=[mark.y.value for mark in marks],
            mode="markers",
            marker={"symbol": "diamond-tall-open", "size": 30, "color": ground.ink, "line": {"width": 3}},
            customdata=[[mark.id] for mark in marks],
            hoverinfo="skip",
            name="violation: above a proved ceiling",
            uid="violations",
        )
    ]


def _rings(info: TradeOffInfo, ground: Ground) -> list[go.Scatter]:
    marks = [mark for mark in info.marks if mark.selected]
    return [
        go.Scatter(
            x=[mark.x.value],
            y=[mark.y.value],
            mode="markers",
            marker={"symbol": "circle-open", "size": 24, "color": ground.primary, "line": {"width": 3}},
            customdata=[[mark.id]],
            hoverinfo="skip",
            showlegend=False,
            uid="selected",
        )
        for mark in marks
    ]


def _state_key(ground: Ground) -> list[go.Scatter]:
    """Return legend entries that say what filled, hollow and crossed mean."""
    symbols = {"meets": "circle", "unproven": "circle-open", "fails": "circle-x-open"}
    return [
        go.Scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": symbols[state], "size": 11, "color": ground.ink, "line": {"width": 2}},
            hoverinfo="skip",
            name=name,
            uid=f"key {state}",
        )
        for state, name in STATES
    ]
