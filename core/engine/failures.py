"""What can go wrong with a task that is no fault of its code, and how it is told."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, CancelledError

from core.errors import UserError
from core.tradeoff.replicate import OUT_OF_MEMORY


class Interrupted(BrokenExecutor):
    """Another task was ended and took this one's process along: start it again, that is no mark against it."""


class WorkerLost(BrokenExecutor):
    """The process or machine that ran the task is gone."""


class TookTooLong(Exception):
    """The task ran into the limit of wall-clock time.

    Parameters
    ----------
    seconds : float
        The limit.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(seconds)


def duration(seconds: float) -> str:
    """Return a time in words.

    Examples
    --------
    >>> duration(1800), duration(0.5), duration(90), duration(60)
    ('30 minutes', '0.5 seconds', '90 seconds', '1 minute')
    """
    whole = seconds >= 60 and seconds % 60 == 0
    value, unit = (seconds / 60, "minute") if whole else (seconds, "second")
    return f"{value:g} {unit}{'' if value == 1 else 's'}"


def told(error: BaseException) -> str:
    """Return why a setting has no number, in words for the chart's table; never an unknown error's own message."""
    if isinstance(error, TookTooLong):
        return (
            f"took longer than {duration(error.seconds)} for one fit. Use fewer people, or raise "
            "MIDDLEGROUND_FIT_MINUTES"
        )
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    if isinstance(error, BrokenExecutor):
        return (
            f"the worker stopped twice, the second time with nothing beside it ({type(error).__name__}): most likely "
            "the machine ran out of memory. Use fewer people, or fewer workers (MIDDLEGROUND_WORKERS)"
        )
    if isinstance(error, CancelledError):
        return "the workers were shut down on the way"
    return f"the worker stopped ({type(error).__name__})"
