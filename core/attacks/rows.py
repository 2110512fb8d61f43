"""The contract of attacks on released rows: guess from the attacker's view, score against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from numpy.random import Generator

from core.attacks.base import Attack
from core.data.table import Labels, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class RowsView:
    """What an attacker on released rows may look at.

    All tables are in the form of the released rows (anybody's row through the fitted map).

    Parameters
    ----------
    released : Table
        The rows that left the room, and nothing else of the members.
    targets : Table
        One row per attacked person. An attack reads only the columns that its game says are known of a target.
    half : boolean array, shape (targets,)
        Which half each target belongs to.
    reference : Table
        Rows of people known to be out, none of them a target: the attacker's population sample.
    reference_half : boolean array, shape (reference rows,)
        Their half.
    knows : tuple of str
        Columns known of every target (the study's attacker); released direct identifiers are among them.
    secrets : tuple of str
        Columns to infer.
    left, right : tuple of str
        The two column sets that a linking attacker holds apart.
    attempts : int
        The most attempts an attack makes on members (and as many on controls) where it chooses their number itself.
    """

    released: Table
    targets: Table
    half: Labels
    reference: Table
    reference_half: Labels
    knows: tuple[str, ...]
    secrets: tuple[str, ...]
    left: tuple[str, ...]
    right: tuple[str, ...]
    attempts: int = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class RowsTruth:
    """What only the referee knows.

    Parameters
    ----------
    members : boolean array, shape (targets,)
        Whether each target is in the data.
    person : integer array, shape (targets,)
        The POOL place of each target.
    inside, outside : Table
        All member rows and all control rows, in the form of the released rows, duplicates kept.
    source : integer array, shape (released rows,), optional
        The POOL place of the person behind each released row; None when the rows are nobody's.
    tuning : boolean array, shape (pool people,)
    """

    members: Labels
    person: Labels
    inside: Table
    outside: Table
    source: Labels | None
    tuning: Labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Attempts:
    """Every attempt that one attack made in one replicate, none left out.

    Parameters
    ----------
    kinds : tuple of str
        The variants compared (a secret column, a number of columns in a predicate, a distance): the strongest is
        chosen on one half of the people and reported on the other.
    outcome : float array, shape (attempts, kinds)
        Success, 0 or 1; or, when `scored`, a score that is still to be cut by a tuned threshold (higher: member).
        NaN where the variant made no attempt in this line.
    member : boolean array, shape (attempts,)
        Whether the attempt was made on the members' side.
    person : integer array, shape (attempts,)
        The POOL place of the person the attempt is about: attempts of one person are not independent. Negative for
        nobody, each number then a person of its own.
    half : boolean array, shape (attempts,)
    scored : bool
    reference : mapping
        Kind -> success without the release (guessing from the population alone).
    caps : mapping
        What was sampled or cut off, for the record: text -> number.
    tied : float or None
        Share of attempts decided by a random tie-break.
    groups : mapping
        Name of a question asked apart (a rare value) -> (kind's position, mask over attempts).
    """

    kinds: tuple[str, ...]
    outcome: Labels
    member: Labels
    person: Labels
    half: Labels
    scored: bool = False
    reference: Mapping[str, float] = field(default_factory=dict)
    caps: Mapping[str, float] = field(default_factory=dict)
    tied: float | None = None
    groups: Mapping[str, tuple[int, Labels]] = field(default_factory=dict)

    def only(self, keep: Labels) -> Attempts:
        """Return some of the attempts (a mask over them)."""
        return replace(
            self,
            outcome=self.outcome[keep],
            member=self.member[keep],
            person=self.person[keep],
            half=self.half[keep],
            groups={name: (kind, mask[keep]) for name, (kind, mask) in self.groups.items()},
        )


@dataclass(frozen=True, kw_only=True)
class RowsAttack(Attack):
    """An attack on released rows."""

    def inapplicable(self, view: RowsView) -> str | None:
        """Return why this attack cannot be made on this release (a reason in a sentence), or None."""
        return None

    def guess(self, view: RowsView, rng: Generator) -> Any:
        """Return guesses; sees nothing but the attacker's view."""
        raise NotImplementedError

    def score(self, guesses: Any, view: RowsView, truth: RowsTruth, rng: Generator) -> Attempts:
        """Return every attempt with its outcome; sees the truth, decides nothing about the guesses."""
        raise NotImplementedError

    sentence: ClassVar[str] = ""
    """The number as a sentence, with {extra}, {members} and {controls} out of 1,000 people."""
