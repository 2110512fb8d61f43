"""The points as CSV, full precision, one row a setting."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

from core.charts.standing import against
from core.charts.verdict import metric_shown, points_of, requirements_of, risk_of, threat_shown, utility_of, verdict_of
from core.charts.words import METRICS, THREATS, items, label_of, mapping, number, plain

_SPAN = ("value", "low", "high")
_UTILITY = ("value", "low", "high", "reference", "better", "n", "method")
_RISK = (
    *("value", "low", "high", "success_members", "success_controls", "reference", "n_members", "n_controls"),
    *("attack", "detectable", "auc", "auc_low", "auc_high", "tpr_at_1pct", "tpr_low", "tpr_high", "bound"),
    *("violation", "finite_pool_corrected", "attempts", "tied_share", "method", "note", "reason"),
)
_NESTED = ("residual", "difference", "vulnerable")
_INSIDE = ("kinds", "rare", "caps", "per_attack")
"""Lists of a risk that only the team gets, each as the JSON of one cell."""
_GUARANTEE = ("kind", "k", "l", "t", "epsilon", "delta", "neighbours", "unit", "advantage_bound", "tpr_at_1pct_bound")
CELLS = {"best": "best measured", "tie": "not clearly beaten", "beaten": "clearly beaten"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(value: Any) -> Any:
    """Return a cell that a spreadsheet shows and does not run; numbers stay numbers.

    >>> guarded("=1+1"), guarded(-0.5), guarded(" @x"), guarded(None), guarded(True)
    ("'=1+1", -0.5, "'@x", '', 'yes')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return "" if number(value) is None else value
    text = plain(value)
    return f"'{text}" if str(value).startswith(_FORMULA) or text.startswith(_FORMULA) else text


def render_csv(result: Mapping[str, Any], inside: bool = True) -> str:
    """Return the settings of a result that was already filtered for its audience.

    A risk without a number has its status and empty cells; an empty cell is never zero.

    Parameters
    ----------
    inside : bool
        Whether the team reads it: then groups, rare values and variants are in it, as JSON in a cell.
    """
    points, requirements = points_of(result), requirements_of(result)
    rows = [_row(point, requirements, _threats(points), _metrics(points), inside) for point in points]
    measured = [point for point in points if point.get("status") == "measured"]
    stands = against(result, measured, threat_shown(result), metric_shown(result))
    for row, point in zip(rows, points, strict=True):
        found = stands.get(str(point.get("id")))
        row["against the others"] = None if found is None else CELLS[found.state]
        row["clearly beaten by"] = None if found is None else found.by or None
    decision = mapping(result.get("decision"))
    if decision:
        chosen = mapping(decision.get("choice")).get("id")
        for row, point in zip(rows, points, strict=True):
            row["chosen"] = point.get("id") == chosen
            row["decision"] = decision.get("state") if row["chosen"] else None
            row["review by"] = decision.get("review_date") if row["chosen"] else None
    names = list(rows[0]) if rows else ["id", "setting", "status"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in names])
    writer.writerows([guarded(row[name]) for name in names] for row in rows)
    return out.getvalue()


def _threats(points: list[Mapping[str, Any]]) -> list[str]:
    extra = {str(key) for point in points for key in mapping(point.get("risks"))} - set(THREATS)
    return [*THREATS, *sorted(extra)]


def _metrics(points: list[Mapping[str, Any]]) -> list[str]:
    found = {str(key) for point in points for key in mapping(point.get("utility"))}
    found = {key for key in found if not key.endswith("_full")}
    return [*(key for key in METRICS if key in found), *sorted(found - set(METRICS))]


def _full(metrics: list[str]) -> list[str]:
    """Return the fit on the whole pool, which has the first metric of the task only."""
    return ["r2_full"] if "r2" in metrics else ["accuracy_full"]


def _row(
    point: Mapping[str, Any],
    requirements: list[Mapping[str, Any]],
    threats: list[str],
    metrics: list[str],
    inside: bool,
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": str(point.get("id")), "setting": label_of(point)}
    for name in ("family", "status", "reason", "release", "replicates", "n_train", "rows_released", "rows_suppressed"):
        row[name] = point.get(name)
    row["violation"] = any(mapping(risk).get("violation") is True for risk in mapping(point.get("risks")).values())
    for metric in metrics:
        estimate = utility_of(point, metric)
        row |= {f"{metric} {name}": estimate.get(name) for name in _UTILITY}
        row |= _span(f"{metric} difference", estimate.get("difference"))
    for metric in _full(metrics):
        row[metric] = utility_of(point, metric).get("value")
    measured = point.get("status") == "measured"
    for threat in threats:
        risk = risk_of(point, threat)
        status = str(risk.get("status") or "not_measured")
        row[f"{threat} status"] = status if measured else "not_measured"
        shown = risk if measured and status == "measured" else {"reason": risk.get("reason")}
        row |= {f"{threat} {name}": shown.get(name) for name in _RISK}
        for name in _NESTED:
            row |= _span(f"{threat} {name}", shown.get(name))
        if inside:
            row |= {f"{threat} {name}": _json(shown.get(name)) for name in _INSIDE}
    if inside:
        row["subgroups"] = _json(point.get("subgroups"))
    proved = mapping(point.get("guarantee"))
    row |= {f"guarantee {name}": proved.get(name) for name in _GUARANTEE}
    verdict = dict(verdict_of(point, requirements).each)
    row |= {f"limit {place}: {plain(name)}": found for place, (name, found) in enumerate(verdict.items(), start=1)}
    row["recipe"] = json.dumps(items(point.get("recipe")), ensure_ascii=False, default=str)
    return row


def _span(head: str, record: Any) -> dict[str, Any]:
    """Return a number with its interval; empty cells where it is not measured."""
    found = mapping(record)
    told = found if found.get("status", "measured") == "measured" else {}
    return {f"{head} {name}": told.get(name) for name in _SPAN}


def _json(value: Any) -> str | None:
    """Return a list as the JSON of one cell; nothing for an empty one."""
    return json.dumps(value, ensure_ascii=False, default=str) if value else None
