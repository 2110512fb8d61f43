"""Hide names, addresses and numbers that point at one person."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.params import Choice, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique


@dataclass(frozen=True, kw_only=True)
class MaskIdentifiers(Technique):
    """Drop, pseudonymise or shorten the direct identifiers.

    `drop` removes them. `pseudonym` replaces each value by a keyed code (HMAC-SHA-256, a fresh 128-bit key that is
    never stored or shown): equal values keep equal codes within a column. `partial` keeps a little ("a***@example.org",
    initials, the last two digits, else the first character); what is left can still be matched, so these columns
    become quasi-identifiers and count as known to the attacker, but being text they are no model inputs. The person
    id is pseudonymised by every method: it says which rows are one person's, and a release under `drop` leaves it out.

    Parameters
    ----------
    method : {"drop", "pseudonym", "partial"}

    Examples
    --------
    >>> mail = Column(name="mail", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER)
    >>> members = Table.build(pd.DataFrame({"mail": ["ann@example.org", None]}), Schema((mail,)))
    >>> technique, facts = MaskIdentifiers(method="partial"), PublicFacts(people=2, classes=())
    >>> list(technique.protect(members, facts, np.random.default_rng(0)).table.frame["mail"])
    ['a***@example.org', nan]

    References
    ----------
    Article 29 Working Party, Opinion 05/2014 on anonymisation techniques (WP216), section 4: pseudonymisation is not
    anonymisation.
    """

    key: ClassVar[str] = "mask_identifiers"
    title: ClassVar[str] = "Mask direct identifiers"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE
    stops: ClassVar[str] = (
        "Stops reading off who somebody is; people can still be recognised by the other columns, and a model that "
        "never used the names changes not at all."
    )

    method: str = param(
        "drop", Choice(options=("drop", "pseudonym", "partial"), help="Remove, replace by a keyed code, or shorten.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for direct identifiers."""
        if not _identifiers(schema):
            return "no column is a direct identifier, so there is nothing to mask"
        return None

    def public_map(self, schema: Schema) -> bool:
        """Need nothing from the data: each cell is replaced by itself alone."""
        return True

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Draw the key and return the masked rows."""
        recode = _Mask(self.method, rng.bytes(16), _identifiers(members.schema))
        return Protected(table=recode(members), source=np.arange(len(members)), recode=recode)


def _identifiers(schema: Schema) -> tuple[str, ...]:
    """Return the direct identifiers, the person id among them."""
    return schema.identifying


@dataclass(frozen=True, eq=False, repr=False)
class _Mask:
    """The fitted map; its text form does not show the key."""

    method: str
    key: bytes
    names: tuple[str, ...]

    def __call__(self, table: Table) -> Table:
        """Return the table with masked identifiers."""
        columns: dict[str, Any] = {}
        changed, dropped = [], []
        for name in self.names:
            person = name == table.schema.person_id
            if self.method == "drop" and not person:
                dropped.append(name)
                continue
            hide = shorten if self.method == "partial" and not person else self._code(name)
            role = Role.QUASI_IDENTIFIER if hide is shorten else Role.IGNORED
            columns[name] = _replaced(table.frame[name], hide)
            changed.append(Column(name=name, kind=Kind.TEXT, role=role))
        masked = table.with_columns(columns, table.schema.changed(*changed), {}) if columns else table
        return masked.drop(tuple(dropped)) if dropped else masked

    def _code(self, name: str) -> Callable[[str], str]:
        """Return the keyed code of one column's values; another column's equal value gets another code."""

        def code(text: str) -> str:
            message = f"{name}\x1f{text}".encode("utf-8", "surrogatepass")
            return hmac.new(self.key, message, hashlib.sha256).hexdigest()[:16]

        return code


def _replaced(cells: pd.Series[Any], hide: Callable[[str], str]) -> pd.Categorical:
    """Return the cells with each different value hidden; missing stays missing."""
    codes, values = pd.factorize(cells)
    texts = [hide(_written(value)) for value in values]
    present = sorted(set(texts))
    place = {text: code for code, text in enumerate(present)}
    lookup = np.array([*(place[text] for text in texts), -1], dtype=np.int64)
    return pd.Categorical.from_codes(lookup[codes], categories=pd.Index(present, dtype=object))


def _written(value: Any) -> str:
    """Return a value as it stands in the file: whole numbers without a fraction, dates without midnight."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).removesuffix(" 00:00:00")


def shorten(text: str) -> str:
    """Return the little that a partial mask leaves.

    >>> shorten("ann@example.org"), shorten("+1 202 555 0147"), shorten("Ann Bee"), shorten("X-17")
    ('a***@example.org', '***47', 'A. B.', 'X***')
    """
    if re.fullmatch(r"[^@\s]+@[^@\s]+", text):
        return f"{text[0]}***@{text.split('@')[1]}"
    digits = "" if re.match(r"\d{4}-\d\d-\d\d", text) else re.sub(r"\D", "", text)
    if len(digits) >= 7 and not re.search(r"[^\W\d_]", text):
        return f"***{digits[-2:]}"
    words = text.split()
    if len(words) > 1 and all(word[0].isalpha() for word in words):
        return " ".join(f"{word[0]}." for word in words)
    return f"{text[:1]}***"
