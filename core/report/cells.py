"""What stands in the cells of tables: utilities, risks and what is proved, each number with interval and reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.attacks import ATTACKS
from core.charts.verdict import risk_of, utility_of, violation_text
from core.charts.words import (
    anchor_of,
    at_most,
    change_text,
    decimal,
    digits,
    items,
    known_of,
    mapping,
    measure_of,
    number,
    of_100,
    plain,
    risk_text,
    short,
    threat_of,
    utility_text,
)

NOT_COMPARED = "not compared"

BOUNDED = "membership, presence, linkability or attribute inference"
"""What a ceiling from differential privacy holds for."""


def guarantee_text(proved: Any) -> str:
    """Return what is proved, in a few words.

    >>> guarantee_text({"kind": "k_anonymity", "k": 5})
    'k = 5 on the declared quasi-identifiers, one release'
    >>> guarantee_text({"kind": "none"}), guarantee_text(None)
    ('nothing', 'nothing')
    """
    record = mapping(proved)
    kind = str(record.get("kind") or "none")
    numbers = _numbers(record)
    if kind == "none":
        return "nothing"
    if kind == "k_anonymity":
        return f"{numbers} on the declared quasi-identifiers, one release"
    if kind == "claimed":
        return f"{numbers} claimed by a library; we cannot stand behind it, so no ceiling follows"
    bound = number(record.get("advantage_bound"))
    ceiling = f"membership ceiling {at_most(bound)}" if bound is not None else "no ceiling given"
    return f"{numbers}, {_changed(record)}; {ceiling}"


def proved_sentence(proved: Any) -> str:
    """Return what is proved as a sentence that stands beside what was measured.

    >>> proved_sentence({"kind": "k_anonymity", "k": 5})[-90:]
    'picks the right row for at most 20.0 of 100 people. Nothing is proved about other attacks.'
    >>> proved_sentence({"kind": "dp", "epsilon": 1.0, "advantage_bound": .1061})[:78]
    'epsilon = 1, one row changed: at most 10.7 of 100 extra people for any attack '
    """
    record = mapping(proved)
    kind = str(record.get("kind") or "none")
    if kind == "none":
        return "Nothing is proved about this setting: only what was measured is known."
    if kind == "claimed":
        return f"A library claims {_numbers(record)}; we cannot stand behind it, so no ceiling follows."
    if kind == "k_anonymity":
        k = number(record.get("k"))
        most = f" for at most {at_most(1 / k)} people" if k else ""
        return (
            f"{_numbers(record)}: whoever knows exactly the declared quasi-identifiers and sees one release picks the "
            f"right row{most}. Nothing is proved about other attacks."
        )
    bound, hits = number(record.get("advantage_bound")), number(record.get("tpr_at_1pct_bound"))
    head = f"{_numbers(record)}, {_changed(record)}"
    if bound is None:
        return f"{head}. No ceiling on an attack was computed from it."
    told = f"{head}: at most {at_most(bound)} extra people for any attack on {BOUNDED}"
    told += f"; at 1 false alarm in 100 none finds more than {at_most(hits)}." if hits is not None else "."
    told += " It says nothing about other risks."
    return told + (" That rules nearly nothing out." if bound >= 0.9 else "")


def _numbers(record: Mapping[str, Any]) -> str:
    names = ("k", "l", "t", "epsilon", "delta")
    told = [f"{name} = {short(record[name])}" for name in names if record.get(name) is not None]
    return ", ".join(told) or "no stated number"


def _changed(record: Mapping[str, Any]) -> str:
    whose = {"add_remove": "added or removed", "replace_one": "replaced"}.get(str(record.get("neighbours")), "changed")
    return f"one {plain(record.get('unit') or 'row')} {whose}"


def other_violations(point: Mapping[str, Any], shown: str = "") -> str:
    """Return the violations of a point's risks other than the one shown, so that a table of one risk hides none."""
    risks = mapping(point.get("risks"))
    told = [
        violation_text(str(threat), mapping(risk))
        for threat, risk in risks.items()
        if threat != shown and mapping(risk).get("violation") is True
    ]
    return " ".join(told)


def risk_cell(point: Mapping[str, Any], threat: str, ceiling: bool = True) -> str:
    """Return a risk with interval and reference, the proved ceiling if asked for, and a violation always."""
    risk = risk_of(point, threat)
    reference, bound = number(risk.get("reference")), number(risk.get("bound"))
    parts = [risk_text(risk)]
    if risk.get("status") == "measured" and number(risk.get("value")) is not None:
        if reference is not None:
            parts.append(f"(reference {decimal(reference * 100, 1)})")
        if bound is not None and ceiling:
            parts.append(f"proved ceiling {at_most(bound)}")
        if risk.get("violation") is True:
            parts.append(violation_text(threat, risk))
    elif risk.get("reason"):
        parts.append(f"({plain(risk['reason'])})")
    return " ".join(parts)


def utility_cell(point: Mapping[str, Any], metric: str) -> str:
    """Return a utility with interval and reference."""
    estimate = utility_of(point, metric)
    value, reference = number(estimate.get("value")), number(estimate.get("reference"))
    if value is None or reference is None:
        return utility_text(metric, estimate)
    told = decimal(reference * measure_of(metric).scale, digits(metric, value))
    return f"{utility_text(metric, estimate)} (reference {told})"


def utility_change(point: Mapping[str, Any], metric: str) -> str:
    """Return how much better or worse a point is than no protection; for that point itself, that it is it.

    >>> utility_change({"utility": {"mae": {"value": 15000.0, "difference": {"value": 900.0, "low": 600.0,
    ...     "high": 1200.0}}}}, "mae")
    '900 higher than without protection (600 to 1200)'
    """
    estimate, words = utility_of(point, metric), measure_of(metric)
    value = number(estimate.get("value"))
    if value is None:
        return "-"
    unit = words.unit.replace(" %", " points")
    change = mapping(estimate.get("difference"))
    told = change_text(change, words.scale, digits(metric, value), unit, ("higher", "lower"))
    return told or _itself(point)


def risk_change(point: Mapping[str, Any], threat: str) -> str:
    """Return how much less or more an attacker gets than without protection."""
    risk = risk_of(point, threat)
    if risk.get("status") != "measured" or number(risk.get("value")) is None:
        return "-"
    return change_text(mapping(risk.get("difference")), 100, 1, " of 100", ("more", "fewer")) or _itself(point)


def _itself(point: Mapping[str, Any]) -> str:
    return "this is no protection" if anchor_of(point) == "none" else NOT_COMPARED


def title_with_direction(metric: str) -> str:
    """Return a metric's title, with a word where lower is better.

    >>> title_with_direction("accuracy"), title_with_direction("mae")
    ('Accuracy', 'Mean absolute error, lower is better')
    """
    words = measure_of(metric)
    return f"{words.title}, lower is better" if words.better == "lower" else words.title


def ends_text(low: Any, high: Any, scale: float = 100.0, decimals: int = 1) -> str:
    """Return an interval in brackets, or that there is none.

    >>> ends_text(.01, .058), ends_text(None, None)
    (' [1.0, 5.8]', ' (no interval)')
    """
    first, last = number(low), number(high)
    if first is None or last is None:
        return " (no interval)"
    return f" [{decimal(first * scale, decimals)}, {decimal(last * scale, decimals)}]"


def estimate_text(record: Mapping[str, Any]) -> str:
    """Return a probability with its interval; empty without a number.

    >>> estimate_text({"value": .112, "low": .08, "high": .14})
    '11.2 of 100 [8.0, 14.0]'
    """
    value = number(record.get("value"))
    return "" if value is None else f"{of_100(value)}{ends_text(record.get('low'), record.get('high'))}"


def share_text(value: Any) -> str:
    """Return a share in percent.

    >>> share_text(.5031), share_text(None)
    ('50.3 %', 'not stated')
    """
    exact = number(value)
    return "not stated" if exact is None else f"{decimal(exact * 100, 1)} %"


def count_text(value: Any) -> str:
    """Return a count, with one decimal where it is a mean.

    >>> count_text(3590.0), count_text(10.5), count_text(None)
    ('3590', '10.5', 'not stated')
    """
    exact = number(value)
    return plain(value) or "not stated" if exact is None else decimal(exact, 0 if exact == round(exact) else 1)


def known(study: Mapping[str, Any], threat: str) -> tuple[str, ...]:
    """Return what the attacker of a threat knows, as a sentence names it: columns, or how many where they are hidden.

    >>> known({"known": {"linkability": 3}}, "linkability"), known({"knows": ["age"]}, "reidentification")
    (('3 columns',), ('age',))
    """
    count = number(mapping(study.get("known")).get(threat))
    if count:
        return (f"{count:.0f} columns" if count != 1 else "1 column",)
    return known_of(study, threat)


def attack_title(name: Any) -> str:
    """Return what an attack is called; one that is not known here keeps its name.

    >>> attack_title("loss"), attack_title("equivalence classes")
    ('Loss attack', 'equivalence classes')
    """
    return ATTACKS[str(name)].title if name in ATTACKS else plain(name)


def attack_text(risk: Mapping[str, Any]) -> str:
    """Return the attack that counts; where the two halves of the people chose different ones, both.

    >>> attack_text({"attack": "linkability: lists of 1, lists of 5",
    ...     "kinds": [{"kind": "lists of 1"}, {"kind": "lists of 5"}]})
    'lists of 1 on one half of the people, lists of 5 on the other'
    """
    key, _, chosen = plain(risk.get("attack")).partition(": ")
    if key not in ATTACKS or not chosen:
        names = plain(risk.get("attack")).split(", ")
        known = all(name in ATTACKS for name in names)
        return " and ".join(map(attack_title, names)) if known else plain(risk.get("attack")) or "not stated"
    kinds = [plain(mapping(kind).get("kind")) for kind in items(risk.get("kinds"))]
    both = next(((a, b) for a in kinds for b in kinds if chosen == f"{a}, {b}"), None)
    return f"{both[0]} on one half of the people, {both[1]} on the other" if both else chosen


def risk_title(threat: str) -> str:
    """Return a risk's title inside a sentence."""
    return threat_of(threat).title.lower()
