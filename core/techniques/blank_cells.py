"""Which cells to blank so that k people share every combination: few cells, the least important columns first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice

import numpy as np
import pandas as pd

from core.data.table import Labels

MOST_COLUMNS = 60
"""A set of columns is the bits of one integer."""

MOST_SETS = 1_024
"""Sets of columns that are tried; with more than 10 columns the first of each size."""

_LARGEST = 2**62


def cells_to_blank(codes: Labels, persons: Labels, k: int, kept: int = 0) -> Labels:
    """Return the cells to blank, boolean, shape (rows, columns), so that every row has k people of its combination.

    A blank cell is a value of its own, the same as a missing one. Sets of columns are tried in the order of
    `column_sets`: of the rows that still have fewer than k people, those that reach k when the set is blanked (with
    the rows that lack these cells already) are blanked there. What is left over reaches k with rows that had k:
    of the sets that make it agree with others, one with few cells; the others come from combinations that can spare
    them, or all of a combination goes. This is a heuristic: the fewest possible cells are NP-hard to find.

    Parameters
    ----------
    codes : integer array, shape (rows, columns)
        Values from 1 on, 0 for a missing cell. At most `MOST_COLUMNS` columns, least important first.
    persons : integer array, shape (rows,)
        The person behind each row, from 0 on.
    k : int
        People; a person with several rows of one combination counts once.
    kept : int
        How many of the last columns are to be blanked only when blanking all others is not enough.

    Raises
    ------
    ValueError
        When there are fewer than k people.

    Examples
    --------
    >>> town, age = [1, 1, 1, 2, 2], [3, 3, 4, 5, 5]
    >>> cells_to_blank(np.column_stack([town, age]), np.arange(5), 2).tolist()[:3]
    [[False, True], [False, True], [False, True]]
    """
    if len(np.unique(persons)) < k:
        raise ValueError(f"{k} people of {len(np.unique(persons))}")
    order = _order(codes, persons)
    # People are numbered anew, too: who is taken along must not hang on whose row was read first.
    search = _Search(codes[order], pd.factorize(persons[order])[0], k)
    sets = list(column_sets(codes.shape[1], kept))
    for chosen in sets:
        if not search.short.any():
            break
        search.blank(np.array(chosen))
    ranks = np.array([sum(column >= codes.shape[1] - kept for column in chosen) for chosen in sets])
    while search.short.any():
        search.join(sets, ranks)
    found = np.empty(codes.shape, dtype=bool)
    found[order] = (search.codes == 0) & (codes[order] != 0)
    return found


def _order(codes: Labels, persons: Labels) -> Labels:
    """Return the rows in an order that does not depend on the one they came in: by values, then by their person's rows.

    What stays tied are people with the same rows, and it does not matter which of them comes first.
    """
    order = np.lexsort(codes.T[::-1])
    if len(np.unique(persons)) == len(persons):
        return order
    new = np.any(np.diff(codes[order], axis=0) != 0, axis=1)
    values = np.empty(len(codes), dtype=np.int64)
    values[order] = np.append(0, np.cumsum(new))
    by_person = np.lexsort((values, persons))
    starts = np.flatnonzero(np.diff(persons[by_person])) + 1
    held = [tuple(part.tolist()) for part in np.split(values[by_person], starts)]
    rank = {rows: place for place, rows in enumerate(sorted(set(held)))}
    kind = dict(zip(np.unique(persons).tolist(), (rank[rows] for rows in held), strict=True))
    # Two people with the same rows may not take turns: the first row of the first must lead the first row of both.
    return np.lexsort((persons, np.array([kind[person] for person in persons.tolist()]), values))


def column_sets(columns: int, kept: int) -> Iterator[tuple[int, ...]]:
    """Yield sets of columns: those with fewer kept columns first, then the smaller, then those of earlier columns.

    All of them, or `MOST_SETS` in all and some of each size; the set of all columns is always the last.

    Examples
    --------
    >>> list(column_sets(3, kept=1))
    [(0,), (1,), (0, 1), (2,), (0, 2), (1, 2), (0, 1, 2)]
    """
    free = columns - kept
    most = 2**columns if 2**columns <= MOST_SETS else max(1, MOST_SETS // ((kept + 1) * (free + 1)))
    for late in range(kept + 1):
        for early in range(free + 1):
            pairs = (  # no itertools.product: it would list all combinations first
                one + two
                for one in combinations(range(free), early)
                for two in combinations(range(free, columns), late)
            )
            yield from islice((chosen for chosen in pairs if chosen), most)


class _Search:
    """The rows as they are by now, and which of them have fewer than k people of their combination."""

    def __init__(self, codes: Labels, persons: Labels, k: int) -> None:
        self.codes, self.persons, self.k = codes.copy(), persons, k
        self._widths = (codes.max(axis=0, initial=0) + 1).tolist()
        self._alone = len(np.unique(persons)) == len(persons)
        self._bits = 2 ** np.arange(codes.shape[1], dtype=np.int64)
        self._empty = (codes == 0) @ self._bits
        found, people = self._classes(self.codes, persons)
        self.short = people[found] < k

    def blank(self, chosen: Labels) -> None:
        """Blank these columns of the rows that reach k by it."""
        bits = int(self._bits[chosen].sum())
        rows = np.flatnonzero(self.short)
        beside = np.flatnonzero(~self.short & (self._empty & bits == bits))
        trial = self.codes[np.append(rows, beside)]
        trial[: len(rows), chosen] = 0
        found, people = self._classes(trial, self.persons[np.append(rows, beside)])
        self._set(rows[people[found[: len(rows)]] >= self.k], chosen)

    def join(self, sets: list[tuple[int, ...]], ranks: Labels) -> None:
        """Blank one set of columns in a row that is short of people and in others, so that they are k or more."""
        row = int(np.flatnonzero(self.short)[0])
        differs = (self.codes != self.codes[row]) @ self._bits
        masks, which = np.unique(differs, return_inverse=True)
        people = self._people(which, self.persons, len(masks))
        waiting = np.bincount(which[self.short], minlength=len(masks))
        within = np.array([int(self._bits[list(chosen)].sum()) for chosen in sets])
        inside = (masks[None, :] & ~within[:, None]) == 0
        enough = inside @ people >= self.k  # with several rows a person may be counted twice, so it is looked at again
        fixed = inside @ waiting
        size = np.array([len(chosen) for chosen in sets])
        cost = size * np.maximum(self.k, fixed) / np.maximum(fixed, 1)
        for place in np.lexsort((cost, ranks)).tolist():
            if enough[place]:
                rows = self._company(np.flatnonzero(inside[place][which]))
                if len(rows):
                    self._set(rows, np.array(sets[place]))
                    return

    def _company(self, rows: Labels) -> Labels:
        """Return which of these rows are blanked together: the short ones and as few others as reach k people."""
        chosen = [rows[self.short[rows]]]
        with_k = rows[~self.short[rows]]
        met = np.unique(self.persons[chosen[0]])
        if len(met) >= self.k or not len(with_k):
            return chosen[0] if len(met) >= self.k else rows[:0]
        group, people = self._classes(self.codes[with_k], self.persons[with_k])
        order = np.argsort(group, kind="stable")
        parts = np.split(with_k[order], np.searchsorted(group[order], np.arange(1, len(people))))
        largest = np.argsort(-people, kind="stable")
        # First what classes can spare and still have k, the largest first; then whole classes, the smallest first.
        can_spare = [(place, people[place] - self.k) for place in largest if people[place] > self.k]
        for place, spare in can_spare + [(place, people[place]) for place in largest[::-1]]:
            part = parts[place]
            if spare < people[place]:
                names = np.setdiff1d(self.persons[part], met)[: min(spare, self.k - len(met))]
                part = part[np.isin(self.persons[part], names)]
            chosen.append(part)
            met = np.union1d(met, self.persons[part])
            if len(met) >= self.k:
                return np.unique(np.concatenate(chosen))
        return rows[:0]

    def _set(self, rows: Labels, chosen: Labels) -> None:
        self.codes[np.ix_(rows, chosen)] = 0
        self._empty[rows] |= int(self._bits[chosen].sum())
        self.short[rows] = False

    def _classes(self, codes: Labels, persons: Labels) -> tuple[Labels, Labels]:
        """Return the class of each row, and how many different people each class has."""
        key, size = np.zeros(len(codes), dtype=np.int64), 1
        for column, width in zip(codes.T, self._widths, strict=True):
            if size * width > _LARGEST:
                key = pd.factorize(key)[0]
                size = int(key.max(initial=0)) + 1
            key, size = key * width + column, size * width
        key = pd.factorize(key)[0]  # by hashing: quicker than sorting
        return key, self._people(key, persons, int(key.max(initial=-1)) + 1)

    def _people(self, group: Labels, persons: Labels, groups: int) -> Labels:
        """Return how many different people each group has."""
        if self._alone:
            return np.bincount(group, minlength=groups)
        width = int(self.persons.max()) + 1
        return np.bincount(pd.unique(group * width + persons) // width, minlength=groups)
