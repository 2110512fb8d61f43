"""What each column of a row can hold by public knowledge alone, and randomised response over it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import MISSING, Labels, Table, target_codes
from core.techniques.base import PublicFacts
from core.techniques.public_encoding import PublicColumn, PublicEncoder

BINS = 4
"""Ranges that a number is told by: the fewer there are, the more often the answer is the truth."""


@dataclass(frozen=True)
class Answer:
    """The values that one released column can take: public, so that the same hold for everybody.

    Parameters
    ----------
    column : Column
    public : PublicColumn or None
        How the cells are read; None for a target that is predicted as classes.
    labels : tuple of str
        The possible values of categories and classes, "missing" not among them.
    may_miss : bool
        Whether "missing" is one more value, the last.
    """

    column: Column
    public: PublicColumn | None
    labels: tuple[str, ...]
    may_miss: bool

    @property
    def name(self) -> str:
        """Of the column."""
        return self.column.name

    @property
    def size(self) -> int:
        """The number k of values."""
        return (len(self.labels) if self.public is None or self.public.kind == "category" else BINS) + self.may_miss

    def codes(self, table: Table, facts: PublicFacts) -> Labels:
        """Return the true value of every row, 0 .. size - 1; what is not in the public list is missing."""
        last = self.size - 1
        if self.public is None:
            # Of the classes of the study, "(missing)" is one itself, and it stands last here.
            places = np.array([last if c == MISSING else self.labels.index(c) for c in facts.classes] + [last])
            return np.asarray(places[target_codes(table, facts.classes)])
        found, missing = self.public.read(table)
        if self.public.kind == "category":
            return np.where(missing | (found < 0), last, found).astype(np.int64)
        unit = np.nan_to_num(self._unit(found))
        bins = np.clip((unit * BINS).astype(np.int64), 0, BINS - 1)
        return np.where(missing, last if self.may_miss else 0, bins)

    def cells(self, codes: Labels, members: Table) -> Any:
        """Return released cells, in the canonical form of the column's kind."""
        if self.public is not None and self.public.kind != "category":
            values = np.append(self._middles(), np.nan)[codes]
            if self.column.kind is not Kind.DATE:
                return values
            days = np.where(np.isnan(values), 0, np.rint(np.nan_to_num(values))).astype(np.int64)
            return np.where(np.isnan(values), np.datetime64("NaT"), days.astype("datetime64[D]")).astype(
                "datetime64[s]"
            )
        if self.column.kind is Kind.NUMERIC:
            return np.array([*map(float, self.labels), np.nan])[codes]
        if self.column.kind is Kind.DATE:
            return np.array([*self.labels, "NaT"], dtype="datetime64[s]")[codes]
        shown = np.where(codes < len(self.labels), codes, -1)
        return pd.Categorical.from_codes(shown, categories=pd.Index(self.labels, dtype=object))

    def _unit(self, values: Labels) -> Labels:
        """Return numbers inside the bounds on [0, 1]."""
        low, high = self._ends()
        placed = np.log1p(values) if self._log else values
        # Halved, because the width of the widest bounds is more than a float can hold.
        return np.asarray((placed / 2 - low / 2) / max(high / 2 - low / 2, np.finfo(float).tiny))

    def _middles(self) -> Labels:
        low, high = self._ends()
        share = (np.arange(BINS) + 0.5) / BINS
        places = low * (1 - share) + high * share
        return np.asarray(np.expm1(places) if self._log else places)

    def _ends(self) -> tuple[float, float]:
        low, high = (self.public.low, self.public.high) if self.public is not None else (0.0, 0.0)
        return (math.log1p(low), math.log1p(high)) if self._log else (low, high)

    @property
    def _log(self) -> bool:
        return self.public is not None and self.public.wide


def answers_of(schema: Schema, facts: PublicFacts) -> tuple[Answer, ...]:
    """Return what every released column can hold, in the order of the schema; its rows are not looked at.

    Raises
    ------
    UserError
        When a column has nothing public; names the columns.
    """
    wanted = asked(schema, facts)
    encoder = PublicEncoder.from_schema(wanted, facts, {})
    public = {column.name: column for column in encoder.columns}
    found = []
    for column in answered(schema).columns:
        if column.name == wanted.target:
            labels = tuple(label for label in facts.classes if label != MISSING)
            found.append(Answer(column, None, labels, MISSING in facts.classes))
        else:
            # Nobody's target is missing where a number is predicted: such tables are refused.
            found.append(Answer(column, public[column.name], public[column.name].labels, column.name != schema.target))
    return tuple(found)


def randomised(codes: Labels, size: int, epsilon: float, rng: Generator) -> Labels:
    """Return k-ary randomised response of these codes.

    Parameters
    ----------
    codes : integer array, shape (rows,)
        0 .. size - 1.
    size : int
        k, at least 1.
    epsilon : float
        At most 20, of this column alone.

    Examples
    --------
    >>> randomised(np.array([0, 1, 2, 0]), 3, 20.0, np.random.default_rng(0)).tolist()
    [0, 1, 2, 0]
    """
    if size < 2:
        return np.zeros(len(codes), dtype=np.int64)
    # The chance of a lie, not of the truth: what rounding does to a fraction below it can only make it larger.
    lies = rng.random(len(codes)) < (size - 1) / (math.exp(epsilon) + size - 1)
    other = rng.integers(0, size - 1, len(codes))
    return np.where(lies, other + (other >= codes), codes).astype(np.int64)


def answered(schema: Schema) -> Schema:
    """Return the schema of what is randomised and leaves: no identifiers, no free text, nothing ignored."""
    gone = {*schema.with_role(Role.DIRECT_IDENTIFIER, Role.IGNORED), schema.person_id}
    gone |= {c.name for c in schema.columns if c.kind is Kind.TEXT and c.role is not Role.TARGET}
    return schema.without(name for name in gone if name is not None)


def asked(schema: Schema, facts: PublicFacts) -> Schema:
    """Return the schema in which a target that is predicted as a number needs public bounds like any other number."""
    target = schema.target
    if target is None or facts.classes or schema[target].kind is Kind.TEXT:
        return schema
    return schema.changed(replace(schema[target], role=Role.FEATURE))
