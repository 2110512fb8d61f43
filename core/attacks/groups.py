"""Who pays: the membership risk of some people, by the attack that was tuned on everybody."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from core.attacks.game import Guesses
from core.attacks.sharp import controls_enough, rate_at_one_percent
from core.data.table import Labels
from core.stats.roc import auc_by_person, clustered_auc_interval

FEWEST = 20
"""People below which a group is not reported: its interval would span everything, and it could point at somebody."""

LEAST_IN_HALF = 5
"""People on either side of either half: the halves weigh the same, and of a lone guess no spread is known."""

EMPTY = ("value", "low", "high", "success_members", "success_controls", "auc", "auc_low", "auc_high", "tpr_at_1pct")


def group_risk(guesses: Guesses, people: Labels) -> dict[str, Any]:
    """Return the membership risk of some people: the most vulnerable ones, or everybody with one value of a column.

    Attack and threshold stay those chosen on everybody of the other half; nothing is chosen for the group, so being
    few costs width and not honesty. The people must be chosen without a look at who was found.

    Parameters
    ----------
    guesses : Guesses
    people : boolean array, shape (people,)

    Returns
    -------
    dict
        status (measured, or undefined with a reason), value, low, high, success_members, success_controls, people,
        n_members and n_controls (a replicate's average), auc, auc_low, auc_high, and tpr_at_1pct, the members found
        at the threshold of 1 % false alarms among everybody's controls, with tpr_low, tpr_high and fpr_at_1pct, the
        controls of the group that it takes for members. Numbers that cannot be had are None.
    """
    used = guesses.used & people[:, None]
    count, replicates = int(used.any(axis=1).sum()), guesses.members.shape[1]
    inside, outside = guesses.members & used, ~guesses.members & used
    found: dict[str, Any] = {
        "status": "undefined",
        "reason": None,
        **dict.fromkeys(EMPTY),
        "tpr_low": None,
        "tpr_high": None,
        "fpr_at_1pct": None,
        "people": count,
        "n_members": round(float(inside.sum()) / replicates),
        "n_controls": round(float(outside.sum()) / replicates),
    }
    if count < FEWEST:
        return {**found, "reason": f"too few people: {count}, and {FEWEST} are needed"}
    group = replace(guesses, used=used, each={})
    if min(int(side.any(axis=1).sum()) for half in group.sides for side in half) < LEAST_IN_HALF:
        return {**found, "reason": f"fewer than {LEAST_IN_HALF} members or controls in one half of these people"}
    low, high = group.interval()
    area, _ = auc_by_person(group.scores, group.members, used, group.tuning)
    area_low, area_high = clustered_auc_interval(group.scores, group.members, used, group.tuning)
    found |= {
        "status": "measured",
        "value": group.advantage,
        "low": low,
        "high": high,
        "success_members": group.rates[0],
        "success_controls": group.rates[1],
    }
    if not math.isnan(area):
        found |= {"auc": area, "auc_low": area_low, "auc_high": area_high}
    if not guesses.crowded and controls_enough(guesses):
        rate = rate_at_one_percent(group)
        found |= {"tpr_at_1pct": rate["value"], "tpr_low": rate["low"], "tpr_high": rate["high"]}
        found["fpr_at_1pct"] = rate["false_alarms"]
    return found
