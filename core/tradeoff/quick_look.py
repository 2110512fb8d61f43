"""A quick look at one recipe: accuracy and risk against no protection, on a small sample, in a fraction of a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.data.table import Table
from core.tradeoff.bench import Bench
from core.tradeoff.difference import Baseline
from core.tradeoff.point import UNPROTECTED, Tally, point_json
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import Outcome, run_replicate
from core.tradeoff.runner import Run, here
from core.tradeoff.study import Study

PEOPLE = 5_000
"""People of a quick look: drawn at random, seeded."""

REPLICATES = 2


class QuickLook:
    """Measures recipes on a sample of a table, one after the other; what no protection gives is measured once.

    Accuracy and membership are measured as in a sweep, on fewer people and with two random halves, so their intervals
    are wide: they show a direction, and the sweep gives the answer. Attacks on released rows take most of a sweep's
    time and are left to it; the crowds on the whole table stand beside this (`core.tradeoff.before_after`). Each
    recipe looked at is one more look at the raw data: `looks` counts them.

    Parameters
    ----------
    study : Study
        Model, seed and attacker are taken from it; its recipes and limits are not.
    table : Table
    run : Run
        Where the fits run.

    Raises
    ------
    UserError
        When the table has no target, or the model does not fit it.
    """

    def __init__(self, study: Study, table: Table, run: Run = here) -> None:
        rows = min(PEOPLE, table.people) if study.rows is None else min(PEOPLE, study.rows)
        self.study = replace(study, effort="glance", rows=rows, recipes=(), requirements=(), subgroup=None)
        self.bench = Bench.prepare(self.study, table)
        self._elsewhere = run
        self._baseline: Baseline | None = None
        self._point: dict[str, Any] | None = None
        self.looks = 0

    @property
    def people(self) -> int:
        """People of the sample."""
        return self.bench.table.people

    def none(self) -> Mapping[str, Any]:
        """Return the point of no protection."""
        if self._point is None:
            tally, outcomes = self._run(replace(UNPROTECTED, release="model"))
            self._baseline = Baseline(outcomes)
            self._point = point_json(tally, self.bench, self.study)
        return self._point

    def point(self, recipe: Recipe) -> Mapping[str, Any]:
        """Return the trade-off point of a recipe, with its differences to no protection."""
        plain = self.none()
        if recipe.describe() == UNPROTECTED.describe():
            return plain
        facts = self.bench.facts(full=False)
        heavy = [step.key for step in recipe.steps if step.needs]
        reason = recipe.unsupported(self.bench.table.schema, facts)
        if not reason and heavy:
            reason = f"{', '.join(heavy)} is left to the sweep: what it needs is not loaded into the page"
        if reason:
            tally = Tally(recipe)
            tally.add(Outcome(point=recipe.id, replicate=0, seconds=0.0, skipped=reason))
        else:
            # As if only the model left the room: no attack on rows is tried. Where somebody gets rows beside a private
            # model, the model they can train themselves is what counts, so those stay as they are.
            tally, _ = self._run(replace(recipe, release="model") if recipe.training is None else recipe)
        return point_json(tally, self.bench, self.study, self._baseline)

    def _run(self, recipe: Recipe) -> tuple[Tally, list[Outcome]]:
        tally = Tally(recipe)
        self.looks += 1
        calls = [(self.bench, recipe, self.study, number) for number in range(REPLICATES)]
        for outcome in self._elsewhere(run_replicate, *calls):
            if not tally.settled:
                tally.add(outcome)
        return tally, tally.replicates()
