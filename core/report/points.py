"""The table of settings: one row each, with the numbers of the chart, what is proved, and every violation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.verdict import risk_of, utility_of, verdict_of
from core.charts.words import label_of, mapping, measure_of, plain, threat_of
from core.report.cells import guarantee_text, other_violations, risk_cell, title_with_direction, utility_cell
from core.report.model import Table


def points_table(
    rows: Sequence[tuple[int, Mapping[str, Any]]],
    requirements: Sequence[Mapping[str, Any]],
    threat: str,
    metric: str,
    caption: str,
    brief: bool = False,
    standings: Mapping[str, str] | None = None,
) -> Table:
    """Return one row per setting; the numbers are those of the chart.

    Parameters
    ----------
    brief : bool
        Whether violations are written out above: then the row says VIOLATION and no more.
    standings : mapping, optional
        Id -> where the point stands against the others; a column, and in brief a word after its name.
    """
    estimates = [utility_of(point, metric) for _, point in rows]
    named = next(
        (plain(e["reference_name"]) for e in estimates if e.get("reference_name")), measure_of(metric).reference
    )
    stands = standings or {}
    column = bool(stands) and not brief  # one page has no room for another column
    rest = {str(point.get("id")): f" ({told})" for _, point in rows if (told := stands.get(str(point.get("id"))))}
    return Table(
        caption=caption,
        head=(
            "#",
            "Setting",
            f"{title_with_direction(metric)} [95 % interval] (reference: {named})",
            f"{threat_of(threat).title} risk, measured [95 % interval] (reference: gained without this release)",
            "Proved",
            "Limits",
            *(("Against the others",) if column else ()),
        ),
        rows=tuple(
            (
                str(place),
                label_of(point) + (rest.get(str(point.get("id")), "") if brief else ""),
                utility_cell(point, metric),
                _risk(point, threat, brief),
                guarantee_text(point.get("guarantee")),
                verdict_of(point, requirements).text(),
                *((stands.get(str(point.get("id")), "not on the chart"),) if column else ()),
            )
            for place, point in rows
        ),
        widths=(3, 10, 12, 14, 12, 10, *((8,) if column else ())),
    )


def _risk(point: Mapping[str, Any], threat: str, brief: bool) -> str:
    """Return the risk of the chart, with every violation of the point."""
    if not brief:
        return f"{risk_cell(point, threat, ceiling=False)} {other_violations(point, threat)}".strip()
    broken = any(mapping(risk).get("violation") is True for risk in mapping(point.get("risks")).values())
    told = risk_cell({"risks": {threat: {**risk_of(point, threat), "violation": False}}}, threat, ceiling=False)
    return f"{told} VIOLATION, see above" if broken else told
