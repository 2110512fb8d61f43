"""Naive Bayes from noisy histograms: what is counted, how much noise it gets, what it promises, how good it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from core.audit.mechanism import audit_mechanism
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table, target_codes
from core.techniques.base import PublicFacts
from core.techniques.dp_naive_bayes import DPNaiveBayes, bounds
from core.tradeoff.recipe import expand
from core.tradeoff.study import load_study
from tests.regression_tables import earners

SCHEMA = Schema(
    (
        Column(name="born", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(1920, 2010)),
        Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("clerk", "cook", "guard")),
        Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    )
)
FACTS = PublicFacts(people=200, classes=("no", "yes"))


def table_of(rows, people=None, seed=0):
    rng = np.random.default_rng(seed)
    born = rng.integers(1920, 2011, rows)
    raw = pd.DataFrame({"born": born, "job": rng.choice(["clerk", "cook", "guard"], rows)})
    raw["ill"] = np.where(rng.random(rows) < 0.9, np.where(born < 1960, "yes", "no"), "no")
    if people is None:
        return Table.build(raw, SCHEMA)
    raw["who"] = [f"p{i}" for i in rng.integers(0, people, rows)]
    return Table.build(raw, Schema((*SCHEMA.columns, Column(name="who", kind=Kind.TEXT, role=Role.IGNORED)), "who"))


def trained(table, epsilon=10.0, seed=0, facts=FACTS):
    return DPNaiveBayes(epsilon=epsilon).train(table, facts, np.random.default_rng(seed))


def test_it_learns_the_plain_rule():
    new = table_of(300, seed=5)
    found = trained(table_of(300)).predict_proba(new)
    assert found.sum(axis=1) == pytest.approx(1.0)
    assert (found.argmax(axis=1) == target_codes(new, FACTS.classes)).mean() > 0.75


@pytest.mark.parametrize("classes", [("no", "yes"), ("yes", "no"), ("(missing)", "no", "yes")])
def test_answers_come_in_the_order_of_the_classes(classes):
    table = table_of(300)
    found = trained(table, facts=replace(FACTS, classes=classes)).predict_proba(table)
    assert found.shape == (300, len(classes))
    old = (table.frame["born"] < 1950).to_numpy()
    assert found[old, classes.index("yes")].mean() > 0.5 > found[~old, classes.index("yes")].mean()


def test_one_person_more_moves_one_count_of_every_histogram_by_one():
    """With the same noise in both worlds the difference of the published counts is the person."""
    table = table_of(40)
    here, there = (trained(rows).learned.counts for rows in (table.take(np.arange(39)), table))
    for one, two in zip(here, there, strict=True):
        assert np.abs(two - one).sum() == 1
        assert (two - one).max() == 1


def test_a_person_with_many_rows_counts_once():
    many = table_of(60, people=7)
    sums = [trained(many, epsilon=100.0, seed=seed).learned.counts[1].sum() for seed in range(20)]
    # Two histograms: scale 2 / 90, so that noise is 0 but once in 10^19.
    assert set(sums) == {many.people}


def test_every_count_has_the_noise_that_the_budget_asks_for():
    technique, nobody = DPNaiveBayes(epsilon=1.0), table_of(5).take(np.zeros(5, dtype=bool))
    scale = technique.scale(2)
    assert scale == pytest.approx(2 / 0.9)
    drawn = np.concatenate(
        [np.concatenate([np.ravel(c) for c in trained(nobody, 1.0, s).learned.counts]) for s in range(30)]
    )
    places = np.arange(-8, 9)
    expected = np.exp(-np.abs(places) / scale) * math.tanh(1 / (2 * scale)) * len(drawn)
    seen = np.array([(drawn == place).sum() for place in places])
    rest = len(drawn) - seen.sum()
    # A fixed seed: right code fails one seed in a thousand.
    assert chisquare([*seen, rest], [*expected, len(drawn) - expected.sum()]).pvalue > 1e-3


def test_values_beyond_public_knowledge_change_no_cell_but_the_last_ones():
    table = table_of(30)
    for value in (1e12, -1e12, np.nan):
        model = trained(Table.build(table.frame.assign(born=value), SCHEMA))
        assert np.isfinite(model.predict_proba(table)).all()
        assert [len(counts) for counts in model.learned.counts] == [len(c) for c in trained(table).learned.counts]


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("epsilon", [0.01, 100.0])
def test_a_handful_of_members_or_none_gives_a_model(rows, epsilon):
    table = table_of(5)
    found = trained(table.take(np.arange(rows)), epsilon).predict_proba(table)
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1.0)


def test_a_table_with_nothing_but_a_target_gives_the_noisy_shares_of_its_classes():
    table = table_of(500).drop(("born", "job"))
    found = trained(table, 10.0).predict_proba(table)
    assert found[0, 1] == pytest.approx((table.frame["ill"] == "yes").mean(), abs=0.01)


def test_the_bounds_are_those_of_the_composed_histograms_and_never_above_the_plain_ones():
    for epsilon in (0.01, 1.0, 10.0, 100.0):
        for columns in (1, 2, 13):
            advantage, rate = bounds(epsilon, columns)
            assert 0 < advantage <= math.tanh(epsilon / 2)
            assert 0.01 <= rate <= min(0.01 * math.exp(epsilon), 1.0)


@pytest.mark.parametrize("epsilon", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("columns", [1, 2, 5, 12])
def test_the_composed_bounds_are_those_of_as_many_coins(epsilon, columns):
    """A count with geometric noise and one person more tells the truth as a coin of its epsilon does: counted out."""
    here, there = np.ones(1), np.ones(1)
    for spent in [0.9 * epsilon / columns] * columns + [0.1 * epsilon]:
        truth = 1 / (1 + math.exp(-spent))
        here = np.concatenate([here * truth, here * (1 - truth)])
        there = np.concatenate([there * (1 - truth), there * truth])
    order = np.argsort(there / here)
    rate = np.interp(
        0.01, np.cumsum(there[order]), np.cumsum(here[order]), left=0.01 * here[order[0]] / there[order[0]]
    )
    found = bounds(epsilon, columns)
    # Losses are rounded up on a grid, and the rate is the lowest of some tangents: above the truth, never below.
    for bound, exact in zip(found, (np.abs(here - there).sum() / 2, rate), strict=True):
        assert exact - 1e-9 <= bound <= exact * 1.04


def test_the_bound_of_a_recipe_is_that_of_the_columns_left_when_training_begins():
    """One column less means less noise in each count: the bound of the whole table would be too good."""
    (recipe,) = expand("x", [{"technique": "drop_columns", "columns": ["born"]}, {"technique": "dp_naive_bayes"}], None)
    assert recipe.guarantee(SCHEMA, FACTS).advantage_bound == bounds(1.0, 1)[0] > bounds(1.0, 2)[0]


def test_one_person_moves_every_score_of_the_choice_by_one_at_most_and_upwards():
    table = table_of(300)
    model = trained(table, epsilon=3.0)
    cells = [axis.read(table) for axis in model.features]
    place = target_codes(table, FACTS.classes)
    everybody = np.array(model.learned.scores(cells, place, DPNaiveBayes.BELIEF))
    for gone in range(0, 300, 7):
        rest = np.delete(np.arange(300), gone)
        others = np.array(model.learned.scores([at[rest] for at in cells], place[rest], DPNaiveBayes.BELIEF))
        assert (everybody - others >= 0).all()
        assert (everybody - others <= 1).all()


def test_the_evidence_of_columns_that_say_the_same_is_believed_less_than_that_of_independent_ones():
    rng, n = np.random.default_rng(3), 20_000
    ill = rng.random(n) < 0.5
    alike = np.where(rng.random(n) < 0.7, ill, ~ill)
    found = {}
    for name, columns in {
        "alike": [alike] * 5,
        "independent": [np.where(rng.random(n) < 0.7, ill, ~ill) for _ in range(5)],
    }.items():
        raw = pd.DataFrame({f"x{at}": np.where(column, "a", "b") for at, column in enumerate(columns)})
        raw["ill"] = np.where(ill, "yes", "no")
        inputs = (Column(name=f"x{at}", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("a", "b"))
                  for at in range(5))  # fmt: skip
        table = Table.build(raw, Schema((*inputs, SCHEMA["ill"])))
        found[name] = trained(table, 3.0, facts=replace(FACTS, people=n)).belief
    assert found["alike"] < found["independent"] == 1.0


def test_the_promise_is_pure_and_of_the_unit_that_the_schema_names():
    found = DPNaiveBayes(epsilon=2.0).guarantee(SCHEMA, FACTS)
    assert (found.kind, found.epsilon, found.delta, found.mu) == ("dp", 2.0, 0.0, None)
    assert (found.neighbours, found.unit) == ("add_remove", "row")
    assert found.advantage_bound == bounds(2.0, 2)[0]
    assert DPNaiveBayes().guarantee(table_of(9, people=3).schema, FACTS).unit == "person"


def test_what_it_cannot_take_is_said_with_the_columns_named():
    schema = SCHEMA.changed(replace(SCHEMA["job"], categories=None))
    assert "needs public bounds or categories for: job." in str(DPNaiveBayes().unsupported(schema, FACTS))
    assert "target" in str(DPNaiveBayes().unsupported(SCHEMA.without(["ill"]), FACTS))
    number = DPNaiveBayes().unsupported(earners().schema, PublicFacts(people=160, classes=()))
    assert number == "dp_naive_bayes predicts classes; this target is a number"


@dataclass(frozen=True, kw_only=True)
class HalfNoiseBayes(DPNaiveBayes):
    """Half the noise that the budget needs."""

    key: ClassVar[str] = "half_noise_bayes"

    def scale(self, columns):
        return super().scale(columns) / 2


def test_a_quick_audit_flags_half_the_noise():
    suspect = HalfNoiseBayes(epsilon=1.0)
    assert audit_mechanism(suspect, pairs=3000, control=False, pilot_pairs=80, confirm_pairs=20).flagged


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_the_audit_flags_half_the_noise_and_not_the_promised_noise(epsilon):
    assert not audit_mechanism(DPNaiveBayes(epsilon=epsilon), pairs=3000, control=False, seed=0).flagged
    assert audit_mechanism(HalfNoiseBayes(epsilon=epsilon), pairs=3000, control=False, seed=0).flagged


@pytest.mark.slow
@pytest.mark.parametrize(("epsilon", "accuracy", "area"), [(0.3, 0.81, 0.86), (1.0, 0.828, 0.888), (3.0, 0.83, 0.891)])
def test_what_it_reaches_on_the_census_table(epsilon, accuracy, area):
    """Mean of 5 seeds; diffprivlib's naive Bayes reaches .80 at epsilon 1 with bounds that are public."""
    from sklearn.metrics import roc_auc_score

    _, table = load_study(Path(__file__).parents[2] / "sample_data" / "adult.toml")
    facts, right, areas = PublicFacts(people=26_000, classes=("<=50K", ">50K")), [], []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(table))
        members, others = (table.take(np.sort(part)) for part in (order[:26_000], order[26_000:]))
        answers = DPNaiveBayes(epsilon=epsilon).train(members, facts, rng).predict_proba(others)
        truth = target_codes(others, facts.classes)
        right.append((answers.argmax(axis=1) == truth).mean())
        areas.append(roc_auc_score(truth, answers[:, 1]))
    assert np.mean(right) >= accuracy
    assert np.mean(areas) >= area
