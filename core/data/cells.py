"""What every reader hands over: raw cells as text, and findings about the file; and how much we take."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.data.table import Labels
from core.errors import UserError

MAX_BYTES = 100_000_000
"""The largest file, in bytes."""
MAX_ROWS = 1_000_000
"""The most rows."""
MAX_COLUMNS = 200
"""The most columns."""
MAX_CELLS = 50_000_000
"""The most cells: a packed file can hold far more than its size suggests."""
MAX_UNPACKED_BYTES = 1_000_000_000
"""What a packed file (xlsx, parquet) may take when unpacked, in bytes."""
LIMITS_TEXT = (
    f"CSV, TSV, Excel (.xlsx) or Parquet; at most {MAX_BYTES // 1_000_000} MB, {MAX_ROWS:,} rows "
    f"and {MAX_COLUMNS} columns."
)
"""The limits in one sentence, for the page."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was noticed while reading: plain language, never a cell.

    Parameters
    ----------
    level : {"info", "warning"}
        A warning asks somebody to look.
    column : str or None
        The column it is about, when it is one.
    text : str
        Whole sentences for somebody who knows no statistics.
    """

    level: Literal["info", "warning"]
    column: str | None
    text: str

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(kw_only=True)
class RawCells:
    """A file taken apart, before anything is repaired.

    Parameters
    ----------
    header : list of str
        What stands where the column names should be.
    columns : list of arrow arrays of text, one a column, all of one length.
    findings : list of Finding
    has_header : bool
        Whether the format itself says that the header is one (parquet does).
    """

    format: str
    header: list[str]
    columns: list[pa.ChunkedArray]
    findings: list[Finding] = field(default_factory=list)
    has_header: bool = False
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None


def info(text: str, column: str | None = None) -> Finding:
    """Return a finding that only informs."""
    return Finding(level="info", column=column, text=text)


def warning(text: str, column: str | None = None) -> Finding:
    """Return a finding that somebody should look at."""
    return Finding(level="warning", column=column, text=text)


def many(count: int, one: str, more: str | None = None) -> str:
    """Count something in words.

    >>> many(1, "row"), many(2500, "row"), many(2, "box", "boxes")
    ('1 row', '2,500 rows', '2 boxes')
    """
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def listed(names: list[str], most: int = 6) -> str:
    """Name columns, at most a few.

    >>> listed(["a", "b", "c"], most=2)
    "'a', 'b' and 1 more"
    """
    shown = ", ".join(f"'{short(name)}'" for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def short(name: str, most: int = 60) -> str:
    """Return a column name that fits into a sentence."""
    return name if len(name) <= most else name[: most - 1] + "…"


def check_size(rows: int, columns: int) -> None:
    """Refuse a table that is larger than the limits.

    Raises
    ------
    UserError
        Naming the limit.
    """
    if columns > MAX_COLUMNS:
        raise UserError(
            f"a table has at most {MAX_COLUMNS} columns",
            got=f"{columns:,} or more" if columns == MAX_COLUMNS + 1 else f"{columns:,}",
            do="Keep the columns that matter for the question.",
        )
    if rows > MAX_ROWS:
        raise UserError(
            f"a table has at most {MAX_ROWS:,} rows",
            got=f"{rows:,} or more" if rows == MAX_ROWS + 1 else f"{rows:,}",
            do="Draw a random sample of the people and upload that.",
        )
    if rows * columns > MAX_CELLS:
        raise UserError(
            f"a table has at most {MAX_CELLS:,} cells",
            got=f"{rows:,} rows of {columns} columns",
            do="Keep fewer columns, or draw a random sample of the people.",
        )


@dataclass(frozen=True, eq=False)
class Facts:
    """One column of text, taken apart once: its different values and where they stand.

    Parameters
    ----------
    values : arrow array of text
        The different values that are not missing, in order of appearance.
    counts : integer array, shape (values,)
        How many cells hold each.
    codes : integer array, shape (rows,)
        The position in `values` of each row's cell, -1 where it is missing.
    """

    values: pa.Array
    counts: Labels
    codes: Labels

    @staticmethod
    def of(column: pd.Series[Any]) -> Facts:
        """Take a column of a frame apart; cells that are not text are written as text first."""
        return Facts.of_texts(pa.array(_texts(column), pa.large_string(), from_pandas=True))

    @staticmethod
    def of_texts(array: pa.Array | pa.ChunkedArray) -> Facts:
        """Take an arrow array of text apart."""
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        coded = array.dictionary_encode()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        counts = np.bincount(codes[codes >= 0], minlength=len(coded.dictionary)).astype(np.int64)
        return Facts(coded.dictionary, counts, codes)

    @property
    def rows(self) -> int:
        """The number of cells."""
        return len(self.codes)

    @property
    def present(self) -> int:
        """The number of cells that are not missing."""
        return int(self.counts.sum())

    @property
    def missing(self) -> int:
        """The number of missing cells."""
        return self.rows - self.present

    @property
    def distinct(self) -> int:
        """The number of different values."""
        return len(self.counts)

    @property
    def share_unique(self) -> float:
        """The share of the cells that are not missing whose value no other cell has."""
        return float((self.counts == 1).sum() / self.present) if self.present else 0.0

    def matches(self, pattern: str) -> Labels:
        """Return for each different value whether it matches a whole pattern (RE2 syntax)."""
        found = pc.match_substring_regex(self.values, f"^(?:{pattern})$")
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)

    def cells(self, values: Labels) -> int:
        """Return how many cells hold one of these values (a mask)."""
        return int(self.counts[values].sum())

    def share(self, values: Labels) -> float:
        """Return the share of the cells that are not missing that hold one of these values (a mask)."""
        return self.cells(values) / self.present if self.present else 0.0

    def lines(self, values: Labels, most: int = 3) -> str:
        """Return the first lines of the file whose cell is one of these values (a mask); the header is line 1."""
        rows = np.flatnonzero(np.append(values, False)[self.codes])[:most]
        return ", ".join(str(row + 2) for row in rows)


def _texts(column: pd.Series[Any]) -> Any:
    """Return the cells as text, missing ones as None."""
    if isinstance(column.dtype, pd.StringDtype):
        return column
    if column.dtype.kind == "M":
        moments = column.astype("datetime64[s]") if getattr(column.dtype, "tz", None) is None else column
        return [None if pd.isna(v) else str(v).removesuffix(" 00:00:00") for v in moments]
    return [None if _absent(v) else _text(v) for v in column.tolist()]


def _absent(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)


def _text(value: Any) -> str:
    """Write one cell the way `Table` does, and yes/no values the way files do."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def fingerprint(content: bytes) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()
