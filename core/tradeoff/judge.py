"""Every requirement of a study put to one point: which replicates count, and what each verdict is made from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.membership import ceiling
from core.privacy.guarantee import Guarantee
from core.stats.intervals import Spread
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import Outcome
from core.tradeoff.requirement import Requirement
from core.tradeoff.requirements import (
    Judgement,
    epsilon_verdict,
    groups_verdict,
    look_of,
    risk_verdict,
    suppressed_verdict,
    utility_verdict,
)
from core.tradeoff.risks import Measured, measure_risks, membership_game, release_spread
from core.tradeoff.study import Study
from core.tradeoff.subgroups import group_spreads


def judge(
    study: Study,
    recipe: Recipe,
    outcomes: Sequence[Outcome],
    measured: Measured,
    bench: Bench,
    proved: Guarantee,
) -> dict[str, Judgement]:
    """Return a judgement per requirement, from the replicates of the last planned look and no others.

    What the fit on all of POOL changes is in `judge_whole`.

    Parameters
    ----------
    outcomes : sequence of Outcome
        The replicates so far, in the order of their numbers; at least one.
    measured : Measured
        The risks of all these replicates; measured again when a look has fewer.
    """
    look, looked = _looked(outcomes)
    if study.requirements and look is not None and len(looked) < len(outcomes):
        measured = measure_risks(recipe, looked, bench, proved)
    found = {}
    for requirement in study.requirements:
        if requirement.metric is not None:
            found[requirement.name] = utility_verdict(requirement, utility_spread(requirement.metric, looked), look)
        elif requirement.risk is not None:
            found[requirement.name] = _risk(requirement, recipe, looked, measured, bench, proved, look)
        else:
            found[requirement.name] = _other(requirement, recipe, looked, measured, bench, proved, look)
    return found


def _looked(outcomes: Sequence[Outcome]) -> tuple[int | None, list[Outcome]]:
    """Return the last planned look and its replicates; before the first look, none and all."""
    look = look_of(len(outcomes))
    looked = list(outcomes[:look] if look is not None else outcomes)
    return look, looked


def judge_whole(
    study: Study, recipe: Recipe, outcomes: Sequence[Outcome], full: Outcome, bench: Bench
) -> dict[str, Judgement]:
    """Return the judgements that the fit on all of POOL has a say in: those of the rows left out."""
    look, looked = _looked(outcomes)
    return {
        requirement.name: _suppressed(requirement, recipe, looked, full, bench, look)
        for requirement in study.requirements
        if requirement.limit_on == "rows_suppressed"
    }


def _suppressed(
    requirement: Requirement,
    recipe: Recipe,
    looked: list[Outcome],
    full: Outcome | None,
    bench: Bench,
    look: int | None,
) -> Judgement:
    whole = None if full is None else full.rows_suppressed / len(bench.split.pool_rows)
    fixed = not any(step.settings().get("suppression_limit") for step in recipe.steps)
    return suppressed_verdict(requirement, suppressed_share(looked, bench), whole, look, fixed=fixed)


def _risk(
    requirement: Requirement,
    recipe: Recipe,
    looked: list[Outcome],
    measured: Measured,
    bench: Bench,
    proved: Guarantee,
    look: int | None,
) -> Judgement:
    threat = str(requirement.risk)
    upper = None
    if threat == "membership":
        # A bound that the measurement refutes proves nothing.
        bound = None if measured.risks[threat].violation else proved.advantage_bound
        upper = ceiling(membership_game(looked, bench, release_spread(recipe)), MEMBERSHIP_ATTACKS, bound).upper
    return risk_verdict(requirement, measured.risks[threat], measured.intervals.get(threat), look, upper)


def _other(
    requirement: Requirement,
    recipe: Recipe,
    looked: list[Outcome],
    measured: Measured,
    bench: Bench,
    proved: Guarantee,
    look: int | None,
) -> Judgement:
    if requirement.limit_on == "epsilon":
        return epsilon_verdict(requirement, proved, any(risk.violation for risk in measured.risks.values()))
    if requirement.limit_on == "rows_suppressed":
        return _suppressed(requirement, recipe, looked, None, bench, look)
    groups = group_spreads(looked, bench)
    if groups is None:
        return Judgement(verdict="not_measured", why="the study has no subgroup column, so there are no groups")
    return groups_verdict(requirement, groups, look, shares=bench.task == "classification")


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


def suppressed_share(outcomes: Sequence[Outcome], bench: Bench) -> Spread:
    """Return the share of the members' rows that a recipe leaves out, 0 to 1, with its spread.

    Over people as if each were left out by themselves, over random halves as they came; the halves see the luck that
    the people of one small crowd share.
    """
    rows = np.array([len(bench.split.member_rows(outcome.replicate)) for outcome in outcomes], dtype=float)
    shares = np.array([outcome.rows_suppressed for outcome in outcomes]) / np.maximum(rows, 1.0)
    people = max(round(float(np.mean([outcome.people_train for outcome in outcomes]))), 1)
    value = float(shares.mean())
    return Spread(
        value=value,
        people_variance=value * (1 - value) / people,
        replicate_variance=float(shares.var(ddof=1) / len(shares)) if len(shares) > 1 else 0.0,
        people=people,
        replicates=len(shares),
    )
