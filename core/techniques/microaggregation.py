"""Microaggregation by MDAV: groups of k near people share one set of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.hierarchy import fit_hierarchy
from core.data.schema import Kind, Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import ColumnNames, IntRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.group_centroids import Cells, cells_of
from core.techniques.mdav import Space, mdav, on_grid
from core.techniques.perturbed import cannot_perturb, perturbed_columns

LARGEST = 1e30
"""Numbers beyond +- this count as it for distances: their squares would overflow."""

MOST_LEVELS = 8
"""Levels of a hierarchy that tell how far apart two categories are; of more, evenly spaced ones."""


@dataclass(frozen=True, kw_only=True)
class Microaggregation(Technique):
    """Give k people who are near each other the same values: the mean, median or most frequent of their group.

    All quasi-identifiers are looked at together. Each group of `k` to 2k - 1 people (MDAV) gets one value a column:
    numbers their mean, dates their median, categories their most frequent one. Values stay of their kind, so any
    tool reads them, but most means and some dates are nobody's real value, and a combination may be one that nobody
    could have (the most frequent town beside the most frequent job). Means are rounded to the decimals that the
    column has, whole numbers to whole numbers. No row is suppressed; the other columns stay as they are.

    Distance: numbers and dates in standard deviations of the members; two different categories are 1 apart, or with
    a hierarchy in the schema the share of its levels at which they differ. A missing value is a value: 1 from every
    other category, and a missing number stands at the mean, 1 aside. A group's number or date is missing when more
    than half of its people miss it, else that of the others: whoever missed it then gets one, and the other way round.

    A person with several rows is one record (the mean, median or most frequent of the rows), and all rows get the
    group's values: what differed between the rows of one person is lost in these columns.

    Above max(1,024, 128 k) people the groups are formed inside blocks of people who are alike, which takes seconds
    instead of minutes and costs some accuracy of the values, not k. Whoever knows all others of a group can work out
    the last one's numbers from the mean.

    Guarantee: k-anonymity, counting people, if no quasi-identifier is left out of `columns`; else none. People
    outside the members (TEST, controls, attack queries) stay as they are.

    Parameters
    ----------
    k : int
        People that each group has at least.
    columns : list of str
        Columns to replace, grouped by them alone; none named: every quasi-identifier.

    Examples
    --------
    >>> from core.data.schema import Column, Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER)
    >>> members = Table.build(pd.DataFrame({"age": [60, 20, 58, 31, 25, 62]}), Schema((age,)))
    >>> technique, facts = Microaggregation(k=3), PublicFacts(people=6, classes=())
    >>> technique.protect(members, facts, np.random.default_rng(0)).table.frame["age"].tolist()
    [60.0, 25.0, 60.0, 25.0, 25.0, 60.0]

    References
    ----------
    J. Domingo-Ferrer, V. Torra, Ordinal, continuous and heterogeneous k-anonymity through microaggregation, Data
    Mining and Knowledge Discovery 11(2), 2005. Ours are the blocks, the weight of a category (1, against numbers of
    standard deviation 1) and the way missing values are treated.
    """

    key: ClassVar[str] = "microaggregation"
    title: ClassVar[str] = "Average small groups (microaggregation)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "k"
    grid: ClassVar[tuple[Any, ...]] = (2, 5, 10, 25, 50)
    quick_people: ClassVar[int] = 20_000
    stops: ClassVar[str] = (
        "With all quasi-identifiers, stops an attacker who knows only them from telling k people apart in one release; "
        "it does not hide a secret that all k share, nor what the other columns tell, and somebody who knows the rest "
        "of a group can work out the last one from the mean."
    )

    k: int = param(
        5, IntRange(low=2, high=1_000_000, log=True, unit="people", help="People that each group has at least.")
    )
    columns: tuple[str, ...] = param((), ColumnNames(help="Columns to replace; none: all quasi-identifiers."))

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for columns that may be changed."""
        if not self.columns and not schema.quasi_identifiers:
            return "no column has the role quasi-identifier: there is nothing to average"
        return cannot_perturb(schema, self.columns, tuple(Kind), "a column with a kind")

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return k-anonymity when every quasi-identifier is grouped, else why there is none."""
        known = schema.quasi_identifiers
        done = perturbed_columns(schema, self.columns, tuple(Kind))
        if open_ := [name for name in known if name not in done]:
            reason = f"Microaggregation leaves {', '.join(open_)} exact, so people can be told apart by them: no k."
            return Guarantee(assumptions=(reason,))
        assumptions = [
            f"The attacker knows nothing but the declared quasi-identifiers ({', '.join(known)}).",
            "The rows are released once: two releases of the same people can be intersected.",
            f"Each group of {self.k:,} to {2 * self.k - 1:,} people has one set of quasi-identifiers; people are "
            "counted, not rows, and every row is kept.",
            "Many people are grouped inside blocks of people who are alike: this changes who is together, not k.",
        ]
        if schema.person_id is not None:
            assumptions.append("All rows of a person carry the same quasi-identifiers; how many rows is not hidden.")
        if schema.direct_identifiers:
            assumptions.append(
                f"Direct identifiers ({', '.join(schema.direct_identifiers)}) are dropped or masked by another step."
            )
        return Guarantee(kind="k_anonymity", k=self.k, assumptions=tuple(assumptions))

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the rows with their group's values; anybody else's row stays as it is. `rng` is not used.

        Raises
        ------
        UserError
            When there are fewer than k people.
        """
        if members.people < self.k:
            raise UserError(
                f"k = {self.k:,} cannot be reached with {members.people:,} people",
                got=f"{members.people:,} people",
                do="Lower k, or give more people.",
            )
        names = perturbed_columns(members.schema, self.columns, tuple(Kind))
        if not names:
            return super().protect(members, facts, rng)  # an earlier step dropped them all
        owner = members.persons
        people = {name: cells_of(members, name).centroids(owner, members.people) for name in names}
        # The order of the rows cannot matter: of people who are alike those with fewer rows come first.
        order = np.lexsort([np.bincount(owner), *(part.numbers for part in people.values())])
        group = np.empty(members.people, dtype=np.int64)
        group[order] = mdav(_space(members, people).take(order), self.k)
        groups = int(group.max()) + 1
        columns: dict[str, Any] = {}
        for name, cells in people.items():
            shared = cells.centroids(group, groups)
            columns[name] = shared.take(group[owner]).write(members.frame[name])
        meanings = {name: members.meanings[name] for name in names if name in members.meanings}
        table = members.with_columns(columns, members.schema, meanings)
        return Protected(table=table, source=np.arange(len(members)), recode=unchanged)


def _space(members: Table, people: dict[str, Cells]) -> Space:
    """Return the people as points: standardised numbers, and codes of categories, their groups and "missing"."""
    numbers: list[Labels] = []
    codes: list[Labels] = []
    weights: list[float] = []
    for name, cells in people.items():
        if cells.kind == "category":
            levels = _levels(members, name)
            codes += [level[cells.numbers] for level in levels]
            weights += [1 / len(levels)] * len(levels)
            continue
        missing = np.isnan(cells.numbers)
        numbers.append(_standardised(cells.numbers, missing))
        if missing.any():
            codes.append(missing.astype(np.int64))
            weights.append(1.0)
    none = np.empty((len(next(iter(people.values())).numbers), 0))
    return Space(
        numbers=on_grid(np.column_stack([none, *numbers])),
        codes=np.column_stack([none.astype(np.int64), *codes]),
        weights=on_grid(np.array(weights)),
    )


def _standardised(values: Labels, missing: Labels) -> Labels:
    """Return numbers with mean 0 and standard deviation 1, 0 where missing; all 0 when they are equal."""
    present = np.clip(values[~missing], -LARGEST, LARGEST)
    found = np.zeros(len(values))
    if len(present):
        scale = max(float(np.max(np.abs(present))), 1e-290)  # so that tiny numbers have a square, too
        present = np.sort(present) / scale  # sorted: the sums do not depend on the order of the people
        if (spread := float(present.std())) > 0:
            found[~missing] = (np.clip(values[~missing], -LARGEST, LARGEST) / scale - present.mean()) / spread
    return found


def _levels(members: Table, name: str) -> list[Labels]:
    """Return, for each level of the schema's hierarchy, the group of each category (missing last): coarsest first.

    Groups are numbered in the order of the groups they are in, so that relatives have near codes. Without a hierarchy
    there is one level, the category itself.
    """
    column, texts = members.schema[name], members.frame[name].cat.categories
    itself = np.arange(len(texts) + 1)
    if column.hierarchy is None or not len(texts):
        return [itself]
    fitted = fit_hierarchy(column, members)
    every = pd.Series(pd.Categorical.from_codes(np.arange(len(texts)), categories=texts))
    heights = np.unique(np.linspace(1, fitted.levels - 1, min(MOST_LEVELS, fitted.levels) - 1).astype(int))
    found: list[Labels] = []
    parents = np.zeros(len(texts) + 1, dtype=np.int64)
    for height in [*heights[::-1].tolist(), 0]:
        labels = fitted.apply(every, height)[0].codes.astype(np.int64) if height else itself[:-1]
        key = parents * (len(texts) + 2) + np.append(labels, len(texts) + 1)
        parents = np.unique(key, return_inverse=True)[1].astype(np.int64)
        found.append(parents)
    return found
