"""The nearest released rows of many people at once, in Gower's distance: exact, and ties are broken at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.attacks.gower import Gower, Indexed
from core.attacks.nearest_search import Search
from core.data.table import Labels, Table


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest rows of every target.

    Parameters
    ----------
    distance : float32 array, shape (targets, k)
        Ascending, in [0, 1] while numbers are in range; inf where there are fewer than k rows.
    index : integer array, shape (targets, k)
        Positions of the released rows, equally near ones in random order; -1 where there are fewer than k rows.
    tied : boolean array, shape (targets, k)
        Whether a random tie-break decided who are the nearest j + 1.
    """

    distance: Labels
    index: Labels
    tied: Labels

    def tied_share(self, k: int | None = None) -> float:
        """Return the share of targets whose list of k was decided by a random tie-break."""
        column = self.tied[:, (self.tied.shape[1] if k is None else k) - 1]
        return float(column.mean()) if len(column) else 0.0


@dataclass(frozen=True, eq=False)
class Nearest:
    """Released rows, ready to be searched by some of their columns. Build one with `Nearest.fit`.

    The distance is Gower's (see `core.attacks.gower.Gower`). Every search is exact at any size. Among equally near
    rows each is as likely to be taken, and for every target anew: never the first in the file.

    Parameters
    ----------
    columns : tuple of str
    gower : Gower
        The scales of the distance.
    indexed : Indexed

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Column, Kind, Role, Schema
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...                  Column(name="sex", kind=Kind.CATEGORICAL, role=Role.FEATURE)))
    >>> released = Table.build(pd.DataFrame({"age": [20, 50, 60], "sex": ["f", "m", "f"]}), schema)
    >>> target = Table.build(pd.DataFrame({"age": [52], "sex": ["f"]}), schema)
    >>> distance, index = Nearest.fit(released, ("age", "sex")).query(target, 2, np.random.default_rng(0))
    >>> index.tolist(), distance.astype(float).round(3).tolist()
    ([[2, 0]], [[0.04, 0.16]])
    """

    columns: tuple[str, ...]
    gower: Gower
    indexed: Indexed

    @staticmethod
    def fit(released: Table, columns: tuple[str, ...], scale_from: Table | None = None) -> Nearest:
        """Prepare a search among `released` by `columns`.

        Numbers are scaled by the schema's public bounds, else by the range of `scale_from` (by default the released
        rows); `scales` says by which.
        """
        gower = Gower.fit(released, columns, scale_from)
        return Nearest(columns, gower, Indexed.of(gower.encode(released), gower.gaps))

    @property
    def scales(self) -> Mapping[str, str]:
        """Where the range of each number comes from: "public bounds", "released rows" or "given rows"."""
        return self.gower.scales

    def query(self, targets: Table, k: int, rng: Generator) -> tuple[Labels, Labels]:
        """Return distances (float32, ascending) and positions of the k nearest released rows, shape (targets, k)."""
        found = self.neighbours(targets, k, rng)
        return found.distance, found.index

    def neighbours(self, targets: Table, k: int, rng: Generator) -> Neighbours:
        """Return the k nearest released rows of every target, and where ties were broken at random."""
        distance, index, tied = Search(self.indexed, self.gower.encode(targets), k, rng).run()
        return Neighbours((distance / max(len(self.columns), 1)).astype(np.float32), index, tied)
