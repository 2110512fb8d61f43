"""Patterns in cells that point at a person, a device or an account; each strict, because a false alarm costs trust.

Every function takes texts (up to `core.data.prepare.SAMPLE` different ones of a column) and says which of them have
the pattern, as a whole.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from stdnum import iban as stdnum_iban
from stdnum import imei as stdnum_imei
from stdnum import luhn as stdnum_luhn

from core.data.prepare import full
from core.data.table import Labels

_CARD = re.compile(r"\d(?:[ -]?\d){12,18}")
_ISSUERS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"6011|64[4-9]|65|62"), (16, 17, 18, 19)),  # Discover, UnionPay
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),  # JCB
    (re.compile(r"30[0-5]|309|36|3[89]"), (14, 16, 17, 18, 19)),  # Diners Club
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"), tuple(range(13, 20))),  # Maestro
)
"""First digits and lengths of payment cards: ISO/IEC 7812-1 and the issuers' published ranges."""

_IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_VIN = re.compile(r"(?=.*[A-Z].*[A-Z])(?=.*\d.*\d)[A-HJ-NPR-Z0-9]{17}")
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

_NANP = r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
_TRUNK = r"(?=(?:\D*\d){9,12}\D*$)(?:\(0\d{1,4}\)|0\d{1,4}[ ./-])[ /-]?\d{2,}(?:[ .-]\d{2,})*"
_ABROAD = r"(?=(?:\D*\d){8,15}\D*$)\+ ?[1-9]\d{0,2}(?:[ .-]?\(?0?\)?)(?:[ ./()-]{0,2}\d+)+"
_ABROAD_00 = r"(?=(?:\D*\d){10,17}\D*$)00[1-9]\d{0,2}[ .-](?:[ ./()-]{0,2}\d+)+"
_PHONE = rf"(?:{_ABROAD}|{_ABROAD_00}|{_NANP}|{_TRUNK})(?: ?(?:x|ext\.?) ?\d{{1,6}})?"
_DECIMAL = r"[+-]?\d+\.\d{1,3}"
_ANY_PHONE = r"\+?[\d\s().\-/]{6,24}(?: ?(?:x|ext\.?) ?\d{1,6})?"
_DATE = r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2}(?:\d{2})?)(?:[T ].*)?"

_DEGREES = r"-?\d{1,3}\.\d{3,}"
_PAIR = rf"\(?{_DEGREES}(?:[,;] ?| ){_DEGREES}\)?"

_POSTAL = {
    "British": r"(?:GIR 0AA|[A-PR-UWYZ](?:\d{1,2}|[A-HK-Y]\d{1,2}|\d[A-HJKS-UW]|[A-HK-Y]\d[ABEHMNPRV-Y])"
    r" \d[ABD-HJLNP-UW-Z]{2})",
    "Canadian": r"[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] \d[ABCEGHJ-NPRSTV-Z]\d",
    "Dutch": r"[1-9]\d{3} (?!SA|SD|SS)[A-Z]{2}",
    "Irish": r"(?:D6W|[AC-FHKNPRTV-Y]\d{2}) [0-9AC-FHKNPRTV-Y]{4}",
    "US (ZIP+4)": r"\d{5}-\d{4}",
}
"""Country -> form of its postal codes, where that form, with its blank, is not that of any other code."""


def _each(texts: pd.Series[Any], form: re.Pattern[str], check: Callable[[str], bool]) -> Labels:
    """Say which texts have a form and, without blanks and hyphens, pass a check."""
    found = np.zeros(len(texts), dtype=bool)
    for place, text in enumerate(texts.tolist()):
        if form.fullmatch(text):
            found[place] = check(re.sub(r"[\s-]", "", text))
    return found


def _issued(code: str) -> bool:
    return any(len(code) in lengths and first.match(code) for first, lengths in _ISSUERS)


def card(texts: pd.Series[Any]) -> Labels:
    """Say which texts are payment card numbers: an issuer's first digits and length, and the Luhn check.

    >>> card(pd.Series(["4111 1111 1111 1111", "4111 1111 1111 1112", "9111111111111119"])).tolist()
    [True, False, False]
    """
    return _each(texts, _CARD, lambda code: _issued(code) and bool(stdnum_luhn.is_valid(code)))


def luhn(texts: pd.Series[Any]) -> Labels:
    """Say which texts are 13 to 19 digits (blanks and hyphens between them) that pass the Luhn check, whoever issued.

    Source: ISO/IEC 7812-1, annex B.

    >>> luhn(pd.Series(["4111 1111 1111 1111", "4111 1111 1111 1112"])).tolist()
    [True, False]
    """
    return _each(texts, _CARD, lambda code: any(c != "0" for c in code) and bool(stdnum_luhn.is_valid(code)))


def iban(texts: pd.Series[Any]) -> Labels:
    """Say which texts are bank account numbers with right check digits and the length and form of their country.

    Source: ISO 13616-1 and SWIFT's registry, as python-stdnum holds it.

    >>> iban(pd.Series(["DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"])).tolist()
    [True, False]
    """
    return _each(texts.str.upper(), _IBAN, lambda code: bool(stdnum_iban.is_valid(code, check_country=False)))


def imei(texts: pd.Series[Any]) -> Labels:
    """Say which texts are 15-digit serial numbers of mobile phones whose check digit is right.

    >>> imei(pd.Series(["490154203237518", "490154203237519"])).tolist()
    [True, False]
    """
    form = re.compile(r"\d{2}[ -]?\d{6}[ -]?\d{6}[ -]?\d")
    return _each(texts, form, lambda code: bool(stdnum_imei.is_valid(code)))


def vehicle(texts: pd.Series[Any]) -> Labels:
    """Say which texts are vehicle identification numbers whose check digit is right (North America, China).

    Source: 49 CFR 565.15 (ISO 3779 leaves the ninth place free; elsewhere it is no check digit).

    >>> vehicle(pd.Series(["1M8GDM9AXKP042788", "1M8GDM9A1KP042788"])).tolist()
    [True, False]
    """

    def check(code: str) -> bool:
        total = sum(int(_VIN_VALUES.get(c, c)) * w for c, w in zip(code, _VIN_WEIGHTS, strict=True))
        return code[8] == "0123456789X"[total % 11]

    return _each(texts.str.upper(), _VIN, check)


def address(texts: pd.Series[Any]) -> Labels:
    """Say which texts are IP addresses, of either version; times of day, prices and version numbers are not.

    Four numbers could be a version (1.2.3.4): they count when they are of a private network or one is 100 or more.

    >>> address(pd.Series(["192.168.0.7", "2001:db8::1", "12:30:15", "1.2.3.4", "10.300.1.1"])).tolist()
    [True, True, False, False, False]
    """
    found = full(texts, r"\d{1,3}(?:\.\d{1,3}){3}|(?=.*:.*:)[0-9A-Fa-f:.]{2,45}")
    for place in np.flatnonzero(found):
        try:
            parsed = ipaddress.ip_address(texts.iloc[place])
        except ValueError:
            found[place] = False
            continue
        large = isinstance(parsed, ipaddress.IPv6Address) or max(parsed.packed) >= 100
        found[place] = large or (parsed.is_private and not parsed.is_unspecified)
    return found


def phone(texts: pd.Series[Any], named: bool = False) -> Labels:
    """Say which texts look like phone numbers: 7 to 15 digits (ITU-T E.164) and the usual marks between them.

    Without a name that says so, groups of digits are not enough (amounts, codes and ISBNs have them too): a plus or 00
    with a country code, the groups of North America, or a leading zero with an area code are asked for.

    >>> phone(pd.Series(["+49 30 901820", "(020) 7946 0000", "212-555-0123", "5551234", "123-456-789"])).tolist()
    [True, True, True, False, False]
    """
    if not named:
        return full(texts, _PHONE) & ~full(texts, _DECIMAL) & ~full(texts, _DATE)
    good = full(texts, _ANY_PHONE)
    some = texts[good]
    fits = some.str.count(r"\d").between(7, 15).to_numpy(dtype=bool) & ~full(some, _DATE)
    good[np.flatnonzero(good)[~fits]] = False
    return good


def postal(texts: pd.Series[Any]) -> tuple[str, Labels]:
    """Return the country whose postal codes most of the texts look like, and which do; digits alone look like nothing.

    >>> country, found = postal(pd.Series(["SW1A 1AA", "M1 1AE", "12345"]))
    >>> country, found.tolist()
    ('British', [True, True, False])
    """
    upper = texts.str.upper()
    if not full(upper, "|".join(_POSTAL.values())).any():
        return "", np.zeros(len(texts), dtype=bool)
    every = [(country, full(upper, form)) for country, form in _POSTAL.items()]
    return max(every, key=lambda pair: int(pair[1].sum()))


def coordinates(texts: pd.Series[Any]) -> Labels:
    """Say which texts are a latitude and a longitude with three decimals or more.

    >>> coordinates(pd.Series(["52.5200, 13.4050", "(-33.865;151.209)", "152.52, 13.40", "152.520, 13.405"])).tolist()
    [True, True, False, False]
    """
    found = full(texts, _PAIR)
    for place in np.flatnonzero(found):
        latitude, longitude = (abs(float(part)) for part in re.findall(_DEGREES, texts.iloc[place]))
        found[place] = latitude <= 90 and longitude <= 180
    return found


def holds_mail(texts: pd.Series[Any]) -> Labels:
    """Say which texts hold an e-mail address somewhere.

    >>> holds_mail(pd.Series(["write to a@b.org, please", "nothing here"])).tolist()
    [True, False]
    """
    search = re.compile(r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}").search
    return np.fromiter((search(text) is not None for text in texts), dtype=bool, count=len(texts))


def _form(pattern: str) -> Callable[[pd.Series[Any]], Labels]:
    return lambda texts: full(texts, pattern)


_HEX = "[0-9A-Fa-f]"

CHECKS: dict[str, Callable[[pd.Series[Any]], Labels]] = {
    "e-mail": _form(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>.]{2,}"),
    "IBAN": iban,
    "card": card,
    "IMEI": imei,
    "vehicle": vehicle,
    "IP": address,
    "MAC": _form(rf"{_HEX}{{2}}([:-])(?:{_HEX}{{2}}\1){{4}}{_HEX}{{2}}|{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}"),
    "URL": _form(r"(?:(?:https?|ftp)://|www\.)[^\s/]\S*"),
    "UUID": _form(rf"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}"),
    "phone": phone,
    "coordinates": coordinates,
}
"""Pattern -> which texts have it."""
