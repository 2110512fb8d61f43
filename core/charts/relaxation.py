"""The smallest relaxation: which limits would have to move, and how far, for a setting to keep them all.

A limit moves to where the *verdict* is yes: the end of the interval that decided, as the point's `meets_at` has it. A
limit at the measured value alone would leave the verdict not proven.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.limits import unit_of
from core.charts.words import decimal, mapping, number


@dataclass(frozen=True, kw_only=True)
class Move:
    """One limit that has to move.

    Parameters
    ----------
    requirement : mapping
        As in a result.
    verdict : str
        What the setting's verdict is as long as the limit stays.
    start, end : float
        The limit now, and the nearest one with a yes, in the requirement's own unit; exact.
    """

    requirement: Mapping[str, Any]
    verdict: str
    start: float
    end: float

    @property
    def cost(self) -> float:
        """How far it moves: points of 100 for shares, rates and risks, percent of the limit for errors and epsilon."""
        amount = abs(self.end - self.start)
        if not unit_of(self.requirement).relative:
            return 100.0 * amount
        return 100.0 * amount / abs(self.start) if self.start else math.inf

    @property
    def shown(self) -> tuple[str, str, str]:
        """The limit now, the limit that is enough, and the distance of these two, as numbers to read.

        The second is rounded away from the limit, so that whoever sets it as it is written gets a yes.

        >>> limit = {"name": "r", "risk": "membership", "at_most": .05}
        >>> Move(requirement=limit, verdict="no", start=.05, end=.0671).shown
        ('5.0', '6.8', '1.8')
        """
        unit = unit_of(self.requirement)
        scaled = self.start * unit.scale
        fewest = max(unit.places(scaled), 0 if unit.decimals is not None else unit.places(self.end * unit.scale))
        first, last = "", ""
        for places in range(fewest, fewest + 7):
            first, last = decimal(scaled, places), decimal(self._enough(places), places)
            # The limit itself is shown as it was set, as far as four more digits allow.
            exact = abs(float(first) - scaled) <= 1e-9 * max(1.0, abs(scaled)) or places >= fewest + 4
            if exact and first != last:
                break
        places = len(last.partition(".")[2])
        return first, last, decimal(abs(float(last) - float(first)), places)

    def _enough(self, places: int) -> float:
        """Return the nearest number with so many decimals that is enough when it is typed in."""
        scale, ten = unit_of(self.requirement).scale, 10**places
        sign = 1 if self.end > self.start else -1
        near = math.floor(self.end * scale * ten)
        steps = sorted(range(near - 2, near + 4), key=lambda step: sign * step)
        return next((s / ten for s in steps if sign * (s / ten / scale - self.end) >= 0), self.end * scale)


@dataclass(frozen=True, kw_only=True)
class Relaxation:
    """What would let one setting in.

    Parameters
    ----------
    point : mapping
        The setting's point.
    moves : tuple of Move
        The limits that have to move, in the order of the study; at least one.
    """

    point: Mapping[str, Any]
    moves: tuple[Move, ...]

    @property
    def size(self) -> tuple[int, float]:
        """How many limits move, then how far together: what is smallest."""
        return len(self.moves), sum(move.cost for move in self.moves)


def relaxation_of(point: Mapping[str, Any], requirements: Sequence[Mapping[str, Any]]) -> Relaxation | None:
    """Return what would let a setting in; None where it is in already, or where no limit that we know would do."""
    verdicts, ends = mapping(point.get("meets")), mapping(point.get("meets_at"))
    moves = []
    for requirement in requirements:
        name = str(requirement.get("name"))
        verdict = str(verdicts.get(name) or "not_measured")
        if verdict == "yes":
            continue
        floor, ceiling, end = (
            number(v) for v in (requirement.get("at_least"), requirement.get("at_most"), ends.get(name))
        )
        start = floor if floor is not None else ceiling
        if start is None or end is None or (end >= start if floor is not None else end <= start):
            return None
        moves.append(Move(requirement=requirement, verdict=verdict, start=start, end=end))
    return Relaxation(point=point, moves=tuple(moves)) if moves else None


def smallest(points: Sequence[Mapping[str, Any]], requirements: Sequence[Mapping[str, Any]]) -> Relaxation | None:
    """Return the relaxation with the fewest limits, then the least cost; of equal ones that of the first point.

    Costs are added over limits: a point of 100 counts as much as a percent of an error or of epsilon. That is a
    convention: it only decides between settings that need equally many limits to move.
    """
    found = [relaxation for p in points if (relaxation := relaxation_of(p, requirements)) is not None]
    return min(found, key=lambda relaxation: relaxation.size, default=None)
