"""One replicate: members through the recipe, training, scoring on TEST, attacking exactly what was released."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from core.data.schema import Role
from core.data.split import Split, split_table, subsample
from core.data.table import Labels, Table, class_labels, target_codes
from core.errors import UserError
from core.models.signals import Signals, true_class_logit
from core.privacy.classes import equivalence_classes, verify_k
from core.rng import rng_for
from core.techniques.base import PublicFacts
from core.tradeoff.recipe import Recipe, Release
from core.tradeoff.study import Study
from core.utility.metrics import METRICS

FULL = -1
"""The replicate number of the one fit on all of POOL."""


@dataclass(frozen=True, eq=False)
class Bench:
    """A table made ready for a study: the split, the classes and the public facts. Drawn once, seeded."""

    table: Table
    classes: tuple[str, ...]
    target: Labels
    split: Split
    knows: tuple[str, ...]
    domains: Mapping[str, tuple[Any, ...]] | None
    seed: int

    @staticmethod
    def prepare(study: Study, table: Table) -> Bench:
        """Draw the sample and the split, and check what the study names against the schema."""
        if study.rows is not None:
            table = subsample(table, study.rows, study.seed)
        for name in {n for names in vars(study.attacker).values() for n in names}:
            if name not in table.schema:
                raise UserError("the attacker knows columns of the table", got=repr(name), do="Correct the study.")
        classes = class_labels(table)
        return Bench(
            table=table,
            classes=classes,
            target=target_codes(table, classes),
            split=split_table(table, classes, study.seed),
            knows=study.attacker.knows or table.schema.quasi_identifiers,
            domains=public_domains(table) if study.assume_public_domain else None,
            seed=study.seed,
        )

    def facts(self, *, full: bool) -> PublicFacts:
        """Return what everybody may know: the public number of people is that of POOL, or half of it."""
        people = len(self.split.pool)
        return PublicFacts(
            people=people if full else people / 2,
            classes=self.classes,
            assume_public_domain=self.domains is not None,
            domains=self.domains,
        )


def public_domains(table: Table) -> dict[str, tuple[Any, ...]]:
    """Return ranges and value lists read from the whole table, for studies that assume they are public."""
    found: dict[str, tuple[Any, ...]] = {}
    for column in table.schema.columns:
        cells = table.frame[column.name]
        if hasattr(cells, "cat"):
            found[column.name] = tuple(str(value) for value in cells.cat.categories)
        elif cells.notna().any():
            low, high = cells.min(), cells.max()
            dates = cells.dtype.kind == "M"
            found[column.name] = (str(low)[:10], str(high)[:10]) if dates else (float(low), float(high))
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What one replicate of one recipe gives: aggregates and one number per person, never a row.

    Parameters
    ----------
    utility : mapping
        Metric -> (value, influence of each TEST person).
    signals : Signals
        What a membership attacker reads off the model, one entry per POOL person.
    rows_risk : mapping or None
        Re-identification of the released rows; None when the recipe releases no rows of people.
    """

    point: str
    replicate: int
    seconds: float
    utility: Mapping[str, tuple[float, Labels]] = field(default_factory=dict)
    signals: Signals | None = None
    n_train: int = 0
    people_train: int = 0
    rows_released: int = 0
    rows_suppressed: int = 0
    rows_risk: Mapping[str, Any] | None = None
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
        return Outcome(
            point=recipe.id, replicate=replicate, seconds=time.perf_counter() - started, failed=_reason(error)
        )
    object.__setattr__(outcome, "seconds", time.perf_counter() - started)
    return outcome


def _reason(error: Exception) -> str:
    """Name the exception and the place, not its message: messages of libraries quote cells."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/core/" in frame.filename] or frames
    place = f"{ours[-1].filename.rsplit('/', 2)[-2]}/{ours[-1].filename.rsplit('/', 1)[-1]}:{ours[-1].lineno}"
    return f"{type(error).__name__} at {place} (message withheld: it may quote cells)"


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
    streams = partial(rng_for, study.seed, "replicate", replicate, label)
    release = recipe.apply(members, study.model, facts, streams)
    _verify(recipe, release, members, facts)
    return Outcome(
        point=recipe.id,
        replicate=replicate,
        seconds=0.0,
        utility=_utility(bench, release, recipe, study),
        signals=None if full else _signals(bench, release, recipe, study, facts, streams, replicate),
        n_train=len(release.rows),
        people_train=members.people,
        rows_released=len(release.rows) if recipe.releases_rows else 0,
        rows_suppressed=release.suppressed,
        rows_risk=_rows_risk(bench, recipe, release, members, study, full=full),
    )


class BrokenGuaranteeError(Exception):
    """The released rows do not have what the technique promises; its message holds counts only."""


def _verify(recipe: Recipe, release: Release, members: Table, facts: PublicFacts) -> None:
    """Verify a promised k on the released rows with code that does not know the technique."""
    promised = recipe.guarantee(members.schema, facts)
    if promised.kind != "k_anonymity" or promised.k is None or release.source is None:
        return
    wrong = verify_k(release.rows, release.rows.schema.quasi_identifiers, promised.k)
    if wrong:
        raise BrokenGuaranteeError(wrong)


def _utility(bench: Bench, release: Release, recipe: Recipe, study: Study) -> dict[str, tuple[float, Labels]]:
    """Score on TEST people, recoded by the fitted map."""
    rows = bench.split.test_rows
    proba = release.predictor.predict_proba(release.recode(bench.table.take(rows)))
    target, persons = bench.target[rows], bench.split.persons[rows]
    _, place = np.unique(persons, return_inverse=True)
    found = {}
    for key, metric in METRICS.items():
        value, influence = metric.score(proba, target)
        found[key] = (value, np.bincount(place, weights=influence))
    return found


def _signals(
    bench: Bench, release: Release, recipe: Recipe, study: Study, facts: PublicFacts, streams: Any, replicate: int
) -> Signals:
    """Return what a membership attacker reads off the model, per POOL person: the mean over a person's rows.

    Members and controls go through the same map. Whoever gets the rows as well as a protected model can train any
    model on them, so then the attacked model is the study's own.
    """
    rows = bench.split.pool_rows
    recoded, target = release.recode(bench.table.take(rows)), bench.target[rows]
    inside = bench.split.coins(replicate)[bench.split.pool_place]
    fitted: Any = release.predictor
    if recipe.training is not None and recipe.releases_rows:
        fitted = study.model.fit(release.rows, facts.classes, streams("attacked", study.model.key))
    elif recipe.training is not None:
        votes = getattr(fitted, "votes", None)
        phi = true_class_logit(fitted.predict_proba(recoded), target, votes)
        return _by_person(Signals.observed(phi, inside), bench)
    # A shortcut leaves out one row; where people have several rows it would leave out too little.
    traceable = release.source is not None and len(rows) == len(bench.split.pool)
    place = np.where(inside, 0, -1)
    if release.source is not None and traceable:
        trained = np.full(int(inside.sum()), -1)
        trained[release.source] = np.arange(len(release.source))
        place[inside] = trained
    signals = study.model.signals(fitted, recoded, target, release.rows if traceable else None, place)
    return _by_person(signals, bench)


def _by_person(signals: Signals, bench: Bench) -> Signals:
    place = bench.split.pool_place
    rows = np.bincount(place)
    phi, inside, outside = (
        np.bincount(place, weights=part) / rows for part in (signals.phi, signals.inside, signals.outside)
    )
    return Signals(phi, inside, outside)


def _rows_risk(
    bench: Bench, recipe: Recipe, release: Release, members: Table, study: Study, *, full: bool
) -> dict[str, Any] | None:
    """Return the class risks of the released rows; for the full fit, of the recipe on the whole table."""
    if not recipe.releases_rows or release.source is None:
        return None
    people, rows = members.people, release.rows
    if full:
        streams = partial(rng_for, study.seed, "whole table", repr(recipe.describe()))
        whole = _table_steps(recipe, bench.table, bench.facts(full=True), streams)
        rows, people = whole, bench.table.people
    named = [name for name in rows.schema.identifying if rows.frame[name].notna().any()]
    if named:
        found = float(rows.frame[named].notna().any(axis=1).groupby(rows.persons).any().sum())
        return {"value": found / people, "maximum": 1.0, "share_below": found / people, "unique_share": 0.0} | {
            "named": True,
            "k": 1,
        }
    # A column that became "ignored" (a keyed code) does not leave with the rows, and nobody knows its codes.
    known = tuple(n for n in bench.knows if n in rows.schema and rows.schema[n].role is not Role.IGNORED)
    # What is left of a masked identifier can be matched too: such columns became quasi-identifiers on the way.
    declared = bench.table.schema.quasi_identifiers
    known += tuple(n for n in rows.schema.quasi_identifiers if n not in known and n not in declared)
    classes = equivalence_classes(rows, known)
    return {
        "value": classes.expected_matches / people,
        "maximum": classes.prosecutor_max if classes.k else 0.0,
        "share_below": classes.share_below(5) * rows.people / people,
        "unique_share": classes.uniques / people,
        "named": False,
        "k": classes.k,
    }


def _table_steps(recipe: Recipe, table: Table, facts: PublicFacts, streams: Any) -> Table:
    for place, step in enumerate(recipe.steps):
        if step.key != "none" and str(step.stage) == "table":
            table = step.protect(table, facts, streams("protect", place)).table
    return table


__all__ = ["FULL", "Bench", "Outcome", "run_replicate"]
