"""Synthetic rows from a Gaussian copula: every column's distribution, and one correlation for each pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import IntRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.copula_cells import Cut, cut, written
from core.techniques.copula_fit import Copula, Latent, first_axes, overall
from core.techniques.invented import NO_COLUMN, ROWS_HELP, finished, invented_schema, kept

_MOST_CLASSES = 20
"""Classes of the target that get a copula of their own, the largest first; the others share one."""
_FEWEST = 50
"""Rows from which on a class gets one."""


@dataclass(frozen=True, kw_only=True)
class GaussianCopula(Technique):
    """Invent rows: each column keeps its distribution, and pairs of columns keep how strongly they go together.

    Every column becomes a normal number behind the scenes: numbers by their rank, categories as stretches of it, in an
    order that puts those side by side which go with the same values elsewhere (their first correspondence axis). Only
    the correlations of these normal numbers are learned, so dependence that no correlation carries (only together, or
    up and then down again) is lost. Cutting weakens correlations; four rounds of simulating and correcting undo that.
    With a target of classes, every class of 50 rows or more (the 20 largest) has distributions and correlations of its
    own, and the rest share those of the whole table; a target that is a number is a column like the others.

    A number that 20 members share comes back as it is; others come back as a point of a stretch of 20 members or more,
    rounded as the column is and within what was seen (and public bounds). So an extreme value of one member does not
    come back, but how far the largest 20 reach does. Categories come back as they are, rare ones too, each about as
    often as it was; below 20 members numbers come close to real ones. What is missing stays about as often missing,
    with the same other values.

    Ignored and text columns and the person id are left out of the result, direct identifiers are invented
    (`core.techniques.invented`). Rows are drawn one by one, so a person with several rows counts as many, and no row
    belongs with another. Labels of an earlier step are categories that keep their meaning.

    Guarantee: none. What it leaks is measured.

    Parameters
    ----------
    rows : int
        Rows to invent; 0 means as many as the members have. More rows show the fitted distribution more exactly, and
        so leak more.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE)
    >>> pay = Column(name="pay", kind=Kind.NUMERIC, role=Role.FEATURE)
    >>> years = np.arange(1000) % 60
    >>> members = Table.build(pd.DataFrame({"age": years, "pay": 100 * years}), Schema((age, pay)))
    >>> facts = PublicFacts(people=1000, classes=())
    >>> found = GaussianCopula().protect(members, facts, np.random.default_rng(1)).table
    >>> len(found), bool(found.frame.corr().iloc[0, 1] > 0.98)
    (1000, True)

    References
    ----------
    R. B. Nelsen, An Introduction to Copulas, 2nd edition, Springer 2006; M. C. Cario, B. L. Nelson, Modeling and
    generating random vectors with arbitrary marginal distributions and correlation matrix, Northwestern University
    1997 (correlations corrected for the marginals).
    """

    key: ClassVar[str] = "gaussian_copula"
    title: ClassVar[str] = "Synthetic rows (Gaussian copula)"
    family: ClassVar[Family] = Family.REPLACE
    stage: ClassVar[Stage] = Stage.TABLE
    synthetic: ClassVar[bool] = True
    stops: ClassVar[str] = (
        "Stops the direct link from a row to a person, since every row is invented and only the dependence of pairs is "
        "learned; it does not stop rare categories from coming back, nor rows that happen to be like a real person's, "
        "nor does it promise that nobody's presence shows."
    )

    rows: int = param(0, IntRange(low=0, high=10_000_000, unit="rows", help=ROWS_HELP))

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
        count = (self.rows or len(members)) if len(members) else 0
        frame = _drawn(members, schema, facts, count, rng) if count else members.frame[list(schema.names)].iloc[:0]
        return finished(members, frame, rng)


def _drawn(members: Table, schema: Schema, facts: PublicFacts, count: int, rng: Generator) -> pd.DataFrame:
    """Return `count` rows of the columns of `schema`."""
    target = schema.target
    classes = target is not None and _of_classes(members, target, facts)
    cuts = [_ordered(one, axis) for one, axis in _with_axes(members, schema.names)]
    given = [one for one in cuts if not (classes and one.name == target)]
    latents, shown = _latents(given)
    if classes:
        label, sizes = members.codes(str(target))
        people = np.bincount(label, minlength=sizes)
        large = [c for c in np.argsort(-people, kind="stable")[:_MOST_CLASSES] if people[c] >= _FEWEST]
        made = label[rng.integers(0, len(members), count)]
    else:
        label, large, made = np.zeros(len(members), dtype=np.int64), [0], np.zeros(count, dtype=np.int64)
    cells = np.zeros((count, len(latents)), dtype=np.int64)
    part = np.zeros((count, len(latents)))
    every = np.arange(len(members))
    towards = overall(latents, every) if classes and latents else None
    rest = ~np.isin(made, large)
    for rows, wanted in [*((np.flatnonzero(label == c), made == c) for c in large), (every, rest)]:
        if latents and wanted.any():
            cells[wanted], part[wanted] = Copula.fit(latents, rows, towards, rng).draw(int(wanted.sum()), rng)
    columns: dict[str, Any] = {one.name: _column(members, one, *at, cells, part) for one, at in shown}
    if classes:
        columns[str(target)] = _labels(members, str(target), made)
    return pd.DataFrame({name: columns[name] for name in schema.names})


def _of_classes(members: Table, target: str, facts: PublicFacts) -> bool:
    """Say whether the target is classes: without public classes a number is predicted as a number."""
    kind = members.frame[target].dtype
    return isinstance(kind, pd.CategoricalDtype) or (kind.kind == "f" and bool(facts.classes))


def _with_axes(members: Table, names: tuple[str, ...]) -> list[tuple[Cut, Labels]]:
    cuts = [cut(members, name) for name in names]
    return list(zip(cuts, first_axes(cuts), strict=True))


def _ordered(one: Cut, axis: Labels) -> Cut:
    """Return categories in the order of their axis; those that nobody has come last and are never drawn."""
    if one.order is None:
        return one
    order = np.argsort(axis, kind="stable")
    place = np.empty(one.size, dtype=np.int64)
    place[order] = np.arange(one.size)
    return replace(one, cells=place[one.cells], order=order)


def _latents(cuts: list[Cut]) -> tuple[list[Latent], list[tuple[Cut, tuple[int, int]]]]:
    """Return the latent numbers, and for each column the places of its value's and of its gaps', -1 for none.

    Whether a number is missing is a latent number of its own.
    """
    latents: list[Latent] = []
    shown: list[tuple[Cut, tuple[int, int]]] = []
    for one in cuts:
        gap = -1
        if one.size and one.numbers is not None and (one.cells < 0).any():
            gap = len(latents)
            latents.append(Latent(cells=(one.cells < 0).astype(np.int64), size=2))
        if one.size:
            latents.append(Latent(cells=one.cells, size=one.size, shown_by=gap))
        shown.append((one, (len(latents) - 1 if one.size else -1, gap)))
    return latents, shown


def _column(members: Table, one: Cut, value: int, gap: int, cells: Labels, part: Labels) -> Any:
    """Return the cells of a column in its own form."""
    real = members.frame[one.name]
    if one.order is not None:
        return _labels(members, one.name, one.order[cells[:, value]])
    if one.numbers is None:  # nobody has a value
        return np.full(len(cells), np.nan if real.dtype.kind == "f" else np.datetime64("NaT"), dtype=real.dtype)
    found = one.numbers.values(cells[:, value], part[:, value])
    if gap >= 0:
        found = np.where(cells[:, gap] == 1, np.nan, found)
    return written(found, real, members.schema[one.name])


def _labels(members: Table, name: str, codes: Labels) -> Any:
    """Return codes of `Table.codes` as the values they stand for."""
    real = members.frame[name]
    if isinstance(real.dtype, pd.CategoricalDtype):
        size = len(real.cat.categories)
        return pd.Categorical.from_codes(np.where(codes == size, -1, codes), dtype=real.dtype)
    values = np.append(np.sort(real.dropna().unique()), np.nan)
    return values[codes]
