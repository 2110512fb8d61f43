"""Microaggregation: the groups are those of MDAV written plainly, k holds for people, cells are honest centroids."""

from __future__ import annotations

import statistics
from collections import Counter
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Meaning, Table
from core.errors import UserError
from core.privacy.classes import equivalence_classes
from core.privacy.verify import verify, verify_k
from core.techniques.base import Protected, PublicFacts
from core.techniques.mdav import GRID, Space, blocks, mdav, on_grid
from core.techniques.microaggregation import Microaggregation
from tests.tables import awkward, people

FACTS = PublicFacts(people=10, classes=("no", "yes"))
Qi = partial(Column, role=Role.QUASI_IDENTIFIER)
AGE, TOWN, DAY = (
    Qi(name="age", kind=Kind.NUMERIC),
    Qi(name="town", kind=Kind.CATEGORICAL),
    Qi(name="day", kind=Kind.DATE),
)
WHO = Column(name="id", kind=Kind.CATEGORICAL, role=Role.FEATURE)


def build(*columns: Column, person: str | None = None, **data: list) -> Table:
    return Table.build(pd.DataFrame({c.name: data[c.name] for c in columns}, dtype=object), Schema(columns, person))


def average(table: Table, k: int, *columns: str) -> Protected:
    return Microaggregation(k=k, columns=columns).protect(table, FACTS, np.random.default_rng(0))


def cells(table: Table, name: str) -> list[str]:
    return [str(cell) for cell in table.frame[name]]


# --- the groups ---


def plain_mdav(points: list[tuple], k: int, numbers: int) -> list[list[int]]:
    """MDAV-generic as it is printed, on points whose first `numbers` coordinates are whole numbers of the grid."""

    def apart(one: tuple, other: tuple) -> int:
        far = sum((x - y) ** 2 for x, y in zip(one[:numbers], other[:numbers], strict=True))
        return far + sum(x != y for x, y in zip(one[numbers:], other[numbers:], strict=True)) * round(1 / GRID**2)

    def usual(rows: list[int]) -> tuple:
        middle = [round(float(np.mean([points[i][c] for i in rows]))) for c in range(numbers)]
        for c in range(numbers, len(points[0])):
            count = Counter(points[i][c] for i in rows)
            middle.append(min(count, key=lambda value: (-count[value], value)))
        return tuple(middle)

    def farthest(rows: list[int], point: tuple) -> int:
        return max(rows, key=lambda i: (apart(points[i], point), -i))

    def around(rows: list[int], centre: int) -> list[int]:
        return sorted(rows, key=lambda i: (i != centre, apart(points[i], points[centre]), i))[:k]

    found, rows = [], list(range(len(points)))
    while len(rows) >= 2 * k:
        two = len(rows) >= 3 * k
        first = farthest(rows, usual(rows))
        found.append(around(rows, first))
        rows = [i for i in rows if i not in found[-1]]
        if two:
            found.append(around(rows, farthest(rows, points[first])))
            rows = [i for i in rows if i not in found[-1]]
    return sorted(sorted(group) for group in [*found, rows])


def groups_of(labels: np.ndarray) -> list[list[int]]:
    return sorted(np.flatnonzero(labels == label).tolist() for label in np.unique(labels))


def within(values: np.ndarray, groups: list[list[int]]) -> float:
    return sum(float(((values[rows] - values[rows].mean()) ** 2).sum()) for rows in groups)


point = st.tuples(st.integers(-9, 9), st.integers(-3, 3), st.integers(0, 2), st.integers(0, 3))


@settings(max_examples=150, deadline=None)
@given(st.lists(point, min_size=4, max_size=40), st.integers(2, 4))
def test_the_groups_are_those_of_mdav_written_plainly(points, k):
    array = np.array(points)
    space = Space(numbers=on_grid(array[:, :2] / 3), codes=array[:, 2:], weights=np.ones(2))
    whole = np.rint(space.numbers / GRID).astype(int)
    plain = [(int(a), int(b), *rest) for (a, b), (_, _, *rest) in zip(whole, points, strict=True)]
    found = groups_of(mdav(space, k))
    assert found == plain_mdav(plain, k, 2)
    assert all(k <= len(group) < 2 * k for group in found)


def test_a_worked_example_by_hand():
    # Mean 9.43: 30 is farthest, its nearest is 12; from 30 the farthest is 0, its nearest 1; 2, 10 and 11 remain.
    line = Space(
        numbers=np.array([[0.0], [1], [2], [10], [11], [12], [30]]), codes=np.zeros((7, 0), int), weights=np.ones(0)
    )
    assert groups_of(mdav(line, 2)) == [[0, 1], [2, 3, 4], [5, 6]]
    with pytest.raises(ValueError, match="groups of 8 from 7"):
        mdav(line, 8)


def test_many_records_are_grouped_in_blocks_that_no_group_crosses_and_lose_little():
    rng = np.random.default_rng(3)
    numbers, codes = on_grid(rng.standard_normal((1500, 2))), rng.integers(0, 4, (1500, 2))
    space = Space(numbers=numbers, codes=codes, weights=np.ones(2))
    parts = blocks(space, 1024)
    assert len(parts) == 2
    assert sorted(np.concatenate(parts).tolist()) == list(range(1500))
    found = mdav(space, 3)
    sizes = np.bincount(found)
    assert sizes.min() == 3
    assert sizes.max() <= 5
    assert not set(found[parts[0]]) & set(found[parts[1]])
    whole = mdav(space.take(np.arange(1000)), 3)
    # Groups of near points: random groups of three would keep two thirds of the spread of 1 a coordinate.
    for labels, values in ((found, numbers), (whole, numbers[:1000])):
        lost = sum(within(values[:, c], groups_of(labels)) for c in (0, 1)) / (2 * len(values))
        assert lost < 0.25


@pytest.mark.parametrize("most", [6, 10, 40])
def test_blocks_cut_between_values_or_in_the_middle_of_equal_ones(most):
    rng = np.random.default_rng(most)
    values = np.repeat(rng.integers(0, 5, 20), 5)[:, None].astype(float)
    for numbers in (values, np.zeros((100, 1))):
        space = Space(numbers=numbers, codes=np.zeros((100, 0), int), weights=np.ones(0))
        parts = blocks(space, most)
        assert sorted(np.concatenate(parts).tolist()) == list(range(100))
        assert max(map(len, parts)) <= most
        assert min(map(len, parts)) >= most // 4


# --- the cells ---


def test_whole_numbers_stay_whole_and_decimals_stay_as_short_as_they_were():
    price, rate = Qi(name="price", kind=Kind.NUMERIC), Qi(name="rate", kind=Kind.NUMERIC)
    found = average(build(AGE, price, age=[20, 21, 24], price=[1.25, 1.5, 1.5]), 2).table
    assert cells(found, "age") == ["22.0"] * 3
    assert cells(found, "price") == ["1.42"] * 3
    assert average(build(rate, rate=[1 / 3, 2 / 3]), 2).table.frame["rate"].tolist() == [0.5, 0.5]
    assert cells(average(build(AGE, age=[-1, 0, 0]), 2).table, "age") == ["0.0"] * 3  # never "-0"


def test_equal_numbers_stay_exactly_themselves_and_huge_ones_finite():
    odd = [0.1 + 0.2] * 3
    assert average(build(AGE, age=odd), 2).table.frame["age"].tolist() == odd
    huge = average(build(AGE, age=[1.5e308, 1.5e308, 1.5e308, -1.5e308, -1.5e308, -1.5e308]), 3).table.frame["age"]
    assert np.isfinite(huge).all()
    assert sorted(set(huge)) == [-1.5e308, 1.5e308]
    assert average(build(AGE, age=[1.5e308, 1.7e308]), 2).table.frame["age"].tolist() == [1.6e308] * 2


def test_dates_become_the_median_and_keep_to_whole_days():
    found = average(build(DAY, day=["2020-01-01", "2020-01-03", "2020-03-01"]), 2).table
    assert cells(found, "day") == ["2020-01-03 00:00:00"] * 3
    found = average(build(DAY, day=["2020-01-01", "2020-01-04"]), 2).table
    assert cells(found, "day") == ["2020-01-02 00:00:00"] * 2
    assert found.frame["day"].dtype == build(DAY, day=["2020-01-01"]).frame["day"].dtype
    found = average(build(DAY, day=["2020-01-01T10:00:00", "2020-01-01T13:00:00"]), 2).table
    assert cells(found, "day") == ["2020-01-01 11:30:00"] * 2


def test_categories_become_the_most_frequent_one_on_ties_the_one_more_frequent_in_all():
    assert cells(average(build(TOWN, town=["a", "b", "b"]), 2).table, "town") == ["b"] * 3
    table = build(AGE, TOWN, age=[1, 1, 900, 900], town=["a", "b", "b", "b"])
    assert cells(average(table, 2).table, "town") == ["b"] * 4
    assert cells(average(build(TOWN, town=["b", "a"]), 2).table, "town") == ["a", "a"]
    assert average(build(TOWN, town=["a", None, None]), 2).table.frame["town"].isna().all()


def test_a_group_misses_a_value_when_more_than_half_of_it_does():
    assert average(build(AGE, age=[10, 20, None]), 2).table.frame["age"].tolist() == [15.0] * 3
    assert average(build(AGE, age=[10, None]), 2).table.frame["age"].tolist() == [10.0] * 2
    assert average(build(AGE, age=[10, None, None]), 2).table.frame["age"].isna().all()
    assert average(build(DAY, day=[None, None, "2020-01-01"]), 2).table.frame["day"].isna().all()
    assert average(build(DAY, AGE, day=[None] * 3, age=[None] * 3), 2).table.frame.isna().all(axis=None)


def test_whoever_misses_a_number_is_grouped_with_others_who_do():
    found = average(build(AGE, TOWN, age=[None, 1, None, 2, 90, 91], town=["a"] * 6), 2).table
    assert found.frame["age"].isna().tolist() == [True, False, True, False, False, False]


def test_relatives_in_the_hierarchy_are_nearer_than_strangers():
    rows = tuple(
        (leaf, "South" if leaf in ("Ulm", "Passau") else "North", "*") for leaf in ("Ulm", "Kiel", "Passau", "Bonn")
    )
    data = {"town": ["Bonn", "Kiel", "Passau", "Ulm"], "age": [10, 11, 10, 11]}
    tied = build(Qi(name="town", kind=Kind.CATEGORICAL, hierarchy=Hierarchy(kind="levels", rows=rows)), AGE, **data)
    found = average(tied, 2, "town").table  # Bonn with Kiel, Passau with Ulm
    assert cells(found, "town") == ["Bonn", "Bonn", "Passau", "Passau"]
    zips = Qi(name="town", kind=Kind.CATEGORICAL, hierarchy=Hierarchy(kind="prefix"))
    found = average(build(zips, town=["10115", "80331", "10117", "80333"]), 2).table
    assert cells(found, "town") == ["10115", "80331", "10115", "80331"]


# --- people, columns, promises ---


def test_a_person_with_several_rows_is_one_record_and_all_rows_say_the_same():
    data = {"id": ["x"] * 3 + ["y", "z", "z", "w"], "age": [10, 20, 30, 22, 80, 90, 87]}
    found = average(build(WHO, AGE, person="id", **data), 2).table
    assert found.frame["age"].tolist() == [21.0] * 4 + [86.0] * 3  # (20 + 22) / 2, (85 + 87) / 2
    assert found.frame["id"].tolist() == data["id"]


def test_only_the_named_columns_change_and_they_may_be_no_quasi_identifiers():
    table = people(60)
    found = average(table, 5, "age", "hours").table
    changed = {name for name in table.schema.names if not found.frame[name].equals(table.frame[name])}
    assert changed == {"age", "hours"}
    assert equivalence_classes(found, ("age", "hours")).k >= 5
    changed = {n for n in table.schema.names if not average(table, 5).table.frame[n].equals(table.frame[n])}
    assert changed == {"age", "job", "zip"}


def test_k_is_promised_only_when_no_quasi_identifier_is_left_exact():
    schema = people().schema
    promised = Microaggregation(k=7).guarantee(schema, FACTS)
    assert (promised.kind, promised.k) == ("k_anonymity", 7)
    assert any("7 to 13 people" in text for text in promised.assumptions)
    assert any("(age, job, zip)" in text for text in promised.assumptions)
    part = Microaggregation(k=7, columns=("age", "hours")).guarantee(schema, FACTS)
    assert (part.kind, part.k) == ("none", None)
    assert "job, zip" in part.assumptions[0]
    more = Microaggregation(k=7, columns=("zip", "hours", "job", "age"))
    assert more.guarantee(schema, FACTS).k == 7
    assert (
        verify(more.protect(people(), FACTS, np.random.default_rng(0)).table, ("age", "job", "zip"), promised) is None
    )


def test_what_cannot_work_has_a_reason():
    schema = people().schema
    for columns, reason in (("rich", "target"), ("name", "mask_identifiers"), ("nobody", "no column")):
        assert reason in str(Microaggregation(columns=(columns,)).unsupported(schema, FACTS))
    bare = people().drop(("age", "job", "zip"))
    assert "quasi-identifier" in str(Microaggregation().unsupported(bare.schema, FACTS))
    assert average(bare, 2).table is bare
    assert Microaggregation().unsupported(schema, FACTS) is None
    with pytest.raises(UserError, match="k = 5,000 cannot be reached with 160 people"):
        average(people(), 5000)
    two = build(WHO, AGE, person="id", id=["x", "x", "y"], age=[1, 2, 3])
    with pytest.raises(UserError, match="2 people"):
        average(two, 3)


def test_people_outside_stay_as_they_are_and_labels_of_an_earlier_step_keep_their_meaning():
    table = build(TOWN, town=["[0, 10)", "[10, 20)", "[10, 20)", None])
    meaning = Meaning((), np.array([5.0, 15.0]))
    table = table.with_columns({}, table.schema, {"town": meaning})
    found = average(table, 2)
    assert found.recode(table) is table
    assert found.table.meanings["town"] is meaning
    assert list(found.table.frame["town"].cat.categories) == ["[0, 10)", "[10, 20)"]


rows_of = st.lists(
    st.tuples(
        st.sampled_from("vwxyz"),
        st.none() | st.integers(0, 9),
        st.sampled_from(["a", "b", "c", None]),
        st.none() | st.integers(0, 3),
    ),
    min_size=4,
    max_size=40,
)


def random_table(rows: list, person: str | None = None) -> Table:
    data = {n: list(c) for n, c in zip(("id", "age", "town", "day"), zip(*rows, strict=True), strict=True)}
    data["day"] = [None if day is None else f"2020-01-0{day + 1}" for day in data["day"]]
    return build(WHO, AGE, TOWN, DAY, person=person, **data)


@settings(max_examples=50, deadline=None)
@given(rows_of, st.integers(2, 5), st.booleans(), st.randoms(use_true_random=False))
def test_k_people_share_every_combination_whatever_the_order_of_rows(rows, k, repeated, shuffler):
    table = random_table(rows, "id" if repeated else None)
    if table.people < k:
        return
    before = table.fingerprint
    found = average(table, k)
    columns = table.schema.quasi_identifiers
    assert verify_k(found.table, columns, k) is None
    assert verify(found.table, columns, Microaggregation(k=k).guarantee(table.schema, FACTS)) is None
    assert found.source is not None
    assert found.source.tolist() == list(range(len(table)))
    assert found.table.schema == table.schema
    assert cells(found.table, "id") == cells(table, "id")
    assert table.fingerprint == before
    if repeated:
        assert len(found.table.frame.astype(str).drop_duplicates()) == table.people
    order = list(range(len(rows)))
    shuffler.shuffle(order)
    again = average(table.take(np.array(order)), k).table
    both = [
        sorted(zip(*(cells(t, n) for t in pair for n in columns), strict=True))
        for pair in ((table, found.table), (table.take(np.array(order)), again))
    ]
    assert both[0] == both[1]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2)), min_size=6, max_size=40), st.integers(2, 4))
def test_released_cells_are_the_centroids_of_the_plain_groups_and_lose_as_much(rows, k):
    rows = sorted(rows, key=lambda row: (row[1], row[0]))  # the order in which ties are broken
    table = build(AGE, TOWN, age=[a for a, _ in rows], town=["abc"[t] for _, t in rows])
    found = average(table, k).table
    ages = np.array([float(a) for a, _ in rows])
    spread = statistics.pstdev(ages.tolist())
    scaled = np.rint((ages - ages.mean()) / (spread or 1) / GRID).astype(int)
    groups = plain_mdav([(int(z), t) for z, (_, t) in zip(scaled, rows, strict=True)], k, 1)
    towns = Counter(t for _, t in rows)
    for group in groups:
        assert len({(found.frame["age"][i], found.frame["town"][i]) for i in group}) == 1
        assert abs(found.frame["age"][group[0]] - ages[group].mean()) <= 0.5 + 1e-9
        count = Counter(rows[i][1] for i in group)
        best = min(count, key=lambda t: (-count[t], -towns[t], t))
        assert found.frame["town"][group[0]] == "abc"[best]
    lost = float(((found.frame["age"].to_numpy() - ages) ** 2).sum())
    assert within(ages, groups) <= lost + 1e-6 <= within(ages, groups) + 0.25 * len(rows) + 2e-6


@pytest.mark.parametrize("k", [2, 5, 25])
@pytest.mark.parametrize("name", awkward())
def test_awkward_tables_keep_every_row_and_reach_k(name, k):
    table = awkward()[name]
    found = average(table, k).table
    assert len(found) == len(table)
    assert verify_k(found, table.schema.quasi_identifiers, k) is None
    others = [n for n in table.schema.names if n not in table.schema.quasi_identifiers]
    pd.testing.assert_frame_equal(found.frame[others], table.frame[others])
