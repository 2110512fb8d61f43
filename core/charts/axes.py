"""Axis ranges that hold still: computed from the numbers, and during a sweep they only grow."""

from __future__ import annotations

import math
from collections.abc import Sequence

Range = tuple[float, float]


def step_of(span: float) -> float:
    """Return a round step that cuts a span into about ten.

    >>> step_of(9), step_of(30), step_of(.2)
    (1.0, 5.0, 0.02)
    """
    raw = span / 10
    power = 10.0 ** math.floor(math.log10(raw))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= raw * (1 - 1e-9))


def axis_range(
    values: Sequence[float],
    intervals: Sequence[tuple[float | None, float | None]],
    *,
    natural: Range | None,
    least: float,
    empty: Range,
    previous: Range | None = None,
) -> Range:
    """Return the range of one axis.

    Parameters
    ----------
    values : sequence of float
        Points, limits and anchors: all of them are inside.
    intervals : sequence of (low, high)
        Inside as far as half the values' span beyond them: one wide interval must not flatten the rest. Drawings clip.
    natural : (low, high), optional
        Where the quantity ends; the range goes 3 % of its own span beyond at most, so that markers are not cut.
    least : float
        The smallest span.
    empty : (low, high)
        The range when there is nothing to show.
    previous : (low, high), optional
        A range that must stay inside.

    Examples
    --------
    >>> axis_range([2.0, 8.0], [(0.0, 11.0)], natural=None, least=5.0, empty=(0.0, 20.0))
    (-1.0, 12.0)
    """
    if not values:
        return previous or empty
    low, high = min(values), max(values)
    span = max(high - low, least)
    spare = (span - (high - low)) / 2
    low, high = low - spare, high + spare
    ends = [(a, b) for a, b in intervals if a is not None and b is not None]
    low = min([low, *(max(a, low - span / 2) for a, _ in ends)])
    high = max([high, *(min(b, high + span / 2) for _, b in ends)])
    step = step_of((high - low) / 2)
    # A marker on the very edge would be cut in half: leave room before rounding outwards.
    room = 0.04 * (high - low)
    low, high = math.floor((low - room) / step) * step, math.ceil((high + room) / step) * step
    if natural is not None:
        beyond = 0.03 * (high - low)
        low, high = max(low, natural[0] - beyond), min(high, natural[1] + beyond)
    if previous is not None:
        low, high = min(low, previous[0]), max(high, previous[1])
    places = max(9, 6 - math.floor(math.log10(step)))
    return round(low, places), round(high, places)


def ticks(within: Range) -> list[float]:
    """Return round tick values inside a range, about eight of them.

    >>> ticks((-2.0, 12.0))
    [-2.0, 0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    """
    step = step_of((within[1] - within[0]) * 1.25)
    first = math.ceil(within[0] / step - 1e-9)
    last = math.floor(within[1] / step + 1e-9)
    places = max(9, 6 - math.floor(math.log10(step)))
    return [round(index * step, places) + 0.0 for index in range(first, last + 1)]
