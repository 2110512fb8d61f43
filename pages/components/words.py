"""The words that people read, in one place: threats, verdicts, statuses, numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.charts import words as charts

_SENTENCES: dict[str, str] = {
    "membership": "Somebody tests the trained model to find out whether a given person was in the table.",
    "presence": "Somebody searches the released rows for signs that a given person is among them.",
    "singling_out": "Somebody finds a description that fits exactly one person of the table.",
    "linkability": "Somebody joins two halves of a person's record through the released rows.",
    "attribute_inference": "Somebody who knows a person's other attributes guesses the sensitive one.",
    "reidentification": "Somebody who knows a person's quasi-identifiers picks that person's row among the released.",
}
THREATS: dict[str, tuple[str, str]] = {
    key: (f"{found.title} risk", _SENTENCES.get(key, found.question)) for key, found in charts.THREATS.items()
}
"""Threat -> title, sentence."""

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
    "cannot_settle": "table too small",
    "not_measured": "not measured",
}
"""Verdict -> words for a table's cell."""

STATUSES: dict[str, str] = {
    "measured": "measured",
    "not_applicable": "not applicable",
    "not_measured": "not measured",
    "undefined": "undefined",
}

EFFORT_WORDS: dict[str, str] = {
    "glance": "a first look, wide intervals",
    "standard": "enough for most limits",
    "thorough": "for the decision itself",
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
