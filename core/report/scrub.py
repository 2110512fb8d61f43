"""Taking words out of texts that leave the team: names of direct identifiers, lists of columns, texts by people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.charts.words import label_of, mapping, number, plain
from core.report.outside_decision import people_of
from core.tradeoff.requirement import SOURCES

UNSAID = "left out here"
"""What stands for a text that somebody wrote and that this audience does not read."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Letters of scripts in which words stand side by side or carry endings: Thai, Lao, Burmese, Khmer, CJK, Hangul."""

_LETTER = rf"[^\W{_UNSPACED}]"


class Scrub:
    """Removes the names of direct identifiers from text, when they are known."""

    def __init__(self, names: Sequence[Any]) -> None:
        self._pattern = _pattern(names)

    def text(self, value: Any) -> str:
        """Return a text without the names."""
        text = plain(value)
        return self._pattern.sub("[direct identifier]", text) if self._pattern else text

    def value(self, value: Any) -> Any:
        """Return a setting; lists are column names and are counted, not shown."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(key): self.value(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            if all(number(item) is not None for item in value):
                return list(value)
            return f"{len(value)} columns" if len(value) != 1 else "1 column"
        return value


def _pattern(names: Sequence[Any]) -> re.Pattern[str] | None:
    words = sorted({plain(name) for name in names if plain(name)}, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(whole, words)), re.IGNORECASE) if words else None


def whole(name: str) -> str:
    """Return the pattern of a name that is no part of a longer word.

    >>> bool(re.search(whole("ana"), "banana")), bool(re.search(whole("ssn"), "ssn\u3092")), whole("")
    (False, True, '(?!)')
    """
    if not name:
        return r"(?!)"
    start, end = ("" if re.match(f"[{_UNSPACED}]", edge) else _LETTER for edge in (name[0], name[-1]))
    return (rf"(?<!{start})" if start else "") + re.escape(name) + (rf"(?!{end})" if end else "")


def unique(names: Sequence[str]) -> list[str]:
    """Return the names, repeated ones numbered: a verdict must not move to another setting of the same name."""
    taken: set[str] = set()
    found = []
    for name in names:
        fresh, place = name, 1
        while fresh in taken:
            place += 1
            fresh = f"{name} ({place})"
        taken.add(fresh)
        found.append(fresh)
    return found


def unsaid(
    requirements: Sequence[Mapping[str, Any]], decision: Mapping[str, Any] | None, names: bool
) -> list[dict[str, Any]]:
    """Return limits' reasons and sources as left out where somebody wrote one, and owners who are people by their part.

    An owner is usually a department, and is told; one who signed, voted or spoke is called as in the decision.

    >>> unsaid([{"owner": "Ana", "reason": "so"}], {"signatures": [{"name": "Ana"}]}, names=False)
    [{'owner': 'signatory 1', 'reason': 'left out here'}]
    """
    people, told = people_of(mapping(decision)), []
    for requirement in requirements:
        owner, found = plain(requirement.get("owner")), {}
        part = next((part for name, part in people.items() if re.search(whole(name), owner.casefold())), None)
        if part is not None and not names:
            found["owner"] = part
        if requirement.get("reason"):
            found["reason"] = UNSAID
        if requirement.get("source") and requirement["source"] not in SOURCES:
            found["source"] = UNSAID
        told.append(found)
    return told


def saying(
    scrub: Scrub,
    points: Sequence[Mapping[str, Any]],
    moved: Mapping[str, str],
    labels: Mapping[str, str],
) -> Callable[[Any], str]:
    """Return what takes out of a text the names of identifiers, and of settings what only the team may read.

    A setting that outsiders call as the team does is left as it was written: "none of these" is no name of one.
    """
    outside: dict[str, str] = {}
    for point in points:
        identifier = str(point.get("id"))
        told = moved.get(identifier, "")
        label = labels.get(told, "a setting")
        outside |= {called: label for called in (label_of(point), plain(identifier)) if called not in (told, label, "")}
    longest = sorted(outside, key=lambda called: (-len(called), called))
    pattern = re.compile("|".join(map(whole, longest)) or r"(?!)")
    return lambda value: scrub.text(pattern.sub(lambda found: outside[found.group(0)], plain(value)))
