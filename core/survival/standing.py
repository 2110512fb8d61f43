"""Where a choice stands among its rivals in one measurement: first, not told apart from first, beaten, or out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.verdict import UNPROVEN, ranked, requirements_of, risk_value, verdict_of
from core.charts.words import items, label_of, listed, mapping, measure_of, plain
from core.engine.jobs import Job
from core.recheck.moves import combined, number_of
from core.tradeoff.difference import risk_difference, utility_difference
from core.tradeoff.risks import measure_risks

FIRST, TIED, BEATEN, OUT = "first", "tied", "beaten", "out"

TIERS = {"meets": 0, "plain": 0, "unproven": 1, "fails": 2}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What one measurement says.

    Parameters
    ----------
    place : {"first", "tied", "beaten", "out"}
        `tied`: another setting has the lower risk, and the interval of the difference holds zero. `out`: it no longer
        keeps a limit that it kept as decided, or gave no number at all.
    by : str
        Which setting is first, when it is another one.
    clear : bool
        First, and told apart from every other setting that keeps the limits or might.
    why : str
        What happened, as the end of a sentence.
    tier : int
        0 meets every limit, 1 not proven, 2 misses one, 3 without a number.
    numbers : tuple
        What counted, of every setting: two measurements in which all of it is equal differ in nothing that counts.
    """

    place: str
    by: str = ""
    clear: bool = False
    why: str = ""
    tier: int = 0
    numbers: tuple[Any, ...] = ()


def standing(job: Job, chosen: str, tier: int | None = None) -> Standing:
    """Return where a setting stands in a finished sweep.

    The rule is that of the chart's sentence: meet every limit, then the lowest measured risk, then the best accuracy.
    Two settings are told apart by the paired difference on the same people, where its 95 % interval leaves out zero.

    Parameters
    ----------
    chosen : str
        The setting's id.
    tier : int, optional
        Where it stood with the limits as decided: worse than that is `out`.
    """
    result = job.snapshot().result
    limits, points = requirements_of(result), [mapping(p) for p in items(result.get("points"))]
    threat, metric = job.study.threat, job.study.metric
    numbers = tuple(_counted(point, limits, threat, metric) for point in points)
    mine = next((p for p in points if p.get("id") == chosen), None)
    if mine is None or mine.get("status") != "measured":
        reason = plain(mapping(mine).get("reason")) or "no number"
        return Standing(place=OUT, why=f"could not be measured ({reason})", tier=3, numbers=numbers)
    verdict = verdict_of(mine, limits)
    here = TIERS[verdict.state]
    if tier is not None and here > tier:
        missed, unproven = verdict.names("no"), verdict.names(*UNPROVEN)
        parts = [f"no longer meets {listed(missed)}"] if missed else []
        parts += [f"is no longer proven to meet {listed(unproven)}"] if unproven and not (missed and tier) else []
        return Standing(place=OUT, why=" and ".join(parts), tier=here, numbers=numbers)
    others = [p for p in points if p is not mine and p.get("status") == "measured"]
    better = [p for p in others if TIERS[verdict_of(p, limits).state] < here]
    if better:
        best = label_of(ranked(better, threat, metric)[0])
        told = "is proven to meet every limit" if TIERS["meets"] in _tiers(better, limits) else "misses no limit"
        return Standing(place=BEATEN, by=best, why=f"{best} {told}", tier=here, numbers=numbers)
    level = [p for p in others if TIERS[verdict_of(p, limits).state] == here]
    first = ranked([mine, *level], threat, metric)[0]
    if first is mine:
        might = [p for p in others if TIERS[verdict_of(p, limits).state] <= max(here, TIERS["unproven"])]
        clear = all(compared(job, mine, other, threat, metric) < 0 for other in might)
        alone = here == TIERS["meets"] and bool(limits) and not level
        why = "told apart from every rival" if clear else "another setting is too close to tell"
        why = "no rival is proven to meet every limit" if alone and not clear else why
        return Standing(place=FIRST, clear=clear, why=why, tier=here, numbers=numbers)
    best = label_of(first)
    if compared(job, mine, first, threat, metric) > 0:
        return Standing(place=BEATEN, by=best, why=f"{best} has the {_better(first, threat)}", tier=here,
                        numbers=numbers)  # fmt: skip
    return Standing(place=TIED, by=best, why=f"too close to tell from {best}", tier=here, numbers=numbers)


def _better(point: Mapping[str, Any], threat: str) -> str:
    return "better accuracy or the like" if risk_value(point, threat) is None else "lower risk"


def _tiers(points: Sequence[Mapping[str, Any]], limits: Sequence[Mapping[str, Any]]) -> set[int]:
    return {TIERS[verdict_of(p, limits).state] for p in points}


def _counted(
    point: Mapping[str, Any], limits: Sequence[Mapping[str, Any]], threat: str, metric: str
) -> tuple[Any, ...]:
    """Return everything of a point that the rule looks at."""
    subjects = [{"risk": threat}, {"metric": metric}, *limits]
    found = [number_of(point, subject) for subject in subjects]
    verdicts = sorted((str(k), str(v)) for k, v in mapping(point.get("meets")).items())
    return (point.get("id"), point.get("status"), *((n.value, n.low, n.high) for n in found), *verdicts)


def compared(job: Job, one: Mapping[str, Any], other: Mapping[str, Any], threat: str, metric: str) -> int:
    """Return -1 when one is better than the other by more than chance in what decides, 1 when worse, else 0."""
    mine, theirs = risk_value(one, threat), risk_value(other, threat)
    if mine is None and theirs is None:
        pair = [job.tallies[str(p.get("id"))].replicates() for p in (one, other)]
        numbers = {o.replicate for o in pair[0]} & {o.replicate for o in pair[1]}
        found = utility_difference(metric, *([o for o in side if o.replicate in numbers] for side in pair))
        if found is None:
            return 0
        return -int(measure_of(metric).sign) * _side(found["low"], found["high"])
    if mine is None or theirs is None:
        # A risk beside none: they are ranked by it, and no interval says how far chance goes.
        return -1 if theirs is None else 1
    return _side(*_risk_interval(job, one, other, threat))


def _side(low: float | None, high: float | None) -> int:
    """Return the side of zero that an interval is on; 0 where it holds zero or is none."""
    return 0 if low is None or high is None or low <= 0 <= high else 1 if low > 0 else -1


def _risk_interval(
    job: Job, one: Mapping[str, Any], other: Mapping[str, Any], threat: str
) -> tuple[float | None, float | None]:
    """Return the interval of the difference in risk: on the same people where the guesses are there, else apart."""
    tallies = [job.tallies[str(p.get("id"))] for p in (one, other)]
    common = {o.replicate for o in tallies[0].replicates()} & {o.replicate for o in tallies[1].replicates()}
    found = []
    for tally in tallies:
        outcomes = [o for o in tally.replicates() if o.replicate in common]
        proved = tally.recipe.guarantee(job.bench.table.schema, job.bench.facts(full=False))
        found.append(measure_risks(tally.recipe, outcomes, job.bench, proved).guesses.get(threat) if outcomes
                     else None)  # fmt: skip
    if found[0] is not None and found[1] is not None:
        paired = risk_difference(found[0], found[1], len(common))
        if all(math.isfinite(paired[end]) for end in ("low", "high")):
            return paired["low"], paired["high"]
    _, low, high = combined(number_of(other, {"risk": threat}), number_of(one, {"risk": threat}))
    return low, high
