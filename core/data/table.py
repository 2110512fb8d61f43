"""The table: a data frame whose columns are in the canonical form of their kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Schema
from core.errors import UserError

MISSING = "(missing)"
"""The text under which a missing value is treated as a value."""

MOST_CLASSES = 20
"""Most different values of a target that is predicted as classes, unless it is declared categorical."""

LARGEST_TARGET = 1e30
"""Targets beyond +- this count as it: their squares would overflow, and which number that large says nothing more."""

Labels = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Meaning:
    """What the labels of a generalised column stand for, so that a model can use them.

    Parameters
    ----------
    leaves : tuple of str
        Empty for numbers; else the original categories.
    weights : array
        Numbers: shape (labels,), the midpoint of each label, NaN for "missing".
        Categories: shape (labels, leaves), each row the uniform distribution over the leaves that the label covers.
    """

    leaves: tuple[str, ...]
    weights: Labels


@dataclass(frozen=True, eq=False)
class Table:
    """A frame, its schema, and the meaning of generalised columns.

    Canonical forms: numeric columns are float64 with NaN, dates datetime64 with NaT, everything else a pandas
    Categorical of texts. Build one from raw cells with `Table.build`.
    """

    frame: pd.DataFrame
    schema: Schema
    meanings: Mapping[str, Meaning] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    @staticmethod
    def build(raw: pd.DataFrame, schema: Schema) -> Table:
        """Bring raw cells into canonical form.

        Raises
        ------
        UserError
            When the columns differ from the schema's, or cells cannot be read as their column's kind: the message
            names columns and line numbers, never a cell.
        """
        missing = [name for name in schema.names if name not in raw.columns]
        extra = [str(name) for name in raw.columns if name not in schema]
        if missing or extra:
            raise UserError(
                "the table must have exactly the columns of its schema",
                got=f"missing: {', '.join(missing) or 'none'}; not in the schema: {', '.join(extra) or 'none'}",
                do="Correct the schema or the header line.",
            )
        if not len(raw):
            raise UserError("a table needs at least one row", got="none", do="Check the file.")
        return Table(pd.DataFrame({c.name: _canonical(raw[c.name], c) for c in schema.columns}), schema)

    def take(self, rows: Labels) -> Table:
        """Return these rows (positions or a mask), renumbered."""
        index = np.flatnonzero(rows) if rows.dtype == bool else rows
        return replace(self, frame=self.frame.take(index).reset_index(drop=True))

    def with_columns(self, columns: Mapping[str, Any], schema: Schema, meanings: Mapping[str, Meaning]) -> Table:
        """Return the table with some columns replaced, in the order of `schema`."""
        frame = {name: columns.get(name, self.frame.get(name)) for name in schema.names}
        kept = {name: value for name, value in self.meanings.items() if name in schema and name not in columns}
        index = self.frame.index
        new = pd.DataFrame({k: pd.Series(v, index=index) for k, v in frame.items()}, index=index)
        return Table(new, schema, {**kept, **meanings})

    def drop(self, names: tuple[str, ...]) -> Table:
        """Return the table without these columns."""
        schema = self.schema.without(names)
        kept = {name: value for name, value in self.meanings.items() if name in schema}
        return Table(self.frame[list(schema.names)], schema, kept)

    @cached_property
    def persons(self) -> Labels:
        """Codes 0..people-1 of the person behind each row; a row without an id is a person of its own."""
        name = self.schema.person_id
        if name is None:
            return np.arange(len(self), dtype=np.int64)
        codes, values = pd.factorize(self.frame[name])
        codes = codes.astype(np.int64)
        alone = np.flatnonzero(codes < 0)
        codes[alone] = len(values) + np.arange(len(alone))
        return codes

    @cached_property
    def people(self) -> int:
        """The number of people."""
        return int(self.persons.max()) + 1 if len(self) else 0

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of content, schema and order of the rows."""
        digest = hashlib.sha256(repr(self.schema.to_json()).encode())
        for name in self.schema.names:
            column = self.frame[name]
            digest.update(name.encode())
            if isinstance(column.dtype, pd.CategoricalDtype):
                digest.update("\x1f".join(column.cat.categories.astype(str)).encode("utf-8", "surrogatepass"))
                digest.update(column.cat.codes.to_numpy(np.int64).tobytes())
            else:
                digest.update(column.to_numpy().astype("<f8" if column.dtype.kind == "f" else "<i8").tobytes())
        return digest.hexdigest()

    def codes(self, name: str) -> tuple[Labels, int]:
        """Return integer codes of a column, missing as a value of its own, and how many codes there can be."""
        column = self.frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            found = column.cat.codes.to_numpy(np.int64)
            size = len(column.cat.categories)
        else:
            found, values = pd.factorize(column, sort=True)
            found, size = found.astype(np.int64), len(values)
        return np.where(found < 0, size, found), size + 1


def _canonical(cells: pd.Series[Any], column: Column) -> Any:
    """Return one column in the form of its kind."""
    if column.kind is Kind.NUMERIC:
        numbers = pd.to_numeric(cells, errors="coerce").astype("float64")
        numbers = numbers.replace([np.inf, -np.inf], np.nan)
        _refuse(cells, numbers.isna(), column)
        return numbers.to_numpy()
    if column.kind is Kind.DATE:
        if cells.dtype.kind in "iuf":  # 20200131 is a date written without hyphens, never seconds since 1970
            cells = pd.Series([None if pd.isna(v) else _text(v) for v in cells], dtype="object")
        dates = (
            cells
            if cells.dtype.kind == "M"
            else pd.to_datetime(cells.astype("object"), errors="coerce", format="ISO8601")
        )
        if getattr(dates.dt, "tz", None) is not None:
            dates = dates.dt.tz_localize(None)  # the clock at the place: no day may shift
        _refuse(cells, dates.isna(), column)
        return dates.astype("datetime64[s]").to_numpy()
    codes, values = pd.factorize(cells)
    texts = [_text(value) for value in values]
    present = sorted(set(texts))
    place = {text: code for code, text in enumerate(present)}
    # Two values may have one text (1 and 1.0); the extra place at the end is for missing cells, whose code is -1.
    lookup = np.array([*(place[text] for text in texts), -1], dtype=np.int64)
    return pd.Categorical.from_codes(lookup[codes], categories=pd.Index(present, dtype=object))


def _text(value: Any) -> str:
    """Write whole numbers without a fraction, so that 1.0 in a file with gaps is the category "1"."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _refuse(cells: pd.Series[Any], unread: pd.Series[bool], column: Column) -> None:
    """Raise when cells that are not empty could not be read."""
    places = np.flatnonzero(unread.to_numpy())
    doubted = cells.iloc[places]  # mostly none, and cells as texts are slow
    bad = places[~(doubted.isna() | (doubted.astype(str).str.strip() == "")).to_numpy(bool)]
    if len(bad):
        lines = ", ".join(str(row + 2) for row in bad[:3])
        raise UserError(
            f"column {column.name!r} must hold {'numbers' if column.kind is Kind.NUMERIC else 'dates'}",
            got=f"{len(bad)} cells that are not (first in line {lines})",
            do="Correct the cells, or choose the kind 'categorical' for the column.",
        )


def task_of(table: Table) -> str:
    """Return what predicting the target is: "regression" for a number of many values, else "classification".

    A numeric target with at most 20 different values is classes (0 and 1, grades, stars). Ask the whole table, never
    a sample of it: a sample may hold fewer values. Whether the target can be predicted at all is said by
    `class_labels` and `target_values`.

    Examples
    --------
    >>> from core.data.schema import Role
    >>> schema = Schema((Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET),))
    >>> [task_of(Table.build(pd.DataFrame({"y": range(n)}), schema)) for n in (20, 21)]
    ['classification', 'regression']
    """
    name = table.schema.target
    if name is None or table.schema[name].kind is not Kind.NUMERIC:
        return "classification"
    return "regression" if table.frame[name].nunique() > MOST_CLASSES else "classification"


def class_labels(table: Table) -> tuple[str, ...]:
    """Return the classes of the target, "(missing)" among them when somebody's target is missing.

    Raises
    ------
    UserError
        Without a target, with fewer than two classes, or with a target of more than 20 values that is not declared
        categorical (a number is then predicted as a number, see `task_of`).
    """
    name = _target_name(table)
    column, values = table.schema[name], target_text(table)
    present = [str(v) for v in sorted(set(values))]
    different = len(present) - (MISSING in present)
    if column.kind is not Kind.CATEGORICAL and different > MOST_CLASSES:
        raise UserError(
            f"the target {name!r} must have at most {MOST_CLASSES} classes",
            got=f"a {column.kind} column with {different} different values",
            do="Choose a model that predicts numbers."
            if column.kind is Kind.NUMERIC
            else "Choose a yes/no, categorical or numeric column, or give this one the kind 'categorical'.",
        )
    labels = list(column.categories or ())
    labels += [value for value in present if value not in labels]
    if len(labels) < 2:
        raise UserError(
            f"the target {name!r} must have two classes or more", got=f"{len(labels)}", do="Choose another target."
        )
    return tuple(labels)


def target_values(table: Table) -> Labels:
    """Return the target of every row as a finite number, shape (rows,), for studies that predict a number.

    Numbers beyond +-1e30 count as that. Nobody's missing target is guessed and nobody is dropped silently: a row
    without one could be neither scored nor attacked, so the table is refused. A missing *class* is different: it can
    be predicted.

    Raises
    ------
    UserError
        Without a target, with a target that is not numeric, or with rows whose target is missing, which are counted.

    Examples
    --------
    >>> from core.data.schema import Role
    >>> schema = Schema((Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET),))
    >>> target_values(Table.build(pd.DataFrame({"y": [3, 1.5]}), schema)).tolist()
    [3.0, 1.5]
    """
    name = _target_name(table)
    column = table.schema[name]
    if column.kind is not Kind.NUMERIC:
        raise UserError(
            f"the target {name!r} must hold numbers to be predicted as a number",
            got=f"a {column.kind} column",
            do="Choose a model that predicts classes, or a numeric target.",
        )
    values = table.frame[name].to_numpy(np.float64)
    gaps = int(np.isnan(values).sum())
    if gaps:
        raise UserError(
            f"every row needs a target to predict the number {name!r}",
            got=f"{gaps} of {len(values)} rows without one",
            do="Take these rows out of the table, or fill in their target.",
        )
    return np.asarray(np.clip(values, -LARGEST_TARGET, LARGEST_TARGET))


def _target_name(table: Table) -> str:
    if table.schema.target is None:
        raise UserError(
            "accuracy needs a target column", got="a schema without one", do="Give one column the role 'target'."
        )
    return table.schema.target


def target_text(table: Table) -> Labels:
    """Return the target of every row as text, "(missing)" where there is none."""
    column = table.frame[str(table.schema.target)]
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = np.array([*column.cat.categories.astype(str), MISSING], dtype=object)
        return names[column.cat.codes.to_numpy()]
    if column.dtype.kind == "M":
        return np.array([MISSING if pd.isna(v) else str(v)[:10] for v in column], dtype=object)
    return np.array([MISSING if np.isnan(v) else _text(v) for v in column], dtype=object)


def target_codes(table: Table, labels: tuple[str, ...]) -> Labels:
    """Return the position of every row's target in `labels`; -1 for a class that is not among them.

    Raises
    ------
    UserError
        Without labels: a study that predicts a number has no classes.
    """
    if not labels:
        raise UserError(
            "predicting classes needs classes", got="none", do="Choose a model or technique that predicts numbers."
        )
    place = {label: code for code, label in enumerate(labels)}
    column = table.frame[str(table.schema.target)]
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = [*column.cat.categories.astype(str), MISSING]
        return np.array([place.get(name, -1) for name in names], dtype=np.int64)[column.cat.codes.to_numpy()]
    values, inverse = np.unique(target_text(table).astype(str), return_inverse=True)
    return np.array([place.get(str(v), -1) for v in values], dtype=np.int64)[inverse]
