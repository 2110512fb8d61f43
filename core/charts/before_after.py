"""Before and after: one column's distribution, and how many people share their quasi-identifiers with how many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from core.charts.base import Chart
from core.charts.words import plain
from core.tradeoff.before_after import ColumnChange, Crowds, Distribution

if TYPE_CHECKING:
    import plotly.graph_objects as go

CROWDS = ("alone", "2 to 4", "5 to 9", "10 to 49", "50 or more")
"""What the buckets of class sizes are called."""

LONGEST = 26
"""Characters of a label that are drawn; the whole text is in the hover."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One side of a picture: a bar per label, as shares between 0 and 1."""

    title: str
    labels: tuple[str, ...]
    shares: tuple[float, ...]
    counts: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SidesInfo:
    """What a picture of two sides shows.

    Parameters
    ----------
    panels : tuple of Panel
        One or two; with equal labels they are drawn as pairs of bars.
    alt : str
        The picture in words.
    """

    title: str
    axis: str
    panels: tuple[Panel, ...]
    alt: str

    @property
    def paired(self) -> bool:
        """Whether both sides have the same labels."""
        return len(self.panels) == 2 and self.panels[0].labels == self.panels[1].labels


class ColumnBars(Chart):
    """One column before and after a protection."""

    key: ClassVar[str] = "column_bars"
    title: ClassVar[str] = "A column before and after"

    @classmethod
    def info(cls, change: ColumnChange | None) -> SidesInfo:
        """Return the numbers of the picture; of nothing, an empty one."""
        if change is None:
            return SidesInfo(title="", axis="", panels=(), alt="No column changes.")
        before = _panel(f"before: {_many(change.before)}", change.before)
        if change.after is None:
            panels: tuple[Panel, ...] = (before,)
            told = f"{plain(change.name)} is not released."
        else:
            panels = (before, _panel(f"after: {_many(change.after)}", change.after))
            told = f"{plain(change.name)} has {_many(change.before)} before and {_many(change.after)} after."
        return SidesInfo(title=plain(change.name), axis="share of rows, in percent", panels=panels, alt=told)

    @classmethod
    def figure(cls, info: SidesInfo, dark: bool = False) -> go.Figure:
        """Draw an info; plotly is imported only here."""
        from core.charts.bars_figure import draw

        return draw(info, dark)

    @classmethod
    def examples(cls) -> tuple[SidesInfo, ...]:
        """Return the empty picture, a column that is dropped, and one that becomes coarser."""
        old = Distribution(labels=("20 to 29", "30 to 39"), shares=(0.25, 0.75), different=18)
        new = Distribution(labels=("*",), shares=(1.0,), different=1)
        dropped = ColumnChange(name="age", before=old, after=None, changed=None)
        coarser = ColumnChange(name="age", before=old, after=new, changed=1.0)
        return cls.info(None), cls.info(dropped), cls.info(coarser)


class CrowdBars(Chart):
    """How many people share their quasi-identifiers with how many, before and after."""

    key: ClassVar[str] = "crowd_bars"
    title: ClassVar[str] = "Sizes of the crowds"

    @classmethod
    def info(cls, before: Crowds | None, after: Crowds | None = None, *, people: int = 0) -> SidesInfo:
        """Return the numbers of the picture.

        Parameters
        ----------
        after : Crowds, optional
            None when the released rows have no crowds: nobody's rows, or no quasi-identifier.
        people : int
            All people; those who were left out are in no bar of the second side.
        """
        if before is None:
            return SidesInfo(title="", axis="", panels=(), alt="There is no crowd to count.")
        total = max(people, 1)
        sides = [("before", before)] + ([("after", after)] if after is not None else [])
        panels = tuple(
            Panel(title=name, labels=CROWDS, shares=tuple(n / total for n in side.people), counts=side.people)
            for name, side in sides
        )
        told = "; ".join(
            f"{name}: {side.people[0]:,} of {people:,} people are alone, the smallest crowd has {side.k:,}"
            for name, side in sides
        )
        return SidesInfo(title="People by the size of their crowd", axis="share of people, in percent", panels=panels,
                         alt=f"{told}.")  # fmt: skip

    @classmethod
    def figure(cls, info: SidesInfo, dark: bool = False) -> go.Figure:
        """Draw an info; plotly is imported only here."""
        from core.charts.bars_figure import draw

        return draw(info, dark)

    @classmethod
    def examples(cls) -> tuple[SidesInfo, ...]:
        """Return the empty picture, one side, and both."""
        old = Crowds(people=(5, 3, 2, 0, 0), k=1, uniques=5, classes=8, average=0.7)
        new = Crowds(people=(0, 0, 4, 4, 0), k=5, uniques=0, classes=1, average=0.1)
        return cls.info(None), cls.info(old, people=10), cls.info(old, new, people=10)


def _many(side: Distribution) -> str:
    return "1 value" if side.different == 1 else f"{side.different:,} different values"


def _panel(title: str, side: Distribution) -> Panel:
    return Panel(title=title, labels=tuple(plain(label) for label in side.labels), shares=side.shares)


def cut(label: str) -> str:
    """Return a label that fits beside its bar.

    >>> cut("a label that goes on and on and on")
    'a label that goes on and ...'
    """
    return label if len(label) <= LONGEST else f"{label[:LONGEST].rstrip()[: LONGEST - 1]} ..."


def numbers(info: SidesInfo) -> list[dict[str, Any]]:
    """Return the picture as rows of a table, for whoever does not see it."""
    labels = list(dict.fromkeys(label for panel in info.panels for label in panel.labels))
    found = []
    for label in labels:
        row: dict[str, Any] = {"": label}
        for panel in info.panels:
            share = dict(zip(panel.labels, panel.shares, strict=True)).get(label)
            row[panel.title] = "–" if share is None else f"{100 * share:.1f} %"
        found.append(row)
    return found
