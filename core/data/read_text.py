"""Reading delimited text: which encoding, which delimiter, and exactly which line is wrong."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

import pyarrow as pa

from core.data.cells import Finding, RawCells, check_size, info, many, warning
from core.errors import UserError

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
CHUNK = 20_000
SAMPLE = 200

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SHOWN = {"utf-8-sig": "UTF-8 with a byte order mark", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}


def read_text(content: bytes) -> RawCells:
    """Read csv, tsv and their relatives.

    Raises
    ------
    UserError
        For bytes that are no text, for quotation marks that do not close and for lines with too many fields; the
        message names the line, never what stands in it.
    """
    text, encoding, findings = decode(content)
    skipped = 0
    told = re.match(r'"?sep=([^\r\n"])"?(?:\r\n|\r|\n)', text, re.IGNORECASE)
    if told:
        text, skipped = text[told.end() :], 1
        findings.append(info("The first line only names the delimiter (a habit of Excel) and was left out."))
    if not text.strip(" \t\r\n\ufeff"):
        raise UserError("the file must hold a table", got="an empty file", do="Check the export and upload it again.")
    delimiter = told[1] if told else find_delimiter(text)
    header, columns = _columns(text, delimiter, skipped, findings)
    if len(header) > 1:
        findings.append(info(f"The fields are separated by {DELIMITERS.get(delimiter, 'the character it names')}."))
    return RawCells(
        format="tsv" if delimiter == "\t" and len(header) > 1 else "csv",
        header=header,
        columns=columns,
        findings=findings,
        delimiter=delimiter if len(header) > 1 else None,
        encoding=encoding,
    )


def decode(content: bytes) -> tuple[str, str, list[Finding]]:
    """Return the text, the name of its encoding, and findings when it is not plain UTF-8.

    >>> decode("a;b".encode("utf-16"))[:2]
    ('a;b', 'utf-16')
    """
    encoding = next((name for mark, name in _BOMS if content.startswith(mark)), None) or _utf16_without_mark(content)
    if encoding is not None:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            raise _broken(content[: error.start].count(b"\n") + 1, _SHOWN.get(encoding, encoding)) from None
        return _no_nul(text), encoding, [info(f"The file is written in {_SHOWN.get(encoding, encoding.upper())}.")]
    try:
        return _no_nul(content.decode("utf-8")), "utf-8", []
    except UnicodeDecodeError as error:
        damaged = content.decode("utf-8", errors="replace")
        broken = damaged.count("\ufffd")
        if (
            len(damaged) - len(damaged.encode("ascii", "ignore")) > 3 * broken
        ):  # mostly good: damage, not another encoding
            raise _broken(content[: error.start].count(b"\n") + 1, "UTF-8") from None
    try:
        text, encoding = content.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = content.decode("latin-1"), "latin-1"
    shown = "Windows-1252" if encoding == "cp1252" else "Latin-1"
    told = warning(
        f"The file is not in UTF-8; it was read as {shown} (Western European). If letters with accents look wrong, "
        "save it as 'CSV UTF-8' and upload it again."
    )
    return _no_nul(text), encoding, [told]


def _utf16_without_mark(content: bytes) -> str | None:
    """Text in UTF-16 has a zero byte at nearly every second place."""
    head = content[:2000]
    even, odd, half = head[::2].count(0), head[1::2].count(0), max(len(head) // 2, 1)
    if odd > 0.6 * half and even < 0.1 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * half and odd < 0.1 * half else None


def _no_nul(text: str) -> str:
    place = text.find("\0")
    if place >= 0:
        raise UserError(
            "the file must be a table: CSV, TSV, Excel (.xlsx) or Parquet",
            got=f"bytes that are no text in line {text.count(chr(10), 0, place) + 1}",
            do="Export the table as CSV and upload that.",
        )
    return text


def _broken(line: int, encoding: str) -> UserError:
    return UserError(
        f"a file that is written in {encoding} must be so to its end",
        got=f"damaged bytes in line {line}",
        do="Export the file again as 'CSV UTF-8'; a part of it may be cut off or come from another program.",
    )


def find_delimiter(text: str) -> str:
    r"""Return the character that splits the first lines into as many fields as the first of them has.

    Among those that do, the one with more fields; a header that none splits is a table of one column, and then the
    delimiter is one that splits no line.

    >>> find_delimiter("size;age\n3,5;4\n1,5;2"), find_delimiter("a note\nyes, but\n")
    (';', ';')
    """
    scores = []
    for place, delimiter in enumerate(DELIMITERS):
        try:
            lengths = [
                len(r) for r in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), SAMPLE) if r
            ]
        except csv.Error:
            continue
        if not lengths:
            continue
        fields, body = lengths[0], lengths[1:]
        agree = sum(n == fields for n in body) / len(body) if body else 1.0
        splits = fields > 1 and 2 * sum(n > 1 for n in body) >= len(body)
        scores.append((splits or _under_a_title(fields, body, delimiter), splits, agree, fields, -place))
    return list(DELIMITERS)[-max(scores)[4]] if scores else ","


def _under_a_title(fields: int, body: list[int], delimiter: str) -> bool:
    """Say whether the first line is one field and nearly all others are several, as many each: a title, no header."""
    if fields != 1 or not body:
        return False
    usual = max(set(body), key=body.count)
    return usual > (2 if delimiter == "," else 1) and body.count(usual) >= 0.9 * len(body)


def _columns(
    text: str, delimiter: str, skipped: int, findings: list[Finding]
) -> tuple[list[str], list[pa.ChunkedArray]]:
    """Return the header and the columns, every record checked for its number of fields."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    lines = _Lines(skipped)
    chunks: list[list[pa.Array]] = []
    rows = 0
    for chunk in _chunks(reader, lines, header):
        rows += len(chunk)
        check_size(rows, len(header))
        chunks.append([pa.array(cells, pa.string()) for cells in zip(*chunk, strict=True)])
    findings += lines.findings(len(header))
    columns = [pa.chunked_array([chunk[i] for chunk in chunks], pa.string()) for i in range(len(header))]
    return header, columns


class _Lines:
    """What was odd, and in which lines: kept as numbers only."""

    def __init__(self, skipped: int) -> None:
        self.skipped = skipped
        self.short: list[tuple[int, int]] = []
        self.long = 0
        self.blank = 0

    def findings(self, width: int) -> list[Finding]:
        """Say it."""
        found = []
        if self.short:
            first = ", ".join(f"line {line} has {fields}" for line, fields in self.short[:3])
            found.append(
                warning(
                    f"{many(len(self.short), 'line')} with fewer fields than the header, which has {width} ({first}): "
                    "the fields at the end were read as missing. If the line is broken, correct it."
                )
            )
        if self.long:
            found.append(info(f"Empty fields behind the last column were left out in {many(self.long, 'line')}."))
        if self.blank:
            found.append(info(f"{many(self.blank, 'blank line')} left out: a blank line is no row."))
        return found


def _chunks(reader: Iterator[list[str]], lines: _Lines, header: list[str]) -> Iterator[list[list[str]]]:
    """Yield lists of records of one length; the first record goes to `header`."""
    chunk: list[list[str]] = []
    width = held = 0  # `held` counts blank lines of a one-column table, which are cells unless they end the file
    try:
        for record in reader:
            if len(record) != width or not width:  # an empty line before the header is as long as no header
                if not width:
                    if not any(cell.strip() for cell in record):
                        lines.blank += 1
                        continue
                    header += record
                    width = len(header)
                    check_size(0, width)
                    continue
                if not record and width == 1:
                    held += 1
                    continue
                if not any(cell.strip() for cell in record) and len(record) < width:
                    lines.blank += 1
                    continue
                record = _fitted(record, width, _line(reader, record, lines), lines)
            while held:
                chunk.append([""])
                held -= 1
            chunk.append(record)
            if len(chunk) >= CHUNK:
                yield chunk
                chunk = []
    except csv.Error as error:
        line = getattr(reader, "line_num", 0) + lines.skipped
        long = "field limit" in str(error)
        raise UserError(
            "quotation marks must come in pairs around a whole field",
            got=f"a field in or before line {line} that {'never seems to end' if long else 'breaks this rule'}",
            do="Correct the quotation marks there, or export the file again with all text in quotation marks.",
        ) from None
    lines.blank += held
    if chunk:
        yield chunk


def _line(reader: Iterator[list[str]], record: list[str], lines: _Lines) -> int:
    """Return the line in which a record starts."""
    inside = sum(len(re.findall(r"\r\n|\r|\n", cell)) for cell in record)
    return int(getattr(reader, "line_num", 0)) - inside + lines.skipped


def _fitted(record: list[str], width: int, line: int, lines: _Lines) -> list[str]:
    """Bring a record to the width of the header, or refuse it."""
    if len(record) < width:
        lines.short.append((line, len(record)))
        return record + [""] * (width - len(record))
    if any(cell.strip() for cell in record[width:]):
        raise UserError(
            "every line must have as many fields as the header",
            got=f"line {line} has {len(record)} fields, the header has {width}",
            do="Put text that holds the delimiter into quotation marks, and let the first line name every column.",
        )
    lines.long += 1
    return record[:width]
