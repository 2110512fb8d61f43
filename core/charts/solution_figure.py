"""Drawing the solution space: fill says how much a choice keeps, the outline what is known of it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from core.charts.palette import GROUNDS, LOOKS
from core.charts.solution_space import STATE_WORDS, Choice, SolutionInfo
from core.charts.trade_off_layout import text
from core.techniques.lattice import STATES

HEIGHT = 430
SHAPES = {
    "optimum": "star",
    "holds": "circle",
    "fails": "x-thin",
    "bounded out": "circle-open",
    "not evaluated": "circle-open",
}
_SCALES = {False: [[0, "#E8F1F8"], [1, "#0060A8"]], True: [[0, "#16324A"], [1, "#56B4E9"]]}


def draw(info: SolutionInfo, dark: bool) -> go.Figure:
    """Return the figure of an info."""
    ground = GROUNDS[dark]
    axis = {"gridcolor": ground.grid, "zeroline": False, "linecolor": ground.soft,
            "tickfont": {"size": 12, "color": ground.soft}}  # fmt: skip
    title = {"font": {"size": 12, "color": ground.soft}, "standoff": 6}
    figure = go.Figure(
        data=[_trace(info, state, dark) for state in reversed(STATES) if any(c.state == state for c in info.choices)],
        layout={
            "height": HEIGHT,
            "paper_bgcolor": ground.paper,
            "plot_bgcolor": ground.paper,
            "font": {"color": ground.ink, "size": 12, "family": "sans-serif"},
            "margin": {"l": 60, "r": 20, "t": 10, "b": 60},
            "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
            "hoverlabel": {"bgcolor": ground.paper, "font": {"color": ground.ink}, "align": "left"},
            "hovermode": "closest",
            "uirevision": "solutions",
            "xaxis": {**axis, "title": {**title, "text": "levels climbed, all columns together (coarser →)"}},
            "yaxis": {
                **axis,
                "tickformat": ".0%",
                "title": {**title, "text": "information kept (higher is better →)"},
            },
        },
    )
    if not info.choices:
        told = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "showarrow": False}
        figure.add_annotation(
            {**told, "text": text(info.sentence if not info.total else "No choice passes the filters")}
        )
    return figure


def _trace(info: SolutionInfo, state: str, dark: bool) -> go.Scattergl:
    ground, found = GROUNDS[dark], [choice for choice in info.choices if choice.state == state]
    heights = [_height(choice) for choice in found]
    marker: dict[str, Any] = {"symbol": SHAPES[state], "size": 6, "color": ground.soft, "opacity": 0.55}
    if state in ("holds", "optimum"):
        colours = [choice.kept if choice.kept is not None else choice.most for choice in found]
        marker |= {"color": colours, "colorscale": _SCALES[dark], "cmin": 0, "cmax": 1, "opacity": 1.0, "size": 8}
        marker["line"] = {"width": 1, "color": ground.primary}
    if state == "fails":
        marker["line"] = {"width": 1, "color": LOOKS["anchor"].colour(dark)}
    if state == "optimum":
        marker |= {"size": 18, "color": LOOKS["coarsen"].colour(dark), "line": {"width": 2, "color": ground.ink}}
        marker.pop("colorscale", None)
    return go.Scattergl(
        x=[sum(choice.levels) for choice in found],
        y=heights,
        mode="markers",
        name=text(STATE_WORDS[state].split(":")[0]),
        marker=marker,
        hovertext=[_hover(info, choice) for choice in found],
        hoverinfo="text",
    )


def _height(choice: Choice) -> float:
    return choice.most if choice.kept is None else choice.kept


def _hover(info: SolutionInfo, choice: Choice) -> str:
    levels = ", ".join(f"{text(name)} {level}" for name, level in zip(info.columns, choice.levels, strict=True))
    kept = f"keeps {100 * choice.kept:.1f} %" if choice.kept is not None else f"keeps at most {100 * choice.most:.1f} %"
    left = f", {choice.suppressed:,} rows left out" if choice.suppressed is not None else ""
    return f"<b>{text(STATE_WORDS[choice.state])}</b><br>{kept}{left}<br>{levels}"
