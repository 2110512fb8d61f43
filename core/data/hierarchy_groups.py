"""Categories in groups, and columns of any kind that a levels file groups."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from core.data.hierarchy_base import EVERYTHING, OTHER, UNCOVERED, FittedHierarchy, cell_texts, value_text
from core.data.schema import Column, Kind
from core.data.table import Meaning
from core.errors import UserError

KEPT = (8, 4, 2)
"""Most frequent categories that the levels of a column without a hierarchy keep."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups(FittedHierarchy):
    """Categories: a label per value and level, and a rule for values that nobody has seen."""

    groups: dict[str, tuple[str, ...]]
    prefix: int | None
    unseen: str

    def covers(self, text: str) -> bool:
        """Say whether a levels file has the value; other hierarchies know what to do with any."""
        return self.unseen != UNCOVERED or text in self.groups

    def _labels(self, texts: Iterable[str], level: int) -> list[str]:
        if self.prefix is not None:
            kept, hidden = max(self.prefix - level, 0), "*" * min(level, self.prefix)
            return [text[:kept] + hidden for text in texts]
        found = (self.groups.get(text) for text in texts)
        return [self.unseen if labels is None else labels[level - 1] for labels in found]

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        cells = cells.cat.remove_unused_categories()  # a list of other people's values is no part of these rows
        labels = self._labels((str(text) for text in cells.cat.categories), level)
        present = sorted(set(labels) | set(self.public_labels(level) or ()))
        place = {label: code for code, label in enumerate(present)}
        lookup = np.array([*(place[label] for label in labels), -1], dtype=np.int64)
        codes = lookup[cells.cat.codes.to_numpy()]
        return pd.Categorical.from_codes(codes, categories=pd.Index(present, dtype=object)), None

    def public_labels(self, level: int) -> tuple[str, ...] | None:
        """Return the groups, when nothing was learned and the values are public."""
        if level >= self.levels:
            return (EVERYTHING,)
        if self.learned:
            return None
        values = self.column.categories if self.column.categories is not None else tuple(self.groups)
        return tuple(sorted(set(self._labels(values, level))))


@dataclass(frozen=True, kw_only=True, eq=False)
class ListedValues(FittedHierarchy):
    """Numbers or dates that a levels file groups: a cell is looked up by its text, see `cell_texts`.

    The labels of a level are always all of them, UNCOVERED last, so that what a model is given does not depend on
    whether anybody's value is missing from the file. A label means the mean of the values that it covers in the file.
    Where the values of two labels lie between each other, no number tells them apart, and labels are categories.
    """

    groups: dict[str, tuple[str, ...]]

    def covers(self, text: str) -> bool:
        """Say whether the levels file has the value."""
        return text in self.groups

    def _level(self, level: int) -> tuple[list[str], Meaning | None]:
        """Return a level's labels, and what they mean unless their values lie between each other."""
        inside: dict[str, list[float]] = {UNCOVERED: []}
        for text, labels in self.groups.items():
            number = _place(text, self.column.kind)
            inside.setdefault(labels[level - 1], []).extend([] if number is None else [number])
        spans = sorted((min(found), max(found)) for found in inside.values() if found)
        stretches = bool(spans) and all(later[0] > earlier[1] for earlier, later in itertools.pairwise(spans))
        means = {label: math.fsum(v / len(of) for v in of) if of else math.nan for label, of in inside.items()}
        if not stretches:
            return sorted(inside, key=lambda label: (label == UNCOVERED, label)), None
        order = sorted(inside, key=lambda label: (label == UNCOVERED, math.isnan(means[label]), means[label]))
        return order, Meaning((), np.array([means[label] for label in order]))

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        listed, meaning = self._level(level)
        place = {label: code for code, label in enumerate(listed)}
        found = {text: place[labels[level - 1]] for text, labels in self.groups.items()}
        codes = [-1 if text is None else found.get(text, place[UNCOVERED]) for text in cell_texts(cells)]
        return pd.Categorical.from_codes(codes, categories=pd.Index(listed, dtype=object)), meaning

    def public_labels(self, level: int) -> tuple[str, ...] | None:
        """Return the groups of the levels file, unless it was learned."""
        if level >= self.levels:
            return (EVERYTHING,)
        return None if self.learned else tuple(self._level(level)[0])


def _place(text: str, kind: Kind) -> float | None:
    """Return the number, or the day since 1970, that a value of a levels file stands for; None when no cell is it."""
    try:
        value = np.datetime64(date.fromisoformat(text)) if kind is Kind.DATE else float(text)
    except ValueError:
        return None
    if not (np.isfinite(value) and value_text(value) == text):
        return None
    return float(value.astype(np.int64)) if isinstance(value, np.datetime64) else value


def fit_levels(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    """Return the hierarchy that a levels file gives a column; the cells are only counted, for the notes.

    Raises
    ------
    UserError
        When a group lies in two larger groups.
    """
    spec = column.hierarchy
    rows, learned = (spec.rows, spec.learned) if spec is not None else ((), False)
    depth = len(rows[0]) - 1
    levels = depth if len({row[-1] for row in rows}) == 1 else depth + 1
    for level in range(1, depth):
        # What is not in the file is one group at every level below the top, where everybody is one.
        parents = {UNCOVERED: UNCOVERED} if level + 1 < levels else {}
        for row in rows:
            if parents.setdefault(row[level], row[level + 1]) != row[level + 1]:
                raise UserError(
                    f"in the levels of {column.name!r} each group belongs to one larger group",
                    got=f"a group of level {level} in two of level {level + 1}",
                    do="Correct the levels file.",
                )
    groups = {row[0]: row[1:] for row in rows}
    lost = sum(1 for text in set(cell_texts(cells)) if text is not None and text not in groups)
    are, share = ("value", "is") if lost == 1 else ("values", "are"), "has" if lost == 1 else "share"
    note = f"{lost} {are[0]} of {column.name!r} {are[1]} not in its levels file and {share} the label {UNCOVERED!r}"
    notes = (note,) if lost else ()
    if column.kind in (Kind.NUMERIC, Kind.DATE):
        return ListedValues(column=column, levels=levels, learned=learned, notes=notes, groups=groups)
    return Groups(
        column=column, levels=levels, learned=learned, notes=notes, groups=groups, prefix=None, unseen=UNCOVERED
    )


def fit_prefix(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    """Return the hierarchy that hides one more character at each level, from the longest text known on."""
    known = column.categories if column.categories is not None else tuple(cells.cat.categories.astype(str))
    longest = max((len(text) for text in known), default=1)
    told = column.hierarchy is not None and column.hierarchy.learned
    return Groups(
        column=column,
        levels=max(longest, 1),
        learned=told or column.categories is None,
        groups=dict.fromkeys(column.categories or (), ()),
        prefix=longest,
        unseen=OTHER,
    )


def fit_frequent(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    """Return the hierarchy that keeps the most frequent categories of these cells."""
    order = by_frequency(cells)
    groups = {text: tuple(text if rank < kept else OTHER for kept in KEPT) for rank, text in enumerate(order)}
    return Groups(column=column, levels=len(KEPT) + 1, learned=True, groups=groups, prefix=None, unseen=OTHER)


def by_frequency(cells: pd.Series[Any]) -> list[str]:
    """Return the texts of a column's categories, the most frequent first.

    >>> by_frequency(pd.Series(pd.Categorical(["b", "a", "b", None])))
    ['b', 'a']
    """
    texts, codes = cells.cat.categories.astype(str), cells.cat.codes.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    return [str(texts[code]) for code in np.argsort(-counts, kind="stable")]
