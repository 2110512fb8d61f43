"""Tuning inside a recipe: a small grid, chosen on members only, and charged when the training is private."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table, target_codes, target_values
from core.errors import UserError
from core.params import ColumnNames, Parametrised
from core.privacy.curves import Cost, compose_costs, epsilon_for_delta
from core.privacy.gdp import advantage_bound, tpr_bound
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.techniques.base import PublicFacts, unchanged

MOST = 12
"""Settings in a grid at most: every one costs a fit in each replicate, and budget where the training is private."""

HELD_OUT = 0.2
"""Share of the people on whom the settings are compared."""

_BUDGET = ("epsilon", "delta")

Setting = TypeVar("Setting", bound=Parametrised)


@dataclass(frozen=True)
class Tuning:
    """A small grid of parameters, one of whose settings is chosen afresh in every replicate.

    Every person falls by a coin of their own into the part that the settings are fitted on (four fifths) or the part
    that they are compared on; the best one is then fitted on everybody. A setting's score is the mean over people of
    1 - Brier score / 2 (for numbers: 1 - absolute error / width of the public range, cut at 0), so that one person
    moves a sum of scores by 1 at most.

    **Without differential privacy** the choice is part of the model and follows the members like the rest of it: it is
    attacked with it. **With it** every fit spends the setting's whole budget, and the sums of scores are published
    with noise that costs what the fits cost; `charged` is the total. Nobody is in both parts, but everybody is in the
    last fit: with m settings, a technique that is mu-GDP gives sqrt(m + 1) mu-GDP, noise of standard deviation 1 / mu
    on each sum (m sums that one person moves by 1 each, sqrt(m) mu-GDP; the m fits cost the other part the same).
    Otherwise the noise is Laplace of scale 1 / epsilon, and the total is that of m + 1 fits.

    Parameters
    ----------
    grid : tuple of (name, values)
        Parameters of the technique that trains, else of the study's model.
    public : str
        A file with rows that everybody may know, in the columns of the table: the setting is then chosen on these and
        costs nothing.
    table : Table, optional
        Its rows, once the study is loaded.

    Examples
    --------
    >>> Tuning.parse({"clip": [0.5, 1.0, 2.0]}).size
    3

    References
    ----------
    C. Dwork, A. Roth, The algorithmic foundations of differential privacy, 2014, theorem 3.16 and section 3.3; J. Dong,
    A. Roth, W. Su, Gaussian differential privacy, 2019 (arXiv 1905.02383), corollary 3.3. That tuning leaks when it is
    not charged: N. Papernot, T. Steinke, Hyperparameter tuning with Renyi differential privacy, ICLR 2022
    (arXiv 2110.03620).
    """

    grid: tuple[tuple[str, tuple[Any, ...]], ...]
    public: str = ""
    table: Table | None = field(default=None, compare=False, repr=False)

    @staticmethod
    def parse(block: Any) -> Tuning:
        """Build from a mapping of parameter names to lists of values.

        Raises
        ------
        UserError
            When it is something else, has fewer than two settings or more than `MOST`, or tunes a budget.
        """
        lists = dict(block) if isinstance(block, Mapping) else {}
        public = lists.pop("public", "")
        if not lists or not isinstance(public, str) or not all(isinstance(values, list) for values in lists.values()):
            raise UserError("tune gives lists of values to try", got=repr(block), do="Write tune = {clip = [0.5, 1]}.")
        for name in lists:
            if name in _BUDGET:
                raise UserError(
                    "a budget is not tuned: more of it always looks better, and it is what you decide",
                    got=f"tune = {{{name} = ...}}",
                    do="Sweep it instead: give the technique a list.",
                )
        grid = tuple((str(name), tuple(tuple(v) if isinstance(v, list) else v for v in values))
                     for name, values in lists.items())  # fmt: skip
        found = Tuning(grid, public)
        if not 2 <= found.size <= MOST:
            raise UserError(
                f"tune compares 2 to {MOST} settings",
                got=f"{found.size}",
                do="Give each parameter fewer or more values.",
            )
        return found

    @property
    def size(self) -> int:
        """How many settings are compared."""
        return math.prod(len(values) for _, values in self.grid) if self.grid else 0

    def describe(self) -> dict[str, Any]:
        """Return the grid as JSON."""
        grid = {name: [list(v) if isinstance(v, tuple) else v for v in values] for name, values in self.grid}
        return {**grid, **({"public": self.public} if self.public else {})}

    def settings(self, base: Setting) -> list[Setting]:
        """Return every setting of a technique or model, in the order of the lists.

        Raises
        ------
        UserError
            When it has no such parameter, a value is out of range, or the parameter names columns.
        """
        columns = {p.name for p in base.parameters() if isinstance(p.domain, ColumnNames)}
        if wrong := [name for name, _ in self.grid if name in columns]:
            raise UserError("tune tries numbers and words", got=f"the columns of {wrong[0]}", do="Sweep them instead.")
        names = [name for name, _ in self.grid]
        return [
            type(base).from_mapping({**base.settings(), **dict(zip(names, values, strict=True))})
            for values in itertools.product(*(values for _, values in self.grid))
        ]

    def choose(
        self,
        base: Setting,
        fit: Callable[[Setting, Table, PublicFacts, Generator], Any],
        rows: Table,
        facts: PublicFacts,
        proved: Guarantee,
        rng: Generator,
        recode: Callable[[Table], Table] = unchanged,
    ) -> Setting:
        """Return the setting that does best on people whom it was not fitted on, noisily when it must be private.

        Parameters
        ----------
        base : Technique or Model
            What is tuned.
        fit : callable
            (setting, rows, facts, rng) -> a predictor.
        rows : Table
            The rows that the recipe trains on; no others are looked at.
        proved : Guarantee
            Of one fit.
        recode : callable
            What brings rows of the public table into the form of `rows`.

        Raises
        ------
        UserError
            When the public table was named and not loaded.
        """
        options = self.settings(base)
        if self.public:
            if self.table is None:
                raise UserError("the public table must be loaded", got=self.public, do="Run the study from its file.")
            rows, proved = recode(self.table), NO_GUARANTEE
            facts = replace(facts, people=rows.people)
        persons = rows.persons
        people = int(persons.max()) + 1 if len(persons) else 0
        held = rng.random(people) < HELD_OUT
        fitting, comparing = (np.flatnonzero(held[persons] == wanted) for wanted in (False, True))
        private = proved.kind in ("dp", "claimed")
        if not private and (len(fitting) < 2 or not len(comparing)):
            return options[0]
        train, test = rows.take(fitting), rows.take(comparing)
        part = replace(facts, people=facts.people * (1 - HELD_OUT))
        scores = np.zeros(len(options))
        for place, option in enumerate(options):
            predictor = fit(option, train, part, rng.spawn(1)[0])
            scores[place] = _per_person(_quality(predictor, test, facts), persons[comparing]).sum()
        if proved.mu is not None:
            scores += rng.normal(0.0, 1 / proved.mu, len(scores))
        elif private:
            scores += rng.laplace(0.0, 1 / float(proved.epsilon or 0.0), len(scores))
        return options[int(np.argmax(scores))]

    def charged(self, proved: Guarantee) -> Guarantee:
        """Return what is proved of a model whose setting was chosen like this, given the guarantee of one fit.

        Examples
        --------
        >>> one = Guarantee(kind="dp", epsilon=1.0, delta=0.0, neighbours="add_remove", unit="row")
        >>> Tuning.parse({"trees": [5, 10]}).charged(one).epsilon
        3.0
        """
        if proved.kind not in ("dp", "claimed") or proved.epsilon is None:
            return proved
        fits, delta = self.size + 1, proved.delta or 0.0
        if self.public:
            told = (
                f"The setting was chosen on public rows: free if nobody of this table is behind them ({self.public})."
            )
            return replace(proved, assumptions=(*proved.assumptions, told))
        told = (
            "The setting was chosen on the same people: epsilon is that of all trial fits, their comparison and the "
            f"last fit together ({self.size} settings; one fit alone has epsilon = {proved.epsilon:g})."
        )
        notes = (*proved.assumptions, told)
        if proved.kind == "claimed":
            return replace(proved, epsilon=proved.epsilon * fits, delta=delta * fits, assumptions=notes)
        if proved.mu is not None:
            mu = proved.mu * math.sqrt(fits)
            return replace(
                proved,
                epsilon=epsilon_for_delta(mu, delta),
                mu=mu,
                advantage_bound=advantage_bound(mu),
                tpr_at_1pct_bound=tpr_bound(mu, 0.01),
                assumptions=notes,
            )
        total = compose_costs([Cost(epsilon=proved.epsilon, delta=delta, times=fits)], delta * fits)
        return replace(
            proved,
            epsilon=total.epsilon,
            delta=total.delta,
            advantage_bound=total.advantage_bound,
            tpr_at_1pct_bound=total.tpr_at_1pct_bound,
            assumptions=notes,
        )

    def told(self, chosen: Parametrised) -> str:
        """Say what was chosen."""
        picked = ", ".join(f"{name} = {chosen.settings()[name]}" for name, _ in self.grid)
        where = "members that it was not fitted on" if not self.public else "a public table"
        return f"Tuning: {picked}, the best of {self.size} settings on {where}"


def _quality(predictor: Any, test: Table, facts: PublicFacts) -> Labels:
    """Return how good each answer is, from 0 to 1."""
    if not len(test):
        return np.zeros(0)
    if not facts.classes:
        target = test.schema.target
        values = target_values(test)
        low, high = _range(test, facts, str(target))
        width = high - low if high > low else 1.0
        found: Labels = 1 - np.abs(predictor.predict(test) - values) / width
    else:
        answers = np.clip(predictor.predict_proba(test), 0.0, 1.0)
        codes = target_codes(test, facts.classes)
        hit = np.zeros_like(answers)
        known = np.flatnonzero(codes >= 0)
        hit[known, codes[known]] = 1.0
        found = 1 - ((answers - hit) ** 2).sum(axis=1) / 2
    bounded: Labels = np.clip(np.nan_to_num(found, nan=0.0), 0.0, 1.0)
    return bounded


def _range(test: Table, facts: PublicFacts, target: str) -> tuple[float, float]:
    """Return the public range of a numeric target; that of these rows where there is none and nothing is promised."""
    bounds: Sequence[Any] | None = test.schema[target].bounds or (facts.domains or {}).get(target)
    if bounds:
        return float(bounds[0]), float(bounds[1])
    values = target_values(test)
    return float(np.nanmin(values)), float(np.nanmax(values))


def _per_person(quality: Labels, persons: Labels) -> Labels:
    """Return each person's mean over their rows: one person counts once however many rows they have."""
    _, place = np.unique(persons, return_inverse=True)
    found: Labels = np.bincount(place, weights=quality) / np.maximum(np.bincount(place), 1)
    return found
