"""From events to the board: every event is looked at once, in order, and none may break the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from types import NoneType
from typing import Any

from core.team.board import (
    NOBODY,
    Board,
    Candidate,
    Comment,
    Decision,
    Limit,
    Person,
    Question,
    Round,
    Signature,
    Vote,
)
from core.team.events import Actor, Event

UNDOABLE = ("limit", "unlimit", "shortlist", "unshortlist", "comment", "question", "answer", "signature")
SILENT = ("present", "joined", "undo")
"""What the minutes leave out."""


def fold(events: Iterable[Event]) -> Board:
    """Return the board of a workspace's events.

    What was undone is skipped. A kind that this version does not know, or an event that lacks what its kind needs, is
    kept in the store and changes nothing here: one bad line must not close a team's whole record to it.
    """
    every = list(events)
    undone = {str(e.payload.get("event")) for e in every if e.kind == "undo"}
    state = _State()
    for event in every:
        # The version counts every writing of a subject, also what was undone and the undoing itself.
        state.versions[event.subject] = event.version
        state.latest[event.subject] = event
        if event.kind in _KINDS and event.id not in undone and readable(event):
            _KINDS[event.kind](state, event)
    return _board(state, every, undone)


def readable(event: Event) -> bool:
    """Say whether an event holds what its kind needs.

    >>> from dataclasses import replace
    >>> said = Event(place=1, id="e", actor=Actor(key="a"), kind="comment", subject="c", version=1, at="")
    >>> readable(said), readable(replace(said, payload={"text": "Why?"}))
    (False, True)
    """
    if event.kind == "limit" and not isinstance(event.payload.get("block"), Mapping):
        return False
    if event.kind == "opened":
        blocks = event.payload.get("requirements", [])
        return isinstance(blocks, list) and all(isinstance(block, Mapping) for block in blocks)
    if event.kind == "propose" and not _dated(event.payload.get("review")):
        return False
    held = event.payload["block"] if event.kind == "limit" else event.payload
    return all(isinstance(held.get(name), kind) for name, kind in _NEEDS.get(event.kind, {}).items())


def _dated(review: Any) -> bool:
    try:
        return review is None or bool(date.fromisoformat(review))
    except (TypeError, ValueError):
        return False


class _State:
    def __init__(self) -> None:
        self.name, self.link = "", "member"
        self.versions: dict[str, int] = {}
        self.latest: dict[str, Event] = {}
        self.people: dict[str, Person] = {}
        self.asked: dict[str, Person] = {}
        self.limits: dict[str, tuple[dict[str, Any], Event]] = {}
        self.shortlist: dict[str, Event] = {}
        self.comments: dict[str, Event] = {}
        self.questions: dict[str, Event] = {}
        self.answers: dict[str, Event] = {}
        self.rounds: dict[str, Event] = {}
        self.votes: dict[str, dict[str, Event]] = {}
        self.revealed: dict[str, Event] = {}
        self.proposed: dict[str, tuple[Event, Event]] = {}
        self.signed: dict[str, dict[str, Event]] = {}
        self.concluded: dict[str, Event] = {}
        self.presenting: dict[str, Any] | None = None


def _person(actor: Actor, role: str) -> Person:
    return Person(key=actor.key, name=actor.name, source=actor.source, role=role)


def _opened(state: _State, event: Event) -> None:
    state.name = str(event.payload.get("name", ""))
    state.people[event.actor.key] = _person(event.actor, "owner")
    for block in event.payload.get("requirements", []):
        state.limits[str(block.get("name"))] = (dict(block), event)


def _named(state: _State, event: Event) -> None:
    state.name = str(event.payload.get("name", ""))


def _joined(state: _State, event: Event) -> None:
    old = state.people.get(event.actor.key)
    state.people[event.actor.key] = _person(event.actor, old.role if old else str(event.payload.get("role")))


def _asked(state: _State, event: Event) -> None:
    state.asked[event.actor.key] = _person(event.actor, NOBODY)


def _role(state: _State, event: Event) -> None:
    told, role = event.payload, str(event.payload.get("role"))
    key = str(told.get("person"))
    state.asked.pop(key, None)
    state.people[key] = Person(key=key, name=str(told.get("name")), source=str(told.get("source")), role=role)


def _link(state: _State, event: Event) -> None:
    state.link = str(event.payload.get("gives"))


def _limit(state: _State, event: Event) -> None:
    state.limits[str(event.payload["block"]["name"])] = (dict(event.payload["block"]), event)


def _unlimit(state: _State, event: Event) -> None:
    state.limits.pop(str(event.payload.get("name")), None)


def _shortlist(state: _State, event: Event) -> None:
    state.shortlist[str(event.payload["point"])] = event


def _unshortlist(state: _State, event: Event) -> None:
    state.shortlist.pop(str(event.payload.get("point")), None)


def _comment(state: _State, event: Event) -> None:
    state.comments[event.subject] = event


def _question(state: _State, event: Event) -> None:
    state.questions[event.subject] = event


def _answer(state: _State, event: Event) -> None:
    state.answers[event.subject] = event


def _round(state: _State, event: Event) -> None:
    state.rounds[event.subject] = event


def _vote(state: _State, event: Event) -> None:
    state.votes.setdefault(str(event.payload["round"]), {})[event.actor.key] = event


def _reveal(state: _State, event: Event) -> None:
    state.revealed[str(event.payload["round"])] = event


def _propose(state: _State, event: Event) -> None:
    first = state.proposed.get(event.subject, (event, event))[0]
    state.proposed[event.subject] = (first, event)


def _signature(state: _State, event: Event) -> None:
    state.signed.setdefault(str(event.payload["decision"]), {})[event.actor.key] = event


def _conclude(state: _State, event: Event) -> None:
    state.concluded[str(event.payload["decision"])] = event


def _present(state: _State, event: Event) -> None:
    on = event.payload.get("on")
    state.presenting = {**event.payload, "by": event.actor.name, "key": event.actor.key} if on else None


_NEEDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "limit": {"name": str},
    "unlimit": {"name": str},
    "named": {"name": str},
    "role": {"person": str, "role": str},
    "link": {"gives": str},
    "shortlist": {"point": str},
    "unshortlist": {"point": str},
    "comment": {"text": str},
    "question": {"text": str},
    "answer": {"text": str},
    "round": {"question": str, "choices": list},
    "vote": {"round": str, "choice": str, "reason": str},
    "reveal": {"round": str},
    "propose": {
        "question": str,
        "point": str,
        "state": str,
        "why": str,
        "conditions": list,
        "owner": str,
        "review": (str, NoneType),
        "evidence": Mapping,
    },
    "signature": {"decision": str, "verdict": str, "reason": str, "version": int, "evidence": str},
    "conclude": {"decision": str, "verdict": str, "reason": str},
}
"""What the payload of a kind holds at least; the block of a limit."""

_KINDS: dict[str, Callable[[_State, Event], None]] = {
    "opened": _opened,
    "named": _named,
    "joined": _joined,
    "asked": _asked,
    "role": _role,
    "link": _link,
    "limit": _limit,
    "unlimit": _unlimit,
    "shortlist": _shortlist,
    "unshortlist": _unshortlist,
    "comment": _comment,
    "question": _question,
    "answer": _answer,
    "round": _round,
    "vote": _vote,
    "reveal": _reveal,
    "propose": _propose,
    "signature": _signature,
    "conclude": _conclude,
    "present": _present,
}


def _board(state: _State, every: list[Event], undone: set[str]) -> Board:
    def version(subject: str) -> int:
        return state.versions.get(subject, 0)

    limits = tuple(
        Limit(block=block, version=version(f"limit:{name}"), by=event.actor, at=event.at)
        for name, (block, event) in state.limits.items()
    )
    questions = []
    for key, event in state.questions.items():
        answer = state.answers.get(key.replace("question:", "answer:", 1))
        questions.append(
            Question(
                id=key, text=str(event.payload["text"]), by=event.actor, at=event.at,
                version=version(key.replace("question:", "answer:", 1)),
                answer=None if answer is None else str(answer.payload["text"]),
                settled_by=None if answer is None else answer.actor,
            )
        )  # fmt: skip
    # Only what stands last of its subject may be taken back: undoing below somebody's later edit would lose that edit.
    last = {e.id: e for e in state.latest.values() if e.kind in UNDOABLE and e.id not in undone}
    closed = set(state.concluded)
    # A question is built on by its answer.
    answered = {key.replace("answer:", "question:", 1) for key in state.answers}
    last = {k: e for k, e in last.items() if not (e.kind == "question" and e.subject in answered)}
    last = {k: e for k, e in last.items() if not (e.kind == "signature" and e.payload.get("decision") in closed)}
    return Board(
        name=state.name,
        head=every[-1].place if every else 0,
        digest=every[-1].digest if every else "",
        link=state.link,
        people=tuple(p for p in state.people.values() if p.role != NOBODY),
        asked=tuple(state.asked.values()),
        out=frozenset(p.key for p in state.people.values() if p.role == NOBODY),
        limits=limits,
        shortlist=tuple(
            Candidate(point=point, state=str(e.payload.get("state", "")), by=e.actor, at=e.at)
            for point, e in state.shortlist.items()
        ),
        comments=tuple(
            Comment(id=e.id, about=e.payload.get("about"), text=str(e.payload["text"]), by=e.actor, at=e.at)
            for e in state.comments.values()
        ),
        questions=tuple(questions),
        rounds=tuple(_round_of(state, key, event) for key, event in state.rounds.items()),
        decisions=_decisions(state),
        presenting=state.presenting,
        undoable=last,
        minutes=tuple(e for e in every if e.kind not in SILENT),
    )


def _round_of(state: _State, key: str, event: Event) -> Round:
    cast = state.votes.get(key, {}).values()
    revealed = state.revealed.get(key)
    return Round(
        id=key,
        question=str(event.payload["question"]),
        choices=tuple(event.payload["choices"]),
        by=event.actor,
        at=event.at,
        revealed=None if revealed is None else revealed.at,
        voted=tuple(vote.actor.name for vote in cast),
        votes=tuple(
            Vote(by=v.actor, choice=str(v.payload["choice"]), reason=str(v.payload["reason"]), at=v.at) for v in cast
        ),
    )


def _decisions(state: _State) -> tuple[Decision, ...]:
    accepted = sorted(
        (event.place, key) for key, event in state.concluded.items() if event.payload["verdict"] == "accepted"
    )
    after = {key: later for (_, key), (_, later) in pairwise(accepted)}
    found = []
    for key, (first, event) in state.proposed.items():
        told, end = event.payload, state.concluded.get(key)
        found.append(
            Decision(
                id=key,
                question=str(told["question"]),
                point=str(told["point"]),
                state=str(told["state"]),
                why=str(told["why"]),
                conditions=tuple(told["conditions"]),
                owner=str(told["owner"]),
                review=told["review"],
                evidence=told["evidence"],
                version=event.version,
                by=first.actor,
                at=first.at,
                edited=None if event is first else event.actor,
                signatures=tuple(
                    Signature(
                        by=s.actor, verdict=str(s.payload["verdict"]), reason=str(s.payload["reason"]),
                        text_version=int(s.payload["version"]), evidence=str(s.payload["evidence"]), at=s.at,
                    )
                    for s in state.signed.get(key, {}).values()
                ),
                conclusion=None if end is None else str(end.payload["verdict"]),
                concluded_by=None if end is None else end.actor,
                concluded_at=None if end is None else end.at,
                concluded_reason="" if end is None else str(end.payload["reason"]),
                superseded_by=after.get(key),
            )
        )  # fmt: skip
    return tuple(found)
