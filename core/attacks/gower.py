"""Rows as Gower's distance sees them: categories that match or not, numbers on a common scale, overlapping sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Kind
from core.data.table import Labels, Table

FARTHEST = 1e4
"""Numbers further than this many ranges from the scale's middle count as that far: beyond, digits get lost."""

MOST_PAIRS = 10_000_000
"""Pairs of labels of one generalised column above which its labels only match or not."""


@dataclass(frozen=True, eq=False)
class Sets:
    """A generalised categorical column: the label of each row (the last code: missing) and what each label covers."""

    codes: Labels
    names: pd.Index[Any]
    leaves: tuple[str, ...]
    covers: Labels


@dataclass(frozen=True, eq=False)
class Rows:
    """Encoded rows.

    Parameters
    ----------
    codes : tuple of integer arrays, shape (rows,)
        Columns in which two rows are 0 (equal) or 1 apart; -1 equals nothing of the fitted rows.
    points : float array, shape (rows, numbers)
        Numbers in ranges; 0 where missing.
    gaps : boolean array, shape (rows, numbers)
        Where they are missing.
    sets : tuple of Sets
    """

    codes: tuple[Labels, ...]
    points: Labels
    gaps: Labels
    sets: tuple[Sets, ...]


@dataclass(frozen=True, eq=False)
class Indexed:
    """Released rows in the order in which they are searched.

    Parameters
    ----------
    rows : Rows
        Different released rows, encoded, sorted by `pattern`.
    gaps : boolean array, shape (numbers,)
        Which numbers some released row lacks.
    pattern : integer array, shape (different rows,)
        Which rows have all their categories in common.
    starts : integer array, shape (patterns + 1,)
        Where each pattern begins among the different rows.
    members, first : integer arrays, shapes (released rows,) and (different rows + 1,)
        Positions of the released rows, equal ones side by side; where each different row begins.
    """

    rows: Rows
    gaps: Labels
    pattern: Labels
    starts: Labels
    members: Labels
    first: Labels

    @staticmethod
    def of(rows: Rows, gaps: Sequence[bool]) -> Indexed:
        """Sort encoded rows."""
        count = len(rows.points)
        pattern = classes([*rows.codes, *(s.codes for s in rows.sets)], count)
        same = classes([pattern, *(pd.factorize(column)[0] for column in rows.points.T)], count)
        # Classes are numbered by their pattern first, so equal rows and equal patterns lie side by side.
        members = np.argsort(same, kind="stable")
        first = np.append(np.flatnonzero(np.diff(same[members], prepend=-1)), count).astype(np.int64)
        one = members[first[:-1]]
        pattern = pattern[one]
        starts = np.append(np.flatnonzero(np.diff(pattern, prepend=-1)), len(one)).astype(np.int64)
        return Indexed(_take(rows, one), np.array(gaps, dtype=bool), pattern, starts, members, first)

    @cached_property
    def size(self) -> Labels:
        """How many released rows are equal to each different row."""
        return np.diff(self.first)


@dataclass(frozen=True, eq=False)
class _Column:
    """How one column enters. `kind` is number, category, value (a number that only matches or not) or set."""

    name: str
    kind: str
    low: float = 0.0
    spread: float = 1.0
    known: pd.Index[Any] | None = None


@dataclass(frozen=True, eq=False)
class Gower:
    """The scales of Gower's distance, fitted once, for any rows of the same form.

    A row's distance to another is the mean over columns of: 1 or 0 for categories that differ or match; |a - b| /
    range for numbers and dates; 0 where both are missing, 1 where one is. The range is the schema's public bounds
    where it has them, else what the rows given to `fit` span (`scales` says which); outside it a distance may exceed
    1. A column that spans nothing only matches or not. Generalised numbers enter as midpoints. Two labels of a
    generalised categorical column are 1 minus the overlap of their uniform distributions apart: leaves they share /
    leaves of the larger. Different labels of the same leaves (rare values that share one) are 1 apart.

    Parameters
    ----------
    columns : tuple
    gaps : tuple of bool
        Per number: whether the fitted rows have missing values.
    scales : mapping
        Number column -> "public bounds", "released rows" or "given rows".

    References
    ----------
    Gower (1971), A general coefficient of similarity and some of its properties, Biometrics 27(4).
    """

    columns: tuple[_Column, ...]
    gaps: tuple[bool, ...]
    scales: Mapping[str, str]

    @staticmethod
    def fit(released: Table, names: tuple[str, ...], scale_from: Table | None = None) -> Gower:
        """Return the scales."""
        columns, scales, gaps = [], {}, []
        for name in names:
            cells, meaning = released.frame[name], released.meanings.get(name)
            if isinstance(cells.dtype, pd.CategoricalDtype) and (meaning is None or meaning.leaves):
                known = pd.Index(cells.cat.categories.astype(str)) if meaning is None else None
                columns.append(_Column(name, "category" if meaning is None else "set", known=known))
                continue
            low, high, source = _range(released, name, scale_from)
            found = numbers(released, name)
            if high > low:
                columns.append(_Column(name, "number", low=low / 2, spread=high / 2 - low / 2))
                gaps.append(bool(np.isnan(found).any()))
                scales[name] = source
            else:
                columns.append(_Column(name, "value", known=pd.Index(pd.unique(found))))
        return Gower(tuple(columns), tuple(gaps), scales)

    def encode(self, table: Table) -> Rows:
        """Return any rows on these scales."""
        codes = []
        for column in self.columns:
            if column.known is None:
                continue
            if column.kind == "value":
                codes.append(column.known.get_indexer(pd.Index(numbers(table, column.name))))
                continue
            cells = table.frame[column.name]
            found = column.known.get_indexer(pd.Index(cells.cat.categories.astype(str)))
            codes.append(np.append(found, len(column.known))[cells.cat.codes.to_numpy()])
        # Halved, so that differences of huge numbers stay finite.
        scaled = [
            np.clip((numbers(table, column.name) / 2 - column.low) / column.spread, -FARTHEST, FARTHEST)
            for column in self.columns
            if column.kind == "number"
        ]
        values = np.column_stack(scaled) if scaled else np.zeros((len(table), 0))
        gaps = np.isnan(values)
        codes += [gaps[:, j].astype(np.int64) for j, some in enumerate(self.gaps) if some]
        sets = tuple(_sets(table, column.name) for column in self.columns if column.kind == "set")
        return Rows(tuple(codes), np.where(gaps, 0.0, values), gaps, sets)


def numbers(table: Table, name: str) -> Labels:
    """Return a number per row: the value, seconds since 1970, or the midpoint of its label; NaN where missing."""
    cells = table.frame[name]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return np.append(table.meanings[name].weights, np.nan)[cells.cat.codes.to_numpy()]
    if cells.dtype.kind == "M":
        seconds = cells.to_numpy().astype("datetime64[s]")
        return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64))
    return cells.to_numpy(np.float64)


def apart(targets: Sets, released: Sets) -> Labels | None:
    """Return the distance of every label to every label, missing last; None when labels only match or not."""
    shape = len(targets.names) + 1, len(released.names) + 1
    if targets.leaves != released.leaves or shape[0] * shape[1] > MOST_PAIRS:
        return None
    left, right = targets.covers.astype(np.float32), released.covers.astype(np.float32)
    larger = np.maximum(left.sum(axis=1)[:, None], right.sum(axis=1)[None, :]).astype(np.float64)
    found = np.ones(shape)
    found[:-1, :-1] = 1.0 - (left @ right.T).astype(np.float64) / np.maximum(larger, 1.0)
    found[:-1, :-1][found[:-1, :-1] == 0] = 1.0  # not the same label: the equal ones are set next
    place = released.names.get_indexer(targets.names)
    known = np.flatnonzero(place >= 0)
    found[known, place[known]] = 0.0
    found[-1, -1] = 0.0
    return None if np.isin(found, (0.0, 1.0)).all() else found


def _sets(table: Table, name: str) -> Sets:
    cells, meaning = table.frame[name], table.meanings[name]
    codes = cells.cat.codes.to_numpy().astype(np.int64)
    used = np.unique(codes[codes >= 0])
    place = np.full(len(cells.cat.categories) + 1, len(used))
    place[used] = np.arange(len(used))
    names = pd.Index(cells.cat.categories.astype(str)[used])
    return Sets(place[codes], names, meaning.leaves, meaning.weights[used] > 0)


def _range(released: Table, name: str, scale_from: Table | None) -> tuple[float, float, str]:
    column = released.schema[name]
    if column.bounds is not None and column.kind is Kind.DATE:
        low, high = (float(np.datetime64(str(bound), "s").astype(np.int64)) for bound in column.bounds)
        return low, high, "public bounds"
    if column.bounds is not None:
        return float(column.bounds[0]), float(column.bounds[1]), "public bounds"
    given = scale_from if scale_from is not None and name in scale_from.schema else released
    found = numbers(given, name)
    found = found[~np.isnan(found)]
    source = "released rows" if given is released else "given rows"
    return (float(found.min()), float(found.max()), source) if len(found) else (0.0, 0.0, source)


def classes(columns: Sequence[Labels], count: int) -> Labels:
    """Return a number for each combination of codes (-1 or more), in the order of the first column, then the next."""
    key, size = np.zeros(count, dtype=np.int64), 1
    for column in columns:
        width = int(column.max(initial=-1)) + 2
        if size > 2**62 // width:
            _, key = np.unique(key, return_inverse=True)
            size = int(key.max(initial=0)) + 1
        key, size = key * width + column + 1, size * width
    _, key = np.unique(key, return_inverse=True)
    return key.astype(np.int64)


def _take(rows: Rows, index: Labels) -> Rows:
    sets = tuple(Sets(s.codes[index], s.names, s.leaves, s.covers) for s in rows.sets)
    return Rows(tuple(column[index] for column in rows.codes), rows.points[index], rows.gaps[index], sets)
