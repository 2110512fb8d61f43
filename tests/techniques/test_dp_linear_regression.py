"""Private linear regression: what one person moves, how much noise that gets, what is promised, how good it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from core.audit.mechanism import audit_mechanism
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table, target_values
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.models.linear_regression import LinearRegression
from core.privacy.gdp import delta_for_epsilon
from core.techniques.base import PublicFacts
from core.techniques.dp_linear_regression import DPLinearRegression
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


@pytest.mark.parametrize(("epsilon", "least"), [(0.3, 0.5), (1.0, 0.74), (100.0, 0.79)])
def test_it_is_far_better_than_the_mean_and_comes_close_to_ridge(epsilon, least):
    table, new = table_of(10_000), table_of(5_000, seed=9)
    found = np.mean([
        r2(DPLinearRegression(epsilon=epsilon).train(table, facts_of(10_000), np.random.default_rng(seed)), new)
        for seed in range(3)
    ])  # fmt: skip
    ridge = r2(LinearRegression().fit(table, (), np.random.default_rng(0)), new)
    assert 0.8 < ridge < 0.85
    assert least < found < ridge + 0.005


@pytest.mark.parametrize("clip", [0.3, 1.0, 50.0])
@pytest.mark.parametrize("people", [None, 12])
def test_one_person_more_moves_the_sums_by_the_clip_at_most(clip, people):
    technique, table = DPLinearRegression(clip=clip), table_of(60, people)
    model = technique.train(table, facts_of(60), np.random.default_rng(0))
    points, persons = model.points(table), table.persons
    whole, moved = technique.sums(points, persons), []
    for person in range(table.people):
        left = persons != person
        codes = np.unique(persons[left], return_inverse=True)[1]
        moved.append(np.linalg.norm(whole - technique.sums(points[left], codes)))
    assert max(moved) <= clip * (1 + 1e-9)
    if clip == 0.3:
        assert max(moved) > 0.2 * clip


def test_the_noise_is_the_same_in_every_direction_of_symmetric_matrices_and_as_wide_as_the_budget_asks():
    technique = DPLinearRegression(epsilon=1.0, delta=1e-5, clip=2.0)
    assert delta_for_epsilon(technique.clip / technique.noise, 1.0) == pytest.approx(1e-5, rel=1e-6)
    nobody = table_of(3).take(np.zeros(3, dtype=bool))
    drawn = [technique.train(nobody, facts_of(60), np.random.default_rng(seed)).published for seed in range(300)]
    for matrix in drawn[:3]:
        np.testing.assert_array_equal(matrix, matrix.T)
    flat = np.array([np.concatenate([np.diag(m), math.sqrt(2) * m[np.triu_indices(len(m), 1)]]) for m in drawn])
    # 300 x 171 draws: a standard deviation errs by .0031 of itself; one coordinate's by .041.
    assert flat.std() == pytest.approx(technique.noise, rel=0.0125)
    assert flat.std(axis=0) == pytest.approx(technique.noise, rel=0.17)


def test_values_beyond_the_public_bounds_are_clipped_and_answers_stay_inside():
    table = table_of(200)
    wild = Table.build(table.frame.assign(x0=1e12, pay=1e12), table.schema)
    model = DPLinearRegression(epsilon=10.0).train(wild, facts_of(200), np.random.default_rng(0))
    assert np.abs(model.points(wild)).max() <= 1.0
    assert (np.abs(model.predict(wild) - 10) <= 30).all()


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
    for name, least in (("p[epsilon=1]", -0.2), ("p[epsilon=10]", 0.6)):
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


@pytest.mark.slow
@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_the_audit_flags_half_the_noise_and_not_the_promised_noise(epsilon):
    assert not audit_mechanism(DPLinearRegression(epsilon=epsilon), pairs=3000, control=False, seed=0).flagged
    assert audit_mechanism(HalfNoiseLine(epsilon=epsilon), pairs=3000, control=False, seed=0).flagged
