"""From a (recoded) table to the matrix of numbers that a model sees; everything is fitted on the rows given."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.table import Labels, Meaning, Table

MAX_CATEGORIES = 255
"""A column's rarest categories beyond this many share one indicator: a column of ids must not fill the memory."""

LARGEST = 1e30
"""Numbers beyond +- this enter models as it."""


@dataclass(frozen=True, eq=False)
class _Column:
    """How one column becomes numbers. `kind` is number, spread or category."""

    name: str
    kind: str
    centre: float = 0.0
    scale: float = 1.0
    gaps: bool = False
    labels: tuple[str, ...] = ()
    kept: int = 0
    order: Labels | None = None


def _numbers(table: Table, name: str) -> Labels:
    """Return a number per row: the value, days since 1970, or the midpoint of its label; NaN where missing."""
    column = table.frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        weights = table.meanings[name].weights
        return np.append(weights, np.nan)[column.cat.codes.to_numpy()]
    if column.dtype.kind == "M":
        values = column.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(np.float64))
    # Beyond it, squares and 32-bit numbers overflow; which number that large it is says nothing more.
    return np.asarray(np.clip(column.to_numpy(np.float64), -LARGEST, LARGEST))


def _kind(table: Table, name: str) -> str:
    meaning = table.meanings.get(name)
    if meaning is not None:
        return "spread" if meaning.leaves else "number"
    return "category" if isinstance(table.frame[name].dtype, pd.CategoricalDtype) else "number"


def _leaf_weights(table: Table, name: str, leaves: tuple[str, ...]) -> Labels:
    """Return each row's weights over `leaves`; a row with a missing label has none."""
    column, meaning = table.frame[name], table.meanings.get(name)
    codes = column.cat.codes.to_numpy()
    if meaning is None or not meaning.leaves:
        place = {leaf: i for i, leaf in enumerate(leaves)}
        weights = np.zeros((len(column.cat.categories), len(leaves)))
        for code, label in enumerate(column.cat.categories.astype(str)):
            if label in place:
                weights[code, place[label]] = 1.0
    else:
        weights = meaning.weights
    return np.vstack([weights, np.zeros((1, len(leaves)))])[codes]


@dataclass(frozen=True, eq=False)
class Encoder:
    """A fitted encoding; `transform` gives float64 (one-hot, standardised) or float32 (ordinal, for trees).

    Missing is a value: numbers get an indicator column, categories a category of their own. A category that the
    fitted rows do not have gives zeros (one-hot) or -1 (ordinal). Numeric intervals enter as midpoints, category sets
    as equal weights on their members.
    """

    columns: tuple[_Column, ...]
    ordinal: bool

    @staticmethod
    def fit(table: Table, ordinal: bool) -> Encoder:
        """Fit on these rows and no others."""
        return Encoder(tuple(_fit_column(table, name, ordinal) for name in table.schema.model_inputs), ordinal)

    @property
    def blocks(self) -> tuple[tuple[str, int, int], ...]:
        """The columns of the one-hot matrix by what they are: (kind, start, stop).

        Kinds: number; gapped, a number (0 where missing) and whether it is missing; category; spread, weights over
        categories and whether it is missing.
        """
        found, start = [], 0
        for column in self.columns:
            kind = "gapped" if column.kind == "number" and column.gaps else column.kind
            width = {"number": 1, "gapped": 2, "spread": len(column.labels) + 1, "category": column.kept + 1}[kind]
            found.append((kind, start, start + width))
            start += width
        return tuple(found)

    def transform(self, table: Table) -> Labels:
        """Return the matrix, shape (rows, features); a constant column when there is no input at all."""
        if not self.columns:
            return np.ones((len(table), 1), np.float32 if self.ordinal else np.float64)
        if self.ordinal:
            return np.column_stack([self._code(column, table) for column in self.columns]).astype(np.float32)
        blocks = self.blocks
        # Written in place: with one indicator per category, copies would cost more than everything else.
        matrix = np.zeros((len(table), blocks[-1][2]))
        for column, (_, start, stop) in zip(self.columns, blocks, strict=True):
            self._write(column, table, matrix[:, start:stop])
        return matrix

    def _code(self, column: _Column, table: Table) -> Labels:
        """Return one number per row, for trees."""
        if column.kind == "number":
            values = _numbers(table, column.name)
            return np.where(np.isnan(values), column.centre - 10 * column.scale - 1, values)
        if column.kind == "spread":
            weights = _leaf_weights(table, column.name, column.labels)
            total = weights.sum(axis=1)
            mean = weights @ np.arange(len(column.labels)) / np.maximum(total, 1e-12)
            return np.where(total > 0, mean, -1.0)
        return self._category_codes(column, table)

    def _write(self, column: _Column, table: Table, matrix: Labels) -> None:
        """Fill a block of zeros with one column's numbers."""
        if column.kind == "number":
            values = _numbers(table, column.name)
            gap = np.isnan(values)
            matrix[:, 0] = np.where(gap, 0.0, (values - column.centre) / column.scale)
            if column.gaps:
                matrix[:, 1] = gap
        elif column.kind == "spread":
            weights = _leaf_weights(table, column.name, column.labels)
            matrix[:, :-1] = weights
            matrix[:, -1] = weights.sum(axis=1) == 0
        else:
            codes = self._category_codes(column, table)
            rows = np.flatnonzero(codes >= 0)
            matrix[rows, codes[rows]] = 1.0

    @staticmethod
    def _category_codes(column: _Column, table: Table) -> Labels:
        """Return the fitted place of each row's category; the last place is the shared one; -1 for unseen."""
        cells = table.frame[column.name]
        place = {label: min(i, column.kept) for i, label in enumerate(column.labels)}
        codes = np.array([place.get(str(label), -1) for label in cells.cat.categories] + [place.get("", -1)], np.int64)
        return codes[cells.cat.codes.to_numpy()]


def _fit_column(table: Table, name: str, ordinal: bool) -> _Column:
    kind = _kind(table, name)
    if kind == "number":
        values = _numbers(table, name)
        present = values[~np.isnan(values)]
        if ordinal:
            low, high = (float(present.min()), float(present.max())) if len(present) else (0.0, 0.0)
            return _Column(name, kind, centre=low, scale=high - low)
        scale = float(present.std()) if len(present) else 1.0
        centre = float(present.mean()) if len(present) else 0.0
        return _Column(name, kind, centre=centre, scale=scale if scale > 0 else 1.0, gaps=len(present) < len(values))
    if kind == "spread":
        return _Column(name, kind, labels=table.meanings[name].leaves)
    cells = table.frame[name]
    counts = np.bincount(cells.cat.codes.to_numpy() + 1, minlength=len(cells.cat.categories) + 1)
    # The empty text stands for "missing"; a column that also holds "" as a value shares its place.
    names = ["", *cells.cat.categories.astype(str)]
    seen = [code for code in np.argsort(-counts, kind="stable") if counts[code] > 0]
    if len(seen) <= MAX_CATEGORIES:
        seen = sorted(seen)
    return _Column(name, kind, labels=tuple(names[c] for c in seen), kept=min(len(seen), MAX_CATEGORIES))


__all__ = ["Encoder", "Meaning"]
