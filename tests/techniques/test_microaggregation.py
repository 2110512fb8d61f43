"""Microaggregation: groups as MDAV makes them, crowds of k people, everything else untouched."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Role
from core.data.table import Table
from core.errors import UserError
from core.privacy.verify import verify
from core.techniques.base import PublicFacts
from core.techniques.mdav import BLOCK, Space, blocks, mdav
from core.techniques.microaggregation import Microaggregation
from tests.tables import QI, C, D, F, N, T, awkward, people, schema_of

FACTS = PublicFacts(people=100, classes=())
RNG = np.random.default_rng(0)


def points(rows) -> Space:
    numbers = np.array(rows, dtype=float)
    return Space(numbers=numbers, codes=np.zeros((len(numbers), 0), int), weights=np.zeros(0))


def by_definition(rows, k):
    """MDAV word by word (Domingo-Ferrer & Torra 2005, algorithm MDAV-generic), on plain lists."""
    left, groups = list(range(len(rows))), []

    def far(place):
        return max(left, key=lambda i: (sum((a - b) ** 2 for a, b in zip(rows[i], place, strict=True)), -i))

    def near(centre):
        def gap(i):
            return (i != centre, sum((a - b) ** 2 for a, b in zip(rows[i], rows[centre], strict=True)), i)

        chosen = sorted(left, key=gap)[:k]
        for i in chosen:
            left.remove(i)
        groups.append(set(chosen))

    def mean():
        return [sum(rows[i][j] for i in left) / len(left) for j in range(len(rows[0]))]

    while len(left) >= 3 * k:
        first = far(mean())
        middle = rows[first]
        near(first)
        near(far(middle))
    if len(left) >= 2 * k:
        near(far(mean()))
    return [*groups, set(left)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=3, max_size=24), st.integers(2, 4))
def test_the_groups_are_those_of_the_published_algorithm(rows, k):
    if len(rows) < k:
        return
    rows = [(a * 4096.0, b * 4096.0) for a, b in rows]  # means of up to 24 stay near enough to exact on the grid
    group = mdav(points(rows), k)
    found = [set(np.flatnonzero(group == g).tolist()) for g in range(group.max() + 1)]
    expected = by_definition(rows, k)

    def loss(groups):
        return sum(
            ((np.array([rows[i] for i in g]) - np.mean([rows[i] for i in g], axis=0)) ** 2).sum() for g in groups
        )

    assert sorted(map(len, found)) == sorted(map(len, expected))
    # Where two people are equally far from a mean that is no multiple of the grid, either may be taken.
    assert found == expected or loss(found) == pytest.approx(loss(expected), rel=0.35)


def test_every_group_has_k_to_2k_minus_1_also_beyond_a_block():
    rng = np.random.default_rng(3)
    size = 2 * BLOCK + 700
    for k in (2, 5, 12):
        group = mdav(points(rng.normal(size=(size, 3)).round(3)), k)
        counts = np.bincount(group)
        assert counts.min() >= k
        assert counts.max() <= 2 * k - 1


def test_blocks_hold_everybody_once_and_few_enough():
    rng = np.random.default_rng(4)
    rows = blocks(points(np.append(rng.integers(0, 3, (3000, 1)), rng.normal(size=(3000, 1)), axis=1)), 1024)
    assert sorted(np.concatenate(rows).tolist()) == list(range(3000))
    assert max(map(len, rows)) <= 1024
    alike = blocks(points(np.zeros((3000, 2))), 1024)
    assert max(map(len, alike)) <= 1024


def test_blocks_cost_little_against_no_blocks_and_random_groups_cost_much():
    """Within-group spread beyond a block: near that of plain MDAV, far from that of random groups."""
    rng = np.random.default_rng(5)
    rows = rng.normal(size=(2000, 2))

    def loss(group):
        return sum(((rows[group == g] - rows[group == g].mean(axis=0)) ** 2).sum() for g in range(group.max() + 1))

    plain = loss(np.asarray(_without_blocks(rows, 5)))
    ours, luck = loss(mdav(points(rows), 5)), loss(rng.permutation(np.arange(2000) // 5))
    assert ours < 1.25 * plain
    assert ours < 0.1 * luck


def _without_blocks(rows, k):
    import core.techniques.mdav as module

    group = np.empty(len(rows), dtype=np.int64)
    for number, members in enumerate(module._groups(points(rows), k)):
        group[members] = number
    return group


def protect(table, **settings_):
    return Microaggregation(**settings_).protect(table, FACTS, np.random.default_rng(0))


@pytest.mark.parametrize("k", [2, 5, 20])
def test_k_people_share_every_combination_and_only_the_quasi_identifiers_change(k):
    table = people()
    released = protect(table, k=k)
    rows = released.table
    assert verify(rows, table.schema.quasi_identifiers, Microaggregation(k=k).guarantee(table.schema, FACTS)) is None
    assert released.source.tolist() == list(range(len(table)))
    assert rows.schema == table.schema
    for name in table.schema.names:
        if name not in table.schema.quasi_identifiers:
            assert rows.frame[name].equals(table.frame[name])
    assert released.recode(table) is table


def test_numbers_get_the_mean_dates_the_median_categories_the_most_frequent():
    frame = pd.DataFrame(
        {
            "age": [20.0, 22, 27, 70, 75, 77],
            "born": pd.to_datetime(["2001-01-01", "2001-01-03", "2001-01-09", *["1950-01-01"] * 3]),
            "town": ["a", "a", "b", "c", "b", "c"],
        }
    )
    rows = protect(Table.build(frame, schema_of(age=(N, QI), born=(D, QI), town=(C, QI))), k=3).table.frame
    assert rows["age"].tolist() == [23, 23, 23, 74, 74, 74]
    assert rows["born"].dt.strftime("%Y-%m-%d").tolist() == ["2001-01-03"] * 3 + ["1950-01-01"] * 3
    assert rows["town"].astype(str).tolist() == ["a"] * 3 + ["c"] * 3


def test_a_column_keeps_its_decimals():
    frame = pd.DataFrame({"x": [1.25, 1.5, 1.75, 9.0, 9.25, 9.0]})
    rows = protect(Table.build(frame, schema_of(x=(N, QI))), k=3).table.frame
    assert rows["x"].tolist() == [1.5] * 3 + [9.08] * 3


def test_people_are_counted_and_all_rows_of_a_person_carry_the_same():
    rng = np.random.default_rng(1)
    owner = np.repeat(np.arange(30), 3)
    frame = pd.DataFrame({"id": [f"p{i}" for i in owner], "age": rng.integers(20, 90, 90), "w": rng.normal(size=90)})
    schema = replace(schema_of(id=(T, Role.DIRECT_IDENTIFIER), age=(N, QI), w=(N, F)), person_id="id")
    table = Table.build(frame, schema)
    rows = protect(table, k=4).table
    assert rows.frame.groupby("age")["id"].nunique().min() >= 4
    assert rows.frame.groupby("id", observed=True)["age"].nunique().max() == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(0, 5)), st.one_of(st.none(), st.sampled_from("abc"))),
        min_size=2, max_size=30,
    ),
    st.integers(2, 6),
    st.permutations(range(30)),
)  # fmt: skip
def test_crowds_hold_with_gaps_and_do_not_depend_on_the_order_of_the_rows(rows, k, order):
    frame = pd.DataFrame(rows, columns=["age", "town"]).astype({"age": float})
    table = Table.build(frame, schema_of(age=(N, QI), town=(C, QI)))
    if len(rows) < k:
        with pytest.raises(UserError, match="cannot be reached"):
            protect(table, k=k)
        return
    found = protect(table, k=k).table
    assert verify(found, ("age", "town"), Microaggregation(k=k).guarantee(table.schema, FACTS)) is None
    places = np.array([i for i in order if i < len(rows)])
    turned = protect(table.take(places), k=k).table

    def texts(table):
        return sorted(map(str, table.frame.astype(object).where(table.frame.notna(), None).to_numpy().tolist()))

    assert texts(turned) == texts(found)


@pytest.mark.parametrize("name", [*awkward()])
def test_awkward_tables_go_through_or_say_why(name):
    table = awkward()[name]
    if Microaggregation(k=3).unsupported(table.schema, FACTS):
        return
    rows = protect(table, k=3).table
    assert verify(rows, table.schema.quasi_identifiers, Microaggregation(k=3).guarantee(table.schema, FACTS)) is None


def test_some_columns_alone_prove_nothing_and_say_why():
    table = people()
    technique = Microaggregation(k=5, columns=("age",))
    proved = technique.guarantee(table.schema, FACTS)
    assert proved.kind == "none"
    assert "job, zip" in proved.assumptions[0]
    rows = protect(table, k=5, columns=("age",)).table
    assert rows.frame["job"].equals(table.frame["job"])
    assert rows.frame.groupby("age").size().min() >= 5
