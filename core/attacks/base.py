"""The contract of an attack: guess from the attacker's view; the truth is scored elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from core.attacks.words import THREAT_WORDS
from core.data.table import Labels
from core.params import Parametrised

THREATS: dict[str, str] = {
    "membership": "model",
    "presence": "rows",
    "singling_out": "rows",
    "linkability": "rows",
    "attribute_inference": "rows",
    "reidentification": "rows",
}
"""Threat -> the channel on which it is measured."""


@dataclass(frozen=True, eq=False)
class References:
    """What the other replicates say of each person's score on one side (in, or out), per attacked model.

    Every array has shape (people, models); column r is made from all replicates but r, so what an attacker reads here
    holds nothing of the membership under attack.

    Parameters
    ----------
    count : float array
        Reference scores.
    mean : float array
        Their mean; 0 where there is none.
    squares : float array
        Sum of squared distances from that mean.
    chance : float array
        Mean of the probabilities 1 / (1 + exp(-score)); 0 where there is none.
    """

    count: Labels
    mean: Labels
    squares: Labels
    chance: Labels

    @staticmethod
    def leave_one_out(scores: Labels) -> References:
        """Aggregate scores of shape (people, models), NaN where unknown, over all models but each one."""
        there = ~np.isnan(scores)
        known = there.sum(axis=1)[:, None]
        # Distances from a person's own centre: the subtraction below must not cancel digits.
        centre = np.where(there, scores, 0.0).sum(axis=1)[:, None] / np.maximum(known, 1)
        shifted = np.where(there, scores - centre, 0.0)
        with np.errstate(over="ignore"):
            chances = np.where(there, 1 / (1 + np.exp(-np.where(there, scores, 0.0))), 0.0)
        count = (known - there).astype(float)
        divisor = np.maximum(count, 1)
        mean = (shifted.sum(axis=1)[:, None] - shifted) / divisor
        squares = (shifted**2).sum(axis=1)[:, None] - shifted**2 - count * mean**2
        some = count > 0
        return References(
            count,
            np.where(some, centre + mean, 0.0),
            np.where(some, np.maximum(squares, 0.0), 0.0),
            np.where(some, (chances.sum(axis=1)[:, None] - chances) / divisor, 0.0),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class MembershipView:
    """All that a membership attacker may look at, for every attacked model at once.

    The game: the attacker knows the people of POOL and that each of them is in with probability 1/2, can ask the model
    for its confidence in each person's true class, has trained the same recipe on other random halves, and knows of
    one half of POOL (the calibration half) who is in. Whether the others are in is not reachable from here.

    Parameters
    ----------
    scores : float array, shape (people, models)
        Each person's score under each attacked model: logit of the true class's probability, the mean over rows.
    outside, inside : References
        Scores under the other replicates' models, without and with the person.
    calibration : boolean array, shape (people,)
        The half whose membership is known.
    known_members : boolean array, shape (people, models)
        Membership of the calibration half; False for everybody else.
    expected : float array, shape (people, models), optional
        The score in standard deviations from what people with the same data get under this model when they are out,
        learned on the calibration half's controls. None when it was not computed.
    """

    scores: Labels
    outside: References
    inside: References
    calibration: Labels
    known_members: Labels
    expected: Labels | None = None

    @property
    def known_controls(self) -> Labels:
        """People of the calibration half who are out, shape (people, models)."""
        return self.calibration[:, None] & ~self.known_members


@dataclass(frozen=True, kw_only=True)
class Attack(Parametrised):
    """One attack; registered by one import line in `core/attacks/__init__.py`."""

    threat: ClassVar[str] = ""
    game: ClassVar[str] = ""
    """What the attacker knows and may do, in one sentence."""

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return the JSON of the command line's listings."""
        idea = (cls.__doc__ or "").strip().splitlines()[0]
        return {
            **super().describe(),
            "family": THREATS[cls.threat],
            "threat": cls.threat,
            "idea": idea,
            "game": cls.game,
            "words": THREAT_WORDS[cls.threat].to_json(),
        }


@dataclass(frozen=True, kw_only=True)
class MembershipAttack(Attack):
    """An attack that gives everybody a score under every attacked model: higher means more likely a member."""

    threat: ClassVar[str] = "membership"

    def guess(self, view: MembershipView) -> Labels:
        """Return one score per person and attacked model, shape (people, models)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class RiskEstimate:
    """A measured risk: value with interval, reference and control; or why there is none.

    `status` is measured, not_applicable (the release has nothing this attack could look at), not_measured (it could
    be attacked but was not) or undefined (the attack ran and gave no number). These are never zero.
    """

    threat: str
    status: str
    reason: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    standard_error: float | None = None
    success_members: float | None = None
    success_controls: float | None = None
    reference: float | None = None
    n_members: int | None = None
    n_controls: int | None = None
    attack: str | None = None
    detectable: float | None = None
    auc: float | None = None
    tpr_at_1pct: float | None = None
    bound: float | None = None
    violation: bool = False
    method: str | None = None
    note: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of a trade-off point."""
        names = [n for n in self.__dataclass_fields__ if n not in ("threat", "details", "standard_error")]
        return {"channel": THREATS[self.threat], **{n: getattr(self, n) for n in names}, **self.details}


def absent(threat: str, status: str, reason: str) -> RiskEstimate:
    """Return the record of a risk that has no number."""
    return RiskEstimate(threat=threat, status=status, reason=reason)
