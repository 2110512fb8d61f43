"""What of a result may be kept on disk: numbers, our words, and values of the table only where many share them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from core.charts.words import items, mapping, number
from core.report.outside import FEWEST


def keepable(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result without what could be somebody's cell.

    Names of groups stay where at least 20 people of TEST and of POOL share them; rare values, of which a name may be
    one person's cell, are numbered. Everything else of a result is numbers, column names and words of ours.

    >>> few = {"group": "Kiel", "test_people": 3, "pool_people": 40}
    >>> keepable({"points": [{"subgroups": {"groups": [few]}}]})["points"][0]["subgroups"]["groups"][0]["group"]
    'group 1 (few people)'
    """
    kept = copy.deepcopy(dict(result))
    for point in items(kept.get("points")):
        if not isinstance(point, dict):
            continue
        for place, group in enumerate(items(mapping(point.get("subgroups")).get("groups")), 1):
            if isinstance(group, dict) and any(
                (number(group.get(key)) or 0) < FEWEST for key in ("test_people", "pool_people")
            ):
                group["group"] = f"group {place} (few people)"
        for risk in mapping(point.get("risks")).values():
            for place, rare in enumerate(items(mapping(risk).get("rare")), 1):
                if isinstance(rare, dict):
                    rare["name"] = f"rare value {place}"
    return kept


def without_values(schema: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return a schema without lists of values, and whether it is still whole.

    Public categories and levels that were typed or uploaded name values of the table; bounds, widths and prefixes do
    not. A schema that is not whole cannot run the study again: the decision file, made while the table is open, can.
    """
    kept: dict[str, Any] = copy.deepcopy(dict(schema))
    whole = True
    for column in mapping(kept.get("columns")).values():
        whole = whole and "categories" not in column
        column.pop("categories", None)
        if mapping(column.get("hierarchy")).get("kind") not in (None, "intervals", "prefix", "date"):
            whole = False
            column.pop("hierarchy")
    return kept, whole
