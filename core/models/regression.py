"""The contract of a model that predicts a number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table, target_values
from core.models.base import Model
from core.models.encode import Encoder
from core.models.residual_signal import residual_logit
from core.models.signals import Signals
from core.rng import seed_from


@dataclass(frozen=True, eq=False)
class FittedRegressor:
    """A trained model that answers with numbers, in the unit of the target.

    Parameters
    ----------
    centre, scale : float
        The estimator's own unit: target = centre + scale * answer.
    """

    encoder: Encoder
    estimator: Any
    centre: float
    scale: float

    def predict(self, table: Table) -> Labels:
        """Return predictions, shape (rows,)."""
        return self.in_unit(self.estimator.predict(self.encoder.transform(table)))

    def in_unit(self, answers: Labels) -> Labels:
        """Return answers of the estimator in the unit of the target."""
        return np.asarray(self.centre + self.scale * answers, np.float64)


@dataclass(frozen=True, kw_only=True)
class RegressionModel(Model):
    """A learning algorithm for a numeric target: `fit` ignores the classes, and what it gives has `predict`.

    The target is centred and scaled by the training rows' own mean and standard deviation: libraries compare squared
    errors with fixed small numbers, so that a target in tonnes instead of grams would otherwise grow other trees.
    """

    task: ClassVar[str] = "regression"

    def fit(  # type: ignore[override]  # a number is not a probability: what is fitted has no `predict_proba`
        self, rows: Table, classes: tuple[str, ...], rng: Generator
    ) -> FittedRegressor:
        """Train on these rows. Encoder and estimator see nothing else.

        Raises
        ------
        UserError
            When the target is not a number for every row.
        """
        target = target_values(rows)
        encoder = Encoder.fit(rows, self.ordinal)
        centre, scale = _unit(target)
        estimator = self.estimator(seed_from(rng))
        estimator.fit(encoder.transform(rows), (target - centre) / scale)
        return FittedRegressor(encoder, estimator, centre, scale)

    def signals(  # type: ignore[override]  # as above
        self, fitted: FittedRegressor, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the attacker's signals: how small the squared error is, see `residual_logit`."""
        return Signals.observed(residual_logit(fitted.predict(rows), target), place >= 0)


def _unit(target: Labels) -> tuple[float, float]:
    """Return mean and standard deviation; the latter 1 when rounding alone makes the values differ."""
    centre, scale = float(target.mean()), float(target.std())
    return centre, scale if scale > 1e-12 * float(np.abs(target).max()) else 1.0
