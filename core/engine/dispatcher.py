"""Turns: whose task runs next, what runs too long, and what was finished before."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.engine.failures import TookTooLong
from core.engine.finished import Finished
from core.engine.local import Engine, InlineEngine, run_task
from core.errors import UserError
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import Outcome

if TYPE_CHECKING:
    from core.engine.jobs import Job

FIT_MINUTES = 30.0
"""Minutes that one fit, its attacks included, may take; MIDDLEGROUND_FIT_MINUTES sets others."""

GRACE = 3.0
"""Seconds after which the fits of a sweep that was stopped are ended; most are done before."""

TICK = 0.2
"""Seconds between looks at the clock while something runs."""


def fit_seconds() -> float:
    """Return the limit for one fit from the setting MIDDLEGROUND_FIT_MINUTES, in seconds.

    Raises
    ------
    UserError
        When the setting is no positive number.
    """
    text = os.environ.get("MIDDLEGROUND_FIT_MINUTES") or str(FIT_MINUTES)
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < float("inf"):
        raise UserError("MIDDLEGROUND_FIT_MINUTES is a positive number of minutes", got=repr(text), do="Correct it.")
    return 60 * minutes


@dataclass(eq=False)
class _Flight:
    """One task on its way."""

    job: Job
    recipe: Recipe
    number: int
    started: float
    alone: bool
    future: Future[Outcome] | None = None
    late: bool = False


class Dispatcher:
    """Gives the sweeps of an engine fair turns: at most `workers` tasks are in flight, owners take turns.

    Nothing queues inside the pool, so a colleague's five settings do not wait behind two hundred. What was measured
    before is taken over instead of run (`core.engine.finished`); a task that takes too long is ended, and a task whose
    worker died is tried again with nothing beside it, so that the second death is its own.

    Parameters
    ----------
    engine : Engine
    limit : float, optional
        Seconds that one fit may take; by default `fit_seconds()`. An inline engine cannot end what runs.
    """

    def __init__(self, engine: Engine, limit: float | None = None) -> None:
        self.engine = engine
        self.limit = fit_seconds() if limit is None else limit
        self.finished = Finished()
        self._jobs: deque[Job] = deque()
        self._held: deque[tuple[Job, Recipe, int]] = deque()
        self._flying: set[_Flight] = set()
        self._planning: set[Job] = set()
        self._lock = threading.RLock()
        self._pumping = False
        self._watching = False

    def start(self, job: Job) -> Job:
        """Queue a sweep; it begins at once when a worker is free, and has at once what was measured before."""
        job.workers = self.engine.workers
        job.recall(self.finished)
        with self._lock:
            if job not in self._jobs:
                self._jobs.appendleft(job)  # the newest has its turn first: its first result comes as if it were alone
        self._pump()
        return job

    def forget(self, holder: str | None = None) -> None:
        """Drop the outcomes that were kept for somebody's table; all without a name."""
        self.finished.forget(holder)

    def _pump(self) -> None:
        """Fill the free workers, one task a sweep in turn."""
        with self._lock:
            if self._pumping:
                return
            self._pumping = True
        try:
            while True:
                with self._lock:
                    flight = self._take()
                    if flight is None:
                        self._pumping = False
                        return
                    self._flying.add(flight)
                try:
                    arguments = flight.job.arguments(flight.recipe, flight.number)
                    future = self.engine.submit(run_task, *arguments)
                except Exception as error:
                    future = Future()
                    future.set_exception(error)
                flight.future = future
                self._watch()
                future.add_done_callback(lambda f, which=flight: self._done(which, f))  # type: ignore[misc]
        except BaseException:
            self._pumping = False
            raise

    def _take(self) -> _Flight | None:
        """Return the next task; a second try waits until nothing is beside it, and nothing passes it meanwhile."""
        if any(flight.alone for flight in self._flying) or len(self._flying) >= self.engine.workers:
            return None
        while self._held and not self._held[0][0].active:
            job, recipe, number = self._held.popleft()
            gone: Future[Outcome] = Future()
            gone.set_exception(CancelledError())
            job.accept(recipe, number, gone)
        if not self._held:
            taken = self._next()
            if taken is None or not taken[0].again(*taken[1:]):
                return None if taken is None else _Flight(*taken, time.monotonic(), alone=False)
            self._held.append(taken)
        return None if self._flying else _Flight(*self._held.popleft(), time.monotonic(), alone=True)

    def _next(self) -> tuple[Job, Recipe, int] | None:
        for _ in range(len(self._jobs)):
            job = self._jobs.popleft()
            task = job.next_task()
            if task is not None:
                self._jobs.append(job)
                return job, *task
            if job.must_plan:
                # Everything that was asked for last had been measured before, so nothing will report back.
                threading.Thread(target=self._plan, args=(job,), daemon=True).start()
        return None

    def _done(self, flight: _Flight, future: Future[Outcome]) -> None:
        job = flight.job
        error = future.exception()
        if flight.late and error is not None:
            future = Future()
            future.set_exception(TookTooLong(self.limit))
        elif isinstance(error, CancelledError):
            job.stop()  # the engine was closed: going on would start it again
        job.accept(flight.recipe, flight.number, future)
        with self._lock:
            self._flying.discard(flight)
        if not job.must_plan:
            self._again(job)
        elif isinstance(self.engine, InlineEngine):
            self._plan(job)
        else:
            # Computing points must not hold up the thread that brings everybody's results.
            threading.Thread(target=self._plan, args=(job,), daemon=True).start()

    def _plan(self, job: Job) -> None:
        with self._lock:
            if job in self._planning:
                return
            self._planning.add(job)
        try:
            job.plan()
        except BaseException:
            job.stop()
            raise
        finally:
            with self._lock:
                self._planning.discard(job)
        self._again(job)

    def _again(self, job: Job) -> None:
        """Take a job that may have work again into the round: it left when its queue was empty."""
        with self._lock:
            if job.active and job not in self._jobs:
                self._jobs.append(job)
        self._pump()

    def _watch(self) -> None:
        """Look at the clock while something runs."""
        with self._lock:
            if self._watching or isinstance(self.engine, InlineEngine):
                return
            self._watching = True
        threading.Thread(target=self._clock, daemon=True, name="fit-clock").start()

    def _clock(self) -> None:
        since: dict[_Flight, float] = {}
        while True:
            time.sleep(TICK)
            now = time.monotonic()
            with self._lock:
                flights = [flight for flight in self._flying if flight.future is not None and not flight.late]
                if not self._flying:
                    self._watching = False
                    return
            since = {f: since.get(f, now) for f in flights if not f.job.active}
            for flight in flights:
                late = now - flight.started > self.limit
                if late or (flight in since and now - since[flight] > GRACE):
                    flight.late = True
                    self.engine.cancel(flight.future)  # type: ignore[arg-type]
