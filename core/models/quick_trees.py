"""Small trees, all at once: the answers of gradient boosting without walking from node to node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.table import Labels

LEAVES = 32
"""Most leaves of a tree: half of a 64-bit word, so that a word holds two trees."""

ROWS = 4096
"""Rows scored together: what one tree needs of them stays in the processor's cache."""


@dataclass(frozen=True, eq=False)
class QuickTrees:
    """Trees as bit masks: per feature, which leaves each value still allows; the leaf is the first one that all allow.

    A row's value on one feature decides all questions about this feature at once, so a tree costs one table look-up
    per feature instead of a walk whose every step waits for the one before. The leaf found is the same, so the sums
    are equal to the last bit.

    Parameters
    ----------
    thresholds : tuple of float arrays
        Per feature, the different thresholds of all trees, ascending; a row's code is how many are below its value.
    masks : tuple of uint64 arrays, shape (pairs of trees, thresholds + 1)
        Per feature, the leaves that a code leaves possible; the first tree in the low half, its leftmost leaf highest.
    used : boolean array, shape (pairs, features)
    values : float array, shape (trees, LEAVES)
        What each leaf adds, in the order of the bits.

    References
    ----------
    Lucchese et al. (2015), QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
    trees, SIGIR. Here as look-up tables, one column of rows at a time.
    """

    thresholds: tuple[Labels, ...]
    masks: tuple[Labels, ...]
    used: Labels
    values: Labels

    @staticmethod
    def compile(trees: list[Any], features: int) -> QuickTrees | None:
        """Return the masks of scikit-learn's `TreePredictor` objects; None when they are not of the form needed.

        The form: at most 32 leaves, numeric questions only, children after their parent and left before right.
        """
        nodes = np.concatenate([tree.nodes for tree in trees])
        sizes = np.array([len(tree.nodes) for tree in trees])
        start = np.repeat(np.cumsum(sizes) - sizes, sizes)
        place, tree = np.arange(len(nodes)), np.repeat(np.arange(len(trees)), sizes)
        leaf = nodes["is_leaf"].astype(bool)
        before = np.cumsum(leaf) - leaf
        order = before - before[start]  # leaves to the left, in the tree
        inner = np.flatnonzero(~leaf)
        left, right = nodes["left"] + start, nodes["right"] + start
        plain = (left[inner] == place[inner] + 1).all() and (right[inner] > left[inner]).all()
        if not plain or order.max() >= LEAVES or nodes["is_categorical"][inner].any():
            return None
        values = np.zeros((len(trees), LEAVES))
        values[tree[leaf], LEAVES - 1 - order[leaf]] = nodes["value"][leaf]
        # A question answered with no rules out the leaves of its left side.
        first, last = order[left[inner]], order[right[inner]]
        second = (LEAVES * (tree[inner] % 2)).astype(np.uint64)
        ruled_out = (_ones(LEAVES - first) ^ _ones(LEAVES - last)) << second
        pair, feature = tree[inner] // 2, nodes["feature_idx"][inner]
        asked = nodes["num_threshold"][inner]
        pairs = (len(trees) + 1) // 2
        used = np.zeros((pairs, features), bool)
        used[pair, feature] = True
        thresholds, masks = [], []
        for column in range(features):
            mine = feature == column
            different = np.unique(asked[mine])
            table = np.full((pairs, len(different) + 1), np.uint64(2**64 - 1))
            code = np.searchsorted(different, asked[mine]) + 1
            np.bitwise_and.at(table, (pair[mine], code), ~ruled_out[mine])
            thresholds.append(different)
            masks.append(np.bitwise_and.accumulate(table, axis=1))
        return QuickTrees(tuple(thresholds), tuple(masks), used, values)

    def add_to(self, totals: Labels, matrix: Labels) -> None:
        """Add every tree's answer to `totals`, shape (rows, outputs); tree t belongs to output t modulo their number.

        Parameters
        ----------
        totals : float array, shape (rows, outputs)
            Changed in place, tree after tree.
        matrix : float array, shape (rows, features)
            Without NaN.
        """
        for begin in range(0, len(matrix), ROWS):
            part = slice(begin, begin + ROWS)
            self._add_part(totals[part], matrix[part])

    def _add_part(self, totals: Labels, matrix: Labels) -> None:
        # Left means at most the threshold, so a value equal to it is not above it. In 64 bits, as the trees compare.
        codes = [
            np.searchsorted(cuts, matrix[:, column].astype(np.float64)) for column, cuts in enumerate(self.thresholds)
        ]
        possible, allowed = np.empty((2, len(matrix)), np.uint64)
        outputs = totals.shape[1]
        for pair, used in enumerate(self.used):
            possible.fill(2**64 - 1)
            for column in np.flatnonzero(used):
                np.take(self.masks[column][pair], codes[column], out=allowed, mode="clip")
                possible &= allowed
            # The highest bit set is the exponent of the number; the low half is a whole number below 2^32, so exact.
            low = (possible & np.uint64(2**LEAVES - 1)).astype(np.float64)
            high = (possible >> np.uint64(LEAVES)).astype(np.float64)
            for tree, number in ((2 * pair, low), (2 * pair + 1, high)):
                if tree < len(self.values):
                    found = (number.view(np.int64) >> 52) - 1023
                    totals[:, tree % outputs] += np.take(self.values[tree], found, mode="clip")


def _ones(count: Labels) -> Labels:
    """Return words whose `count` lowest bits are set."""
    return np.asarray((np.uint64(1) << count.astype(np.uint64)) - np.uint64(1))
