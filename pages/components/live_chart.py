"""The chart that fills in live: zoom, legend choice and selection survive every update.

Streamlit's own plotly element is built anew whenever its data change and throws the zoom away (measured on 1.67), so
this one calls `Plotly.react` on an element that stays. plotly.js comes from ./static, see `static_files`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.charts.marks import Mark
from pages.components.chart_script import CSS, FETCH, HTML, JS
from pages.components.static_files import SCRIPT

HEIGHT = 470
_chart = st.components.v2.component(
    "live_trade_off", html=HTML.format(height=HEIGHT), css=CSS, js=JS, isolate_styles=False
)
_fetch = st.components.v2.component("fetch_plotly", html="<div></div>", js=FETCH, isolate_styles=False)


def fetch_early() -> None:
    """Let the browser fetch and read plotly.js while somebody reads the page, so that the first chart comes at once."""
    _fetch(data=_address(), key="fetch-plotly", height=1)


def live_chart(
    figure: Any, *, alt: str, marks: Sequence[Mark], revision: str, key: str, on_pick: Callable[[], None] = lambda: None
) -> str | None:
    """Draw the figure in place and return the id of the point that was just clicked.

    Parameters
    ----------
    figure : plotly figure
        The first entry of a marker's `customdata` is its point's id.
    alt : str
        The takeaway, for people who do not see the chart.
    marks : sequence of Mark
        The points in the order in which the arrow keys go through them; Enter picks one, as a click does.
    revision : str
        As long as it stays the same, zoom and legend choice stay.
    """
    drawn = json.loads(figure.to_json(remove_uids=False))
    drawn["layout"]["height"] = HEIGHT
    data = {
        "figure": drawn,
        "alt": alt,
        "points": len(marks),
        "walk": [
            {"id": mark.id, "x": mark.x.value, "y": mark.y.value, "text": f"{'. '.join(mark.hover)}."} for mark in marks
        ],
        "revision": revision,
        "script": _address(),
    }
    answer = _chart(data=data, key=key, on_picked_change=on_pick)
    picked = getattr(answer, "picked", None)
    return None if picked is None else str(picked)


def _address() -> str:
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}/app/static/{SCRIPT}" if path else f"/app/static/{SCRIPT}"
