"""Shifted dates: what is the same for many people would tell each person's shift, so it does not move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.date_shift import CROWD, left_out, shared_dates
from core.techniques.mask_identifiers import MaskIdentifiers

FACTS = PublicFacts(people=200, classes=())
DAY = np.datetime64("2020-01-01")


def stays(ends, born=None, who=None):
    """One row per end: whose stay, a date of birth of their own and the end."""
    n = len(ends)
    born = np.datetime64("1950-06-01") + 37 * np.arange(n) if born is None else born
    frame = pd.DataFrame({"who": [f"p{i}" for i in range(n)] if who is None else who, "born": born, "end": ends})
    columns = (
        Column(name="who", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER),
        Column(name="born", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER),
        Column(name="end", kind=Kind.DATE, role=Role.FEATURE),
    )
    return Table.build(frame, Schema(columns, person_id="who"))


def shifted(table, days=182):
    return MaskIdentifiers(method="shift_dates", days=days).protect(table, FACTS, np.random.default_rng(3))


def ends_with(shared, times, n=200):
    """Return `n` ends, `times` of them the shared one, the others of different days."""
    return [shared] * times + [str(DAY + 2 * i) for i in range(n - times)]


@pytest.mark.parametrize("shared", ["1900-01-01", "2031-03-04"])
def test_nobody_reads_the_shift_off_a_date_that_many_share(shared):
    table = stays(ends_with(shared, 127))
    found = shifted(table).table.frame
    # What an attacker does who knows the shared date: every end within reach of it gives a shift to take back.
    near = (found["end"] - pd.Timestamp(shared)).abs() <= pd.Timedelta(days=182)
    back = found["born"] - (found["end"] - pd.Timestamp(shared))
    assert (back[near] == table.frame["born"][near])[:127].sum() == 0
    assert found["end"].isna().tolist() == [True] * 127 + [False] * 73
    assert (found["born"] != table.frame["born"]).all()  # a date of one's own still moves


def test_what_was_left_out_is_counted_in_a_note():
    assert shifted(stays(ends_with("2031-03-04", 127))).notes == (
        "127 dates that many people share were left out: moved, they would have told each person's shift",
    )
    assert shifted(stays(ends_with("9999-12-31", 1))).notes[0].startswith("1 date that many people share was left out")
    assert shifted(stays(ends_with("2031-03-04", 1))).notes == ()


@pytest.mark.parametrize(
    "never", ["0001-01-01", "1899-12-30", "1900-01-01", "1970-01-01", "2200-01-01", "9999-12-31", "9999-12-31 23:59:59"]
)
def test_a_date_that_stands_for_no_day_is_left_out_even_of_one_person(never):
    found = shifted(stays(ends_with(never, 1)), days=36_500).table.frame["end"]
    assert found.isna().tolist() == [True] + [False] * 199


def test_people_count_and_not_rows_and_ten_of_them_are_few_enough_of_many():
    crowded = ends_with("2021-03-05", CROWD, 2 * CROWD)
    assert left_out(stays(crowded), "end", shared_dates(stays(crowded), ("end",), 182)["end"]).sum() == CROWD
    # The same rows, but the shared date is that of one person's ten visits; then one person short of ten.
    one = ["p"] * CROWD + [f"q{i}" for i in range(CROWD)]
    assert len(shared_dates(stays(crowded, who=one), ("end",), 182)["end"]) == 0
    assert len(shared_dates(stays(ends_with("2021-03-05", CROWD - 1, 20)), ("end",), 182)["end"]) == 0
    # Ten of 300 people, amid others' dates: 5 % of the people are more.
    assert len(shared_dates(stays(ends_with("2021-01-01", CROWD, 300)), ("end",), 182)["end"]) == 0


def test_a_shared_date_far_from_all_others_is_left_out_though_its_people_are_few():
    table = stays(ends_with("2035-03-05", CROWD, 300))
    assert shared_dates(table, ("end",), 182)["end"].astype(str).tolist() == ["2035-03-05"]


def test_times_of_day_do_not_tell_a_shared_day_apart():
    table = stays([f"2021-03-05 10:{i:02d}" for i in range(60)])
    assert shifted(table).table.frame["end"].isna().all()


def test_people_outside_lose_the_dates_that_the_members_share_and_no_others():
    members = shifted(stays(ends_with("2031-03-04", 127)))
    outside = stays(["2031-03-04", "2032-01-01", None, *["2033-05-05"] * 40, "1970-01-01"])
    found = members.recode(outside).frame
    gone = [True, False, True, *[False] * 40, True]  # what many share among them only is no member's business
    assert found["end"].isna().tolist() == gone
    assert found["born"].notna().all()


def test_without_a_person_id_every_row_counts_as_somebody():
    nameless = stays(ends_with("2031-03-04", 127)).drop(("who",))
    assert shifted(nameless).table.frame["end"].isna().sum() == 127
