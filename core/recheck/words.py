"""A re-audit on one page: the same lines for the command line and the dashboard."""

from __future__ import annotations

from core.charts.limits import limit_text
from core.charts.words import listed, plain
from core.recheck.moves import METHOD, Move
from core.recheck.recheck import Recheck

VERDICTS = {
    "yes": "met",
    "no": "missed",
    "unproven": "not proven",
    "cannot_settle": "cannot be settled by this table",
    "not_measured": "not measured",
}

COVERED = (
    "The hash covers the study, the limits, what the columns are, the table's fingerprint, every measured number and "
    "the versions. It does not cover who signed, the wording, the dates, or which of the measured settings was chosen."
)


def limit_rows(found: Recheck) -> list[tuple[str, str, str]]:
    """Return for every limit what it is and its verdict then and now, in words."""
    return [
        (f"{plain(r.get('name'))} ({limit_text(r)})", VERDICTS[old], VERDICTS[new]) for r, old, new in found.verdicts
    ]


def move_rows(found: Recheck) -> list[tuple[str, str, str, str]]:
    """Return for every number what it is, what it was, what it is now, and the difference in words."""
    return [(_title(m), m.shown(m.before), m.shown(m.after), m.difference) for m in found.moves]


def _title(move: Move) -> str:
    return move.title if move.of == "choice" else f"{move.title} without protection"


def notes(found: Recheck) -> list[str]:
    """Return what somebody has to know to read the numbers."""
    told = [*found.shape.lines()]
    compared = [move for move in found.moves if move.low is not None]
    if compared:
        real = [_title(move) for move in compared if move.real]
        moved = f"moved by more than chance: {listed(real)}" if real else "none moved by more than chance explains"
        told.append(
            f"Of {len(compared)} numbers compared, {moved}. About 1 in 20 comparisons shows a difference by luck alone."
        )
    told.append(METHOD)
    if found.effort[0] != found.effort[1]:
        told.append(
            f"Decided at effort {found.effort[0]}, measured again at {found.effort[1]}: verdicts differ in how much "
            "they can prove."
        )
    if found.versions:
        changed = "; ".join(f"{what} {old} -> {new}" for what, old, new in found.versions)
        told.append(f"Versions differ, which alone can move numbers: {changed}.")
    told.append(
        f"Review date: {found.review_date or 'none was set'}; today is {found.today}; the decision is {found.state}."
    )
    told.append(f"The file matches the hash of its evidence. {COVERED}")
    return told


def lines(found: Recheck) -> list[str]:
    """Return the whole page as text, the answer first.

    Every word that people typed is put on one line, without characters that would change how the line reads.
    """
    head = [found.headline, ""]
    if found.question:
        head.append(f"Question: {found.question}")
    head += [f"Decided: {found.choice}" + (f", {found.decided[:10]}" if found.decided else ""), ""]
    body = []
    if found.verdicts:
        body += ["limit: then -> now"]
        body += [f"  {name}: {old} -> {new}" for name, old, new in limit_rows(found)]
        body.append("")
    body.append("measured: then -> now; difference")
    body += [f"  {name}: {old} -> {new}; {difference}" for name, old, new, difference in move_rows(found)]
    return [*head, *body, *found.violations, "", *notes(found)]
