"""Decision tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from core.models.base import Model
from core.params import IntRange, param


@dataclass(frozen=True, kw_only=True)
class DecisionTree(Model):
    """One tree of questions that ends in groups of similar people; the smaller the groups, the more it remembers.

    It has no shortcut for attackers: taking a row out of its group, or of the one above it where the group was the row
    alone, misses what the row did to the questions. On Adult with leaves of one row such scores lay 2.7 above those of
    trees that never had the row, and no attack gained.

    Parameters
    ----------
    min_samples_leaf : int
        Rows in the smallest group: 1 (the library's default) memorises, 20 and more hardly.
    max_depth : int
        Most questions asked of anybody.

    References
    ----------
    Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees. scikit-learn's
    `DecisionTreeClassifier`.
    """

    key: ClassVar[str] = "decision_tree"
    title: ClassVar[str] = "Decision tree"
    ordinal: ClassVar[bool] = True

    min_samples_leaf: int = param(
        1, IntRange(low=1, high=10_000, log=True, unit="rows", help="Rows in the smallest group; 1 memorises.")
    )
    max_depth: int = param(100, IntRange(low=1, high=100, log=True, help="Most questions asked of anybody."))

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator."""
        from sklearn.tree import DecisionTreeClassifier

        return DecisionTreeClassifier(
            min_samples_leaf=self.min_samples_leaf, max_depth=self.max_depth, random_state=seed
        )
