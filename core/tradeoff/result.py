"""The result: everything a sweep found, as the JSON that charts, report and command line read."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.data.schema import Role, Schema
from core.errors import UserError
from core.tradeoff.bench import Bench
from core.tradeoff.frontier import candidates, standing
from core.tradeoff.paired import Pairs
from core.tradeoff.point import point_json
from core.tradeoff.study import Study

SCHEMA = "middleground.result/1"
VERSION = "0.6.0"


@cache
def versions() -> dict[str, str]:
    """Return the versions of everything that can change a number."""
    found = {"middleground": VERSION, "python": platform.python_version()}
    for package in ("numpy", "scipy", "pandas", "scikit-learn", "diffprivlib", "dp-accounting", "opendp"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def duplicates_across_people(bench: Bench) -> int:
    """Return how many people have a row equal to another person's in every column but names and person id.

    They are counted and never dropped: an attack that cannot tell twins apart measures less risk than there is.
    """
    schema = bench.table.schema
    names = [n for n in schema.names if n not in schema.direct_identifiers and n != schema.person_id]
    frame = bench.table.frame[names].assign(_person=bench.table.persons).drop_duplicates()
    twins = frame.duplicated(subset=names, keep=False)
    return int(frame.loc[twins, "_person"].nunique())


def fields(schema: Schema) -> list[dict[str, str]]:
    """Return what each column is: name, kind and role, the person id under a role of its own.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role
    >>> fields(Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),)))
    [{'name': 'age', 'kind': 'numeric', 'role': 'quasi_identifier'}]
    """
    return [
        {
            "name": column.name,
            "kind": str(column.kind),
            "role": "person_id"
            if column.name == schema.person_id and column.role is not Role.IGNORED
            else str(column.role),
        }
        for column in schema.columns
    ]


def result_json(
    study: Study,
    bench: Bench,
    points: Sequence[Mapping[str, Any]],
    ledger: Mapping[str, Any],
    pairs: Pairs | None = None,
) -> dict[str, Any]:
    """Return the whole result. `points` are those of `point_json`, in the order of the study.

    `frontier` are the ids of the points that no other beats on the study's metric and threat, by value. `frontier_ties`
    are the ids of those that are beaten by value but not beyond noise, so that they may belong to the
    frontier. `frontier_beaten` has every other point with a value on both axes: its id -> the id of one that clearly
    beats it, see `core.tradeoff.frontier.standing`; with `pairs` utility is compared person by person.
    """
    found = standing(candidates(points, study.metric, study.threat), study.threat, pairs)
    return {
        "schema": SCHEMA,
        "study": {
            **study.to_json(),
            "target": bench.table.schema.target,
            "knows": list(bench.knows),
            "task": bench.task,
            "secrets": list(bench.secrets),
            "left": list(bench.left),
            "right": list(bench.right),
            "attacked": len(bench.attacked),
            "attacked_on_rows": len(bench.sample),
            "vulnerable": len(bench.vulnerable),
        },
        "table": {
            "rows": len(bench.table),
            "people": bench.table.people,
            "columns": len(bench.table.schema.columns),
            "fields": fields(bench.table.schema),
            "direct_identifiers": list(bench.table.schema.identifying),
            "fingerprint": bench.table.fingerprint,
            "test_people": bench.table.people - len(bench.split.pool),
            "pool_people": len(bench.split.pool),
            "twins": ledger.get("twins"),
        },
        "seed": study.seed,
        "versions": versions(),
        "ledger": {name: value for name, value in ledger.items() if name != "twins"},
        "requirements": [requirement.to_json() for requirement in study.requirements],
        "frontier": list(found.best),
        "frontier_ties": list(found.ties),
        "frontier_beaten": dict(found.beaten),
        "points": list(points),
    }


__all__ = ["SCHEMA", "VERSION", "duplicates_across_people", "point_json", "result_json", "versions"]


def load_result(path: Path) -> Mapping[str, Any]:
    """Return a result from its file.

    Raises
    ------
    UserError
        When there is no such file, or it is none of ours.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise UserError("the result file must exist", got=f"no file {path}", do="Correct the path.") from None
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise UserError(f"a result has the schema {SCHEMA}", got="another file", do="Write one with run --json.")
    return found
