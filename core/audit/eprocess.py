"""A bet against a privacy claim: capital that grows only if the claim is false, so looking at any time is allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from core.data.table import Labels
from core.errors import UserError

_STAKES = np.exp(np.linspace(math.log(0.01), math.log(0.95), 20))
"""Shares of the largest admissible stake. The largest keeps a twentieth of the capital in the worst case."""


@dataclass(frozen=True)
class Bets:
    """Bets on several events at once, one for each exchange rate and direction.

    Bet i pays X - e^level Y - delta for each pair of runs, where X says whether its event happened in the world where
    the claim wants it rare and Y whether it happened in the other one. If the claim holds, the expectation is 0 or
    less, so capital that is multiplied by 1 + stake * payment is a supermartingale, whatever the stakes, as long as
    they are chosen before the pair is seen and no factor can be negative: stake < 1 / (e^level + delta). By Ville's
    inequality it then reaches 1 / alpha at any time at all with probability alpha at most. The capital starts in equal
    parts on all bets and all stakes of a grid: putting it on the constant stakes and never moving it is the same as
    one running stake, the average of the grid weighted by what each has earned so far (Cover's universal portfolio),
    which comes close to Kelly's best stake for the unknown leak. Adding up the parts gives at least the power of
    alpha split evenly over the bets.

    Parameters
    ----------
    levels : tuple of float
        e' of each bet.
    deltas : tuple of float
        What the claim allows at that level.

    Examples
    --------
    >>> bets = Bets((0.0,), (0.0,))
    >>> always, never = np.ones((9, 1), bool), np.zeros((9, 1), bool)
    >>> _, capital = bets.advance(bets.start(), always, never)
    >>> [bool(c >= math.log(20)) for c in capital]
    [False, False, False, False, False, False, False, True, True]

    References
    ----------
    J. Ville, Étude critique de la notion de collectif, 1939. T. Gonzalez, M. Dulce-Rubio, A. Ramdas, M. Ribero,
    Sequentially auditing differential privacy, NeurIPS 2025 (arXiv 2509.07055). I. Waudby-Smith, A. Ramdas, Estimating
    means of bounded random variables by betting, 2024 (2010.09686). T. Cover, Universal portfolios, 1991.
    """

    levels: tuple[float, ...]
    deltas: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse bets that no claim can stand behind."""
        good = len(self.levels) == len(self.deltas) > 0
        if not good or not all(0 <= level < 700 for level in self.levels) or not all(0 <= d <= 1 for d in self.deltas):
            raise UserError(
                "a bet needs a level of 0 or more and a delta from 0 to 1", got="others", do="Correct them."
            )

    @property
    def stakes(self) -> Labels:
        """The grid of stakes, shape (bets, stakes); all of them keep every factor positive."""
        worst = np.exp(np.array(self.levels)) + np.array(self.deltas)
        return np.asarray(_STAKES[None, :] / worst[:, None])

    def start(self) -> Labels:
        """Return the logarithm of the capital on each bet and stake before anything is seen; it adds up to 1."""
        shape = (len(self.levels), len(_STAKES))
        return np.full(shape, -math.log(shape[0] * shape[1]))

    def advance(self, capital: Labels, here: Labels, there: Labels) -> tuple[Labels, Labels]:
        """Play one pair after the other.

        Parameters
        ----------
        capital : array, shape (bets, stakes)
            Logarithms, from `start` or the last `advance`.
        here, there : boolean arrays, shape (pairs, bets)
            X and Y.

        Returns
        -------
        capital : array, shape (bets, stakes)
            After the last pair.
        total : array, shape (pairs,)
            Logarithm of the whole capital after each pair.
        """
        # A pair has four outcomes, so only four logarithms for each bet and stake are needed.
        x, y = np.array([0, 0, 1, 1])[:, None], np.array([0, 1, 0, 1])[:, None]
        payment = x - np.exp(np.array(self.levels)) * y - np.array(self.deltas)
        growth = np.log1p(self.stakes * payment[:, :, None])
        grown = capital + np.cumsum(growth[2 * here + there, np.arange(len(self.levels))], axis=0)
        if not len(grown):
            return capital, np.zeros(0)
        return grown[-1], logsumexp(grown, axis=(1, 2))

    def first_alarm(self, here: Labels, there: Labels, alpha: float) -> int | None:
        """Return after how many pairs the capital first reaches 1 / alpha, or None."""
        _, total = self.advance(self.start(), here, there)
        reached = np.flatnonzero(total >= -math.log(alpha))
        return int(reached[0]) + 1 if len(reached) else None
