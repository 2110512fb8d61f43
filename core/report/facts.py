"""The study at a glance: table, model, effort, and what the attacker is assumed to hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.charts.words import items, listed, mapping, number, plain, short
from core.models import MODELS


def facts(result: Mapping[str, Any], audience: str) -> tuple[tuple[str, str], ...]:
    """Return the study at a glance."""
    study, table = mapping(result.get("study")), mapping(result.get("table"))
    model = mapping(study.get("model"))
    settings = ", ".join(f"{plain(k)} = {short(v)}" for k, v in model.items() if k != "key")
    key = _title(str(model.get("key") or study.get("model") or "not stated"))
    counts = [f"{short(table[k])} {k}" for k in ("rows", "people", "columns") if table.get(k) is not None]
    if study.get("rows") is not None:
        counts.append(f"at most {short(study['rows'])} people, drawn at random")
    twins = table.get("twins")
    planned = "" if study.get("replicates") is None else f", {short(study['replicates'])} replicates"
    told = [
        ("Table", ", ".join(counts) or "not stated"),
        ("Predicted", plain(study.get("target")) or "not stated"),
        ("Model", f"{key} ({settings})" if settings and audience != "executive" else key),
        ("Effort", f"{plain(study.get('effort')) or 'not stated'}{planned}"),
    ]
    if study.get("date"):
        told.append(("Date", plain(study["date"])))
    if audience != "executive":
        told += _attacker(study)
        if twins is not None:
            told.append(("People with a twin", f"{short(twins)} (their row equals another person's; none was dropped)"))
        if study.get("assume_public_domain") is True:
            told.append(("Assumed", "ranges and categories of the columns are public knowledge"))
    return tuple(told)


def _title(key: str) -> str:
    """Return what a model is called."""
    return MODELS[key].title if key in MODELS else plain(key)


def _attacker(study: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the attacker knows, links and guesses, and how many people are attacked."""
    told = []
    if knows := columns_text(study, "knows"):
        told.append(("The attacker knows", knows))
    left, right = columns_text(study, "left"), columns_text(study, "right")
    if left and right:
        told.append(("The attacker links", f"a list with {left} to a list with {right}"))
    if secrets := columns_text(study, "secrets"):
        told.append(("The attacker guesses", secrets))
    if study.get("subgroup"):
        told.append(("Groups compared by", plain(study["subgroup"])))
    if attacked := attacked_text(study):
        told.append(("People attacked", attacked))
    return told


def columns_text(study: Mapping[str, Any], key: str) -> str:
    """Return the columns of the attacker, or how many where names are hidden; empty when nobody says.

    >>> columns_text({"left": ["age", "sex"]}, "left"), columns_text({"left_columns": 2}, "left")
    ('age and sex', '2 columns')
    """
    names = [plain(name) for name in items(study.get(key) or mapping(study.get("attacker")).get(key))]
    count = number(study.get(f"{key}_columns"))
    if names:
        return listed(names)
    return (f"{count:.0f} columns" if count != 1 else "1 column") if count else ""


def attacked_text(study: Mapping[str, Any]) -> str:
    """Return how many people are attacked.

    >>> attacked_text({"attacked": 8000, "attacked_on_rows": 2000, "vulnerable": 200})
    '8000 through the model, 2000 through released rows; 200 who stand out most are counted apart'
    """
    counts = [(number(study.get(key)), words) for key, words in _ATTACKED.items()]
    told = ", ".join(f"{count:.0f} {words}" for count, words in counts if count)
    many = number(study.get("vulnerable"))
    return f"{told}; {many:.0f} who stand out most are counted apart" if told and many else told


_ATTACKED = {"attacked": "through the model", "attacked_on_rows": "through released rows"}
