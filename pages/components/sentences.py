"""The sentences about a point: what it is good for, what an attacker gets, what is proved. Pure text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from core.charts.words import amount, change_text, digits, known_of, mapping, measure_of, number, risk_sentence
from core.utility.metrics import ALL_METRICS
from pages.components.words import STATUS, between, extra_of, holds_zero, plain, thousand, title_of

NOTHING_PROVED = "Nothing is proved about this setting; only what was measured is known."
_FULL = " That rules nearly nothing out."


def at_most(bound: float) -> str:
    """Return a proved ceiling as a count of 1,000, rounded up so that it stays a ceiling.

    >>> at_most(.1061), at_most(.02)
    ('107', '20')
    """
    return f"{min(1000, math.ceil(1000 * bound - 1e-9)):,}"


def at_least(low: float) -> str:
    """Return a lower limit as a count of 1,000, rounded down.

    >>> at_least(.1069)
    '106'
    """
    return f"{math.floor(1000 * low + 1e-9):,}"


def utility_sentence(point: Mapping[str, Any], metric: str) -> str:
    """Return what the setting is good for, with interval, reference and the difference to no protection."""
    record, found = mapping(point["utility"].get(metric)), ALL_METRICS[metric]
    value, reference = number(record.get("value")), number(record.get("reference"))
    if value is None:
        return f"{plain(found.title)}: no number, because {plain(record.get('reason') or 'it was not measured')}."
    blind = plain(record.get("reference_name") or found.reference_name)
    change = mapping(record.get("difference"))
    if metric == "accuracy":
        ends = f"{between(record)}; " if between(record) else ""
        told = (
            f"The model is right about **{thousand(value)} of 1,000** people it has never seen "
            f"({ends}{blind}: {thousand(reference)})."
        )
        against = change_text(change, 1000, 0)
    else:
        words, places = measure_of(metric), digits(metric, value)
        low, high = (number(record.get(end)) for end in ("low", "high"))
        ends = f"{amount(metric, low)} to {amount(metric, high)}; " if low is not None and high is not None else ""
        compared = f"{blind}: {amount(metric, reference)}{words.unit}" if reference is not None else blind
        down = "; lower is better" if words.better == "lower" else ""
        told = f"{plain(found.title)} is **{amount(metric, value)}{words.unit}** ({ends}{compared}{down})."
        told += f" {plain(found.sentence)}"
        unit = words.unit.replace(" %", " points")
        against = change_text(change, words.scale, places, unit, ("higher", "lower"))
    return f"{told} That is {against}." if against else told


def threat_sentence(point: Mapping[str, Any], threat: str, study: Mapping[str, Any]) -> str:
    """Return what the attacker of one threat gets, as counts of 1,000; or why there is no number, never zero."""
    risk = mapping(point["risks"].get(threat))
    if risk.get("status") != "measured":
        status = STATUS.get(str(risk.get("status")), STATUS["not_measured"])
        reason = plain(risk.get("reason") or "it was not run").rstrip(".")
        return f"**{title_of(threat)}**: {status}, because {reason}."
    parts = [plain(risk_sentence(threat, risk, known_of(study, threat)))]
    if ends := between(risk):
        parts.append(
            f"With 95 % certainty {'that is' if threat == 'reidentification' else 'the difference is'} {ends}."
        )
    if threat != "reidentification" and holds_zero(risk):
        parts.append(not_told(risk))
    if against := change_text(mapping(risk.get("difference")), 1000, 0):
        parts.append(f"That is {against}.")
    return f"**{title_of(threat)}**: " + " ".join(parts)


def not_told(risk: Mapping[str, Any]) -> str:
    """Return what an interval around zero means, and what may have been missed; never that there is nothing.

    >>> not_told({"detectable": .0324})
    'That is not told apart from chance; up to 33 of 1,000 could have been missed.'
    """
    least = number(risk.get("detectable"))
    missed = f"; up to {at_most(least)} of 1,000 could have been missed" if least is not None else ""
    return f"That is not told apart from chance{missed}."


def proved_sentence(guarantee: Mapping[str, Any] | None) -> str:
    """Return what is proved, in plain words.

    >>> proved_sentence({"kind": "none"})
    'Nothing is proved about this setting; only what was measured is known.'
    """
    kind = "none" if not guarantee else str(guarantee["kind"])
    if guarantee is None or kind == "none":
        return NOTHING_PROVED
    if kind == "k_anonymity":
        k = int(guarantee["k"])
        return (
            f"Every released combination of the quasi-identifiers is shared by at least {k:,} people. Whoever knows "
            f"exactly these columns picks the right row at most {at_most(1 / k)} times in 1,000. Nothing is proved "
            "about other attacks."
        )
    epsilon, delta = number(guarantee.get("epsilon")), number(guarantee.get("delta"))
    numbers = f"epsilon {epsilon:g}" if epsilon is not None else "no stated epsilon"
    numbers += f", delta {delta:g}" if delta else ""
    if kind == "claimed":
        return f"A library claims differential privacy ({numbers}); we cannot stand behind it, so no bound follows."
    head = f"Differential privacy, {numbers}, for each {plain(guarantee.get('unit') or 'row')}."
    bound, hits = number(guarantee.get("advantage_bound")), number(guarantee.get("tpr_at_1pct_bound"))
    if bound is None:
        return f"{head} No bound on an attack was computed from it."
    most = f" Whatever the attack: at most {at_most(bound)} extra people of 1,000"
    most += f", and at 10 false alarms in 1,000 at most {at_most(hits)} hits." if hits is not None else "."
    return head + most + (_FULL if bound >= 0.9 else "")


def violation_sentences(point: Mapping[str, Any]) -> list[str]:
    """Return for every measured risk above its proved ceiling what contradicts what, with both numbers."""
    told = []
    for threat, risk in point["risks"].items():
        if risk.get("violation") is not True:
            continue
        low, bound = number(risk.get("low")), number(risk.get("bound"))
        measured = f"at least {at_least(low)} extra people of 1,000" if low is not None else "more"
        proved = f"at most {at_most(bound)}" if bound is not None else "less"
        told.append(
            f"VIOLATION: the measured {title_of(threat).lower()} is {measured} (lower end of its interval), but "
            f"{proved} were proved possible. One of the two is wrong: rely on neither until it is explained."
        )
    return told


def vulnerable_sentence(risk: Mapping[str, Any], study: Mapping[str, Any], everybody: float | None) -> str:
    """Return what those who stand out most pay, beside the average; empty when this risk was not measured.

    Parameters
    ----------
    everybody : float, optional
        People of POOL: where nobody is left out of the group, the group says nothing.
    """
    found, average = mapping(risk.get("vulnerable")), number(risk.get("value"))
    if not found or average is None:
        return ""
    many = number(study.get("vulnerable"))
    who = f"the {many:,.0f} who stand out most" if many else "those who stand out most"
    if many is not None and everybody is not None and many >= everybody:
        return f"The table has only {everybody:,.0f} people to attack: too few to set apart those who stand out most."
    value = number(found.get("value"))
    if found.get("status") != "measured" or value is None:
        return f"For {who} there is no number: {plain(found.get('reason') or 'too few of them were attacked')}."
    low, high = number(found.get("low")), number(found.get("high"))
    if low is not None and low > average:
        verdict = "They pay more than the average person."
    elif high is not None and high < average:
        verdict = "They pay less than the average person."
    else:
        verdict = "That is not told apart from the average: the interval holds both."
    ends = f" ({between(found)})" if between(found) else ""
    return (
        f"Of 1,000 people like {who}, the attacker gets **{extra_of(found)} extra** right{ends}; on average over "
        f"everybody it is **{extra_of(risk)}**. {verdict}"
    )
