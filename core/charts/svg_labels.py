"""The texts of the picture: where those beside marks go, covering neither marks nor each other, and the key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.charts.marks import TradeOffInfo
from core.charts.standing import TIE, signed

_OFFSETS = (
    *((8, -7), (8, 15), (-8, -7), (-8, 15), (11, 4), (-11, 4), (0, -11), (0, 20)),
    *((14, -14), (-14, -14), (14, 22), (-14, 22), (0, -26), (0, 34), (0, -42), (0, 50)),
)


class Box(NamedTuple):
    """A rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Say whether two rectangles overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Say whether another rectangle is inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def place_labels(
    points: Sequence[tuple[float, float]], labels: Sequence[str], area: Box, taken: list[Box], letter: float = 6.4
) -> list[tuple[float, float] | None]:
    """Return the left end of each label's baseline, or None for an empty label and where no place is free.

    Tries sixteen places around each mark, in order; the first that is inside the area and free wins and is added to
    `taken`, which should hold the marks themselves.

    Examples
    --------
    >>> place_labels([(50.0, 50.0)], ["1"], Box(0, 0, 100, 100), [])
    [(58.0, 43.0)]
    """
    found: list[tuple[float, float] | None] = []
    for (x, y), label in zip(points, labels, strict=True):
        width, best = letter * len(label), None
        for across, down in _OFFSETS if label else ():
            left = x + across - (width if across < 0 else width / 2 if across == 0 else 0)
            box = Box(left, y + down - 9, left + width, y + down + 1)
            if area.holds(box) and not any(box.meets(other) for other in taken):
                best = (left, y + down)
                taken.append(box)
                break
        found.append(best)
    return found


def key_notes(info: TradeOffInfo) -> list[str]:
    """Return what lines, signs and numbers of the chart mean."""
    notes = ["thin lines: intervals", "dashed: best measured"]
    if signed(info.marks):
        notes.append(f"{TIE}: not clearly beaten")
    notes += ["dotted: anchors", "numbers: rows of the table"]
    if any(mark.bound is not None for mark in info.marks):
        notes.append("tick or arrow: proved ceiling on the risk")
    return notes
