"""Synthetic rows with differential privacy: noisy tables of pairs of columns given the target, and rows drawn from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.params import FloatRange, IntRange, param
from core.privacy.delta import refused_delta, warned_delta
from core.privacy.guarantee import Guarantee
from core.privacy.zcdp import rho_from_epsilon_delta
from core.techniques.base import AuditPair, Family, Protected, PublicFacts, Stage, Technique, unchanged
from core.techniques.marginals_domain import axes_of, kept_schema, one_row_each, why_no_cells
from core.techniques.marginals_fit import draw, limit, noisy_total
from core.techniques.marginals_measure import MOST_CLASSES, Budget, Measured, measure
from core.techniques.public_encoding import public_assumptions


@dataclass(frozen=True, kw_only=True, eq=False)
class Invented(Protected):
    """Invented rows beside the noisy tables that they were drawn from.

    Parameters
    ----------
    measured : Measured
        The audit looks at these: they hold all that was read of the members.
    """

    measured: Measured


@dataclass(frozen=True, kw_only=True)
class DPMarginals(Technique):
    """Invent rows from noisy counts, so that no single person can change them much.

    Mechanism: every column is cut into cells by public knowledge (bounds, categories); "missing" is a cell. Half of
    the budget goes to noisy counts of (column, target), a tenth to choosing at random a tree of columns that depend on
    each other beyond what the target explains, the rest to noisy counts of (column, column, target) along it.
    Each count gets discrete Gaussian noise. Rows are drawn from a distribution that agrees with the noisy counts;
    without a target the tree joins the columns themselves. Of a person with several rows one is drawn before
    anything is counted.

    Direct identifiers, ignored and text columns and the person id are left out of the result. Numbers are drawn
    uniformly inside their bin, as whole numbers when both public bounds are whole and at least 20 apart; a value
    outside the bounds counts as the nearest bound, a category outside the list as missing. A target of more than ten
    cells is conditioned on in eight groups.

    Parameters
    ----------
    epsilon, delta : float
        The budget of the rows, for adding or removing one person. `delta` is warned of from 1 / people on and
        refused from 1 / sqrt(people) on.
    rows : int
        Rows to invent; 0 means the noisy number of rows, never the true one (of people, where they have an id).

    Guarantee
    ---------
    (epsilon, delta)-DP of the rows and of all noisy counts, through rho-zCDP; add/remove neighbours; the unit is the
    person where the schema has a person id, else the row.

    Examples
    --------
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100))
    >>> ill = Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes"))
    >>> raw = pd.DataFrame({"age": [20, 80] * 500, "ill": ["no", "yes"] * 500})
    >>> members, facts = Table.build(raw, Schema((age, ill))), PublicFacts(people=1000, classes=("no", "yes"))
    >>> made = DPMarginals(epsilon=3.0, rows=200).protect(members, facts, np.random.default_rng(0)).table.frame
    >>> len(made), bool(made.loc[made["ill"] == "no", "age"].median() < 50)
    (200, True)

    References
    ----------
    R. McKenna, G. Miklau, D. Sheldon, Winning the NIST contest, 2021 (arXiv 2108.04978): select, measure, generate.
    N. Friedman, D. Geiger, M. Goldszmidt, Bayesian network classifiers, 1997: trees given the target. C. L. Canonne,
    G. Kamath, T. Steinke 2020 (2004.00010): noise and accounting. M. Cesar, R. Rogers, 2020 (2004.07223): the
    exponential mechanism costs choice**2 / 8.
    """

    key: ClassVar[str] = "dp_marginals"
    title: ClassVar[str] = "Private synthetic rows (noisy tables)"
    family: ClassVar[Family] = Family.REPLACE
    stage: ClassVar[Stage] = Stage.TABLE
    dial: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.1, 0.3, 1.0, 3.0, 10.0)
    synthetic: ClassVar[bool] = True
    quick_people: ClassVar[int] = 60_000
    stops: ClassVar[str] = (
        "Stops anybody who sees the rows from telling whether one person was in the data, up to the bound that epsilon "
        "sets; it does not stop conclusions that hold for everybody, and dependence among many columns is "
        "lost unless the tree carries it."
    )

    epsilon: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Lower protects more and needs more people.")
    )
    delta: float = param(
        1e-5, FloatRange(low=1e-12, high=1e-2, log=True, help="Chance that epsilon fails; far below 1 / people.")
    )
    rows: int = param(
        0, IntRange(low=0, high=10_000_000, unit="rows", help="Rows to invent; 0: about as many as there are.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table without public knowledge, and a delta that allows publishing a row."""
        kept = kept_schema(schema)
        if not kept.columns:
            return "every column is an identifier, free text or ignored"
        if reason := why_no_cells(self.key, kept, facts):
            return reason
        return refused_delta(self.delta, facts.people)

    def schema_after(self, schema: Schema) -> Schema:
        """Return the schema of what is invented."""
        return kept_schema(schema)

    def budget(self, schema: Schema, facts: PublicFacts) -> Budget:
        """Return how much noise each table gets: public numbers alone decide."""
        features, target = axes_of(kept_schema(schema), facts)
        wide = target is not None and bool(features) and target.size > MOST_CLASSES
        return Budget.split(rho_from_epsilon_delta(self.epsilon, self.delta), len(features) or 1, wide)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the guarantee of the rows, with the best attack that it leaves possible."""
        try:
            advantage, rate = bounds(self.budget(schema, facts), self.epsilon, self.delta)
        except UserError:  # a table that `unsupported` declines: what epsilon alone allows
            advantage, rate = _plain_bounds(self.epsilon, self.delta)
        return Guarantee(
            kind="dp",
            epsilon=self.epsilon,
            delta=self.delta,
            neighbours="add_remove",
            unit="row" if schema.person_id is None else "person",
            advantage_bound=advantage,
            tpr_at_1pct_bound=rate,
            assumptions=(
                "It covers the rows and what is made of them, not what is released beside them.",
                *warned_delta(self.delta, facts.people),
                *public_assumptions(kept_schema(schema), facts),
                *_of_person(schema),
                "The noise of this evaluation is seeded so that it can be repeated; a release draws from the operating "
                "system.",
            ),
        )

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Return the invented rows; zero members are enough, and TEST stays raw.

        Raises
        ------
        UserError
            When no column can be made, or one has no public bounds or categories.
        """
        schema = kept_schema(members.schema)
        if not schema.columns:
            raise UserError(
                "synthetic rows need a column that is not an identifier, free text or ignored",
                got="none",
                do="Give a column another role, or leave this step out.",
            )
        features, target = axes_of(schema, facts)
        # A table with nothing but a target: its counts are all there is.
        axes, given = (features, target) if features or target is None else ((target,), None)
        chosen = one_row_each(members, rng)
        read = [axis.read(chosen) for axis in axes]
        class_ = given.read(chosen) if given is not None else np.zeros(len(chosen), dtype=np.int64)
        usable = np.all([class_ >= 0, *(at >= 0 for at in read)], axis=0)
        found = measure(
            [at[usable] for at in read],
            [axis.size for axis in axes],
            [axis.bins if axis.ordered else 0 for axis in (*axes, *([given] if given is not None else []))],
            class_[usable],
            given.size if given is not None else 1,
            self.budget(schema, facts),
            rng,
        )
        rows = self.rows or limit(noisy_total(found), facts.people)
        cells, labels = draw(found, [axis.gap for axis in axes], rows, rng)
        made = {axis.column.name: axis.write(cells[:, place], rng) for place, axis in enumerate(axes)}
        if given is not None:
            made[given.column.name] = given.write(labels, rng)
        frame = pd.DataFrame({name: made[name] for name in schema.names})
        return Invented(table=Table(frame, schema), source=None, recode=unchanged, measured=found)

    def audit_pair(self) -> AuditPair:
        """Return two crowds, so that the edge is chosen, with and without one person more: every table tells."""
        columns = (
            Column(name="a", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("u", "v")),
            Column(name="b", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("u", "v")),
            Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
        )
        alike = ["u"] * (_CROWD + 1) + ["v"] * _CROWD
        table = Table.build(pd.DataFrame({"a": alike, "b": alike, "y": "yes"}), Schema(columns))
        return AuditPair(
            technique=type(self)(epsilon=self.epsilon, delta=self.delta, rows=1),
            tables=(table, table.take(np.arange(1, len(table)))),
            facts=PublicFacts(people=2 * _CROWD, classes=("no", "yes")),
            neighbours="add_remove",
            statistic=_published,
            story="two crowds of equal people, and one person more in one of them",
        )


_CROWD = 1000
"""People of the audit in each crowd: enough that their dependence stands clear of the noise."""


@lru_cache(maxsize=256)
def bounds(budget: Budget, epsilon: float, delta: float) -> tuple[float, float]:
    """Return the largest advantage, and true-positive rate at 1 % false positives, that any attack can reach.

    The privacy-loss distributions of all tables and choices are composed, each choice as a whole (choice, 0)-DP step;
    the result is never above what epsilon and delta allow by themselves.

    References
    ----------
    Google's dp-accounting, privacy-loss distributions rounded to the private side (V. Doroshenko et al., Connect the
    dots, 2022, arXiv 2207.04380).
    """
    from dp_accounting.pld import common
    from dp_accounting.pld import privacy_loss_distribution as losses

    step = min(max(epsilon / 2e4, 1e-6), 1e-3)
    total = losses.from_discrete_gaussian_mechanism(
        sigma=math.sqrt(budget.first), value_discretization_interval=step
    ).self_compose(budget.tables)
    if budget.edges:
        second = losses.from_discrete_gaussian_mechanism(
            sigma=math.sqrt(budget.second), value_discretization_interval=step
        )
        choice = losses.from_privacy_parameters(
            common.DifferentialPrivacyParameters(budget.choice, 0), value_discretization_interval=step
        )
        total = total.compose(second.self_compose(budget.edges)).compose(choice.self_compose(budget.edges))
    advantage, rate = _plain_bounds(epsilon, delta)
    levels = np.linspace(0, 1.5 * epsilon, 61)
    deltas = np.asarray(total.get_delta_for_epsilon(levels))
    return min(advantage, float(deltas[0])), min(rate, float(np.min(0.01 * np.exp(levels) + deltas)))


def _plain_bounds(epsilon: float, delta: float) -> tuple[float, float]:
    """Return what (epsilon, delta) alone allows."""
    advantage = delta + (1 - delta) * math.tanh(epsilon / 2)
    return advantage, min(1.0, 0.01 * math.exp(epsilon) + delta, 1 - (1 - delta - 0.01) * math.exp(-epsilon))


def _of_person(schema: Schema) -> tuple[str, ...]:
    if schema.person_id is None:
        return ()
    return ("Of every person one row, drawn at random, is counted.",)


def _published(found: Any) -> Labels:
    """Return how far all noisy tables together speak for the audited person, then these tables.

    The first is the logarithm of a likelihood ratio, up to what the choice of an edge tells.
    """
    told, budget = found.measured, found.measured.budget
    mine = [table[0, 1] - _CROWD - 0.5 for table in told.singles]
    one, two = told.groups
    # Where both columns merge their values into one group, both crowds are in the person's cell.
    crowd = _CROWD * (2 if one[0] == one[1] and two[0] == two[1] else 1)
    at = told.pairs[0][one[0], two[0], 1] - crowd - 0.5 if told.pairs else 0.0
    score = sum(mine) / budget.first + at / budget.second
    tables = np.concatenate([table.ravel() for table in told.singles])
    return np.concatenate([[score, float(len(told.edges)), at], tables]).astype(np.float64)
