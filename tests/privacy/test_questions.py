"""Noisy answers: exact scales, intervals that hold as often as they say, and outliers that change nothing public."""

import json
import math
import warnings

import numpy as np
import pytest
from scipy.stats import binom

from core.__main__ import main
from core.data.schema import Column, Kind, Role, Schema
from core.errors import UserError
from core.privacy.gdp import mu_from_epsilon_delta
from core.privacy.lattice_noise import Noise, gaussian_delta
from core.privacy.questions import GRID, noisy_count, noisy_histogram, noisy_mean

ROUNDS = 400
LEAST = int(binom.ppf(1e-8, ROUNDS, 0.95))
"""Hits that an interval of 95 % falls below with probability 1e-8: opendp takes no seed, so no test may be unlucky."""


def hits(ask, truth):
    answers = [ask() for _ in range(ROUNDS)]
    return sum(bool(np.all(np.less_equal(a.low, truth)) and np.all(np.less_equal(truth, a.high))) for a in answers)


@pytest.mark.parametrize("delta", [0.0, 1e-6])
def test_intervals_of_all_three_questions_hold_as_often_as_they_say(delta):
    values = np.random.default_rng(0).integers(20, 60, 300).astype(float)
    codes = np.random.default_rng(1).integers(0, 4, 5000)
    assert hits(lambda: noisy_count(500, 0.3, delta=delta), 500) >= LEAST
    assert hits(lambda: noisy_mean(values, (0, 100), 1.0, delta=delta), values.mean()) >= LEAST
    truth = np.bincount(codes, minlength=5)
    assert hits(lambda: noisy_histogram(codes, "abcde", 0.5, delta=delta), truth) >= LEAST


@pytest.mark.parametrize("epsilon", [0.01, 0.3, 1.0, 7.0])
def test_the_laplace_scale_is_sensitivity_over_epsilon_and_opendp_confirms_the_cost(epsilon):
    import opendp.prelude as dp

    dp.enable_features("contrib")
    for step in (1, GRID):
        noise = Noise.calibrated(epsilon, 0.0, step=step)
        assert noise.scale == pytest.approx(step / epsilon, rel=1e-11)
        made = dp.m.make_laplace(dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=noise.scale)
        assert epsilon * (1 - 1e-9) < made.map(step) <= epsilon


def test_noise_has_the_promised_spread():
    # Laplace: the mean of |z| over n draws has expectation 2p/(1-p^2) and standard deviation below scale / sqrt(n);
    # Gaussian: sigma^2 of n draws has a standard error of sigma^2 sqrt(2 / n). Six of them: 2e-9.
    n = 20_000
    laplace = Noise.calibrated(0.2, 0.0)
    p = math.exp(-0.2)
    assert np.abs(laplace.added([0] * n)).mean() == pytest.approx(2 * p / (1 - p * p), abs=6 * 5.1 / math.sqrt(n))
    gauss = Noise.calibrated(0.5, 1e-6)
    assert np.var(gauss.added([0] * n)) == pytest.approx(gauss.scale**2, rel=6 * math.sqrt(2 / n))


@pytest.mark.parametrize(("sigma", "step"), [(0.6, 1), (2.0, 1), (3.7418, 1), (40.0, 16)])
@pytest.mark.parametrize("epsilon", [0.1, 1.0, 3.0])
def test_the_delta_of_discrete_gaussian_noise_is_the_sum_over_all_outputs(sigma, step, epsilon):
    places = np.arange(-60 * step, 60 * step + 1)
    mass = np.exp(-(places**2) / (2 * sigma**2))
    other = np.exp(-((places + step) ** 2) / (2 * sigma**2))
    direct = np.maximum(mass - math.exp(epsilon) * other, 0).sum() / mass.sum()
    assert gaussian_delta(sigma, step, epsilon) == pytest.approx(direct, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(("epsilon", "delta", "step"), [(1.0, 1e-5, 1), (0.05, 1e-6, 1), (9.0, 1e-6, 1), (1, 1e-6, 64)])
def test_gaussian_noise_keeps_its_budget_and_wastes_little_of_it(epsilon, delta, step):
    noise = Noise.calibrated(epsilon, delta, step=step)
    assert gaussian_delta(noise.scale, step, epsilon) <= delta
    assert noise.scale == pytest.approx(step / mu_from_epsilon_delta(epsilon, delta), rel=0.05)


@pytest.mark.parametrize("delta", [0.0, 1e-6])
def test_half_widths_are_the_smallest_that_keep_their_level(delta):
    for epsilon in (0.2, 1.0, 5.0):
        noise = Noise.calibrated(epsilon, delta)
        z = np.arange(-2000, 2001)
        mass = np.exp(-np.abs(z) / noise.scale) if not delta else np.exp(-(z**2) / (2 * noise.scale**2))
        mass = mass / mass.sum()
        wide = noise.half_width(0.05)
        assert mass[np.abs(z) > wide].sum() <= 0.05 * (1 + 1e-9)
        assert wide == 0 or mass[np.abs(z) > wide - 1].sum() > 0.05


def test_an_outlier_moves_nothing_but_its_own_clipped_value():
    values = np.full(1000, 50.0)
    values[0] = 1e300
    # A wild value counts as 100, so the mean is 50.05. Noise of scale 2 / 50 rows: 2 points away has chance e^-1600.
    found = noisy_mean(values, (0, 100), 50.0)
    assert abs(found.value - 50.05) < 2
    assert 0 <= found.low <= found.high <= 100


def test_each_person_counts_once_whatever_their_rows():
    who = np.array([0] * 1000 + [1, 2, 3])
    # Noise of scale 1/50: more than one away has probability 2e-22.
    assert abs(noisy_count(1003, 50.0, persons=who).value - 4) <= 1
    bars = noisy_histogram(np.array([0] * 1000 + [1, 1, 1]), ("a", "b"), 50.0, persons=who)
    assert np.all(np.abs(np.subtract(bars.value, (1, 3))) <= 1)
    assert "one person more or less" in bars.sentence
    mean = noisy_mean(np.array([0.0] * 1000 + [100.0] * 3), (0, 100), 100.0, persons=who)
    assert abs(mean.value - 75) < 30


def test_missing_values_are_left_out_and_an_empty_question_still_has_an_answer():
    assert abs(noisy_mean(np.array([np.nan] * 5 + [80.0] * 500), (0, 100), 50.0).value - 80) < 3
    nobody = noisy_mean(np.array([]), (0, 10), 1.0)
    assert 0 <= nobody.low <= nobody.value <= nobody.high <= 10
    assert noisy_count(0, 1.0).low == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: noisy_mean(np.ones(3), None, 1.0),
        lambda: noisy_mean(np.ones(3), (2, 2), 1.0),
        lambda: noisy_mean(np.ones(3), (0, math.inf), 1.0),
        lambda: noisy_histogram(np.array([0]), None, 1.0),
        lambda: noisy_histogram(np.array([3]), ("a",), 1.0),
        lambda: noisy_count(-1, 1.0),
        lambda: noisy_count(1, 0.0),
        lambda: noisy_count(1, math.nan),
        lambda: noisy_count(1, 1.0, delta=0.5),
        lambda: noisy_mean(np.ones(3), (0, 1), 200.0),
        lambda: noisy_count(2, 1.0, persons=np.array([1])),
    ],
)
def test_questions_without_public_knowledge_or_a_sound_budget_are_refused(ask):
    with pytest.raises(UserError):
        ask()


@pytest.fixture
def asked(tmp_path, capsys):
    columns = (
        Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100)),
        Column(name="pay", kind=Kind.NUMERIC, role=Role.FEATURE),
        Column(name="sex", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("f", "m")),
        Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE),
    )
    (tmp_path / "s.json").write_text(json.dumps(Schema(columns).to_json()))
    (tmp_path / "t.csv").write_text("age,pay,sex,job\n" + "40,1,f,a\n" * 300 + "40,1,x,a\n" * 100)

    def run(*words):
        with warnings.catch_warnings():
            code = main(["ask", str(tmp_path / "t.csv"), "--schema", str(tmp_path / "s.json"), *words])
        return code, capsys.readouterr()

    return run


def test_the_command_answers_and_says_what_it_cost(asked):
    code, shown = asked("--count", "--epsilon", "2", "--json")
    found = json.loads(shown.out)
    assert (code, found["epsilon"], found["mechanism"]) == (0, 2.0, "laplace")
    assert abs(found["value"] - 400) < 20  # scale 1/2: 20 away has probability e^-40
    code, shown = asked("--histogram", "sex", "--epsilon", "2", "--mechanism", "gaussian")
    assert code == 0
    assert "missing or not listed" in shown.out
    assert "delta = 1e-06" in shown.out
    assert "adds its own cost" in shown.out
    assert asked("--mean", "age", "--epsilon", "1")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--mean", "pay"),
        ("--histogram", "job"),
        ("--mean", "sex"),
        ("--mean", "nobody"),
        ("--count", "--delta", "1e-6", "--mechanism", "laplace"),
    ],
)
def test_bounds_and_categories_are_never_read_from_the_data(asked, words):
    code, shown = asked(*words, "--epsilon", "1")
    assert code == 2
    assert shown.out == ""
    assert shown.err.count("\n") == 1
