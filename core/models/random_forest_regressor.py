"""Random forest for numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.data.table import Labels, Table
from core.models.regression import FittedRegressor, RegressionModel
from core.models.residual_signal import residual_logit, usual_square
from core.models.signals import Signals
from core.params import IntRange, param


@dataclass(frozen=True, kw_only=True)
class RandomForestRegressor(RegressionModel):
    """The average of many deep trees; with small leaves it remembers its members almost one by one.

    Parameters
    ----------
    trees : int
        Number of trees.
    min_samples_leaf : int
        Rows in the smallest leaf: 1 (the library's default) memorises, 5 and more far less.

    References
    ----------
    Breiman (2001), Random forests, Machine Learning 45, section 11. scikit-learn's `RandomForestRegressor`.
    """

    key: ClassVar[str] = "random_forest_regressor"
    title: ClassVar[str] = "Random forest (numbers)"
    ordinal: ClassVar[bool] = True

    trees: int = param(100, IntRange(low=1, high=2000, log=True, help="More trees: steadier, slower."))
    min_samples_leaf: int = param(
        1, IntRange(low=1, high=10_000, log=True, unit="rows", help="Rows in the smallest leaf; 1 memorises.")
    )

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.ensemble import RandomForestRegressor as Sklearn

        return Sklearn(n_estimators=self.trees, min_samples_leaf=self.min_samples_leaf, random_state=seed, n_jobs=1)

    def signals(  # type: ignore[override]  # see `RegressionModel`
        self, fitted: FittedRegressor, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the signals; without a row, the forest is the trees that did not draw it."""
        inside = place >= 0
        if training is None:
            return super().signals(fitted, rows, target, training, place)
        features = fitted.encoder.transform(rows)
        total, unseen, trees = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
        drawn = np.zeros(len(training) + 1, bool)
        for tree, sample in zip(fitted.estimator.estimators_, fitted.estimator.estimators_samples_, strict=True):
            answers = tree.predict(features, check_input=False)
            drawn[:] = False
            drawn[sample] = True
            out = ~drawn[place]  # place -1 is the last entry, which no tree draws
            total += answers
            unseen += np.where(out, answers, 0.0)
            trees += out
        prediction = fitted.in_unit(total / len(fitted.estimator.estimators_))
        usual = usual_square((target - prediction) ** 2)
        phi = residual_logit(prediction, target, usual)
        without = residual_logit(fitted.in_unit(unseen / np.maximum(trees, 1)), target, usual)
        return Signals(phi, np.where(inside, phi, np.nan), np.where(inside & (trees == 0), np.nan, without))
