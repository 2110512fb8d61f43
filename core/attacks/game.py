"""The game of membership inference: attack and threshold chosen on one half of the people, scored on the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.attacks.base import MembershipAttack, MembershipView, References
from core.data.table import Labels
from core.stats.intervals import LEVEL, newcombe, normal_quantile

SWAP = math.sqrt(1.358)
"""How much choosing on each half for the other widens the spread of the average of the two.

Where nothing is to be found, the choice follows noise, and the halves' noise meets twice: with m uncorrelated
candidates the two values have correlation e_m^2 / (m - 1), e_m the mean of the largest of m standard normals; that is
.318, .358, .353, .338, .321, .305 for m = 2 to 7 and falls from there. We take the largest, so more attacks need no
other number. Simulated: the spread is 1.05 to 1.17 times the plain one.
"""

CUTS = 2048
"""Most thresholds tried; between neighbours lies 1/2048 of the guesses, far less than their sampling error."""

TUNED = 131_072
"""Guesses from which on further replicates are not used for choosing (they are scored all the same)."""

QUIET = 0.01
"""The share of false alarms of the second, sharper threshold."""


NEARLY_ALL = 0.02
"""Share of guesses that differ below which they count as agreeing."""


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
        Guesses at the threshold of 1 % false alarms, of the attack that finds most members there.
    attacks : tuple of str
        The attack chosen for each of the two halves: for the people outside the tuning half, then for those in it.
    used : boolean array, shape (people, replicates)
        The guesses that count; all of them unless a question is asked of some.
    crowded : bool
        More than 1 % of the controls tie at the threshold of 1 % false alarms, so that the rate there is not defined.
    sharp : tuple of str
        The attack chosen for each half at 1 % false alarms.
    each : mapping
        Attack -> its advantage had it been the only one; tuned and swapped all the same.
    spread : float
        How much a release that is itself drawn at random widens the standard error over people.
    """

    guessed: Labels
    members: Labels
    tuning: Labels
    scores: Labels
    caught: Labels
    attacks: tuple[str, ...]
    used: Labels
    crowded: bool = False
    sharp: tuple[str, ...] = ()
    each: Mapping[str, float] = field(default_factory=dict)
    spread: float = 1.0

    @cached_property
    def half_rates(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Success on members and on controls among the people of the tuning half, then among the others."""
        first, second = (
            (float(self.guessed[inside].mean()), float(self.guessed[outside].mean())) for inside, outside in self.sides
        )
        return first, second

    @property
    def half_values(self) -> tuple[float, float]:
        """The advantage among the people of the tuning half, and among the others."""
        (m1, c1), (m2, c2) = self.half_rates
        return m1 - c1, m2 - c2

    @property
    def sides(self) -> list[tuple[Labels, Labels]]:
        """Members' and controls' guesses in each half."""
        return [
            (self.members & half[:, None] & self.used, ~self.members & half[:, None] & self.used)
            for half in (self.tuning, ~self.tuning)
        ]

    @property
    def rates(self) -> tuple[float, float]:
        """Success on members and on controls, averaged over the two halves."""
        (m1, c1), (m2, c2) = self.half_rates
        return (m1 + m2) / 2, (c1 + c2) / 2

    @property
    def advantage(self) -> float:
        """Success on members minus success on controls."""
        return self.rates[0] - self.rates[1]

    def influence(self) -> Labels:
        """Return what each person moves the advantage by, shape (people,), sum zero; all their replicates together."""
        found = np.zeros(len(self.members))
        for (inside, outside), (m, c) in zip(self.sides, self.half_rates, strict=True):
            found += 0.5 * np.where(inside, (self.guessed - m) / inside.sum(), 0.0).sum(axis=1)
            found -= 0.5 * np.where(outside, (self.guessed - c) / outside.sum(), 0.0).sum(axis=1)
        return found

    def standard_error(self) -> float:
        """Return the standard error: first-order bootstrap by person, replicates kept together, times `SWAP`."""
        influence = self.influence()
        people = max(int(self.used.any(axis=1).sum()), 2)
        return float(self.spread * SWAP * math.sqrt((influence**2).sum() * people / (people - 1)))

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval of the advantage.

        The normal interval by person, never narrower on either side than Newcombe's for as many independent guesses:
        the former collapses to a point when every guess agrees, which would claim certainty.
        """
        half = normal_quantile(level) * self.standard_error()
        parts = self.members & self.used, ~self.members & self.used
        n1, n0 = (agreed(part.sum(), part.any(axis=1).sum(), p) for part, p in zip(parts, self.rates, strict=True))
        p1, p0 = self.rates
        low, high = newcombe(p1 * n1, n1, p0 * n0, n0, level)
        return min(self.advantage - half, low), max(self.advantage + half, high)


def agreed(guesses: int, people: int, rate: float) -> int:
    """Return how many independent guesses a floor may count: where nearly all agree, a person's replicates are one.

    >>> agreed(800, 100, 0.5), agreed(800, 100, 1.0)
    (800, 100)
    """
    return int(people if min(rate, 1 - rate) < NEARLY_ALL else guesses)


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
    spread: float = 1.0

    @cached_property
    def references(self) -> tuple[References, References]:
        """What the other replicates say of everybody: out, in."""
        outside = np.where(self.members, np.nan, self.phi) if self.outside is None else self.outside
        inside = np.where(self.members, self.phi, np.nan) if self.inside is None else self.inside
        return References.leave_one_out(outside), References.leave_one_out(inside)

    @cached_property
    def _views(self) -> dict[bool, MembershipView]:
        return {}

    @cached_property
    def _tables(self) -> dict[tuple[MembershipAttack, bool], Labels]:
        return {}

    def __post_init__(self) -> None:
        """Keep every table column by column in memory: attacks look at one model at a time."""
        for name in ("phi", "members", "outside", "inside"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, np.asfortranarray(getattr(self, name)))
        if self.expected is not None:
            first, second = self.expected
            object.__setattr__(self, "expected", (np.asfortranarray(first), np.asfortranarray(second)))

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

    def scores(self, attack: MembershipAttack, tuning: bool) -> Labels:
        """Return an attack's scores when the tuning half is known (or the other half); computed once."""
        if (attack, tuning) not in self._tables:
            if tuning not in self._views:
                self._views[tuning] = self.view(self.tuning if tuning else ~self.tuning)
            self._tables[attack, tuning] = attack.guess(self._views[tuning])
        return self._tables[attack, tuning]

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
            self.spread,
        )


@dataclass(frozen=True)
class _Cut:
    """What one attack's scores of the known half say: where to cut, and how well it does there."""

    threshold: float
    gain: float
    alarm: float
    power: float
    crowded: bool


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
    used = np.ones_like(members) if used is None else used
    first = chosen_on(members)
    masks = {}
    for half in (True, False):
        mine = used & (tuning == half)[:, None]
        masks[half] = members & mine, ~members & mine
        if not all(mask[:, first].any() for mask in masks[half]):
            return None
    guessed, caught = np.zeros_like(members), np.zeros_like(members)
    scores = np.zeros_like(members, dtype=float)
    chosen, sharp, crowded = [], [], False
    each = dict.fromkeys((attack.key for attack in attacks), 0.0)
    for known in (True, False):
        evaluated = (tuning != known)[:, None]
        tables = {attack.key: game.scores(attack, known) for attack in attacks}
        cuts: dict[str, _Cut] = {}
        for key, table in tables.items():
            inside, outside = (_taken(table[:, first], mask[:, first]) for mask in masks[known])
            cuts[key] = _tuned(inside, outside)
            positive = table > cuts[key].threshold
            m, c = (np.count_nonzero(positive & mask) / np.count_nonzero(mask) for mask in masks[not known])
            each[key] += float(m - c) / 2
        best = max(cuts, key=lambda key: cuts[key].gain)
        finest = max(cuts, key=lambda key: (not cuts[key].crowded, cuts[key].power))
        chosen.append(best)
        sharp.append(finest)
        guessed |= evaluated & (tables[best] > cuts[best].threshold)
        caught |= evaluated & (tables[finest] > cuts[finest].alarm)
        np.copyto(scores, tables[best], where=evaluated)
        crowded = crowded or cuts[finest].crowded
    return Guesses(
        guessed, members, tuning, scores, caught, tuple(chosen), used, crowded, tuple(sharp), each, game.spread
    )


def chosen_on(members: Labels) -> slice:
    """Return the replicates on which attack and threshold are chosen: people, not replicates, limit how well."""
    return slice(max(math.ceil(2 * TUNED / len(members)), 2))


def _taken(table: Labels, mask: Labels) -> Labels:
    """Return the values under a mask, replicate by replicate (the order in memory)."""
    return np.asarray(table.T[mask.T])


def _tuned(inside: Labels, outside: Labels) -> _Cut:
    """Return the threshold with the largest difference of rates, and the one of 1 % false alarms.

    A threshold lies halfway between two different scores. The difference is optimistic on the scores it was chosen on;
    where all scores are equal there is nothing to choose: infinity, guess nobody.
    """
    ones, zeros = np.sort(inside), np.sort(outside)
    alarm = float(zeros[min(math.ceil((1 - QUIET) * (len(zeros) - 1)), len(zeros) - 1)])
    tied = np.searchsorted(zeros, alarm, "right") - np.searchsorted(zeros, alarm, "left")
    power = 1 - float(np.searchsorted(ones, alarm, "right")) / len(ones)
    crowded = bool(tied / len(zeros) > QUIET)
    values = np.unique(np.concatenate([_thinned(ones), _thinned(zeros)]))
    if len(values) < 2:
        return _Cut(float("inf"), 0.0, alarm, power, crowded)
    between = (values[:-1] + values[1:]) / 2
    gain = np.searchsorted(zeros, between, "right") / len(zeros) - np.searchsorted(ones, between, "right") / len(ones)
    best = len(gain) - 1 - int(np.argmax(gain[::-1]))
    return _Cut(float(between[best]), float(gain[best]), alarm, power, crowded)


def _thinned(ranked: Labels) -> Labels:
    """Return at most half of `CUTS` of the sorted values, evenly spaced in rank."""
    if len(ranked) <= CUTS // 2:
        return ranked
    return np.asarray(ranked[np.linspace(0, len(ranked) - 1, CUTS // 2).round().astype(int)])


def permuted(members: Labels, rng: np.random.Generator) -> Labels:
    """Return membership shuffled between people, replicate by replicate: the null that must come out at zero."""
    return np.column_stack([rng.permutation(members[:, r]) for r in range(members.shape[1])])


__all__ = ["SWAP", "Game", "Guesses", "attack_members", "chosen_on", "permuted"]
