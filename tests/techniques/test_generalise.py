"""generalise: one knob, nested levels, one map for everybody, and what of it is public."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.models.encode import Encoder
from core.privacy.classes import equivalence_classes
from core.techniques.base import PublicFacts
from core.techniques.generalise import Generalise
from core.techniques.mask_identifiers import MaskIdentifiers
from core.techniques.public_encoding import PublicEncoder
from tests.tables import awkward, people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
QI = Role.QUASI_IDENTIFIER


def run(level, table):
    return Generalise(level=level).protect(table, FACTS, np.random.default_rng(0))


def classes(level, table):
    return len(equivalence_classes(run(level, table).table, table.schema.quasi_identifiers))


def test_level_zero_changes_nothing_for_anybody():
    table = people()
    protected = run(0, table)
    assert protected.table is table
    assert protected.recode(table) is table
    assert Generalise(level=0).public_map(table.schema)


def test_only_quasi_identifiers_change():
    table = people()
    found = run(1, table).table
    changed = {name for name in table.schema.names if not found.frame[name].equals(table.frame[name])}
    assert changed == {"age", "zip"}  # four jobs are all among the eight most frequent


def test_a_column_whose_hierarchy_is_short_is_at_its_top_and_the_others_go_on():
    table = people()
    found = run(4, table).table
    assert set(found.frame["age"]) == {"*"}
    assert all(text.endswith("****") and text != "*****" for text in found.frame["zip"])
    top = run(10, table).table
    assert len(equivalence_classes(top, table.schema.quasi_identifiers)) == 1


def test_missing_values_stay_missing_below_the_top():
    table = awkward()["30 % missing"]
    found = run(1, table).table
    for name in table.schema.quasi_identifiers:
        assert found.frame[name].isna().equals(table.frame[name].isna())
        assert found.frame[name].isna().any()


@pytest.mark.parametrize("name", list(awkward()))
def test_a_higher_level_never_gives_more_classes(name):
    table = awkward()[name]
    counts = [classes(level, table) for level in range(11)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.floats(-50, 50) | st.none(),
            st.dates(pd.Timestamp("1900-01-01").date(), pd.Timestamp("2030-01-01").date()).map(str) | st.none(),
            st.sampled_from("abcdefghijklm") | st.none(),
            st.text("01", min_size=1, max_size=4),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_each_level_is_a_coarsening_of_the_one_below(rows):
    frame = pd.DataFrame(rows, columns=["n", "d", "c", "z"], dtype=object)
    schema = Schema(
        (
            Column(name="n", kind=Kind.NUMERIC, role=QI),
            Column(name="d", kind=Kind.DATE, role=QI),
            Column(name="c", kind=Kind.CATEGORICAL, role=QI),
            Column(name="z", kind=Kind.CATEGORICAL, role=QI, hierarchy=Hierarchy(kind="prefix")),
        )
    )
    table = Table.build(frame, schema)
    codes = [equivalence_classes(run(level, table).table, schema.quasi_identifiers).codes for level in range(6)]
    for fine, coarse in itertools.pairwise(codes):
        assert len(set(zip(fine, coarse, strict=True))) == len(set(fine))


@pytest.mark.parametrize("level", [1, 2, 3, 4, 10])
@pytest.mark.parametrize("name", ["dates", "300 categories", "hostile names", "30 % missing", "constant columns"])
def test_unseen_people_are_recoded_into_columns_that_the_members_model_can_read(name, level):
    table = awkward()[name]
    half = np.arange(len(table)) % 2 == 0
    protected = run(level, table.take(half))
    for ordinal in (False, True):
        encoder = Encoder.fit(protected.table, ordinal)
        one, two = encoder.transform(protected.table), encoder.transform(protected.recode(table.take(~half)))
        assert one.shape[1] == two.shape[1]
        assert np.isfinite(two).all()
    assert protected.recode(table).schema == protected.table.schema


def test_the_map_is_fitted_on_the_members_alone():
    """Other people in the same table must not move a group or a cut point."""
    table = awkward()["300 categories"]
    members = np.arange(60)
    alone = Table.build(table.frame.iloc[:60].astype(object), table.schema)
    for level in (1, 2, 3):
        left = run(level, table.take(members)).recode(table).frame
        right = run(level, alone).recode(table).frame
        pd.testing.assert_frame_equal(left.astype(str), right.astype(str))


def test_public_columns_get_their_labels_as_categories_and_private_training_reads_the_midpoints():
    table = people().drop(("name", "zip"))
    table = Table(table.frame, table.schema.changed(public_job(table)))
    technique = Generalise(level=2)
    assert technique.public_map(table.schema)
    assert technique.learned_columns(table.schema) == ()
    found = run(2, table.take(np.arange(3))).table
    age = found.schema["age"]
    assert age.kind is Kind.CATEGORICAL
    assert age.bounds is None
    assert age.categories == ("< 20", *(f"[{n}, {n + 10})" for n in range(20, 90, 10)), ">= 90")
    assert tuple(found.frame["age"].cat.categories) == age.categories
    encoder = PublicEncoder.for_table(found, FACTS)
    (column,) = (c for c in encoder.columns if c.name == "age")
    assert (column.kind, column.low, column.high) == ("label", 15, 95)


def public_job(table):
    rows = (("clerk", "office", "job"), ("nurse", "care", "job"), ("farmer", "land", "job"), ("smith", "land", "job"))
    old = table.schema["job"]
    hierarchy = Hierarchy(kind="levels", rows=rows)
    return Column(name="job", kind=old.kind, role=old.role, categories=old.categories, hierarchy=hierarchy)


def test_one_learned_column_makes_the_map_not_public_and_is_named():
    schema = people().schema
    technique = Generalise(level=1)
    assert technique.learned_columns(schema) == ("job", "zip")
    assert not technique.public_map(schema)


def test_public_labels_do_not_depend_on_who_the_members_are():
    table = people().drop(("name", "zip"))
    table = Table(table.frame, table.schema.changed(public_job(table)))
    one, two = run(1, table.take(np.arange(5))), run(1, table.take(np.arange(100, 150)))
    assert one.table.schema == two.table.schema
    pd.testing.assert_frame_equal(one.recode(table).frame, two.recode(table).frame)
    assert np.array_equal(one.table.meanings["age"].weights, two.table.meanings["age"].weights)


def test_a_second_generalise_is_declined_because_it_would_learn_groups_behind_public_map():
    first = run(1, people()).table
    assert "already" in Generalise(level=1).unsupported(first.schema, FACTS)
    assert Generalise(level=1).unsupported(people().schema, FACTS) is None


def test_free_text_and_masked_names_become_a_star_and_no_model_input():
    masked = MaskIdentifiers(method="partial").protect(people(), FACTS, np.random.default_rng(0)).table
    found = run(1, masked).table
    assert set(found.frame["name"]) == {"*"}
    assert "name" not in found.schema.model_inputs


def test_nothing_to_make_coarser_and_widths_that_do_not_nest_have_a_reason():
    assert "quasi-identifier" in Generalise().unsupported(people().drop(("age", "job", "zip")).schema, FACTS)
    age = Column(name="age", kind=Kind.NUMERIC, role=QI, hierarchy=Hierarchy(kind="intervals", widths=(5, 10, 25)))
    table = people()
    with pytest.raises(UserError, match="'age'"):
        run(1, Table(table.frame, table.schema.changed(age)))


def test_people_with_several_rows_stay_the_same_people():
    table = awkward()["duplicated people"]
    assert np.array_equal(run(1, table).table.persons, table.persons)
