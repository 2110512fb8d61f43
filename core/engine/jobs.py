"""Jobs: a sweep on its way, with progress, time left and a Stop that keeps what is done."""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import BrokenExecutor, Future
from dataclasses import replace
from typing import Any

from core.data.table import Table
from core.engine.dispatcher import Dispatcher as Dispatcher
from core.engine.failures import Interrupted, told
from core.engine.finished import Finished, Key, Lease, bench_key, named, recipe_key
from core.engine.local import Engine, packed
from core.engine.snapshot import Snapshot as Snapshot
from core.engine.snapshot import reused_words
from core.stats.levels import LOOKS
from core.tradeoff.bench import Bench
from core.tradeoff.difference import Baseline
from core.tradeoff.effort import needs, next_look, next_round
from core.tradeoff.ledger import ledger_of
from core.tradeoff.null_check import null_check
from core.tradeoff.paired import Pairs
from core.tradeoff.point import Tally, from_replicates, with_full
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import FULL, Outcome
from core.tradeoff.result import duplicates_across_people, result_json
from core.tradeoff.study import Requirement, Study


class Job:
    """One sweep. Safe to read from any thread.

    Replicate 0 of every setting comes before replicate 1 of any, so that the whole chart appears early and then
    tightens; the fits on all of POOL come last. `previews` is how often somebody took a quick look at this table
    before (`core.tradeoff.quick_look`): the ledger counts it.

    At adaptive effort every setting gets the first look, and `plan` says who gets the next one. It is asked only when
    nothing is on its way, so that neither the number of workers nor their speed decides anything.
    """

    def __init__(self, study: Study, table: Table, owner: str = "", previews: int = 0) -> None:
        self.study, self.owner, self._previews = study, owner, previews
        self._released: list[Recipe] = []
        self.bench = Bench.prepare(study, table)
        self.recipes = study.with_anchors()
        self.tallies = {recipe.id: Tally(recipe) for recipe in self.recipes}
        self._payload = packed(self.bench)
        self._key = bench_key(self.bench, study)
        self._keys = {recipe.id: recipe_key(recipe) for recipe in self.recipes}
        self._finished_before: tuple[Finished, Lease] | None = None
        self._reused = 0
        self._lock = threading.RLock()
        self._points: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self._baseline: Baseline | None = None
        self._baseline_size = 0
        self._finished = threading.Event()
        self._times: deque[float] = deque(maxlen=10)
        self._started = time.monotonic()
        self._ended: float | None = None
        self._first: float | None = None
        self._stopped = False
        self._running = 0
        self._again: set[tuple[str, int]] = set()
        self._done = 0
        self.workers = 1
        self._twins = duplicates_across_people(self.bench)
        # Both public numbers of people: a setting that fails the fit on all of POOL is not half a point.
        facts = [self.bench.facts(full=full) for full in (False, True)]
        for recipe in self.recipes:
            reasons = [recipe.unsupported(self.bench.table.schema, known) for known in facts]
            if reason := next((text for text in reasons if text), None):
                self.tallies[recipe.id].add(Outcome(point=recipe.id, replicate=0, seconds=0.0, skipped=reason))
        todo = [r for r in self.recipes if not self.tallies[r.id].settled]
        self._asked = {recipe.id: study.first_replicates(recipe.id) for recipe in todo}
        numbers = [*range(max(self._asked.values(), default=0)), FULL]
        self._queue = deque(
            (recipe, number) for number in numbers for recipe in todo if number < self._asked[recipe.id]
        )
        self._total = len(self._queue)
        self._planned = study.effort != "adaptive"
        if not self._queue:
            self._finish()

    def recall(self, finished: Finished) -> None:
        """Take over what was measured before, here and whenever more is asked for, and keep there what is measured."""
        with self._lock:
            # A lease begun when the sweep began: after its table was forgotten, nothing of it is kept any more.
            lease = self._finished_before[1] if self._finished_before else finished.lease(self.owner)
            self._finished_before = (finished, lease)
            asked, self._queue = self._queue, deque()
            for recipe, number in asked:
                if self.tallies[recipe.id].settled:
                    self._done += 1
                elif (known := self._known(recipe, number)) is not None:
                    self._take_over(recipe, known)
                else:
                    self._queue.append((recipe, number))
            self._end_of_queue()

    def _known(self, recipe: Recipe, number: int) -> Outcome | None:
        if self._finished_before is None:
            return None
        finished, lease = self._finished_before
        outcome = finished.get(self._finished_key(recipe, number), lease)
        return None if outcome is None else named(outcome, recipe)

    def _finished_key(self, recipe: Recipe, number: int) -> Key:
        return self._key, self._keys[recipe.id], number

    def _take_over(self, recipe: Recipe, outcome: Outcome) -> None:
        self._done += 1
        self._reused += 1
        self._add(recipe, outcome)

    def next_task(self) -> tuple[Recipe, int] | None:
        """Take the next piece of work that nobody has done yet."""
        with self._lock:
            while self._queue and not self._stopped:
                recipe, number = self._queue.popleft()
                if (known := self._known(recipe, number)) is None:
                    self._running += 1
                    return recipe, number
                self._take_over(recipe, known)
            self._end_of_queue()
            return None

    def again(self, recipe: Recipe, number: int) -> bool:
        """Say whether this is the second try of a task whose worker died: it then runs with nothing beside it."""
        with self._lock:
            return (recipe.id, number) in self._again

    def _end_of_queue(self) -> None:
        """Finish when nothing is on its way and there is nothing to plan."""
        if not self._queue and not self._running and (self._planned or self._stopped):
            self._finish()

    @property
    def must_plan(self) -> bool:
        """Whether `plan` is due: the last round is done, and somebody has to say who gets more runs."""
        with self._lock:
            return self.active and not (self._planned or self._stopped or self._queue or self._running)

    def plan(self) -> None:
        """Queue the next round of an adaptive sweep, or finish it. Takes as long as computing the points does."""
        points = self.snapshot().result["points"]
        with self._lock:
            if not self.must_plan:
                return
            spent = sum(int(point["replicates"]) for point in points)
            chosen = next_round(points, self.study, spent)
            unprotected = next((r.id for r in self.recipes if [s.key for s in r.steps] == ["none"]), None)
            if chosen and unprotected in self._asked:
                # What every setting is compared with, replicate by replicate.
                chosen[unprotected] = max([*chosen.values(), self._asked[unprotected]])
            for name, count in chosen.items():
                self._ask(name, count)
            self._planned = not chosen
            self._end_of_queue()

    def _ask(self, name: str, count: int) -> None:
        recipe = next(r for r in self.recipes if r.id == name)
        new = [(recipe, number) for number in range(self._asked[name], count)]
        self._asked[name] = max(self._asked[name], count)
        self._queue.extend(new)
        self._total += len(new)

    def settle(self, name: str) -> int | None:
        """Ask for one setting's next planned look, whatever the effort; the result before it stays as it is.

        Returns
        -------
        int or None
            How many replicates it will have; None when there is no further look, it has no number, or the sweep was
            stopped. Give the job to the dispatcher again afterwards.
        """
        with self._lock:
            count = next_look(self._asked.get(name, max(LOOKS)))
            if count is None or self._stopped or self.tallies[name].status != "measured":
                return None
            kept = {known: number for known, number in self.study.more if known != name}
            self.study = replace(self.study, more=tuple({**kept, name: count}.items()))
            self._ask(name, count)
            if self._ended is not None:
                self._started += time.monotonic() - self._ended
                self._ended = None
                self._finished.clear()
            return count

    def arguments(self, recipe: Recipe, number: int) -> tuple[Any, ...]:
        """Return the arguments of `run_task`."""
        return self._key, self._payload, recipe, self.study, number

    def accept(self, recipe: Recipe, number: int, future: Future[Outcome]) -> None:
        """Take what a worker brought back; a worker that died becomes a failed setting at the second time."""
        try:
            outcome = future.result()
        except BaseException as error:
            with self._lock:
                died = (recipe.id, number)
                first = isinstance(error, BrokenExecutor) and died not in self._again
                if (first or isinstance(error, Interrupted)) and not self._stopped:
                    # A worker that was killed takes its neighbours' tasks along: each gets a second chance.
                    if not isinstance(error, Interrupted):
                        self._again.add(died)
                    self._running -= 1
                    self._queue.appendleft((recipe, number))
                    return
            outcome = Outcome(point=recipe.id, replicate=number, seconds=0.0, failed=told(error))
        with self._lock:
            self._running -= 1
            self._done += 1
            if self._stopped:
                if not self._running:
                    self._finish()
                return
            if self._finished_before is not None:
                finished, lease = self._finished_before
                finished.put(self._finished_key(recipe, number), outcome, lease)
            self._times.append(outcome.seconds)
            self._add(recipe, outcome)
            self._end_of_queue()

    def _add(self, recipe: Recipe, outcome: Outcome) -> None:
        """Count an outcome; one that settles its setting leaves nothing more to ask of it."""
        tally = self.tallies[recipe.id]
        tally.add(outcome)
        if tally.settled:
            left = deque(task for task in self._queue if task[0] is not recipe)
            self._done += len(self._queue) - len(left)
            self._queue = left
        if self._first is None and tally.status == "measured":
            self._first = time.monotonic() - self._started

    @property
    def progress(self) -> tuple[int, int]:
        """Fits that are done, and fits in all; without computing points."""
        with self._lock:
            return self._done, self._total

    def headline(self) -> str:
        """Return the progress in one line, without computing points."""
        with self._lock:
            return f"{self._done} of {self._total} fits{reused_words(self._reused)}"

    def set_requirements(self, requirements: tuple[Requirement, ...]) -> None:
        """Change the limits; verdicts are drawn anew from the outcomes that are here, nothing is fitted again."""
        with self._lock:
            self.study = replace(self.study, requirements=requirements)
            self._points = {}

    def set_threat(self, metric: str, threat: str) -> None:
        """Change what the frontier is drawn for."""
        with self._lock:
            self.study = replace(self.study, metric=metric, threat=threat)

    def null_check(self, point_id: str, repetitions: int = 200) -> dict[str, Any] | None:
        """Measure one setting on shuffled membership; None before its first replicate."""
        with self._lock:
            outcomes = self.tallies[point_id].replicates()
        return null_check(outcomes, self.bench, repetitions) if outcomes else None

    def released(self, recipe: Recipe) -> None:
        """Count a table that was made for handing over."""
        with self._lock:
            self._released.append(recipe)

    def ledger_with(self, recipe: Recipe) -> dict[str, Any]:
        """Return what looking has cost so far, and a release of this setting."""
        with self._lock:
            held = [Tally(t.recipe, dict(t.outcomes), t.reason, t.status) for t in self.tallies.values()]
            released = (*self._released, recipe)
        return ledger_of(held, self.bench, self._previews, released)

    def stop(self) -> None:
        """Start nothing more and keep what is done; what is in flight is not waited for."""
        with self._lock:
            if self._ended is None:
                self._stopped = True
                self._queue.clear()
                self._finish()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until the sweep has ended."""
        return self._finished.wait(timeout)

    def _finish(self) -> None:
        if self._ended is None:
            self._ended = time.monotonic()
            self._finished.set()

    @property
    def active(self) -> bool:
        """Whether more will come."""
        return not self._finished.is_set()

    def snapshot(self) -> Snapshot:
        """Return the result so far. Points that did not change are not computed again."""
        with self._lock:
            held = {key: (Tally(t.recipe, dict(t.outcomes), t.reason, t.status)) for key, t in self.tallies.items()}
            done, running, ended, first = self._done, self._running, self._ended, self._first
            reused = self._reused
            times = list(self._times)
            state = "running" if ended is None else "stopped" if self._stopped else "done"
            study, cache, released = self.study, self._points, tuple(self._released)
        points = []
        plain = next((t for t in held.values() if [step.key for step in t.recipe.steps] == ["none"]), None)
        if plain is not None and self._baseline_size != len(plain.outcomes):
            self._baseline, self._baseline_size = Baseline(plain.replicates()), len(plain.outcomes)
        for key, tally in held.items():
            seen, point = cache.get(key, ((), None))
            baseline = None if tally is plain else self._baseline
            common = 0 if baseline is None else len(baseline.common(tally.replicates())[0])
            counts = (len(tally.replicates()), common)
            steps = tuple(map(_stepped, counts)) if state == "running" else counts
            mark = (*steps, tally.status, tally.reason)
            if seen != mark or point is None:
                point = from_replicates(tally, self.bench, study, baseline)
                cache[key] = (mark, point)
            points.append(with_full(point, tally, self.bench, study))
        if state == "stopped":
            points = [_unfinished(point) for point in points]
        if study.effort == "adaptive":
            why = needs(points, study)
            points = [{**point, "effort": why[point["id"]].why} for point in points]
        counted = ledger_of(list(held.values()), self.bench, self._previews, released, final=state != "running")
        ledger = {**counted, "twins": self._twins}
        remaining = self._total - done
        left = None
        if state == "running" and len(times) >= 3:
            left = statistics.median(times) * max(remaining, 1) / max(running, 1)
        return Snapshot(
            result=result_json(
                study, self.bench, points, ledger, Pairs({k: t.replicates() for k, t in held.items()}, study.metric)
            ),
            done=done,
            total=self._total,
            state=state,
            seconds_left=left,
            seconds=(ended or time.monotonic()) - self._started,
            first_point=first,
            reused=reused,
            lost=len(self._again),
        )


STEPS = (0, 1, 2, 3, 4, 6, 8, 11, 16, 22, 32)
"""Replicates at which a point of a running sweep is computed anew; the looks of verdicts are among them."""


def _stepped(count: int) -> int:
    """Return the last of `STEPS` that a number of replicates has reached.

    A point's cost grows with its replicates while what one more of them changes shrinks: computed at each, points would
    take more processor time than the fits of a long sweep.

    >>> _stepped(2), _stepped(10), _stepped(40)
    (2, 8, 32)
    """
    return max(step for step in STEPS if step <= count)


def _unfinished(point: dict[str, Any]) -> dict[str, Any]:
    """Name the settings that a Stop left without a number."""
    if point["status"] != "waiting":
        return point
    return {**point, "status": "skipped", "reason": "stopped before its first replicate was done"}


def run_study(study: Study, table: Table, engine: Engine) -> Mapping[str, Any]:
    """Run a study to its end and return the result JSON."""
    job = Dispatcher(engine).start(Job(study, table))
    job.wait()
    return job.snapshot().result
