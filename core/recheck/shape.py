"""How a new table differs in shape from what was decided on: counted, never a value named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.charts.words import items, mapping
from core.data.schema import Column, Kind
from core.data.table import Table


@dataclass(frozen=True, kw_only=True)
class Odd:
    """What one column holds that the schema does not say.

    Parameters
    ----------
    column : str
    outside : int
        Cells outside the public bounds.
    new : int
        Different values that are not on the public list, or have no place in the column's levels.
    rows : int
        Rows with such a value.
    """

    column: str
    outside: int = 0
    new: int = 0
    rows: int = 0


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The two tables beside each other.

    Parameters
    ----------
    rows, people : int
        Of the new table, whole.
    measured, measured_before : int
        People who were measured: a study may draw some of them.
    same : bool
        The very rows that were decided on.
    left_out : tuple of str
        Columns that the decision does not know.
    odd : tuple of Odd
    """

    rows: int
    people: int
    measured: int
    measured_before: int | None
    same: bool
    left_out: tuple[str, ...]
    odd: tuple[Odd, ...]

    def lines(self) -> list[str]:
        """Return it in words."""
        who = "all of them measured" if self.measured == self.people else f"{self.measured:,} of them drawn to measure"
        then = "an unknown number" if self.measured_before is None else f"{self.measured_before:,}"
        told = [f"New table: {_many(self.rows, 'row')} of {self.people:,} people, {who}. Decided on: {then}."]
        if self.same:
            told.append("These are the very rows that were decided on: whatever moved, moved for another reason.")
        if self.left_out:
            told.append(f"Left out, because the decision does not know them: {_many(len(self.left_out), 'column')}.")
        for odd in self.odd:
            if odd.outside:
                told.append(f"{odd.column}: {_many(odd.outside, 'cell')} outside the public bounds.")
            if odd.new:
                told.append(f"{odd.column}: {_many(odd.new, 'value')} that the schema does not list, in "
                            f"{_many(odd.rows, 'row')}.")  # fmt: skip
        return told

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def _many(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def shape_of(
    table: Table, before: Mapping[str, Any], after: Mapping[str, Any], left_out: tuple[str, ...] = ()
) -> Shape:
    """Compare a new table with the result that a decision stands on.

    Parameters
    ----------
    table : Table
        The new one, whole.
    before, after : mapping
        The results, of schema `middleground.result/1`.
    """
    old, new = mapping(before.get("table")), mapping(after.get("table"))
    people = old.get("people")
    found = (odd_of(table, column) for column in table.schema.columns)
    return Shape(
        rows=len(table),
        people=table.people,
        measured=int(new.get("people") or 0),
        measured_before=people if isinstance(people, int) else None,
        same=bool(new.get("fingerprint")) and new.get("fingerprint") == old.get("fingerprint"),
        left_out=left_out,
        odd=tuple(odd for odd in found if odd.outside or odd.new),
    )


def odd_of(table: Table, column: Column) -> Odd:
    """Count what a column holds that its schema does not say.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100))
    >>> odd_of(Table.build(pd.DataFrame({"age": [5, 120, None]}), Schema((age,))), age).outside
    1
    """
    cells = table.frame[column.name]
    outside = 0
    if column.bounds is not None and column.kind in (Kind.NUMERIC, Kind.DATE):
        low, high = (pd.Timestamp(str(b)) if column.kind is Kind.DATE else b for b in column.bounds)
        outside = int(((cells < low) | (cells > high)).sum())
    listed = set(column.categories or ())
    hierarchy = column.hierarchy
    if hierarchy is not None and hierarchy.kind == "levels":
        placed = {str(row[0]) for row in items(hierarchy.rows)}
        listed = listed & placed if listed else placed
    if not listed or not isinstance(cells.dtype, pd.CategoricalDtype):
        return Odd(column=column.name, outside=outside)
    strange = np.array([str(value) not in listed for value in cells.cat.categories], dtype=bool)
    counts = np.bincount(cells.cat.codes.to_numpy()[cells.notna().to_numpy()], minlength=len(strange))
    return Odd(
        column=column.name,
        outside=outside,
        new=int((strange & (counts > 0)).sum()),
        rows=int(counts[strange].sum()),
    )
