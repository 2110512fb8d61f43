"""Reading xlsx and parquet: unpacked within limits, formulas and special types refused rather than misread."""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.data.cells import MAX_CELLS, MAX_UNPACKED_BYTES, RawCells, check_size, info, many, warning
from core.errors import UserError

CHUNK = 20_000
MAX_SHEET_TEXT = 200_000_000
"""Characters in a sheet: twice what a text file may have."""
SHEET_ROWS = 1_048_576
"""What Excel itself can hold; a sheet that claims more was not written by it."""

_ERRORS = ("#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#GETTING_DATA", "#SPILL!", "#CALC!")
_UNSAVED = re.compile(rb"<c ([^>]*)>\s*<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")


def read_xlsx(content: bytes) -> RawCells:
    """Read the first sheet of a workbook: the values, never the formulas.

    Raises
    ------
    UserError
        For a file that unpacks to more than the limit, that is damaged, or whose formulas have no saved result.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_unpacked(packed)
            unsaved = sum(_unsaved_formulas(packed, name) for name in _sheets(packed)[:1])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            if not book.worksheets:
                raise UserError("the workbook must hold a sheet with a table", got="none", do="Check the export.")
            sheet = book.worksheets[0]
            raw = _sheet_cells(book, sheet)
    except UserError:
        raise
    except Exception:  # openpyxl raises whatever its parsers raise; all of it means that the file is damaged
        raise UserError(
            "an Excel file must be complete", got="a damaged workbook", do="Open it in Excel, save it again as .xlsx."
        ) from None
    if unsaved and sheet.title == book.sheetnames[0]:
        raise UserError(
            "formulas need their saved results",
            got=f"{many(unsaved, 'formula')} without one",
            do="Open the file in a spreadsheet program, save it there, and upload it again.",
        )
    raw.sheet = str(sheet.title)
    if len(book.worksheets) > 1:
        raw.findings.append(
            warning(f"The workbook has {len(book.worksheets)} sheets. Only the first, '{raw.sheet}', was read.")
        )
    return raw


def _check_unpacked(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    if sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise UserError(
            f"an Excel file may unpack to {MAX_UNPACKED_BYTES // 1_000_000:,} MB at most",
            got="one that declares more",
            do="Save the table as CSV and upload that.",
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            with packed.open(part) as handle:
                if b"<!DOCTYPE" in handle.read(1024):  # no spreadsheet program writes one; entity bombs need one
                    raise UserError("an Excel file has no document type", got="one", do="Save it again as .xlsx.")


def _sheets(packed: zipfile.ZipFile) -> list[str]:
    """Return the parts that hold sheets, the first sheet first (its usual name, else the first by number)."""
    names = [name for name in packed.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name)]
    return sorted(names, key=lambda name: [int(n) for n in re.findall(r"\d+", name)] or [1 << 30])


def _unsaved_formulas(packed: zipfile.ZipFile, name: str) -> int:
    """Count formulas without a result: they would be read as missing cells. An empty text is a result."""
    found, rest = 0, b""
    with packed.open(name) as handle:
        while block := handle.read(1 << 20):
            rest += block
            whole, _, rest = rest.rpartition(b"</row>")
            if b"<f" in whole:
                found += sum(b't="str"' not in match[1] for match in _UNSAVED.finditer(whole + b"</row>"))
            if len(rest) > 1 << 24:  # no row is that long
                break
    return found


def _sheet_cells(book: Any, sheet: Any) -> RawCells:
    sheet.reset_dimensions()  # some programs declare a wrong extent, and then cells would be left out
    # A zip code with the number format 00000 is a number that only looks like a code.
    padded = any(re.fullmatch(r"0{2,}", form) for form in book._number_formats)
    raw = RawCells(format="xlsx", header=[], columns=[])
    seen = _Seen()
    chunks: list[list[pa.Array]] = []
    for chunk in _sheet_rows(sheet.iter_rows(values_only=not padded), padded, seen):
        if not raw.header:
            raw.header = [cell or "" for cell in chunk.pop(0)]
        wide = [row + [None] * (seen.width - len(row)) for row in chunk]
        chunks.append([pa.array(cells, pa.string()) for cells in zip(*wide, strict=True)])
    if not raw.header:
        raise UserError("the first sheet must hold a table", got="an empty sheet", do="Move the table to the front.")
    raw.header += [""] * (seen.width - len(raw.header))
    parts = [
        [chunk[i] if i < len(chunk) else pa.nulls(len(chunk[0]), pa.string()) for chunk in chunks if chunk]
        for i in range(seen.width)
    ]
    raw.columns = [pa.chunked_array(part, pa.string()) for part in parts]
    if seen.above:
        raw.findings.append(info(f"{many(seen.above, 'empty row')} above the header left out."))
    if seen.errors:
        text = f"{many(seen.errors, 'cell')} with a spreadsheet error (such as #DIV/0!) read as missing."
        raw.findings.append(warning(text))
    return raw


class _Seen:
    """What was met on the way through a sheet: numbers only."""

    width = above = errors = letters = 0


def _sheet_rows(rows: Any, padded: bool, seen: _Seen) -> Iterator[list[list[str | None]]]:
    """Yield rows as text, without the empty cells at their end; stops at the limits, drops trailing empty rows."""
    chunk: list[list[str | None]] = []
    empty = kept = scanned = 0
    for number, row in enumerate(rows, start=1):
        scanned += len(row)
        if number > SHEET_ROWS or scanned > 4 * MAX_CELLS:
            raise UserError(
                "a sheet must fit the limits of Excel and of this page",
                got="one with far more places than cells",
                do="Save the table as CSV and upload that.",
            )
        cells = [_cell_text(cell, padded, seen) for cell in row]
        # A text that is packed once can stand in every cell: a small file may take gigabytes.
        seen.letters += sum(len(cell) for cell in cells if cell)
        if seen.letters > MAX_SHEET_TEXT:
            raise _too_much("an Excel file's cells", MAX_SHEET_TEXT)
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            empty += 1
            continue
        seen.width = max(seen.width, len(cells))
        if not kept:
            seen.above, empty = empty, 0
        chunk.extend([] for _ in range(empty))
        kept, empty = kept + empty + 1, 0
        chunk.append(cells)
        check_size(kept - 1, seen.width)
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _cell_text(cell: Any, padded: bool, seen: _Seen) -> str | None:
    """Write one cell as text: whole numbers without fraction, dates as ISO, errors as missing."""
    value = cell.value if padded else cell
    if value is None:
        return None
    if isinstance(value, str):
        if value in _ERRORS:
            seen.errors += 1
            return None
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(value)
        if padded and re.fullmatch(r"0{2,}", cell.number_format or ""):
            return text.zfill(len(cell.number_format))
        return text
    if isinstance(value, dt.datetime):
        day, time = value.date(), value.time().replace(microsecond=0)
        return day.isoformat() if time == dt.time() else f"{day.isoformat()} {time.isoformat()}"
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)


def read_parquet(content: bytes) -> RawCells:
    """Read a parquet file as text; nothing in it is ever executed or unpickled.

    Raises
    ------
    UserError
        For binary, nested and special columns, for a damaged file, and for one above the limits.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        schema = file.schema_arrow
        check_size(file.metadata.num_rows, len(schema))
        groups = [file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups)]
        if sum(groups) > MAX_UNPACKED_BYTES:
            raise _too_much("a parquet file", MAX_UNPACKED_BYTES)
        for column in schema:
            _check_type(column)
        # Read as dictionaries, a text that is repeated a million times takes its place once.
        texts = [column.name for column in schema if _is_text(column.type)]
        table = pq.ParquetFile(pa.BufferReader(content), read_dictionary=texts).read(use_threads=False)
        if sum(_unpacked(column) for column in table.columns) > MAX_UNPACKED_BYTES:
            raise _too_much("a parquet file", MAX_UNPACKED_BYTES)
        table.validate(full=True)  # broken UTF-8 would otherwise surface at any later step
        columns = [_parquet_text(column) for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, KeyError):
        raise UserError(
            "a parquet file must be complete and not encrypted",
            got="one that cannot be read",
            do="Write it again, or save the table as CSV.",
        ) from None
    return RawCells(format="parquet", header=list(schema.names), columns=columns, has_header=True)


def _too_much(what: str, limit: int) -> UserError:
    return UserError(
        f"{what} may unpack to {limit // 1_000_000:,} MB at most",
        got="one that needs more",
        do="Keep fewer columns, or draw a random sample of the people.",
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _check_type(column: pa.Field) -> None:
    """Refuse what is not a number, a text, a date or yes/no: its bytes could be a Python object."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    plain = (
        _is_text(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_time(kind)
        or pa.types.is_null(kind)
    )
    if not plain:
        raise UserError(
            "a parquet column must hold numbers, texts, dates or yes/no",
            got=f"binary, nested or special values in column {column.name!r}",
            do="Leave the column out, or write it as text.",
        )


def _unpacked(column: pa.ChunkedArray) -> int:
    """Return how many bytes a column takes as text."""
    total = 0
    for chunk in column.chunks:
        if isinstance(chunk, pa.DictionaryArray) and _is_text(chunk.type.value_type):
            lengths = pc.binary_length(chunk.dictionary)
            total += pc.sum(pc.cast(lengths.take(chunk.indices), pa.int64())).as_py() or 0
        else:
            total += chunk.nbytes
    return total


def _parquet_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write a column as text: whole numbers without fraction, dates as ISO, times of day to the second."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
        kind = column.type
    if pa.types.is_floating(kind):
        if kind == pa.float16():
            column = column.cast(pa.float32())
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if pa.types.is_timestamp(kind):
        seconds = pc.floor_temporal(column, unit="second").cast(pa.timestamp("s", kind.tz))
        # With a time zone, what a clock there showed: at midnight in UTC a birthday may still be the day before.
        column = seconds if kind.tz is None else pc.local_timestamp(seconds)
        days = column.cast(pa.date32(), safe=False)
        if pc.all(pc.equal(days.cast(pa.timestamp("s")), column)).as_py() is not False:
            column = days
    if pa.types.is_date(kind):
        column = column.cast(pa.date32())
    if pa.types.is_time(kind):
        column = column.cast(pa.time32("s"), safe=False)
    return column.cast(pa.string())
