"""A real server in a process of its own, a real browser, and the rule that nothing goes to another host."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import TimeoutError, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """One server with a home and a temporary folder of its own."""

    def __init__(self, folder, port=None, **environment):
        self.folder, self.flag = folder, folder / "flag"
        self.home, self.temp = folder / "home", folder / "tmp"
        for path in (self.home, self.temp):
            path.mkdir(parents=True)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port or 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "server.log"
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "TMPDIR": str(self.temp),
            "MIDDLEGROUND_TEST_FLAG": str(self.flag),
            "MIDDLEGROUND_WORKERS": "2",
            **environment,
        }
        self.out = self.log.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "browser" / "serve.py"), str(self.port)],
            env=environment,
            stdout=self.out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + 40
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(f"the server did not start: {self.log.read_text()[-2000:]}") from None
                time.sleep(0.1)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.out.close()

    def text(self):
        return self.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("server"))
    yield found
    found.stop()


@pytest.fixture(scope="session")
def browser():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as play:
        # Without a browser this raises: a journey that cannot run must not pass for one that did.
        found = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


class Visitor:
    """A tab, and everything that it must not do."""

    def __init__(self, browser, url, **options):
        settings = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **options}
        self.context = browser.new_context(**settings)
        self.page, self.url = self.context.new_page(), url
        self.errors, self.foreign, self.frames = [], [], []
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("dialog", lambda d: (self.errors.append(f"dialog {d.message}"), d.dismiss()))
        self.page.on("request", self._request)
        self.page.on("websocket", lambda ws: ws.on("framereceived", self._frame))

    def _console(self, message):
        # Opened at /data, Streamlit's own script looks for the server below /data first, then at the root.
        probe = message.location.get("url", "").endswith(("/_stcore/health", "/_stcore/host-config"))
        if message.type == "error" and not probe:
            self.errors.append(f"{message.text} {message.location.get('url', '')}")

    def _request(self, request):
        local = (f"{self.url}/", self.url.replace("http", "ws"), "data:", "blob:", "about:")
        if not request.url.startswith(local):
            self.foreign.append(request.url)

    def _frame(self, payload):
        self.frames.append(payload if isinstance(payload, bytes) else payload.encode())

    def open(self, path="/"):
        self.page.goto(self.url + path)
        self.settled()

    def settled(self):
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()

    def see(self, text, exact=False):
        """Wait for a text; where it does not come, say what the page shows instead."""
        try:
            self.page.get_by_text(text, exact=exact).first.wait_for()
        except TimeoutError as late:
            raise self._told(f"the text {text!r}") from late

    def zoom(self):
        """Drag a rectangle on the chart, as somebody who wants to see more; return the ranges it then has."""
        chart = self.page.locator(".trade-off-chart")
        high = chart.evaluate("e => e._fullLayout.xaxis.range[1]")
        chart.scroll_into_view_if_needed()
        area = chart.locator(".nsewdrag").first.bounding_box()
        self.page.mouse.move(area["x"] + 0.2 * area["width"], area["y"] + 0.2 * area["height"])
        self.page.mouse.down()
        self.page.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 0.7 * area["height"], steps=5)
        self.page.mouse.up()
        self.until(lambda: chart.evaluate("e => e._fullLayout.xaxis.range[1]") < 0.7 * high)
        return self.ranges()

    def ranges(self):
        """Return what the axes of the chart show."""
        return self.page.locator(".trade-off-chart").evaluate(
            "e => [e._fullLayout.xaxis.range, e._fullLayout.yaxis.range]"
        )

    def until(self, holds, seconds=60):
        """Wait until something holds. Not by a function in the page: its policy forbids to make one from a text."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"still not so after {seconds} s"
            self.page.wait_for_timeout(100)

    def run(self):
        """Press Run; for a moment the button of the run before may still be there."""
        self.settled()
        button = self.page.locator(".st-key-run button")
        expect(button).to_have_count(1)
        expect(button).to_be_enabled()
        button.click()

    def click(self, name, exact=False):
        self.page.get_by_role("button", name=name, exact=exact).first.click()

    def go(self, name):
        self.page.get_by_role("link", name=name, exact=True).click()

    def drawn(self):
        """Wait for a chart with points; where none comes, say what the page shows instead."""
        try:
            self.page.locator(".trade-off-chart[data-points]:not([data-points='0'])").wait_for()
        except TimeoutError as late:
            raise self._told("a chart with points") from late

    def _told(self, missing):
        state = self.page.locator("[data-testid=stApp]").first.get_attribute("data-test-script-state", timeout=1_000)
        shown = self.page.locator("body").inner_text()
        return AssertionError(f"{missing} did not come; script {state}; errors {self.errors}; the page shows:\n{shown}")

    def check(self):
        assert self.errors == []
        assert self.foreign == []


@pytest.fixture
def visit(browser):
    """Return a function that opens a visitor; each is checked for errors and foreign hosts at the end."""
    visitors = []

    def make(url, **options):
        visitors.append(Visitor(browser, url, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
        visitor.check()
