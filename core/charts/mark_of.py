"""One measured point as a mark: its place, its state, and what it says when pointed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.marks import Extent, Mark
from core.charts.standing import Against
from core.charts.verdict import risk_of, utility_of, verdict_of, violation_text, violations
from core.charts.words import (
    anchor_of,
    change_text,
    digits,
    label_of,
    listed,
    mapping,
    measure_of,
    number,
    plain,
    risk_sentence,
    risk_text,
    threat_of,
    utility_text,
)


def mark_of(
    point: Mapping[str, Any],
    place: int,
    threat: str,
    metric: str,
    requirements: Sequence[Mapping[str, Any]],
    stands: Against,
    selected: str | None,
    known: Sequence[str],
) -> Mark:
    """Return a measured point as a mark of the chart.

    Parameters
    ----------
    place : int
        Its place among the measured points, from 1.
    stands : Against
        Where the point stands against the others.
    selected : str, optional
        The id of the point with a ring.
    known : sequence of str
        What the attacker of the shown threat knows, for the sentence.
    """
    identifier, label = str(point.get("id")), label_of(point)
    risk, estimate, words = risk_of(point, threat), utility_of(point, metric), measure_of(metric)
    verdict, bound = verdict_of(point, requirements), number(risk.get("bound"))
    broken = [t for _, t, _ in violations({"points": [point]})]
    people = "" if number(estimate.get("n")) is None else f", {estimate['n']} people"
    counted = [
        f"{risk[k]} {w}" for k, w in (("n_members", "in the data"), ("n_controls", "not")) if number(risk.get(k))
    ]
    hover = [
        label,
        f"{words.title} {utility_text(metric, estimate)}{people}",
        _utility_against(metric, estimate),
        f"{threat_of(threat).title} {risk_text(risk)}{', ' + ' and '.join(counted) if counted else ''}",
        risk_sentence(threat, risk, known),
        _against(threat_of(threat).title, mapping(risk.get("difference")), 100.0, 1, " of 100", ("more", "fewer")),
        f"Limits: {verdict.text()}." if requirements else "",
        stands.text,
        f"Proved ceiling on this risk: {risk_text({'status': 'measured', 'value': bound}, False)}."
        if bound is not None
        else "",
        *(violation_text(found, risk_of(point, found)) for found in broken),
    ]
    return Mark(
        id=identifier,
        number=place,
        label=label,
        series=plain(point.get("name") or identifier),
        family="anchor" if anchor_of(point) else plain(point.get("family") or "other"),
        anchor=anchor_of(point),
        x=_extent(risk, 100.0),
        y=_extent(estimate, words.scale),
        state=verdict.state,
        verdict=verdict.text(),
        frontier=stands.state == "best",
        selected=identifier == selected,
        bound=None if bound is None else round(bound * 100, 9),
        violation=_violation(broken, threat),
        hover=tuple(line for line in hover if line),
        x_change=_change(risk, 100.0),
        y_change=_change(estimate, words.scale),
        standing=stands.state,
        beaten_by=stands.by,
        against=stands.text,
    )


def _extent(estimate: Mapping[str, Any], scale: float) -> Extent:
    value, low, high = (number(estimate.get(key)) for key in ("value", "low", "high"))
    if value is None:
        raise ValueError("only a measured value has a place on an axis")
    if low is None or high is None:
        return Extent(value=_round(value * scale))
    return Extent(value=_round(value * scale), low=_round(low * scale), high=_round(high * scale))


def _round(value: float) -> float:
    """Return a number without what the scaling added; an error far below one keeps its digits."""
    return round(value, 9) if abs(value) >= 1e-3 else value


def _change(estimate: Mapping[str, Any], scale: float) -> Extent | None:
    difference = mapping(estimate.get("difference"))
    return None if number(difference.get("value")) is None else _extent(difference, scale)


def _violation(broken: Sequence[str], shown: str) -> str:
    if not broken:
        return ""
    if shown in broken:
        return "above its proved ceiling"
    return f"{listed([threat_of(threat).title.lower() for threat in broken])} risk above its proved ceiling"


def _against(
    title: str, difference: Mapping[str, Any], scale: float, decimals: int, unit: str, ways: tuple[str, str]
) -> str:
    told = change_text(difference, scale, decimals, unit, ways)
    return f"{title}: {told}." if told else ""


def _utility_against(metric: str, estimate: Mapping[str, Any]) -> str:
    words, value = measure_of(metric), number(estimate.get("value"))
    unit = words.unit.replace(" %", " points")
    places = digits(metric, value or 0.0)
    return _against(words.title, mapping(estimate.get("difference")), words.scale, places, unit, ("higher", "lower"))
