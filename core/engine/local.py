"""Worker processes by loky, and an inline engine with the same interface for tests and small tables.

loky rather than the standard pools, because those import `dashboard.py` again in every worker.
"""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import Outcome, run_replicate
from core.tradeoff.study import Study

KEPT = 3
"""Tables that a worker keeps ready."""

_benches: OrderedDict[str, Bench] = OrderedDict()


def _initialise() -> None:
    """Leave the front end its processor, and make sums independent of the number of workers."""
    os.nice(10)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def run_task(key: str, payload: bytes, recipe: Recipe, study: Study, replicate: int) -> Outcome:
    """Run one replicate in a worker. The payload is our own process's pickle, never a file."""
    if key not in _benches:
        _benches[key] = pickle.loads(payload)  # noqa: S301 - made by this program a moment ago
        while len(_benches) > KEPT:
            _benches.popitem(last=False)
    with threadpool_limits(1):
        return run_replicate(_benches[key], recipe, study, replicate)


def packed(bench: Bench) -> bytes:
    """Return a table ready for workers as the bytes that `run_task` takes."""
    return pickle.dumps(bench)


def _import_heavy() -> bool:
    """Import what the first replicate needs, so that it does not wait for it."""
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401

    return True


def forget_tables() -> bool:
    """Drop every table that this worker keeps."""
    _benches.clear()
    return True


class Engine(Protocol):
    """Where tasks run."""

    workers: int

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start a task; at most `workers` are in flight."""
        ...

    def close(self) -> None:
        """Stop, killing what runs."""
        ...


class InlineEngine:
    """Runs every task at once in the calling thread."""

    workers = 1

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run the task and return its finished future."""
        future: Future[Any] = Future()
        try:
            future.set_result(task(*args))
        except BaseException as error:
            future.set_exception(error)
        return future

    def close(self) -> None:
        """Forget the tables."""
        forget_tables()


class LocalEngine:
    """A pool of worker processes that starts at the first task and restarts after `close`.

    Parameters
    ----------
    workers : int
        Processes. The number changes no result.
    """

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self._pool: Any = None

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Send a task to a worker."""
        try:
            future: Future[Any] = self._running_pool().submit(task, *args)
        except (BrokenExecutor, RuntimeError):
            # A worker was killed, for memory say; such a pool never works again, a new one does.
            self._pool = None
            future = self._running_pool().submit(task, *args)
        return future

    def _running_pool(self) -> Any:
        if self._pool is None:
            from joblib.externals.loky import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(max_workers=self.workers, initializer=_initialise, timeout=None)
        return self._pool

    def warm(self) -> None:
        """Start the workers and let them import what they need, without waiting."""
        for _ in range(self.workers):
            self.submit(_import_heavy)

    def close(self) -> None:
        """Kill the workers; they hold tables, and nothing of them remains."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None


def default_workers() -> int:
    """Return the processors of this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
