"""Naive Bayes from noisy histograms: one whole-number count for every column, cell and class, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator
from scipy.special import softmax

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table, target_codes
from core.params import FloatRange, param
from core.privacy.curves import attack_bounds
from core.privacy.discrete_noise import discrete_laplace, noisy_best
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, Predictor, PublicFacts, Stage, Technique
from core.techniques.marginals_domain import Axis, axes_of, kept_schema, one_row_each
from core.techniques.marginals_measure import GROUPS_OF_LABELS, GROUPS_OF_NUMBER, grouped, merged, simplex
from core.techniques.public_encoding import public_assumptions, why_not_public


@dataclass(frozen=True, kw_only=True)
class DPNaiveBayes(Technique):
    """Publish noisy counts of every column's values in each class, and predict from those alone.

    Mechanism: every column is cut into cells by public knowledge alone (bins between public bounds, the public
    categories, one cell for "missing"), and for each column the people in every (cell, class) are counted. A person,
    of whom one row counts, is in one cell of each of the d histograms, so discrete Laplace noise of scale
    d / (.9 epsilon) on every count costs .9 epsilon. Naive Bayes counts evidence twice where columns say the same; how
    much of it to believe (all, or a share from `BELIEF`) is chosen by the exponential mechanism with the last tenth,
    scored by the sum over people of 1 - Brier score / 2, which one person moves by 1 at most.

    What follows is made of these published numbers and costs nothing: the sizes of the classes (weighed over the
    histograms), bins merged to groups of about equal mass and rare categories to one, counts projected to what they
    add up to, and shares drawn towards those of all classes together by as much as the noise is wide.

    Parameters
    ----------
    epsilon : float
        The budget of the model, for adding or removing one person.

    Guarantee
    ---------
    epsilon-DP (delta = 0) of the model and of all noisy counts; add/remove neighbours; the unit is the person where
    the schema has a person id, else the row. The bounds on attacks come from the composed curve of all histograms of
    the schema that the model is trained on.

    Examples
    --------
    >>> schema = Schema((
    ...     Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...     Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    ... ))
    >>> rows = Table.build(pd.DataFrame({"age": [20, 80] * 500, "ill": ["no", "yes"] * 500}), schema)
    >>> facts = PublicFacts(people=1000, classes=("no", "yes"))
    >>> model = DPNaiveBayes(epsilon=3.0).train(rows, facts, np.random.default_rng(0))
    >>> model.predict_proba(rows.take(np.array([0, 1]))).argmax(axis=1).tolist()
    [0, 1]

    References
    ----------
    J. Vaidya et al., Differentially private naive Bayes classification, WI-IAT 2013: histograms with noise; A. Ghosh,
    T. Roughgarden, M. Sundararajan, Universally utility-maximizing privacy mechanisms, STOC 2009 (arXiv 0811.2841):
    the noise; F. McSherry, K. Talwar, Mechanism design via differential privacy, FOCS 2007: the choice.
    """

    key: ClassVar[str] = "dp_naive_bayes"
    title: ClassVar[str] = "Private naive Bayes"
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

    COUNTS: ClassVar[float] = 0.9
    """Share of epsilon for the counts; the rest chooses how much of the evidence to believe."""
    BELIEF: ClassVar[tuple[float, ...]] = (1.0, 0.7, 0.5, 0.35, 0.25)
    """Weights of the evidence to choose from."""

    epsilon: float = param(1.0, FloatRange(low=0.01, high=100, log=True, help="Lower means more noise in every count."))

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table without a target of classes or without public knowledge."""
        if schema.target is None:
            return f"{self.key} predicts a target, and no column has the role target"
        if not facts.classes:
            return f"{self.key} predicts classes; this target is a number"
        return why_not_public(self.key, schema, facts)

    def scale(self, columns: int) -> float:
        """Return the scale of the noise on every count, when there are so many histograms."""
        return columns / (self.COUNTS * self.epsilon)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the guarantee of the model, with the best attack that it leaves possible."""
        several = ("Of every person one row, drawn at random, is counted.",) if schema.person_id is not None else ()
        advantage, rate = bounds(self.epsilon, max(1, len(schema.model_inputs)))
        return Guarantee(
            kind="dp",
            epsilon=self.epsilon,
            delta=0.0,
            neighbours="add_remove",
            unit="row" if schema.person_id is None else "person",
            advantage_bound=advantage,
            tpr_at_1pct_bound=rate,
            assumptions=(
                "It covers the model and its answers, not rows or statistics released beside it.",
                *public_assumptions(schema, facts),
                *several,
                "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise "
                "from the operating system.",
            ),
        )

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
        """Train on these rows; zero rows are enough.

        Raises
        ------
        UserError
            When a column has no public bounds or categories.
        """
        features, _ = axes_of(kept_schema(rows.schema), facts)
        chosen, classes = one_row_each(rows, rng), len(facts.classes)
        place = target_codes(chosen, facts.classes) if len(chosen) else np.zeros(0, dtype=np.int64)
        known = place >= 0
        cells = [axis.read(chosen)[known] for axis in features]
        sizes = [axis.size for axis in features]
        if not features:  # the classes alone: one histogram of one cell
            cells, sizes = [np.zeros(int(known.sum()), dtype=np.int64)], [1]
        noise = self.scale(len(cells))
        counts = tuple(
            np.bincount(at * classes + place[known], minlength=size * classes).reshape(size, classes)
            + discrete_laplace(noise, (size, classes), rng)
            for at, size in zip(cells, sizes, strict=True)
        )
        learned = Histograms.of(counts, features, noise)
        scores = learned.scores(cells, place[known], self.BELIEF)
        belief = self.BELIEF[noisy_best(scores, 2 / ((1 - self.COUNTS) * self.epsilon), rng)]
        return NoisyBayes(features, learned, belief)

    def audit_pair(self) -> AuditPair:
        """Return nobody, and one person: in an empty table nothing hides them but the noise."""
        columns = (
            *(Column(name=n, kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("a", "b")) for n in ("x", "z")),
            Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
        )
        table = Table.build(pd.DataFrame({"x": ["a"], "z": ["a"], "y": ["yes"]}), Schema(columns))

        def told(model: Any) -> Labels:
            counts = model.learned.counts
            near = [(abs(table[0, 1]) - abs(table[0, 1] - 1)) / self.scale(len(counts)) for table in counts]
            return np.concatenate([[sum(near), *near, model.belief], *(np.ravel(table) for table in counts)])

        return AuditPair(
            technique=self,
            tables=(table, table.take(np.zeros(1, dtype=bool))),
            facts=PublicFacts(people=1, classes=("no", "yes")),
            neighbours="add_remove",
            statistic=told,
            story="one person, in the same class and cell of two columns, against nobody",
            note="How much evidence is believed hardly depends on one person, so that its tenth of epsilon lies idle.",
        )


@lru_cache(maxsize=256)
def bounds(epsilon: float, columns: int) -> tuple[float, float]:
    """Return the largest advantage, and true-positive rate at 1 % false positives, that any attack can reach.

    The privacy-loss distributions of all histograms are composed, the choice counts as the worst mechanism of its
    epsilon, and the result is never above what epsilon allows by itself.

    Examples
    --------
    >>> alone, many = bounds(1.0, 1)[0], bounds(1.0, 12)[0]
    >>> many < alone < math.tanh(0.5)
    True
    """
    from dp_accounting.pld import common
    from dp_accounting.pld import privacy_loss_distribution as losses

    counts, rest = DPNaiveBayes.COUNTS * epsilon, (1 - DPNaiveBayes.COUNTS) * epsilon
    step = min(1e-3, counts / (50 * columns))
    one = losses.from_discrete_laplace_mechanism(counts / columns, value_discretization_interval=step)
    choice = losses.from_privacy_parameters(
        common.DifferentialPrivacyParameters(rest, 0), value_discretization_interval=step
    )
    advantage, rate = attack_bounds(one.self_compose(columns).compose(choice))
    plain = min(0.01 * math.exp(epsilon), 1 - 0.99 * math.exp(-epsilon))
    return min(advantage, math.tanh(epsilon / 2)), min(rate, plain)


@dataclass(frozen=True, kw_only=True, eq=False)
class Histograms:
    """What is published, and the probabilities made of it.

    Parameters
    ----------
    counts : tuple of integer array
        The noisy counts, for every column shape (cells, classes).
    prior : array, shape (classes,)
        Logarithm of the share of each class.
    shares : tuple of array
        For every column the logarithm of each cell's share in each class, shape (cells, classes), up to a constant.
    """

    counts: tuple[Labels, ...]
    prior: Labels
    shares: tuple[Labels, ...]

    @staticmethod
    def of(counts: tuple[Labels, ...], features: tuple[Axis, ...], noise: float) -> Histograms:
        """Work out probabilities from noisy counts alone."""
        weights = np.array([1 / len(table) for table in counts])  # the sum of many noisy cells is noisier
        totals = sum(w * table.sum(axis=0) for w, table in zip(weights, counts, strict=True)) / weights.sum()
        people = np.maximum(np.asarray(totals, dtype=np.float64), 1.0)
        classes, spread = len(people), noise * math.sqrt(2)
        shares = []
        for table, axis in zip(counts, features, strict=False):
            groups = grouped(table.sum(axis=1), spread * math.sqrt(classes), axis.bins if axis.ordered else 0,
                             GROUPS_OF_NUMBER, GROUPS_OF_LABELS)  # fmt: skip
            rough = merged(table, groups)
            mass = np.stack([simplex(*column) for column in zip(rough.T, people, strict=True)], axis=1)
            pooled = mass.sum(axis=1, keepdims=True) / mass.sum()
            drawn = (mass + noise * pooled) / (mass.sum(axis=0) + noise)
            shares.append(np.log(np.maximum(drawn, 1e-9))[groups])
        return Histograms(counts=counts, prior=np.log(people / people.sum()), shares=tuple(shares))

    def evidence(self, cells: list[Labels]) -> Labels:
        """Return what the columns together say for each class, shape (rows, classes)."""
        found = np.zeros((len(cells[0]) if cells else 0, len(self.prior)))
        for at, shares in zip(cells, self.shares, strict=False):
            found += shares[at]
        return found

    def scores(self, cells: list[Labels], place: Labels, beliefs: Sequence[float]) -> list[float]:
        """Return for each weight of the evidence how well it predicts; one person moves each score by 0 to 1.

        What a person adds is rounded to a whole number of 1,024ths, so that the sum is exact, whatever its order.
        """
        right, own, found = np.eye(len(self.prior))[place], self.evidence(cells), []
        for belief in beliefs:
            missed = ((softmax(self.prior + belief * own, axis=1) - right) ** 2).sum(axis=1)
            found.append(float(np.clip(np.rint(1024 * (1 - missed / 2)), 0, 1024).sum() / 1024))
        return found


@dataclass(frozen=True, eq=False)
class NoisyBayes:
    """Naive Bayes on published counts.

    Parameters
    ----------
    features : tuple of Axis
        How a column becomes cells.
    learned : Histograms
    belief : float
        Weight of the evidence.
    """

    features: tuple[Axis, ...]
    learned: Histograms
    belief: float

    def predict_proba(self, table: Table) -> Labels:
        """Return probabilities, shape (rows, classes)."""
        evidence = np.zeros((len(table), len(self.learned.prior)))
        if self.features:
            evidence = self.learned.evidence([axis.read(table) for axis in self.features])
        return np.asarray(softmax(self.learned.prior + self.belief * evidence, axis=1))
