"""Colours and shapes: one pair a family, so that neither has to be told apart alone.

The colours keep a contrast of 4.4 or more on white (7.8 or more on the dark ground) and stay apart for people with
any of the three colour blindnesses. Red against green is never used.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one family is drawn: `light` and `dark` are colours, `shape` a name that plotly and our SVG share."""

    light: str
    dark: str
    shape: str

    def colour(self, dark: bool) -> str:
        """Return the colour on a dark or a light ground."""
        return self.dark if dark else self.light


LOOKS: dict[str, Look] = {
    "anchor": Look(light="#4A4A4A", dark="#D8D8D8", shape="hexagon"),
    "hide": Look(light="#0060A8", dark="#56B4E9", shape="square"),
    "coarsen": Look(light="#C05A00", dark="#F0A030", shape="circle"),
    "replace": Look(light="#00866A", dark="#2FC79A", shape="diamond"),
    "add noise": Look(light="#B0488F", dark="#E69AC4", shape="triangle-up"),
    "train privately": Look(light="#7A5CFA", dark="#F0E442", shape="star"),
}
"""Family -> look. A family that is not here is drawn like an anchor, and named."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The colours of everything that is not data."""

    paper: str
    ink: str
    soft: str
    grid: str
    primary: str


GROUNDS: dict[bool, Ground] = {
    False: Ground(paper="#FFFFFF", ink="#0B0B0B", soft="#55595E", grid="#E3E7EB", primary="#005EA2"),
    True: Ground(paper="#0E1117", ink="#FFFFFF", soft="#B4BAC2", grid="#2A313B", primary="#56B4E9"),
}
"""Dark ground? -> its colours."""


def look(family: str) -> Look:
    """Return the look of a family.

    >>> look("coarsen").shape
    'circle'
    """
    return LOOKS.get(family, LOOKS["anchor"])
