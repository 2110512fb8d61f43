"""The frozen numbers of the trade-off chart."""

from __future__ import annotations

from dataclasses import dataclass

from core.charts.axes import Range


@dataclass(frozen=True, kw_only=True)
class Extent:
    """A value with its interval on one axis, in the axis's unit, never clipped."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Mark:
    """One point of the chart.

    Parameters
    ----------
    id : str
        The point's id, exactly as in the result.
    number : int
        Its place among the measured points, from 1; tables beside the chart show the same number.
    label, series, family : str
    anchor : {"none", "constant"}, optional
    x, y : Extent
    state : {"plain", "meets", "unproven", "fails"}
        Filled, filled, hollow, crossed.
    verdict : str
        The state in words, naming requirements.
    frontier, selected : bool
        On the frontier by value; ringed.
    standing : {"best", "tie", "beaten"}
        On the frontier; beaten by value but not beyond noise; clearly beaten.
    beaten_by : str
        The id of a point that clearly beats it, else empty.
    against : str
        The standing in a sentence.
    bound : float, optional
        The proved ceiling on x.
    violation : str
        Says which measured risk is above its proved ceiling; empty when none is.
    x_change, y_change : Extent, optional
        The difference to no protection on either axis, paired by person.
    hover : tuple of str
        Lines of plain text, not escaped.
    """

    id: str
    number: int
    label: str
    series: str
    family: str
    anchor: str | None
    x: Extent
    y: Extent
    state: str
    verdict: str
    frontier: bool
    selected: bool
    bound: float | None
    violation: str
    hover: tuple[str, ...]
    x_change: Extent | None = None
    y_change: Extent | None = None
    standing: str = "best"
    beaten_by: str = ""
    against: str = ""


@dataclass(frozen=True, kw_only=True)
class Absent:
    """A setting that is not drawn, with the reason."""

    id: str
    label: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where the limits on the two axes are met; None on a side without a limit."""

    x_low: float | None
    x_high: float | None
    y_low: float | None
    y_high: float | None
    label: str

    def corners(self, x_range: Range, y_range: Range) -> tuple[float, float, float, float] | None:
        """Return (x0, x1, y0, y1) cut to the axes, or None when the limits exclude each other or lie outside."""
        x0, x1 = max(_or(self.x_low, x_range[0]), x_range[0]), min(_or(self.x_high, x_range[1]), x_range[1])
        y0, y1 = max(_or(self.y_low, y_range[0]), y_range[0]), min(_or(self.y_high, y_range[1]), y_range[1])
        return (x0, x1, y0, y1) if x0 < x1 and y0 < y1 else None


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


@dataclass(frozen=True, kw_only=True)
class Line:
    """A labelled reference line at one value of one axis."""

    axis: str
    at: float
    label: str


@dataclass(frozen=True, kw_only=True)
class TradeOffInfo:
    """Everything the trade-off chart shows.

    `x` is the risk of one threat out of 100 people, `y` one utility metric in its own unit. With `y_better` "lower" the
    axis is drawn upside down, so that up is better on every chart. `joins` are the marks of one recipe in the order of
    its strength; `frontier` the corners from low to high risk. `standing` says which points are clearly beaten and
    which only by value, with how often that is wrong; `runs` which points have how many runs,
    where they differ and that matters. Both are empty when there is nothing to say.
    """

    threat: str
    metric: str
    x_title: str
    y_title: str
    x_range: Range
    y_range: Range
    marks: tuple[Mark, ...]
    joins: tuple[tuple[str, ...], ...]
    frontier: tuple[tuple[float, float], ...]
    region: Region | None
    lines: tuple[Line, ...]
    limits: bool
    off_axis: tuple[Absent, ...]
    skipped: tuple[Absent, ...]
    failed: tuple[Absent, ...]
    waiting: tuple[Absent, ...]
    violations: tuple[str, ...]
    sentence: str
    alt: str
    y_better: str = "higher"
    standing: str = ""
    runs: str = ""
