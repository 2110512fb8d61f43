"""The text of a released table: what each cell says, in which order rows stand, and reading it back."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table
from core.errors import UserError

SEPARATORS = {".csv": ",", ".tsv": "\t", ".txt": "\t"}
"""Ending of a file -> what stands between cells."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True, eq=False)
class Written:
    """A table as it leaves the room.

    Parameters
    ----------
    content : bytes
        UTF-8 text with a header line.
    columns : tuple of str
    order : integer array
        For each line the position of its row in the protected table.
    withheld : tuple of (column, reason)
        Columns of the protected table that stay inside.
    formulas : int
        Cells (and names of columns) that a spreadsheet would read as a formula.
    excel_safe : bool
        Whether those have an apostrophe in front; else they are written as they are.
    """

    content: bytes
    columns: tuple[str, ...]
    order: Labels
    withheld: tuple[tuple[str, str], ...]
    formulas: int
    excel_safe: bool


def write(rows: Table, original: Schema, ending: str = ".csv", excel_safe: bool = False, codes: bool = True) -> Written:
    r"""Return the protected rows as text, columns in the order of the original table, rows sorted by what they say.

    The order of a table can identify people (sorted by name, by day of admission), so the released order depends on
    the released text alone. Ignored columns stay inside. Codes that a mask put in place of names leave only if every
    code is another one: equal codes would tell which rows are one person's, and no attack of ours was given that. With
    `codes` false none leave.

    Raises
    ------
    UserError
        For an ending that is none of csv, tsv and txt, and when no column is left.

    Examples
    --------
    >>> from core.data.schema import Column
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),))
    >>> write(Table.build(pd.DataFrame({"age": [40, 25.5, None]}), schema), schema).content
    b'age\n""\n25.5\n40\n'
    """
    if ending.lower() not in SEPARATORS:
        raise UserError("a release is written as csv or tsv", got=repr(ending), do="Let the file end in .csv or .tsv.")
    withheld = [(name, reason) for name in rows.schema.names if (reason := _stays(rows, original, name, codes))]
    inside = {name for name, _ in withheld}
    columns = tuple(n for n in original.names if n in rows.schema and n not in inside)
    if not columns:
        raise UserError("a release needs a column", got="none that may leave", do="Change the roles or the recipe.")
    texts = [_texts(rows, name, excel_safe) for name in columns]
    order = np.lexsort([pd.factorize(column, sort=True)[0] for column in reversed(texts)])
    handle = _Lines()
    writer = csv.writer(handle, delimiter=SEPARATORS[ending.lower()], lineterminator="\r\n")
    writer.writerow([_guarded(name) if excel_safe else name for name in columns])
    writer.writerows(zip(*(column[order] for column in texts), strict=True))
    formulas = sum(_formulas(rows, name) for name in columns)
    return Written(
        content="".join(handle.lines).encode("utf-8", "surrogatepass"),
        columns=columns,
        order=order,
        withheld=tuple(withheld),
        formulas=formulas,
        excel_safe=excel_safe,
    )


class _Lines:
    """Takes lines that end in CR LF, for which the csv module quotes cells with either mark, and ends them in LF."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Take one line."""
        self.lines.append(line.removesuffix("\r\n") + "\n")


def _texts(rows: Table, name: str, excel_safe: bool) -> Labels:
    """Return the cells of a column as they are written."""
    cells = rows.frame[name]
    if not excel_safe or not isinstance(cells.dtype, pd.CategoricalDtype):
        return cell_texts(cells)  # a negative number is no formula
    codes, texts = pd.factorize(cell_texts(cells))
    return np.array([_guarded(text) for text in texts], dtype=object)[codes]


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULAS) else text


def _formulas(rows: Table, name: str) -> int:
    """Return how many cells of a column, and its name, a spreadsheet would run."""
    cells = rows.frame[name]
    found = int(name.startswith(_FORMULAS))
    if isinstance(cells.dtype, pd.CategoricalDtype):
        found += int(cells.isin([text for text in cells.cat.categories if str(text).startswith(_FORMULAS)]).sum())
    return found


def _stays(rows: Table, original: Schema, name: str, leave: bool) -> str | None:
    """Return why a column of the protected rows stays inside, or None."""
    if original[name].role is Role.IGNORED:
        return "it has the role 'ignored'"
    if rows.schema[name].role is not Role.IGNORED:
        return None
    if not leave:
        return "the recipe drops what names people, and codes in its place"
    codes = rows.frame[name].dropna()
    if codes.is_unique and rows.schema.person_id != name:
        return None
    if rows.people == len(rows) and codes.is_unique:
        return None
    return "its codes repeat and would tell which rows belong together; no attack was measured with them"


def cell_texts(cells: pd.Series[Any]) -> Labels:
    """Return what each cell says in the file: whole numbers without a fraction, ISO dates, nothing where missing.

    >>> cell_texts(pd.Series([1.0, 2.5, float("nan"), -0.0, 1e20])).tolist()
    ['1', '2.5', '', '0', '100000000000000000000']
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        names = np.array([*(str(value) for value in cells.cat.categories), ""], dtype=object)
        return names[cells.cat.codes.to_numpy()]
    codes, values = pd.factorize(cells)
    if cells.dtype.kind == "M":
        moments = np.asarray(values).astype("datetime64[s]")
        days = moments.astype("datetime64[D]")
        found = [str(moment) for moment in (days if np.array_equal(days, moments) else moments)]
    else:
        found = [str(int(value)) if float(value).is_integer() else repr(float(value)) for value in values]
    return np.array([*found, ""], dtype=object)[codes]


def read_back(written: Written, rows: Table, ending: str = ".csv") -> Table:
    """Return the released table as somebody reads it from the file, with the true persons behind its rows.

    Numbers and dates whose cells were not changed are read as such; everything else is text. The persons are not in
    the file: the verification counts people, and needs to know which rows are one person's.

    Raises
    ------
    UserError
        When the file does not say, cell by cell, what the table says; the cells are counted.
    """
    text = written.content.decode("utf-8", "surrogatepass")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=SEPARATORS[ending.lower()]))
    names, cells = written.columns, lines[1:]
    if wrong := _unlike(written, rows, lines):
        raise UserError("a file must say what the table says", got=f"{wrong:,} that read otherwise", do="Tell us.")
    frame = pd.DataFrame(cells, columns=names, dtype=object).replace("", None)
    columns = [_plain(rows.schema[name]) for name in names]
    person = next(n for n in ("person", *(f"person {i}" for i in range(len(names) + 1))) if n not in names)
    frame[person] = rows.persons[written.order].astype(str)
    schema = Schema((*columns, Column(name=person, kind=Kind.TEXT, role=Role.IGNORED)), person)
    if not len(frame):
        return Table(pd.DataFrame({c.name: pd.Categorical([]) for c in schema.columns}), schema)
    return Table.build(frame, schema)


def _unlike(written: Written, rows: Table, lines: list[list[str]]) -> int:
    """Return how many cells (or whole lines) of the file are not those of the table."""
    names = [_guarded(name) if written.excel_safe else name for name in written.columns]
    if lines[0] != names or len(lines) - 1 != len(rows):
        return max(len(lines) - 1, len(rows), 1)
    if odd := sum(len(line) != len(written.columns) for line in lines):
        return odd
    found = zip(*lines[1:], strict=True)
    meant = (_texts(rows, name, written.excel_safe)[written.order] for name in written.columns)
    return sum(sum(a != b for a, b in zip(read, text, strict=True)) for read, text in zip(found, meant, strict=False))


def _plain(column: Column) -> Column:
    """Return a column as the file has it; a hierarchy is kept, because a distance of t may need it."""
    return replace(column, bounds=None)
