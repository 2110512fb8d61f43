"""Tables on which the private network is tested: everything about them is public."""

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table

INPUTS = (
    Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100)),
    Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("clerk", "cook", "guard")),
)


def table_of(rows, classes=("no", "yes"), people=None, seed=0):
    """Older people and cooks are ill more often."""
    rng = np.random.default_rng(seed)
    age, job = rng.uniform(0, 100, rows), rng.integers(0, 3, rows)
    score = (age / 100 + (job == 1) + rng.normal(0, 0.3, rows)) / 2
    raw = pd.DataFrame({"age": age, "job": np.array(["clerk", "cook", "guard"])[job]})
    raw["ill"] = np.array(classes)[np.clip(score * len(classes), 0, len(classes) - 1).astype(int)]
    columns = (*INPUTS, Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=classes))
    if people is None:
        return Table.build(raw, Schema(columns))
    raw["who"] = [f"p{i}" for i in rng.integers(0, people, rows)]
    return Table.build(raw, Schema((*columns, Column(name="who", kind=Kind.TEXT, role=Role.IGNORED)), "who"))
