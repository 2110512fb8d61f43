"""Hierarchies at work: a column's values made coarser, level by level, for members and for anybody else alike.

Level 0 is the value itself, the highest level is "*" for everybody. Each level is a coarsening of the one below: two
values that share a label keep sharing it. Missing stays missing below the top.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Column, Hierarchy, Kind
from core.data.table import Labels, Meaning, Table
from core.errors import UserError

EVERYTHING = "*"
OTHER = "(other)"
UNCOVERED = "(not in the hierarchy)"
KEPT = (8, 4, 2)
"""Most frequent categories that the levels of a column without a hierarchy keep."""
SHARES = (1, 2, 4, 8)
"""Default interval widths, in multiples of a round number near 5 % of the range."""
MAX_LABELS = 20_000

SPENT = Hierarchy(kind="levels", rows=((EVERYTHING, EVERYTHING),))
"""The hierarchy of a column that was made coarser: its labels have none that is public, so it is not fitted again."""

_EXACT = Context(prec=1000)  # ends of intervals are exact decimals, so two intervals never share a text
_MONTHS = (1, 3, 12, 120)
"""Months in each level of a date: month, quarter, year, decade."""
_FOR = {
    "intervals": (Kind.NUMERIC,),
    "date": (Kind.DATE,),
    "prefix": (Kind.CATEGORICAL, Kind.TEXT),
    "levels": (Kind.CATEGORICAL, Kind.TEXT),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedHierarchy:
    """A hierarchy ready to be applied to any table's column.

    Parameters
    ----------
    column : Column
    levels : int
        The highest level, where everything is "*".
    learned : bool
        True when cut points or groups came from the members and not from public knowledge.
    notes : tuple of str
        What the reader should know: counts only.
    """

    column: Column
    levels: int
    learned: bool
    notes: tuple[str, ...] = ()

    def apply(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        """Return the labels of `cells` at a level from 1 on, and what they mean to a model (None: themselves)."""
        if level >= self.levels:
            return pd.Categorical.from_codes(np.zeros(len(cells), np.int8), categories=pd.Index([EVERYTHING])), None
        return self._below(cells, level)

    def public_labels(self, level: int) -> tuple[str, ...] | None:
        """Return every label of a level, when that list is public."""
        return (EVERYTHING,) if level >= self.levels else None

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bins(FittedHierarchy):
    """Numbers and dates: places on a line, cut into bins; what lies outside the range goes to its end.

    A value's bin is found once, at the finest width; each coarser bin is a whole number of the finest. Rounding can
    then never put two values that share a bin into different ones further up.
    """

    low: float
    high: float
    widths: tuple[float, ...]
    dates: bool

    def _places(self, cells: pd.Series[Any]) -> Labels:
        """Return a number per cell: the value, or months since 1970; NaN where missing."""
        if not self.dates:
            return cells.to_numpy(np.float64)
        months = cells.to_numpy().astype("datetime64[M]")
        return np.where(np.isnat(months), np.nan, months.astype(np.int64).astype(np.float64))

    def _bin(self, places: Labels, level: int) -> Labels:
        """Return the bins of places that are not missing, as whole floats."""
        found = np.clip(places, self.low, self.high) / self.widths[0]
        near = np.rint(found)  # 0.3 is three whole steps of 0.1, though the quotient falls just short of 3
        snapped = np.abs(found - near) <= 4 * np.finfo(np.float64).eps * np.abs(found)
        fine = np.where(snapped, near, np.floor(found))
        return np.floor(fine / round(self.widths[level - 1] / self.widths[0]))

    def _ends(self, level: int) -> tuple[int, int]:
        first, last = self._bin(np.array([self.low, self.high]), level)
        return int(first), int(last)

    def _labels(self, level: int) -> list[str]:
        first, last = self._ends(level)
        if last - first >= MAX_LABELS:
            raise UserError(
                f"the intervals of {self.column.name!r} must be few enough to list",
                got=f"{last - first + 1:,} of width {self.widths[level - 1]:g}",
                do="Choose wider intervals, or narrower public bounds.",
            )
        width = self.widths[level - 1]
        if self.dates:
            return [_date_label(index, int(width)) for index in range(first, last + 1)]
        ends = [number_text(i, width) for i in range(first, last + 2)]
        return [f"[{low}, {high})" for low, high in itertools.pairwise(ends)]

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        first, last = self._ends(level)
        width, places = self.widths[level - 1], self._places(cells)
        missing = np.isnan(places)
        codes = np.where(missing, -1, self._bin(np.where(missing, self.low, places), level) - first).astype(np.int64)
        middles = (np.arange(first, last + 1) + 0.5) * width
        if self.dates:
            edges = np.arange(first, last + 2) * int(width)
            days = edges.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
            middles = (days[1:] + days[:-1]) / 2
        categories = pd.Index(self._labels(level), dtype=object)
        return pd.Categorical.from_codes(codes, categories=categories), Meaning((), middles)

    def public_labels(self, level: int) -> tuple[str, ...] | None:
        """Return the intervals, when the range is public."""
        if level >= self.levels:
            return (EVERYTHING,)
        return None if self.learned else tuple(self._labels(level))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Groups(FittedHierarchy):
    """Categories: a label per value and level, and a rule for values that nobody has seen."""

    groups: dict[str, tuple[str, ...]]
    prefix: int | None
    unseen: str

    def _label(self, text: str, level: int) -> str:
        if self.prefix is not None:
            return text[: max(self.prefix - level, 0)] + "*" * min(level, self.prefix)
        found = self.groups.get(text)
        return self.unseen if found is None else found[level - 1]

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        cells = cells.cat.remove_unused_categories()  # a list of other people's values is no part of these rows
        labels = [self._label(str(text), level) for text in cells.cat.categories]
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
        return tuple(sorted({self._label(value, level) for value in values}))


def fit_hierarchy(column: Column, members: Table) -> FittedHierarchy:
    """Return the hierarchy of a column: the schema's, else a sensible default.

    Defaults: numbers get four round interval widths near 5, 10, 20 and 40 % of the public range (or of the members'
    1-99 % range: learned); dates go month, quarter, year, decade; categories keep the members' 8, 4, 2 most frequent
    values (learned); free text goes straight to "*".

    Widths that do not nest (5, 10, 25) are refused, not rounded: nobody asked for the rounded ones.

    Raises
    ------
    UserError
        When the hierarchy is for another kind of column, interval widths do not nest, or a levels file is no hierarchy.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(17, 90))
    >>> table = Table.build(pd.DataFrame({"age": [17, 34, None]}), Schema((age,)))
    >>> fitted = fit_hierarchy(age, table)
    >>> fitted.levels, fitted.learned, list(fitted.apply(table.frame["age"], 2)[0])
    (5, False, ['[10, 20)', '[30, 40)', nan])

    References
    ----------
    Samarati (2001), Protecting respondents' identities in microdata release, IEEE TKDE 13(6): domain generalisation
    hierarchies.
    """
    spec, cells = column.hierarchy, members.frame[column.name]
    if spec is not None and column.kind not in _FOR[spec.kind]:
        raise UserError(
            f"a hierarchy of kind {spec.kind} is for columns of kind {' or '.join(_FOR[spec.kind])}",
            got=f"{column.name!r}, which is {column.kind}",
            do="Change the hierarchy or the kind in the schema.",
        )
    if column.kind in (Kind.NUMERIC, Kind.DATE):
        return _bins(column, cells)
    cells = cells.cat.remove_unused_categories()  # the categories of a part of a table are those of the whole
    if spec is None and column.kind is Kind.TEXT:
        return FittedHierarchy(column=column, levels=1, learned=False)
    if spec is not None and spec.kind == "levels":
        return _levels(column, cells)
    if spec is not None and spec.kind == "prefix":
        known = column.categories if column.categories is not None else tuple(cells.cat.categories.astype(str))
        longest = max((len(text) for text in known), default=1)
        return _Groups(
            column=column,
            levels=max(longest, 1),
            learned=column.categories is None,
            groups=dict.fromkeys(column.categories or (), ()),
            prefix=longest,
            unseen=OTHER,
        )
    return _frequent(column, cells)


def _bins(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    dates = cells.dtype.kind == "M"
    if column.bounds is not None:
        low, high = (_month(bound) if dates else float(bound) for bound in column.bounds)
    else:
        values: Any = cells.dropna()
        if dates:
            values = values.to_numpy().astype("datetime64[M]").astype(np.int64).astype(float)
        given = column.hierarchy is not None and column.hierarchy.kind == "intervals"
        ends = (0.0, 1.0) if dates or given else (0.01, 0.99)
        low, high = (float(np.quantile(values, share)) for share in ends) if len(values) else (0.0, 1.0)
    if dates:
        widths: tuple[float, ...] = _MONTHS
    elif column.hierarchy is not None and column.hierarchy.kind == "intervals":
        widths = tuple(float(width) for width in column.hierarchy.widths)
    else:
        base = _round_number((high - low) * 0.05) if high > low else 1.0
        widths = tuple(base * share for share in SHARES)
    for narrow, wide in itertools.pairwise(widths):
        if abs(wide / narrow - round(wide / narrow)) > 1e-9:
            raise UserError(
                f"each interval width of {column.name!r} must be a multiple of the one before, so that a higher "
                "level is a coarsening",
                got=f"{number_text(1, narrow)} then {number_text(1, wide)}",
                do="Choose widths such as 5, 10, 20.",
            )
    return _Bins(
        column=column,
        levels=len(widths) + 1,
        learned=column.bounds is None,
        low=low,
        high=high,
        widths=widths,
        dates=dates,
    )


def _levels(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    rows = column.hierarchy.rows if column.hierarchy is not None else ()
    depth = len(rows[0]) - 1
    for level in range(1, depth):
        parents = {UNCOVERED: UNCOVERED}  # what is not in the file is one group at every level
        for row in rows:
            if parents.setdefault(row[level], row[level + 1]) != row[level + 1]:
                raise UserError(
                    f"in the levels of {column.name!r} each group belongs to one larger group",
                    got=f"a group of level {level} in two of level {level + 1}",
                    do="Correct the levels file.",
                )
    single = len({row[-1] for row in rows}) == 1
    covered = {row[0] for row in rows}
    lost = sum(1 for text in cells.cat.categories.astype(str) if text not in covered)
    note = f"{lost} values of {column.name!r} are not in its levels file and share the label {UNCOVERED!r}"
    return _Groups(
        column=column,
        levels=depth if single else depth + 1,
        learned=False,
        groups={row[0]: row[1:] for row in rows},
        prefix=None,
        unseen=UNCOVERED,
        notes=(note,) if lost else (),
    )


def _frequent(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    texts = cells.cat.categories.astype(str)
    counts = np.bincount(cells.cat.codes.to_numpy()[cells.cat.codes.to_numpy() >= 0], minlength=len(texts))
    order = [str(texts[code]) for code in np.argsort(-counts, kind="stable")]
    rank = {text: place for place, text in enumerate(order)}
    groups = {text: tuple(text if rank[text] < kept else OTHER for kept in KEPT) for text in order}
    return _Groups(
        column=column, levels=len(KEPT) + 1, learned=True, groups=groups, prefix=None, unseen=OTHER, notes=()
    )


def public_hierarchy(column: Column, level: int) -> bool:
    """Say whether a column's map at this level needs nothing from the data."""
    if level == 0 or (column.kind is Kind.TEXT and column.hierarchy is None):
        return True
    if column.kind in (Kind.NUMERIC, Kind.DATE):
        return column.bounds is not None
    if column.hierarchy is not None and column.hierarchy.kind == "levels":
        return True
    if column.hierarchy is not None and column.hierarchy.kind == "prefix":
        return column.categories is not None
    return level > len(KEPT)


def number_text(times: int, width: float) -> str:
    """Write `times` x `width` as a person would, exactly.

    >>> number_text(4, 5.0), number_text(3, 0.1), number_text(15, 1e5), number_text(2, 1e-10)
    ('20', '0.3', '1500000', '0.0000000002')
    """
    text = format(_EXACT.multiply(Decimal(times), Decimal(repr(width))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _round_number(value: float) -> float:
    """Return the number of the series 1, 2, 5, 10, ... nearest to `value`."""
    exponent = math.floor(math.log10(value))
    steps = [float(f"{factor}e{exponent}") for factor in (1, 2, 5, 10)]
    return min(steps, key=lambda step: abs(math.log(step / value)))


def _month(bound: Any) -> float:
    return float(np.datetime64(str(bound), "M").astype(np.int64))


def _date_label(index: int, months: int) -> str:
    start = index * months
    year, month = 1970 + start // 12, start % 12 + 1
    if months == 1:
        return f"{year:04d}-{month:02d}"
    if months == 3:
        return f"{year:04d}-Q{(month + 2) // 3}"
    # Decades count from 1970, which is itself the start of one.
    return f"{year:04d}" if months == 12 else f"{year:04d}s"
