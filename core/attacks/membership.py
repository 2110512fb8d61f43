"""Measuring membership inference: the strongest attack, chosen on one half of the people and scored on the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from core.attacks.base import MembershipAttack, MembershipView, References, RiskEstimate, absent
from core.data.table import Labels
from core.stats.intervals import LEVEL, LOOKS, newcombe, normal_quantile
from core.stats.power import detectable
from core.stats.roc import auc, best_threshold, tied_share

CONTROLS_FOR_TPR = 669
"""Controls from which a true-positive rate at 1 % false alarms is shown: their exact upper limit is then 2 %."""

SWAP = math.sqrt(1.358)
"""How much choosing on each half for the other widens the spread of the average of the two.

Where nothing is to be found, the choice follows noise, and the halves' noise meets twice: with m uncorrelated
candidates the two values have correlation e_m^2 / (m - 1), e_m the mean of the largest of m standard normals; that is
.318, .358, .353, .338 for m = 2, 3, 4, 5 and falls from there. We take the largest. Simulated: the spread is 1.05 to
1.17 times the plain one.
"""


@dataclass(frozen=True, eq=False)
class Guesses:
    """Every guess of the tuned attack, with the truth beside it.

    Parameters
    ----------
    guessed, members : boolean arrays, shape (people, replicates)
    tuning : boolean array, shape (people,)
    scores : float array, shape (people, replicates)
        Of the attack chosen for the half that the person was evaluated in.
    caught : boolean array, shape (people, replicates)
        Guesses at the threshold of 1 % false alarms.
    attacks : tuple of str
        The attack chosen for each of the two halves.
    used : boolean array, shape (people, replicates)
        The guesses that count; all of them unless a question is asked of some.
    crowded : bool
        More than 1 % of the controls tie at the threshold of 1 % false alarms, so that the rate there is not defined.
    """

    guessed: Labels
    members: Labels
    tuning: Labels
    scores: Labels
    caught: Labels
    attacks: tuple[str, ...]
    used: Labels
    crowded: bool = False

    @cached_property
    def rates(self) -> tuple[float, float]:
        """Success on members and on controls, averaged over the two halves."""
        return _rates(self.guessed, self.members, self.tuning, self.used)

    @property
    def advantage(self) -> float:
        """Success on members minus success on controls."""
        return self.rates[0] - self.rates[1]

    def standard_error(self) -> float:
        """Return the standard error: first-order bootstrap by person, replicates kept together, times `SWAP`."""
        influence = np.zeros(len(self.members))
        for half in (self.tuning, ~self.tuning):
            inside = self.members & half[:, None] & self.used
            outside = ~self.members & half[:, None] & self.used
            n1, n0 = max(int(inside.sum()), 1), max(int(outside.sum()), 1)
            p1, p0 = self.guessed[inside].sum() / n1, self.guessed[outside].sum() / n0
            influence += 0.5 * np.where(inside, (self.guessed - p1) / n1, 0.0).sum(axis=1)
            influence -= 0.5 * np.where(outside, (self.guessed - p0) / n0, 0.0).sum(axis=1)
        people = len(influence)
        return float(SWAP * math.sqrt((influence**2).sum() * people / max(people - 1, 1)))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval of the advantage.

        The normal interval by person, never narrower on either side than Newcombe's for as many independent guesses:
        the former collapses to a point when every guess agrees, which would claim certainty.
        """
        half = normal_quantile(level) * self.standard_error()
        n1, n0 = int((self.members & self.used).sum()), int((~self.members & self.used).sum())
        p1, p0 = self.rates
        low, high = newcombe(p1 * n1, n1, p0 * n0, n0, level)
        return min(self.advantage - half, low), max(self.advantage + half, high)


@dataclass(frozen=True, eq=False)
class Game:
    """One recipe's replicates, as the referee sees them.

    Parameters
    ----------
    phi : float array, shape (people, replicates)
        Observed scores.
    members : boolean array, shape (people, replicates)
    tuning : boolean array, shape (people,)
    outside, inside : float array, shape (people, replicates), optional
        The score without and with the person, NaN where unknown; by default known only where it was observed.
    expected : pair of float arrays, shape (people, replicates), optional
        Standardised against people with the same data, learned on the controls of the tuning half and of the other.
    """

    phi: Labels
    members: Labels
    tuning: Labels
    outside: Labels | None = None
    inside: Labels | None = None
    expected: tuple[Labels, Labels] | None = None

    @cached_property
    def references(self) -> tuple[References, References]:
        """What the other replicates say of everybody: out, in."""
        outside = np.where(self.members, np.nan, self.phi) if self.outside is None else self.outside
        inside = np.where(self.members, self.phi, np.nan) if self.inside is None else self.inside
        return References.leave_one_out(outside), References.leave_one_out(inside)

    def view(self, calibration: Labels) -> MembershipView:
        """Return what an attacker sees who knows the membership of one half."""
        outside, inside = self.references
        expected = None
        if self.expected is not None:
            expected = self.expected[0 if calibration is self.tuning else 1]
        return MembershipView(
            scores=self.phi,
            outside=outside,
            inside=inside,
            calibration=calibration,
            known_members=self.members & calibration[:, None],
            expected=expected,
        )

    def first(self, replicates: int) -> Game:
        """Return the game of the first replicates alone."""
        keep = slice(replicates)
        return Game(
            self.phi[:, keep],
            self.members[:, keep],
            self.tuning,
            None if self.outside is None else self.outside[:, keep],
            None if self.inside is None else self.inside[:, keep],
            None if self.expected is None else (self.expected[0][:, keep], self.expected[1][:, keep]),
        )


def attack_members(game: Game, attacks: tuple[MembershipAttack, ...], used: Labels | None = None) -> Guesses | None:
    """Choose attack and threshold on one half of the people, guess on the other, swap.

    Parameters
    ----------
    game : Game
    attacks : tuple of MembershipAttack
    used : boolean array, shape (people, replicates), optional
        The guesses to tune and to score on; all by default.

    Returns
    -------
    Guesses or None
        None when a half has no member or no control, so that nothing can be compared.
    """
    members, tuning = game.members, game.tuning
    used = np.ones(members.shape, bool) if used is None else used
    for half in (tuning, ~tuning):
        counted = members[half][used[half]]
        if not counted.any() or counted.all():
            return None
    guessed = np.zeros(members.shape, bool)
    caught = np.zeros(members.shape, bool)
    scores = np.zeros(members.shape)
    chosen = []
    crowded = False
    for calibration in (tuning, ~tuning):
        evaluation = ~calibration
        view = game.view(calibration)
        best: tuple[float, float, Labels, str] | None = None
        for attack in attacks:
            table = attack.guess(view)
            known = used[calibration]
            threshold, gain = best_threshold(table[calibration][known], members[calibration][known])
            if best is None or gain > best[0]:
                best = gain, threshold, table, attack.key
        if best is None:
            return None
        _, threshold, table, key = best
        chosen.append(key)
        guessed[evaluation] = table[evaluation] > threshold
        scores[evaluation] = table[evaluation]
        quiet = table[calibration][~members[calibration] & used[calibration]]
        alarm = np.quantile(quiet, 0.99, method="higher")
        crowded = crowded or bool((quiet == alarm).mean() > 0.01)
        caught[evaluation] = table[evaluation] > alarm
    return Guesses(guessed, members, tuning, scores, caught, tuple(chosen), used, crowded)


@dataclass(frozen=True, eq=False)
class Ceiling:
    """How strong the attack may become with the reference models of the last look: the upper limit of a "yes".

    A verdict must be about one game, the attacker of the last look. With few replicates many targets have no reference
    model that left them out, and a mean over k of them adds 1/k to the variance of the score. So the upper limit is
    taken on the guesses that have such a reference, and their distance d' (advantage = 2 Phi(d'/2) - 1) is multiplied
    by sqrt((1 + 1/k) / (1 + 1/k_last)): what a normal score gains from the remaining references.

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
        high = min(max(self.guesses.interval(level)[1], 0.0), 1 - 1e-12)
        distance = 2 * float(ndtri((high + 1) / 2)) * self.gain
        return float(min(2 * ndtr(distance / 2) - 1, proved))


def ceiling(game: Game, attacks: tuple[MembershipAttack, ...], bound: float | None) -> Ceiling:
    """Return the ceiling of a membership risk from the replicates so far."""
    replicates = game.members.shape[1]
    last = max(LOOKS)
    references = game.references[0].count
    referenced = references > 0
    if replicates < 2 or not referenced.any():
        return Ceiling(None, 1.0, bound)
    k = float(1 / np.mean(1 / references[referenced]))
    final = (last - 1) * float(references.mean()) / (replicates - 1)
    gain = math.sqrt(max((1 + 1 / k) / (1 + 1 / final), 1.0)) if replicates < last else 1.0
    return Ceiling(attack_members(game, attacks, referenced), gain, bound)


def _rates(guessed: Labels, members: Labels, tuning: Labels, used: Labels) -> tuple[float, float]:
    halves = (tuning, ~tuning)
    inside = [float(guessed[half][members[half] & used[half]].mean()) for half in halves]
    outside = [float(guessed[half][~members[half] & used[half]].mean()) for half in halves]
    return sum(inside) / 2, sum(outside) / 2


def membership_risk(
    game: Game, attacks: tuple[MembershipAttack, ...], bound: float | None
) -> tuple[RiskEstimate, Guesses | None]:
    """Return the membership risk of a model with everything a reader may ask of it.

    The value is TPR - FPR of the tuned attack, in probability points; it may be negative. `reference` is what an
    attacker who ignores the model reaches: they say "member" equally often of members and of controls, so 0.
    """
    members, tuning = game.members, game.tuning
    guesses = attack_members(game, attacks)
    if guesses is None:
        reason = "one half of the people has no member or no control; use a larger table"
        return absent("membership", "undefined", reason), None
    low, high = guesses.interval()
    error = (high - low) / 2 / normal_quantile()
    replicates = members.shape[1]
    enough = (~members).sum() / replicates / 2 >= CONTROLS_FOR_TPR
    out_reference = float((game.references[0].count > 0).mean())
    areas = [
        auc(guesses.scores[half][:, r], members[half][:, r]) for half in (tuning, ~tuning) for r in range(replicates)
    ]
    inside, outside = guesses.rates
    estimate = RiskEstimate(
        threat="membership",
        status="measured",
        value=guesses.advantage,
        low=low,
        high=high,
        standard_error=error,
        success_members=inside,
        success_controls=outside,
        reference=0.0,
        n_members=round(float(members.sum()) / replicates),
        n_controls=round(float((~members).sum()) / replicates),
        attack=", ".join(dict.fromkeys(guesses.attacks)),
        detectable=detectable(error),
        auc=float(np.nanmean(areas)),
        tpr_at_1pct=_rates(guesses.caught, members, tuning, guesses.used)[0]
        if enough and not guesses.crowded
        else None,
        bound=bound,
        violation=bound is not None and low > bound,
        method="tuned on one half of the people, scored on the other, swapped; normal interval by person",
        note=_note(replicates, out_reference, enough, guesses.crowded),
        details={
            "finite_pool_corrected": finite_pool_corrected(guesses.advantage),
            "out_reference_share": out_reference,
            "tied_share": tied_share(guesses.scores.ravel()),
        },
    )
    return estimate, guesses


def finite_pool_corrected(advantage: float) -> float:
    """Return the advantage had the halves been fresh samples: d' / sqrt 2 (Jalko et al. 2026, arXiv:2605.25819).

    >>> round(finite_pool_corrected(0.5), 3)
    0.367
    """
    distance = 2 * float(ndtri(min(max((advantage + 1) / 2, 1e-12), 1 - 1e-12)))
    return float(2 * ndtr(distance / math.sqrt(2) / 2) - 1)


def _note(replicates: int, out_reference: float, enough: bool, crowded: bool) -> str:
    parts = []
    if replicates == 1:
        parts.append("one replicate: no reference model yet, loss attack only")
    else:
        parts.append(f"{out_reference:.0%} of the guesses had a reference model that left the person out")
    if not enough:
        parts.append("too few controls for a rate at 1 % false alarms")
    elif crowded:
        parts.append("too many equal scores for a rate at 1 % false alarms")
    return "; ".join(parts)


def permuted(members: Labels, rng: np.random.Generator) -> Labels:
    """Return membership shuffled between people, replicate by replicate: the null that must come out at zero."""
    return np.column_stack([rng.permutation(members[:, r]) for r in range(members.shape[1])])


__all__ = [
    "Ceiling",
    "Game",
    "Guesses",
    "attack_members",
    "ceiling",
    "finite_pool_corrected",
    "membership_risk",
    "permuted",
]
