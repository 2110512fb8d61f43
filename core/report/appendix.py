"""What was said, asked and answered around a decision, and the minutes: the end of a decided study's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.charts.words import items, mapping, plain
from core.report.decision_section import called, decision_of, moment_text, who_text
from core.report.model import Section, Table


def appendix(result: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[Section, ...]:
    """Return what was said, what was answered, and the team's minutes."""
    decision, sections = decision_of(result), []
    comments = [mapping(c) for c in items(decision.get("comments"))]
    if comments:
        rows = tuple((who_text(c), _about(c, labels), plain(c.get("text")), moment_text(c.get("at"))) for c in comments)
        head = ("Who", "About", "What", "When")
        sections.append(
            Section(title="What was said", blocks=(_table("Comments, the earliest first", head, rows, (3, 3, 6, 3)),))
        )
    answered = [q for q in map(mapping, items(decision.get("questions"))) if q.get("open") is False]
    if answered:
        asked = tuple((who_text(q), plain(q.get("text")), plain(q.get("answer")) or "not stated") for q in answered)
        sections.append(
            Section(
                title="Questions that were answered",
                blocks=(_table("Asked and answered", ("Who asked", "Question", "Answer"), asked, (3, 5, 5)),),
            )
        )
    minutes = [mapping(line) for line in items(decision.get("minutes"))]
    if minutes:
        lines = tuple((moment_text(m.get("at")), plain(m.get("name")), plain(m.get("text"))) for m in minutes)
        sections.append(
            Section(
                title="Minutes", blocks=(_table("As they wrote themselves", ("When", "Who", "What"), lines, (3, 3, 9)),)
            )
        )
    return tuple(sections)


def _about(comment: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    about = comment.get("about")
    if isinstance(about, Mapping):
        return called(about)
    return labels.get(str(about), plain(about)) if about else "everything"


def _table(caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], widths: tuple[int, ...]) -> Table:
    return Table(caption=caption, head=head, rows=tuple(rows), widths=widths)
