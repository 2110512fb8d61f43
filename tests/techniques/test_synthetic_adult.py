"""What models trained on invented census rows reach on real people: trees, copula, private tables.

Adult without fnlwgt, 45,222 complete rows: the first 36,000 are learned from, the rest tests; logistic regression;
means of five seeds, whose spread of one seed is about .001 (AUC), .002 (accuracy) and .0005 (distance).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Bare
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from core.data.schema import Role, Schema
from core.data.table import Table
from core.models.logistic_regression import LogisticRegression
from core.techniques.base import PublicFacts
from core.techniques.dp_marginals import DPMarginals
from core.techniques.gaussian_copula import GaussianCopula
from core.techniques.invented import copied
from core.techniques.sequential_trees import SequentialTrees
from core.tradeoff.bench import public_domains
from core.tradeoff.study import load_study

_SAMPLES = Path(__file__).parents[2] / "sample_data"
_LEARNED = 36_000
_BINS = 20
CLASSES = ("<=50K", ">50K")
LIMITS = {"sequential_trees": 25, "gaussian_copula": 12, "dp_marginals": 10}
"""Times a plain logistic regression, which takes .06 s where these take .6, .2 and .1 s: tripwires for slow paths."""


@cache
def census() -> Table:
    _, table = load_study(_SAMPLES / "adult.toml")
    columns = (replace(c, role=Role.FEATURE) if c.name == "education-num" else c for c in table.schema.columns)
    return Table(table.frame, Schema(tuple(columns)))


@cache
def learned() -> Table:
    return census().take(np.arange(_LEARNED))


@cache
def others() -> Table:
    return census().take(np.arange(_LEARNED, len(census())))


@cache
def facts() -> PublicFacts:
    return PublicFacts(people=_LEARNED, classes=CLASSES, assume_public_domain=True, domains=public_domains(census()))


def binned(table: Table, name: str) -> tuple[np.ndarray, int]:
    """Categories as they are; numbers in 20 bins of equal width between the real ends; a gap is one more."""
    cells = table.frame[name]
    if cells.dtype.kind != "f":
        listed = census().schema[name].categories or ()
        place = {v: code for code, v in enumerate(dict.fromkeys((*listed, *learned().frame[name].cat.categories)))}
        return np.array([place.get(value, len(place)) for value in cells], dtype=np.int64), len(place) + 1
    ends = np.linspace(learned().frame[name].min(), learned().frame[name].max(), _BINS + 1)
    found = np.clip(np.searchsorted(ends, cells, side="right") - 1, 0, _BINS - 1)
    return np.where(np.isnan(cells), _BINS, found), _BINS + 1


def distance(made: Table) -> float:
    """The total variation between two-way tables of real and invented rows, averaged over all pairs of columns."""
    names = learned().schema.names
    real, new = ({name: binned(table, name) for name in names} for table in (learned(), made))
    found = []
    for one, two in combinations(names, 2):
        size = real[one][1] * real[two][1]
        shares = [
            np.bincount(side[one][0] * real[two][1] + side[two][0], minlength=size) / len(side[one][0])
            for side in (real, new)
        ]
        found.append(np.abs(shares[0] - shares[1]).sum() / 2)
    return float(np.mean(found))


@dataclass(frozen=True, kw_only=True)
class Reached:
    auc: float
    accuracy: float
    distance: float
    copies: float
    seconds: float


def reached(technique, table: Table) -> Reached:
    """Means over five seeds (seconds: the quickest, which other work on the machine disturbs least)."""
    truth = (others().frame["income"] == ">50K").to_numpy()
    found = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        started = time.process_time()
        made = technique.protect(table, facts(), rng).table
        seconds = time.process_time() - started
        made = Table(made.frame, census().schema)  # where income was a feature, it is the target again
        answer = LogisticRegression().fit(made, CLASSES, rng).predict_proba(others())[:, 1]
        copies = copied(table.frame, made.frame, made.schema.names).mean()
        right = ((answer > 0.5) == truth).mean()
        found.append((roc_auc_score(truth, answer), right, distance(made), copies, seconds))
    *means, _ = np.mean(found, axis=0)
    quickest = min(row[-1] for row in found)
    print(technique.key, np.round(means, 4), f"{quickest:.2f} s, logistic regression {bare_fit():.2f} s")
    return Reached(auc=means[0], accuracy=means[1], distance=means[2], copies=means[3], seconds=quickest)


@cache
def bare_fit() -> float:
    """Seconds of one plain logistic regression on the real rows: how quick this machine is at the moment."""
    names = learned().schema.model_inputs
    parts = [learned().frame[name] for name in names]
    coded = [p.to_numpy() if p.dtype.kind == "f" else p.cat.codes.to_numpy(np.float64) for p in parts]
    inputs = StandardScaler().fit_transform(np.column_stack(coded))
    found = []
    for _ in range(5):
        started = time.process_time()
        Bare(max_iter=200).fit(inputs, learned().frame["income"].astype(str))
        found.append(time.process_time() - started)
    return float(np.median(found))


@pytest.mark.slow
def test_trees_keep_what_a_model_needs_and_copy_a_quarter_of_the_rows():
    found = reached(SequentialTrees(), learned())
    assert found.auc >= 0.900
    assert found.accuracy >= 0.842
    assert found.distance <= 0.013
    assert found.copies <= 0.26
    assert found.seconds < LIMITS["sequential_trees"] * bare_fit()


@pytest.mark.slow
def test_a_copula_for_each_class_of_the_target_keeps_what_a_model_needs():
    found = reached(GaussianCopula(), learned())
    assert found.auc >= 0.89
    assert found.accuracy >= 0.839  # the prototype reached .841 to .843
    assert found.distance <= 0.046
    assert found.copies <= 0.08  # 18 % of real unseen rows are equal to one that was learned from
    assert found.seconds < LIMITS["gaussian_copula"] * bare_fit()


@pytest.mark.slow
def test_a_copula_that_knows_no_target_keeps_most_of_it():
    columns = (replace(c, role=Role.FEATURE) if c.name == "income" else c for c in census().schema.columns)
    found = reached(GaussianCopula(), Table(learned().frame, Schema(tuple(columns))))
    assert found.auc >= 0.873
    assert found.seconds < LIMITS["gaussian_copula"] * bare_fit()


@pytest.mark.slow
def test_private_tables_keep_what_a_model_needs_at_epsilon_one():
    found = reached(DPMarginals(epsilon=1.0, delta=1e-5), learned())
    assert found.auc >= 0.885
    assert found.accuracy >= 0.832
    assert found.distance <= 0.035
    assert found.seconds < LIMITS["dp_marginals"] * bare_fit()


@pytest.mark.slow
def test_private_tables_keep_more_at_epsilon_three():
    assert reached(DPMarginals(epsilon=3.0, delta=1e-5), learned()).auc >= 0.89
