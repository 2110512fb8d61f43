"""Limits hold, what was written comes back, and damaged files never crash."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data import cells as limits
from core.data.read import LIMITS_TEXT, MISSING_TOKENS, Finding, read_table
from core.data.samples import SAMPLES, load_sample
from core.data.schema import Schema
from core.errors import UserError
from tests.reading import parquet, read, refusal, rows_of, workbook


def test_the_limits_are_said_and_kept(monkeypatch):
    assert "100 MB" in LIMITS_TEXT
    assert "1,000,000 rows" in LIMITS_TEXT
    assert "200 columns" in LIMITS_TEXT
    wide = ",".join(f"c{i}x" for i in range(201)) + "\n" + "1," * 200 + "1\n"
    assert "at most 200 columns" in refusal(wide)
    assert "at most 200 columns" in refusal(parquet({f"c{i}": [1] for i in range(201)}))
    monkeypatch.setattr(limits, "MAX_ROWS", 3)
    assert read("a,b\n" + "1,2\n" * 3).frame.shape == (3, 2)
    assert "at most 3 rows" in refusal("a,b\n" + "1,2\n" * 4)
    assert "at most 3 rows" in refusal(workbook(["a"], *[[1]] * 4), "p.xlsx")
    assert "at most 3 rows" in refusal(parquet({"a": [1] * 4}), "p.parquet")
    monkeypatch.setattr("core.data.read.MAX_BYTES", 10)
    assert "MB at most" in refusal("a,b\n" + "1,2\n" * 3)


def test_findings_put_warnings_first_and_read_as_text():
    found = read("a;a\n1;?\n").findings
    assert [f.level for f in found] == sorted([f.level for f in found], reverse=True)
    assert str(Finding(level="info", column=None, text="Yes.")) == "Yes."


def test_the_fingerprint_is_that_of_the_bytes():
    one, same, other = read("a,b\n1,2\n"), read("a,b\n1,2\n", "x.txt"), read("a,b\n1,2\n\n")
    assert one.fingerprint == same.fingerprint != other.fingerprint


@pytest.mark.parametrize("key", SAMPLES)
def test_the_samples_hold_the_cells_that_their_own_loader_reads(key):
    sample, table = SAMPLES[key], load_sample(key)
    result = read_table(sample.table.name, sample.table.read_bytes())
    assert list(result.frame.columns) == list(Schema.load(sample.schema).names)
    assert len(result.frame) == len(table)
    for name in table.schema.names:
        column = table.frame[name]
        assert (result.frame[name].isna().to_numpy() == column.isna().to_numpy()).all()
        if isinstance(column.dtype, pd.CategoricalDtype):
            assert (result.frame[name].fillna("") == column.astype(object).fillna("")).all(), name


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
ROWS = st.integers(1, 4).flatmap(lambda w: st.lists(st.lists(CELL, min_size=w, max_size=w), min_size=1, max_size=6))
CUT = " \t\r\n\u00a0\u202f\ufeff"


def expected(rows):
    """What is left of the cells: blanks cut, marks missing, empty rows at the end gone."""
    cut = [[cell.strip(CUT) for cell in row] for row in rows]
    while cut and not any(cut[-1]):
        cut.pop()
    return [[None if cell in ("", *MISSING_TOKENS) else cell for cell in row] for row in cut]


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_csv_that_was_written_comes_back_cell_by_cell(rows, delimiter, encoding):
    out = io.StringIO(newline="")
    names = [f"heading {letter}" for letter in "abcd"[: len(rows[0])]]
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    if not expected(rows):
        assert "at least one row" in refusal(out.getvalue().encode(encoding))
        return
    result = read(out.getvalue().encode(encoding))
    wanted = expected(rows)
    if "-" in result.frame.to_numpy():  # kept among plus signs only
        wanted = [
            ["-" if c.strip(CUT) == "-" and w is None and g == "-" else w for c, w, g in zip(*r, strict=True)]
            for r in zip(rows, wanted, rows_of(result), strict=False)
        ]
    assert list(result.frame.columns) == names
    assert rows_of(result) == wanted


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_a_parquet_file_that_was_written_comes_back_cell_by_cell(rows):
    columns = {f"heading {i}": [row[i] for row in rows] for i in range(len(rows[0]))}
    if expected(rows) and not any(cell in ("+", "++", "-") for row in rows for cell in row):
        assert rows_of(read(parquet(columns))) == expected(rows)


BASES = [
    b"name;age;born\nAnn;3,5;31.12.1999\nBob;4;1.2.2000\n",
    workbook(["name", "age"], ["Ann", 3], ["Bob", dt.date(2020, 1, 2)]),
    parquet({"name": ["Ann", "Bob"], "age": [3, 4]}),
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BASES), st.data())
def test_damaged_files_are_read_or_refused_but_never_crash(base, data):
    content = bytearray(base)
    for place in data.draw(st.lists(st.integers(0, len(base) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(base)))
    for damaged in (bytes(content), base[:cut]):
        try:
            rows = len(read(damaged).frame)
        except UserError as refused:
            rows, text = 1, str(refused)
        else:
            text = ""
        assert rows >= 1
        assert "Ann" not in text


def test_an_empty_line_before_the_header_is_no_row():
    for start in (b"\r", b"\n", b"\r\n\r\n"):
        frame = read_table("x.csv", start + b"name;age\nAnn;3\nBob;4\n").frame
        assert frame.shape == (2, 2), start
        assert list(frame.columns) == ["name", "age"]
