"""Confidence levels: normal quantiles, planned looks, several intervals together."""

from __future__ import annotations

from scipy.special import ndtr, ndtri

LEVEL = 0.95

LOOKS: dict[int, float] = {2: 3.471, 8: 2.454, 32: 2.004}
"""Replicates at which a verdict may be given -> the number of standard errors that it must clear.

O'Brien-Fleming boundaries for three looks, overall two-sided 5 % (Jennison & Turnbull 1999, table 2.3: 2.004 x
sqrt(3 / look)). A wrong verdict errs to one side, so with known standard errors the three looks together are wrong at
most .03 % + .7 % + 2.3 % = 3.0 % by the union bound, whatever the correlation between the looks. Standard errors are
estimated, the part over replicates from two values at the first look: then at most 4.8 % (`Spread`, measured).
"""


def normal_quantile(level: float = LEVEL) -> float:
    """Return z so that a standard normal lies within +-z with probability `level`.

    >>> round(normal_quantile(.95), 3)
    1.96
    """
    return float(ndtri(0.5 + level / 2))


def two_sided_level(z: float) -> float:
    """Return the probability that a standard normal lies within +-z."""
    return float(1 - 2 * ndtr(-z))


def bonferroni(level: float, m: int) -> float:
    """Return the level of each of m intervals so that all m hold together with at least probability `level`.

    >>> round(bonferroni(.95, 5), 6)
    0.99
    """
    if m < 1:
        raise ValueError("there must be at least one interval")
    return 1 - (1 - level) / m
