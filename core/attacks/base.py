"""The contract of an attack: guess from the attacker's view; the truth is scored elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

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


@dataclass(frozen=True, kw_only=True, eq=False)
class MembershipView:
    """All that a membership attacker may look at when attacking one replicate's model.

    The game: the attacker knows the people of POOL and that each of them is in with probability 1/2, can ask the model
    for its confidence in each person's true class, has trained the same recipe on other random halves, and knows of
    one half of POOL (the calibration half) who is in. Whether the others are in is not reachable from here.

    Parameters
    ----------
    scores : float array, shape (people,)
        Logit of the true class's probability under the attacked model; the mean over a person's rows.
    references : float array, shape (people, models)
        The same under the reference models.
    reference_members : boolean array, shape (people, models)
        Who was in when each reference model was trained.
    calibration : boolean array, shape (people,)
        The half whose membership is known.
    known_members : boolean array, shape (people,)
        Membership of the calibration half; False for everybody else.
    """

    scores: Labels
    references: Labels
    reference_members: Labels
    calibration: Labels
    known_members: Labels


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
        }


@dataclass(frozen=True, kw_only=True)
class MembershipAttack(Attack):
    """An attack that gives everybody a score: higher means more likely a member."""

    threat: ClassVar[str] = "membership"

    def guess(self, view: MembershipView) -> Labels:
        """Return one score per person, shape (people,)."""
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
