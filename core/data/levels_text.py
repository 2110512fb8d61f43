"""Levels files as text: what ARX users have, read with the line of every mistake, and written to be read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from core.errors import UserError

DELIMITERS = (";", "\t", ",")
"""In the order of preference: ARX writes semicolons, and group names like "Married, living apart" hold commas."""

Rows = tuple[tuple[str, ...], ...]


def read_levels_text(text: str | bytes) -> Rows:
    r"""Read a levels file: one row per value, the value first, then its group at each level; no header.

    Cells are separated by whichever of semicolons, tabs and commas splits the most lines. Quotes, empty lines and a
    byte order mark are read as usual; nothing is trimmed, since values match as text.

    Raises
    ------
    UserError
        Naming the line: other bytes than text, a quote that does not close, lines of different lengths, a value
        twice, a group that lies in two larger groups. What stands in the line is never quoted.

    Examples
    --------
    >>> read_levels_text("17;<20;*\n34;<40;*")
    (('17', '<20', '*'), ('34', '<40', '*'))
    >>> try: read_levels_text("a;x;*\nb;x")
    ... except UserError as error: print(error.got)
    2 in line 2 and 3 in line 1

    References
    ----------
    ARX, Data anonymization tool, arx.deidentifier.org: "Hierarchies" (import and export as CSV).
    """
    if isinstance(text, bytes):
        from core.data.read_text import decode  # here, since it needs the table and so the schema, which reads levels

        text = decode(text)[0]
    found, failed = {}, None
    for delimiter in DELIMITERS:
        try:
            found[delimiter] = _split(text.removeprefix("\ufeff"), delimiter)
        except UserError as error:
            failed = failed or error
    told = {delimiter: sum(len(cells) > 1 for _, cells in lines) for delimiter, lines in found.items()}
    best = max(told, key=lambda delimiter: told[delimiter], default="")
    if not told or (failed and not told[best]):
        raise failed or _nothing()
    lines = found[best]
    first, width = lines[0][0], len(lines[0][1])
    if not told[best]:
        raise UserError(
            "a line of a levels file holds a value and its group at each level",
            got=f"a single cell in line {first}",
            do="Separate the cells by semicolons: value;group;larger group.",
        )
    if other := next(((number, len(cells)) for number, cells in lines if len(cells) != width), None):
        raise UserError(
            "every line of a levels file has as many cells as the first",
            got=f"{other[1]} in line {other[0]} and {width} in line {first}",
            do="Correct the line.",
        )
    return _checked(lines)


def write_rows(rows: Iterable[tuple[str, ...]]) -> bytes:
    r"""Write a levels file that `read_levels_text` and ARX read back unchanged: UTF-8, semicolons, no header.

    Nothing is put before cells that begin with =, +, - or @, as in files that are made for spreadsheets: a levels
    file matches values as text, and "'-5" is not "-5". Open it in ARX or in a text editor.

    >>> write_rows([("a;b", "-5", "*")])
    b'"a;b";-5;*\r\n'
    """
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    text = out.getvalue()
    # A value may itself begin with a byte order mark: the reader takes one away.
    return text.encode("utf-8-sig" if text.startswith("\ufeff") else "utf-8", "surrogatepass")


def _split(content: str, delimiter: str) -> list[tuple[int, tuple[str, ...]]]:
    """Return each line's number and cells; a cell may run over several lines."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    found, number = [], 1
    try:
        for cells in reader:
            if cells:
                found.append((number, tuple(cells)))
            number = reader.line_num + 1
    except csv.Error:
        raise UserError(
            "the quotation marks of a levels file must close before the next cell",
            got=f"one in line {number} that does not",
            do="Double a quotation mark that belongs to the text.",
        ) from None
    if not found:
        raise _nothing()
    return found


def _nothing() -> UserError:
    return UserError(
        "a levels file has one line per value: the value, then its group at each level",
        got="an empty file",
        do="Check the export and upload it again.",
    )


def _checked(lines: list[tuple[int, tuple[str, ...]]]) -> Rows:
    """Refuse repeated values, and groups that lie in two larger ones."""
    seen: dict[str, int] = {}
    above: list[dict[str, tuple[str, int]]] = [{} for _ in lines[0][1]]
    for number, cells in lines:
        if (earlier := seen.setdefault(cells[0], number)) != number:
            raise UserError(
                "a levels file names each value once",
                got=f"the value of line {earlier} again in line {number}",
                do="Remove one of the lines.",
            )
        for level in range(1, len(cells) - 1):
            parent, earlier = above[level].setdefault(cells[level], (cells[level + 1], number))
            if parent != cells[level + 1]:
                raise UserError(
                    "in a levels file each group belongs to one larger group",
                    got=f"the group of level {level} of line {number} in another group of level {level + 1} than in "
                    f"line {earlier}",
                    do="Correct one of the lines.",
                )
    return tuple(cells for _, cells in lines)
