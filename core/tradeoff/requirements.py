"""Verdicts: does a point meet a requirement - yes, no, unproven, or can this table not settle it.

Every verdict comes with the limit at which it would be yes: the end of the very interval that decided, so that
whoever would move a limit knows how far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.attacks.base import RiskEstimate
from core.privacy.guarantee import Guarantee
from core.stats.intervals import LOOKS, Spread, bonferroni, two_sided_level, wilson
from core.tradeoff.requirement import Requirement

Interval = Callable[[float], tuple[float, float]]
"""Confidence level -> interval."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is said of one point and one requirement.

    Parameters
    ----------
    verdict : {"yes", "no", "unproven", "cannot_settle", "not_measured"}
    at : float, optional
        The limit at which the verdict would be yes, in the unit of the requirement; None where no limit would do.
    why : str, optional
        Why no limit would do, or why the verdict is none of the interval's.
    """

    verdict: str
    at: float | None = None
    why: str | None = None


def look_of(replicates: int) -> int | None:
    """Return the last planned look that this many replicates have reached; None before the first.

    >>> look_of(1), look_of(5), look_of(40)
    (None, 2, 32)
    """
    reached = [look for look in LOOKS if look <= replicates]
    return reached[-1] if reached else None


def utility_verdict(requirement: Requirement, spread: Spread, look: int | None) -> Judgement:
    """Return yes, no, unproven or cannot_settle for a utility metric.

    `spread` is that of the first `look` replicates. `cannot_settle`: the spread over TEST people alone, which more
    replicates do not lower, straddles the limit even at the last look.
    """
    if not math.isfinite(spread.value):
        return Judgement(verdict="not_measured", why="this metric has no number here")
    if look is None:
        return _waiting()
    return _settled(requirement, spread.interval(two_sided_level(LOOKS[look])), spread.people_interval(_last_level()))


def risk_verdict(
    requirement: Requirement,
    risk: RiskEstimate,
    interval: Interval | None,
    look: int | None,
    upper: Callable[[float], float] | None = None,
) -> Judgement:
    """Return yes, no, unproven or not_measured for a risk; a risk without a number is never a yes.

    `upper` is the limit that a "yes" to a ceiling must keep as well: how strong the attack may become with the
    reference models of the last look. A "no" needs none of it: the attack only grows.
    """
    if risk.status != "measured":
        return Judgement(verdict="not_measured", why=risk.reason or "this risk was not measured")
    if look is None or interval is None:
        return _waiting()
    level = two_sided_level(LOOKS[look])
    low, high = interval(level)
    verdict = _compare(requirement, (low, high))
    if requirement.at_most is None:
        return Judgement(verdict=verdict, at=low)
    most = high if upper is None else max(high, upper(level))
    if verdict == "yes" and most > requirement.at_most:
        verdict = "unproven"
    return Judgement(verdict=verdict, at=most)


def groups_verdict(
    requirement: Requirement, groups: Sequence[Spread | None], look: int | None, *, shares: bool
) -> Judgement:
    """Return whether every group keeps a limit; None stands for a group with too few people for a number.

    Each group's interval is Bonferroni over the groups, so that all hold together: "yes" when the lowest lower end
    keeps a floor, "no" when some group's upper end misses it. A group that is too small can hide a miss, so with one
    there is never a yes. Where accuracies are `shares`, an interval is at least Wilson's (1927): of 20 people of whom
    all are predicted right the variance is zero, and what is known is not.

    Examples
    --------
    >>> good, bad = Spread(0.9, 1e-5, 1e-6, 900, 8), Spread(0.6, 1e-4, 1e-6, 900, 8)
    >>> floor = Requirement(name="fair", limit_on="worst_group_accuracy", at_least=0.8)
    >>> [groups_verdict(floor, g, 8, shares=True).verdict for g in ((good, good), (good, bad), (good, None))]
    ['yes', 'no', 'cannot_settle']
    """
    known = [spread for spread in groups if spread is not None]
    small = len(groups) - len(known)
    few = f"{small} of {len(groups)} groups {'has' if small == 1 else 'have'} too few test people for a number"
    if not known:
        return Judgement(verdict="not_measured", why=few if groups else "there are no groups")
    if look is None:
        return _waiting()

    def worst(z: float, only_people: bool) -> tuple[float, float]:
        level = bonferroni(two_sided_level(z), len(known))
        ends = [_group_interval(spread, level, only_people, shares) for spread in known]
        pick = min if requirement.at_least is not None else max
        return pick(low for low, _ in ends), pick(high for _, high in ends)

    found = _settled(requirement, worst(LOOKS[look], False), worst(LOOKS[max(LOOKS)], True))
    if not small:
        return found
    why = f"{few}, so nothing can be said of every group: join small groups, or compare by another column"
    return Judgement(verdict="no" if found.verdict == "no" else "cannot_settle", why=why)


def _group_interval(spread: Spread, level: float, only_people: bool, share: bool) -> tuple[float, float]:
    low, high = spread.people_interval(level) if only_people else spread.interval(level)
    if not share:
        return low, high
    least, most = wilson(spread.value * spread.people, spread.people, level)
    return max(min(low, least), 0.0), min(max(high, most), 1.0)


def suppressed_verdict(
    requirement: Requirement, spread: Spread, whole: float | None, look: int | None, *, fixed: bool
) -> Judgement:
    """Return whether the share of rows left out keeps a ceiling.

    Parameters
    ----------
    spread : Spread
        The share of the members' rows, over random halves and over people.
    whole : float, optional
        The share on all of POOL, once that fit is there: it counts exactly, so above the ceiling is a "no".
    fixed : bool
        The recipe never leaves a row out: zero is then exact; else none seen is not none possible (Wilson 1927).
    """
    limit = requirement.limit
    if fixed and not spread.value and not whole:
        return Judgement(verdict="yes", at=0.0)
    if look is None:
        return _waiting()
    now = _group_interval(spread, two_sided_level(LOOKS[look]), False, True)
    found = _settled(requirement, now, _group_interval(spread, _last_level(), True, True))
    if whole is None:
        return found
    at = max(found.at or 0.0, whole)
    if whole > limit:
        return Judgement(verdict="no", at=at, why="on the whole table more rows are left out than that")
    return Judgement(verdict=found.verdict, at=at)


def epsilon_verdict(requirement: Requirement, proved: Guarantee, refuted: bool) -> Judgement:
    """Return yes or no for a ceiling on epsilon; a proof has no interval, so it needs no replicates.

    Only a proved epsilon for adding or removing one counts. No guarantee, the size of a crowd, somebody else's claim,
    an epsilon that hides only what somebody gave, and a proof that the measurement refutes give no finite epsilon of
    that kind: they fail every ceiling, and moving it would not help. So do the two anchors, which prove nothing.
    """
    epsilon = proved.epsilon
    if refuted:
        return Judgement(verdict="no", why="a measured risk is above what this guarantee allows, so it proves nothing")
    if proved.kind == "claimed":
        return Judgement(verdict="no", why="its epsilon is claimed by a library, not proved here")
    if proved.kind != "dp" or epsilon is None or not math.isfinite(epsilon):
        return Judgement(verdict="no", why="it has no proved epsilon")
    if proved.neighbours != "add_remove":
        return Judgement(verdict="no", why="its epsilon hides what somebody gave, not that they are there")
    verdict = "yes" if epsilon <= requirement.limit else "no"
    return Judgement(verdict=verdict, at=epsilon, why=f"proved epsilon {epsilon:g}; a proof has no interval")


def _waiting() -> Judgement:
    return Judgement(verdict="unproven", why="no verdict before the first planned look at 2 random halves")


def _last_level() -> float:
    return two_sided_level(LOOKS[max(LOOKS)])


def _settled(requirement: Requirement, now: tuple[float, float], endless: tuple[float, float]) -> Judgement:
    """Return the verdict of an interval; `endless` is what endless replicates would leave of it."""
    verdict = _compare(requirement, now)
    if verdict == "unproven" and _compare(requirement, endless) == "unproven":
        verdict = "cannot_settle"
    return Judgement(verdict=verdict, at=now[0] if requirement.at_least is not None else now[1])


def _compare(requirement: Requirement, interval: tuple[float, float]) -> str:
    low, high = interval
    if requirement.at_least is not None:
        return "yes" if low >= requirement.at_least else "no" if high < requirement.at_least else "unproven"
    limit = requirement.limit
    return "yes" if high <= limit else "no" if low > limit else "unproven"
