"""From a bound on every attack that is accepted to the largest epsilon that keeps it."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from scipy.special import ndtri

from core.errors import UserError
from core.privacy.curves import epsilon_for_delta
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta, tpr_bound
from core.privacy.guarantee import Guarantee
from core.privacy.plain_words import ALARMS, Bounds, bounds_of, budget_bounds

WHICH = ("advantage", "tpr")
"""The bounds that an epsilon can be chosen by: extra people found, or people found at 1 false alarm in 100."""

CURVES = ("gaussian", "pure", "budget")
"""What is known of a mechanism: Gaussian noise; (epsilon, 0) alone; (epsilon, delta) alone."""

_STEP = 1e-9
"""Relative step to the private side."""


def epsilon_for_bound(curve: str, bound: float, *, delta: float = 0.0, which: str = "advantage") -> float:
    """Return the largest epsilon whose bound on every attack stays at or below an accepted one.

    Gaussian: mu = 2 Phi^-1((1 + bound) / 2), or Phi^-1(bound) - Phi^-1(0.01), then epsilon at delta on the curve of mu.
    Pure and budget: the inverse of `budget_bounds`.

    Parameters
    ----------
    curve : {"gaussian", "pure", "budget"}
    bound : float
        Accepted advantage, between 0 and 1, or accepted true-positive rate at 1 % false alarms, between 0.01 and 1.
    delta : float
        Above 0 for Gaussian noise, ignored by `pure`.
    which : {"advantage", "tpr"}

    Returns
    -------
    float
        0 when not even the smallest epsilon keeps the bound at this delta; never too large, and too small by a
        millionth part at most.

    Raises
    ------
    UserError
        When something is out of range.

    Examples
    --------
    >>> round(epsilon_for_bound("pure", 0.5), 4)
    1.0986
    >>> round(epsilon_for_bound("gaussian", 0.10660, delta=1e-5), 2)
    1.0

    References
    ----------
    J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019 (arXiv 1905.02383); for pure budgets P. Kairouz et al.
    2015 (1311.0776).
    """
    check_bound(bound, which)
    if curve not in CURVES:
        raise UserError(f"a curve is one of {', '.join(CURVES)}", got=repr(curve), do="Choose one.")
    if not 0 <= delta < 1 or (curve == "gaussian" and delta == 0):
        raise UserError("delta lies between 0 and 1", got=repr(delta), do="Give for example 1e-5.")
    delta = 0.0 if curve == "pure" else delta
    if curve == "gaussian":
        mu = 2 * float(ndtri((1 + bound) / 2)) if which == "advantage" else float(ndtri(bound) - ndtri(ALARMS))
        found = epsilon_for_delta(mu * (1 - _STEP), delta) if mu > 0 else 0.0

        def kept(epsilon: float) -> bool:
            used = mu_from_epsilon_delta(epsilon, delta)
            return (advantage_bound(used) if which == "advantage" else tpr_bound(used, ALARMS)) <= bound

    else:
        if which == "advantage":
            ratio = (1 + bound - 2 * delta) / (1 - bound) if bound >= delta else 1.0
        else:
            steep = (bound - delta) / ALARMS
            ratio = max(steep, (1 - delta - ALARMS) / (1 - bound)) if bound >= ALARMS + delta else 1.0
        found = max(0.0, math.log(max(ratio, 1.0)))

        def kept(epsilon: float) -> bool:
            return budget_bounds(epsilon, delta)[WHICH.index(which)] <= bound

    for _ in range(64):
        if found <= 0 or kept(found):
            return max(found, 0.0)
        found *= 1 - _STEP
    return 0.0


def largest_epsilon(
    proved: Callable[[float], Guarantee], bound: float, low: float, high: float, which: str = "advantage"
) -> tuple[float, Bounds] | None:
    """Return the largest epsilon of a mechanism whose own guarantee keeps an accepted bound, and what it then allows.

    By bracketing on a log scale; the guarantee is asked, not a formula, so it serves every mechanism whose bounds rise
    with epsilon. What is returned was asked itself and keeps the bound; one hundredth more does not, or is not allowed.

    Parameters
    ----------
    proved : callable
        epsilon -> the guarantee at it.
    bound : float
        As in `epsilon_for_bound`.
    low, high : float
        The range of epsilon, both positive.

    Returns
    -------
    (epsilon, Bounds) or None
        None when even the smallest epsilon allows more, or when no bound follows at all.

    Examples
    --------
    >>> found = largest_epsilon(lambda e: Guarantee(kind="dp", epsilon=e, neighbours="add_remove"), 0.5, 0.01, 100)
    >>> found[0]
    1.09
    """
    check_bound(bound, which)
    wanted = _strength(bound, which)
    good: tuple[float, float, Bounds] | None = None
    bad: tuple[float, float, Bounds] | None = None
    epsilon = min(max(1.0, low), high)
    for turn in range(60):
        found = bounds_of(proved(epsilon))
        if found is None:
            return None
        value = found.advantage if which == "advantage" else found.tpr
        here = (epsilon, _strength(value, which), found)
        good, bad = (here, bad) if value <= bound else (good, here)
        if (good is not None and good[0] >= high) or (bad is not None and bad[0] <= low):
            break
        if good is not None and bad is not None:
            if bad[0] <= _down(good[0] * 1.0101) or bad[0] <= good[0] * 1.003:
                break
            steps = math.log(bad[0] / good[0])
            rise = math.log(bad[1] / good[1]) if good[1] > 0 and math.isfinite(bad[1]) else 0.0
            # Where the curve is nearly a power of epsilon one step lands beside the answer; every third halves.
            share = math.log(wanted / good[1]) / rise if rise > 0 and turn % 3 != 2 else 0.5
            epsilon = good[0] * math.exp(steps * min(max(share, 0.02), 0.98))
            epsilon = min(max(_down(epsilon), _down(good[0] * 1.0101)), bad[0] / 1.001)
        else:
            usable = 0 < here[1] < math.inf
            factor = wanted / here[1] if usable else 4.0 if bad is None else 0.25
            factor = max(factor * 1.004, 1.01) if bad is None else min(factor * 0.996, 0.99)
            ahead = epsilon * factor
            epsilon = high if ahead >= high else low if ahead <= low else max(_down(ahead), low)
    return None if good is None else (good[0], good[2])


def _strength(value: float, which: str) -> float:
    """Return the mu that has this bound: nearly proportional to epsilon, so that few steps find an answer."""
    if value >= 1:
        return math.inf
    return 2 * float(ndtri((1 + value) / 2)) if which == "advantage" else float(ndtri(value) - ndtri(ALARMS))


def _down(epsilon: float) -> float:
    """Return three significant digits of a positive number, rounded down.

    >>> _down(1.0986), _down(0.30000000000000004)
    (1.09, 0.3)
    """
    exact = Decimal(repr(float(f"{epsilon:.12g}")))
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), rounding=ROUND_FLOOR))


def check_bound(bound: float, which: str) -> None:
    """Refuse a bound that means nothing.

    Raises
    ------
    UserError
        When it is not one of `WHICH`, or not between what is known without the data and 1.
    """
    if which not in WHICH:
        raise UserError(f"a bound is one of {', '.join(WHICH)}", got=repr(which), do="Choose one.")
    floor = 0.0 if which == "advantage" else ALARMS
    if not isinstance(bound, (int, float)) or isinstance(bound, bool) or not floor < bound < 1:
        raise UserError(f"an accepted bound lies between {floor:g} and 1", got=repr(bound), do="Give for example 0.1.")
