"""Synthetic rows, column by column: a decision tree for each column given those before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import IntRange, param
from core.rng import seed_from
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.invented import NO_COLUMN, ROWS_HELP, finished, invented_schema, kept

_MOST_CLASSES = 64
"""With more categories than this a tree predicts their place in order: counting each class at each split is slow."""


@dataclass(frozen=True, kw_only=True)
class SequentialTrees(Technique):
    """Invent rows: each column is drawn from people who are alike in the columns before it.

    The first column (the target, where there is one) is drawn from the members' values. For every further column
    (numbers first) a decision tree is fitted that predicts it from the columns already made; each invented row falls
    into a leaf, and takes the value of a random member of that leaf. A leaf holds `min_leaf` rows or more: with 1 a row
    tends to be copied as it is, with many the rows keep only coarse dependence. Every value that appears is the value
    of a real person; only their combination is new.

    Ignored and text columns and the person id are left out of the result; direct identifiers are invented
    (`core.techniques.invented`). A missing value is a value. Dates are treated as numbers; labels of an earlier step as
    categories that keep their meaning. Rows are drawn one by one, so a person with several rows counts as many, and no
    invented row belongs with another.

    Guarantee: none. What it leaks is measured.

    Parameters
    ----------
    rows : int
        Rows to invent; 0 means as many as the members have. More rows leak more.
    min_leaf : int
        Member rows in the smallest leaf.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE)
    >>> paid = Column(name="paid", kind=Kind.CATEGORICAL, role=Role.TARGET)
    >>> raw = pd.DataFrame({"age": [20, 21, 22, 60, 61, 62], "paid": ["no"] * 3 + ["yes"] * 3})
    >>> members = Table.build(raw, Schema((age, paid)))
    >>> facts = PublicFacts(people=6, classes=("no", "yes"))
    >>> found = SequentialTrees(rows=50, min_leaf=3).protect(members, facts, np.random.default_rng(1)).table
    >>> len(found), bool((found.frame.loc[found.frame["paid"] == "no", "age"] < 30).all())
    (50, True)

    References
    ----------
    J. P. Reiter, Using CART to generate partially synthetic public use microdata, Journal of Official Statistics
    21(3), 2005; B. Nowok, G. M. Raab, C. Dibben, synthpop: bespoke creation of synthetic data in R, Journal of
    Statistical Software 74(11), 2016.
    """

    key: ClassVar[str] = "sequential_trees"
    title: ClassVar[str] = "Synthetic rows (sequential trees)"
    family: ClassVar[Family] = Family.REPLACE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "min_leaf"
    grid: ClassVar[tuple[Any, ...]] = (5, 20, 50, 200)
    synthetic: ClassVar[bool] = True
    quick_people: ClassVar[int] = 20_000
    stops: ClassVar[str] = (
        "Stops the direct link from a row to a person, since every row is invented; it does not stop rare "
        "combinations and extreme values of real people from coming back, the more so the smaller the leaves."
    )

    rows: int = param(0, IntRange(low=0, high=10_000_000, unit="rows", help=ROWS_HELP))
    min_leaf: int = param(
        20,
        IntRange(
            low=1, high=1_000_000, log=True, unit="rows", help="Member rows that each value is drawn from at least."
        ),
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table of which nothing would be left."""
        return None if kept(schema).columns else NO_COLUMN

    def schema_after(self, schema: Schema) -> Schema:
        """Return the schema of what is invented."""
        return invented_schema(schema)

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the invented rows; TEST stays raw.

        Raises
        ------
        UserError
            When no column can be made.
        """
        schema = kept(members.schema)
        if not schema.columns:
            raise UserError(
                "synthetic rows need a column that is not an identifier, free text or ignored",
                got="none",
                do="Give a column another role, or leave this step out.",
            )
        if not len(members):
            return finished(members, members.frame[list(schema.names)], rng)
        order = _order(members, schema)
        count = self.rows or len(members)
        donors = {order[0]: rng.integers(0, len(members), count)}
        first = _codes(members, order[0], None)
        real = np.empty((len(members), len(order)), dtype=np.float32)
        made = np.empty((count, len(order)), dtype=np.float32)
        real[:, 0], made[:, 0] = first, first[donors[order[0]]]
        for j, name in enumerate(order[1:], start=1):
            real[:, j] = _codes(members, name, first)
            by_place = not isinstance(members.frame[name].dtype, pd.CategoricalDtype)
            donors[name] = self._draw(real[:, :j], real[:, j], by_place, made[:, :j], rng)
            made[:, j] = real[donors[name], j]
        frame = pd.DataFrame({name: members.frame[name].array.take(donors[name]) for name in schema.names})
        return finished(members, frame, rng)

    def _draw(self, given: Labels, value: Labels, by_place: bool, made: Labels, rng: Generator) -> Labels:
        """Return for every invented row a member of its leaf."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        different = len(np.unique(value))
        by_place = by_place or different > _MOST_CLASSES or 2 * different > len(value)
        kind = DecisionTreeRegressor if by_place else DecisionTreeClassifier
        tree = kind(min_samples_leaf=self.min_leaf, random_state=seed_from(rng)).fit(given, value)
        leaf, wanted = tree.apply(given), tree.apply(made)
        members = np.argsort(leaf, kind="stable")
        size = np.bincount(leaf, minlength=tree.tree_.node_count)
        start = np.cumsum(size) - size
        drawn: Labels = members[start[wanted] + rng.integers(0, size[wanted])]
        return drawn


def _order(members: Table, schema: Schema) -> list[str]:
    """Return the target, then numbers, then categories, those of few different values first.

    A tree keeps the shares of classes, but of numbers only the means, so numbers are made while few columns are there
    to be kept. On census rows this order keeps pairs of columns better than the table's, and copies fewer rows.
    """

    def place(name: str) -> tuple[bool, bool, int]:
        cells = members.frame[name]
        return name != schema.target, isinstance(cells.dtype, pd.CategoricalDtype), cells.nunique()

    return sorted(schema.names, key=place)


def _codes(members: Table, name: str, first: Labels | None) -> Labels:
    """Return a column as ranks that trees can cut: 0 is missing, then numbers by size.

    Categories come in the order of the mean of the first column (the target), so that cuts find groups that matter.
    """
    codes, width = members.codes(name)
    codes = (codes + 1) % width
    if first is None or not isinstance(members.frame[name].dtype, pd.CategoricalDtype):
        return codes
    people = np.bincount(codes, minlength=width)
    mean = np.bincount(codes, weights=first, minlength=width) / np.maximum(people, 1)
    rank = np.empty(width, dtype=np.int64)
    rank[1 + np.argsort(mean[1:], kind="stable")] = np.arange(1, width)
    rank[0] = 0
    return rank[codes]
