"""The report on paper, set by typst from memory: no browser, no system fonts, nothing written to disk."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from core.charts.svg import svg
from core.errors import UserError
from core.report.model import Bullets, Code, Report, Section, Text

FONT = "Libertinus Serif"
FONTS = Path(__file__).with_name("fonts")
"""What typst's own fonts do not know: Arabic, Hebrew, Japanese, Chinese, Korean."""

NOTE = "Some characters are not in this PDF's fonts and appear as boxes; the HTML report shows them."


@cache
def _template() -> bytes:
    return Path(__file__).with_name("report.typ").read_bytes()


def render_pdf(report: Report) -> bytes:
    """Return the PDF, tagged for screen readers (PDF/UA-1) wherever its fonts know every character.

    Raises
    ------
    UserError
        When typst is not installed.
    """
    try:
        import typst
    except ImportError:
        raise UserError(
            "a PDF needs the package typst", got="an installation without it", do="Install it, or choose html."
        ) from None
    try:
        return _compile(typst, report, "", "ua-1")
    except typst.TypstError:
        # The accessible standard refuses characters that no embedded font has; a box and a word about it is better
        # than no report.
        return _compile(typst, report, NOTE, None)


def _compile(typst: Any, report: Report, note: str, standard: str | None) -> bytes:
    # The executive's report is one page: where a decision says much, the chart and the letters get smaller first.
    for tight in (0, 1, 2, 3):
        made = _set(typst, report, note, standard, tight)
        if report.audience != "executive" or _pages(made) <= 1:
            break
    return made


def _pages(made: bytes) -> int:
    """Return the number of pages that the root of a PDF's page tree states."""
    tree = re.search(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", made)
    return int(tree.group(1)) if tree else 1


def _set(typst: Any, report: Report, note: str, standard: str | None, tight: int) -> bytes:
    files = {
        "main.typ": _template(),
        "report.json": json.dumps(_data(report, note, tight), ensure_ascii=False).encode(),
        "chart.svg": svg(report.chart, font=FONT).encode(),
    }
    options = {} if standard is None else {"pdf_standards": standard}
    return bytes(typst.compile(files, format="pdf", ignore_system_fonts=True, font_paths=[str(FONTS)], **options))


def _data(report: Report, note: str, tight: int = 0) -> dict[str, Any]:
    return {
        "title": report.title,
        "audience": report.audience,
        "note": note,
        "tight": tight,
        "facts": report.facts,
        "takeaway": report.takeaway,
        "alerts": report.alerts,
        "alt": report.chart.alt,
        "lead": [_section(section) for section in report.lead],
        "sections": [_section(section) for section in report.sections],
    }


def _section(section: Section) -> dict[str, Any]:
    return {"title": section.title, "level": section.level, "blocks": [_block(block) for block in section.blocks]}


def _block(block: Any) -> dict[str, Any]:
    if isinstance(block, (Text, Code)):
        return {"kind": "text" if isinstance(block, Text) else "code", "text": block.text}
    if isinstance(block, Bullets):
        return {"kind": "bullets", "items": block.items}
    return {"kind": "table", "caption": block.caption, "head": block.head, "rows": block.rows, "widths": block.widths}
