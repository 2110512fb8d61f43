"""A small neural network trained with differential privacy by Opacus, which is optional: requirements-deep.txt."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table, target_codes
from core.errors import UserError
from core.params import FloatRange, IntList, param
from core.privacy.delta import refused_delta, warned_delta
from core.privacy.guarantee import Guarantee
from core.privacy.sampled_gaussian import bounds, noise_multiplier
from core.techniques.base import AuditPair, Family, Predictor, PublicFacts, Stage, Technique
from core.techniques.network import NetworkPredictor, start_layers, summed_loss
from core.techniques.person_draws import Draws
from core.techniques.public_encoding import PublicEncoder, public_assumptions, why_not_public


@dataclass(frozen=True, kw_only=True)
class DPSGD(Technique):
    """Train a small neural network on random parts of the people, with every step clipped and hidden in noise.

    Mechanism: `STEPS` times, everybody is sampled independently with probability `RATE`; of each sampled person one
    row is drawn. Opacus works out each of these rows' gradient (all weights of all layers together), clips it to L2
    norm `clip`, and adds them up; Gaussian noise of standard deviation `noise` * `clip` is added to every coordinate,
    and the weights take a step along the sum divided by `RATE` * the *public* number of people. The model is the mean
    of the last half of the steps. How much noise the budget asks for follows from `STEPS`, `RATE`, epsilon and delta
    alone, through dp-accounting's composed privacy loss distribution.

    Three things are deliberately not left to Opacus's engine, whose averages and sampling rate follow from how many
    rows there are: the sampling, the number that sums are divided by, and the stream that noise is drawn from.

    Features are made by public knowledge alone (`PublicEncoder`). Two classes share one output, more have one each.

    Parameters
    ----------
    epsilon, delta : float
        The budget of the model, for adding or removing one person. `delta` is warned of from 1 / people on and
        refused from 1 / sqrt(people) on.
    clip : float
        L2 norm to which a row's gradient is clipped.
    hidden : list of int
        Units of each hidden layer (tanh), from the first; an empty list trains logistic regression.

    Guarantee
    ---------
    (epsilon, delta)-DP of the model; add/remove neighbours; the unit is the person where the schema has a person id,
    else the row.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role
    >>> schema = Schema((
    ...     Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
    ...     Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    ... ))
    >>> facts = PublicFacts(people=1000, classes=("no", "yes"))
    >>> 3.9 < DPSGD(epsilon=1.0).noise < 4.0
    True
    >>> DPSGD(epsilon=1.0).guarantee(schema, facts).advantage_bound < 0.11
    True

    References
    ----------
    M. Abadi et al., Deep learning with differential privacy, CCS 2016 (arXiv 1607.00133); A. Yousefpour et al.,
    Opacus: user-friendly differential privacy library in PyTorch, 2021 (arXiv 2109.12298). What its engine leaves to
    the data: issues 571 and 819 of its repository.
    """

    key: ClassVar[str] = "dp_sgd"
    title: ClassVar[str] = "Private neural network"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    dial: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.3, 1.0, 3.0, 10.0)
    stops: ClassVar[str] = (
        "Stops anybody who sees the network from telling whether one person was in the data, up to the bound that "
        "epsilon sets; it does not stop conclusions that hold for everybody, nor does it protect rows released beside "
        "the network."
    )

    needs: ClassVar[tuple[str, ...]] = ("torch", "opacus")

    STEPS: ClassVar[int] = 100
    RATE: ClassVar[float] = 0.1
    MOMENTUM: ClassVar[float] = 0.8
    SCALE: ClassVar[float] = 2.0
    """Norm of a row whose every column gives norm 1, the constant left out."""
    TRAVEL: ClassVar[float] = 1.0
    """How far the noise by itself may carry a weight, roughly: steps shorten as noise grows."""
    LONGEST: ClassVar[float] = 4.0
    """The rate never exceeds this."""
    CELLS: ClassVar[int] = 400_000
    """Numbers of a step's gradients that are held at a time: what a processor keeps near."""
    WEIGHTS: ClassVar[int] = 200_000
    """More would take minutes, one row's gradient at a time."""

    epsilon: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Lower protects more and needs more people.")
    )
    delta: float = param(
        1e-5, FloatRange(low=1e-9, high=1e-2, log=True, help="Chance that epsilon fails; far below 1 / people.")
    )
    clip: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Most that one person may pull at the model in a step.")
    )
    hidden: tuple[int, ...] = param(
        (32,), IntList(low=1, high=512, most=3, help="Units of each hidden layer; none is a linear model.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse where Opacus is absent, no classes or public knowledge, a loose delta, and a network too large."""
        if reason := self.missing():
            return f"{self.key} {reason}"
        if schema.target is None:
            return f"{self.key} predicts a target, and no column has the role target"
        if not facts.classes:
            return f"{self.key} predicts classes; this target is a number"
        if reason := why_not_public(self.key, schema, facts):
            return reason
        if reason := refused_delta(self.delta, facts.people):
            return reason
        widths = (PublicEncoder.from_schema(schema, facts, {}).size, *self.hidden, len(facts.classes))
        if (weights := sum(wide * narrow for wide, narrow in pairwise(widths))) > self.WEIGHTS:
            return f"{self.key} trains up to {self.WEIGHTS:,} weights, and this takes {weights:,}: use smaller layers"
        return None

    @property
    def noise(self) -> float:
        """Standard deviation of the noise on each coordinate of the clipped sum, in units of `clip`."""
        return noise_multiplier(self.epsilon, self.delta, self.RATE, self.STEPS)

    def rate(self, people: float) -> float:
        """Return the length of a step along the mean of gradients clipped to 1, from public numbers alone."""
        pace = self.noise / (self.RATE * people) * math.sqrt(self.STEPS) / (1 - self.MOMENTUM)
        return min(self.LONGEST, self.TRAVEL / pace)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the guarantee of the model, with the best attack that it leaves possible."""
        advantage, rate = bounds(self.epsilon, self.delta, self.RATE, self.STEPS)
        person = schema.person_id is not None
        return Guarantee(
            kind="dp",
            epsilon=self.epsilon,
            delta=self.delta,
            neighbours="add_remove",
            unit="person" if person else "row",
            advantage_bound=advantage,
            tpr_at_1pct_bound=rate,
            assumptions=(
                "It covers the model and its answers, not rows or statistics released beside it.",
                *warned_delta(self.delta, facts.people),
                *public_assumptions(schema, facts),
                *(("In each step one row of a person, drawn at random, takes part.",) if person else ()),
                "Nobody learns who took part in which step.",
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
            When Opacus is not installed, a column has no public bounds or categories, or there is one class.
        """
        if reason := self.missing():
            raise UserError(f"{self.key} must find Opacus", got="none installed", do=f"It {reason}.")
        if len(facts.classes) < 2:
            raise UserError("training needs two classes or more", got=str(len(facts.classes)), do="Choose another.")
        import torch

        torch.set_num_threads(1)  # a replicate is one worker's: threads of several would fight over the processors
        encoder = PublicEncoder.for_table(rows, facts)
        scale = self.SCALE / math.sqrt(max(len(encoder.columns), 1))
        target = target_codes(rows, facts.classes) if len(rows) else np.zeros(0, np.int64)
        usable = np.flatnonzero(target >= 0)
        features, target = encoder.sparse(rows)[usable] * scale, torch.from_numpy(target[usable])
        drawn = Draws.of(rows.persons[usable])
        outputs = 1 if len(facts.classes) == 2 else len(facts.classes)
        network, optimizer = self._network(encoder.size, outputs, facts.people, rng)
        weights = list(network.parameters())
        together = max(1, self.CELLS // sum(weight.numel() for weight in weights))
        total, kept = [torch.zeros_like(weight) for weight in weights], max(self.STEPS // 2, 1)
        for step in range(self.STEPS):
            chosen = drawn.sample(self.RATE, rng)
            parts = np.split(chosen, range(together, len(chosen), together)) if len(chosen) else [chosen]
            for place, part in enumerate(parts):
                if len(part):
                    # torch warns of hooks on inputs that need no gradient, so these get one that nobody reads
                    dense = torch.from_numpy(features[part].toarray()).requires_grad_()
                    summed_loss(network(dense), target[part]).backward()
                else:  # a step without anybody is noise alone
                    for weight in weights:
                        weight.grad_sample = weight.new_zeros((0, *weight.shape))
                optimizer.signal_skip_step(place < len(parts) - 1)  # noise comes once, when all parts are added up
                optimizer.step()
                optimizer.zero_grad()
            if step >= self.STEPS - kept:
                with torch.no_grad():
                    for mean, weight in zip(total, weights, strict=True):
                        mean += weight / kept
        layers = [mean.numpy() for mean in total]
        layers[0] = layers[0] * scale
        return NetworkPredictor(encoder, tuple(layers))

    def _network(self, features: int, outputs: int, people: float, rng: Generator) -> tuple[Any, Any]:
        """Return the network, whose start depends on the stream alone, and Opacus's optimizer with our noise."""
        import torch
        from opacus.grad_sample import GradSampleModule
        from opacus.optimizers import DPOptimizer

        class OurNoise(DPOptimizer):  # type: ignore[misc]
            """Opacus's clipping; noise from the stream of the evaluation, 32 bits of torch's seed being too few."""

            def add_noise(self) -> None:
                scale = self.noise_multiplier * self.max_grad_norm
                for weight in self.params:
                    drawn = rng.normal(0.0, scale, tuple(weight.shape))
                    weight.grad = weight.summed_grad + torch.from_numpy(drawn)

        modules = start_layers((features, *self.hidden, outputs), rng)
        network = GradSampleModule(torch.nn.Sequential(*modules), loss_reduction="sum")
        length = self.rate(people) / (self.clip * self.RATE * people)
        plain = torch.optim.SGD(network.parameters(), lr=length, momentum=self.MOMENTUM)
        optimizer = OurNoise(
            plain,
            noise_multiplier=self.noise,
            max_grad_norm=self.clip,
            expected_batch_size=None,
            loss_reduction="sum",
        )
        return network, optimizer

    def audit_pair(self) -> AuditPair:
        """Return nobody, and one person whose gradient is clipped in every step that they are in.

        The clip is so small that it binds whatever the weights, the network is linear: then a step shows whether the
        person was in it as well as it ever can. The mean of the last half of the steps hides some of it.
        """
        columns = (
            Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 1)),
            Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
        )
        raw = pd.DataFrame({"x": np.ones(1), "y": ["yes"]})
        table = Table.build(raw, Schema(columns))
        return AuditPair(
            technique=replace(self, clip=0.01, hidden=()),
            tables=(table, table.take(np.zeros(1, dtype=bool))),
            facts=PublicFacts(people=2, classes=("no", "yes")),
            neighbours="add_remove",
            statistic=_weights,
            story="one person whose every gradient is clipped, all in one direction, against nobody",
            note="The network has no hidden layer and its steps are averaged, so this pair sees less than all steps.",
        )


def _weights(model: Any) -> Labels:
    """Return the pull's direction, in which the audited person's features are all 1 but "missing", and all weights."""
    weights = np.asarray(model.layers[0]).ravel()
    return np.concatenate([[weights[:3].sum()], weights])
