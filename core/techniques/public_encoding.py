"""From a table to numbers by public knowledge alone, so that private training has nothing to pay for its encoding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.schema import Column, Kind, Schema
from core.data.table import MISSING, Labels, Meaning, Table
from core.errors import UserError
from core.techniques.base import PublicFacts

WIDE = 1000.0
"""A column also enters by its logarithm when low >= 0 and 1 + high >= WIDE * (1 + low): three orders of magnitude."""


@dataclass(frozen=True)
class PublicColumn:
    """How one column becomes numbers; made of public constants only, so equal knowledge gives equal objects.

    Parameters
    ----------
    name : str
    kind : {"number", "date", "label", "category"}
        `date`: days since 1970. `label`: ranges that stand for their midpoint.
    low, high : float
        Public bounds of numbers and midpoints.
    labels : tuple of str
        Public categories, or the labels of ranges.
    middles : tuple of (float or None)
        Midpoint of each label; None for a label that stands for "missing".
    """

    name: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    labels: tuple[str, ...] = ()
    middles: tuple[float | None, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether the logarithm is added: a rule about the bounds, never about the data."""
        return self.kind in ("number", "label") and self.low >= 0 and 1 + self.high >= WIDE * (1 + self.low)

    @property
    def features(self) -> int:
        """How many numbers the column becomes; the last one says whether it is missing."""
        return (len(self.labels) if self.kind == "category" else 3 if self.wide else 2) + 1

    def read(self, table: Table) -> tuple[Labels, Labels]:
        """Return (value, missing) of every row.

        The value of a category is its place in the public list, -1 for one that is not in it; the value of a number
        lies inside the bounds and is NaN where missing.
        """
        cells = table.frame[self.name]
        if self.kind in ("number", "date"):
            if cells.dtype.kind == "M":
                days = cells.to_numpy().astype("datetime64[D]")
                found = np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
            else:
                found = cells.to_numpy(np.float64)
            return np.clip(found, self.low, self.high), np.isnan(found)
        place = {label: code for code, label in enumerate(self.labels)}
        texts = [str(text) for text in cells.cat.categories]
        absent = np.array([text == MISSING and text not in place for text in texts] + [True])
        codes = np.array([place.get(text, -1) for text in texts] + [-1], dtype=np.int64)
        at = cells.cat.codes.to_numpy()
        if self.kind == "category":
            return codes[at], absent[at]
        middles = np.array([math.nan if m is None else m for m in self.middles] + [math.nan])
        found = np.clip(middles[codes[at]], self.low, self.high)
        return found, np.isnan(found)

    def scaled(self, values: Labels) -> list[Labels]:
        """Return the features of numbers inside the bounds: the value on [-1, 1], its square, the logarithm if wide.

        A wide column runs over [0, 1]: most of its people are near the low end, where a zero costs no noise.
        """
        span = self.high - self.low
        if span <= 0:
            return [np.zeros(len(values))] * (self.features - 1)
        unit = (values - self.low) / span
        if not self.wide:
            unit = 2 * unit - 1
            return [unit, unit**2]
        log = (np.log1p(values) - math.log1p(self.low)) / (math.log1p(self.high) - math.log1p(self.low))
        return [unit, unit**2, log]


@dataclass(frozen=True)
class PublicEncoder:
    """An encoding that is fixed before anybody's row is seen; a row's numbers depend on that row alone.

    Numbers and dates are clipped to their public bounds and scaled to [-1, 1], with their square. Numbers whose
    bounds span three orders of magnitude (`WIDE`) run over [0, 1] and add their logarithm. Categories become
    indicators of the public list; a value that is not in it gives zeros. Ranges (from generalisation by public
    levels) enter by their midpoint. Every column has an indicator of "missing", because whether anybody is missing
    is private; the first feature is the constant 1.

    Parameters
    ----------
    columns : tuple of PublicColumn
        The model inputs, in the order of the schema.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Role
    >>> schema = Schema((
    ...     Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...     Column(name="sex", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("f", "m")),
    ... ))
    >>> encoder = PublicEncoder.from_schema(schema, PublicFacts(people=2, classes=()), {})
    >>> encoder.encode(Table.build(pd.DataFrame({"age": [75, 999], "sex": ["f", "x"]}), schema))
    array([[1.  , 0.5 , 0.25, 0.  , 1.  , 0.  , 0.  ],
           [1.  , 1.  , 1.  , 0.  , 0.  , 0.  , 0.  ]])

    References
    ----------
    Why it must be so: a scaler or a category list fitted on the members tells who is among them; see
    C. Dwork, A. Roth, The algorithmic foundations of differential privacy, 2014, section 2.
    """

    columns: tuple[PublicColumn, ...]

    @staticmethod
    def from_schema(schema: Schema, facts: PublicFacts, meanings: Mapping[str, Meaning]) -> PublicEncoder:
        """Build the encoding.

        Parameters
        ----------
        schema : Schema
            Of the table that will be encoded: public bounds and categories.
        facts : PublicFacts
            Its `domains` fill the gaps when the study assumes that they are public.
        meanings : mapping
            Of generalised columns. Their midpoints must be in the order of the column's public categories.

        Raises
        ------
        UserError
            When a column has nothing public; names the columns.
        """
        lacking = [name for name in missing_public(schema, facts) if name != schema.target]
        # A range read from the data may carry the name of a public category, but never a public list of labels.
        lacking += [n for n in schema.model_inputs if n in meanings and not schema[n].categories and n not in lacking]
        if lacking:
            raise UserError(
                "private training encodes by public bounds and categories",
                got=f"none for {', '.join(lacking)}",
                do="Fill them in, or set assume_public_domain.",
            )
        return PublicEncoder(tuple(_column(schema[name], facts, meanings.get(name)) for name in schema.model_inputs))

    @staticmethod
    def for_table(table: Table, facts: PublicFacts) -> PublicEncoder:
        """Build the encoding of this table's schema; its rows are not looked at.

        Midpoints of ranges are used only where the column's labels are the public ones, in the public order.
        """
        usable = {
            name: meaning
            for name, meaning in table.meanings.items()
            if tuple(str(label) for label in table.frame[name].cat.categories) == table.schema[name].categories
            or not table.schema[name].categories
        }
        return PublicEncoder.from_schema(table.schema, facts, usable)

    @property
    def size(self) -> int:
        """The number of features, the constant included."""
        return 1 + sum(column.features for column in self.columns)

    def encode(self, table: Table) -> Labels:
        """Return the features, float64, shape (rows, size)."""
        return np.asarray(self.sparse(table).toarray(), dtype=np.float64)

    def sparse(self, table: Table) -> Any:
        """Return the same as a SciPy CSR array: a list of 10,000 categories must not fill the memory."""
        from scipy.sparse import coo_array

        everybody = np.arange(len(table))
        rows, places, values = [everybody], [np.zeros(len(table), np.int64)], [np.ones(len(table))]
        start = 1
        for column in self.columns:
            found, missing = column.read(table)
            gone = np.flatnonzero(missing)
            if column.kind == "category":
                known = np.flatnonzero(found >= 0)
                rows.append(known)
                places.append(start + found[known])
                values.append(np.ones(len(known)))
            else:
                known = np.flatnonzero(~missing)
                for j, feature in enumerate(column.scaled(found[known])):
                    rows.append(known)
                    places.append(np.full(len(known), start + j))
                    values.append(feature)
            start += column.features
            rows.append(gone)
            places.append(np.full(len(gone), start - 1))
            values.append(np.ones(len(gone)))
        cells = (np.concatenate(rows), np.concatenate(places))
        return coo_array((np.concatenate(values), cells), shape=(len(table), self.size)).tocsr()


def missing_public(schema: Schema, facts: PublicFacts) -> list[str]:
    """Return the model inputs and the target of which nothing public is known that private training could use.

    Examples
    --------
    >>> from core.data.schema import Role
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE),))
    >>> missing_public(schema, PublicFacts(people=2, classes=()))
    ['age']
    """
    lacking = [name for name in schema.model_inputs if _domain(schema[name], facts) is None]
    target = schema.target
    if target is not None and not _assumed(facts):
        public = schema[target].categories or ()
        if not public or any(label not in (*public, MISSING) for label in facts.classes):
            lacking.append(target)
    return lacking


def why_not_public(key: str, schema: Schema, facts: PublicFacts) -> str | None:
    """Return the sentence with which a technique that needs public knowledge declines a table, or None."""
    lacking = missing_public(schema, facts)
    if not lacking:
        return None
    return (
        f"{key} needs public bounds or categories for: {', '.join(lacking)}. Fill them in, or set assume_public_domain"
    )


def public_assumptions(schema: Schema, facts: PublicFacts) -> tuple[str, ...]:
    """Return what a guarantee takes for granted about the encoding, in plain sentences."""
    target = schema.target
    names = [*schema.model_inputs, *([target] if target else [])]
    found = [
        "The bounds, categories and classes in the schema are public: nobody wrote them down by looking at the data."
    ]
    if _assumed(facts):
        alone = PublicFacts(people=facts.people, classes=facts.classes)
        known = missing_public(schema, alone)
        assumed = [name for name in names if name in known]
        if assumed:
            found.append(
                "The study assumes that ranges, categories or classes read from the table itself are public, for: "
                f"{', '.join(assumed)}."
            )
    if MISSING in facts.classes and (target is None or MISSING not in (schema[target].categories or ())):
        found.append("That the target of some people is missing is public.")
    found.append("The size of the pool is public.")
    if schema.person_id is not None:
        found.append(
            f"Rows without a value in {schema.person_id!r} are different people; whoever has several such rows is "
            "protected less."
        )
    return tuple(found)


def _assumed(facts: PublicFacts) -> bool:
    return facts.assume_public_domain and facts.domains is not None


def _domain(column: Column, facts: PublicFacts) -> tuple[Any, ...] | None:
    """Return (low, high) as numbers, or the categories, or None when nothing usable is public."""
    numeric = column.kind in (Kind.NUMERIC, Kind.DATE)
    found: tuple[Any, ...] | None = column.bounds if numeric else column.categories
    if not found and _assumed(facts):
        # A column in which nobody has a value has no range: it enters by its "missing" indicator alone.
        found = (facts.domains or {}).get(column.name, (0.0, 0.0) if numeric else ())
    elif not found:
        return None
    if not numeric:
        # A column of numbers that was turned into labels: its raw range says nothing about them.
        return None if any(not isinstance(label, str) for label in found or ()) else found
    return tuple(_number(value, column) for value in found or ())


def _number(value: Any, column: Column) -> float:
    """Return a bound as a number: days since 1970 for dates."""
    try:
        if column.kind is Kind.DATE:
            day = np.datetime64(value, "D")
            number = math.nan if np.isnat(day) else float(day.astype(np.int64))
        else:
            number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise UserError(
            f"the bounds of {column.name!r} must be {'ISO dates' if column.kind is Kind.DATE else 'finite numbers'}",
            got="others",
            do="Correct the bounds in the schema.",
        )
    return number


def _column(column: Column, facts: PublicFacts, meaning: Meaning | None) -> PublicColumn:
    domain = _domain(column, facts) or ()
    if column.kind in (Kind.NUMERIC, Kind.DATE):
        kind = "date" if column.kind is Kind.DATE else "number"
        return PublicColumn(column.name, kind, low=domain[0], high=domain[1])
    if meaning is not None and not meaning.leaves and len(meaning.weights) == len(domain):
        middles = tuple(float(m) if math.isfinite(m) else None for m in meaning.weights)
        ends = [m for m in middles if m is not None]
        if ends:
            return PublicColumn(column.name, "label", min(ends), max(ends), domain, middles)
    return PublicColumn(column.name, "category", labels=domain)
