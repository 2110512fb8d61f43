"""The report as one HTML page that opens offline: no script, no address, nothing fetched."""

from __future__ import annotations

from html import escape

from core.charts.svg import css_variables, svg
from core.report.model import Block, Bullets, Code, Report, Section, Table, Text

_STYLE = """
:root{color-scheme:light dark;%LIGHT%--back:#f2f5f8}
@media (prefers-color-scheme:dark){:root{%DARK%--back:#1c222c}}
@media print{:root{color-scheme:light;%LIGHT%--back:#f2f5f8}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem;max-width:62rem;font:16px/1.5 system-ui,sans-serif;
color:var(--chart-ink);background:var(--chart-paper);overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .5rem}
h2{font-size:1.25rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--chart-grid)}
h3{font-size:1.05rem;margin:1.6rem 0 .4rem}
.takeaway{font-size:1.15rem;font-weight:600;border-left:4px solid var(--chart-primary);
padding:.2rem .8rem;margin:1rem 0}
.alert{border:2px solid var(--chart-ink);padding:.5rem .8rem;margin:1rem 0;font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:.5rem 0;color:var(--chart-soft)}
dd{margin:0;min-width:0;color:var(--chart-ink)}
figure{margin:1rem 0}
figure{overflow-x:auto}
svg{width:100%;min-width:38rem;height:auto;display:block}
.wide{overflow-x:auto;margin:.6rem 0}
table{table-layout:fixed;border-collapse:collapse;width:100%;font-size:.85rem}
caption{text-align:left;color:var(--chart-soft);padding:.2rem 0}
th,td{overflow-wrap:anywhere;text-align:left;vertical-align:top;
padding:.35rem .5rem;border-bottom:1px solid var(--chart-grid);
min-width:1.6rem}
.wide table{min-width:44rem}
th{background:var(--back);font-weight:600}
pre{background:var(--back);padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.8rem}
@media print{body{padding:0;max-width:none;font-size:10pt}
.wide,figure{overflow:visible}.wide table,svg{min-width:0}tr,figure{break-inside:avoid}h2,h3{break-after:avoid}}
""".strip()

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def render_html(report: Report) -> str:
    """Return the page; every text is escaped on its way in."""
    style = _STYLE.replace("%LIGHT%", css_variables(False)).replace("%DARK%", css_variables(True))
    facts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(told)}</dd>" for name, told in report.facts)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(report.title)}</title><style>{style}</style></head><body>",
        f"<header><h1>{_text(report.title)}</h1><dl>{facts}</dl></header><main>",
        f'<p class="takeaway">{_text(report.takeaway)}</p>',
        *(f'<p class="alert">{_text(alert)}</p>' for alert in report.alerts),
        *(_section(section) for section in report.lead),
        f"<figure>{svg(report.chart, theme='css')}</figure>",
        *(_section(section) for section in report.sections),
        "</main></body></html>",
    ]
    return "\n".join(parts) + "\n"


def _text(value: str) -> str:
    return escape(value, quote=True)


def _section(section: Section) -> str:
    level = f"h{section.level}"
    return f"<section><{level}>{_text(section.title)}</{level}>{''.join(_block(b) for b in section.blocks)}</section>"


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"<p>{_text(block.text)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, Code):
        return f"<pre>{_text(block.text)}</pre>"
    return _table(block)


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(title)}</th>' for title in table.head)
    shares = (f'<col style="width:{100 * width / sum(table.widths):.1f}%">' for width in table.widths)
    rows = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row) + "</tr>" for row in table.rows)
    return (
        f'<div class="wide"><table><caption>{_text(table.caption)}</caption>'
        f"<colgroup>{''.join(shares)}</colgroup><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
