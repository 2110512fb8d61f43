"""What surrounds the marks of the trade-off chart in plotly: axes, tinted region, anchor lines, labels."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import Any

from core.charts.axes import ticks
from core.charts.geometry import spread
from core.charts.marks import TradeOffInfo
from core.charts.palette import Ground


def text(value: str) -> str:
    """Return people's text for plotly, which reads a little HTML: markup stays visible text."""
    return escape(value, quote=False)


def wrapped(value: str, width: int = 72) -> str:
    """Return escaped text in lines, cut before escaping so that no entity is torn."""
    return "<br>".join(text(line) for line in wrap(value, width)) or ""


def layout(info: TradeOffInfo, ground: Ground) -> dict[str, Any]:
    """Return axes, margins, legend, shapes and labels. Zooms survive updates as long as the axes mean the same."""
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
            "range": list(info.y_range if info.y_better == "higher" else info.y_range[::-1]),
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
    if not info.marks:
        middle = {"x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
        notes.append({**plain, **middle, "text": wrapped(info.sentence), "font": {"size": 14, "color": ground.ink}})
    for mark in info.marks:
        if mark.violation:
            arrow = {"showarrow": True, "arrowcolor": ground.ink, "arrowwidth": 1, "standoff": 9, "ax": 0, "ay": 46}
            look = {"font": {"size": 12, "color": ground.ink}, "bgcolor": ground.paper, "bordercolor": ground.ink}
            at = {"x": mark.x.value, "y": mark.y.value}
            notes.append({**arrow, **look, **at, "text": f"<b>VIOLATION: {text(mark.violation)}</b>"})
    return shapes, notes
