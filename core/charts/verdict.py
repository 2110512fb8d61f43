"""What the requirements say about a point, and the one sentence that a chart is about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.limits import limit_text as limit_text
from core.charts.limits import risk_of as risk_of
from core.charts.limits import risk_value as risk_value
from core.charts.limits import unit_of, value_of
from core.charts.limits import utility_of as utility_of
from core.charts.relaxation import smallest
from core.charts.words import (
    anchor_of,
    at_most,
    items,
    label_of,
    listed,
    mapping,
    measure_of,
    number,
    of_100,
    plain,
    risk_text,
    threat_of,
    utility_text,
)

UNPROVEN = ("unproven", "cannot_settle", "not_measured")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A point against every requirement.

    Parameters
    ----------
    state : {"plain", "meets", "unproven", "fails"}
        `plain` when nobody set a limit. `meets` only when every requirement says yes; a requirement without a verdict
        counts as not measured, never as met.
    each : tuple of (requirement name, verdict)
    """

    state: str
    each: tuple[tuple[str, str], ...] = ()

    def names(self, *verdicts: str) -> list[str]:
        """Return the requirements with one of these verdicts."""
        return [plain(name) for name, verdict in self.each if verdict in verdicts]

    def text(self) -> str:
        """Return the verdict in words.

        >>> Verdict(state="fails", each=(("floor", "no"), ("ceiling", "yes"))).text()
        'fails floor'
        """
        if self.state == "plain":
            return "no limits set"
        if self.state == "meets":
            return "meets every limit" if len(self.each) > 1 else "meets the limit"
        parts = []
        for verdict, words in (
            ("no", "fails"),
            ("unproven", "not proven:"),
            ("cannot_settle", "this table cannot settle"),
            ("not_measured", "not measured:"),
        ):
            if names := self.names(verdict):
                parts.append(f"{words} {listed(names)}")
        return "; ".join(parts)


def requirements_of(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the requirements of a result."""
    return [mapping(requirement) for requirement in items(result.get("requirements"))]


def points_of(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the points of a result."""
    return [mapping(point) for point in items(result.get("points"))]


def threat_shown(result: Mapping[str, Any], threat: str | None = None) -> str:
    """Return the threat on the x-axis: the one asked for, the study's, or membership."""
    return threat or str(mapping(result.get("study")).get("threat") or "membership")


def metric_shown(result: Mapping[str, Any], metric: str | None = None) -> str:
    """Return the metric on the y-axis: the one asked for, the study's, or accuracy."""
    return metric or str(mapping(result.get("study")).get("metric") or "accuracy")


def verdict_of(point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> Verdict:
    """Return a point's verdict; every requirement of the result is asked, whatever the point's record holds."""
    if not requirements:
        return Verdict(state="plain")
    meets = mapping(point.get("meets"))
    known = ("yes", "no", *UNPROVEN)
    each = []
    for requirement in requirements:
        name = str(requirement.get("name"))
        verdict = meets.get(name)
        each.append((name, verdict if verdict in known else "not_measured"))
    verdicts = [verdict for _, verdict in each]
    state = "fails" if "no" in verdicts else "meets" if set(verdicts) == {"yes"} else "unproven"
    return Verdict(state=state, each=tuple(each))


def settings_of(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the measured points that somebody could choose: all but the two anchors."""
    return [p for p in points_of(result) if p.get("status") == "measured" and anchor_of(p) is None]


def shortfalls(point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """Return what each requirement's value lacks, in its own unit; infinite where there is no number."""
    found = []
    for requirement in requirements:
        value = value_of(point, requirement)
        floor, ceiling = number(requirement.get("at_least")), number(requirement.get("at_most"))
        if value is None or (floor is None and ceiling is None):
            lacks = math.inf
        else:
            lacks = max(floor - value if floor is not None else 0.0, value - ceiling if ceiling is not None else 0.0, 0)
        found.append((plain(requirement.get("name")), lacks))
    return found


def limits_word(count: int) -> str:
    """Return "both limits" or its like."""
    return {1: "the limit", 2: "both limits"}.get(count, f"all {count} limits")


def violations(result: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    """Return (point, threat, risk) wherever a measured risk is above its own proved bound."""
    found = []
    for point in points_of(result):
        for threat, risk in mapping(point.get("risks")).items():
            if mapping(risk).get("violation") is True:
                found.append((point, str(threat), mapping(risk)))
    return found


def violation_text(threat: str, risk: Mapping[str, Any]) -> str:
    """Return a violation in words; where only those who stand out most are above the ceiling, of them.

    >>> apart = {"status": "measured", "value": .3, "low": .2, "high": .4}
    >>> violation_text("membership", {"value": .02, "low": .0, "bound": .1, "vulnerable": apart})[:79]
    'VIOLATION: for the people who stand out most the measured membership risk is at'
    """
    low, bound = number(risk.get("low")), number(risk.get("bound"))
    least, title = number(mapping(risk.get("vulnerable")).get("low")), threat_of(threat).title.lower()
    proved = at_most(bound) if bound is not None else "its bound"
    if low is None or bound is None or low > bound:
        found = f"measured {title} risk is {f'at least {of_100(low)}' if low is not None else risk_text(risk)},"
    elif least is not None and least > bound:
        found = f"for the people who stand out most the measured {title} risk is at least {of_100(least)},"
    else:
        found = f"the measured {title} risk of some people is"
    return (
        f"VIOLATION: {found} above the proved ceiling of {proved}. "
        "The guarantee does not hold as built, or the measurement is wrong: rely on neither before it is explained."
    )


def sentence(result: Mapping[str, Any], threat: str | None = None, metric: str | None = None) -> str:
    """Return the takeaway of a result for one threat.

    The setting that is named is the one with the lowest measured risk among those that meet every limit; where none
    does, the one that misses by least. Counts are over measured settings without the anchors.
    """
    threat, metric = threat_shown(result, threat), metric_shown(result, metric)
    settings, requirements = settings_of(result), requirements_of(result)
    anchors = [p for p in points_of(result) if p.get("status") == "measured" and anchor_of(p) is not None]
    if not settings and not anchors:
        return "Nothing has been measured yet."
    if not settings:
        return "Only the two anchors have been measured so far: no setting to compare."
    parts = [
        _limits_sentence(settings, requirements, threat, metric) if requirements else _plain(settings, threat, metric)
    ]
    bare = next((p for p in anchors if anchor_of(p) == "none"), None)
    if bare is not None and verdict_of(bare, requirements).state == "meets":
        parts.append(f"No protection meets {limits_word(len(requirements))} too.")
    broken = {str(point.get("id")) for point, _, _ in violations(result)}
    if broken:
        many = "1 setting measures" if len(broken) == 1 else f"{len(broken)} settings measure"
        parts.append(f"{many} above a proved bound: see VIOLATION.")
    return " ".join(parts)


def ranked(points: Sequence[Mapping[str, Any]], threat: str, metric: str) -> list[Mapping[str, Any]]:
    """Return points by risk, lowest first, then by utility, best first; those without the risk come last."""
    sign = measure_of(metric).sign

    def key(point: Mapping[str, Any]) -> tuple[float, float]:
        risk, value = risk_value(point, threat), number(utility_of(point, metric).get("value"))
        return (math.inf if risk is None else risk), -(sign * value if value is not None else -math.inf)

    return sorted(points, key=key)


def _limits_sentence(
    settings: Sequence[Mapping[str, Any]], requirements: Sequence[Mapping[str, Any]], threat: str, metric: str
) -> str:
    verdicts = [(point, verdict_of(point, requirements).state) for point in settings]
    meeting = [point for point, state in verdicts if state == "meets"]
    open_ = sum(state == "unproven" for _, state in verdicts)
    total, limits = len(settings), limits_word(len(requirements))
    of = f"of {total} settings" if total != 1 else "of 1 setting"
    more = "Another " if meeting else ""
    undecided = f" {more}{open_} {'is' if open_ == 1 else 'are'} not proven either way." if open_ else ""
    if meeting:
        verb = "meets" if len(meeting) == 1 else "meet"
        best = ranked(meeting, threat, metric)[0]
        if risk_value(best, threat) is None:
            tail = f"none of them has a measured {threat_of(threat).title.lower()} risk."
        elif len(meeting) == 1:
            tail = f"it is {label_of(best)}."
        else:
            tail = f"the safest of them is {label_of(best)}."
        return f"{len(meeting)} {of} {verb} {limits}; {tail}{undecided}"
    nearest = ranked(settings, threat, metric)
    relaxed = smallest(nearest, requirements)
    closest = relaxed.point if relaxed is not None else min(nearest, key=lambda point: _misses(point, requirements))
    return f"None {of} meets {limits}; the closest is {label_of(closest)}, {_gap(closest, requirements)}.{undecided}"


def _misses(point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> tuple[float, int, float]:
    """Return (unmeasured limits, failed limits, what the values lack together): smaller is closer."""
    lacks = [amount for _, amount in shortfalls(point, requirements)]
    failed = verdict_of(point, requirements).names("no")
    return sum(map(math.isinf, lacks)), len(failed), sum(amount for amount in lacks if math.isfinite(amount))


def _gap(point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> str:
    lacks = shortfalls(point, requirements)
    missed: list[str] = []
    blind: list[str] = []
    unproved: list[str] = []
    for requirement, (name, amount) in zip(requirements, lacks, strict=True):
        if math.isinf(amount):
            (unproved if requirement.get("limit_on") == "epsilon" else blind).append(name)
        elif amount > 0:
            missed.append(f"{name} by {unit_of(requirement).apart(amount)}")
    parts = [f"which misses {listed(missed)}"] if missed else []
    if blind:
        parts.append(f"where {listed(blind)} was not measured")
    if unproved:
        parts.append(f"which proves nothing for {listed(unproved)}")
    return " and ".join(parts) or "whose values keep the limits, but not by the margin that a verdict needs"


def _plain(settings: Sequence[Mapping[str, Any]], threat: str, metric: str) -> str:
    many = f"{len(settings)} settings were measured" if len(settings) != 1 else "1 setting was measured"
    best = ranked(settings, threat, metric)[0]
    title = threat_of(threat).title.lower()
    if risk_value(best, threat) is None:
        return f"{many} and no limits are set; none has a measured {title} risk."
    return (
        f"{many} and no limits are set; the lowest {title} risk is that of {label_of(best)}: "
        f"{risk_text(risk_of(best, threat))}, at {measure_of(metric).spoken} "
        f"{utility_text(metric, utility_of(best, metric))}."
    )
