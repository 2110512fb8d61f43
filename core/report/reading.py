"""How to read each number: the words of the metrics and of the risks that occur, from the one place that has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.attacks.words import THREAT_WORDS
from core.charts.verdict import points_of, risk_of, risk_value, utility_of
from core.charts.words import anchor_of, label_of, mapping, measure_of, number, risk_sentence, utility_text
from core.report.cells import known, title_with_direction
from core.report.model import Section, Table
from core.utility.metrics import ALL_METRICS

_HEAD = ("Number", "What it says", "How it is measured", "How to read it", "What it does not say")
_WIDTHS = (7, 12, 10, 10, 10)


def reading_section(result: Mapping[str, Any]) -> Section:
    """Return two tables of words, for what the result has a number of; each with one of its numbers as an example."""
    points = [point for point in points_of(result) if point.get("status") == "measured"]
    study = mapping(result.get("study"))
    metrics = [
        (title_with_direction(key), _metric(key, points), found.description, found.interpretation, found.caveat)
        for key, found in ALL_METRICS.items()
        if _with_metric(key, points)
    ]
    risks = [
        (
            words.title,
            f"{words.question} {_risk(threat, points, study)}",
            words.description,
            words.interpretation,
            words.caveat,
        )
        for threat, words in THREAT_WORDS.items()
        if _with_risk(threat, points)
    ]
    captions = ("What the model is good for", "What an attacker gets")
    tables = tuple(
        Table(caption=caption, head=_HEAD, rows=tuple(rows), widths=_WIDTHS)
        for caption, rows in zip(captions, (metrics, risks), strict=True)
        if rows
    )
    return Section(title="How to read each number", blocks=tables)


def _with_metric(key: str, points: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the points with a number, no protection first: examples are about it where it was measured."""
    found = [point for point in points if number(utility_of(point, key).get("value")) is not None]
    return sorted(found, key=lambda point: anchor_of(point) != "none")


def _with_risk(threat: str, points: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found = [point for point in points if risk_value(point, threat) is not None]
    return sorted(found, key=lambda point: anchor_of(point) != "none")


def _metric(key: str, points: Sequence[Mapping[str, Any]]) -> str:
    point = _with_metric(key, points)[0]
    example = utility_text(key, utility_of(point, key), interval=False)
    return f"{ALL_METRICS[key].sentence} Here, {label_of(point)}: {measure_of(key).spoken} {example}."


def _risk(threat: str, points: Sequence[Mapping[str, Any]], study: Mapping[str, Any]) -> str:
    point = _with_risk(threat, points)[0]
    return f"Here, {label_of(point)}: {risk_sentence(threat, risk_of(point, threat), known(study, threat))}"
