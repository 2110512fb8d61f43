"""Privacy curves that add up: what several private releases of the same people cost together."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import UserError
from core.privacy.gdp import advantage_bound, compose, delta_for_epsilon, tpr_bound
from core.privacy.guarantee import Guarantee

_GRID = 1e-3
"""Step of the privacy loss; losses are rounded up, so what comes out is never too good."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one private look at the data costs: a Gaussian parameter where it is known, else a budget.

    Parameters
    ----------
    epsilon, delta : float
        The budget, for adding or removing one person. `epsilon` is at least 0, `delta` from 0 to below 1.
    mu : float, optional
        When the mechanism is exactly mu-GDP; the budget is then not looked at.
    times : int
        How many such looks there were, each with fresh noise; at least 1.

    Raises
    ------
    UserError
        When a number is out of range.
    """

    epsilon: float
    delta: float = 0.0
    mu: float | None = None
    times: int = 1

    def __post_init__(self) -> None:
        """Check the ranges."""
        sound = self.epsilon >= 0 and math.isfinite(self.epsilon) and 0 <= self.delta < 1 and self.times >= 1
        if not sound or (self.mu is not None and not (math.isfinite(self.mu) and self.mu > 0)):
            raise UserError("a cost has a finite epsilon and a delta below 1", got=repr(self), do="Correct it.")

    @staticmethod
    def of(guarantee: Guarantee, times: int = 1) -> Cost | None:
        """Return what a proved guarantee for add/remove neighbours costs; None for everything else.

        A guarantee for replaced people does not bound what adding or removing one shows, and a `claimed` one is
        nothing to build on: neither has a place in a sum that is meant to hold.
        """
        if guarantee.kind != "dp" or guarantee.neighbours != "add_remove" or guarantee.epsilon is None:
            return None
        return Cost(epsilon=guarantee.epsilon, delta=guarantee.delta or 0.0, mu=guarantee.mu, times=times)


@dataclass(frozen=True, kw_only=True)
class Total:
    """What all looks together allow.

    Parameters
    ----------
    epsilon, delta : float
        Everything together is (epsilon, delta)-DP; epsilon is infinite when no finite one holds at this delta.
    advantage_bound, tpr_at_1pct_bound : float
        The most that any membership attack on all of it can reach.
    """

    epsilon: float
    delta: float
    advantage_bound: float
    tpr_at_1pct_bound: float


def compose_costs(costs: Iterable[Cost], delta: float) -> Total:
    """Return what several private looks at the same people cost together, through their full curves.

    Gaussian looks add up in closed form (roots of sums of squares); others through their privacy loss distributions,
    where a budget of which only (epsilon, delta) is known counts as the worst mechanism that has it. Pure budgets at
    delta = 0 add up as they are.

    Parameters
    ----------
    costs : iterable of Cost
    delta : float
        At which the total is stated, from 0 to below 1.

    Examples
    --------
    >>> compose_costs([Cost(epsilon=1.0, mu=3.0), Cost(epsilon=9.0, mu=4.0)], 1e-5).epsilon > 9
    True
    >>> compose_costs([Cost(epsilon=0.5, times=4)], 0.0).epsilon
    2.0
    >>> compose_costs([], 1e-5).advantage_bound
    0.0

    References
    ----------
    J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019 (arXiv 1905.02383), corollary 3.3; S. Meiser,
    E. Mohammadi, Tight on budget?, CCS 2018 (2017/1034 of the IACR archive); C. Dwork, A. Roth 2014, theorem 3.16.
    """
    found = list(costs)
    if not found:
        return Total(epsilon=0.0, delta=delta, advantage_bound=0.0, tpr_at_1pct_bound=0.01)
    mus = [cost.mu for cost in found if cost.mu is not None for _ in range(cost.times)]
    others = [cost for cost in found if cost.mu is None]
    mu = compose(mus)
    if not others:
        epsilon = epsilon_for_delta(mu, delta)
        return Total(
            epsilon=epsilon, delta=delta, advantage_bound=advantage_bound(mu), tpr_at_1pct_bound=tpr_bound(mu, 0.01)
        )
    curve = _curve(mu, others)
    if delta == 0 and not mus and all(cost.delta == 0 for cost in others):
        epsilon = sum(cost.epsilon * cost.times for cost in others)
    else:
        epsilon = float(curve.get_epsilon_for_delta(delta))
    advantage, rate = attack_bounds(curve)
    return Total(epsilon=epsilon, delta=delta, advantage_bound=advantage, tpr_at_1pct_bound=rate)


def epsilon_for_delta(mu: float, delta: float) -> float:
    """Return the smallest epsilon at which everything mu-GDP is (epsilon, delta)-DP; infinite at delta = 0.

    Examples
    --------
    >>> round(epsilon_for_delta(1.0, 1e-5), 4)
    4.3772
    """
    if delta <= 0:
        return math.inf
    if delta_for_epsilon(mu, 0.0) <= delta:
        return 0.0
    low, high = 0.0, 1.0
    while delta_for_epsilon(mu, high) > delta:
        low, high = high, 2 * high
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if delta_for_epsilon(mu, middle) > delta else (low, middle)
    return high


def attack_bounds(curve: Any, false_alarms: float = 0.01) -> tuple[float, float]:
    """Return the largest advantage, and the largest true-positive rate at these false alarms, that a curve allows.

    The advantage is delta(0). At false-positive rate a, no attack's true-positive rate exceeds
    delta(e') + exp(e') a for any e', and by symmetry 1 - exp(-e') (1 - a - delta(e')): the smallest over a grid counts.

    Parameters
    ----------
    curve : dp_accounting PrivacyLossDistribution
        With pessimistic rounding, for add/remove neighbours.
    false_alarms : float
        Between 0 and 1.

    References
    ----------
    L. Wasserman, S. Zhou, A statistical framework for differential privacy, 2010 (arXiv 0811.2501), theorem 2.4.
    """
    levels = np.concatenate([np.linspace(0.0, 12.0, 241), np.linspace(12.5, 60.0, 96)])
    deltas = np.array([float(curve.get_delta_for_epsilon(float(level))) for level in levels])
    steep = deltas + np.exp(np.minimum(levels, 700.0)) * false_alarms
    flat = 1 - np.exp(-levels) * np.maximum(1 - false_alarms - deltas, 0.0)
    return min(1.0, float(deltas[0])), min(1.0, float(steep.min()), float(flat.min()))


def _curve(mu: float, others: list[Cost]) -> Any:
    """Return the composed privacy loss distribution."""
    from dp_accounting.pld import common, privacy_loss_distribution

    parts = []
    if mu > 0:
        parts.append(privacy_loss_distribution.from_gaussian_mechanism(1 / mu, value_discretization_interval=_GRID))
    for cost in others:
        budget = common.DifferentialPrivacyParameters(cost.epsilon, cost.delta)
        part = privacy_loss_distribution.from_privacy_parameters(budget, value_discretization_interval=_GRID)
        parts.append(part if cost.times == 1 else part.self_compose(cost.times))
    curve = parts[0]
    for part in parts[1:]:
        curve = curve.compose(part)
    return curve
