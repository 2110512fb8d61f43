"""The chart that fills in live: zoom, legend choice and selection survive every update.

Streamlit's own plotly element is built anew whenever its data change and throws the zoom away (measured on 1.67), so
this one calls `Plotly.react` on an element that stays. plotly.js comes from ./static, see `static_files`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.components.static_files import SCRIPT

_HTML = "<div class='trade-off-chart' role='figure' style='width:100%;min-height:{height}px'></div>"
_LOAD = """
function load(url) {
  if (window.__plotly) return Promise.resolve(window.__plotly);
  window.__plotlyLoading ??= new Promise((ready, failed) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => { window.__plotly = window.Plotly; ready(window.__plotly); };
    // A failed load is forgotten, so that the next update tries again.
    script.onerror = (event) => { script.remove(); window.__plotlyLoading = undefined; failed(event); };
    document.head.append(script);
  });
  return window.__plotlyLoading;
}
"""
_JS = (
    _LOAD
    + """
const bound = new WeakMap();
export default ({ data, parentElement, setTriggerValue }) => {
  const element = parentElement.querySelector('.trade-off-chart');
  if (!element || !data) return;
  element.setAttribute('aria-label', data.alt);
  const layout = { ...data.figure.layout, uirevision: data.revision, autosize: true };
  const options = { displaylogo: false, responsive: true, showSendToCloud: false,
                    modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d'] };
  const again = () => new Promise((later) => setTimeout(later, 500)).then(() => load(data.script));
  load(data.script).catch(again).then((plotly) => {
    if (element.dataset.failed) { element.textContent = ''; delete element.dataset.failed; }
    return plotly.react(element, data.figure.data, layout, options).then(() => {
      element.dataset.points = String(data.points);
      if (bound.get(element)) return;
      bound.set(element, true);
      element.on('plotly_click', (event) => {
        const first = event.points.find((point) => point.customdata !== undefined && point.customdata !== null);
        if (!first) return;
        const id = Array.isArray(first.customdata) ? first.customdata[0] : first.customdata;
        setTriggerValue('picked', String(id));
      });
    });
  }).catch(() => {
    element.dataset.failed = 'yes';
    element.textContent = 'The chart could not be drawn. The table below has the same points.';
  });
  return () => { if (window.__plotly && element) { window.__plotly.purge(element); bound.delete(element); } };
};
"""
)
_FETCH = _LOAD + "export default ({ data }) => { setTimeout(() => load(data).catch(() => {}), 300); };"
HEIGHT = 470
_chart = st.components.v2.component("live_trade_off", html=_HTML.format(height=HEIGHT), js=_JS, isolate_styles=False)
_fetch = st.components.v2.component("fetch_plotly", html="<div></div>", js=_FETCH, isolate_styles=False)


def fetch_early() -> None:
    """Let the browser fetch and read plotly.js while somebody reads the page, so that the first chart comes at once."""
    _fetch(data=_address(), key="fetch-plotly", height=1)


def live_chart(
    figure: Any, *, alt: str, points: int, revision: str, key: str, on_pick: Callable[[], None] = lambda: None
) -> str | None:
    """Draw the figure in place and return the id of the point that was just clicked.

    Parameters
    ----------
    figure : plotly figure
        The first entry of a marker's `customdata` is its point's id.
    alt : str
        The takeaway, for people who do not see the chart.
    revision : str
        As long as it stays the same, zoom and legend choice stay.
    """
    figure.update_layout(height=HEIGHT)
    data = {
        "figure": json.loads(figure.to_json()),
        "alt": alt,
        "points": points,
        "revision": revision,
        "script": _address(),
    }
    answer = _chart(data=data, key=key, on_picked_change=on_pick)
    picked = getattr(answer, "picked", None)
    return None if picked is None else str(picked)


def _address() -> str:
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}/app/static/{SCRIPT}" if path else f"/app/static/{SCRIPT}"
