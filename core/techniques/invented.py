"""What techniques that invent rows share: which columns can be made, names for nobody, counting copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table
from core.techniques.base import Protected, unchanged
from core.techniques.invented_forms import fake_numbers, fake_texts

NO_COLUMN = "every column is an identifier, free text or ignored"
ROWS_HELP = "Rows to invent; 0: as many as there are members' rows. More rows leak more."


def kept(schema: Schema) -> Schema:
    """Return the schema of what is learned from: no identifiers, no free text, nothing ignored.

    Examples
    --------
    >>> name = Column(name="name", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER)
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> kept(Schema((name, age))).names, invented_schema(Schema((name, age))).names
    (('age',), ('name', 'age'))
    """
    return schema.without((*_left_out(schema), *schema.direct_identifiers))


def invented_schema(schema: Schema) -> Schema:
    """Return the schema of the invented rows: what is learned from, and direct identifiers that are nobody's.

    Left out are free text, ignored columns, the person id (no invented row belongs with another, so that a later
    private step protects each as a person of its own), and identifiers that are dates: few dates are possible, so a
    date that is no member's would tell whose dates there are.
    """
    dates = (name for name in schema.direct_identifiers if schema[name].kind is Kind.DATE)
    left = schema.without((*_left_out(schema), *dates))
    # Public lists and ranges are about real identifiers, not about invented ones.
    plain = (Column(name=n, kind=left[n].kind, role=left[n].role) for n in left.direct_identifiers)
    return left.changed(*plain)


def _left_out(schema: Schema) -> tuple[str, ...]:
    text = {c.name for c in schema.columns if c.kind is Kind.TEXT}
    text -= set(schema.with_role(Role.TARGET, Role.DIRECT_IDENTIFIER))
    gone = {*schema.with_role(Role.IGNORED), *text, schema.person_id}
    return tuple(name for name in schema.names if name in gone)


def finished(members: Table, made: pd.DataFrame, rng: Generator) -> Protected:
    """Return invented rows as a technique gives them back: with invented identifiers, and how many rows are copies.

    Parameters
    ----------
    members : Table
        The rows that were learned from.
    made : data frame
        The columns of `kept(members.schema)`, in canonical form.
    """
    learned, schema = kept(members.schema), invented_schema(members.schema)
    fakes = {name: fake_cells(members, name, len(made), rng) for name in schema.direct_identifiers}
    frame = pd.DataFrame({name: fakes[name] if name in fakes else made[name] for name in schema.names})
    meanings = {name: meaning for name, meaning in members.meanings.items() if name in learned}
    notes = []
    if len(made):
        copies = int(copied(members.frame, made, learned.names).sum())
        notes.append(
            f"{copies:,} of {len(made):,} invented rows ({copies / len(made):.1%}) are equal to a member's row in all "
            "columns that are not identifiers."
        )
    if fakes:
        notes.append(f"The direct identifiers ({', '.join(fakes)}) are invented too: no member has any of them.")
    return Protected(table=Table(frame, schema, meanings), source=None, recode=unchanged, notes=tuple(notes))


def copied(real: pd.DataFrame, made: pd.DataFrame, names: tuple[str, ...]) -> Labels:
    """Say which made rows are equal to some real row in all these columns; a gap is equal to a gap.

    Examples
    --------
    >>> real = pd.DataFrame({"a": [1.0, None], "b": ["x", "y"]})
    >>> copied(real, pd.DataFrame({"a": [None, None, 1.0], "b": ["y", "x", "x"]}), ("a", "b")).tolist()
    [True, False, True]
    """
    key = np.zeros(len(real) + len(made), dtype=np.int64)
    for name in names:
        # Codes of categories hold for both sides only where the categories are the same.
        same = isinstance(real[name].dtype, pd.CategoricalDtype) and real[name].dtype == made[name].dtype
        sides = [side[name].cat.codes if same else side[name].astype(object) for side in (real, made)]
        if not same and real[name].dtype.kind in "fiuM":
            sides = [real[name], made[name]]
        codes, values = pd.factorize(pd.concat(sides, ignore_index=True))
        key, _ = pd.factorize(key * (len(values) + 1) + codes + 1)
    return np.isin(key[len(real) :], key[: len(real)])


def fake_cells(members: Table, name: str, count: int, rng: Generator) -> Any:
    """Return a column of identifiers that no member has, in the form of the column.

    They are as often missing as the members', all different where those are, and else repeat about as often, at
    random. They follow from the form of the column alone (`core.techniques.invented_forms`), not from the row that they
    stand in.

    Parameters
    ----------
    members : Table
    name : str
        A direct identifier: numbers, or texts.
    count : int
        Rows to make.
    """
    cells = members.frame[name]
    codes, values = pd.factorize(cells)
    there = codes >= 0
    shown = rng.random(count) < (there.mean() if len(codes) else 0.0)
    rows, known = int(shown.sum()), int(there.sum())
    unique = known == len(values)
    different = rows if unique else min(rows, max(1, round(rows * len(values) / max(known, 1))))
    place = np.full(count, -1, dtype=np.int64)
    place[shown] = np.arange(rows) if unique else rng.integers(0, max(different, 1), rows)
    persons = members.persons
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        numbers = fake_numbers(name, values.to_numpy(np.float64), codes, persons, different, rng)
        return np.append(numbers, np.nan)[place]
    fakes = fake_texts(name, [str(value) for value in values], codes, persons, different, rng)
    order = np.argsort(np.array(fakes, dtype=object)) if fakes else np.zeros(0, dtype=np.int64)
    rank = np.append(np.argsort(order), -1)
    return pd.Categorical.from_codes(rank[place], categories=pd.Index([fakes[i] for i in order], dtype=object))
