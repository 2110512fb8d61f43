"""Attempts of one person kept together, paired differences, and power."""

import math

import numpy as np
import pytest

from core.stats.intervals import (
    Spread,
    clustered_difference,
    clustered_interval,
    difference,
    newcombe,
    paired_difference,
    standard_error,
)
from core.stats.power import detectable, people_needed


def test_eight_equal_answers_about_a_person_count_once():
    rng = np.random.default_rng(1)
    success, member = rng.random(200) < 0.3, np.arange(200) < 100
    person = np.arange(200)
    once = clustered_difference(success, member, person)
    eight = clustered_difference(np.repeat(success, 8), np.repeat(member, 8), np.repeat(person, 8))
    assert eight[:2] == pytest.approx(once[:2])
    assert standard_error(eight[2]) == pytest.approx(standard_error(once[2]))
    assert clustered_interval(np.repeat(success, 8), np.repeat(member, 8), np.repeat(person, 8)) == pytest.approx(
        clustered_interval(success, member, person), abs=1e-9
    )


def test_one_attempt_on_each_person_gives_the_usual_standard_error_and_newcombes_interval():
    success = np.array([True] * 30 + [False] * 70 + [True] * 10 + [False] * 90)
    member = np.arange(200) < 100
    p1, p0, influence = clustered_difference(success, member, np.arange(200))
    assert (p1, p0) == pytest.approx((0.3, 0.1))
    usual = math.sqrt(0.3 * 0.7 / 100 + 0.1 * 0.9 / 100)
    assert standard_error(influence) == pytest.approx(usual * math.sqrt(200 / 199))
    # The design effect is 200 / 199, the small-sample factor of the standard error.
    assert clustered_interval(success, member, np.arange(200)) == pytest.approx(newcombe(30, 100, 10, 100), abs=1e-3)


def test_the_standard_error_is_that_of_a_bootstrap_of_people_with_uneven_attempts_on_both_sides():
    rng = np.random.default_rng(2)
    person = rng.integers(0, 120, 700) - 40  # ids need not start at 0 nor be positive
    skill = rng.random(120)
    member = rng.random(700) < 0.4
    success = rng.random(700) < skill[person + 40]
    half = rng.random(120)[person + 40] < 0.5
    _, _, influence = clustered_difference(success, member, person, half)
    lines = {p: np.flatnonzero(person == p) for p in np.unique(person)}
    resampled = []
    for _ in range(1500):
        rows = np.concatenate([lines[p] for p in rng.choice(list(lines), len(lines))])
        p1, p0, _ = clustered_difference(success[rows], member[rows], person[rows], half[rows])
        resampled.append(p1 - p0)
    # A standard deviation of 1,500 draws is known to 1.8 %, the first-order formula to about as much: five of them.
    assert standard_error(influence) == pytest.approx(np.std(resampled), rel=0.1)


def test_halves_are_averaged_and_not_pooled():
    success = np.array([1, 1, 1, 0, 0, 0, 0, 0], dtype=bool)
    member = np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=bool)
    half = np.array([1, 1, 1, 0, 1, 0, 0, 0], dtype=bool)
    p1, p0, influence = clustered_difference(success, member, np.arange(8), half)
    assert (p1, p0) == (0.5, 0.0)
    assert influence.sum() == pytest.approx(0.0)
    assert clustered_difference(success, member, np.arange(8))[0] == 0.75


def test_unanimous_answers_are_not_certain_and_a_person_counts_once():
    member = np.repeat(np.arange(40) < 20, 8)
    person = np.repeat(np.arange(40), 8)
    low, high = clustered_interval(member, member, person)
    assert (low, high) == newcombe(20, 20, 0, 20)
    assert low < 0.9


def test_a_side_without_attempts_is_undefined():
    success, member = np.array([True, False]), np.array([True, True])
    assert math.isnan(clustered_difference(success, member, np.arange(2))[1])
    assert all(math.isnan(limit) for limit in clustered_interval(success, member, np.arange(2)))


def test_the_same_estimate_twice_differs_by_exactly_nothing():
    influence, values = np.random.default_rng(3).normal(size=(4, 50)), np.array([0.7, 0.8, 0.75, 0.72])
    spread = difference(values, values, influence, influence)
    assert spread == Spread(0.0, 0.0, 0.0, 50, 4)
    assert spread.interval() == (0.0, 0.0)


def test_pairing_removes_what_people_and_replicates_add_to_both():
    rng = np.random.default_rng(4)
    shared, own = rng.normal(size=(2, 300))
    wobble = rng.normal(0, 0.1, 8)
    a, b = shared - shared.mean(), shared + 0.1 * own
    b = b - b.mean()
    spread = difference(0.9 + wobble, 0.8 + wobble, a / 300, b / 300)
    assert spread.value == pytest.approx(0.1)
    assert spread.replicate_variance == pytest.approx(0.0, abs=1e-20)
    alone = standard_error(a / 300) ** 2 + standard_error(b / 300) ** 2
    assert spread.people_variance < 0.02 * alone
    turned = difference(0.8 + wobble, 0.9 + wobble, b / 300, a / 300)
    assert turned.interval() == pytest.approx(tuple(-limit for limit in reversed(spread.interval())))


def test_replicates_that_differ_pair_by_pair_add_the_variance_of_their_mean():
    # Differences .1, .2, .3, .4: variance 1/60, of their mean 1/240.
    spread = difference(np.array([0.5, 0.7, 0.6, 0.9]), np.array([0.4, 0.5, 0.3, 0.5]), np.zeros(9), np.zeros(9))
    assert (spread.value, spread.replicate_variance) == pytest.approx((0.25, 1 / 240))
    assert (spread.people_variance, spread.people, spread.replicates) == (0.0, 9, 4)


def test_a_difference_of_two_accuracies_has_the_variance_of_those_who_changed():
    # McNemar's: 12 only right before, 5 only after, of 100.
    before, after = np.repeat([1.0, 0.0, 1.0, 0.0], [12, 5, 60, 23]), np.repeat([0.0, 1.0, 1.0, 0.0], [12, 5, 60, 23])
    spread = paired_difference(
        (before - before.mean()) / 100, (after - after.mean()) / 100, before.mean(), after.mean()
    )
    assert spread.value == pytest.approx(0.07)
    assert spread.people_variance == pytest.approx((17 / 100 - 0.07**2) / 99)
    assert spread.replicate_variance == 0.0


def test_replicates_that_are_paired_wrongly_are_refused_by_their_shapes():
    with pytest.raises(ValueError, match="shape"):
        difference(np.zeros(2), np.zeros(3), np.zeros(5), np.zeros(5))
    with pytest.raises(ValueError, match="shape"):
        difference(np.zeros(2), np.zeros(2), np.zeros(5), np.zeros(4))


def test_a_spread_of_two_replicates_uses_the_t_of_one_degree_of_freedom_for_their_part():
    # Howe: sqrt(1.9600^2 .0001 + 12.7062^2 .0004), by hand.
    low, high = Spread(0.5, 1e-4, 4e-4, 10**6, 2).interval()
    assert high - 0.5 == pytest.approx(math.sqrt(1.959964**2 * 1e-4 + 12.706205**2 * 4e-4), rel=1e-5)
    assert low == pytest.approx(1 - high)


@pytest.mark.parametrize(("advantage", "people"), [(0.02, 7729), (0.05, 1237), (0.1, 310), (0.2, 78)])
def test_people_needed_are_those_of_the_design_study(advantage, people):
    assert people_needed(advantage) == people
    # What so many people can detect is that advantage, and one person fewer cannot.
    assert detectable(math.sqrt(2 * 0.25 / people)) <= advantage < detectable(math.sqrt(2 * 0.25 / (people - 1)))


def test_fewer_people_are_needed_at_a_low_rate_of_false_alarms():
    assert people_needed(0.05, fpr=0.01) < people_needed(0.05, fpr=0.1) < people_needed(0.05)
    assert people_needed(0.05, fpr=0.1) == people_needed(0.05, fpr=0.9)
    for wrong in ((0.0, 0.5), (-0.1, 0.5), (0.1, 0.0), (0.1, 1.0)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            people_needed(*wrong)


def test_the_power_is_the_one_promised():
    # One-sided test at 5 % with the people needed for .1: 80 % of 4,000 tables (standard error .0063, three of them).
    n = people_needed(0.1)
    rng = np.random.default_rng(5)
    found = rng.binomial(n, 0.55, 4000) / n - rng.binomial(n, 0.45, 4000) / n
    assert np.mean(found > 1.644854 * math.sqrt(0.5 / n)) == pytest.approx(0.8, abs=0.02)
