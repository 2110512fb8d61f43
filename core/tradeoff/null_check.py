"""The null check on demand: the same measurement where there is nothing to find must find nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.membership import Game, attack_members, permuted
from core.rng import rng_for
from core.stats.intervals import LEVEL, wilson
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import Outcome
from core.tradeoff.risks import membership_game

PEOPLE = 4000
"""Most people a repetition is made on: the check asks about the method, not about this model."""


def null_check(outcomes: Sequence[Outcome], bench: Bench, repetitions: int = 200) -> dict[str, Any]:
    """Shuffle who was in, measure as always, and count how often the interval misses zero.

    A method that keeps its promise raises an alarm about once in 20 repetitions at 95 %. The models, their scores and
    the people are the real ones; only the truth is shuffled, replicate by replicate, so that nothing can be found. The
    models' shortcuts are left out: what a model says of the other side of the true coin would give the coin away.

    Parameters
    ----------
    outcomes : sequence of Outcome
        Replicates of one recipe.
    repetitions : int

    Returns
    -------
    dict
        `{repetitions, alarms, share, low, high, expected, people}`: `low` and `high` are Wilson's interval of the
        share of alarms, `expected` what was promised.
    """
    found = membership_game(outcomes, bench)
    rng = rng_for(bench.seed, "null check")
    people = np.arange(len(found.tuning))
    if len(people) > PEOPLE:
        people = np.sort(rng.permutation(people)[:PEOPLE])
    phi, members = found.phi[people], found.members[people]
    expected = None if found.expected is None else (found.expected[0][people], found.expected[1][people])
    alarms = made = 0
    for _ in range(repetitions):
        game = Game(phi, permuted(members, rng), rng.random(len(people)) < 0.5, expected=expected)
        guesses = attack_members(game, MEMBERSHIP_ATTACKS)
        if guesses is None:
            continue
        low, high = guesses.interval()
        made += 1
        alarms += not low <= 0 <= high
    low, high = wilson(alarms, made)
    return {
        "repetitions": made,
        "alarms": alarms,
        "share": alarms / made if made else None,
        "low": low,
        "high": high,
        "expected": 1 - LEVEL,
        "people": len(people),
    }
