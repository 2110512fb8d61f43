"""Descriptions made from rows: each fits exactly one of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.random import Generator

from core.attacks.searched import LARGEST, Searched, keys
from core.data.table import Labels

WIDTHS = (2, 3, 5)
"""Numbers of columns in a description, where more are known."""

TRIES = 8
"""Descriptions drawn per attempt, at most: those that fit several rows are discarded."""

MOST_CHOICES = 4096
"""Sets of columns of one width that descriptions are drawn from, at most."""

ONE, ALL, EXACT, NAME = "one column", "all known columns", "all known columns, exact", "a name"


@dataclass(frozen=True, eq=False)
class Descriptions:
    """Descriptions of one kind.

    Parameters
    ----------
    row : integer array, shape (descriptions,)
        The row that each was made from, and that it fits.
    low, high : float arrays, shape (descriptions, columns)
        What it says, as `Searched.count` reads it.
    """

    row: Labels
    low: Labels
    high: Labels

    @staticmethod
    def joined(parts: Sequence[Descriptions]) -> Descriptions:
        """Put them one below the other."""
        return Descriptions(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "low", "high"))
        )

    def take(self, places: Labels) -> Descriptions:
        """Return some of them."""
        return Descriptions(self.row[places], self.low[places], self.high[places])


@dataclass(frozen=True, eq=False)
class Describer:
    """Rows, ready to be described.

    Parameters
    ----------
    values : float array, shape (columns, rows)
        As coded by `Coder`.
    cuts : tuple of float arrays
    ordered : boolean array, shape (columns,)
        Which columns are numbers or dates.
    plain : int
        How many columns, the first ones, name nobody.
    screen : integer array
        Rows that a new description is tried on first.
    """

    values: Labels
    cuts: tuple[Labels, ...]
    ordered: Labels
    plain: int
    screen: Labels

    @staticmethod
    def of(values: Labels, cuts: tuple[Labels, ...], ordered: Labels, plain: int, rng: Generator) -> Describer:
        """Choose the rows that are tried first."""
        rows = values.shape[1]
        return Describer(values, cuts, ordered, plain, rng.permutation(rows)[: min(256, max(64, rows // 64))])

    @cached_property
    def searched(self) -> Searched:
        """The rows, to be counted."""
        return Searched.of(self.values, self.cuts)

    @cached_property
    def alone(self) -> Labels:
        """Which rows no other equals in all columns that name nobody: of others no description fits one row only."""
        if not self.plain:
            return np.zeros(self.values.shape[1], dtype=bool)
        _, place, size = np.unique(keys(self.values[: self.plain]), return_inverse=True, return_counts=True)
        return np.asarray(size[place] == 1)

    @cached_property
    def rarer(self) -> tuple[Labels, Labels]:
        """What a description says of each cell, low and high, shapes (columns, rows): the value, or beyond it.

        Numbers beyond the median are described by "at least", others by "at most"; at the median by the rarer.
        """
        low, high = self.values.copy(), self.values.copy()
        for column in np.flatnonzero(self.ordered):
            value = self.values[column]
            present = value[value > -np.inf]
            if not len(present):
                continue
            middle = np.median(present)
            up = value > middle
            if (present >= middle).sum() < (present <= middle).sum():
                up |= value == middle
            high[column, up] = np.inf
            low[column, ~up & (value > -np.inf)] = -LARGEST
        return low, high

    def draw(
        self, attempts: int, rng: Generator, wanted: Labels | None = None
    ) -> tuple[dict[str, Descriptions], dict[str, float]]:
        """Return descriptions by kind, no two alike, and how many of a kind were drawn and discarded.

        Parameters
        ----------
        attempts : int
            The most per kind.
        wanted : boolean array, shape (rows,), optional
            The rows that may be described; all by default. What a description may fit is not limited by it.
        """
        wanted = np.ones(self.values.shape[1], dtype=bool) if wanted is None else wanted
        rows = np.flatnonzero(self.alone & wanted)
        made: dict[str, Descriptions] = {}
        discarded: dict[str, float] = {}
        if self.plain:
            made[ONE] = self._single(range(self.plain), wanted, attempts, rng, ends=True)
        if self.plain > 1:
            for width in (*(w for w in WIDTHS if w < self.plain), self.plain):
                kind = f"{width} columns" if width < self.plain else ALL
                made[kind], lost = self._several(rows, width, attempts, rng)
                if lost:
                    discarded[kind] = float(lost)
            made[EXACT] = self._exact(rng.permutation(rows)[:attempts])
        if self.plain < len(self.values):
            made[NAME] = self._single(range(self.plain, len(self.values)), wanted, attempts, rng, ends=False)
        return made, discarded

    def _nothing(self, rows: Labels) -> Descriptions:
        """Return descriptions of rows that say nothing yet."""
        shape = len(rows), len(self.values)
        return Descriptions(rows, np.full(shape, -np.inf), np.full(shape, np.inf))

    def _exact(self, rows: Labels) -> Descriptions:
        found = self._nothing(rows)
        found.low[:, : self.plain] = found.high[:, : self.plain] = self.values[: self.plain, rows].T
        return found

    def _single(
        self, columns: Sequence[int], wanted: Labels, attempts: int, rng: Generator, *, ends: bool
    ) -> Descriptions:
        """Describe by one column: values that are there once, and with `ends` the largest and the smallest number.

        Columns take turns, so that one with many such values does not crowd out the others; their ends go first.
        """
        parts: list[tuple[Labels, Labels, Labels, Labels, Labels]] = []
        for column in columns:
            value = self.values[column]
            different, first, size = np.unique(value, return_index=True, return_counts=True)
            once = first[(size == 1) & wanted[first]]
            row, low, high = rng.permutation(once), np.zeros(0), np.zeros(0)
            low = high = value[row]
            if ends and self.ordered[column]:
                numbers = np.flatnonzero(different > -np.inf)
                for end, top in ((numbers[-1], True), (numbers[0], False)) if len(numbers) else ():
                    if size[end] == 1 and wanted[first[end]]:
                        row = np.append(first[end], row)
                        low = np.append(different[end] if top else -LARGEST, low)
                        high = np.append(np.inf if top else different[end], high)
            parts.append((np.arange(len(row)), row, low, high, np.full(len(row), column)))
        turn, row, low, high, column_of = (np.concatenate(part) for part in zip(*parts, strict=True))
        chosen = np.lexsort([rng.random(len(turn)), turn])[:attempts]
        found = self._nothing(row[chosen])
        found.low[np.arange(len(chosen)), column_of[chosen]] = low[chosen]
        found.high[np.arange(len(chosen)), column_of[chosen]] = high[chosen]
        return found

    def _several(self, rows: Labels, width: int, attempts: int, rng: Generator) -> tuple[Descriptions, int]:
        """Describe random rows by random columns; return too how many descriptions fitted several rows."""
        drawn = rng.permutation(rows)[: TRIES * attempts]
        columns = np.tile(np.arange(width), (len(drawn), 1))
        if width < self.plain and len(rows):
            choices = _choices(self.plain, width, rng)
            number = rng.integers(len(rows) * len(choices), size=TRIES * attempts)
            number = rng.permutation(np.unique(number))
            drawn, columns = rows[number // len(choices)], choices[number % len(choices)]
        low, high = self.rarer
        parts: list[Descriptions] = []
        wanting, lost, start, batch = attempts, 0, 0, attempts
        while wanting and start < len(drawn):
            row, column = drawn[start : start + batch], columns[start : start + batch]
            likely = self._screened(row, column) if width <= WIDTHS[-1] else np.arange(len(row))
            part = self._nothing(row[likely])
            line = np.arange(len(likely))[:, None]
            part.low[line, column[likely]] = low[column[likely], row[likely][:, None]]
            part.high[line, column[likely]] = high[column[likely], row[likely][:, None]]
            good = np.flatnonzero(self.searched.count(part.low, part.high) == 1)[:wanting]
            # Draws after the last one that was needed were never made.
            lost += (int(likely[good[-1]]) + 1 if len(good) == wanting else len(row)) - len(good)
            parts.append(part.take(good))
            start, wanting = start + batch, wanting - len(good)
            # As many as should do, if the next are as good as these.
            batch = 1 + int(1.2 * wanting * len(row) / max(len(good), 1))
        return Descriptions.joined(parts) if parts else self._nothing(rows[:0]), lost

    def _screened(self, row: Labels, column: Labels) -> Labels:
        """Return which descriptions fit none of some other rows: most that fit several are found out by these."""
        low, high = self.rarer
        fits = row[:, None] != self.screen[None, :]
        sample = self.values[:, self.screen]
        for place in range(column.shape[1]):
            said = column[:, place]
            value = sample[said]
            fits &= (value >= low[said, row][:, None]) & (value <= high[said, row][:, None])
        return np.flatnonzero(~fits.any(axis=1))


def _choices(columns: int, width: int, rng: Generator) -> Labels:
    """Return ways to choose `width` columns, each way once: all of them, or 4,096 at random where there are more."""
    if math.comb(columns, width) <= MOST_CHOICES:
        return np.array(list(itertools.combinations(range(columns), width)))
    some = np.argsort(rng.random((MOST_CHOICES, columns)), axis=1)[:, :width]
    return np.unique(np.sort(some, axis=1), axis=0)
