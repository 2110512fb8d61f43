"""Reading a decision file: bounded JSON that is only data, checked against its own evidence before it is used."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.charts.words import items, mapping
from core.data.schema import Schema
from core.data.table import Table
from core.errors import UserError
from core.team.decision import SCHEMA, point_of
from core.team.evidence import hashed, matches, settings_of
from core.tradeoff.study import Study, parse_study

MOST_BYTES = 50_000_000
"""Largest decision file that is read; one of 200 settings has about 4 million."""

MOST_DEPTH = 40
"""Deepest nesting of a decision file; ours have about ten."""

MOST_SETTINGS = 2000
"""Most settings of a study in a decision file; more is a list made to exhaust a machine."""

COMPARED = ("name", "metric", "risk", "limit_on", "at_least", "at_most")
"""What makes a requirement the same requirement."""


class Altered(UserError):
    """The file no longer holds what the decision was bound to."""


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What of a decision file is needed to measure again, after it was checked.

    Parameters
    ----------
    decision : mapping
        The whole file.
    study : Study
        As it was decided, with all its settings.
    schema : Schema
    point : mapping
        The chosen setting as it was measured then.
    """

    decision: Mapping[str, Any]
    study: Study
    schema: Schema
    point: Mapping[str, Any]


def load_decision(path: Path) -> Mapping[str, Any]:
    """Read a decision file as data; nothing that it names is opened.

    Raises
    ------
    UserError
        When there is no such file, or it is too large or none of ours.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError:
        raise UserError("the decision file must exist", got=f"no file {path}", do="Correct the path.") from None
    return parse_decision(content)


def parse_decision(content: bytes) -> Mapping[str, Any]:
    """Return the decision in the bytes of its file.

    Raises
    ------
    UserError
        When it is too large, no JSON, or another schema's.
    """
    if len(content) > MOST_BYTES:
        raise UserError(
            f"a decision file has at most {MOST_BYTES // 1_000_000} MB", got="a larger one", do="Check the file."
        )
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_no_number, parse_int=_whole, parse_float=_finite)
    except (ValueError, RecursionError):
        found = None
    if _deep(found):
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise UserError(
            f"a decision file is JSON of the schema {SCHEMA}",
            got="another file",
            do="Download it from the decision on the Decide page.",
        )
    return found


def _no_number(name: str) -> float:
    raise ValueError(name)


def _whole(text: str) -> int:
    if len(text) > 18:
        raise ValueError("a number of nothing that is counted")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number beyond all numbers")
    return value


def _deep(value: Any) -> bool:
    """Say whether it is nested deeper than any decision: what reads it later goes down step by step."""
    level = [value]
    for _ in range(MOST_DEPTH):
        level = [inner for outer in level if isinstance(outer, (dict, list)) for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: dict[str, Any] | list[Any]) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value


def recorded(
    decision: Mapping[str, Any], study: Mapping[str, Any] | None = None, schema: Schema | None = None
) -> Recorded:
    """Check a decision and return what is needed to measure it again.

    Parameters
    ----------
    decision : mapping
        Of schema `middleground.decision/1`.
    study : mapping, optional
        The study in the form of its TOML file, where the decision holds none.
    schema : Schema, optional
        The schema of the table, where the decision holds none.

    Raises
    ------
    Altered
        When the study, the settings measured, the table's fingerprint or the versions are not those of its evidence,
        or its parts contradict each other.
    UserError
        When the file holds no study or schema and none is given, or what is given is another one.
    """
    stated = mapping(decision.get("evidence"))
    if not stated:
        raise Altered(
            "a decision file holds the hash of its evidence", got="none", do="Download the decision once more."
        )
    held = mapping(decision.get("study"))
    if not held:
        if study is None:
            raise _missing("study")
        if hashed(settings_of(study)) != stated.get("study"):
            raise UserError(
                "the study must be the one that was decided on",
                got="one with other settings, limits or attacker",
                do="Give the study file of that time.",
            )
        held = study
    if not matches({**decision, "study": held}):
        raise Altered(
            "this file was changed after the decision: it no longer matches the hash of its evidence",
            got="another study, other numbers, another table or other versions than it was bound to",
            do="Do not rely on it. Download the decision once more from the workspace where it was made.",
        )
    if sum(map(_settings, items(held.get("recipe")))) > MOST_SETTINGS:
        raise UserError(f"a decision's study has at most {MOST_SETTINGS} settings", got="more", do="Check the file.")
    known = _schema(decision, schema, str(decision.get("schema_hash") or ""))
    parsed = parse_study({key: value for key, value in held.items() if key in _BLOCKS})
    point = point_of(decision, str(mapping(decision.get("choice")).get("id") or ""))
    _consistent(decision, parsed, point)
    return Recorded(decision=decision, study=parsed, schema=known, point=mapping(point))


_BLOCKS = ("study", "attacker", "recipe", "requirement")


def _settings(block: Any) -> int:
    """Return at least how many settings a block stands for, without making them."""
    found = mapping(block)
    steps = [found, *map(mapping, items(found.get("steps")))]
    swept = (v for step in steps for k, v in step.items() if k not in ("steps", "tune") and isinstance(v, list))
    # A list of names is one value: the count may be too large, never too small.
    return math.prod(max(len(values), 1) for values in swept)


def _missing(what: str) -> UserError:
    return UserError(
        f"measuring again needs the {what} that was decided on",
        got=f"a decision file without a {what}",
        do="Download the file again while the table is open, or give --study STUDY.toml.",
    )


def _schema(decision: Mapping[str, Any], given: Schema | None, mark: str) -> Schema:
    held = decision.get("schema_of_table")
    if held is None:
        if given is None:
            raise _missing("schema")
        if hashed(given.to_json()) != mark:
            raise UserError(
                "the schema must be the one that was decided on",
                got="one with other kinds, roles, bounds or values",
                do="Give the study whose schema file is as it was then.",
            )
        return given
    for name, column in mapping(mapping(held).get("columns")).items():
        if "file" in mapping(mapping(column).get("hierarchy")):
            raise UserError(
                "a decision file holds its levels itself", got=f"a file name at {name!r}", do="Download it once more."
            )
    return Schema.from_json(held)


def _consistent(decision: Mapping[str, Any], study: Study, point: Mapping[str, Any] | None) -> None:
    """Refuse a file whose parts outside the hash contradict those inside it."""
    if point is None or point.get("status") != "measured":
        raise Altered(
            "the chosen setting must be one that was measured", got="none of them", do="Download the decision again."
        )
    choice = mapping(decision.get("choice"))
    if choice.get("recipe") not in (None, point.get("recipe")):
        raise Altered(
            "the choice must be the setting that was measured",
            got="other parameters in the choice than in the result",
            do="Do not rely on it. Download the decision once more.",
        )
    ours = [{key: getattr(r, key) for key in COMPARED} for r in study.requirements]
    for where in (decision.get("requirements"), mapping(decision.get("result")).get("requirements")):
        if where is not None and [{key: mapping(r).get(key) for key in COMPARED} for r in items(where)] != ours:
            raise Altered(
                "the limits that are listed must be those of the study",
                got="others",
                do="Do not rely on it. Download the decision once more.",
            )


def read_new(name: str, content: bytes, schema: Schema) -> tuple[Table, tuple[str, ...]]:
    """Read a new table in the form of a recorded schema.

    Returns
    -------
    tuple of Table and tuple of str
        The columns that the schema does not know are left out, and named.

    Raises
    ------
    UserError
        When a column of the schema is missing, or cells cannot be read as their column's kind.
    """
    from core.data.infer import apply_kinds
    from core.data.read import read_table

    frame = read_table(name, content).frame
    missing = [column for column in schema.names if column not in frame.columns]
    if missing:
        raise UserError(
            "the new table must have every column that was decided on",
            got=f"none called {', '.join(repr(column) for column in missing)}",
            do="Correct its header line, or decide anew: without a column this is another study.",
        )
    extra = tuple(str(column) for column in frame.columns if column not in schema)
    return Table.build(apply_kinds(frame[list(schema.names)], schema), schema), extra
