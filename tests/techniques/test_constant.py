"""The anchor that knows nothing: how little it gives away."""

import numpy as np
import pytest

from core.data.table import Table, target_values
from core.rng import rng_for
from core.techniques.base import PublicFacts
from core.techniques.constant import Constant, round_number
from core.utility.metrics import REGRESSION_METRICS
from tests.regression_tables import awkward_numbers, earners
from tests.tables import people

NUMBERS = PublicFacts(people=100, classes=())


def test_everybody_gets_the_same_number():
    table = earners(160)
    answer = Constant().train(table.take(np.arange(80)), NUMBERS, rng_for(0)).predict(table)
    assert answer.shape == (160,)
    assert set(answer) == {round_number(target_values(table)[:80])}


@pytest.mark.parametrize("name", list(awkward_numbers()))
def test_any_number_target_has_a_constant_near_its_middle(name):
    values = target_values(awkward_numbers()[name])
    low, high = np.quantile(values, [0.25, 0.75])
    found = round_number(values)
    assert low - (high - low) / 2 <= found <= high + (high - low) / 2


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([18, 30, 42, 50, 80], 40),
        (1e6 + np.arange(5), 1e6 + 2),
        ([-70, -52, -51, -50, -3], -52),
        ([0.0] * 6 + [9, 10], 0),
        ([7.3] * 5, 7.3),
        ([1e-310, 2e-310, 3e-310], 2e-310),
        ([0.031, 0.035, 0.042, 0.047, 0.052], 0.04),
    ],
)
def test_the_number_is_the_median_to_the_next_round_step(values, expected):
    assert round_number(np.array(values, float)) == pytest.approx(expected)


def test_it_reaches_nearly_what_the_best_constant_reaches_whatever_the_shape():
    """The middle of public bounds would not: of incomes between 0 and 100,000 its R2 is below -1."""
    rng = np.random.default_rng(0)
    for values in (
        rng.normal(38, 13, 800),
        rng.exponential(8_000, 800),
        rng.uniform(0, 1, 800),
        rng.normal(1e6, 3, 800),
    ):
        constant = np.full(800, round_number(values))
        value, _ = REGRESSION_METRICS["r2"].score(constant, values)
        # At most half a step, which is at most the interquartile range (1.35 standard deviations): .46 in squares,
        # to which a skewed median adds its distance from the mean (.1 for waiting times).
        assert -0.6 < value <= 0
        error, _ = REGRESSION_METRICS["mae"].score(constant, values)
        assert error < 1.35 * REGRESSION_METRICS["mae"].reference(values)


def leak(values: np.ndarray, answer, halves: int = 400) -> float:
    """How much the answer tells of who is in: squared correlations of coin and answer, summed over people.

    In units of what chance alone gives (1 / halves a person): about 1 for an answer that has nothing to do with the
    coins, 0 for one that never changes.
    """
    rng = np.random.default_rng(7)
    coins = rng.random((halves, len(values))) < 0.5
    found = np.array([answer(values[coin]) for coin in coins])
    if found.std() == 0:
        return 0.0
    centred = (found - found.mean()) / found.std()
    correlation = (coins - coins.mean(axis=0)).T @ centred / halves / coins.std(axis=0)
    return float((correlation**2).sum() * halves / len(values))


def test_the_members_median_is_rounded_so_that_it_gives_nobody_away_where_their_mean_does():
    """The null test: over 400 random halves the constant is one and the same number, so no attack can use it."""
    for seed in range(4):
        values = np.random.default_rng(seed).normal(38.4, 12, 800)
        assert leak(values, round_number) == 0.0
        # The mean is nearly a weighted sum of the coins, so its squared correlations add up to one on top of chance:
        # 1 + halves / people = 1.5. Chance has a standard deviation of sqrt(2 / 800) = .05.
        assert leak(values, np.mean) > 1.3


def test_an_unlucky_median_between_two_steps_tells_no_more_than_one_bit():
    """The worst case that the docstring admits: two numbers at most, as with two classes of equal size."""
    values = np.random.default_rng(0).normal(35.0, 12, 800)
    rng = np.random.default_rng(1)
    found = {round_number(values[rng.random(800) < 0.5]) for _ in range(200)}
    assert 1 < len(found) <= 2


def test_a_class_target_is_answered_as_before():
    table = people(160)
    answer = Constant().train(table, PublicFacts(people=80, classes=("no", "yes")), rng_for(0)).predict_proba(table)
    majority = int((table.frame["rich"] == "yes").mean() > 0.5)
    assert (answer[:, majority] == 0.75).all()
    assert (answer.sum(axis=1) == 1).all()


def test_the_order_and_the_names_of_members_do_not_matter():
    table = earners(60)
    turned = Table(table.frame.iloc[::-1].reset_index(drop=True), table.schema)
    one, two = (Constant().train(t, NUMBERS, rng_for(i)).predict(table)[0] for i, t in enumerate((table, turned)))
    assert one == two
