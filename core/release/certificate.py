"""The certificate of a released table: what was done, what is proved and verified, what was measured."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Role
from core.data.table import Table
from core.errors import UserError
from core.privacy.classes import equivalence_classes
from core.privacy.discrete_noise import SystemGenerator
from core.privacy.guarantee import Guarantee
from core.privacy.verify import verify
from core.release.text import read_back, write
from core.techniques.base import Stage
from core.tradeoff.attacked import place_of
from core.tradeoff.before_after import facts_of
from core.tradeoff.promise import known_columns
from core.tradeoff.recipe import Recipe
from core.tradeoff.result import versions
from core.tradeoff.study import Study

SCHEMA = "middleground.certificate/1"

NOT_LEGAL = (
    "A certificate says what was done and measured. It does not say that the table is anonymous in the sense of a law."
)


class CertificateError(Exception):
    """The output does not keep what was promised, so it is not certified; the message holds counts only."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Released:
    """A protected table with its certificate.

    Parameters
    ----------
    content : bytes
        The file.
    certificate : mapping
        JSON of schema `middleground.certificate/1`.
    """

    content: bytes
    certificate: Mapping[str, Any]


def release(
    study: Study,
    table: Table,
    recipe: Recipe,
    *,
    measured: Mapping[str, Any] | None,
    why: str = "",
    ledger: Mapping[str, Any] | None = None,
    ending: str = ".csv",
    fresh: Generator | None = None,
    excel_safe: bool = False,
) -> Released:
    """Put the whole table through a recipe and certify the result.

    Whatever is random is drawn from the operating system's generator: keys, noise and invented rows must not follow
    from a seed that the study file tells everybody. Two releases of a random recipe therefore differ, and their risks
    were measured on other draws of it.

    Parameters
    ----------
    recipe : Recipe
        One that releases rows.
    measured : mapping, optional
        The recipe's trade-off point (`core.release.measure_point`, or of a sweep).
    why : str
        Why there is none.
    ledger : mapping, optional
        What looking at the table cost, this release included (`core.tradeoff.ledger.ledger_of`).
    ending : {".csv", ".tsv", ".txt"}
    fresh : Generator, optional
        Where randomness comes from, each step getting a stream of its own; by default 256 bits of the operating system.
        Never one that somebody could draw again.
    excel_safe : bool
        Put an apostrophe before cells that a spreadsheet would run as formulas; by default cells are left true.

    Raises
    ------
    UserError
        When the recipe releases no rows, cannot take this table, or would release none.
    CertificateError
        When the file, read back, breaks the guarantee, when the guarantee was broken while measuring, when an attack
        got more than is proved possible, or when a step fails.
    """
    if not recipe.releases_rows:
        raise UserError(
            f"recipe {recipe.id!r} must release rows to be written",
            got="one that releases the model alone",
            do='Set release = "rows" or "both", or choose another recipe.',
        )
    facts = facts_of(table, study.assume_public_domain)
    if reason := recipe.unsupported(table.schema, facts):
        raise UserError(f"recipe {recipe.id!r} must fit the table", got=reason, do="Change the recipe or the roles.")
    _check_measured(measured)
    try:
        protected = recipe.protect(table, facts, _streams(fresh))
    except UserError:
        raise
    except Exception as error:  # its message may quote cells
        raise CertificateError(f"a step of the recipe failed: {place_of(error)}") from None
    rows = protected.table
    if not len(rows):
        raise UserError("a release has at least one row", got="none: every row was left out", do="Lower k.")
    drops = any(step.key == "mask_identifiers" and step.settings()["method"] == "drop" for step in recipe.steps)
    try:
        written = write(rows, table.schema, ending, excel_safe, codes=not drops)
    except UserError:
        raise
    except Exception as error:
        raise CertificateError(f"the released rows cannot be written: {place_of(error)}") from None
    promised = recipe.guarantee(table.schema, facts)
    try:
        reread = read_back(written, rows, ending)
    except Exception as error:  # whatever it is, nobody gave us that file: it is ours
        counted = error.got if isinstance(error, UserError) else place_of(error)
        raise CertificateError(f"the file does not read back as what was written: {counted}") from None
    known = tuple(name for name in known_columns(reread.schema, table.schema) if name in written.columns)
    if promised.kind == "k_anonymity" and (wrong := verify(reread, known, promised)):
        raise CertificateError(f"the released rows break their own guarantee: {wrong}")
    source = protected.source
    left_out = 0 if source is None else len(table) - len(np.unique(source))
    crowds = equivalence_classes(reread, known) if source is not None and not recipe.perturbed else None
    private = promised.kind == "dp"
    return Released(
        content=written.content,
        certificate={
            "schema": SCHEMA,
            "study": study.name,
            "recipe": {"id": recipe.id, "name": recipe.name, "steps": recipe.describe()},
            "done": [*_done(recipe, len(table), 0 if private else left_out, source is None), *protected.notes],
            "file": {
                "sha256": hashlib.sha256(written.content).hexdigest(),
                "bytes": len(written.content),
                "rows": len(rows),
                "columns": list(written.columns),
                "order": "rows are sorted by their released text, so their order tells nothing of the original one",
                "cells_that_spreadsheets_read_as_formulas": written.formulas,
                "formulas_guarded": excel_safe,
            },
            "table_schema": _schema(rows, written.columns),
            "columns_not_released": _missing(table, rows, written.withheld),
            "rows": {
                # Whoever may not learn whether one person is in a table may not learn its exact size.
                "before": None if private else len(table),
                "people_before": None if private else table.people,
                "released": len(rows),
                "suppressed": None if private else left_out,
                "suppressed_share": None if private else left_out / len(table),
                "invented": source is None,
            },
            "guarantee": promised.to_json(),
            "verification": _verification(promised, crowds, known, reread),
            "measured": _risks(measured, why, study, private),
            "ledger": dict(ledger) if ledger is not None else None,
            "randomness": "keys, noise and invented rows follow from fresh bits of the operating system",
            "versions": versions(),
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "note": NOT_LEGAL,
        },
    )


def _streams(fresh: Generator | None) -> Callable[..., Generator]:
    source = SystemGenerator.fresh() if fresh is None else fresh
    # A stream for each step: whoever works out the state of one from the noise in the file does not have the keys.
    return lambda *_: source.spawn(1)[0]


def _schema(rows: Table, columns: tuple[str, ...]) -> dict[str, Any]:
    """Return kinds and roles of the released columns; lists of values and bounds may name what was left out."""
    kept = {name: {"kind": str(rows.schema[name].kind), "role": str(rows.schema[name].role)} for name in columns}
    person = rows.schema.person_id
    return {"columns": kept, "person_id": person if person in columns else None}


def _check_measured(measured: Mapping[str, Any] | None) -> None:
    if measured is None:
        return
    reason = str(measured.get("reason") or "")
    if measured.get("status") == "failed" and "breaks its own guarantee" in reason:
        raise CertificateError(reason)
    broken = [threat for threat, risk in (measured.get("risks") or {}).items() if risk.get("violation")]
    if broken:
        raise CertificateError(f"the measured risk is above what is proved possible: {', '.join(broken)}")


def _done(recipe: Recipe, rows: int, left_out: int, invented: bool) -> list[str]:
    told = []
    for step in recipe.steps:
        if step.stage is not Stage.TABLE:
            continue
        settings = ", ".join(f"{name} = {value}" for name, value in step.settings().items())
        told.append(f"{step.title}{f' ({settings})' if settings else ''}. {step.stops}")
    if left_out:
        told.append(f"{left_out:,} of {rows:,} rows ({left_out / rows:.2%}) were left out.")
    if invented:
        told.append("The rows are invented: they belong to nobody.")
    return told


def _missing(table: Table, rows: Table, withheld: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    gone = [{"column": n, "why": "the recipe leaves it out"} for n in table.schema.names if n not in rows.schema]
    return [*gone, *({"column": name, "why": reason} for name, reason in withheld)]


def _verification(promised: Guarantee, crowds: Any, known: tuple[str, ...], rows: Table) -> dict[str, Any]:
    """Return what was found on the file as read back."""
    kind = promised.kind
    if kind == "k_anonymity":
        told = "verified on the written file, read back, by code that does not know the technique"
    else:
        told = "nothing is proved about these rows that could be verified on them"
    found: dict[str, Any] = {"result": "holds" if kind == "k_anonymity" else "nothing to verify", "how": told}
    found["quasi_identifiers"] = list(known)
    if crowds is not None:
        found |= {"k": crowds.k, "classes": len(crowds), "uniques": crowds.uniques}
    if promised.l is not None:
        found["different_values_that_are_not_missing"] = _present(rows, known)
    return found


def _present(rows: Table, known: tuple[str, ...]) -> dict[str, int]:
    """Return for every sensitive column the fewest different values, missing ones left out, in a class.

    l counts a missing value as one of them: of a class with one value and gaps everybody with a value is known.
    """
    frame = rows.frame
    crowd = frame.groupby(list(known), dropna=False, observed=True).ngroup() if known else pd.Series(0, frame.index)
    found = {}
    for name in rows.schema.with_role(Role.SENSITIVE):
        if name in frame and name not in known:
            told = frame[name].astype("string").str.strip().str.casefold()
            found[name] = int(told.groupby(crowd).nunique().min())
    return found


INTERNAL = (
    "These numbers were computed on the raw table: the epsilon of this release does not cover them. Keep this part, "
    "and the ledger, inside the team."
)


def _risks(measured: Mapping[str, Any] | None, why: str, study: Study, private: bool) -> dict[str, Any]:
    if measured is None or measured.get("status") != "measured":
        reason = why or str((measured or {}).get("reason") or "nobody measured it")
        return {"status": "not_measured", "reason": reason}
    many = measured.get("replicates")
    of = "the table" if study.rows is None else f"a random sample of {study.rows:,} people of the table"
    return {
        "status": "measured",
        "statement": f"risks measured on {many} random halves of {of}, not on this file",
        "internal": INTERNAL if private else None,
        "effort": study.effort,
        "seed": study.seed,  # of the measurement: nothing of the release follows from it
        "replicates": many,
        "model": measured.get("model"),
        "risks": {threat: _short(risk, private) for threat, risk in measured["risks"].items()},
        "utility": {
            key: {name: value.get(name) for name in ("value", "low", "high", "reference", *_people(private, "n"))}
            for key, value in measured["utility"].items()
            if not key.endswith("_full")
        },
    }


_RISK = (
    *("status", "reason", "channel", "value", "low", "high", "success_members", "success_controls", "reference"),
    *("detectable", "bound", "method", "attack"),
)


def _people(private: bool, *counts: str) -> tuple[str, ...]:
    """Return the names of counts of people; none where the size of the table is nobody's business."""
    return () if private else counts


def _short(risk: Mapping[str, Any], private: bool) -> dict[str, Any]:
    return {name: risk.get(name) for name in (*_RISK, *_people(private, "n_members", "n_controls"))}
