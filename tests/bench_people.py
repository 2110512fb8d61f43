"""A meeting during a sweep: light clients that speak Streamlit's own protocol, as many as a room holds.

A client opens the Decide page of one workspace, looks every two seconds as the page does, and now and then clicks.
It draws nothing, so the machine's time goes to the server and the sweep, not to sixty browsers.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from core.team.events import Actor
from core.team.room import Room
from core.team.store import Store

SECONDS = 30.0
CLICK_SECONDS = 20.0
"""Mean time between two clicks of one person."""

SAY_SECONDS = 10.0
"""Between two comments in the room; each has everybody's page drawn anew."""


@dataclass
class Seen:
    """Milliseconds that people waited."""

    polls: list[float] = field(default_factory=list)
    clicks: list[float] = field(default_factory=list)
    redraws: list[float] = field(default_factory=list)
    charts: list[float] = field(default_factory=list)


class Person:
    """One tab: keeps what the browser would keep, the running timers and the names of the widgets."""

    def __init__(self, url: str, number: int) -> None:
        self.url, self.number = url, number
        self.timers: dict[str, float] = {}
        self.widgets: dict[str, str] = {}
        self.page, self.page_name, self.query = "", "", ""
        self.bytes = 0
        self.texts: list[str] = []
        self._socket: ClientConnection
        self._ends: asyncio.Queue[int] = asyncio.Queue()
        self._turn = asyncio.Lock()

    async def open(self, page: str, query: str) -> None:
        """Connect and draw the page once."""
        key = f"{self.number:022d}"
        cookie = f"middleground_browser={key}; middleground_name=Person%20{self.number}"
        self._socket = await connect(
            self.url.replace("http", "ws") + "/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": cookie},
            max_size=None,
            compression=None,
        )
        self._listener = asyncio.create_task(self._listen())
        self.page_name, self.query = page, query
        await self.draw()

    async def close(self) -> None:
        """Close the tab."""
        await self._socket.close()
        await self._listener

    async def _listen(self) -> None:
        async for raw in self._socket:
            assert isinstance(raw, bytes)
            self.bytes += len(raw)
            message = ForwardMsg.FromString(raw)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                if not message.metadata.run.fragment_ids:
                    self.timers, self.widgets, self.texts = {}, {}, []
            elif kind == "navigation":
                self.page = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self.timers[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "page_info_changed":
                self.query = message.page_info_changed.query_string
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._note(message.delta.new_element)
            elif kind == "script_finished":
                self._ends.put_nowait(message.script_finished)

    def _note(self, element: Any) -> None:
        drawn = getattr(element, element.WhichOneof("type"))
        if name := getattr(drawn, "id", ""):
            self.widgets[name.rpartition("-")[2]] = name
        self.texts.append(str(getattr(drawn, "body", "") or getattr(drawn, "text", "")))

    async def _ask(self, fragment: str = "", click: str = "") -> tuple[float, bool]:
        """Have the page or a part of it drawn; return the milliseconds, and whether the whole page was drawn."""
        async with self._turn:
            message = BackMsg()
            state = message.rerun_script
            state.query_string, state.page_script_hash = self.query, self.page
            state.page_name = "" if self.page else self.page_name  # a name only where the browser knows no page yet
            state.context_info.url = f"{self.url}/{self.page_name}"
            state.context_info.timezone = "UTC"
            if fragment:
                state.fragment_id, state.is_auto_rerun = fragment, True
            if click:
                state.widget_states.widgets.add(id=self.widgets[click], trigger_value=True)
            started = time.perf_counter()
            await self._socket.send(message.SerializeToString())
            whole = not fragment
            while True:
                end = await asyncio.wait_for(self._ends.get(), 60)
                if end == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    whole = True
                elif end != ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY or not whole:
                    return 1000 * (time.perf_counter() - started), whole

    def sees(self, text: str) -> bool:
        """Say whether the page shows a text."""
        return any(text in one for one in self.texts)

    async def draw(self, click: str = "") -> float:
        """Have the page drawn anew, as after a click; return the milliseconds until the last of it is here."""
        return (await self._ask(click=click))[0]

    async def follow(self, seen: Seen, until: float) -> None:
        """Look as often as the page asks for it, and click now and then."""
        rng = random.Random(self.number)  # noqa: S311
        await asyncio.sleep(rng.random() * 2)
        click = time.monotonic() + rng.random() * CLICK_SECONDS
        due = {name: time.monotonic() for name in self.timers}
        while (now := time.monotonic()) < until:
            if now >= click:
                seen.clicks.append(await self.draw())
                click = now + CLICK_SECONDS * (0.5 + rng.random())
            for name, interval in list(self.timers.items()):
                if now < due.get(name, 0.0):
                    continue
                took, whole = await self._ask(fragment=name)
                (seen.redraws if whole else seen.polls if interval > 1 else seen.charts).append(took)
                due[name] = now + interval
                if whole:
                    break
            await asyncio.sleep(0.01)


async def sweep(url: str) -> Person:
    """Return somebody who looks at the census sample's full study while it runs."""
    lead = Person(url, 0)
    await lead.open("", "")
    await lead.draw("try_adult")
    while "full" not in lead.widgets:  # the first look is done when the page offers the rest
        await asyncio.sleep(0.5)
        await lead.draw()
    await lead.draw("full")
    await lead.draw("run")
    if "stop" not in lead.widgets:
        raise RuntimeError("the full study does not run: there is nothing to measure beside")
    return lead


async def meet(url: str, database: str, lead: Person, people: int, seconds: float = SECONDS) -> Seen:
    """Return what that many people waited for on the Decide page of a sweep that runs."""
    seen, here = Seen(), [Person(url, number) for number in range(1, people + 1)]
    workspace = dict(part.split("=") for part in lead.query.split("&"))["ws"]
    for person in here:
        await person.open("decide", lead.query)
    while await here[0].draw() > 1000:
        pass  # everybody's arrival is told to everybody: that is over when a page comes quickly
    if not all(person.sees("What do we choose") for person in here):
        raise RuntimeError("somebody is on another page than Decide")
    until = time.monotonic() + seconds
    voice = Room(Store(database), workspace, Actor(key="voice", name="Voice"))
    await asyncio.to_thread(voice.join)

    async def speak() -> None:
        while time.monotonic() + SAY_SECONDS / 2 < until:
            await asyncio.sleep(SAY_SECONDS / 2)
            await asyncio.to_thread(voice.comment, "What does k = 5 cost us?")
            await asyncio.sleep(SAY_SECONDS / 2)

    await asyncio.gather(speak(), lead.follow(seen, until), *(person.follow(seen, until) for person in here))
    await lead.draw()
    if "stop" not in lead.widgets:
        raise RuntimeError("the sweep ended before the measurement did")
    await asyncio.gather(*(person.close() for person in here))
    return seen


def told(name: str, budget: float | None, found: list[float]) -> str:
    """Return one line: name, budget, median and 95th percentile, what the latter is of the budget."""
    middle, high = np.percentile(found, [50, 95]) if found else (float("nan"), float("nan"))
    text = f"{name:58} p50 {middle:6.0f} ms  p95 {high:6.0f} ms  n {len(found):4}"
    if budget is None:
        return text
    return f"{text}  budget p95 {budget:.0f} ms  x {high / budget:5.2f}  {'within' if high <= budget else 'OVER'}"


def main(url: str, database: str, server: int) -> None:
    """Print what 30 and 60 people wait for."""

    async def all_of_it() -> None:
        lead = await sweep(url)
        for people in (30, 60):
            before, started = _cpu(server), time.monotonic()
            seen = await meet(url, database, lead, people)
            used = (_cpu(server) - before) / (time.monotonic() - started)
            print(told(f"{people} people in a sweep: a look every 2 s", 150, seen.polls))
            print(told(f"{people} people in a sweep: a click draws Decide anew", 150, seen.clicks))
            print(told(f"{people} people in a sweep: somebody's comment draws a page anew", None, seen.redraws))
            print(told(f"{people} people in a sweep: the live chart of one", None, seen.charts))
            print(f"    the server used {used:.0%} of a core")
        await lead.close()

    asyncio.run(all_of_it())


def _cpu(process: int) -> float:
    """Return the seconds of processor time that a process has used, without its workers."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
