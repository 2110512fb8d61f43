"""How much likelier a row is among the released rows than among others: counts of cells and of pairs of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from core.data.table import Labels, Table

BINS = 10
"""Quantile bins of a number, cut where the released rows have their tenths."""

_LARGEST = 2**62


def joint_codes(tables: Sequence[Table], column: str) -> tuple[list[Labels], int]:
    """Return codes of one column that mean the same in every table, missing as a value, and how many there are."""
    cells = [table.frame[column] for table in tables]
    if all(isinstance(part.dtype, pd.CategoricalDtype) for part in cells):
        names = [part.cat.categories.astype(str) for part in cells]
        places, values = pd.factorize(np.concatenate([np.asarray(n, dtype=object) for n in names]))
        starts = np.cumsum([0, *(len(n) for n in names)])
        found = []
        for part, start, count in zip(cells, starts[:-1], map(len, names), strict=True):
            lookup = np.append(places[start : start + count], len(values))
            found.append(lookup[part.cat.codes.to_numpy()].astype(np.int64))
        return found, len(values) + 1
    columns = [numbers(table, column) for table in tables]
    merged = np.concatenate(columns)
    known, codes = np.unique(merged, return_inverse=True, equal_nan=True)
    return np.split(codes.astype(np.int64), np.cumsum([len(part) for part in columns])[:-1]), len(known)


def binned_codes(tables: Sequence[Table], column: str, cuts_from: Table) -> tuple[list[Labels], int]:
    """Return codes as `joint_codes`, numbers and dates cut at the tenths of `cuts_from`; missing is a bin.

    Cut where the *released* rows have them, which an attacker sees.
    """
    if isinstance(cuts_from.frame[column].dtype, pd.CategoricalDtype):
        return joint_codes(tables, column)
    values = [numbers(table, column) for table in (*tables, cuts_from)]
    known = values[-1][~np.isnan(values[-1])]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.zeros(0)
    found = [np.where(np.isnan(part), len(edges) + 1, np.searchsorted(edges, part)) for part in values[:-1]]
    return found, len(edges) + 2


def numbers(table: Table, column: str) -> Labels:
    """Return a column of numbers, or of dates as days since 1970; NaN where missing."""
    cells = table.frame[column]
    if cells.dtype.kind == "M":
        days = cells.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))
    return cells.to_numpy(np.float64)


@dataclass(frozen=True, eq=False)
class Densities:
    """Targets, released rows and a population sample as codes.

    Parameters
    ----------
    row : tuple of integer arrays
        One key per row, equal where all columns are equal: targets, released, sample.
    binned : tuple of (three integer arrays, number of codes)
        Each column, numbers in bins.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role, Schema
    >>> schema = Schema((Column(name="town", kind=Kind.CATEGORICAL, role=Role.FEATURE),))
    >>> a, b = (Table.build(pd.DataFrame({"town": names}), schema) for names in (["Ulm", "Ulm"], ["Bonn", "Ulm"]))
    >>> Densities.of(a, a, b, ("town",)).exact_ratio().round(3).tolist()
    [0.511, 0.511]
    """

    row: tuple[Labels, Labels, Labels]
    binned: tuple[tuple[list[Labels], int], ...]

    @staticmethod
    def of(targets: Table, released: Table, sample: Table, columns: Sequence[str]) -> Densities:
        """Encode the three tables by these columns."""
        tables = (targets, released, sample)
        keys = [np.zeros(len(table), np.int64) for table in tables]
        size = 1
        for column in columns:
            codes, width = joint_codes(tables, column)
            if size * width > _LARGEST:
                keys, size = _renumbered(keys)
            keys = [key * width + code for key, code in zip(keys, codes, strict=True)]
            size *= width
        mine, ours, theirs = _renumbered(keys)[0]
        return Densities((mine, ours, theirs), tuple(binned_codes(tables, column, released) for column in columns))

    def exact_ratio(self) -> Labels:
        """Return log of how often a row equal to each target is released, over how often it is in the sample.

        Half a row is added to both counts.
        """
        return _ratio_of(*self.row, int(max(part.max(initial=0) for part in self.row)) + 1)

    def pair_ratio(self) -> Labels:
        """Return the mean over pairs of columns of the log ratio of each target's cell, released over sample.

        A pairwise composite of the density ratio: with both densities estimated from counts of pairs, no tree has to
        be chosen, and every pair of columns that a generator may have kept speaks. A single column stands for itself.

        References
        ----------
        van Breugel, Sun, Qian & van der Schaar (2023), Membership inference attacks against synthetic data through
        overfitting detection (DOMIAS), arXiv:2302.12580: the ratio of the two densities.
        """
        if len(self.binned) == 1:
            (mine, ours, theirs), width = self.binned[0]
            return _ratio_of(mine, ours, theirs, width)
        total = np.zeros(len(self.row[0]))
        pairs = list(combinations(self.binned, 2))
        for (left, width), (right, other) in pairs:
            cells = width * other
            mine, ours, theirs = (a * other + b for a, b in zip(left, right, strict=True))
            if cells > 4 * (len(ours) + len(theirs) + len(mine)):
                (mine, ours, theirs), cells = _renumbered([mine, ours, theirs])
            total += _ratio_of(mine, ours, theirs, cells)
        return total / len(pairs)


def _ratio_of(mine: Labels, ours: Labels, theirs: Labels, cells: int) -> Labels:
    here, there = (np.bincount(part, minlength=cells)[mine] for part in (ours, theirs))
    return _log_ratio(here, len(ours), there, len(theirs))


def _log_ratio(here: Labels, n: int, there: Labels, m: int) -> Labels:
    return np.asarray(np.log((here + 0.5) / (n + 1)) - np.log((there + 0.5) / (m + 1)))


def _renumbered(keys: Sequence[Labels]) -> tuple[list[Labels], int]:
    """Renumber keys 0 .. different keys - 1, the same in all arrays."""
    values, codes = np.unique(np.concatenate(keys), return_inverse=True)
    return np.split(codes.astype(np.int64), np.cumsum([len(key) for key in keys])[:-1]), len(values)
