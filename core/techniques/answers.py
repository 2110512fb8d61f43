"""What a model tells when its answers are made less telling, as everybody outside sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.models.signals import SMOOTHNESS, Signals, smoothed_logit, true_class_logit
from core.techniques.base import Predictor, PublicFacts, Technique

_GUESSES = (0.0, 1.0)
"""How the probability of the other classes may lie: evenly, or all on one of them."""


@dataclass(frozen=True, eq=False)
class Answered:
    """A model behind a technique that changes its answers.

    Parameters
    ----------
    inner : predictor
        The model as it was trained; nobody outside can ask it.
    step : Technique
        Of stage ANSWERS.
    """

    inner: Any
    step: Technique

    @property
    def votes(self) -> int | None:
        """How many votes the probabilities behind are shares of; None when they are not votes, or nobody says."""
        votes: int | None = getattr(self.inner, "votes", None)
        return votes

    def predict_proba(self, table: Table) -> Labels:
        """Return what is told, shape (rows, classes); a row need not add up to 1."""
        return self.step.answer(self.inner.predict_proba(table))


def classes_only(key: str, facts: PublicFacts, schema: Schema) -> str | None:
    """Return why answers cannot be changed on this table, or None."""
    if schema.target is None:
        return f"{key} changes what a model answers, and no column has the role target"
    return None if facts.classes else f"{key} is for classes; this target is a number"


def seen_through(
    step: Technique, signals: Signals, told: Predictor, rows: Table, target: Labels, inside: Labels
) -> Signals:
    """Return a membership attacker's signals when only the changed answers are seen.

    What was observed comes from the answers themselves. What would be observed with the row in or out is worked out
    from the model's own shortcut: its logit is turned back into the probability, unsmoothed, sent through the same
    change, and smoothed as the observed answers are. A change that leaves everything as it is leaves the signals as
    they are. With more than two classes the share of the others is not known, and where it matters the attacker has no
    such number (labels alone of a forest and of neighbours, 14 classes of occupation on Adult: none at all moves the
    advantage by .002 at most).

    Parameters
    ----------
    signals : Signals
        Of the model behind.
    told : predictor
        What can be asked; its `votes`, if it has any, are those that the signals were smoothed with.
    rows, target, inside : Table, integer and boolean array, shape (rows,)
    """
    answers = told.predict_proba(rows)
    votes = getattr(told, "votes", None) or SMOOTHNESS
    phi = true_class_logit(answers, target, votes)
    classes = answers.shape[1]

    def through(logits: Labels) -> Labels:
        known = np.flatnonzero(np.isfinite(logits) & (target >= 0))
        # Twelve digits: on the way back from the logit a tie of two classes must stay one.
        own = np.round(np.clip(((votes + 1) * expit(logits[known]) - 0.5) / votes, 0.0, 1.0), 12)
        found = np.full(len(logits), np.nan)
        told_as = []
        for guess in _GUESSES:
            full = np.repeat(((1 - own) * (1 - guess) / max(classes - 1, 1))[:, None], classes, axis=1)
            full[np.arange(len(own)), (target[known] + 1) % classes] += (1 - own) * guess
            full[np.arange(len(own)), target[known]] = own
            told_as.append(step.answer(full)[np.arange(len(own)), target[known]])
        sure = told_as[0] == told_as[1]
        found[known[sure]] = smoothed_logit(np.clip(told_as[0][sure], 0.0, 1.0), votes)
        return found

    return Signals(
        phi,
        np.where(inside, phi, through(signals.inside)),
        np.where(inside, through(signals.outside), phi),
    )
