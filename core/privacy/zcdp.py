"""Zero-concentrated differential privacy: the budget in which noise on many tables adds up."""

from __future__ import annotations

import math
from functools import lru_cache

from scipy.optimize import minimize_scalar

from core.errors import UserError

_SAFETY = 1e-9
"""Relative step to the private side, far above the rounding error of the search."""


def epsilon_from_rho(rho: float, delta: float) -> float:
    """Return an epsilon for which every rho-zCDP release is (epsilon, delta)-DP.

    The smallest over a > 1 of a rho + (ln(1 / delta) + (a - 1) ln(1 - 1 / a) - ln a) / (a - 1), never below 0. Every
    a gives a valid epsilon, so a search that stops early errs to the private side.

    Parameters
    ----------
    rho : float
        Positive.
    delta : float
        Strictly between 0 and 1.

    Raises
    ------
    UserError
        When rho or delta is out of range.

    Examples
    --------
    >>> round(epsilon_from_rho(0.5, 1e-5), 7)
    4.728387

    References
    ----------
    C. L. Canonne, G. Kamath, T. Steinke, The discrete Gaussian for differential privacy, NeurIPS 2020
    (arXiv 2004.00010), proposition 12 and its corollary.
    """
    _positive("rho", rho)
    _probability(delta)
    told = -math.log(delta)

    def at(log_over: float) -> float:
        over = math.exp(log_over)
        alpha = 1 + over
        # ln(1 - 1 / a) = ln(over) - ln(a), without a difference of nearly equal numbers
        return alpha * rho + (told + over * (log_over - math.log(alpha)) - math.log(alpha)) / over

    # Near the best a, rho a^2 is about ln(1 / delta): search a thousandfold around it on both sides.
    middle = 0.5 * math.log(max(told, 1e-12) / rho)
    found = minimize_scalar(at, bounds=(middle - 7, middle + 7), method="bounded", options={"xatol": 1e-10})
    return max(0.0, float(found.fun))


@lru_cache(maxsize=512)
def rho_from_epsilon_delta(epsilon: float, delta: float) -> float:
    """Return the largest rho whose releases are all (epsilon, delta)-DP, rounded to the private side.

    Parameters
    ----------
    epsilon : float
        Positive.
    delta : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        What tables with discrete Gaussian noise may spend together: sum of sensitivity**2 / (2 sigma**2).

    Raises
    ------
    UserError
        When epsilon or delta is out of range.

    Examples
    --------
    >>> round(rho_from_epsilon_delta(1.0, 1e-5), 8)
    0.0305566

    References
    ----------
    Canonne, Kamath & Steinke 2020 (arXiv 2004.00010).
    """
    _positive("epsilon", epsilon)
    _probability(delta)
    low = high = 1.0
    while epsilon_from_rho(low, delta) > epsilon:
        low /= 2
    while epsilon_from_rho(high, delta) <= epsilon:
        high *= 2
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if epsilon_from_rho(middle, delta) > epsilon:
            high = middle
        else:
            low = middle
    return low * (1 - _SAFETY)


def _positive(name: str, value: float) -> None:
    if not math.isfinite(value) or value <= 0:
        raise UserError(f"{name} must be positive", got=repr(value), do="Give a finite number above 0.")


def _probability(delta: float) -> None:
    if not 0 < delta < 1:
        raise UserError("delta must lie between 0 and 1", got=repr(delta), do="Give for example 1e-5.")
