"""Released names: which released rows carry a target's own name, and which columns are none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.attacks.rows import RowsView
from core.data.table import Labels

MOST_NAMESAKES = 10
"""People per different value above which a column names nobody: a mask that is the same for everyone."""


@dataclass(frozen=True, eq=False)
class Named:
    """The released rows that carry each target's name.

    Parameters
    ----------
    index : integer array, shape (targets, k)
        Positions of the first k of them, in an order that is random but the same for everybody; -1 beyond the last.
    """

    index: Labels

    @property
    def found(self) -> Labels:
        """Whether a target's name is released at all, shape (targets,)."""
        return np.asarray((self.index >= 0).any(axis=1))

    def before(self, others: Labels) -> Labels:
        """Put these rows before `others`, shape (targets, k), without repeating one.

        A name that matches wins over any distance.
        """
        if not self.found.any():
            return others
        repeated = (others[:, :, None] == self.index[:, None, :]).any(axis=2)
        both = np.concatenate([self.index, np.where(repeated, -1, others)], axis=1)
        order = np.argsort(both < 0, axis=1, kind="stable")[:, : others.shape[1]]
        return np.take_along_axis(both, order, axis=1)


def others(view: RowsView, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the columns that are released and name nobody."""
    return tuple(
        name
        for name in names
        if name in view.released.schema and name in view.targets.schema and name not in view.released.schema.identifying
    )


def named_rows(view: RowsView, k: int, rng: Generator, hidden: tuple[str, ...] = ()) -> Named:
    """Look every target up by the direct identifiers that the attacker knows and that are released.

    A column counts when its values are present and shared by at most 10 people on average and it is not `hidden`.
    Reads no other column.
    """
    known = {*view.knows, *view.left, *view.right} - {*hidden}
    targets, rows = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    for name in view.released.schema.identifying:
        if name not in known or name not in view.targets.schema:
            continue
        cells = [table.frame[name].astype(object) for table in (view.released, view.targets)]
        codes, values = pd.factorize(pd.concat(cells, ignore_index=True))
        ours, theirs = codes[: len(view.released)], codes[len(view.released) :]
        present = ours >= 0
        # Namesakes are people, not rows: a person with many visits still has one name.
        carriers = np.unique(np.column_stack([ours, view.released.persons])[present], axis=0)
        if len(carriers) > MOST_NAMESAKES * len(np.unique(ours[present])):
            continue
        order = np.argsort(ours, kind="stable")
        begins = np.searchsorted(ours[order], np.arange(len(values) + 1))
        size = np.where(theirs >= 0, np.diff(begins)[theirs] if len(values) else 0, 0)
        line = np.repeat(np.arange(len(theirs)), size)
        place = np.arange(len(line)) - np.repeat(np.cumsum(size) - size, size)
        targets = np.append(targets, line)
        rows = np.append(rows, order[begins[theirs[line]] + place])
    index = np.full((len(view.targets), k), -1)
    if len(targets):
        pairs = np.unique(np.column_stack([targets, rng.permutation(len(view.released))[rows], rows]), axis=0)
        rank = np.arange(len(pairs)) - np.searchsorted(pairs[:, 0], pairs[:, 0])
        kept = pairs[rank < k]
        index[kept[:, 0], rank[rank < k]] = kept[:, 2]
    return Named(index)
