"""Accuracy and risk for each value of a chosen column, worst first: an average can hide who pays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.attacks.membership import Guesses, group_risk
from core.data.table import Labels
from core.stats.intervals import Spread
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import Outcome

FEWEST = 20
"""People of a group below which nothing is said about it: a small group's number points at its people."""


def subgroup_json(
    column: str | None, outcomes: Sequence[Outcome], guesses: Guesses | None, bench: Bench
) -> dict[str, Any] | None:
    """Return the groups of the study's subgroup column, the least accurate first; None when there is no such column.

    `accuracy` is the share of TEST people predicted right (`mae` in regression: the mean absolute error, largest
    first); `membership` the advantage of the attack tuned on everybody.
    """
    if column is None or bench.groups is None:
        return None
    labels, codes = bench.groups
    split = bench.split
    test = codes[split.persons[split.test_rows]]
    pool, attacked = codes[split.pool], codes[split.pool[bench.attacked]]
    key = "mae" if bench.task == "regression" else "accuracy"
    correct = [outcome.correct for outcome in outcomes if outcome.correct is not None]
    _, person = np.unique(split.persons[split.test_rows], return_inverse=True)
    groups: list[dict[str, Any]] = []
    for code, label in enumerate(labels):
        mine = test == code
        people = len(np.unique(person[mine]))
        inside = int((pool == code).sum())
        if not people and not inside:
            continue
        groups.append(
            {
                "group": label,
                "test_people": people,
                "pool_people": inside,
                key: _average([c[mine] for c in correct], person[mine], people),
                "membership": _few("the model's risk was not measured")
                if guesses is None
                else group_risk(guesses, attacked == code),
            }
        )
    sign = -1 if key == "mae" else 1
    groups.sort(key=lambda g: math.inf if g[key]["value"] is None else sign * g[key]["value"])
    return {"column": column, "metric": key, "groups": groups}


def _average(correct: Sequence[Labels], person: Labels, people: int) -> dict[str, Any]:
    """Return the mean over rows with its interval over people and over replicates."""
    spread = _spread(correct, person, people)
    if spread is None:
        return _few(f"only {people} TEST people; {FEWEST} are needed")
    low, high = spread.interval()
    return {"status": "measured", "reason": None, "value": spread.value, "low": low, "high": high, "n": people}


def _spread(correct: Sequence[Labels], person: Labels, people: int) -> Spread | None:
    if people < FEWEST:
        return None
    values = np.array([part.mean() for part in correct])
    centred = np.mean([part - part.mean() for part in correct], axis=0)
    _, place = np.unique(person, return_inverse=True)
    influence = np.bincount(place, weights=centred) / len(centred)
    return Spread(
        value=float(values.mean()),
        people_variance=float((influence**2).sum() * people / (people - 1)),
        replicate_variance=float(values.var(ddof=1) / len(values)) if len(values) > 1 else 0.0,
        people=people,
        replicates=len(values),
    )


def group_spreads(outcomes: Sequence[Outcome], bench: Bench) -> list[Spread | None] | None:
    """Return how well each group is predicted, None for a group of too few TEST people; None without groups.

    Groups are those of `subgroup_json`, in the order of their labels: everybody of the table is in one.
    """
    if bench.groups is None:
        return None
    labels, codes = bench.groups
    split = bench.split
    test = codes[split.persons[split.test_rows]]
    pool = codes[split.pool]
    correct = [outcome.correct for outcome in outcomes if outcome.correct is not None]
    _, person = np.unique(split.persons[split.test_rows], return_inverse=True)
    found: list[Spread | None] = []
    for code in range(len(labels)):
        mine = test == code
        people = len(np.unique(person[mine]))
        if people or (pool == code).any():
            found.append(_spread([c[mine] for c in correct], person[mine], people) if correct else None)
    return found


def _few(reason: str) -> dict[str, Any]:
    return {"status": "not_measured", "reason": reason, "value": None, "low": None, "high": None, "n": None}
