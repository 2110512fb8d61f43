"""Who takes part in a step of private training: people at random, with one of their rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.data.table import Labels


@dataclass(frozen=True, eq=False)
class Draws:
    """Who is in a step: everybody independently with the same probability, with one of their rows.

    Parameters
    ----------
    rows : integer array
        Row numbers, those of a person together.
    first, count : integer arrays, shape (people,)
        Where a person's rows begin in `rows`, and how many there are.
    """

    rows: Labels
    first: Labels
    count: Labels

    @staticmethod
    def of(persons: Labels) -> Draws:
        """Prepare the draws for rows of these persons."""
        rows = np.argsort(persons, kind="stable")
        _, first, count = np.unique(persons[rows], return_index=True, return_counts=True)
        return Draws(rows, first, count)

    def sample(self, rate: float, rng: Generator) -> Labels:
        """Return the rows of one step, at most one of each person.

        >>> Draws.of(np.array([0, 1, 1, 0])).sample(1.0, np.random.default_rng(0)).shape
        (2,)
        """
        here = np.flatnonzero(rng.random(len(self.first)) < rate)
        turn = np.floor(rng.random(len(here)) * self.count[here]).astype(np.int64)
        return np.asarray(self.rows[self.first[here] + np.minimum(turn, self.count[here] - 1)])
