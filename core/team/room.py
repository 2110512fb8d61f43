"""The room: everything that a person can do in a workspace, each act checked against their role, whoever calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from core.errors import UserError
from core.team.board import FINAL, LINKS, NOBODY, ROLES, Board, Decision, Round
from core.team.events import Actor, Event, Forbidden, cleaned
from core.team.fold import fold
from core.team.runs import Run, last_run
from core.team.store import Store, new_id, no_entry
from core.tradeoff.study import parse_requirement

_MAY = {"owner": 3, "member": 2, "viewer": 1, NOBODY: 0}
NAME = 80
SHORT = 400
"""Characters of a name, and of a line."""


class Room:
    """One person in one workspace.

    Reading asks for the role viewer, saying and setting anything for member, people and access for owner; what carries
    a name in the record (comments, votes, signatures) asks for one. A role that does not allow something raises
    `Forbidden` before anything is read or written, with the same words for a workspace that does not exist.

    Parameters
    ----------
    store : Store
    workspace : str
    actor : Actor

    Examples
    --------
    >>> store = Store("sqlite://")
    >>> ana, ben = Actor(key="a", name="Ana"), Actor(key="b", name="Ben")
    >>> ws = store.create(ana, {"name": "Clinic"})
    >>> _ = Room(store, ws, ana).protect(NOBODY)
    >>> Room(store, ws, ben).role
    'nobody'
    """

    def __init__(self, store: Store, workspace: str, actor: Actor) -> None:
        self.store, self.workspace, self.actor = store, workspace, actor
        self._events: list[Event] = []
        self._whole: Board | None = None
        self.shared = False  # see `_all`

    def _all(self, fresh: bool = False) -> Board:
        """Return the board with everything on it; only what comes after the last look is read.

        While `shared`, what is drawn shares one look; acts are `fresh`: they look again by themselves.
        """
        if self.shared and not fresh and self._whole is not None:
            return self._whole
        if self._whole is None or self.store.head(self.workspace) != self._whole.head:
            self._events += self.store.events(self.workspace, len(self._events))
            if not self._events:
                raise no_entry()
            self._whole = fold(self._events)
        return self._whole

    @property
    def role(self) -> str:
        """The role of this person; "nobody" also where there is no such workspace."""
        try:
            return self._all().role(self.actor)
        except Forbidden:
            return NOBODY

    def may(self, role: str) -> bool:
        """Say whether this person has a role, or a higher one."""
        return _MAY.get(self.role, 0) >= _MAY[role]

    def _need(self, role: str, named: bool = True, fresh: bool = True) -> Board:
        whole = self._all(fresh)  # one look for the role and for what is returned
        if _MAY.get(whole.role(self.actor), 0) < _MAY[role]:
            raise no_entry()
        if named and not self.actor.name:
            raise UserError(
                "what you say carries your name", got="no name", do="Give the name that others know you by."
            )
        return whole

    def board(self) -> Board:
        """Return the workspace as this person may see it."""
        return self._need("viewer", named=False, fresh=False).seen_by(self.actor)

    def events(self) -> list[Event]:
        """Return the events that this person may see, in order."""
        hidden = {r.id for r in self._need("viewer", named=False, fresh=False).rounds if not r.revealed}
        return [e for e in self._events if not (e.kind == "vote" and e.payload.get("round") in hidden)]

    def changed_since(self, head: int) -> bool:
        """Say whether something happened after a place. Cheap: what a page asks every two seconds."""
        return self.store.head(self.workspace) != head

    def _do(
        self, kind: str, subject: str, payload: Mapping[str, Any], expected: int | None = None, id: str | None = None
    ) -> Event:
        self.shared = False  # what is drawn after an act shows it
        return self.store.append(self.workspace, self.actor, kind, subject, payload, expected, id)

    # People and access

    def join(self) -> Event | None:
        """Enter under this person's name; again under another name renames them."""
        board = self._need("viewer")
        old = next((p for p in board.people if p.key == self.actor.key), None)
        if old is not None and (old.name, old.source) == (self.actor.name, self.actor.source):
            return None
        cleaned(self.actor.name, NAME)
        return self._do("joined", f"person:{self.actor.key}", {"role": board.role(self.actor)})

    def ask(self) -> Event:
        """Ask for access to a workspace that this person may not read; says nothing about what is in it."""
        if self.store.head(self.workspace) is None or not self.actor.name:
            raise no_entry()
        everybody = self._all(fresh=True).asked
        if any(p.key == self.actor.key for p in everybody) or len(everybody) >= 100:
            raise UserError("access is asked for once", got="asked already", do="Wait for the owner's answer.")
        return self._do("asked", f"asked:{self.actor.key}", {})

    def grant(self, person: str, role: str) -> Event:
        """Give somebody a role, or "nobody" to show them out. The last owner stays."""
        board = self._need("owner")
        if role not in (*ROLES, NOBODY):
            raise UserError(f"a role is one of {', '.join((*ROLES, NOBODY))}", got=repr(role), do="Choose one.")
        known = next((p for p in (*board.people, *board.asked) if p.key == person), None)
        if known is None:
            raise UserError("a role is for somebody who was here or asked", got="somebody else",
                            do="Send them the link first.")  # fmt: skip
        owners = [p.key for p in board.people if p.role == "owner"]
        if owners == [person] and role != "owner":
            raise UserError(
                "a workspace has an owner", got="the last one leaving", do="Make somebody else owner first."
            )
        told = {"person": person, "name": known.name, "source": known.source, "role": role}
        return self._do("role", f"role:{person}", told)

    def protect(self, gives: str) -> Event:
        """Say what who has only the link may do: member, viewer or nobody.

        Whoever came in by the link keeps the role that it gave them then.
        """
        self._need("owner")
        if gives not in LINKS:
            raise UserError(f"a link gives one of {', '.join(LINKS)}", got=repr(gives), do="Choose one.")
        return self._do("link", "link", {"gives": gives})

    def rename(self, name: str) -> Event:
        """Give the workspace another name."""
        self._need("owner")
        return self._do("named", "name", {"name": cleaned(name, SHORT)})

    # Requirements

    def set_limit(self, block: Mapping[str, Any], expected: int | None = None) -> Event:
        """Set or change a requirement; `expected` is the version that was on screen.

        Raises
        ------
        Conflict
            When somebody else changed it since.
        """
        self._need("member", named=False)
        texts = {k: cleaned(v, SHORT) if isinstance(v, str) else v for k, v in block.items() if v is not None}
        told = {k: v for k, v in parse_requirement(texts, 1).to_json().items() if v not in (None, "")}
        return self._do("limit", f"limit:{told['name']}", {"block": told}, expected)

    def drop_limit(self, name: str, expected: int | None = None) -> Event:
        """Take a requirement away; the record keeps that it was there."""
        self._need("member", named=False)
        return self._do("unlimit", f"limit:{name}", {"name": name}, expected)

    # Discussion

    def shortlist(self, point: str, state: str) -> Event:
        """Put a setting on the shortlist, as it was measured in a frozen state."""
        self._need("member", named=False)
        self._known(state)
        return self._do("shortlist", f"shortlist:{point}", {"point": cleaned(point, SHORT), "state": state})

    def unshortlist(self, point: str) -> Event:
        """Take a setting off the shortlist."""
        self._need("member", named=False)
        return self._do("unshortlist", f"shortlist:{point}", {"point": point})

    def comment(self, text: str, about: str | None = None, id: str | None = None) -> Event:
        """Say something, about a setting or about all."""
        self._need("member")
        key = id or new_id()
        told = {"text": _some(text, "a comment"), "about": None if about is None else cleaned(about, SHORT)}
        return self._do("comment", f"comment:{key}", told, id=key)

    def question(self, text: str, id: str | None = None) -> Event:
        """Put an open question on the agenda."""
        self._need("member")
        key = id or new_id()
        return self._do("question", f"question:{key}", {"text": _some(text, "a question")}, id=key)

    def answer(self, question: str, text: str, expected: int | None = None) -> Event:
        """Settle a question with its answer."""
        board = self._need("member")
        if question not in {q.id for q in board.questions}:
            raise _gone("question")
        told = {"text": _some(text, "an answer"), "question": question}
        return self._do("answer", question.replace("question:", "answer:", 1), told, expected)

    def undo(self, event: str) -> Event:
        """Take back something of one's own, as long as nobody built on it; the record keeps both."""
        board = self._need("member")
        done = board.undoable.get(event)
        if done is None or done.actor.key != self.actor.key:
            raise UserError("only your own last word on something can be taken back", got="something else",
                            do="Say what should change instead.")  # fmt: skip
        return self._do("undo", done.subject, {"event": event}, done.version)

    # Votes

    def open_round(self, question: str, choices: tuple[str, ...]) -> Event:
        """Start a blind vote between settings; one at a time."""
        board = self._need("member")
        if any(r.revealed is None for r in board.rounds):
            raise UserError("one vote is held at a time", got="one that is not revealed", do="Reveal it first.")
        if not 1 <= len(choices) <= 12 or len(set(choices)) < len(choices):
            raise UserError("a vote has 1 to 12 choices", got=str(len(choices)), do="Shortlist settings first.")
        told = {
            "question": _some(question, "a vote's question", SHORT),
            "choices": [cleaned(c, SHORT) for c in choices],
        }
        return self._do("round", f"round:{new_id()}", told)

    def vote(self, round: str, choice: str, reason: str) -> Event:
        """Vote, or vote again until the round is revealed; the last vote of a person counts."""
        found = self._round(round)
        if found.revealed is not None:
            raise UserError("votes are given before they are revealed", got="a revealed vote", do="Start a new one.")
        if choice not in (*found.choices, ""):
            raise UserError("a vote is for one of the choices", got="another setting", do="Choose one of them.")
        told = {"round": round, "choice": choice, "reason": cleaned(reason)}
        return self._do("vote", f"vote:{round}:{self.actor.key}", told)

    def reveal(self, round: str) -> Event:
        """Show every vote to everybody: by who opened the round, or an owner."""
        found = self._round(round)
        if found.by.key != self.actor.key and not self.may("owner"):
            raise UserError("a vote is revealed by who opened it or an owner", got="somebody else", do="Ask them.")
        if found.revealed is not None:
            raise UserError("a vote is revealed once", got="one that is open already", do="Start a new one.")
        return self._do("reveal", f"reveal:{round}", {"round": round}, 0)

    def _round(self, key: str) -> Round:
        found = self._need("member").round(key)
        if found is None:
            raise _gone("vote")
        return found

    # Decisions

    def freeze(self, body: Mapping[str, Any]) -> str:
        """Keep a state that others can open and that decisions stand on; returns its hash."""
        self._need("member", named=False)
        return self.store.freeze(self.workspace, body)

    def state(self, name: str) -> dict[str, Any] | None:
        """Return a frozen state."""
        self._need("viewer", named=False)
        return self.store.state(self.workspace, name)

    def run(self) -> Run | None:
        """Return the last sweep as far as it came; None when none was kept."""
        self._need("viewer", named=False)
        return last_run(self.store, self.workspace)

    def _known(self, state: str) -> None:
        if self.store.state(self.workspace, state) is None:
            raise UserError("what is decided stands on a frozen state", got="none of that name", do="Freeze it first.")

    def propose(
        self,
        *,
        question: str,
        point: str,
        state: str,
        evidence: Mapping[str, Any],
        why: str,
        conditions: tuple[str, ...] = (),
        owner: str = "",
        review: date | None = None,
        decision: str | None = None,
        expected: int | None = None,
    ) -> Event:
        """Propose a setting, or with `decision` put a proposal into other words; signatures cover one wording only.

        Raises
        ------
        Conflict
            When somebody else changed the proposal since `expected`.
        """
        board = self._need("member")
        if decision is not None:
            self._open(board, decision)
        self._known(state)
        told = {
            "question": _some(question, "a question", SHORT),
            "point": _some(point, "a setting", SHORT),
            "state": state,
            "evidence": dict(evidence),
            "why": cleaned(why),
            "conditions": [line for c in conditions if (line := cleaned(c, SHORT))][:50],
            "owner": cleaned(owner, NAME),
            "review": None if review is None else review.isoformat(),
        }
        return self._do("propose", decision or f"decision:{new_id()}", told, expected if decision else 0)

    def sign(self, decision: str, version: int, reason: str = "") -> Event:
        """Stand behind a proposal in the wording of `version`."""
        return self._sign(decision, version, "sign", reason)

    def refuse(self, decision: str, version: int, reason: str) -> Event:
        """Refuse to sign, with the reason; it stays in the record whatever is decided."""
        return self._sign(decision, version, "refuse", _some(reason, "a refusal's reason"))

    def _sign(self, key: str, version: int, verdict: str, reason: str) -> Event:
        found = self._open(self._need("member"), key)
        if found.version != version:
            raise UserError("a signature is given to the wording on screen", got="a newer wording",
                            do="Read the proposal again.")  # fmt: skip
        told = {
            "decision": key,
            "verdict": verdict,
            "reason": cleaned(reason),
            "version": version,
            "evidence": str(found.evidence.get("hash", "")),
        }
        return self._do("signature", f"signature:{key}:{self.actor.key}", told)

    def conclude(self, decision: str, verdict: str, reason: str = "") -> Event:
        """Close a proposal as accepted or refused: by who proposed it, or an owner.

        Accepting needs a signature that covers the wording as it stands, and a reason when somebody refused.
        """
        board = self._need("member")
        found = self._open(board, decision)
        if verdict not in FINAL:
            raise UserError("a proposal is accepted or refused", got=repr(verdict), do="Choose one.")
        if found.by.key != self.actor.key and not self.may("owner"):
            raise UserError("a proposal is closed by who made it or an owner", got="somebody else", do="Ask them.")
        if verdict == "accepted" and not found.signed:
            raise UserError("an accepted decision has a signature", got="none on the present wording",
                            do="Sign it first.")  # fmt: skip
        if verdict == "accepted" and found.refused and not reason.strip():
            raise UserError("a decision against an objection says why", got="no reason",
                            do="Write why it is accepted although somebody refused to sign.")  # fmt: skip
        told = {"decision": decision, "verdict": verdict, "reason": cleaned(reason)}
        return self._do("conclude", f"conclusion:{decision}", told, 0)

    def _open(self, board: Board, key: str) -> Decision:
        found = board.decision(key)
        if found is None:
            raise _gone("decision")
        if found.conclusion is not None:
            raise UserError("what is decided is not changed", got=f"a decision that was {found.conclusion}",
                            do="Make a new proposal; it takes this one's place.")  # fmt: skip
        return found

    # Meeting

    def present(self, step: int, point: str | None = None) -> Event:
        """Lead the meeting: show everybody who follows where the presenter is."""
        self._need("member", named=False)
        return self._do("present", "present", {"on": True, "step": int(step), "point": point})

    def stop_presenting(self) -> Event:
        """End leading; by the presenter, or an owner."""
        board = self._need("member", named=False)
        if board.presenting and board.presenting["key"] != self.actor.key and not self.may("owner"):
            raise UserError("leading is ended by who leads or an owner", got="somebody else", do="Ask them.")
        return self._do("present", "present", {"on": False})


def named(actor: Actor, name: str) -> Actor:
    """Return the actor under a name."""
    return replace(actor, name=cleaned(" ".join(name.split()), NAME))


def _some(text: str, what: str, most: int | None = None) -> str:
    found = cleaned(text, most) if most else cleaned(text)
    if not found:
        raise UserError(f"{what} is a text", got="nothing", do="Write it.")
    return found


def _gone(what: str) -> UserError:
    return UserError(f"this {what} must be in the workspace", got="none of that name", do="Load the page again.")
