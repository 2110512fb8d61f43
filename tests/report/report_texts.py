"""What a reader of each format can read."""

import json

from core.charts.svg import svg
from core.report import render
from core.report.build import build
from core.report.pdf import FONT, _data

READ = ("html", "md", "pdf", "csv", "json")


def read(result, format, audience):
    """Return the text of a report; of a PDF, the text that typst sets, which is all that the file is made of."""
    if format != "pdf":
        return render(result, format, audience).decode()
    report = build(result, audience)
    return json.dumps(_data(report, ""), ensure_ascii=False) + svg(report.chart, font=FONT)


def tables(report, caption):
    """Return the tables of a report whose caption begins so."""
    blocks = [block for section in report.sections for block in section.blocks]
    return [block for block in blocks if getattr(block, "caption", "").startswith(caption)]
