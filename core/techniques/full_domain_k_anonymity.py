"""k-anonymity, l-diversity and t-closeness by full-domain generalisation: one level for each column, the best ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.hierarchy import public_hierarchy
from core.data.schema import Schema
from core.data.table import Table
from core.errors import UserError
from core.params import Choice, FloatRange, IntRange, param
from core.privacy.constraints import DISTANCES, DIVERSITIES, Constraints, secrets_of, spreads_of
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.generalise import Coarser
from core.techniques.lattice_accuracy import most_accurate
from core.techniques.lattice_classes import Crowd, Steps
from core.techniques.lattice_find import Found, find
from core.techniques.lattice_search import Meter

METRICS = ("loss", "discernibility", "accuracy")


@dataclass(frozen=True, kw_only=True, eq=False)
class FullDomainProtected(Protected):
    """The protected rows, and which levels they are at.

    Parameters
    ----------
    levels : mapping of str to int
        The level of each quasi-identifier.
    found : Found
        How far the search got.
    """

    levels: Mapping[str, int]
    found: Found


@dataclass(frozen=True, kw_only=True)
class FullDomainKAnonymity(Technique):
    """Give everybody at least k - 1 doubles by making each quasi-identifier as coarse as it takes, and no coarser.

    Every column has a hierarchy of levels, and each choice of one level per column is a node of a lattice. At a node,
    rows that look alike form a class; rows in classes of fewer than `k` *different people*, or that break `l` or `t`,
    are left out. A node holds if they are at most `suppression_limit` of all rows. Of the nodes that hold the one of
    the lowest cost is taken: the true optimum, not an approximation, as long as the search fits its time limit.

    Cost by `metric`. `loss`: per cell (leaves covered - 1) / (leaves - 1), the leaves being the rows of the column's
    level file, else its different values (a missing value is a value); 1 for every cell of a row left out; averaged
    over rows and quasi-identifiers. `discernibility`: for each row the size of its class, or the number of all rows if
    it is left out, summed. `accuracy`: a quick model is trained and asked on parts of the members, on the twelve least
    general nodes that hold and have the lowest loss; the one it predicts best from is taken.

    A level file that lacks a value: the value costs 1 above level 0, whatever its group.

    `t` compares each class with everybody, and what is left after leaving rows out with itself: a node holds only if
    both do. The limit is .04 by default: without one, a handful of people whom nobody resembles decide the levels of
    all, and more than one person in 25 should not vanish without somebody choosing that.

    Lattices of up to a million nodes are searched exactly, larger ones part by part. The time limit is counted in
    work, so that every machine finds the same node; only far beyond it the clock stops the search, which is told.

    Guarantee: k-anonymity, counting people, for the declared quasi-identifiers; l-diversity and t-closeness of the
    sensitive columns where asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Column, Hierarchy, Kind, Role
    >>> zips = Column(name="zip", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER, hierarchy=Hierarchy(kind="prefix"))
    >>> members = Table.build(pd.DataFrame({"zip": ["8907", "8908", "8907", "1234", "8908"]}), Schema((zips,)))
    >>> technique = FullDomainKAnonymity(k=2, suppression_limit=0.2)
    >>> protected = technique.protect(members, PublicFacts(people=5, classes=()), np.random.default_rng(0))
    >>> list(protected.table.frame["zip"]), protected.source.tolist(), protected.levels
    (['8907', '8908', '8907', '8908'], [0, 1, 2, 4], {'zip': 0})

    References
    ----------
    P. Samarati, Protecting respondents' identities in microdata release, IEEE TKDE 13(6), 2001. Halving paths through
    the lattice: F. Kohlmayer, F. Prasser et al., Flash: efficient, stable and optimal k-anonymity, PASSAT 2012.
    Loss: V. S. Iyengar, Transforming data to satisfy privacy constraints, KDD 2002. Discernibility: R. J. Bayardo,
    R. Agrawal, Data privacy through optimal k-anonymization, ICDE 2005.
    """

    key: ClassVar[str] = "full_domain_k_anonymity"
    title: ClassVar[str] = "k-anonymity (full domain, optimal)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "k"
    grid: ClassVar[tuple[Any, ...]] = (2, 5, 10, 25, 50)
    stops: ClassVar[str] = (
        "Stops an attacker who knows only the quasi-identifiers from telling k people apart in one release; it does "
        "not stop them from learning a secret that all k share, nor from using other columns or a second release."
    )

    k: int = param(
        5,
        IntRange(
            low=1, high=1_000_000, log=True, unit="people", help="People in each class at least; 1 only with l or t."
        ),
    )
    l: float = param(  # noqa: E741 - the name in the literature and in the result JSON
        1.0,
        FloatRange(
            low=1,
            high=1_000_000,
            log=True,
            unit="values",
            help="How diverse each secret is in a class; 1: any.",
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
    suppression_limit: float = param(
        0.04, FloatRange(low=0, high=1, help="Share of rows that may be left out so that the others stay finer.")
    )
    metric: str = param(
        "loss", Choice(options=METRICS, help="What the best levels are: least loss, smallest classes, best model.")
    )
    time_limit: float = param(
        5.0,
        FloatRange(
            low=0.001, high=3600, log=True, unit="s", help="Work of the search, in seconds of an ordinary processor."
        ),
    )

    def __post_init__(self) -> None:
        """Refuse a setting that asks for nothing."""
        super().__post_init__()
        if self.k == 1 and self.constraints.only_k:
            raise UserError(
                "a k of 1 protects nobody unless l or t is asked for", got="k = 1, l = 1 and t = 1", do="Raise k to 2."
            )

    @property
    def constraints(self) -> Constraints:
        """What every class must keep."""
        return Constraints(k=self.k, l=self.l, diversity=self.diversity, c=self.c, t=self.t, distance=self.distance)

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table in which nothing could be recognised, or whose secrets or accuracy cannot be judged."""
        if not schema.quasi_identifiers:
            return "no column has the role quasi-identifier: there is nothing to make coarser"
        if self.metric == "accuracy" and schema.target is None:
            return "the metric accuracy needs a target, and no column has this role"
        return self.constraints.unsupported(schema)

    def learned_columns(self, schema: Schema) -> tuple[str, ...]:
        """Return the quasi-identifiers whose groups are learned from the members."""
        return tuple(name for name in schema.quasi_identifiers if not public_hierarchy(schema[name], 1))

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return k-anonymity, with l and t where they are asked for, and what it takes for granted."""
        assumptions = [
            f"The attacker knows nothing but the declared quasi-identifiers ({', '.join(schema.quasi_identifiers)}).",
            "The rows are released once: two releases of the same people can be intersected.",
            "People are counted, not rows; rows that would break it are left out, at most a share of "
            f"{self.suppression_limit:.4g}.",
            *self.constraints.assumptions(schema),
            "The levels, and who is left out, were chosen by looking at these people; somebody who knows how can learn "
            "a little from the choice.",
        ]
        if learned := self.learned_columns(schema):
            assumptions.append(f"The hierarchies of {', '.join(learned)} were learned from these people.")
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
        """Find the best levels for the members and bring their rows to them.

        Raises
        ------
        UserError
            When there are fewer than k people, or no node was found that holds within the suppression limit.
        """
        if members.people < self.k:
            raise UserError(
                f"k = {self.k:,} cannot be reached with {members.people:,} people",
                got=f"{members.people:,} people",
                do="Lower k, or give more people.",
            )
        if not members.schema.quasi_identifiers:
            return self._everybody(members, facts, rng)  # an earlier step dropped them all: one class of everybody
        crowd, found = self.search(members, facts, rng)
        if found.best is None:
            raise self._nothing(crowd, found)
        recode = self.recoder(crowd, found.best.steps)
        source = crowd.kept(found.best.steps)
        left = len(members) - len(source)
        levels = ", ".join(f"{n} {level} of {recode.fitted[n].levels}" for n, level in recode.levels.items())
        notes = (
            found.sentence,
            f"Levels: {levels}.",
            f"{left:,} of {len(members):,} rows are left out ({crowd.limit:,} may be).",
            *(note for ladder in crowd.ladders for note in ladder.fitted.notes),
        )
        table = recode(members.take(source) if left else members)
        return FullDomainProtected(
            table=table, source=source, recode=recode, levels=recode.levels, found=found, notes=notes
        )

    def search(
        self, members: Table, facts: PublicFacts, rng: Generator, *, every_level: bool = False
    ) -> tuple[Crowd, Found]:
        """Search the lattice of these members; see `Crowd` and `Found`.

        Parameters
        ----------
        every_level : bool
            Keep the levels that change nothing for these members in the lattice; they are never chosen.
        """
        measure = "discernibility" if self.metric == "discernibility" else "loss"
        crowd = Crowd.of(members, self.constraints, self.suppression_limit, measure, every_level=every_level)
        nodes = math.prod(ladder.fitted.levels + 1 for ladder in crowd.ladders)
        meter = Meter.of(self.time_limit)
        if self.metric == "accuracy":
            return crowd, most_accurate(crowd, nodes, lambda steps: self.recoder(crowd, steps), facts, meter, rng)
        return crowd, find(crowd, nodes, meter, rng)

    @staticmethod
    def recoder(crowd: Crowd, steps: Steps) -> Coarser:
        """Return the map of anybody's rows to a node of a crowd's lattice."""
        pairs = list(zip(crowd.ladders, steps, strict=True))
        return Coarser(
            {ladder.name: ladder.fitted for ladder, _ in pairs},
            {ladder.name: ladder.levels[step] for ladder, step in pairs},
        )

    def _asked(self) -> str:
        asked = [f"k = {self.k:,}"]
        asked += [f"l = {self.l:g} ({self.diversity})"] if self.constraints.wants_l else []
        asked += [f"t = {self.t:g}"] if self.constraints.wants_t else []
        return ", ".join(asked)

    def _nothing(self, crowd: Crowd, found: Found) -> UserError:
        part = "none" if found.proved else f"none among the {found.looked:,} looked at within the time limit"
        return UserError(
            f"{self._asked()} needs a choice of levels at which at most {crowd.limit:,} of {len(crowd.of_row):,} rows "
            f"(suppression limit {self.suppression_limit:g}) must be left out",
            got=f"{part} of {found.nodes:,} choices",
            do="Raise the suppression limit, or ask for less" + ("." if found.proved else ", or raise the time limit."),
        )

    def _everybody(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        everybody = np.zeros(len(members), dtype=np.int64)
        secrets = secrets_of(members, self.constraints)
        if self.constraints.failing(np.array([members.people]), spreads_of(members, everybody, secrets)).any():
            raise UserError(
                f"{self._asked()} must hold for all people together when no quasi-identifier is left",
                got="less",
                do="Ask for less.",
            )
        return super().protect(members, facts, rng)
