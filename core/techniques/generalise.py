"""Make the quasi-identifiers coarser with one knob."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.hierarchy import SPENT, FittedHierarchy, fit_hierarchy, public_hierarchy
from core.data.schema import Column, Kind, Schema
from core.data.table import Meaning, Table
from core.params import IntRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique


@dataclass(frozen=True, kw_only=True)
class Generalise(Technique):
    """Replace every quasi-identifier by a coarser group, one level for all columns.

    Ages become intervals, ZIP codes prefixes, dates months or years, categories larger groups, by the hierarchy of
    each column (the schema's, else a default). A column whose hierarchy ends below `level` is at its top, "*". No
    number of people per group is promised: look at the measured risk, or use k-anonymity.

    Parameters
    ----------
    level : int
        0 changes nothing; each level is a coarsening of the one below.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Hierarchy, Role
    >>> zips = Column(name="zip", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER, hierarchy=Hierarchy(kind="prefix"))
    >>> members = Table.build(pd.DataFrame({"zip": ["89073", "89077", None]}), Schema((zips,)))
    >>> protected = Generalise(level=2).protect(members, PublicFacts(people=3, classes=()), np.random.default_rng(0))
    >>> list(protected.table.frame["zip"])
    ['890**', '890**', nan]

    References
    ----------
    Samarati & Sweeney (1998), Protecting privacy when disclosing information: k-anonymity and its enforcement through
    generalization and suppression, SRI-CSL-98-04. Global recoding.
    """

    key: ClassVar[str] = "generalise"
    title: ClassVar[str] = "Make values coarser"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    strength: ClassVar[str] = "level"
    grid: ClassVar[tuple[int, ...]] = (1, 2, 3, 4)
    stops: ClassVar[str] = (
        "Makes people harder to tell apart on the quasi-identifiers; rare combinations may stay unique, and the other "
        "columns stay exact."
    )

    level: int = param(2, IntRange(low=0, high=10, help="Steps up each column's hierarchy; 0 changes nothing."))

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for quasi-identifiers."""
        if not schema.quasi_identifiers:
            return "no column is a quasi-identifier; give at least one column that role"
        # Its labels would be grouped by the members, and `public_map`, which sees the raw schema, would not know.
        if spent := [n for n in schema.quasi_identifiers if schema[n].hierarchy == SPENT]:
            return f"an earlier step made {', '.join(spent)} coarser already; use one such step, at a higher level"
        return None

    def public_map(self, schema: Schema) -> bool:
        """Need nothing from the data when every quasi-identifier's hierarchy is public."""
        return not self.learned_columns(schema)

    def learned_columns(self, schema: Schema) -> tuple[str, ...]:
        """Return the quasi-identifiers whose groups are learned from the members."""
        return tuple(n for n in schema.quasi_identifiers if not public_hierarchy(schema[n], self.level))

    def keeps_crowds(self, schema: Schema) -> bool:
        """Each label becomes one larger label."""
        return True

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Fit every hierarchy on the members and return the coarser rows."""
        names = members.schema.quasi_identifiers if self.level else ()
        fitted = {name: fit_hierarchy(members.schema[name], members) for name in names}
        recode = Coarser(fitted, dict.fromkeys(names, self.level))
        return Protected(table=recode(members), source=np.arange(len(members)), recode=recode)


@dataclass(frozen=True, eq=False)
class Coarser:
    """A fitted map, for members and anybody else: each column to its level, a column at level 0 as it is.

    Parameters
    ----------
    fitted : mapping of str to FittedHierarchy
    levels : mapping of str to int
    """

    fitted: Mapping[str, FittedHierarchy]
    levels: Mapping[str, int]

    def __call__(self, table: Table) -> Table:
        """Return the table with coarser columns."""
        columns: dict[str, Any] = {}
        meanings: dict[str, Meaning] = {}
        changed = []
        for name, hierarchy in self.fitted.items():
            if not (level := self.levels[name]):
                continue
            columns[name], meaning = hierarchy.apply(table.frame[name], level)
            if meaning is not None:
                meanings[name] = meaning
            labels = hierarchy.public_labels(level)
            role, text = table.schema[name].role, hierarchy.column.kind is Kind.TEXT
            kind = Kind.TEXT if text else Kind.CATEGORICAL  # free text was no model input and becomes none
            changed.append(Column(name=name, kind=kind, role=role, categories=labels, hierarchy=SPENT))
        return table.with_columns(columns, table.schema.changed(*changed), meanings) if columns else table
