"""The frontier: points that no other point beats on both axes, and points that noise does not let us tell from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scipy.special import stdtrit

from core.stats.levels import LEVEL, normal_quantile
from core.tradeoff.paired import Pairs
from core.utility.metrics import ALL_METRICS

ERROR = 0.05
"""How often, at most, a point that no other truly beats is called clearly beaten all the same; for each such point."""

COUNTED = ("reidentification",)
"""Threats that are counted and not learnt: more runs do not make their measured risk larger."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval; infinite ends where there is none."""

    value: float
    low: float = -math.inf
    high: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A point on two axes.

    Parameters
    ----------
    id : str
    utility : Estimate
        Turned so that high is better.
    risk : Estimate
        0 to 1, low is better.
    replicates : int
        Runs behind both; 0 when not known.
    """

    id: str
    utility: Estimate
    risk: Estimate
    replicates: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Every point is in exactly one of the three, in the order given.

    Parameters
    ----------
    best : tuple of str
        Ids of the points that none beats by value: `frontier`.
    ties : tuple of str
        Ids of those that some point beats by value, but none beyond noise.
    beaten : mapping
        Id of a clearly beaten point -> id of a point that beats it.
    """

    best: tuple[str, ...]
    ties: tuple[str, ...]
    beaten: Mapping[str, str]


def frontier(points: Sequence[tuple[str, float, float]]) -> list[str]:
    """Return the ids of the points (id, utility, risk) that are not dominated, in the order given.

    A point dominates another when it is at least as good on both axes and better on one: utility is better high, risk
    is better low. Two points with equal values do not dominate each other.

    >>> frontier([("a", .8, .1), ("b", .7, .2), ("c", .9, .3)])
    ['a', 'c']
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][2], -points[i][1]))
    kept: set[int] = set()
    best = float("-inf")
    place = 0
    while place < len(order):
        risk = points[order[place]][2]
        tied = [i for i in order[place:] if points[i][2] == risk]
        top = points[tied[0]][1]
        if top > best:
            kept.update(i for i in tied if points[i][1] == top)
            best = top
        place += len(tied)
    return [points[i][0] for i in sorted(kept)]


def candidates(points: Sequence[Mapping[str, Any]], metric: str, threat: str) -> list[Candidate]:
    """Return the points of a result that have a value on both axes.

    Parameters
    ----------
    points : sequence of mapping
        Of the result JSON.
    metric, threat : str
        What the axes show. A metric that is better low is turned round.

    Examples
    --------
    >>> risk = {"status": "measured", "value": .1, "low": 0., "high": .2}
    >>> point = {"id": "a", "status": "measured", "replicates": 8, "utility": {"mae": {"value": 3.}},
    ...          "risks": {"presence": risk}}
    >>> candidates([point], "mae", "presence")[0].utility
    Estimate(value=-3.0, low=-inf, high=inf)
    """
    found = []
    lower = metric in ALL_METRICS and ALL_METRICS[metric].better == "lower"
    for point in points:
        utility, risk = (_record(point, axis, key) for axis, key in (("utility", metric), ("risks", threat)))
        if point.get("status") != "measured" or risk.get("status") != "measured":
            continue
        gain, harm = _estimate(utility), _estimate(risk)
        if gain is None or harm is None:
            continue
        if lower:
            gain = Estimate(value=-gain.value, low=-gain.high, high=-gain.low)
        runs = point.get("replicates")
        known = isinstance(runs, int) and not isinstance(runs, bool)
        found.append(
            Candidate(id=str(point.get("id")), utility=gain, risk=harm, replicates=int(runs or 0) if known else 0)
        )
    return found


def standing(points: Sequence[Candidate], threat: str, pairs: Pairs | None = None) -> Standing:
    """Return which points are on the frontier, which are not clearly beaten, and which are.

    A point is clearly beaten when some other is shown to be at least as good on both axes and better on one, beyond
    noise. It is then off the frontier by value too.

    Parameters
    ----------
    points : sequence of Candidate
    threat : str
        What `risk` is; decides whether different numbers of runs may be compared.
    pairs : Pairs, optional
        The replicates behind the points, while they are in memory: utility is then compared person by person.

    Notes
    -----
    *One pair, utility.* The lower end of the paired difference on the same TEST people and the same random halves
    (`core.tradeoff.paired.Pairs.least`), as long as a sweep's replicates are in memory. A result keeps no values per
    person, so for a result from a file, or on axes that the engine did not judge, MOVER as for the risk.

    *One pair, risk.* The lower end of the difference from the two intervals (MOVER, Zou & Donner 2008, Statistics in
    Medicine 27): value minus the root of the summed squares of the two ends that face each other. Right for
    independent estimates; estimates on the same people are positively correlated, and for these it errs to the side of
    "not clearly beaten".

    *Level.* Both axes must show it (intersection-union: no correction), for one of the m other points (Bonferroni, the
    first step of Holm): ends at the one-sided level 1 - ERROR / m. For MOVER a 95 % interval is stretched to it by the
    quotient of t quantiles with runs - 1 degrees of freedom, which is at least what either part of the interval needs
    (`core.stats.spread.Spread`). With 2 runs all that is so wide that few are clearly beaten; with 1 run, or when their
    number or an interval is missing, nobody is.

    *Error.* A point that no other truly beats is called clearly beaten at most 5 % of the time (`ERROR`), looked at
    once, at the end of a sweep; simulated in `tests/tradeoff/test_frontier_noise.py`.

    *Runs.* With fewer runs an attack has fewer reference models, or fewer attempts to be tuned on, and measures a
    smaller risk. A lower risk from fewer runs than the other point's therefore beats nobody, except where the risk is
    counted (`COUNTED`).

    Examples
    --------
    >>> def point(name, utility, risk):
    ...     gain = Estimate(value=utility, low=utility - .01, high=utility + .01)
    ...     return Candidate(id=name, utility=gain, risk=Estimate(value=risk, low=risk - .01, high=risk + .01),
    ...                      replicates=8)
    >>> standing([point("a", .8, .1), point("b", .79, .11), point("c", .7, .3)], "membership")
    Standing(best=('a',), ties=('b',), beaten={'c': 'a'})
    """
    best = frontier([(point.id, point.utility.value, point.risk.value) for point in points])
    on = set(best)
    # Whom a beaten point is told to be beaten by: somebody on the frontier if possible, whatever the order given.
    order = sorted(points, key=lambda p: (p.id not in on, p.risk.value, -p.utility.value, p.id))
    beaten: dict[str, str] = {}
    ties = []
    for point in points:
        if point.id in on:
            continue
        by = next((other.id for other in order if _beats(other, point, len(points) - 1, threat, pairs)), None)
        if by is None:
            ties.append(point.id)
        else:
            beaten[point.id] = by
    return Standing(best=tuple(best), ties=tuple(ties), beaten=beaten)


def _beats(one: Candidate, other: Candidate, others: int, threat: str, pairs: Pairs | None) -> bool:
    """Say whether the first is shown to be at least as good on both axes and better on one."""
    if min(one.replicates, other.replicates) < 2 or (threat not in COUNTED and one.replicates < other.replicates):
        return False
    wide, narrow = (_stretch(point.replicates, others) for point in (one, other))
    gain = one.utility.value - other.utility.value
    less = other.risk.value - one.risk.value
    if gain < 0 or less < 0:
        return False
    less -= math.hypot(wide * (one.risk.high - one.risk.value), narrow * (other.risk.value - other.risk.low))
    if less < 0:
        return False
    paired = None if pairs is None else pairs.least(one.id, other.id, 1 - ERROR / others)
    if paired is None:
        paired = gain - math.hypot(
            wide * (one.utility.value - one.utility.low), narrow * (other.utility.high - other.utility.value)
        )
    return paired >= 0 and max(paired, less) > 0


@lru_cache(maxsize=4096)
def _stretch(replicates: int, others: int) -> float:
    """Return what the half of a 95 % interval is multiplied by to hold one-sided at 1 - ERROR / others.

    Of the two parts of an interval the one over runs needs most above 95 % and the one over people below it.

    >>> round(_stretch(8, 10), 2), round(_stretch(10**6, 10), 2)
    (1.48, 1.31)
    """
    level = 1 - ERROR / others
    runs = float(stdtrit(replicates - 1, level) / stdtrit(replicates - 1, 0.5 + LEVEL / 2))
    people = normal_quantile(2 * level - 1) / normal_quantile(LEVEL)
    return max(runs, people)


def _record(point: Mapping[str, Any], axis: str, key: str) -> Mapping[str, Any]:
    kept = point.get(axis)
    found = kept.get(key) if isinstance(kept, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _estimate(record: Mapping[str, Any]) -> Estimate | None:
    value, low, high = (_finite(record.get(key)) for key in ("value", "low", "high"))
    if value is None:
        return None
    if low is None or high is None:
        return Estimate(value=value)
    return Estimate(value=value, low=min(low, value), high=max(high, value))


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)
