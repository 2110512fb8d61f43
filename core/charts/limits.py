"""What a requirement limits, in words and units, and what a point's record says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.words import decimal, items, listed, mapping, measure_of, number, plain, threat_of
from core.tradeoff.requirement import QUANTITIES


@dataclass(frozen=True, kw_only=True)
class Unit:
    """How amounts of one requirement are shown: value * scale, and what follows it.

    Parameters
    ----------
    scale : float
    decimals : int, optional
        None for numbers with a unit of their own: three digits that say something.
    after : str
        What follows a limit.
    between : str
        What follows the distance of two limits.
    relative : bool
        A distance is compared with the limit itself, because there is no scale of 100.
    """

    scale: float
    decimals: int | None
    after: str = ""
    between: str = ""
    relative: bool = False

    def places(self, value: float) -> int:
        """Return how many decimals a value is shown with."""
        if self.decimals is not None:
            return self.decimals
        return max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0

    def apart(self, amount: float) -> str:
        """Return a distance in words.

        >>> unit_of({"risk": "membership"}).apart(.018), unit_of({"metric": "accuracy"}).apart(.012)
        ('1.8 of 100', '1.2 points')
        """
        return decimal(amount * self.scale, self.places(amount * self.scale)) + self.between


def unit_of(requirement: Mapping[str, Any]) -> Unit:
    """Return the unit of a requirement's limit."""
    quantity = requirement.get("limit_on")
    if requirement.get("risk") or quantity == "rows_suppressed":
        return Unit(scale=100.0, decimals=1, after=" of 100", between=" of 100")
    if quantity == "worst_group_accuracy":
        return Unit(scale=100.0, decimals=1, after=" %", between=" points")
    if quantity:
        return Unit(scale=1.0, decimals=None, relative=True)
    words = measure_of(str(requirement.get("metric")))
    between = words.unit.replace(" %", " points")
    decimals = None if words.significant else words.decimals
    return Unit(scale=words.scale, decimals=decimals, after=words.unit, between=between, relative=words.significant)


def subject_of(requirement: Mapping[str, Any]) -> str:
    """Return what a requirement limits, inside a sentence.

    >>> subject_of({"risk": "membership"}), subject_of({"limit_on": "rows_suppressed"})
    ('membership', 'rows left out')
    """
    if requirement.get("risk"):
        return threat_of(str(requirement["risk"])).title.lower()
    if requirement.get("limit_on"):
        key = str(requirement["limit_on"])
        title = QUANTITIES[key].title if key in QUANTITIES else plain(key.replace("_", " "))
        return title[:1].lower() + title[1:]
    return measure_of(str(requirement.get("metric"))).spoken


def limit_text(requirement: Mapping[str, Any]) -> str:
    """Return a requirement's limit in words.

    >>> limit_text({"risk": "membership", "at_most": .05}), limit_text({"metric": "accuracy", "at_least": .8})
    ('membership at most 5.0 of 100', 'accuracy at least 80.0 %')
    >>> limit_text({"limit_on": "rows_suppressed", "at_most": .05}), limit_text({"limit_on": "epsilon", "at_most": 1})
    ('rows left out at most 5.0 of 100', 'proved epsilon at most 1')
    """
    parts, unit = [], unit_of(requirement)
    for side in ("at_least", "at_most"):
        limit = number(requirement.get(side))
        if limit is not None:
            shown = limit * unit.scale
            told = f"{limit:g}" if requirement.get("limit_on") == "epsilon" else decimal(shown, unit.places(shown))
            parts.append(f"{side.replace('_', ' ')} {told}{unit.after}")
    return f"{subject_of(requirement)} {listed(parts)}" if parts else "no limit that can be read"


def whose(requirement: Mapping[str, Any]) -> str:
    """Return a requirement with its owner, inside a sentence.

    >>> whose({"risk": "membership", "owner": "Legal"}), whose({"metric": "accuracy"})
    ("Legal's limit on membership", 'the limit on accuracy')
    """
    owner = plain(requirement.get("owner"))
    return f"{owner + chr(39) + 's' if owner else 'the'} limit on {subject_of(requirement)}"


def named(requirements: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return requirement -> how a sentence calls it; two that would be called the same also carry their names."""
    told = [whose(requirement) for requirement in requirements]
    return {
        str(r.get("name")): f"{text} ({plain(r.get('name'))})" if told.count(text) > 1 else text
        for r, text in zip(requirements, told, strict=True)
    }


def risk_of(point: Mapping[str, Any], threat: str) -> Mapping[str, Any]:
    """Return the record of one risk; none at all reads as not measured."""
    return mapping(mapping(point.get("risks")).get(threat))


def risk_value(point: Mapping[str, Any], threat: str) -> float | None:
    """Return a risk's value when it was measured; a number under another status is no measurement."""
    risk = risk_of(point, threat)
    return number(risk.get("value")) if risk.get("status") == "measured" else None


def utility_of(point: Mapping[str, Any], metric: str) -> Mapping[str, Any]:
    """Return the record of one utility metric."""
    return mapping(mapping(point.get("utility")).get(metric))


def value_of(point: Mapping[str, Any], requirement: Mapping[str, Any]) -> float | None:
    """Return what was measured or proved of what a requirement limits, or None.

    The worst-off group's number is that of the worst group that has one. Only a proved epsilon for adding or removing
    one is a number.
    """
    quantity = requirement.get("limit_on")
    if requirement.get("risk"):
        return risk_value(point, str(requirement["risk"]))
    if quantity == "rows_suppressed":
        return number(point.get("rows_suppressed_share"))
    if quantity == "epsilon":
        proved = mapping(point.get("guarantee"))
        counts = proved.get("kind") == "dp" and proved.get("neighbours") == "add_remove"
        return number(proved.get("epsilon")) if counts else None
    if quantity:
        record = mapping(point.get("subgroups"))
        metric = "accuracy" if quantity == "worst_group_accuracy" else "mae"
        found = [number(mapping(mapping(group).get(metric)).get("value")) for group in items(record.get("groups"))]
        known = [value for value in found if value is not None]
        return (min(known) if metric == "accuracy" else max(known)) if known else None
    return number(utility_of(point, str(requirement.get("metric"))).get("value"))
