"""What a column may say about a person: patterns in its cells, and words in its name (en, de, fr, es).

Both are hints for somebody who then decides, never a proof: a column in which nothing is found may still be telling.
Patterns are searched in up to `core.data.prepare.SAMPLE` different values of a column, evenly spaced over them; shares
are of the cells that hold these values. No hint quotes a cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import bdtrc

from core.data import pii_cells, pii_people
from core.data.pii_cells import card, iban, luhn, phone
from core.data.pii_names import (
    TARGETS,
    TOPICS,
    has_topic,
    names_id,
    names_person_id,
    target_rank,
    words_of,
)
from core.data.pii_national import CANDIDATE, OFFICIAL, Official
from core.data.prepare import MOSTLY, CellFacts, form_of, full, parse_dates
from core.data.schema import Kind, Role
from core.data.table import Labels

PATTERN_NAMES = {
    "e-mail": "e-mail addresses",
    "IBAN": "bank account numbers (IBAN, check digits right)",
    "card": "payment card numbers (check digit right)",
    "IMEI": "serial numbers of mobile phones (IMEI, check digit right)",
    "vehicle": "vehicle identification numbers (check digit right)",
    "IP": "IP addresses",
    "MAC": "hardware addresses of devices (MAC)",
    "URL": "web addresses",
    "UUID": "record ids (UUID)",
    "phone": "phone numbers",
    "coordinates": "places on the map (latitude and longitude)",
}
"""The patterns that are searched in cells, in this order, and what to call what they find."""

_CHANCE = {"IBAN": 0.02, "card": 0.03, "IMEI": 0.11, "vehicle": 0.1}
_OF_NUMBERS = ("card", "IMEI")
_EVEN_A_FEW = ("e-mail", "IBAN", "phone")

UNLIKELY = 1e-3
"""Chance at which random codes would pass as often, above which a check digit decides nothing."""
SURE = 0.9
"""Share of matching cells from which a finding is certain."""
FEW = 0.01
"""Least share of cells that is worth a word."""
_PROBE = 300
"""Different values that are tried first: a pattern that none of them has is not searched in the others."""


@dataclass(frozen=True, kw_only=True)
class Hint:
    """One thing that a column may say about a person.

    Parameters
    ----------
    what : str
        What seems to be in the cells, in the plural.
    reason : str
        A sentence with the share of matching cells; never a cell.
    share : float
        Share of the (sampled) cells that match, 0 to 1.
    role : Role
        The role it suggests.
    sure : {"certain", "likely", "possible"}
        Certain: check digits or a form that nothing else has, in nearly all cells. Possible: too few cells, or too
        loose a form, to decide a role.
    """

    what: str
    reason: str
    share: float
    role: Role
    sure: str

    @property
    def sentence(self) -> str:
        """The reason, and that it is no more than likely."""
        return f"{self.reason} That is likely, not certain." if self.sure == "likely" else self.reason


def matches(texts: pd.Series[Any], pattern: str) -> Labels:
    """Say for each text whether all of it has a pattern.

    Parameters
    ----------
    texts : series of text, without missing values
    pattern : str
        One of `PATTERN_NAMES`, or "name" for the shape of a person's name.

    Returns
    -------
    array of bool, shape (texts,)

    Examples
    --------
    >>> matches(pd.Series(["a@b.org", "a b"]), "e-mail").tolist()
    [True, False]
    """
    cells = texts.str.strip()
    return full(cells, pii_people.NAME) if pattern == "name" else pii_cells.CHECKS[pattern](cells)


def hints(name: str, facts: CellFacts, kind: Kind) -> tuple[Hint, ...]:
    """Return what the cells of a column say about people, the surest first.

    Parameters
    ----------
    name : str
        The column's name: it decides between numbers that have one form.
    facts : CellFacts
    kind : Kind

    Examples
    --------
    >>> from core.data.prepare import facts_of
    >>> (hint,) = hints("x", facts_of(pd.Series(["a@b.org", "c@d.com"])), Kind.CATEGORICAL)
    >>> hint.reason, str(hint.role), hint.sure
    ('100 % of the cells look like e-mail addresses.', 'direct_identifier', 'certain')
    """
    if not facts.distinct:
        return ()
    texts = facts.texts.str.strip()
    if kind is Kind.DATE:
        found = [*_births(facts)]
    else:
        found = [*_patterns(texts, facts, kind), *_officials(name, texts, facts)]
        if kind is Kind.CATEGORICAL:
            found += [*_postal(texts, facts), *_people(texts, facts)]
    order = ("certain", "likely", "possible")
    return tuple(sorted(found, key=lambda hint: order.index(hint.sure)))


def percent(share: float) -> str:
    """Write a share in percent, "all" and "none" only when that is exact.

    >>> percent(0.974), percent(0.9999), percent(1.0)
    ('97 %', 'more than 99 %', '100 %')
    """
    if 0.99 < share < 1:
        return "more than 99 %"
    return "less than 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def by_chance(found: int, of: int, chance: float) -> float:
    """Return how likely it is that as many of that many random codes pass, each with a chance (binomial).

    >>> round(by_chance(3, 3, 0.1), 6), by_chance(5, 5, 0.0)
    (0.001, 0.0)
    """
    return 0.0 if chance <= 0 else float(bdtrc(found - 1, of, chance)) if found else 1.0


def _probe(texts: pd.Series[Any]) -> pd.Series[Any]:
    return texts.iloc[:: max(len(texts) // _PROBE, 1)]


def _patterns(texts: pd.Series[Any], facts: CellFacts, kind: Kind) -> Iterator[Hint]:
    signed = kind is Kind.NUMERIC and texts.str.startswith("+").mean() >= MOSTLY  # numbers are not written so
    first = _probe(texts)
    for pattern, called in PATTERN_NAMES.items():
        if kind is Kind.NUMERIC and pattern not in _OF_NUMBERS and not (signed and pattern == "phone"):
            continue
        if pattern not in _EVEN_A_FEW and not pii_cells.CHECKS[pattern](first).any():
            continue
        found = pii_cells.CHECKS[pattern](texts)
        share = facts.share(found)
        luck = by_chance(int(found.sum()), len(found), _CHANCE.get(pattern, 0.0))
        role = Role.QUASI_IDENTIFIER if pattern == "coordinates" else Role.DIRECT_IDENTIFIER
        if share >= MOSTLY and luck <= UNLIKELY:
            checked = luck <= UNLIKELY**2 and pattern not in ("phone", "coordinates")
            yield Hint(
                what=called,
                reason=f"{percent(share)} of the cells look like {called}.",
                share=share,
                role=role,
                sure="certain" if share >= SURE and checked else "likely",
            )
        elif share >= FEW and pattern in _EVEN_A_FEW:
            told = f"Some cells ({percent(share)}) look like {called}: such cells name somebody."
            yield Hint(what=called, reason=told, share=share, role=role, sure="possible")


def _officials(name: str, texts: pd.Series[Any], facts: CellFacts) -> Iterator[Hint]:
    """Yield at most one kind of official number: the one that most cells are, the name deciding between equals."""
    upper = texts.str.upper()
    cells = upper.tolist()
    candidates = np.array([CANDIDATE.fullmatch(text) is not None for text in cells], dtype=bool)
    if facts.share(candidates) < MOSTLY:
        return
    best: tuple[tuple[bool, float, float], Official, float, float] | None = None
    first = _probe(upper[candidates])
    for official in OFFICIAL:
        if not full(first, official.form).any():
            continue
        formed = candidates & full(upper, official.form)
        if facts.share(formed) < MOSTLY:
            continue
        places = np.flatnonzero(formed)
        # Half of a hundred must pass: below a third the others are not asked (checking is what takes time).
        if np.mean([official.valid(cells[place]) for place in places[:: max(len(places) // 100, 1)]]) < 1 / 3:
            continue
        valid = np.zeros(len(upper), dtype=bool)
        valid[places] = [official.valid(cells[place]) for place in places]
        share, count = facts.share(valid), int(valid.sum())
        # A form that random codes have too must hold in more of its cells than chance gives.
        enough = count / len(places) >= (1 + official.chance) / 2 and share >= MOSTLY
        luck = by_chance(count, len(places), official.chance) if official.chance < 0.5 else 0.0
        if not enough or luck > UNLIKELY or (official.chance >= 0.5 and count < 3):
            continue
        joined = f" {' '.join(words_of(name))} "
        rank = (any(f" {topic} " in joined for topic in official.topics), round(share, 3), -official.chance)
        if best is None or rank > best[0]:
            best = (rank, official, share, luck)
    if best is not None:
        rank, official, share, luck = best
        proof = "by their form" if official.chance > 0.2 else "check digits right"
        yield Hint(
            what=official.called,
            reason=f"{percent(share)} of the cells look like {official.called}, {proof}.",
            share=share,
            role=Role.DIRECT_IDENTIFIER,
            sure="certain"
            if share >= SURE and (rank[0] or (official.chance < 0.2 and luck <= UNLIKELY**2))
            else "likely",
        )


def _postal(texts: pd.Series[Any], facts: CellFacts) -> Iterator[Hint]:
    country, found = pii_cells.postal(texts)
    share = facts.share(found)
    if share >= MOSTLY and found.sum() >= 5:
        reason = f"{percent(share)} of the cells look like {country} postal codes."
        yield Hint(what="postal codes", reason=reason, share=share, role=Role.QUASI_IDENTIFIER, sure="likely")


def _people(texts: pd.Series[Any], facts: CellFacts) -> Iterator[Hint]:
    """Yield names of people: most cells have the shape, they differ, and enough begin with a first name we know."""
    if facts.distinct < pii_people.DISTINCT:
        return
    shaped, known = pii_people.full_names(texts)
    share = facts.share(shaped)
    if share >= 0.8 and facts.distinct > MOSTLY * facts.present and known.sum() >= pii_people.KNOWN * shaped.sum():
        of = percent(float(known.sum() / shaped.sum()))
        reason = (
            f"{percent(share)} of the cells look like names of people (of these, {of} begin with a known first name)."
        )
        yield Hint(what="names of people", reason=reason, share=share, role=Role.DIRECT_IDENTIFIER, sure="likely")
        return
    alone = pii_people.first_names(texts)
    share = facts.share(alone)
    if share >= MOSTLY and alone.sum() >= pii_people.DISTINCT:
        reason = f"{percent(share)} of the cells look like first names."
        yield Hint(what="first names", reason=reason, share=share, role=Role.DIRECT_IDENTIFIER, sure="likely")


def _births(facts: CellFacts) -> Iterator[Hint]:
    values = facts.texts
    form, _ = form_of(values, facts.weights)
    moments = parse_dates(values, form == "month-first")
    there = moments.notna().to_numpy(dtype=bool)
    years = pii_people.years_spread(moments[there].to_numpy(), facts.weights[there])
    if years >= pii_people.SPREAD:
        reason = f"The cells are dates that spread over {years:.0f} years, as dates of birth do."
        share = facts.share(there)
        yield Hint(what="dates of birth", reason=reason, share=share, role=Role.QUASI_IDENTIFIER, sure="likely")


__all__ = [
    "PATTERN_NAMES",
    "TARGETS",
    "TOPICS",
    "Hint",
    "by_chance",
    "card",
    "has_topic",
    "hints",
    "iban",
    "luhn",
    "matches",
    "names_id",
    "names_person_id",
    "percent",
    "phone",
    "target_rank",
    "words_of",
]
