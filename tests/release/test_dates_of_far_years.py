"""Dates at the ends of what a file can hold: 0001-01-01 and 9999-12-31 stand in many tables for "unknown"."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Schema
from core.data.table import Table
from core.release.certificate import CertificateError, release
from core.release.text import cell_texts
from core.tradeoff.study import parse_recipe, parse_study
from tests.tables import QI, D, N

HEAD = {"name": "s", "table": "t", "schema": "s", "effort": "glance"}
STUDY = parse_study({"study": HEAD, "recipe": [{"name": "n", "technique": "none"}]})


def stays(ends):
    frame = pd.DataFrame({"age": 20 + np.arange(len(ends)) % 40, "end": ends})
    return Table.build(frame, Schema((Column(name="age", kind=N, role=QI), Column(name="end", kind=D, role=QI))))


def released(table, *steps):
    recipe = parse_recipe({"name": "r", "steps": list(steps), "release": "rows"}, 1)[0]
    return release(STUDY, table, recipe, measured=None, fresh=np.random.default_rng(5))


def ends(far, n=60):
    """Return a third far dates, the others days of 2024."""
    return [far if i % 3 == 0 else f"2024-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(n)]


@pytest.mark.parametrize("far", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    "step",
    [
        {"technique": "none"},
        {"technique": "noise_addition", "scale": 0.25},
        {"technique": "noise_addition", "scale": 10.0},
        {"technique": "mask_identifiers", "method": "shift_dates", "days": 36_500},
        {"technique": "mondrian_k_anonymity", "k": 3},
    ],
    ids=lambda step: f"{step['technique']} {step.get('scale', '')}",
)
def test_a_table_with_dates_at_the_ends_of_time_is_released_and_says_only_dates(far, step):
    found = released(stays(ends(far)), step)
    texts = [line.split(",", 1)[1] for line in found.content.decode().splitlines()[1:]]
    assert len(texts) == 60
    if step["technique"] == "none":
        assert sorted(texts) == sorted(ends(far))
    elif step["technique"] == "mondrian_k_anonymity":
        assert any(far in text for text in texts)
    else:
        assert all(len(text) == 10 and "0001-01-01" <= text <= "9999-12-31" for text in texts if text)
        assert sum(not text for text in texts) == (20 if step["technique"] == "mask_identifiers" else 0)


def test_the_note_on_dates_left_out_stands_in_the_certificate():
    found = released(stays(ends("9999-12-31")), {"technique": "mask_identifiers", "method": "shift_dates"})
    assert any("20 dates that many people share were left out" in line for line in found.certificate["done"])


def test_days_are_written_with_four_digits_of_year_and_times_only_where_there_are_some():
    days = pd.Series(np.array(["0001-01-01", "0987-06-05", "NaT", "9999-12-31"], dtype="datetime64[s]"))
    assert cell_texts(days).tolist() == ["0001-01-01", "0987-06-05", "", "9999-12-31"]
    times = pd.Series(np.array(["0001-01-01", "2020-02-03T04:05:06"], dtype="datetime64[s]"))
    assert cell_texts(times).tolist() == ["0001-01-01T00:00:00", "2020-02-03T04:05:06"]


def test_a_file_that_does_not_read_back_is_a_refusal_in_counts_and_no_cell():
    table = stays(np.array(["2020-01-01", "2021-01-01", "12345-06-07"], dtype="datetime64[s]"))  # no file can say that
    with pytest.raises(CertificateError, match="does not read back") as error:
        released(table, {"technique": "none"})
    assert "12345" not in str(error.value)
    assert "06-07" not in str(error.value)


def test_labels_of_boxes_differ_where_the_years_have_five_digits():
    days = np.array(["2020-01-01", "12345-06-07", "12345-06-08", "12345-06-09"] * 2, dtype="datetime64[s]")
    table = stays(days).drop(("age",))
    found = released(table, {"technique": "mondrian_k_anonymity", "k": 2})
    assert found.content.decode().splitlines()[1:] == sorted(2 * [str(day)[:-9] for day in days[:4]])
