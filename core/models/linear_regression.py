"""Linear regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.data.table import Labels, Table
from core.models.regression import FittedRegressor, RegressionModel
from core.models.residual_signal import residual_logit, usual_square
from core.models.signals import Signals
from core.params import FloatRange, param


@dataclass(frozen=True, kw_only=True)
class LinearRegression(RegressionModel):
    """A weighted sum of the columns; few parameters, so little to remember anybody by.

    Least squares with a ridge penalty: with one indicator per category some sums of columns are constant, and without
    a penalty their weights could be anything.

    Parameters
    ----------
    regularisation : float
        L2 penalty on the weights (alpha of scikit-learn's `Ridge`); the intercept is free.

    References
    ----------
    Hoerl & Kennard (1970), Ridge regression, Technometrics 12. scikit-learn's `Ridge`. Leaving one row out in closed
    form: Allen (1974), The relationship between variable selection and data augmentation and a method for prediction,
    Technometrics 16.
    """

    key: ClassVar[str] = "linear_regression"
    title: ClassVar[str] = "Linear regression"

    regularisation: float = param(
        1.0, FloatRange(low=1e-4, high=1e6, log=True, help="Higher pulls the weights towards zero.")
    )

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.linear_model import Ridge

        return Ridge(alpha=self.regularisation, random_state=seed)

    def signals(  # type: ignore[override]  # see `RegressionModel`
        self, fitted: FittedRegressor, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the signals with both sides of everybody: one row more or less changes its error by a known factor.

        With the leverage h of a row among those trained on, its error without it is e / (1 - h); a row from outside
        with leverage h would have e / (1 + h) had it been trained on. Encoding and scaling are held as they are.
        """
        errors = target - fitted.predict(rows)
        squares, inside = errors**2, place >= 0
        usual = usual_square(squares)
        phi = residual_logit(-errors, np.zeros(len(errors)), usual)
        if training is None:
            return Signals.observed(phi, inside)
        leverage = self._leverage(fitted, training, rows)
        # A leverage of 1 means that a row decides its own prediction: what it would be without is not determined.
        sure = ~inside | (leverage < 1 - 1e-9)
        factor = np.where(inside, 1 / np.where(sure, 1 - leverage, 1.0), 1 / (1 + leverage))
        other = np.where(sure, residual_logit(-errors * factor, np.zeros(len(errors)), usual), np.nan)
        return Signals(phi, np.where(inside, phi, other), np.where(inside, other, phi))

    def _leverage(self, fitted: FittedRegressor, training: Table, rows: Table) -> Labels:
        """Return what each row's own target weighs, or would weigh, in its prediction; the intercept is free."""
        from scipy.linalg import cho_factor, cho_solve

        features = fitted.encoder.transform(training)
        centre = features.mean(axis=0)
        features = features - centre
        inner = features.T @ features
        inner[np.diag_indices_from(inner)] += self.regularisation
        asked = fitted.encoder.transform(rows) - centre
        return np.asarray(1 / len(features) + np.einsum("ij,ji->i", asked, cho_solve(cho_factor(inner), asked.T)))
