"""The study as text: the TOML file that the command line reads, written from the draft."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from core.errors import UserError
from core.tradeoff.study import parse_study

_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def to_toml(draft: Mapping[str, Any]) -> str:
    """Return the draft as the TOML of a study file.

    >>> print(to_toml({"study": {"name": "A"}, "recipe": [{"name": "n", "technique": "none"}]}))
    [study]
    name = "A"
    <BLANKLINE>
    [[recipe]]
    name = "n"
    technique = "none"
    <BLANKLINE>
    """
    parts = []
    draft = _without_stale(draft)
    for head in ("study", "attacker"):
        if block := {k: v for k, v in draft.get(head, {}).items() if v not in (None, "", [], {})}:
            parts.append(f"[{head}]\n" + _lines(block))
    for head in ("recipe", "requirement"):
        for entry in draft.get(head, []):
            parts.append(f"[[{head}]]\n" + _lines({k: v for k, v in entry.items() if v not in (None, "")}))
    return "\n".join(parts)


def _without_stale(draft: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out runs that were asked for settings that are gone: the command line takes such a name for a mistake."""
    if not draft.get("study", {}).get("more"):
        return draft
    try:
        known = {recipe.id for recipe in parse_study(draft).with_anchors()}
    except UserError:
        return draft
    more = {name: count for name, count in draft["study"]["more"].items() if name in known}
    return {**draft, "study": {**draft["study"], "more": more}}


def file_names(draft: Mapping[str, Any]) -> tuple[str, str, str]:
    """Return the names of study, table and schema file, fit for a command line."""
    head = draft.get("study", {})
    stem = re.sub(r"[^A-Za-z0-9]+", "-", str(head.get("name", "study"))).strip("-").lower() or "study"
    return f"{stem}.toml", str(head.get("table", "table.csv")), str(head.get("schema", f"{stem}.schema.json"))


def _lines(block: Mapping[str, Any]) -> str:
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in block.items())


def _key(key: str) -> str:
    return key if _BARE.match(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    return _text(str(value))


def _text(text: str) -> str:
    """Return a basic string. JSON escapes what TOML does, but for the delete character and half of a pair."""
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return json.dumps(clean, ensure_ascii=False).replace("\x7f", "\\u007f")
