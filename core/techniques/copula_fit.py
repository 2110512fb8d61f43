"""A Gaussian copula over cells: normal scores, correlations that survive the cutting, and drawing from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy import sparse
from scipy.special import ndtr, ndtri

from core.data.table import Labels
from core.techniques.copula_cells import Cut

ROUNDS = 4
"""How often correlations are simulated and corrected; more changes the third digit at most."""

_SIMULATED = (2_000, 10_000)
"""Fewest and most rows of a simulation."""
_GROUPS = 20
"""Groups in which another column enters a correspondence table."""
_SHRINK = 5
"""Rows per column that the correlations of all classes together count for in each class."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Latent:
    """One latent normal number of every row, cut into cells.

    Parameters
    ----------
    cells : integer array, shape (rows,)
        -1 where it is not known.
    size : int
    shown_by : int
        The latent number whose cell 1 says that this one is not known; -1 for none.
    """

    cells: Labels
    size: int
    shown_by: int = -1


@dataclass(frozen=True, eq=False)
class _Marginals:
    """Where each latent number is cut in one group of rows, and the mean of each piece."""

    ends: list[Labels]
    scores: list[Labels]

    @staticmethod
    def of(latents: list[Latent], rows: Labels) -> _Marginals:
        ends, scores = [], []
        for latent in latents:
            known = latent.cells[rows]
            count = np.bincount(known[known >= 0], minlength=latent.size).astype(np.float64)
            if not count.sum():  # nobody of this group has a value
                count = np.bincount(latent.cells[latent.cells >= 0], minlength=latent.size).astype(np.float64)
            share = count / count.sum()
            end = np.minimum(np.cumsum(share), 1.0)
            end[np.flatnonzero(share)[-1] :] = 1.0
            density = np.exp(-0.5 * ndtri(np.concatenate([[0.0], end])) ** 2) / np.sqrt(2 * np.pi)
            mean = np.divide(-np.diff(density), share, out=np.zeros_like(share), where=share > 0)
            ends.append(end)
            scores.append(mean)
        return _Marginals(ends, scores)

    def cut(self, normal: Labels) -> tuple[Labels, Labels]:
        """Return the cell of each latent number and the point in it, 0 to 1; shapes (rows, latents)."""
        cells = np.empty(normal.shape, dtype=np.int64)
        part = np.empty(normal.shape)
        for j, end in enumerate(self.ends):
            level = ndtr(normal[:, j])
            # Cells without rows have no width, so "right" never lands in one; 1.0 itself belongs to the last.
            found = np.minimum(np.searchsorted(end, level, side="right"), int(np.searchsorted(end, 1.0)))
            low = np.concatenate([[0.0], end])[found]
            cells[:, j] = found
            part[:, j] = np.clip((level - low) / np.maximum(end[found] - low, 1e-300), 0, 1)
        return cells, part

    def only_cells(self, normal: Labels) -> Labels:
        """Return the cells alone: cutting at normal quantiles is quicker."""
        cells = np.empty(normal.shape, dtype=np.int64)
        for j, end in enumerate(self.ends):
            cells[:, j] = np.searchsorted(ndtri(end), normal[:, j], side="left")
        return cells

    def correlations(self, latents: list[Latent], cells: Labels) -> Labels:
        """Return the correlations of the scores, each over the rows in which both are known."""
        values = np.zeros(cells.shape)
        known = np.ones(cells.shape)
        for j, latent in enumerate(latents):
            there = cells[:, j] >= 0
            if latent.shown_by >= 0:
                there &= cells[:, latent.shown_by] != 1
            values[:, j] = np.where(there, self.scores[j][np.maximum(cells[:, j], 0)], 0.0)
            known[:, j] = there
        squares = (values**2).T @ known
        scale = np.sqrt(squares * squares.T)
        found = np.divide(values.T @ values, scale, out=np.zeros_like(scale), where=scale > 1e-12)
        np.fill_diagonal(found, 1.0)
        return np.asarray(found)


@dataclass(frozen=True, eq=False)
class Copula:
    """The distribution of one group of rows."""

    marginals: _Marginals
    root: Labels

    @staticmethod
    def fit(latents: list[Latent], rows: Labels, towards: Labels | None, rng: Generator) -> Copula:
        """Fit marginals and correlations to some rows.

        Cutting weakens correlations, so those of the latent numbers are raised until what is drawn and cut is
        correlated as the rows are: simulate, add what is missing, repeat.

        Parameters
        ----------
        latents : list of Latent
        rows : integer array
            The rows of this group, one at least.
        towards : float array or None
            Correlations of all rows, towards which those of a small group are drawn.
        """
        marginals = _Marginals.of(latents, rows)
        wanted = marginals.correlations(latents, np.column_stack([latent.cells[rows] for latent in latents]))
        if towards is not None:
            weight = len(rows) / (len(rows) + _SHRINK * len(latents))
            wanted = weight * wanted + (1 - weight) * towards
        found = _valid(wanted)
        base = rng.standard_normal((int(np.clip(len(rows), *_SIMULATED)), len(latents)))
        for _ in range(ROUNDS):
            got = marginals.correlations(latents, marginals.only_cells(base @ _root(found).T))
            found = _valid(found + wanted - got)
        return Copula(marginals, _root(found))

    def draw(self, count: int, rng: Generator) -> tuple[Labels, Labels]:
        """Return cells and the point in each, both of shape (count, latents)."""
        return self.marginals.cut(rng.standard_normal((count, len(self.root))) @ self.root.T)


def overall(latents: list[Latent], rows: Labels) -> Labels:
    """Return the correlations of the scores of all these rows, shape (latents, latents)."""
    marginals = _Marginals.of(latents, rows)
    return marginals.correlations(latents, np.column_stack([latent.cells[rows] for latent in latents]))


def _valid(wanted: Labels) -> Labels:
    """Return the nearest matrix, roughly, that is one of correlations: no negative eigenvalue, ones on the diagonal."""
    wanted = np.clip((wanted + wanted.T) / 2, -0.999, 0.999)
    np.fill_diagonal(wanted, 1.0)
    values, vectors = np.linalg.eigh(wanted)
    found = (vectors * np.maximum(values, 1e-6)) @ vectors.T
    scale = np.sqrt(np.diag(found))
    return np.asarray(found / np.outer(scale, scale))


def _root(correlations: Labels) -> Labels:
    return np.asarray(np.linalg.cholesky(correlations))


def first_axes(cuts: list[Cut]) -> list[Labels]:
    """Return for each column the place of every cell on its first correspondence axis against all other columns.

    Categories that go with the same values of the other columns come to stand beside each other; those that nobody has
    get NaN. For numbers the order is their own, and an empty array stands in.

    References
    ----------
    M. Greenacre, Correspondence Analysis in Practice, 3rd edition, CRC Press 2017, chapters 8 and 18.
    """
    rows = len(cuts[0].cells)
    groups, widths = zip(*(one.coarse(_GROUPS) for one in cuts), strict=True)
    starts = np.cumsum([0, *widths])
    column = np.stack([group + start for group, start in zip(groups, starts[:-1], strict=True)], axis=1)
    every = sparse.csr_matrix(
        (np.ones(column.size), column.ravel(), np.arange(0, column.size + 1, len(cuts))), shape=(rows, starts[-1])
    )
    found = []
    for j, one in enumerate(cuts):
        if one.order is None:
            found.append(np.zeros(0))
            continue
        mine = sparse.csr_matrix((np.ones(rows), (np.arange(rows), one.cells)), shape=(rows, one.size))
        table = np.asarray((mine.T @ every).todense())
        found.append(_first_axis(np.delete(table, np.s_[starts[j] : starts[j + 1]], axis=1)))
    return found


def _first_axis(table: Labels) -> Labels:
    """Return the first axis of the rows of a table of counts, NaN for empty rows."""
    place = np.full(len(table), np.nan)
    used = np.flatnonzero(table.sum(axis=1))
    if not len(used):  # the only column
        return np.zeros(len(table))
    part = table[used][:, table.sum(axis=0) > 0] / table.sum()
    mass, other = part.sum(axis=1), part.sum(axis=0)
    residual = (part - np.outer(mass, other)) / np.sqrt(np.outer(mass, other))
    if len(residual) <= residual.shape[1]:
        axis = np.linalg.eigh(residual @ residual.T)[1][:, -1]
    else:
        axis = residual @ np.linalg.eigh(residual.T @ residual)[1][:, -1]
    axis = axis / np.sqrt(mass)
    # The sign is free: fix it, so that equal tables give equal rows everywhere.
    place[used] = axis * (1 if axis[np.argmax(np.abs(axis))] > 0 else -1)
    return place
