"""Drawing two sides as horizontal bars: in pairs where both have the same labels, else beside each other."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.charts.before_after import Panel, SidesInfo, cut
from core.charts.palette import GROUNDS, LOOKS, Ground
from core.charts.trade_off_layout import text

ROW, PAIR, HEAD = 24, 34, 76
"""Pixels of a bar, of a pair of bars, and of what stands around them."""


def draw(info: SidesInfo, dark: bool) -> go.Figure:
    """Return the figure of an info."""
    ground = GROUNDS[dark]
    colours = (LOOKS["anchor"].colour(dark), ground.primary)
    paired = info.paired
    bars = [
        _bars(panel, colours[side if len(info.panels) > 1 else 0], side, paired)
        for side, panel in enumerate(info.panels)
    ]
    rows = max([1, *(len(panel.labels) for panel in info.panels)])
    figure = go.Figure(data=bars, layout=_layout(info, ground, paired))
    figure.update_layout(height=HEAD + (PAIR if paired else ROW) * rows)
    return figure


def _bars(panel: Panel, colour: str, side: int, paired: bool) -> go.Bar:
    # Labels may repeat once they are cut short, so places are numbers and labels are written beside them.
    shares = [100 * share for share in panel.shares]
    counts = panel.counts or (None,) * len(shares)
    hover = [
        f"<b>{text(label)}</b><br>{share:.1f} %" + (f" ({count:,} people)" if count is not None else "")
        for label, share, count in zip(panel.labels, shares, counts, strict=True)
    ]
    axes: dict[str, Any] = {} if paired or side == 0 else {"xaxis": "x2", "yaxis": "y2"}
    return go.Bar(
        x=shares,
        y=list(range(len(shares))),
        orientation="h",
        name=text(panel.title),
        marker={"color": colour, "pattern": {"shape": "" if side else "/", "fgopacity": 0.5, "size": 5}},
        hovertext=hover,
        hoverinfo="text",
        text=[f"{share:.1f}" for share in shares],
        textposition="outside",
        cliponaxis=False,
        **axes,
    )


def _layout(info: SidesInfo, ground: Ground, paired: bool) -> dict[str, Any]:
    two = len(info.panels) == 2 and not paired
    highest = max([0.0, *(share for panel in info.panels for share in panel.shares)])
    axis: dict[str, Any] = {
        "gridcolor": ground.grid,
        "zeroline": False,
        "linecolor": ground.soft,
        "tickfont": {"size": 12, "color": ground.soft},
        "fixedrange": True,
    }
    across = {**axis, "range": [0, max(1.0, 118 * highest)], "nticks": 5}
    title = {"text": text(info.axis), "font": {"size": 12, "color": ground.soft}, "standoff": 6}
    found: dict[str, Any] = {
        "paper_bgcolor": ground.paper,
        "plot_bgcolor": ground.paper,
        "font": {"color": ground.ink, "size": 12, "family": "sans-serif"},
        "margin": {"l": 10, "r": 24, "t": 34, "b": 42},
        "barmode": "group",
        "bargap": 0.25,
        "showlegend": paired,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        "hoverlabel": {"bgcolor": ground.paper, "font": {"color": ground.ink}},
        "annotations": [],
        "shapes": [],
        "xaxis": {**across, "title": title, **({"domain": [0, 0.4]} if two else {})},
        "yaxis": _labels(info.panels[0] if info.panels else None, axis),
    }
    if two:
        found["xaxis2"] = {**across, "title": title, "domain": [0.6, 1.0], "anchor": "y2"}
        found["yaxis2"] = {**_labels(info.panels[1], axis), "anchor": "x2"}
    if not paired:
        for side, panel in enumerate(info.panels):
            place = {"x": 0.6 if side else 0.0, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper"}
            look = {"showarrow": False, "yanchor": "bottom", "font": {"size": 12, "color": ground.ink}}
            found["annotations"].append({**place, **look, "text": f"<b>{text(panel.title)}</b>"})
    if not info.panels:
        middle = {"x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper", "showarrow": False}
        found["annotations"].append({**middle, "text": text(info.alt)})
    return found


def _labels(panel: Panel | None, axis: dict[str, Any]) -> dict[str, Any]:
    labels = () if panel is None else panel.labels
    return {
        **axis,
        "tickvals": list(range(len(labels))),
        "ticktext": [text(cut(label)) for label in labels],
        "range": [len(labels) - 0.4, -0.6],
        "automargin": True,
    }
