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
from pages.components.static_files import SCRIPT

_HTML = (
    "<div class='trade-off-walk'><div class='trade-off-chart' role='application' aria-roledescription='chart' "
    "tabindex='0' style='width:100%;min-height:{height}px'></div><div class='trade-off-ring' hidden></div>"
    "<p class='trade-off-told' role='status'></p></div>"
)
_CSS = """
.trade-off-walk { position: relative; }
.trade-off-chart:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
/* Dark inside light, so that it is seen on every ground and in grey. */
.trade-off-ring { position: absolute; width: 26px; height: 26px; margin: -13px 0 0 -13px; border-radius: 50%;
  border: 3px solid #111; box-shadow: 0 0 0 2px #fff; pointer-events: none; }
.trade-off-ring[hidden] { display: none; }
.trade-off-told { margin: 0; font-size: 0.875rem; min-height: 1.3rem; }
"""
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
const places = new WeakMap();
const zooms = new WeakMap();
const given = new WeakMap();

// plotly's own memory of a zoom (uirevision) gives way as soon as a new point makes an axis longer: it is kept here.
function zoomed(element, revision, layout) {
  const kept = zooms.get(element);
  if (!kept || kept.revision !== revision) return layout;
  return { ...layout, xaxis: { ...layout.xaxis, range: kept.x }, yaxis: { ...layout.yaxis, range: kept.y } };
}

function remember(element, change, revision) {
  if (!Object.keys(change).some((name) => /^[xy]axis\\.range/.test(name))) return;
  const { xaxis, yaxis } = element._fullLayout;
  zooms.set(element, { revision, x: [...xaxis.range], y: [...yaxis.range] });
}

function whole(element) {
  const { xaxis, yaxis } = given.get(element).layout;
  window.__plotly.relayout(element, { 'xaxis.range': [...xaxis.range], 'yaxis.range': [...yaxis.range] })
    .then(() => zooms.delete(element));
}

// Draw the ring around the point that the keyboard is at; zoomed out of sight it is hidden, and the words stay.
function place(element, words) {
  const kept = places.get(element);
  const ring = element.parentElement.querySelector('.trade-off-ring');
  const told = element.parentElement.querySelector('.trade-off-told');
  const at = kept.walk.findIndex((one) => one.id === kept.id);
  if (at < 0) { ring.hidden = true; told.textContent = ''; return; }
  const { xaxis, yaxis } = element._fullLayout;
  const x = xaxis.d2p(kept.walk[at].x), y = yaxis.d2p(kept.walk[at].y);
  ring.hidden = x < 0 || y < 0 || x > xaxis._length || y > yaxis._length;
  ring.style.left = `${element.offsetLeft + xaxis._offset + x}px`;
  ring.style.top = `${element.offsetTop + yaxis._offset + y}px`;
  const text = `${at + 1} of ${kept.walk.length}: ${kept.walk[at].text} Enter shows what stands behind it.`;
  if (told.textContent !== text) told.textContent = text;
}

function leave(element) {
  places.get(element).id = null;
  place(element);
}

function step(element, event, setTriggerValue) {
  const kept = places.get(element);
  const many = kept.walk.length;
  const at = kept.walk.findIndex((one) => one.id === kept.id);
  const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? many - 1 : at - 1,
               ArrowUp: at < 0 ? many - 1 : at - 1, Home: 0, End: many - 1 }[event.key];
  if (to !== undefined && many) {
    kept.id = kept.walk[(to + many) % many].id;
    place(element);
  } else if ((event.key === 'Enter' || event.key === ' ') && at >= 0) setTriggerValue('picked', kept.id);
  else if (event.key === 'Escape') leave(element);
  else return;
  event.preventDefault();
}

export default ({ data, parentElement, setTriggerValue }) => {
  const element = parentElement.querySelector('.trade-off-chart');
  if (!element || !data) return;
  element.setAttribute('aria-label', `${data.alt} The arrow keys go from point to point.`);
  places.set(element, { id: places.get(element)?.id ?? null, walk: data.walk });
  given.set(element, { layout: data.figure.layout, revision: data.revision });
  const layout = zoomed(element, data.revision,
                        { ...data.figure.layout, uirevision: data.revision, autosize: true });
  const options = (plotly) => ({
    displaylogo: false, responsive: true, showSendToCloud: false, doubleClick: false,
    modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d', 'resetScale2d'],
    modeBarButtonsToAdd: [{ name: 'whole', title: 'Show everything', icon: plotly.Icons.home,
                            click: () => whole(element) }],
  });
  const again = () => new Promise((later) => setTimeout(later, 500)).then(() => load(data.script));
  load(data.script).catch(again).then((plotly) => {
    if (element.dataset.failed) { element.textContent = ''; delete element.dataset.failed; }
    return plotly.react(element, data.figure.data, layout, options(plotly)).then(() => {
      element.dataset.points = String(data.points);
      place(element);
      if (bound.get(element)) return;
      bound.set(element, true);
      element.addEventListener('keydown', (event) => step(element, event, setTriggerValue));
      element.addEventListener('blur', () => leave(element));
      element.on('plotly_relayout', (change) => {
        remember(element, change, given.get(element).revision);
        place(element);
      });
      element.on('plotly_doubleclick', () => whole(element));
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
  return () => {
    if (!window.__plotly || !element) return;
    window.__plotly.purge(element);
    bound.delete(element);
    places.delete(element);
  };
};
"""
)
_FETCH = _LOAD + "export default ({ data }) => { setTimeout(() => load(data).catch(() => {}), 300); };"
HEIGHT = 470
_chart = st.components.v2.component(
    "live_trade_off", html=_HTML.format(height=HEIGHT), css=_CSS, js=_JS, isolate_styles=False
)
_fetch = st.components.v2.component("fetch_plotly", html="<div></div>", js=_FETCH, isolate_styles=False)


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
    drawn = json.loads(figure.to_json())
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
