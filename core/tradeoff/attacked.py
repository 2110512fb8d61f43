"""What a replicate's release gives to attackers: signals of the model, attempts on the rows, sizes of the crowds."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np

from core.attacks import ROWS_ATTACKS
from core.attacks.quantile import expected_scores
from core.attacks.rows import Attempts, RowsTruth, RowsView
from core.data.schema import Kind, Role, Schema
from core.data.table import Labels, Table
from core.models.residual_signal import residual_logit
from core.models.signals import Signals, true_class_logit
from core.privacy.classes import equivalence_classes
from core.rng import rng_for, seed_from
from core.techniques.answers import Answered, seen_through
from core.techniques.base import PublicFacts
from core.tradeoff.bench import TARGETS, Bench
from core.tradeoff.recipe import Recipe, Release
from core.tradeoff.study import Study

REFERENCES = 4000
"""Most people known to be out whom an attacker on rows compares with."""


@dataclass(frozen=True, eq=False)
class Attacked:
    """One replicate's release, seen from outside."""

    bench: Bench
    recipe: Recipe
    release: Release
    study: Study
    facts: PublicFacts
    streams: Any
    replicate: int

    @cached_property
    def members(self) -> Labels:
        """Who of POOL is in."""
        return self.bench.split.coins(self.replicate)

    @cached_property
    def recoded(self) -> Table:
        """All POOL rows, members' and controls' through the same map."""
        return self.release.recode(self.bench.table.take(self.bench.split.pool_rows))

    @cached_property
    def targets(self) -> Table:
        """The rows of the people whom attacks on the model are tried on, recoded."""
        rows = self.bench.attacked_rows
        if self.recipe.releases_rows:
            return self.recoded.take(rows)
        return self.release.recode(self.bench.table.take(self.bench.split.pool_rows[rows]))

    def signals(self) -> Signals:
        """Return what a membership attacker reads off the model, per attacked person: the mean over their rows.

        Whoever gets the rows as well as a protected model can train any model on them, so then the attacked model is
        the study's own.
        """
        bench, release, recipe = self.bench, self.release, self.recipe
        places = bench.split.pool_place[bench.attacked_rows]
        target = bench.target[bench.split.pool_rows[bench.attacked_rows]]
        inside = self.members[places]
        fitted: Any = release.predictor
        if recipe.training is not None and recipe.releases_rows:
            model = self.study.model
            fitted = model.fit(release.rows, self.facts.classes, self.streams("attacked", model.key))
        elif recipe.training is not None:
            if bench.task == "regression":
                phi = residual_logit(fitted.predict(self.targets), target)
            else:
                votes = getattr(fitted, "votes", None)
                phi = true_class_logit(fitted.predict_proba(self.targets), target, votes)
            return self._by_person(Signals.observed(phi, inside))
        asked = fitted.inner if isinstance(fitted, Answered) else fitted
        # A shortcut leaves out one row; where people have several rows it would leave out too little.
        if release.source is None or len(bench.split.pool_rows) != len(bench.split.pool):
            signals = release.model.signals(asked, self.targets, target, None, np.where(inside, 0, -1))
            return self._by_person(self._told(signals, target, inside))
        trained = np.full(len(bench.split.pool), -1)
        trained[np.flatnonzero(self.members)[release.source]] = np.arange(len(release.source))
        place = trained[places]
        signals = release.model.signals(asked, self.targets, target, release.rows, place)
        signals = self._told(signals, target, place >= 0)
        # Suppressed members were not trained on, and are members all the same.
        lost = inside & (place < 0)
        return self._by_person(
            Signals(
                signals.phi,
                np.where(lost, signals.phi, signals.inside),
                np.where(lost, np.nan, signals.outside),
            )
        )

    def _told(self, signals: Signals, target: Labels, inside: Labels) -> Signals:
        """Return the signals as they show in what is answered, where a step changes the answers."""
        step = self.recipe.answers
        if step is None:
            return signals
        return seen_through(step, signals, self.release.predictor, self.targets, target, inside)

    def _by_person(self, signals: Signals) -> Signals:
        _, place = np.unique(self.bench.split.pool_place[self.bench.attacked_rows], return_inverse=True)
        rows = np.bincount(place)
        phi, inside, outside = (
            np.bincount(place, weights=part) / rows for part in (signals.phi, signals.inside, signals.outside)
        )
        return Signals(phi, inside, outside)

    def expected(self, phi: Labels) -> tuple[Labels, Labels]:
        """Return each person's score against what people with the same data get, learned on either half's controls."""
        seed = seed_from(self.streams("expected"))
        bench = self.bench
        return expected_scores(bench.features, phi, bench.coins(self.replicate), bench.tuning, seed)

    def attempts(self) -> dict[str, Attempts | str]:
        """Return every attempt of every attack on the released rows; a text where an attack cannot be made.

        An attack that breaks is a reason, not the end of the setting.
        """
        if not self.recipe.releases_rows:
            return {}
        view, truth = self._scene()
        found: dict[str, Attempts | str] = {}
        for attack in ROWS_ATTACKS:
            if reason := attack.inapplicable(view):
                found[attack.threat] = reason
                continue
            rng = self.streams("attack", attack.key)
            seen, known = self._once_a_person(view, truth) if attack.threat == "singling_out" else (view, truth)
            try:
                found[attack.threat] = attack.score(attack.guess(seen, rng), seen, known, rng)
            except Exception as error:
                found[attack.threat] = f"the attack failed: {place_of(error)}"
        return found

    def _scene(self) -> tuple[RowsView, RowsTruth]:
        bench, release, split = self.bench, self.release, self.bench.split
        hidden = [c.name for c in release.rows.schema.columns if c.role is Role.IGNORED]
        if release.source is None:
            mine = self.recoded.take(self.members[split.pool_place])
            hidden += [n for n in invented_names(release.rows, mine, bench.table.schema) if n not in hidden]
        released = release.rows.drop(tuple(hidden))
        recoded = self.recoded.drop(tuple(n for n in hidden if n in self.recoded.schema))
        everybody = recoded.take(bench.first_row)
        people = np.setdiff1d(np.union1d(bench.sample, bench.vulnerable), bench.reserve)
        controls = bench.reserve[~self.members[bench.reserve]]
        if len(controls) > REFERENCES:
            controls = np.sort(self.streams("references").permutation(controls)[:REFERENCES])
        named = named_columns(released)
        known = (*named, *(n for n in known_columns(bench, released) if n not in named))
        view = RowsView(
            released=released,
            targets=everybody.take(people),
            half=split.tuning[people],
            reference=everybody.take(controls),
            reference_half=split.tuning[controls],
            knows=known,
            secrets=bench.secrets,
            left=(*named, *(n for n in bench.left if n not in named)),
            right=(*named, *(n for n in bench.right if n not in named)),
            attempts=TARGETS // 2,
        )
        source = None
        if release.source is not None:
            member_places = split.pool_place[self.members[split.pool_place]]
            source = member_places[release.source]
        inside = self.members[split.pool_place]
        truth = RowsTruth(
            members=self.members[people],
            person=people,
            inside=recoded.take(inside),
            outside=recoded.take(~inside),
            source=source,
            tuning=split.tuning,
        )
        return view, truth

    def _once_a_person(self, view: RowsView, truth: RowsTruth) -> tuple[RowsView, RowsTruth]:
        """Return one row per person and known data: a description that fits all visits of one person singles them out.

        The attacker is given that much: they are told which released rows that look alike to them are one person's.
        """
        places = self.bench.split.pool_place
        if len(places) == len(self.bench.split.pool):
            return view, truth

        def first(table: Table, persons: Labels) -> Labels:
            frame = table.frame[[n for n in view.knows if n in table.schema]].assign(_person=persons)
            return np.flatnonzero(~frame.duplicated().to_numpy())

        mine = self.members[places]
        inside = truth.inside.take(first(truth.inside, places[mine]))
        outside = truth.outside.take(first(truth.outside, places[~mine]))
        if truth.source is None:
            return view, replace(truth, inside=inside, outside=outside)
        rows = first(view.released, truth.source)
        truth = replace(truth, inside=inside, outside=outside, source=truth.source[rows])
        return replace(view, released=view.released.take(rows)), truth

    def crowds(self, members: Table, *, full: bool) -> Mapping[str, Any] | None:
        """Return the class risks of the released rows; for the full fit, of the recipe on the whole table."""
        if not self.recipe.releases_rows or self.release.source is None:
            return None
        people, rows = members.people, self.release.rows
        if full:
            streams = partial(rng_for, self.study.seed, "whole table", repr(self.recipe.describe()))
            rows = _table_steps(self.recipe, self.bench.table, self.bench.facts(full=True), streams)
            people = self.bench.table.people
        if named := named_columns(rows):
            found = float(rows.frame[list(named)].notna().any(axis=1).groupby(rows.persons).any().sum())
            share = {"value": found / people, "maximum": 1.0, "share_below": found / people, "unique_share": 0.0}
            return share | {"named": True, "k": 1}
        classes = equivalence_classes(rows, known_columns(self.bench, rows))
        return {
            "value": classes.expected_matches / people,
            "maximum": classes.prosecutor_max if classes.k else 0.0,
            "share_below": classes.share_below(5) * rows.people / people,
            "unique_share": classes.uniques / people,
            "named": False,
            "k": classes.k,
        }


def named_columns(rows: Table) -> tuple[str, ...]:
    """Return the columns of released rows that name somebody."""
    return tuple(name for name in rows.schema.identifying if rows.frame[name].notna().any())


def invented_names(rows: Table, members: Table, original: Schema) -> tuple[str, ...]:
    """Return the columns that name nobody on rows that are nobody's, so that they would only mislead an attacker.

    The identifiers in which no member's value is found (one that is tells that they are not invented), and what a mask
    put after the inventing left of them (a mask before it leaves nothing: no technique invents text).
    """

    def real(name: str) -> bool:
        return name in members.schema and bool(rows.frame[name].isin(members.frame[name].dropna().unique()).any())

    invented = (name for name in rows.schema.identifying if not real(name))
    masked = (n for n in original.identifying if n in rows.schema and rows.schema[n].kind is Kind.TEXT)
    return tuple(dict.fromkeys((*invented, *(n for n in masked if n not in rows.schema.identifying))))


def known_columns(bench: Bench, rows: Table) -> tuple[str, ...]:
    """Return the released columns that the attacker knows of people."""
    # A column that became "ignored" (a keyed code) does not leave with the rows, and nobody knows its codes.
    known = tuple(n for n in bench.knows if n in rows.schema and rows.schema[n].role is not Role.IGNORED)
    # What is left of a masked identifier can be matched too: such columns became quasi-identifiers on the way.
    declared = bench.table.schema.quasi_identifiers
    return known + tuple(n for n in rows.schema.quasi_identifiers if n not in known and n not in declared)


def place_of(error: Exception) -> str:
    """Name the exception and the place, not its message: messages of libraries quote cells."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/core/" in frame.filename] or frames
    place = f"{ours[-1].filename.rsplit('/', 2)[-2]}/{ours[-1].filename.rsplit('/', 1)[-1]}:{ours[-1].lineno}"
    return f"{type(error).__name__} at {place} (message withheld: it may quote cells)"


def _table_steps(recipe: Recipe, table: Table, facts: PublicFacts, streams: Any) -> Table:
    for place, step in enumerate(recipe.steps):
        if step.key != "none" and str(step.stage) == "table":
            table = step.protect(table, facts, streams("protect", place)).table
    return table
