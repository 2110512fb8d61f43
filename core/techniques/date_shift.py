"""Moving the dates of a person by one secret number of days."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import MODEL_ROLES, Column, Kind, Role, Schema
from core.data.table import Labels, Table

_MOVED = (Role.DIRECT_IDENTIFIER, *MODEL_ROLES)

SHARED, CROWD = 0.05, 10
"""A date of more than this share of a column's people, and of at least that many of them, is not moved."""

YEARS = (1000, 2200)
"""Years outside (the second one too) are nobody's: dates there stand for "unknown" or "never"."""

PLACEHOLDERS = tuple(
    np.datetime64(day, "D")
    for day in (
        *("1111-11-11", "1582-10-15", "1600-01-01", "1601-01-01", "1700-01-01", "1753-01-01", "1799-12-31"),
        *("1800-01-01", "1840-12-31", "1858-11-17", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01"),
        *("1969-12-31", "1970-01-01", "2038-01-19", "2079-06-06", "2099-01-01", "2099-12-31", "2100-01-01"),
    )
)
"""Days that programs write where there is none: ends and starts of what they can count, and turns of a century."""


def shifted_columns(schema: Schema) -> tuple[str, ...]:
    """Return the date columns that move: all but the target, ignored ones and the person id."""
    return tuple(name for name in schema.with_role(*_MOVED) if schema[name].kind is Kind.DATE)


def moved_column(column: Column, days: int) -> Column:
    """Return what a moved date column is: no name any more, and its public bounds wider by `days` on each side.

    Examples
    --------
    >>> born = Column(name="born", kind=Kind.DATE, role=Role.DIRECT_IDENTIFIER, bounds=("1950-01-10", "2000-12-31"))
    >>> found = moved_column(born, 10)
    >>> str(found.role), found.bounds
    ('quasi_identifier', ('1949-12-31', '2001-01-10'))
    """
    role = Role.QUASI_IDENTIFIER if column.role is Role.DIRECT_IDENTIFIER else column.role
    bounds = column.bounds and (_later(column.bounds[0], -days), _later(column.bounds[1], days))
    return replace(column, role=role, bounds=bounds)


def _later(bound: Any, days: int) -> str:
    moment = datetime.fromisoformat(str(bound))
    try:
        moment += timedelta(days=days)
    except OverflowError:
        moment = (datetime.max if days > 0 else datetime.min).replace(tzinfo=moment.tzinfo)
    return moment.isoformat().removesuffix("T00:00:00")


def shared_dates(table: Table, names: tuple[str, ...], days: int) -> dict[str, Labels]:
    """Return the days that many people share: whoever guesses such a day reads the shift off the moved one.

    These are the days of at least `CROWD` people who are more than `SHARED` of the people with a date in the column,
    or more than half of those whose date lies within `days` of it: a lonely day says what it was wherever it lands.
    People are the table's persons; a row without an id is a person of its own.

    Parameters
    ----------
    table : Table
    names : tuple of str
        Date columns.
    days : int
        The largest shift.

    Returns
    -------
    dict of str to array of days, ascending

    Examples
    --------
    >>> born = Column(name="born", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER)
    >>> days = ["1930-01-01"] * 10 + [f"19{year}-05-06" for year in range(40, 90)]
    >>> shared_dates(Table.build(pd.DataFrame({"born": days}), Schema((born,))), ("born",), 182)["born"].tolist()
    [datetime.date(1930, 1, 1)]
    """
    return {name: _shared(_days(table, name), table.persons, days) for name in names}


def _shared(when: Labels, persons: Labels, days: int) -> Labels:
    there = ~np.isnat(when)
    held = pd.DataFrame({"day": when[there].astype(np.int64), "person": persons[there]}).drop_duplicates()
    day, people = np.unique(held["day"].to_numpy(), return_counts=True)
    up_to = np.concatenate([[0], np.cumsum(people)])
    near = up_to[np.searchsorted(day, day + days, side="right")] - up_to[np.searchsorted(day, day - days)]
    many = (people >= CROWD) & ((people > SHARED * held["person"].nunique()) | (2 * people > near))
    return np.asarray(day[many].astype("datetime64[D]"))


def left_out(table: Table, name: str, shared: Labels) -> Labels:
    """Return for each row whether its date is one that is not moved: shared by many, or one that stands for no day.

    Parameters
    ----------
    table : Table
    name : str
        A date column.
    shared : array of days
        From `shared_dates`.

    Returns
    -------
    bool array, shape (rows,)
    """
    when = _days(table, name)
    first, end = (np.datetime64(f"{year}-01-01") for year in YEARS)
    return np.asarray((when < first) | (when >= end) | np.isin(when, np.concatenate([PLACEHOLDERS, shared])))


def _days(table: Table, name: str) -> Labels:
    return np.asarray(table.frame[name].to_numpy().astype("datetime64[D]"))


def moved_dates(
    table: Table, names: tuple[str, ...], days: int, key: bytes, shared: Mapping[str, Labels]
) -> dict[str, Labels]:
    """Return these date columns moved by each person's shift; missing stays missing, and what many share becomes so.

    Parameters
    ----------
    table : Table
    names : tuple of str
        Date columns.
    days : int
        The largest shift.
    key : bytes
        The secret: the same key and person give the same shift in any table.
    shared : mapping of str to array of days
        From `shared_dates` of the members, also for anybody else's rows.

    Returns
    -------
    dict of str to datetime array, shape (rows,)
    """
    people, place = np.unique(np.array(_who(table), dtype=object), return_inverse=True)
    shift = np.array([_shift(str(person), days, key) for person in people], dtype="timedelta64[D]")[place]
    moved = {}
    for name in names:  # what is left lies in YEARS, so that no shift leaves the years 1 to 9999 that a file can hold
        cells = table.frame[name].to_numpy().copy()
        cells[left_out(table, name, shared[name])] = np.datetime64("NaT")
        moved[name] = cells + shift
    return moved


def _shift(person: str, days: int, key: bytes) -> int:
    """Return a number of days that is uniform on -days .. -1, 1 .. days for whoever does not have the key."""
    digest = hmac.new(key, b"shift\x1f" + person.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    drawn = int.from_bytes(digest, "big") % (2 * days)  # 2^256 values: the remainder is uniform to 1 in 2^230
    return drawn - days if drawn < days else drawn - days + 1


def _who(table: Table) -> list[str]:
    """Return a text per row that says whose it is: the person id, else the direct identifiers, else the whole row."""
    schema = table.schema
    person = [_marked(table, [schema.person_id])] if schema.person_id is not None else []
    named = schema.direct_identifiers
    ways = [*person, *([_marked(table, named)] if named else []), _marked(table, schema.names)]
    return [
        next((f"{level}\x1f{text}" for level, text in enumerate(texts, start=len(ways)) if text), "")
        for texts in zip(*ways, strict=True)
    ]


def _marked(table: Table, names: Any) -> list[str]:
    """Return these cells of each row as one text; empty when all of them are missing."""
    parts = []
    for name in names:
        codes, values = pd.factorize(table.frame[name])
        parts.append(np.array([*(f"{name}\x1e{value}" for value in values), ""], dtype=object)[codes])
    return ["\x1f".join(cells) if any(cells) else "" for cells in zip(*parts, strict=True)]
