"""The board: what a workspace's events amount to, for one pair of eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from core.team.events import Actor, Event

ROLES = ("owner", "member", "viewer")
NOBODY = "nobody"
LINKS = ("member", "viewer", NOBODY)
"""What the link alone gives."""

FINAL = ("accepted", "refused")


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody in the workspace."""

    key: str
    name: str
    source: str
    role: str


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A requirement as it stands, and its version for whoever changes it."""

    block: Mapping[str, Any]
    version: int
    by: Actor | None = None
    at: str = ""

    @property
    def name(self) -> str:
        """The requirement's name."""
        return str(self.block.get("name"))


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A setting on the shortlist, as it was measured when somebody put it there."""

    point: str
    state: str
    by: Actor
    at: str


@dataclass(frozen=True, kw_only=True)
class Comment:
    """What somebody said, about a setting or about all."""

    id: str
    about: str | None
    text: str
    by: Actor
    at: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """An open question of the agenda; settled once it has an answer."""

    id: str
    text: str
    version: int
    by: Actor
    at: str
    answer: str | None = None
    settled_by: Actor | None = None


@dataclass(frozen=True, kw_only=True)
class Vote:
    """One person's choice, with the reason."""

    by: Actor
    choice: str
    reason: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Round:
    """A blind vote. Until it is revealed, `votes` holds only the vote of whoever looks.

    Parameters
    ----------
    choices : tuple of str
        Ids of settings; "" stands for none of them.
    voted : tuple of str
        Names of those who voted.
    """

    id: str
    question: str
    choices: tuple[str, ...]
    by: Actor
    at: str
    revealed: str | None = None
    voted: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return the votes for each choice."""
        return {choice: sum(vote.choice == choice for vote in self.votes) for choice in (*self.choices, "")}


@dataclass(frozen=True, kw_only=True)
class Signature:
    """Somebody stood behind a decision, or refused to."""

    by: Actor
    verdict: str
    reason: str
    text_version: int
    evidence: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A proposal on its way to a decision.

    Parameters
    ----------
    point, state : str
        The setting chosen, and the hash of the frozen state that it is chosen on.
    version : int
        Of the text: a signature covers the version that it was given to.
    evidence : mapping
        Hashes of study, table, points and versions, and one over all.
    conclusion : {None, "accepted", "refused"}
    superseded_by : str or None
        The later decision that took this one's place.
    """

    id: str
    question: str
    point: str
    state: str
    why: str
    conditions: tuple[str, ...]
    owner: str
    review: str | None
    evidence: Mapping[str, Any]
    version: int
    by: Actor
    at: str
    edited: Actor | None = None
    signatures: tuple[Signature, ...] = ()
    conclusion: str | None = None
    concluded_by: Actor | None = None
    concluded_at: str | None = None
    concluded_reason: str = ""
    superseded_by: str | None = None

    def status(self, today: date) -> str:
        """Return proposed, accepted, refused, superseded or expired.

        An accepted decision is expired from the day after its review date.
        """
        if self.conclusion != "accepted":
            return self.conclusion or "proposed"
        if self.superseded_by is not None:
            return "superseded"
        return "expired" if self.review is not None and today > date.fromisoformat(self.review) else "accepted"

    def covers(self, signature: Signature) -> bool:
        """Say whether a signature was given to the text and the evidence as they stand."""
        return signature.text_version == self.version and signature.evidence == self.evidence.get("hash")

    @property
    def signed(self) -> tuple[Signature, ...]:
        """The signatures that cover the text as it stands."""
        return tuple(s for s in self.signatures if s.verdict == "sign" and self.covers(s))

    @property
    def refused(self) -> tuple[Signature, ...]:
        """The refusals; one that was given to an earlier text stays until the person says otherwise."""
        return tuple(s for s in self.signatures if s.verdict == "refuse")


@dataclass(frozen=True, kw_only=True)
class Board:
    """A workspace as it stands.

    Parameters
    ----------
    head : int
        The place of the last event that is in it.
    link : {"member", "viewer", "nobody"}
        What who has only the link may do.
    out : frozenset of str
        Keys of those who were shown out: the link gives them nothing.
    presenting : mapping or None
        Where the presenter is: `{"by", "step", "point"}`.
    undoable : mapping of event id to Event
        What may be taken back.
    """

    name: str = ""
    head: int = 0
    digest: str = ""
    link: str = "member"
    people: tuple[Person, ...] = ()
    asked: tuple[Person, ...] = ()
    out: frozenset[str] = frozenset()
    limits: tuple[Limit, ...] = ()
    shortlist: tuple[Candidate, ...] = ()
    comments: tuple[Comment, ...] = ()
    questions: tuple[Question, ...] = ()
    rounds: tuple[Round, ...] = ()
    decisions: tuple[Decision, ...] = ()
    presenting: Mapping[str, Any] | None = None
    undoable: Mapping[str, Event] = field(default_factory=dict)
    minutes: tuple[Event, ...] = ()

    def role(self, actor: Actor) -> str:
        """Return the role of somebody: their own, else what the link gives; nothing to who was shown out."""
        if actor.key in self.out:
            return NOBODY
        return next((person.role for person in self.people if person.key == actor.key), self.link)

    def limit(self, name: str) -> Limit | None:
        """Return a requirement by its name."""
        return next((limit for limit in self.limits if limit.name == name), None)

    def decision(self, key: str) -> Decision | None:
        """Return a decision by its id."""
        return next((decision for decision in self.decisions if decision.id == key), None)

    def round(self, key: str) -> Round | None:
        """Return a vote by its id."""
        return next((found for found in self.rounds if found.id == key), None)

    def seen_by(self, actor: Actor) -> Board:
        """Return the board without what these eyes may not see yet: the votes of others before they are revealed."""
        rounds = tuple(
            r if r.revealed else replace(r, votes=tuple(v for v in r.votes if v.by.key == actor.key))
            for r in self.rounds
        )
        hidden = {r.id for r in self.rounds if not r.revealed}
        kept = tuple(e for e in self.minutes if not (e.kind == "vote" and e.payload.get("round") in hidden))
        mine = {k: e for k, e in self.undoable.items() if e.actor.key == actor.key}
        return replace(self, rounds=rounds, minutes=kept, undoable=mine)
