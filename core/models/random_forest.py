"""Random forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.models.base import Model
from core.params import IntRange, param


@dataclass(frozen=True, kw_only=True)
class RandomForest(Model):
    """Many deep trees that vote; with small leaves it remembers its members almost one by one.

    Parameters
    ----------
    trees : int
        Number of trees.
    min_samples_leaf : int
        Rows in the smallest leaf: 1 (the library's default) memorises, 5 and more far less.

    References
    ----------
    Breiman (2001), Random forests, Machine Learning 45. scikit-learn's `RandomForestClassifier`.
    """

    key: ClassVar[str] = "random_forest"
    title: ClassVar[str] = "Random forest"
    ordinal: ClassVar[bool] = True

    trees: int = param(100, IntRange(low=1, high=2000, log=True, help="More trees: steadier, slower."))
    min_samples_leaf: int = param(
        1, IntRange(low=1, high=10_000, log=True, unit="rows", help="Rows in the smallest leaf; 1 memorises.")
    )

    @property
    def votes(self) -> int | None:
        """One vote a tree."""
        return self.trees

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(
            n_estimators=self.trees, min_samples_leaf=self.min_samples_leaf, random_state=seed, n_jobs=1
        )
