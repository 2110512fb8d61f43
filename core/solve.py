"""`python -m core solve STUDY.toml --recipe NAME --risk-at-most X`: the setting that keeps the limit you accept."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill as wrap
from typing import Any

from core.errors import UserError

RUNS = 6
"""Settings that are run beyond those of the study, at most."""

LIMIT = "accepted"
"""The name of the limit while it is solved for."""


def add_solve(commands: Any) -> None:
    """Add the command `solve` to the command line's grammar."""
    solve = commands.add_parser("solve", help="from a limit that you accept to the setting that keeps it")
    solve.add_argument("study")
    solve.add_argument("--recipe", required=True, help="a recipe of the study that turns one number")
    accepted = solve.add_mutually_exclusive_group(required=True)
    accepted.add_argument("--risk-at-most", type=float, metavar="X", help="0.05: 5 extra people of 100")
    accepted.add_argument("--accuracy-at-least", type=float, metavar="Y", help="accuracy, or R2 of predicted numbers")
    solve.add_argument("--threat", help="the risk; by default the study's, else membership")
    solve.add_argument("--effort", choices=("glance", "standard", "thorough"))
    solve.add_argument("--workers", type=int)
    solve.add_argument("--runs", type=int, default=RUNS, help=f"settings to run beyond the study's, 0 to {RUNS}")
    solve.add_argument("--json", action="store_true")
    solve.set_defaults(run=run_solve)


def run_solve(options: argparse.Namespace) -> None:
    """Answer by proof at once, then by measurement; every setting that was run is listed and counted.

    Raises
    ------
    UserError
        When the study has no such recipe, or the recipe does not turn exactly one number.
    """
    from core.engine.choose import chosen_engine
    from core.engine.local import packed
    from core.privacy.plain_words import plain_words
    from core.tradeoff.bench import Bench
    from core.tradeoff.dial import Dial
    from core.tradeoff.ledger import ledger_of
    from core.tradeoff.solve import by_measurement, by_proof, judged
    from core.tradeoff.study import Requirement, load_study
    from core.utility.metrics import metrics_for

    if not 0 <= options.runs <= RUNS:
        raise UserError(f"--runs is 0 to {RUNS}", got=str(options.runs), do="Each one uses the raw data once more.")
    if options.workers is not None and options.workers < 1:
        raise UserError("--workers is 1 or more", got=str(options.workers), do="Raise it.")
    study, table = load_study(Path(options.study))
    study = replace(study, effort=options.effort or study.effort)
    settings = [recipe for recipe in study.recipes if recipe.name == options.recipe]
    if not settings:
        names = ", ".join(dict.fromkeys(recipe.name for recipe in study.recipes)) or "none at all"
        raise UserError("--recipe names a recipe of the study", got=repr(options.recipe), do=f"It has: {names}.")
    dial = Dial.of(settings[0])
    if options.risk_at_most is not None:
        limit = Requirement(name=LIMIT, risk=options.threat or study.threat, at_most=options.risk_at_most)
    else:
        limit = Requirement(name=LIMIT, metric=next(iter(metrics_for(study.model.task))),
                            at_least=options.accuracy_at_least)  # fmt: skip
    bench = Bench.prepare(study, table)
    schema, facts = bench.table.schema, bench.facts(full=False)
    proof = by_proof(settings[0], limit, schema, facts)
    engine = chosen_engine(options.workers)
    payload, tallies = packed(bench), []
    try:
        for recipe in settings:
            _tell(f"running {recipe.id}")
            tallies.append(_measured(study, bench, payload, recipe, engine))
        points = judged(tallies, bench, study, limit)
        answer = by_measurement(settings[0], points, limit)
        for _ in range(options.runs):
            if answer.next is None:
                break
            recipe = dial.turned(settings[0], answer.next)
            _tell(f"running {recipe.id}")
            tallies.append(_measured(study, bench, payload, recipe, engine))
            points += judged(tallies[-1:], bench, study, limit)
            answer = by_measurement(settings[0], points, limit)
    finally:
        engine.close()
    _tell("")
    ledger = ledger_of(tallies, bench)
    promised = dial.turned(settings[0], answer.setting if answer.setting is not None else dial.value(settings[0]))
    words = plain_words(promised.guarantee(schema, facts))
    if options.json:
        record = {"limit": limit.to_json(), "recipe": options.recipe, "effort": study.effort, "proof": proof.to_json(),
                  "measurement": answer.to_json(), "plain_words": list(words), "runs": len(points) - len(settings),
                  "points": points, "ledger": ledger}  # fmt: skip
        sys.stdout.write(json.dumps(record, indent=1, allow_nan=False) + "\n")
        return
    lines = [proof.sentence, answer.sentence]
    if answer.setting is not None and proof.parameter == "epsilon":
        lines.append(f"What {dial.shown(answer.setting)} proves: {' '.join(words)}")
    else:
        lines += words[-1:] if proof.parameter == "epsilon" else ()
    lines.append(f"Chosen among {answer.tried} measured settings at {study.effort} effort; {_listed(points)}.")
    lines.append(str(ledger["note"]))
    sys.stdout.write("\n".join(wrap(line, 120, subsequent_indent="  ") for line in lines) + "\n")


def _measured(study: Any, bench: Any, payload: bytes, recipe: Any, engine: Any) -> Any:
    """Return the outcomes of one setting, as a sweep would find them."""
    from core.engine.local import run_task
    from core.tradeoff.point import Tally
    from core.tradeoff.replicate import FULL, Outcome

    tally = Tally(recipe)
    reasons = [recipe.unsupported(bench.table.schema, bench.facts(full=full)) for full in (False, True)]
    if reason := next((text for text in reasons if text), None):
        tally.add(Outcome(point=recipe.id, replicate=0, seconds=0.0, skipped=reason))
        return tally
    key = f"solve:{bench.table.fingerprint}:{study.seed}:{study.effort}"
    numbers = [*range(study.replicates), FULL]
    futures = [engine.submit(run_task, key, payload, recipe, study, number) for number in numbers]
    for number, future in zip(numbers, futures, strict=True):
        try:
            tally.add(future.result())
        except Exception as error:  # a worker that was killed, for memory say
            failed = f"the worker stopped ({type(error).__name__})"
            tally.add(Outcome(point=recipe.id, replicate=number, seconds=0.0, failed=failed))
    return tally


def _listed(points: Sequence[Any]) -> str:
    """Return the settings that were run, with the reason of those without a number."""
    done = [p["id"] for p in points if p["status"] == "measured"]
    gone = [f"{p['id']} ({p['status']}: {p['reason']})" for p in points if p["status"] != "measured"]
    return f"run: {', '.join(done) or 'none'}" + (f"; without a number: {', '.join(gone)}" if gone else "")


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:100]:100}\r")
        sys.stderr.flush()
