"""Everything that a marginal synthesiser reads from the members: noisy tables, and a tree chosen at random."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.random import Generator

from core.data.table import Labels
from core.privacy.discrete_noise import discrete_gaussian, noisy_best

MOST_CLASSES, GROUPS_OF_TARGET = 10, 8
"""A target with more cells than the first is conditioned on in this many groups."""
GROUPS_OF_NUMBER, GROUPS_OF_LABELS = 16, 24
CLEAR = 6.0
"""A category is a group of its own when its noisy count is this many standard deviations of the noise."""
ONE_WAY, SELECTION, PENALTY = 0.5, 0.1, 0.25
"""Shares of rho; the rest is for pairs. The penalty of an edge is this part of the noise it would bring."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How much noise each reading gets, from public numbers alone.

    Parameters
    ----------
    tables : int
        Tables of the first round, each with variance `first`.
    edges : int
        Choices of an edge, each with exponential-mechanism parameter `choice`, and tables of pairs, each with variance
        `second`: columns - 1 of both, however many edges are chosen.
    first, second, choice : float
    """

    tables: int
    edges: int
    first: float
    second: float
    choice: float

    @staticmethod
    def split(rho: float, columns: int, wide: bool) -> Budget:
        """Share out rho: 1 / (2 variance) for each table, choice**2 / 8 for each choice.

        Examples
        --------
        >>> b = Budget.split(0.03, columns=4, wide=False)
        >>> round(b.tables / (2 * b.first) + b.edges * (b.choice**2 / 8 + 1 / (2 * b.second)), 12)
        0.03
        """
        tables, edges = columns + wide, columns - 1
        if not edges:
            return Budget(tables=tables, edges=0, first=tables / (2 * rho), second=0.0, choice=0.0)
        return Budget(
            tables=tables, edges=edges, first=tables / (2 * ONE_WAY * rho),
            second=edges / (2 * (1 - ONE_WAY - SELECTION) * rho), choice=math.sqrt(8 * SELECTION * rho / edges),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Measured:
    """All that was read: publishing it is within the budget, and what follows from it costs nothing.

    Parameters
    ----------
    budget : Budget
    target : array or None
        Noisy count of each cell of a target of many cells.
    classes : array
        Group of each cell of the target.
    singles : tuple of array
        For every column noisy counts, shape (cells, classes).
    groups : tuple of array
        For every column the group of each of its cells.
    edges : tuple of (int, int)
        Pairs of columns, a forest, in the order chosen.
    pairs : tuple of array
        For every edge the mean of its noisy tables, shape (groups, groups, classes).
    repeats : tuple of int
        How many tables the mean is of.
    """

    budget: Budget
    target: Labels | None
    classes: Labels
    singles: tuple[Labels, ...]
    groups: tuple[Labels, ...]
    edges: tuple[tuple[int, int], ...]
    pairs: tuple[Labels, ...]
    repeats: tuple[int, ...]


def measure(
    cells: list[Labels],
    sizes: list[int],
    ordered: list[int],
    target: Labels,
    width: int,
    budget: Budget,
    rng: Generator,
) -> Measured:
    """Read what the budget allows; one row more or less changes one cell of every table by one.

    The score of an edge is the L1 distance between the true counts of (column, column, class) and what independence
    given the class makes of *already noisy* tables. One row changes one true count by one and nothing else, so the
    score changes by one at most, and choosing with probability proportional to exp(choice * score / 2) costs
    choice**2 / 8. What an edge must be worth (a share of the noise that it brings) and the score 0 of stopping do not
    depend on the rows. When fewer edges are chosen, the tables left over repeat those that are.

    Parameters
    ----------
    cells : list of integer array
        For each column the cell of every row, below its entry in `sizes`.
    ordered : list of int
        For each column how many of its first cells are in order (bins of a number), 0 for categories.
    target : integer array
        Cell of every row below `width`; all 0 with width 1 without a target.
    """
    noise, told = budget.first, None
    classes = np.arange(width)
    if budget.tables > len(cells):
        told = _counted(target, width, noise, rng)
        classes = grouped(told, math.sqrt(noise), width if ordered[-1] else 0, GROUPS_OF_TARGET, GROUPS_OF_TARGET)
    given, many = classes[target], int(classes.max()) + 1
    singles = tuple(
        _counted(at * many + given, size * many, noise, rng).reshape(size, many)
        for at, size in zip(cells, sizes, strict=True)
    )
    spread = math.sqrt(noise * many)
    groups = tuple(
        grouped(table.sum(axis=1), spread, bins, GROUPS_OF_NUMBER, GROUPS_OF_LABELS)
        for table, bins in zip(singles, ordered, strict=False)
    )
    if not budget.edges:
        return Measured(
            budget=budget, target=told, classes=classes, singles=singles, groups=groups, edges=(), pairs=(), repeats=()
        )
    coarse = [group[at] for group, at in zip(groups, cells, strict=True)]
    edges = _forest(coarse, [merged(t, g) for t, g in zip(singles, groups, strict=True)], given, budget, rng)
    repeats = tuple(len(range(place, budget.edges, len(edges))) for place in range(len(edges)))
    pairs = []
    for (one, two), times in zip(edges, repeats, strict=True):
        joint, shape = _joint(coarse, given, one, two, (int(groups[one].max()) + 1, int(groups[two].max()) + 1, many))
        noisy = joint * times + sum(discrete_gaussian(budget.second, len(joint), rng) for _ in range(times))
        pairs.append((noisy / times).reshape(shape))
    return Measured(
        budget=budget, target=told, classes=classes, singles=singles, groups=groups, edges=edges, pairs=tuple(pairs),
        repeats=repeats,
    )  # fmt: skip


def merged(table: Labels, groups: Labels) -> Labels:
    """Add up the rows of a table that are in one group."""
    found = np.zeros((int(groups.max()) + 1, *table.shape[1:]))
    np.add.at(found, groups, table)
    return found


def simplex(noisy: Labels, total: float) -> Labels:
    """Return the nearest numbers (least squares) that are at least 0 and add up to `total`.

    Examples
    --------
    >>> simplex(np.array([5.0, 3.0, -2.0]), 6.0).tolist()
    [4.0, 2.0, 0.0]

    References
    ----------
    J. Duchi et al., Efficient projections onto the l1-ball, ICML 2008.
    """
    falling = np.sort(noisy[np.isfinite(noisy)])[::-1]  # -inf stays 0
    if total <= 0 or not falling.size:
        return np.zeros_like(noisy, dtype=np.float64)
    over = (np.cumsum(falling) - total) / np.arange(1, falling.size + 1)
    # Not >: a total far below the rounding of the numbers would leave nothing to choose.
    found: Labels = np.maximum(noisy - over[np.flatnonzero(falling >= over)[-1]], 0.0)
    return found


def grouped(counts: Labels, noise: float, ordered: int, numbers: int, labels: int) -> Labels:
    """Return a group for every cell, from noisy counts alone.

    Bins of a number are merged to about `numbers` groups of equal mass. Of the other cells (categories, "missing")
    the largest `labels` - 1 that stand clear of the noise are groups, and all others are one together.
    """
    place = np.zeros(len(counts), dtype=np.int64)
    if ordered:
        mass = simplex(counts[:ordered], max(float(counts[:ordered].sum()), 1.0))
        middle = (np.cumsum(mass) - mass / 2) / mass.sum()
        place[:ordered] = np.minimum((middle * numbers).astype(np.int64), numbers - 1)
        # A "missing" that does not stand out joins the first group: the fine table still draws it as often as it is.
        place[ordered:] = np.where(counts[ordered:] > CLEAR * noise, numbers, 0)
    else:
        falling = np.argsort(-counts, kind="stable")[: labels - 1]
        clear = falling[counts[falling] > CLEAR * noise]
        place[clear] = 1 + np.arange(len(clear))
    found: Labels = np.unique(place, return_inverse=True)[1].reshape(-1)
    return found


def _counted(at: Labels, size: int, noise: float, rng: Generator) -> Labels:
    """Return how many rows are in each cell, with noise of this variance."""
    return np.bincount(at, minlength=size) + discrete_gaussian(noise, size, rng)


def _joint(
    coarse: list[Labels], given: Labels, one: int, two: int, shape: tuple[int, int, int]
) -> tuple[Labels, tuple[int, int, int]]:
    at = (coarse[one] * shape[1] + coarse[two]) * shape[2] + given
    return np.bincount(at, minlength=math.prod(shape)), shape


def _forest(
    coarse: list[Labels], singles: list[Labels], given: Labels, budget: Budget, rng: Generator
) -> tuple[tuple[int, int], ...]:
    """Choose edges one by one, each joining two parts, until all are joined or stopping is chosen."""
    totals = np.maximum(np.mean([table.sum(axis=0) for table in singles], axis=0), 1.0)
    expected = [np.stack([simplex(*at) for at in zip(table.T, totals, strict=True)], axis=1) for table in singles]
    price = PENALTY * math.sqrt(2 * budget.second / math.pi)
    open_, scores = list(combinations(range(len(coarse)), 2)), {}
    for one, two in open_:
        shape = len(singles[one]), len(singles[two]), len(totals)
        joint, _ = _joint(coarse, given, one, two, shape)
        apart = expected[one][:, None, :] * expected[two][None, :, :] / totals
        scores[one, two] = float(np.abs(joint - apart.ravel()).sum()) - price * joint.size
    part, edges = list(range(len(coarse))), []
    for _ in range(budget.edges):
        open_ = [(one, two) for one, two in open_ if part[one] != part[two]]
        chosen = noisy_best([*(scores[edge] for edge in open_), 0.0], 2 / budget.choice, rng)
        if chosen == len(open_):
            break
        one, two = open_[chosen]
        edges.append((one, two))
        part = [part[one] if label == part[two] else label for label in part]
    return tuple(edges)
