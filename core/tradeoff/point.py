"""Trade-off points: the outcomes of one recipe's replicates, aggregated."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.attacks.membership import Guesses
from core.tradeoff.bench import Bench
from core.tradeoff.difference import Baseline, utility_difference
from core.tradeoff.judge import judge, judge_whole, suppressed_share, utility_spread
from core.tradeoff.recipe import Recipe, expand
from core.tradeoff.replicate import FULL, Outcome
from core.tradeoff.risks import Measured, measure_risks, whole_table, with_differences, worst_risks
from core.tradeoff.study import Study
from core.tradeoff.subgroups import subgroup_json
from core.utility.metrics import metrics_for


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


def point_json(tally: Tally, bench: Bench, study: Study, baseline: Baseline | None = None) -> dict[str, Any]:
    """Return the JSON of one trade-off point from whatever has arrived.

    `baseline` holds the replicates of no protection, for the paired differences; none for that point itself.
    """
    return with_full(from_replicates(tally, bench, study, baseline), tally, bench, study)


def with_full(point: dict[str, Any], tally: Tally, bench: Bench, study: Study) -> dict[str, Any]:
    """Return the point of `from_replicates` with what the fit on all of POOL adds; the point itself when there is none.

    Apart, because the replicates' part costs a hundred times more and does not change when that fit arrives.
    """
    full = tally.outcomes.get(FULL)
    if point["status"] != "measured" or full is None:
        return point
    first = next(iter(metrics_for(bench.task)))
    name = f"{first}_full"
    utility = {**point["utility"][name], "value": full.utility[first][0], "n_train": full.n_train}
    risks = point["risks"]
    crowds = risks["reidentification"]
    if full.rows_risk is not None and crowds["status"] == "measured":
        risks = {**risks, "reidentification": {**crowds, "whole_table": whole_table(full.rows_risk)}}
    again = judge_whole(study, tally.recipe, tally.replicates(), full, bench)
    return {
        **point,
        "utility": {**point["utility"], name: utility},
        "risks": risks,
        "meets": {**point["meets"], **{key: found.verdict for key, found in again.items()}},
        "meets_at": {**point["meets_at"], **{key: found.at for key, found in again.items()}},
        "meets_why": {
            **{key: why for key, why in point["meets_why"].items() if key not in again},
            **{key: found.why for key, found in again.items() if found.why is not None},
        },
        "notes": list(full.notes),
        "seconds": sum(outcome.seconds for outcome in tally.outcomes.values()),
    }


def from_replicates(tally: Tally, bench: Bench, study: Study, baseline: Baseline | None = None) -> dict[str, Any]:
    """Return the JSON of one trade-off point without its fit on all of POOL; parameters as of `point_json`."""
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
            "subgroups": None,
            "meets": {requirement.name: "not_measured" for requirement in study.requirements},
            "meets_at": {requirement.name: None for requirement in study.requirements},
            "meets_why": {},
            "rows_released": None,
            "rows_suppressed": None,
            "rows_suppressed_share": None,
            "seconds": sum(outcome.seconds for outcome in tally.outcomes.values()),
        }
    guarantee = recipe.guarantee(bench.table.schema, facts)
    measured = measure_risks(recipe, outcomes, bench, guarantee)
    if baseline is not None:

        def again(some: list[Outcome], plain: bool) -> Measured:
            return measure_risks(UNPROTECTED if plain else recipe, some, bench, guarantee)

        measured = with_differences(measured, outcomes, baseline, again)
    guesses = measured.guesses.get("membership")
    judged = judge(study, recipe, outcomes, measured, bench, guarantee)
    return {
        **head,
        "n_train": float(np.mean([outcome.n_train for outcome in outcomes])),
        "utility": _utility(outcomes, bench, baseline),
        "risks": {threat: risk.to_json() for threat, risk in measured.risks.items()},
        "worst_risk": worst_risks(measured),
        "guarantee": guarantee.to_json(),
        "subgroups": subgroup_json(study.subgroup, outcomes, guesses if isinstance(guesses, Guesses) else None, bench),
        "meets": {name: judgement.verdict for name, judgement in judged.items()},
        "meets_at": {name: judgement.at for name, judgement in judged.items()},
        "meets_why": {name: judgement.why for name, judgement in judged.items() if judgement.why is not None},
        "notes": list(outcomes[0].notes),
        "rows_released": float(np.mean([outcome.rows_released for outcome in outcomes])),
        "rows_suppressed": float(np.mean([outcome.rows_suppressed for outcome in outcomes])),
        "rows_suppressed_share": suppressed_share(outcomes, bench).value,
        "seconds": sum(outcome.seconds for outcome in tally.outcomes.values()),
    }


UNPROTECTED = expand("none", [{"technique": "none"}], None)[0]


def _utility(outcomes: list[Outcome], bench: Bench, baseline: Baseline | None) -> dict[str, Any]:
    target = bench.target[bench.split.test_rows]
    pair = ([], []) if baseline is None else baseline.common(outcomes)
    found: dict[str, Any] = {}
    metrics = metrics_for(bench.task)
    for key, metric in metrics.items():
        spread = utility_spread(key, outcomes)
        defined = math.isfinite(spread.value)
        low, high = spread.interval() if defined else (None, None)
        found[key] = {
            "value": spread.value if defined else None,
            "low": low,
            "high": high,
            "reference": metric.reference(target),
            "reference_name": metric.reference_name,
            "better": metric.better,
            "n": len(target),
            "method": "variance over TEST people plus over replicates, each with its own quantile (Howe 1974)",
            "status": "measured" if defined else "undefined",
            "reason": None if defined else metric.undefined,
            "difference": utility_difference(key, *pair) if defined else None,
        }
    first = next(iter(metrics))
    found[f"{first}_full"] = {
        "value": None,
        "n_train": None,
        "method": "one fit on all of POOL, scored on TEST",
    }
    return found
