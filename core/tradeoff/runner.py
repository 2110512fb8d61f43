"""Where a few fits run that somebody waits for: here, or in processes that the caller has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Run(Protocol):
    """Calls a function of a module once for each tuple of arguments and returns what came out, in that order."""

    def __call__(self, task: Callable[..., Any], *calls: tuple[Any, ...]) -> list[Any]:
        """Call it; what a call raises is raised."""
        ...


def here(task: Callable[..., Any], *calls: tuple[Any, ...]) -> list[Any]:
    """Run in this process, one after the other.

    Examples
    --------
    >>> here(max, (1, 2), (4, 3))
    [2, 4]
    """
    return [task(*call) for call in calls]
