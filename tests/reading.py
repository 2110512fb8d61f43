"""Making small files and reading them, for the tests of reading."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.read import read_table
from core.errors import UserError

SECRET = "Zebulon"  # noqa: S105
"""A cell that must never show up in what we say."""


def read(content, name="people.csv"):
    return read_table(name, content.encode() if isinstance(content, str) else content)


def rows_of(result):
    return [[None if pd.isna(v) else v for v in row] for row in result.frame.itertuples(index=False)]


def said(result):
    return " | ".join(str(finding) for finding in result.findings)


def refusal(content, name="people.csv"):
    with pytest.raises(UserError) as caught:
        read(content, name)
    assert SECRET not in str(caught.value)
    return str(caught.value)


def workbook(*rows, sheets=(), formats=()):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, form in formats:
        book.active[place].number_format = form
    for title in sheets:
        book.create_sheet(title)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def parquet(table):
    out = io.BytesIO()
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), out)
    return out.getvalue()
