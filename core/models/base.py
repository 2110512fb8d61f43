"""The contract of a model: an estimator of scikit-learn behind a fitted encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table, target_codes
from core.models.encode import Encoder
from core.models.signals import Signals, true_class_logit
from core.params import Parametrised
from core.rng import seed_from


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A trained model that answers in the order of the study's classes, also for classes that it never saw."""

    encoder: Encoder
    estimator: Any
    seen: Labels
    labels: tuple[str, ...]
    votes: int | None = None

    @property
    def classes(self) -> int:
        """How many classes an answer may have."""
        return len(self.labels)

    def predict_proba(self, table: Table) -> Labels:
        """Return probabilities, shape (rows, classes)."""
        return self.answers(self.encoder.transform(table))

    def answers(self, features: Labels) -> Labels:
        """Return probabilities of rows that are encoded already, shape (rows, classes)."""
        result = np.zeros((len(features), self.classes))
        if len(self.seen) == 1:
            result[:, self.seen[0]] = 1.0
        else:
            result[:, self.seen] = self.shares(features)
        return result

    def shares(self, features: Labels) -> Labels:
        """Return the estimator's probabilities, shape (rows, classes seen); overridden where there is a faster way."""
        return np.asarray(self.estimator.predict_proba(features))

    def place_of(self, target: Labels) -> Labels:
        """Return each class's position among those that the estimator saw, -1 for the others."""
        places = np.full(self.classes, -1)
        places[self.seen] = np.arange(len(self.seen))
        return places[target]


@dataclass(frozen=True, kw_only=True)
class Model(Parametrised):
    """A learning algorithm with its parameters; registered by one import line in `core/models/__init__.py`."""

    ordinal: ClassVar[bool] = False
    """Trees take category codes; the others take indicators and standardised numbers."""
    task: ClassVar[str] = "classification"
    fitted: ClassVar[type[FittedModel]] = FittedModel

    @property
    def votes(self) -> int | None:
        """How many votes the probabilities are shares of; None when they are not votes."""
        return None

    def estimator(self, seed: int) -> Any:
        """Return the unfitted scikit-learn estimator."""
        raise NotImplementedError

    def prepared(self, encoder: Encoder, seed: int) -> Any:
        """Return the unfitted estimator for rows of this encoding; overridden where it must know the columns."""
        return self.estimator(seed)

    def fit(self, rows: Table, classes: tuple[str, ...], rng: Generator) -> FittedModel:
        """Train on these rows. Encoder and estimator see nothing else.

        Parameters
        ----------
        rows : Table
            The released rows, target included.
        classes : tuple of str
            Every class that an answer may have.
        rng : Generator
            Source of the estimator's seed.
        """
        encoder = Encoder.fit(rows, self.ordinal)
        target = target_codes(rows, classes)
        seen = np.unique(target)
        estimator = self.prepared(encoder, seed_from(rng))
        if len(seen) > 1:
            estimator.fit(encoder.transform(rows), target)
        return self.fitted(encoder, estimator, seen, classes, self.votes)

    def signals(
        self, fitted: FittedModel, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return what a membership attacker reads off the model for these rows.

        A model that can say what it would have answered without a row (or with it) overrides this: that saves the
        attacker reference models. An attacker reads it off models that they trained themselves, so nothing here is
        limited to what the released model would show. `phi` is always what `predict_proba` shows.

        Parameters
        ----------
        rows : Table
            Rows of members and controls, in released form.
        target : integer array, shape (rows,)
        training : Table or None
            The rows that the model was trained on; None when no row of it is anybody's.
        place : integer array, shape (rows,)
            The position of each row in `training`; -1 for rows that were not trained on.
        """
        return Signals.observed(true_class_logit(fitted.predict_proba(rows), target, fitted.votes), place >= 0)

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return the JSON of the command line's listings."""
        idea = (cls.__doc__ or "").strip().splitlines()[0]
        return {**super().describe(), "family": "model", "task": cls.task, "idea": idea}
