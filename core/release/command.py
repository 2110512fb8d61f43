"""`python -m core release STUDY.toml --recipe NAME -o FILE`: the protected table and its certificate."""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

from core.errors import UserError


def add_release(commands: Any) -> None:
    """Add the command `release` to the command line's grammar."""
    command = commands.add_parser("release", help="write the protected table and its certificate")
    command.add_argument("study", nargs="?", help="a study file, or with --check nothing")
    command.add_argument("--recipe", metavar="NAME")
    command.add_argument("--point", metavar="ID", help="which setting, when the recipe sweeps several")
    command.add_argument("--effort", choices=("glance", "standard", "thorough"))
    command.add_argument("--workers", type=int)
    command.add_argument("--excel-safe", action="store_true", help="an apostrophe before cells that look like formulas")
    command.add_argument("-o", dest="output", metavar="FILE")
    command.add_argument("--check", metavar="FILE", help="look at a released file again, beside its certificate")
    command.set_defaults(run=run_release)


def chosen(recipes: Any, name: str, point: str | None) -> Any:
    """Return the setting that is asked for.

    Raises
    ------
    UserError
        When there is no such recipe or point, or when the recipe has several settings and none is named.
    """
    found = [recipe for recipe in recipes if name in (recipe.name, recipe.id)]
    if not found:
        known = ", ".join(dict.fromkeys(recipe.name for recipe in recipes)) or "none"
        raise UserError("the study must have the recipe", got=repr(name), do=f"Choose one of: {known}.")
    if point is not None:
        found = [recipe for recipe in found if recipe.id == point] or found
        if found[0].id != point:
            ids = ", ".join(recipe.id for recipe in found)
            raise UserError(f"recipe {name!r} must have the point", got=repr(point), do=f"Choose one of: {ids}.")
    if len(found) > 1:
        ids = ", ".join(recipe.id for recipe in found)
        raise UserError(
            "one setting is released at a time",
            got=f"recipe {name!r} with {len(found)}",
            do=f"Add --point, one of: {ids}.",
        )
    return found[0]


def run_release(options: argparse.Namespace) -> int:
    """Release one setting; return the exit code: 1 when it cannot be certified, and then nothing is written."""
    if options.check is not None:
        return _check(options)
    if options.study is None or options.recipe is None or options.output is None:
        raise UserError("a release needs a study, --recipe and -o", got="less", do="See the README's example.")
    return _release(options)


def _check(options: argparse.Namespace) -> int:
    from core.release.check import check_certificate

    if options.study is not None or options.recipe is not None or options.output is not None:
        raise UserError("--check takes the released file alone", got="more", do="Leave out study, --recipe and -o.")
    wrong, told = check_certificate(Path(options.check))
    for line in wrong:
        sys.stderr.write(f"not what the certificate says: {line}\n")
    sys.stdout.write("".join(f"{line}\n" for line in told))
    return int(bool(wrong))


def _release(options: argparse.Namespace) -> int:
    from dataclasses import replace

    from core.engine.choose import chosen_engine
    from core.release.certificate import CertificateError, release
    from core.release.measured import measure_point
    from core.release.text import SEPARATORS
    from core.tradeoff.study import load_study

    study, table = load_study(Path(options.study))
    if options.effort is not None:
        study = replace(study, effort=options.effort)
    if options.workers is not None and options.workers < 1:
        raise UserError("--workers is 1 or more", got=str(options.workers), do="Raise it.")
    recipe, target = chosen(study.recipes, options.recipe, options.point), Path(options.output)
    if target.suffix.lower() not in SEPARATORS:
        raise UserError("a release is written as csv or tsv", got=repr(target.name), do="Let it end in .csv or .tsv.")
    _spare_inputs(Path(options.study), target)
    if not recipe.releases_rows:
        raise UserError(
            f"recipe {recipe.id!r} must release rows to be written",
            got="one that releases the model alone",
            do='Set release = "rows" or "both", or choose another recipe.',
        )
    measured, ledger, why = None, None, ""
    # One worker needs no process of its own, which would take longer to start than a small study to measure.
    engine = chosen_engine(options.workers)
    try:
        measured, ledger = measure_point(study, table, recipe, engine)
    except UserError as error:
        why = str(error)
    finally:
        engine.close()
    try:
        found = release(
            study,
            table,
            recipe,
            measured=measured,
            why=why,
            ledger=ledger,
            ending=target.suffix,
            excel_safe=options.excel_safe,
        )
    except CertificateError as error:
        sys.stderr.write(f"not certified, and nothing was written: {error}\n")
        return 1
    certificate = (json.dumps(found.certificate, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    beside = certificate_of(target)
    _put(((target, found.content), (beside, certificate)))
    sys.stdout.write("\n".join(sentences(found.certificate, target.name, beside.name)) + "\n")
    return 0


def _spare_inputs(study: Path, target: Path) -> None:
    """Refuse to write over what the study reads.

    Raises
    ------
    UserError
        When the output is the study file, its table or its schema.
    """
    head = tomllib.loads(study.read_text(encoding="utf-8"))["study"]
    inputs = [study, *(study.parent / head[name] for name in ("table", "schema"))]
    for path in (target, certificate_of(target)):
        if path.exists() and any(path.samefile(one) for one in inputs):
            raise UserError("a release must not replace what it is made from", got=str(path), do="Choose another name.")


def certificate_of(target: Path) -> Path:
    """Return where the certificate of a released file stands."""
    return target.with_name(f"{target.name}.certificate.json")


def _put(files: tuple[tuple[Path, bytes], ...]) -> None:
    """Write both files or neither: rows without their certificate must not lie about."""
    done: list[Path] = []
    try:
        for path, content in files:
            part = path.with_name(f".{path.name}.part")
            done.append(part)
            part.write_bytes(content)
            if part.read_bytes() != content:
                raise OSError(errno.EIO, "what was written reads otherwise")
        for path, _ in reversed(files):  # the certificate first: rows never stand beside that of an earlier release
            os.replace(path.with_name(f".{path.name}.part"), path)
            done.append(path)
    except OSError as error:
        for left in done:
            left.unlink(missing_ok=True)
        raise UserError(
            "the output files must be writable", got=f"{files[0][0]}: {error.strerror}", do="Choose another place."
        ) from None


def sentences(certificate: Any, table: str, beside: str) -> list[str]:
    """Return what was released in a few lines."""
    rows, proved = certificate["rows"], certificate["guarantee"]
    left_out = (
        "" if rows["suppressed"] is None else (f", {rows['suppressed']:,} left out ({rows['suppressed_share']:.2%})")
    )
    told = [
        f"{table}: {rows['released']:,} rows released{left_out}; certificate in {beside}",
        f"SHA-256 {certificate['file']['sha256']}",
    ]
    if proved["kind"] == "k_anonymity":
        figures = ", ".join(f"{n} = {proved[n]:g}" for n in ("k", "l", "t") if proved[n] is not None)
        told.append(f"proved and verified on the written file: {figures}")
        present = certificate["verification"].get("different_values_that_are_not_missing") or {}
        told += [
            f"careful: with gaps left out and spelling ignored, some class has {few} different value"
            f"{'' if few == 1 else 's'} of {name}"
            for name, few in present.items()
            if few < proved["l"]
        ]
    elif proved["kind"] == "dp":
        told += [f"proved: {_budget(proved)}", *proved["assumptions"]]
    else:
        told += ["proved: nothing", *proved["assumptions"]]
    ledger = certificate["ledger"]
    if ledger is not None and ledger["total"] is not None:
        told.append(f"what looking cost: {ledger['note']}")
    measured = certificate["measured"]
    if measured["status"] != "measured":
        return [*told, f"risks not measured: {measured['reason']}"]
    told.append(measured["statement"])
    for threat, risk in measured["risks"].items():
        if risk["status"] == "measured" and risk["value"] is not None:
            ends = "" if risk["low"] is None else f" [{risk['low']:.3f}, {risk['high']:.3f}]"
            told.append(f"  {threat}: {risk['value']:.3f}{ends}")
        else:
            told.append(f"  {threat}: {risk['status'].replace('_', ' ')}: {risk['reason']}")
    return [*told, measured["internal"]] if measured["internal"] else told


def _budget(proved: Any) -> str:
    delta = f", delta = {proved['delta']:g}" if proved["delta"] else ""
    moved = "one more or fewer" if proved["neighbours"] == "add_remove" else "the values of one"
    bound = proved["advantage_bound"]
    most = "" if bound is None else f"; no attack on membership gains more than {100 * bound:.1f} points"
    return f"differential privacy, epsilon = {proved['epsilon']:g}{delta}, for {moved} {proved['unit']}{most}"
