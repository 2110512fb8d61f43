"""The words that people read: verdicts and numbers. What threats and metrics are called is said in core."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.attacks.words import THREAT_WORDS
from core.charts import words as charts
from core.charts.words import STATUS as STATUS  # one word for each status, on page and report alike

VERDICTS: dict[str, tuple[str, str]] = {
    "yes": ("✓", "meets the limit with its whole interval"),
    "no": ("✕", "misses the limit with its whole interval"),
    "unproven": ("?", "not proven yet: after few runs a verdict asks for more than the line shown; run more"),
    "cannot_settle": ("≈", "this table is too small to settle it, however many runs"),
    "not_measured": ("–", "not measured, so it cannot count as met"),
}
"""Verdict -> sign, sentence."""

SHORT: dict[str, str] = {
    "yes": "met",
    "no": "missed",
    "unproven": "not proven",
    "cannot_settle": "unsettled",
    "not_measured": "not measured",
}
"""Verdict -> words for a table's cell."""

EFFORT_WORDS: dict[str, str] = {
    "glance": "a first look, wide intervals",
    "standard": "enough for most limits",
    "thorough": "for the decision itself",
    "adaptive": "on average at most; settings that are not settled get up to 32, the others 2",
}

_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>$~:&@^=])")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def plain(text: object) -> str:
    """Return somebody's text so that markdown shows it letter by letter: no HTML, picture, link or formula.

    >>> plain("<b>*x*").replace(chr(92), "/")
    '/<b/>/*x/*'
    """
    return _MARKS.sub(r"\\\1", _HIDDEN.sub(" ", str(text)))


def names(columns: object, most: int = 6) -> str:
    """Return column names as an escaped list, the rest counted.

    >>> names(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    every = [plain(name) for name in columns]  # type: ignore[attr-defined]
    shown = ", ".join(every[:most])
    return f"{shown} and {len(every) - most} more" if len(every) > most else shown


def title_of(threat: str) -> str:
    """Return how a risk is called.

    >>> title_of("membership")
    'Membership risk'
    """
    found = THREAT_WORDS.get(threat)
    return f"{found.title if found else plain(threat)} risk"


def percent(value: float | None) -> str:
    """Return a share in percent with one decimal, or a dash.

    >>> percent(.8123), percent(None)
    ('81.2 %', '–')
    """
    return "–" if value is None else f"{100 * value:.1f} %"


def signed(value: float | None) -> str:
    """Return a leave-out advantage as extra people of 100, or a dash.

    >>> signed(.0312), signed(-.004)
    ('+3.1', '-0.4')
    """
    return "–" if value is None else f"{100 * value:+.1f}"


def thousand(value: float | None, sign: bool = False, decimals: int = 0) -> str:
    """Return a probability as a count of 1,000, or a dash; never a negative zero.

    >>> thousand(.1064), thousand(-.0001), thousand(.0123, sign=True, decimals=1), thousand(None)
    ('106', '0', '+12.3', '–')
    """
    if value is None:
        return "–"
    text = f"{1000 * value:{'+' if sign else ''},.{decimals}f}"
    return text.lstrip("+-") if not text.strip("+-0.") else text


def extra_of(risk: Mapping[str, Any]) -> str:
    """Return the extra people of 1,000: the difference of the two counts that sentences show, so that all agree.

    >>> extra_of({"value": -.013, "success_members": .4406, "success_controls": .4534})
    '-12'
    >>> extra_of({"value": .031, "success_members": .031, "success_controls": 0.0}), extra_of({"value": .0104})
    ('31', '10')
    """
    value, inside, outside = (risk.get(key) for key in ("value", "success_members", "success_controls"))
    if value is None or inside is None or outside is None:
        return thousand(value)
    return f"{round(1000 * inside) - round(1000 * outside):,}"


def holds_zero(risk: Mapping[str, Any]) -> bool:
    """Say whether a risk's interval holds zero: nothing was told apart from chance, which is no proof of nothing."""
    return risk.get("low") is not None and risk.get("high") is not None and risk["low"] <= 0 <= risk["high"]


def between(record: Mapping[str, Any], decimals: int = 0) -> str:
    """Return the interval of a record in counts of 1,000; empty without one.

    >>> between({"low": -.004, "high": .0101})
    '-4 to 10'
    """
    if record.get("low") is None or record.get("high") is None:
        return ""
    return f"{thousand(record['low'], decimals=decimals)} to {thousand(record['high'], decimals=decimals)}"


def interval(record: Mapping[str, Any], show: Any = percent) -> str:
    """Return the interval of a record as text; empty without one.

    >>> interval({"low": .8, "high": .9})
    '80.0 % to 90.0 %'
    """
    if record.get("low") is None or record.get("high") is None:
        return ""
    return f"{show(record['low'])} to {show(record['high'])}"


def verdict(point: Mapping[str, Any]) -> str:
    """Return one verdict for all requirements: no beats not measured beats unproven beats yes.

    >>> verdict({"meets": {"a": "yes", "b": "unproven"}})
    'unproven'
    """
    found = set(point.get("meets", {}).values())
    for worst in ("no", "not_measured", "cannot_settle", "unproven"):
        if worst in found:
            return worst
    return "yes"


def passing(result: Mapping[str, Any]) -> dict[str, int]:
    """Count measured settings by verdict, the anchors apart, as the chart's sentence does."""
    counts: dict[str, int] = dict.fromkeys(VERDICTS, 0)
    for point in result["points"]:
        if point["status"] == "measured" and charts.anchor_of(point) is None:
            counts[verdict(point)] += 1
    return counts


def people(share: float | None, of: int = 100) -> str:
    """Return a share as people of 100, without decimals.

    >>> people(.311)
    '31 of 100'
    """
    return "–" if share is None else f"{round(share * of)} of {of}"
