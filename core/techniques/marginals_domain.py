"""Cells for counting: every column cut by public knowledge alone, with a cell of its own for what is missing."""

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
from core.techniques.public_encoding import PublicColumn, PublicEncoder, missing_public, why_not_public

BINS, LOG_BINS = 40, 24
"""Cells of a number: of equal width, or of equal width of its logarithm when its bounds span orders of magnitude."""
SINGLE = 100
"""Whole numbers have a cell each when there are at most this many (ages, hours): people pile up at round ones."""
_WHOLE = 20
"""Numbers between whole bounds at least this far apart are drawn as whole numbers."""


@dataclass(frozen=True, eq=False)
class Axis:
    """One column as cells 0..size-1.

    Parameters
    ----------
    column : Column
    public : PublicColumn
        How cells are read: clipped numbers, or places in a list.
    edges : array
        Of numbers: bin i holds edges[i] <= x < edges[i + 1]; the last edge belongs to the last bin. Empty for labels.
    whole : bool
        Values are whole numbers, and so are the edges; the last edge is then one above the largest value.
    gap : bool
        Whether the last cell is "missing" (or: not in the public list).
    """

    column: Column
    public: PublicColumn
    edges: Labels
    whole: bool = False
    gap: bool = True

    @property
    def bins(self) -> int:
        """Cells that are not "missing"."""
        return max(len(self.edges) - 1, 0) if self.ordered else len(self.public.labels)

    @property
    def size(self) -> int:
        """All cells."""
        return self.bins + self.gap

    @property
    def ordered(self) -> bool:
        """Whether neighbouring cells are close to each other."""
        return self.public.kind != "category"

    def read(self, table: Table) -> Labels:
        """Return the cell of every row; -1 for a row that has none (no cell for "missing")."""
        kind = table.frame[self.column.name].dtype.kind
        if not self.ordered and kind == "M":  # a target of few dates, which are classes
            found = target_codes(table, self.public.labels)
            missing = found < 0
        elif not self.ordered and kind == "f":
            texts = table.frame[self.column.name]
            place = {float(label): code for code, label in enumerate(self.public.labels)}
            found = np.array([place.get(float(value), -1) for value in texts.to_numpy(np.float64)], dtype=np.int64)
            missing = found < 0
        else:
            values, missing = self.public.read(table)
            if self.ordered:
                cut = np.searchsorted(self.edges, np.where(missing, self.public.low, values), side="right") - 1
                found = np.clip(cut, 0, self.bins - 1)
            else:
                found = values.astype(np.int64)
        return np.where(missing | (found < 0), self.bins if self.gap else -1, found)

    def write(self, cells: Labels, rng: Generator) -> Any:
        """Return values for these cells, in the canonical form of the column; numbers uniform inside their bin."""
        missing = cells >= self.bins
        if not self.ordered:
            if self.column.kind is Kind.NUMERIC:
                values = np.array([*(float(label) for label in self.public.labels), np.nan])
                return values[cells]
            if self.column.kind is Kind.DATE:
                return np.array([*self.public.labels, "NaT"], dtype="datetime64[s]")[cells]
            order = sorted(range(self.bins), key=lambda at: self.public.labels[at])
            place = np.empty(self.bins + 1, dtype=np.int64)
            place[order] = np.arange(self.bins)
            place[-1] = -1
            names = pd.Index([self.public.labels[at] for at in order], dtype=object)
            return pd.Categorical.from_codes(place[cells], categories=names)
        at = np.minimum(cells, self.bins - 1)
        low, width = self.edges[at], np.diff(self.edges)[at]
        values = low + rng.random(len(cells)) * width
        if self.whole:
            values = np.minimum(np.floor(values), low + width - 1)
        values = np.where(missing, np.nan, np.minimum(values, self.public.high))
        if self.column.kind is not Kind.DATE:
            return values
        days = np.where(missing, 0, values).astype(np.int64).astype("datetime64[D]").astype("datetime64[s]")
        days[missing] = np.datetime64("NaT")
        return days


def kept_schema(schema: Schema) -> Schema:
    """Return the schema of what can be invented: no identifiers, no free text, nothing ignored, no person id."""
    names = {*schema.model_inputs, schema.target}
    return schema.without(name for name in schema.names if name not in names)


def one_row_each(table: Table, rng: Generator) -> Table:
    """Return the table with one random row of every person; the draw of one person does not depend on the others."""
    if table.schema.person_id is None or table.people == len(table):
        return table
    order = rng.permutation(len(table))
    _, first = np.unique(table.persons[order], return_index=True)
    return table.take(np.sort(order[first]))


def why_no_cells(key: str, schema: Schema, facts: PublicFacts) -> str | None:
    """Return the sentence naming the columns that have no public bounds or categories, or None."""
    if schema.target is None or facts.classes:
        return why_not_public(key, schema, facts)
    lacking = missing_public(_plain(schema), facts)
    if not lacking:
        return None
    return (
        f"{key} needs public bounds or categories for: {', '.join(lacking)}. Fill them in, or set assume_public_domain"
    )


def axes_of(schema: Schema, facts: PublicFacts) -> tuple[tuple[Axis, ...], Axis | None]:
    """Return the cells of the model inputs, and of the target if there is one.

    A target of classes has one cell for each of the study's classes; a numeric target is cut like every number. A
    target has a cell for "missing" only when that is one of its classes.

    Raises
    ------
    UserError
        When a column has nothing public; names the columns.
    """
    target = schema.target
    inputs = schema.without([target]) if target is not None else schema
    features = tuple(_axis(schema[c.name], c) for c in PublicEncoder.from_schema(inputs, facts, {}).columns)
    if target is None:
        return features, None
    if facts.classes:
        labels = tuple(label for label in facts.classes if label != MISSING)
        read = PublicColumn(target, "category", labels=labels)
        return features, Axis(schema[target], read, np.zeros(0), gap=MISSING in facts.classes)
    alone = _plain(schema.without([name for name in schema.names if name != target]))
    (number,) = PublicEncoder.from_schema(alone, facts, {}).columns
    return features, replace(_axis(schema[target], number), gap=False)


def _plain(schema: Schema) -> Schema:
    """Return the schema with its target as one more feature."""
    columns = tuple(replace(c, role=Role.FEATURE) if c.role is Role.TARGET else c for c in schema.columns)
    return Schema(columns, schema.person_id)


def _axis(column: Column, public: PublicColumn) -> Axis:
    if public.kind == "category":
        return Axis(column, public, np.zeros(0))
    low, high = public.low, public.high
    if high <= low:
        return Axis(column, public, np.array([low, low + 1.0]), whole=low == math.floor(low))
    whole = public.kind == "date" or (low == math.floor(low) and high == math.floor(high) and high - low >= _WHOLE)
    whole = whole and high - low < 1e15
    if public.wide:
        edges = np.expm1(np.linspace(math.log1p(low), math.log1p(high), LOG_BINS + 1))
    else:
        single = whole and high - low < SINGLE
        edges = np.linspace(low, high + 1 if whole else high, int(high - low) + 2 if single else BINS + 1)
    edges[0] = low
    if whole:
        edges[-1] = high + 1
        # The lowest value of a wide column (often 0: nothing) has a cell of its own.
        edges = np.unique(np.floor([*edges, low + 1] if public.wide else edges))
    else:
        edges[-1] = high
    return Axis(column, public, edges, whole=whole)
