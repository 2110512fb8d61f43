"""What a measured risk says beside its numbers: the count of 1,000 people, chance, variants tried, rare values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.charts.words import (
    STATUS,
    decimal,
    items,
    mapping,
    number,
    of_100,
    plain,
    risk_sentence,
    risk_text,
    threat_of,
)
from core.report.cells import attack_title, estimate_text, known


def remarks(threat: str, risk: Mapping[str, Any], study: Mapping[str, Any]) -> list[str]:
    """Return what else a measured risk says, one sentence each: the count of 1,000, chance, variants, rare values."""
    told = [risk_sentence(threat, risk, known(study, threat))]
    low, high, least = (number(risk.get(key)) for key in ("low", "high", "detectable"))
    if threat != "reidentification" and low is not None and high is not None and low <= 0 <= high:
        size = (
            f" An advantage of {of_100(least)} would have been found four times in five." if least is not None else ""
        )
        told.append(f"not told apart from zero, which is no proof that there is none.{size}")
    told += [_tried(risk), _rare(risk), *_class_remarks(risk)]
    whole = risk.get("whole_table")
    if isinstance(whole, Mapping):
        told += [
            f"on the whole table, {risk_text({'status': 'measured', **whole}, interval=False)}.",
            *_class_remarks(whole, "on the whole table, "),
        ]
    if risk.get("note"):
        told.append(f"{plain(risk['note'])}.")
    return [f"{threat_of(threat).title}: {text}" for text in told if text]


def _tried(risk: Mapping[str, Any]) -> str:
    """Return the variants of the attack that were tried, each as if it were the only one."""
    found = []
    for kind in map(mapping, items(risk.get("kinds"))):
        measured = kind.get("status") == "measured"
        told = estimate_text(kind) if measured else ""
        found.append(f"{plain(kind.get('kind'))}: {told or STATUS['undefined']}")
    for name, alone in mapping(risk.get("per_attack")).items():
        value, area = number(mapping(alone).get("value")), number(mapping(alone).get("auc"))
        told = STATUS["undefined"] if value is None else of_100(value)
        found.append(f"{attack_title(name)}: {told}" + (f" (area {decimal(area, 3)})" if area is not None else ""))
    if not found:
        return ""
    return (
        f"{len(found)} variants tried, the one that is strongest on one half of the people counts on the other: "
        f"{'; '.join(found)}."
    )


def _rare(risk: Mapping[str, Any]) -> str:
    """Return the rare values, the worst first; those without a number with their reason."""
    found = [mapping(one) for one in items(risk.get("rare"))]
    with_number = [one for one in found if one.get("status") == "measured" and number(one.get("value")) is not None]
    without = [one for one in found if one not in with_number]
    with_number.sort(key=lambda one: -(number(one.get("value")) or 0.0))
    told = [f"{plain(one.get('name'))}: {estimate_text(one)}" for one in with_number]
    told += [
        f"{plain(one.get('name'))}: no number ({plain(one.get('reason')) or STATUS['not_measured']})" for one in without
    ]
    if not told:
        return ""
    luck = " (with many values one looks worst by luck)" if len(told) > 1 else ""
    return f"{len(told)} rare values counted apart, worst first{luck}: {'; '.join(told)}."


def _class_remarks(risk: Mapping[str, Any], head: str = "") -> list[str]:
    worst, told = risk.get("prosecutor_max"), []
    if worst is not None:
        exact = number(worst)
        chance = of_100(exact) if exact is not None else plain(worst)
        told.append(f"{head}the person easiest to find is found in {chance} tries.")
    for size, share in sorted(mapping(risk.get("share_below")).items()):
        exact = number(share)
        amount = of_100(exact) if exact is not None else plain(share) or STATUS["not_measured"]
        told.append(f"{head}in a class of fewer than {plain(size)} people: {amount}.")
    return told
