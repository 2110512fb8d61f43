"""The rate at 1 % false alarms: how many members an attacker finds who must hardly ever be wrong."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import ndtri

from core.attacks.game import QUIET, Game, Guesses
from core.attacks.lira_offline import OfflineLira
from core.data.table import Labels
from core.stats.intervals import LEVEL, clopper_pearson, standard_error

CONTROLS_FOR_TPR = 669
"""Controls from which a true-positive rate at 1 % false alarms is shown: their exact upper limit is then 2 %.

A threshold that 1 % of 669 controls pass (6 of them) has a false-alarm rate of at most 2 % by Clopper and Pearson's
one-sided upper limit at 97.5 %; with fewer controls it may be worse than twice what it says.
"""

FINITE_POOL = 2.0
"""By how much half-samples of one pool understate the variance of fresh samples: 1 / (1 - n/N) with n = N/2."""


def controls_enough(guesses: Guesses) -> bool:
    """Return whether the threshold of 1 % false alarms rests on enough controls in each half of the people."""
    outside = ~guesses.members
    return bool(outside.sum() / outside.shape[1] / 2 >= CONTROLS_FOR_TPR)


def rate_at_one_percent(guesses: Guesses, level: float = LEVEL) -> dict[str, Any]:
    """Return the members caught, averaged over the two halves, with their interval, and the controls caught.

    Clopper-Pearson for the effective number of guesses (guesses / design effect by person, never more than were made);
    when all guesses agree the design effect cannot be seen and each person counts once.

    Returns
    -------
    dict
        value, low, high, false_alarms; all None when a half has no member or no control among the guesses used.
    """
    sides = guesses.sides
    if not all(side.any() for half in sides for side in half):
        return dict.fromkeys(("value", "low", "high", "false_alarms"))
    value = float(np.mean([guesses.caught[inside].mean() for inside, _ in sides]))
    alarms = float(np.mean([guesses.caught[outside].mean() for _, outside in sides]))
    moved = np.zeros(len(guesses.members))
    made = 0
    for inside, _ in sides:
        own = guesses.caught[inside].mean()
        moved += 0.5 * np.where(inside, (guesses.caught - own) / inside.sum(), 0.0).sum(axis=1)
        made += int(inside.sum())
    error = standard_error(moved)
    people = int((guesses.members & guesses.used).any(axis=1).sum())
    effective = min(value * (1 - value) / error**2, made) if error > 0 else people
    low, high = clopper_pearson(value * effective, effective, level)
    return {"value": value, "low": low, "high": high, "false_alarms": alarms}


def calibrated_rate(game: Game, guesses: Guesses) -> dict[str, Any]:
    """Return the same with a threshold for each record: 1 % false alarms for every person, not on average.

    A pooled threshold allows most of its false alarms to few people. Here a person is caught when their score lies
    above the 99 % point of a normal distribution with their own mean (that of offline LiRA) and twice its variance:
    reference models on halves of one pool have half the variance of models on fresh samples. Only guesses with an
    out-reference count. `false_alarms` is what comes out on the pool's controls: below 1 % by construction if scores
    are normal, and the sign that they are not if it is above.

    References
    ----------
    Jalko, Pradhan, Raisa, Honkela (2026), arXiv:2605.25819.
    """
    referenced = guesses.used & (game.references[0].count > 0)
    limit = float(ndtri(1 - QUIET)) * math.sqrt(FINITE_POOL)
    scores: Labels = np.where(game.tuning[:, None], game.scores(OfflineLira(), False), game.scores(OfflineLira(), True))
    return rate_at_one_percent(replace(guesses, caught=scores > limit, used=referenced))
