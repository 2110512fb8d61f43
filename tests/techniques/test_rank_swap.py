"""rank_swap: the values stay exactly the same, partners are near, and rows of one person stay together."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.generalise import Generalise
from core.techniques.rank_swap import RankSwap, swap_partners
from tests.tables import awkward, people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
N, D, C, QI = Kind.NUMERIC, Kind.DATE, Kind.CATEGORICAL, Role.QUASI_IDENTIFIER


def one(values, kind=N, who=None, categories=None):
    columns = [Column(name="x", kind=kind, role=QI, categories=categories)]
    frame = pd.DataFrame({"x": values})
    if who is not None:
        frame["who"] = who
        columns.append(Column(name="who", kind=C, role=Role.IGNORED))
    return Table.build(frame, Schema(tuple(columns), person_id="who" if who is not None else None))


def swapped(table, share=0.1, seed=0, **more):
    return RankSwap(share=share, **more).protect(table, FACTS, np.random.default_rng(seed))


@settings(deadline=None, max_examples=80)
@given(count=st.integers(0, 60), share=st.floats(1e-6, 1), seed=st.integers(0, 10))
def test_partners_are_mutual_near_and_at_most_one_rank_is_left_over(count, share, seed):
    partner = swap_partners(count, share, np.random.default_rng(seed))
    assert sorted(partner) == list(range(count))
    assert np.array_equal(partner[partner], np.arange(count))
    assert np.all(np.abs(partner - np.arange(count)) <= max(1, int(share * count + 1e-9)))
    assert np.count_nonzero(partner == np.arange(count)) == count % 2


def test_partners_are_drawn_from_the_whole_window():
    rng = np.random.default_rng(5)
    # The lowest rank of 101 has a window of 10: each of ranks 1 to 10 is drawn with probability .1.
    found = Counter(int(swap_partners(101, 0.1, rng)[0]) for _ in range(2000))
    assert set(found) == set(range(1, 11))
    # 2,000 draws: standard error 13.4 about 200; four of them.
    assert all(abs(times - 200) < 54 for times in found.values())


values = st.one_of(st.none(), st.integers(-5, 5).map(float), st.floats(-1e9, 1e9))


@settings(deadline=None, max_examples=80)
@given(cells=st.lists(values, min_size=1, max_size=25), share=st.floats(1e-6, 1), seed=st.integers(0, 5))
def test_every_column_keeps_exactly_its_values_and_its_gaps(cells, share, seed):
    table = one(cells)
    found = swapped(table, share, seed).table.frame["x"]
    assert found.isna().equals(table.frame["x"].isna())
    assert sorted(found.dropna()) == sorted(table.frame["x"].dropna())


@settings(deadline=None, max_examples=60)
@given(
    cells=st.lists(st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 4))), min_size=1, max_size=25),
    share=st.floats(0.01, 1),
)
def test_with_several_rows_a_person_keeps_the_values_people_hold_and_moves_equal_ones_together(cells, share):
    who, given_values = [str(person) for person, _ in cells], [value for _, value in cells]
    table = one(given_values, who=who)
    found = swapped(table, share).table.frame.assign(old=table.frame["x"]).dropna()
    held = found.groupby(["who", "old"], observed=True)["x"]
    assert held.nunique().le(1).all()
    assert sorted(held.first().tolist()) == sorted(found.drop_duplicates(["who", "old"])["old"])


def test_rows_of_one_person_cannot_be_averaged():
    who = np.repeat([f"p{i}" for i in range(40)], 25)
    table = one(np.repeat(np.arange(40.0), 25), who=who)
    frame = swapped(table, 0.2).table.frame
    assert frame.groupby("who", observed=True)["x"].nunique().eq(1).all()
    assert (frame["x"] != table.frame["x"]).all()


def test_dates_are_swapped_too():
    table = awkward()["dates"]
    found = swapped(table).table.frame
    assert found["born"].isna().equals(table.frame["born"].isna())
    assert sorted(found["born"].dropna()) == sorted(table.frame["born"].dropna())
    assert (found["born"] != table.frame["born"]).sum() > 70
    assert found["seen"].equals(table.frame["seen"])


def test_nobody_moves_further_than_the_share_and_a_larger_share_moves_further():
    table = one(np.arange(100.0))
    moved = [np.abs(swapped(table, share).table.frame["x"] - table.frame["x"]) for share in (0.02, 0.1, 0.5)]
    assert [float(far.max()) <= limit for far, limit in zip(moved, (2, 10, 50), strict=True)] == [True] * 3
    assert moved[0].mean() < moved[1].mean() < moved[2].mean()


def test_columns_are_swapped_independently():
    raw = pd.DataFrame({"a": np.arange(200.0), "b": np.arange(200.0)})
    schema = Schema(tuple(Column(name=name, kind=N, role=QI) for name in "ab"))
    found = swapped(Table.build(raw, schema), 0.3).table.frame
    assert (found["a"] != found["b"]).mean() > 0.9


def test_ordered_categories_are_swapped_in_the_order_of_their_public_list():
    order = ("low", "mid", "high", "top")
    cells = ["top", "low", "mid", "high", "low", "mid", "high", "top"]
    table = one(cells, C, categories=order)
    found = swapped(table, 0.125, columns=("x",)).table.frame["x"]
    assert sorted(found.astype(str)) == sorted(cells)
    assert found.dtype == table.frame["x"].dtype
    rank = {text: place for place, text in enumerate(order)}
    assert all(abs(rank[a] - rank[b]) <= 1 for a, b in zip(found.astype(str), cells, strict=True))


def test_categories_without_an_order_are_declined():
    table = awkward()["40 rows"]
    assert "in which order" in RankSwap(columns=("sex",)).unsupported(table.schema, FACTS)
    no_numbers = Schema((Column(name="sex", kind=C, role=QI),))
    assert "number or a date" in RankSwap().unsupported(no_numbers, FACTS)


def test_intervals_of_an_earlier_step_keep_what_they_mean_to_a_model():
    raised = Generalise(level=1).protect(people(), FACTS, np.random.default_rng(0)).table
    found = swapped(raised, columns=("age",)).table
    assert found.meanings["age"] is raised.meanings["age"]
    assert sorted(found.frame["age"].astype(str)) == sorted(raised.frame["age"].astype(str))


@pytest.mark.parametrize("columns", [("rich",), ("name",), ("nobody",)])
def test_target_identifiers_and_unknown_columns_are_declined(columns):
    assert RankSwap(columns=columns).unsupported(people().schema, FACTS)
    assert RankSwap().unsupported(people().schema, FACTS) is None


def test_only_the_default_columns_change_and_nobody_outside_does():
    table = people()
    protected = swapped(table)
    changed = [name for name in table.schema.names if not protected.table.frame[name].equals(table.frame[name])]
    assert changed == ["age"]
    assert protected.recode(table) is table
