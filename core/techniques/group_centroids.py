"""One cell for many: the mean of numbers, the median of dates, the most frequent category of each group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data.table import Labels, Table

DAY = 86_400  # seconds
_LARGE = 1e30  # from here on numbers are scaled before they are summed
_MOST_DIGITS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """A column as numbers, so that groups of its cells can be replaced by one.

    Parameters
    ----------
    kind : {"number", "date", "category"}
    numbers : float array, shape (cells,)
        Numbers; seconds since 1970; category codes, the code `width` - 1 for a missing one. NaN: a missing number or
        date.
    width : int
        Categories and "missing"; 0 for numbers and dates.
    digits : int or None
        Decimals that all numbers have at most, None for more than 6. Whole numbers have 0.
    whole_days : bool
        No date has a time of day.
    """

    kind: str
    numbers: Labels
    width: int = 0
    digits: int | None = None
    whole_days: bool = False

    def take(self, places: Labels) -> Cells:
        """Return some of the cells."""
        return replace(self, numbers=self.numbers[places])

    def centroids(self, group: Labels, groups: int) -> Cells:
        """Return one cell for each group 0 .. groups - 1, none of which may be empty.

        Numbers: the mean. Dates: the median, of an even number the middle between the two. Either is missing when
        more than half of the group is, else it is that of the others. Categories: the most frequent one, "missing"
        among them; on ties the one that is more frequent in all cells, then the first in order.

        Examples
        --------
        >>> ages = Cells(kind="number", numbers=np.array([20.0, 31.0, np.nan, np.nan]))
        >>> ages.centroids(np.array([0, 0, 0, 1]), 2).numbers.tolist()
        [25.5, nan]
        """
        if self.kind == "category":
            return replace(self, numbers=_modes(self.numbers.astype(np.int64), self.width, group, groups))
        order = np.lexsort((self.numbers, group))  # NaN sorts last; a sum in this order is the same for any row order
        values, start = self.numbers[order], np.searchsorted(group[order], np.arange(groups))
        size = np.bincount(group, minlength=groups)
        present = np.bincount(group[~np.isnan(self.numbers)], minlength=groups)
        last = start + np.maximum(present - 1, 0)
        if self.kind == "number":
            largest = float(np.nanmax(np.abs(values))) if present.any() else 0.0
            scale = 2.0 ** np.floor(np.log2(largest)) if largest > _LARGE else 1.0
            total = np.add.reduceat(np.nan_to_num(values / scale), start)
            found = np.clip(total / np.maximum(present, 1) * scale, values[start], values[last])
        else:
            lower, upper = values[start + np.maximum(present - 1, 0) // 2], values[start + present // 2 * (present > 1)]
            found = np.floor(lower / 2 + upper / 2)
        return replace(self, numbers=np.where(2 * present < size, np.nan, found))

    def write(self, like: pd.Series[Any]) -> Any:
        """Return the cells in the canonical form of the column they came from, with no more decimals than it has."""
        if self.kind == "category":
            codes = self.numbers.astype(np.int64)
            codes = np.where(codes == self.width - 1, -1, codes)
            return pd.Categorical.from_codes(codes, categories=like.cat.categories)
        if self.kind == "number":
            return self.numbers if self.digits is None else np.round(self.numbers, self.digits) + 0.0  # never "-0"
        seconds = np.floor(self.numbers / DAY) * DAY if self.whole_days else self.numbers
        found = np.nan_to_num(seconds).astype(np.int64).astype("datetime64[s]")
        return np.where(np.isnan(seconds), np.datetime64("NaT", "s"), found).astype(like.to_numpy().dtype)


def cells_of(table: Table, name: str) -> Cells:
    """Return a column of a table as numbers.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role, Schema
    >>> price = Column(name="price", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> cells_of(Table.build(pd.DataFrame({"price": [1.25, 3, None]}), Schema((price,))), "price").digits
    2
    """
    cells = table.frame[name]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        codes, width = table.codes(name)
        return Cells(kind="category", numbers=codes, width=width)
    if cells.dtype.kind == "M":
        seconds = cells.to_numpy().astype("datetime64[s]")
        values = np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64))
        return Cells(kind="date", numbers=values, whole_days=bool(np.all(np.nan_to_num(values) % DAY == 0)))
    numbers = cells.to_numpy(np.float64)
    present = np.unique(numbers[~np.isnan(numbers)])
    with np.errstate(over="ignore", invalid="ignore"):
        digits = next((d for d in range(_MOST_DIGITS + 1) if np.array_equal(np.round(present, d), present)), None)
    return Cells(kind="number", numbers=numbers, digits=digits)


def _modes(codes: Labels, width: int, group: Labels, groups: int) -> Labels:
    pairs, count = np.unique(group * width + codes, return_counts=True)
    holder, value = pairs // width, pairs % width
    overall = np.bincount(codes, minlength=width)
    order = np.lexsort((value, -overall[value], -count, holder))
    return np.asarray(value[order][np.searchsorted(holder[order], np.arange(groups))])
