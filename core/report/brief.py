"""The decision on the executive's page: question, decision, who stands behind it, who objected, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.words import items, mapping, plain
from core.report.decision_section import UNSIGNED, decision_of, moment_text, signed_by, who_text
from core.report.model import Bullets, Section, Text

LONGEST = 260
"""Characters of a text on this page; the team's report has all of it."""
SHORT = 120
MOST = 6
"""People or conditions that are written out; the others are counted."""


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text of at most so many characters, with a mark where it goes on.

    >>> cut("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def brief_lead(result: Mapping[str, Any]) -> tuple[Section, ...]:
    """Return the question and the decision for one page; what is cut says that it goes on."""
    decision = decision_of(result)
    if not decision:
        return ()
    question = cut(plain(decision.get("question")) or "No question is on record.")
    signed, refused = signed_by(decision, "sign"), signed_by(decision, "refuse")
    told = [
        f"Signed by: {_people(signed)}." if signed else UNSIGNED,
        f"Refused to sign: {_people(refused)}." if refused else "",
        _objected(decision),
        _conditions(decision),
        f"Answers for it: {cut(who_text(decision.get('owner')), SHORT)}. "
        f"Review: {moment_text(decision.get('review_date')) or 'no date is set'}.",
    ]
    mark = plain(mapping(decision.get("evidence")).get("hash"))
    told.append(f"Evidence (SHA-256): {mark}." if mark else "No hash of the evidence is on record.")
    why = cut(plain(decision.get("why")))
    if why:
        told.insert(0, f"Why: {why}")
    return (
        Section(title="Question", blocks=(Text(text=question),)),
        Section(title="Decision", blocks=(Bullets(items=tuple(text for text in told if text)),)),
    )


def _people(records: Sequence[Mapping[str, Any]]) -> str:
    told = []
    for record in records[:MOST]:
        reason = plain(record.get("reason") or record.get("text"))
        told.append(f"{cut(who_text(record), 60)}{f': {cut(reason, SHORT)}' if reason else ''}")
    return _more(told, len(records))


def _more(told: Sequence[str], many: int) -> str:
    rest = many - len(told)
    return "; ".join(told) + (f"; and {rest} more" if rest else "")


def _objected(decision: Mapping[str, Any]) -> str:
    """Return who objected otherwise than by refusing to sign, which is said before."""
    found = [d for d in map(mapping, items(decision.get("dissent"))) if d.get("kind") != "refused to sign"]
    told = []
    for one in found[:MOST]:
        text = plain(one.get("text"))
        kind = plain(one.get("kind")) or "objected"
        told.append(f"{cut(who_text(one), 60)}, {cut(kind, 40)}{f': {cut(text, SHORT)}' if text else ''}")
    if told:
        return f"Objected: {_more(told, len(found))}."
    return "" if signed_by(decision, "refuse") else "No objection is on record."


def _conditions(decision: Mapping[str, Any]) -> str:
    found = [cut(plain(text), SHORT) for text in items(decision.get("conditions"))]
    hidden = decision.get("conditions_left_out")
    if hidden:
        many = "1 condition is" if hidden == 1 else f"{hidden} conditions are"
        return f"{many} part of the decision; the team's report has the text."
    return f"Conditions: {_more(found[:MOST], len(found))}." if found else "No conditions."
