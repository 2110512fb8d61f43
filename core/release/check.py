"""Looking at a released file again: whether it is the one that was certified, and keeps what was promised."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from core.data.schema import Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.privacy.constraints import Constraints
from core.privacy.guarantee import Guarantee
from core.privacy.verify import verify
from core.release.certificate import SCHEMA
from core.release.text import SEPARATORS


def check_certificate(path: Path) -> tuple[list[str], list[str]]:
    """Compare a released file with the certificate beside it, and verify k, l and t on it once more.

    Whoever receives a file can do this without the original table. Which rows are one person's may have stayed inside:
    then k and an l of different values are checked by rows, which is weaker, and what depends on how often a person
    appears (t, an l by entropy or recursion) is not checked again. Nor is a t whose distance needs a hierarchy or an
    order of categories, because the certificate tells neither. What was not checked is said.

    Returns
    -------
    wrong : list of str
        What does not agree, in counts only; empty when all is well.
    told : list of str
        What was checked.

    Raises
    ------
    UserError
        When there is no such file or no certificate beside it.
    """
    content, certificate = _read(path), _certificate(path)
    file, proved = certificate["file"], certificate["guarantee"]
    digest = hashlib.sha256(content).hexdigest()
    if digest != file["sha256"]:
        return [f"the file's SHA-256 is {digest}, certified was {file['sha256']}"], []
    told = [f"{path.name} is the file that was certified on {certificate['date']}: its SHA-256 agrees"]
    table = _table(content, path.suffix.lower(), certificate)
    wrong = [] if len(table) == file["rows"] else [f"{len(table):,} rows instead of {file['rows']:,}"]
    if proved["kind"] != "k_anonymity":
        return wrong, [*told, "nothing is proved about its rows that could be verified on them"]
    asked = Constraints.promised(Guarantee(**{**proved, "assumptions": tuple(proved["assumptions"])}))
    promised, left = _checkable(asked, table.schema, certificate["rows"])
    known = tuple(name for name in certificate["verification"]["quasi_identifiers"] if name in table.schema)
    if found := verify(table, known, promised):
        wrong.append(found)
    if not wrong:
        told.append(f"{_figures(promised)} holds on {', '.join(known) or 'all rows together'}, as far as rows show")
    return wrong, [*told, *(f"not checked again: {reason}" for reason in left)]


def _checkable(asked: Constraints, schema: Schema, rows: Mapping[str, Any]) -> tuple[Constraints, list[str]]:
    """Return what can be checked from the file alone, and why the rest cannot."""
    left = []
    if schema.person_id is None and rows["people_before"] < rows["before"]:
        whose = "because the file does not say which rows are whose"
        if asked.wants_l and asked.diversity != "distinct":
            asked = replace(asked, l=1.0)
            left.append(f"l, {whose}")
        if asked.wants_t:
            asked = replace(asked, t=1.0)
            left.append(f"t, {whose}")
    words = {schema[name].kind for name in schema.with_role(Role.SENSITIVE)} - {Kind.NUMERIC, Kind.DATE}
    if asked.wants_t and (asked.distance == "hierarchical" or (asked.distance == "ordered" and words)):
        left.append(f"t, whose {asked.distance} distance is not in the certificate")
        asked = replace(asked, t=1.0)
    return asked, left


def _figures(asked: Constraints) -> str:
    told = [f"k = {asked.k}", *([f"l = {asked.l:g}"] if asked.wants_l else [])]
    return ", ".join([*told, *([f"t = {asked.t:g}"] if asked.wants_t else [])])


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise UserError("the released file must exist", got=f"no file {path}", do="Correct the path.") from None


def _certificate(path: Path) -> Mapping[str, Any]:
    beside = path.with_name(f"{path.name}.certificate.json")
    try:
        found = json.loads(_read(beside))
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise UserError(f"a certificate has the schema {SCHEMA}", got=f"another file, {beside.name}", do="Find it.")
    return found


def _table(content: bytes, ending: str, certificate: Mapping[str, Any]) -> Table:
    if ending not in SEPARATORS:
        raise UserError("a released file is csv or tsv", got=repr(ending), do="Give it its name back.")
    text = content.decode("utf-8", "surrogatepass")
    _, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=SEPARATORS[ending])
    schema = Schema.from_json(certificate["table_schema"])
    frame = pd.DataFrame(lines, columns=list(schema.names), dtype=object)  # the header may have been guarded
    return Table.build(frame.replace("", None), schema)
