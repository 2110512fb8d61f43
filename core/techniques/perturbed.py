"""What the techniques that perturb values have in common: which columns, and which cells are changed together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from core.data.schema import Kind, Role, Schema
from core.data.table import Labels, Table

UNTOUCHED = {
    Role.TARGET: "is the target, which a study must keep as it is",
    Role.DIRECT_IDENTIFIER: "names people: hide it with mask_identifiers instead",
    Role.IGNORED: "has the role 'ignored' and is not released",
}
"""Roles that no perturbing technique touches, and why."""


def perturbed_columns(schema: Schema, columns: tuple[str, ...], kinds: Collection[Kind]) -> tuple[str, ...]:
    """Return the columns that are changed: those named, else the quasi-identifiers of a fitting kind.

    Examples
    --------
    >>> from core.data.schema import Column
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> sex = Column(name="sex", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER)
    >>> perturbed_columns(Schema((age, sex)), (), {Kind.NUMERIC})
    ('age',)
    """
    if columns:
        return columns
    return tuple(name for name in schema.quasi_identifiers if schema[name].kind in kinds)


def cannot_perturb(schema: Schema, columns: tuple[str, ...], kinds: Collection[Kind], what: str) -> str | None:
    """Return why these columns cannot be changed (`what` names the fitting kinds), or None."""
    if unknown := [name for name in columns if name not in schema]:
        return f"the table has no column {', '.join(unknown)}; correct the name"
    for name in columns:
        column = schema[name]
        if name == schema.person_id:
            return f"{name} is the person id, which says whose rows are whose; leave it out of `columns`"
        if column.role in UNTOUCHED:
            return f"{name} {UNTOUCHED[column.role]}; leave it out of `columns`"
        if column.kind not in kinds:
            return f"{name} is {column.kind}, but this technique needs {what}; leave it out of `columns`"
    if not perturbed_columns(schema, columns, kinds):
        return f"no quasi-identifier is {what}; name other columns in `columns`, or choose another technique"
    return None


@dataclass(frozen=True, eq=False)
class Holdings:
    """Who holds which value of a column: cells of one person that hold the same value are one holding.

    They are changed together. Were each row of a person changed by itself, whoever sees the rows could average the
    changes away.

    Parameters
    ----------
    rows : integer array, shape (cells that are not missing,)
        Where these cells are.
    holding : integer array, shape (cells that are not missing,)
        The holding that each belongs to, 0 .. holdings - 1.
    first : integer array, shape (holdings,)
        The position of a row of each holding, so `frame[name][first]` are the values held.
    """

    rows: Labels
    holding: Labels
    first: Labels


def holdings(table: Table, name: str) -> Holdings:
    """Return the holdings of a column; missing cells belong to none.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Column
    >>> columns = [Column(name=name, kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER) for name in ("who", "age")]
    >>> raw = pd.DataFrame({"who": [1, 1, 1, 2], "age": [30, 30, None, 30]})
    >>> found = holdings(Table.build(raw, Schema(tuple(columns), person_id="who")), "age")
    >>> found.rows.tolist(), found.holding.tolist(), found.first.tolist()
    ([0, 1, 3], [0, 0, 1], [0, 3])
    """
    rows = np.flatnonzero(table.frame[name].notna().to_numpy())
    if table.people == len(table):
        return Holdings(rows, np.arange(len(rows)), rows)
    codes, width = table.codes(name)
    key = table.persons[rows] * width + codes[rows]
    _, first, holding = np.unique(key, return_index=True, return_inverse=True)
    return Holdings(rows, holding.astype(np.int64), rows[first])
