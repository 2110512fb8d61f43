"""Rates, differences and ratios: known answers, borders, and the same formula by another route."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from core.stats import rates
from core.stats.intervals import (
    agresti_coull,
    bonferroni,
    clopper_pearson,
    mover_r,
    newcombe,
    residual,
    residual_interval,
    wilson,
)

counts = st.tuples(st.integers(0, 60), st.integers(1, 60)).map(lambda kn: (min(kn), max(kn)))


@pytest.mark.parametrize(("k", "n"), [(0, 100), (1, 100), (3, 50), (50, 50), (17, 311), (6, 669)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.9999])
def test_clopper_pearson_agrees_with_scipy_on_both_sides_and_on_one(k, n, level):
    both = stats.binomtest(k, n).proportion_ci(level, method="exact")
    assert clopper_pearson(k, n, level) == pytest.approx((both.low, both.high), abs=1e-9)
    upper = stats.binomtest(k, n, alternative="less").proportion_ci(level, method="exact")
    assert clopper_pearson(k, n, level, side="upper") == pytest.approx((0.0, upper.high), abs=1e-9)
    lower = stats.binomtest(k, n, alternative="greater").proportion_ci(level, method="exact")
    assert clopper_pearson(k, n, level, side="lower") == pytest.approx((lower.low, 1.0), abs=1e-9)


def test_a_zero_false_alarm_certificate_needs_299_controls_for_1_percent_and_2995_for_a_tenth_of_it():
    for limit, needed in ((0.01, 299), (0.001, 2995)):
        assert clopper_pearson(0, needed, side="upper")[1] <= limit < clopper_pearson(0, needed - 1, side="upper")[1]


@given(counts)
def test_the_three_intervals_of_a_rate_are_nested_as_their_papers_say(kn):
    k, n = kn
    low, high = wilson(k, n)
    assert low <= k / n <= high
    wide = agresti_coull(k, n)
    assert wide[0] <= low + 1e-12
    assert high <= wide[1] + 1e-12
    exact = clopper_pearson(k, n)
    assert exact[0] <= k / n <= exact[1]


def test_agresti_coull_adds_two_successes_and_two_failures():
    # At 95 % z^2 is 3.84: "add two successes and two failures" (Agresti & Coull 1998). By hand for 10 of 100.
    centre = (10 + 1.9207294) / (100 + 3.8414588)
    half = 1.959964 * math.sqrt(centre * (1 - centre) / (100 + 3.8414588))
    assert agresti_coull(10, 100) == pytest.approx((centre - half, centre + half), abs=1e-6)


def test_an_arm_without_attempts_says_nothing():
    assert wilson(0, 0) == agresti_coull(0, 0) == clopper_pearson(0, 0) == (0.0, 1.0)
    assert math.isnan(residual(0, 0, 1, 5))
    assert all(math.isnan(limit) for limit in residual_interval(0, 0, 1, 5))


def test_arrays_of_counts_give_the_numbers_of_single_calls():
    k1, k0 = np.arange(31)[:, None], np.arange(41)[None, :]
    for many, one in ((rates.newcombe_limits, newcombe), (rates.residual_limits, residual_interval)):
        low, high = many(k1, 30, k0, 40)
        assert low.shape == (31, 41)
        for a, b in ((0, 0), (30, 0), (7, 11), (30, 39)):
            assert (low[a, b], high[a, b]) == one(a, 30, b, 40)


def failure_ratio_limits(k1, n1, k0, n0):
    """The ratios at which the limits of x - ratio y touch zero, found by bracketing instead of by formula."""
    x, y = 1 - k1 / n1, 1 - k0 / n0
    (l1, u1), (l0, u0) = (
        stats.binomtest(n - k, n).proportion_ci(0.95, method="wilson") for k, n in ((k1, n1), (k0, n0))
    )

    def below(ratio):
        return x - ratio * y - math.hypot(x - l1, ratio * (u0 - y))

    def above(ratio):
        return x - ratio * y + math.hypot(u1 - x, ratio * (y - l0))

    return (0.0 if x == 0 else brentq(below, 0, x / y + 1e-12, xtol=1e-14)), brentq(above, x / y, 1e6, xtol=1e-14)


@given(counts, counts.filter(lambda kn: kn[0] < kn[1]))
def test_mover_r_is_where_the_limits_of_the_difference_touch_zero(one, zero):
    low, high = failure_ratio_limits(*one, *zero)
    assert residual_interval(*one, *zero) == pytest.approx((1 - high, 1 - low), rel=1e-6, abs=1e-6)


@given(counts, counts.filter(lambda kn: kn[0] < kn[1]))
def test_the_residual_lies_inside_its_interval_which_is_finite(one, zero):
    low, high = residual_interval(*one, *zero)
    assert math.isfinite(low)
    assert low - 1e-9 <= residual(*one, *zero) <= high + 1e-9
    assert high <= 1.0


def test_residual_risk_at_its_borders():
    assert residual(0, 50, 0, 50) == 0.0
    assert residual(50, 50, 0, 50) == 1.0
    assert residual(0, 50, 25, 50) == pytest.approx(-1.0), "worse on members than on controls: never cut at 0"
    assert residual_interval(50, 50, 10, 50)[1] == 1.0
    assert residual_interval(0, 50, 0, 50)[0] < 0 < residual_interval(0, 50, 0, 50)[1]
    # Every control falls to the attack already: nothing is left to add, and 0 / 0 is neither 0 nor 1.
    assert math.isnan(residual(50, 50, 50, 50))
    assert math.isnan(residual(20, 50, 50, 50))
    assert all(math.isnan(limit) for limit in residual_interval(20, 50, 50, 50))


def test_a_ratio_whose_bottom_is_zero_has_a_lower_limit_only():
    low, high = mover_r(0.5, (0.4, 0.6), 0.0, (0.0, 0.1))
    # Roots by hand: sqrt(l1 (2x - l1)) / u0.
    assert low == pytest.approx(math.sqrt(0.4 * 0.6) / 0.1)
    assert high == math.inf


def test_intervals_together_hold_together():
    assert bonferroni(0.95, 1) == pytest.approx(0.95)
    assert bonferroni(0.95, 10) == pytest.approx(0.995)
    with pytest.raises(ValueError, match="at least one"):
        bonferroni(0.95, 0)
    # Ten independent null differences: all covered at least as often as promised, less often without the correction.
    rng = np.random.default_rng(3)
    k1, k0 = rng.binomial(200, 0.3, (2, 4000, 10))
    for level, least, most in ((bonferroni(0.95, 10), 0.94, 0.98), (0.95, 0.5, 0.7)):
        low, high = rates.newcombe_limits(k1, 200, k0, 200, level)
        together = np.mean(((low <= 0) & (high >= 0)).all(axis=1))
        assert least <= together <= most  # 4,000 tables: standard error .004 near .95, .008 near .6
