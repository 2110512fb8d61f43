"""Partial masks: the little that may be left of an identifier, by what it is."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence

import pandas as pd

from core.data.pii import matches

HIDDEN = "***"
"""What stands for the part that is hidden."""

_INITIALS = 5
"""Words of the longest name whose initials are shown; more words are a sentence."""


def shorten(text: str) -> str:
    """Return the little that a partial mask leaves of one text.

    Never the whole text, and never all of its letters and digits: where the usual rule would leave them ("A B", whose
    initials are all of it), nothing is left.

    Examples
    --------
    >>> shorten("ann@example.org"), shorten("+1 202 555 0147"), shorten("Ann Bee"), shorten("X-17")
    ('a***@example.org', '***47', 'A. B.', 'X***')
    >>> shorten("4111 1111 1111 1111"), shorten("DE89 3704 0044 0532 0130 00")
    ('***1111', 'DE***00')
    >>> shorten("203.0.113.77"), shorten("2001:db8:1:2::3"), shorten("https://ann@example.org/ann?id=7")
    ('203.0.113.***', '2001:db8:1:***', 'https://example.org/***')
    """
    return shortened([text])[0]


def shortened(texts: Sequence[str]) -> list[str]:
    """Return what a partial mask leaves of each text, shape (texts,).

    E-mail: the first character and the host (not the host when it repeats the name before the @). Payment card (check
    digit right): the last four digits. IBAN (check digits right): the country and the last two. IPv4 address: its /24
    network, IPv6: /48. URL: the host. Other numbers of seven digits or more (phones, social security): the last two.
    Names of two to five words: the initials. Anything else, dates among it: the first character.
    """
    cells = pd.Series([text.strip() for text in texts], dtype=object)
    found = [_general(text) for text in cells]
    # The later rule wins, so the most certain patterns come last.
    rules = {"IP": _network, "card": _last_four, "IBAN": _account, "e-mail": _mail, "URL": _host}
    for pattern, rule in rules.items():
        for place in matches(cells, pattern).nonzero()[0]:
            found[place] = rule(str(cells.iloc[place]))
    return [_less(left, text) for left, text in zip(found, cells, strict=True)]


def _less(left: str, text: str) -> str:
    """Return what is left when it is strictly less than the text, else nothing."""
    if not text or (text not in left and (_signs(left) < _signs(text) or not _signs(text))):
        return left
    return HIDDEN if text != HIDDEN else "…"


def _signs(text: str) -> int:
    return sum(character.isalnum() for character in text)


def _mail(text: str) -> str:
    local, host = text.split("@")
    first = local[0] if len(local) > 1 else ""
    parts = [part for part in re.split(r"[^\w]+", local.lower()) if len(part) > 2]
    if any(part in host.lower() for part in parts):
        host = f"{HIDDEN}.{host.rsplit('.', 1)[1]}"
    return f"{first}{HIDDEN}@{host}"


def _last_four(text: str) -> str:
    return HIDDEN + re.sub(r"\D", "", text)[-4:]


def _account(text: str) -> str:
    return f"{text[:2].upper()}{HIDDEN}{text[-2:]}"


def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return _first(text)
    if address.version == 4:
        return ".".join([*text.split(".")[:3], HIDDEN])
    blocks = [f"{int(block, 16):x}" for block in address.exploded.split(":")[:3]]
    return ":".join([*blocks, HIDDEN])


def _host(text: str) -> str:
    scheme, _, rest = text.rpartition("://") if "://" not in text else text.partition("://")
    host = re.split(r"[/?#\\]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    start = f"{scheme}://" if scheme else ""
    left = f"{start}{host}/{HIDDEN}"
    # An address that is nothing but a host keeps its last label.
    alone = text.rstrip("/").lower() == f"{start}{host}".lower()
    return f"{start}{HIDDEN}.{host.rpartition('.')[2]}" if alone and "." in host else left if not alone else HIDDEN


def _general(text: str) -> str:
    digits = "" if re.match(r"\d{4}-\d\d-\d\d", text) else re.sub(r"\D", "", text)
    if len(digits) >= 7 and not re.search(r"[^\W\d_]", text):
        return HIDDEN + digits[-2:]
    words = text.split()
    if 1 < len(words) <= _INITIALS and all(word[0].isalpha() for word in words):
        return " ".join(f"{word[0]}." for word in words)
    return _first(text)


def _first(text: str) -> str:
    return f"{text[:1]}{HIDDEN}" if len(text) > 1 else HIDDEN
