"""Intervals of rates, of differences of rates and of residual risk, for independent attempts.

Coverage at nominal 95 %, by exact sums of binomial probabilities (no simulation), where both arms have 100 or more
attempts and every expected count is 5 or more. `tests/stats/test_coverage.py` computes it again. The lattice: arms of
100 to 300, equal and unequal, and 100 against 1,000; rates at every 2.5 % and at the borders of the region.

=============================  ==============  ==================================================================
interval                       on the lattice  anywhere in the region
=============================  ==============  ==================================================================
`agresti_coull` (shown)        .938 to .980    every rate and every n: lowest .9380 (n = 100)
`clopper_pearson` (formal)     .950 to .985    never under the level, in the region or out of it
`wilson` (an ingredient)       .926 to .974    every rate and every n: lowest .9256 (n = 132); not shown by itself
`newcombe`                     .938 to .964    1 of 40,000 random places under .935: .9326 (.9669 and .0304 of 200)
`residual_interval`            .936 to .966    4 of 40,000 random places under .935: lowest .9300 (.9454 of 100
                                               against .0249 of 10,000: the larger arm is all but known, and what
                                               remains is the dip of Wilson's limits in the smaller)
=============================  ==============  ==================================================================

With Agresti-Coull limits inside, `newcombe` and `residual_interval` stay above .941 at those places but exceed 97.5 %
in 2 and 13 of 10,000; we keep the limits of the papers. Outside the region, see each function.

The functions whose names end in `_limits` take arrays of counts and broadcast them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import betaincinv

from core.data.table import Labels
from core.stats.levels import LEVEL, normal_quantile

Counts = float | Labels
Side = Literal["both", "lower", "upper"]


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the Wilson score interval of a rate (Wilson 1927); (0, 1) when nothing was tried.

    The ingredient of `newcombe` and `residual_interval`. A single rate that is shown takes `agresti_coull`: Wilson's
    coverage dips to .926 where some 5 successes are expected.

    >>> [round(x, 4) for x in wilson(0, 100)]
    [0.0, 0.037]
    """
    low, high = wilson_limits(successes, n, level)
    return float(low), float(high)


def wilson_limits(successes: Counts, n: Counts, level: float = LEVEL) -> tuple[Labels, Labels]:
    """Return the Wilson limits of arrays of counts."""
    k, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    z = normal_quantile(level)
    tried = np.where(n > 0, n, 1.0)
    centre = (k + z * z / 2) / (tried + z * z)
    half = z / (tried + z * z) * np.sqrt(np.maximum(k * (tried - k) / tried, 0.0) + z * z / 4)
    # Exactly 0 and 1 at the borders: rounding would leave 1e-18, which a ratio of limits would magnify.
    low = np.where((n <= 0) | (k <= 0), 0.0, np.maximum(centre - half, 0.0))
    high = np.where((n <= 0) | (k >= n), 1.0, np.minimum(centre + half, 1.0))
    return low, high


def agresti_coull(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a single rate that is shown (Agresti & Coull 1998); (0, 1) when nothing was tried.

    Wilson's centre with the normal width around it, cut to [0, 1]: always contains Wilson's interval, .6 % wider on
    average, and repairs its dips (.938 instead of .926 at the worst place). Outside the region it errs wide: covered
    98.3 % at n = 20 and rate .01, 98.4 % at .05, 98.6 % at n = 50 and .01 (Wilson: 98.3, 92.5 and 91.1 %).

    >>> [round(x, 4) for x in agresti_coull(5, 100)]
    [0.0187, 0.1146]
    """
    low, high = agresti_coull_limits(successes, n, level)
    return float(low), float(high)


def agresti_coull_limits(successes: Counts, n: Counts, level: float = LEVEL) -> tuple[Labels, Labels]:
    """Return the Agresti-Coull limits of arrays of counts."""
    k, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    z = normal_quantile(level)
    centre = (k + z * z / 2) / (n + z * z)
    half = z * np.sqrt(centre * (1 - centre) / (n + z * z))
    return np.where(n > 0, np.maximum(centre - half, 0.0), 0.0), np.where(n > 0, np.minimum(centre + half, 1.0), 1.0)


def clopper_pearson(successes: float, n: float, level: float = LEVEL, side: Side = "both") -> tuple[float, float]:
    """Return the exact interval of a rate, for formal claims (Clopper & Pearson 1934); (0, 1) when nothing was tried.

    Covers with at least `level` at every n and every rate. `side="upper"` gives (0, limit) and `side="lower"`
    (limit, 1), each at `level` on its own.

    >>> [round(x, 4) for x in clopper_pearson(0, 100)]
    [0.0, 0.0362]
    >>> clopper_pearson(0, 299, side="upper")[1] <= .01 < clopper_pearson(0, 298, side="upper")[1]
    True
    """
    low, high = clopper_pearson_limits(successes, n, level, side)
    return float(low), float(high)


def clopper_pearson_limits(
    successes: Counts, n: Counts, level: float = LEVEL, side: Side = "both"
) -> tuple[Labels, Labels]:
    """Return the Clopper-Pearson limits of arrays of counts."""
    k, n = np.broadcast_arrays(np.asarray(successes, dtype=float), np.asarray(n, dtype=float))
    tail = (1 - level) / (2 if side == "both" else 1)
    inner = np.clip(k, 0.0, n)
    low = np.where(inner > 0, betaincinv(np.maximum(inner, 1e-300), n - inner + 1, tail), 0.0)
    # Through the mirror image: 1 - tail is rounded, and a limit for 1e-12 of tail would be lost.
    missed = n - inner
    high = np.where(missed > 0, 1 - betaincinv(np.maximum(missed, 1e-300), inner + 1, tail), 1.0)
    return (np.zeros_like(low) if side == "upper" else low), (np.ones_like(high) if side == "lower" else high)


def newcombe(k1: float, n1: float, k0: float, n0: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a difference of two independent rates (Newcombe 1998, method 10).

    Outside the region of the module it errs wide when both rates are small (20 against 20 attempts: .01 and .01 covered
    100 %, .05 and .01 99.9 %, .3 and .01 98.2 %; 50 against 50: .02 and .02 99.8 %) and narrow when the rates are at
    opposite borders: .017 and .977 of 20 88.2 %, .0095 and .992 of 100 90.9 %, the worst there are.

    >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    low, high = newcombe_limits(k1, n1, k0, n0, level)
    return float(low), float(high)


def newcombe_limits(k1: Counts, n1: Counts, k0: Counts, n0: Counts, level: float = LEVEL) -> tuple[Labels, Labels]:
    """Return Newcombe's limits of arrays of counts; a side that tried nothing counts as a rate of one half."""
    l1, u1 = wilson_limits(k1, n1, level)
    l0, u0 = wilson_limits(k0, n0, level)
    p1, p0 = _rate(k1, n1), _rate(k0, n0)
    return p1 - p0 - np.hypot(p1 - l1, u0 - p0), p1 - p0 + np.hypot(u1 - p1, p0 - l0)


def residual(k1: float, n1: float, k0: float, n0: float) -> float:
    """Return the residual risk 1 - (1 - m) / (1 - c), unclipped; NaN where it is undefined.

    The share of the attacker's failures on controls (1 - c) that the data turn into successes on members: 0 when the
    attack succeeds as often on both, 1 when it never fails on members, negative when it does worse on members. With
    c = 1 nothing is left for the data to add and 0 / 0 has no value: NaN means "undefined", neither 0 nor 1. NaN too
    when a side made no attempt.

    >>> round(residual(50, 100, 20, 100), 4), residual(1, 2, 5, 5)
    (0.375, nan)
    """
    if n1 <= 0 or n0 <= 0 or k0 >= n0:
        return float("nan")
    return float(1 - ((n1 - k1) / n1) / ((n0 - k0) / n0))


def residual_interval(k1: float, n1: float, k0: float, n0: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the residual risk: MOVER-R on the ratio of failure rates; unclipped.

    (NaN, NaN) where `residual` is NaN. Outside the region of the module it errs wide when both rates are small (20
    against 20 attempts, m = c = .01: covered 100 %; m = .05, c = .01: 99.8 %; 300 against 300, m = .01, c = 0: 99.6 %).
    When the attack fails on fewer than 5 controls it is short and often undefined: m = .5, c = .99 of 100
    undefined 37 % of the time and otherwise covered 91.9 %; of 20, undefined 82 % and otherwise 67.9 %.

    >>> [round(x, 4) for x in residual_interval(50, 100, 20, 100)]
    [0.2273, 0.5022]
    """
    low, high = residual_limits(k1, n1, k0, n0, level)
    return float(low), float(high)


def residual_limits(k1: Counts, n1: Counts, k0: Counts, n0: Counts, level: float = LEVEL) -> tuple[Labels, Labels]:
    """Return the limits of the residual risk of arrays of counts."""
    k1, n1, k0, n0 = (np.asarray(value, dtype=float) for value in (k1, n1, k0, n0))
    fail1, fail0 = 1 - _rate(k1, n1), 1 - _rate(k0, n0)
    low, high = mover_r(fail1, wilson_limits(n1 - k1, n1, level), fail0, wilson_limits(n0 - k0, n0, level))
    undefined = (n1 <= 0) | (n0 <= 0) | (k0 >= n0)
    return np.where(undefined, np.nan, 1 - high), np.where(undefined, np.nan, 1 - low)


def mover_r(
    top: Counts, top_limits: tuple[Counts, Counts], bottom: Counts, bottom_limits: tuple[Counts, Counts]
) -> tuple[Labels, Labels]:
    """Return the limits of a ratio of two independent non-negative estimates from the limits of each.

    MOVER-R (Donner & Zou 2012, Statistical Methods in Medical Research 21, equation 9): the values at which the limits
    of top - ratio x bottom touch zero. The roots are written so that nothing is divided by a difference that can be
    zero. A `bottom` of zero has no upper limit: infinity.

    Parameters
    ----------
    top, bottom : float or float array
        Estimates, at least 0.
    top_limits, bottom_limits : pairs of the same
        Lower and upper limits, each at the level wanted of the ratio, around the estimate and at least 0.

    Returns
    -------
    tuple of float arrays
        Lower limit, upper limit (0 to infinity).
    """
    x, y = np.asarray(top, dtype=float), np.asarray(bottom, dtype=float)
    (l1, u1), (l0, u0) = top_limits, bottom_limits
    product = x * y
    lower_top, upper_top = l1 * (2 * x - l1), u1 * (2 * x - u1)
    lower_bottom, upper_bottom = l0 * (2 * y - l0), u0 * (2 * y - u0)
    below = product + np.sqrt(np.maximum(product**2 - lower_top * upper_bottom, 0.0))
    above = product + np.sqrt(np.maximum(product**2 - upper_top * lower_bottom, 0.0))
    low = np.where(lower_top > 0, lower_top / np.where(below > 0, below, 1.0), 0.0)
    high = np.where(lower_bottom > 0, above / np.where(lower_bottom > 0, lower_bottom, 1.0), np.inf)
    return low, high


def _rate(k: Counts, n: Counts) -> Labels:
    k, n = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    return np.where(n > 0, k / np.where(n > 0, n, 1.0), 0.5)
