"""Events: who did what, in an order that everybody sees alike, chained so that a silent edit shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import UserError

START = "0" * 64
"""The digest before the first event."""

LONGEST = 8_000
"""Characters of one text from a person."""

TYPED, SIGNED_IN = "as typed", "signed in"


class Forbidden(UserError):
    """Somebody asked for what their role does not allow; says the same whether the workspace exists or not."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody who acts.

    Parameters
    ----------
    key : str
        Tells people apart; never shown. A fingerprint of what only this browser or this login holds.
    name : str
        What is shown. Empty for somebody who has not given a name.
    source : {"as typed", "signed in"}
        How far the name can be relied on.
    """

    key: str
    name: str = ""
    source: str = TYPED


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that somebody did.

    Parameters
    ----------
    place : int
        Position in the workspace, 1, 2, 3 without gaps.
    id : str
        Given by the writer: sending the same event twice writes it once.
    kind, subject : str
        What was done, and to what.
    version : int
        How often this subject was written, this time included.
    payload : mapping
        JSON.
    at : str
        UTC, ISO 8601.
    digest : str
        SHA-256 over the digest before and everything above.
    """

    place: int
    id: str
    actor: Actor
    kind: str
    subject: str
    version: int
    at: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""


class Conflict(UserError):
    """Two people wrote the same thing at once: nothing was written, and both texts are here.

    Parameters
    ----------
    mine : mapping
        What was to be written.
    theirs : Event
        What stands.
    """

    def __init__(self, mine: Mapping[str, Any], theirs: Event) -> None:
        self.mine, self.theirs = mine, theirs
        who = theirs.actor.name or "somebody"
        super().__init__("nobody else may have changed this since you opened it",
                         got=f"a change by {who}",
                         do="Compare both texts and choose; yours is kept until you do.")  # fmt: skip

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the trip between processes."""
        return (Conflict, (self.mine, self.theirs))


def canonical(value: Any) -> str:
    """Return the one JSON text of a value.

    >>> canonical({"b": 1, "a": "x"})
    '{"a":"x","b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def chained(before: str, event: Event) -> str:
    """Return the digest of an event that follows the digest `before`.

    The linking of timestamped records by hashes is that of Haber and Stornetta (1991).
    """
    parts = (before, event.place, event.id, event.actor.key, event.actor.name, event.actor.source, event.kind,
             event.subject, event.version, event.at, canonical(event.payload))  # fmt: skip
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def verify(events: Iterable[Event]) -> int | None:
    """Return the place of the first event that was changed, removed or put in later; None when the chain holds."""
    before = START
    for expected, event in enumerate(events, start=1):
        if event.place != expected or chained(before, event) != event.digest:
            return expected
        before = event.digest
    return None


def cleaned(text: object, most: int = LONGEST) -> str:
    """Return a person's text as every store can hold it, or raise `UserError` when it is too long.

    >>> cleaned(" a" + chr(0) + "b ")
    'ab'
    """
    found = str(text).replace("\x00", "").encode("utf-8", "replace").decode("utf-8").strip()
    if len(found) > most:
        raise UserError(f"a text has at most {most:,} characters", got=f"{len(found):,}", do="Shorten it.")
    return found
