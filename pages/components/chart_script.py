"""What the live chart runs in the browser: markup, style and script. `live_chart` says what they are for."""

from __future__ import annotations

HTML = (
    "<div class='trade-off-walk'><div class='trade-off-chart' role='application' aria-roledescription='chart' "
    "tabindex='0' style='width:100%;min-height:{height}px'></div><div class='trade-off-ring' hidden></div>"
    "<p class='trade-off-told' role='status'></p></div>"
)
CSS = """
.trade-off-walk { position: relative; }
.trade-off-chart:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
/* Dark inside light, so that it is seen on every ground and in grey. */
.trade-off-ring { position: absolute; width: 26px; height: 26px; margin: -13px 0 0 -13px; border-radius: 50%;
  border: 3px solid #111; box-shadow: 0 0 0 2px #fff; pointer-events: none; }
.trade-off-ring[hidden] { display: none; }
.trade-off-told { margin: 0; font-size: 0.875rem; min-height: 1.3rem; }
/* A finger needs more room than a mouse, and has no hovering to make the buttons appear. */
@media (pointer: coarse) {
  .trade-off-chart .modebar { opacity: 1 !important; }
  .trade-off-chart .modebar-btn { box-sizing: content-box; padding: 4px 3px !important; }
  .trade-off-chart .legendtoggle { height: 28px; transform: translateY(-4px); }
}
@media (prefers-reduced-motion: reduce) {
  .trade-off-chart * { transition: none !important; animation: none !important; }
}
"""
LOAD = """
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
JS = (
    LOAD
    + """
const bound = new WeakMap();
const places = new WeakMap();
const zooms = new WeakMap();
const given = new WeakMap();
const configs = new WeakMap();
const hidden = new WeakMap();
const NARROW = 560;
const REACH = 10;  // pixels between a click and the middle of a mark

// plotly forgets who was hidden in the legend when a family is gone for a moment, as when a sweep starts again.
function shown(element, traces) {
  const away = hidden.get(element);
  if (!away?.size) return traces;
  return traces.map((trace) =>
    (trace.meta ?? []).some((name) => away.has(name)) ? { ...trace, visible: 'legendonly' } : trace);
}

// One click hides an entry or shows it again; two leave it alone on the chart, or bring everything back.
function hide(element, event, others) {
  const name = event.data[event.curveNumber].meta?.[0];
  if (name === undefined) return false;
  let away = new Set(hidden.get(element));
  if (others) {
    const all = element.data.filter((trace) => trace.showlegend !== false).map((trace) => trace.meta?.[0]);
    const rest = new Set(all.filter((one) => one !== undefined && one !== name));
    away = away.size === rest.size && !away.has(name) ? new Set() : rest;
  } else if (!away.delete(name)) away.add(name);
  hidden.set(element, away);
  given.get(element).draw();
  return false;
}

// What the drawing depends on besides its data: all wide charts look alike, a narrow one follows its width.
const shape = (element) => (element.clientWidth >= NARROW ? 'wide' : Math.round(element.clientWidth / 20));

function lines(text, many) {
  const found = [''];
  for (const word of text.replaceAll('<br>', ' ').split(' ')) {
    const last = found.at(-1);
    if (last && last.length + word.length >= many) found.push(word);
    else found[found.length - 1] = last ? `${last} ${word}` : word;
  }
  return found;
}

// The legend's height: plotly gives every entry the width of the widest as soon as they do not fit into one line.
function below_all(traces, width) {
  const widths = traces.filter((one) => one.showlegend !== false).map((one) => 45 + 7 * (one.name ?? '').length);
  const columns = Math.max(1, Math.floor(width / Math.max(1, ...widths)));
  return 14 + 19 * Math.ceil(widths.length / columns);
}

// On a phone nothing stands beside the plot: labels go inside, titles get more lines, the legend its own place below.
function fitted(element, layout, traces) {
  if (matchMedia('(pointer: coarse)').matches) layout = { ...layout, dragmode: false };  // a finger scrolls the page
  const width = element.clientWidth;
  if (!width || width >= NARROW) return layout;
  const many = Math.floor(width / 7.2);
  const below = lines(layout.xaxis.title.text, many - 8), beside = lines(layout.yaxis.title.text, 38);
  let above = 1;
  const notes = (layout.annotations ?? []).map((note) => {
    if (note.xref !== 'paper') return note;
    if (note.x === 1) return { ...note, xanchor: 'right', yanchor: 'bottom', xshift: -2 };
    const told = lines(note.text, note.x === 0 ? many : many - 14);
    if (note.x === 0) above = told.length;
    return { ...note, text: told.join('<br>'), xshift: note.x === 0 ? -40 - 17 * beside.length : 0 };
  });
  const top = 48 + 16 * above, bottom = 40 + 17 * below.length + below_all(traces, width);
  const title = (axis, text) => ({ ...axis, title: { ...axis.title, text: text.join('<br>') } });
  return {
    ...layout, annotations: notes, height: 290 + top + bottom,
    xaxis: { ...title(layout.xaxis, below), nticks: 5 }, yaxis: title(layout.yaxis, beside),
    margin: { l: 44 + 17 * beside.length, r: 14, t: top, b: bottom },
    legend: { ...layout.legend, xref: 'container', x: 0.01, yref: 'container', y: 0, yanchor: 'bottom' },
  };
}

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
  const seen = element._fullData.some((trace) => trace.visible === true && trace.uid.startsWith('family')
    && trace.customdata.some(([id]) => id === kept.id));
  ring.hidden = !seen || x < 0 || y < 0 || x > xaxis._length || y > yaxis._length;
  ring.style.left = `${element.offsetLeft + xaxis._offset + x}px`;
  ring.style.top = `${element.offsetTop + yaxis._offset + y}px`;
  const away = seen ? '' : 'Hidden in the legend. ';
  const text = `${at + 1} of ${kept.walk.length}: ${away}${kept.walk[at].text} Enter shows what stands behind it.`;
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

// The mark nearest to a click; where marks cover each other, another click takes the next one.
function nearest(element, event) {
  const { xaxis, yaxis } = element._fullLayout, box = element.getBoundingClientRect();
  const x = event.clientX - box.left - xaxis._offset, y = event.clientY - box.top - yaxis._offset;
  const close = element._fullData
    .filter((trace) => trace.visible === true && trace.uid.startsWith('family'))
    .flatMap((trace) => trace.customdata.map(([id], at) =>
      ({ id, far: Math.hypot(xaxis.d2p(trace.x[at]) - x, yaxis.d2p(trace.y[at]) - y) })))
    .filter((one) => one.far <= REACH).sort((one, other) => one.far - other.far);
  const chosen = element._fullData.find((trace) => trace.uid === 'selected')?.customdata?.[0]?.[0];
  return close[(close.findIndex((one) => one.id === chosen) + 1) % close.length]?.id;
}

export default ({ data, parentElement, setTriggerValue }) => {
  const element = parentElement.querySelector('.trade-off-chart');
  if (!element || !data) return;
  element.setAttribute('aria-label', `${data.alt} The arrow keys go from point to point.`);
  places.set(element, { id: places.get(element)?.id ?? null, walk: data.walk });
  const plain = { ...data.figure.layout, uirevision: data.revision, autosize: true };
  const now = { layout: data.figure.layout, revision: data.revision };
  given.set(element, now);
  // One object for good: plotly compares it with the last, and builds everything anew when a function is another one.
  const options = (plotly) => configs.get(element) ?? configs.set(element, {
    displaylogo: false, responsive: true, showSendToCloud: false, doubleClick: false,
    modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d', 'resetScale2d'],
    modeBarButtonsToAdd: [{ name: 'whole', title: 'Show everything', icon: plotly.Icons.home,
                            click: () => whole(element) }],
  }).get(element);
  const draw = (plotly) => {
    now.shape = shape(element);
    const layout = zoomed(element, data.revision, fitted(element, plain, data.figure.data));
    return plotly.react(element, shown(element, data.figure.data), layout, options(plotly)).then(() => place(element));
  };
  now.draw = () => draw(window.__plotly);
  const again = () => new Promise((later) => setTimeout(later, 500)).then(() => load(data.script));
  load(data.script).catch(again).then((plotly) => {
    if (element.dataset.failed) { element.textContent = ''; delete element.dataset.failed; }
    return draw(plotly).then(() => {
      element.dataset.points = String(data.points);
      if (bound.get(element)) return;
      const turned = new ResizeObserver(() => {
        const last = given.get(element);
        if (last.shape !== undefined && last.shape !== shape(element)) last.draw();
      });
      bound.set(element, turned);
      turned.observe(element);
      element.addEventListener('keydown', (event) => step(element, event, setTriggerValue));
      element.addEventListener('blur', () => leave(element));
      element.on('plotly_relayout', (change) => {
        remember(element, change, given.get(element).revision);
        place(element);
      });
      element.on('plotly_doubleclick', () => whole(element));
      element.on('plotly_legendclick', (event) => hide(element, event, false));
      element.on('plotly_legenddoubleclick', (event) => hide(element, event, true));
      element.on('plotly_click', (event) => {
        const first = event.points.find((point) => Array.isArray(point.customdata));
        if (!first) return;
        const id = nearest(element, event.event) ?? first.customdata[0];
        setTriggerValue('picked', String(id));
      });
    });
  }).catch(() => {
    element.dataset.failed = 'yes';
    element.textContent = 'The chart could not be drawn. The table below has the same points.';
  });
  return () => {
    if (!window.__plotly || !element) return;
    bound.get(element)?.disconnect();
    window.__plotly.purge(element);
    bound.delete(element);
    places.delete(element);
  };
};
"""
)
FETCH = LOAD + "export default ({ data }) => { setTimeout(() => load(data).catch(() => {}), 300); };"
