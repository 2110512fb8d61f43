"""Private linear regression: what one person moves, how much noise that gets, what is promised, how good it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.audit.mechanism import Runs, audit_mechanism
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table, target_values
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.models.linear_regression import LinearRegression
from core.privacy.gdp import compose, delta_for_epsilon
from core.techniques.base import PublicFacts
from core.techniques.dp_linear_regression import DPLinearRegression
from core.techniques.private_line import ClippedErrors, TargetUnit
from core.techniques.public_encoding import PublicEncoder
from core.tradeoff.study import parse_study
from tests.tables import people as classes_table

PAY = Column(name="pay", kind=Kind.NUMERIC, role=Role.TARGET, bounds=(-20, 40))
INPUTS = (
    *(Column(name=f"x{i}", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(-4, 4)) for i in range(4)),
    Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("clerk", "cook", "guard")),
)


def table_of(rows, people=None, seed=0):
    rng = np.random.default_rng(seed)
    raw = pd.DataFrame({f"x{i}": np.clip(rng.normal(size=rows), -4, 4) for i in range(4)})
    raw["job"] = rng.choice(["clerk", "cook", "guard"], rows)
    pay = 10 + 3 * raw["x0"] - 2 * raw["x1"] + 4 * (raw["job"] == "cook") + rng.normal(0, 2, rows)
    raw["pay"] = np.clip(pay, -20, 40)
    if people is None:
        return Table.build(raw, Schema((*INPUTS, PAY)))
    raw["who"] = [f"p{i}" for i in rng.integers(0, people, rows)]
    who = Column(name="who", kind=Kind.TEXT, role=Role.IGNORED)
    return Table.build(raw, Schema((*INPUTS, PAY, who), "who"))


def facts_of(people):
    return PublicFacts(people=people, classes=())


def r2(model, table):
    truth = target_values(table)
    return 1 - ((model.predict(table) - truth) ** 2).mean() / truth.var()


@pytest.mark.parametrize(("epsilon", "least"), [(0.1, 0.5), (0.3, 0.75), (1.0, 0.8), (100.0, 0.8)])
def test_it_is_far_better_than_the_mean_and_comes_close_to_ridge(epsilon, least):
    table, new = table_of(10_000), table_of(5_000, seed=9)
    found = np.mean([
        r2(DPLinearRegression(epsilon=epsilon).train(table, facts_of(10_000), np.random.default_rng(seed)), new)
        for seed in range(3)
    ])  # fmt: skip
    ridge = r2(LinearRegression().fit(table, (), np.random.default_rng(0)), new)
    assert 0.8 < ridge < 0.85
    assert least < found < ridge + 0.005


UNIT = TargetUnit(low=-20, high=40, middle=0.5, reach=0.4)


def problem_of(table):
    """The clipped sum as `train` builds it, features five times as long so that the clip binds for many."""
    shares = (1 - 1e-9) / np.bincount(table.persons)[table.persons]
    features = PublicEncoder.for_table(table, facts_of(60)).sparse(table) * 5.0
    return ClippedErrors.of(features, UNIT.of_values(target_values(table)), shares)


@pytest.mark.parametrize("clip", [0.05, 1.0, 50.0])
@pytest.mark.parametrize("people", [None, 12])
def test_one_person_more_moves_the_sum_by_the_clip_at_most(clip, people):
    table = table_of(60, people)
    weights = np.random.default_rng(1).normal(0, 1, PublicEncoder.for_table(table, facts_of(60)).size)
    whole, moved = problem_of(table).gradient(weights, clip), []
    for person in range(table.people):
        rest = problem_of(table.take(table.persons != person)).gradient(weights, clip)
        moved.append(np.linalg.norm(whole - rest))
    assert max(moved) <= clip
    if clip == 0.05:
        assert max(moved) > 0.9 * clip


def test_the_sum_is_that_of_every_persons_mean_clipped_gradient():
    table, clip = table_of(40, people=9), 0.7
    problem = problem_of(table)
    weights = np.random.default_rng(2).normal(0, 1, problem.features.shape[1])
    expected = np.zeros_like(weights)
    for person in range(table.people):
        each = []
        for at in np.flatnonzero(table.persons == person):
            x = problem.features.toarray()[at]
            slope = (x @ weights - problem.target[at]) * x
            each.append(slope * min(1.0, clip / np.linalg.norm(slope)))
        expected += np.mean(each, axis=0)
    np.testing.assert_allclose(problem.gradient(weights, clip), expected, rtol=1e-7, atol=1e-9)


class Spy:
    """A generator that notes the scale and shape of every draw, and can be silent."""

    def __init__(self, seed=0, *, silent=False):
        self.inner, self.silent, self.drawn = np.random.default_rng(seed), silent, []

    def normal(self, mean, scale, shape):
        assert mean == 0.0
        self.drawn.append((scale, shape))
        return np.zeros(shape) if self.silent else self.inner.normal(mean, scale, shape)


def test_one_person_more_moves_the_histogram_by_one_at_most_however_many_rows_they_have():
    table = table_of(60, people=5)
    whole, moved = DPLinearRegression().train(table, facts_of(60), Spy(silent=True)).counts, []
    assert whole.sum() == pytest.approx(5)
    for person in range(5):
        rest = table.take(table.persons != person)
        counts = DPLinearRegression().train(rest, facts_of(60), Spy(silent=True)).counts
        moved.append(np.abs(whole - counts).sum())
    assert max(moved) <= 1
    assert min(moved) > 0.999


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 10.0])
def test_all_draws_together_cost_exactly_the_stated_mu(epsilon):
    spy, technique = Spy(), DPLinearRegression(epsilon=epsilon, delta=1e-5, clip=0.4)
    table = table_of(30)
    model = technique.train(table, facts_of(60), spy)
    (count_noise, bins), *steps = spy.drawn
    assert bins == len(model.counts)
    assert len(steps) == technique.STEPS
    assert {shape for _, shape in steps} == {model.weights.shape}
    spent = compose([1 / count_noise, *(technique.clip / scale for scale, _ in steps)])
    assert spent == pytest.approx(technique.mu, rel=1e-12)
    assert delta_for_epsilon(spent, epsilon) <= 1e-5 < delta_for_epsilon(spent * 1.00001, epsilon)
    assert technique.guarantee(table.schema, facts_of(60)).mu == technique.mu


def test_the_noise_of_one_step_is_the_published_one(monkeypatch):
    monkeypatch.setattr(DPLinearRegression, "STEPS", 1)
    monkeypatch.setattr(DPLinearRegression, "HISTOGRAM", 0.0)
    assert DPLinearRegression(epsilon=1.0, delta=1e-5).noise == pytest.approx(3.730632, rel=1e-6)
    assert DPLinearRegression(epsilon=10.0, delta=1e-5, clip=2.0).noise == pytest.approx(2 * 0.499889, rel=2e-6)


def test_the_unit_follows_the_target_where_it_uses_little_of_its_bounds():
    rng = np.random.default_rng(0)
    table = table_of(5000)
    narrow = Table.build(table.frame.assign(pay=30 + rng.normal(0, 1, 5000)), table.schema)
    unit = DPLinearRegression(epsilon=1.0).train(narrow, facts_of(5000), rng).unit
    assert unit.low + (unit.high - unit.low) * unit.middle == pytest.approx(30, abs=0.5)
    assert 2.5 < (unit.high - unit.low) * unit.reach < 5  # three times a standard deviation of 1, or what bins add
    values = np.array([28.0, 30.0, 31.5])
    np.testing.assert_allclose(unit.to_values(unit.of_values(values)), values)


@pytest.mark.parametrize("bounds", [(0, 1e300), (0, 100_000), (-1e6, 1e6)])
def test_bounds_of_every_size_give_answers_inside_them(bounds):
    table = table_of(50)
    schema = table.schema.changed(replace(PAY, bounds=bounds))
    for pay in (table.frame["pay"], 1e9, -1e9):
        rows = Table.build(table.frame.assign(pay=pay), schema)
        found = DPLinearRegression(epsilon=5.0).train(rows, facts_of(50), np.random.default_rng(0)).predict(rows)
        assert ((found >= bounds[0]) & (found <= bounds[1])).all()


def test_the_audited_person_shows_nine_tenths_of_mu():
    # The standard error of the effect over 120 pairs is .13, in units of mu .14.
    technique = DPLinearRegression(epsilon=4.0)
    pair = technique.audit_pair()
    here, there = (found[:, 0] for found in Runs(pair, 1, "strength").outputs("test", 0, 120))
    effect = (here.mean() - there.mean()) / np.sqrt((here.var() + there.var()) / 2)
    assert effect / technique.mu == pytest.approx(0.87, abs=0.35)


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("epsilon", [0.01, 100.0])
def test_a_handful_of_members_or_none_gives_a_model(rows, epsilon):
    table = table_of(5)
    model = DPLinearRegression(epsilon=epsilon).train(
        table.take(np.arange(rows)), facts_of(5), np.random.default_rng(0)
    )
    assert np.isfinite(model.predict(table)).all()


def test_bounds_of_the_target_must_be_public_and_what_it_cannot_take_is_said():
    schema = table_of(5).schema
    bare = schema.changed(replace(PAY, bounds=None))
    assert "for: pay" in str(DPLinearRegression().unsupported(bare, facts_of(100)))
    told = replace(facts_of(100), assume_public_domain=True, domains={"pay": (0.0, 9.0)})
    assert DPLinearRegression().unsupported(bare, told) is None
    assert any("pay" in line for line in DPLinearRegression().guarantee(bare, told).assumptions)
    assert "for: x0" in str(
        DPLinearRegression().unsupported(schema.changed(replace(schema["x0"], bounds=None)), facts_of(9))
    )
    rich = classes_table()
    reason = DPLinearRegression().unsupported(rich.schema, PublicFacts(people=9, classes=("no", "yes")))
    assert reason == "dp_linear_regression predicts numbers; this target has classes"
    assert "target" in str(DPLinearRegression().unsupported(schema.without(["pay"]), facts_of(9)))


def test_a_study_measures_it_below_its_bound():
    study = parse_study({
        "study": {"name": "s", "model": "linear_regression", "effort": "glance"},
        "recipe": [{"name": "p", "technique": "dp_linear_regression", "epsilon": [1.0, 10.0]}],
    })  # fmt: skip
    points = {p["id"]: p for p in run_study(study, table_of(1500), InlineEngine())["points"]}
    for name, least in (("p[epsilon=1]", 0.2), ("p[epsilon=10]", 0.6)):
        assert points[name]["status"] == "measured", points[name]["reason"]
        assert points[name]["utility"]["r2_full"]["value"] > least
        membership = points[name]["risks"]["membership"]
        assert membership["bound"] == points[name]["guarantee"]["advantage_bound"]
        assert membership["violation"] is False


@dataclass(frozen=True, kw_only=True)
class HalfNoiseLine(DPLinearRegression):
    """Half the noise that the budget needs."""

    key: ClassVar[str] = "half_noise_line"

    @property
    def noise(self):
        return super().noise / 2

    @property
    def count_noise(self):
        return super().count_noise / 2


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_the_audit_flags_half_the_noise_and_not_the_promised_noise(epsilon):
    assert not audit_mechanism(DPLinearRegression(epsilon=epsilon), pairs=3000, control=False, seed=0).flagged
    assert audit_mechanism(HalfNoiseLine(epsilon=epsilon), pairs=3000, control=False, seed=0).flagged
