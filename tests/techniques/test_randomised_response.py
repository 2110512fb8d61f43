"""randomised_response: exact chances, nothing that no epsilon covers leaves, and the guarantee says what it is."""

import math

import numpy as np
import pandas as pd
import pytest

from core.audit.mechanism import audit_mechanism
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table, target_values
from core.errors import UserError
from core.rng import rng_for
from core.techniques.base import PublicFacts
from core.techniques.generalise import Generalise
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from core.techniques.public_answers import BINS, answers_of, randomised
from core.techniques.randomised_response import RandomisedResponse
from core.tradeoff.promise import rows_guarantee
from core.tradeoff.recipe import Recipe
from tests.tables import people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
C, N, D, QI, F = Kind.CATEGORICAL, Kind.NUMERIC, Kind.DATE, Role.QUASI_IDENTIFIER, Role.FEATURE
SCHEMA = Schema(
    (
        Column(name="name", kind=C, role=Role.DIRECT_IDENTIFIER),
        Column(name="note", kind=Kind.TEXT, role=F),
        Column(name="inner", kind=C, role=Role.IGNORED),
        Column(name="age", kind=N, role=QI, bounds=(0, 100)),
        Column(name="pay", kind=N, role=F, bounds=(0, 9999)),
        Column(name="born", kind=D, role=F, bounds=("2000-01-01", "2000-01-09")),
        Column(name="town", kind=C, role=QI, categories=("Aa", "Bo", "Ce")),
        Column(name="paid", kind=C, role=Role.TARGET, categories=("no", "yes")),
    )
)


def rows(n=4, schema=SCHEMA, **changed):
    cells = {
        "name": [f"Person {i}" for i in range(n)],
        "note": ["came in late and left early"] * n,
        "inner": ["x"] * n,
        "age": [30.0] * n,
        "pay": [50.0] * n,
        "born": ["2000-01-01"] * n,
        "town": ["Aa"] * n,
        "paid": ["yes"] * n,
        **changed,
    }
    return Table.build(pd.DataFrame(cells), schema)


def told(table, epsilon, seed=0, facts=FACTS):
    return RandomisedResponse(epsilon=epsilon).protect(table, facts, np.random.default_rng(seed))


@pytest.mark.parametrize(("size", "epsilon"), [(2, 0.2), (2, 1.0), (5, 1.0), (9, 2.5)])
def test_a_value_stays_and_flips_with_exactly_the_promised_chances(size, epsilon):
    n = 100_000
    found = np.bincount(randomised(np.full(n, 1), size, epsilon, np.random.default_rng(0)), minlength=size) / n
    stays = math.exp(epsilon) / (math.exp(epsilon) + size - 1)
    expected = np.where(np.arange(size) == 1, stays, stays / math.exp(epsilon))
    # Shares of n draws; five standard errors for 18 comparisons: wrong with probability 1e-5.
    assert np.all(np.abs(found - expected) < 5 * np.sqrt(expected * (1 - expected) / n))


def test_epsilon_is_split_over_every_column_that_leaves_and_the_target_is_one_of_them():
    n = 60_000
    found = told(rows(n), 5.0).table
    assert found.schema.names == ("age", "pay", "born", "town", "paid")
    for name, truth, size in (("town", "Aa", 4), ("paid", "yes", 2)):
        stays = math.e / (math.e + size - 1)
        # Five standard errors of a share of n draws.
        assert (found.frame[name] == truth).mean() == pytest.approx(stays, abs=5 * math.sqrt(0.25 / n))
    ranges = found.frame["age"].value_counts(normalize=True, dropna=False)
    assert len(ranges) == BINS + 1
    assert ranges[37.5] == pytest.approx(math.e / (math.e + BINS), abs=5 * math.sqrt(0.25 / n))
    assert found.frame["age"].isna().mean() == pytest.approx(1 / (math.e + BINS), abs=5 * math.sqrt(0.25 / n))


def test_the_probability_of_any_row_changes_by_exactly_the_claimed_epsilon_at_most():
    """The worst ratio over all outputs, from the sizes of the released columns alone."""
    sizes = [answer.size for answer in answers_of(SCHEMA, FACTS)]
    assert sizes == [BINS + 1, BINS + 1, BINS + 1, 4, 2]
    technique = RandomisedResponse(epsilon=3.0)
    part = technique.part(SCHEMA)
    stays = [math.exp(part) / (math.exp(part) + size - 1) for size in sizes]
    lies = [(1 - stay) / (size - 1) for stay, size in zip(stays, sizes, strict=True)]
    assert math.log(math.prod(stays) / math.prod(lies)) == pytest.approx(technique.guarantee(SCHEMA, FACTS).epsilon)


def test_with_hardly_any_noise_numbers_and_dates_come_back_as_the_middle_of_their_public_range():
    table = rows(
        age=[0, 24.9, 100, None],
        pay=[0, 9, 9999, 1e9],
        born=["2000-01-01", "2000-01-09", None, "2000-01-04"],
        town=["Ce", "elsewhere", None, "Bo"],
        paid=["no", "yes", "no", "yes"],
    )
    found = told(table, 100.0).table.frame  # e^-20 per column: a lie in 20 cells has probability 1e-7
    assert found["age"].tolist()[:3] == [12.5, 12.5, 87.5]
    assert np.isnan(found["age"][3])
    # Wide bounds are cut in their logarithm: ranges of 1 + pay end at 10, 100, 1000 and 10,000.
    assert np.allclose(found["pay"], [10**0.5 - 1, 10**1.5 - 1, 10**3.5 - 1, 10**3.5 - 1])
    assert found["born"].isna().tolist() == [False, False, True, False]
    assert found["born"].dropna().dt.day.tolist() == [2, 8, 4]
    assert found["town"].isna().tolist() == [False, True, True, False]
    assert found["paid"].tolist() == ["no", "yes", "no", "yes"]


def test_the_released_list_of_categories_is_the_public_one_whatever_the_members_hold():
    assert list(told(rows(), 1.0).table.frame["town"].cat.categories) == ["Aa", "Bo", "Ce"]


def test_a_released_row_depends_on_its_own_row_alone():
    other = rows(age=[30.0, 99.0, 1.0, 2.0], town=["Aa", "Bo", "Ce", None], paid=["yes", "no", "no", "no"])
    one, two = (told(table, 4.0, seed=3).table.frame.iloc[0] for table in (rows(), other))
    assert one.astype(str).tolist() == two.astype(str).tolist()


def test_of_a_person_with_many_rows_one_is_drawn_and_its_place_says_nothing():
    person = Column(name="who", kind=C, role=Role.FEATURE)
    schema = Schema((*SCHEMA.columns, person), person_id="who")
    table = rows(12, schema, who=["a"] * 9 + ["b", "c", "d"], age=[float(5 + i) for i in range(12)])
    kept = [told(table, 1.0, seed) for seed in range(300)]
    assert all(sorted(table.persons[found.source].tolist()) == [0, 1, 2, 3] for found in kept)
    assert "who" not in kept[0].table.schema
    places = np.bincount([table.persons[found.source].tolist().index(0) for found in kept], minlength=4) / 300
    drawn = np.bincount([found.source[found.source < 9][0] for found in kept], minlength=9) / 300
    # Shares of 300 draws, five standard errors of the larger one.
    assert np.all(np.abs(places - 1 / 4) < 5 * math.sqrt(3 / 16 / 300))
    assert np.all(np.abs(drawn - 1 / 9) < 5 * math.sqrt(8 / 81 / 300))
    promised = RandomisedResponse().guarantee(schema, FACTS)
    assert promised.unit == "person"
    assert any("several" in sentence for sentence in promised.assumptions)


def test_the_guarantee_is_for_a_replaced_row_and_bounds_no_attack_on_membership():
    found = RandomisedResponse(epsilon=2).guarantee(SCHEMA, FACTS)
    assert (found.kind, found.epsilon, found.delta, found.neighbours, found.unit) == ("dp", 2, 0, "replace_one", "row")
    assert found.advantage_bound is None
    assert found.tpr_at_1pct_bound is None
    assert any("How many rows there are is not hidden" in sentence for sentence in found.assumptions)


@pytest.mark.parametrize("lacking", ["age", "town", "paid", "born"])
def test_a_column_without_public_values_is_declined_by_name_and_then_nothing_is_promised(lacking):
    bare = Column(name=lacking, kind=SCHEMA[lacking].kind, role=SCHEMA[lacking].role)
    schema = SCHEMA.changed(bare)
    assert lacking in RandomisedResponse().unsupported(schema, FACTS)
    assert RandomisedResponse().guarantee(schema, FACTS).kind == "none"
    assert RandomisedResponse().unsupported(SCHEMA, FACTS) is None


def test_labels_that_were_read_from_the_data_are_refused():
    table = people(80)
    made = Generalise(level=1).protect(table, FACTS, np.random.default_rng(0)).table
    facts = PublicFacts(people=80, classes=("no", "yes"), assume_public_domain=True, domains={
        name: tuple(made.frame[name].cat.categories) for name in ("age", "job", "zip")})  # fmt: skip
    bare = made.schema.changed(Column(name="age", kind=C, role=QI))
    with pytest.raises(UserError, match="public categories"):
        told(Table(made.frame, bare, made.meanings), 1.0, facts=facts)


def test_what_comes_after_keeps_the_promise_and_a_step_before_that_reads_the_data_is_refused():
    noisy, boxes = RandomisedResponse(epsilon=2), MondrianKAnonymity(k=3)
    found = rows_guarantee((noisy, boxes), SCHEMA, FACTS)
    assert (found.kind, found.epsilon, found.neighbours, found.advantage_bound) == ("dp", 2, "replace_one", None)
    assert "reads the data" in Recipe("x", (boxes, noisy), "rows").unsupported(SCHEMA, FACTS)


def test_a_number_to_predict_is_told_by_its_public_range_and_is_never_missing():
    schema = SCHEMA.changed(Column(name="paid", kind=N, role=Role.TARGET, bounds=(0, 8)))
    facts = PublicFacts(people=80, classes=())
    table = rows(300, schema, paid=[7.0] * 300)
    assert RandomisedResponse().unsupported(schema, facts) is None
    assert set(target_values(told(table, 1.0, facts=facts).table)) == {1.0, 3.0, 5.0, 7.0}
    bare = schema.changed(Column(name="paid", kind=N, role=Role.TARGET))
    assert "paid" in RandomisedResponse().unsupported(bare, facts)


def test_numbers_that_are_classes_stay_numbers_and_a_missing_class_is_a_class():
    schema = SCHEMA.changed(Column(name="paid", kind=N, role=Role.TARGET, categories=("0", "1")))
    facts = PublicFacts(people=80, classes=("0", "(missing)", "1"))
    table = rows(3, schema, paid=[1.0, None, 0.0])
    assert told(table, 100.0, facts=facts).table.frame["paid"].tolist() == pytest.approx([1, np.nan, 0], nan_ok=True)


def test_the_widest_bounds_a_float_can_hold_do_not_overflow():
    schema = SCHEMA.changed(Column(name="age", kind=N, role=QI, bounds=(-1.7e308, 1.7e308)))
    found = told(rows(3, schema, age=[-1.7e308, 0.0, 1.7e308]), 100.0).table.frame["age"]
    assert np.allclose(found / 1.7e308, [-0.75, 0.25, 0.75])


class HalfTheNoise(RandomisedResponse):
    """Spends twice what it says."""

    def part(self, schema):
        return 2 * super().part(schema)


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_half_the_noise_is_flagged_and_the_promised_noise_is_not(epsilon):
    # A technique that keeps its promise is accused with probability .05 at most; the seed is fixed.
    settings = {"pairs": 1500, "control": False, "seed": 0, "confirm_pairs": 50}
    assert audit_mechanism(HalfTheNoise(epsilon=epsilon), **settings).flagged
    assert not audit_mechanism(RandomisedResponse(epsilon=epsilon), **settings).flagged


def test_a_study_can_train_on_the_rows_and_the_source_stays_aligned():
    from core.models.logistic_regression import LogisticRegression

    table, facts = rows(60, paid=["yes", "no"] * 30), FACTS
    release = Recipe("x", (RandomisedResponse(epsilon=50),), "both").apply(
        table, LogisticRegression(), facts, lambda *labels: rng_for(0, *labels)
    )
    assert np.array_equal(release.source, np.arange(60))
    assert release.predictor.predict_proba(release.recode(table)).shape == (60, 2)
