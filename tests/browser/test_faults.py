"""A worker, the disk, the network and the server fail under somebody's hands: told plainly, nothing said is lost."""

from __future__ import annotations

import os
import resource
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.team.runs import last_run
from core.team.store import Store
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser


class Again(Server):
    """A server that can be killed and started again at the same address with the same database."""

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self.out.close()


class Wire:
    """What lies between a browser and the server; it can be cut, and mended."""

    def __init__(self, target):
        self.target, self._ends, self._open, self.port = target, [], None, 0
        self.mend()

    def mend(self):
        self._open = socket.create_server(("127.0.0.1", self.port))
        self.port = self._open.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._open,), daemon=True).start()

    def cut(self):
        ends, self._ends = [self._open, *self._ends], []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener):
        with suppress(OSError):
            while True:
                here, _ = listener.accept()
                try:
                    there = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    here.close()  # no server there for now
                    continue
                self._ends += (here, there)
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        with suppress(OSError):
            while block := one.recv(1 << 16):
                other.sendall(block)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def workers(server):
    """Return the worker processes that a server has started."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1]) if entry.name.isdigit() else 0
            if parent == server.process.pid and b"LokyProcess" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except (OSError, IndexError):
            continue  # it ended while we looked
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return folder, port, f"sqlite:///{folder / 'team' / 'team.db'}"


def texts(database, workspace):
    return [event.payload.get("text") for event in Store(database).events(workspace) if event.kind == "comment"]


def test_a_worker_a_full_disk_the_network_and_the_server_fail_one_after_the_other(place, visit):
    folder, port, database = place
    server = Again(folder / "one", port, DATABASE_URL=database)
    wire = Wire(port)
    me = visit(f"http://127.0.0.1:{wire.port}")
    try:
        # A worker is killed in the middle: the sweep ends with every number, and the page says what happened.
        me.open()
        me.click("Try with census data")
        me.drawn()
        busy = workers(server)
        assert busy, "no worker was found, so nothing was killed"
        os.kill(busy[0], signal.SIGKILL)
        me.see("because a worker stopped")
        me.page.get_by_text("finished in").first.wait_for(timeout=120_000)  # eight seconds where nothing else runs
        me.see("because a worker stopped")
        me.settled()
        me.page.get_by_label("Accuracy at least, number in %").fill("71")
        me.page.keyboard.press("Enter")
        me.settled()
        me.go("Decide")
        me.page.get_by_label("Your name, as others know you").fill("Ana")
        me.click("Use this name")
        box = me.page.get_by_label("Your comment").first
        box.fill("written before")
        me.click("Say it")
        expect(me.page.get_by_label("Your comment").first).to_have_value("")
        me.see("written before")
        workspace = me.page.url.split("ws=")[1].split("&")[0]
        # The disk is full: the text stays in its box, and goes in when there is room.
        usual = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, usual[1]))
        box = me.page.get_by_label("Your comment").first
        box.fill("said on a full disk")
        me.click("Say it")
        me.see("team's store must be open for reading and writing")
        expect(me.page.get_by_label("Your comment").first).to_have_value("said on a full disk")
        assert texts(database, workspace) == ["written before"]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, usual)
        me.settled()
        me.click("Say it")
        expect(me.page.get_by_label("Your comment").first).to_have_value("")
        assert texts(database, workspace) == ["written before", "said on a full disk"]
        # The network is away for a while: the page says so, comes back by itself, and what was typed is still there.
        me.settled()
        me.page.get_by_label("Your comment").first.fill("typed without network")
        wire.cut()
        me.see("Connect")
        wire.mend()
        me.page.get_by_text("Connect").first.wait_for(state="detached")
        me.settled()
        expect(me.page.get_by_label("Your comment").first).to_have_value("typed without network")
        me.click("Say it")
        expect(me.page.get_by_label("Your comment").first).to_have_value("")
        assert texts(database, workspace)[-1] == "typed without network"
        me.settled()
    finally:
        server.kill()
    # The server is gone: the open page says so, and comes back by itself when there is one again.
    me.see("Connect")
    server = Again(folder / "two", port, DATABASE_URL=database)
    try:
        me.see("no longer in memory")
        me.settled()
        me.see("typed without network")
        me.go("Trade-off")
        me.see("ended with")
        me.drawn()  # what was measured is still to be seen
        me.click("again and go on")
        me.see("finished in")
        assert f"ws={workspace}" in me.page.url
        assert me.page.get_by_label("Accuracy at least, number in %").input_value() == "71.0"
        # In the middle of a sweep of many minutes: how far it came is kept, and it goes on.
        me.page.get_by_text("Use all 45,222 people").click()
        me.settled()
        me.run()
        me.until(lambda: (run := last_run(Store(database), workspace)) and run.state == "running" and run.done > 0)
    finally:
        server.kill()
    me.see("Connect")
    server = Again(folder / "three", port, DATABASE_URL=database)
    try:
        me.see("was interrupted at")
        me.drawn()
        me.click("again and go on")
        me.page.get_by_role("button", name="Stop", exact=True).wait_for()
        me.drawn()
        me.click("Stop", exact=True)
        me.see("stopped; what is done is kept")
        me.settled()
        me.go("Decide")
        me.see("said on a full disk")
        # A connection that failed is in the browser's console for every try; nothing else may be.
        lost = ("ERR_", "WebSocket", "disconnected from server", "server is not responding", "/_stcore/")
        assert [error for error in me.errors if not any(part in error for part in lost)] == []
        # Gone before its server is: the tab would ask it for its icon.
        me.context.close()
        me.errors.clear()
    finally:
        wire.cut()
        server.stop()
