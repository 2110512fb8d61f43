"""The command line: `python -m core ...`, the second front end on the same functions as the dashboard.

Exit codes: 0 ok, 1 an audit or certificate failed, 2 bad input (one clear line on standard error).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill as wrap
from typing import Any

from core.ask import add_ask
from core.audit.command import add_audit
from core.claims.command import add_claims
from core.errors import UserError
from core.recheck.command import add_decision
from core.release.command import add_release
from core.solve import add_solve
from core.survival.command import add_survive


def _listing(what: str) -> list[dict[str, Any]]:
    """Describe one registry."""
    if what == "techniques":
        from core.techniques import TECHNIQUES

        return [technique.describe() for technique in TECHNIQUES.values()]
    if what == "attacks":
        from core.attacks import ATTACKS

        return [attack.describe() for attack in ATTACKS.values()]
    if what == "models":
        from core.models import MODELS

        return [model.describe() for model in MODELS.values()]
    from core.utility.metrics import METRICS

    return [metric.describe() for metric in METRICS.values()]


def _list(options: argparse.Namespace) -> None:
    rows = _listing(options.command)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    for row in rows:
        names = ", ".join(parameter["name"] for parameter in row["parameters"])
        print(f"{row['key']}({names})  [{row['family']}]\n    {row['title']}. {row['idea']}")


def _measure(options: argparse.Namespace) -> None:
    from core.data.schema import Schema
    from core.privacy.measure import measure
    from core.tradeoff.study import load_table

    table = load_table(Path(options.table), Schema.load(Path(options.schema)))
    found = measure(table, None)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    names = ", ".join(found["quasi_identifiers"]) or "nothing"
    print(
        f"{found['rows']} rows of {found['people']} people. An attacker who knows {names} finds {found['classes']} "
        f"different combinations: {found['uniques']} people ({found['unique_share']:.1%}) are alone in theirs "
        f"(k = {found['k']}). Picking at random inside a combination is right for {found['prosecutor_average']:.1%}."
    )


def _run(options: argparse.Namespace) -> None:
    from core.engine.choose import chosen_engine
    from core.engine.jobs import Dispatcher, Job
    from core.tradeoff.study import load_study

    study, table = load_study(Path(options.study))
    changes = {name: value for name in ("effort", "seed") if (value := getattr(options, name)) is not None}
    study = replace(study, **changes)
    if options.workers is not None and options.workers < 1:
        raise UserError("--workers is 1 or more", got=str(options.workers), do="Raise it.")
    if options.json:
        _spare(Path(options.json))
    engine = chosen_engine(options.workers)
    try:
        job = Dispatcher(engine).start(Job(study, table))
        while not job.wait(0.5):
            if sys.stderr.isatty():
                print(f"\r{job.headline()}        ", end="", file=sys.stderr, flush=True)
        snapshot = job.snapshot()
    finally:
        engine.close()
    if sys.stderr.isatty():
        print("\r", end="", file=sys.stderr)
    if options.json:
        _write(Path(options.json), (json.dumps(snapshot.result, indent=1, allow_nan=False) + "\n").encode())
    print(_table(snapshot.result))
    print(snapshot.headline)


def _table(result: Mapping[str, Any]) -> str:
    """Return the points as text: one line each with intervals, then the limits, the references and what is missing."""
    from core.charts.verdict import metric_shown, requirements_of, threat_shown
    from core.charts.words import measure_of, threat_of

    metric, threat, limits = metric_shown(result), threat_shown(result), requirements_of(result)
    better = ", lower is better" if measure_of(metric).better == "lower" else ""
    width = min(34, max([12, *(len(point["id"]) for point in result["points"])]))
    titles = f"{measure_of(metric).title}{better}", f"{threat_of(threat).title} risk"
    wide = max(22, len(titles[0]))
    head = f"{'setting':{width}} {titles[0]:>{wide}} {titles[1]:>22} {'proved':>8}  {'limits' if limits else ''}"
    lines = [head.rstrip()]
    signs = {"yes": "yes", "no": "no", "unproven": "?", "cannot_settle": "~", "not_measured": "-"}
    for point in result["points"]:
        name = point["id"] if len(point["id"]) <= width else f"{point['id'][: width - 2]}.."
        if point["status"] != "measured":
            lines.append(f"{name:{width}} {point['status']}: {point['reason']}")
            continue
        told = [f"{place} {signs[point['meets'][str(r['name'])]]}" for place, r in enumerate(limits, start=1)]
        told += ["VIOLATION"] * any(risk.get("violation") for risk in point["risks"].values())
        bound = point["risks"].get(threat, {}).get("bound")
        shown = _cell(point["utility"].get(metric, {}), metric), _cell(point["risks"].get(threat, {}))
        # Rounded up, so that it stays a ceiling.
        ceiling = f"<= {math.ceil(1000 * bound - 1e-9) / 1000:.3f}" if bound is not None else ""
        lines.append(f"{name:{width}} {shown[0]:>{wide}} {shown[1]:>22} {ceiling:>8}  {' '.join(told)}".rstrip())
    return "\n".join([*lines, *_below(result, metric, limits)])


def _below(result: Mapping[str, Any], metric: str, limits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what stands under the table, no line wider than a terminal."""
    from core.charts.verdict import limit_text, violation_text, violations

    told = []
    if limits:
        listed = "; ".join(f"{place} {limit['name']} ({limit_text(limit)})" for place, limit in enumerate(limits, 1))
        told.append(f"limits: {listed}. yes: met, no: missed, ?: not proven, ~: this table cannot settle it, "
                    "-: not measured")  # fmt: skip
    blind = next((p["utility"][metric] for p in result["points"] if p["utility"].get(metric)), None)
    if blind is not None and blind.get("reference") is not None:
        told.append(f"reference ({blind['reference_name']}): {_cell({'value': blind['reference']}, metric)}")
    found: dict[str, list[str]] = {}
    for point in result["points"]:
        for threat, risk in point["risks"].items():
            if risk.get("status") in ("not_measured", "undefined"):
                found.setdefault(threat, []).append(str(risk.get("reason") or "no reason given"))
    missing = []
    for threat, reasons in found.items():
        others = len(set(reasons)) - 1
        more = f", and {others} other reason{'s' * (others > 1)}" if others else ""
        missing.append(f"{threat} in {len(reasons)} of {len(result['points'])} settings ({reasons[0]}{more})")
    told.append(f"not measured, which is not zero: {'; '.join(missing)}" if missing else "no risk was left unmeasured")
    told += [f"{point['id']}: {violation_text(threat, risk)}" for point, threat, risk in violations(result)]
    told += _unit(result)
    return [wrap(line, 120, subsequent_indent="  ") for line in told]


def _unit(result: Mapping[str, Any]) -> list[str]:
    """Return who the private settings of a result protect, as the schema says: people, or rows."""
    from core.privacy.guarantee import Guarantee
    from core.privacy.plain_words import unit_words

    proved = [point["guarantee"] or {} for point in result["points"]]
    told = {unit_words(Guarantee(unit=found.get("unit"))) for found in proved if found.get("kind") in ("dp", "claimed")}
    return [f"private settings: {words}" for words in sorted(told)]


def _cell(estimate: Mapping[str, Any], metric: str = "") -> str:
    """Return a number with its interval as the JSON has it; a metric in a unit of its own with three digits."""
    from core.charts.words import amount, measure_of

    def shown(value: float) -> str:
        return amount(metric, value) if measure_of(metric).significant else f"{value:.3f}"

    if estimate.get("value") is None:
        return str(estimate.get("status"))
    if estimate.get("low") is None:
        return shown(estimate["value"])
    return f"{shown(estimate['value'])} [{shown(estimate['low'])}, {shown(estimate['high'])}]"


def _report(options: argparse.Namespace) -> None:
    from core.recheck.file import load_decision
    from core.report import render
    from core.tradeoff.result import load_result

    result = load_result(Path(options.result))
    decision = None if options.decision is None else load_decision(Path(options.decision))
    content = render(result, options.format, options.audience, decision, options.free_text)
    _write(Path(options.output), content)


def _spare(path: Path) -> None:
    """Refuse an output that cannot be written before anything is measured for it, not after."""
    if not path.parent.is_dir() or path.is_dir():
        raise UserError(
            "the output file must be writable", got=f"{path}: no such place for a file", do="Choose another place."
        )


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise UserError(
            "the output file must be writable", got=f"{path}: {error.strerror}", do="Choose another place."
        ) from None


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="python -m core", description=(__doc__ or "").splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True)
    for name in ("techniques", "attacks", "models", "metrics"):
        command = commands.add_parser(name, help=f"list the {name}")
        command.add_argument("--json", action="store_true")
        command.set_defaults(run=_list)
    command = commands.add_parser("measure", help="who could be recognised in a table as it is")
    command.add_argument("table")
    command.add_argument("--schema", required=True)
    command.add_argument("--json", action="store_true")
    command.set_defaults(run=_measure)
    command = commands.add_parser("run", help="measure every setting of a study")
    command.add_argument("study")
    command.add_argument("--effort", choices=("glance", "standard", "thorough", "adaptive"))
    command.add_argument("--seed", type=int)
    command.add_argument("--workers", type=int)
    command.add_argument("--json", metavar="OUT.json")
    command.set_defaults(run=_run)
    command = commands.add_parser("report", help="write the report of a result")
    command.add_argument("result")
    command.add_argument("--format", required=True, choices=("html", "pdf", "md", "csv", "json"))
    command.add_argument("--audience", default="team", choices=("team", "external", "executive"))
    command.add_argument("--decision", metavar="DECISION.json", help="what was decided, by whom, against what")
    command.add_argument("--free-text", action="store_true", help="let outsiders read what people wrote")
    command.add_argument("-o", dest="output", required=True)
    command.set_defaults(run=_report)
    add_decision(add_audit(commands))
    add_release(commands)
    add_ask(commands)
    add_claims(commands)
    add_solve(commands)
    add_survive(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int | None] = options.run
    try:
        return command(options) or 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
