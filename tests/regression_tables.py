"""The small tables of the tests with a number to predict."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from tests.tables import awkward, people


def with_number(table: Table, seed: int = 0) -> Table:
    """Return the table with a continuous target that its first numeric input explains in part."""
    name = str(table.schema.target)
    inputs = [c.name for c in table.schema.columns if c.kind is Kind.NUMERIC and c.name in table.schema.model_inputs]
    known = table.frame[inputs[0]].fillna(50).to_numpy()
    values = 100 + 3 * known + np.random.default_rng(seed).normal(0, 20, len(table))
    number = Column(name=name, kind=Kind.NUMERIC, role=Role.TARGET)
    columns = tuple(number if column.name == name else column for column in table.schema.columns)
    return Table(table.frame.assign(**{name: values}), replace(table.schema, columns=columns), table.meanings)


@cache
def earners(n: int = 160, seed: int = 0) -> Table:
    """The ordinary table, predicting a number."""
    return with_number(people(n, seed), seed)


@cache
def awkward_numbers() -> dict[str, Table]:
    """The awkward tables, predicting a number; a missing target is an error there and has its own test."""
    found = {name: with_number(table) for name, table in awkward().items() if name != "missing targets"}
    same = found["40 rows"]
    found["one value nearly everywhere"] = Table(
        same.frame.assign(y=np.where(np.arange(40) < 35, 7.0, np.arange(40))), same.schema
    )
    found["all members alike"] = Table(same.frame.assign(y=7.0), same.schema)
    found["numbers of every size"] = Table(same.frame.assign(y=np.logspace(-300, 300, 40)), same.schema)
    return found


def numbers_only(features: np.ndarray, target: np.ndarray) -> Table:
    """A table of numeric features x0, x1, ... and the target y."""
    names = [f"x{i}" for i in range(features.shape[1])]
    columns = [Column(name=name, kind=Kind.NUMERIC, role=Role.FEATURE) for name in names]
    columns.append(Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET))
    return Table.build(pd.DataFrame(features, columns=names).assign(y=target), Schema(tuple(columns)))
