"""Trade-off points: the outcomes of one recipe's replicates, aggregated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.base import THREATS, RiskEstimate, absent
from core.attacks.membership import Game, ceiling, membership_risk
from core.privacy.guarantee import Guarantee
from core.stats.intervals import Spread
from core.stats.power import detectable
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import FULL, Bench, Outcome
from core.tradeoff.requirements import Interval, look_of, risk_verdict, utility_verdict
from core.tradeoff.study import Study
from core.utility.metrics import METRICS

LATER = "this attack comes with a later version of Middleground; it was not run"


@dataclass
class Tally:
    """Collects the outcomes of one recipe as they arrive, in any order."""

    recipe: Recipe
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    reason: str | None = None
    status: str = "waiting"
    end: float = math.inf

    def add(self, outcome: Outcome) -> None:
        """Take one outcome; the first skipped or failed replicate settles the point.

        First by number, not by arrival, and what comes after it does not count: the number of workers decides which
        replicates were already on their way, and must not show.
        """
        place = math.inf if outcome.replicate == FULL else outcome.replicate
        reason = outcome.failed if outcome.failed is not None else outcome.skipped
        if reason is not None:
            if place < self.end or not self.settled:
                self.end, self.reason = place, reason
                self.status = "failed" if outcome.failed is not None else "skipped"
                self.outcomes = {n: kept for n, kept in self.outcomes.items() if n != FULL and n < place}
        elif place < self.end or (place == self.end and not self.settled):
            self.outcomes[outcome.replicate] = outcome
            if self.status == "waiting" and outcome.replicate != FULL:
                self.status = "measured"

    @property
    def settled(self) -> bool:
        """Whether more replicates would change nothing."""
        return self.status in ("skipped", "failed")

    def replicates(self) -> list[Outcome]:
        """Return the replicates, in the order of their numbers."""
        return [self.outcomes[r] for r in sorted(self.outcomes) if r != FULL]


def utility_spread(metric: str, outcomes: list[Outcome]) -> Spread:
    """Return a metric's mean over replicates with its variance over TEST people and over replicates."""
    values = np.array([outcome.utility[metric][0] for outcome in outcomes])
    influence = np.mean([outcome.utility[metric][1] for outcome in outcomes], axis=0)
    people = len(influence)
    return Spread(
        value=float(values.mean()),
        people_variance=float((influence**2).sum() * people / max(people - 1, 1)),
        replicate_variance=float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0,
        people=people,
        replicates=len(values),
    )


def point_json(tally: Tally, bench: Bench, study: Study) -> dict[str, Any]:
    """Return the JSON of one trade-off point from whatever has arrived."""
    recipe, outcomes = tally.recipe, tally.replicates()
    facts = bench.facts(full=False)
    head: dict[str, Any] = {
        "id": recipe.id,
        "name": recipe.name,
        "family": recipe.family,
        "swept": dict(recipe.swept),
        "recipe": recipe.describe(),
        "model": {"key": study.model.key, **study.model.settings()},
        "release": recipe.release,
        "status": tally.status,
        "reason": tally.reason,
        "replicates": len(outcomes),
    }
    if tally.status != "measured":
        return {
            **head,
            "n_train": None,
            "utility": {},
            "risks": {},
            "worst_risk": {},
            "guarantee": recipe.guarantee(bench.table.schema, facts).to_json() if tally.status == "waiting" else None,
            "meets": {requirement.name: "not_measured" for requirement in study.requirements},
            "rows_released": None,
            "rows_suppressed": None,
            "seconds": sum(outcome.seconds for outcome in tally.outcomes.values()),
        }
    guarantee = recipe.guarantee(bench.table.schema, facts)
    risks, intervals = _risks(recipe, outcomes, tally.outcomes.get(FULL), bench, guarantee)
    return {
        **head,
        "n_train": float(np.mean([outcome.n_train for outcome in outcomes])),
        "utility": _utility(outcomes, tally.outcomes.get(FULL), bench),
        "risks": {threat: risk.to_json() for threat, risk in risks.items()},
        "worst_risk": _worst(risks),
        "guarantee": guarantee.to_json(),
        "meets": _verdicts(study, outcomes, risks, recipe, bench, guarantee, intervals),
        "rows_released": float(np.mean([outcome.rows_released for outcome in outcomes])),
        "rows_suppressed": float(np.mean([outcome.rows_suppressed for outcome in outcomes])),
        "seconds": sum(outcome.seconds for outcome in tally.outcomes.values()),
    }


def _utility(outcomes: list[Outcome], full: Outcome | None, bench: Bench) -> dict[str, Any]:
    target = bench.target[bench.split.test_rows]
    found: dict[str, Any] = {}
    for key, metric in METRICS.items():
        spread = utility_spread(key, outcomes)
        defined = math.isfinite(spread.value)
        low, high = spread.interval() if defined else (None, None)
        found[key] = {
            "value": spread.value if defined else None,
            "low": low,
            "high": high,
            "reference": metric.reference(target),
            "reference_name": metric.reference_name,
            "n": len(target),
            "method": "variance over TEST people plus over replicates, t with Satterthwaite's degrees of freedom",
            "status": "measured" if defined else "undefined",
            "reason": None if defined else "TEST has one class only",
        }
    found["accuracy_full"] = {
        "value": None if full is None else full.utility["accuracy"][0],
        "n_train": None if full is None else full.n_train,
        "method": "one fit on all of POOL, scored on TEST",
    }
    return found


def membership_game(outcomes: list[Outcome], bench: Bench) -> Game:
    """Return the replicates of one recipe as a game of membership inference."""
    signals = [outcome.signals for outcome in outcomes if outcome.signals is not None]
    return Game(
        phi=np.column_stack([s.phi for s in signals]),
        members=np.column_stack([bench.split.coins(outcome.replicate) for outcome in outcomes]),
        tuning=bench.split.tuning,
        outside=np.column_stack([s.outside for s in signals]),
        inside=np.column_stack([s.inside for s in signals]),
    )


def _risks(
    recipe: Recipe, outcomes: list[Outcome], full: Outcome | None, bench: Bench, proved: Guarantee
) -> tuple[dict[str, RiskEstimate], dict[str, Interval]]:
    """Return every threat's record, and for the measured ones how their interval widens with the level."""
    risks: dict[str, RiskEstimate] = {}
    intervals: dict[str, Interval] = {}
    for threat, channel in THREATS.items():
        if channel == "rows" and not recipe.releases_rows:
            risks[threat] = absent(threat, "not_applicable", "no rows leave the room under this recipe")
        elif threat == "membership":
            if recipe.release == "rows" or (recipe.training is not None and recipe.releases_rows):
                note = "measured on a model that the recipient can train on the released rows"
            else:
                note = None
            game = membership_game(outcomes, bench)
            risk, guesses = membership_risk(game, MEMBERSHIP_ATTACKS, proved.advantage_bound)
            risks[threat] = risk if note is None else RiskEstimate(**{**vars(risk), "note": f"{note}; {risk.note}"})
            if guesses is not None:
                intervals[threat] = guesses.interval
        elif threat == "reidentification":
            risk, spread = _reidentification(recipe, outcomes, full)
            risks[threat] = risk
            if spread is not None:
                intervals[threat] = _under(spread, 1 / proved.k) if proved.k else spread.interval
        else:
            risks[threat] = absent(threat, "not_measured", LATER)
    return risks, intervals


def _under(spread: Spread, most: float) -> Interval:
    """Return the interval kept under a proved and verified maximum: in crowds of k nobody is found more than 1 in k."""

    def interval(level: float) -> tuple[float, float]:
        low, high = spread.interval(level)
        return low, max(min(high, most), spread.value)

    return interval


def _reidentification(
    recipe: Recipe, outcomes: list[Outcome], full: Outcome | None
) -> tuple[RiskEstimate, Spread | None]:
    found = [outcome.rows_risk for outcome in outcomes if outcome.rows_risk is not None]
    if recipe.synthetic or not found:
        reason = "the released rows are synthetic: they belong to nobody, so no row can be found"
        return absent("reidentification", "not_applicable", reason), None
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
    # One replicate in which nobody is alone says nothing about its own spread: no interval, rather than a point.
    known = len(values) > 1 or error > 0
    low, high = spread.interval() if known else (None, None)
    named = any(risk["named"] for risk in found)
    whole = None if full is None or full.rows_risk is None else full.rows_risk
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
            "whole_table": None
            if whole is None
            else {
                "value": whole["value"],
                "prosecutor_max": whole["maximum"],
                "share_below": {"5": whole["share_below"]},
            },
        },
    )
    return estimate, spread if known else None


def _worst(risks: Mapping[str, RiskEstimate]) -> dict[str, Any]:
    """Return the worst measured risk of each channel; channels are never merged."""
    found: dict[str, Any] = {}
    for channel in ("model", "rows"):
        measured = [r for t, r in risks.items() if THREATS[t] == channel and r.status == "measured"]
        if not measured:
            statuses = {r.status for t, r in risks.items() if THREATS[t] == channel}
            status = "not_applicable" if statuses == {"not_applicable"} else "not_measured"
            found[channel] = {"status": status, "threat": None, "value": None, "low": None, "high": None}
            continue
        # One kind a channel is measured so far, so there is no choice to correct the interval for.
        worst = max(measured, key=lambda risk: risk.value if risk.value is not None else -math.inf)
        found[channel] = {
            "status": "measured",
            "threat": worst.threat,
            "value": worst.value,
            "low": worst.low,
            "high": worst.high,
        }
    return found


def _verdicts(
    study: Study,
    outcomes: list[Outcome],
    risks: Mapping[str, RiskEstimate],
    recipe: Recipe,
    bench: Bench,
    proved: Guarantee,
    intervals: Mapping[str, Interval],
) -> dict[str, str]:
    """Return a verdict per requirement, from the replicates of the last planned look and no others."""
    look = look_of(len(outcomes))
    looked = outcomes[:look] if look is not None else outcomes
    if study.requirements and look is not None and len(looked) < len(outcomes):
        risks, intervals = _risks(recipe, looked, None, bench, proved)
    verdicts = {}
    for requirement in study.requirements:
        if requirement.metric is not None:
            verdicts[requirement.name] = utility_verdict(requirement, utility_spread(requirement.metric, looked), look)
        else:
            threat = str(requirement.risk)
            upper = None
            if threat == "membership":
                upper = ceiling(membership_game(looked, bench), MEMBERSHIP_ATTACKS, proved.advantage_bound).upper
            verdicts[requirement.name] = risk_verdict(requirement, risks[threat], intervals.get(threat), look, upper)
    return verdicts
