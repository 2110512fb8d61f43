"""What outsiders see of a decision: no text that people wrote unless it is asked for, people by their part in it.

As with the result, fields are named one by one: what is not named here stays inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.charts.words import items, mapping, plain

STATES = ("proposed", "accepted", "refused", "superseded", "expired")
_SOURCES = ("as typed", "signed in")
_DISSENT = ("refused to sign", "voted otherwise")
_AT = re.compile(r"\d{4}-\d\d-\d\d([T ][\d:.]{5,15}(Z|[+-]\d\d:?\d\d)?)?")
_HASH = re.compile(r"[0-9a-f]{16,128}")
Say = Callable[[Any], str]


def decision_outside(
    decision: Mapping[str, Any],
    say: Say,
    renamed: Mapping[str, str],
    labels: Mapping[str, str],
    *,
    names: bool,
    free_text: bool,
) -> dict[str, Any]:
    """Return the part of a decision that leaves the team.

    Parameters
    ----------
    decision : mapping
        Of schema `middleground.decision/1`; missing parts are tolerated.
    say : callable
        Takes the names of direct identifiers out of a text.
    renamed, labels : mapping of str to str
        A setting's id inside -> outside, and its id outside -> what outsiders call it.
    names : bool
        Whether people are named; otherwise each is called by a part and a number, the same one everywhere.
    free_text : bool
        Whether what people wrote is told: reasons, why, conditions, comments, questions.
    """
    people = people_of(decision)

    def who(record: Any) -> dict[str, Any]:
        found = mapping(record)
        told = say(found.get("name")) or "somebody without a name" if names else people.get(_key(found), "somebody")
        return {"name": told, "source": _one_of(found.get("source"), _SOURCES)}

    def text(value: Any) -> str | None:
        return (say(value) or None) if free_text else None

    def point(value: Any) -> dict[str, Any]:
        moved = renamed.get(str(value)) if value else None
        return {"id": moved, "name": labels.get(str(moved), "a setting that this result does not hold")}

    signatures = [mapping(s) for s in items(decision.get("signatures"))]
    concluded, conditions = mapping(decision.get("concluded")), items(decision.get("conditions"))
    asked = [mapping(question) for question in items(decision.get("questions"))]
    kept: dict[str, Any] = {
        "schema": _one_of(decision.get("schema"), ("middleground.decision/1",)),
        "audience_sees": {"people": "by name" if names else "by part", "free_text": free_text},
        # The question says what the report is about: it stays, without the names of direct identifiers.
        "question": say(decision.get("question")),
        "state": _one_of(decision.get("state"), STATES),
        "choice": point(mapping(decision.get("choice")).get("id")) if decision.get("choice") else None,
        "why": text(decision.get("why")),
        "conditions": [say(condition) for condition in conditions] if free_text else [],
        "conditions_left_out": 0 if free_text else len(conditions),
        "owner": who(decision.get("owner")) if mapping(decision.get("owner")).get("name") else None,
        "review_date": _moment(decision.get("review_date")),
        "proposed": {**who(decision["proposed"]), "at": _moment(mapping(decision["proposed"]).get("at"))}
        if decision.get("proposed")
        else None,
        "concluded": {**who(concluded), "at": _moment(concluded.get("at")), "reason": text(concluded.get("reason"))}
        if concluded
        else None,
        "signatures": [
            {
                **who(s),
                "verdict": _one_of(s.get("verdict"), ("sign", "refuse")),
                "reason": text(s.get("reason")),
                "at": _moment(s.get("at")),
                "covers": s.get("covers") if isinstance(s.get("covers"), bool) else None,
            }
            for s in signatures
        ],
        "dissent": [
            {
                **who(d),
                "kind": _one_of(d.get("kind"), _DISSENT) or (say(d.get("kind")) if free_text else "objected"),
                "text": text(d.get("text")),
                "at": _moment(d.get("at")),
            }
            for d in map(mapping, items(decision.get("dissent")))
        ],
        "votes": [_round(one, who, text, point) for one in map(mapping, items(decision.get("votes")))],
        "questions_open": sum(question.get("open") is not False for question in asked),
        "questions": [
            {"text": say(q.get("text")), **who(q), "open": q.get("open") is not False, "answer": text(q.get("answer"))}
            for q in asked
        ]
        if free_text
        else [],
        "comments": [
            {
                "about": point(c["about"]) if c.get("about") else None,
                **who(c),
                "text": text(c.get("text")),
                "at": _moment(c.get("at")),
            }
            for c in map(mapping, items(decision.get("comments")))
        ]
        if free_text
        else [],
        # Of the evidence only the hash over everything: that of the table alone lets somebody who knows all rows but
        # one try out the missing one, that of the columns lets somebody try out their names.
        "evidence": {"hash": _hash(mapping(decision.get("evidence")).get("hash"))},
    }
    return kept


def _round(one: Mapping[str, Any], who: Any, text: Any, point: Any) -> dict[str, Any]:
    votes = [mapping(vote) for vote in items(one.get("votes"))]
    choices = [mapping(choice).get("id", choice) for choice in items(one.get("choices"))]
    return {
        "question": text(one.get("question")),
        "opened": _moment(one.get("opened")),
        "revealed": _moment(one.get("revealed")),
        "choices": [point(choice) for choice in choices if isinstance(choice, str) and choice],
        "votes": [
            {
                **who(vote),
                "choice": point(vote["choice"]) if vote.get("choice") else {"id": None, "name": "none of them"},
                "reason": text(vote.get("reason")),
                "at": _moment(vote.get("at")),
            }
            for vote in votes
        ],
    }


def _key(record: Mapping[str, Any]) -> str:
    # The owner of a decision is a typed name even where the person signs in, so the name alone tells people apart.
    return plain(record.get("name")).casefold()


def people_of(decision: Mapping[str, Any]) -> dict[str, str]:
    """Return people's names, casefolded, with what outsiders call them: who signed or refused is a signatory.

    Everybody else who acted is a participant.

    >>> people_of({"signatures": [{"name": "Ana"}], "proposed": {"name": "Bo"}, "owner": {"name": "ana"}})
    {'ana': 'signatory 1', 'bo': 'participant 1'}
    """
    found: dict[str, str] = {}
    rounds = [mapping(one) for one in items(decision.get("votes"))]
    others: list[Any] = [decision.get("proposed"), decision.get("owner"), decision.get("concluded")]
    others += [*items(decision.get("dissent")), *(vote for one in rounds for vote in items(one.get("votes")))]
    others += [*items(decision.get("comments")), *items(decision.get("questions"))]
    for part, group in (("signatory", items(decision.get("signatures"))), ("participant", others)):
        place = 0
        for record in map(mapping, group):
            key = _key(record)
            if key and key not in found:
                place += 1
                found[key] = f"{part} {place}"
    return found


def _one_of(value: Any, known: Sequence[str]) -> str | None:
    return str(value) if value in known else None


def _moment(value: Any) -> str | None:
    """Return a date or a moment; anything else that stands there is left out."""
    text = plain(value)
    return text if _AT.fullmatch(text) else None


def _hash(value: Any) -> str | None:
    text = plain(value)
    return text if _HASH.fullmatch(text) else None
