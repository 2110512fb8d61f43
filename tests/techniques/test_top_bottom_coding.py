"""Top and bottom coding: tails end at a cut point that enough people share; what lies between stays exact."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Role
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.top_bottom_coding import TopBottomCoding
from tests.tables import QI, C, D, F, N, T, awkward, people, schema_of

FACTS = PublicFacts(people=100, classes=())


def protect(table, **settings_):
    return TopBottomCoding(**settings_).protect(table, FACTS, np.random.default_rng(0))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=3, max_size=60), st.sampled_from([0.01, 0.05, 0.1, 0.25]))
def test_each_tail_holds_its_share_and_nothing_else_changes(values, share):
    table = Table.build(pd.DataFrame({"x": [float(v) for v in values]}), schema_of(x=(N, QI)))
    new = protect(table, share=share).table.frame["x"].to_numpy()
    old = table.frame["x"].to_numpy()
    low, high = new.min(), new.max()
    assert np.array_equal(new, np.clip(old, low, high))
    place = min(ceil(share * len(values) - 1e-9), (len(values) - 1) // 2)
    assert low == np.sort(old)[place]
    assert high == np.sort(old)[::-1][place]
    assert (new == low).sum() >= place + 1
    assert (old < low).sum() <= place
    assert (old > high).sum() <= place


def test_outsiders_go_through_the_same_cut_points_and_gaps_stay():
    table = Table.build(pd.DataFrame({"x": np.arange(101.0)}), schema_of(x=(N, QI)))
    recode = protect(table, share=0.1).recode
    outside = Table.build(pd.DataFrame({"x": [-1e9, 50.0, None, 1e9]}), schema_of(x=(N, QI)))
    assert np.array_equal(recode(outside).frame["x"], [11.0, 50.0, np.nan, 89.0], equal_nan=True)


def test_dates_are_cut_as_dates():
    days = pd.date_range("2020-01-01", periods=40, freq="D")
    table = Table.build(pd.DataFrame({"d": days}), schema_of(d=(D, QI)))
    rows = protect(table, share=0.05).table.frame["d"]
    assert (rows.min(), rows.max()) == (days[2], days[37])


def test_a_person_with_many_rows_is_one_person():
    frame = pd.DataFrame({"id": ["big"] * 60 + [f"p{i}" for i in range(20)], "x": [99.0] * 60 + list(range(20))})
    table = Table.build(frame, replace(schema_of(id=(T, Role.DIRECT_IDENTIFIER), x=(N, QI)), person_id="id"))
    rows = protect(table, share=0.05).table.frame["x"]
    assert rows.max() < 99


def test_only_named_or_quasi_identifying_numbers_change_and_the_target_never():
    table = people()
    rows = protect(table, share=0.2).table.frame
    assert not rows["age"].equals(table.frame["age"])
    for name in ("hours", "born", "rich", "name"):
        assert rows[name].equals(table.frame[name])
    named = protect(table, share=0.2, columns=("hours",)).table.frame
    assert named["age"].equals(table.frame["age"])
    assert not named["hours"].equals(table.frame["hours"])
    assert TopBottomCoding(columns=("rich",)).unsupported(table.schema, FACTS)


def test_nothing_is_proved_and_no_private_training_may_follow():
    schema = people().schema
    assert TopBottomCoding().guarantee(schema, FACTS).kind == "none"
    assert TopBottomCoding().public_map(schema) is False
    only_words = schema_of(a=(C, QI), b=(N, F))
    assert "number or a date" in str(TopBottomCoding().unsupported(only_words, FACTS))


@pytest.mark.parametrize("name", [*awkward()])
def test_awkward_tables_go_through_or_say_why(name):
    table = awkward()[name]
    if not TopBottomCoding(share=0.1).unsupported(table.schema, FACTS):
        assert len(protect(table, share=0.1).table) == len(table)
