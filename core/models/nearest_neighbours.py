"""Nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from core.data.table import Labels, Table
from core.models.base import FittedModel, Model
from core.models.signals import Signals, smoothed_logit
from core.params import Choice, IntRange, param

SAME = 1e-9
"""Squared distances, relative to 1 + the row's own length, that count as equal: far above rounding, far below data."""

FARTHEST = 1e4
"""Standardised values beyond +- this count as it: whoever is that far from everybody is equally far."""

BLOCKS = 64
"""Blocks of training rows whose nearest ones bound the distance of the k-th, instead of sorting all distances."""

ROWS = 512
"""Rows compared with all training rows at a time."""


class Neighbours:
    """The k nearest rows vote; rows at the same distance share the votes that are left, so no order can matter.

    Parameters
    ----------
    k : int
        Neighbours; all rows when there are fewer.
    weights : {"uniform", "distance"}
        One vote each, or one over the distance (rows at distance 0, if any, then decide alone).
    """

    def __init__(self, k: int, weights: str) -> None:
        """Keep the settings."""
        self.k = k
        self.weights = weights

    def fit(self, matrix: Labels, target: Labels) -> Neighbours:
        """Keep the different rows and how many of each class there are, shape (rows, features) and (rows,)."""
        self.n_features_in_ = matrix.shape[1]
        self.classes_, self.codes = np.unique(target, return_inverse=True)
        # Sorted by content: the result does not depend on the order of the rows.
        self.points, inverse = np.unique(_near(matrix), axis=0, return_inverse=True)
        self.point = inverse.reshape(-1)
        self.counts = np.zeros((len(self.points), len(self.classes_)))
        np.add.at(self.counts, (self.point, self.codes), 1.0)
        self.lengths = (self.points**2).sum(axis=1)
        self.short = self.points.astype(np.float32)
        self.short_lengths = self.lengths.astype(np.float32)
        return self

    def predict_proba(self, matrix: Labels) -> Labels:
        """Return shares of the votes, shape (rows, classes)."""
        nothing = np.zeros(len(matrix), np.int64)
        return self.shares(matrix, ((nothing, nothing, nothing),))[0]

    def shares(self, matrix: Labels, changes: tuple[tuple[Labels, Labels, Labels], ...]) -> list[Labels]:
        """Return shares of the votes after small changes of the training set, one array for each.

        Parameters
        ----------
        matrix : float array, shape (rows, features)
        changes : tuple of (change, point, column)
            For each row: -1 takes one row of this class (`column`) at this `point` out; 1 adds one of this class at
            the asked row itself; 0 changes nothing.
        """
        matrix = _near(matrix)
        found: list[list[Labels]] = [[] for _ in changes]
        for begin in range(0, len(matrix), ROWS):
            part = slice(begin, begin + ROWS)
            asked = matrix[part]
            row, point, distance = self._candidates(asked)
            for answers, (change, own, column) in zip(found, changes, strict=True):
                answers.append(self._vote(asked, row, point, distance, change[part], own[part], column[part]))
        empty = np.zeros((0, len(self.classes_)))
        return [np.concatenate([empty, *answers]) for answers in found]

    def _candidates(self, asked: Labels) -> tuple[Labels, Labels, Labels]:
        """Return (asked row, point, squared distance) of every point that may be among the k + 1 nearest rows."""
        lengths = (asked**2).sum(axis=1)
        rough = self.short_lengths - 2 * (asked.astype(np.float32) @ self.short.T)
        last = min(self.k + 1, len(self.points)) - 1
        few = rough
        if len(self.points) >= 4 * BLOCKS and last < BLOCKS // 4:
            # The k-th smallest of the blocks' minima is at least the k-th smallest of all. Similar points lie side by
            # side, so a block is every 64th of them.
            whole = len(self.points) // BLOCKS * BLOCKS
            few = rough[:, :whole].reshape(len(rough), -1, BLOCKS).min(axis=1)
        radius = np.partition(few, last, axis=1)[:, last]
        # In 32 bits a product of about a hundred terms is right to 1e-6 of the lengths.
        slack = 1e-5 * (1 + lengths + np.maximum(radius + lengths, 0.0))
        row, point = np.nonzero(rough <= (radius + 2 * slack).astype(np.float32)[:, None])
        if len(row) <= 32 * len(asked):
            distance = ((asked[row] - self.points[point]) ** 2).sum(axis=1)
        else:  # many ties: one product of matrices is cheaper than a difference each
            exact = lengths[:, None] + self.lengths - 2 * (asked @ self.points.T)
            distance = np.maximum(exact[row, point], 0.0)
        return row, point, distance

    def _vote(
        self, asked: Labels, row: Labels, point: Labels, distance: Labels, change: Labels, own: Labels, column: Labels
    ) -> Labels:
        counts = self.counts[point]
        gone = np.flatnonzero((change[row] < 0) & (point == own[row]))
        counts[gone, column[row[gone]]] -= 1
        new = np.flatnonzero(change > 0)
        if len(new):
            row, distance = np.concatenate([row, new]), np.concatenate([distance, np.zeros(len(new))])
            counts = np.concatenate([counts, np.eye(counts.shape[1])[column[new]]])
        order = np.lexsort((distance, row))
        row, distance, counts = row[order], distance[order], counts[order]
        same = SAME * (1 + (asked**2).sum(axis=1))[row]
        other_row = np.append(True, row[1:] != row[:-1])
        group = np.cumsum(other_row | np.append(True, np.diff(distance) > same[1:])) - 1
        size = np.bincount(group, weights=counts.sum(axis=1))
        # Votes left when a group's turn comes: k minus everybody nearer to the same asked row.
        before = np.cumsum(size) - size
        leader = np.flatnonzero(np.append(True, np.diff(group) > 0))
        before -= before[group[np.flatnonzero(other_row)]][np.cumsum(other_row)[leader] - 1]
        taken = np.clip(self.k - before, 0, size) / np.maximum(size, 1)
        weight = taken[group]
        if self.weights == "distance":
            zero = (distance <= same) & (counts.sum(axis=1) > 0)
            alone = np.bincount(row, weights=zero, minlength=len(asked))[row] > 0
            weight = weight * np.where(alone, zero, 1 / np.sqrt(np.maximum(distance, same)))
        votes = np.column_stack([np.bincount(row, weights=weight * part, minlength=len(asked)) for part in counts.T])
        return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def _near(matrix: Labels) -> Labels:
    # Adding zero turns -0 into 0, which is another value to whoever compares bytes.
    return np.clip(np.asarray(matrix, np.float64), -FARTHEST, FARTHEST) + 0.0


@dataclass(frozen=True, kw_only=True)
class NearestNeighbours(Model):
    """The most similar people vote; every member is their own nearest neighbour, so each answer holds their own class.

    Distances are Euclidean on standardised numbers and indicators of categories, compared with every training row.

    Parameters
    ----------
    neighbours : int
        How many people vote; all when there are fewer.
    weights : {"uniform", "distance"}
        One vote each, or nearer people more: then a member's answer is their own class and gives them away.

    References
    ----------
    Cover & Hart (1967), Nearest neighbor pattern classification, IEEE Trans. Inf. Theory 13. Gives the probabilities
    of scikit-learn's `KNeighborsClassifier` where no two distances are equal; there, that library goes by the order
    of the rows.
    """

    key: ClassVar[str] = "nearest_neighbours"
    title: ClassVar[str] = "Nearest neighbours"

    neighbours: int = param(5, IntRange(low=1, high=1000, log=True, unit="people", help="How many people vote."))
    weights: str = param(
        "uniform", Choice(options=("uniform", "distance"), help="One vote each, or one over the distance.")
    )

    @property
    def votes(self) -> int | None:
        """One vote a neighbour."""
        return self.neighbours

    def estimator(self, seed: int) -> Any:
        """Return the unfitted estimator; nothing in it is random."""
        return Neighbours(self.neighbours, self.weights)

    def signals(
        self, fitted: FittedModel, rows: Table, target: Labels, training: Table | None, place: Labels
    ) -> Signals:
        """Return the signals with both sides of everybody: the same vote without the row, or with it at distance 0.

        Exact for the encoding as it is. Unknown where the row is all there is, or would bring a class of its own.
        """
        estimator, column = fitted.estimator, fitted.place_of(target)
        if training is None or len(fitted.seen) == 1:
            return super().signals(fitted, rows, target, training, place)
        inside, known = place >= 0, column >= 0
        own = np.where(inside, estimator.point[place], 0)
        trained = np.where(inside, estimator.codes[place], np.maximum(column, 0))
        change = np.where(inside, -1, np.where(known, 1, 0))
        nothing = np.zeros(len(place), np.int64)
        seen, changed = estimator.shares(
            fitted.encoder.transform(rows), ((nothing, nothing, nothing), (change, own, trained))
        )
        everybody = np.arange(len(place))
        phi, other = (
            smoothed_logit(np.where(known, shares[everybody, column], 0.0), self.neighbours)
            for shares in (seen, changed)
        )
        other = np.where(inside | known, other, np.nan)
        return Signals(phi, np.where(inside, phi, other), np.where(inside, other, phi))
