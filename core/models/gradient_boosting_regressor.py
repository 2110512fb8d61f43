"""Gradient boosting for numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.models.regression import RegressionModel
from core.params import FloatRange, IntRange, param


@dataclass(frozen=True, kw_only=True)
class GradientBoostingRegressor(RegressionModel):
    """Small trees, each correcting the sum of those before it, by least squares; usually the most accurate on tables.

    Parameters
    ----------
    rounds : int
        Number of trees.
    learning_rate : float
        Weight of each tree.
    min_samples_leaf : int
        Rows in the smallest leaf.

    References
    ----------
    Friedman (2001), Greedy function approximation, Annals of Statistics 29. scikit-learn's
    `HistGradientBoostingRegressor`, early stopping off (it would hold rows back silently).
    """

    key: ClassVar[str] = "gradient_boosting_regressor"
    title: ClassVar[str] = "Gradient boosting (numbers)"
    ordinal: ClassVar[bool] = True

    rounds: int = param(100, IntRange(low=1, high=5000, log=True, help="More rounds: fits closer, slower."))
    learning_rate: float = param(0.1, FloatRange(low=0.001, high=1.0, log=True, help="Weight of each tree."))
    min_samples_leaf: int = param(20, IntRange(low=1, high=10_000, log=True, unit="rows", help="Smallest leaf."))

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            min_samples_leaf=self.min_samples_leaf,
            early_stopping=False,
            random_state=seed,
        )
