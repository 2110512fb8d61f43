"""The private network with Opacus: clipping, noise, sampling and averages are what the guarantee says."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from core.audit.mechanism import audit_mechanism
from core.data.schema import Role, Schema
from core.data.table import Table, target_codes
from core.techniques.base import PublicFacts
from core.techniques.dp_logistic_regression import ClippedSum
from core.techniques.dp_sgd import DPSGD
from core.techniques.public_encoding import PublicEncoder
from core.tradeoff.study import load_study
from tests.techniques.dp_sgd_tables import table_of

pytestmark = pytest.mark.deep

_SAMPLES = Path(__file__).parents[2] / "sample_data"
THREE = ("none", "mild", "bad")


class Once(DPSGD):
    """One step with everybody in it."""

    STEPS: ClassVar[int] = 1
    RATE: ClassVar[float] = 1.0


class Twice(DPSGD):
    STEPS: ClassVar[int] = 2


class Short(DPSGD):
    """A fifth of the steps, with the noise that these ask for: thousands of runs are affordable."""

    STEPS: ClassVar[int] = 20


class HalfNoise(Short):
    @property
    def noise(self) -> float:
        return super().noise / 2


class Spy:
    """A generator that remembers the noise that is drawn and can leave it out; everything else is drawn as usual."""

    def __init__(self, seed, scale, *, silent=False):
        self.inner, self.scale, self.silent, self.shapes = np.random.default_rng(seed), scale, silent, []

    def random(self, size):
        return self.inner.random(size)

    def normal(self, mean, scale, shape):
        assert mean == 0.0
        if scale != self.scale:
            return self.inner.normal(mean, scale, shape)
        self.shapes.append(shape)
        return np.zeros(shape) if self.silent else self.inner.normal(mean, scale, shape)


def spy_for(technique, seed=0, *, silent=False):
    return Spy(seed, technique.noise * technique.clip, silent=silent)


def facts_of(table, people=None):
    return PublicFacts(people=people or table.people, classes=table.schema["ill"].categories)


def test_opacus_is_installed_where_these_tests_run():
    assert DPSGD.missing() is None


@pytest.mark.parametrize("classes", [("no", "yes"), THREE])
@pytest.mark.parametrize("clip", [0.05, 0.7, 50.0])
def test_a_linear_step_is_along_the_sum_of_clipped_gradients_worked_out_by_other_code(classes, clip):
    table = table_of(40, classes)
    technique = Once(epsilon=8.0, clip=clip, hidden=())
    model = technique.train(table, facts_of(table), spy_for(technique, silent=True))
    scale = technique.SCALE / math.sqrt(2)
    problem = ClippedSum.of(PublicEncoder.for_table(table, facts_of(table)).sparse(table) * scale, table, classes)
    start = np.zeros((problem.features.shape[1], problem.logits))
    length = technique.rate(40) / (clip * 40)
    expected = -length * scale * problem.gradient(start, clip)
    np.testing.assert_allclose(model.layers[0], expected.T, rtol=1e-4, atol=1e-12)  # Opacus adds 1e-6 to every norm


@pytest.mark.parametrize("clip", [0.02, 5.0])
@pytest.mark.parametrize("cells", [1, 1000, 400_000])
def test_a_step_of_a_network_clips_each_row_over_all_layers_together(clip, cells, monkeypatch):
    """Two steps, so that the layers below the last one move; against torch's own gradients, one row at a time."""
    import torch

    monkeypatch.setattr(DPSGD, "CELLS", cells)  # the same sum, however many parts it is worked out in
    monkeypatch.setattr(Once, "STEPS", 2)
    table = table_of(30, THREE)
    technique = Once(epsilon=8.0, clip=clip, hidden=(4, 3))
    model = technique.train(table, facts_of(table), spy_for(technique, silent=True))
    encoder, scale = PublicEncoder.for_table(table, facts_of(table)), technique.SCALE / math.sqrt(2)
    features = torch.from_numpy(encoder.encode(table) * scale)
    target = torch.from_numpy(target_codes(table, THREE))
    rng = np.random.default_rng(0)
    start = [rng.normal(0, 1 / math.sqrt(w), (n, w)) for w, n in ((encoder.size, 4), (4, 3))]
    shapes = [start[0], start[1], np.zeros(3), np.zeros((3, 3)), np.zeros(3)]
    weights = [torch.tensor(w, requires_grad=True) for w in shapes]
    velocity, length = [torch.zeros_like(w) for w in weights], technique.rate(30) / (clip * 30)
    for _ in range(2):
        total = [torch.zeros_like(w) for w in weights]
        for x, y in zip(features, target, strict=True):
            units = torch.tanh(weights[1] @ torch.tanh(weights[0] @ x) + weights[2])
            loss = torch.nn.functional.cross_entropy(weights[3] @ units + weights[4], y)
            each = torch.autograd.grad(loss, weights)
            norm = math.sqrt(sum(float((g**2).sum()) for g in each))
            assert norm > 0.02  # so that the smaller clip binds for everybody
            total = [t + g * min(1.0, clip / norm) for t, g in zip(total, each, strict=True)]
        velocity = [technique.MOMENTUM * v + t for v, t in zip(velocity, total, strict=True)]
        weights = [(w - length * v).detach().requires_grad_() for w, v in zip(weights, velocity, strict=True)]
    expected = [w.detach().numpy() for w in weights]
    expected[0] = expected[0] * scale
    for found, wanted in zip(model.layers, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize(("hidden", "layers"), [((), 1), ((5,), 3), ((5, 4), 5)])
def test_every_step_draws_fresh_noise_of_the_stated_scale_for_every_weight(hidden, layers):
    table = table_of(30, THREE)
    technique = DPSGD(epsilon=2.0, clip=0.4, hidden=hidden)
    spy = spy_for(technique)
    model = technique.train(table, facts_of(table), spy)
    assert spy.shapes == [layer.shape for layer in model.layers] * technique.STEPS
    assert len(model.layers) == layers


def test_the_noise_in_the_model_has_the_variance_that_the_accounting_needs():
    # With nobody in the table the second step is kept: rate * ((1 + momentum) N1 + N2) / sampled, in scaled weights.
    table = table_of(5)
    empty = table.take(np.zeros(5, bool))
    technique = Twice(epsilon=3.0, clip=2.0, hidden=())
    draws = [technique.train(empty, facts_of(table, 50), np.random.default_rng(s)).layers[0] for s in range(400)]
    length = technique.rate(50) / (2.0 * technique.RATE * 50) * technique.SCALE / math.sqrt(2)
    sigma = technique.noise * 2.0 * math.sqrt((1 + technique.MOMENTUM) ** 2 + 1) * length
    found = np.concatenate(draws).ravel()
    low, high = chi2.ppf([1e-4, 1 - 1e-4], found.size)
    assert low < ((found / sigma) ** 2).sum() < high


def test_the_sum_is_divided_by_the_public_number_not_by_the_members():
    table = table_of(60)
    half = table.take(np.arange(30))
    twice = Table(pd.concat([half.frame, half.frame], ignore_index=True), half.schema)
    technique = Once(epsilon=8.0, hidden=())
    first = technique.train(half, facts_of(half, 40), spy_for(technique, silent=True))
    second = technique.train(twice, facts_of(half, 40), spy_for(technique, silent=True))
    np.testing.assert_allclose(second.layers[0], 2 * first.layers[0], rtol=1e-9)


def test_a_person_with_many_rows_pulls_no_more_than_with_one():
    table = table_of(50, people=1)
    same = table.take(np.zeros(50, np.int64))
    technique = Once(epsilon=8.0, hidden=())
    many = technique.train(same, facts_of(table, 10), spy_for(technique, silent=True))
    one = technique.train(same.take(np.arange(1)), facts_of(table, 10), spy_for(technique, silent=True))
    np.testing.assert_allclose(many.layers[0], one.layers[0], rtol=1e-12)
    assert np.abs(one.layers[0]).max() > 0


@pytest.mark.parametrize("hidden", [(), (6,)])
def test_the_same_stream_gives_the_same_network_and_another_stream_another(hidden):
    import torch

    table = table_of(50, THREE)
    technique = DPSGD(hidden=hidden)
    models = []
    for seed in (1, 1, 2):
        models.append(technique.train(table, facts_of(table), np.random.default_rng(seed)).predict_proba(table))
        torch.rand(3)  # whatever torch's own generator has been used for
    np.testing.assert_array_equal(models[0], models[1])
    assert (models[0] != models[2]).any()
    assert models[0].shape == (50, 3)
    assert torch.get_num_threads() == 1


def test_rows_whose_target_is_no_class_of_the_study_take_no_part():
    table = table_of(60, THREE)
    facts = PublicFacts(people=60, classes=("none", "mild"))
    kept = table.take(np.flatnonzero(table.frame["ill"].astype(str) != "bad"))
    technique = Once(epsilon=8.0, hidden=())
    whole, part = (technique.train(t, facts, spy_for(technique, silent=True)) for t in (table, kept))
    np.testing.assert_allclose(whole.layers[0], part.layers[0], rtol=1e-9)


def test_a_network_learns_what_a_line_cannot():
    rng = np.random.default_rng(0)
    table = table_of(4000)
    frame = table.frame.copy()
    young, cook = frame["age"].to_numpy() < 50, (frame["job"].astype(str) == "cook").to_numpy()
    frame["ill"] = pd.Categorical(np.where(young ^ cook, "yes", "no"), categories=("no", "yes"))
    table = Table(frame, table.schema)
    answers = {
        hidden: DPSGD(epsilon=10.0, hidden=hidden).train(table, facts_of(table), rng).predict_proba(table)
        for hidden in ((), (16,))
    }
    right = {h: (a.argmax(axis=1) == (young ^ cook)).mean() for h, a in answers.items()}
    assert right[()] < 0.8
    assert right[(16,)] > right[()] + 0.08


def test_neither_the_registry_nor_a_guarantee_imports_torch():
    code = (
        "import sys, core.techniques as t; from core.techniques.base import PublicFacts; "
        "from core.data.schema import Schema; d = t.TECHNIQUES['dp_sgd'](); "
        "d.guarantee(Schema(()), PublicFacts(people=1000, classes=('a', 'b'))); "
        "d.unsupported(Schema(()), PublicFacts(people=1000, classes=('a', 'b'))); "
        "sys.exit('torch' in sys.modules or 'opacus' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0


@pytest.mark.parametrize(("cls", "epsilon", "pairs"), [(Short, 1.0, 3000), (Short, 4.0, 3000), (DPSGD, 4.0, 500)])
def test_the_network_keeps_its_claim(cls, epsilon, pairs):
    # Wrong with a probability of 5 % at most for a technique that keeps its claim; the seed is fixed.
    found = audit_mechanism(cls(epsilon=epsilon), pairs=pairs, control=False, seed=0)
    assert not found.flagged, (found.p_value, found.rates)


@pytest.mark.parametrize("epsilon", [1.0, 4.0])
def test_on_the_same_neighbours_half_the_noise_is_found(epsilon):
    assert audit_mechanism(HalfNoise(epsilon=epsilon), pairs=3000, control=False, seed=0, confirm_pairs=20).flagged


@pytest.mark.parametrize(("hidden", "least", "limit"), [((), 0.838, 5.0), ((32,), 0.838, 60.0)])
def test_accuracy_on_the_census_table_at_epsilon_1(hidden, least, limit):
    """Mean of two seeds; linear .8454 and network .848 were measured on several, the spread of one seed is .002."""
    _, table = load_study(_SAMPLES / "adult.toml")
    columns = (replace(c, role=Role.FEATURE) if c.name == "education-num" else c for c in table.schema.columns)
    table = Table(table.frame, Schema(tuple(columns), table.schema.person_id), table.meanings)
    classes = ("<=50K", ">50K")
    technique = DPSGD(epsilon=1.0, delta=1e-5, hidden=hidden)
    right, seconds = [], []
    for seed in range(2):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(table))
        members, others = (table.take(np.sort(part)) for part in (order[:26_000], order[26_000:]))
        started = time.process_time()
        model = technique.train(members, PublicFacts(people=26_000, classes=classes), rng)
        seconds.append(time.process_time() - started)
        right.append(float((model.predict_proba(others).argmax(axis=1) == target_codes(others, classes)).mean()))
    print(f"dp_sgd, hidden {list(hidden)}: accuracy {np.mean(right):.4f}, {min(seconds):.2f} s")
    assert np.mean(right) >= least
    assert min(seconds) < limit
