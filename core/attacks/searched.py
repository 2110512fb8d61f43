"""Descriptions of people as ranges of columns, and how many rows each fits: counted with packed bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.attacks.gower import numbers
from core.data.table import Labels, Table

LARGEST = float(np.finfo(np.float64).max)
"""Below it lies only "missing", which is -inf; an open upper end is +inf."""

BUCKETS = 64
"""Ranges that a column is cut into for the first, rough count."""

FILTERS = 4
"""Conditions of a description, the narrowest, that the rough count looks at."""

CHUNK = 65_536
"""Words of 64 bits that are compared at a time, so that they stay in the cache."""


@dataclass(frozen=True, eq=False)
class Coder:
    """Turns tables into numbers, one coding for all of them.

    A number is itself and a date its seconds since 1970, within +-`LARGEST`. A text is the place of its category, NaN
    when no table given to `of` has that category: it fits no condition. Missing is -inf: a value, below all others.
    """

    names: tuple[str, ...]
    categories: tuple[pd.Index[Any] | None, ...]

    @staticmethod
    def of(names: Sequence[str], tables: Sequence[Table]) -> Coder:
        """Give every category of these tables a number."""
        found: list[pd.Index[Any] | None] = []
        for name in names:
            known: pd.Index[Any] | None = None
            for table in tables:
                cells = table.frame[name]
                if isinstance(cells.dtype, pd.CategoricalDtype):
                    more = cells.cat.categories
                    known = more if known is None or known.equals(more) else known.append(more[~more.isin(known)])
            found.append(known)
        return Coder(tuple(names), tuple(found))

    def encode(self, table: Table) -> Labels:
        """Return float numbers, shape (columns, rows)."""
        values = np.empty((len(self.names), len(table)))
        for place, (name, known) in enumerate(zip(self.names, self.categories, strict=True)):
            if known is None:
                found = numbers(table, name)
                values[place] = np.where(np.isnan(found), -np.inf, np.clip(found, -LARGEST, LARGEST))
                continue
            cells = table.frame[name].cat
            same = known.equals(cells.categories)
            codes = np.arange(len(known)) if same else known.get_indexer(cells.categories)
            lookup = np.append(np.where(codes < 0, np.nan, codes), -np.inf)
            values[place] = lookup[cells.codes.to_numpy()]
        return values

    def ordered(self) -> Labels:
        """Return which columns are numbers or dates, shape (columns,)."""
        return np.array([known is None for known in self.categories], dtype=bool)


def cuts_of(values: Labels) -> tuple[Labels, ...]:
    """Return, per column, cut points with about equally many of these rows between them.

    The places of the cuts decide only how fast is counted, never what.
    """
    found = []
    for column in values:
        some = np.unique(column[:: max(1, len(column) // 4096)])
        found.append(some[np.unique(np.linspace(0, len(some) - 1, BUCKETS - 1).astype(int))] if len(some) else some)
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Searched:
    """Rows that can be asked how many of them fit a description. Duplicates count as often as they are there.

    Parameters
    ----------
    values : float array, shape (columns, rows)
        As coded by `Coder`.
    cuts : tuple of float arrays
        Of `cuts_of`, of any rows.
    below : uint64 array, shape (columns, BUCKETS + 1, words)
        Bit r of below[c, b]: row r lies in one of the first b buckets of column c.
    size : integer array, shape (columns, BUCKETS + 1)
        How many rows that are.
    """

    values: Labels
    cuts: tuple[Labels, ...]
    below: Labels
    size: Labels

    @staticmethod
    def of(values: Labels, cuts: tuple[Labels, ...]) -> Searched:
        """Sort rows into buckets."""
        columns, rows = values.shape
        words = -(-rows // 64)
        below = np.zeros((columns, BUCKETS + 1, words), dtype=np.uint64)
        size = np.zeros((columns, BUCKETS + 1), dtype=np.int64)
        for place in range(columns):
            bucket = np.searchsorted(cuts[place], values[place], side="right")
            apart = np.zeros((BUCKETS, 64 * words), dtype=np.uint8)
            apart[bucket, np.arange(rows)] = 1
            packed = np.packbits(apart, axis=1).view(np.uint64)
            np.bitwise_or.accumulate(packed, axis=0, out=below[place, 1:])
            size[place, 1:] = np.cumsum(np.bincount(bucket, minlength=BUCKETS))
        return Searched(values, cuts, below, size)

    def count(self, low: Labels, high: Labels) -> Labels:
        """Return how many rows fit each description, shape (descriptions,); see `find`."""
        return self.find(low, high)[0]

    def find(self, low: Labels, high: Labels) -> tuple[Labels, Labels]:
        """Return how many rows fit each description and one that does (-1: none), shapes (descriptions,).

        Parameters
        ----------
        low, high : float arrays, shape (descriptions, columns)
            A row fits when low <= value <= high in every column; -inf and inf ask nothing of a column, -inf and -inf
            ask that it is missing.

        Examples
        --------
        >>> values = np.array([[1.0, 2.0, 2.0, -np.inf]])
        >>> rows = Searched.of(values, cuts_of(values))
        >>> low = np.array([[2.0], [-LARGEST], [-np.inf], [-np.inf]])
        >>> rows.count(low, np.array([[2.0], [1.0], [-np.inf], [np.inf]]))
        array([2, 1, 1, 4])
        """
        total, last = np.zeros(len(low), dtype=np.int64), np.full(len(low), -1)
        rows = self.values.shape[1]
        if not rows or not len(low):
            return total, last
        asked = ~((low == -np.inf) & (high == np.inf))
        begin, end = np.zeros(low.shape, dtype=np.int64), np.full(low.shape, BUCKETS, dtype=np.int64)
        width = np.full(low.shape, rows + 1, dtype=np.int64)
        for column in np.flatnonzero(asked.any(axis=0)):
            some = asked[:, column]
            begin[some, column] = np.searchsorted(self.cuts[column], low[some, column], side="right")
            end[some, column] = np.searchsorted(self.cuts[column], high[some, column], side="right") + 1
            width[some, column] = self.size[column, end[some, column]] - self.size[column, begin[some, column]]
        filters = max(1, min(FILTERS, int(asked.sum(axis=1).max())))
        narrow = np.argsort(width, axis=1, kind="stable")[:, :filters]
        begin, end = np.take_along_axis(begin, narrow, axis=1), np.take_along_axis(end, narrow, axis=1)
        step = max(1, CHUNK // self.below.shape[2])
        for start in range(0, len(low), step):
            part = slice(start, start + step)
            fits = self._between(narrow[part, 0], begin[part, 0], end[part, 0])
            for other in range(1, filters):
                fits &= self._between(narrow[part, other], begin[part, other], end[part, other])
            one, row = _places(fits)
            for column in np.flatnonzero(asked[part].any(axis=0)):
                # A column that is not asked about must not refuse NaN, a category nobody coded.
                free = ~asked[part, column]
                value = self.values[column][row]
                kept = (value >= low[part, column][one]) & (value <= high[part, column][one])
                if free.any():
                    kept |= free[one]
                kept = np.flatnonzero(kept)
                one, row = one[kept], row[kept]
            total[part] = np.bincount(one, minlength=len(fits))
            last[start + one] = row
        return total, last

    def _between(self, column: Labels, begin: Labels, end: Labels) -> Labels:
        return np.asarray(self.below[column, end] ^ self.below[column, begin])


def _places(bits: Labels) -> tuple[Labels, Labels]:
    """Return line and place of every bit that is set."""
    # Of booleans, which are few, places are found several times faster than of numbers.
    word = np.flatnonzero(bits.ravel() != 0)
    place = np.flatnonzero(np.unpackbits(bits.ravel()[word].view(np.uint8)).view(bool))
    found = word[place >> 6]
    line = found // bits.shape[1]
    return line, (found - line * bits.shape[1]) * 64 + (place & 63)


def keys(values: Labels) -> Labels:
    """Return one number per row, equal for equal rows and different for others but for one chance in 2^64 a pair.

    Parameters
    ----------
    values : float array, shape (columns, rows)

    Examples
    --------
    >>> found = keys(np.array([[1.0, 1.0, 0.0, -0.0], [2.0, 2.0, -np.inf, -np.inf]]))
    >>> bool(found[0] == found[1]), bool(found[2] == found[3]), bool(found[0] == found[2])
    (True, True, False)
    """
    key = np.zeros(values.shape[1], dtype=np.uint64)
    for column in values + 0.0:  # -0.0 becomes 0.0
        # The finaliser of splitmix64 (Steele, Lea & Flood 2014) after every column, so that their order matters.
        key = (key ^ column.view(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
        key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        key = (key ^ (key >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        key = key ^ (key >> np.uint64(31))
    return key
