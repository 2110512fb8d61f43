"""Rounded answers: probabilities are told with few digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.data.schema import Schema
from core.data.table import Labels
from core.params import IntRange, param
from core.techniques.answers import classes_only
from core.techniques.base import Family, PublicFacts, Stage, Technique


@dataclass(frozen=True, kw_only=True)
class RoundPredictions(Technique):
    """Tell every probability rounded to a few digits, so that small traces of a person in it are cut off.

    Each probability is rounded by itself (half to even), and a row's answer is left as it comes out, also where it
    does not add up to 1: accuracy and attacks are measured on exactly that. Where two classes are equal after rounding
    the first one counts as the answer.

    Guarantee: none. The same digits come out for most people whether they were in the data or not, but an attacker may
    ask about many rows close to a person's, and rounding hides nothing of somebody who moves an answer a lot.

    Parameters
    ----------
    digits : int
        Digits after the point; 0 tells 0 or 1 only.

    Examples
    --------
    >>> RoundPredictions(digits=1).answer(np.array([[0.26, 0.74]])).tolist()
    [[0.3, 0.7]]

    References
    ----------
    R. Shokri et al., Membership inference attacks against machine learning models, IEEE S&P 2017 (arXiv 1610.05820),
    section VIII: coarse answers as a mitigation, and how little they help against overfitting.
    """

    key: ClassVar[str] = "round_predictions"
    title: ClassVar[str] = "Round the answers (no guarantee)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.ANSWERS
    dial: ClassVar[str | None] = "digits"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (3, 2, 1, 0)
    stops: ClassVar[str] = (
        "Makes it harder to read a person's trace off one answer; it stops nobody who asks often, about similar rows, "
        "or who gets the model itself, and nothing is proved."
    )

    digits: int = param(1, IntRange(low=0, high=6, unit="digits", help="Digits after the point of each probability."))

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a number to predict."""
        return classes_only(self.key, facts, schema)

    def answer(self, probabilities: Labels) -> Labels:
        """Return the rounded probabilities."""
        rounded: Labels = np.round(probabilities, self.digits)
        return rounded
