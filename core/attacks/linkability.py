"""Linkability: two pieces of one person's data that lead to the same released row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from core.attacks.names import named_rows, others
from core.attacks.nearest import Nearest
from core.attacks.rows import Attempts, RowsAttack, RowsTruth, RowsView
from core.data.table import Labels

LENGTHS = (1, 5, 10)
"""Lengths of the two lists: each a variant of the attack."""


@dataclass(frozen=True, eq=False)
class Lists:
    """Per target, the released rows nearest to either side, nearest first.

    Parameters
    ----------
    left, right : integer arrays, shape (targets, 10)
        Positions of released rows; -1 where there are no more.
    tied : float
        Share of lists of two sides (targets and lengths alike) in which a random tie-break decided.
    released : int
        Number of released rows.
    unreleased : int
        Columns of the two sides that are not released.
    """

    left: Labels
    right: Labels
    tied: float
    released: int
    unreleased: int


@dataclass(frozen=True, kw_only=True)
class Linkability(RowsAttack):
    """Look up the released rows nearest to each of two pieces of a person; linked when both lists share a row.

    The attacker has two lists of people that share no column. For each piece the k nearest released rows are found
    (Gower's distance, k = 1, 5, 10), independently of the other piece; equally near rows are drawn at random, for each
    target and side anew. The two pieces are linked when some row is on both lists. Every target is one attempt. Where
    a direct identifier is released and known, it is on both pieces, and the rows that carry it come first.

    The reference is what two random lists share: 1 - C(n - k, k) / C(n, k) of n released rows. The control is the
    same attack on people who are not in the data.

    Examples
    --------
    >>> Linkability().describe()["family"]
    'rows'

    References
    ----------
    Article 29 Working Party (2014), Opinion 05/2014 on Anonymisation Techniques (WP216), section 2.2.2; Giomi,
    Boenisch, Wehmeyer & Tasnadi (2023), A unified framework for quantifying privacy risk in synthetic data, PoPETs
    2023(2). Our own implementation from the definition.
    """

    key: ClassVar[str] = "linkability"
    title: ClassVar[str] = "Linkability by nearest released rows"
    threat: ClassVar[str] = "linkability"
    game: ClassVar[str] = (
        "Holds two lists that share no column, and joins them through the released rows nearest to each piece."
    )

    def inapplicable(self, view: RowsView) -> str | None:
        """Return why two pieces cannot be linked: a side without a released column, or sides that share one."""
        left, right = _sides(view)
        if not left or not right:
            side = "neither side has" if not left and not right else f"the {'right' if left else 'left'} side lacks"
            return f"linking needs a released column on each of the two sides; {side} one"
        if shared := [name for name in left if name in right]:
            return f"the two sides must not share a column, but both have {', '.join(shared)}"
        return None

    def guess(self, view: RowsView, rng: Generator) -> Lists:
        """Return the nearest rows of each side."""
        longest = max(LENGTHS)
        named = named_rows(view, longest, rng)
        lists, tied = [], np.zeros((len(view.targets), longest), dtype=bool)
        for side in _sides(view):
            found = Nearest.fit(view.released, side).neighbours(view.targets, longest, rng)
            lists.append(named.before(found.index))
            tied |= found.tied
        # Where names fill a list, no tie-break decides it.
        tied &= named.index < 0
        share = float(tied[:, [length - 1 for length in LENGTHS]].mean()) if len(tied) else 0.0
        sides = (*view.left, *view.right)
        unreleased = sum(name not in view.released.schema for name in sides)
        return Lists(lists[0], lists[1], share, len(view.released), unreleased)

    def score(self, guesses: Lists, view: RowsView, truth: RowsTruth, rng: Generator) -> Attempts:
        """Return one attempt per target and list length, successful when the lists share a row."""
        outcome = np.zeros((len(guesses.left), len(LENGTHS)))
        for place, length in enumerate(LENGTHS):
            left, right = guesses.left[:, :length], guesses.right[:, :length]
            outcome[:, place] = ((left[:, :, None] == right[:, None, :]) & (left >= 0)[:, :, None]).any(axis=(1, 2))
        caps = {"columns of the two sides that are not released": guesses.unreleased} if guesses.unreleased else {}
        return Attempts(
            kinds=tuple(_kind(length) for length in LENGTHS),
            outcome=outcome,
            member=truth.members,
            person=truth.person,
            half=view.half,
            reference={_kind(length): random_overlap(guesses.released, length) for length in LENGTHS},
            caps=caps,
            tied=guesses.tied,
        )


def random_overlap(rows: int, k: int) -> float:
    """Return how likely two random lists of k different rows out of `rows` share one: 1 - C(n - k, k) / C(n, k).

    >>> round(random_overlap(10, 1), 6), random_overlap(3, 2), random_overlap(0, 5), round(random_overlap(9, 3), 6)
    (0.1, 1.0, 0.0, 0.761905)
    """
    k = min(k, rows)
    if not rows:
        return 0.0
    return 1.0 - math.prod((rows - k - i) / (rows - i) for i in range(k))


def _kind(length: int) -> str:
    return f"lists of {length}"


def _sides(view: RowsView) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the released columns of either side; names are on both sides anyway."""
    return others(view, view.left), others(view, view.right)
