"""Random forest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.data.table import Labels, Table
from core.models.base import FittedModel, Model
from core.models.signals import Signals, smoothed_logit
from core.params import IntRange, param


@dataclass(frozen=True, eq=False)
class FittedForest(FittedModel):
    """A forest that can be asked for one class per row, and by the trees that did not draw a row."""

    def true_class(self, features: Labels, target: Labels, place: Labels | None) -> tuple[Labels, Labels, Labels]:
        """Return the mean answer of all trees, of the trees that did not draw the row, and how many these are.

        One walk for everything. Rows go in the order of their leaf in the first tree: neighbours take the same turns
        in the other trees too, which the processor guesses better.

        Parameters
        ----------
        features : float32 array, shape (rows, columns)
        target : integer array, shape (rows,)
        place : integer array, shape (rows,), or None
            Positions in the training table, -1 for other rows; None when nobody asks.
        """
        trees = self.estimator.estimators_
        order = np.argsort(trees[0].tree_.apply(features), kind="stable")
        features, column = np.ascontiguousarray(features[order]), self.place_of(target)[order]
        known = column >= 0
        total, unseen, count = np.zeros((3, len(order)))
        samples: list[Any] = [None] * len(trees)
        drawn, spots = np.zeros(1, np.bool_), np.zeros(len(order), np.int64)
        if place is not None:
            samples = self.estimator.estimators_samples_
            drawn, spots = np.zeros(len(samples[0]) + 1, np.bool_), place[order]
        for tree, sample in zip(trees, samples, strict=True):
            answer = tree.tree_.value[:, 0, :][tree.tree_.apply(features), column]
            total += answer
            if sample is not None:
                drawn[:] = False
                drawn[sample] = True
                out = np.logical_not(drawn[spots])  # -1 is the last entry, which no tree draws
                unseen += np.where(out, answer, 0.0)
                count += out
        back = np.empty(len(order), np.int64)
        back[order] = np.arange(len(order))
        with np.errstate(invalid="ignore"):
            means = total / len(trees), unseen / count
        return np.where(known, means[0], 0.0)[back], np.where(known, means[1], 0.0)[back], count[back]


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
    Breiman (2001), Random forests, Machine Learning 45; out-of-bag trees: section 3.1. scikit-learn's
    `RandomForestClassifier`.
    """

    key: ClassVar[str] = "random_forest"
    title: ClassVar[str] = "Random forest"
    ordinal: ClassVar[bool] = True
    fitted: ClassVar[type[FittedModel]] = FittedForest

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

    def signals(
        self, fitted: FittedModel, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the signals; without a row, a forest is the trees that did not draw it (about 37 %).

        Given that a tree did not draw a row, it is exactly a tree grown without that row, so their mean answer is
        unbiased for the forest without it, with the noise of fewer trees. It is smoothed as a share of all trees,
        as `phi` is: by their own fewer votes it would be pulled towards zero, where models that never had the row
        are not (Adult, leaves of one row: .22 too low; so it is .11 too high, and 1.3 times as noisy). A row that
        every tree drew stays unknown. A twin of the row may be in the bags: the row is left out, not its twin, as in
        a training set without it. The encoding is held as it is.
        """
        if not isinstance(fitted, FittedForest) or len(fitted.seen) == 1:
            return super().signals(fitted, rows, target, training, place)
        spots = None if training is None else place
        share, without, count = fitted.true_class(fitted.encoder.transform(rows), target, spots)
        inside, phi = place >= 0, smoothed_logit(share, self.trees)
        if training is None:
            return Signals.observed(phi, inside)
        out_of_bag = np.where(count > 0, smoothed_logit(np.where(count > 0, without, 0.5), self.trees), np.nan)
        return Signals(phi, np.where(inside, phi, np.nan), np.where(inside, out_of_bag, phi))
