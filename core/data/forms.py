"""How numbers and dates are written in a table: decimal commas, thousands, day before month or after."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.data.cells import Facts
from core.data.table import Labels

MOSTLY = 0.8
"""From this share on, a column is meant to hold numbers (dates), and the other cells are worth a word."""

_GROUPED = r"[1-9]\d{{0,2}}(?:{}\d{{3}})+"
_SPACES = "[ \u00a0\u202f]"


def _number(group: str, decimal: str) -> str:
    whole = "|".join(_GROUPED.format(separator) for separator in (group, "['’]", _SPACES))
    return rf"[+\-−]?(?:(?:{whole}|\d+)(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+\-]?\d{{1,2}})?"


_POINT, _COMMA = _number(",", r"\."), _number(r"\.", ",")

_TIME = (
    r"(?:(?:T| +)(?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?"
    r" ?(?P<p>[AaPp]\.?[Mm]\.?)? ?(?:Z|UTC|[+\-]\d{2}(?::?\d{2})?)?)?"
)
_YEAR_FIRST = r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME
_YEAR_LAST = r"(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})[-/.](?P<y>\d{4})" + _TIME
_MONTH = r"(?P<y>\d{4})-(?P<m>\d{2})"
_COMPACT = r"(?P<y>[12]\d{3})(?P<m>\d{2})(?P<d>\d{2})"
_NAMED = (
    r"(?P<d>\d{1,2})(?:\. ?| |-)(?:de )?(?P<n>\pL{3,10})\.?(?:, ?| (?:de )?|-)(?P<y>\d{4})" + _TIME,
    r"(?P<n>\pL{3,10})\.? (?P<d>\d{1,2}),? (?P<y>\d{4})" + _TIME,
)
_TWO_DIGITS = r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?:[ T].*)?"
_LIKE_A_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}(?:[-/.]\d|$)|.{0,20}[^\W\d_]{3}.{0,8}\d{4}|\d{1,2}[^\W\d_]*[. -]")
_MONTHS = {
    **{name: place for place, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)},  # noqa: SIM905
    **{"mai": 5, "okt": 10, "dez": 12, "mrz": 3},
    **{"fev": 2, "avr": 4, "juin": 6, "juil": 7, "aou": 8},
    **{"ene": 1, "abr": 4, "ago": 8, "dic": 12},
}
"""The first letters of the months in English, German, French and Spanish."""


@dataclass(frozen=True, kw_only=True)
class Customs:
    """What the clear columns of a table say about the unclear ones.

    Parameters
    ----------
    decimal_comma : bool
        Some column must have decimal commas, and none has decimal points.
    month_first : bool
        Some column must have the month before the day, and none the day before the month.
    """

    decimal_comma: bool = False
    month_first: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Numbers:
    """A column read as numbers: for each different value whether it is one, and which.

    `comma` says that the decimal mark is a comma; `unclear` that no cell of the column settles it.
    """

    good: Labels
    numbers: Labels
    comma: bool
    unclear: bool
    grouped: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Dates:
    """A column read as dates: for each different value whether it is one, and which (datetime64[s]).

    `order` is "iso", "day_first", "month_first" or "named"; `unclear` says that every day is at most 12, so that no
    cell of the column settles the order.
    """

    good: Labels
    moments: Labels
    order: str
    unclear: bool


def like_dates(facts: Facts) -> bool:
    """Say whether it is worth looking for dates at all: by the first values only, because the full look costs time."""
    return any(_LIKE_A_DATE.match(text) for text in facts.values[:100].to_pylist())


def customs_of(columns: Iterable[Facts]) -> Customs:
    """Return what the clear columns of a table agree on."""
    marks, orders = set(), set()
    for facts in columns:
        point, comma = facts.matches(_POINT), facts.matches(_COMMA)
        if facts.share(point | comma) >= MOSTLY:
            only_point, only_comma = facts.cells(point & ~comma), facts.cells(comma & ~point)
            if only_point != only_comma:
                marks.add("," if only_comma > only_point else ".")
        elif like_dates(facts):
            dates = read_dates(facts, Customs())
            if facts.share(dates.good) >= MOSTLY and not dates.unclear:
                orders.add(dates.order)
    return Customs(decimal_comma=marks == {","}, month_first="month_first" in orders and "day_first" not in orders)


def read_numbers(facts: Facts, customs: Customs) -> Numbers:
    """Read a column as numbers.

    A cell such as "3,5" can only have a decimal comma, "1,250.00" only a decimal point; "1,250" may be either. The
    column's clear cells decide, then the table's clear columns, then the point.

    Examples
    --------
    >>> import pandas as pd
    >>> read_numbers(Facts.of(pd.Series(["3,5", "1.250,75"])), Customs()).numbers.tolist()
    [3.5, 1250.75]
    """
    point, comma = facts.matches(_POINT), facts.matches(_COMMA)
    only_point, only_comma = facts.cells(point & ~comma), facts.cells(comma & ~point)
    both = point & comma
    has_comma = both & _flags(pc.match_substring(facts.values, ","))
    has_point = both & _flags(pc.match_substring(facts.values, "."))
    open_question = only_point == only_comma == 0
    use_comma = customs.decimal_comma if open_question else only_comma > only_point
    good = comma if use_comma else point
    values = np.full(len(good), np.nan)
    texts = facts.values.filter(pa.array(good))
    drop = r"[.'’ \x{a0}\x{202f}]" if use_comma else r"[,'’ \x{a0}\x{202f}]"
    texts = pc.replace_substring(pc.replace_substring_regex(texts, drop, ""), "−", "-")
    if use_comma:
        texts = pc.replace_substring(texts, ",", ".")
    values[good] = np.array(texts.to_pylist(), dtype=object).astype(np.float64)
    return Numbers(
        good=good,
        numbers=values,
        comma=use_comma and bool(only_comma or has_comma.any()),
        unclear=open_question and bool((has_point if use_comma else has_comma).any()),
        grouped=bool((good & _flags(pc.match_substring_regex(facts.values, drop))).any()),
    )


def _flags(found: pa.Array) -> Labels:
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def is_code(facts: Facts) -> bool:
    """Say whether numbers are codes: leading zeros, or more digits than a number keeps."""
    return bool(facts.matches(r"0\d+|\d{16,}").any())


def read_dates(facts: Facts, customs: Customs, compact: bool = False) -> Dates:
    """Read a column as dates; a year has four digits, because two do not say the century.

    Times of day are kept to the second, as a clock at the place showed them (a time zone is left out).

    Parameters
    ----------
    compact : bool
        Whether eight digits are a date (20240131), which only the column's name can say.

    Examples
    --------
    >>> import pandas as pd
    >>> found = read_dates(Facts.of(pd.Series(["31.12.1999", "1.2.2000"])), Customs())
    >>> found.order, str(found.moments[1])
    ('day_first', '2000-02-01T00:00:00')
    """
    size = len(facts.values)
    good, values = np.zeros(size, bool), np.full(size, "NaT", "datetime64[s]")
    order = "iso"
    for pattern in (_YEAR_FIRST, _MONTH, *((_COMPACT,) if compact else ())):
        _fill(good, values, facts.values, pattern)
    for pattern in _NAMED:
        if _fill(good, values, facts.values, pattern):
            order = "named"
    rows, found = _extract(facts.values, _YEAR_LAST)
    unclear = False
    if len(rows):
        first, second, counts = found["a"], found["b"], facts.counts[rows]
        day_first = counts[(first > 12) | (found["sep"] == ".")].sum()
        month_first = counts[(second > 12) & (found["sep"] != ".")].sum()
        unclear = bool(day_first == month_first == 0)
        us = customs.month_first if unclear else bool(month_first > day_first)
        order = "month_first" if us else "day_first"
        found["m"], found["d"] = (first, second) if us else (second, first)
        _place(good, values, rows, found)
    return Dates(good=good, moments=values, order=order, unclear=unclear)


def two_digit_years(facts: Facts) -> bool:
    """Say whether the column holds dates whose century nobody can know."""
    return facts.present > 0 and facts.share(facts.matches(_TWO_DIGITS)) >= MOSTLY


def _extract(values: pa.Array, pattern: str) -> tuple[Labels, dict[str, Labels]]:
    """Return the positions that match and their named parts: numbers, save `sep`, `n` and `p`."""
    found = pc.extract_regex(values, f"^(?:{pattern})$")
    rows = np.flatnonzero(np.asarray(found.is_valid().to_numpy(zero_copy_only=False), bool))
    parts: dict[str, Labels] = {}
    if len(rows):
        kept = found.take(pa.array(rows))
        for field in found.type:
            texts = pc.struct_field(kept, field.name)
            if field.name in ("sep", "n", "p"):
                parts[field.name] = np.array(texts.to_pylist(), dtype=object)
            else:
                parts[field.name] = (
                    pc.if_else(pc.equal(texts, ""), "0", texts).cast(pa.int64()).to_numpy(zero_copy_only=False)
                )
    return rows, parts


def _fill(good: Labels, values: Labels, cells: pa.Array, pattern: str) -> bool:
    """Fill in the dates of one form and say whether there were any."""
    rows, parts = _extract(cells, pattern)
    if len(rows):
        if "n" in parts:
            parts["m"] = np.array([_month(name) for name in parts["n"]], dtype=np.int64)
        parts.setdefault("d", np.ones(len(rows), np.int64))
        _place(good, values, rows, parts)
    return bool(len(rows) and good[rows].any())


def _place(good: Labels, values: Labels, rows: Labels, parts: Mapping[str, Labels]) -> None:
    """Put the dates that exist in the calendar where they belong."""
    year, month, day = parts["y"], parts["m"], parts["d"]
    sane = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    months = (np.where(sane, year, 1970) - 1970) * 12 + np.where(sane, month, 1) - 1
    start = months.astype("datetime64[M]")
    date = start.astype("datetime64[D]") + np.where(sane, day, 1) - 1
    sane &= date.astype("datetime64[M]") == start
    seconds = np.zeros(len(rows), np.int64)
    if "h" in parts:
        hour = parts["h"]
        half = np.array([str(mark or "")[:1].lower() for mark in parts["p"]])
        sane &= np.where(half == "", hour <= 23, (hour >= 1) & (hour <= 12)) & (parts["i"] <= 59) & (parts["s"] <= 60)
        hour = np.where(half == "", hour, hour % 12 + 12 * (half == "p"))
        seconds = hour * 3600 + parts["i"] * 60 + parts["s"]
    moment = date.astype("datetime64[s]") + seconds
    good[rows[sane]], values[rows[sane]] = True, moment[sane]


def _month(name: str) -> int:
    """Return the number of a month by its name in English, German, French or Spanish, 0 for any other word."""
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return _MONTHS.get(plain[:4]) or _MONTHS.get(plain[:3], 0)
