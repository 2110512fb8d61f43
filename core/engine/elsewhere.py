"""A few fits for somebody who waits, in the workers of an engine: whoever asks stays without them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Future
from typing import Any

from threadpoolctl import threadpool_limits

from core.engine.local import Engine
from core.errors import UserError


def one_thread(task: Callable[..., Any], *args: Any) -> Any:
    """Call a function with one thread for its sums, so that they do not depend on the machine."""
    with threadpool_limits(1):
        return task(*args)


class Elsewhere:
    """Runs calls in the workers of an engine, as `core.tradeoff.runner.Run` asks for.

    They queue behind the tasks that run, not behind the sweeps that wait. A worker that dies, or that is ended with
    another's task or table, costs one more try.

    Parameters
    ----------
    engine : Engine

    Raises
    ------
    UserError
        When a call lost its worker twice.

    Examples
    --------
    >>> from core.engine.local import InlineEngine
    >>> Elsewhere(InlineEngine())(max, (1, 2), (4, 3))
    [2, 4]
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __call__(self, task: Callable[..., Any], *calls: tuple[Any, ...]) -> list[Any]:
        """Return the results in the order of the calls."""
        flying = [self._engine.submit(one_thread, task, *call) for call in calls]
        return [self._result(future, task, call) for future, call in zip(flying, calls, strict=True)]

    def _result(self, future: Future[Any], task: Callable[..., Any], call: tuple[Any, ...]) -> Any:
        try:
            return future.result()
        except (BrokenExecutor, CancelledError):
            again = self._engine.submit(one_thread, task, *call)
        try:
            return again.result()
        except (BrokenExecutor, CancelledError) as lost:
            raise UserError(
                "measuring this needs a worker that lives to the end",
                got=f"two that did not ({type(lost).__name__})",
                do="Try again. If it stays so, memory is short: use fewer people or fewer workers "
                "(MIDDLEGROUND_WORKERS).",
            ) from None
