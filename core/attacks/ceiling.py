"""How strong a membership attack may become with the reference models of the last look."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from core.attacks.base import MembershipAttack
from core.attacks.game import Game, Guesses, attack_members
from core.stats.intervals import LOOKS

MARGIN = 0.1
"""What real attacks gain beyond a normal score with a common shift, per missing reference: they also learn who is hard.

Between 2 and 32 replicates d' grew by 1.02 to 1.43 where the advantage was above .1 (34 games on real models; the
square root says 1.37), and by 1.35 to 3.4 in the 7 where it was below: there the choice of attack on few people misses
the best one, which the interval covers; RMIA alone grew by 1.34 to 1.54 on logistic regression. Between 8 and 32 it
grew by .93 to 1.09, and by 1.00 to 1.27 (1.12).
"""


@dataclass(frozen=True, eq=False)
class Ceiling:
    """How strong the attack may become with the reference models of the last look: the upper limit of a "yes".

    A verdict must be about one game, the attacker of the last look. With few replicates many targets have no reference
    model that left them out, and a mean over k of them adds 1/k to the variance of the score. So the upper limit is
    taken on the guesses that have such a reference, and their distance d' (advantage = 2 Phi(d'/2) - 1) is multiplied
    by sqrt((1 + 1/k) / (1 + 1/k_last)), what a normal score gains from the remaining references, and by a margin.
    k counts models that were trained without the person; a shortcut (out-of-bag trees) adds none, because models gain
    from more of them whether or not there is a shortcut.

    Measured: of 656 glances and 164 looks at 8 replicates (forests, trees, boosting, logistic regression, nearest
    neighbours; Adult, Clinic and three simulated tables; 800 to 36,000 people) none had an upper limit below what 32
    replicates found, without the margin.

    Parameters
    ----------
    guesses : Guesses or None
        On the referenced targets alone.
    gain : float
        The factor on d'.
    bound : float or None
        A proved bound: no attack gets above it, whatever its references.
    """

    guesses: Guesses | None
    gain: float
    bound: float | None

    def upper(self, level: float) -> float:
        """Return the upper limit at a confidence level; 1 when nothing is known."""
        proved = 1.0 if self.bound is None else self.bound
        if self.guesses is None:
            return proved
        return min(self.scaled(self.guesses.interval(level)[1]), proved)

    def scaled(self, advantage: float) -> float:
        """Return an advantage with its d' multiplied by the gain; nothing below 0."""
        distance = 2 * float(ndtri((min(max(advantage, 0.0), 1 - 1e-12) + 1) / 2)) * self.gain
        return float(2 * ndtr(distance / 2) - 1)


def ceiling(game: Game, attacks: tuple[MembershipAttack, ...], bound: float | None) -> Ceiling:
    """Return the ceiling of a membership risk from the replicates so far."""
    replicates = game.members.shape[1]
    last = max(LOOKS)
    referenced = game.references[0].count > 0
    # Models really trained without the person; what a shortcut says of the others is worth less than a model.
    trained = (~game.members).sum(axis=1)[:, None] - ~game.members
    if replicates < 2 or not trained.any():
        return Ceiling(None, 1.0, bound)
    k = float(1 / (1 / trained[trained > 0]).mean())
    final = (last - 1) * float(trained.mean()) / (replicates - 1)
    gain = math.sqrt(max((1 + 1 / k) / (1 + 1 / final), 1.0)) * (1 + MARGIN / k) if replicates < last else 1.0
    return Ceiling(attack_members(game, attacks, referenced), gain, bound)
