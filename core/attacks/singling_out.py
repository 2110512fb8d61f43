"""Singling out: descriptions made from the released rows that fit exactly one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from core.attacks.describe import Describer, Descriptions
from core.attacks.names import others
from core.attacks.rows import Attempts, RowsAttack, RowsTruth, RowsView
from core.attacks.searched import Coder, Searched, cuts_of
from core.data.table import Labels, Table

REFERENCES = 200
"""Descriptions per kind that are made from the reference population."""

MOST_MEMBERS = 1.2
"""Members per control from which on members are cut: how far the controls' success can be projected."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What the attacker has made ready.

    Parameters
    ----------
    coder : Coder
    cuts : tuple of float arrays
    rows, population : Describer
        Make descriptions from the released rows, and from the reference population. Which released rows are described
        is left to chance, and chance is drawn by the referee among the people whom the measurement is about.
    attempts : int
    """

    coder: Coder
    cuts: tuple[Labels, ...]
    rows: Describer
    population: Describer
    attempts: int


@dataclass(frozen=True, kw_only=True)
class SinglingOut(RowsAttack):
    """Describe a released row so that nothing else released fits; singled out when exactly one person fits.

    Kinds of descriptions, over the columns that the attacker knows: one column (a value that is there once, the
    largest or the smallest number); 2, 3, 5 or all known columns of a random row (categories equal; numbers and dates
    at least or at most the row's, whichever is rarer); all known columns, equal; and, where direct identifiers are
    released, a name that is there once. Every description fits exactly one released row, duplicates kept: a release in
    which every row is repeated gives none. Generalised labels are equal or not. Missing is a value.

    Success is to fit exactly one row in the data, duplicates kept. The control is that the same description fits
    exactly one row outside it, in a group of equal size: even a description that knows nothing, of weight 1/n, fits
    exactly one of n people 1/e = 37 % of the time. A larger group outside is cut at random to the size of the data. A
    smaller one is projected to that size: cutting the data instead would let a copy of the data miss the people cut.
    With t = members / controls, k t (1 - t)^(k - 1) successes are expected of a description that fits k controls,
    without bias when people are counted like a Poisson process; as many outcomes are changed, at random. For t > 1.5
    the members are cut to 1.5.

    The reference is the success, on the data, of descriptions of the same kind made from the reference population.

    Examples
    --------
    >>> SinglingOut().describe()["family"]
    'rows'

    References
    ----------
    Cohen & Nissim (2020), Towards formalizing the GDPR's notion of singling out, PNAS 117(15), arXiv:1904.06009
    (isolation, and its chance n w (1 - w)^(n - 1)); Article 29 Working Party (2014), Opinion 05/2014 on Anonymisation
    Techniques (WP216), section 2.2; Good & Toulmin (1956), The number of new species, Biometrika 43 (projection).
    Our own implementation from the definitions.
    """

    key: ClassVar[str] = "singling_out"
    title: ClassVar[str] = "Singling out by descriptions"
    threat: ClassVar[str] = "singling_out"
    game: ClassVar[str] = (
        "Describes released rows by the columns ticked as known, and hopes that exactly one person fits a description."
    )

    def inapplicable(self, view: RowsView) -> str | None:
        """Return why nobody can be described: no known column is released."""
        plain, names = _columns(view)
        return None if plain or names else "no column that the attacker knows is released"

    def guess(self, view: RowsView, rng: Generator) -> Plan:
        """Return what makes descriptions, from the released rows and from the reference population."""
        plain, names = _columns(view)
        coder = Coder.of((*plain, *names), (view.released, view.reference))
        released = coder.encode(view.released)
        cuts = cuts_of(released)
        ordered = coder.ordered()
        rows, population = (
            Describer.of(values, cuts, ordered, len(plain), rng) for values in (released, coder.encode(view.reference))
        )
        return Plan(coder, cuts, rows, population, view.attempts)

    def score(self, guesses: Plan, view: RowsView, truth: RowsTruth, rng: Generator) -> Attempts:
        """Return two attempts per description: inside the data and outside."""
        wanted = None if truth.source is None else np.isin(truth.source, truth.person)
        made, discarded = guesses.rows.draw(guesses.attempts, rng, wanted)
        blind, _ = guesses.population.draw(min(REFERENCES, guesses.attempts), rng)
        inside, outside, ratio, caps = _worlds(truth, rng)
        members = Searched.of(guesses.coder.encode(inside), guesses.cuts)
        controls = Searched.of(guesses.coder.encode(outside), guesses.cuts)
        kinds = tuple(made)
        every = Descriptions.joined(tuple(made.values()))
        kind = np.repeat(np.arange(len(kinds)), [len(made[name].row) for name in kinds])
        (within, member), (fitting, control) = (world.find(every.low, every.high) for world in (members, controls))
        success = within == 1, fitting == 1
        about = np.where(
            success[0] & ~success[1], member, np.where(success[1] & ~success[0], len(inside) + control, -1)
        )
        if ratio > 1:
            for place in range(len(kinds)):
                mine = kind == place
                success[1][mine] = projected(fitting[mine], ratio, rng)
        outcome = np.full((2, len(kind), len(kinds)), np.nan)
        for world in range(2):
            outcome[world, np.arange(len(kind)), kind] = success[world]
        person, half = _about(every, about, guesses.coder, view, truth, rng)
        caps |= {f"{name}: descriptions discarded, they fit several released rows": n for name, n in discarded.items()}
        return Attempts(
            kinds=kinds,
            outcome=outcome.reshape(-1, len(kinds)),
            member=np.repeat([True, False], len(kind)),
            person=np.tile(person, 2),
            half=np.tile(half, 2),
            reference={name: _share(members, blind.get(name)) for name in kinds},
            caps=caps,
        )


def projected(fitting: Labels, ratio: float, rng: Generator) -> Labels:
    """Return successes on a group `ratio` times as large as the one in which `fitting` people fit each description.

    Their expected number is the sum of k t (1 - t)^(k - 1); which of the descriptions change is left to chance.

    >>> projected(np.array([1, 1, 1, 1, 0, 0, 0, 0]), 1.25, np.random.default_rng(0)).sum().item()
    5
    """
    success = np.asarray(fitting == 1)
    expected = float((fitting * ratio * (1.0 - ratio) ** np.maximum(fitting - 1.0, 0.0)).sum())
    more = int(np.floor(expected + rng.random())) - int(success.sum())
    free = np.flatnonzero(success != (more > 0))
    success[rng.permutation(free)[: abs(more)]] = more > 0
    return success


def _columns(view: RowsView) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the released columns that the attacker knows: those that name nobody, and the direct identifiers."""
    plain = others(view, tuple(dict.fromkeys(view.knows)))
    names = tuple(n for n in view.released.schema.identifying if n in view.knows and n in view.targets.schema)
    return plain, names


def _about(
    every: Descriptions, about: Labels, coder: Coder, view: RowsView, truth: RowsTruth, rng: Generator
) -> tuple[Labels, Labels]:
    """Return whom each description is about, and their half.

    Descriptions that overlap single out the same person and so succeed or fail together. One that fits somebody in one
    group alone is therefore about them, and about the person behind its row only otherwise (or when that is them).
    Attempts taken for independent made intervals a quarter too narrow.
    """
    rows = len(view.released)
    number = np.where(about >= 0, rows + about, every.row)
    coins = rng.random(rows + len(truth.inside) + len(truth.outside)) < 0.5
    person, half = -1 - number, coins[number]
    if truth.source is None or not len(every.row):
        return person, half
    source = truth.source[every.row]
    order = np.argsort(truth.person)
    own = coder.encode(view.targets)[:, order[np.searchsorted(truth.person, source, sorter=order)]].T
    fits = ((own >= every.low) & (own <= every.high)) | ((every.low == -np.inf) & (every.high == np.inf))
    known = (about < 0) | ((about < len(truth.inside)) & fits.all(axis=1))
    return np.where(known, source, person), np.where(known, truth.tuning[source], half)


def _worlds(truth: RowsTruth, rng: Generator) -> tuple[Table, Table, float, dict[str, float]]:
    """Return members and controls, how many times as large the first are, and what was cut."""
    inside, outside = truth.inside, truth.outside
    caps: dict[str, float] = {}
    if len(outside) > len(inside):
        caps["rows outside left out, to compare groups of equal size"] = float(len(outside) - len(inside))
        outside = outside.take(np.sort(rng.permutation(len(outside))[: len(inside)]))
    most = int(MOST_MEMBERS * len(outside))
    if len(inside) > most:
        caps["member rows left out, there are too few outside"] = float(len(inside) - most)
        inside = inside.take(np.sort(rng.permutation(len(inside))[:most]))
    if len(inside) > len(outside):
        caps["rows outside missing, success projected to groups of equal size"] = float(len(inside) - len(outside))
    return inside, outside, len(inside) / max(len(outside), 1), caps


def _share(members: Searched, blind: Descriptions | None) -> float:
    if blind is None or not len(blind.row):
        return 0.0
    return float((members.count(blind.low, blind.high) == 1).mean())
