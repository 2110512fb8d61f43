"""An engine on a dask.distributed cluster that somebody already runs; optional, `requirements-cluster.txt`.

Rows never enter the cluster's own store, which is what dask may write to disk: a table is handed to each worker once,
by a call, and kept by our own code in the worker's memory, as in a local worker process. A cluster that is set to
write its store to disk is refused all the same, because what a task returns has one number per person.

Nothing that a task raises is left to dask, whose workers log the arguments of tasks that fail.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from dataclasses import dataclass
from typing import Any

from core.engine.cluster_worker import guarded, leave, look, refusal
from core.engine.failures import Interrupted, WorkerLost
from core.engine.local import KEPT, TableMissing, forget_tables, keep_table, run_task
from core.errors import UserError

INSTALL = "python -m pip install -r requirements-cluster.txt"
ANSWER = 5.0
"""Seconds in which a scheduler must answer: somebody waits at a page."""

PATIENCE = 20.0
"""Seconds to wait for a first worker, a new one after one that died say."""


@dataclass(eq=False)
class _Flight:
    future: Any
    key: str | None
    allowed: frozenset[str]


class ClusterEngine:
    """Tasks on the workers of a scheduler, one at a time each.

    A worker that joins later is looked at before it gets anything. A worker that dies costs its task another try.

    Parameters
    ----------
    address : str
        tcp://host:port of the scheduler, or tls:// with the certificates in dask's own settings. Whoever can reach a
        scheduler without TLS can read what is sent: use one on a network of your own, or TLS.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client: Any = None
        self._trusted: set[str] = set()
        self._seen: set[str] = set()
        self._tables: OrderedDict[str, set[str]] = OrderedDict()
        self._flying: dict[Future[Any], _Flight] = {}
        self._lock = threading.RLock()
        self._watching = False

    @property
    def workers(self) -> int:
        """Workers of the cluster that may be used; 1 before `connect`."""
        return max(1, len(self._trusted))

    def connect(self) -> None:
        """Reach the scheduler and look at its workers; nothing is sent before that.

        Raises
        ------
        UserError
            Without the packages, the scheduler or workers, and when a worker may write its store to disk, runs
            several tasks at a time, or has other versions than this machine, on which numbers depend.
        """
        with self._lock:
            if self._client is not None:
                return
            try:
                from distributed import Client
            except ImportError:
                raise UserError(
                    "MIDDLEGROUND_CLUSTER needs the packages of requirements-cluster.txt",
                    got="an environment without dask.distributed",
                    do=f"Run: {INSTALL}",
                ) from None
            try:
                client = Client(self.address, timeout=ANSWER, set_as_default=False, name="middleground")
            except (OSError, ValueError, TimeoutError) as error:
                raise UserError(
                    "MIDDLEGROUND_CLUSTER names a running scheduler",
                    got=f"none that answers ({type(error).__name__})",
                    do="Correct the address, tcp://host:8786 say, or start the scheduler.",
                ) from None
            self._client = client
            try:
                self._refresh(strict=True)
            except BaseException:
                self._client = None
                client.close()
                raise

    def _refresh(self, *, strict: bool = False) -> None:
        """Look at the workers that are new; wait a little when there is none."""
        until = time.monotonic() + PATIENCE
        while True:
            present = set(self._client.nthreads())
            self._trusted &= present
            self._seen &= present
            for places in self._tables.values():
                places &= present
            problem: UserError | None = None
            if new := sorted(present - self._seen):
                looked = self._client.run(look, workers=new, on_error="return")
                for worker in new:
                    found = looked.get(worker)
                    if isinstance(found, OSError) or found is None:
                        continue  # gone already, or still starting: next time
                    self._seen.add(worker)
                    if reason := refusal(found):
                        problem = reason
                    else:
                        self._trusted.add(worker)
            if problem is not None and (strict or not self._trusted):
                raise problem
            if self._trusted:
                return
            if time.monotonic() > until:
                raise UserError("the cluster needs workers", got="none", do="Start workers, then run again.")
            time.sleep(0.1)

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Send a task to a worker; the table of `run_task` goes to each worker once."""
        self.connect()
        future: Future[Any] = Future()
        with self._lock:
            try:
                self._refresh()
                key = None
                if task is run_task:
                    key, payload, *rest = args
                    self._send(str(key), payload)
                    args = (key, b"", *rest)
                allowed = frozenset(self._trusted)
                inner = self._client.submit(guarded, task, *args, pure=False, workers=sorted(allowed))
            except OSError as error:
                raise WorkerLost(type(error).__name__) from None
            self._flying[future] = _Flight(inner, key, allowed)
            watch, self._watching = not self._watching, True
        inner.add_done_callback(lambda done: self._landed(future, done))
        if watch:
            threading.Thread(target=self._watch, daemon=True, name="cluster-watch").start()
        return future

    def _send(self, key: str, payload: bytes) -> None:
        """Hand a table to the workers that do not have it, and let them drop those that no task needs."""
        places = self._tables.setdefault(key, set())
        self._tables.move_to_end(key)
        needed = {flight.key for flight in self._flying.values()} | {key}
        for old in list(self._tables):
            if len(self._tables) > KEPT and old not in needed:
                del self._tables[old]
        missing = sorted(self._trusted - places)
        if missing:
            sent = self._client.run(keep_table, key, payload, tuple(self._tables), workers=missing, on_error="return")
            places |= {worker for worker, answer in sent.items() if answer is True}

    def _landed(self, future: Future[Any], done: Any) -> None:
        result, error = None, None
        try:
            fine, value = done.result()
            result, error = (value, None) if fine else (None, value)
        except BaseException as problem:  # KilledWorker, CommClosedError, a lost key: the worker's end, not the task's
            error = WorkerLost(type(problem).__name__)
        done.release()
        if isinstance(error, TableMissing):
            with self._lock:
                self._tables.pop(error.key, None)
            error = Interrupted()
        self._settle(future, error, result)

    def _settle(self, future: Future[Any], error: BaseException | None, result: Any = None) -> None:
        with self._lock:
            if self._flying.pop(future, None) is None:
                return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _watch(self) -> None:
        """End tasks whose every allowed worker is gone: the scheduler would keep them waiting for these for ever."""
        while True:
            time.sleep(1.0)
            with self._lock:
                client = self._client
                if client is None or not self._flying:
                    self._watching = False
                    return
                flights = list(self._flying.items())
            try:
                present = set(client.nthreads())
            except Exception:  # noqa: S112 - the scheduler is away: the client tells every future when it gives up
                continue
            for future, flight in flights:
                if not flight.allowed & present:
                    flight.future.cancel()
                    self._settle(future, WorkerLost("no worker left"))

    def cancel(self, future: Future[Any]) -> None:
        """End a task: its worker leaves and its nanny starts another. Tasks that wait there move on, none is lost.

        A worker without a nanny would be gone for good, so it finishes a task that nobody waits for.
        """
        with self._lock:
            flight = self._flying.pop(future, None)
            client = self._client
        if flight is None:
            return
        try:
            busy = [where for where, keys in client.processing().items() if flight.future.key in keys]
            flight.future.cancel()
            nannies = client.scheduler_info()["workers"]
            if ended := [where for where in busy if nannies.get(where, {}).get("nanny")]:
                with self._lock:
                    self._trusted -= set(ended)  # nothing new goes there: the scheduler notices their end late
                client.run(leave, workers=ended, wait=False, on_error="ignore")
        except Exception as error:
            # The task is given up in any case; the scheduler's words may name addresses and are not passed on.
            future.set_exception(WorkerLost(type(error).__name__))
        else:
            future.set_exception(CancelledError())

    def drain(self, timeout: float | None = None) -> bool:
        """Wait for what is in flight."""
        with self._lock:
            flying = list(self._flying)
        return not wait(flying, timeout).not_done

    def forget(self) -> None:
        """Have every worker forget every table; a sweep that goes on sends its own again."""
        with self._lock:
            if self._client is not None:
                self._tables.clear()
                self._client.run(forget_tables, on_error="return")

    def close(self) -> None:
        """End what runs, have the workers forget every table, and leave the cluster as it is."""
        with self._lock:
            flying = list(self._flying)
        for future in flying:
            self.cancel(future)
        with self._lock:
            if self._client is None:
                return
            self.forget()
            self._client.close()
            self._client = None
            self._trusted, self._seen = set(), set()
