"""Drawing the trade-off chart with plotly. Nothing is computed here but pixels."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.charts.marks import Mark, TradeOffInfo
from core.charts.palette import GROUNDS, Ground, look
from core.charts.standing import signed
from core.charts.tie_marks import frontier_name, tie_signs
from core.charts.trade_off_layout import layout, text, wrapped
from core.charts.words import FAMILY_ORDER

STATES = (("meets", "meets every limit"), ("unproven", "not proven"), ("fails", "fails a limit"))
CEILING = "proved ceiling on the risk"


def draw(info: TradeOffInfo, dark: bool = False) -> go.Figure:
    """Return the figure.

    Every marker of a setting has its id as `customdata[0]`. A trace's `meta` lists the legend entries that hide it, the
    one that is its own first; a violation is hidden by none but its own.
    """
    ground = GROUNDS[dark]
    families = [f for f in FAMILY_ORDER if any(mark.family == f for mark in info.marks)]
    families += sorted({mark.family for mark in info.marks} - set(families))
    signs = signed(info.marks)
    traces = _frontier(info, ground)
    for family in families:
        traces += [*_joins(info, family, dark), *_bounds(info, family, dark)]
    traces += _bounds_key(info, ground)
    for family in families:
        mine = [mark for mark in info.marks if mark.family == family]
        traces += [_family_key(family, dark), _markers(mine, family, dark), *_crosses(mine, family, dark)]
        traces += tie_signs([mark for mark in mine if mark.id in signs], family, ground)
    traces += [*_alarms(info, ground), *_rings(info, ground)]
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
            name=frontier_name(info),
            meta=["best measured"],
            uid="frontier",
        )
    ]


def _joins(info: TradeOffInfo, family: str, dark: bool) -> list[go.Scatter]:
    """Return the faint lines through the settings of each recipe of a family, with gaps between recipes."""
    at = {mark.id: mark for mark in info.marks}
    joined = [[at[identifier] for identifier in join] for join in info.joins if at[join[0]].family == family]
    if not joined:
        return []
    return [
        go.Scatter(
            x=[end for marks in joined for end in (*(mark.x.value for mark in marks), None)],
            y=[end for marks in joined for end in (*(mark.y.value for mark in marks), None)],
            mode="lines",
            line={"width": 1, "color": look(family).colour(dark)},
            opacity=0.35,
            hoverinfo="skip",
            showlegend=False,
            meta=[family],
            uid=f"joins {family}",
        )
    ]


def _bounds(info: TradeOffInfo, family: str, dark: bool) -> list[go.Scatter]:
    """Return a family's proved ceilings: a tick where it is, an arrow at the edge when it is right of the chart."""
    marks = [(mark, mark.bound) for mark in info.marks if mark.bound is not None and mark.family == family]
    if not marks:
        return []
    edge = info.x_range[1] - 0.008 * (info.x_range[1] - info.x_range[0])
    colour = look(family).colour(dark)
    plain: dict[str, Any] = {"showlegend": False, "meta": [CEILING, family]}
    return [
        go.Scatter(
            x=[end for mark, bound in marks for end in (mark.x.value, min(bound, edge), None)],
            y=[end for mark, _ in marks for end in (mark.y.value, mark.y.value, None)],
            mode="lines",
            line={"width": 1, "dash": "dot", "color": colour},
            opacity=0.6,
            hoverinfo="skip",
            uid=f"ceilings {family}",
            **plain,
        ),
        go.Scatter(
            x=[min(bound, edge) for _, bound in marks],
            y=[mark.y.value for mark, _ in marks],
            mode="markers",
            marker={
                "symbol": ["triangle-right" if bound > edge else "line-ns-open" for _, bound in marks],
                "size": [9 if bound > edge else 14 for _, bound in marks],
                "color": colour,
                "line": {"width": 2, "color": colour},
            },
            customdata=[[mark.id] for mark, _ in marks],
            hoverinfo="text",
            hovertext=[
                f"{wrapped(mark.label)}<br>proved ceiling {bound:.1f} of 100{', off the chart' if bound > edge else ''}"
                for mark, bound in marks
            ],
            uid=f"bounds {family}",
            **plain,
        ),
    ]


def _bounds_key(info: TradeOffInfo, ground: Ground) -> list[go.Scatter]:
    if all(mark.bound is None for mark in info.marks):
        return []
    marker = {"symbol": "line-ns-open", "size": 14, "color": ground.ink, "line": {"width": 2, "color": ground.ink}}
    return [_key(CEILING, marker, "bounds", [CEILING])]


def _key(name: str, marker: dict[str, Any], uid: str, meta: list[str]) -> go.Scatter:
    """Return an entry of the legend that draws nothing itself."""
    return go.Scatter(
        x=[None], y=[None], mode="markers", marker=marker, hoverinfo="skip", name=name, meta=meta, uid=f"key {uid}"
    )


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
        showlegend=False,
        meta=[family],
        uid=f"family {family}",
    )


def _family_key(family: str, dark: bool) -> go.Scatter:
    """Return the legend entry of a family: always filled, because filled, hollow and crossed have their own entries."""
    seen = look(family)
    return _key(text(family), {"symbol": seen.shape, "size": 12, "color": seen.colour(dark)}, family, [family])


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


def _crosses(marks: list[Mark], family: str, dark: bool) -> list[go.Scatter]:
    """Return the crosses over the settings of a family that fail a limit."""
    failed, colour = [mark for mark in marks if mark.state == "fails"], look(family).colour(dark)
    if not failed:
        return []
    return [
        go.Scatter(
            x=[mark.x.value for mark in failed],
            y=[mark.y.value for mark in failed],
            mode="markers",
            marker={"symbol": "x-thin", "size": 8, "color": colour, "line": {"width": 2, "color": colour}},
            customdata=[[mark.id] for mark in failed],
            hoverinfo="skip",
            showlegend=False,
            meta=[family],
            uid=f"crosses {family}",
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
            meta=["violation"],
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
            meta=[mark.family],
            uid="selected",
        )
        for mark in marks
    ]


def _state_key(ground: Ground) -> list[go.Scatter]:
    """Return legend entries that say what filled, hollow and crossed mean."""
    symbols = {"meets": "circle", "unproven": "circle-open", "fails": "circle-x-open"}
    return [
        _key(name, {"symbol": symbols[state], "size": 11, "color": ground.ink, "line": {"width": 2}}, state, [])
        for state, name in STATES
    ]
