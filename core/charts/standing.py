"""Where each point stands against the others, in words: best measured, not clearly beaten, or clearly beaten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.marks import Mark
from core.charts.verdict import metric_shown, threat_shown
from core.charts.words import items, label_of, listed, mapping, measure_of, number
from core.tradeoff.frontier import COUNTED, ERROR, candidates, standing

TIE = "≈"
"""Written beside every point that others beat by value and not beyond noise, where any is clearly beaten."""

FEWER_RUNS = (
    "With fewer, the attacker has fewer models to compare with (reference models), so a measured membership risk tends "
    "to look smaller: compare it between settings with equal numbers only."
)
"""What different numbers of runs do to a membership risk; chart and report say it in the same words."""

NAMED = 4
"""Settings with one number of runs that are named; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Against:
    """Where one point stands.

    Parameters
    ----------
    state : {"best", "tie", "beaten"}
    by : str
        The id of a point that clearly beats it, else empty.
    text : str
        In a sentence.
    """

    state: str
    by: str
    text: str


def against(
    result: Mapping[str, Any], measured: Sequence[Mapping[str, Any]], threat: str, metric: str
) -> dict[str, Against]:
    """Return by id where each point stands that has a value on both axes.

    On the axes of the study the result says it (`frontier`, `frontier_beaten`), for the engine could compare person by
    person; on other axes, and for results that do not say it, the intervals decide, more carefully.
    """
    found = standing(candidates(measured, metric, threat), threat)
    best, beaten = set(found.best), dict(found.beaten)
    if (threat, metric) == (threat_shown(result), metric_shown(result)):
        if "frontier" in result:
            best = {str(identifier) for identifier in items(result["frontier"])}
        if "frontier_ties" in result:
            beaten = {str(loser): str(by) for loser, by in mapping(result.get("frontier_beaten")).items()}
    labels = {str(point.get("id")): label_of(point) for point in measured}
    told = {}
    for identifier in (*found.best, *found.ties, *found.beaten):
        by = "" if identifier in best else beaten.get(identifier, "")
        by = by if by in labels else ""
        state = "best" if identifier in best else "beaten" if by else "tie"
        told[identifier] = Against(state=state, by=by, text=_text(state, labels.get(by, ""), metric))
    return told


def _text(state: str, by: str, metric: str) -> str:
    spoken = measure_of(metric).spoken
    if state == "best":
        return f"Best measured: no other setting beats it in {spoken} and risk at once."
    if state == "tie":
        return (
            f"{TIE} Not clearly beaten: another setting has better numbers, but the difference in {spoken} or in risk "
            "may be chance."
        )
    return f"Clearly beaten by {by}: better {spoken} and lower risk, by more than chance explains."


def signed(marks: Sequence[Mark]) -> frozenset[str]:
    """Return the ids of the points that carry `TIE` on a chart: a sign on all of them would say nothing."""
    if not any(mark.standing == "beaten" for mark in marks):
        return frozenset()
    return frozenset(mark.id for mark in marks if mark.standing == "tie")


def cells(marks: Sequence[Mark], brief: bool = False) -> dict[str, str]:
    """Return by id where each point stands, in a few characters for a table that numbers its rows as the chart does.

    Parameters
    ----------
    brief : bool
        Whether only the sign stands for a tie, explained elsewhere.
    """
    numbers = {mark.id: mark.number for mark in marks}
    words = {"best": "best measured", "tie": TIE if brief else f"{TIE} not clearly beaten"}
    return {
        mark.id: words.get(mark.standing) or f"clearly beaten by {numbers.get(mark.beaten_by, 'another')}"
        for mark in marks
    }


def standing_text(found: Sequence[Against], metric: str) -> str:
    """Return what the marks of the chart mean and how often one is wrong; empty when no point is beaten by value."""
    ties, beaten = (sum(one.state == state for one in found) for state in ("tie", "beaten"))
    told = []
    if ties:
        some = "1 setting that is" if ties == 1 else f"{ties} settings that are"
        told.append(
            f"{TIE} marks {some} not clearly beaten: another one has better numbers, but the difference in "
            f"{measure_of(metric).spoken} or in risk may be chance. That does not make them as good as the best."
        )
    if beaten:
        told.append(
            f"{beaten} {'is' if beaten == 1 else 'are'} clearly beaten by another, which has better "
            f"{measure_of(metric).spoken} and lower risk. A setting that is really among the best is called beaten at "
            f"most {ERROR * 100:g} times in 100."
        )
    elif ties:
        return (
            f"No setting is clearly beaten by another in {measure_of(metric).spoken} and risk at once; more runs, or "
            "more people, can show which are."
        )
    return " ".join(told)


def runs_text(measured: Sequence[Mapping[str, Any]], threat: str) -> str:
    """Return which points have how many runs, and what that does to their risks; empty when all have as many.

    Examples
    --------
    >>> points = [{"name": "a", "replicates": 8}, {"name": "b", "replicates": 8}, {"name": "c", "replicates": 2}]
    >>> runs_text(points, "membership")[:81]
    'These points do not all have the same number of random halves. 8: a and b; 2: c. '
    """
    groups: dict[int, list[str]] = {}
    for point in measured:
        runs = number(point.get("replicates"))
        if runs is not None:
            groups.setdefault(int(runs), []).append(label_of(point))
    if len(groups) < 2 or threat in COUNTED:
        return ""
    told = "; ".join(f"{runs}: {_some(groups[runs])}" for runs in sorted(groups, reverse=True))
    after = (
        FEWER_RUNS
        if threat == "membership"
        else "With fewer, an attack has fewer attempts to learn from: compare settings with equal numbers only."
    )
    return f"These points do not all have the same number of random halves. {told}. {after}"


def _some(labels: Sequence[str]) -> str:
    if len(labels) <= NAMED:
        return listed(labels)
    return f"{', '.join(labels[: NAMED - 1])} and {len(labels) - NAMED + 1} more"
