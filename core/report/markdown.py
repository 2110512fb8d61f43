"""The report as Markdown. People's text cannot become a heading, a link, a table's edge or HTML."""

from __future__ import annotations

import re

from core.report.model import Block, Bullets, Code, Report, Section, Table, Text

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~$&#])")
_ADDRESS = re.compile(r"(?i)(:)(//)|\b(www)(\.)|(@)|\b(mailto|javascript|data|xmpp)(:)")
_START = re.compile(r"^(\s*)([-+=]|\d+(?=[.)](?:\s|$)))")


def escaped(value: str) -> str:
    r"""Return text that Markdown shows as it stands.

    Addresses are broken too, because many readers turn bare ones into links.

    >>> escaped("a|b <i> [x](http://y)")
    'a\\|b \\<i\\> \\[x\\](http\\://y)'
    >>> escaped("1. no list")
    '1\\. no list'
    """
    text = _SPECIAL.sub(r"\\\1", value)
    text = _ADDRESS.sub(_broken, text)
    start = _START.match(text)
    if start:
        cut = start.end()
        text = (
            f"{text[:cut]}\\{text[cut:]}"
            if start.group(2)[0].isdigit()
            else f"{start.group(1)}\\{text[start.end(1) :]}"
        )
    return text


def _broken(found: re.Match[str]) -> str:
    before, mark = found.group(0)[:-1], found.group(0)[-1]
    if found.group(1):
        return r"\:" + found.group(2)
    return f"{before}\\{mark}"


def render_markdown(report: Report) -> str:
    """Return the report; the chart is its text for people who do not see it, and the numbers are in the table."""
    parts = [f"# {escaped(report.title)}"]
    parts.append("\n".join(f"- {escaped(name)}: {escaped(told)}" for name, told in report.facts))
    parts.append(f"**{escaped(report.takeaway)}**")
    parts += [f"> {escaped(alert)}" for alert in report.alerts]
    for section in report.lead:
        parts += _section(section)
    parts.append(escaped(report.chart.alt))
    for section in report.sections:
        parts += _section(section)
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(section: Section) -> list[str]:
    return [f"{'#' * section.level} {escaped(section.title)}", *(_block(block) for block in section.blocks)]


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return escaped(block.text)
    if isinstance(block, Bullets):
        return "\n".join(f"- {escaped(item)}" for item in block.items)
    if isinstance(block, Code):
        # An indented block needs no fence, so no run of backticks in the text can end it.
        return "\n".join(f"    {line}" for line in block.text.splitlines())
    return _table(block)


def _table(table: Table) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(escaped(cell) for cell in cells) + " |"

    rows = [line(table.head), "|" + " --- |" * len(table.head), *(line(row) for row in table.rows)]
    return f"{escaped(table.caption)}:\n\n" + "\n".join(rows)
