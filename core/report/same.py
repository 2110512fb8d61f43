"""Whether a decision was taken on the numbers that are shown with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.charts.words import items, mapping, number

_NUMBERS = ("value", "low", "high", "bound")


def same_numbers(decision: Mapping[str, Any], result: Mapping[str, Any]) -> bool | None:
    """Say whether a decision's own result has the numbers, limits and verdicts of a result; none when it has no result.

    Names of groups are not compared: what is kept with a decision has fewer of them than what was measured.

    >>> same_numbers({"result": {"points": []}}, {"points": [{"id": "a"}]}), same_numbers({}, {})
    (False, None)
    """
    kept = decision.get("result")
    return _numbers(kept) == _numbers(result) if isinstance(kept, Mapping) and kept else None


def _numbers(result: Mapping[str, Any]) -> str:
    told = {
        "table": mapping(result.get("table")).get("fingerprint"),
        "seed": result.get("seed"),
        "requirements": [
            [mapping(r).get(key) for key in ("name", "metric", "risk", "limit_on", "at_least", "at_most")]
            for r in items(result.get("requirements"))
        ],
        "points": [_point(mapping(point)) for point in items(result.get("points"))],
    }
    return json.dumps(told, sort_keys=True, default=str)


def _point(point: Mapping[str, Any]) -> list[Any]:
    proved = mapping(point.get("guarantee"))
    return [
        point.get("id"),
        point.get("status"),
        point.get("meets"),
        point.get("recipe"),
        [proved.get(key) for key in ("kind", "k", "epsilon", "delta")],
        {key: _span(mapping(found)) for key, found in mapping(point.get("utility")).items()},
        {
            key: [mapping(found).get("status"), _span(mapping(found))]
            for key, found in mapping(point.get("risks")).items()
        },
    ]


def _span(record: Mapping[str, Any]) -> list[float | None]:
    return [number(record.get(name)) for name in _NUMBERS]
