"""The report on paper, set by typst from memory: no browser, no system fonts, nothing written to disk."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from core.charts.svg import svg
from core.errors import UserError
from core.report.model import Bullets, Code, Report, Text

FONT = "Libertinus Serif"
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
    files = {
        "main.typ": _template(),
        "report.json": json.dumps(_data(report, note), ensure_ascii=False).encode(),
        "chart.svg": svg(report.chart, font=FONT).encode(),
    }
    options = {} if standard is None else {"pdf_standards": standard}
    return bytes(typst.compile(files, format="pdf", ignore_system_fonts=True, **options))


def _data(report: Report, note: str) -> dict[str, Any]:
    return {
        "title": report.title,
        "audience": report.audience,
        "note": note,
        "facts": report.facts,
        "takeaway": report.takeaway,
        "alerts": report.alerts,
        "alt": report.chart.alt,
        "sections": [
            {"title": s.title, "level": s.level, "blocks": [_block(block) for block in s.blocks]}
            for s in report.sections
        ],
    }


def _block(block: Any) -> dict[str, Any]:
    if isinstance(block, (Text, Code)):
        return {"kind": "text" if isinstance(block, Text) else "code", "text": block.text}
    if isinstance(block, Bullets):
        return {"kind": "bullets", "items": block.items}
    return {"kind": "table", "caption": block.caption, "head": block.head, "rows": block.rows, "widths": block.widths}
