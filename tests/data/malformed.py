"""Uploads as people and attackers make them, from a seed: truncated, mislabelled, bloated, half right."""

from __future__ import annotations

import gzip
import io
import pickle
import zipfile

import openpyxl
import pyarrow as pa

from tests.reading import parquet, workbook

SECRET = "Zeb"  # noqa: S105
"""How every cell begins that must not be quoted."""

NAMES = ("kunde", "town", "birth date", "pays")


def table(source, rows=None, width=4):
    """Return a header and rows with secrets in them."""
    rows = source.randint(2, 40) if rows is None else rows
    return [
        [f"{NAMES[i % 4]} {i}" for i in range(width)],
        *[[f"{SECRET}{source.randrange(10**6)}" for _ in range(width)] for _ in range(rows)],
    ]


def text(rows, delimiter=",", end="\n"):
    return end.join(delimiter.join(row) for row in rows) + end


def cut(source, content):
    return content[: source.randrange(1, len(content))]


def damaged(source, content, count):
    out = bytearray(content)
    for _ in range(count):
        out[source.randrange(len(out))] = source.randrange(256)
    return bytes(out)


def csv_cut(source):
    return "cut.csv", cut(source, text(table(source)).encode())


def xlsx_cut(source):
    return "cut.xlsx", cut(source, workbook(*table(source)))


def parquet_cut(source):
    head, *rows = table(source)
    return "cut.parquet", cut(source, parquet(dict(zip(head, zip(*rows, strict=True), strict=True))))


def csv_damaged(source):
    return "damaged.csv", damaged(source, text(table(source)).encode(), source.choice([1, 5, 50]))


def xlsx_damaged(source):
    return "damaged.xlsx", damaged(source, workbook(*table(source)), source.choice([1, 5, 50]))


def parquet_damaged(source):
    head, *rows = table(source)
    content = parquet(dict(zip(head, zip(*rows, strict=True), strict=True)))
    return "damaged.parquet", damaged(source, content, source.choice([1, 5, 50]))


def wrong_encoding(source):
    rows = [[cell + source.choice(["äß", "Ł", "山田", "ё"]) for cell in row] for row in table(source)]
    code = source.choice(["utf-16-le", "utf-16-be", "utf-32", "shift_jis", "koi8-r", "cp1252", "utf-7"])
    content = text(rows).encode(code, errors="replace")
    return "coded.csv", content[: len(content) - source.randrange(4)]


def marks(source):
    first = source.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff"])
    return "marked.csv", first * source.choice([1, 2]) + text(table(source)).encode()


def mark_in_the_middle(source):
    head, *rows = table(source)
    return "joined.csv", text([head, *rows]).encode() + b"\xef\xbb\xbf" + text([head, *rows]).encode()


def only_returns(source):
    return "mac.csv", text(table(source), end="\r").encode()


def mixed_ends(source):
    rows = [",".join(row) for row in table(source)]
    return "mixed.csv", "".join(row + source.choice(["\n", "\r\n", "\r", "\n\n"]) for row in rows).encode()


def unbalanced_quotes(source):
    rows = table(source)
    row = source.randrange(1, len(rows))
    rows[row][source.randrange(4)] = source.choice(['"' + SECRET, SECRET + '"x"', '""' + SECRET + '"', '"a"b"'])
    return "quotes.csv", text(rows).encode()


def wide(source):
    return "wide.csv", text(table(source, 1, 10_000)).encode()


def wide_parquet(source):
    head, row = table(source, 1, 1_000)
    return "wide.parquet", parquet({name: [cell] for name, cell in zip(head, row, strict=True)})


def one_row(source):
    rows = table(source, 1)
    return source.choice([("one.csv", text(rows).encode()), ("one.xlsx", workbook(*rows))])


def no_rows(source):
    head = table(source)[0]
    return source.choice(
        [
            ("none.csv", text([head]).encode()),
            ("none.xlsx", workbook(head)),
            ("none.parquet", parquet({name: pa.array([], pa.string()) for name in head})),
        ]
    )


def nothing(source):
    return "empty.csv", source.choice([b"", b" ", b"\n" * 100, b"\0" * 64, b"\xef\xbb\xbf", b",,,\n,,,\n", b'""\n""\n'])


def twice_the_name(source):
    head, *rows = table(source, width=6)
    name = source.choice([head[0], "", " ", "nan", "column 1"])
    return "double.csv", text([[name] * 5 + [head[0].upper()], *rows]).encode()


def nul_bytes(source):
    rows = table(source)
    rows[source.randrange(len(rows))][source.randrange(4)] += "\0" * source.choice([1, 9])
    return "nul.csv", text(rows).encode()


def mixed_kinds(source):
    kinds = [
        "12",
        "1.234,5",
        "1e999",
        "-inf",
        "nan",
        "31.02.2020",
        "2020-13-45",
        "yes",
        "٣",
        "½",
        "0x1F",
        "1_000",
        SECRET,
    ]
    head, *rows = table(source)
    return "kinds.csv", text([head, *[[source.choice(kinds) for _ in row] for row in rows]], ";").encode()


def formulas(source):
    rows = table(source)
    for row in rows[1:]:
        row[source.randrange(4)] = source.choice(["=1+1", "=cmd|' /C calc'!A0", "@SUM(A1)", "+1", '=HYPERLINK("x")'])
    return source.choice([("formula.csv", text(rows, ";").encode()), ("formula.xlsx", workbook(*rows))])


def huge_field(source):
    rows = table(source, 3)
    rows[2][1] = SECRET + "a" * source.choice([40_000, 200_000])
    return source.choice(
        [("long.csv", text(rows).encode()), ("long.parquet", parquet({"a": [rows[2][1]], "b": ["x"]}))]
    )


def long_names(source):
    head, *rows = table(source)
    head[0] = source.choice(["n" * 5_000, "<img src=x onerror=alert(1)>", "=1+1", "__proto__", "../../etc", "\x1b[31m"])
    return "names.csv", text([head, *rows]).encode()


def ragged(source):
    rows = table(source)
    rows[source.randrange(1, len(rows))] += [SECRET] * source.randint(1, 300)
    rows[source.randrange(1, len(rows))][2:] = []
    return "ragged.csv", text(rows).encode()


def signs(source):
    cells = ["\x1b[2J", "\u202e" + SECRET, "\u0000".replace("\0", "\x01"), "\ufffe", "👩‍👩‍👧", "a\u0301", "\x7f"]
    head, *rows = table(source)
    return "signs.csv", text([head, *[[source.choice(cells) for _ in row] for row in rows]]).encode()


def nested(source):
    cells = source.choice(
        [
            pa.array([[SECRET], [SECRET, "b"]]),
            pa.array([{"a": SECRET}, {"a": "b"}]),
            pa.array([[(SECRET, 1)], []], pa.map_(pa.string(), pa.int64())),
            pa.array([SECRET.encode(), pickle.dumps({"a": 1})], pa.binary()),
            pa.array([1, 2], pa.duration("s")),
        ]
    )
    return "nested.parquet", parquet({"kunde": ["a", "b"], "inner": cells})


def same_names_in_parquet(source):
    columns = [pa.array([f"{SECRET}{source.random()}", "b"]), pa.nulls(2), pa.array([1.5, None])]
    return "same.parquet", parquet(pa.Table.from_arrays(columns, names=source.choice([["a", "a", "a"], ["", "", "b"]])))


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


def macros(source):
    parts = parts_of(workbook(*table(source)))
    parts["xl/vbaProject.bin"] = source.randbytes(2_000)
    kind = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    usual = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(usual, kind)
    return "macro.xlsm", packed(parts)


def hidden_sheet(source):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in table(source):
        book.active.append(row)
    book.active.sheet_state = source.choice(["hidden", "veryHidden"])
    book.create_sheet("shown").append(["nothing"])
    book.save(out)
    return "hidden.xlsx", out.getvalue()


def missing_part(source):
    parts = parts_of(workbook(*table(source)))
    parts.pop(source.choice([name for name in parts if name != "xl/workbook.xml"]))
    return "part.xlsx", packed(parts)


def deep_xml(source):
    parts = parts_of(workbook(*table(source, 2)))
    sheet = "xl/worksheets/sheet1.xml"
    depth = source.choice([1_000, 20_000])
    parts[sheet] = parts[sheet].replace(b"<sheetData>", b"<x>" * depth + b"</x>" * depth + b"<sheetData>")
    return "deep.xlsx", packed(parts)


def bomb(source):
    parts = parts_of(workbook(*table(source, 2)))
    sheet = "xl/worksheets/sheet1.xml"
    room = source.choice([20, 40]) * 1_000_000
    place = source.choice([b"<sheetData>", b"</sheetData>", b"</row>"])
    parts[sheet] = parts[sheet].replace(place, b" " * room + place, 1)
    return "bomb.xlsx", packed(parts)


def bomb_that_lies(source):
    content = bytearray(bomb(source)[1])
    # The directory at the end declares how large each part becomes.
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        size = source.choice([10, 2_000_000_000])
        content[place + 24 : place + 28] = size.to_bytes(4, "little")
        place = content.find(b"PK\x01\x02", place + 4)
    return "lies.xlsx", bytes(content)


def one_text_everywhere(source):
    """Return a small workbook whose one long text stands in so many cells that they take gigabytes."""
    parts = parts_of(workbook(["kunde", "note"], [SECRET, "x"]))
    long = source.choice([30_000, 200_000])
    items = f"<si><t>{'a' * 9}</t></si><si><t>{SECRET + 'b' * long}</t></si>"
    parts["xl/sharedStrings.xml"] = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">' + items + "</sst>"
    ).encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    named = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", named)
    cells = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{c}{r}" t="s"><v>{int(r > 1)}</v></c>' for c in "AB") + "</row>"
        for r in range(1, 25_000)
    )
    parts["xl/worksheets/sheet1.xml"] = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + cells
        + "</sheetData></worksheet>"
    ).encode()
    return "everywhere.xlsx", packed(parts)


def wrong_ending(source):
    rows = table(source)
    contents = [text(rows).encode(), workbook(*rows), parquet({"a": ["x", "y"]}), text(rows, "\t").encode()]
    return "table." + source.choice(["csv", "xlsx", "parquet", "png", "", "exe"]), source.choice(contents)


def something_else(source):
    body = text(table(source)).encode()
    return "table.csv", source.choice(
        [
            b"%PDF-1.7\n" + body,
            b"<!doctype html><table><tr><td>" + body,
            b'[{"a": "' + body[:20] + b'"}]',
            gzip.compress(body),
            pickle.dumps([1, body]),
            packed({"table.csv": body}),
            b"PK\x03\x04" + body,
            b"\xd0\xcf\x11\xe0" + body,
            b"\x89PNG\r\n\x1a\n" + body,
        ]
    )


def noise(source):
    return "noise" + source.choice([".csv", ".xlsx", ".parquet"]), source.randbytes(source.choice([1, 100, 20_000]))


KINDS = (
    csv_cut, xlsx_cut, parquet_cut, csv_damaged, xlsx_damaged, parquet_damaged, wrong_encoding, marks,
    mark_in_the_middle, only_returns, mixed_ends, unbalanced_quotes, wide, wide_parquet, one_row, no_rows, nothing,
    twice_the_name, nul_bytes, mixed_kinds, formulas, huge_field, long_names, ragged, signs, nested,
    same_names_in_parquet, macros, hidden_sheet, missing_part, deep_xml, wrong_ending, something_else, noise,
    bomb, bomb_that_lies, one_text_everywhere,
)  # fmt: skip
HEAVY = (bomb, bomb_that_lies, one_text_everywhere, deep_xml, wide)
