"""The minimisation adviser: what giving up a column costs in accuracy, and what risk goes with it. Measured, ranked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator
from threadpoolctl import threadpool_limits

from core.data.split import split_table
from core.data.table import Labels, Table, class_labels, target_codes, target_values, task_of
from core.errors import UserError
from core.models import MODELS
from core.models.base import Model
from core.privacy.classes import equivalence_classes
from core.rng import rng_for, seed_from
from core.stats.intervals import Spread, difference
from core.tradeoff.advice import CAVEAT, Advice, Review, rank
from core.tradeoff.runner import Run, here
from core.tradeoff.study import Study
from core.utility.metrics import ALL_METRICS, metrics_for

MEMBERS = 3_000
"""Most people that a model is trained on; at most half of POOL."""

TEST = 8_000
"""Most people that a model is scored on."""

FITS = 4
"""Times that every model is trained, each time on other people drawn from POOL."""

STEPS = 3
"""Most columns that are given up together."""

TRIED = 4
"""Columns tried at each further step: those that would save most risk."""

QUICK = ("logistic_regression", "linear_regression", "naive_bayes", "decision_tree")
"""Models that are trained as the study has them; a quick boosting stands in for the others."""


def advise(table: Table, study: Study, rng: Generator) -> tuple[Advice, ...]:
    """Return what giving up each input column would cost and save, the best to give up first. See `review`."""
    return review(table, study, rng).singles


def review(
    table: Table, study: Study, rng: Generator, progress: Callable[[float], None] | None = None, run: Run = here
) -> Review:
    """Measure what every input column is worth and what it gives away, alone and a few together.

    Accuracy: models are trained on `FITS` random draws of people from POOL, with and without the columns, and scored
    on the same TEST people; the difference is paired person by person and draw by draw. Risk: who is alone on what the
    attacker is assumed to know, without the columns, counted on the whole table. Columns that say nearly the same hide
    each other: each alone can go, both cannot. The path gives up one after the other and measures all of them together.

    "No loss measured" is not "no loss": the bad end of the interval says how much it may be. The intervals are of each
    column by itself; of many, one in twenty misses.

    Parameters
    ----------
    table : Table
        The whole table; not protected.
    study : Study
        Model, metric, seed of the split, and what the attacker knows are taken from it.
    rng : Generator
    progress : callable, optional
        Told the share of the work that is done.
    run : Run
        Where the models are trained.

    Raises
    ------
    UserError
        Without a target or an input column, or with a model of the other task.

    References
    ----------
    Data minimisation: GDPR article 5(1)(c). Leaving a column out and training anew: Lei et al. (2018),
    Distribution-free predictive inference for regression, JASA 113, section 6 (LOCO).
    """
    with threadpool_limits(1):
        return _Reviewer(table, study, rng, progress or (lambda share: None), run).review()


class _Reviewer:
    """Trains, scores and counts for sets of columns; every set once."""

    def __init__(self, table: Table, study: Study, rng: Generator, progress: Callable[[float], None], run: Run) -> None:
        schema, task = table.schema, task_of(table)
        if not schema.model_inputs:
            raise UserError("advice needs columns to give up", got="no input column", do="Correct the roles.")
        if study.model.task != task:
            fitting = ", ".join(key for key, model in MODELS.items() if model.task == task)
            raise UserError(
                f"the target {schema.target!r} needs a model that does {task}",
                got=study.model.key,
                do=f"Choose one of: {fitting}.",
            )
        self.table, self.task, self.progress, self.run = table, task, progress, run
        self.model = quick(study.model)
        self.stands_in = self.model is not study.model
        self.metric = study.metric if study.metric in metrics_for(task) else next(iter(metrics_for(task)))
        self.classes = class_labels(table) if task == "classification" else ()
        split = split_table(table, self.classes, study.seed)
        target = target_codes(table, self.classes) if self.classes else target_values(table)
        test = split.test_rows[_among(split.persons[split.test_rows], TEST, rng)]
        self.rows, self.target = table.take(test), target[test]
        _, self.person = np.unique(split.persons[test], return_inverse=True)
        people = min(MEMBERS, max(len(split.pool) // 2, 1))
        draws = [split.pool_rows[_among(split.pool_place, people, rng)] for _ in range(FITS)]
        self.draws = [(table.take(draw), seed_from(rng)) for draw in draws]
        self.people_trained = people
        self.knows = study.attacker.knows or schema.quasi_identifiers
        self.whole = self._scores(())
        self.base = equivalence_classes(table, self.knows)
        self.done, self.planned = 0, 1
        self._made: dict[frozenset[str], Advice] = {}

    def review(self) -> Review:
        """Measure every column, then the path."""
        inputs = self.table.schema.model_inputs
        exposed = [name for name in inputs if name in self.knows]
        self.planned = len(inputs) + sum(
            min(TRIED, len(exposed) - step) for step in range(1, STEPS) if step < len(exposed)
        )
        singles = tuple(sorted((self.advice((name,)) for name in inputs), key=rank))
        path = tuple(self._path(singles, exposed))
        self.progress(1.0)
        return Review(
            singles=singles,
            path=path,
            model=self.model.key,
            stands_in=self.stands_in,
            metric=self.metric,
            value=float(np.mean(self.whole[0])),
            members=self.people_trained,
            test=len(np.unique(self.person)),
            knows=self.knows,
            people=self.table.people,
            uniques=self.base.uniques,
            reidentification=self.base.prosecutor_average,
        )

    def _path(self, singles: tuple[Advice, ...], exposed: list[str]) -> Iterable[Advice]:
        """Yield steps that each save risk; the first is the best single column that does."""
        last = next((one for one in singles if one.reidentification_change < 0), None)
        while last is not None:
            yield last
            left = [name for name in exposed if name not in last.columns]
            if len(last.columns) == STEPS or not left or len(last.columns) + 1 >= len(self.table.schema.model_inputs):
                return
            gone = last.columns
            counted = sorted((self._risk((*gone, name))[2], name) for name in left)
            tried = [self.advice((*gone, name)) for saved, name in counted[:TRIED]]
            better = [one for one in tried if one.reidentification_change < last.reidentification_change]
            last = min(better, key=rank, default=None)

    def advice(self, columns: tuple[str, ...]) -> Advice:
        """Return what happens without these columns."""
        key = frozenset(columns)
        if key not in self._made:
            self._made[key] = self._advice(columns)
            self.done += 1
            self.progress(min(self.done / self.planned, 1.0))
        return replace(self._made[key], columns=columns)

    def _advice(self, columns: tuple[str, ...]) -> Advice:
        values, influences = self._scores(columns)
        spread = difference(values, self.whole[0], influences, self.whole[1])
        low, high = self._interval(spread)
        uniques, alone, recognised = self._risk(columns)
        return Advice(
            columns=columns,
            change=spread.value,
            low=low,
            high=high,
            better=ALL_METRICS[self.metric].better,
            uniques=uniques,
            uniques_change=alone,
            reidentification_change=recognised,
            known=any(name in self.knows for name in columns),
        )

    def _interval(self, spread: Spread) -> tuple[float, float]:
        """Return the interval; never a point: when nobody of n people differs, up to 3 / n of them may."""
        if not math.isfinite(spread.value):
            return math.nan, math.nan
        low, high = spread.interval()
        # A share changes by a person's n-th part; an error in the target's unit by that of a usual error.
        unit = ALL_METRICS[self.metric].reference(self.target) if self.metric == "mae" else 1.0
        half = max((high - low) / 2, 3 / spread.people * unit)
        return spread.value - half, spread.value + half

    def _risk(self, columns: tuple[str, ...]) -> tuple[int, float, float]:
        """Return people alone without the columns, and the two changes as shares of people."""
        left = tuple(name for name in self.knows if name not in columns)
        found = self.base if left == self.knows else equivalence_classes(self.table, left)
        people = self.table.people
        recognised = found.prosecutor_average - self.base.prosecutor_average
        return found.uniques, (found.uniques - self.base.uniques) / people, recognised

    def _scores(self, columns: tuple[str, ...]) -> tuple[Labels, Labels]:
        """Return the metric of each fit, and the influence of every TEST person on it."""
        rows = self.rows.drop(columns)
        # The same seed with and without a column: chance of the fit cancels as far as it can.
        calls = [(self.model, members.drop(columns), self.classes, seed, rows) for members, seed in self.draws]
        values, influences = [], []
        for answers in self.run(_answers, *calls):
            value, influence = ALL_METRICS[self.metric].score(answers, self.target)
            values.append(value)
            influences.append(np.bincount(self.person, weights=influence))
        return np.array(values), np.array(influences)


def _answers(model: Model, members: Table, classes: tuple[str, ...], seed: int, rows: Table) -> Labels:
    fitted: Any = model.fit(members, classes, rng_for(seed, "adviser"))
    answers: Labels = fitted.predict_proba(rows) if classes else fitted.predict(rows)
    return answers


def quick(model: Model) -> Model:
    """Return the model itself when it is quick, else a small boosting that stands in for it.

    >>> quick(MODELS["random_forest"]()).key, quick(MODELS["naive_bayes"]()).key
    ('gradient_boosting', 'naive_bayes')
    """
    if model.key in QUICK:
        return model
    key = "gradient_boosting" if model.task == "classification" else "gradient_boosting_regressor"
    return MODELS[key].from_mapping({"rounds": 20, "learning_rate": 0.3})


def _among(persons: Labels, most: int, rng: Generator) -> Labels:
    """Return which rows belong to `most` people drawn at random; all when there are no more."""
    names, place = np.unique(persons, return_inverse=True)
    chosen = np.zeros(len(names), dtype=bool)
    chosen[rng.permutation(len(names))[:most]] = True
    return chosen[place]


__all__ = ["CAVEAT", "FITS", "MEMBERS", "TEST", "Advice", "Review", "advise", "quick", "rank", "review"]
