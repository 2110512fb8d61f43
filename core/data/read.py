"""Reading an uploaded table: every repair is named, no row is dropped silently, nothing is written to disk."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePath

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.data.cells import (
    LIMITS_TEXT,
    MAX_BYTES,
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_UNPACKED_BYTES,
    Facts,
    Finding,
    RawCells,
    check_size,
    fingerprint,
    info,
    listed,
    many,
    warning,
)
from core.data.form_findings import form_findings
from core.data.missing import MISSING_TOKENS, with_missing
from core.data.read_packed import read_parquet, read_xlsx
from core.data.read_text import read_text
from core.data.table_header import has_no_header, repaired_names
from core.errors import UserError

__all__ = [
    "LIMITS_TEXT",
    "MAX_BYTES",
    "MAX_CELLS",
    "MAX_COLUMNS",
    "MAX_ROWS",
    "MAX_UNPACKED_BYTES",
    "MISSING_TOKENS",
    "Finding",
    "ReadResult",
    "read_table",
]

_BLANKS = " \t\r\n\u00a0\u202f\ufeff"
_FORMAT_NAMES = {"csv": "a CSV file", "tsv": "a tab-separated file", "xlsx": "an Excel workbook", "parquet": "Parquet"}
_ENDINGS = {
    "csv": "csv",
    "tsv": "tsv",
    "tab": "tsv",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
    "parquet": "parquet",
    "pq": "parquet",
}
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls) or one with a password", "Save it as .xlsx without a password."),
    (b"%PDF", "a PDF file", "Export the table as CSV and upload that."),
    (b"\x1f\x8b", "a compressed file", "Unpack it and upload the table in it."),
    (b"BZh", "a compressed file", "Unpack it and upload the table in it."),
    (b"7z\xbc\xaf", "a compressed file", "Unpack it and upload the table in it."),
    (b"SQLite format 3", "a database file", "Export the table as CSV and upload that."),
    (b"\x80\x04\x95", "a file of Python objects", "Export the table as CSV and upload that."),
    (b"\x80\x05\x95", "a file of Python objects", "Export the table as CSV and upload that."),
    (b"ARROW1", "an Arrow file", "Write it as Parquet and upload that."),
    (b"PARE", "an encrypted Parquet file", "Write it without encryption."),
    (b"$FL2", "an SPSS file", "Export the table as CSV and upload that."),
    (b"<stata_dta>", "a Stata file", "Export the table as CSV and upload that."),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadResult:
    """A table as it stands in the file, and what had to be said about it.

    Parameters
    ----------
    frame : DataFrame
        Every cell as text, missing ones as NaN; columns in the order of the file, under repaired names.
    findings : tuple of Finding
        Warnings first.
    fingerprint : str
        SHA-256 of the bytes.
    format : {"csv", "tsv", "xlsx", "parquet"}
    delimiter, encoding : str or None
        For text files; the delimiter is None in a table of one column.
    decimal : {".", ","}
        The decimal mark of the table's numbers.
    sheet : str or None
        The sheet that was read, for a workbook.
    """

    frame: pd.DataFrame
    findings: tuple[Finding, ...]
    fingerprint: str
    format: str
    delimiter: str | None
    encoding: str | None
    decimal: str
    sheet: str | None


def read_table(name: str, content: bytes) -> ReadResult:
    r"""Read csv, tsv, xlsx or parquet; the content decides which, not the name.

    Parameters
    ----------
    name : str
        The file's name; only its ending is looked at.
    content : bytes
        The whole file. It stays in memory.

    Raises
    ------
    UserError
        For a file that is no such table, is damaged or is above the limits. The message says which line or column
        and what to do, and quotes no cell.

    Examples
    --------
    >>> read = read_table("people.csv", b"zip;size\n01234;3,5\n?;4,25\n")
    >>> read.delimiter, read.decimal, read.frame["zip"].tolist()
    (';', ',', ['01234', nan])
    >>> [str(finding) for finding in read.findings if finding.column == "zip"][0]
    "1 cell '?' was read as missing in 'zip'."
    """
    if len(content) > MAX_BYTES:
        raise UserError(
            f"a file may have {MAX_BYTES // 1_000_000} MB at most",
            got=f"{len(content) / 1_000_000:,.1f} MB",
            do="Leave out columns, draw a random sample of the people, or save it as Parquet.",
        )
    raw = _take_apart(content)
    found = [*_name_findings(name, raw), *raw.findings]
    columns = _trimmed(raw, found)
    header = [cell.strip(_BLANKS) for cell in raw.header]
    columns, header = _without_empty_ends(columns, header, found)
    if not raw.has_header:
        columns = _without_repeated_header(columns, header, found)
    if not raw.has_header and columns and has_no_header(header, columns):
        columns = [
            pa.chunked_array([pa.array([cell or None], pa.string()), *column.chunks], pa.string())
            for cell, column in zip(header, columns, strict=True)
        ]
        header = [""] * len(header)
        found.append(
            warning(
                "The file has no line with column names: its first line looks like data and was kept as a row. The "
                "columns are called 'column 1', 'column 2' and so on. If the first line does name the columns, "
                "give them names that are not numbers."
            )
        )
        names = repaired_names(header, [])
    else:
        names = repaired_names(raw.header[: len(header)], found)
    rows = len(columns[0]) if columns else 0
    if not rows:
        raise UserError("a table needs at least one row under its header", got="none", do="Check the export.")
    check_size(rows, len(columns))
    columns = with_missing(columns, names, found)
    frame = pa.table(dict(zip(names, columns, strict=True))).to_pandas()
    facts = {column: Facts.of(frame[column]) for column in names}
    forms, comma = form_findings(facts)
    found += forms
    _repeats_and_gaps(facts, rows, found)
    found.sort(key=lambda finding: finding.level != "warning")
    return ReadResult(
        frame=frame,
        findings=tuple(found),
        fingerprint=fingerprint(content),
        format=raw.format,
        delimiter=raw.delimiter,
        encoding=raw.encoding,
        decimal="," if comma else ".",
        sheet=raw.sheet,
    )


def _take_apart(content: bytes) -> RawCells:
    """Choose the reader by what the bytes are."""
    if not content.strip(b" \t\r\n\x00"):
        raise UserError("the file must hold a table", got="an empty file", do="Check the export and upload it again.")
    if content.startswith(b"PAR1"):
        return read_parquet(content)
    if content.startswith(b"PK\x03\x04"):
        if _is_workbook(content):
            return read_xlsx(content)
        raise _refused("a packed file that is no Excel workbook", "Unpack it, or save the table as .xlsx or CSV.")
    for start, what, do in _OTHERS:
        if content.startswith(start):
            raise _refused(what, do)
    head = content[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<table", b"<?xml")):
        raise _refused(
            "a web page or XML (often a login page, or an Excel export that is really HTML)",
            "Open it in a spreadsheet program and save it as .xlsx or CSV.",
        )
    if re.match(rb'\{\s*("|\}|\Z)|\[\s*(\{|\[\s*["\d\[])', head):
        raise _refused("JSON", "Export the table as CSV and upload that.")
    return read_text(content)


def _refused(what: str, do: str) -> UserError:
    return UserError("the file must be a table: CSV, TSV, Excel (.xlsx) or Parquet", got=what, do=do)


def _is_workbook(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return "xl/workbook.xml" in packed.namelist()
    except Exception:  # zipfile raises many kinds of error on damaged bytes; all of them mean that
        raise UserError(
            "a packed file must be complete", got="a damaged one", do="Save it again and upload the whole file."
        ) from None


def _name_findings(name: str, raw: RawCells) -> list[Finding]:
    ending = PurePath(name).suffix.lower().removeprefix(".")
    expected = _ENDINGS.get(ending)
    if expected in (None, raw.format) or (raw.delimiter is None and raw.encoding and expected in ("csv", "tsv")):
        return []
    text = f"The name ends in .{ending}, but the file is {_FORMAT_NAMES[raw.format]}; it was read as that."
    return [info(text) if {expected, raw.format} == {"csv", "tsv"} else warning(text)]


def _trimmed(raw: RawCells, found: list[Finding]) -> list[pa.ChunkedArray]:
    """Cut blanks around cells (two values that look alike must be one) and make empty cells missing."""
    columns, padded = [], []
    for place, column in enumerate(raw.columns):
        cut = pc.utf8_trim(column, characters=_BLANKS)
        if pc.any(pc.not_equal(cut, column)).as_py():
            padded.append(place)
        columns.append(pc.if_else(pc.equal(cut, ""), pa.scalar(None, pa.string()), cut))
    if padded:
        found.append(info(f"Blanks around the cells were cut off in {many(len(padded), 'column')}."))
    return columns


def _without_empty_ends(
    columns: list[pa.ChunkedArray], header: list[str], found: list[Finding]
) -> tuple[list[pa.ChunkedArray], list[str]]:
    """Leave out nameless empty columns at the right and empty rows at the bottom."""
    width = len(columns)
    while width > 1 and not header[width - 1] and columns[width - 1].null_count == len(columns[width - 1]):
        width -= 1
    if width < len(columns):
        found.append(info(f"{many(len(columns) - width, 'empty column')} without a name left out at the right."))
        columns, header = columns[:width], header[:width]
    if not columns or not len(columns[0]):
        return columns, header
    filled = columns[0].is_valid()
    for column in columns[1:]:
        filled = pc.or_(filled, column.is_valid())
    rows = len(filled)
    places = pc.indices_nonzero(filled)
    last = places[-1].as_py() + 1 if len(places) else 0
    if last < rows:
        found.append(info(f"{many(rows - last, 'empty row')} left out at the end."))
    inner = last - len(places)
    if inner:
        found.append(
            warning(f"{many(inner, 'row')} between the others with no cell filled in: kept, and counted as people.")
        )
    return [column.slice(0, last) for column in columns], header


def _without_repeated_header(
    columns: list[pa.ChunkedArray], header: list[str], found: list[Finding]
) -> list[pa.ChunkedArray]:
    """Leave out lines that repeat the header, as they do when files were put together."""
    if len(columns) < 2 or not len(columns[0]):
        return columns
    same = None
    for cell, column in zip(header, columns, strict=True):
        equal = pc.fill_null(pc.equal(column, cell), False) if cell else column.is_null()
        same = equal if same is None else pc.and_(same, equal)
        if not pc.any(same).as_py():
            return columns
    count = pc.sum(same).as_py()
    verb = "repeats" if count == 1 else "repeat"
    text = f"{many(count, 'line')} that only {verb} the column names left out: no rows of data."
    found.append(warning(text))
    return [column.filter(pc.invert(same)) for column in columns]


def _repeats_and_gaps(facts: dict[str, Facts], rows: int, found: list[Finding]) -> None:
    """Name columns that hold nothing."""
    nothing = [name for name, one in facts.items() if not one.present]
    if nothing:
        found.append(warning(f"No cell is filled in in {listed(nothing)}.", nothing[0] if len(nothing) == 1 else None))
    if rows < 20:
        found.append(warning(f"The table has {many(rows, 'row')} only: too few to measure a risk."))
