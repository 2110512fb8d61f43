"""How much likelier a row is among the released rows than among others: counts of cells and of pairs of columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from core.data.table import Labels, Table

BINS = 10
"""Quantile bins of a number, cut where the population sample has its tenths."""

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
    codes, known = pd.factorize(pd.concat([part.astype(object) for part in cells], ignore_index=True))
    merged = np.where(codes < 0, len(known), codes).astype(np.int64)
    return np.split(merged, np.cumsum([len(part) for part in cells])[:-1]), len(known) + 1


def binned_codes(tables: Sequence[Table], column: str, cuts_from: Table) -> tuple[list[Labels], int]:
    """Return codes as `joint_codes`, numbers and dates cut at the tenths of `cuts_from`; missing is a bin."""
    if isinstance(cuts_from.frame[column].dtype, pd.CategoricalDtype):
        return joint_codes(tables, column)
    numbers = [_numbers(table, column) for table in (*tables, cuts_from)]
    known = numbers[-1][~np.isnan(numbers[-1])]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.zeros(0)
    found = [np.where(np.isnan(part), len(edges) + 1, np.searchsorted(edges, part)) for part in numbers[:-1]]
    return found, len(edges) + 2


def _numbers(table: Table, column: str) -> Labels:
    cells = table.frame[column]
    if cells.dtype.kind == "M":
        days = cells.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(float))
    return cells.to_numpy(np.float64)


def exact_ratio(targets: Table, released: Table, reference: Table, columns: Sequence[str]) -> Labels:
    """Return log of how often a row equal to each target is released, over how often it is in the sample.

    Half a row is added to both counts.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role, Schema
    >>> schema = Schema((Column(name="town", kind=Kind.CATEGORICAL, role=Role.FEATURE),))
    >>> a, b = (Table.build(pd.DataFrame({"town": names}), schema) for names in (["Ulm", "Ulm"], ["Bonn", "Ulm"]))
    >>> exact_ratio(a, a, b, ("town",)).round(3).tolist()
    [0.511, 0.511]
    """
    keys = [np.zeros(len(table), np.int64) for table in (targets, released, reference)]
    size = 1
    for column in columns:
        codes, width = joint_codes((targets, released, reference), column)
        if size * width > _LARGEST:
            keys, size = _renumbered(keys)
        keys = [key * width + code for key, code in zip(keys, codes, strict=True)]
        size *= width
    keys, size = _renumbered(keys)
    mine, ours, theirs = keys
    here, there = (np.bincount(key, minlength=size)[mine] for key in (ours, theirs))
    return _log_ratio(here, len(ours), there, len(theirs))


def pair_ratio(targets: Table, released: Table, reference: Table, columns: Sequence[str]) -> Labels:
    """Return the mean over pairs of columns of the log ratio of each target's cell, released over sample.

    A pairwise composite of the density ratio: with both densities estimated from counts of pairs, no tree has to be
    chosen, and every pair of columns that a generator may have kept speaks. A single column stands for itself.

    References
    ----------
    van Breugel, Sun, Qian & van der Schaar (2023), Membership inference attacks against synthetic data through
    overfitting detection (DOMIAS), arXiv:2302.12580: the ratio of the two densities.
    """
    coded = [binned_codes((targets, released, reference), column, reference) for column in columns]
    pairs = list(combinations(range(len(coded)), 2)) or [(0, 0)]
    total = np.zeros(len(targets))
    for first, second in pairs:
        (left, width), (right, other) = coded[first], coded[second]
        cells = width * other if first != second else width
        mine, ours, theirs = (a * other + b if first != second else a for a, b in zip(left, right, strict=True))
        if cells > 4 * (len(ours) + len(theirs) + len(mine)):
            (mine, ours, theirs), cells = _renumbered([mine, ours, theirs])
        here, there = (np.bincount(key, minlength=cells)[mine] for key in (ours, theirs))
        total += _log_ratio(here, len(ours), there, len(theirs))
    return total / len(pairs)


def _log_ratio(here: Labels, n: int, there: Labels, m: int) -> Labels:
    return np.asarray(np.log((here + 0.5) / (n + 1)) - np.log((there + 0.5) / (m + 1)))


def _renumbered(keys: Sequence[Labels]) -> tuple[list[Labels], int]:
    """Renumber keys 0 .. different keys - 1, the same in all arrays."""
    values, codes = np.unique(np.concatenate(keys), return_inverse=True)
    return np.split(codes.astype(np.int64), np.cumsum([len(key) for key in keys])[:-1]), len(values)
