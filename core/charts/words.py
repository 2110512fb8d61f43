"""The words of charts and reports: titles, units, and numbers as people say them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from core.attacks.words import say
from core.charts.measures import EXTRA, Measure, Threat
from core.charts.measures import METRICS as METRICS
from core.charts.measures import THREATS as THREATS

STATUS: dict[str, str] = {
    "measured": "measured",
    "not_applicable": "does not arise",
    "not_measured": "not measured",
    "undefined": "no number",
}

VERDICTS: dict[str, str] = {
    "yes": "met: the verdict's whole interval keeps the limit",
    "no": "failed: the verdict's whole interval breaks the limit",
    "unproven": "not proven: the verdict's interval reaches over the limit; more replicates may settle it",
    "cannot_settle": "cannot be settled: more replicates would not help, only more people would",
    "not_measured": "not measured: there is no number, so the limit is neither met nor failed",
}

FAMILY_ORDER = ("anchor", "hide", "coarsen", "replace", "add noise", "train privately")


def threat_of(key: str) -> Threat:
    """Return the words of a threat; one we have no words for keeps its own name."""
    return THREATS.get(key) or Threat(title=plain(key.replace("_", " ")).capitalize(), axis=EXTRA, question="")


def measure_of(key: str) -> Measure:
    """Return the words of a metric; one we have no words for keeps its own name and its raw number."""
    title = plain(key.replace("_", " ")).capitalize()
    return METRICS.get(key) or Measure(title=title, axis="as measured, without a unit")


def number(value: Any) -> float | None:
    """Return a finite number or None: what is missing never becomes zero.

    >>> number(0), number(None), number(float("nan")), number("3")
    (0.0, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, empty for anything else: results come out of files too."""
    return value if isinstance(value, Mapping) else {}


def items(value: Any) -> list[Any]:
    """Return the items of a list, none for anything else."""
    return list(value) if isinstance(value, (list, tuple)) else []


def plain(value: Any) -> str:
    r"""Return people's text on one line, without characters that are invisible or turn the line around.

    >>> plain("a\tb\x00\u202ec")
    'a b c'
    """
    text = "" if value is None else str(value)
    return " ".join("".join(" " if _invisible(c) else c for c in text).split())


def _invisible(character: str) -> bool:
    """Say whether it is a control; the two joiners that Persian and Indian scripts spell with are not."""
    if character in "\u200c\u200d":
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") or character in "\ufffe\uffff"


def decimal(value: float, decimals: int) -> str:
    """Return a rounded number without a negative zero.

    >>> decimal(-.04, 1), decimal(3.456, 1)
    ('0.0', '3.5')
    """
    text = f"{value:.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text


def of_100(value: float) -> str:
    """Return a probability as people out of a hundred.

    >>> of_100(.034)
    '3.4 of 100'
    """
    return f"{decimal(value * 100, 1)} of 100"


def at_most(bound: float) -> str:
    """Return a proved ceiling, rounded up so that it stays a ceiling.

    >>> at_most(.1061), at_most(.083)
    ('10.7 of 100', '8.3 of 100')
    """
    return of_100(math.ceil(1000 * bound - 1e-9) / 1000)


def risk_text(estimate: Mapping[str, Any], interval: bool = True) -> str:
    """Return a risk with its interval, or why it has no number.

    >>> risk_text({"status": "measured", "value": .034, "low": .01, "high": .058})
    '3.4 of 100 [1.0, 5.8]'
    >>> risk_text({"status": "not_measured", "value": 0.0})
    'not measured'
    """
    value = number(estimate.get("value"))
    status = str(estimate.get("status") or "not_measured")
    if status != "measured" or value is None:
        return STATUS.get("undefined" if status == "measured" else status, STATUS["not_measured"])
    return of_100(value) + (_interval(estimate, 100.0, 1) if interval else "")


def utility_text(metric: str, estimate: Mapping[str, Any], interval: bool = True) -> str:
    """Return a utility with its interval, or that it has no number.

    >>> utility_text("accuracy", {"value": .8412, "low": .83, "high": .85})
    '84.1 % [83.0, 85.0]'
    """
    words, value = measure_of(metric), number(estimate.get("value"))
    if value is None:
        return STATUS["undefined" if estimate.get("status") == "undefined" else "not_measured"]
    shown = amount(metric, value) + words.unit
    return shown + (_interval(estimate, words.scale, digits(metric, value)) if interval else "")


def digits(metric: str, value: float) -> int:
    """Return how many decimals a value of a metric is shown with."""
    words = measure_of(metric)
    if not words.significant or not value:
        return words.decimals
    return max(0, 2 - math.floor(math.log10(abs(value * words.scale))))


def amount(metric: str, value: float) -> str:
    """Return a metric's value as a number without its unit; small errors keep three digits that say something.

    >>> amount("accuracy", .8412), amount("mae", .000412), amount("mae", 52345.678)
    ('84.1', '0.000412', '52346')
    """
    return decimal(value * measure_of(metric).scale, digits(metric, value))


def _interval(estimate: Mapping[str, Any], scale: float, decimals: int) -> str:
    low, high = number(estimate.get("low")), number(estimate.get("high"))
    if low is None or high is None:
        return " (no interval yet)"
    return f" [{decimal(low * scale, decimals)}, {decimal(high * scale, decimals)}]"


def known_of(study: Mapping[str, Any], threat: str) -> tuple[str, ...]:
    """Return the columns that the attacker of a threat holds, as a sentence names them.

    What is guessed is not known; two lists are joined; more than six columns are counted.
    """
    keys = ("left", "right") if threat == "linkability" else ("knows",)
    hidden = items(study.get("secrets")) if threat == "attribute_inference" else []
    found = dict.fromkeys(plain(name) for key in keys for name in items(study.get(key)) if name not in hidden)
    known = list(found) or ["the declared columns"]
    return (*known[:6], f"{len(known) - 6} more columns") if len(known) > 7 else tuple(known)


def risk_sentence(threat: str, risk: Mapping[str, Any], known: Sequence[str] = ("the declared columns",)) -> str:
    """Return a measured risk as counts of 1,000 people, in the words of its threat; empty when there is no number."""
    members, controls = (number(risk.get(key)) for key in ("success_members", "success_controls"))
    value = number(risk.get("value"))
    if risk.get("status") != "measured" or value is None:
        return ""
    if members is None or (controls is None and threat != "reidentification"):
        return f"Using their data makes {of_100(value)} people more of a hit for the attacker than strangers are."
    return say(threat, {**risk, "success_members": members, "success_controls": controls}, tuple(known)) or ""


def change_text(
    difference: Mapping[str, Any],
    scale: float,
    decimals: int,
    unit: str = "",
    ways: tuple[str, str] = ("more", "fewer"),
) -> str:
    """Return a difference to no protection in words; empty without one.

    >>> change_text({"value": -.012, "low": -.015, "high": -.009}, 1000, 0)
    '12 fewer than without protection (9 to 15)'
    >>> change_text({"value": .001, "low": -.004, "high": .006}, 1000, 0)
    '1 more than without protection (4 fewer to 6 more: not told apart from it)'
    """
    value, low, high = (number(difference.get(key)) for key in ("value", "low", "high"))
    if value is None:
        return ""
    size = decimal(abs(value) * scale, decimals)
    told = f"{size}{unit} {ways[value < 0]} than" if size.strip("0.") else "about the same as"
    if low is None or high is None:
        return f"{told} without protection (no interval yet)"
    if low <= 0 <= high:
        ends = f"{decimal(-low * scale, decimals)} {ways[1]} to {decimal(high * scale, decimals)} {ways[0]}"
        return f"{told} without protection ({ends}: not told apart from it)"
    ends = " to ".join(decimal(end * scale, decimals) for end in sorted((abs(low), abs(high))))
    return f"{told} without protection ({ends})"


def short(value: Any) -> str:
    """Return a parameter's value as a few characters."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, (list, tuple)):
        return " + ".join(plain(item) for item in value) or "none"
    return plain(value)


def anchor_of(point: Mapping[str, Any]) -> str | None:
    """Return "none" or "constant" when the point is that anchor, else None."""
    steps = [str(mapping(step).get("technique")) for step in items(point.get("recipe"))]
    return steps[0] if len(steps) == 1 and steps[0] in ("none", "constant") else None


def label_of(point: Mapping[str, Any]) -> str:
    """Return how a point is called: its recipe and what the sweep varied.

    >>> label_of({"id": "k-anonymity[k=10]", "name": "k-anonymity", "swept": {"k": 10}})
    'k-anonymity with k = 10'
    """
    name = plain(point.get("name") or point.get("id") or "unnamed setting")
    identifier = plain(point.get("id"))
    anchor = anchor_of(point)
    if anchor is not None and name == anchor:
        return {"none": "no protection", "constant": "knows nothing"}[anchor]
    swept = point.get("swept")
    if isinstance(swept, Mapping):
        told = ", ".join(f"{plain(key)} = {short(value)}" for key, value in sorted(swept.items()))
    elif identifier.startswith(f"{name}[") and identifier.endswith("]"):
        told = ", ".join(part.replace("=", " = ", 1) for part in identifier[len(name) + 1 : -1].split(","))
    else:
        told = ""
    return f"{name} with {told}" if told else name


def listed(parts: Sequence[str]) -> str:
    """Join a few things as a sentence does.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
