"""MDAV: records put into groups of k to 2k - 1 that are near each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.table import Labels

GRID = 2.0**-16
"""Coordinates are multiples of this, so that squares and their sums are exact: equal distances are equal."""

BLOCK = 1_024
PER_K = 128
"""Up to max(BLOCK, PER_K x k) records are grouped together; more are first cut into blocks of at most that many."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Space:
    """Records as points.

    The squared distance of two records is the sum of their squared differences in `numbers` and of the weights of
    the `codes` in which they differ.

    Parameters
    ----------
    numbers : float array, shape (records, numbers)
        Rounded to `GRID`.
    codes : integer array, shape (records, codes)
        Category codes from 0 on; near codes should be related, which matters for cutting blocks only.
    weights : float array, shape (codes,)
        Rounded to `GRID`.
    """

    numbers: Labels
    codes: Labels
    weights: Labels

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.numbers)

    def take(self, rows: Labels) -> Space:
        """Return some of the records."""
        return Space(numbers=self.numbers[rows], codes=self.codes[rows], weights=self.weights)

    def distances(self, number: Labels, code: Labels) -> Labels:
        """Return the squared distance of every record to one point, shape (records,)."""
        gap = self.numbers - number
        found: Labels = np.einsum("ij,ij->i", gap, gap)
        if len(code):
            found += (self.codes != code).astype(np.float64) @ self.weights
        return np.asarray(found)


def on_grid(values: Labels) -> Labels:
    """Return the values rounded to `GRID`."""
    return np.asarray(np.rint(values / GRID) * GRID)


def mdav(space: Space, k: int) -> Labels:
    """Return the group of each record, shape (records,): groups of k to 2k - 1, numbered in the order they are made.

    While there are 3k records or more: the record farthest from the average one is grouped with its k - 1 nearest,
    then the record farthest from *it* with its k - 1 nearest. Of 2k to 3k - 1 records the first group is made and
    the rest are the last. The average record has the mean of each number and the most frequent value of each code.
    On ties the earlier record is taken (and the lower code), so the order of the records is part of the input.

    MDAV takes time n^2 / k. Beyond max(1,024, 128 k) records it is run inside blocks: the records are cut at the
    median of the coordinate in which they differ most, and again, until each block is small enough. Groups then never
    cross a cut; their sizes stay k to 2k - 1.

    Raises
    ------
    ValueError
        When there are fewer than k records.

    Examples
    --------
    >>> points = np.array([[0.0], [1], [2], [10], [11], [12], [30]])
    >>> mdav(Space(numbers=points, codes=np.zeros((7, 0), int), weights=np.zeros(0)), 2).tolist()
    [1, 1, 2, 2, 2, 0, 0]

    References
    ----------
    J. Domingo-Ferrer, V. Torra, Ordinal, continuous and heterogeneous k-anonymity through microaggregation, Data
    Mining and Knowledge Discovery 11(2), 2005: MDAV-generic. J. Domingo-Ferrer, J. M. Mateo-Sanz, Practical
    data-oriented microaggregation for statistical disclosure control, IEEE TKDE 14(1), 2002.
    """
    if len(space) < k:
        raise ValueError(f"groups of {k} from {len(space)} records")
    group, made = np.empty(len(space), dtype=np.int64), 0
    for rows in blocks(space, max(BLOCK, PER_K * k)):
        for members in _groups(space.take(rows), k):
            group[rows[members]] = made
            made += 1
    return group


def blocks(space: Space, most: int) -> list[Labels]:
    """Return the positions of the records of each block, ascending; no block has more than `most` records.

    A cut falls between two different values, as near to the median as can be, and leaves a quarter or more on either
    side; when no coordinate can be cut so, the block is halved in the order of its widest coordinate.
    """
    done, todo = [], [np.arange(len(space))]
    while todo:
        rows = todo.pop()
        if len(rows) <= most:
            done.append(rows)
            continue
        left = _left(space.take(rows))
        todo += [rows[~left], rows[left]]
    return done


def _left(space: Space) -> Labels:
    """Return which records stay on the lower side of the cut, boolean."""
    size = len(space)
    values = np.column_stack([space.numbers, space.codes])
    repeats = [float(np.sum((np.bincount(codes) / size) ** 2)) for codes in space.codes.T]
    spread = np.append(2 * space.numbers.var(axis=0), space.weights * (1 - np.array(repeats)))
    axes = np.argsort(-spread, kind="stable")
    for axis in axes.tolist():
        ranked = np.sort(values[:, axis])
        edges = np.flatnonzero(ranked[1:] != ranked[:-1]) + 1
        if len(edges):
            edge = int(edges[np.argmin(np.abs(2 * edges - size))])
            if min(edge, size - edge) >= size // 4:
                return np.asarray(values[:, axis] < ranked[edge])
    left = np.zeros(size, dtype=bool)
    left[np.argsort(values[:, axes[0]], kind="stable")[: size // 2]] = True
    return left


def _groups(space: Space, k: int) -> list[Labels]:
    """Return the positions of the records of each group of one block."""
    local = [np.unique(codes, return_inverse=True)[1] for codes in space.codes.T]
    codes = np.column_stack(local) if local else space.codes
    left = Space(numbers=space.numbers, codes=codes, weights=space.weights)
    place = np.arange(len(space))
    columns = np.arange(codes.shape[1])
    count = np.zeros((len(columns), int(codes.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(count, (columns, codes), 1)
    found = []
    while len(left) >= 2 * k:
        far = left.distances(on_grid(left.numbers.mean(axis=0)), count.argmax(axis=1))
        first = int(np.argmax(far))
        gap = left.distances(left.numbers[first], left.codes[first])
        gap[first] = -1.0  # itself comes before its doubles
        taken = _nearest(gap, k)
        found.append(place[taken])
        rest = np.ones(len(left), dtype=bool)
        rest[taken] = False
        if len(left) >= 3 * k:
            gap[taken] = -1.0
            second = int(np.argmax(gap))
            gap = left.distances(left.numbers[second], left.codes[second])
            gap[taken], gap[second] = np.inf, -1.0
            also = _nearest(gap, k)
            found.append(place[also])
            rest[also] = False
        np.subtract.at(count, (columns, left.codes[~rest]), 1)
        left, place = left.take(rest), place[rest]
    return [*found, place]


def _nearest(gap: Labels, k: int) -> Labels:
    """Return the positions of the k smallest, the earlier ones on ties."""
    limit = np.partition(gap, k - 1)[k - 1]
    inside = np.flatnonzero(gap < limit)
    return np.append(inside, np.flatnonzero(gap == limit)[: k - len(inside)])
