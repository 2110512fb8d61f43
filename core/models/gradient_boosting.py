"""Gradient boosting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from core.data.table import Labels
from core.models.base import FittedModel, Model
from core.models.quick_trees import QuickTrees
from core.params import FloatRange, IntRange, param


@dataclass(frozen=True, eq=False)
class FittedBoosting(FittedModel):
    """Boosted trees, scored by `QuickTrees` where they have its form: all of POOL is scored after every fit."""

    @cached_property
    def quick(self) -> QuickTrees | None:
        """The trees as bit masks."""
        trees = [tree for one_round in self.estimator._predictors for tree in one_round]
        return QuickTrees.compile(trees, self.estimator.n_features_in_)

    def shares(self, features: Labels) -> Labels:
        """Return scikit-learn's own probabilities, equal to the last bit."""
        if self.quick is None:
            return super().shares(features)
        start = self.estimator._baseline_prediction
        totals = np.zeros((len(features), start.shape[1])) + start
        self.quick.add_to(totals, features)
        # The loss wants one column as a vector.
        return np.asarray(self.estimator._loss.predict_proba(totals[:, 0] if totals.shape[1] == 1 else totals))


@dataclass(frozen=True, kw_only=True)
class GradientBoosting(Model):
    """Small trees, each correcting the sum of those before it; usually the most accurate on tables.

    Parameters
    ----------
    rounds : int
        Number of trees per class.
    learning_rate : float
        Weight of each tree.
    min_samples_leaf : int
        Rows in the smallest leaf.

    References
    ----------
    Friedman (2001), Greedy function approximation, Annals of Statistics 29. scikit-learn's
    `HistGradientBoostingClassifier`, early stopping off (it would hold rows back silently).
    """

    key: ClassVar[str] = "gradient_boosting"
    title: ClassVar[str] = "Gradient boosting"
    ordinal: ClassVar[bool] = True
    fitted: ClassVar[type[FittedModel]] = FittedBoosting

    rounds: int = param(100, IntRange(low=1, high=5000, log=True, help="More rounds: fits closer, slower."))
    learning_rate: float = param(0.1, FloatRange(low=0.001, high=1.0, log=True, help="Weight of each tree."))
    min_samples_leaf: int = param(20, IntRange(low=1, high=10_000, log=True, unit="rows", help="Smallest leaf."))

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.ensemble import HistGradientBoostingClassifier

        return HistGradientBoostingClassifier(
            max_iter=self.rounds,
            learning_rate=self.learning_rate,
            min_samples_leaf=self.min_samples_leaf,
            early_stopping=False,
            random_state=seed,
        )
