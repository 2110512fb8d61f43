"""Measuring one recipe alone, as a sweep would: no anchors, no other recipes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.table import Table
from core.engine.local import Engine, packed, run_task
from core.tradeoff.bench import Bench
from core.tradeoff.ledger import ledger_of
from core.tradeoff.point import Tally, point_json
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import FULL, Outcome
from core.tradeoff.study import Study


def measure_point(
    study: Study, table: Table, recipe: Recipe, engine: Engine
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the trade-off point of one recipe, as a sweep would find it but for differences, and what it cost.

    Parameters
    ----------
    engine : Engine
        Where the replicates run; their number of workers changes no result.

    Returns
    -------
    point : mapping
    ledger : mapping
        Of measuring, and of the release that follows.

    Raises
    ------
    UserError
        When the table cannot be measured: without a target, say.
    """
    bench = Bench.prepare(study, table)
    tally = Tally(recipe)
    schema = bench.table.schema
    reasons = [recipe.unsupported(schema, bench.facts(full=full)) for full in (False, True)]
    if reason := next((text for text in reasons if text), None):
        tally.add(Outcome(point=recipe.id, replicate=0, seconds=0.0, skipped=reason))
        return point_json(tally, bench, study), ledger_of([tally], bench)
    payload, key = packed(bench), f"release:{bench.table.fingerprint}:{study.seed}:{study.effort}"
    numbers = [*range(study.replicates), FULL]
    futures = [engine.submit(run_task, key, payload, recipe, study, number) for number in numbers]
    for number, future in zip(numbers, futures, strict=True):
        try:
            tally.add(future.result())
        except Exception as error:  # a worker that was killed, for memory say
            failed = f"the worker stopped ({type(error).__name__})"
            tally.add(Outcome(point=recipe.id, replicate=number, seconds=0.0, failed=failed))
    return point_json(tally, bench, study), ledger_of([tally], bench, released=[recipe])
