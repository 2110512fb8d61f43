"""Local suppression: k holds for people, only cells of quasi-identifiers go, and not many more than must."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Meaning, Table
from core.errors import UserError
from core.privacy.verify import verify, verify_k
from core.techniques.base import Protected, PublicFacts
from core.techniques.blank_cells import MOST_SETS, cells_to_blank, column_sets
from core.techniques.local_suppression import LocalSuppression
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


def hide(table: Table, k: int, *keep: str) -> Protected:
    return LocalSuppression(k=k, keep=keep).protect(table, FACTS, np.random.default_rng(0))


def blanks(table: Table, name: str) -> list[int]:
    return np.flatnonzero(table.frame[name].isna()).tolist()


def lost(before: Table, after: Table) -> int:
    return int(after.frame.isna().sum().sum() - before.frame.isna().sum().sum())


def test_the_column_with_more_values_is_blanked_first_and_only_where_it_must():
    table = build(AGE, TOWN, age=[31, 31, 45, 46], town=["a", "a", "b", "b"])
    found = hide(table, 2).table
    assert blanks(found, "age") == [2, 3]
    assert blanks(found, "town") == []


def test_columns_to_keep_are_blanked_only_when_all_others_are_not_enough():
    table = build(AGE, TOWN, age=[31, 31, 45, 45], town=["a", "b", "c", "d"])
    assert blanks(hide(table, 2).table, "age") == []
    kept = hide(table, 2, "town").table  # no two share a town, so blanking ages would not help
    assert (blanks(kept, "age"), blanks(kept, "town")) == ([], [0, 1, 2, 3])
    mixed = build(AGE, TOWN, DAY, age=[1, 1, 2, 2], town=["a", "b", "a", "b"], day=["2020-01-01"] * 4)
    assert blanks(hide(mixed, 2, "town").table, "age") == [0, 1, 2, 3]
    assert blanks(hide(mixed, 2, "age").table, "town") == [0, 1, 2, 3]
    assert lost(mixed, hide(mixed, 2, "town", "age").table) == 4
    assert blanks(hide(mixed, 2, "town", "age").table, "town") == []  # the first named is kept longest


def test_rows_that_lack_the_cell_already_are_company():
    table = build(AGE, TOWN, age=[None, None, 45], town=["b", "b", "b"])
    found = hide(table, 3).table
    assert blanks(found, "age") == [0, 1, 2]
    assert lost(table, found) == 1


def test_a_lonely_row_gets_company_from_those_who_can_spare_it():
    table = build(AGE, TOWN, age=[31] * 5 + [45], town=["a"] * 6)
    found = hide(table, 2).table
    assert lost(table, found) == 2  # their own class keeps four
    assert len(blanks(found, "age")) == 2
    assert 5 in blanks(found, "age")
    tight = build(AGE, TOWN, age=[31] * 2 + [45], town=["a"] * 3)
    assert blanks(hide(tight, 2).table, "age") == [0, 1, 2]  # two of two cannot spare one: both go along


def test_people_are_counted_not_rows():
    data = {"id": ["x"] * 4 + ["y"], "age": [31] * 4 + [45]}
    assert lost(build(WHO, AGE, **data), hide(build(WHO, AGE, **data), 2).table) == 2
    two = build(WHO, AGE, person="id", **data)
    assert blanks(hide(two, 2).table, "age") == [0, 1, 2, 3, 4]
    spare = build(WHO, AGE, person="id", id=list("aabbccd"), age=[31] * 6 + [45])
    found = hide(spare, 2).table
    assert lost(spare, found) == 3  # d, and both rows of one other person
    assert verify_k(found, ("age",), 2) is None


def test_fewer_people_than_k_are_refused_and_exactly_k_all_look_alike():
    with pytest.raises(UserError, match="k = 5,000 cannot be reached with 3 people"):
        hide(build(AGE, age=[1, 2, 3]), 5000)
    with pytest.raises(UserError, match="2 people"):
        hide(build(WHO, AGE, person="id", id=["x", "x", "y"], age=[1, 1, 1]), 3)
    assert hide(build(AGE, age=[1, 2, 3]), 3).table.frame["age"].isna().all()
    with pytest.raises(ValueError, match="3 people of 2"):
        cells_to_blank(np.ones((2, 1), int), np.arange(2), 3)


def test_what_cannot_work_has_a_reason():
    schema = people().schema
    assert LocalSuppression(keep=("age",)).unsupported(schema, FACTS) is None
    assert "hours" in str(LocalSuppression(keep=("age", "hours")).unsupported(schema, FACTS))
    assert "nobody" in str(LocalSuppression(keep=("nobody",)).unsupported(schema, FACTS))
    bare = people().drop(("age", "job", "zip"))
    assert "quasi-identifier" in str(LocalSuppression().unsupported(bare.schema, FACTS))
    assert hide(bare, 2).table is bare
    many = Schema(tuple(Qi(name=f"c{i}", kind=Kind.NUMERIC) for i in range(61)))
    assert "61 quasi-identifiers" in str(LocalSuppression().unsupported(many, FACTS))


def test_the_guarantee_says_what_a_blank_is():
    guarantee = LocalSuppression(k=7).guarantee(people().schema, FACTS)
    assert (guarantee.kind, guarantee.k) == ("k_anonymity", 7)
    assert any("value of its own" in text for text in guarantee.assumptions)
    assert any("any value" in text for text in guarantee.assumptions)
    assert any("(age, job, zip)" in text for text in guarantee.assumptions)
    assert len(LocalSuppression(k=7).guarantee(Schema((AGE, WHO), "id"), FACTS).assumptions) == 5


def test_nothing_is_blanked_when_k_holds_already_and_nobody_outside_is_changed():
    table = build(AGE, TOWN, age=[1, 1, None, None], town=["a", "a", None, None])
    found = hide(table, 2)
    assert found.table is table
    assert found.recode(table) is table
    meant = table.with_columns({}, table.schema, {"town": Meaning((), np.array([3.0]))})
    again = hide(meant.take(np.array([0, 1, 2])), 3)
    assert again.table.frame["town"].isna().all()
    assert again.table.meanings["town"] is meant.meanings["town"]


def test_every_set_of_columns_is_tried_or_some_of_each_size_and_all_columns_last():
    assert sorted(column_sets(4, 2)) == sorted(s for n in range(1, 5) for s in itertools.combinations(range(4), n))
    assert list(column_sets(3, 0))[:4] == [(0,), (1,), (2,), (0, 1)]
    for columns, kept in ((12, 0), (20, 5), (60, 30)):
        found = list(column_sets(columns, kept))
        assert len(found) <= MOST_SETS
        assert len(set(found)) == len(found)
        assert found[-1] == tuple(range(columns))
        late = [sum(c >= columns - kept for c in one) for one in found]
        assert late == sorted(late)
        assert {len(one) for one in found} == set(range(1, columns + 1))


def test_many_columns_of_many_values_reach_k():
    """The product of their values is beyond 64 bits."""
    rng = np.random.default_rng(2)
    codes = np.where(rng.random((150, 14)) < 0.5, 1, rng.integers(1, 100, (150, 14)))
    codes[0] = 60_000
    found = cells_to_blank(codes, np.arange(150), 4)
    left = Counter(map(tuple, np.where(found, 0, codes).tolist()))
    assert min(left.values()) >= 4


rows_of = st.lists(
    st.tuples(
        st.sampled_from("vwxyz"),
        st.none() | st.integers(0, 5),
        st.sampled_from(["a", "b", "c", None]),
        st.none() | st.integers(0, 2),
    ),
    min_size=4,
    max_size=40,
)


def random_table(rows: list, person: str | None = None) -> Table:
    data = {n: list(c) for n, c in zip(("id", "age", "town", "day"), zip(*rows, strict=True), strict=True)}
    data["day"] = [None if day is None else f"2020-01-0{day + 1}" for day in data["day"]]
    return build(WHO, AGE, TOWN, DAY, person=person, **data)


@settings(max_examples=80, deadline=None)
@given(rows_of, st.integers(2, 5), st.booleans(), st.sampled_from([(), ("town",), ("day", "age")]))
def test_k_people_share_every_combination_and_whoever_reads_blanks_as_anything_finds_k(rows, k, repeated, keep):
    table = random_table(rows, "id" if repeated else None)
    if table.people < k:
        return
    columns = table.schema.quasi_identifiers
    found = hide(table, k, *keep)
    assert verify_k(found.table, columns, k) is None
    assert verify(found.table, columns, LocalSuppression(k=k).guarantee(table.schema, FACTS)) is None
    assert found.source is not None
    assert found.source.tolist() == list(range(len(rows)))
    assert found.table.schema == table.schema
    old, new = (t.frame[list(columns)].astype(object) for t in (table, found.table))
    kept = new.notna()
    assert (new[kept].fillna("") == old[kept].fillna("")).all(axis=None)  # what is not blank is what it was
    assert found.table.frame["id"].equals(table.frame["id"])
    released = new.to_numpy()
    for mine in old.to_numpy():
        fits = [all(pd.isna(c) or c == m for c, m in zip(row, mine, strict=True)) for row in released]
        assert len({table.persons[i] for i in np.flatnonzero(fits)}) >= k


def fewest(codes: np.ndarray, k: int) -> int:
    """Blank in every way there is."""
    ways = list(itertools.product((0, 1), repeat=codes.shape[1]))
    best = codes.size
    for way in itertools.product(ways, repeat=len(codes)):
        mask = np.array(way, dtype=bool)
        if mask.sum() < best and min(Counter(map(tuple, np.where(mask, 0, codes).tolist())).values()) >= k:
            best = int(mask.sum())
    return best


def test_little_more_is_blanked_than_the_fewest_cells_possible():
    rng = np.random.default_rng(7)
    ours = least = 0
    for _ in range(30):
        codes = rng.integers(1, 4, (5, 2))
        ours += int(cells_to_blank(codes, np.arange(5), 2).sum())
        least += fewest(codes, 2)
    assert 0 < least <= ours <= 1.15 * least


@settings(max_examples=60, deadline=None)
@given(rows_of, st.integers(2, 4), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, k, repeated, shuffler):
    order = list(range(len(rows)))
    shuffler.shuffle(order)
    table = random_table(rows, "id" if repeated else None)
    if table.people < k:
        return
    found = []
    for one in (table, table.take(np.array(order))):
        released = hide(one, k).table.frame
        found.append(Counter(zip(*(map(str, released[name]) for name in ("age", "town", "day")), strict=True)))
    assert found[0] == found[1]


@pytest.mark.parametrize("person", [None, "id"])
def test_who_gives_company_does_not_hang_on_who_was_read_first(person):
    days = [("a", None)] * 4 + [("b", None), ("a", 0), ("b", 0), ("b", None), ("a", 0)]
    table = random_table([("vwxyzvwxy"[place], None, town, day) for place, (town, day) in enumerate(days)], person)
    seen = set()
    for seed in range(100):
        released = hide(table.take(np.random.default_rng(seed).permutation(9)), 4).table.frame
        seen.add(tuple(sorted(zip(*(map(str, released[name]) for name in ("age", "town", "day")), strict=True))))
    assert len(seen) == 1


@pytest.mark.parametrize("k", [2, 5, 25])
@pytest.mark.parametrize("name", awkward())
def test_awkward_tables_keep_every_row_and_reach_k(name, k):
    table = awkward()[name]
    before = table.fingerprint
    found = hide(table, k).table
    assert len(found) == len(table)
    assert table.fingerprint == before
    assert verify_k(found, table.schema.quasi_identifiers, k) is None
    others = [n for n in table.schema.names if n not in table.schema.quasi_identifiers]
    pd.testing.assert_frame_equal(found.frame[others], table.frame[others])
    for n in table.schema.names:
        assert found.frame[n].dtype == table.frame[n].dtype
