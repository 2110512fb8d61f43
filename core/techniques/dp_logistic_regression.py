"""Logistic regression trained with differential privacy: full-batch gradient descent with clipped, noisy steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import expit, softmax

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table, target_codes
from core.errors import UserError
from core.params import FloatRange, param
from core.privacy.delta import refused_delta, warned_delta
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta, tpr_bound
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, Predictor, PublicFacts, Stage, Technique
from core.techniques.public_encoding import PublicEncoder, public_assumptions, why_not_public

_ROUNDING = 1 - 1e-9
"""Gradients are clipped by this much more than asked, so that rounding never lifts a sum over the bound."""


@dataclass(frozen=True, kw_only=True)
class DPLogisticRegression(Technique):
    """Train logistic regression so that no single person can change it much, and hide the rest in noise.

    Mechanism: `STEPS` times, the gradient of every person (all their rows together, all weights and the intercept)
    is clipped to L2 norm `clip`; the clipped gradients are added up, Gaussian noise of standard deviation
    `clip` * sqrt(`STEPS`) / mu is added to every coordinate, and the weights take a step along the sum divided by
    the *public* number of people. The model is the mean of the last half of the steps. One person more or less moves
    a sum by `clip` at most, so each step is mu / sqrt(`STEPS`)-GDP and all together are exactly mu-GDP, where mu is
    the largest that is (epsilon, delta)-DP. Nothing is sampled, so there is no amplification to argue about.

    Steps, momentum, the scale of the features and the rule for the length of a step are constants, chosen once on
    several tables; nothing is tuned on the members. The length follows from public numbers alone: the noise by
    itself may carry a weight as far as `TRAVEL`, whatever the budget and the number of people.

    Features are made by public knowledge alone (`PublicEncoder`); two classes share one weight vector, more classes
    have one each (softmax).

    Parameters
    ----------
    epsilon, delta : float
        The budget of the model, for adding or removing one person. `delta` is warned of from 1 / people on and
        refused from 1 / sqrt(people) on.
    clip : float
        L2 norm to which a person's gradient is clipped. Gradients of a single row rarely exceed 2; a lower clip
        means less noise and more bias.

    Guarantee
    ---------
    (epsilon, delta)-DP, in fact mu-GDP, of the model; add/remove neighbours; the unit is the person where the schema
    has a person id, else the row.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Column, Kind, Role
    >>> schema = Schema((
    ...     Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...     Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    ... ))
    >>> rows = Table.build(pd.DataFrame({"age": [20, 80] * 500, "ill": ["no", "yes"] * 500}), schema)
    >>> facts = PublicFacts(people=1000, classes=("no", "yes"))
    >>> technique = DPLogisticRegression(epsilon=3.0)
    >>> model = technique.train(rows, facts, np.random.default_rng(0))
    >>> model.predict_proba(rows.take(np.array([0, 1]))).argmax(axis=1).tolist()
    [0, 1]
    >>> round(technique.guarantee(schema, facts).advantage_bound, 4)
    0.2808

    References
    ----------
    M. Abadi et al., Deep learning with differential privacy, CCS 2016 (arXiv 1607.00133): clipping and noise; here
    with every person in every step. J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019 (1905.02383):
    composition. B. Balle, Y.-X. Wang, Improving the Gaussian mechanism, ICML 2018 (1805.06530): noise scale.
    """

    key: ClassVar[str] = "dp_logistic_regression"
    title: ClassVar[str] = "Private logistic regression"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    dial: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.1, 0.3, 1.0, 3.0, 10.0)
    stops: ClassVar[str] = (
        "Stops anybody who sees the model from telling whether one person was in the data, up to the bound that "
        "epsilon sets; it does not stop conclusions that hold for everybody, nor does it protect rows released beside "
        "the model."
    )

    STEPS: ClassVar[int] = 120
    MOMENTUM: ClassVar[float] = 0.8
    SCALE: ClassVar[float] = 2.0
    """Norm of a row whose every column gives norm 1, the constant left out."""
    TRAVEL: ClassVar[float] = 3.5
    """rate * STEPS / (1 - momentum) * clip * scale**2 / (mu * people): steps shorten as noise grows."""
    LONGEST: ClassVar[float] = 10.0
    """The rate never exceeds this, which is what the curvature of the loss bears."""

    epsilon: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Lower protects more and needs more people.")
    )
    delta: float = param(
        1e-5, FloatRange(low=1e-12, high=1e-2, log=True, help="Chance that epsilon fails; far below 1 / people.")
    )
    clip: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Most that one person may pull at the model in a step.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a number to predict, a table without public knowledge, and a delta that allows publishing a row."""
        if schema.target is None:
            return f"{self.key} predicts a target, and no column has the role target"
        if not facts.classes:
            return f"{self.key} predicts classes; this target is a number"
        if reason := why_not_public(self.key, schema, facts):
            return reason
        return refused_delta(self.delta, facts.people)

    @property
    def mu(self) -> float:
        """The GDP parameter that the budget buys."""
        return mu_from_epsilon_delta(self.epsilon, self.delta)

    @property
    def noise(self) -> float:
        """Standard deviation of the noise on each coordinate of the clipped sum, in each step."""
        return self.clip * math.sqrt(self.STEPS) / self.mu

    def rate(self, people: float) -> float:
        """Return the length of a step, from public numbers alone."""
        travel = self.TRAVEL * self.mu * people * (1 - self.MOMENTUM) / self.STEPS
        return min(travel / (self.SCALE**2 * self.clip), self.LONGEST / min(self.clip, 1.0))

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the guarantee of the model, with the best attack that it leaves possible."""
        mu = self.mu
        return Guarantee(
            kind="dp",
            epsilon=self.epsilon,
            delta=self.delta,
            neighbours="add_remove",
            unit="row" if schema.person_id is None else "person",
            mu=mu,
            advantage_bound=advantage_bound(mu),
            tpr_at_1pct_bound=tpr_bound(mu, 0.01),
            assumptions=(
                "It covers the model and its answers, not rows or statistics released beside it.",
                *warned_delta(self.delta, facts.people),
                *public_assumptions(schema, facts),
                "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise "
                "from the operating system.",
                "Gaussian noise in floating-point numbers: the last bits of the weights are not covered, so publish "
                "rounded weights or answers.",
            ),
        )

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
        """Train on these rows; zero rows are enough.

        Raises
        ------
        UserError
            When a column has no public bounds or categories.
        """
        encoder = PublicEncoder.for_table(rows, facts)
        scale = self.SCALE / math.sqrt(max(len(encoder.columns), 1))
        problem = ClippedSum.of(encoder.sparse(rows) * scale, rows, facts.classes)
        weights = np.zeros((encoder.size, problem.logits))
        velocity, total = np.zeros_like(weights), np.zeros_like(weights)
        noise, rate, kept = self.noise, self.rate(facts.people), self.STEPS // 2
        for step in range(self.STEPS):
            pull = self.pull(problem, weights) + rng.normal(0.0, noise, weights.shape)
            velocity = self.MOMENTUM * velocity + pull / facts.people
            weights = weights - rate * velocity
            if step >= self.STEPS - kept:
                total += weights
        return LinearPredictor(encoder, scale * total / kept)

    def pull(self, problem: ClippedSum, weights: Labels) -> Labels:
        """Return what the people together pull at the weights before noise; one person moves it by `clip` at most."""
        return problem.gradient(weights, self.clip)

    def audit_pair(self) -> AuditPair:
        """Return nobody, and one person who pulls the same way as hard as the clip allows in every step.

        The person has enough equal rows for the clip to bind whatever the weights. The mean of the last half of the
        steps weighs their pulls by 1, then less and less, so the weights show .92 of mu, the most that this model
        gives away about a steady pull.
        """
        columns = (
            Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 1)),
            Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
            Column(name="person", kind=Kind.TEXT, role=Role.IGNORED),
        )
        rows = min(max(50, math.ceil(20 * self.clip)), 1000)
        raw = pd.DataFrame({"x": np.ones(rows), "y": ["yes"] * rows, "person": ["one"] * rows})
        table = Table.build(raw, Schema(columns, "person"))
        return AuditPair(
            technique=self,
            tables=(table, table.take(np.zeros(rows, dtype=bool))),
            facts=PublicFacts(people=2, classes=("no", "yes")),
            neighbours="add_remove",
            statistic=_weights,
            story="one person whose every gradient is clipped, all in one direction, against nobody",
        )


def _weights(model: Any) -> Labels:
    """Return the pull's direction, in which the audited person's features are all 1 but "missing", and all weights."""
    weights = np.asarray(model.weights).ravel()
    return np.concatenate([[weights[:3].sum()], weights])


@dataclass(frozen=True, eq=False)
class LinearPredictor:
    """Weights on publicly encoded features.

    Parameters
    ----------
    encoder : PublicEncoder
    weights : array, shape (features, 1) for two classes, else (features, classes)
    """

    encoder: PublicEncoder
    weights: Labels

    def predict_proba(self, table: Table) -> Labels:
        """Return probabilities, shape (rows, classes)."""
        return _probabilities(self.encoder.sparse(table) @ self.weights)


def _probabilities(logits: Labels) -> Labels:
    if logits.shape[1] == 1:
        return np.hstack([expit(-logits), expit(logits)])
    return np.asarray(softmax(logits, axis=1))


@dataclass(frozen=True, eq=False)
class ClippedSum:
    """The sum over people of their clipped gradient; adding or removing a person changes it by `clip` at most.

    Parameters
    ----------
    features, transposed : sparse arrays, shapes (rows, features) and (features, rows)
    wanted : boolean array, shape (rows, logits)
        The target as indicators (the second of two classes, or all of them).
    norms : array, shape (rows,)
        L2 norm of each row's features.
    persons : integer array, shape (rows,)
    several : tuple of arrays, or None
        For people with several rows, one entry per stored number of their features: (number, row, cell), where a
        cell is one feature of one person; then the person of every cell.
    """

    features: Any
    transposed: Any
    wanted: Labels
    norms: Labels
    persons: Labels
    several: tuple[Labels, Labels, Labels, Labels] | None

    @staticmethod
    def of(features: Any, rows: Table, classes: tuple[str, ...]) -> ClippedSum:
        """Prepare the sum for these rows; rows whose target is none of the classes take no part."""
        if len(classes) < 2:
            raise UserError("training needs two classes or more", got=str(len(classes)), do="Choose another target.")
        target = target_codes(rows, classes) if len(rows) else np.zeros(0, np.int64)
        persons = rows.persons
        if (target < 0).any():
            known = np.flatnonzero(target >= 0)
            features, target = features[known], target[known]
            persons = np.unique(persons[known], return_inverse=True)[1]
        wanted = target[:, None] == (np.ones((1, 1)) if len(classes) == 2 else np.arange(len(classes)))
        norms = np.sqrt(np.asarray(features.multiply(features).sum(axis=1)).ravel())
        count = np.bincount(persons) if len(persons) else np.zeros(0, np.int64)
        several = None
        if (count > 1).any():
            row = np.repeat(np.arange(len(persons)), np.diff(features.indptr))
            chosen = np.flatnonzero(count[persons[row]] > 1)
            row = row[chosen]
            pair = persons[row] * features.shape[1] + features.indices[chosen]
            pairs, cell = np.unique(pair, return_inverse=True)
            several = (features.data[chosen], row, cell, pairs // features.shape[1])
        return ClippedSum(features, features.T.tocsr(), wanted, norms, persons, several)

    @property
    def logits(self) -> int:
        """How many weight vectors there are: one for two classes."""
        return int(self.wanted.shape[1])

    def gradient(self, weights: Labels, clip: float) -> Labels:
        """Return the clipped sum, shape (features, logits)."""
        logits = self.features @ weights
        residual = (expit(logits) if self.logits == 1 else softmax(logits, axis=1)) - self.wanted
        length = self.norms * np.sqrt((residual**2).sum(axis=1))
        if self.several is not None:
            number, row, cell, person = self.several
            squares = np.zeros(len(person))
            for j in range(self.logits):
                squares += np.bincount(cell, weights=number * residual[row, j]) ** 2
            together = np.bincount(person, weights=squares)
            at = np.flatnonzero(np.bincount(person))
            lengths = np.full(int(self.persons.max()) + 1, -1.0)
            lengths[at] = np.sqrt(together[at])
            length = np.where(lengths[self.persons] >= 0, lengths[self.persons], length)
        bound = clip * _ROUNDING
        factor = bound / np.maximum(length, bound)
        return np.asarray(self.transposed @ (residual * factor[:, None]))
