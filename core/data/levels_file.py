"""Levels files for a column: whether one covers the table, taking it, and writing a column's hierarchy as one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data.hierarchy_base import EVERYTHING, cell_texts
from core.data.hierarchy_fit import fit_hierarchy
from core.data.hierarchy_spec import Hierarchy
from core.data.levels_text import Rows, read_levels_text, write_rows
from core.data.schema import Column, Kind
from core.data.table import Table
from core.errors import UserError

__all__ = ["Coverage", "check_coverage", "read_levels_text", "take_levels", "write_levels"]


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Which values of a table a levels file does not name.

    Parameters
    ----------
    missing : tuple of str
        The values, those of the most rows first. They are values of people: only for the screen of somebody who may
        see the table, never for a message, a log or a file.
    count : int
        How many they are.
    share : float
        The share of the table's rows that hold one of them, 0 to 1.
    """

    missing: tuple[str, ...] = field(repr=False)
    count: int
    share: float

    @property
    def complete(self) -> bool:
        """Say whether the file names every value."""
        return self.count == 0


def check_coverage(rows: Rows, column: Column, table: Table) -> Coverage:
    """Say which values of a column the rows of a levels file do not name.

    Values match as text: numbers without a needless fraction ("17"), dates as ISO days. A missing cell needs no row.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> table = Table.build(pd.DataFrame({"age": [17, 34, 34, None]}), Schema((age,)))
    >>> found = check_coverage((("17", "<20", "*"),), age, table)
    >>> found.missing, found.count, round(found.share, 2)
    (('34',), 1, 0.5)
    """
    listed = {row[0] for row in rows}
    codes, size = table.codes(column.name)
    counts = np.bincount(codes, minlength=size)
    used = np.flatnonzero(counts)
    first = np.empty(size, dtype=np.int64)
    first[codes] = np.arange(len(codes))
    lacking: dict[str, int] = {}
    for code, text in zip(used, cell_texts(table.frame[column.name].iloc[first[used]]), strict=True):
        if text is not None and text not in listed:
            lacking[text] = lacking.get(text, 0) + int(counts[code])  # two hours of one day are one value
    return Coverage(
        missing=tuple(sorted(lacking, key=lambda text: -lacking[text])),
        count=len(lacking),
        share=sum(lacking.values()) / len(table),
    )


def take_levels(column: Column, table: Table, rows: Rows, *, learned: bool = False) -> Column:
    r"""Return the column with the rows of a levels file as its hierarchy; the caller keeps the old one on an error.

    A file of which half the lines or more are those of the column's present hierarchy stays learned when that one is:
    to export and import does not make public what was learned from people.

    Parameters
    ----------
    learned : bool
        Whether the file was made by looking at private data.

    Raises
    ------
    UserError
        When values of the table are not in the file (counts only: `check_coverage` says which), or as
        `fit_hierarchy`.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> table = Table.build(pd.DataFrame({"age": [17, 34]}), Schema((age,)))
    >>> take_levels(age, table, read_levels_text("17;<20;*\n34;<40;*")).hierarchy.kind
    'levels'
    """
    taken = replace(column, hierarchy=Hierarchy(kind="levels", rows=rows))
    fit_hierarchy(taken, table)
    lacking = check_coverage(rows, column, table)
    if lacking.count:
        raise UserError(
            f"a levels file for {column.name!r} must name every value of the table",
            got=f"{lacking.count:,} value{'s' if lacking.count > 1 else ''} that it lacks, in {lacking.share:.1%} "
            "of the rows",
            do="Add a line for each; until then the old hierarchy stays.",
        )
    if learned or _is_what_was_learned(column, table, rows):
        return replace(column, hierarchy=Hierarchy(kind="levels", rows=rows, learned=True))
    return taken


def _is_what_was_learned(column: Column, table: Table, rows: Rows) -> bool:
    try:
        if not fit_hierarchy(column, table).learned:
            return False
        known = set(_rows(column, table))
    except UserError:  # the old hierarchy did not fit the column: nothing was learned by it
        return False
    return 2 * sum(row in known for row in rows) >= len(rows)


def write_levels(column: Column, table: Table) -> bytes:
    r"""Return a column's hierarchy as an ARX levels file: the value, then its label at each level; no header.

    It names every value of the table and every public value, and so tells which values occur: it is for the people
    who may see the table, unless all its values are public. Read again, it gives every value the same labels.

    Raises
    ------
    UserError
        When the column has no value, or as `fit_hierarchy`.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> spec = Hierarchy(kind="intervals", widths=(10,))
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 40), hierarchy=spec)
    >>> write_levels(age, Table.build(pd.DataFrame({"age": [17, 34, 3, None]}), Schema((age,))))
    b'3;< 10;*\r\n17;[10, 20);*\r\n34;[30, 40);*\r\n'
    """
    rows = _rows(column, table)
    if not rows:
        raise UserError(
            f"a levels file for {column.name!r} has one line per value",
            got="a column without any",
            do="Choose a column that holds values.",
        )
    return write_rows(rows)


def _rows(column: Column, table: Table) -> list[tuple[str, ...]]:
    """Return the lines: those of the column's own levels file as they stand, then one per value that it lacks."""
    fitted, values = fit_hierarchy(column, table), _values(column, table)
    spec = column.hierarchy
    own = spec.rows if spec is not None and spec.kind == "levels" else ()
    rows = [(*row[: fitted.levels], EVERYTHING) for row in own]
    listed = {row[0] for row in own}
    labels = [fitted.apply(values, level)[0].astype(str) for level in range(1, fitted.levels + 1)]
    for line in zip(cell_texts(values), *labels, strict=True):
        if line[0] not in listed:
            rows.append(tuple(str(cell) for cell in line))
    return rows


def _values(column: Column, table: Table) -> pd.Series[Any]:
    """Return each different value of the table once, in order, and the public categories."""
    cells = table.frame[column.name].dropna()
    if column.kind is Kind.DATE:
        return pd.Series(np.unique(cells.to_numpy().astype("datetime64[D]")).astype("datetime64[s]"))
    if column.kind is Kind.NUMERIC:
        return pd.Series(np.unique(cells.to_numpy(np.float64) + 0.0))
    present = list(cells.cat.remove_unused_categories().cat.categories.astype(str))
    known = set(column.categories or ())
    texts = [*(column.categories or ()), *(text for text in present if text not in known)]
    return pd.Series(pd.Categorical(texts, categories=pd.Index(texts, dtype=object)))
