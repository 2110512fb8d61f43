"""Exchange values between people who are near each other in rank."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Kind, Schema
from core.data.table import Labels, Table
from core.params import ColumnNames, FloatRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.perturbed import cannot_perturb, holdings, perturbed_columns

_KINDS = (Kind.NUMERIC, Kind.DATE)
_TRIES = 16


@dataclass(frozen=True, kw_only=True)
class RankSwap(Technique):
    """Swap each value with that of a random partner close by in rank, column by column.

    The values of a column are sorted (equal ones in random order). From the lowest on, each value that was not yet
    swapped changes places with one drawn from those not yet swapped among the next `share` x n ranks (one rank at
    least). Each value is swapped at most once; one value is left over when their number is odd. The set of values
    stays exactly what it was; what connects columns is weakened, since each column is swapped by itself.

    Swapped are *holdings*: equal values of one person (the age in each of their rows) are one, and keep being equal,
    or whoever sees the rows could take their median. So the distribution is kept exactly over people's values; over
    rows too when nobody holds a value in several rows. A value that many people share mostly meets its like and does
    not change, and with a small share nobody moves far. Every released value is somebody's real value, the largest
    among them. Missing is not swapped and stays visible.

    Guarantee: none. Class sizes (k) of the released rows say nothing about whose values they are; look at the
    measured risks. People outside the members (TEST, controls, attack queries) stay as they are.

    Parameters
    ----------
    share : float
        How far a partner may be, as a share of the ranks, in (0, 1].
    columns : list of str
        Numeric and date columns, and categories whose public `categories` list is in order; none named: every
        quasi-identifier that is a number or a date.

    Examples
    --------
    >>> from core.data.schema import Column, Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> members = Table.build(pd.DataFrame({"age": [40, 10, None, 30, 20]}), Schema((age,)))
    >>> technique, facts = RankSwap(share=0.25), PublicFacts(people=5, classes=())
    >>> technique.protect(members, facts, np.random.default_rng(0)).table.frame["age"].tolist()
    [30.0, 20.0, nan, 40.0, 10.0]

    References
    ----------
    R. A. Moore, Controlled data-swapping techniques for masking public use microdata sets, US Bureau of the Census,
    Statistical Research Division RR 96-04, 1996. Its known weakness, a partner who is always near: J. Nin,
    J. Herranz, V. Torra, Rethinking rank swapping to decrease disclosure risk, Data & Knowledge Engineering 64(1),
    2008.
    """

    key: ClassVar[str] = "rank_swap"
    title: ClassVar[str] = "Swap values between near ranks"
    family: ClassVar[Family] = Family.NOISE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "share"
    grid: ClassVar[tuple[Any, ...]] = (0.02, 0.05, 0.1, 0.2)
    perturbs: ClassVar[bool] = True
    stops: ClassVar[str] = (
        "Breaks the tie between a person and their exact numbers and dates, while every column keeps its values; "
        "people can still be found by values that are near, values that many share hardly change, a missing value "
        "stays visible, and nothing is proved."
    )

    share: float = param(
        0.1,
        FloatRange(low=1e-6, high=1.0, log=True, unit="of the ranks", help="How far away a swap partner may be."),
    )
    columns: tuple[str, ...] = param(
        (),
        ColumnNames(
            help="Numeric and date columns, and categories listed in order; none: all quasi-identifiers that are "
            "numbers or dates."
        ),
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for columns that have an order and may be swapped."""
        for name in self.columns:
            if name in schema and schema[name].kind is Kind.CATEGORICAL and schema[name].categories is None:
                return f"nobody said in which order the categories of {name} stand; list its `categories` in the schema"
        kinds = (*_KINDS, Kind.CATEGORICAL) if self.columns else _KINDS
        return cannot_perturb(schema, self.columns, kinds, "a number or a date")

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the rows with swapped values; anybody else's row stays as it is."""
        names = perturbed_columns(members.schema, self.columns, _KINDS)
        columns = {name: self._swapped(members, name, rng) for name in names}
        meanings = {name: members.meanings[name] for name in names if name in members.meanings}
        table = members.with_columns(columns, members.schema, meanings) if columns else members
        return Protected(table=table, source=np.arange(len(members)), recode=unchanged)

    def _swapped(self, members: Table, name: str, rng: Generator) -> Any:
        cells, held = members.frame[name], holdings(members, name)
        order = np.lexsort((rng.random(len(held.first)), _places(cells, members.schema[name].categories)[held.first]))
        partner = np.empty(len(order), dtype=np.int64)
        partner[order] = order[swap_partners(len(order), self.share, rng)]
        donor = np.arange(len(cells))  # the row whose value each row takes
        donor[held.rows] = held.first[partner][held.holding]
        return cells.array.take(donor)


def swap_partners(count: int, share: float, rng: Generator) -> Labels:
    """Return for each rank the rank it swaps with (itself: none), all within max(1, floor(share x count)) ranks.

    Parameters
    ----------
    count : int
        Ranks.
    share : float
        In (0, 1].

    Returns
    -------
    integer array, shape (count,)
        A permutation that is its own inverse.

    Examples
    --------
    >>> swap_partners(4, 0.25, np.random.default_rng(0)).tolist()
    [1, 0, 3, 2]
    """
    reach = max(1, int(share * count + 1e-9))
    partner = list(range(count))
    free = [True] * count
    draws: Iterable[float] = rng.random(count).tolist()
    for rank, draw in enumerate(draws):
        last = min(rank + reach, count - 1)
        if not free[rank] or rank == last:
            continue
        free[rank] = False
        found = rank + 1 + int(draw * (last - rank))
        for _ in range(_TRIES):  # uniform over the window until a free one is met: uniform over the free ones
            if free[found]:
                break
            found = int(rng.integers(rank + 1, last + 1))
        else:
            left = [other for other in range(rank + 1, last + 1) if free[other]]
            if not left:  # only near the end: everybody above has a partner
                continue
            found = left[int(rng.integers(len(left)))]
        free[found] = False
        partner[rank], partner[found] = found, rank
    return np.array(partner, dtype=np.int64)


def _places(cells: pd.Series[Any], categories: tuple[str, ...] | None) -> Labels:
    """Return a number per cell in whose order the ranks stand; categories that are not listed come last."""
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.to_numpy()
    place = {text: rank for rank, text in enumerate(categories or ())}
    ranks = [place.get(str(text), len(place)) for text in cells.cat.categories]
    return np.array([*ranks, -1], dtype=np.int64)[cells.cat.codes.to_numpy()]
