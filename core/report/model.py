"""The report model: what every format shows, as plain text in order. Renderers add marks, never words or numbers."""

from __future__ import annotations

from dataclasses import dataclass

from core.charts.marks import TradeOffInfo


@dataclass(frozen=True, kw_only=True)
class Text:
    """One paragraph."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Code:
    """Text to copy as it stands."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of texts.

    Parameters
    ----------
    caption : str
    head : tuple of str
    rows : tuple of tuple of str
        As wide as `head`.
    widths : tuple of int
        Relative column widths, for paper.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse a ragged table."""
        if any(len(row) != len(self.head) for row in (*self.rows, self.widths)):
            raise ValueError(f"the rows of {self.caption!r} differ in length")


Block = Text | Bullets | Code | Table


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading with blocks; level 2 or 3."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything a report shows.

    Parameters
    ----------
    title, audience, takeaway : str
    facts : tuple of (name, text)
        The study at a glance.
    alerts : tuple of str
        What must be read first: violations of proved bounds.
    chart : TradeOffInfo
    sections : tuple of Section
    lead : tuple of Section
        What stands before the chart: question, decision and dissent of a decided study.
    """

    title: str
    audience: str
    takeaway: str
    facts: tuple[tuple[str, str], ...]
    alerts: tuple[str, ...]
    chart: TradeOffInfo
    sections: tuple[Section, ...]
    lead: tuple[Section, ...] = ()
