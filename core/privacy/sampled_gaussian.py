"""Gaussian noise on sums over a random sample of people, many times: how much noise a budget asks for."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from core.errors import UserError
from core.privacy.curves import attack_bounds
from core.privacy.gdp import mu_from_epsilon_delta

_CLOSE = 1e-3
"""The noise found is at most this much more than the least that would do, relatively."""


@lru_cache(maxsize=256)
def noise_multiplier(epsilon: float, delta: float, rate: float, steps: int) -> float:
    """Return how much Gaussian noise, in units of the clip, makes all steps together (epsilon, delta)-DP.

    In each step everybody is sampled independently with probability `rate`, and noise is added to the sum of what
    the sampled people contribute, each with L2 norm 1 at most. By bisection on the composed privacy loss distribution,
    whose rounding is to the private side; the side of the bisection that keeps the budget is returned.

    Parameters
    ----------
    epsilon, delta : float
        The budget, for adding or removing one person; epsilon positive, delta strictly between 0 and 1.
    rate : float
        Above 0, at most 1.
    steps : int
        At least 1.

    Raises
    ------
    UserError
        When a number is out of range.

    Examples
    --------
    >>> 2.7 < noise_multiplier(1.0, 1e-5, 0.05, 200) < 2.9
    True

    References
    ----------
    A. Koskela, J. Jälkö, A. Honkela, Computing tight differential privacy guarantees using FFT, AISTATS 2020
    (arXiv 1906.03049); dp-accounting of Google's differential-privacy library does the sums.
    """
    sound = epsilon > 0 and math.isfinite(epsilon) and 0 < delta < 1 and 0 < rate <= 1 and steps >= 1
    if not sound:
        raise UserError(
            "the noise needs epsilon > 0, delta and a sampling rate between 0 and 1, and a step",
            got=repr((epsilon, delta, rate, steps)),
            do="Correct it.",
        )

    def kept(noise: float) -> bool:
        return float(curve_of(noise, rate, steps, _grid(epsilon)).get_delta_for_epsilon(epsilon)) <= delta

    # Many rare looks are nearly one Gaussian look with this much less noise, so the search starts there.
    low = high = max(rate * math.sqrt(steps) / mu_from_epsilon_delta(epsilon, delta), 0.05)
    while not kept(high):
        low, high = high, 1.2 * high
    while low == high or kept(low):
        low, high = low / 1.2, low
    while high / low > 1 + _CLOSE:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if kept(middle) else (middle, high)
    return high


@lru_cache(maxsize=256)
def bounds(epsilon: float, delta: float, rate: float, steps: int) -> tuple[float, float]:
    """Return the largest advantage, and true-positive rate at 1 % false alarms, when the noise is `noise_multiplier`.

    Examples
    --------
    >>> advantage, rate = bounds(1.0, 1e-5, 0.05, 200)
    >>> 0.09 < advantage < 0.11 and 0.017 < rate < 0.021
    True
    """
    return attack_bounds(curve_of(noise_multiplier(epsilon, delta, rate, steps), rate, steps, _grid(epsilon)))


def curve_of(noise: float, rate: float, steps: int, grid: float = 1e-3) -> Any:
    """Return the privacy loss distribution (dp_accounting) of all steps, for adding or removing one person.

    Parameters
    ----------
    noise : float
        Standard deviation in units of the clip, positive.
    rate : float
        Probability with which each person is in a step.
    steps : int
    grid : float
        Step of the privacy loss; a coarser one gives a larger delta, never a smaller one.
    """
    from dp_accounting import NeighboringRelation
    from dp_accounting.pld import privacy_loss_distribution as pld

    step = pld.from_gaussian_mechanism(
        noise,
        sampling_prob=rate,
        value_discretization_interval=grid,
        pessimistic_estimate=True,
        use_connect_dots=True,
        neighboring_relation=NeighboringRelation.ADD_OR_REMOVE_ONE,
    )
    return step if steps == 1 else step.self_compose(steps)


def _grid(epsilon: float) -> float:
    """Return the step of the loss: a thousandth of epsilon, within what memory and time bear."""
    return min(max(epsilon * 1e-3, 1e-4), 1e-2)
