"""Drawing the trade-off chart with plotly. Nothing is computed here but pixels."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from core.charts.axes import ticks
from core.charts.geometry import spread
from core.charts.marks import Mark, TradeOffInfo
from core.charts.palette import GROUNDS, Ground, look
from core.charts.words import FAMILY_ORDER

STATES = (("meets", "meets every limit"), ("unproven", "not proven"), ("fails", "fails a limit"))


def text(value: str) -> str:
    """Return people's text for plotly, which reads a little HTML: markup stays visible text."""
    return escape(value, quote=False)


def wrapped(value: str, width: int = 72) -> str:
    """Return escaped text in lines, cut before escaping so that no entity is torn."""
    return "<br>".join(text(line) for line in wrap(value, width)) or ""


def draw(info: TradeOffInfo, dark: bool = False) -> go.Figure:
    """Return the figure. Every marker of a setting has its id as `customdata[0]`."""
    ground = GROUNDS[dark]
    traces = [*_frontier(info, ground), *_joins(info, dark), *_bounds(info, dark)]
    families = [f for f in FAMILY_ORDER if any(mark.family == f for mark in info.marks)]
    families += sorted({mark.family for mark in info.marks} - set(families))
    for family in families:
        mine = [mark for mark in info.marks if mark.family == family]
        traces.append(_markers(mine, family, dark))
    traces += [*_crosses(info, dark), *_rings(info, ground), *(_state_key(ground) if info.limits else ())]
    figure = go.Figure(data=traces, layout=go.Layout(template=go.layout.Template()))
    figure.update_layout(**_layout(info, ground))
    return figure


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
        uid=f"family {family}",
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


def _layout(info: TradeOffInfo, ground: Ground) -> dict[str, Any]:
    title = {"font": {"size": 13, "color": ground.ink}, "standoff": 8}
    axis: dict[str, Any] = {
        "gridcolor": ground.grid,
        "zeroline": False,
        "linecolor": ground.soft,
        "tickfont": {"size": 12, "color": ground.soft},
        "autorange": False,
    }
    shapes, notes = _shapes(info, ground)
    return {
        "uirevision": f"{info.threat} {info.metric}",
        "paper_bgcolor": ground.paper,
        "plot_bgcolor": ground.paper,
        "font": {"color": ground.ink, "size": 12, "family": "sans-serif"},
        "margin": {"l": 70, "r": 110, "t": 44, "b": 76},
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": ground.paper, "font": {"color": ground.ink}, "align": "left"},
        "dragmode": "zoom",
        "legend": {"orientation": "h", "yref": "paper", "y": -0.2, "x": 0, "yanchor": "top", "itemclick": "toggle"},
        "xaxis": {
            **axis,
            "range": list(info.x_range),
            "tickvals": ticks(info.x_range),
            "title": {**title, "text": wrapped(info.x_title, 92)},
        },
        "yaxis": {
            **axis,
            "range": list(info.y_range),
            "tickvals": ticks(info.y_range),
            "title": {**title, "text": wrapped(info.y_title, 52)},
        },
        "shapes": shapes,
        "annotations": notes,
    }


def _shapes(info: TradeOffInfo, ground: Ground) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    plain: dict[str, Any] = {"showarrow": False, "font": {"size": 12, "color": ground.soft}}
    if info.region is not None:
        corners = info.region.corners(info.x_range, info.y_range)
        label = info.region.label if corners else f"{info.region.label} (no place on this chart meets it)"
        notes.append(
            {
                **plain,
                "text": wrapped(label, 100),
                "font": {"size": 12, "color": ground.primary},
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "align": "left",
            }
        )
        if corners:
            x0, x1, y0, y1 = corners
            box = {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "layer": "below"}
            edge = {"width": 1, "dash": "dot", "color": ground.primary}
            shapes.append({**box, "fillcolor": ground.primary, "opacity": 0.12, "line": {"width": 0}})
            shapes.append({**box, "line": edge})
    for line, height in spread(info):
        across = line.axis == "y"
        ends = {"x0": 0, "x1": 1, "xref": "paper"} if across else {"y0": 0, "y1": 1, "yref": "paper"}
        at = {"y0": line.at, "y1": line.at} if across else {"x0": line.at, "x1": line.at}
        stroke = {"width": 1, "dash": "dot", "color": ground.soft}
        shapes.append({"type": "line", "layer": "below", "line": stroke, **ends, **at})
        if across:
            place = {"x": 1, "xref": "paper", "xanchor": "left", "y": height, "yanchor": "middle"}
            notes.append({**plain, **place, "text": text(line.label), "xshift": 4})
    for mark in info.marks:
        if mark.violation:
            place = {"x": mark.x.value, "y": mark.y.value, "yshift": 18, "font": {"size": 12, "color": ground.ink}}
            notes.append({**plain, **place, "text": "<b>VIOLATION: above its proved ceiling</b>"})
    return shapes, notes
