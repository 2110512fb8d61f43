"""`python -m core survive STUDY.toml --recipe NAME`: the survival check on the command line."""

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


def add_survive(commands: Any) -> None:
    """Add the command `survive` to the command line's grammar."""
    survive = commands.add_parser("survive", help="would the choice stay first under other seeds, roles, models?")
    survive.add_argument("study")
    survive.add_argument("--recipe", required=True, help="the recipe that was chosen")
    survive.add_argument("--point", help="its setting, where the recipe has several")
    survive.add_argument("--against", nargs="+", metavar="ID", help="up to five settings; by default the best four")
    survive.add_argument("--vary", nargs="+", choices=("seeds", "attacker", "roles", "model"))
    survive.add_argument("--seeds", type=int, default=8)
    survive.add_argument("--effort", choices=("glance", "standard", "thorough", "adaptive"))
    survive.add_argument("--workers", type=int)
    survive.add_argument("--json", action="store_true")
    survive.set_defaults(run=run_survive)


def run_survive(options: argparse.Namespace) -> None:
    """Run a choice against its rivals under variations and print what happened.

    Raises
    ------
    UserError
        When the study has no such setting, or something cannot be varied.
    """
    from core.engine.choose import chosen_engine
    from core.engine.jobs import Dispatcher
    from core.survival.survive import survival
    from core.survival.vary import VARY
    from core.survival.words import lines, to_json
    from core.tradeoff.study import load_study

    if options.workers is not None and options.workers < 1:
        raise UserError("--workers is 1 or more", got=str(options.workers), do="Raise it.")
    study, table = load_study(Path(options.study))
    study = replace(study, effort=options.effort or study.effort)
    chosen = _point([r.id for r in study.recipes if r.name == options.recipe], options.point,
                    [r.name for r in study.recipes])  # fmt: skip
    engine = chosen_engine(options.workers)
    try:
        found = survival(
            study, table, chosen, Dispatcher(engine), rivals=options.against, vary=options.vary or VARY,
            seeds=options.seeds, progress=_tell,
        )  # fmt: skip
    finally:
        engine.close()
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{'':100}\r")
    if options.json:
        text = json.dumps(to_json(found), indent=2, allow_nan=False)
    else:
        text = "\n".join(wrap(line, 120, subsequent_indent="    ") for line in lines(found))
    sys.stdout.write(text + "\n")


def _point(ids: Sequence[str], point: str | None, names: Sequence[str]) -> str:
    """Return the id of the setting that is meant."""
    if not ids:
        known = ", ".join(dict.fromkeys(names)) or "none at all"
        raise UserError("--recipe names a recipe of the study", got="another name", do=f"It has: {known}.")
    if point is None and len(ids) == 1:
        return ids[0]
    if point is None or point not in ids:
        got = "none" if point is None else repr(point)
        raise UserError("--point names one setting of the recipe", got=got, do=f"Choose one of: {', '.join(ids)}.")
    return point


def _tell(done: int, total: int, words: str) -> None:
    if sys.stderr.isatty():
        text = f"{done} of {total}: {words}"
        sys.stderr.write(f"\r{text[:100]:100}\r")
        sys.stderr.flush()
