"""The risks of one recipe: every threat's record from the outcomes of its replicates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from core.attacks import MEMBERSHIP_ATTACKS, ROWS_ATTACKS
from core.attacks.base import THREATS, RiskEstimate, absent
from core.attacks.membership import FORMAL, Game, Guesses, group_risk, membership_risk
from core.attacks.rows import Attempts
from core.attacks.rows_risk import RowGuesses, rows_risk
from core.privacy.guarantee import Guarantee
from core.stats.intervals import Spread, bonferroni, normal_quantile
from core.stats.power import detectable
from core.tradeoff.bench import Bench
from core.tradeoff.difference import Baseline, Found, risk_difference
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import Outcome
from core.tradeoff.requirements import Interval

BOUNDED = ("presence", "linkability", "attribute_inference")
"""Attacks on rows that a proved bound on the advantage holds for, under add/remove neighbours."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Every threat's record, with what verdicts, differences and groups are made from.

    Parameters
    ----------
    risks : mapping
        Threat -> record.
    guesses : mapping
        Threat -> the guesses behind it.
    intervals : mapping
        Threat -> how its interval widens with the level.
    """

    risks: Mapping[str, RiskEstimate]
    guesses: Mapping[str, Found]
    intervals: Mapping[str, Interval]


def release_spread(recipe: Recipe) -> float:
    """Return how much wider intervals are because the release is drawn at random: everybody shares its luck.

    A person's influence cannot show what all people of a replicate have in common. Simulated on fresh tables of 800
    people, the standard deviation of a membership advantage was 1.5 to 1.65 of the standard error over people for
    synthetic rows and 1.26 for private training, 1.01 without a random release.
    """
    if recipe.synthetic:
        return 1.65
    training = recipe.training
    return 1.3 if training is not None and training.key != "constant" else 1.0


def membership_game(outcomes: Sequence[Outcome], bench: Bench, spread: float = 1.0) -> Game:
    """Return the replicates of one recipe as a game of membership inference."""
    phi, otherwise = (
        np.column_stack([getattr(outcome, name) for outcome in outcomes]).astype(float) for name in ("phi", "otherwise")
    )
    members = np.column_stack([bench.coins(outcome.replicate) for outcome in outcomes])
    pairs = [outcome.expected for outcome in outcomes if outcome.expected is not None]
    return Game(
        phi=phi,
        members=members,
        tuning=bench.tuning,
        outside=np.where(members, otherwise, phi),
        inside=np.where(members, phi, otherwise),
        expected=(np.column_stack([p[0] for p in pairs]), np.column_stack([p[1] for p in pairs])),
        spread=spread,
    )


def measure_risks(recipe: Recipe, outcomes: Sequence[Outcome], bench: Bench, proved: Guarantee) -> Measured:
    """Return every threat's record from these replicates."""
    risks: dict[str, RiskEstimate] = {}
    guesses: dict[str, Found] = {}
    intervals: dict[str, Interval] = {}
    attacks = {attack.threat: attack.key for attack in ROWS_ATTACKS}
    wider = release_spread(recipe)
    for threat, channel in THREATS.items():
        found: Found | None = None
        if channel == "rows" and not recipe.releases_rows:
            risks[threat] = absent(threat, "not_applicable", "no rows leave the room under this recipe")
        elif threat == "membership":
            risks[threat], found = _membership(recipe, outcomes, bench, proved.advantage_bound)
        elif threat == "reidentification":
            risks[threat], spread = _reidentification(recipe, outcomes)
            if spread is not None:
                intervals[threat] = _under(spread, 1 / proved.k) if proved.k else spread.interval
        else:
            bound = proved.advantage_bound if threat in BOUNDED else None
            risks[threat], found = _rows(threat, attacks.get(threat, threat), outcomes, bench, bound, wider)
        if found is not None:
            guesses[threat] = found
            intervals[threat] = found.interval
    return Measured(risks, guesses, intervals)


def _membership(
    recipe: Recipe, outcomes: Sequence[Outcome], bench: Bench, bound: float | None
) -> tuple[RiskEstimate, Guesses | None]:
    risk, found = membership_risk(membership_game(outcomes, bench, release_spread(recipe)), MEMBERSHIP_ATTACKS, bound)
    if found is None:
        return risk, None
    some = np.isin(bench.attacked, bench.vulnerable)
    details = {**risk.details, "vulnerable": group_risk(found, some)}
    note = risk.note
    if recipe.release == "rows" or (recipe.training is not None and recipe.releases_rows):
        note = f"measured on a model that the recipient can train on the released rows; {risk.note}"
    violation = risk.violation or _exceeds(details["vulnerable"], bound)
    return replace(risk, note=note, details=details, violation=violation), found


def _exceeds(group: Mapping[str, Any], bound: float | None) -> bool:
    """Say whether a group's risk is above a bound that holds for every group, at the level of a formal claim."""
    if bound is None or group["status"] != "measured":
        return False
    below = (group["value"] - group["low"]) * normal_quantile(FORMAL) / normal_quantile()
    return bool(group["value"] - below > bound)


def _rows(
    threat: str, attack: str, outcomes: Sequence[Outcome], bench: Bench, bound: float | None, spread: float
) -> tuple[RiskEstimate, RowGuesses | None]:
    """Return the record of an attack on released rows; one replicate without attempts speaks for all."""
    attempts: list[Attempts] = []
    for outcome in outcomes:
        made = outcome.attempts.get(threat)
        if isinstance(made, Attempts):
            attempts.append(made)
        else:
            return absent(threat, "not_measured", made or "this attack was not made"), None
    return rows_risk(threat, attack, attempts, bound, bench.vulnerable, bench.sample, spread)


def with_differences(measured: Measured, outcomes: Sequence[Outcome], baseline: Baseline, make: Any) -> Measured:
    """Return the records with the paired difference to no protection, from the replicates that both have.

    Parameters
    ----------
    make : callable
        Outcomes -> Measured, for either side when only some replicates are common.
    """
    mine, theirs = baseline.common(outcomes)
    if not mine:
        return measured
    here = measured if len(mine) == len(outcomes) else make(mine, False)
    risks = dict(measured.risks)
    plain: Measured = baseline.kept(tuple(o.replicate for o in theirs), partial(make, theirs, True))
    for threat, guesses in here.guesses.items():
        if threat in plain.guesses:
            found = risk_difference(guesses, plain.guesses[threat], len(mine))
            risks[threat] = replace(risks[threat], details={**risks[threat].details, "difference": found})
    return replace(measured, risks=risks)


def worst_risks(measured: Measured) -> dict[str, Any]:
    """Return the worst measured risk of each channel; channels are never merged.

    Which threat is worst is chosen on one half of the people and its value taken from the other, then swapped: a
    plain maximum of five null risks at 400 people is .042, not 0. The interval is Bonferroni over the threats
    compared. Re-identification counts crowds and has no halves: it stands as it is.
    """
    found: dict[str, Any] = {}
    for channel in ("model", "rows"):
        here = {t: r for t, r in measured.risks.items() if THREATS[t] == channel}
        risks = {t: r for t, r in here.items() if r.status == "measured" and r.value is not None}
        if not risks:
            status = "not_applicable" if {r.status for r in here.values()} == {"not_applicable"} else "not_measured"
            found[channel] = {"status": status, "threat": None, "value": None, "low": None, "high": None}
            continue
        halves = {t: _halves(measured.guesses.get(t), risk) for t, risk in risks.items()}
        first, second = max(halves, key=lambda t: halves[t][0]), max(halves, key=lambda t: halves[t][1])
        value = (halves[first][1] + halves[second][0]) / 2
        # Both choices have an interval; the lower end of the lower and the upper end of the upper hold for either.
        level = bonferroni(0.95, len(risks))
        ends = [measured.intervals[t](level) for t in (first, second) if t in measured.intervals]
        top = max((first, second), key=lambda t: risks[t].value or 0.0)
        found[channel] = {
            "status": "measured",
            "threat": top,
            "value": value,
            "low": min((value, *(low for low, _ in ends))) if ends else None,
            "high": max((value, *(high for _, high in ends))) if ends else None,
            "compared": len(risks),
        }
    return found


def _halves(guesses: Found | None, risk: RiskEstimate) -> tuple[float, float]:
    if guesses is None:
        return float(risk.value or 0.0), float(risk.value or 0.0)
    return guesses.half_values


def _under(spread: Spread, most: float) -> Interval:
    """Return the interval kept under a proved and verified maximum: in crowds of k nobody is found more than 1 in k."""

    def interval(level: float) -> tuple[float, float]:
        low, high = spread.interval(level)
        return low, max(min(high, most), spread.value)

    return interval


def whole_table(risk: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the crowds of all of POOL add to the re-identification risk; `risk` as in `Outcome.rows_risk`."""
    return {
        "value": risk["value"],
        "prosecutor_max": risk["maximum"],
        "share_below": {"5": risk["share_below"]},
    }


def _reidentification(recipe: Recipe, outcomes: Sequence[Outcome]) -> tuple[RiskEstimate, Spread | None]:
    found = [outcome.rows_risk for outcome in outcomes if outcome.rows_risk is not None]
    if recipe.synthetic or not found:
        reason = "the released rows are synthetic: they belong to nobody, so no row can be found"
        return absent("reidentification", "not_applicable", reason), None
    if recipe.perturbed and not any(risk["named"] for risk in found):
        reason = (
            "a step changed cells at random, so rows that look alike need not be people who are alike, and counting "
            "them says nothing: the other attacks on rows measure what is left"
        )
        return absent("reidentification", "undefined", reason), None
    members = round(float(np.mean([outcome.people_train for outcome in outcomes])))
    values = np.array([risk["value"] for risk in found])
    # Delete-one jackknife of classes / people: leaving a person out removes a class when they are alone in it.
    alone = float(np.mean([risk["unique_share"] for risk in found]))
    spread = Spread(
        value=float(values.mean()),
        people_variance=alone * (1 - alone) / members,
        replicate_variance=float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0,
        people=members,
        replicates=len(values),
    )
    error = math.sqrt(spread.people_variance + spread.replicate_variance)
    # Replicates that agree and in which nobody is alone say nothing about their spread: no interval, not a point.
    known = error > 0
    low, high = spread.interval() if known else (None, None)
    named = any(risk["named"] for risk in found)
    estimate = RiskEstimate(
        threat="reidentification",
        status="measured",
        value=spread.value,
        low=low,
        high=high,
        standard_error=error if known else None,
        success_members=spread.value,
        success_controls=0.0,
        reference=0.0,
        n_members=members,
        n_controls=0,
        attack="direct identifiers" if named else "equivalence classes",
        detectable=detectable(error) if known else None,
        method="sum over released people of 1 / people of the class, over all members; jackknife plus replicates",
        note="direct identifiers are released: whoever has one is found" if named else None,
        details={
            "prosecutor_max": max(risk["maximum"] for risk in found),
            "prosecutor_average": spread.value,
            "share_below": {"5": float(np.mean([risk["share_below"] for risk in found]))},
            "k": min(risk["k"] for risk in found),
            "whole_table": None,
        },
    )
    return estimate, spread if known else None
