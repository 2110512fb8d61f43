"""Numbers with their intervals in rows, beside one limit: what was found as shape and words, never as colour alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

import plotly.graph_objects as go

from core.charts.palette import GROUNDS
from core.charts.trade_off_layout import text

ROW, HEAD = 26, 90
"""Pixels of a row, and of what stands around them."""

SHAPES = {"yes": ("circle", "holds"), "no": ("x", "does not hold"), "not settled": ("circle-open", "not settled")}
"""Filled: proven with its whole interval; crossed: fails; hollow: not proven."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number: `value` with its ends, what was found of it, and the words that stand beside it on hover."""

    label: str
    value: float
    low: float
    high: float
    finding: str
    told: str = ""


def draw(rows: Sequence[Row], limit: float | None, scale: str, *, dark: bool) -> go.Figure:
    """Return the figure: a row each, first on top, in the order given.

    Parameters
    ----------
    rows : sequence of Row
        Values in the unit of `scale`.
    limit : float or None
        Drawn as a dashed line.
    """
    ground = GROUNDS[dark]
    places = list(range(len(rows)))
    figure = go.Figure()
    for finding, (shape, name) in SHAPES.items():
        chosen = [place for place in places if rows[place].finding == finding]
        if not chosen:
            continue
        figure.add_trace(
            go.Scatter(
                x=[rows[place].value for place in chosen],
                y=chosen,
                mode="markers",
                name=name,
                marker={"symbol": shape, "size": 11, "color": ground.primary, "line": {"width": 2}},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [rows[place].high - rows[place].value for place in chosen],
                    "arrayminus": [rows[place].value - rows[place].low for place in chosen],
                    "color": ground.soft,
                    "thickness": 1.5,
                },
                hovertext=[f"<b>{text(rows[p].label)}</b><br>{text(rows[p].told)}" for p in chosen],
                hoverinfo="text",
            )
        )
    axis = {"gridcolor": ground.grid, "zeroline": False, "linecolor": ground.soft, "fixedrange": True}
    small = {"size": 12, "color": ground.soft}
    # Plotly breaks no line by itself, and on a phone a long one is cut.
    lines = wrap(scale, 34)
    title, below = "<br>".join(text(line) for line in lines), 16 * len(lines)
    figure.update_layout(
        paper_bgcolor=ground.paper,
        plot_bgcolor=ground.paper,
        font={"color": ground.ink, "size": 12, "family": "sans-serif"},
        margin={"l": 10, "r": 16, "t": 30, "b": 30 + below},
        height=HEAD - 16 + below + ROW * max(1, len(rows)),
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        hoverlabel={"bgcolor": ground.paper, "font": {"color": ground.ink}},
        xaxis={**axis, "tickfont": small, "title": {"text": title, "font": small, "standoff": 6}},
        yaxis={
            **axis,
            "tickfont": {"size": 12, "color": ground.ink},
            "tickvals": places,
            "ticktext": [text(row.label) for row in rows],
            "range": [len(rows) - 0.4, -0.6],
            "automargin": True,
        },
    )
    if limit is not None:
        figure.add_vline(x=limit, line={"color": ground.ink, "dash": "dash", "width": 1.5})
    return figure
