"""Intervals for rates, differences of rates, and means that vary over people and over replicates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri, stdtrit

LEVEL = 0.95

LOOKS: dict[int, float] = {2: 3.471, 8: 2.454, 32: 2.004}
"""Replicates at which a verdict may be given -> the number of standard errors that it must clear.

O'Brien-Fleming boundaries for three looks, overall two-sided 5 % (Jennison & Turnbull 1999, table 2.3: 2.004 x
sqrt(3 / look)). A wrong verdict errs to one side, so the three looks together are wrong at most .03 % + .7 % + 2.3 % =
3.0 % by the union bound, whatever the correlation between the looks.
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


def wilson(successes: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the Wilson score interval of a rate (Wilson 1927); (0, 1) when nothing was tried.

    >>> [round(x, 4) for x in wilson(0, 100)]
    [0.0, 0.037]
    """
    if n <= 0:
        return 0.0, 1.0
    z = normal_quantile(level)
    centre = (successes + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(max(successes * (n - successes) / n, 0.0) + z * z / 4)
    return max(centre - half, 0.0), min(centre + half, 1.0)


def newcombe(k1: float, n1: float, k0: float, n0: float, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of a difference of two independent rates (Newcombe 1998, method 10).

    >>> [round(x, 4) for x in newcombe(56, 70, 48, 80)]
    [0.0524, 0.3339]
    """
    l1, u1 = wilson(k1, n1, level)
    l0, u0 = wilson(k0, n0, level)
    p1 = k1 / n1 if n1 else 0.5
    p0 = k0 / n0 if n0 else 0.5
    return (
        p1 - p0 - math.hypot(p1 - l1, u0 - p0),
        p1 - p0 + math.hypot(u1 - p1, p0 - l0),
    )


@dataclass(frozen=True)
class Spread:
    """A mean with the two parts of its variance.

    Parameters
    ----------
    value : float
    people_variance : float
        Variance of `value` over people: more replicates do not lower it.
    replicate_variance : float
        Variance of `value` over replicates, already divided by their number.
    people, replicates : int
    """

    value: float
    people_variance: float
    replicate_variance: float
    people: int
    replicates: int

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval, t with Satterthwaite's degrees of freedom."""
        half = self.quantile(level) * math.sqrt(self.people_variance + self.replicate_variance)
        return self.value - half, self.value + half

    def quantile(self, level: float) -> float:
        """Return the two-sided t quantile for the mixture of the two variances."""
        total = self.people_variance + self.replicate_variance
        if total <= 0:
            return normal_quantile(level)
        parts = self.people_variance**2 / max(self.people - 1, 1)
        if self.replicates > 1:
            parts += self.replicate_variance**2 / (self.replicates - 1)
        freedom = max(total**2 / parts if parts > 0 else 1e9, 1.0)
        return float(stdtrit(min(freedom, 1e9), 0.5 + level / 2))

    def people_interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval that would remain after endless replicates."""
        half = normal_quantile(level) * math.sqrt(self.people_variance)
        return self.value - half, self.value + half
