"""Minutes that write themselves: each event as a sentence, with who and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.charts.verdict import limit_text
from core.team.events import Event
from core.team.fold import readable


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the minutes.

    Parameters
    ----------
    at : str
        UTC, ISO 8601.
    name, source, text : str
    """

    at: str
    name: str
    source: str
    text: str


def minutes(events: Iterable[Event]) -> tuple[Line, ...]:
    """Return the minutes of a workspace's events, the earliest first; what was taken back is said to be.

    >>> from core.team.events import Actor
    >>> asked = Event(place=2, id="q", actor=Actor(key="a", name="Ana"), kind="question", subject="question:q",
    ...               version=1, at="2026-11-23T09:00:00+00:00", payload={"text": "Why k = 5?"})
    >>> minutes([asked])[0].text
    'put a question on the agenda: Why k = 5?'
    """
    every = list(events)
    undone = {str(e.payload.get("event")) for e in every if e.kind == "undo"}
    texts = {e.subject: str(e.payload.get("text", "")) for e in every if e.kind == "question"}
    titles = {e.subject: str(e.payload.get("point", "")) for e in every if e.kind == "propose"}
    found = []
    for event in every:
        sentence = _SENTENCES.get(event.kind)
        if sentence is None or not readable(event):
            continue
        told = dict(event.payload)
        told["_question"] = texts.get(str(told.get("question")), "")
        told["_decision"] = titles.get(str(told.get("decision")), "")
        told["_version"] = event.version
        back = " (taken back later)" if event.id in undone else ""
        name = event.actor.name or "somebody without a name"
        found.append(Line(at=event.at, name=name, source=event.actor.source, text=sentence(told) + back))
    return tuple(found)


def _because(told: Mapping[str, Any]) -> str:
    return f": {told['reason']}" if told.get("reason") else ""


def _limit(told: Mapping[str, Any]) -> str:
    block = told["block"]
    whose = f" for {block['owner']}" if block.get("owner") else ""
    return f"set the limit {block['name']}{whose}: {limit_text(block)}" + (
        f", because: {block['reason']}" if block.get("reason") else ""
    )


def _propose(told: Mapping[str, Any]) -> str:
    if told["_version"] > 1:
        return f"changed the proposal for {told['point']}"
    return f"proposed {told['point']} as the answer to: {told['question']}"


def _vote(told: Mapping[str, Any]) -> str:
    return f"voted for {told['choice'] or 'none of them'}{_because(told)}"


def _about(told: Mapping[str, Any]) -> str:
    return f"said about {told['about']}: {told['text']}" if told.get("about") else f"said: {told['text']}"


_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "opened": lambda told: f"opened the workspace {told.get('name', '')}".rstrip(),
    "named": lambda told: f"renamed the workspace to {told.get('name', '')}",
    "role": lambda told: f"gave {told.get('name') or 'somebody'} the role {told.get('role')}",
    "asked": lambda told: "asked for access",
    "link": lambda told: f"let the link give: {told.get('gives')}",
    "limit": _limit,
    "unlimit": lambda told: f"took away the limit {told['name']}",
    "shortlist": lambda told: f"put {told['point']} on the shortlist",
    "unshortlist": lambda told: f"took {told['point']} off the shortlist",
    "comment": _about,
    "question": lambda told: f"put a question on the agenda: {told['text']}",
    "answer": lambda told: f"answered “{told['_question']}”: {told['text']}",
    "round": lambda told: f"opened a blind vote: {told['question']}",
    "vote": _vote,
    "reveal": lambda told: "revealed the votes",
    "propose": _propose,
    "signature": lambda told: (
        f"{'signed' if told['verdict'] == 'sign' else 'refused to sign'} the proposal for {told['_decision']}"
        f"{_because(told)}"
    ),
    "conclude": lambda told: f"closed the proposal for {told['_decision']} as {told['verdict']}{_because(told)}",
}
