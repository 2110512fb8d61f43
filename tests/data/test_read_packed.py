"""Workbooks and parquet files are unpacked within limits, and what could be misread is refused."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from core.data import read_packed
from tests.reading import SECRET, parquet, read, refusal, rows_of, said, workbook

# Workbooks


def test_a_workbook_gives_values_as_text_with_iso_dates_and_zip_codes_as_shown():
    content = workbook(
        ["zip", "n", "x", "day", "moment", "yes", "clock"],
        [1234, 3.0, 2.5, dt.date(2020, 1, 2), dt.datetime(2020, 1, 2, 3, 4, 5), True, dt.time(3, 4)],
        [99999, 12, None, dt.datetime(1999, 12, 31), None, False, None],
        formats=[("A2", "00000"), ("A3", "00000")],
    )
    result = read(content, "people.xlsx")
    assert rows_of(result) == [
        ["01234", "3", "2.5", "2020-01-02", "2020-01-02 03:04:05", "true", "03:04:00"],
        ["99999", "12", None, "1999-12-31", None, "false", None],
    ]


def test_only_the_first_sheet_is_read_and_the_finding_says_so():
    result = read(workbook(["a"], ["x"], sheets=["second"]), "people.xlsx")
    assert result.sheet == "Sheet"
    assert "2 sheets" in said(result)
    assert "sheets" not in said(read(workbook(["a"], ["x"]), "people.xlsx"))


def test_a_workbook_named_csv_is_read_and_named():
    result = read(workbook(["a", "b"], ["x", 1]), "people.csv")
    assert result.format == "xlsx"
    assert any(f.level == "warning" and "Excel workbook" in f.text for f in result.findings)


def test_formulas_without_saved_results_are_refused_but_not_read_as_missing():
    assert "1 formula" in refusal(workbook(["a", "b"], [1, "=A2+1"]), "people.xlsx")


def test_formulas_with_saved_results_give_the_results():
    content = _with_sheet(workbook(["a"], [7]), lambda xml: xml.replace(b"<v>7</v>", b"<f>3+4</f><v>7</v>"))
    assert rows_of(read(content, "people.xlsx")) == [["7"]]


def test_a_formula_whose_saved_result_is_an_empty_text_is_an_empty_cell():
    saved = b'<c r="A2" t="str"><f>IF(B2,1,"")</f><v></v></c>'
    content = _with_sheet(workbook(["a", "b"], [7, 1]), lambda xml: xml.replace(b'<c r="A2" t="n"><v>7</v></c>', saved))
    assert rows_of(read(content, "people.xlsx")) == [[None, "1"]]


def test_empty_rows_of_a_sheet_are_treated_like_those_of_a_file():
    result = read(workbook([], ["a", "b"], [1, 2], [], [3, None], ["", None], []), "people.xlsx")
    assert rows_of(result) == [["1", "2"], [None, None], ["3", None]]
    assert "1 empty row above the header" in said(result)


def test_spreadsheet_errors_are_missing_and_named():
    result = read(workbook(["a", "b"], ["#DIV/0!", 1], [2, 3]), "people.xlsx")
    assert rows_of(result) == [[None, "1"], ["2", "3"]]
    assert "spreadsheet error" in said(result)


def test_an_empty_sheet_is_refused():
    assert "an empty sheet" in refusal(workbook(), "people.xlsx")


def _with_sheet(content, change):
    """Return a workbook with its sheet's XML changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part.startswith("xl/worksheets/") else data)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch):
    content = _with_sheet(
        workbook(["a"], ["x"]), lambda xml: xml.replace(b"</worksheet>", b" " * 3_000_000 + b"</worksheet>")
    )
    assert len(content) < 20_000
    monkeypatch.setattr(read_packed, "MAX_UNPACKED_BYTES", 2_000_000)
    assert "declares more" in refusal(content, "people.xlsx")


def test_a_workbook_with_a_document_type_is_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    content = _with_sheet(workbook(["a"], ["x"]), lambda xml: bomb + xml)
    assert "document type" in refusal(content, "people.xlsx")


def test_a_lone_cell_far_out_is_refused_as_too_many_columns():
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active["XFD2"] = SECRET
    out = io.BytesIO()
    book.save(out)
    assert "at most 200 columns" in refusal(out.getvalue(), "people.xlsx")


# Parquet


def test_parquet_gives_text_with_whole_numbers_iso_dates_and_missing_cells():
    table = pa.table(
        {
            "n": pa.array([1.0, None, float("nan")]),
            "x": [2.5, 0.1, -1.0],
            "day": pa.array([dt.datetime(2020, 1, 2), dt.datetime(1960, 1, 2), None]),
            "moment": pa.array([dt.datetime(2020, 1, 2, 3, 4, 5, 678), None, None], pa.timestamp("us")),
            "zip": ["01234", None, "?"],
            "code": pa.array(["u", "v", "u"]).dictionary_encode(),
            "yes": [True, False, None],
        }
    )
    result = read(parquet(table), "people.parquet")
    assert rows_of(result) == [
        ["1", "2.5", "2020-01-02", "2020-01-02 03:04:05", "01234", "u", "true"],
        [None, "0.1", "1960-01-02", None, None, "v", "false"],
        [None, "-1", None, None, None, "u", None],
    ]


def test_a_birthday_with_a_time_zone_stays_on_its_day():
    midnight = pd.Series(pd.to_datetime(["1987-03-04", "1987-07-04"])).dt.tz_localize("Europe/Berlin")
    table = pa.table({"born": pa.Array.from_pandas(midnight), "n": [1, 2]})
    assert read(parquet(table), "p.parquet").frame["born"].tolist() == ["1987-03-04", "1987-07-04"]


@pytest.mark.parametrize("cells", [[b"\x80\x04K\x01."], [[1, 2]], [{"a": 1}]])
def test_parquet_columns_that_could_hold_objects_are_refused_by_name(cells):
    assert "'blob'" in refusal(parquet({"ok": ["x"], "blob": cells}), "people.parquet")


def test_parquet_text_that_is_no_utf_8_is_refused():
    content = parquet({"name": ["Anna-Lena", "Bob"]})
    assert b"Anna-Lena" in content
    assert "cannot be read" in refusal(content.replace(b"Anna-Lena", b"Anna\x80Lena"), "people.parquet")


def test_a_small_parquet_file_with_a_gigabyte_of_repeated_text_is_refused():
    text = pa.array(["x" * 1_000_000]).dictionary_encode().take(pa.array(np.zeros(2_000, int)))
    content = parquet({"a": text})
    assert len(content) < 1_000_000
    assert "needs more" in refusal(content, "people.parquet")
