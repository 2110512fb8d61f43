"""The chosen setting in plain sentences, every number beside the value that it is read against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_value, utility_of, verdict_of
from core.charts.words import (
    VERDICTS,
    items,
    label_of,
    mapping,
    measure_of,
    number,
    plain,
    risk_sentence,
    short,
    utility_text,
)
from core.report.cells import (
    known,
    other_violations,
    proved_sentence,
    risk_cell,
    risk_change,
    risk_title,
    utility_change,
)
from core.report.coverage import missing_text, threats_of
from core.report.model import Bullets, Section, Text
from core.report.payers import vulnerable_sentence, worst_group
from core.techniques import TECHNIQUES


def chosen_section(
    place: int | None,
    point: Mapping[str, Any],
    requirements: Sequence[Mapping[str, Any]],
    study: Mapping[str, Any],
    threat: str,
    metric: str,
    everybody: float | None = None,
) -> Section:
    """Return what the chosen setting does, what it costs, what was found, what was not looked at, and who pays.

    Parameters
    ----------
    place : int, optional
        Its number on the chart.
    everybody : float, optional
        People of the pool.
    """
    title = f"The chosen setting: {label_of(point)}{f' (number {place})' if place else ''}"
    if point.get("status") != "measured":
        return Section(title=title, blocks=(Text(text="It has no number in this result."),))
    threats = threats_of([point])
    told = [steps_text(point), utility_sentence(point, metric)]
    for key in threats:
        if risk_value(point, key) is not None:
            told.append(_risk(point, key, study))
    told += missing_text(point, threats)
    told.append(proved_sentence(point.get("guarantee")))
    told += [f"Limit {plain(name)}: {VERDICTS[verdict]}." for name, verdict in verdict_of(point, requirements).each]
    told.append(vulnerable_sentence(threat, mapping(mapping(point.get("risks")).get(threat)), study, everybody))
    worst = worst_group(point)
    if worst not in ("-", ""):
        told.append(f"Worst group: {worst}.")
    told.append(other_violations(point))
    return Section(title=title, blocks=(Bullets(items=tuple(text for text in told if text)),))


def steps_text(point: Mapping[str, Any]) -> str:
    """Return what is done, step by step, and what leaves.

    >>> steps_text({"recipe": [{"technique": "drop_columns", "parameters": {"columns": ["race"]}}], "release": "rows"})
    'What is done: Leave columns out (columns = race). What leaves: rows.'
    """
    steps = []
    for step in map(mapping, items(point.get("recipe"))):
        key = str(step.get("technique"))
        title = TECHNIQUES[key].title if key in TECHNIQUES else plain(key)
        settings = ", ".join(f"{plain(k)} = {short(v)}" for k, v in mapping(step.get("parameters")).items())
        steps.append(f"{title}{f' ({settings})' if settings else ''}")
    words = {"rows": "rows", "model": "a model, no rows", "both": "rows and a model"}
    leaves = words.get(str(point.get("release")), "not stated")
    return f"What is done: {', then '.join(steps) or 'not stated'}. What leaves: {leaves}."


def utility_sentence(point: Mapping[str, Any], metric: str) -> str:
    """Return how useful it is, against a model that knows nothing and against no protection."""
    estimate, words = utility_of(point, metric), measure_of(metric)
    value, reference = number(estimate.get("value")), number(estimate.get("reference"))
    if value is None:
        return f"{words.title}: {utility_text(metric, estimate)}."
    told = f"{words.title}: {utility_text(metric, estimate)}"
    if reference is not None:
        named = plain(estimate.get("reference_name")) or words.reference
        told += f"; {named} reaches {utility_text(metric, {'value': reference}, interval=False)}"
    change = utility_change(point, metric)
    return f"{told}; {change}." if change != "-" else f"{told}."


def _risk(point: Mapping[str, Any], key: str, study: Mapping[str, Any]) -> str:
    risk = mapping(mapping(point.get("risks")).get(key))
    said = risk_sentence(key, risk, known(study, key))
    change = risk_change(point, key)
    numbers = f"{risk_title(key).capitalize()} risk: {risk_cell(point, key)}"
    return f"{numbers}; {change}. {said}".strip() if change != "-" else f"{numbers}. {said}".strip()
