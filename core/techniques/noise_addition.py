"""Move numbers and dates by random amounts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Schema
from core.data.table import Labels, Table
from core.params import ColumnNames, FloatRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.perturbed import cannot_perturb, holdings, perturbed_columns

LARGEST = 1e30
"""Numbers beyond +- this count as it for the standard deviation: their squares would overflow."""

DATES = (-719_162.0, 2_932_896.0)
"""The first and the last day that a file can hold, 0001-01-01 and 9999-12-31, in days since 1970."""

_KINDS = (Kind.NUMERIC, Kind.DATE)


@dataclass(frozen=True, kw_only=True)
class NoiseAddition(Technique):
    """Add a random amount to every number and date: normal noise of `scale` standard deviations.

    Each value x becomes x + scale * s * z with z standard normal and s the standard deviation of the members' rows
    (learned from them; a column whose values are all equal has s = 0 and stays as it is). A column of whole numbers
    stays one (rounded), so a scale that is small against its unit leaves many values as they were. Dates move by days
    and lose their time of day, which would tell them apart. Public `bounds` are kept by reflection: what would land
    beyond a bound is mirrored back, dates at the latest at the ends of the years 1 to 9999. Cut off instead, values
    would pile up at the bound and show who was near it.

    Columns are moved independently. What says the same in two columns (age and date of birth) is hidden less well,
    because the two noises can be averaged. Equal values of one person (the age in each of their rows) get the same
    noise, so more rows do not average it away; *different* values of one person are moved independently, and their
    mean does become known better with each row. Missing stays missing, and that somebody's value is missing stays
    visible. Whoever is far from everybody else stays far: noise does not hide outliers.

    Guarantee: none. This is not differential privacy: s comes from the data, and normal noise of this size bounds
    nothing. Class sizes (k) of the released rows say nothing either: noise makes rows look unique without making
    them harder to recognise. Look at the measured risks. People outside the members (TEST, controls, attack queries)
    stay as they are.

    Parameters
    ----------
    scale : float
        Standard deviation of the noise, in standard deviations of the column; 0 changes nothing.
    columns : list of str
        Numeric and date columns to move; none named: every quasi-identifier that is a number or a date.

    Examples
    --------
    >>> from core.data.schema import Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(18, 90))
    >>> members = Table.build(pd.DataFrame({"age": [18, 34, 57, None]}), Schema((age,)))
    >>> technique, facts = NoiseAddition(scale=0.5), PublicFacts(people=4, classes=())
    >>> technique.protect(members, facts, np.random.default_rng(0)).table.frame["age"].tolist()
    [19.0, 33.0, 62.0, nan]

    References
    ----------
    R. Brand, Microdata protection through noise addition, in: Inference Control in Statistical Databases, LNCS 2316,
    2002 (uncorrelated additive noise); A. Hundepool et al., Statistical Disclosure Control, Wiley 2012, section 3.3.
    """

    key: ClassVar[str] = "noise_addition"
    title: ClassVar[str] = "Add noise to numbers and dates"
    family: ClassVar[Family] = Family.NOISE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "scale"
    grid: ClassVar[tuple[Any, ...]] = (0.1, 0.25, 0.5, 1.0)
    perturbs: ClassVar[bool] = True
    stops: ClassVar[str] = (
        "Makes exact matches on numbers and dates fail; near matches still work, extreme people stay extreme, a "
        "missing value stays visible, several different values of one person can be averaged, and nothing is proved: "
        "this is not differential privacy."
    )

    scale: float = param(
        0.25,
        FloatRange(low=0.0, high=10.0, unit="standard deviations", help="Size of the noise; 0 changes nothing."),
    )
    columns: tuple[str, ...] = param(
        (), ColumnNames(help="Numeric and date columns to move; none: all quasi-identifiers that are.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for numbers or dates that may be moved."""
        return cannot_perturb(schema, self.columns, _KINDS, "a number or a date")

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the moved rows; anybody else's row stays as it is."""
        names = perturbed_columns(members.schema, self.columns, _KINDS)
        columns = {name: self._moved(members, name, rng) for name in names}
        table = members.with_columns(columns, members.schema, {}) if columns else members
        return Protected(table=table, source=np.arange(len(members)), recode=unchanged)

    def _moved(self, members: Table, name: str, rng: Generator) -> Labels:
        cells, column, held = members.frame[name], members.schema[name], holdings(members, name)
        noise = self.scale * rng.standard_normal(len(held.first))
        new = cells.to_numpy().copy()
        if not self.scale or not len(held.rows):
            return new
        values = _days(cells) if column.kind is Kind.DATE else cells.to_numpy(np.float64)
        present = values[held.rows]
        whole = column.kind is Kind.DATE or bool(np.all(present == np.rint(present)))
        moved = values[held.first] + noise * float(np.std(np.clip(present, -LARGEST, LARGEST)))
        if (bounds := _bounds(column, whole)) is not None:
            moved = reflected(moved, *bounds)
        if column.kind is Kind.DATE:
            moved = np.where((moved >= DATES[0]) & (moved <= DATES[1]), moved, reflected(moved, *DATES))
        if whole:
            moved = np.rint(moved) + 0.0  # never "-0"
        if column.kind is Kind.DATE:
            new[held.rows] = moved.astype(np.int64)[held.holding].astype("datetime64[D]").astype(new.dtype)
        else:
            new[held.rows] = moved[held.holding]
        return np.asarray(new)


def reflected(values: Labels, low: float, high: float) -> Labels:
    """Return the values mirrored at both bounds until they lie inside.

    Examples
    --------
    >>> reflected(np.array([-1.0, 3.0, 12.0, 23.0]), 0.0, 10.0).tolist()
    [1.0, 3.0, 8.0, 3.0]
    """
    width = high - low
    if not 0 < width <= LARGEST:
        return np.clip(values, low, high)
    place = np.mod(values - low, 2 * width)
    return np.clip(low + width - np.abs(place - width), low, high)


def _days(cells: pd.Series[Any]) -> Labels:
    """Return days since 1970 with fractions, NaN where missing."""
    seconds = cells.to_numpy().astype("datetime64[s]")
    return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64) / 86_400)


def _bounds(column: Column, whole: bool) -> tuple[float, float] | None:
    """Return the public bounds, of whole-valued columns (and dates, in days) the whole numbers inside them."""
    if column.bounds is None:
        return None
    if column.kind is Kind.DATE:
        low, high = (float(np.datetime64(str(bound), "D").astype(np.int64)) for bound in column.bounds)
        return low, high
    low, high = (float(bound) for bound in column.bounds)
    if whole:
        low, high = float(math.ceil(low)), float(math.floor(high))
    return (low, high) if low <= high else None
