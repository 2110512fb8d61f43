"""Leave columns out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Table
from core.params import ColumnNames, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique


@dataclass(frozen=True, kw_only=True)
class DropColumns(Technique):
    """Remove columns, from the released rows and from what the model may use.

    What is not collected cannot leak; what is not released cannot be matched. The other columns stay as they are, and
    may say nearly the same (an occupation tells much of an education).

    Parameters
    ----------
    columns : list of str
        Which columns; neither the target nor the person id.

    Examples
    --------
    >>> DropColumns(columns=("race",)).settings()
    {'columns': ['race']}

    References
    ----------
    Data minimisation: GDPR article 5(1)(c).
    """

    key: ClassVar[str] = "drop_columns"
    title: ClassVar[str] = "Leave columns out"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE
    stops: ClassVar[str] = (
        "Stops matching on the columns that are gone; does nothing about what the remaining ones reveal."
    )

    columns: tuple[str, ...] = param((), ColumnNames(help="Columns to remove; neither the target nor the person id."))

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for names, and refuse names that are unknown or needed."""
        if not self.columns:
            return "no column is named; name at least one column to leave out"
        unknown = [name for name in self.columns if name not in schema]
        if unknown:
            return f"the table has no column {', '.join(unknown)}; correct the name"
        needed = [name for name in self.columns if name in (schema.target, schema.person_id)]
        if needed:
            return f"{', '.join(needed)} is the target or the person id, which a study cannot do without"
        return None

    def public_map(self, schema: Schema) -> bool:
        """Need nothing from the data."""
        return True

    def schema_after(self, schema: Schema) -> Schema:
        """Return the schema without the columns."""
        return schema.without(self.columns)

    def keeps_crowds(self, schema: Schema) -> bool:
        """Fewer columns only make crowds larger."""
        return True

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the rows without the columns."""
        return Protected(table=self._without(members), source=np.arange(len(members)), recode=self._without)

    def _without(self, table: Table) -> Table:
        return table.drop(self.columns)
