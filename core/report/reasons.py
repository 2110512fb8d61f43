"""Reasons and notes that outsiders read: only sentences known here; one of these never names a column or a value.

Attacks and techniques may name columns, values and small counts in their reasons, and an error's text is nobody's for
outsiders. So a reason is not cleaned but looked up: what is not found is left out, and the report says so.
"""

from __future__ import annotations

import re
from typing import Any

from core.charts.words import plain
from core.privacy.delta import WARNED
from core.utility.metrics import ALL_METRICS

UNTOLD = "the reason may name columns or values; the team's report has it"

_COUNT = r"[\d,]+"
_REASONS = (
    ("no rows leave the room under this recipe", None),
    ("the released rows are synthetic: they belong to nobody, so no row can be found", None),
    ("this attack was not made", None),
    ("every column is an identifier, free text or ignored", None),
    ("this attack comes with a later version of Middleground; it was not run", None),
    ("one half of the people has no member or no control; use a larger table", None),
    ("no variant of the attack could be tried on members and on controls in both halves of the people", None),
    ("no column is released that says anything about a person", None),
    ("no column is named as a secret to infer", None),
    (r"no secret column is released \(.*\)", "no secret column is released"),
    (
        r"linking needs a released column on each of the two sides; .*",
        "linking needs a released column on each of the two sides",
    ),
    (r"the two sides must not share a column, but both have .*", "the two sides must not share a column, and they do"),
    (
        rf"{_COUNT} descriptions fit exactly one released row, too few to try; .*",
        "too few descriptions fit exactly one released row; this attacker gets nowhere here, which says nothing about "
        "others",
    ),
    (r"too few (attempts|people).*", "too few people or attempts to say anything"),
    (rf"k = {_COUNT} cannot be reached\b.*", "there are too few people for this k"),
    ("stopped before its first replicate was done", None),
    ("dp_sgd needs: pip install -r requirements-deep.txt", None),
    ("(round_predictions|top_label) is for classes; this target is a number", None),
)
"""Pattern of a reason that we wrote -> what outsiders read; None stands for the reason itself."""

_NOTES = (
    r"\d+% of the guesses had a reference model that left the person out",
    "one replicate: no reference model yet",
    "too few controls for a rate at 1 % false alarms",
    "too many equal scores for a rate at 1 % false alarms",
    "measured on a model that the recipient can train on the released rows",
)
_NAMED = "direct identifiers are released: whoever has one is found"


def public_reason(reason: Any) -> str:
    """Return a reason in words that name nobody's data; where we do not know it, that it is left out.

    >>> public_reason("no secret column is released (HIV status)")
    'no secret column is released'
    >>> public_reason("the table has no column Kiel")
    "the reason may name columns or values; the team's report has it"
    """
    text = plain(reason)
    for pattern, told in _REASONS:
        if text == pattern or re.fullmatch(pattern, text):
            return told or text
    return text if text in {metric.undefined for metric in ALL_METRICS.values()} else UNTOLD


def public_note(note: Any) -> str | None:
    """Return the parts of a note that we know; None when none is left.

    >>> public_note("one replicate: no reference model yet; Kiel is alone")
    'one replicate: no reference model yet'
    """
    text = plain(note)
    if text == _NAMED:
        return text
    parts = [part for part in text.split("; ") if any(re.fullmatch(pattern, part) for pattern in _NOTES)]
    return "; ".join(parts) or None


def public_assumption(assumption: Any) -> str:
    """Return what a guarantee takes for granted, columns left out; where we do not know it, that there is more.

    >>> public_assumption("The attacker knows nothing but the declared quasi-identifiers (age, postcode).")
    'The attacker knows nothing but the declared quasi-identifiers.'
    >>> public_assumption("The hierarchies of age were learned from these people.")
    "The guarantee takes one more thing for granted, which may name columns: see the team's report."
    """
    text = re.sub(r"\s*\(.*\)", "", plain(assumption))
    return text if text in _ASSUMED else _MORE


_ASSUMED = (
    "Every row is taken for another person.",
    "A row without a person id is taken for another person.",
    f"{WARNED}.",
    "The attacker knows nothing but the declared quasi-identifiers.",
    "The rows are released once: two releases of the same people can be intersected.",
    "People are counted, not rows; every row is kept.",
    "It holds for every row; somebody who can link the rows of one person can narrow it down further.",
    "Direct identifiers are dropped or masked by another step.",
    "Names leave with the rows, so no crowd protects anybody: mask them first.",
    "The model alone was trained with a guarantee, but rows leave the room too: it does not hold for both.",
    "It covers the model and its answers, not rows or statistics released beside it.",
    "The bounds, categories and classes in the schema are public: nobody wrote them down by looking at the data.",
    "The size of the pool is public.",
    "Every cell is randomised, the target too, before the rows are collected; epsilon is for a whole row.",
    "It covers the rows and what is made of them, not what is released beside them.",
    "The noise of this evaluation is seeded so that it can be repeated; a release draws from the operating system.",
    "Of every person one row, drawn at random, is counted.",
    "In each step one row of a person, drawn at random, takes part.",
    "Nobody learns who took part in which step.",
    "The setting was chosen on public rows, free if nobody of this table is behind them.",
    "The setting was chosen on the same people: epsilon is that of all trial fits, their comparison and the last fit "
    "together.",
    "How many rows there are is not hidden: it says nothing about whether somebody is in the data.",
    "The noise of this evaluation is seeded so that it can be repeated; a release must draw fresh noise from the "
    "operating system.",
    "Gaussian noise in floating-point numbers: the last bits of the weights are not covered, so publish rounded "
    "weights or answers.",
    "All rows of a person carry the same quasi-identifiers; how many rows is not hidden.",
    "Many people are grouped inside blocks of people who are alike: this changes who is together, not k.",
)
_MORE = "The guarantee takes one more thing for granted, which may name columns: see the team's report."
