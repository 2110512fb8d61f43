"""A column as ordered cells of a crowd each, and the way back: what a latent normal number is cut into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind
from core.data.table import Labels, Table

CROWD = 20
"""Rows that a number is shared by, or that a smoothed stretch of numbers stands for, where there are as many."""

_MOST_DECIMALS = 6
_HUGE = 1e150
"""Beyond it squares overflow."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretches:
    """The values of a number column, cut into stretches: single values of a crowd, and intervals between them.

    Parameters
    ----------
    low, high : float array, shape (cells,)
        Ends of each stretch; equal for a single value.
    least, most : float
        No value is ever below or above.
    decimals : int or None
        To which values are rounded; None: not at all.
    """

    low: Labels
    high: Labels
    least: float
    most: float
    decimals: int | None

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.low)

    def values(self, cells: Labels, part: Labels) -> Labels:
        """Return numbers: the point at `part` (0 to 1) of each cell's stretch."""
        # Not low + part * (high - low): that may overflow.
        found = (1 - part) * self.low[cells] + part * self.high[cells]
        if self.decimals is not None:
            found = np.round(found, self.decimals)
        return np.asarray(np.clip(found, self.least, self.most))


def stretches(values: Labels, crowd: int = CROWD) -> tuple[Stretches, Labels]:
    """Cut numbers into stretches of a crowd, and say in which stretch each number is.

    A number that `crowd` rows or more share is a cell of its own and comes back as it is. The numbers between two such
    are cut into stretches of `crowd` rows or more (fewer only where there are no more) and come back as any point of
    it. The outermost stretches are as wide as their mean allows, so an extreme value alone does not show.

    Parameters
    ----------
    values : float array, shape (n,), finite, n >= 1

    Returns
    -------
    (stretches, integer array of shape (n,))

    Examples
    --------
    >>> found, place = stretches(np.array([0.0] * 5 + [7, 8, 9, 90]), crowd=4)
    >>> found.low.tolist(), found.high.tolist(), place.tolist()
    ([0.0, 0.0], [0.0, 57.0], [0, 0, 0, 0, 0, 1, 1, 1, 1])
    """
    scale = float(np.abs(values).max())
    scale = scale if scale > _HUGE else 1.0
    different, place, count = np.unique(values / scale, return_inverse=True, return_counts=True)
    shared = count >= crowd
    cell = _cells(count, shared, crowd)
    rows = np.bincount(cell, weights=count)
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    last = np.append(first[1:], len(cell)) - 1
    low, high = different[first].copy(), different[last].copy()
    mean = np.bincount(cell, weights=count * different) / rows
    spread = np.sqrt(np.maximum(np.bincount(cell, weights=count * different**2) / rows - mean**2, 0))
    single = shared[first]
    least, most = float(different[0]), float(different[-1])
    lower, upper = low.copy(), high.copy()
    for at in np.flatnonzero(~single):
        below = above = np.nan
        if at > 0:
            below = low[at - 1] if single[at - 1] else (high[at - 1] + low[at]) / 2
        if at < len(low) - 1:
            above = high[at + 1] if single[at + 1] else (high[at] + low[at + 1]) / 2
        # At the ends a crowd's own mean and spread decide how far out its stretch goes, never past what was seen.
        reach = np.sqrt(3) * spread[at]
        alone = len(low) == 1
        far = (mean[at] - reach, mean[at] + reach) if alone else (2 * mean[at] - above, 2 * mean[at] - below)
        lower[at] = max(far[0] if np.isnan(below) else below, least)
        upper[at] = min(far[1] if np.isnan(above) else above, most)
    found = Stretches(
        low=lower * scale,
        high=upper * scale,
        least=float(values.min()),
        most=float(values.max()),
        decimals=_decimals(values),
    )
    return found, cell[place]


def _cells(count: Labels, shared: Labels, crowd: int) -> Labels:
    """Return the cell of each different value: shared ones alone, runs of the others in parts of a crowd or more."""
    run = np.cumsum(shared | np.concatenate([[True], shared[:-1]])) - 1
    before = np.cumsum(count) - count
    start = np.flatnonzero(np.diff(run, prepend=-1))
    before -= before[start][run]
    total = np.bincount(run, weights=count).astype(np.int64)
    # Values have fewer rows than a crowd, so a window of two crowds holds at least one.
    part = before // (2 * crowd)
    part = np.minimum(part, np.maximum(total[run] - crowd, 0) // (2 * crowd))
    return np.asarray(np.cumsum((np.diff(run, prepend=-1) != 0) | (np.diff(part, prepend=-1) != 0)) - 1)


def _decimals(values: Labels) -> int | None:
    for decimals in range(_MOST_DECIMALS + 1):
        if np.array_equal(np.round(values, decimals), values):
            return decimals
    return None


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """One column in cells that have an order.

    Parameters
    ----------
    name : str
    cells : integer array, shape (rows,)
        The cell of each row; -1 where a number is missing.
    size : int
        How many cells there are.
    numbers : Stretches or None
        How cells become numbers; None for categories.
    order : integer array or None
        For categories: the code of each cell (the last code is "missing").
    """

    name: str
    cells: Labels
    size: int
    numbers: Stretches | None = None
    order: Labels | None = None

    def coarse(self, most: int) -> tuple[Labels, int]:
        """Return the rows in at most `most` groups of about equal size, or the commonest categories, and how many."""
        count = np.bincount(self.cells + 1, minlength=self.size + 1)
        if self.numbers is not None:
            rank = np.cumsum(count) - count
            group = 1 + (rank * most) // max(len(self.cells), 1)
            group[0] = 0
        else:
            group = np.full(self.size + 1, most)
            common = np.argsort(-count, kind="stable")[:most]
            group[common] = np.arange(len(common))
        _, found = np.unique(group, return_inverse=True)
        return found[self.cells + 1], int(found.max()) + 1


def cut(table: Table, name: str) -> Cut:
    """Return a column in cells: numbers and dates by size, categories in the order of their codes."""
    cells = table.frame[name]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes, size = table.codes(name)
        return Cut(name=name, cells=codes, size=size, order=np.arange(size))
    numbers = as_numbers(cells)
    there = ~np.isnan(numbers)
    place = np.full(len(numbers), -1, dtype=np.int64)
    if not there.any():
        return Cut(name=name, cells=place, size=0)
    found, place[there] = stretches(numbers[there])
    return Cut(name=name, cells=place, size=len(found), numbers=found)


_DAY = 86_400


def as_numbers(cells: pd.Series[Any]) -> Labels:
    """Return numbers as they are, and dates as days (as seconds where a time of day is given), NaN where missing."""
    if cells.dtype.kind != "M":
        return cells.to_numpy(np.float64)
    seconds = cells.to_numpy().astype("datetime64[s]")
    gaps = np.isnat(seconds)
    found = np.where(gaps, 0, seconds.astype(np.int64)).astype(np.float64)
    unit = _DAY if np.all(found % _DAY == 0) else 1
    return np.where(gaps, np.nan, found / unit)


def written(found: Labels, cells: pd.Series[Any], column: Column) -> Any:
    """Return numbers in the form of the column that they were made from, inside its public bounds."""
    if cells.dtype.kind == "M":
        seconds = cells.to_numpy().astype("datetime64[s]")
        known = seconds[~np.isnat(seconds)].astype(np.int64)
        unit = _DAY if np.all(known % _DAY == 0) else 1
        gaps = np.isnan(found)
        dates = (np.where(gaps, 0, np.round(found)) * unit).astype(np.int64).astype("datetime64[s]")
        if column.bounds is not None:
            low, high = (np.datetime64(str(end), "s") for end in column.bounds)
            dates = np.clip(dates, low, high)
        dates[gaps] = np.datetime64("NaT")
        return dates
    if column.kind is Kind.NUMERIC and column.bounds is not None:
        found = np.clip(found, float(column.bounds[0]), float(column.bounds[1]))
    return found
