"""What a visitor waits for: a real server in a process of its own and a real browser, against the budgets."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests import bench_people
from tests.browser.conftest import Server, Visitor

PAGES = {
    "Data": "What is in your table",
    "Techniques": "What does one technique do",
    "Trade-off": "Which settings are good enough?",
    "Decide": "What do we choose",
    "Report": "What can we hand over?",
}
"""Link -> how the page's title begins; every one is drawn with the finished sample study."""

WATCH = """
([target, wanted]) => new Promise((done, failed) => {
  const element = document.querySelector(target);
  const begun = performance.now();
  const look = () => {
    const found = wanted.startsWith('gone:')
      ? !document.querySelector(wanted.slice(5))
      : wanted === 'any' ? true : document.querySelector('.stMain').innerText.includes(wanted);
    if (found) { seen.disconnect(); done(performance.now() - begun); }
  };
  const seen = new MutationObserver(look);
  seen.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
  setTimeout(() => { seen.disconnect(); failed(new Error('nothing came: ' + wanted)); }, 30000);
  element.click();
})
"""
"""Click, and count the milliseconds until the document shows what is waited for, inside the browser's own clock."""

REDRAW = """
async () => {
  const element = document.querySelector('.trade-off-chart');
  const copy = (trace) => ({ ...trace, x: Array.from(trace.x ?? []), y: Array.from(trace.y ?? []) });
  const points = Number(element.dataset.points), times = Math.ceil(60 / points);
  const traces = Array.from({ length: times }, () => element.data.map(copy)).flat();
  const begun = performance.now();
  for (let turn = 0; turn < 20; turn++) {
    for (const trace of traces) trace.y = trace.y.map((y) => typeof y === 'number' ? y * (1 + 1e-4 * turn) : y);
    await window.__plotly.react(element, traces, { ...element.layout, datarevision: turn });
    await new Promise((next) => requestAnimationFrame(next));
  }
  return [20000 / (performance.now() - begun), points * times];
}
"""


def line(name: str, budget: float | None, found: list[float], unit: str = "ms") -> None:
    """Print one budget: what it is, what was measured, and whether it is kept."""
    middle, n = statistics.median(found), len(found)
    text = f"{name:58} {middle:8.0f} {unit}, median of {n} (worst {max(found):.0f})"
    if budget is not None:
        text += f"  budget {budget:.0f} {unit}  x {middle / budget:4.2f}  {'within' if middle <= budget else 'OVER'}"
    print(text, flush=True)


def since(work: Callable[[], object]) -> float:
    """Return the milliseconds that something took."""
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def clicked(me: Visitor, target: str, wanted: str) -> float:
    """Return the milliseconds from a click to what it shows: a text, any change at all, or something that is gone."""
    me.settled()
    return float(me.page.evaluate(WATCH, [target, wanted]))


def first_paints(browser: Any, url: str) -> list[float]:
    """Return the milliseconds until the Start page can be used by somebody who never came here."""
    found = []
    for _ in range(5):
        me = Visitor(browser, url)
        found.append(since(lambda me=me: (me.page.goto(url), me.see("Try with census data"))))  # type: ignore[misc]
        me.context.close()
    return found


def samples(browser: Any, urls: list[str]) -> Visitor:
    """Print the way from the click on the sample to its finished chart; return a visitor who has it before them.

    Every turn has a server of its own: what one has measured it does not measure again.
    """
    points, charts = [], []
    for url in urls:
        me = Visitor(browser, url)
        me.open()
        me.page.wait_for_timeout(6_000)  # the workers import; who clicks has read the page
        started = time.perf_counter()
        me.click("Try with census data")
        me.drawn()
        points.append(1000 * (time.perf_counter() - started))
        me.see("finished in")
        charts.append(1000 * (time.perf_counter() - started))
        me.settled()
    line("first point of the sample's sweep after the click", 3000, points)
    line("sample study to finished chart at glance effort", 5000, charts)
    return me


def switches(me: Visitor) -> None:
    """Print what going to another page takes, until its title is there and until it is drawn to the end."""
    titles: dict[str, list[float]] = {name: [] for name in PAGES}
    wholes: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(4):
        for name, title in PAGES.items():
            me.settled()
            started = time.perf_counter()
            titles[name].append(clicked_link(me, name, title))
            me.settled()
            wholes[name].append(1000 * (time.perf_counter() - started))
    line("page switch, until the title is there", 200, [t for found in titles.values() for t in found[1:]])
    for name, found in wholes.items():
        line(f"    {name}: until all of it is drawn", None, found[1:])


def clicked_link(me: Visitor, name: str, title: str) -> float:
    """Return the milliseconds from the click on a page's link to its title."""
    me.page.get_by_role("link", name=name, exact=True).evaluate("e => { e.dataset.goes = 'here' }")
    took = float(me.page.evaluate(WATCH, ["[data-goes=here]", title]))
    me.page.get_by_role("link", name=name, exact=True).evaluate("e => { delete e.dataset.goes }")
    return took


def clicks(me: Visitor) -> None:
    """Print how soon a click is felt, and how soon it is answered, on the page that draws the most."""
    me.go("Trade-off")
    me.drawn()
    me.settled()
    felt, answered = [], []
    for turn in range(8):
        wanted = ("8 random halves for each setting", "2 random halves for each setting")[turn % 2]
        label = ("Standard", "Glance")[turn % 2]
        button = me.page.get_by_role("radio", name=label, exact=True)
        button.evaluate("e => { document.querySelectorAll('[data-mine]').forEach(o => delete o.dataset.mine); }")
        button.evaluate("e => { e.dataset.mine = 'yes' }")
        if turn % 4 < 2:
            felt.append(clicked(me, "[data-mine]", "any"))
        else:
            answered.append(clicked(me, "[data-mine]", wanted))
        me.see(wanted)
    line("click feedback: the control changes", 100, felt)
    line("    the whole page has answered the click", None, answered)


def pdfs(me: Visitor) -> None:
    """Print how long the sample study's report takes as PDF."""
    me.go("Report")
    me.see("What can we hand over?")
    me.page.frame_locator("iframe").get_by_text("Adult census income").first.wait_for()
    found = []
    for _ in range(4):
        me.settled()

        def fetch() -> None:
            with me.page.expect_download() as waiting:
                me.page.get_by_role("button", name="PDF", exact=True).click()
            waiting.value.path()

        found.append(since(fetch))
    line("PDF of the sample study, click to file", 1000, found)


def stops(me: Visitor) -> None:
    """Print how long Stop takes in the sample's full study, and how fast its chart can be redrawn."""
    me.go("Trade-off")
    me.drawn()
    me.settled()
    me.click("Load the full study")
    me.settled()
    found, speeds, points = [], [], 0.0
    for turn in range(3):
        me.run()
        me.page.locator(".st-key-stop button").wait_for()
        me.page.locator(".trade-off-chart[data-points]:not([data-points='0'])").wait_for()
        me.page.wait_for_timeout(4_000 + 4_000 * turn)
        me.page.evaluate("() => document.querySelector('.st-key-stop button').dataset.stop = 'here'")
        found.append(float(me.page.evaluate(WATCH, ["[data-stop=here]", "stopped; what is done is kept"])))
        me.settled()
        speed, points = me.page.evaluate(REDRAW)
        speeds.append(speed)
    line("Stop of the full study", 500, found)
    print(f"{'chart updates a second in the browser':58} {statistics.median(speeds):8.0f}, with {points:.0f} points")


def visit(urls: list[str]) -> None:
    """Print what one visitor waits for."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        me = samples(browser, urls)
        switches(me)
        clicks(me)
        pdfs(me)
        stops(me)
        me.context.close()
        line("first useful paint on a warm server", 2000, first_paints(browser, urls[-1]))
        browser.close()


def main() -> None:
    """Print every budget of pages and people."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{folder}/team.db"
        servers: list[Server] = []
        try:
            for turn in range(3):
                servers.append(Server(Path(folder) / f"server{turn}", DATABASE_URL=database))
            visit([server.url for server in servers])
            while len(servers) > 1:
                servers.pop(0).stop()
            bench_people.main(servers[0].url, database, servers[0].process.pid)
        finally:
            for server in servers:
                server.stop()


if __name__ == "__main__":
    main()
