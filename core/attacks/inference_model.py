"""The model of attribute inference: a decision tree trained on the released rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.attacks.gower import numbers
from core.data.schema import Kind, Role, Schema
from core.data.table import MISSING, Labels, Table
from core.models.encode import Encoder

MOST_ROWS = 100_000
"""Released rows that a tree is trained on, drawn at random from more."""

MOST_LABELS = 50
"""Most frequent values of a secret that a tree can guess."""

LEAF = 5
"""Rows in a leaf: the tree is for what many rows say together; single rows are the nearest row's business."""


def model_guess(
    released: Table, targets: Table, known: tuple[str, ...], secret: str, rng: Generator
) -> tuple[Labels, dict[str, float]]:
    """Return a tree's guess of every target's secret, and what was left out in training it.

    Texts for categories ("(missing)" among them), numbers else (dates in seconds since 1970); NaN where the guess is
    that the value is missing. Of the targets only the `known` columns are read.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # here: the page process stays without it

    caps: dict[str, float] = {}
    rows = np.arange(len(released))
    if len(rows) > MOST_ROWS:
        caps["released rows that the inference model was trained on (a member's own may be missing)"] = MOST_ROWS
        rows = np.sort(rng.choice(len(released), MOST_ROWS, replace=False))
    cells = released.frame[secret]
    if isinstance(cells.dtype, pd.CategoricalDtype):
        texts = np.array([*cells.cat.categories.astype(str), MISSING], dtype=object)
        codes = cells.cat.codes.to_numpy().astype(np.int64)[rows] % len(texts)  # missing, -1, becomes the last
        counts = np.bincount(codes, minlength=len(texts))
        kept = np.argsort(-counts, kind="stable")[: min(MOST_LABELS, int((counts > 0).sum()))]
        if left := int((counts > 0).sum()) - len(kept):
            caps[f"values of {secret} that the inference model cannot guess"] = float(left)
        use = np.isin(codes, kept)
        rows, answer = rows[use], codes[use]
        if len(kept) < 2:
            return np.full(len(targets), texts[kept[0]] if len(kept) else MISSING, dtype=object), caps
        tree = DecisionTreeClassifier(min_samples_leaf=LEAF, random_state=int(rng.integers(2**31)))
        matrix, asked = _matrices(released.take(rows), targets, known)
        return texts[tree.fit(matrix, answer).predict(asked)], caps
    answer = numbers(released, secret)[rows]
    present = ~np.isnan(answer)
    if 2 * present.sum() < max(len(rows), 1):
        return np.full(len(targets), np.nan), caps
    rows, answer = rows[present], answer[present]
    # Half the range as the unit: squares of huge numbers must stay finite.
    middle, unit = answer.max() / 2 + answer.min() / 2, answer.max() / 2 - answer.min() / 2
    if unit == 0:
        return np.full(len(targets), middle), caps
    tree = DecisionTreeRegressor(min_samples_leaf=LEAF, random_state=int(rng.integers(2**31)))
    matrix, asked = _matrices(released.take(rows), targets, known)
    tree.fit(matrix, (answer - middle) / unit)
    return np.asarray(middle + tree.predict(asked) * unit), caps


def _matrices(released: Table, targets: Table, known: tuple[str, ...]) -> tuple[Labels, Labels]:
    """Return the known columns of both as numbers; whatever their role, they are inputs here."""
    tables = []
    for table in (released, targets):
        columns = [table.schema[name] for name in known]
        inputs = tuple(
            replace(column, role=Role.FEATURE, kind=Kind.CATEGORICAL if column.kind is Kind.TEXT else column.kind)
            for column in columns
        )
        kept = {name: meaning for name, meaning in table.meanings.items() if name in known}
        tables.append(Table(table.frame[list(known)], Schema(inputs), kept))
    encoder = Encoder.fit(tables[0], ordinal=True)
    return encoder.transform(tables[0]), encoder.transform(tables[1])
