"""`python -m core audit mechanism KEY --epsilon E`: the audit on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from core.errors import UserError
from core.registry import lookup

_NEIGHBOURS = {"add_remove": "add/remove", "replace_one": "replace-one"}


def add_audit(commands: Any) -> Any:
    """Add the command `audit` to the command line's grammar, and return the place for its kinds of audit."""
    audit = commands.add_parser("audit", help="test whether a promise is kept; exit code 1 when it is broken")
    kinds = audit.add_subparsers(dest="kind", required=True)
    mechanism = kinds.add_parser("mechanism", help="run a technique on neighbours and bet against its epsilon")
    mechanism.add_argument("key")
    mechanism.add_argument("--epsilon", type=float, required=True)
    mechanism.add_argument("--delta", type=float)
    mechanism.add_argument("--pairs", type=int, default=3000)
    mechanism.add_argument("--alpha", type=float, default=0.05)
    mechanism.add_argument("--seed", type=int, default=0)
    mechanism.add_argument("--json", action="store_true")
    mechanism.set_defaults(run=run_mechanism)
    return kinds


def auditable() -> dict[str, Any]:
    """Return the techniques that state an epsilon, by key."""
    from core.techniques import TECHNIQUES

    return {key: cls for key, cls in TECHNIQUES.items() if any(p.name == "epsilon" for p in cls.parameters())}


def run_mechanism(options: argparse.Namespace) -> int:
    """Audit one technique and print what was found; return the exit code: 1 when its claim is refuted.

    Raises
    ------
    UserError
        When the key is not that of a technique with an epsilon, or a number is out of range.
    """
    from core.audit.mechanism import audit_mechanism

    chosen = lookup(auditable(), options.key, "differentially private technique")
    budget = {"epsilon": options.epsilon} | ({} if options.delta is None else {"delta": options.delta})
    technique = chosen.from_mapping(budget)
    pair = technique.audit_pair()
    if pair is None:
        raise UserError("the technique must supply neighbours", got=options.key, do="Give it an audit_pair.")
    if reason := technique.unsupported(pair.tables[0].schema, pair.facts):
        raise UserError("the setting must be one that a study accepts", got=reason, do="Change it.")
    found = audit_mechanism(technique, pairs=options.pairs, alpha=options.alpha, seed=options.seed)
    text = json.dumps(to_json(found), indent=2, allow_nan=False) if options.json else "\n".join(sentences(found))
    sys.stdout.write(text + "\n")
    return int(found.flagged)


def to_json(found: Any) -> dict[str, Any]:
    """Return the JSON of an audit."""
    content = asdict(found)
    content["event"]["text"] = found.event.describe()
    return {"schema": "middleground.audit/1", **content, "sentences": sentences(found)}


def sentences(found: Any) -> list[str]:
    """Return what an audit found as plain sentences, the answer first."""
    name, epsilon = found.key, f"epsilon {found.claim.epsilon:g}"
    pairs = f"{found.pairs:,} pairs of runs"
    if found.flagged:
        lines = [
            f"VIOLATION: {name} breaks {epsilon}. Seen after {pairs}; a technique that keeps its promise is accused "
            f"with a chance of {found.alpha:.0%} at most."
        ]
        lines.append(_leak(found))
    else:
        lines = [f"No sign that {name} breaks {epsilon} in {pairs}{_power(found, '; ')}. That is no proof."]
    x, y = found.rates
    lines.append(
        f"Compared: {found.story} ({_NEIGHBOURS[found.neighbours]} neighbours). The strongest bet was at "
        f"e' = {found.event.level:g} on: {found.event.describe()}. It happened in {x:.1%} of the runs that it favours "
        f"and in {y:.1%} of the others; anytime p-value {found.p_value:.2g}."
    )
    if found.flagged and found.control_run:
        lines.append(_power(found, "").capitalize() + ".")
    if found.claimed:
        lines.append("This epsilon is the claim of the library that the technique uses; we have not proved it.")
    if found.note:
        lines.append(found.note)
    return lines


def _power(found: Any, join: str) -> str:
    if not found.control_run:
        return ""
    if found.control is None:
        return f"{join}the test is weak here: it misses even twice the epsilon more often than not"
    return f"{join}the test would have caught twice the epsilon within about {found.control:,}"


def _leak(found: Any) -> str:
    leak, delta = found.leak, found.claim.delta
    at = f" at delta {delta:g}" if delta else ""
    mu = "" if leak.mu is None else f" (mu at least {leak.mu:.3g}, promised {found.claim.mu:.3g})"
    if leak.epsilon <= found.claim.epsilon:
        return f"{leak.pairs} fresh pairs alone are too few to bound by how much{mu}."
    return f"Its epsilon is at least {leak.epsilon:.2f}{at}{mu}, with 95 % confidence from {leak.pairs} fresh pairs."
