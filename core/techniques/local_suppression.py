"""Local suppression: single cells are blanked until k people share every combination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import ColumnNames, IntRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.blank_cells import MOST_COLUMNS, cells_to_blank


@dataclass(frozen=True, kw_only=True)
class LocalSuppression(Technique):
    """Blank single quasi-identifier cells until every combination is shared by k people.

    Rows with a rare combination lose the fewest cells by which `k` *different people* come to look alike, a blank
    cell being a value of its own, the same as one that was missing before. Most cells stay exact and no row is
    removed. The few rows for which no company is left get it from people who had k already, who then lose cells, too.
    The search is a heuristic; it does not find the fewest cells possible.

    Columns with more different values are blanked first, because they single out most. Those named in `keep` are
    blanked only where blanking all others is not enough; the first named longest.

    A blank is visible: it says that what was there was rare together with the rest. People outside the members
    (TEST, controls, attack queries) stay as they are.

    Guarantee: k-anonymity, counting people, for the declared quasi-identifiers, whether the attacker takes a blank
    for a value or for "anything".

    Parameters
    ----------
    k : int
        People that share each combination at least.
    keep : list of str
        Quasi-identifiers to blank last, the most important first.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role
    >>> columns = [Column(name=name, kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER) for name in ("zip", "sex")]
    >>> raw = pd.DataFrame({"zip": ["10115", "10115", "80331", "80333"], "sex": ["f", "f", "m", "m"]})
    >>> members, facts = Table.build(raw, Schema(tuple(columns))), PublicFacts(people=4, classes=())
    >>> LocalSuppression(k=2).protect(members, facts, np.random.default_rng(0)).table.frame.to_numpy().tolist()
    [['10115', 'f'], ['10115', 'f'], [nan, 'm'], [nan, 'm']]

    References
    ----------
    A. Hundepool et al., Statistical Disclosure Control, Wiley 2012, section 3.2 (local suppression); A. Meyerson,
    R. Williams, On the complexity of optimal k-anonymity, PODS 2004 (fewest cells: NP-hard).
    """

    key: ClassVar[str] = "local_suppression"
    title: ClassVar[str] = "Blank rare cells (local suppression)"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "k"
    grid: ClassVar[tuple[Any, ...]] = (2, 5, 10, 25, 50)
    stops: ClassVar[str] = (
        "Stops an attacker who knows only the quasi-identifiers from telling k people apart in one release; it does "
        "not hide a secret that all k share, nor what the other columns tell, and a blank itself says that the "
        "combination was rare."
    )

    k: int = param(
        5,
        IntRange(low=2, high=1_000_000, log=True, unit="people", help="People that share each combination at least."),
    )
    keep: tuple[str, ...] = param(
        (), ColumnNames(help="Quasi-identifiers to blank last, the most important first; none: by different values.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for quasi-identifiers, not too many, and for names among them."""
        known = schema.quasi_identifiers
        if not known:
            return "no column has the role quasi-identifier: there is nothing to blank"
        if len(known) > MOST_COLUMNS:
            return f"{len(known)} quasi-identifiers are more than the {MOST_COLUMNS} that can be searched; drop some"
        if other := [name for name in self.keep if name not in known]:
            return f"{', '.join(other)} is no quasi-identifier, so it is never blanked; leave it out of `keep`"
        return None

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return k-anonymity and what it takes for granted."""
        assumptions = [
            f"The attacker knows nothing but the declared quasi-identifiers ({', '.join(schema.quasi_identifiers)}).",
            "The rows are released once: two releases of the same people can be intersected.",
            "A blank cell is a value of its own, the same as a missing one; people are counted, not rows, and every "
            "row is kept.",
            "An attacker who takes a blank for 'any value' also finds k people or more who fit, since all who share a "
            "combination fit alike; they need not be equally likely to one who knows why cells are blanked.",
        ]
        if schema.person_id is not None:
            assumptions.append(
                "It holds for every row; somebody who can link the rows of one person can narrow it down further."
            )
        if schema.direct_identifiers:
            assumptions.append(
                f"Direct identifiers ({', '.join(schema.direct_identifiers)}) are dropped or masked by another step."
            )
        return Guarantee(kind="k_anonymity", k=self.k, assumptions=tuple(assumptions))

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the rows with blanked cells; anybody else's row stays as it is. `rng` is not used.

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
        blank = self.blanked(members)
        columns = {name: _without(members.frame[name], cells) for name, cells in blank.items() if cells.any()}
        meanings = {name: members.meanings[name] for name in columns if name in members.meanings}
        table = members.with_columns(columns, members.schema, meanings) if columns else members
        return Protected(table=table, source=np.arange(len(members)), recode=unchanged)

    def blanked(self, members: Table) -> dict[str, Labels]:
        """Return for each quasi-identifier which of its cells are blanked, boolean, shape (rows,)."""
        codes = {name: _codes(members, name) for name in members.schema.quasi_identifiers}
        kept = [name for name in reversed(self.keep) if name in codes]
        free = sorted((name for name in codes if name not in kept), key=lambda name: -len(np.unique(codes[name])))
        if not (order := [*free, *kept]):
            return {}  # an earlier step dropped them all
        found = cells_to_blank(np.column_stack([codes[name] for name in order]), members.persons, self.k, len(kept))
        return dict(zip(order, found.T, strict=True))


def _codes(table: Table, name: str) -> Labels:
    """Return codes from 1 on, 0 for a missing cell."""
    codes, width = table.codes(name)
    return np.where(codes == width - 1, 0, codes + 1)


def _without(cells: pd.Series[Any], blank: Labels) -> Any:
    return cells.mask(blank).array
