"""The loss attack: the model is surer of the people it was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.attacks.base import MembershipAttack, MembershipView
from core.data.table import Labels


@dataclass(frozen=True, kw_only=True)
class LossAttack(MembershipAttack):
    """Guess "member" when the model is confident in the person's true class.

    Needs one query per person and no reference model; misses most of what models remember when people differ in how
    hard they are to predict.

    Examples
    --------
    >>> LossAttack().describe()["threat"]
    'membership'

    References
    ----------
    Yeom, Giacomelli, Fredrikson, Jha (2018), Privacy risk in machine learning, arXiv:1709.01604, Adversary 1.
    """

    key: ClassVar[str] = "loss"
    title: ClassVar[str] = "Loss attack"
    game: ClassVar[str] = "Knows the person's data and true class; asks the model once."

    def guess(self, view: MembershipView) -> Labels:
        """Return the confidence itself."""
        return view.scores
