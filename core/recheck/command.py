"""`python -m core audit decision FILE --table NEW.csv`: the re-audit on the command line, for a scheduled job too."""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill as wrap
from typing import Any

from core.errors import UserError


def add_decision(kinds: Any) -> None:
    """Add the kind `decision` to the audits of the command line's grammar."""
    decision = kinds.add_parser("decision", help="measure a recorded decision again on a new table")
    decision.add_argument("file", help="the decision file, as the Decide page gives it")
    decision.add_argument("--table", required=True, help="the new rows, with the columns that were decided on")
    decision.add_argument("--study", help="the study file of that time, for a decision file without one")
    decision.add_argument("--effort", choices=("glance", "standard", "thorough", "adaptive"))
    decision.add_argument("--workers", type=int)
    decision.add_argument("--json", action="store_true")
    decision.set_defaults(run=run_decision)


def run_decision(options: argparse.Namespace) -> int:
    """Measure a decision again and print one page; return 0 when it holds, 1 when it does not or was altered.

    Raises
    ------
    UserError
        When a file cannot be read, or the new table is not of the shape that was decided on.
    """
    from core.engine.choose import chosen_engine
    from core.engine.jobs import Dispatcher
    from core.recheck.file import Altered, load_decision, read_new, recorded
    from core.recheck.recheck import recheck
    from core.recheck.words import lines

    if options.workers is not None and options.workers < 1:
        raise UserError("--workers is 1 or more", got=str(options.workers), do="Raise it.")
    decision = load_decision(Path(options.file))
    study, schema = _given(options.study)
    try:
        found = recorded(decision, study, schema)
    except Altered as problem:
        if options.json:
            altered = {"schema": "middleground.recheck/1", "holds": False, "altered": True, "problems": [str(problem)]}
            sys.stdout.write(json.dumps(altered, indent=2) + "\n")
        sys.stderr.write(f"ALTERED: {problem}\n")
        return 1
    path = Path(options.table)
    try:
        content = path.read_bytes()
    except OSError:
        raise UserError("the new table must exist", got=f"no file {path}", do="Correct the path.") from None
    table, left_out = read_new(path.name, content, found.schema)
    engine = chosen_engine(options.workers)
    try:
        told = recheck(
            found, table, Dispatcher(engine), effort=options.effort, left_out=left_out, today=datetime.now(UTC).date(),
            progress=_tell,
        )  # fmt: skip
    finally:
        engine.close()
    _tell("")
    if options.json:
        text = json.dumps(told.to_json(), indent=2, allow_nan=False)
    else:
        text = "\n".join(wrap(line, 120, subsequent_indent="    ") for line in lines(told))
    sys.stdout.write(text + "\n")
    return told.code


def _given(path: str | None) -> tuple[Any, Any]:
    """Return the study and the schema that the command line names: a person chose these paths, no file did."""
    from core.data.schema import Schema

    if path is None:
        return None, None
    try:
        study = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError:
        raise UserError("the study file must exist", got=f"no file {path}", do="Correct the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError("a study is a TOML file", got=f"a mistake: {error}", do="Correct it.") from None
    named = study.get("study", {}).get("schema") if isinstance(study.get("study"), dict) else None
    return study, Schema.load(Path(path).parent / named) if isinstance(named, str) else None


def _tell(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{text[:100]:100}\r")
        sys.stderr.flush()
