"""Numbers and dates are read as they are written in many countries, or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.cells import Facts
from core.data.forms import Customs, customs_of, read_dates, read_numbers


def facts(*texts):
    return Facts.of(pd.Series(texts, dtype="str"))


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (("1", "-2.5", "+3", ".5", "1e3", "−4"), [1, -2.5, 3, 0.5, 1000, -4]),
        (("3,5", "-0,25", "1.234,5", "1 234,5", "12"), [3.5, -0.25, 1234.5, 1234.5, 12]),
        (("1,234.50", "1'000.25", "7"), [1234.5, 1000.25, 7]),
        (("0,125", "1,250"), [0.125, 1.25]),
        (("1.234.567", "1.234"), [1234567, 1234]),
    ],
)
def test_numbers_are_read_by_the_clear_cells_of_their_column(texts, values):
    found = read_numbers(facts(*texts), Customs())
    assert found.good.all()
    assert found.numbers.tolist() == values
    assert not found.unclear


def test_an_unclear_column_follows_the_clear_ones():
    german = customs_of([facts("3,5", "2,25"), facts("1.234")])
    assert german.decimal_comma
    assert read_numbers(facts("1.234"), german).numbers.tolist() == [1234]
    assert read_numbers(facts("1.234"), Customs()).numbers.tolist() == [1.234]
    assert read_numbers(facts("1,234"), Customs()).unclear
    assert not customs_of([facts("3,5"), facts("3.5")]).decimal_comma


@pytest.mark.parametrize("text", ["inf", "nan", "1_000", "0x1F", "1,23,4", "12a", "", "1e400", "٣", "--1"])
def test_what_is_no_plain_number_is_none(text):
    assert not read_numbers(facts(text), Customs()).good.any()


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2024/2/9", "2024-02-09"),
        ("29.02.2024", "2024-02-29"),
        ("31/12/1999 23:59", "1999-12-31T23:59"),
        ("12/31/1999 1:05 PM", "1999-12-31T13:05"),
        ("12/31/1999 12:05 am", "1999-12-31T00:05"),
        ("2024-01-02T03:04:05.678Z", "2024-01-02T03:04:05"),
        ("2024-01-02 03:04:05+02:00", "2024-01-02T03:04:05"),
        ("3. März 1999", "1999-03-03"),
        ("03-Dec-1999", "1999-12-03"),
        ("Jul 4, 1999", "1999-07-04"),
        ("1er", None),
        ("4 juillet 1999", "1999-07-04"),
        ("4 juin 1999", "1999-06-04"),
        ("4 de enero de 1999", "1999-01-04"),
        ("9999-12-31", "9999-12-31"),
        ("0001-01-01", "0001-01-01"),
        ("2023-02-29", None),
        ("31.04.2024", None),
        ("2024-13-01", None),
        ("01.02.20", None),
        ("2024-01-02 25:00", None),
        ("12/31/1999 13:05 PM", None),
        ("4 foos 1999", None),
        ("20240131", None),
    ],
)
def test_dates_are_read_when_they_are_in_the_calendar(text, date):
    found = read_dates(facts(text), Customs())
    assert found.good.tolist() == [date is not None]
    assert date is None or found.moments[0] == np.datetime64(date)


@given(st.dates(), st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%d %B %Y", "%Y%m%d"]))
def test_every_date_comes_back(date, form):
    text = date.strftime(form) if date.year >= 1000 else date.isoformat()
    found = read_dates(facts(text), Customs(), compact=True)
    assert found.good.all() or (form == "%Y%m%d" and not 1000 <= date.year < 3000)
    assert not found.good.any() or str(found.moments[0])[:10] == date.isoformat()


def test_a_clear_date_settles_the_order_of_its_column_and_a_clear_column_that_of_the_table():
    assert read_dates(facts("13/01/2024", "02/01/2024"), Customs()).order == "day_first"
    clear = facts("01/13/2024", "01/02/2024")
    assert read_dates(clear, Customs()).order == "month_first"
    open_question = facts("03/04/2024")
    assert str(read_dates(open_question, Customs()).moments[0])[:10] == "2024-04-03"
    assert str(read_dates(open_question, customs_of([clear, open_question])).moments[0])[:10] == "2024-03-04"
