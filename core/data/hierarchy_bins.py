"""Numbers and dates: a line cut at points, fewer of them at each level; the first and the last piece are open.

Every label is true of every value that gets it. A piece inside reads "[20, 30)"; the pieces at the ends take in
whatever lies further out, and say so: "< 20" and ">= 90". Where a level has no cut inside the range, its one label is
"any number".
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from core.data.hierarchy_base import EVERYTHING, FittedHierarchy, number_text
from core.data.hierarchy_spec import Hierarchy
from core.data.schema import Column, Kind
from core.data.table import Labels, Meaning
from core.errors import UserError

SHARES = (1, 2, 4, 8)
"""Default interval widths, in multiples of a round number near 5 % of the range."""
MAX_LABELS = 20_000
ANY_NUMBER, ANY_DATE = "any number", "any date"

_MONTHS = (1, 3, 12, 120)
"""Months in each level of a date: month, quarter, year, decade."""
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True, eq=False)
class _Line:
    """One level: cuts ascending, shape (n,), and the label and the midpoint of each piece, n + 1 of them.

    A value equal to a cut lies above it. An open piece has the midpoint of the interval that it would be if it were
    as wide as the others.
    """

    cuts: Labels
    labels: tuple[str, ...]
    middles: Labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Bins(FittedHierarchy):
    """Numbers or dates in pieces of a line; the cuts of a level are among the cuts of the level below, so levels nest.

    Cuts are compared as the numbers that their labels show, so that a label is true to the last digit.
    """

    made: dict[int, _Line] = field(default_factory=dict, repr=False)

    def line(self, level: int) -> _Line:
        """Return a level's cuts, labels and midpoints."""
        if level not in self.made:
            self.made[level] = self._line(level)
        return self.made[level]

    def _line(self, level: int) -> _Line:
        raise NotImplementedError

    def _places(self, cells: pd.Series[Any]) -> Labels:
        """Return a number per cell, on the scale of the cuts; NaN where missing."""
        return cells.to_numpy(np.float64)

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        line, places = self.line(level), self._places(cells)
        codes = np.where(np.isnan(places), -1, np.searchsorted(line.cuts, places, side="right")).astype(np.int64)
        return pd.Categorical.from_codes(codes, categories=pd.Index(line.labels, dtype=object)), Meaning(
            (), line.middles
        )

    def public_labels(self, level: int) -> tuple[str, ...] | None:
        """Return the intervals, when the range is public."""
        if level >= self.levels:
            return (EVERYTHING,)
        return None if self.learned else self.line(level).labels

    def _few(self, count: int, width: str) -> None:
        """Refuse more labels than anybody can list, before any is made."""
        if count > MAX_LABELS:
            raise UserError(
                f"the intervals of {self.column.name!r} must be few enough to list",
                got=f"{count:,} of width {width}",
                do="Choose wider intervals, or narrower public bounds.",
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class RoundBins(Bins):
    """Cuts at the multiples of a width that lie above `low` and not above `high`."""

    low: float
    high: float
    widths: tuple[float, ...]

    def _line(self, level: int) -> _Line:
        # Each width is a whole number of the finest, which settles what 0.1 x 3 is; binary fractions would not nest.
        near = itertools.pairwise(self.widths[:level])
        times, width = math.prod(round(wide / narrow) for narrow, wide in near), self.widths[level - 1]
        step = Fraction(repr(self.widths[0])) * times
        first, last = (math.floor(Fraction(repr(end)) / step) for end in (self.low, self.high))
        self._few(last - first + 1, f"{width:g}")
        texts = [number_text(index * times, self.widths[0]) for index in range(first + 1, last + 1)]
        middles = np.array([(index + 0.5) * width for index in range(first, last + 1)])
        return _Line(np.array([float(text) for text in texts]), _labels(texts), np.clip(middles, -_LARGEST, _LARGEST))


@dataclass(frozen=True, kw_only=True, eq=False)
class CutBins(Bins):
    """Cuts at given points: all of them at level 1, and every second of those below at each further level."""

    cuts: tuple[float, ...]

    def _line(self, level: int) -> _Line:
        self._few(len(self.cuts) + 1, "of their own")
        every, bounds, alone = self.cuts, self.column.bounds, max(abs(self.cuts[0]), 1.0)
        low = every[0] - (every[1] - every[0] if len(every) > 1 else alone)
        high = every[-1] + (every[-1] - every[-2] if len(every) > 1 else alone)
        if bounds is not None:
            low = float(bounds[0]) if bounds[0] < every[0] else low
            high = float(bounds[1]) if bounds[1] > every[-1] else high
        kept = every[2 ** (level - 1) - 1 :: 2 ** (level - 1)]
        halves = np.clip(np.array([low, *kept, high]), -_LARGEST, _LARGEST) / 2
        return _Line(np.array(kept), _labels([number_text(1, cut) for cut in kept]), halves[:-1] + halves[1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class DateBins(Bins):
    """Cuts at the starts of months, quarters, years and decades; `low` and `high` are months since 1970."""

    low: int
    high: int

    def _places(self, cells: pd.Series[Any]) -> Labels:
        months = cells.to_numpy().astype("datetime64[M]")
        return np.where(np.isnat(months), np.nan, months.astype(np.int64).astype(np.float64))

    def _line(self, level: int) -> _Line:
        months = _MONTHS[level - 1]
        first, last = self.low // months, self.high // months
        self._few(last - first + 1, f"{months} month{'s' if months > 1 else ''}")
        edges = np.arange(first, last + 2) * months
        days = edges.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        labels = tuple(_date_label(int(start), months) for start in edges[:-1])
        if len(labels) == 1:
            labels = (ANY_DATE,)
        else:
            before, later = (_date_label(int(edges[i]), min(months, 12)) for i in (1, -2))
            labels = (f"before {before}", *labels[1:-1], f"{later} or later")
        return _Line(edges[1:-1].astype(np.float64), labels, (days[1:] + days[:-1]) / 2)


def fit_bins(column: Column, cells: pd.Series[Any]) -> FittedHierarchy:
    """Return the hierarchy of a column of numbers or dates; what is not public comes from these cells."""
    spec, learned = column.hierarchy, column.bounds is None
    learned = learned or (spec is not None and spec.learned)
    if spec is not None and spec.kind == "cuts":
        cuts = tuple(float(cut) for cut in spec.cuts)
        return CutBins(column=column, levels=len(cuts).bit_length() + 1, learned=spec.learned, cuts=cuts)
    if column.kind is Kind.DATE:
        early, late = (int(end) for end in range_of(column, cells, 0.0))
        return DateBins(column=column, levels=len(_MONTHS) + 1, learned=learned, low=early, high=late)
    if spec is not None:
        # Learned widths are those that nobody chose: their range is that of a column without a hierarchy.
        low, high = range_of(column, cells, 0.01 if spec.learned else 0.0)
        widths = tuple(float(width) for width in spec.widths)
    else:
        low, high = range_of(column, cells, 0.01)
        widths = round_widths(low, high)
    for narrow, wide in itertools.pairwise(widths):
        if abs(wide / narrow - round(wide / narrow)) > 1e-9:
            raise UserError(
                f"each interval width of {column.name!r} must be a multiple of the one before, so that a higher "
                "level is a coarsening",
                got=f"{number_text(1, narrow)} then {number_text(1, wide)}",
                do="Choose widths such as 5, 10, 20.",
            )
    return RoundBins(column=column, levels=len(widths) + 1, learned=learned, low=low, high=high, widths=widths)


def range_of(column: Column, cells: pd.Series[Any], trim: float) -> tuple[float, float]:
    """Return the public range, else that of the cells without a share at each end; dates in months since 1970."""
    dates = column.kind is Kind.DATE
    if column.bounds is not None:
        low, high = (_month(bound) if dates else float(bound) for bound in column.bounds)
        return low, high
    values: Any = cells.dropna().to_numpy()
    if dates:
        values = values.astype("datetime64[M]").astype(np.int64).astype(float)
    if not len(values):
        return 0.0, 1.0
    # Halved, so that differences of huge numbers stay finite.
    low, high = (2 * float(np.quantile(values / 2, share)) for share in (trim, 1 - trim))
    return low, high


def round_widths(low: float, high: float) -> tuple[float, ...]:
    """Return the default widths of a range: a round number near 5 % of it, and 2, 4 and 8 times that.

    >>> round_widths(17, 90)
    (5.0, 10.0, 20.0, 40.0)
    """
    base = round_number((high / 2 - low / 2) * 0.1) if high > low else 1.0
    return tuple(base * share for share in SHARES)


def round_number(value: float) -> float:
    """Return the number of the series 1, 2, 5, 10, ... nearest to `value`; no smaller than 1e-300."""
    exponent = math.floor(math.log10(max(value, 1e-300)))
    steps = [float(f"{factor}e{exponent}") for factor in (1, 2, 5, 10)]
    return min(steps, key=lambda step: abs(math.log(step / max(value, 1e-300))))


def public_bins(column: Column) -> bool:
    """Say whether a column of numbers or dates is cut without looking at anybody."""
    spec: Hierarchy | None = column.hierarchy
    if spec is not None and (spec.learned or spec.kind == "cuts"):
        return not spec.learned
    return column.bounds is not None


def _labels(cuts: list[str]) -> tuple[str, ...]:
    if not cuts:
        return (ANY_NUMBER,)
    inside = (f"[{low}, {high})" for low, high in itertools.pairwise(cuts))
    return (f"< {cuts[0]}", *inside, f">= {cuts[-1]}")


def _month(bound: Any) -> float:
    return float(np.datetime64(str(bound), "M").astype(np.int64))


def _date_label(start: int, months: int) -> str:
    year, month = 1970 + start // 12, start % 12 + 1
    if months == 1:
        return f"{year:04d}-{month:02d}"
    if months == 3:
        return f"{year:04d}-Q{(month + 2) // 3}"
    # Decades count from 1970, which is itself the start of one.
    return f"{year:04d}" if months == 12 else f"{year:04d}s"
