"""The trade-off chart: risk of one threat against one utility metric, every measured setting a mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from core.charts.base import Chart
from core.charts.geometry import joins_of, lines_of, ranges_of, region_of
from core.charts.mark_of import mark_of
from core.charts.marks import Absent, Mark, TradeOffInfo
from core.charts.standing import against, runs_text, standing_text
from core.charts.verdict import (
    metric_shown,
    points_of,
    requirements_of,
    risk_of,
    risk_value,
    sentence,
    threat_shown,
    utility_of,
    violation_text,
    violations,
)
from core.charts.words import (
    STATUS,
    known_of,
    label_of,
    listed,
    mapping,
    measure_of,
    number,
    plain,
    threat_of,
    utility_text,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go


_UP = {
    "higher": "higher\u00a0is\u00a0better",
    "lower": "lower\u00a0is\u00a0better\u00a0and\u00a0drawn\u00a0further\u00a0up",
}


class TradeOff(Chart):
    """Risk to the left is lower, utility upwards is higher: the middle ground is up and to the left."""

    key: ClassVar[str] = "trade_off"
    title: ClassVar[str] = "Risk against accuracy"

    @classmethod
    def info(
        cls,
        result: Mapping[str, Any],
        *,
        threat: str | None = None,
        metric: str | None = None,
        selected: str | None = None,
        previous: TradeOffInfo | None = None,
    ) -> TradeOffInfo:
        """Return the numbers of the chart.

        Parameters
        ----------
        result : mapping
            A result, finished or partial, of schema `middleground.result/1`.
        threat, metric : str, optional
            What the axes show; the study's choice when left out.
        selected : str, optional
            The id of the point with a ring.
        previous : TradeOffInfo, optional
            The chart before this one: with the same axes its ranges stay inside the new ones, so that nothing jumps
            while a sweep fills in.
        """
        threat, metric = threat_shown(result, threat), metric_shown(result, metric)
        requirements, words = requirements_of(result), measure_of(metric)
        measured = [point for point in points_of(result) if point.get("status") == "measured"]
        stands = against(result, measured, threat, metric)
        marks: list[Mark] = []
        off_axis: list[Absent] = []
        for place, point in enumerate(measured, start=1):
            reason = _off_axis(point, threat, metric)
            if reason is not None:
                off_axis.append(Absent(id=str(point.get("id")), label=label_of(point), reason=reason))
            else:
                known = known_of(mapping(result.get("study")), threat)
                here = stands[str(point.get("id"))]
                marks.append(mark_of(point, place, threat, metric, requirements, here, selected, known))
        region = region_of(requirements, threat, metric)
        lines = lines_of(measured, threat, metric)
        kept = (
            previous if previous and (previous.threat, previous.metric) == (threat, metric) and previous.marks else None
        )
        x_range, y_range = ranges_of(marks, region, lines, words, kept)
        found = sentence(result, threat, metric)
        waiting = [p for p in points_of(result) if p.get("status") not in ("measured", "skipped", "failed")]
        return TradeOffInfo(
            threat=threat,
            metric=metric,
            x_title=f"{threat_of(threat).title} risk: {threat_of(threat).axis} (←\u00a0lower\u00a0is\u00a0better)",
            y_title=f"{words.title}: {words.axis} ({_UP[words.better]}\u00a0→)",
            x_range=x_range,
            y_range=y_range,
            marks=tuple(marks),
            joins=joins_of(measured, {mark.id for mark in marks}),
            frontier=tuple(sorted({(m.x.value, m.y.value) for m in marks if m.frontier})),
            region=region,
            lines=lines,
            limits=bool(requirements),
            off_axis=tuple(off_axis),
            skipped=_absent(points_of(result), "skipped"),
            failed=_absent(points_of(result), "failed"),
            waiting=tuple(Absent(id=str(p.get("id")), label=label_of(p), reason="not measured yet") for p in waiting),
            violations=tuple(
                f"{label_of(point)}: {violation_text(name, risk)}" for point, name, risk in violations(result)
            ),
            sentence=found,
            alt=_alt(found, marks, off_axis, threat, words.spoken),
            y_better=words.better,
            standing=standing_text(tuple(stands.values()), metric),
            runs=runs_text([point for point in measured if str(point.get("id")) in stands], threat),
        )

    @classmethod
    def figure(cls, info: TradeOffInfo, dark: bool = False) -> go.Figure:
        """Draw an info; plotly is imported only here."""
        from core.charts.trade_off_figure import draw

        return draw(info, dark)

    @classmethod
    def examples(cls) -> tuple[TradeOffInfo, ...]:
        """Return the empty chart, one without limits, and one with a limit and a point of every state."""
        states = ("yes", "no", "unproven")
        points = [_example(place, verdict) for place, verdict in enumerate(states)]
        limit = {"name": "ceiling", "risk": "membership", "at_most": 0.05}
        skipped = {"id": "big", "name": "big", "status": "skipped", "reason": "the table has fewer people than k"}
        return (
            cls.info({"points": []}),
            cls.info({"points": points[:1]}),
            cls.info({"points": [*points, skipped], "requirements": [limit]}, selected="example[k=1]"),
        )


def _example(place: int, verdict: str) -> dict[str, Any]:
    risk, gain = 0.03 * place, 0.8 + 0.02 * place
    return {
        "id": f"example[k={place}]",
        "name": "example",
        "swept": {"k": place},
        "family": "coarsen",
        "status": "measured",
        "utility": {"accuracy": {"value": gain, "low": gain - 0.01, "high": gain + 0.01, "n": 900}},
        "risks": {"membership": {"status": "measured", "value": risk, "low": risk - 0.02, "high": risk + 0.02}},
        "meets": {"ceiling": verdict},
    }


def _off_axis(point: Mapping[str, Any], threat: str, metric: str) -> str | None:
    """Return why a measured point has no place on these axes, or None."""
    if risk_value(point, threat) is None:
        risk = risk_of(point, threat)
        status = str(risk.get("status") or "not_measured")
        status = STATUS["undefined"] if status == "measured" else STATUS.get(status, STATUS["not_measured"])
        reason = plain(risk.get("reason"))
        return f"{threat_of(threat).title}: {status}{': ' + reason if reason else ''}"
    estimate = utility_of(point, metric)
    if number(estimate.get("value")) is None:
        reason = plain(estimate.get("reason"))
        return f"{measure_of(metric).title}: {utility_text(metric, estimate)}{': ' + reason if reason else ''}"
    return None


def _absent(points: Sequence[Mapping[str, Any]], status: str) -> tuple[Absent, ...]:
    return tuple(
        Absent(id=str(p.get("id")), label=label_of(p), reason=plain(p.get("reason")) or "no reason was given")
        for p in points
        if p.get("status") == status
    )


def _alt(found: str, marks: Sequence[Mark], off_axis: Sequence[Absent], threat: str, metric: str) -> str:
    """Return the text for people who do not see the chart: what is drawn, and the takeaway."""
    states = {"meets": "filled: every limit met", "unproven": "hollow: not proven", "fails": "crossed: a limit failed"}
    counts = [
        f"{sum(m.state == s for m in marks)} {words}" for s, words in states.items() if any(m.state == s for m in marks)
    ]
    told = f" ({', '.join(counts)})" if counts else ""
    places = {"best": "best measured", "tie": "not clearly beaten", "beaten": "clearly beaten"}
    stand = listed([f"{n} {words}" for s, words in places.items() if (n := sum(m.standing == s for m in marks))])
    off = f" {len(off_axis)} more have no place on these axes." if off_axis else ""
    many = f"{len(marks)} points" if len(marks) != 1 else "1 point"
    against = f"{threat_of(threat).title.lower()} risk"
    return f"Chart of {metric} against {against} with {many}{told}{': ' + stand if stand else ''}.{off} {found}"
