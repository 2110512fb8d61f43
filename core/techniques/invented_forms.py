"""Names, numbers and addresses that are nobody's, in the form of a column's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data import pii
from core.data.pii_national import OFFICIAL, Official
from core.data.pii_people import FIRST_NAMES
from core.data.prepare import facts_of
from core.data.schema import Kind
from core.data.table import Labels
from core.techniques.invented_patterns import Patterns, digits, luhn_digit, mod_97, pick, text_of

Maker = Callable[[int], Sequence[str]]
"""How many -> that many texts, which may repeat or be somebody's."""

_MOST_TRIED = 300_000
"""Texts whose check digits are tried; a column that would need more gets plain numbers."""
_RARELY = 0.01
"""Share of drawn texts that a member has or that were drawn before, from which a form is too full.

Leaving members' texts out then shows who is in: of a form with few texts most would be seen, but never a member's.
"""

_SYLLABLES = [a + b for a in ("b", "br", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z")
              for b in ("a", "e", "i", "o", "u", "an", "el", "or")]  # fmt: skip
_FIRST = sorted(FIRST_NAMES)


def fake_texts(
    name: str, values: Sequence[str], codes: Labels, persons: Labels, count: int, rng: Generator
) -> list[str]:
    """Return different texts of the form that a column's values have, none of them one of the values.

    Kinds that `core.data.pii` finds (names, e-mail addresses, phone and card numbers, official numbers with their check
    digits ...) are made anew. Of another form only what 20 people or more share is kept: where letters, digits and
    marks stand, and characters that are the same in all of them. Failing that, or where so few texts of a form are
    possible that members have many of them, plain numbers: ID-000123.

    Parameters
    ----------
    name : str
        The column's name, which helps to tell its kind.
    values : sequence of str
        The different real values.
    codes : integer array
        For each row the place in `values`, -1 where missing.
    persons : integer array
        The person behind each row.
    count : int

    Examples
    --------
    >>> real = [f"person{i}@mail.com" for i in range(50)]
    >>> rows = np.arange(50)
    >>> found = fake_texts("contact", real, rows, rows, 3, np.random.default_rng(0))
    >>> [text.partition("@")[2] for text in found]
    ['example.org', 'example.org', 'example.org']
    """
    if not count:
        return []
    taken = {_bare(value) for value in values}
    maker, check = _maker(name, values, codes, persons, Kind.CATEGORICAL, rng)
    found = None if maker is None else _different(maker, check, taken, count)
    return found if found is not None else _serials(values, count)


def fake_numbers(name: str, values: Labels, codes: Labels, persons: Labels, count: int, rng: Generator) -> Labels:
    """Return different numbers of the form that a column's values have, none of them one of the values.

    As `fake_texts`; plain numbers then count on from the next power of ten, so that they are longer than all others.
    """
    if not count:
        return np.zeros(0)
    longest = float(np.abs(values).max())
    whole = bool(np.all(values == np.floor(values)) and longest < 2.0**53 and values.min() >= 0)
    found = None
    if whole:
        texts = [str(int(value)) for value in values]
        maker, check = _maker(name, texts, codes, persons, Kind.NUMERIC, rng)

        def fits(made: Sequence[str]) -> Labels:
            short = np.array([text[:1] != "0" and float(text) < 2.0**53 for text in made], dtype=bool)
            return short & check(made)

        found = None if maker is None else _different(maker, fits, set(texts), count)
    if found is not None:
        return np.array([float(text) for text in found])
    start = 10.0 ** np.ceil(np.log10(max(longest, 1.0)) + 1e-9)
    return np.asarray(start + np.arange(1, count + 1) * max(1.0, 2 * np.spacing(start + count)))


def _bare(text: str) -> str:
    """Return what a value says without case, blanks and marks: "+1 212" is "1212"."""
    return re.sub(r"[\W_]+", "", text).casefold()


def _serials(values: Sequence[str], count: int) -> list[str]:
    prefix = "ID-"
    while any(value.upper().startswith(prefix) for value in values):
        prefix = f"X{prefix}"
    return [f"{prefix}{number:06d}" for number in range(1, count + 1)]


def _different(maker: Maker, check: Callable[[Sequence[str]], Labels], taken: set[str], count: int) -> list[str] | None:
    """Draw until there are `count` different texts that pass and that nobody has; None when that would not end."""
    found: dict[str, str] = {}
    tried = passed = hit = 0
    while len(found) < count:
        # A few first: they tell how many are needed.
        many = 500 if not tried else int(min(1.2 * (count - len(found)) * tried / max(passed - hit, 1) + 20, 20_000))
        made = maker(many)
        good = check(made)
        tried += many
        passed += int(good.sum())
        for text in (made[i] for i in np.flatnonzero(good).tolist()):
            key = _bare(text)
            if key in taken or key in found:
                hit += 1
            elif len(found) < count:
                found[key] = text
        expected = tried * count / max(len(found), 1)
        if hit > _RARELY * passed or not passed or (len(found) < count and expected > _MOST_TRIED):
            return None
    return list(found.values())


def _anything(made: Sequence[str]) -> Labels:
    return np.ones(len(made), dtype=bool)


def _maker(
    name: str, values: Sequence[str], codes: Labels, persons: Labels, kind: Kind, rng: Generator
) -> tuple[Maker | None, Callable[[Sequence[str]], Labels]]:
    """Return how texts of this column's form are made, and which of them are right."""
    patterns = Patterns.of(values, codes, persons)
    shared: Maker | None = (lambda many: patterns.draw(many, rng)) if patterns.known else None
    texts = pd.Series(list(values), dtype=object)
    kinds = [hint.what for hint in pii.hints(name, facts_of(texts), kind) if hint.sure != "possible"]
    if not kinds and kind is Kind.CATEGORICAL and pii.has_topic(name, "person name"):
        kinds = ["names of people"] if pii.matches(texts, "name").mean() >= 0.5 else []
    for what in kinds:
        if what == pii.PATTERN_NAMES["phone"]:
            return shared or (lambda many: _phones(many, rng)), _passes("phone") if shared else _anything
        if official := next((one for one in OFFICIAL if one.called == what), None):
            return shared, _official(official)
        if make := _MAKERS.get(what):
            right = _passes("vehicle") if what == pii.PATTERN_NAMES["vehicle"] else _anything
            return partial(make, _Like.of(values), rng), right
    return shared, _anything


def _passes(pattern: str) -> Callable[[Sequence[str]], Labels]:
    return lambda made: pii.matches(pd.Series(list(made), dtype=object), pattern)


def _official(official: Official) -> Callable[[Sequence[str]], Labels]:
    form = re.compile(official.form)

    def check(made: Sequence[str]) -> Labels:
        upper = (text.upper() for text in made)
        return np.array([form.fullmatch(text) is not None and official.valid(text) for text in upper], dtype=bool)

    return check


class _Like:
    """How most of a column's values are written."""

    def __init__(self, upper: bool, comma: bool, colon: bool, mark: str) -> None:
        self.upper, self.comma, self.colon, self.mark = upper, comma, colon, mark

    @staticmethod
    def of(values: Sequence[str]) -> _Like:
        def most(test: Callable[[str], bool]) -> bool:
            return sum(map(test, values)) > len(values) / 2

        mark = next((mark for mark in (" ", "-", ":", ".") if most(lambda text: mark in text)), "")  # noqa: B023
        return _Like(most(str.isupper), most(lambda text: ", " in text), most(lambda text: ":" in text), mark)

    def cased(self, made: Sequence[str]) -> list[str]:
        return [text.upper() if self.upper else text for text in made]


def _words(many: int, rng: Generator) -> list[str]:
    """Return words that are no language's."""
    parts = rng.choice(_SYLLABLES, (many, 3))
    return ["".join(part) for part in parts.tolist()]


def _names(like: _Like, rng: Generator, many: int) -> list[str]:
    firsts = rng.choice(_FIRST, many).tolist()
    pairs = zip(firsts, _words(many, rng), strict=True)
    if like.comma:
        return like.cased([f"{last.title()}, {first.title()}" for first, last in pairs])
    return like.cased([f"{first.title()} {last.title()}" for first, last in pairs])


def _first_names(like: _Like, rng: Generator, many: int) -> list[str]:
    return like.cased([word.title() for word in _words(many, rng)])


def _mails(like: _Like, rng: Generator, many: int) -> list[str]:
    # example.org is reserved (RFC 2606): no mail to it reaches anybody.
    pairs = zip(_words(many, rng), _words(many, rng), strict=True)
    return like.cased([f"{first}.{last}@example.org" for first, last in pairs])


def _urls(like: _Like, rng: Generator, many: int) -> list[str]:
    pairs = zip(_words(many, rng), _words(many, rng), strict=True)
    return [f"https://example.org/{first}-{last}" for first, last in pairs]


def _phones(many: int, rng: Generator) -> list[str]:
    """Return numbers of the block 555-01xx, which North America keeps for fiction."""
    area, line = rng.integers(201, 990, many), rng.integers(100, 200, many)
    return [f"+1 {a}-555-0{b}" for a, b in zip(area.tolist(), line.tolist(), strict=True)]


def _hex(many: int, length: int, rng: Generator) -> Labels:
    return pick("0123456789abcdef", (many, length), rng)


def _uuids(like: _Like, rng: Generator, many: int) -> list[str]:
    found = _hex(many, 32, rng)
    found[:, 12], found[:, 16] = "4", pick("89ab", (many,), rng)
    joined = (f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}" for t in text_of(found))
    return like.cased(list(joined))


def _macs(like: _Like, rng: Generator, many: int) -> list[str]:
    found = _hex(many, 12, rng)
    found[:, 1] = pick("26ae", (many,), rng)  # locally administered: no maker's
    step = 4 if like.mark == "." else 2
    mark = like.mark if like.mark in (".", "-") else ":"
    return like.cased([mark.join(t[i : i + step] for i in range(0, 12, step)) for t in text_of(found)])


def _addresses(like: _Like, rng: Generator, many: int) -> list[str]:
    if like.colon:  # RFC 3849: for documentation
        return [f"2001:db8::{t[:4]}:{t[4:8]}:{t[8:]}" for t in text_of(_hex(many, 12, rng))]
    return [f"10.{a}.{b}.{c}" for a, b, c in rng.integers(1, 255, (many, 3)).tolist()]


def _grouped(texts: Sequence[str], like: _Like) -> list[str]:
    mark = like.mark if like.mark in (" ", "-") else ""
    return [mark.join(text[i : i + 4] for i in range(0, len(text), 4)) for text in texts]


def _cards(like: _Like, rng: Generator, many: int) -> list[str]:
    found = digits((many, 16), rng)
    found[:, 0] = 4
    found[:, -1] = luhn_digit(found[:, :-1])
    return _grouped(text_of(found.astype("U1")), like)


def _devices(like: _Like, rng: Generator, many: int) -> list[str]:
    found = digits((many, 15), rng)
    found[:, 0] = rng.integers(1, 10, many)
    found[:, -1] = luhn_digit(found[:, :-1])
    return text_of(found.astype("U1"))


def _vehicles(like: _Like, rng: Generator, many: int) -> list[str]:
    found = pick("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", (many, 17), rng)
    found[:, :3] = pick("ABCDEFGHJKLMNPRSTUVWXYZ", (many, 3), rng)
    found[:, -4:] = pick("0123456789", (many, 4), rng)
    found[:, 8] = pick("0123456789X", (many,), rng)
    return text_of(found)


def _accounts(like: _Like, rng: Generator, many: int) -> list[str]:
    """Return German account numbers with their check digits."""
    body = text_of(digits((many, 18), rng).astype("U1"))
    grouped = like if like.mark == " " else _Like(upper=False, comma=False, colon=False, mark="")
    return _grouped([f"DE{98 - mod_97(int(text) * 10**6 + 131400):02d}{text}" for text in body], grouped)


_MAKERS: dict[str, Callable[[_Like, Generator, int], list[str]]] = {
    "names of people": _names,
    "first names": _first_names,
    pii.PATTERN_NAMES["e-mail"]: _mails,
    pii.PATTERN_NAMES["URL"]: _urls,
    pii.PATTERN_NAMES["UUID"]: _uuids,
    pii.PATTERN_NAMES["MAC"]: _macs,
    pii.PATTERN_NAMES["IP"]: _addresses,
    pii.PATTERN_NAMES["card"]: _cards,
    pii.PATTERN_NAMES["IMEI"]: _devices,
    pii.PATTERN_NAMES["vehicle"]: _vehicles,
    pii.PATTERN_NAMES["IBAN"]: _accounts,
}
"""What `core.data.pii` calls a kind -> how it is made."""
