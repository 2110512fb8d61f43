"""Invented rows from noisy tables: everything here follows from what was measured and reads nobody's row."""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator

from core.data.table import Labels
from core.techniques.marginals_measure import Measured, merged, simplex

_ROUNDS = 30
_CLEAR = 3.0
"""Standard deviations of noise below which a count of missing values is taken for noise."""
_FLOOR = 1e-6
"""Share of independence mixed into every pair, so that fitting never meets an empty row."""


def noisy_total(found: Measured) -> float:
    """Return the number of rows that all tables of single columns tell together; the true one is private."""
    tables = list(found.singles) + ([found.target] if found.target is not None else [])
    weights = np.array([1 / table.size for table in tables])
    return float(np.average([table.sum() for table in tables], weights=weights))


def draw(found: Measured, gaps: list[bool], rows: int, rng: Generator) -> tuple[Labels, Labels]:
    """Return the cells of invented rows.

    Parameters
    ----------
    gaps : list of bool
        For each column whether its last cell is "missing": nobody is missing unless the count stands out of the noise.
    rows : int
        At least 1.

    Returns
    -------
    cells : integer array, shape (rows, columns)
    target : integer array, shape (rows,)
        Cells of the target; 0 without one.
    """
    singles, groups = _consistent(found, gaps)
    share = singles[0].sum(axis=0)
    given = _systematic(share[None, :], np.zeros(rows, dtype=np.int64), rng)
    many = len(share)
    coarse = np.zeros((rows, len(singles)), dtype=np.int64)
    near = _neighbours(found)
    seen: set[int] = set()
    for root in range(len(singles)):
        if root in seen:
            continue
        coarse[:, root] = _systematic(groups[root].T, given, rng)
        seen.add(root)
        line = [root]
        while line:
            at = line.pop()
            for other, edge in near[at]:
                if other in seen:
                    continue
                joint = found.pairs[edge] if found.edges[edge][0] == at else found.pairs[edge].transpose(1, 0, 2)
                fitted = np.stack([_fit(joint[:, :, c], groups[at][:, c], groups[other][:, c]) for c in range(many)])
                width = fitted.shape[1]
                coarse[:, other] = _systematic(fitted.reshape(many * width, -1), given * width + coarse[:, at], rng)
                seen.add(other)
                line.append(other)
    cells = np.empty_like(coarse)
    for place, table in enumerate(singles):
        cells[:, place] = _inside(table, found.groups[place], coarse[:, place], given, rng)
    if found.target is None:
        return cells, given
    fine = simplex(found.target, max(float(found.target.sum()), 1.0))
    return cells, _inside(fine[:, None], found.classes, given, np.zeros(rows, dtype=np.int64), rng)


def _consistent(found: Measured, gaps: list[bool]) -> tuple[list[Labels], list[Labels]]:
    """Return shares of (cell, class) and (group, class) of every column, which agree with each other.

    Every estimate of a number is weighed by 1 / its variance: the class counts by all tables, the groups of a column
    by its own table and the pairs that it is part of.
    """
    first, second = found.budget.first, found.budget.second
    tables = [(table.sum(axis=0), 1 / (first * len(table))) for table in found.singles]
    tables += [
        (pair.sum(axis=(0, 1)), times / (second * pair[:, :, 0].size))
        for pair, times in zip(found.pairs, found.repeats, strict=True)
    ]
    if found.target is not None:
        # A class that merges many cells of the target is told less exactly by its table.
        tables.append((merged(found.target, found.classes), 1 / (first * np.bincount(found.classes).mean())))
    told = np.average([table for table, _ in tables], axis=0, weights=[weight for _, weight in tables])
    totals = simplex(told, max(float(told.sum()), 1.0))
    singles, groups = [], []
    for column, table in enumerate(found.singles):
        group = found.groups[column]
        weight = (1 / (first * np.bincount(group)))[:, None]
        above, below = weight * merged(table, group), weight + 0.0
        for (one, two), pair, times in zip(found.edges, found.pairs, found.repeats, strict=True):
            if column in (one, two):
                other = 1 if column == one else 0
                trust = times / (second * pair.shape[other])
                above, below = above + trust * pair.sum(axis=other), below + trust
        best, table = above / below, table.astype(np.float64)
        if gaps[column] and len(table) > 1 and table[-1].sum() < _CLEAR * math.sqrt(first * len(totals)):
            table[-1] = -np.inf
            if (group == group[-1]).sum() == 1:
                best[group[-1]] = -np.inf
        coarse = np.stack([simplex(best[:, c], totals[c]) for c in range(len(totals))], axis=1)
        fine = np.zeros_like(table, dtype=np.float64)
        for at in range(len(coarse)):
            rows = np.flatnonzero(group == at)
            for c in range(len(totals)):
                fine[rows, c] = simplex(table[rows, c], coarse[at, c])
        singles.append(fine / totals.sum())
        groups.append(coarse / totals.sum())
    return singles, groups


def _fit(noisy: Labels, rows: Labels, columns: Labels) -> Labels:
    """Return a table near the noisy one whose sums are `rows` and `columns`: projection, then iterative fitting."""
    total = rows.sum()
    if total <= 0:
        return np.ones_like(noisy, dtype=np.float64)
    apart = np.outer(rows, columns) / total
    scale = max(float(noisy.sum()), 1.0)
    fitted: Labels = simplex(noisy, scale) / scale * total * (1 - _FLOOR) + apart * _FLOOR
    for _ in range(_ROUNDS):
        fitted *= (rows / np.maximum(fitted.sum(axis=1), 1e-300))[:, None]
        fitted *= columns / np.maximum(fitted.sum(axis=0), 1e-300)
    return fitted


def _inside(fine: Labels, group: Labels, coarse: Labels, given: Labels, rng: Generator) -> Labels:
    """Return a cell of each row's group, as often as the fine table says given the class."""
    many, groups = fine.shape[1], int(group.max()) + 1
    found = np.zeros(len(coarse), dtype=np.int64)
    for at in range(groups):
        rows = np.flatnonzero(coarse == at)
        cells = np.flatnonzero(group == at)
        if len(rows):
            found[rows] = cells[_systematic(fine[cells].T.reshape(many, -1), given[rows], rng)]
    return found


def _systematic(shares: Labels, row: Labels, rng: Generator) -> Labels:
    """Return for each person a column of its row of `shares`, every count within one of its expectation.

    People of one row are put in random order and take places (i + u) / people along the row's cumulated shares.
    """
    running = np.cumsum(shares, axis=1)
    empty = running[:, -1] <= 0
    running[empty] = np.arange(1, shares.shape[1] + 1)
    running /= running[:, -1:]
    order = rng.permutation(len(row))
    order = order[np.argsort(row[order], kind="stable")]
    size = np.bincount(row, minlength=len(shares))
    start = np.cumsum(size) - size
    at = row[order]
    place = (np.arange(len(row)) - start[at] + rng.random(len(shares))[at]) / size[at]
    flat = (running + np.arange(len(shares))[:, None]).ravel()
    chosen = np.searchsorted(flat, place + at, side="right") - at * shares.shape[1]
    found = np.empty(len(row), dtype=np.int64)
    found[order] = np.clip(chosen, 0, shares.shape[1] - 1)
    return found


def _neighbours(found: Measured) -> list[list[tuple[int, int]]]:
    near: list[list[tuple[int, int]]] = [[] for _ in found.singles]
    for edge, (one, two) in enumerate(found.edges):
        near[one].append((two, edge))
        near[two].append((one, edge))
    return near


def limit(total: float, people: float) -> int:
    """Return the rows to invent: the noisy total, at least 1 and at most twice the public number of people."""
    return int(min(max(round(total), 1), max(2 * math.ceil(people), 1)))
