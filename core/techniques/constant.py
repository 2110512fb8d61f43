"""The other anchor: a model that knows nothing of the features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table, target_codes
from core.techniques.base import Family, Predictor, PublicFacts, Stage, Technique

CERTAINTY = 0.75
"""Probability stated for the majority class: fixed, because the members' own rate would leak membership."""


@dataclass(frozen=True, eq=False)
class ConstantPredictor:
    """Gives the same probabilities to everybody."""

    probabilities: Labels

    def predict_proba(self, table: Table) -> Labels:
        """Return the one row of probabilities for every row, shape (rows, classes)."""
        return np.tile(self.probabilities, (len(table), 1))


@dataclass(frozen=True, kw_only=True)
class Constant(Technique):
    """Always answer the members' majority class, with one fixed probability.

    The accuracy that costs no privacy worth the name. The majority gets probability .75 and the other classes share
    the rest: releasing the members' base rate instead leaks membership (advantage about .02 at 400 members).

    Examples
    --------
    >>> Constant().key
    'constant'

    References
    ----------
    ZeroR, the majority-class reference of Witten & Frank (2005), Data Mining, section 4.1.
    """

    key: ClassVar[str] = "constant"
    title: ClassVar[str] = "Knows nothing"
    family: ClassVar[Family] = Family.ANCHOR
    stage: ClassVar[Stage] = Stage.TRAINING
    stops: ClassVar[str] = "Stops nearly everything, and predicts nothing: the accuracy you get without any feature."

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
        """Return the constant answer. Ties between classes go to the first in the study's order."""
        counts = np.bincount(target_codes(rows, facts.classes), minlength=len(facts.classes))
        probabilities = np.full(len(facts.classes), (1 - CERTAINTY) / (len(facts.classes) - 1))
        probabilities[int(counts.argmax())] = CERTAINTY
        return ConstantPredictor(probabilities)
