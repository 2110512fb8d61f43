"""Mechanisms that break their claim on purpose, and two of diffprivlib without our guards."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.params import FloatRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, PublicFacts, Stage, Technique
from core.techniques.diffprivlib_guard import random_state
from core.techniques.dp_logistic_regression import DPLogisticRegression

COLUMNS = (
    Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 10_000)),
    Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("a", "b")),
)
FACTS = PublicFacts(people=20, classes=("a", "b"))


def table_of(x, y):
    return Table.build(pd.DataFrame({"x": [float(v) for v in x], "y": list(y)}), Schema(COLUMNS))


def numbers(table):
    return table.frame[["x"]].to_numpy(), (table.frame["y"].astype(str) == "b").to_numpy().astype(int)


@dataclass(frozen=True, kw_only=True)
class Suspect(Technique):
    """A mechanism for audits: claims `epsilon` for replacing one person."""

    key: ClassVar[str] = "suspect"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    epsilon: float = param(1.0, FloatRange(low=0.01, high=100))

    def guarantee(self, schema, facts):
        return Guarantee(kind="claimed", epsilon=self.epsilon, neighbours="replace_one")

    def pair(self, here, there, statistic: Callable[[Any], Any]) -> AuditPair:
        return AuditPair(
            technique=self, tables=(here, there), facts=FACTS, neighbours="replace_one", statistic=statistic, story="s"
        )


@dataclass(frozen=True, kw_only=True)
class LibraryLogistic(Suspect):
    """diffprivlib's logistic regression on two people, one at `norm` or at 0; its mathematics holds for norm 1 only."""

    norm: float = 100.0

    def train(self, rows, facts, rng):
        from diffprivlib.accountant import BudgetAccountant
        from diffprivlib.models import LogisticRegression

        x, y = numbers(rows)
        with BudgetAccountant(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "scipy.optimize: The `disp`", DeprecationWarning)
            return LogisticRegression(
                epsilon=self.epsilon, data_norm=self.norm, fit_intercept=False, tol=1e-10, max_iter=1000,
                random_state=random_state(rng),
            ).fit(x, y)  # fmt: skip

    def audit_pair(self):
        far, near = table_of([0, self.norm], "ab"), table_of([0, 0], "ab")
        return self.pair(far, near, lambda model: np.array([-abs(model.coef_[0, 0]), model.coef_[0, 0]]))


@dataclass(frozen=True, kw_only=True)
class LibraryBayes(Suspect):
    """diffprivlib's naive Bayes on years of birth; `shift` 1965 centres the bounds, as our guard does."""

    shift: float = 0.0

    def train(self, rows, facts, rng):
        from diffprivlib.accountant import BudgetAccountant
        from diffprivlib.models import GaussianNB

        x, y = numbers(rows)
        bounds = (1920 - self.shift, 2010 - self.shift)
        with BudgetAccountant():
            return GaussianNB(epsilon=self.epsilon, bounds=bounds, random_state=random_state(rng)).fit(
                x - self.shift, y
            )

    def audit_pair(self):
        tables = [table_of([1970] * 20, "a" * n + "b" * (20 - n)) for n in (10, 11)]

        def published(model):
            mean, count = model.theta_[0, 0] + self.shift, model.class_count_[0]
            inside = 1920 < mean < 2010
            return np.array([float(inside and count == 10), inside, count, mean])

        return self.pair(tables[0], tables[1], published)


@dataclass(frozen=True, kw_only=True)
class Response(Suspect):
    """Randomised response that really spends `spent`."""

    spent: float = 1.0

    def train(self, rows, facts, rng):
        told = rng.random() < 1 / (1 + math.exp(-self.spent))
        return (numbers(rows)[1][0] == 0) == told

    def audit_pair(self):
        return self.pair(table_of([1], "a"), table_of([1], "b"), lambda answer: np.array([float(answer)]))


@dataclass(frozen=True, kw_only=True)
class Overspent(Response):
    """Spends four times what it claims by default."""

    spent: float = 4.0


@dataclass(frozen=True, kw_only=True)
class Diary(Response):
    """Answers with nothing but its noise, so that a test can see whether two runs share any."""

    def train(self, rows, facts, rng):
        return rng.random()


@dataclass(frozen=True, kw_only=True)
class FixedNoise(DPLogisticRegression):
    """The same noise in every run."""

    def train(self, rows, facts, rng):
        return super().train(rows, facts, np.random.default_rng(7))


@dataclass(frozen=True, kw_only=True)
class HalfNoise(DPLogisticRegression):
    """Half the noise that the budget needs."""

    @property
    def noise(self):
        return super().noise / 2


@dataclass(frozen=True, kw_only=True)
class LooseIntercept(DPLogisticRegression):
    """Clips the weights of the columns and forgets the intercept."""

    def pull(self, problem, weights):
        clipped, whole = problem.gradient(weights, self.clip), problem.gradient(weights, 1e9)
        return np.vstack([whole[:1], clipped[1:]])


@dataclass(frozen=True, kw_only=True)
class ReplaceOne(DPLogisticRegression):
    """Claims for replacing a person the noise that is enough for adding one."""

    def audit_pair(self):
        pair = super().audit_pair()
        other = pair.tables[0].frame.assign(
            y=pd.Categorical(["no"] * len(pair.tables[0]), categories=pd.Index(["no"], dtype=object))
        )
        return replace(pair, tables=(pair.tables[0], Table(other, pair.tables[0].schema)), neighbours="replace_one")
