"""Evidence: what a decision stands on, as hashes that change when one setting, cell or version does."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Any

from core.charts.words import items, mapping
from core.team.events import canonical

VIEW_ONLY = ("name", "metric", "threat")
"""What a study says about showing: choosing another axis is no other study."""


def settings_of(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a study in the form of its TOML file that can change a number or a verdict."""
    head = {k: v for k, v in mapping(draft.get("study")).items() if k not in VIEW_ONLY and v not in (None, "", [])}
    attacker = {k: v for k, v in mapping(draft.get("attacker")).items() if v not in (None, "", [])}
    blocks = {k: [dict(mapping(b)) for b in items(draft.get(k))] for k in ("recipe", "requirement")}
    return {"study": head, "attacker": attacker, **blocks}


def hashed(value: Any) -> str:
    """Return the SHA-256 of a value's one JSON text.

    >>> hashed({"b": 1, "a": 2}) == hashed({"a": 2, "b": 1})
    True
    """
    return hashlib.sha256(canonical(finite(value)).encode()).hexdigest()


def evidence_of(result: Mapping[str, Any], study: Mapping[str, Any], schema: str) -> dict[str, Any]:
    """Return the hashes of what a decision stands on.

    Parameters
    ----------
    result : mapping
        Of schema `middleground.result/1`, as it is kept.
    study : mapping
        The study in the form of its TOML file; what only says how to show it does not count.
    schema : str
        The hash of the schema's JSON.

    Returns
    -------
    dict
        `study`, `schema`, `table` (the fingerprint of the rows measured), `points`, `versions`, and `hash` over these.
    """
    points = [{k: v for k, v in mapping(p).items() if k != "seconds"} for p in items(result.get("points"))]
    parts = {
        "study": hashed(settings_of(study)),
        "schema": schema,
        "table": str(mapping(result.get("table")).get("fingerprint") or ""),
        "points": hashed(points),
        "versions": hashed(mapping(result.get("versions"))),
    }
    return {"hash": hashed(parts), **parts}


def matches(decision: Mapping[str, Any]) -> bool:
    """Say whether a decision file still holds what its evidence was made of."""
    result, study = mapping(decision.get("result")), mapping(decision.get("study"))
    stated, schema = mapping(decision.get("evidence")), decision.get("schema_of_table")
    mark = str(decision.get("schema_hash") or "")
    whole = schema is None or hashed(schema) == mark
    return whole and bool(stated) and dict(stated) == evidence_of(result, study, mark)


def finite(value: Any) -> Any:
    """Return a value with what is no finite number as none: JSON has no word for it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(k): finite(v) for k, v in value.items()}
    return [finite(v) for v in value] if isinstance(value, (list, tuple)) else value
