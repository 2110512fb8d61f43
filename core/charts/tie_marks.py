"""The sign beside points of the plotly chart that are not clearly beaten, where others are."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from core.charts.marks import Mark, TradeOffInfo
from core.charts.palette import Ground
from core.charts.standing import TIE, signed


def frontier_name(info: TradeOffInfo) -> str:
    """Return the legend entry of the dashed line, with the sign where there is one; short, for it sets all widths."""
    return f"best measured ({TIE} perhaps)" if signed(info.marks) else "best measured"


def tie_signs(marks: Sequence[Mark], family: str, ground: Ground) -> list[go.Scatter]:
    """Return a family's signs, above and to the right of their marks: no colour, and clear of the intervals."""
    if not marks:
        return []
    return [
        go.Scatter(
            x=[mark.x.value for mark in marks],
            y=[mark.y.value for mark in marks],
            mode="text",
            text=[f"\u00a0\u00a0{TIE}"] * len(marks),
            textposition="top right",
            textfont={"size": 15, "color": ground.ink},
            customdata=[[mark.id] for mark in marks],
            hoverinfo="skip",
            showlegend=False,
            meta=[family],
            uid=f"ties {family}",
        )
    ]
