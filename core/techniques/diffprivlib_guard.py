"""What stands between diffprivlib and us: public bounds, invented rows, one row per person, leaks as errors."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Labels, Table, target_codes
from core.privacy.guarantee import Guarantee
from core.techniques.base import PublicFacts
from core.techniques.public_encoding import PublicEncoder, public_assumptions, why_not_public


@contextmanager
def guarded() -> Iterator[None]:
    """Turn diffprivlib's confession that it read bounds or classes from the data into an error, whatever the filters.

    An accountant of our own keeps the library's global one from growing with every fit of a long-lived process.
    """
    from diffprivlib.accountant import BudgetAccountant
    from diffprivlib.utils import DiffprivlibCompatibilityWarning, PrivacyLeakWarning

    with warnings.catch_warnings(), BudgetAccountant():
        warnings.simplefilter("error", PrivacyLeakWarning)
        warnings.simplefilter("error", DiffprivlibCompatibilityWarning)
        yield


@dataclass(frozen=True, eq=False)
class GuardedRows:
    """What enters a fit: numbers on [-1, 1] and whole numbers for classes.

    Parameters
    ----------
    features : array, shape (rows, columns)
    target : integer array, shape (rows,)
    """

    features: Labels
    target: Labels

    @staticmethod
    def of(encoder: PublicEncoder, rows: Table, classes: tuple[str, ...], rng: Generator) -> GuardedRows:
        """Take one row per person, drawn at random, and add one invented row per class.

        The invented row lies in the middle of the public bounds. It is there whoever the members are, so that every
        class is: otherwise the library would learn the list of classes from the data, and tell.
        """
        chosen = np.arange(len(rows))
        if rows.schema.person_id is not None:
            order = rng.permutation(len(rows))
            chosen = np.sort(order[np.unique(rows.persons[order], return_index=True)[1]])
        target = target_codes(rows, classes)[chosen] if len(rows) else np.zeros(0, np.int64)
        chosen, target = chosen[target >= 0], target[target >= 0]
        features = compact(encoder, rows)[chosen]
        return GuardedRows(
            np.vstack([features, np.zeros((len(classes), features.shape[1]))]),
            np.concatenate([target, np.arange(len(classes))]),
        )

    @property
    def bounds(self) -> tuple[Labels, Labels]:
        """The public bounds of the features: symmetric around 0, which the library's noisy sums need."""
        ones = np.ones(self.features.shape[1])
        return -ones, ones


def compact(encoder: PublicEncoder, table: Table) -> Labels:
    """Return one number on [-1, 1] per column, shape (rows, columns): every column costs these models budget.

    Numbers are scaled by their public bounds (wide ones by their logarithm), categories are placed in the order of
    the public list; missing and unknown values are 0, the middle.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Column, Kind, Role
    >>> schema = Schema((Column(name="size", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("s", "m", "l")),))
    >>> encoder = PublicEncoder.from_schema(schema, PublicFacts(people=4, classes=()), {})
    >>> compact(encoder, Table.build(pd.DataFrame({"size": ["s", "m", "l", None]}), schema)).ravel().tolist()
    [-1.0, 0.0, 1.0, 0.0]
    """
    found = []
    for column in encoder.columns:
        values, missing = column.read(table)
        if column.kind == "category":
            middle = (len(column.labels) - 1) / 2
            known = values >= 0
            number = np.where(known, (values - middle) / max(middle, 0.5), 0.0)
        else:
            features = column.scaled(np.where(missing, column.low, values))
            number = np.where(missing, 0.0, 2 * features[-1] - 1 if column.wide else features[0])
        found.append(number)
    return np.column_stack(found) if found else np.zeros((len(table), 1))


def random_state(rng: Generator) -> Any:
    """Return the old kind of generator, which diffprivlib wants, seeded with 128 bits of ours."""
    words = rng.integers(0, 2**32, size=4, dtype=np.uint64)
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence([int(word) for word in words])))


@dataclass(frozen=True, eq=False)
class GuardedPredictor:
    """A model of diffprivlib behind the public encoding.

    Parameters
    ----------
    encoder : PublicEncoder
    estimator : fitted diffprivlib model, or a forest of its trees
        It knows every class, in the order of `PublicFacts.classes`.
    votes : int or None
        Of how many votes its probabilities are shares.
    """

    encoder: PublicEncoder
    estimator: Any
    votes: int | None = None

    def predict_proba(self, table: Table) -> Labels:
        """Return probabilities, shape (rows, classes)."""
        if not len(table):
            return np.zeros((0, len(self.estimator.classes_)))
        return np.asarray(self.estimator.predict_proba(compact(self.encoder, table)))


def fit_guarded(
    build: Callable[[tuple[Labels, Labels], Any], Any],
    rows: Table,
    facts: PublicFacts,
    rng: Generator,
    votes: int | None = None,
) -> GuardedPredictor:
    """Train a model of diffprivlib with every guard on; zero rows are enough.

    Parameters
    ----------
    build : callable
        Takes the public bounds and the random state, and returns the unfitted model, whose `fit` returns the fitted.
    votes : int, optional
        Of how many votes its probabilities are shares.
    """
    encoder = PublicEncoder.for_table(rows, facts)
    given = GuardedRows.of(encoder, rows, facts.classes, rng)
    with guarded():
        model = build(given.bounds, random_state(rng)).fit(given.features, given.target)
    return GuardedPredictor(encoder, model, votes)


def audit_table(places: Sequence[float], answers: Sequence[str]) -> Table:
    """Return a table for audits: one column on [-1, 1], which the guards leave as it is, and a target "a" or "b"."""
    columns = (
        Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(-1, 1)),
        Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("a", "b")),
    )
    return Table.build(pd.DataFrame({"x": list(places), "y": list(answers)}), Schema(columns))


def decline(key: str, schema: Schema, facts: PublicFacts) -> str | None:
    """Return why a model of diffprivlib does not take this table, or None."""
    if schema.target is None:
        return f"{key} predicts a target, and no column has the role target"
    if not facts.classes:
        return f"{key} predicts classes; this target is a number"
    return why_not_public(key, schema, facts)


def claimed(epsilon: float, reason: str, schema: Schema, facts: PublicFacts) -> Guarantee:
    """Return the library's claim for adding or removing somebody, with the reason why no bound is drawn from it."""
    several = ("Of a person with several rows one row, drawn at random, is used.",) if schema.person_id else ()
    return Guarantee(
        kind="claimed",
        epsilon=epsilon,
        neighbours="add_remove",
        unit="row" if schema.person_id is None else "person",
        assumptions=(
            reason,
            *several,
            *public_assumptions(schema, facts),
            "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise from "
            "the operating system.",
        ),
    )
