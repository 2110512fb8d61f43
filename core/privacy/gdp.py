"""Gaussian differential privacy: from a budget to a noise scale, and from the noise to the best possible attack."""

from __future__ import annotations

import math
from collections.abc import Iterable

from scipy.special import log_ndtr, ndtr, ndtri

from core.errors import UserError

_SAFETY = 1e-9
"""Relative step to the private side: a thousand times the rounding error of the curve, a millionth of a digit shown."""


def delta_for_epsilon(mu: float, epsilon: float) -> float:
    """Return the smallest delta for which every mu-GDP mechanism is (epsilon, delta)-DP.

    Phi(-epsilon / mu + mu / 2) - exp(epsilon) Phi(-epsilon / mu - mu / 2), worked out in logarithms, because
    exp(100) Phi(-100) is a product of a huge and a tiny number.

    Parameters
    ----------
    mu : float
        Privacy parameter of the mechanism, positive: L2 sensitivity / standard deviation of the noise.
    epsilon : float
        At least 0.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> round(delta_for_epsilon(1.0, 0.0), 4)
    0.3829
    >>> f"{delta_for_epsilon(1 / 3.730632, 1.0):.2e}"
    '1.00e-05'

    References
    ----------
    B. Balle, Y.-X. Wang, Improving the Gaussian mechanism for differential privacy, ICML 2018, theorem 8
    (arXiv 1805.06530); J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019, corollary 2.13 (1905.02383).
    """
    _check("mu", mu)
    if not math.isfinite(epsilon) or epsilon < 0:
        raise UserError("epsilon must be 0 or more", got=repr(epsilon), do="Give a finite number.")
    upper = float(log_ndtr(-epsilon / mu + mu / 2))
    lower = epsilon + float(log_ndtr(-epsilon / mu - mu / 2))
    return max(0.0, -math.exp(upper) * math.expm1(min(lower - upper, 0.0)))


def mu_from_epsilon_delta(epsilon: float, delta: float) -> float:
    """Return the largest mu whose mechanisms are all (epsilon, delta)-DP, rounded to the private side.

    Noise of standard deviation `sensitivity / mu` spends the budget exactly. The classic formula
    sqrt(2 ln(1.25 / delta)) / epsilon is not used: it wastes accuracy for small epsilon and breaks its promise for
    large ones.

    Parameters
    ----------
    epsilon : float
        Positive.
    delta : float
        Strictly between 0 and 1.

    Returns
    -------
    float
        Never above the exact value, and below it by a billionth part at most.

    Raises
    ------
    UserError
        When epsilon or delta is out of range.

    Examples
    --------
    >>> round(1 / mu_from_epsilon_delta(1.0, 1e-5), 6)
    3.730632
    >>> round(mu_from_epsilon_delta(8.0, 1e-5), 4)
    1.666

    References
    ----------
    Balle & Wang 2018 (arXiv 1805.06530), algorithm 1, by bisection on the exact curve.
    """
    _check("epsilon", epsilon)
    if not 0 < delta < 1:
        raise UserError("delta must lie between 0 and 1", got=repr(delta), do="Give for example 1e-5.")
    low = high = 1.0
    while delta_for_epsilon(low, epsilon) > delta:
        low /= 2
    while delta_for_epsilon(high, epsilon) <= delta:
        high *= 2
    while high - low > 1e-14 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        if delta_for_epsilon(middle, epsilon) > delta:
            high = middle
        else:
            low = middle
    return low * (1 - _SAFETY)


def advantage_bound(mu: float) -> float:
    """Return the largest leave-out advantage that any attack on a mu-GDP release can have: 2 Phi(mu / 2) - 1.

    Add/remove neighbours give the bound for "the person is there or not". An attack that tells one value of a person
    from another compares two replaced records: use 2 mu.

    Examples
    --------
    >>> round(advantage_bound(mu_from_epsilon_delta(1.0, 1e-5)), 4)
    0.1066

    References
    ----------
    Dong, Roth & Su 2019 (arXiv 1905.02383): total variation distance of N(0, 1) and N(mu, 1).
    """
    _check("mu", mu)
    return math.erf(mu / (2 * math.sqrt(2)))


def tpr_bound(mu: float, fpr: float) -> float:
    """Return the largest true-positive rate that any attack on a mu-GDP release can have at this false-positive rate.

    1 - Phi(Phi^-1(1 - fpr) - mu).

    Parameters
    ----------
    mu : float
        Privacy parameter, positive.
    fpr : float
        Between 0 and 1.

    Examples
    --------
    >>> round(tpr_bound(mu_from_epsilon_delta(1.0, 1e-5), 0.01), 4)
    0.0198

    References
    ----------
    Dong, Roth & Su 2019, the trade-off function G_mu.
    """
    _check("mu", mu)
    if not 0 <= fpr <= 1:
        raise UserError("a false-positive rate lies between 0 and 1", got=repr(fpr), do="Give for example 0.01.")
    return float(ndtr(mu + ndtri(fpr)))


def compose(mus: Iterable[float]) -> float:
    """Return the mu of several GDP releases of the same people taken together: the root of the sum of squares.

    Examples
    --------
    >>> compose([3.0, 4.0])
    5.0
    >>> compose([])
    0.0

    References
    ----------
    Dong, Roth & Su 2019, corollary 3.3.
    """
    found = list(mus)
    for mu in found:
        _check("mu", mu)
    return math.hypot(*found)


def _check(name: str, value: float) -> None:
    if not math.isfinite(value) or value <= 0:
        raise UserError(f"{name} must be positive", got=repr(value), do="Give a finite number above 0.")
