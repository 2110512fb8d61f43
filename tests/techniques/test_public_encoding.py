"""The public encoding: fixed before any row is seen, one row's numbers from that row alone."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import MISSING, Meaning, Table
from core.errors import UserError
from core.techniques.base import PublicFacts
from core.techniques.public_encoding import PublicEncoder, missing_public, public_assumptions, why_not_public

SCHEMA = Schema(
    (
        Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100)),
        Column(name="gain", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 9999)),
        Column(name="born", kind=Kind.DATE, role=Role.FEATURE, bounds=("1970-01-01", "1970-01-11")),
        Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("clerk", "cook", "guard")),
        Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    )
)
FACTS = PublicFacts(people=4, classes=("no", "yes"))
RAW = pd.DataFrame(
    {
        "age": [50.0, 100.0, None, 25.0],
        "gain": [0.0, 9999.0, 99.0, None],
        "born": ["1970-01-01", "1970-01-06", "1970-01-11", None],
        "job": ["cook", "clerk", None, "pilot"],
        "ill": ["no", "yes", "no", None],
    }
)
TABLE = Table.build(RAW, SCHEMA)
PLACES = {"one": 0, "age": slice(1, 4), "gain": slice(4, 8), "born": slice(8, 11), "job": slice(11, 15)}


def encoded(table=TABLE, facts=FACTS):
    return PublicEncoder.for_table(table, facts).encode(table)


def bare(schema):
    return Schema(tuple(replace(column, bounds=None, categories=None) for column in schema.columns), schema.person_id)


def test_numbers_are_scaled_by_their_public_bounds_with_their_square_and_a_missing_indicator():
    assert encoded()[:, PLACES["age"]].tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 1], [-0.5, 0.25, 0]]


def test_bounds_over_three_orders_of_magnitude_add_the_logarithm_by_rule():
    found = encoded()[:, PLACES["gain"]]
    np.testing.assert_allclose(found[0], [0, 0, 0, 0])
    np.testing.assert_allclose(found[1], [1, 1, 1, 0])
    np.testing.assert_allclose(found[2], [99 / 9999, (99 / 9999) ** 2, 0.5, 0])
    assert found[3].tolist() == [0, 0, 0, 1]


def test_dates_are_days_on_their_public_range():
    assert encoded()[:, PLACES["born"]].tolist() == [[-1, 1, 0], [0, 0, 0], [1, 1, 0], [0, 0, 1]]


def test_a_category_outside_the_public_list_gives_zeros_and_a_missing_one_its_indicator():
    assert encoded()[:, PLACES["job"]].tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]


def test_the_first_feature_is_the_constant_and_the_matrix_is_float64_of_the_stated_size():
    encoder = PublicEncoder.for_table(TABLE, FACTS)
    assert (encoded()[:, 0] == 1).all()
    assert encoded().dtype == np.float64
    assert encoded().shape == (4, encoder.size)
    np.testing.assert_array_equal(encoder.sparse(TABLE).toarray(), encoded())


def test_values_beyond_the_bounds_are_clipped():
    wild = Table.build(RAW.assign(age=[-1e300, 1e300, 0, 100]), SCHEMA)
    assert encoded(wild)[:, 1].tolist() == [-1, 1, -1, 1]


def test_an_extreme_outlier_changes_neither_the_encoder_nor_anybody_elses_numbers():
    odd = {"age": 1e9, "gain": -1e9, "born": "2262-01-01", "job": "emperor", "ill": "yes"}
    more = Table.build(pd.concat([RAW, pd.DataFrame([odd])], ignore_index=True), SCHEMA)
    assert PublicEncoder.for_table(more, FACTS) == PublicEncoder.for_table(TABLE, FACTS)
    np.testing.assert_array_equal(encoded(more)[:4], encoded())


def test_no_rows_give_no_rows():
    assert encoded(TABLE.take(np.zeros(4, bool))).shape == (0, PublicEncoder.for_table(TABLE, FACTS).size)


def test_columns_without_bounds_or_categories_and_a_target_without_classes_are_named():
    assert missing_public(bare(SCHEMA), FACTS) == ["age", "gain", "born", "job", "ill"]
    assert why_not_public("k", bare(SCHEMA), FACTS) == (
        "k needs public bounds or categories for: age, gain, born, job, ill. Fill them in, or set assume_public_domain"
    )
    assert why_not_public("k", SCHEMA, FACTS) is None
    with pytest.raises(UserError, match="age, gain, born, job"):
        PublicEncoder.from_schema(bare(SCHEMA), FACTS, {})


def test_a_class_that_only_the_data_shows_is_not_public_but_a_missing_target_is_an_assumption():
    assert missing_public(SCHEMA, replace(FACTS, classes=("no", "yes", "maybe"))) == ["ill"]
    facts = replace(FACTS, classes=("no", "yes", MISSING))
    assert missing_public(SCHEMA, facts) == []
    assert any("target of some people is missing" in line for line in public_assumptions(SCHEMA, facts))
    assert not any("is missing" in line for line in public_assumptions(SCHEMA, FACTS))


def test_assumed_domains_stand_in_for_public_ones_and_the_guarantee_lists_them():
    domains = {"age": (0.0, 100.0), "gain": (0.0, 9999.0), "born": ("1970-01-01", "1970-01-11")}
    facts = replace(FACTS, assume_public_domain=True, domains={**domains, "job": ("clerk", "cook", "guard")})
    table = Table.build(RAW, bare(SCHEMA))
    assert missing_public(table.schema, facts) == []
    np.testing.assert_array_equal(encoded(table, facts), encoded())
    assert any("age, gain, born, job, ill" in line for line in public_assumptions(table.schema, facts))
    assert not any("assumes" in line for line in public_assumptions(SCHEMA, facts))


def test_assuming_without_domains_is_not_enough():
    assert missing_public(bare(SCHEMA), replace(FACTS, assume_public_domain=True)) == [
        "age", "gain", "born", "job", "ill",
    ]  # fmt: skip


def test_a_column_that_nobody_filled_in_is_an_indicator_only():
    schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE),))
    facts = PublicFacts(people=2, classes=(), assume_public_domain=True, domains={})
    table = Table.build(pd.DataFrame({"age": [None, None]}, dtype=float), schema)
    assert encoded(table, facts).tolist() == [[1, 0, 0, 1]] * 2


def generalised(categories=("[0, 9]", "[10, 19]", MISSING), public=("[0, 9]", "[10, 19]", MISSING), weights=None):
    column = Column(name="age", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER, categories=public)
    cells = pd.Categorical(["[10, 19]", "[0, 9]", MISSING], categories=list(categories))
    meaning = Meaning((), np.array([4.5, 14.5, math.nan]) if weights is None else weights)
    return Table(pd.DataFrame({"age": cells}), Schema((column,)), {"age": meaning})


def test_public_ranges_enter_by_their_midpoints():
    assert encoded(generalised()).tolist() == [[1, 1, 1, 0], [1, -1, 1, 0], [1, 0, 0, 1]]


def test_ranges_whose_labels_are_not_in_the_public_order_become_indicators():
    table = generalised(categories=("[10, 19]", "[0, 9]", MISSING))
    assert encoded(table)[:, 1:4].tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_ranges_read_from_the_data_are_refused_even_when_the_study_assumes_public_domains():
    facts = replace(FACTS, assume_public_domain=True, domains={"age": ("[0, 9]", "[10, 19]")})
    with pytest.raises(UserError, match="age"):
        encoded(generalised(public=None), facts)
    numeric = replace(FACTS, assume_public_domain=True, domains={"age": (0.0, 19.0)})
    assert missing_public(generalised(public=None).schema, numeric) == ["age"]


def test_generalised_categories_become_indicators_of_their_public_labels():
    column = Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("office", "trade"))
    meaning = Meaning(("clerk", "cook"), np.eye(2))
    frame = pd.DataFrame({"job": pd.Categorical(["trade", "office"], categories=["office", "trade"])})
    table = Table(frame, Schema((column,)), {"job": meaning})
    assert encoded(table).tolist() == [[1, 0, 1, 0], [1, 1, 0, 0]]


def test_bounds_that_are_no_dates_are_refused_by_column():
    with pytest.raises(UserError, match="born"):
        Column(name="born", kind=Kind.DATE, role=Role.FEATURE, bounds=("a", "b"))


def test_a_date_column_is_never_wide_and_a_year_column_neither():
    columns = (
        Column(name="day", kind=Kind.DATE, role=Role.FEATURE, bounds=("1970-01-01", "2020-01-01")),
        Column(name="year", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(1920, 2010)),
    )
    assert [column.wide for column in PublicEncoder.from_schema(Schema(columns), FACTS, {}).columns] == [False, False]
