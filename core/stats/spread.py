"""Means that vary over people and over replicates, and paired differences of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from core.data.table import Labels
from core.stats.levels import LEVEL, normal_quantile


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

    Notes
    -----
    Coverage at nominal 95 %, computed over the share rho that replicates have in the variance (0 to .999): 95.0 to
    98.7 % with 2 replicates, 95.0 to 97.7 % with 3, 95.0 to 95.9 % with 8, 95.0 to 95.2 % with 32.

    Those are for normal values. Of accuracies simulated person by person, replicates that scatter by up to 6 points (a
    standard deviation) are covered 93.5 % or more; by 12 points, leaning to one side near 1, 93.3 % with 3 or 4
    replicates. Chance that belongs to a person in one replicate counts in both parts, so the interval errs wide where
    it dominates: 98 to 99.6 %, mostly in differences of two noisy recipes.

    Satterthwaite's t, used here before, covers 94.7 % or more from 8 replicates on, but with 2 only 92.9 % at
    rho = .5 and 87.2 % at rho = .95, with 3 92.2 % at rho = .9: two replicates that happen to lie close together hide
    that replicates differ.
    """

    value: float
    people_variance: float
    replicate_variance: float
    people: int
    replicates: int

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval.

        Up to 95 %: each part of the variance with its own t quantile, sqrt(t_p^2 v_p + t_r^2 v_r) (Howe 1974, JASA 69),
        which covers at whatever share each part has.

        Above 95 % (the levels of the planned looks): Satterthwaite's t, never narrower than the 95 % interval. Howe's
        would need the t quantile of one degree of freedom at 99.95 %, 1,225 standard errors, so that a first look could
        prove nothing. A verdict at the three looks together is then wrong at most 4.8 % of the time, at the worst share
        of replicates (`tests/stats/test_three_looks.py`).
        """
        half = self._howe(min(level, LEVEL))
        if level > LEVEL:
            half = max(half, self.quantile(level) * math.sqrt(self.people_variance + self.replicate_variance))
        return self.value - half, self.value + half

    def _howe(self, level: float) -> float:
        people = float(stdtrit(max(self.people - 1, 1), 0.5 + level / 2)) ** 2 * self.people_variance
        # One replicate knows nothing of the others: its variance is then 0 and its freedom does not matter.
        replicates = float(stdtrit(max(self.replicates - 1, 1), 0.5 + level / 2)) ** 2 * self.replicate_variance
        return math.sqrt(people + replicates)

    def quantile(self, level: float) -> float:
        """Return the two-sided t quantile for the mixture of the two variances (Satterthwaite 1946)."""
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


def paired_difference(
    influence_a: Labels,
    influence_b: Labels,
    value_a: float,
    value_b: float,
    replicates_a: Labels | None = None,
    replicates_b: Labels | None = None,
) -> Spread:
    """Return a - b, two estimates over the same people, with its spread.

    What a person adds to both cancels person by person (first-order bootstrap by person), and what a replicate adds to
    both (the same people drawn, the same model seed) cancels replicate by replicate. Two recipes that answer alike for
    everybody differ by exactly zero, with a spread of zero.

    Parameters
    ----------
    influence_a, influence_b : float array, shape (people,) or (replicates, people)
        Influence of every person on each estimate, in the same order of people; several replicates are averaged. Sum
        zero, so that var(value) is the sum of squares.
    value_a, value_b : float
    replicates_a, replicates_b : float array, shape (replicates,), optional
        The two estimates in each replicate, in the same order; without them no variance over replicates is added.

    Notes
    -----
    Right or wrong on the same people, coverage at nominal 95 % (exact sums): 94.6 to 95.7 % with 100 to 300 people when
    5 or more are expected to differ in each direction. Outside, of 100 people: 1 and 1 expected 98.6 %, but 10 and none
    93.3 %, 5 and none 87.8 %.

    >>> spread = paired_difference(np.array([.1, -.1]), np.array([.1, -.1]), .8, .7)
    >>> round(spread.value, 6), spread.people_variance
    (0.1, 0.0)
    """
    per_person = _by_person(influence_a) - _by_person(influence_b)
    people = len(per_person)
    paired = np.zeros(1) if replicates_a is None or replicates_b is None else np.subtract(replicates_a, replicates_b)
    return Spread(
        value=float(value_a - value_b),
        people_variance=float((per_person**2).sum() * people / max(people - 1, 1)),
        replicate_variance=float(paired.var(ddof=1) / len(paired)) if len(paired) > 1 else 0.0,
        people=people,
        replicates=len(paired),
    )


def difference(a_values: Labels, b_values: Labels, a_influence: Labels, b_influence: Labels) -> Spread:
    """Return the spread of mean(a) - mean(b), replicates paired in their order and people in theirs.

    Parameters
    ----------
    a_values, b_values : float array, shape (replicates,)
    a_influence, b_influence : float array, shape (people,) or (replicates, people)

    >>> round(difference(np.array([.9, .8]), np.array([.7, .6]), np.zeros(3), np.zeros(3)).value, 6)
    0.2
    """
    return paired_difference(
        a_influence, b_influence, float(np.mean(a_values)), float(np.mean(b_values)), a_values, b_values
    )


def _by_person(influence: Labels) -> Labels:
    return influence.mean(axis=0) if influence.ndim == 2 else influence
