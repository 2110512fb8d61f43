"""One replicate: members through the recipe, training, scoring on TEST, attacking exactly what was released."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from core.attacks.rows import Attempts
from core.data.table import Labels, Table
from core.errors import UserError
from core.rng import rng_for
from core.techniques.base import PublicFacts
from core.tradeoff.attacked import Attacked, place_of
from core.tradeoff.bench import Bench
from core.tradeoff.promise import broken_promise
from core.tradeoff.recipe import Recipe, Release
from core.tradeoff.study import Study
from core.utility.metrics import metrics_for

FULL = -1
"""The replicate number of the one fit on all of POOL."""

OUT_OF_MEMORY = "the memory ran out. Use fewer people, or fewer workers (MIDDLEGROUND_WORKERS)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What one replicate of one recipe gives: aggregates and one number per person, never a row.

    Parameters
    ----------
    utility : mapping
        Metric -> (value, influence of each TEST person).
    correct : float array, shape (test rows,)
        Whether each row's class is predicted right; for numbers the absolute error.
    phi : float32 array, shape (attacked people,)
        What a membership attacker reads off the model: higher means more like a member.
    otherwise : float32 array, shape (attacked people,)
        What it would be had the person's coin fallen on the other side; NaN where the model gives no such answer.
    expected : pair of float arrays, shape (attacked people,)
        The score against what people with the same data get, learned on the controls of the tuning half and of the
        other.
    attempts : mapping
        Threat -> every attempt on the released rows, or why there is none.
    rows_risk : mapping or None
        Re-identification of the released rows; None when the recipe releases no rows of people.
    notes : tuple of str
        What the steps tell of this run: levels chosen, how far a search got.
    """

    point: str
    replicate: int
    seconds: float
    utility: Mapping[str, tuple[float, Labels]] = field(default_factory=dict)
    correct: Labels | None = None
    phi: Labels | None = None
    otherwise: Labels | None = None
    expected: tuple[Labels, Labels] | None = None
    attempts: Mapping[str, Attempts | str] = field(default_factory=dict)
    n_train: int = 0
    people_train: int = 0
    rows_released: int = 0
    rows_suppressed: int = 0
    rows_risk: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    skipped: str | None = None
    failed: str | None = None


def run_replicate(bench: Bench, recipe: Recipe, study: Study, replicate: int) -> Outcome:
    """Run one replicate, or the fit on all of POOL; what goes wrong becomes a reason, never an exception."""
    started = time.perf_counter()
    try:
        outcome = _measure(bench, recipe, study, replicate)
    except UserError as error:
        return Outcome(point=recipe.id, replicate=replicate, seconds=time.perf_counter() - started, skipped=str(error))
    except BrokenGuaranteeError as error:
        failed = f"the release breaks its own guarantee: {error}"
        return Outcome(point=recipe.id, replicate=replicate, seconds=time.perf_counter() - started, failed=failed)
    except Exception as error:
        failed = OUT_OF_MEMORY if isinstance(error, MemoryError) else place_of(error)
        return Outcome(point=recipe.id, replicate=replicate, seconds=time.perf_counter() - started, failed=failed)
    object.__setattr__(outcome, "seconds", time.perf_counter() - started)
    return outcome


def _measure(bench: Bench, recipe: Recipe, study: Study, replicate: int) -> Outcome:
    full = replicate == FULL
    split, table = bench.split, bench.table
    facts = bench.facts(full=full)
    rows = split.pool_rows if full else split.member_rows(replicate)
    if not len(rows):
        raise UserError("a replicate needs members", got="none by the toss of the coins", do="Use a larger table.")
    members = table.take(rows)
    # The stream depends on the recipe's settings, not on its name or place: renaming changes no number.
    label = repr([(step.key, step.settings()) for step in recipe.steps])
    if recipe.tune is not None:
        label += repr(recipe.tune.describe())
    streams = partial(rng_for, study.seed, "replicate", replicate, label)
    release = recipe.apply(members, study.model, facts, streams)
    _verify(recipe, release, members, facts)
    attacked = Attacked(bench, recipe, release, study, facts, streams, replicate)
    seen = {} if full else _seen(attacked)
    utility, correct = _utility(bench, release)
    return Outcome(
        point=recipe.id,
        replicate=replicate,
        seconds=0.0,
        utility=utility,
        correct=correct,
        **seen,
        attempts={} if full else attacked.attempts(),
        n_train=len(release.rows),
        people_train=members.people,
        rows_released=len(release.rows) if recipe.releases_rows else 0,
        rows_suppressed=release.suppressed,
        rows_risk=attacked.crowds(members, full=full),
        notes=release.notes,
    )


def _seen(attacked: Attacked) -> dict[str, Any]:
    """Return what the model shows of every attacked person; in 32 bits: a sweep keeps it for every replicate."""
    signals = attacked.signals()
    first, second = attacked.expected(signals.phi)
    return {
        "phi": signals.phi.astype(np.float32),
        "otherwise": np.where(attacked.bench.coins(attacked.replicate), signals.outside, signals.inside).astype(
            np.float32
        ),
        "expected": (first.astype(np.float32), second.astype(np.float32)),
    }


class BrokenGuaranteeError(Exception):
    """The released rows do not have what the technique promises; its message holds counts only."""


def _verify(recipe: Recipe, release: Release, members: Table, facts: PublicFacts) -> None:
    """Verify a promised k, l and t on the released rows with code that does not know the technique."""
    wrong = broken_promise(release.rows, members.schema, recipe.guarantee(members.schema, facts))
    if wrong:
        raise BrokenGuaranteeError(wrong)


def _utility(bench: Bench, release: Release) -> tuple[dict[str, tuple[float, Labels]], Labels]:
    """Score on TEST people, recoded by the fitted map; also how well each of their rows is predicted."""
    rows = bench.split.test_rows
    recoded, fitted = release.recode(bench.table.take(rows)), release.predictor
    target, persons = bench.target[rows], bench.split.persons[rows]
    answers: Any
    if bench.task == "regression":
        answers = fitted.predict(recoded)  # type: ignore[attr-defined]
        correct = np.abs(answers - target)
    else:
        answers = fitted.predict_proba(recoded)
        correct = (answers.argmax(axis=1) == target).astype(float)
    _, place = np.unique(persons, return_inverse=True)
    found = {}
    for key, metric in metrics_for(bench.task).items():
        value, influence = metric.score(answers, target)
        found[key] = (value, np.bincount(place, weights=influence))
    return found, correct


__all__ = ["FULL", "Bench", "Outcome", "run_replicate"]
