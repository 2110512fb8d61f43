"""Naive Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import softmax

from core.data.table import Labels, Table, target_codes
from core.models.base import FittedModel, Model
from core.models.encode import Encoder
from core.models.shortcuts import trained_as_known
from core.models.signals import Signals, true_class_logit
from core.params import FloatRange, param

FLAT = 1e-9
"""Variance, of a column with variance 1 in training, below which a column is constant: it says nothing."""


class MixedNaiveBayes:
    """Naive Bayes on an encoded matrix: Gaussian numbers and smoothed counts of categories.

    The state is sums over rows, so one row more or less is a subtraction or an addition: `changed` does it for all
    rows at once.

    Parameters
    ----------
    smoothing : float
    blocks : sequence of (kind, start, stop)
        The columns of each block; see `Encoder.blocks`.
    """

    def __init__(self, smoothing: float, blocks: tuple[tuple[str, int, int], ...]) -> None:
        """Keep the settings."""
        self.smoothing = smoothing
        self.blocks = blocks

    def fit(self, matrix: Labels, target: Labels) -> MixedNaiveBayes:
        """Add up the rows of each class, shape (rows, features) and (rows,)."""
        self.n_features_in_ = matrix.shape[1]
        self.classes_, codes = np.unique(target, return_inverse=True)
        member = np.eye(len(self.classes_))[codes].T
        self.rows = member.sum(axis=1)
        self.sums = member @ matrix
        self.squares = member @ matrix**2
        return self

    def predict_proba(self, matrix: Labels) -> Labels:
        """Return probabilities, shape (rows, classes)."""
        nothing = np.zeros(len(matrix))
        return self.changed(matrix, nothing, np.zeros(len(matrix), np.int64))

    def changed(self, matrix: Labels, change: Labels, column: Labels) -> Labels:
        """Return the probabilities of each row under the model with one row more or less: the row itself.

        Parameters
        ----------
        matrix : float array, shape (rows, features)
        change : float array, shape (rows,)
            -1 takes the row out, 1 adds it, 0 leaves the model as it is.
        column : integer array, shape (rows,)
            Its class, as a place in `classes_`.
        """
        moved = change[:, None] * np.eye(len(self.rows))[column]
        rows = self.rows + moved
        with np.errstate(divide="ignore"):
            score = np.log(rows)
        for kind, start, stop in self.blocks:
            part, block = matrix[:, start:stop], slice(start, stop)
            if kind == "number":
                score += self._gauss(part[:, 0], start, moved, rows)
            elif kind == "gapped":
                score += self._gapped(part, start, moved, rows)
            else:
                score += self._counts(part, self.sums[:, block], moved, rows, fixed=kind == "spread")
        return np.asarray(softmax(np.where(rows > 0, score, -np.inf), axis=1))

    def _gauss(self, value: Labels, column: int, moved: Labels, rows: Labels) -> Labels:
        """Return log densities, shape (rows, classes); `rows` counts those with a value; a gap is a 0 here.

        Each variance is that of the class, with `smoothing` rows' worth of the whole column's variance mixed in.
        """
        sums = self.sums[:, column] + moved * value[:, None]
        squares = self.squares[:, column] + moved * value[:, None] ** 2
        whole = np.maximum(rows.sum(axis=1), 1)
        middle = sums.sum(axis=1) / whole
        variance = squares.sum(axis=1) / whole - middle**2
        mean = np.where(rows > 0, sums / np.maximum(rows, 1), middle[:, None])
        within = np.maximum(squares - sums * mean, 0.0) + self.smoothing * variance[:, None]
        spread = np.maximum(within / (np.maximum(rows, 0) + self.smoothing), FLAT)
        density = -0.5 * (np.log(spread) + (value[:, None] - mean) ** 2 / spread)
        return np.asarray(np.where((variance > FLAT)[:, None], density, 0.0))

    def _gapped(self, part: Labels, start: int, moved: Labels, rows: Labels) -> Labels:
        """Return the log probability of having a value or not, and for those who have one its density."""
        gap = part[:, 1]
        gaps = self.sums[:, start + 1] + moved * gap[:, None]
        # Where the only gap leaves, the column is a plain number again, and a gap counts as its mean, which is 0.
        gone = gaps.sum(axis=1) <= 0
        density = self._gauss(part[:, 0], start, moved, rows - gaps)
        total = rows + 2 * self.smoothing
        missing, present = ((some + self.smoothing) / total for some in (gaps, rows - gaps))
        known = np.log(np.where(gap[:, None] > 0, missing, present))
        kept = known + np.where(gap[:, None] > 0, 0.0, density)
        return np.asarray(np.where(gone[:, None], density, kept))

    def _counts(self, part: Labels, counts: Labels, moved: Labels, rows: Labels, *, fixed: bool) -> Labels:
        """Return log probabilities of a category, or of a set of categories that stands for each with equal weight.

        A category that training does not have shares one place of its own, as large as any smoothed zero.
        """
        total = counts.sum(axis=0)
        own = (part**2).sum(axis=1)
        change = moved.sum(axis=1)
        here = part @ counts.T + moved * np.where(own > 0, own, 1.0)[:, None]
        here[own == 0] = (moved * (moved > 0))[own == 0]
        if fixed:
            places = np.full(len(part), float(part.shape[1]))
        else:
            places = np.full(len(part), float((total > 0).sum() + 1))
            places -= (change < 0) & (part @ total == 1)  # the only row of its category leaves
            places += (change > 0) & (own == 0)  # a row of a new category enters
        return np.asarray(np.log((here + self.smoothing) / (rows + self.smoothing * places[:, None])))


@dataclass(frozen=True, kw_only=True)
class NaiveBayes(Model):
    """Every column votes by itself, by how common its value is in each class; what it remembers are a few sums.

    Numbers are Gaussian, categories are counts. A missing number is a category of its own.

    Parameters
    ----------
    smoothing : float
        Rows that are added to every count, and to every variance with the column's own variance.

    References
    ----------
    Hand & Yu (2001), Idiot's Bayes: not so stupid after all?, International Statistical Review 69. Without smoothing
    of the variances, and on one kind of column, it gives the probabilities of scikit-learn's `GaussianNB` and
    `CategoricalNB`, which take no mixture of kinds.
    """

    key: ClassVar[str] = "naive_bayes"
    title: ClassVar[str] = "Naive Bayes"

    smoothing: float = param(
        1.0, FloatRange(low=1e-3, high=1000.0, log=True, unit="rows", help="Higher: rare values count less.")
    )

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator for numbers alone; `prepared` gives the one for an encoding."""
        return MixedNaiveBayes(self.smoothing, ())

    def prepared(self, encoder: Encoder, seed: int) -> Any:
        """Return the unfitted estimator; nothing in it is random."""
        return MixedNaiveBayes(self.smoothing, encoder.blocks)

    def signals(
        self, fitted: FittedModel, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the signals with both sides of everybody: the row is subtracted from the sums, or added.

        Exact, but for columns of more than 255 categories, whose rarest share a place, and for the first gap of a
        column, which counts as its mean. Unknown where the row would bring a class of its own, or was trained on as
        something else.
        """
        if training is None or len(fitted.seen) == 1:
            return super().signals(fitted, rows, target, training, place)
        features, inside, column = fitted.encoder.transform(rows), place >= 0, fitted.place_of(target)
        trained = fitted.encoder.transform(training)
        codes = target_codes(training, fitted.labels)
        known = (column >= 0) & trained_as_known(features, target, trained, codes, place)
        phi = true_class_logit(fitted.answers(features), target, fitted.votes)
        change = np.where(known, np.where(inside, -1.0, 1.0), 0.0)
        proba = np.zeros((len(features), fitted.classes))
        proba[:, fitted.seen] = fitted.estimator.changed(features, change, np.maximum(column, 0))
        other = np.where(known, true_class_logit(proba, target, fitted.votes), np.nan)
        return Signals(phi, np.where(inside, phi, other), np.where(inside, other, phi))
