"""Replace categories at random."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Kind, Schema
from core.data.table import Table
from core.params import ColumnNames, FloatRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.perturbed import cannot_perturb, holdings, perturbed_columns

_KINDS = (Kind.CATEGORICAL,)


@dataclass(frozen=True, kw_only=True)
class Pram(Technique):
    """Keep each category with probability `keep`, else draw one from the column's own distribution (PRAM).

    The transition matrix of a column is P = keep * I + (1 - keep) * 1 pi', where pi are the shares of its categories
    over the members' rows. Since pi' P = pi', the *expected* distribution is the old one (invariant PRAM); what
    connects columns is weakened, since each column is changed by itself. A value may be drawn again, so it is right
    with probability keep + (1 - keep) pi, which for a frequent value is much more than `keep`. The number `keep` is
    public; pi, and so the matrix, is learned from the members. A rare category is drawn rarely: somebody who shows
    one most likely has it.

    Equal values of one person (the town in each of their rows) are kept or redrawn together, or whoever sees the
    rows could take the most frequent one. Missing stays missing, and that somebody's value is missing stays visible.

    Guarantee: none. It is randomised response with a matrix learned from the data, so no differential privacy
    follows (`randomised_response` has a public one). Class sizes (k) of the released rows say nothing about whose
    values they are; look at the measured risks. People outside the members (TEST, controls, attack queries) stay as
    they are.

    Parameters
    ----------
    keep : float
        Probability that a category is left alone; 1 changes nothing.
    columns : list of str
        Categorical columns; none named: every categorical quasi-identifier.

    Examples
    --------
    >>> from core.data.schema import Column, Role
    >>> town = Column(name="town", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER)
    >>> members = Table.build(pd.DataFrame({"town": ["Aa", "Aa", "Bo", "Ce", None]}), Schema((town,)))
    >>> technique, facts = Pram(keep=0.5), PublicFacts(people=5, classes=())
    >>> technique.protect(members, facts, np.random.default_rng(3)).table.frame["town"].tolist()
    ['Aa', 'Aa', 'Aa', 'Aa', nan]

    References
    ----------
    J. M. Gouweleeuw, P. Kooiman, L. C. R. J. Willenborg, P.-P. de Wolf, Post randomisation for statistical disclosure
    control: theory and implementation, Journal of Official Statistics 14(4), 1998 (section 3: invariant PRAM).
    """

    key: ClassVar[str] = "pram"
    title: ClassVar[str] = "Replace categories at random (PRAM)"
    family: ClassVar[Family] = Family.NOISE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "keep"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.95, 0.9, 0.8, 0.5)
    perturbs: ClassVar[bool] = True
    stops: ClassVar[str] = (
        "Makes every category deniable: it may have been drawn at random; rare categories and missing values still "
        "give people away, most values stay true, k-anonymity of the result says nothing, and nothing is proved."
    )

    keep: float = param(
        0.8,
        FloatRange(low=0.0, high=1.0, unit="probability", help="Chance that a category stays; 1 changes nothing."),
    )
    columns: tuple[str, ...] = param(
        (), ColumnNames(help="Categorical columns to change; none: all categorical quasi-identifiers.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for categories that may be changed."""
        return cannot_perturb(schema, self.columns, _KINDS, "categorical")

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the rows with redrawn categories; anybody else's row stays as it is."""
        names = perturbed_columns(members.schema, self.columns, _KINDS)
        columns = {name: self._redrawn(members, name, rng) for name in names}
        meanings = {name: members.meanings[name] for name in names if name in members.meanings}
        table = members.with_columns(columns, members.schema, meanings) if columns else members
        return Protected(table=table, source=np.arange(len(members)), recode=unchanged)

    def _redrawn(self, members: Table, name: str, rng: Generator) -> pd.Categorical:
        cells, held = members.frame[name], holdings(members, name)
        old = cells.cat.codes.to_numpy(np.int64)
        stays = rng.random(len(held.first)) < self.keep
        # A random row's value is a draw from the shares over rows.
        drawn = old[held.rows[rng.integers(0, len(held.rows), len(held.first))]] if len(held.rows) else old[:0]
        new = old.copy()
        new[held.rows] = np.where(stays, old[held.first], drawn)[held.holding]
        return pd.Categorical.from_codes(new, categories=cells.cat.categories)
