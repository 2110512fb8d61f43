"""Quasi-identifiers as codes in the order in which Mondrian cuts them, and anybody else's values among them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Column
from core.data.table import MISSING, Labels, Table
from core.models.encode import MAX_CATEGORIES

DAY = 86_400  # seconds


@dataclass(frozen=True, eq=False)
class Axis:
    """One quasi-identifier as codes in cut order: 0 is missing, then 1, 2, ... for the members' different values."""

    column: Column
    kind: str  # number, date or category
    points: Labels  # numbers (dates in seconds) ascending, or texts in cut order
    gaps: bool  # some member's value is missing
    usual: int  # the most frequent category's code
    leaves: tuple[str, ...]  # what categories stand for; none when an earlier step made them of numbers
    weights: Labels  # by code: midpoints, or how much of each leaf

    @property
    def size(self) -> int:
        """Return the number of different values, missing among them."""
        return len(self.points) + self.gaps

    def place(self, table: Table) -> Labels:
        """Return the code of every row of any table."""
        cells = table.frame[self.column.name]
        if self.kind != "category":
            return self._nearest(_as_numbers(cells))
        known = {text: code for code, text in enumerate(self.points, start=1)}
        texts = [str(text) for text in cells.cat.categories]
        paths = _paths(self.column, texts)
        relatives = sorted((path, known[text]) for text, path in _paths(self.column, [*known]).items() if path)
        found = [known.get(text) or self._relative(paths[text], relatives) for text in texts]
        return np.array([*found, 0 if self.gaps else self.usual], dtype=np.int64)[cells.cat.codes.to_numpy()]

    def _nearest(self, numbers: Labels) -> Labels:
        if not len(self.points):
            return np.zeros(len(numbers), dtype=np.int64)
        above = np.minimum(np.searchsorted(self.points, numbers), len(self.points) - 1)
        below = np.maximum(above - 1, 0)
        halves, half = self.points / 2, numbers / 2  # halved, so that differences of huge numbers stay finite
        lower = (self.points[above] != numbers) & (half - halves[below] <= halves[above] - half)
        return np.where(np.isnan(numbers), 0, np.where(lower, below, above) + 1)

    def _relative(self, path: tuple[str, ...], relatives: list[tuple[tuple[str, ...], int]]) -> int:
        """Return the code of the nearest relative in the hierarchy, or of the most frequent category."""
        at = bisect_left(relatives, (path, 0))
        near = relatives[max(at - 1, 0) : at + 1]
        shared = [
            next((i for i, (x, y) in enumerate(zip(path, o, strict=False)) if x != y), len(path)) for o, _ in near
        ]
        return near[int(np.argmax(shared))][1] if max(shared, default=0) else self.usual


def _as_numbers(cells: Any) -> Labels:
    if cells.dtype.kind == "M":
        seconds = cells.to_numpy().astype("datetime64[s]")
        return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64))
    return np.asarray(cells, dtype=np.float64)


def _paths(column: Column, texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return each category's way down from the root of its hierarchy; empty when it has none."""
    kind = column.hierarchy.kind if column.hierarchy else ""
    rows = {row[0]: tuple(reversed(row)) for row in column.hierarchy.rows} if column.hierarchy else {}
    return {text: tuple(text) if kind == "prefix" else rows.get(text, ()) for text in texts}


def axis_of(members: Table, name: str) -> Axis:
    """Return a quasi-identifier of the members as an axis: numbers and dates ascending, relatives side by side."""
    column, cells, meaning = members.schema[name], members.frame[name], members.meanings.get(name)
    gaps = bool(cells.isna().any())
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        numbers = np.unique(_as_numbers(cells))
        numbers = numbers[~np.isnan(numbers)]
        date = cells.dtype.kind == "M"
        middles = np.append(np.nan, numbers / DAY if date else numbers)
        return Axis(column, "date" if date else "number", numbers, gaps, 0, (), middles)
    count = np.bincount(cells.cat.codes.to_numpy() + 1, minlength=len(cells.cat.categories) + 1)[1:]
    texts = {str(text): i for i, text in enumerate(cells.cat.categories) if count[i]}
    paths = _paths(column, texts)
    if meaning is not None and not meaning.leaves:
        middle = np.nan_to_num(meaning.weights, nan=-np.inf)
        order = sorted(texts, key=lambda text: (middle[texts[text]], text))
    else:
        order = sorted(texts, key=lambda text: (not paths[text], paths[text], -count[texts[text]], text))
    old = [texts[text] for text in order]
    usual = 1 + int(np.argmax(count[old])) if order else 0
    if meaning is not None:
        none = np.full((1, *meaning.weights.shape[1:]), 0.0 if meaning.leaves else np.nan)
        leaves, weights = meaning.leaves, np.concatenate([none, meaning.weights[old]])
        weights = (weights > 0).astype(float) if leaves else weights
    else:  # like the models' encoder: beyond this many, the rarest share one leaf
        common = sorted(np.argsort(-count[old], kind="stable")[:MAX_CATEGORIES].tolist())
        leaves = (MISSING, *(order[i] for i in common), *(["(other)"] if len(common) < len(order) else []))
        weights = np.zeros((len(order) + 1, len(leaves)))
        weights[1:, -1], weights[0, 0] = 1.0, 1.0
        weights[1 + np.array(common, dtype=np.int64)] = np.eye(len(leaves))[1 : len(common) + 1]
        leaves, weights = (leaves, weights) if gaps else (leaves[1:], weights[:, 1:])
    return Axis(column, "category", np.array(order, dtype=object), gaps, usual, leaves, weights)
