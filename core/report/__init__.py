"""Reports: one model built from a result, and a renderer for each format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import UserError
from core.report.audience import AUDIENCES, for_audience

FORMATS = ("html", "pdf", "md", "csv", "json")


def render(
    result: Mapping[str, Any],
    format: str,
    audience: str = "team",
    decision: Mapping[str, Any] | None = None,
    free_text: bool = False,
) -> bytes:
    """Return a report of a result; the same result gives the same bytes.

    Parameters
    ----------
    result : mapping
        A result of schema `middleground.result/1`, finished or partial.
    format : {"html", "pdf", "md", "csv", "json"}
    audience : {"team", "external", "executive"}
    decision : mapping, optional
        A decision file of schema `middleground.decision/1`; parts may be missing. When it was taken on other numbers
        than those of `result`, the report says so first.
    free_text : bool
        Whether outsiders read what people wrote; the team always does.

    Returns
    -------
    bytes
        UTF-8 text, or a PDF. `csv` and `json` hold the same part of the result that the audience may see; the order of
        a page and the five best settings are for the formats that people read.

    Raises
    ------
    UserError
        For another format or audience, and for a PDF without typst.

    Examples
    --------
    >>> render({"points": []}, "md", "team").decode().splitlines()[0]
    '# Study without a name'
    """
    if format not in FORMATS:
        raise UserError(f"the format is one of {', '.join(FORMATS)}", got=repr(format), do="Choose one of these.")
    if format in ("csv", "json"):
        from core.report.csv_table import render_csv
        from core.report.json_export import render_json

        seen = for_audience(result, audience, decision, free_text)
        return (render_csv(seen, audience == "team") if format == "csv" else render_json(seen)).encode()
    from core.report.build import build

    report = build(result, audience, decision, free_text)
    if format == "pdf":
        from core.report.pdf import render_pdf

        return render_pdf(report)
    from core.report.html_page import render_html
    from core.report.markdown import render_markdown

    return (render_html(report) if format == "html" else render_markdown(report)).encode()


__all__ = ["AUDIENCES", "FORMATS", "for_audience", "render"]
