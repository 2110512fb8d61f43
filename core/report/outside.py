"""What outsiders see of a risk: numbers, and words that we wrote; never a category's name, never a small group.

Column names become numbers, values of the table become "rare value 1" and "group 1". A word that is not known here is
left out: a new variant of an attack stays inside until somebody decides about it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.attacks import ATTACKS
from core.attacks.words import THREAT_WORDS
from core.charts.words import items, mapping, number, plain

FEWEST = 20
"""People of a group below which outsiders get no number about it."""

HIDDEN = f"fewer than {FEWEST} people"

_STATUS = ("measured", "not_measured", "not_applicable", "undefined")
_VARIANT = re.compile(
    r"nearest \d+(, re-centred)?|pairs of columns|the very row|name|a name|lists of \d+|\d+ columns|one column"
    r"|all known columns(, exact)?"
)
_GUESSER = re.compile(r"nearest \d+|equally near|model")
_CLASSES = ("equivalence classes", "direct identifiers")
_SPAN = ("value", "low", "high")
_EXTRA = (
    *("auc_low", "auc_high", "tpr_low", "tpr_high", "finite_pool_corrected", "out_reference_share", "tied_share"),
    "attempts",
)
Text = Callable[[Any], str]


def numbers(record: Any, names: Sequence[str]) -> dict[str, float | None]:
    """Return the numbers of a record: what is no number is none.

    >>> numbers({"value": .5, "low": "Kiel"}, ("value", "low", "high"))
    {'value': 0.5, 'low': None}
    """
    return {name: number(record[name]) for name in names if name in mapping(record)}


def columns_only(study: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study says about the attacker and the groups, columns counted and not named."""
    told: dict[str, Any] = {
        name: number(study[name]) for name in ("attacked", "attacked_on_rows", "vulnerable") if name in study
    }
    lists = {key: _columns(study, key) for key in ("knows", "secrets", "left", "right")}
    told |= {f"{key}_columns": len(names) for key, names in lists.items()}
    unknown = [name for name in lists["knows"] if name not in lists["secrets"]]
    told["known"] = dict.fromkeys(THREAT_WORDS, len(lists["knows"])) | {
        "linkability": len(dict.fromkeys((*lists["left"], *lists["right"]))),
        "attribute_inference": len(unknown),
    }
    if study.get("subgroup"):
        told["subgroup"] = "1 column"
    if study.get("task") in ("classification", "regression"):
        told["task"] = study["task"]
    return told


def _columns(study: Mapping[str, Any], key: str) -> list[str]:
    return [str(name) for name in items(study.get(key) or mapping(study.get("attacker")).get(key))]


def risk_details(threat: str, risk: Mapping[str, Any], secrets: Sequence[str]) -> dict[str, Any]:
    """Return the new numbers of a risk, and what its attack is called, for outsiders."""
    found: dict[str, Any] = dict(numbers(risk, _EXTRA))
    kinds = [mapping(kind) for kind in items(risk.get("kinds"))]
    names = {plain(kind.get("kind")): _variant(threat, kind.get("kind"), i, secrets) for i, kind in enumerate(kinds, 1)}
    if risk.get("attack") is not None:
        found["attack"] = _attack(threat, plain(risk["attack"]), names, secrets)
    for name in ("residual", "difference", "tpr_at_1pct_calibrated"):
        if isinstance(risk.get(name), Mapping):
            found[name] = numbers(risk[name], (*_SPAN, "replicates"))
    if isinstance(risk.get("per_attack"), Mapping):
        alone = risk["per_attack"]
        found["per_attack"] = {key: numbers(alone[key], ("value", "auc")) for key in ATTACKS if key in alone}
    if kinds:
        fields = (*_SPAN, "success_members", "success_controls", "reference", "attempts")
        found["kinds"] = [
            {"kind": names[plain(kind.get("kind"))], "status": status(kind), **numbers(kind, fields)} for kind in kinds
        ]
    if isinstance(risk.get("vulnerable"), Mapping):
        found["vulnerable"] = apart(risk["vulnerable"])
    if isinstance(risk.get("caps"), Mapping):
        found["caps_applied"] = len(risk["caps"])
    rare = [apart(one) for one in items(risk.get("rare"))]
    if rare:
        shown = sorted((one for one in rare if one["status"] == "measured"), key=lambda one: -one["value"])
        found["rare"] = [{"name": f"rare value {place}", **one} for place, one in enumerate(shown, 1)]
        found["rare_without_number"] = len(rare) - len(shown)
    return found


def status(record: Any) -> str:
    """Return a status that we know."""
    told = mapping(record).get("status")
    return str(told) if told in _STATUS else "not_measured"


def _variant(threat: str, kind: Any, place: int, secrets: Sequence[str]) -> str:
    """Return what a variant is called: secret columns become numbers."""
    text = plain(kind)
    if threat == "attribute_inference":
        column, _, guesser = text.rpartition(", ")
        if _GUESSER.fullmatch(guesser) and column in [plain(name) for name in secrets]:
            return f"secret column {[plain(name) for name in secrets].index(column) + 1}, {guesser}"
        return f"variant {place}"
    return text if _VARIANT.fullmatch(text) else f"variant {place}"


def _attack(threat: str, attack: str, names: Mapping[str, str], secrets: Sequence[str]) -> str:
    """Return the attack's name; one that is not put together from known parts keeps the name of its threat only."""
    key, _, chosen = attack.partition(": ")
    if key in ATTACKS and chosen:
        for first in ("", *names):
            for second in names:
                if chosen == (f"{first}, {second}" if first else second):
                    told = [names[kind] for kind in (first, second) if kind]
                    return f"{key}: {', '.join(told)}"
        return key
    if attack in _CLASSES or attack in ATTACKS:
        return attack
    known = [part for part in attack.split(", ") if part in ATTACKS]
    return ", ".join(known) or (threat if threat in THREAT_WORDS else "an attack")


def apart(record: Any) -> dict[str, Any]:
    """Return the number of some people who are reported apart; of fewer than 20 nothing."""
    found, sides = mapping(record), [number(mapping(record).get(key)) for key in ("n_members", "n_controls")]
    told = [number(found.get(name)) for name in _SPAN]
    few = any(count is None or count < FEWEST for count in sides)
    if found.get("status") != "measured" or told[0] is None or few:
        return {"status": "undefined", "reason": f"too few people for a number, or {HIDDEN}"}
    shown = {name: _rounded(found.get(name)) for name in (*_SPAN, "success_members", "success_controls")}
    tens = {key: round(count / 10) * 10 for key, count in zip(("n_members", "n_controls"), sides, strict=True) if count}
    return {"status": "measured", "reason": None, **shown, **tens}


def _rounded(value: Any) -> float | None:
    """Return a number to three digits: the exact share of a small group would give its size away."""
    exact = number(value)
    return None if exact is None else round(exact, 3)


def worst_risks(found: Any) -> dict[str, Any]:
    """Return the worst risk of each channel."""
    told: dict[str, Any] = {}
    for channel in ("model", "rows"):
        worst = mapping(found).get(channel)
        if isinstance(worst, Mapping):
            threat = worst.get("threat") if worst.get("threat") in THREAT_WORDS else None
            told[channel] = {"status": status(worst), "threat": threat, **numbers(worst, (*_SPAN, "compared"))}
    return told


def groups(found: Any) -> dict[str, Any] | None:
    """Return the groups of a point without their names; those of fewer than 20 people are counted, not shown.

    Counts are rounded to tens: with exact ones the size of a group that is left out could be computed.

    >>> groups({"column": "town", "metric": "accuracy", "groups": [{"group": "Kiel", "test_people": 3}]})
    {'column': '1 column', 'metric': 'accuracy', 'groups': [], 'left_out': 1}
    """
    record = mapping(found)
    if not record or record.get("metric") not in ("accuracy", "mae"):
        return None
    metric = str(record["metric"])
    told: list[dict[str, Any]] = []
    every = [mapping(group) for group in items(record.get("groups"))]
    for group in every:
        people = [number(group.get(key)) for key in ("test_people", "pool_people")]
        if any(count is None or count < FEWEST for count in people):
            continue
        use, whole = mapping(group.get(metric)), metric == "mae"
        told.append(
            {
                "group": f"group {len(told) + 1}",
                **{key: round(n / 10) * 10 for key, n in zip(("test_people", "pool_people"), people, strict=True) if n},
                metric: {
                    "status": status(use),
                    **{name: _significant(use.get(name)) if whole else _rounded(use.get(name)) for name in _SPAN},
                },
                "membership": apart(group.get("membership")),
            }
        )
    return {"column": "1 column", "metric": metric, "groups": told, "left_out": len(every) - len(told)}


def limits_that_would_do(
    point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]], renamed: Mapping[str, str]
) -> dict[str, float | None]:
    """Return the limits at which the verdicts would be yes, under the names that outsiders see.

    What counts people is rounded to a thousandth, away from what was measured, so that a limit set there is still a
    yes; an average error of a group to three digits. That of rows left out is missing where these are few, that of
    groups where one is small: the count could be computed from it.

    >>> limit = {"name": "a", "risk": "membership", "at_most": .05}
    >>> limits_that_would_do({"meets_at": {"a": .06712}}, [limit], {"a": "b"})
    {'b': 0.068}
    """
    ends, found = mapping(point.get("meets_at")), {}
    lost = number(point.get("rows_suppressed"))
    few = [
        group
        for group in map(mapping, items(mapping(point.get("subgroups")).get("groups")))
        if any((number(group.get(key)) or 0) < FEWEST for key in ("test_people", "pool_people"))
    ]
    for requirement in requirements:
        name, quantity = str(requirement.get("name")), str(requirement.get("limit_on") or "")
        hidden = quantity == "rows_suppressed" and (lost is None or 0 < lost < FEWEST)
        if name not in ends or name not in renamed or hidden or (quantity.startswith("worst_group") and few):
            continue
        exact = number(ends[name])
        if exact and (quantity.startswith("worst_group") or quantity == "rows_suppressed" or requirement.get("risk")):
            step = 10.0 ** (math.floor(math.log10(abs(exact))) - 2) if quantity == "worst_group_error" else 0.001
            exact = _away(exact, step, up=requirement.get("at_most") is not None)
        found[renamed[name]] = exact
    return found


def _away(exact: float, step: float, *, up: bool) -> float:
    """Return the nearest multiple of a step on the far side."""
    near = round((math.ceil if up else math.floor)(exact / step) * step, 12)
    return near if (near >= exact if up else near <= exact) else round(near + (step if up else -step), 12)


def _significant(value: Any) -> float | None:
    exact = number(value)
    return None if exact is None else float(f"{exact:.3g}")
