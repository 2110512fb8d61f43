"""The other anchor: a model that knows nothing of the features."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table, target_codes, target_values
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


@dataclass(frozen=True, eq=False)
class ConstantNumber:
    """Gives the same number to everybody."""

    number: float

    def predict(self, table: Table) -> Labels:
        """Return the number for every row, shape (rows,)."""
        return np.full(len(table), self.number)


@dataclass(frozen=True, kw_only=True)
class Constant(Technique):
    """Always answer the members' majority class, with one fixed probability; or one round number.

    The accuracy that costs no privacy worth the name. The majority gets probability .75 and the other classes share
    the rest: releasing the members' base rate instead leaks membership (advantage about .02 at 400 members).

    Where the target is a number the answer is the members' median, rounded (see `round_number`).
    Their mean would move with every member and leak as the base rate does. The middle of the public bounds would leak
    nothing, but it is no measure of what is possible without features: where most values lie near one end of their
    bounds, as incomes do, its R2 is far below zero and would make any model look good.

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
        """Return the constant answer. Ties between classes go to the first in the study's order.

        A study that predicts a number has no classes; what comes back then has `predict`.
        """
        if not facts.classes:
            return ConstantNumber(round_number(target_values(rows)))  # type: ignore[return-value]
        counts = np.bincount(target_codes(rows, facts.classes), minlength=len(facts.classes))
        probabilities = np.full(len(facts.classes), (1 - CERTAINTY) / (len(facts.classes) - 1))
        probabilities[int(counts.argmax())] = CERTAINTY
        return ConstantPredictor(probabilities)


def round_number(values: Labels) -> float:
    """Return the median, rounded to a multiple of the largest of 1, 2, 5, 10, 20, ... within the interquartile range.

    A number that never changes says nothing of anybody. With 400 members, random halves of one pool all give the same
    number for 70 of 100 made-up tables (members' mean: none). Where the median lies between two multiples it changes
    between these, as a majority of just over one half does: then it tells about one bit of all members together, which
    is as much as their mean would (advantage .016 at 400 members with 8 reference models; else -.0002 +- .0006).
    Where half of all values are equal the median is that value, and stays exact.

    >>> round_number(np.arange(18, 91)), round_number(np.array([0.0, 0, 0, 12.5]))
    (60.0, 0.0)
    """
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
    if high - low < 1e-300:
        return float(middle)
    ten = 10.0 ** math.floor(math.log10(high - low))
    step = ten * max(times for times in (1, 2, 5) if times * ten <= high - low or times == 1)
    return float(round(middle / step) * step) if abs(middle) / step < 2**52 else float(middle)
