"""The decision record: what was chosen, by whom, on what evidence, against which objections, until when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from core.charts.words import items, label_of, mapping
from core.team.board import Board, Decision, Round
from core.team.events import Actor, Event, canonical
from core.team.evidence import evidence_of, finite, hashed, settings_of
from core.team.keepable import keepable, without_values
from core.team.minutes import minutes

SCHEMA = "middleground.decision/1"
BODY = "middleground.state/1"


def state_of(
    result: Mapping[str, Any],
    draft: Mapping[str, Any],
    schema: Mapping[str, Any],
    table: str,
    sample: str | None = None,
) -> dict[str, Any]:
    """Return what is frozen: the result as it stands and what it was made with, without a value of the table.

    Parameters
    ----------
    result : mapping
        Of schema `middleground.result/1`.
    draft : mapping
        The study in the form of its TOML file.
    schema : mapping
        The schema's JSON.
    table : str
        The fingerprint of the whole table, which `result` may have sampled.
    """
    thin, whole = without_values(schema)
    return {
        "schema": BODY,
        "result": _plain_json(keepable(result)),
        "study": _plain_json({k: draft[k] for k in ("study", "attacker", "recipe", "requirement") if k in draft}),
        "schema_of_table": thin,
        "schema_whole": whole,
        "schema_hash": hashed(schema),
        "table": table,
        "sample": sample,
    }


def _plain_json(value: Any) -> Any:
    """Return a value as JSON can hold it: tuples as lists, what is no finite number as none."""
    return json.loads(canonical(finite(value)))


def evidence(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the hashes that a decision on this state is bound to."""
    return evidence_of(body["result"], body["study"], body["schema_hash"])


def moved(body: Mapping[str, Any], draft: Mapping[str, Any], schema: Mapping[str, Any], table: str) -> list[str]:
    """Return what is other now than in a frozen state: what its signatures do not cover.

    >>> body = {"study": {"study": {"seed": 1}}, "schema_hash": hashed({}), "table": "t"}
    >>> moved(body, {"study": {"seed": 2}}, {}, "t")
    ['the study']
    """
    then, now, found = settings_of(mapping(body.get("study"))), settings_of(draft), []
    if then["recipe"] != now["recipe"]:
        found.append("the settings")
    if then["requirement"] != now["requirement"]:
        found.append("the limits")
    if then["attacker"] != now["attacker"]:
        found.append("what the attacker knows")
    if then["study"] != now["study"]:
        found.append("the study")
    if body.get("schema_hash") != hashed(schema):
        found.append("what the columns are")
    if body.get("table") != table:
        found.append("the table")
    return found


def point_of(body: Mapping[str, Any], point: str) -> Mapping[str, Any] | None:
    """Return a point of a frozen state."""
    found = (mapping(p) for p in items(mapping(body.get("result")).get("points")))
    return next((p for p in found if p.get("id") == point), None)


def record(
    board: Board,
    decision: Decision,
    body: Mapping[str, Any],
    events: Iterable[Event],
    today: date,
    schema: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the decision as the JSON of its file: everything that others need to check it and to run it again.

    Parameters
    ----------
    body : mapping
        The frozen state that the decision stands on.
    events : iterable of Event
        What the reader may see; the minutes are made from it.
    today : date
        Decides whether the decision is expired.
    schema : mapping, optional
        The whole schema, from a table that is open; without it the frozen one is given where that one is whole.
    """
    result, study = mapping(body.get("result")), mapping(body.get("study"))
    chosen = mapping(point_of(body, decision.point))
    if schema is None or hashed(schema) != body.get("schema_hash"):
        schema = mapping(body.get("schema_of_table")) if body.get("schema_whole") else None
    rounds = [r for r in board.rounds if r.revealed is not None]
    return {
        "schema": SCHEMA,
        "id": decision.id.removeprefix("decision:"),
        "workspace": {"name": board.name},
        "question": decision.question,
        "state": decision.status(today),
        "choice": {
            "id": decision.point,
            "name": str(chosen.get("name") or decision.point),
            **{key: chosen.get(key) for key in ("recipe", "model", "release")},
        },
        "why": decision.why,
        "conditions": list(decision.conditions),
        "owner": {"name": decision.owner, "source": "as typed"},
        "review_date": decision.review,
        "proposed": {**_who(decision.by), "at": decision.at},
        "concluded": None
        if decision.concluded_by is None
        else {**_who(decision.concluded_by), "at": decision.concluded_at, "reason": decision.concluded_reason},
        "votes": [_round(r, result) for r in rounds],
        "signatures": [
            {
                **_who(s.by),
                "verdict": s.verdict,
                "reason": s.reason,
                "at": s.at,
                "covers": decision.covers(s),
                "evidence": s.evidence,
            }
            for s in decision.signatures
        ],
        "dissent": _dissent(decision, rounds, result),
        "comments": [{"about": c.about, "text": c.text, **_who(c.by), "at": c.at} for c in board.comments],
        "questions": [
            {"text": q.text, **_who(q.by), "open": q.answer is None, "answer": q.answer} for q in board.questions
        ],
        "requirements": list(items(result.get("requirements"))),
        "evidence": dict(decision.evidence),
        "result": dict(result),
        "study": dict(study) or None,
        "schema_of_table": None if schema is None else dict(schema),
        "schema_hash": body.get("schema_hash"),
        "sample": body.get("sample"),
        "minutes": [{"at": line.at, "name": line.name, "text": line.text} for line in minutes(events)],
        "log": {"events": board.head, "digest": board.digest},
    }


def _who(actor: Actor) -> dict[str, str]:
    return {"name": actor.name, "source": actor.source}


def _label(point: str, result: Mapping[str, Any]) -> str:
    found = (mapping(p) for p in items(result.get("points")))
    return next((label_of(p) for p in found if p.get("id") == point), point) if point else "none of them"


def _round(found: Round, result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "question": found.question,
        "opened": found.at,
        "revealed": found.revealed,
        "choices": [{"id": c, "label": _label(c, result)} for c in found.choices],
        "votes": [
            {**_who(v.by), "choice": v.choice, "label": _label(v.choice, result), "reason": v.reason, "at": v.at}
            for v in found.votes
        ],
    }


def _dissent(decision: Decision, rounds: list[Round], result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return who refused, and who voted otherwise in a vote that had the choice among its choices."""
    found = [{**_who(s.by), "kind": "refused to sign", "text": s.reason, "at": s.at} for s in decision.refused]
    for asked in rounds:
        if decision.point not in asked.choices:
            continue
        for vote in asked.votes:
            if vote.choice != decision.point:
                text = f"for {_label(vote.choice, result)}" + (f": {vote.reason}" if vote.reason else "")
                found.append({**_who(vote.by), "kind": "voted otherwise", "text": text, "at": vote.at})
    return found
