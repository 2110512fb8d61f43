"""`python -m core claims RESULT.json`: popular sentences put to the test on a result."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from textwrap import fill
from typing import Any


def add_claims(commands: Any) -> None:
    """Add the command `claims` to the command line's grammar."""
    command = commands.add_parser("claims", help="popular sentences, put to the test on a result")
    command.add_argument("result", help="what `run --json` wrote")
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=run_claims)


def run_claims(options: argparse.Namespace) -> None:
    """Judge every claim by the settings of the result; nothing is measured again.

    Raises
    ------
    UserError
        When the file is no result.
    """
    from core.claims import CLAIMS
    from core.tradeoff.result import load_result

    result = load_result(Path(options.result))
    findings = {key: (claim, claim().judge(result)) for key, claim in CLAIMS.items()}
    if options.json:
        told = {key: {"claim": claim.sentence, **found.to_json()} for key, (claim, found) in findings.items()}
        sys.stdout.write(json.dumps(told, indent=1, allow_nan=False) + "\n")
        return
    for claim, found in findings.values():
        sys.stdout.write(f'"{claim.sentence}"\n  {found.verdict.upper()}\n')
        for line in (found.sentence, found.wanted, f"Say instead: {claim.instead}"):
            if line:
                sys.stdout.write(fill(line, 116, initial_indent="  ", subsequent_indent="  ") + "\n")
        for item in found.evidence:
            ends = f"{100 * item.value:.1f} [{100 * item.low:.1f}, {100 * item.high:.1f}]"
            sys.stdout.write(f"    {item.point}: {ends}: {item.finding}; {item.told}\n")
        sys.stdout.write("\n")
