"""Local suppression: k people for every combination, few cells lost, no row lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

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
from core.techniques.blank_cells import cells_to_blank
from core.techniques.local_suppression import LocalSuppression
from tests.tables import QI, C, F, N, T, awkward, people, schema_of

FACTS = PublicFacts(people=100, classes=())


def protect(table, **settings_):
    return LocalSuppression(**settings_).protect(table, FACTS, np.random.default_rng(0))


def proved(table, k):
    return LocalSuppression(k=k).guarantee(table.schema, FACTS)


@pytest.mark.parametrize("k", [2, 5, 20])
def test_k_people_share_every_combination_and_cells_are_blanked_or_left_alone(k):
    table = people()
    released = protect(table, k=k)
    assert verify(released.table, table.schema.quasi_identifiers, proved(table, k)) is None
    assert len(released.table) == len(table)
    for name in table.schema.names:
        new, old = released.table.frame[name], table.frame[name]
        if name in table.schema.quasi_identifiers:
            assert (new.isna() | (new.astype(object) == old.astype(object))).all()
        else:
            assert new.equals(old)


def test_what_is_shared_already_is_left_alone():
    table = Table.build(pd.DataFrame({"a": ["x"] * 5 + ["y"] * 5}), schema_of(a=(C, QI)))
    assert protect(table, k=5).table.frame.equals(table.frame)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(*[st.one_of(st.none(), st.sampled_from("abc"))] * 3), min_size=2, max_size=25),
    st.integers(2, 5),
    st.lists(st.integers(0, 8), min_size=25, max_size=25),
    st.booleans(),
)
def test_crowds_hold_for_any_table_with_gaps_and_with_several_rows_a_person(rows, k, owners, several):
    frame = pd.DataFrame(rows, columns=["a", "b", "c"])
    frame["id"] = [f"p{owners[i] if several else i}" for i in range(len(rows))]
    schema = replace(schema_of(a=(C, QI), b=(C, QI), c=(C, QI), id=(T, Role.IGNORED)), person_id="id")
    table = Table.build(frame, schema)
    if table.people < k:
        with pytest.raises(UserError, match="cannot be reached"):
            protect(table, k=k)
        return
    found = protect(table, k=k).table
    assert verify(found, ("a", "b", "c"), proved(table, k)) is None


def test_a_blank_taken_for_any_value_still_fits_k_people():
    """Whoever reads a blank as "anything": those who fit a person's true row are k or more, the person among them."""
    table = people()
    rows = protect(table, k=5).table.frame[["age", "job", "zip"]].astype(object)
    truth = table.frame[["age", "job", "zip"]].astype(object)
    for i in range(0, len(table), 7):
        fits = np.logical_and.reduce([(rows[c].isna() | (rows[c] == truth.loc[i, c])).to_numpy() for c in rows])
        assert fits[i]
        assert fits.sum() >= 5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2)), min_size=2, max_size=6))
def test_few_cells_are_lost_against_the_fewest_possible(rows):
    codes = np.array(rows)
    found = cells_to_blank(codes, np.arange(len(codes)), 2)

    def shared(blank):
        cells = [tuple(row) for row in np.where(blank, 0, codes).tolist()]
        return min(cells.count(row) for row in cells) >= 2

    assert shared(found)
    masks = (np.array(m).reshape(codes.shape) for m in product((False, True), repeat=codes.size))
    fewest = min(int(m.sum()) for m in masks if shared(m))
    assert found.sum() <= 2 * fewest + 1


def test_columns_to_keep_are_blanked_last():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"a": rng.choice(list("abcdef"), 120), "b": rng.choice(list("uvwxyz"), 120)})
    table = Table.build(frame, schema_of(a=(C, QI), b=(C, QI)))
    lost = {
        keep: protect(table, k=4, keep=(keep,)).table.frame[["a", "b"]].isna().sum().to_dict() for keep in ("a", "b")
    }
    assert lost["a"]["a"] < lost["a"]["b"]
    assert lost["b"]["b"] < lost["b"]["a"]


def test_the_order_of_the_rows_changes_nothing():
    table = people()
    order = np.random.default_rng(1).permutation(len(table))
    first, second = protect(table, k=5).table.frame, protect(table.take(order), k=5).table.frame
    names = ["age", "job", "zip"]

    def combinations(frame):
        return sorted(map(str, frame[names].astype(object).where(frame[names].notna(), None).to_numpy().tolist()))

    assert combinations(first) == combinations(second)


@pytest.mark.parametrize("name", [*awkward()])
def test_awkward_tables_go_through_or_say_why(name):
    table = awkward()[name]
    if LocalSuppression(k=3).unsupported(table.schema, FACTS):
        return
    assert verify(protect(table, k=3).table, table.schema.quasi_identifiers, proved(table, 3)) is None


def test_numbers_and_dates_are_blanked_as_missing():
    frame = pd.DataFrame({"n": [1.0, 1, 2, 3], "w": [1.0, 2, 3, 4]})
    table = Table.build(frame, schema_of(n=(N, QI), w=(N, F)))
    rows = protect(table, k=2).table.frame
    assert rows["n"].isna().tolist() == [False, False, True, True]
    assert rows["w"].tolist() == [1, 2, 3, 4]


def test_a_column_to_keep_must_be_a_quasi_identifier():
    assert "hours" in str(LocalSuppression(keep=("hours",)).unsupported(people().schema, FACTS))
