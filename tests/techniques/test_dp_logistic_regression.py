"""Private logistic regression: the noise, the clipping and the accounting are what the guarantee says."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax
from scipy.stats import chi2

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.privacy.gdp import compose, delta_for_epsilon
from core.techniques.base import PublicFacts
from core.techniques.dp_logistic_regression import ClippedSum, DPLogisticRegression
from core.techniques.public_encoding import PublicEncoder
from tests.regression_tables import earners

INPUTS = (
    Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100)),
    Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("clerk", "cook", "guard")),
)


def table_of(rows, classes=("no", "yes"), people=None, seed=0):
    """Older people and cooks are ill more often."""
    rng = np.random.default_rng(seed)
    age, job = rng.uniform(0, 100, rows), rng.integers(0, 3, rows)
    score = (age / 100 + (job == 1) + rng.normal(0, 0.3, rows)) / 2
    raw = pd.DataFrame({"age": age, "job": np.array(["clerk", "cook", "guard"])[job]})
    raw["ill"] = np.array(classes)[np.clip(score * len(classes), 0, len(classes) - 1).astype(int)]
    columns = (*INPUTS, Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=classes))
    if people is None:
        return Table.build(raw, Schema(columns))
    raw["who"] = [f"p{i}" for i in rng.integers(0, people, rows)]
    return Table.build(raw, Schema((*columns, Column(name="who", kind=Kind.TEXT, role=Role.IGNORED)), "who"))


def facts_of(table, people=None):
    return PublicFacts(people=people or max(table.people, 1), classes=table.schema["ill"].categories)


def clipped_sum(table, scale=1.0):
    facts = facts_of(table)
    return ClippedSum.of(PublicEncoder.for_table(table, facts).sparse(table) * scale, table, facts.classes)


def gradients(table, weights, scale=1.0):
    """Each person's gradient, worked out one row at a time."""
    facts = facts_of(table)
    features = PublicEncoder.for_table(table, facts).encode(table) * scale
    answers = table.frame["ill"].astype(str).to_numpy()
    found = np.zeros((table.people, *weights.shape))
    for x, answer, person in zip(features, answers, table.persons, strict=True):
        if weights.shape[1] == 1:
            error = expit(x @ weights) - (answer == facts.classes[1])
        else:
            error = softmax(x @ weights) - (np.array(facts.classes) == answer)
        found[person] += np.outer(x, error)
    return found


def weights_for(table, seed=1):
    problem = clipped_sum(table)
    return np.random.default_rng(seed).normal(0, 2, (problem.features.shape[1], problem.logits))


THREE = ("none", "mild", "bad")


@pytest.mark.parametrize("classes", [("no", "yes"), THREE])
@pytest.mark.parametrize("people", [None, 1, 12])
@pytest.mark.parametrize("clip", [0.05, 0.7, 1000.0])
def test_the_sum_is_that_of_each_persons_whole_gradient_clipped_to_length(classes, people, clip):
    table = table_of(40, classes, people)
    weights = weights_for(table)
    each = gradients(table, weights)
    lengths = np.sqrt((each**2).sum(axis=(1, 2)))
    expected = (each * np.minimum(1, clip / lengths)[:, None, None]).sum(axis=0)
    np.testing.assert_allclose(clipped_sum(table).gradient(weights, clip), expected, rtol=1e-7, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    clip=st.floats(0.01, 100),
    people=st.sampled_from([None, 1, 2, 7]),
    classes=st.sampled_from([("no", "yes"), THREE]),
)
def test_adding_any_one_person_moves_the_sum_by_clip_at_most(seed, clip, people, classes):
    table = table_of(12, classes, people, seed)
    weights = weights_for(table, seed) * 3
    whole = clipped_sum(table, 5.0).gradient(weights, clip)
    for person in range(table.people):
        without = clipped_sum(table.take(table.persons != person), 5.0).gradient(weights, clip)
        assert np.linalg.norm(whole - without) <= clip * (1 + 1e-12)


def test_clipping_binds_at_the_bound_for_a_person_with_many_rows():
    table = table_of(30, people=1)
    weights = weights_for(table) * 5
    assert np.linalg.norm(gradients(table, weights).sum(axis=0)) > 1
    assert np.linalg.norm(clipped_sum(table).gradient(weights, 1.0)) == pytest.approx(1.0, rel=1e-8)


def test_the_steps_compose_to_the_stated_mu_and_that_is_epsilon_delta_dp():
    for epsilon in (0.1, 1.0, 4.0, 10.0):
        technique = DPLogisticRegression(epsilon=epsilon, delta=1e-6, clip=0.3)
        mu = compose([technique.clip / technique.noise] * technique.STEPS)
        assert mu == pytest.approx(technique.mu, rel=1e-12)
        assert delta_for_epsilon(mu, epsilon) <= 1e-6
        assert delta_for_epsilon(mu * 1.00001, epsilon) > 1e-6


def test_one_step_at_epsilon_1_and_10_adds_the_published_gaussian_noise(monkeypatch):
    monkeypatch.setattr(DPLogisticRegression, "STEPS", 1)
    assert DPLogisticRegression(epsilon=1.0, delta=1e-5).noise == pytest.approx(3.730632, rel=1e-6)
    assert DPLogisticRegression(epsilon=10.0, delta=1e-5, clip=2.0).noise == pytest.approx(2 * 0.499889, rel=2e-6)


class Spy:
    """A generator that counts what is drawn and can be silent."""

    def __init__(self, seed, *, silent=False):
        self.inner, self.silent, self.scales, self.shapes = np.random.default_rng(seed), silent, [], []

    def normal(self, mean, scale, shape):
        assert mean == 0.0
        self.scales.append(scale)
        self.shapes.append(shape)
        return np.zeros(shape) if self.silent else self.inner.normal(mean, scale, shape)


@pytest.mark.parametrize("classes", [("no", "yes"), THREE])
def test_every_step_draws_fresh_noise_of_the_stated_scale_for_every_weight(classes):
    table = table_of(30, classes)
    technique, spy = DPLogisticRegression(epsilon=2.0, clip=0.4), Spy(0)
    technique.train(table, facts_of(table), spy)
    size = PublicEncoder.for_table(table, facts_of(table)).size
    assert spy.scales == [technique.noise] * technique.STEPS
    assert set(spy.shapes) == {(size, 1 if len(classes) == 2 else 3)}


def test_the_noise_in_the_model_has_the_variance_that_the_proof_needs():
    # With nobody in the table and two steps the model is rate * ((1 + momentum) N1 + N2) / people, in scaled weights.
    table = table_of(5).take(np.zeros(5, bool))
    technique = DPLogisticRegression(epsilon=3.0, clip=2.0)
    scale = technique.SCALE / math.sqrt(2)
    draws = []
    for seed in range(400):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(DPLogisticRegression, "STEPS", 2)
            rate = technique.rate(50)
            model = technique.train(table, facts_of(table, 50), np.random.default_rng(seed))
            factor = rate * scale / 50 * math.sqrt((1 + technique.MOMENTUM) ** 2 + 1)
            sigma = technique.clip * math.sqrt(2) / technique.mu
        draws.append(model.weights.ravel())
    draws = np.array(draws)
    statistic = (draws**2).sum() / (factor * sigma) ** 2
    low, high = chi2.ppf([1e-4, 1 - 1e-4], draws.size)
    assert low < statistic < high


def test_without_noise_the_training_finds_what_can_be_found():
    table = table_of(200)
    model = DPLogisticRegression(epsilon=10.0, clip=10.0).train(table, facts_of(table), Spy(0, silent=True))
    right = model.predict_proba(table).argmax(axis=1) == (table.frame["ill"].astype(str) == "yes").to_numpy()
    assert right.mean() > 0.85


def test_the_sum_is_divided_by_the_public_number_not_by_the_members(monkeypatch):
    monkeypatch.setattr(DPLogisticRegression, "LONGEST", 1e-4)  # so short that the gradient stays what it was
    table = table_of(60)
    half = table.take(np.arange(30))
    twice = Table(pd.concat([half.frame, half.frame], ignore_index=True), half.schema)
    first = DPLogisticRegression(epsilon=10.0).train(half, facts_of(half, 40), Spy(0, silent=True))
    second = DPLogisticRegression(epsilon=10.0).train(twice, facts_of(twice, 40), Spy(0, silent=True))
    np.testing.assert_allclose(second.weights, 2 * first.weights, rtol=0.05, atol=1e-6)


def test_nobody_in_the_table_gives_a_model_all_the_same():
    table = table_of(5)
    empty = table.take(np.zeros(5, bool))
    model = DPLogisticRegression(epsilon=1.0).train(empty, facts_of(table, 100), np.random.default_rng(0))
    assert model.predict_proba(table).sum(axis=1) == pytest.approx(1.0)


def test_an_outlier_moves_a_noiseless_step_no_more_than_anybody_else():
    table = table_of(20)
    wild = table.frame.copy()
    wild.loc[0, "age"] = 1e300
    weights = weights_for(table)
    before = clipped_sum(table).gradient(weights, 1.0)
    after = clipped_sum(Table(wild, table.schema)).gradient(weights, 1.0)
    assert np.linalg.norm(before - after) <= 2.0


@pytest.mark.parametrize("classes", [("no", "yes"), THREE])
def test_the_same_stream_gives_the_same_model_and_another_stream_another(classes):
    table = table_of(50, classes)
    train = DPLogisticRegression().train
    one, two, other = (train(table, facts_of(table), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.predict_proba(table), two.predict_proba(table))
    assert (one.predict_proba(table) != other.predict_proba(table)).any()
    assert one.predict_proba(table).shape == (50, len(classes))


def test_probabilities_stand_in_the_order_of_the_studys_classes():
    table = table_of(200)
    facts = facts_of(table)
    turned = replace(facts, classes=("yes", "no"))
    technique = DPLogisticRegression(epsilon=10.0)
    straight = technique.train(table, facts, Spy(0, silent=True)).predict_proba(table)
    reverse = technique.train(table, turned, Spy(0, silent=True)).predict_proba(table)
    np.testing.assert_allclose(straight, reverse[:, ::-1], atol=1e-9)


def test_more_budget_is_more_accurate_on_average():
    table, new = table_of(200), table_of(200, seed=9)
    truth = (new.frame["ill"].astype(str) == "yes").to_numpy()

    def accuracy(epsilon):
        technique = DPLogisticRegression(epsilon=epsilon, delta=1e-3)
        models = [technique.train(table, facts_of(table), np.random.default_rng(seed)) for seed in range(30)]
        return np.mean([(m.predict_proba(new).argmax(axis=1) == truth).mean() for m in models])

    weak, middle, good, most = (accuracy(epsilon) for epsilon in (0.05, 0.3, 2.0, 20.0))
    assert weak + 0.05 < middle < good < most + 0.02


def test_the_guarantee_says_mu_bounds_unit_and_what_is_taken_for_granted():
    table = table_of(20, people=5)
    found = DPLogisticRegression(epsilon=1.0).guarantee(table.schema, facts_of(table))
    assert (found.kind, found.epsilon, found.delta, found.neighbours) == ("dp", 1.0, 1e-5, "add_remove")
    assert found.unit == "person"
    assert DPLogisticRegression().guarantee(table_of(5).schema, facts_of(table)).unit == "row"
    assert found.mu == pytest.approx(1 / 3.730632, rel=1e-6)
    assert found.advantage_bound == pytest.approx(0.1066, abs=5e-5)
    assert found.tpr_at_1pct_bound == pytest.approx(0.0198, abs=5e-5)
    text = " ".join(found.assumptions)
    for words in ("are public", "pool is public", "seeded", "operating system", "floating-point", "covers the model"):
        assert words in text


def test_a_delta_that_allows_publishing_many_rows_is_refused():
    table = table_of(20)
    assert DPLogisticRegression(delta=9e-3).unsupported(table.schema, facts_of(table, 10_000)) is None
    reason = DPLogisticRegression(delta=1e-2).unsupported(table.schema, facts_of(table, 10_000))
    assert reason is not None
    assert "square root of 10,000 people" in reason


def test_a_table_without_public_knowledge_or_target_is_declined_with_the_reason():
    table = table_of(20)
    schema = table.schema.changed(replace(table.schema["age"], bounds=None))
    reason = DPLogisticRegression().unsupported(schema, facts_of(table))
    assert reason is not None
    assert reason.startswith("dp_logistic_regression needs public bounds or categories for: age.")
    assert "target" in str(DPLogisticRegression().unsupported(table.schema.without(["ill"]), facts_of(table)))


def test_a_number_to_predict_is_declined_with_the_reason():
    reason = DPLogisticRegression().unsupported(earners().schema, PublicFacts(people=160, classes=()))
    assert reason == "dp_logistic_regression predicts classes; this target is a number"


@pytest.mark.parametrize("bad", [{"epsilon": 0}, {"delta": 0.5}, {"clip": 0}, {"epsilon": math.nan}])
def test_parameters_out_of_range_are_refused(bad):
    with pytest.raises(UserError):
        DPLogisticRegression(**bad)
