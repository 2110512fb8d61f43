"""Hide names, addresses and numbers that point at one person."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, NoReturn

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Role, Schema
from core.data.shorten import shortened
from core.data.table import Labels, Table
from core.params import Choice, IntRange, param
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.date_shift import left_out, moved_column, moved_dates, shared_dates, shifted_columns


@dataclass(frozen=True, kw_only=True)
class MaskIdentifiers(Technique):
    """Drop, pseudonymise or shorten the direct identifiers, or shift people's dates.

    `drop` removes them. `pseudonym` replaces each value by a keyed code (HMAC-SHA-256, a fresh 128-bit key that is
    never stored or shown): equal values keep equal codes within a column, and get different ones in another column.
    `partial` keeps a little ("a***@example.org", initials, the last four digits of a card, the network of an IP
    address, else the first character); what is left can still be matched, so these columns become quasi-identifiers
    and count as known to the attacker, but being text they are no model inputs. The person id is pseudonymised by
    every method: it says which rows are one person's, and a release under `drop` leaves it out.

    `shift_dates` drops the direct identifiers that are no dates, and moves *every* date column (direct identifier,
    quasi-identifier, sensitive, feature; not the target, not ignored ones) by whole days: one secret number per
    person, uniform on -days .. days without 0, so that the intervals between a person's events stay what they were.
    A date left in place would give the shift away, which is why features move too, and so would a moved one that was
    the same for many. So dates of at least 10 people who are more than 5 % of the column's (or more than half of those
    within `days` of it), and dates that stand for no day (1900-01-01, 1970-01-01, 9999-12-31, years before 1000 or
    from 2200 on, ...) become missing, for people outside by the list learned from the members. Times of day stay, and
    whoever knows one date of somebody, or the rhythm of their visits, can work out the shift and then has all dates.
    The measured risks assume the worst: the attacker's copy of each person's dates is shifted by that person's shift.
    The shift is a keyed function of the person id (without one: of the row's direct identifiers, or else of the
    whole row, so equal rows move together); no list of shifts exists. A shifted date of birth counts as a
    quasi-identifier; public bounds are widened by `days`.

    Codes stay equal over a person's rows (the person id's by every method), so whoever recognises one row has them
    all. Our attacks do not use the codes: nobody outside knows them, and they are left out of what attackers see.

    Parameters
    ----------
    method : {"drop", "pseudonym", "partial", "shift_dates"}
    days : int
        The largest shift of `shift_dates`; the other methods do not use it.

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
    anonymisation. Shifting: G. Hripcsak, P. Mirhaji, A. F. H. Low, B. A. Malin, Preserving temporal relations in
    clinical data while maintaining privacy, JAMIA 23(6), 2016.
    """

    key: ClassVar[str] = "mask_identifiers"
    title: ClassVar[str] = "Mask direct identifiers"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE
    stops: ClassVar[str] = (
        "Stops reading off who somebody is, and shifted dates lose those that many people share (moved, they would "
        "tell each person's shift); people can still be recognised by the other columns, codes and shifted "
        "dates stay equal or equally spaced over a person's rows so that one recognised row gives away the others, "
        "and a model that never used the names changes not at all."
    )

    method: str = param(
        "drop",
        Choice(
            options=("drop", "pseudonym", "partial", "shift_dates"),
            help="Remove, replace by a keyed code, shorten, or move each person's dates and remove the rest.",
        ),
    )
    days: int = param(
        182, IntRange(low=1, high=36_500, log=True, unit="days", help="Largest shift of dates (shift_dates only).")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Ask for direct identifiers, or for dates when these are to be shifted."""
        if self.method == "shift_dates" and not shifted_columns(schema):
            return "no column holds dates, so there is nothing to shift; choose another method"
        if self.method != "shift_dates" and not _identifiers(schema):
            return "no column is a direct identifier, so there is nothing to mask"
        return None

    def public_map(self, schema: Schema) -> bool:
        """Need nothing from the data: each cell is replaced by itself alone. Shifts hang on the whole person."""
        return self.method != "shift_dates"

    def schema_after(self, schema: Schema) -> Schema:
        """Return the schema with what names people hidden, as the map itself leaves it."""
        dates = shifted_columns(schema) if self.method == "shift_dates" else ()
        mask = _Mask(self.method, b"", _identifiers(schema), dates, self.days)
        dropped, changed = mask.plan(schema)
        return schema.changed(*changed).without(dropped)

    def keeps_crowds(self, schema: Schema) -> bool:
        """Shortened names are new quasi-identifiers, and shifted dates hang on the person."""
        return self.method in ("drop", "pseudonym")

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Draw the key and return the masked rows."""
        dates = shifted_columns(members.schema) if self.method == "shift_dates" else ()
        shared = shared_dates(members, dates, self.days)
        recode = _Mask(self.method, rng.bytes(16), _identifiers(members.schema), dates, self.days, shared)
        gone = sum(int(left_out(members, name, shared[name]).sum()) for name in dates)
        return Protected(
            table=recode(members), source=np.arange(len(members)), recode=recode, notes=(_told(gone),) if gone else ()
        )


def _told(gone: int) -> str:
    if gone == 1:
        return "1 date that many people share was left out: moved, it would have told the person's shift"
    return f"{gone:,} dates that many people share were left out: moved, they would have told each person's shift"


def _identifiers(schema: Schema) -> tuple[str, ...]:
    """Return the direct identifiers, the person id among them."""
    return schema.identifying


@dataclass(frozen=True, eq=False, repr=False)
class _Mask:
    """The fitted map. Its text form does not show the key, and it cannot be copied out of the process."""

    method: str
    key: bytes
    names: tuple[str, ...]
    dates: tuple[str, ...]
    days: int
    shared: Mapping[str, Labels] = field(default_factory=dict)  # by column the days that are left out

    def __reduce__(self) -> NoReturn:
        """Refuse: the key ends with the run that drew it."""
        raise TypeError("the map of mask_identifiers holds a secret key and is not written down or sent anywhere")

    def __call__(self, table: Table) -> Table:
        """Return the table with masked identifiers."""
        dropped, changed = self.plan(table.schema)
        columns: dict[str, Any] = {}
        for column in changed:
            if column.name not in self.dates:
                partial = column.role is Role.QUASI_IDENTIFIER
                columns[column.name] = _replaced(
                    table.frame[column.name], shortened if partial else self._codes(column.name)
                )
        if self.dates:
            columns |= moved_dates(table, self.dates, self.days, self.key, self.shared)
        masked = table.with_columns(columns, table.schema.changed(*changed), {}) if columns else table
        return masked.drop(dropped) if dropped else masked

    def plan(self, schema: Schema) -> tuple[tuple[str, ...], tuple[Column, ...]]:
        """Return the columns that go, and those that stay as they are declared afterwards."""
        changed, dropped = [], []
        for name in self.names:
            person = name == schema.person_id
            if name in self.dates:
                continue
            if self.method in ("drop", "shift_dates") and not person:
                dropped.append(name)
                continue
            partial = self.method == "partial" and not person
            role = Role.QUASI_IDENTIFIER if partial else Role.IGNORED
            changed.append(Column(name=name, kind=Kind.TEXT, role=role))
        changed += [moved_column(schema[name], self.days) for name in self.dates]
        return tuple(dropped), tuple(changed)

    def _codes(self, name: str) -> Callable[[Sequence[str]], list[str]]:
        """Return the keyed codes of one column's values; another column's equal value gets another code."""

        def codes(texts: Sequence[str]) -> list[str]:
            messages = [f"{name}\x1f{text}".encode("utf-8", "surrogatepass") for text in texts]
            return [hmac.new(self.key, message, hashlib.sha256).hexdigest()[:16] for message in messages]

        return codes


def _replaced(cells: pd.Series[Any], hide: Callable[[Sequence[str]], list[str]]) -> pd.Categorical:
    """Return the cells with each different value hidden; missing stays missing."""
    codes, values = pd.factorize(cells)
    texts = hide([_written(value) for value in values])
    present = sorted(set(texts))
    place = {text: code for code, text in enumerate(present)}
    lookup = np.array([*(place[text] for text in texts), -1], dtype=np.int64)
    return pd.Categorical.from_codes(lookup[codes], categories=pd.Index(present, dtype=object))


def _written(value: Any) -> str:
    """Return a value as it stands in the file: whole numbers without a fraction, dates without midnight."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).removesuffix(" 00:00:00")
