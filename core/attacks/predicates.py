"""Descriptions of people: conditions on columns, drawn from the rows of a table, and how many rows fit them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.attacks.gower import classes, numbers
from core.data.table import Labels, Table

MISSING_CODE = -1

PAIRS = 1_000_000
"""Pairs of a description and a row that are compared at once."""

PREFIXES = (256, 4096)
"""Rows on which descriptions are tried first: whatever fits two of them fits more than one row in all."""


@dataclass(frozen=True, eq=False)
class Codebook:
    """Codes of the columns of any table of the same form, such that every condition is a range of codes.

    The i-th value of a column has the code 2i + 1, a missing one -1. What lies between the (i-1)-th and the i-th
    number has the code 2i; a label that is not in the book the code 2 * values. So "= v", ">= v" and "<= v" are
    ranges, whatever the other table holds.

    Parameters
    ----------
    columns : tuple of str
    values : tuple of arrays
        Ascending numbers (dates in seconds), or an index of labels.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role, Schema
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE),))
    >>> ours, theirs = (Table.build(pd.DataFrame({"age": ages}), schema) for ages in ([30, 50], [50, 40, 90, None]))
    >>> Codebook.of(ours, ("age",)).encode(theirs)[:, 0].tolist()
    [3, 2, 4, -1]
    """

    columns: tuple[str, ...]
    values: tuple[Any, ...]

    @staticmethod
    def of(table: Table, columns: Sequence[str]) -> Codebook:
        """Return the codes of the values that occur in a table."""
        values: list[Any] = []
        for name in columns:
            cells = table.frame[name]
            if isinstance(cells.dtype, pd.CategoricalDtype):
                used = np.unique(cells.cat.codes.to_numpy())
                values.append(pd.Index(cells.cat.categories.astype(str)[used[used >= 0]]))
            else:
                found = numbers(table, name)
                values.append(np.unique(found[~np.isnan(found)]))
        return Codebook(tuple(columns), tuple(values))

    @property
    def ordered(self) -> Labels:
        """Which columns hold numbers or dates, shape (columns,)."""
        return np.array([isinstance(values, np.ndarray) for values in self.values], dtype=bool)

    @property
    def top(self) -> Labels:
        """The largest code of each column, shape (columns,)."""
        return np.array([2 * len(values) for values in self.values], dtype=np.int32)

    def encode(self, table: Table) -> Labels:
        """Return the codes of a table, int32, shape (rows, columns)."""
        codes = np.empty((len(table), len(self.columns)), dtype=np.int32)
        for place, (name, values) in enumerate(zip(self.columns, self.values, strict=True)):
            cells = table.frame[name]
            if not isinstance(values, np.ndarray):
                found = values.get_indexer(pd.Index(cells.cat.categories.astype(str)))
                lookup = np.append(np.where(found < 0, 2 * len(values), 2 * found + 1), MISSING_CODE)
                codes[:, place] = lookup[cells.cat.codes.to_numpy()]
                continue
            asked = numbers(table, name)
            found = np.searchsorted(values, asked)
            known = np.append(values, np.nan)[found] == asked
            codes[:, place] = np.where(np.isnan(asked), MISSING_CODE, 2 * found + known)
        return codes


@dataclass(frozen=True, eq=False)
class Predicates:
    """Descriptions: a row fits when every column's code is in its range.

    Parameters
    ----------
    row : integer array, shape (descriptions,)
        Position of the row that each was made from.
    used : boolean array, shape (descriptions, columns)
        Which columns are restricted; as many in each description.
    low, high : int32 arrays, shape (descriptions, columns)
    """

    row: Labels
    used: Labels
    low: Labels
    high: Labels

    def __len__(self) -> int:
        """Return the number of descriptions."""
        return len(self.row)

    def only(self, keep: Labels) -> Predicates:
        """Return some of them (a mask, positions or a slice)."""
        return Predicates(self.row[keep], self.used[keep], self.low[keep], self.high[keep])

    @staticmethod
    def joined(parts: Sequence[Predicates]) -> Predicates:
        """Put descriptions one below the other."""
        names = ("row", "used", "low", "high")
        return Predicates(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


@dataclass(frozen=True, eq=False)
class Source:
    """Rows from which descriptions are made.

    Parameters
    ----------
    book : Codebook
    codes : int32 array, shape (rows, columns)
    """

    book: Codebook
    codes: Labels

    @staticmethod
    def of(table: Table, columns: Sequence[str]) -> Source:
        """Encode a table by its own values."""
        book = Codebook.of(table, columns)
        return Source(book, book.encode(table))

    @cached_property
    def middle(self) -> Labels:
        """The code in the middle of each column, missing values left out, shape (columns,)."""
        found = [column[column >= 0] for column in self.codes.T]
        return np.array([np.median(column) if len(column) else 0.0 for column in found])

    def describe(self, row: Labels, used: Labels, *, exact: bool) -> Predicates:
        """Describe rows by some of their columns.

        A category, a label and a missing value are described as equal to it; so is a number when `exact`, else as
        at least as large (small) when it is in the upper (lower) half of its column.
        """
        low = self.codes[row]
        high = low.copy()
        if not exact:
            loose = self.book.ordered & (low >= 0)
            upper = low >= self.middle
            high = np.where(loose & upper, self.book.top, high)
            low = np.where(loose & ~upper, 0, low)
        return Predicates(
            row,
            used,
            np.where(used, low, MISSING_CODE).astype(np.int32),
            np.where(used, high, self.book.top).astype(np.int32),
        )

    def single(self, keep: Labels) -> Predicates:
        """Describe by one column each: every value that occurs once, and the largest and smallest number if it does.

        Parameters
        ----------
        keep : boolean array, shape (columns,)
            The columns to use.
        """
        parts = [self.describe(np.zeros(0, np.int64), np.zeros((0, len(keep)), bool), exact=True)]
        for place in np.flatnonzero(keep):
            column = self.codes[:, place]
            _, first, count = np.unique(column, return_index=True, return_counts=True)
            row = first[count == 1]
            used = np.zeros((len(row), len(keep)), dtype=bool)
            used[:, place] = True
            parts.append(self.describe(row, used, exact=True))
            if not self.book.ordered[place] or not self.book.top[place]:
                continue
            for end in {1, int(self.book.top[place]) - 1}:
                found = np.flatnonzero(column[row] == end)
                beyond = self.describe(row[found], used[found], exact=True)
                (beyond.low if end == 1 else beyond.high)[:, place] = 0 if end == 1 else self.book.top[place]
                parts.append(beyond)
        return Predicates.joined(parts)


class Index:
    """Rows in which descriptions are looked up.

    Every column is sorted once. For each description the column that fewest rows fit is taken first; these rows are
    compared with the other columns one after the other, rarest first, as long as they fit.

    Parameters
    ----------
    codes : int32 array, shape (rows, columns)
    """

    def __init__(self, codes: Labels) -> None:
        self.codes = np.ascontiguousarray(codes)
        self.orders: list[Labels] = []
        self.sorted: list[Labels] = []
        for column in codes.T:
            order = np.argsort(column)
            self.orders.append(order.astype(np.int32))
            self.sorted.append(column[order])

    def count(self, asked: Predicates) -> Labels:
        """Return how many rows fit each description, shape (descriptions,)."""
        found = np.zeros(len(asked), dtype=np.int64)
        rows, width = self.codes.shape
        if not rows or not len(asked):
            return found
        begin = np.zeros(asked.used.shape, dtype=np.int64)
        size = np.full(asked.used.shape, rows + 1, dtype=np.int64)
        for place in range(width):
            mine = np.flatnonzero(asked.used[:, place])
            begin[mine, place] = np.searchsorted(self.sorted[place], asked.low[mine, place], side="left")
            end = np.searchsorted(self.sorted[place], asked.high[mine, place], side="right")
            size[mine, place] = end - begin[mine, place]
        rank = np.argsort(size, axis=1)
        steps = int(asked.used.sum(axis=1).max())
        everyone = np.arange(len(asked))
        begin, size = begin[everyone, rank[:, 0]], size[everyone, rank[:, 0]]
        orders, codes = np.concatenate(self.orders), self.codes.ravel()
        # Ranges are compared as one: code - low is at most high - low, as unsigned numbers.
        low, span = asked.low, (asked.high - asked.low).view(np.uint32)
        for part in _chunks(size):
            line = np.repeat(np.arange(part.start, part.stop), size[part])
            first = np.cumsum(size[part]) - size[part]
            place = np.arange(len(line)) + np.repeat(begin[part] + rank[part, 0] * rows - first, size[part])
            row = orders[place].astype(np.int64) * width
            for step in range(1, steps):
                column = rank[:, step][line]
                at = line * width + column
                fits = (codes[row + column] - low.ravel()[at]).view(np.uint32) <= span.ravel()[at]
                line, row = line[fits], row[fits]
            found += np.bincount(line, minlength=len(asked))
        return found


class Alone:
    """Tells of descriptions whether they fit exactly one of a table's rows, the hopeless ones sorted out quickly.

    Parameters
    ----------
    codes : int32 array, shape (rows, columns)
    rng : Generator
    """

    def __init__(self, codes: Labels, rng: Generator) -> None:
        shuffled = codes[rng.permutation(len(codes))]
        sizes = [size for size in PREFIXES if 4 * size <= len(codes)]
        self.stages = [Index(shuffled[:size]) for size in (*sizes, len(codes))]

    def fit_one(self, asked: Predicates) -> Labels:
        """Return a mask over the descriptions."""
        left = np.arange(len(asked))
        for index in self.stages:
            count = index.count(asked.only(left))
            left = left[count == 1 if index is self.stages[-1] else count <= 1]
        found = np.zeros(len(asked), dtype=bool)
        found[left] = True
        return found


def equal_rows(asked: Labels, codes: Labels) -> Labels:
    """Return how many rows have all codes in common with each asked one, shape (asked,)."""
    both = np.concatenate([asked, codes])
    group = classes(list(both.T), len(both))
    return np.bincount(group[len(asked) :], minlength=int(group.max(initial=0)) + 1)[group[: len(asked)]]


def _chunks(size: Labels) -> Iterator[slice]:
    """Cut descriptions into runs of about `PAIRS` pairs."""
    begin, total = 0, np.cumsum(size)
    while begin < len(size):
        before = int(total[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, before + PAIRS, side="right")))
        yield slice(begin, end)
        begin = end
