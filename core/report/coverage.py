"""Which risks were measured for each setting, which not, and why: nothing that is missing looks like nothing found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_of
from core.charts.words import STATUS, THREATS, decimal, label_of, mapping, number, of_100, plain, threat_of
from core.report.model import Block, Bullets, Section, Table, Text

NOBODY_LOOKED = "the result says nothing about it"

MEANING = {
    "not_measured": ". Nobody looked: it may be small or large",
    "undefined": ". The attack gave no number: it may be small or large",
}


def threats_of(points: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every threat that there is, and those that only these points know."""
    extra = {str(key) for point in points for key in mapping(point.get("risks"))} - set(THREATS)
    return [*THREATS, *sorted(extra)]


def status_of(point: Mapping[str, Any], threat: str) -> tuple[str, str]:
    """Return the status of a risk and the reason for it; no record is no measurement.

    >>> status_of({"risks": {"presence": {"status": "measured", "value": None}}}, "presence")
    ('undefined', 'the result says nothing about it')
    >>> status_of({}, "presence")
    ('not_measured', 'the result says nothing about it')
    """
    risk = risk_of(point, threat)
    status = str(risk.get("status") or "not_measured")
    if status == "measured" and number(risk.get("value")) is None:
        status = "undefined"
    if status not in STATUS:
        status = "not_measured"
    return status, "" if status == "measured" else plain(risk.get("reason")) or NOBODY_LOOKED


def missing_text(point: Mapping[str, Any], threats: Sequence[str]) -> list[str]:
    """Return a sentence for each reason why risks of one setting have no number."""
    found: dict[tuple[str, str], list[str]] = {}
    for threat in threats:
        status = status_of(point, threat)
        if status[0] != "measured":
            found.setdefault(status, []).append(threat_of(threat).title.lower())
    return [f"{', '.join(names).capitalize()}: {_why(status, reason)}" for (status, reason), names in found.items()]


def _why(status: str, reason: str) -> str:
    """Return a status with its reason, and that no number is not nothing.

    >>> _why("not_measured", "it was not run")
    'not measured, because it was not run. Nobody looked: it may be small or large.'
    """
    return f"{STATUS[status]}, because {reason.rstrip('.')}{MEANING.get(status, '')}."


def coverage_section(rows: Sequence[tuple[int, Mapping[str, Any]]]) -> Section:
    """Return one row per setting and one column per risk, and under the table the reasons, each once."""
    points = [point for _, point in rows]
    threats = threats_of(points)
    letters: dict[tuple[str, str], str] = {}
    cells = []
    for place, point in rows:
        row = [str(place), label_of(point)]
        for threat in threats:
            status, reason = status_of(point, threat)
            if status == "measured":
                row.append(_measured(point, threat))
                continue
            letter = letters.setdefault((status, reason), _letter(len(letters)))
            row.append(f"{STATUS[status]} ({letter})")
        cells.append(tuple(row))
    table = Table(
        caption="Every risk of every setting: measured, or why there is no number",
        head=("#", "Setting", *(threat_of(threat).title for threat in threats)),
        rows=tuple(cells),
        widths=(2, 8, *(5 for _ in threats)),
    )
    reasons = tuple(f"({letter}) {_why(status, reason)}" for (status, reason), letter in letters.items())
    note = Text(
        text="In brackets: the smallest risk that would have been found four times in five, smaller ones less often. "
        "A risk without a number is not zero. Each risk answers its own question: compare down a column, never along "
        "a row."
    )
    blocks: tuple[Block, ...] = (table, *((Bullets(items=reasons),) if reasons else ()), note)
    return Section(title="Which risks were measured", blocks=blocks)


def _measured(point: Mapping[str, Any], threat: str) -> str:
    risk = risk_of(point, threat)
    value, low, high = (number(risk.get(key)) for key in ("value", "low", "high"))
    told, least = f"measured: {of_100(value or 0.0)}", number(risk.get("detectable"))
    if least is not None and threat != "reidentification":
        told += f" ({decimal(least * 100, 1)})"
    if low is not None and high is not None and low <= 0 <= high and threat != "reidentification":
        told += ", not told apart from zero"
    return f"{told}, VIOLATION" if risk.get("violation") is True else told


def _letter(place: int) -> str:
    """Return a, b, ... z, aa, ab and so on.

    >>> _letter(0), _letter(25), _letter(26)
    ('a', 'z', 'aa')
    """
    tail = chr(ord("a") + place % 26)
    return tail if place < 26 else _letter(place // 26 - 1) + tail
