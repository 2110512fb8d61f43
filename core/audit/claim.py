"""The privacy curve that a guarantee claims: how much two worlds may differ, at every exchange rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import UserError
from core.privacy.gdp import delta_for_epsilon
from core.privacy.guarantee import Guarantee


@dataclass(frozen=True)
class Claim:
    """A claimed privacy curve delta(e'): P(E | D) <= e^e' P(E | D') + delta(e') for every event E, both ways.

    Parameters
    ----------
    epsilon : float
        Positive.
    delta : float
        From 0 to below 1.
    mu : float or None
        When the mechanism claims to be mu-GDP, whose curve is far below that of (epsilon, delta) alone.
    most : float
        Claimed value of the curve at e' = 0, the largest advantage; a curve never rises, so it holds everywhere.

    Examples
    --------
    >>> round(Claim(1.0).delta_at(0.0), 4), Claim(1.0).delta_at(1.0)
    (0.4621, 0.0)
    >>> round(Claim(1.0, 1e-5, mu=0.2681).delta_at(0.0), 4)
    0.1066

    References
    ----------
    B. Balle, G. Barthe, M. Gaboardi, Privacy amplification by subsampling, 2018 (arXiv 1807.01647): privacy profiles.
    P. Kairouz, S. Oh, P. Viswanath, The composition theorem for differential privacy, 2015 (1311.0776): the trade-off
    function of (epsilon, delta). B. Balle, Y.-X. Wang 2018 (1805.06530): the Gaussian curve.
    """

    epsilon: float
    delta: float = 0.0
    mu: float | None = None
    most: float = 1.0

    @staticmethod
    def of(guarantee: Guarantee) -> Claim:
        """Return what a guarantee (proved or `claimed`) says about every event.

        Raises
        ------
        UserError
            When it states no epsilon: there is nothing to test.
        """
        if guarantee.epsilon is None:
            raise UserError("an audit needs a guarantee with an epsilon", got=guarantee.kind, do="Choose another.")
        most = 1.0 if guarantee.advantage_bound is None else guarantee.advantage_bound
        return Claim(guarantee.epsilon, guarantee.delta or 0.0, guarantee.mu, most)

    @property
    def levels(self) -> tuple[float, float, float]:
        """The exchange rates e' at which the curve is tested: 0, a quarter of epsilon, epsilon."""
        return 0.0, self.epsilon / 4, self.epsilon

    def delta_at(self, level: float) -> float:
        """Return the largest P(E | D) - e^level P(E | D') that the claim allows.

        Of (epsilon, delta)-DP alone: an event of probability delta gives everything away, and the rest is randomised
        response, which tells the truth with probability e^epsilon / (1 + e^epsilon). Hence

            delta + (1 - delta) max(0, e^epsilon - e^level) / (1 + e^epsilon),

        the support function of the trade-off max(0, 1 - delta - e^epsilon a, e^-epsilon (1 - delta - a)) at its
        corner a = (1 - delta) / (1 + e^epsilon). No smaller value is valid: that mechanism reaches it.

        Parameters
        ----------
        level : float
            e', at least 0.
        """
        if self.mu is not None:
            return delta_for_epsilon(self.mu, level)
        # e^epsilon / (1 + e^epsilon) without overflow
        told = -math.expm1(min(level - self.epsilon, 0.0)) / (1 + math.exp(-self.epsilon))
        return min(self.most, self.delta + (1 - self.delta) * told)
