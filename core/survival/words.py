"""What was found about a choice's survival, in words: the sentence, the table, what it is not."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from core.charts.words import listed, plain
from core.survival.standing import BEATEN, FIRST, OUT, TIED
from core.survival.survive import ALIKE, FAILED, RULE, SCHEMA, Outcome, Survival

PLACES = {
    FIRST: "still first",
    TIED: "not told apart from first",
    BEATEN: "beaten",
    OUT: "out",
    ALIKE: "changed nothing",
    FAILED: "not run",
}

KINDS = {
    "seeds": "other seeds",
    "attacker": "what the attacker knows",
    "roles": "what a column is",
    "model": "another model",
}

NO_PROBABILITY = (
    "This counts what we tried; it is not a probability, and not a promise. The variations share the same table, and "
    "other people could choose others."
)


def sentence(found: Survival) -> str:
    """Return the finding in one sentence or a few, the worst that happened named."""
    total, counts = found.total, found.counts
    if not total:
        return "Nothing that was varied changed a number that counts, so nothing can be said about survival."
    parts = [f"{plain(found.choice)} came first in {counts.get(FIRST, 0)} of {total} variation{'s' * (total > 1)}"]
    if tied := counts.get(TIED, 0):
        parts.append(f"could not be told apart from first in {tied}")
    for place, words in ((BEATEN, "was beaten"), (OUT, "fell out")):
        here = [o for o in found.outcomes if o.place == place]
        if here:
            parts.append(f"{words} {_times(len(here))} ({_examples(here)})")
    told = listed(parts) + "."
    if first := counts.get(FIRST, 0):
        often = "Each time" if found.clear == first else f"In {found.clear} of these {first}"
        told += f" {often} it was told apart from every rival that keeps the limits or might."
    kinds = [(words, [o for o in found.outcomes if o.kind == kind and o.counts]) for kind, words in KINDS.items()]
    shares = [f"{words} in {_firsts(some)} of {len(some)}" for words, some in kinds if some]
    if len(shares) > 1:
        told += f" First by what was varied: {listed(shares)}."
    if found.base.place != FIRST:
        told = f"As decided it was not first by the rule: {plain(found.base.why)}. {told}"
    if len(found.outcomes) < found.planned:
        told += f" Stopped after {len(found.outcomes)} of {found.planned} variations."
    return told


def _firsts(outcomes: list[Outcome]) -> int:
    return sum(outcome.place == FIRST for outcome in outcomes)


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _examples(outcomes: list[Outcome]) -> str:
    told = "; ".join(f"when {plain(o.words)}: {plain(o.why)}" for o in outcomes[:3])
    return told + (f"; and {len(outcomes) - 3} more" if len(outcomes) > 3 else "")


def rows(found: Survival) -> list[tuple[str, str, str]]:
    """Return for every variation what it was, the outcome, and what happened."""
    told = []
    for outcome in found.outcomes:
        words = plain(outcome.words)
        told.append((words[:1].upper() + words[1:], PLACES[outcome.place], plain(outcome.why)))
    return told


def notes(found: Survival) -> list[str]:
    """Return what somebody has to know to read the count."""
    told = [f"Rule: {RULE}. Against: {listed([plain(r) for r in found.rivals]) or 'nobody'}."]
    if not found.rivals:
        told.append("Without a rival, first only means that it still keeps its limits.")
    skipped = found.counts.get(ALIKE, 0)
    if skipped:
        told.append(f"{skipped} more changed no number that counts, so they are listed but not counted.")
    if failed := found.counts.get(FAILED, 0):
        told.append(f"{failed} could not be run, so they are listed but not counted.")
    told += found.notes
    if any(o.kind != "seeds" and o.counts for o in found.outcomes):
        told.append(
            "All but the other seeds keep the study's own seed, so the luck of its random halves is in each of them: "
            "look at the other seeds first."
        )
    told.append("Every variation used the rows once more; the ledger of the result does not count that.")
    told.append("Settings are told apart at 95 % each time, so 1 of 20 comparisons may come out wrong by luck.")
    told.append(f"Effort: {found.effort}. {NO_PROBABILITY}")
    return told


def lines(found: Survival) -> list[str]:
    """Return the whole finding as text, the answer first."""
    body = [f"  {words}: {place}" + (f" ({why})" if why else "") for words, place, why in rows(found)]
    return [sentence(found), "", *body, "", *notes(found)]


def to_json(found: Survival) -> dict[str, Any]:
    """Return the JSON form."""
    return {
        "schema": SCHEMA,
        "sentence": sentence(found),
        "choice": found.choice,
        "id": found.chosen,
        "rivals": list(found.rivals),
        "rule": RULE,
        "as_decided": {"place": found.base.place, "by": found.base.by, "why": found.base.why},
        "counts": {place: found.counts.get(place, 0) for place in PLACES},
        "counted": found.total,
        "clear": found.clear,
        "planned": found.planned,
        "effort": found.effort,
        "outcomes": [asdict(outcome) for outcome in found.outcomes],
        "notes": notes(found),
    }
