"""Every decision that somebody may see, from all workspaces in which they did something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.team.board import Decision
from core.team.events import Actor
from core.team.room import Room
from core.team.store import Store

STATES = ("proposed", "accepted", "refused", "superseded", "expired")


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A decision in a list.

    Parameters
    ----------
    workspace : str
        The id that opens it.
    name : str
        The workspace's name.
    state : {"proposed", "accepted", "refused", "superseded", "expired"}
    """

    workspace: str
    name: str
    decision: Decision
    state: str

    def about(self, text: str) -> bool:
        """Say whether a text occurs in what was decided, why, or by whom; upper and lower case are alike."""
        found = self.decision
        said = (self.name, found.question, found.point, found.why, found.owner, found.by.name, *found.conditions)
        return text.casefold() in "\n".join(said).casefold()


def decisions_of(store: Store, actor: Actor, today: date) -> list[Listed]:
    """Return the decisions of every workspace of somebody's that they may still read, the latest first.

    >>> decisions_of(Store("sqlite://"), Actor(key="a", name="Ana"), date(2026, 11, 23))
    []
    """
    found = []
    for workspace in store.workspaces_of(actor.key):
        room = Room(store, workspace, actor)
        if not room.may("viewer"):
            continue
        board = room.board()
        found += [
            Listed(workspace=workspace, name=board.name, decision=decision, state=decision.status(today))
            for decision in board.decisions
        ]
    return sorted(found, key=lambda one: one.decision.concluded_at or one.decision.at, reverse=True)
