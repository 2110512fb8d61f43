"""How much a mechanism really gives away, at least: a companion to the alarm, never the test itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import ndtri

from core.audit.claim import Claim
from core.privacy.gdp import delta_for_epsilon
from core.stats.intervals import clopper_pearson


@dataclass(frozen=True)
class Leak:
    """Lower bounds, each at 95 %, from a fixed number of pairs and an event chosen before them.

    Parameters
    ----------
    epsilon : float
        The mechanism is not (epsilon', delta)-DP for any epsilon' below this, with the delta of the claim.
    mu : float or None
        It is not mu'-GDP for any mu' below this; only when the claim is a mu.
    pairs : int
        How many pairs they rest on.
    """

    epsilon: float
    mu: float | None
    pairs: int


def lower_bound(here: int, there: int, pairs: int, claim: Claim) -> Leak:
    """Bound the leak by how often one event happened in either world.

    Clopper-Pearson limits of the two rates, 97.5 % one-sided each: p at least p_low, q at most q_high. Then
    epsilon >= log((p_low - delta) / q_high), and the same for the complement with the worlds exchanged. A mu-GDP
    mechanism has Phi^-1(p) - Phi^-1(q) <= mu for every event, and mu gives epsilon by the Gaussian curve.

    Parameters
    ----------
    here, there : int
        How often the event happened in the world it favours, and in the other.
    pairs : int

    Examples
    --------
    >>> round(lower_bound(438, 0, 6000, Claim(1.0)).epsilon, 2)
    4.68
    >>> lower_bound(5, 5, 100, Claim(1.0)).epsilon
    0.0

    References
    ----------
    C. Clopper, E. Pearson, The use of confidence or fiducial limits, 1934. J. Dong, A. Roth, W. Su 2019 (1905.02383):
    trade-off functions. M. Nasr et al., Tight auditing of differentially private machine learning, 2023 (2302.07956):
    bounds on mu.
    """
    p, q = clopper_pearson(here, pairs)[0], clopper_pearson(there, pairs)[1]
    epsilon = max(0.0, _log_ratio(p - claim.delta, q), _log_ratio(1 - q - claim.delta, 1 - p))
    if claim.mu is None:
        return Leak(epsilon, None, pairs)
    mu = max(0.0, float(ndtri(p) - ndtri(q))) if p > 0 and q < 1 else 0.0
    if mu > 0 and delta_for_epsilon(mu, 0.0) > claim.delta:
        high = 1.0
        while delta_for_epsilon(mu, high) > claim.delta:
            high *= 2
        epsilon = max(epsilon, float(brentq(lambda e: delta_for_epsilon(mu, e) - claim.delta, 0.0, high)))
    return Leak(epsilon, mu, pairs)


def _log_ratio(top: float, bottom: float) -> float:
    return math.log(top / bottom) if top > 0 and bottom > 0 else -math.inf
