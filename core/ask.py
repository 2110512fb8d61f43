"""`python -m core ask TABLE --schema S.json --count --epsilon E`: one noisy answer, and what it cost."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.errors import UserError

LAPSE = 1e-6
"""The delta of Gaussian noise when none is given."""


def add_ask(commands: Any) -> None:
    """Add the command `ask` to the command line's grammar."""
    ask = commands.add_parser("ask", help="one count, mean or histogram with differential privacy")
    ask.add_argument("table")
    ask.add_argument("--schema", required=True)
    what = ask.add_mutually_exclusive_group(required=True)
    what.add_argument("--count", action="store_true", help="how many rows, or people where the schema has a person id")
    what.add_argument("--mean", metavar="COLUMN", help="a number with public bounds in the schema")
    what.add_argument("--histogram", metavar="COLUMN", help="a column with public categories in the schema")
    ask.add_argument("--epsilon", type=float, required=True)
    ask.add_argument("--delta", type=float)
    ask.add_argument("--mechanism", choices=("laplace", "gaussian"))
    ask.add_argument("--json", action="store_true")
    ask.set_defaults(run=run_ask)


def run_ask(options: argparse.Namespace) -> None:
    """Answer one question and say what it cost.

    Raises
    ------
    UserError
        When bounds or categories are not in the schema: reading them from the data would tell of the data for free.
    """
    from core.data.schema import Kind, Schema
    from core.data.table import MISSING
    from core.privacy.questions import noisy_count, noisy_histogram, noisy_mean
    from core.tradeoff.study import load_table

    schema, delta = Schema.load(Path(options.schema)), _delta(options)
    name = options.mean or options.histogram
    if name is not None and name not in schema:
        raise UserError("the question needs a column of the schema", got=repr(name), do="Correct the name.")
    if options.mean and (schema[name].kind is not Kind.NUMERIC or schema[name].bounds is None):
        raise UserError(
            "a mean needs a numeric column with public bounds in the schema",
            got=f"none for {name!r}",
            do="Write down what is possible; bounds are never read from the data.",
        )
    if options.histogram and (schema[name].kind is not Kind.CATEGORICAL or not schema[name].categories):
        raise UserError(
            "a histogram needs a categorical column with public categories in the schema",
            got=f"none for {name!r}",
            do="List what is possible; categories are never read from the data.",
        )
    table = load_table(Path(options.table), schema)
    persons = table.persons if schema.person_id is not None else None
    labels: tuple[str, ...] = ()
    if options.count:
        answer = noisy_count(len(table), options.epsilon, delta=delta, persons=persons)
    elif options.mean:
        bounds, values = schema[name].bounds, table.frame[name].to_numpy()
        answer = noisy_mean(values, bounds, options.epsilon, delta=delta, persons=persons)
    else:
        listed = schema[name].categories or ()
        labels = listed if MISSING in listed else (*listed, "missing or not listed")
        place = {label: code for code, label in enumerate(labels)}
        cells, rest = table.frame[name], place.get(MISSING, len(listed))
        import numpy as np

        codes = np.array([*(place.get(str(v), rest) for v in cells.cat.categories), rest])[cells.cat.codes.to_numpy()]
        answer = noisy_histogram(codes, labels, options.epsilon, delta=delta, persons=persons)
    if options.json:
        record = {**asdict(answer), **({"categories": labels} if labels else {})}
        sys.stdout.write(json.dumps(record, indent=2, allow_nan=False) + "\n")
        return
    if isinstance(answer.value, tuple) and isinstance(answer.low, tuple) and isinstance(answer.high, tuple):
        for label, value, low, high in zip(labels, answer.value, answer.low, answer.high, strict=True):
            sys.stdout.write(f"{label}: {value:,} [{low:,}, {high:,}]\n")
    sys.stdout.write(f"{answer.sentence}\nNothing keeps count of it here: add up yourself what was asked.\n")


def _delta(options: argparse.Namespace) -> float:
    """Return the delta to spend: 0 for Laplace noise."""
    mechanism = options.mechanism or ("gaussian" if options.delta else "laplace")
    if mechanism == "laplace" and options.delta:
        raise UserError("Laplace noise has no delta", got=str(options.delta), do="Leave it out, or choose gaussian.")
    if mechanism == "gaussian" and options.delta == 0:
        raise UserError("Gaussian noise needs a delta above 0", got="0", do="Give for example 1e-6.")
    return 0.0 if mechanism == "laplace" else LAPSE if options.delta is None else float(options.delta)
