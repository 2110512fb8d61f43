"""Linear regression trained with differential privacy: the target's noisy histogram, then clipped, noisy gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import FloatRange, param
from core.privacy.delta import refused_delta, warned_delta
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta, tpr_bound
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, PublicFacts, Stage, Technique
from core.techniques.marginals_domain import axes_of, kept_schema, why_no_cells
from core.techniques.private_line import ClippedErrors, PrivateLine, TargetUnit
from core.techniques.public_encoding import PublicEncoder, public_assumptions

_ROUNDING = 1 - 1e-9
"""People count this much less than 1, so that rounding never lifts a sum over its bound."""


@dataclass(frozen=True, kw_only=True)
class DPLinearRegression(Technique):
    """Train linear regression so that no single person can change it much, and hide the rest in noise.

    Mechanism: the target, cut to its public bounds, is counted in public bins, with Gaussian noise of standard
    deviation 1 / mu1 on every count; what remains of the histogram above the noise gives the target's mean and spread,
    and the target is centred there, divided by `WIDTH` spreads and cut to [-1, 1]. Then, `STEPS` times, the squared
    error's gradient of every row is clipped to L2 norm `clip`, averaged over the rows of its person and added up;
    Gaussian noise of standard deviation `clip` * sqrt(`STEPS`) / mu2 is added to every coordinate, and the weights
    take a step along the sum divided by the *public* number of people. The model is the mean of the last half of the
    steps. One person more or less moves the histogram by 1 and each sum by `clip` at most, so all together is exactly
    mu-GDP with mu^2 = mu1^2 + mu2^2, the largest mu that is (epsilon, delta)-DP. A tenth of mu^2 is the histogram's.

    Noisy sufficient statistics (least squares in one go) were measured beside it: with a hundred features their noise
    costs more, below epsilon 1 far more. Without the histogram a target that uses little of its bounds drowns in noise.

    Parameters
    ----------
    epsilon, delta : float
        The budget of the model, for adding or removing one person. `delta` is warned of from 1 / people on and
        refused from 1 / sqrt(people) on.
    clip : float
        L2 norm to which a row's gradient is clipped: its error, at most 2 in the unit above, times the length of its
        features, about 2. A lower clip means less noise, and answers nearer to the median than to the mean.

    Guarantee
    ---------
    (epsilon, delta)-DP, in fact mu-GDP, of the model and of the noisy histogram; add/remove neighbours; the unit is
    the person where the schema has a person id, else the row.

    Examples
    --------
    >>> schema = Schema((
    ...     Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...     Column(name="pay", kind=Kind.NUMERIC, role=Role.TARGET, bounds=(0, 500)),
    ... ))
    >>> age = np.arange(2000) % 100
    >>> rows = Table.build(pd.DataFrame({"age": age, "pay": 100 + 2 * age}), schema)
    >>> model = DPLinearRegression(epsilon=3.0).train(
    ...     rows, PublicFacts(people=2000, classes=()), np.random.default_rng(0))
    >>> bool(np.abs(model.predict(rows) - rows.frame["pay"]).mean() < 20)
    True

    References
    ----------
    M. Abadi et al., Deep learning with differential privacy, CCS 2016 (arXiv 1607.00133): clipping and noise; here
    with everybody in every step. J. Dong, A. Roth, W. Su, Gaussian differential privacy, 2019 (1905.02383):
    composition. Y.-X. Wang, Revisiting differentially private linear regression, UAI 2018 (1803.02596): the
    alternative of noisy sufficient statistics.
    """

    key: ClassVar[str] = "dp_linear_regression"
    title: ClassVar[str] = "Private linear regression"
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

    HISTOGRAM: ClassVar[float] = 0.1
    """Share of mu^2 for the target's histogram."""
    WIDTH: ClassVar[float] = 3.0
    """Spreads on each side of the mean that the model can answer; targets further out count as this far."""
    STEPS: ClassVar[int] = 120
    MOMENTUM: ClassVar[float] = 0.9
    SCALE: ClassVar[float] = 2.0
    """Norm of a row whose every column gives norm 1, the constant left out."""
    TRAVEL: ClassVar[float] = 0.25
    """rate * STEPS / (1 - momentum) * clip * scale**2 / (mu2 * people): steps shorten as noise grows."""
    CURVATURE: ClassVar[float] = 3.0
    """rate * (largest squared norm of a row) never exceeds this; above 2 (1 + momentum) steps would overshoot."""

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
        """Refuse classes to predict, a table without public knowledge (of the target too), and too large a delta."""
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
    def count_noise(self) -> float:
        """Standard deviation of the noise on each count of the target's histogram."""
        return 1 / (self.mu * math.sqrt(self.HISTOGRAM))

    @property
    def noise(self) -> float:
        """Standard deviation of the noise on each coordinate of the clipped sum, in each step."""
        return self.clip * math.sqrt(self.STEPS / (1 - self.HISTOGRAM)) / self.mu

    def rate(self, people: float, encoder: PublicEncoder) -> float:
        """Return the length of a step, from public numbers alone."""
        longest = 1 + sum(1 if c.kind == "category" else 3 if c.wide else 2 for c in encoder.columns)
        most = self.SCALE**2 / max(len(encoder.columns), 1) * longest
        travel = self.TRAVEL * self.mu * math.sqrt(1 - self.HISTOGRAM) * people * (1 - self.MOMENTUM) / self.STEPS
        return min(travel / (self.SCALE**2 * self.clip), self.CURVATURE / most)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the guarantee of the model, with the best attack that it leaves possible."""
        mu, target = self.mu, schema.target
        # The target's bounds are public knowledge like those of every input.
        known = schema if target is None else schema.changed(replace(schema[target], role=Role.FEATURE))
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
                *public_assumptions(known, facts),
                "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise "
                "from the operating system.",
                "Gaussian noise in floating-point numbers: the last bits of the weights are not covered, so publish "
                "rounded weights or answers.",
            ),
        )

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> PrivateLine:
        """Train on these rows; zero rows are enough. What it gives has `predict`: numbers are no probabilities.

        Raises
        ------
        UserError
            When a column or the target has no public bounds or categories, or there is no target.
        """
        _, axis = axes_of(kept_schema(rows.schema), facts)
        if axis is None:
            raise UserError(f"{self.key} predicts a target", got="none", do="Give a column the role target.")
        values, missing = axis.public.read(rows)
        rows, values = rows.take(~missing), values[~missing]
        shares = _ROUNDING / np.bincount(rows.persons)[rows.persons] if len(rows) else np.zeros(0)
        known = np.bincount(axis.read(rows), weights=shares, minlength=axis.bins)
        counts = known + rng.normal(0.0, self.count_noise, axis.bins)
        unit = TargetUnit.of(axis, counts, self.count_noise, facts.people, self.WIDTH)

        encoder = PublicEncoder.for_table(rows, facts)
        scale = self.SCALE / math.sqrt(max(len(encoder.columns), 1))
        people = ClippedErrors.of(encoder.sparse(rows) * scale, unit.of_values(values), shares)
        weights = np.zeros(encoder.size)
        velocity, total = np.zeros_like(weights), np.zeros_like(weights)
        noise, rate, kept = self.noise, self.rate(facts.people, encoder), self.STEPS // 2
        for step in range(self.STEPS):
            pull = self.pull(people, weights) + rng.normal(0.0, noise, weights.shape)
            velocity = self.MOMENTUM * velocity + pull / facts.people
            weights = weights - rate * velocity
            if step >= self.STEPS - kept:
                total += weights
        return PrivateLine(encoder, scale * total / kept, unit, counts)

    def pull(self, people: ClippedErrors, weights: Labels) -> Labels:
        """Return what the people together pull at the weights before noise; one person moves it by `clip` at most."""
        return people.gradient(weights, self.clip)

    def audit_pair(self) -> AuditPair:
        """Return nobody, and one person in the last bin who pulls the same way as hard as the clip allows.

        Steps are divided by so large a public number that the weights stay near 0 and the pull what it was. Their
        mean weighs the pulls unequally, so that all together they show .9 of mu.
        """
        columns = (
            Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 1)),
            Column(name="y", kind=Kind.NUMERIC, role=Role.TARGET, bounds=(0, 1)),
        )
        table = Table.build(pd.DataFrame({"x": [1.0], "y": [1.0]}), Schema(columns))
        facts = PublicFacts(people=1e6, classes=())
        technique = replace(self, clip=min(self.clip, 1.0))
        steps = np.arange(self.STEPS)
        later = np.maximum(steps[self.STEPS - self.STEPS // 2 :, None] - steps + 1, 0)
        weight = ((1 - self.MOMENTUM**later) / (1 - self.MOMENTUM)).mean(axis=0)  # of each step's pull in the model
        rate = technique.rate(facts.people, PublicEncoder.for_table(table, facts))
        unit = rate / facts.people * self.SCALE * math.sqrt(3)  # three features of this person are not 0
        budget = DPLinearRegression(epsilon=self.epsilon, delta=self.delta, clip=technique.clip)
        spread = budget.noise / budget.clip * math.sqrt((weight**2).sum()) / weight.sum()

        def told(model: Any) -> Labels:
            pulled, counted = model.weights[:3].sum() / (unit * technique.clip * weight.sum()), model.counts[-1]
            sure = pulled / spread**2 + counted / budget.count_noise**2
            return np.concatenate([[sure, pulled, counted], model.weights, model.counts])

        return AuditPair(
            technique=technique,
            tables=(table, table.take(np.zeros(1, dtype=bool))),
            facts=facts,
            neighbours="add_remove",
            statistic=told,
            story="one person whose every gradient is clipped, all in one direction, against nobody",
        )
