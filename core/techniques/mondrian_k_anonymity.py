"""k-anonymity, l-diversity and t-closeness by Mondrian: people are cut into boxes at medians while every box holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Kind, Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import Choice, FloatRange, IntRange, param
from core.privacy.constraints import DISTANCES, DIVERSITIES, Constraints, secrets_of
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.box_axes import Axis, axis_of
from core.techniques.box_labels import Names, names_of
from core.techniques.median_cuts import CutTree, Demands, median_cuts


@dataclass(frozen=True, kw_only=True)
class MondrianKAnonymity(Technique):
    """Give everybody at least k - 1 doubles: quasi-identifiers become the ranges of a box of k people or more.

    All people start in one box. A box is cut at the median of the quasi-identifier on which its people differ most,
    compared with everybody (share of the column's different values that the box spans), and again, while both halves
    keep `k` *different people*; where the widest column allows no such cut the next is tried. Each cell is
    then replaced by what the box really holds in that column: "[25, 31]" for numbers and dates, "{Ulm, Bonn}" for
    categories, the value itself where there is only one, and "*" where the box has every category there is. No row
    is suppressed. A missing value is a value: it comes before all numbers, and labels name it.

    With `l` or `t` a cut is allowed only if both halves keep them too, for every sensitive column. Where the most
    balanced cut of a column is not allowed, its next most balanced ones are tried, 8 in all, and then the next
    column: a box may stay larger than a search through every cut would leave it, never smaller than it may be. `t`
    compares each box with all released rows, which are all rows.

    Anybody else (test people, controls, the attacker's targets) is sent down the same cuts. Whoever lies inside a
    released box ends in it, because the cuts run between the boxes; whoever lies in none ends in the one on their
    side of every cut. An unseen number counts as the nearest seen one, an unseen category as its nearest relative
    in the schema's hierarchy or, without one, as the most frequent category.

    Categories are put in the order of the hierarchy (relatives side by side), else by frequency.

    Guarantee: k-anonymity, counting people, for the declared quasi-identifiers; l-diversity and t-closeness of the
    sensitive columns where asked for.

    Examples
    --------
    >>> from core.data.schema import Column, Role
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),))
    >>> members = Table.build(pd.DataFrame({"age": [20, 25, 31, 58, 60, 60]}), schema)
    >>> facts = PublicFacts(people=6, classes=())
    >>> protected = MondrianKAnonymity(k=3).protect(members, facts, np.random.default_rng(0))
    >>> list(protected.table.frame["age"])
    ['[20, 31]', '[20, 31]', '[20, 31]', '[58, 60]', '[58, 60]', '[58, 60]']
    >>> list(protected.recode(Table.build(pd.DataFrame({"age": [17, 44, 99]}), schema)).frame["age"])
    ['[20, 31]', '[20, 31]', '[58, 60]']

    References
    ----------
    K. LeFevre, D. J. DeWitt, R. Ramakrishnan, Mondrian multidimensional k-anonymity, ICDE 2006 (strict
    partitioning). Ours differs in the cut: the most balanced one that keeps k people on both sides. l and t: see
    `Constraints`.
    """

    key: ClassVar[str] = "mondrian_k_anonymity"
    title: ClassVar[str] = "k-anonymity (Mondrian)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "k"
    grid: ClassVar[tuple[Any, ...]] = (2, 5, 10, 25, 50)
    stops: ClassVar[str] = (
        "Stops an attacker who knows only the quasi-identifiers from telling k people apart in one release; it does "
        "not stop them from learning a secret that all k share (l and t limit that), nor from using other columns or "
        "a second release."
    )

    k: int = param(
        5, IntRange(low=2, high=1_000_000, log=True, unit="people", help="People that each box must hold at least.")
    )
    l: float = param(  # noqa: E741 - the name in the literature and in the result JSON
        1.0,
        FloatRange(
            low=1, high=1_000_000, log=True, unit="values", help="How diverse each secret is in a box; 1 asks nothing."
        ),
    )
    diversity: str = param(
        "distinct",
        Choice(options=DIVERSITIES, help="What l counts: different values, exp of entropy, or l with c by recursion."),
    )
    c: float = param(
        2.0,
        FloatRange(low=0.01, high=1000, log=True, help="For recursive diversity: r_1 < c (r_l + ...)."),
    )
    t: float = param(
        1.0,
        FloatRange(low=0, high=1, help="How far a secret may be from its distribution in all rows; 1: any."),
    )
    distance: str = param(
        "automatic",
        Choice(options=DISTANCES, help="How t compares two values; automatic: by order for numbers and dates."),
    )

    @property
    def constraints(self) -> Constraints:
        """What every box must keep."""
        return Constraints(k=self.k, l=self.l, diversity=self.diversity, c=self.c, t=self.t, distance=self.distance)

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table in which nothing could be recognised, or whose secrets cannot be judged."""
        if not schema.quasi_identifiers:
            return "no column has the role quasi-identifier: there is nothing to box"
        return self.constraints.unsupported(schema)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return k-anonymity, with l and t where they are asked for, and what it takes for granted."""
        assumptions = [
            f"The attacker knows nothing but the declared quasi-identifiers ({', '.join(schema.quasi_identifiers)}).",
            "The rows are released once: two releases of the same people can be intersected.",
            "People are counted, not rows; every row is kept.",
            *self.constraints.assumptions(schema),
        ]
        if schema.person_id is not None:
            assumptions.append(
                "It holds for every row; somebody who can link the rows of one person can narrow it down further."
            )
        if schema.direct_identifiers:
            assumptions.append(
                f"Direct identifiers ({', '.join(schema.direct_identifiers)}) are dropped or masked by another step."
            )
        return Guarantee(kind="k_anonymity", assumptions=tuple(assumptions), **self.constraints.figures())

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Box the members; `rng` is not used.

        Raises
        ------
        UserError
            When there are fewer than k people, or all of them in one box still lack l.
        """
        if members.people < self.k:
            raise UserError(
                f"k = {self.k:,} cannot be reached with {members.people:,} people",
                got=f"{members.people:,} people",
                do="Lower k, or give more people.",
            )
        demands = Demands.of(members, self.constraints, secrets_of(members, self.constraints))
        self._reachable(members, demands)
        if not (axes := [axis_of(members, name) for name in members.schema.quasi_identifiers]):
            return super().protect(members, facts, rng)  # an earlier step dropped them all: one class of everybody
        codes = np.column_stack([axis.place(members) for axis in axes])
        tree, box = median_cuts(codes, np.array([axis.size for axis in axes]), demands)
        boxes = _Boxes(axes, tree, [names_of(axis, box, codes[:, j], tree.boxes) for j, axis in enumerate(axes)])
        return Protected(table=boxes.write(members, box), source=np.arange(len(members)), recode=boxes.recode)

    def _reachable(self, members: Table, demands: Demands) -> None:
        """Refuse l that everybody together lacks; t cannot fail there, and k was looked at before."""
        everybody, people = np.zeros(len(members), dtype=np.int64), np.array([members.people])
        for secret, codes in demands.secrets:
            alone = replace(demands, secrets=((secret, codes),))
            if not alone.kept(np.arange(len(members)), everybody, people).all():
                raise UserError(
                    f"l = {self.l:g} ({self.diversity}) cannot be reached: all people together are not that diverse in "
                    f"{secret.name!r}",
                    got=f"{secret.width} different values among {members.people:,} people",
                    do="Lower l (or raise c where it is recursive), or give the column another role.",
                )


@dataclass(frozen=True, eq=False)
class _Boxes:
    """The fitted map: anybody's row to the labels of their box."""

    axes: list[Axis]
    tree: CutTree
    names: list[Names]

    def recode(self, table: Table) -> Table:
        """Send rows down the cuts."""
        return self.write(table, self.tree.walk(np.column_stack([axis.place(table) for axis in self.axes])))

    def write(self, table: Table, box: Labels) -> Table:
        """Put the labels of these boxes into the table."""
        columns, changed, meanings = {}, [], {}
        for axis, names in zip(self.axes, self.names, strict=True):
            name = axis.column.name
            columns[name] = pd.Categorical.from_codes(names.of_box[box], categories=pd.Index(names.texts))
            kind = Kind.TEXT if axis.column.kind is Kind.TEXT else Kind.CATEGORICAL
            changed.append(replace(table.schema[name], kind=kind, bounds=None, categories=None, hierarchy=None))
            meanings[name] = names.meaning
        return table.with_columns(columns, table.schema.changed(*changed), meanings)
