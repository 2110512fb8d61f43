"""Differences to no protection: what a setting changes, the same people and the same random halves compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.attacks.membership import SWAP, Guesses
from core.attacks.rows_risk import RowGuesses
from core.data.table import Labels
from core.stats.intervals import difference, normal_quantile
from core.tradeoff.replicate import Outcome

Found = Guesses | RowGuesses


@dataclass(eq=False)
class Baseline:
    """The outcomes of no protection; what is measured on a set of its replicates is measured once.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Replicates of the recipe `none`, in order.
    """

    outcomes: Sequence[Outcome]
    _kept: dict[tuple[int, ...], Any] = field(default_factory=dict)

    def common(self, outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
        """Return both sides' outcomes of the replicates that both have."""
        here = {outcome.replicate: outcome for outcome in self.outcomes}
        shared = [outcome for outcome in outcomes if outcome.replicate in here]
        return shared, [here[outcome.replicate] for outcome in shared]

    def kept(self, numbers: tuple[int, ...], make: Callable[[], Any]) -> Any:
        """Return what `make` finds on these replicates; made once."""
        if numbers not in self._kept:
            self._kept[numbers] = make()
        return self._kept[numbers]


def utility_difference(metric: str, outcomes: Sequence[Outcome], plain: Sequence[Outcome]) -> dict[str, Any] | None:
    """Return a metric minus that of no protection on the same TEST people, with its interval; None without a pair."""
    if not outcomes:
        return None
    mine, theirs = ([outcome.utility[metric] for outcome in side] for side in (outcomes, plain))
    spread = difference(
        np.array([value for value, _ in mine]),
        np.array([value for value, _ in theirs]),
        np.array([influence for _, influence in mine]),
        np.array([influence for _, influence in theirs]),
    )
    if not math.isfinite(spread.value):
        return None
    low, high = spread.interval()
    return {"value": spread.value, "low": low, "high": high, "replicates": len(outcomes)}


def risk_difference(guesses: Found, plain: Found, replicates: int) -> dict[str, Any]:
    """Return an advantage minus that of no protection on the same people, with its interval.

    The influences of a person on both advantages are subtracted before squaring, so what the two share (the same
    people are hard to tell apart under both) does not widen the interval.
    """
    people, mine = _influence(guesses)
    others, theirs = _influence(plain)
    # Negative numbers are nobody; nobody of one recipe is not the same nobody as another's.
    people, others = np.where(people < 0, 2 * people, people), np.where(others < 0, 2 * others - 1, others)
    everybody = np.union1d(people, others)
    joint = np.zeros(len(everybody))
    joint[np.searchsorted(everybody, people)] += mine
    joint[np.searchsorted(everybody, others)] -= theirs
    n = len(joint)
    wider = SWAP * max(guesses.spread, plain.spread)
    half = normal_quantile() * wider * math.sqrt((joint**2).sum() * n / max(n - 1, 1))
    # When nobody of n people differs, up to 3 / n of them may: no difference is known to be exactly nothing.
    half = max(half, 3 / max(n, 1))
    value = guesses.advantage - plain.advantage
    return {"value": value, "low": value - half, "high": value + half, "replicates": replicates}


def _influence(guesses: Found) -> tuple[Labels, Labels]:
    """Return person numbers and influences; rows that are nobody's are kept apart from everybody else's."""
    if isinstance(guesses, RowGuesses):
        return guesses.influence()
    influence = guesses.influence()
    return np.arange(len(influence)), influence
