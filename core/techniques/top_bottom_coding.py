"""Top and bottom coding: the lowest and highest values are set to a cut point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Kind, Schema
from core.data.table import Labels, Table
from core.params import ColumnNames, FloatRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.perturbed import cannot_perturb, perturbed_columns

_KINDS = (Kind.NUMERIC, Kind.DATE)


@dataclass(frozen=True, kw_only=True)
class TopBottomCoding(Technique):
    """Set the lowest and the highest values to a cut point, so that nobody stands out by the size of a number.

    The lower cut point is the value below which `share` of the people lie, rounded up to whole people; the upper one
    mirrors it. So at least ceil(share x people) + 1 people end at each cut point, those who are there already among
    them, and at most ceil(share x people) change in each tail. Where many share the lowest value (a gain of 0) it is
    the cut point itself and nobody changes.

    Cut points are learned from the members: the two are real values of somebody. They are the same for everybody
    else (TEST people, controls, attack queries). Public `bounds` do not replace them: they say what is possible, not
    where the tails are. So no private training may follow this step. A person with several rows counts once, by
    their lowest value below and their highest above. Missing stays missing and visible, and numbers stay numbers.

    Guarantee: none. Between the cut points all stays exact, and the other columns still tell people in a tail apart.

    Parameters
    ----------
    share : float
        Share of the people in *each* tail, in (0, 0.25].
    columns : list of str
        Numeric and date columns to code; none named: every quasi-identifier that is a number or a date.

    Examples
    --------
    >>> from core.data.schema import Column, Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> schema = Schema((age,))
    >>> members = Table.build(pd.DataFrame({"age": [18, 34, 57, 60, 99]}), schema)
    >>> technique, facts = TopBottomCoding(share=0.2), PublicFacts(people=5, classes=())
    >>> protected = technique.protect(members, facts, np.random.default_rng(0))
    >>> protected.table.frame["age"].tolist()
    [34.0, 34.0, 57.0, 60.0, 60.0]
    >>> protected.recode(Table.build(pd.DataFrame({"age": [101, 40, None]}), schema)).frame["age"].tolist()
    [60.0, 40.0, nan]

    References
    ----------
    A. Hundepool et al., Statistical Disclosure Control, Wiley 2012, section 3.2 (top and bottom coding).
    """

    key: ClassVar[str] = "top_bottom_coding"
    title: ClassVar[str] = "Cut off extreme values (top and bottom coding)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "share"
    grid: ClassVar[tuple[Any, ...]] = (0.01, 0.05, 0.1, 0.2)
    stops: ClassVar[str] = (
        "Stops people from being found by an extreme number or date; values between the cut points stay exact, "
        "combinations of columns may still be unique, a missing value stays visible, and nothing is proved."
    )

    share: float = param(
        0.05,
        FloatRange(low=1e-6, high=0.25, log=True, unit="of the people", help="How many people each tail holds."),
    )
    columns: tuple[str, ...] = param(
        (), ColumnNames(help="Numeric and date columns to code; none: all quasi-identifiers that are.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for numbers or dates that may be coded."""
        return cannot_perturb(schema, self.columns, _KINDS, "a number or a date")

    def keeps_crowds(self, schema: Schema) -> bool:
        """Each value becomes one value."""
        return True

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Learn the cut points from the members and return the coded rows; `rng` is not used."""
        names = perturbed_columns(members.schema, self.columns, _KINDS)
        cuts = {name: found for name in names if (found := self._cuts(members, name)) is not None}
        recode = _Clipped(cuts)
        return Protected(table=recode(members), source=np.arange(len(members)), recode=recode)

    def _cuts(self, members: Table, name: str) -> tuple[Any, Any] | None:
        """Return the cut points of a column, None when everything is missing."""
        cells = members.frame[name]
        rows = np.flatnonzero(cells.notna().to_numpy())
        if not len(rows):
            return None
        values, owner = cells.to_numpy()[rows], members.persons[rows]
        order = np.lexsort((values, owner))  # a person's rows side by side, ascending
        starts = np.flatnonzero(np.diff(owner[order], prepend=-1))
        lowest, highest = values[order][starts], values[order][np.append(starts[1:], len(order)) - 1]
        place = min(ceil(self.share * len(starts) - 1e-9), (len(starts) - 1) // 2)
        return np.sort(lowest)[place], np.sort(highest)[len(starts) - 1 - place]


@dataclass(frozen=True, eq=False)
class _Clipped:
    """The fitted map, for members and anybody else: each column's cut points."""

    cuts: Mapping[str, tuple[Any, Any]]

    def __call__(self, table: Table) -> Table:
        """Return the table with its extreme values at the cut points."""
        columns = {name: _clipped(table.frame[name], *ends) for name, ends in self.cuts.items()}
        return table.with_columns(columns, table.schema, {}) if columns else table


def _clipped(cells: pd.Series[Any], low: Any, high: Any) -> Labels:
    return np.asarray(np.clip(cells.to_numpy(), low, high))  # missing stays missing
