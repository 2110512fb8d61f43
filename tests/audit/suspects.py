"""Mechanisms that break their claim on purpose, and diffprivlib's without one of our guards."""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.params import FloatRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, PublicFacts, Stage, Technique
from core.techniques.diffprivlib_guard import audit_table, fit_guarded, random_state
from core.techniques.dp_forest import DPForest, _Dealer
from core.techniques.dp_logistic_regression import DPLogisticRegression
from core.techniques.dp_naive_bayes import DPNaiveBayes

COLUMNS = (
    Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 10_000)),
    Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("a", "b")),
)
FACTS = PublicFacts(people=20, classes=("a", "b"))


def table_of(x, y):
    return Table.build(pd.DataFrame({"x": [float(v) for v in x], "y": list(y)}), Schema(COLUMNS))


@lru_cache(maxsize=4)
def numbers(table):
    """The two columns as arrays; an audit runs on the same two tables hundreds of times."""
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
        return self.told(rows, rng)

    def told(self, rows, rng):
        truth = rng.random() < 1 / (1 + math.exp(-self.spent))
        return (numbers(rows)[1][0] == 0) == truth

    def audit_pair(self):
        return self.pair(table_of([1], "a"), table_of([1], "b"), lambda answer: np.array([float(answer)]))


@dataclass(frozen=True, kw_only=True)
class Overspent(Response):
    """Spends four times what it claims by default."""

    spent: float = 4.0


@dataclass(frozen=True, kw_only=True)
class Honest(Response):
    """Spends exactly what it claims, whatever that is."""

    def train(self, rows, facts, rng):
        return replace(self, spent=self.epsilon).told(rows, rng)


@dataclass(frozen=True, kw_only=True)
class Diary(Response):
    """Answers with nothing but its noise, so that a test can see whether two runs share any."""

    def train(self, rows, facts, rng):
        return rng.random()


@dataclass(frozen=True, kw_only=True)
class Quick(DPLogisticRegression):
    """Fewer steps with less noise each, for the same mu: a model in a tenth of the time."""

    STEPS: ClassVar[int] = 12


@dataclass(frozen=True, kw_only=True)
class FixedNoise(Quick):
    """The same noise in every run."""

    def train(self, rows, facts, rng):
        return super().train(rows, facts, np.random.default_rng(7))


@dataclass(frozen=True, kw_only=True)
class HalfNoise(Quick):
    """Half the noise that the budget needs."""

    @property
    def noise(self):
        return super().noise / 2


@dataclass(frozen=True, kw_only=True)
class LooseIntercept(Quick):
    """Clips the weights of the columns and forgets the intercept."""

    def pull(self, problem, weights):
        clipped, whole = problem.gradient(weights, self.clip), problem.gradient(weights, 1e9)
        return np.vstack([whole[:1], clipped[1:]])


@dataclass(frozen=True, kw_only=True)
class ReplaceOne(Quick):
    """Claims for replacing a person the noise that is enough for adding one."""

    def audit_pair(self):
        pair = super().audit_pair()
        other = pair.tables[0].frame.assign(
            y=pd.Categorical(["no"] * len(pair.tables[0]), categories=pd.Index(["no"], dtype=object))
        )
        return replace(pair, tables=(pair.tables[0], Table(other, pair.tables[0].schema)), neighbours="replace_one")


@dataclass(frozen=True, kw_only=True)
class BlockForest(DPForest):
    """diffprivlib's own forest: it deals rows out in blocks, so one person more moves others between the trees."""

    DEPTH: ClassVar[int] = 4
    trees: int = 12

    def train(self, rows, facts, rng):
        from diffprivlib.models import RandomForestClassifier

        return fit_guarded(
            lambda bounds, state: RandomForestClassifier(
                n_estimators=self.trees, epsilon=self.epsilon, bounds=bounds, classes=np.arange(2),
                max_depth=self.DEPTH, shuffle=True, random_state=state,
            ),
            rows, facts, rng,
        )  # fmt: skip

    def audit_pair(self):
        """Of 1 to 13 equal people in 12 trees, 6 and one more are told apart best."""
        tables = [audit_table([1.0] * people, ["a"] * people) for people in (6, 7)]
        fewer, more = (block_chances(people, self.trees, self.epsilon) for people in (6, 7))
        surprise = np.log(fewer / more)

        def votes(model):
            against = self.against(model)
            return np.concatenate([[surprise[int(against[0] @ 2 ** np.arange(self.trees)[::-1])]], against.ravel()])

        return AuditPair(
            technique=self, tables=(tables[0], tables[1]), facts=PublicFacts(people=6, classes=("a", "b")),
            neighbours="add_remove", statistic=votes, story="s",
        )  # fmt: skip

    def against(self, model):
        """Whether each tree votes for the other class where the people and where the invented rows stand."""
        places = np.array([[1.0], [0.0]], dtype=np.float32)
        return np.array([tree.tree_.predict(places).reshape(2, -1)[:, 1] for tree in model.estimator.estimators_]).T


@dataclass(frozen=True, kw_only=True)
class BlockVotes(BlockForest):
    """The same with its votes drawn straight from their distribution, which takes a hundredth of the time."""

    def train(self, rows, facts, rng):
        chosen = rng.permutation(len(rows) + 2)[: len(rows)]
        counts = np.bincount(blocks(len(rows) + 2, self.trees)[chosen], minlength=self.trees)
        return rng.random((2, self.trees)) < np.array([np.exp(-counts * self.epsilon), np.ones(self.trees)]) / 2

    def against(self, model):
        return model.astype(float)


def blocks(rows, trees):
    """The tree of each place in the shuffled order, as diffprivlib deals rows out."""
    return (np.arange(rows) // (rows / trees)).astype(int)


def block_chances(people, trees, epsilon):
    """Chance of every pattern of votes where the people stand, the first tree the highest bit, dealt in blocks.

    A tree with c of them votes for the other class with probability e^(-c epsilon) / 2; invented rows are dealt too.
    """
    patterns = np.arange(2**trees)[:, None] >> np.arange(trees)[::-1] & 1
    rows = people + 2
    block = blocks(rows, trees)
    found = []
    for invented in combinations(range(rows), 2):
        wrong = np.exp(-np.bincount(np.delete(block, invented), minlength=trees) * epsilon) / 2
        found.append(np.where(patterns == 1, wrong, 1 - wrong).prod(axis=1))
    return np.mean(found, axis=0)


@dataclass(frozen=True, kw_only=True)
class SharedRows(DPForest):
    """A forest whose every tree is grown on everybody, at the whole epsilon."""

    def train(self, rows, facts, rng):
        def build(bounds, state):
            dealer = _Dealer(1, self.epsilon, 4, bounds, 2, state)
            return _Together([dealer] * self.trees)

        return fit_guarded(build, rows, facts, rng)

    def audit_pair(self):
        return replace(super().audit_pair(), technique=replace(self, trees=2))


class _Together:
    def __init__(self, dealers):
        self.dealers = dealers

    def fit(self, features, target):
        grown = [dealer.fit(features, target) for dealer in self.dealers]
        return replace(grown[0], trees=tuple(tree for forest in grown for tree in forest.trees))


@dataclass(frozen=True, kw_only=True)
class CountsThatAddUp(DPNaiveBayes):
    """diffprivlib's own naive Bayes behind guards: its noisy class counts add up to the exact number of rows."""

    def train(self, rows, facts, rng):
        from diffprivlib.models import GaussianNB

        return fit_guarded(
            lambda bounds, state: GaussianNB(epsilon=self.epsilon, bounds=bounds, random_state=state), rows, facts, rng
        )

    def audit_pair(self):
        places = [-0.5] * 20 + [1.0]
        table = audit_table(places, ["b"] * len(places))

        def told(model):
            counts = model.estimator.class_count_
            return np.array([-counts.sum(), *counts])

        return AuditPair(
            technique=self,
            tables=(table.take(np.arange(20)), table),
            facts=PublicFacts(people=20, classes=("a", "b")),
            neighbours="add_remove",
            statistic=told,
            story="20 people, and one more",
        )


@dataclass(frozen=True, kw_only=True)
class GreedyBayes(DPNaiveBayes):
    """Spends three times what it claims."""

    def train(self, rows, facts, rng):
        return DPNaiveBayes(epsilon=3 * self.epsilon).train(rows, facts, rng)
