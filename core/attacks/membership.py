"""The membership risk of a model: the tuned attack's advantage with everything a reader may ask of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from core.attacks.base import MembershipAttack, RiskEstimate, absent
from core.attacks.ceiling import Ceiling, ceiling
from core.attacks.game import SWAP, Game, Guesses, attack_members, chosen_on, permuted
from core.attacks.groups import group_risk
from core.attacks.sharp import CONTROLS_FOR_TPR, calibrated_rate, controls_enough, rate_at_one_percent
from core.data.table import Labels
from core.stats.intervals import normal_quantile, residual_interval
from core.stats.power import detectable
from core.stats.roc import area_interval, auc_by_person, tied_share

FORMAL = 0.999
"""Level of the interval whose lower end must exceed a proved bound before we call it violated.

A sweep compares dozens of settings with their bounds, again at every look: at 95 % one sweep in ten of a mechanism
that keeps its promise was accused.
"""


def membership_risk(
    game: Game, attacks: tuple[MembershipAttack, ...], bound: float | None
) -> tuple[RiskEstimate, Guesses | None]:
    """Return the membership risk of a model with everything a reader may ask of it.

    The value is TPR - FPR of the tuned attack, in probability points; it may be negative. `reference` is what an
    attacker who ignores the model reaches: they say "member" equally often of members and of controls, so 0.

    Returns
    -------
    RiskEstimate
        Its details: `finite_pool_corrected`; `auc_low`, `auc_high` (DeLong by person); `tpr_low`, `tpr_high`,
        `tpr_attack`, `tpr_method` of `tpr_at_1pct`; `tpr_at_1pct_calibrated` (value, low, high, false_alarms,
        method); `residual` (value, low, high); `per_attack` (value and auc of each attack alone, tuned the same way);
        `out_reference_share`; `tied_share`.
    Guesses or None
        What the number is made of.
    """
    members = game.members
    guesses = attack_members(game, attacks)
    if guesses is None:
        reason = "one half of the people has no member or no control; use a larger table"
        return absent("membership", "undefined", reason), None
    low, high = guesses.interval()
    error = (high - low) / 2 / normal_quantile()
    replicates = members.shape[1]
    enough = controls_enough(guesses)
    out_reference = float((game.references[0].count > 0).mean())
    inside, outside = guesses.rates
    area, area_low, area_high = _area(guesses)
    rate = rate_at_one_percent(guesses) if enough and not guesses.crowded else dict.fromkeys(("value", "low", "high"))
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
        auc=area,
        tpr_at_1pct=rate["value"],
        bound=bound,
        violation=bound is not None and guesses.interval(FORMAL)[0] > bound,
        method="tuned on one half of the people, scored on the other, swapped; normal interval by person",
        note=_note(replicates, out_reference, enough, guesses.crowded),
        details={
            "finite_pool_corrected": finite_pool_corrected(guesses.advantage),
            "auc_low": area_low,
            "auc_high": area_high,
            "tpr_low": rate["low"],
            "tpr_high": rate["high"],
            "tpr_attack": ", ".join(dict.fromkeys(guesses.sharp)),
            "tpr_method": "pooled: one threshold for everybody, 1 % false alarms on average; Clopper-Pearson",
            "tpr_at_1pct_calibrated": _calibrated(game, guesses),
            "residual": _residual(guesses),
            "per_attack": _per_attack(game, attacks, guesses),
            "out_reference_share": out_reference,
            "tied_share": tied_share(guesses.scores.ravel()),
        },
    )
    return estimate, guesses


def _area(guesses: Guesses) -> tuple[float | None, float | None, float | None]:
    """Return the mean area over replicates and halves with its interval by person; None where undefined."""
    area, influence = auc_by_person(guesses.scores, guesses.members, guesses.used, guesses.tuning)
    if math.isnan(area):
        return None, None, None
    people = len(influence)
    error = math.sqrt(float((influence**2).sum()) * people / max(people - 1, 1))
    sides = (guesses.members & guesses.used).any(axis=1), (~guesses.members & guesses.used).any(axis=1)
    low, high = area_interval(area, error, int(sides[0].sum()), int(sides[1].sum()))
    return area, low, high


def _calibrated(game: Game, guesses: Guesses) -> dict[str, Any] | None:
    """Return the rate with a threshold for each record; None without reference models."""
    if game.members.shape[1] < 2:
        return None
    rate = calibrated_rate(game, guesses)
    if rate["value"] is None:
        return None
    return {**rate, "method": "per record: offline LiRA, each person's own normal distribution, variance x 2"}


def _residual(guesses: Guesses) -> dict[str, float | None]:
    """Return 1 - (1 - m) / (1 - c) with its MOVER-R interval, each side's guesses by their effective number."""
    (m, c), (n1, n0) = guesses.rates, effective_numbers(guesses)
    if c >= 1 - 1e-12:
        return {"value": None, "low": None, "high": None}
    low, high = residual_interval(m * n1, n1, c * n0, n0)
    return {
        "value": 1 - (1 - m) / (1 - c),
        "low": float(low) if math.isfinite(low) else None,
        "high": float(high) if math.isfinite(high) else None,
    }


def effective_numbers(guesses: Guesses) -> tuple[float, float]:
    """Return how many independent guesses on members, and on controls, would be as sure as these are."""
    found = []
    for place in (0, 1):
        moved = np.zeros(len(guesses.members))
        made, people = 0, np.zeros(len(guesses.members), bool)
        for half, rates in zip(guesses.sides, guesses.half_rates, strict=True):
            side = half[place]
            moved += 0.5 * np.where(side, (guesses.guessed - rates[place]) / side.sum(), 0.0).sum(axis=1)
            made += int(side.sum())
            people |= side.any(axis=1)
        rate = guesses.rates[place]
        variance = float((moved**2).sum()) * SWAP**2
        found.append(min(rate * (1 - rate) / variance, made) if variance > 0 else float(people.sum()))
    return found[0], found[1]


def _per_attack(
    game: Game, attacks: tuple[MembershipAttack, ...], guesses: Guesses
) -> dict[str, dict[str, float | None]]:
    """Return each attack's advantage and area had it been the only one; the area over the replicates chosen on."""
    found: dict[str, dict[str, float | None]] = {}
    for attack in attacks:
        areas = [
            _plain_area(game.scores(attack, not half)[mine, r], game.members[mine, r])
            for half in (True, False)
            for mine in [game.tuning == half]
            for r in range(game.members.shape[1])[chosen_on(game.members)]
        ]
        known = [area for area in areas if area is not None]
        found[attack.key] = {"value": guesses.each[attack.key], "auc": float(np.mean(known)) if known else None}
    return found


def _plain_area(scores: Labels, members: Labels) -> float | None:
    """Return the area under the ROC curve, ties half; sorted queries make it the fast way for many thousands."""
    ones, zeros = np.sort(scores[members]), np.sort(scores[~members])
    if not len(ones) or not len(zeros):
        return None
    below = np.searchsorted(zeros, ones, "left").sum() + np.searchsorted(zeros, ones, "right").sum()
    return float(below / 2 / len(ones) / len(zeros))


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
        parts.append("one replicate: no reference model yet")
    else:
        parts.append(f"{out_reference:.0%} of the guesses had a reference model that left the person out")
    if not enough:
        parts.append("too few controls for a rate at 1 % false alarms")
    elif crowded:
        parts.append("too many equal scores for a rate at 1 % false alarms")
    return "; ".join(parts)


__all__ = [
    "CONTROLS_FOR_TPR",
    "SWAP",
    "Ceiling",
    "Game",
    "Guesses",
    "attack_members",
    "ceiling",
    "effective_numbers",
    "finite_pool_corrected",
    "group_risk",
    "membership_risk",
    "permuted",
]
