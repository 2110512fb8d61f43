"""Worker processes that can be told to forget: they hold copies of tables."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from core.engine.local import LocalEngine


class Workers:
    """An engine that replaces its processes when a table must be forgotten, without harming anybody else's sweep.

    New work goes to new processes at once. The old ones are killed when their last task is done, which is at once
    when nothing runs.

    Parameters
    ----------
    workers : int
        Processes.
    make : callable
        Number of processes -> a fresh pool.
    """

    def __init__(self, workers: int, make: Callable[[int], LocalEngine] = LocalEngine) -> None:
        self.workers, self._make = workers, make
        self._engine = make(workers)
        self._flying: dict[LocalEngine, int] = {}
        self._futures: dict[Future[Any], LocalEngine] = {}
        self._retired: set[LocalEngine] = set()
        self._lock = threading.RLock()

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Send a task to a worker of the current generation."""
        with self._lock:
            engine = self._engine
            self._flying[engine] = self._flying.get(engine, 0) + 1
            try:
                future = engine.submit(task, *args)
            except BaseException:
                self._flying[engine] -= 1
                raise
            self._futures[future] = engine
        future.add_done_callback(lambda done: self._landed(engine, done))
        return future

    def cancel(self, future: Future[Any]) -> None:
        """End a task, in whichever generation it runs."""
        with self._lock:
            engine = self._futures.get(future)
        if engine is not None:
            engine.cancel(future)

    def drain(self, timeout: float | None = None) -> bool:
        """Wait for what is in flight, older generations included."""
        with self._lock:
            flying = list(self._futures)
        return not wait(flying, timeout).not_done

    def warm(self) -> None:
        """Start the workers and let them import what they need, without waiting."""
        with self._lock:
            self._engine.warm()

    def forget(self) -> None:
        """Replace the processes."""
        with self._lock:
            old, self._engine = self._engine, self._make(self.workers)
            self._retired.add(old)
        self._bury(old)

    def close(self) -> None:
        """Kill the workers of every generation."""
        with self._lock:
            engines = [self._engine, *self._retired]
        for engine in engines:
            engine.close()

    @property
    def retired(self) -> int:
        """How many older generations still finish a task."""
        with self._lock:
            return len(self._retired)

    def _landed(self, engine: LocalEngine, future: Future[Any]) -> None:
        with self._lock:
            self._flying[engine] -= 1
            self._futures.pop(future, None)
        # A pool cannot be ended from the thread that reports its results.
        if engine in self._retired:
            threading.Thread(target=self._bury, args=(engine,), daemon=True).start()

    def _bury(self, engine: LocalEngine) -> None:
        with self._lock:
            if engine not in self._retired or self._flying.get(engine, 0):
                return
            self._retired.discard(engine)
            self._flying.pop(engine, None)
        engine.close()
