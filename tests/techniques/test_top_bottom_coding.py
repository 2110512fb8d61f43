"""Top and bottom coding: the tails hold the people that were asked for, one map for everybody, nothing else moves."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.techniques.base import Protected, PublicFacts
from core.techniques.top_bottom_coding import TopBottomCoding
from tests.tables import awkward, people

FACTS = PublicFacts(people=10, classes=("no", "yes"))
AGE = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
DAY = Column(name="day", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER)
WHO = Column(name="id", kind=Kind.CATEGORICAL, role=Role.FEATURE)


def build(*columns: Column, person: str | None = None, **data: list) -> Table:
    return Table.build(pd.DataFrame({c.name: data[c.name] for c in columns}, dtype=object), Schema(columns, person))


def code(table: Table, share: float, *columns: str) -> Protected:
    technique = TopBottomCoding(share=share, columns=columns)
    return technique.protect(table, FACTS, np.random.default_rng(0))


def test_the_share_is_that_of_each_tail():
    found = code(build(AGE, age=list(range(100))), 0.05).table.frame["age"]
    assert found.tolist() == [5.0] * 5 + list(range(5, 95)) + [94.0] * 5


def test_a_share_of_less_than_a_person_is_one_person():
    assert code(build(AGE, age=[7, 1, 5, 3, 99]), 0.01).table.frame["age"].tolist() == [7, 3, 5, 3, 7]
    assert code(build(AGE, age=[2, 1]), 0.25).table.frame["age"].tolist() == [2, 1]  # two tails of two people
    assert code(build(AGE, age=[2]), 0.25).table.frame["age"].tolist() == [2]


def test_dates_are_coded_and_missing_cells_stay_missing():
    days = [f"2020-01-{d:02d}" for d in range(1, 11)]
    found = code(build(DAY, AGE, day=[*days, None], age=[*range(10), None]), 0.2).table.frame
    assert [str(day)[:10] for day in found["day"][:10]] == [days[2]] * 2 + days[2:8] + [days[7]] * 2
    assert found["day"].isna().tolist() == found["age"].isna().tolist() == [False] * 10 + [True]
    assert found["age"][:10].tolist() == [2, 2, 2, 3, 4, 5, 6, 7, 7, 7]
    empty = build(DAY, AGE, day=[None] * 3, age=[None] * 3)
    assert code(empty, 0.1).table.frame.isna().all(axis=None)


def test_one_value_and_a_value_that_fills_a_tail_stay():
    assert code(build(AGE, age=[4, 4, 4]), 0.2).table.frame["age"].tolist() == [4, 4, 4]
    assert code(build(AGE, age=[0] * 18 + [5, 9]), 0.05).table.frame["age"].tolist() == [0] * 18 + [5, 5]


def test_a_person_with_many_rows_counts_once():
    data = {"id": ["x"] * 50 + list("abcdefghi"), "age": [*range(-50, 0), *range(1, 10)]}
    found = code(build(WHO, AGE, person="id", **data), 0.1).table.frame["age"]
    assert found.tolist() == [1.0] * 51 + [*range(2, 9), 8.0]


def test_people_outside_go_through_the_members_cut_points():
    found = code(build(AGE, age=list(range(100))), 0.1)
    other = build(AGE, age=[-5, 10, 50, 200, None])
    assert found.recode(other).frame["age"].tolist()[:4] == [10, 10, 50, 89]
    assert found.recode(other).frame["age"].isna().tolist() == [False] * 4 + [True]
    assert found.recode(other).schema == other.schema
    late = build(DAY, day=["1900-01-01", "2020-01-05", "2999-01-01", None])
    days = code(build(DAY, day=[f"2020-01-{d:02d}" for d in range(1, 11)]), 0.2).recode(late).frame["day"]
    assert [str(day)[:10] for day in days] == ["2020-01-03", "2020-01-05", "2020-01-08", "NaT"]


def test_only_numbers_and_dates_among_the_quasi_identifiers_change_unless_others_are_named():
    table = people()
    for columns, changed in (((), {"age"}), (("hours", "born"), {"hours", "born"})):
        found = code(table, 0.1, *columns).table
        assert {n for n in table.schema.names if not found.frame[n].equals(table.frame[n])} == changed
        assert found.schema == table.schema


def test_what_cannot_work_has_a_reason_and_nothing_is_promised():
    schema = people().schema
    technique = TopBottomCoding()
    assert technique.unsupported(schema, FACTS) is None
    assert technique.guarantee(schema, FACTS).kind == "none"
    assert not technique.public_map(schema)  # not even with public bounds: the cut points are the members'
    for name in ("job", "rich", "name", "nobody"):
        assert name in str(TopBottomCoding(columns=(name,)).unsupported(schema, FACTS))
    assert "quasi-identifier" in str(technique.unsupported(people().drop(("age",)).schema, FACTS))
    for share in (0, 0.26, -1):
        with pytest.raises(UserError, match="share"):
            TopBottomCoding(share=share)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcdefgh"), st.none() | st.integers(-20, 20)), min_size=1, max_size=40),
    st.floats(0.001, 0.25),
    st.booleans(),
)
def test_the_tails_hold_the_share_of_the_people_and_only_they_move(rows, share, repeated):
    table = build(WHO, AGE, person="id" if repeated else None, id=[i for i, _ in rows], age=[a for _, a in rows])
    found = code(table, share)
    raw, new = table.frame["age"], found.table.frame["age"]
    assert found.source is not None
    assert found.source.tolist() == list(range(len(rows)))
    assert raw.isna().equals(new.isna())
    pd.testing.assert_frame_equal(found.recode(table).frame, found.table.frame)
    owners = [i if repeated else row for row, (i, a) in enumerate(rows) if a is not None]
    low, high = new.min(), new.max()
    if not owners:
        return
    size = len(set(owners))
    tail = min(ceil(share * size - 1e-9), (size - 1) // 2)
    kept = raw.dropna().index
    for moved, at_end in ((raw < low, new == low), (raw > high, new == high)):
        assert len({o for o, row in zip(owners, kept, strict=True) if moved[row]}) <= tail
        assert len({o for o, row in zip(owners, kept, strict=True) if at_end[row]}) >= tail + 1
    assert {low, high} <= set(raw)
    inside = (raw >= low) & (raw <= high)
    assert (raw[inside] == new[inside]).all()


@pytest.mark.parametrize("name", awkward())
def test_awkward_tables_keep_every_row_and_other_columns(name):
    table = awkward()[name]
    before = table.fingerprint
    found = code(table, 0.1).table
    assert table.fingerprint == before
    moved = {n for n in table.schema.names if not found.frame[n].equals(table.frame[n])}
    assert moved <= {n for n in table.schema.quasi_identifiers if table.schema[n].kind in (Kind.NUMERIC, Kind.DATE)}
    assert len(found) == len(table)
