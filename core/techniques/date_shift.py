"""Moving the dates of a person by one secret number of days."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import MODEL_ROLES, Column, Kind, Role, Schema
from core.data.table import Labels, Table

_MOVED = (Role.DIRECT_IDENTIFIER, *MODEL_ROLES)


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


def moved_dates(table: Table, names: tuple[str, ...], days: int, key: bytes) -> dict[str, Labels]:
    """Return these date columns moved by each person's shift; missing stays missing.

    Parameters
    ----------
    table : Table
    names : tuple of str
        Date columns.
    days : int
        The largest shift.
    key : bytes
        The secret: the same key and person give the same shift in any table.

    Returns
    -------
    dict of str to datetime array, shape (rows,)
    """
    people, place = np.unique(np.array(_who(table), dtype=object), return_inverse=True)
    shift = np.array([_shift(str(person), days, key) for person in people], dtype="timedelta64[D]")[place]
    return {name: table.frame[name].to_numpy() + shift for name in names}


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
