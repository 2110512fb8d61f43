"""Example rows on a page: how much of each cell somebody may see goes by who looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from core.data.hierarchy import SPENT, fit_hierarchy
from core.data.schema import Kind, Role
from core.data.shorten import HIDDEN, shortened
from core.data.table import MISSING, Labels, Table
from core.errors import UserError

LOOKERS = ("owner", "member", "viewer")
"""Who may look, from whoever uploaded the table to somebody with a link."""

_SHORTEST = 3
"""Characters of an identifier from which on it is looked for in other cells."""


def masked_rows(table: Table, rows: Labels, looker: str) -> pd.DataFrame:
    """Return a few rows as texts that this looker may see.

    The owner sees direct identifiers and free text shortened (`core.data.shorten`), everything else as it is. A
    member of the workspace sees "***" for direct identifiers and ignored columns, free text shortened, and
    quasi-identifiers one level up their hierarchy (labels of an already generalised column stay). A viewer sees what
    kind of value it is, and neither a value nor whether one is missing. Persons are letters in the order of these
    rows, whoever looks. A cell that repeats an identifier of one of these rows is hidden.

    Parameters
    ----------
    table : Table
        All rows: levels that are learned are learned from all.
    rows : integer array
        Positions of the rows to show.
    looker : {"owner", "member", "viewer"}

    Returns
    -------
    frame of text, shape (rows, columns of the table)

    Raises
    ------
    UserError
        For another looker.

    Examples
    --------
    >>> from core.data.schema import Column, Schema
    >>> name = Column(name="name", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER)
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100))
    >>> raw = pd.DataFrame({"name": ["Ann Bee", "Cy Dee"], "age": [34, 57]})
    >>> table = Table.build(raw, Schema((name, age)))
    >>> [masked_rows(table, np.array([0]), looker).iloc[0].tolist() for looker in LOOKERS]
    [['A. B.', '34'], ['***', '[30, 35)'], ['an identifier', 'a number']]
    """
    if looker not in LOOKERS:
        raise UserError("who looks is owner, member or viewer", got=repr(looker), do="Choose one of these.")
    part = table.take(np.asarray(rows, dtype=np.int64))
    show = {"owner": _for_owner, "member": _for_member, "viewer": _for_viewer}[looker]
    secrets, persons = _secrets(part), pd.factorize(part.persons)[0].tolist()
    columns = {}
    for name in table.schema.names:
        if name == table.schema.person_id:
            columns[name] = [f"person {_letters(code)}" for code in persons]
            continue
        texts = show(table, part, name)
        named = looker == "viewer" or name in table.schema.direct_identifiers
        if not named:
            plain = _plain(part, name)
            texts = [HIDDEN if _repeats(old, secrets) else text for text, old in zip(texts, plain, strict=True)]
        columns[name] = texts
    return pd.DataFrame({name: pd.Series(texts, dtype=object) for name, texts in columns.items()})


def _for_owner(table: Table, part: Table, name: str) -> list[str]:
    column, texts = table.schema[name], _plain(part, name)
    if column.role is Role.DIRECT_IDENTIFIER or column.kind is Kind.TEXT:
        return _short(texts)
    return texts


def _for_member(table: Table, part: Table, name: str) -> list[str]:
    column = table.schema[name]
    if column.role in (Role.DIRECT_IDENTIFIER, Role.IGNORED):
        return [HIDDEN] * len(part)
    coarse = name in table.meanings or column.hierarchy == SPENT
    if column.role is Role.QUASI_IDENTIFIER and not coarse:
        try:
            with np.errstate(all="ignore"):
                cells, _ = fit_hierarchy(column, table).apply(part.frame[name], 1)
        except (UserError, ArithmeticError, ValueError):  # a hierarchy that does not fit is somebody else's to report
            return [HIDDEN] * len(part)
        return _texts(pd.Series(cells))
    return _short(_plain(part, name)) if column.kind is Kind.TEXT else _plain(part, name)


def _for_viewer(table: Table, part: Table, name: str) -> list[str]:
    column = table.schema[name]
    if column.role is Role.DIRECT_IDENTIFIER:
        kind = "an identifier"
    elif column.kind is Kind.CATEGORICAL:
        many = table.frame[name].nunique() if column.categories is None else len(column.categories)
        kind = f"one of {many:,} {'category' if many == 1 else 'categories'}"
    else:
        kind = {Kind.NUMERIC: "a number", Kind.DATE: "a date", Kind.TEXT: "a text"}[column.kind]
    return [kind] * len(part)


def _short(texts: list[str]) -> list[str]:
    return [old if old == MISSING else new for old, new in zip(texts, shortened(texts), strict=True)]


def _plain(part: Table, name: str) -> list[str]:
    return _texts(part.frame[name])


def _texts(cells: pd.Series[Any]) -> list[str]:
    """Write cells as they stand in a file: whole numbers without a fraction, dates without midnight."""
    write: Callable[[Any], str] = str
    if cells.dtype.kind == "f":
        write = _number
    elif cells.dtype.kind == "M":
        cells = pd.Series(np.datetime_as_string(cells.to_numpy().astype("datetime64[s]")), dtype=object).where(
            cells.notna().to_numpy(), None
        )
        write = _date
    return [MISSING if gone else write(value) for value, gone in zip(cells, cells.isna(), strict=True)]


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _date(text: str) -> str:
    return text.removesuffix("T00:00:00").replace("T", " ")


def _secrets(part: Table) -> set[str]:
    """Return the texts of these rows that name a person, lower case; the person id's among them."""
    schema = part.schema
    names = [c.name for c in schema.columns if c.role is Role.DIRECT_IDENTIFIER or c.name == schema.person_id]
    found = {text.strip().lower() for name in names for text in _plain(part, name) if text != MISSING}
    return {text for text in found if len(text) >= _SHORTEST}


def _repeats(text: str, secrets: set[str]) -> bool:
    return any(secret in text.lower() for secret in secrets)


def _letters(code: int) -> str:
    """Return A .. Z, AA, AB ... for 0, 1 ...

    >>> [_letters(code) for code in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    text, left = "", code + 1
    while left:
        left, place = divmod(left - 1, 26)
        text = chr(ord("A") + place) + text
    return text
