"""What the trade-off chart draws around its marks: limits, anchors, ranges, and the lines that join settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.axes import Range, axis_range
from core.charts.marks import Line, Mark, Region, TradeOffInfo
from core.charts.measures import Measure
from core.charts.verdict import limit_text, limits_word, risk_value, utility_of
from core.charts.words import anchor_of, mapping, measure_of, number


def region_of(requirements: Sequence[Mapping[str, Any]], threat: str, metric: str) -> Region | None:
    """Return where all limits on these two axes hold; the tightest of several on one side counts."""
    mine = [r for r in requirements if r.get("risk") == threat or (not r.get("risk") and r.get("metric") == metric)]
    if not mine:
        return None
    sides: dict[str, list[float]] = {"x_low": [], "x_high": [], "y_low": [], "y_high": []}
    for requirement in mine:
        axis, scale = ("x", 100.0) if requirement.get("risk") else ("y", measure_of(metric).scale)
        for key, side in (("at_least", "low"), ("at_most", "high")):
            limit = number(requirement.get(key))
            if limit is not None:
                sides[f"{axis}_{side}"].append(round(limit * scale, 9))
    told = ", ".join(dict.fromkeys(limit_text(requirement) for requirement in mine))
    other = len(requirements) - len(mine)
    more = f" ({other} more {'limit is' if other == 1 else 'limits are'} not on these axes)" if other else ""
    return Region(
        x_low=max(sides["x_low"], default=None),
        x_high=min(sides["x_high"], default=None),
        y_low=max(sides["y_low"], default=None),
        y_high=min(sides["y_high"], default=None),
        label=f"Tinted: meets {limits_word(len(mine))} - {told}{more}",
    )


def lines_of(measured: Sequence[Mapping[str, Any]], threat: str, metric: str) -> tuple[Line, ...]:
    """Return the anchors as lines; a point without the threat still has its accuracy."""
    scale, found = measure_of(metric).scale, []
    for key, label in (("none", "no protection"), ("constant", "knows nothing")):
        point = next((p for p in measured if anchor_of(p) == key), None)
        if point is None:
            continue
        value, risk = number(utility_of(point, metric).get("value")), risk_value(point, threat)
        if value is not None:
            found.append(Line(axis="y", at=round(value * scale, 9), label=label))
        if risk is not None and key == "none":
            found.append(Line(axis="x", at=round(risk * 100, 9), label=label))
    return tuple(found)


def ranges_of(
    marks: Sequence[Mark],
    region: Region | None,
    lines: Sequence[Line],
    words: Measure,
    previous: TradeOffInfo | None,
) -> tuple[Range, Range]:
    """Return the ranges of both axes; zero risk is always inside."""
    limits = [] if region is None else [(region.x_low, region.x_high), (region.y_low, region.y_high)]
    sides: list[list[float]] = []
    for place, axis in enumerate("xy"):
        values = [getattr(mark, axis).value for mark in marks] + [line.at for line in lines if line.axis == axis]
        values += [limit for limit in (limits[place] if limits else ()) if limit is not None]
        sides.append(values)
    if sides[0]:
        sides[0].append(0.0)
    size = max(map(abs, sides[1]), default=0.0) or 1.0 if words.significant else words.scale
    return (
        axis_range(
            sides[0],
            [(mark.x.low, mark.x.high) for mark in marks],
            natural=(-100.0, 100.0),
            least=8.0,
            empty=(-2.0, 20.0),
            previous=previous.x_range if previous else None,
        ),
        axis_range(
            sides[1],
            [(mark.y.low, mark.y.high) for mark in marks],
            natural=words.natural,
            least=words.least * size,
            empty=(0.0 if words.significant else 0.5 * words.scale, words.scale),
            previous=previous.y_range if previous else None,
        ),
    )


def joins_of(measured: Sequence[Mapping[str, Any]], drawn: set[str]) -> tuple[tuple[str, ...], ...]:
    """Return the marks of each recipe in the order of its strength.

    With several swept parameters the one with most values is the strength, and every combination of the others is a
    line of its own.
    """
    series: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for point in measured:
        if str(point.get("id")) in drawn and anchor_of(point) is None:
            series.setdefault(str(point.get("name")), []).append((str(point.get("id")), mapping(point.get("swept"))))
    joins = []
    for settings in series.values():
        keys = sorted({key for _, swept in settings for key in swept})
        strength = max(keys, key=lambda k: len({str(swept.get(k)) for _, swept in settings}), default=None)
        lines: dict[str, list[tuple[str, Any]]] = {}
        for identifier, swept in settings:
            rest = repr([(key, swept.get(key)) for key in keys if key != strength])
            lines.setdefault(rest, []).append((identifier, swept.get(strength) if strength else None))
        for line in lines.values():
            if all(number(value) is not None for _, value in line):
                line = sorted(line, key=lambda pair: float(pair[1]))
            if len(line) > 1:
                joins.append(tuple(identifier for identifier, _ in line))
    return tuple(joins)


def spread(info: TradeOffInfo) -> list[tuple[Line, float]]:
    """Return (line, height of its label): labels of lines that lie close together are moved apart, never the lines."""
    gap = 0.05 * (info.y_range[1] - info.y_range[0])
    level = sorted((line for line in info.lines if line.axis == "y"), key=lambda line: line.at)
    heights: list[float] = []
    for line in level:
        heights.append(max(line.at, heights[-1] + gap) if heights else line.at)
    others = [(line, line.at) for line in info.lines if line.axis == "x"]
    return [*zip(level, heights, strict=True), *others]
