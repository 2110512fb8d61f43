"""Intervals: known answers, limits, and simulated coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.stats.intervals import LOOKS, Spread, newcombe, normal_quantile, two_sided_level, wilson


def test_wilson_agrees_with_scipy():
    for k, n in ((0, 100), (3, 50), (50, 50), (17, 311)):
        theirs = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert wilson(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_newcombe_gives_the_printed_values_of_its_paper():
    # Newcombe (1998), Statistics in Medicine 17, table II, method 10, contrasts (a), (c) and (d).
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert newcombe(6, 7, 2, 7) == pytest.approx((0.0582, 0.8062), abs=5e-5)
    assert newcombe(5, 56, 0, 29) == pytest.approx((-0.0381, 0.1926), abs=5e-5)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_newcombe_contains_the_estimate_and_swapping_the_arms_mirrors_it(k1, n1, k0, n0):
    k1, k0 = min(k1, n1), min(k0, n0)
    low, high = newcombe(k1, n1, k0, n0)
    assert low - 1e-12 <= k1 / n1 - k0 / n0 <= high + 1e-12
    mirrored = newcombe(k0, n0, k1, n1)
    assert (low, high) == pytest.approx((-mirrored[1], -mirrored[0]))


def test_newcombe_covers_at_nominal_level():
    rng = np.random.default_rng(1)
    for p1, p0, n in ((0.5, 0.4, 150), (0.1, 0.1, 200), (0.9, 0.5, 120)):
        k1, k0 = rng.binomial(n, p1, 2000), rng.binomial(n, p0, 2000)
        inside = np.mean([low <= p1 - p0 <= high for low, high in map(newcombe, k1, [n] * 2000, k0, [n] * 2000)])
        # 2,000 repetitions: standard error .005; a correct interval falls below .935 once in a thousand runs.
        assert 0.935 <= inside <= 0.975


def test_the_three_looks_together_are_wrong_at_most_five_percent():
    one_sided = sum((1 - two_sided_level(z)) / 2 for z in LOOKS.values())
    assert one_sided < 0.03
    assert list(LOOKS) == [2, 8, 32]


def test_an_interval_over_test_people_and_replicates_covers():
    # True accuracy: people differ (p_i), replicates differ (shift_r): the interval must cover the grand mean.
    rng = np.random.default_rng(2)
    hits = 0
    repetitions, people, replicates = 600, 300, 8
    for _ in range(repetitions):
        ability = rng.beta(4, 1, people)
        shift = rng.normal(0, 0.01, replicates)
        right = rng.random((people, replicates)) < np.clip(ability[:, None] + shift, 0, 1)
        by_person = right.mean(axis=1)
        spread = Spread(
            float(right.mean()),
            float(by_person.var(ddof=1) / people),
            float(right.mean(axis=0).var(ddof=1) / replicates),
            people,
            replicates,
        )
        low, high = spread.interval()
        hits += low <= 0.8 <= high
    assert hits / repetitions >= 0.93


def test_a_wider_level_gives_a_wider_interval_and_people_alone_a_narrower_one():
    spread = Spread(0.8, 1e-4, 1e-4, 500, 4)
    assert spread.interval(0.99)[0] < spread.interval(0.95)[0] < spread.people_interval(0.95)[0] < 0.8
    assert Spread(0.8, 1e-4, 0.0, 10**6, 1).interval()[1] == pytest.approx(0.8 + normal_quantile() * 0.01, abs=1e-6)
