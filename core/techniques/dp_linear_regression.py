"""Linear regression from noisy sums: one matrix of products is published, and the weights are worked out from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table, target_values
from core.params import FloatRange, param
from core.privacy.delta import refused_delta, warned_delta
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta, tpr_bound
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, PublicFacts, Stage, Technique
from core.techniques.marginals_domain import axes_of, kept_schema, why_no_cells
from core.techniques.public_encoding import PublicEncoder, public_assumptions

_ROUNDING = 1 - 1e-9
"""People are clipped by this much more than asked, so that rounding never lifts a sum over the bound."""


@dataclass(frozen=True, kw_only=True)
class DPLinearRegression(Technique):
    """Publish the sums of products that least squares needs, with noise, and predict from those alone.

    Mechanism: every row becomes z, its publicly encoded features beside the target on [-1, 1] (by its public bounds).
    All rows of a person are scaled down together until their squared lengths add up to `clip` at most; then the
    matrix of the sum of z z' changes by `clip` at most in Frobenius norm when a person comes or goes. Gaussian noise
    of standard deviation `clip` / mu is added to the diagonal, and over the square root of 2 to every other entry,
    which is the same noise in every direction of symmetric matrices: exactly mu-GDP, where mu is the largest that is
    (epsilon, delta)-DP.

    What follows costs nothing: negative eigenvalues are cut off, a ridge of `RIDGE` times the noise's largest
    eigenvalue holds back directions in which there is little but noise, and answers are kept inside the public bounds.

    Parameters
    ----------
    epsilon, delta : float
        The budget of the model, for adding or removing one person. `delta` is warned of from 1 / people on and
        refused from 1 / sqrt(people) on.
    clip : float
        Most that the squared length of a person's rows may add up to. A row of ordinary values has about 1 to 2.

    Guarantee
    ---------
    (epsilon, delta)-DP, in fact mu-GDP, of the model; add/remove neighbours; the unit is the person where the schema
    has a person id, else the row.

    Examples
    --------
    >>> schema = Schema((
    ...     Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...     Column(name="pay", kind=Kind.NUMERIC, role=Role.TARGET, bounds=(0, 1000)),
    ... ))
    >>> rows = Table.build(pd.DataFrame({"age": [20, 80] * 500, "pay": [200, 800] * 500}), schema)
    >>> model = DPLinearRegression(epsilon=3.0).train(
    ...     rows, PublicFacts(people=1000, classes=()), np.random.default_rng(0)
    ... )
    >>> low, high = model.predict(rows.take(np.array([0, 1])))
    >>> bool(low < 350), bool(high > 650)
    (True, True)

    References
    ----------
    Y.-X. Wang, Revisiting differentially private linear regression, UAI 2018 (arXiv 1803.02596): noisy sufficient
    statistics with a ridge as wide as the noise; here with a constant ridge, so that the whole budget goes to the
    sums. J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019 (arXiv 1905.02383).
    """

    key: ClassVar[str] = "dp_linear_regression"
    title: ClassVar[str] = "Private linear regression"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    dial: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.3, 1.0, 3.0, 10.0)
    stops: ClassVar[str] = (
        "Stops anybody who sees the model from telling whether one person was in the data, up to the bound that "
        "epsilon sets; it does not stop conclusions that hold for everybody, nor does it protect rows released beside "
        "the model."
    )

    RIDGE: ClassVar[float] = 0.35

    epsilon: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Lower protects more and needs more people.")
    )
    delta: float = param(
        1e-5, FloatRange(low=1e-12, high=1e-2, log=True, help="Chance that epsilon fails; far below 1 / people.")
    )
    clip: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Most that one person's rows may weigh in the sums.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse classes to predict, a table without public knowledge, and a delta that allows publishing rows."""
        if schema.target is None:
            return f"{self.key} predicts a target, and no column has the role target"
        if facts.classes or schema[schema.target].kind is not Kind.NUMERIC:
            return f"{self.key} predicts numbers; this target has classes"
        return why_no_cells(self.key, kept_schema(schema), facts) or refused_delta(self.delta, facts.people)

    @property
    def mu(self) -> float:
        """The GDP parameter that the budget buys."""
        return mu_from_epsilon_delta(self.epsilon, self.delta)

    @property
    def noise(self) -> float:
        """Standard deviation of the noise in every direction of symmetric matrices."""
        return self.clip / self.mu

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
                *public_assumptions(kept_schema(schema), facts),
                "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise "
                "from the operating system.",
                "Gaussian noise in floating-point numbers: the last bits of the weights are not covered, so publish "
                "rounded weights or answers.",
            ),
        )

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> NoisyLine:  # type: ignore[override]
        """Train on these rows; zero rows are enough. What it gives has `predict`: numbers are no probabilities.

        Raises
        ------
        UserError
            When a column has no public bounds or categories.
        """
        _, target = axes_of(kept_schema(rows.schema), facts)
        low, high = (target.public.low, target.public.high) if target is not None else (0.0, 0.0)
        encoder = PublicEncoder.for_table(rows, facts)
        scale = 1 / math.sqrt(max(len(encoder.columns), 1))
        line = NoisyLine(encoder, scale, low, high, np.zeros((0, 0)), np.zeros(0))
        sums = self.sums(line.points(rows), rows.persons)
        size = len(sums)
        drawn = np.triu(rng.normal(0.0, self.noise / math.sqrt(2), (size, size)), 1)
        published = sums + drawn + drawn.T + np.diag(rng.normal(0.0, self.noise, size))
        return NoisyLine(encoder, scale, low, high, published, self.solved(published))

    def sums(self, points: Labels, persons: Labels) -> Labels:
        """Return the sum of z z' after clipping; one person moves it by `clip` at most, in Frobenius norm.

        The norm of a sum of products is at most the sum of the squared lengths.
        """
        weights = np.bincount(persons, weights=(points**2).sum(axis=1)) if len(points) else np.zeros(0)
        bound = self.clip * _ROUNDING
        kept = points * np.sqrt(bound / np.maximum(weights, bound))[persons][:, None] if len(points) else points
        found: Labels = kept.T @ kept
        return found

    def solved(self, published: Labels) -> Labels:
        """Return weights from the published sums alone."""
        inputs = len(published) - 1
        values, directions = np.linalg.eigh(published[:-1, :-1])
        # The largest eigenvalue of such noise is about its standard deviation times sqrt(2 x size).
        ridge = self.RIDGE * self.noise * math.sqrt(2 * inputs)
        found: Labels = directions @ ((directions.T @ published[:-1, -1]) / (np.maximum(values, 0.0) + ridge))
        return found

    def audit_pair(self) -> AuditPair:
        """Return nobody, and one person with rows enough for the clip to bind."""
        columns = (
            Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 1)),
            Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET, bounds=(0, 1)),
            Column(name="person", kind=Kind.TEXT, role=Role.IGNORED),
        )
        rows = math.ceil(self.clip) + 1
        raw = pd.DataFrame({"x": np.ones(rows), "y": np.ones(rows), "person": ["one"] * rows})
        table = Table.build(raw, Schema(columns, "person"))

        def told(model: Any) -> Labels:
            one = model.points(table)[:1]
            along = float((one @ model.published @ one.T).item()) / float((one**2).sum())
            return np.concatenate([[along / self.clip], model.published[np.triu_indices(len(model.published))]])

        return AuditPair(
            technique=self,
            tables=(table, table.take(np.zeros(rows, dtype=bool))),
            facts=PublicFacts(people=2, classes=()),
            neighbours="add_remove",
            statistic=told,
            story="one person whose rows are clipped, against nobody",
        )


@dataclass(frozen=True, eq=False)
class NoisyLine:
    """Weights on publicly encoded features, and the published sums that they come from.

    Parameters
    ----------
    encoder : PublicEncoder
    scale : float
        By which features are multiplied.
    low, high : float
        Public bounds of the target.
    published : array, shape (features + 1, features + 1)
    weights : array, shape (features,)
    """

    encoder: PublicEncoder
    scale: float
    low: float
    high: float
    published: Labels
    weights: Labels

    def points(self, rows: Table) -> Labels:
        """Return features and target of rows on their public scales, shape (rows, features + 1)."""
        if not len(rows):
            return np.zeros((0, self.encoder.size + 1))
        span = max(self.high - self.low, 1e-300)
        target = 2 * (np.clip(target_values(rows), self.low, self.high) - self.low) / span - 1
        return np.column_stack([self.encoder.encode(rows) * self.scale, target])

    def predict(self, table: Table) -> Labels:
        """Return predictions inside the public bounds, shape (rows,)."""
        unit = np.clip(np.asarray(self.encoder.sparse(table) @ self.weights).ravel() * self.scale, -1.0, 1.0)
        found: Labels = self.low + (unit + 1) / 2 * (self.high - self.low)
        return found
