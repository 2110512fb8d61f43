"""Worker processes by loky, and an inline engine with the same interface for tests and small tables.

loky rather than the standard pools, because those import `dashboard.py` again in every worker.
"""

from __future__ import annotations

import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future, wait
from typing import Any, Protocol

from threadpoolctl import threadpool_limits

from core.engine.failures import Interrupted
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


class TableMissing(Exception):
    """A worker was asked for a table that it does not have, and got none with the question."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def run_task(key: str, payload: bytes, recipe: Recipe, study: Study, replicate: int) -> Outcome:
    """Run one replicate in a worker. The payload is our own process's pickle, never a file; empty when it was sent."""
    bench = _benches.get(key)
    if bench is None:
        if not payload:
            raise TableMissing(key)
        bench = _benches[key] = pickle.loads(payload)  # noqa: S301 - made by this program a moment ago
        while len(_benches) > KEPT:
            _benches.popitem(last=False)
    with threadpool_limits(1):
        return run_replicate(bench, recipe, study, replicate)


def keep_table(key: str, payload: bytes, wanted: tuple[str, ...]) -> bool:
    """Keep a table ready in a worker, and of the others only those that are wanted."""
    for other in [name for name in _benches if name not in wanted]:
        _benches.pop(other, None)
    _benches[key] = pickle.loads(payload)  # noqa: S301 - made by this program a moment ago
    return True


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

    @property
    def workers(self) -> int:
        """Tasks that run at a time."""
        ...

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Start a task; at most `workers` are in flight."""
        ...

    def cancel(self, future: Future[Any]) -> None:
        """End a task that runs: its future fails. Tasks that lose their process by it fail as `Interrupted`."""
        ...

    def drain(self, timeout: float | None = None) -> bool:
        """Wait for what is in flight; say whether all of it is done."""
        ...

    def close(self) -> None:
        """Stop, killing what runs, and forget every table."""
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

    def cancel(self, future: Future[Any]) -> None:
        """Do nothing: a task is done before anybody could end it."""

    def drain(self, timeout: float | None = None) -> bool:
        """Return at once: nothing is ever in flight."""
        return True

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
        self._flying: dict[Future[Any], Any] = {}
        self._lock = threading.RLock()

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Send a task to a worker."""
        future: Future[Any] = Future()
        with self._lock:
            try:
                inner = self._running_pool().submit(task, *args)
            except (BrokenExecutor, RuntimeError):
                # A worker was killed, for memory say; such a pool never works again, a new one does.
                self._pool = None
                inner = self._running_pool().submit(task, *args)
            self._flying[future] = self._pool
        inner.add_done_callback(lambda done: self._landed(future, done))
        return future

    def _landed(self, future: Future[Any], done: Future[Any]) -> None:
        error = done.exception()
        self._settle(future, error, None if error is not None else done.result())

    def _settle(self, future: Future[Any], error: BaseException | None, result: Any = None) -> None:
        """Give a future its end, once: a pool that is killed reports its tasks too."""
        with self._lock:
            if self._flying.pop(future, None) is None:
                return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _running_pool(self) -> Any:
        if self._pool is None:
            from joblib.externals.loky import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(max_workers=self.workers, initializer=_initialise, timeout=None)
        return self._pool

    def warm(self) -> None:
        """Start the workers and let them import what they need, without waiting."""
        for _ in range(self.workers):
            self.submit(_import_heavy)

    def cancel(self, future: Future[Any]) -> None:
        """Kill the processes of the task's pool: a fit cannot be asked to end. The next task starts a new pool."""
        with self._lock:
            pool = self._flying.get(future)
            if pool is None:
                return
            if self._pool is pool:
                self._pool = None
            neighbours = [other for other, where in self._flying.items() if where is pool and other is not future]
            ended = [(future, CancelledError()), *((other, Interrupted()) for other in neighbours)]
            taken = [(one, error) for one, error in ended if self._flying.pop(one, None) is not None]
        _end(pool)
        for one, error in taken:
            one.set_exception(error)

    def drain(self, timeout: float | None = None) -> bool:
        """Wait for what is in flight."""
        with self._lock:
            flying = list(self._flying)
        return not wait(flying, timeout).not_done

    def close(self) -> None:
        """Kill the workers; they hold tables, and nothing of them remains."""
        with self._lock:
            pool, self._pool = self._pool, None
            flying = list(self._flying)
            self._flying.clear()
        if pool is not None:
            _end(pool)
        for future in flying:
            future.set_exception(CancelledError())


def _end(pool: Any) -> None:
    """Kill the processes of a pool; they hold tables, so nothing is left to chance."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=True, kill_workers=True)
    for process in processes:
        # The pool's own thread does not outlive a task that was handed over at the moment of the end.
        if process.is_alive():
            process.kill()
            process.join(5)


def default_workers() -> int:
    """Return the processors of this machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
