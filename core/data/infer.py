"""A first schema for raw cells: a kind and a role for each column, with the reason, for somebody to correct.

What is suggested rests on names of columns and shapes of cells. Bounds and categories are public knowledge and are
never read from the data. No sentence here quotes a cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from core.data import pii
from core.data.pii import percent
from core.data.pii_cells import holds_mail
from core.data.pii_records import RECORDS, birth_numbers, finite, long_numbers, record
from core.data.prepare import (
    MOSTLY,
    CellFacts,
    apply_kinds,
    comma_numbers,
    date_findings,
    date_form,
    facts_of,
    form_of,
    looks_dated,
    masked_example,
    parse_dates,
    texts_of,
)
from core.data.schema import Column, Hierarchy, Kind, Role, Schema

__all__ = ["Suggestion", "apply_kinds", "date_findings", "date_form", "masked_example", "suggest", "suggest_schema"]

MANY = 200
"""Different values from which texts that hardly repeat are text rather than categories."""
CLASSES = 20
"""Most classes of a target that is known by its name; a guess has at most half as many."""


@dataclass(frozen=True)
class Suggestion:
    """What one column seems to be, and why.

    Parameters
    ----------
    reason : str
        Plain words; where a pattern decided, the share of cells that match it.
    distinct, missing : int
        Different values; cells that are empty.
    share_unique : float
        Share of the cells that are not missing whose value no other cell has, 0 to 1.
    person_id : bool
        Whether this column says which rows belong to one person. At most one column does.
    hints : tuple of Hint
        What the cells say about people, the surest first; each with its share of the cells.
    """

    name: str
    kind: Kind
    role: Role
    reason: str
    distinct: int
    missing: int
    share_unique: float
    person_id: bool
    hints: tuple[pii.Hint, ...] = ()


def suggest(frame: pd.DataFrame) -> tuple[Suggestion, ...]:
    """Suggest kind and role of every column of raw cells, in order.

    Examples
    --------
    >>> found = suggest(pd.DataFrame({"age": ["31", "47", "52"], "churn": ["yes", "no", "no"]}))
    >>> [(s.name, str(s.kind), str(s.role)) for s in found]
    [('age', 'numeric', 'quasi_identifier'), ('churn', 'categorical', 'target')]
    """
    found = [_column(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)]
    return tuple(_with_target(_with_person(found)))


def suggest_schema(frame: pd.DataFrame) -> Schema:
    """Return the suggested schema: no bounds and no categories, for these are not read from data.

    Raises
    ------
    UserError
        When two columns share a name.
    """
    return schema_of(suggest(frame))


def schema_of(suggestions: tuple[Suggestion, ...]) -> Schema:
    """Return the schema that these suggestions amount to."""
    person = next((s.name for s in suggestions if s.person_id), None)
    return Schema(
        tuple(Column(name=s.name, kind=s.kind, role=s.role, hierarchy=_hierarchy(s)) for s in suggestions), person
    )


def _hierarchy(suggestion: Suggestion) -> Hierarchy | None:
    if suggestion.role is not Role.QUASI_IDENTIFIER:
        return None
    if suggestion.kind is Kind.DATE:
        return Hierarchy(kind="date")
    postal = pii.has_topic(suggestion.name, "postal code") or any(h.what == "postal codes" for h in suggestion.hints)
    if suggestion.kind is Kind.CATEGORICAL and postal:
        return Hierarchy(kind="prefix")
    return None


def _column(name: str, cells: pd.Series[Any]) -> Suggestion:
    facts = facts_of(cells)
    kind, how = _kind(name, facts)
    hints = pii.hints(name, facts, kind)
    role, kind, why = _role(name, facts, kind, hints)
    if role not in (Role.DIRECT_IDENTIFIER, Role.IGNORED):
        why = " ".join([why, *(h.reason for h in hints if h.sure == "possible")])
    return Suggestion(
        name=name,
        kind=kind,
        role=role,
        reason=" ".join(part for part in (why, how if kind is not Kind.TEXT else "") if part),
        distinct=facts.distinct,
        missing=facts.rows - facts.present,
        share_unique=float((facts.counts == 1).sum() / facts.present) if facts.present else 0.0,
        person_id=False,
        hints=hints,
    )


def _kind(name: str, facts: CellFacts) -> tuple[Kind, str]:
    """Return a kind that `Table.build` can read every cell as, and what is remarkable about it."""
    values = facts.values  # noqa: PD011 (ours, not a frame's)
    if not facts.distinct or pd.api.types.is_bool_dtype(values.dtype):
        return Kind.CATEGORICAL, ""
    if values.dtype.kind == "M":
        return Kind.DATE, ""
    if pd.api.types.is_numeric_dtype(values.dtype):
        plain = np.isfinite(values.to_numpy(dtype=float, na_value=np.nan)).all()
        return _number(name, facts, "") if plain else (Kind.CATEGORICAL, "Some cells hold infinite numbers.")
    if values.dtype == object and values.map(lambda v: isinstance(v, (bool, np.bool_))).any():
        return Kind.CATEGORICAL, ""
    share = facts.share(finite(facts.texts).notna().to_numpy(dtype=bool))
    if share == 1 and finite(values).notna().all():
        return _number(name, facts, "")
    if share >= MOSTLY and share < 1:
        numbers = comma_numbers(texts_of(values))
        if numbers is None or numbers.isna().any():
            return Kind.CATEGORICAL, f"{percent(share)} of the cells are numbers, the others are not."
    if facts.texts.str.fullmatch(r"\s*[+-]?[\d.]+,\d+\s*").any():
        numbers = comma_numbers(texts_of(values))
        if numbers is not None and numbers.notna().all():
            return _number(name, facts, "Its numbers have a decimal comma.")
        if facts.texts.str.fullmatch(r"\s*[+-]?[1-9]\d{0,2}(?:,\d{3})+\s*").all():
            return (
                Kind.CATEGORICAL,
                "Its commas could mark decimals or thousands, so its cells are not read as numbers.",
            )
    if facts.share(looks_dated(facts.texts)) < MOSTLY:
        return Kind.CATEGORICAL, ""
    texts = texts_of(values)
    form, ambiguous = form_of(texts, facts.counts)
    readable = parse_dates(texts, form == "month-first").notna().to_numpy(dtype=bool)
    share = float(facts.counts[readable].sum() / facts.present)
    if not readable.all():
        if share < MOSTLY:
            return Kind.CATEGORICAL, ""
        return Kind.CATEGORICAL, f"{percent(share)} of the cells are dates, the others cannot be read as one."
    doubt = " Day and month could be the other way round." if ambiguous else ""
    return Kind.DATE, f"The cells are dates.{doubt}"


def _number(name: str, facts: CellFacts, how: str) -> tuple[Kind, str]:
    if facts.distinct <= 2:
        return Kind.CATEGORICAL, "It holds no more than two numbers, which are read as categories."
    if pii.has_topic(name, "postal code") or facts.texts.str.fullmatch(r"0\d+").any():
        return Kind.CATEGORICAL, "Its numbers are codes, so they are read as categories."
    return Kind.NUMERIC, how


def _role(name: str, facts: CellFacts, kind: Kind, hints: tuple[pii.Hint, ...]) -> tuple[Role, Kind, str]:
    """Return role and kind of one column by itself, and the reason."""
    if not facts.distinct:
        return Role.IGNORED, Kind.CATEGORICAL, "Every cell is empty."
    direct = _direct(name, facts, kind, hints)
    if direct:
        return Role.DIRECT_IDENTIFIER, Kind.TEXT, direct
    if facts.distinct == 1 and facts.present == facts.rows:
        alone = "The table has a single row." if facts.rows == 1 else "Every cell holds the same value."
        return Role.IGNORED, kind, alone
    if pii.has_topic(name, "postal code"):
        share = facts.share(
            facts.texts.str.strip().str.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 \-]{1,9}").to_numpy(dtype=bool)
        )
        kind = Kind.CATEGORICAL
        return (
            Role.QUASI_IDENTIFIER,
            kind,
            f"Its name points at a postal code, and {percent(share)} of the cells look like one.",
        )
    if kind is Kind.NUMERIC and (long := long_numbers(facts)):
        return Role.QUASI_IDENTIFIER, kind, long
    if kind is Kind.NUMERIC and (years := birth_numbers(facts)):
        reason = f"Its numbers are days written as YYYYMMDD that spread over {years:.0f} years, as dates of birth do."
        return Role.QUASI_IDENTIFIER, kind, f"{reason} That is likely, not certain. Others may know such things."
    told = [hint for hint in hints if hint.role is Role.QUASI_IDENTIFIER and hint.sure != "possible"]
    if pii.has_topic(name, "birth"):
        return Role.QUASI_IDENTIFIER, kind, "Its name points at a date or year of birth, which others may know."
    if told:
        return Role.QUASI_IDENTIFIER, kind, f"{told[0].sentence} Others may know such things."
    if pii.has_topic(name, "sensitive"):
        return Role.SENSITIVE, kind, "Its name points at something that people keep to themselves."
    if pii.has_topic(name, "quasi"):
        return Role.QUASI_IDENTIFIER, kind, "Its name points at something that others may know about a person."
    if kind is Kind.CATEGORICAL:
        words = float((facts.texts.str.count(r"\S+") * facts.weights).sum() / facts.weights.sum())
        length = float((facts.texts.str.len() * facts.weights).sum() / facts.weights.sum())
        if (words >= 5 or length >= 60) and facts.distinct > max(0.5 * facts.present, 3):
            text = f"Free text (about {words:.0f} words in a cell): it may name people, and no model reads it."
            if held := facts.share(holds_mail(facts.texts)):
                text += f" {percent(held)} of the texts hold an e-mail address."
            return Role.IGNORED, Kind.TEXT, text
        if facts.distinct >= MANY and facts.distinct > 0.5 * facts.present:
            many = f"{facts.distinct:,} different texts in {facts.present:,} cells are too many to be categories."
            return Role.IGNORED, Kind.TEXT, many
    return Role.FEATURE, kind, "Nothing in its name or its cells points at a person."


def _direct(name: str, facts: CellFacts, kind: Kind, hints: tuple[pii.Hint, ...]) -> str:
    """Return why a column names somebody, or nothing."""
    texts, different = facts.texts, facts.distinct / facts.present
    for hint in hints:
        if hint.role is Role.DIRECT_IDENTIFIER and hint.sure != "possible":
            return hint.sentence
    if kind is not Kind.DATE and pii.has_topic(name, "phone"):
        share = facts.share(pii.phone(texts.str.strip(), named=True))
        if share >= MOSTLY:
            return f"Its name points at phone numbers, and {percent(share)} of the cells look like one."
    if pii.names_person_id(name) and facts.distinct > 2:
        return "Its name is that of a person's number."
    if kind is Kind.CATEGORICAL and facts.distinct > 2:
        share = facts.share(pii.matches(texts, "name"))
        if pii.has_topic(name, "person name") and share >= MOSTLY:
            return f"Its name points at names of people, and {percent(share)} of the cells look like one."
        if pii.has_topic(name, "person name") and different > 0.5:
            return f"Its name points at names of people, and it has {facts.distinct:,} different values."
        if pii.has_topic(name, "address") and different > 0.1:
            return "Its name points at an address."
    # A person with several rows has one number in all of them, so "nearly all differ" cannot be asked of every table.
    repeating = facts.distinct > RECORDS and different > 0.1
    if kind is not Kind.DATE and facts.distinct > 2 and (different >= 0.9 or repeating):
        if pii.has_topic(name, "national id"):
            return f"Its name points at an official number, and it has {facts.distinct:,} different values."
        if any(pii.has_topic(name, topic) for topic in ("account", "e-mail", "phone")):
            return f"Its name points at an account or a device, and it has {facts.distinct:,} different values."
    for hint in hints:  # whoever finds their own address in a released column is not helped by how few others have one
        if hint.role is Role.DIRECT_IDENTIFIER and hint.share >= _ENOUGH.get(hint.what, 0.0):
            return f"{hint.reason} To be on the safe side it is treated as one; correct it if these are nobody's."
    return record(name, facts, kind)


_ENOUGH = {"phone numbers": 0.3}
"""Least share of loose forms that decides a role: digits that look like a phone number are often something else."""


def _with_person(found: list[Suggestion]) -> list[Suggestion]:
    """Mark at most one column as the person id: the one whose name says so, else the first id that repeats."""
    direct = [i for i, s in enumerate(found) if s.role is Role.DIRECT_IDENTIFIER]
    named = [i for i in direct if pii.names_person_id(found[i].name)]
    repeating = [i for i in direct if pii.names_id(found[i].name) and found[i].reason.endswith("repeat.")]
    for place in [*named, *repeating][:1]:
        new = f"{found[place].reason} Rows with the same value are taken to belong to one person."
        found[place] = replace(found[place], reason=new, person_id=True)
    return found


def _with_target(found: list[Suggestion]) -> list[Suggestion]:
    """Make at most one column the target: by its name, else a guess."""
    free = [i for i, s in enumerate(found) if s.role in (Role.FEATURE, Role.SENSITIVE) and s.kind is not Kind.TEXT]
    ranked = [(pii.target_rank(found[i].name), -i) for i in free if 2 <= found[i].distinct <= CLASSES]
    named = sorted((rank, place) for rank, place in ranked if rank is not None)
    if named:
        place, why = -named[0][1], "Its name is that of an outcome, and it has {} classes."
    else:
        features = [i for i in free if found[i].role is Role.FEATURE and found[i].kind is not Kind.DATE]
        guesses = [i for i in features if 2 <= found[i].distinct <= CLASSES // 2]
        if not guesses:
            return found
        place, why = (
            guesses[-1],
            "A guess: the last column with two to ten classes (it has {}). Correct it if it is wrong.",
        )
    chosen = found[place]
    new = replace(chosen, role=Role.TARGET, kind=Kind.CATEGORICAL, reason=why.format(chosen.distinct))
    return [new if s is chosen else s for s in found]
