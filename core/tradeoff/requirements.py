"""Verdicts: does a point meet a requirement - yes, no, unproven, or can this table not settle it."""

from __future__ import annotations

import math
from collections.abc import Callable

from core.attacks.base import RiskEstimate
from core.stats.intervals import LOOKS, Spread, two_sided_level
from core.tradeoff.study import Requirement

Interval = Callable[[float], tuple[float, float]]
"""Confidence level -> interval."""


def look_of(replicates: int) -> int | None:
    """Return the last planned look that this many replicates have reached; None before the first.

    >>> look_of(1), look_of(5), look_of(40)
    (None, 2, 32)
    """
    reached = [look for look in LOOKS if look <= replicates]
    return reached[-1] if reached else None


def utility_verdict(requirement: Requirement, spread: Spread, look: int | None) -> str:
    """Return yes, no, unproven or cannot_settle for a utility metric.

    `spread` is that of the first `look` replicates. `cannot_settle`: the spread over TEST people alone, which more
    replicates do not lower, straddles the limit even at the last look.
    """
    if look is None or not math.isfinite(spread.value):
        return "unproven" if math.isfinite(spread.value) else "not_measured"
    verdict = _compare(requirement, spread.interval(two_sided_level(LOOKS[look])))
    last = two_sided_level(max(LOOKS.items())[1])
    if verdict == "unproven" and _compare(requirement, spread.people_interval(last)) == "unproven":
        return "cannot_settle"
    return verdict


def risk_verdict(
    requirement: Requirement,
    risk: RiskEstimate,
    interval: Interval | None,
    look: int | None,
    upper: Callable[[float], float] | None = None,
) -> str:
    """Return yes, no, unproven or not_measured for a risk; a risk without a number is never a yes.

    `upper` is the limit that a "yes" to a ceiling must keep as well: how strong the attack may become with the
    reference models of the last look. A "no" needs none of it: the attack only grows.
    """
    if risk.status != "measured":
        return "not_measured"
    if look is None or interval is None:
        return "unproven"
    level = two_sided_level(LOOKS[look])
    verdict = _compare(requirement, interval(level))
    if (
        verdict == "yes"
        and requirement.at_most is not None
        and upper is not None
        and upper(level) > requirement.at_most
    ):
        return "unproven"
    return verdict


def _compare(requirement: Requirement, interval: tuple[float, float]) -> str:
    low, high = interval
    if requirement.at_least is not None:
        return "yes" if low >= requirement.at_least else "no" if high < requirement.at_least else "unproven"
    limit = requirement.limit
    return "yes" if high <= limit else "no" if low > limit else "unproven"
