"""A sweep at one moment, and its progress in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Snapshot:
    """A sweep at one moment.

    Parameters
    ----------
    result : mapping
        The result JSON of what has arrived.
    done, total : int
        Fits.
    state : {"running", "done", "stopped"}
    seconds_left : float or None
        Known after three fits.
    seconds : float
        Since the start.
    first_point : float or None
        Seconds from the start to the first trade-off point.
    reused : int
        How many of the fits done were measured before, for an earlier sweep, and taken over.
    lost : int
        How many fits were run again because their worker was killed.
    """

    result: Mapping[str, Any]
    done: int
    total: int
    state: str
    seconds_left: float | None
    seconds: float
    first_point: float | None
    reused: int = 0
    lost: int = 0

    @property
    def active(self) -> bool:
        """Whether more will come."""
        return self.state == "running"

    @property
    def headline(self) -> str:
        """Progress in one line."""
        text = f"{self.done} of {self.total} fits{reused_words(self.reused)}{lost_words(self.lost)}"
        if self.state == "stopped":
            return f"{text} - stopped; what is done is kept"
        if self.state == "done":
            return f"{text} - finished in {self.seconds:.1f} s"
        if self.seconds_left is None:
            return f"{text} - estimating the time left"
        return f"{text} - about {rounded(self.seconds_left)} left"


def reused_words(count: int) -> str:
    """Return what stands behind the number of fits when some were taken over; empty for none.

    Examples
    --------
    >>> f"31 of 60 fits{reused_words(20)}"
    '31 of 60 fits, 20 of them measured before'
    """
    if not count:
        return ""
    return f", {count} of them measured before"


def lost_words(count: int) -> str:
    """Return what is said of fits whose worker was killed under them; empty for none.

    Examples
    --------
    >>> f"60 of 60 fits{lost_words(2)} - finished in 9.0 s"
    '60 of 60 fits, 2 of them run again because a worker stopped - finished in 9.0 s'
    """
    return f", {count} of them run again because a worker stopped" if count else ""


def rounded(seconds: float) -> str:
    """Return a time that is left, as people would say it."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 10) * 10} s" if seconds < 90 else f"{round(seconds / 60)} min"
