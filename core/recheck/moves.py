"""What moved between two tables: old and new numbers, and the difference with an interval of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.charts.limits import subject_of, unit_of, value_of
from core.charts.verdict import risk_of, utility_of
from core.charts.words import decimal, mapping, number

METHOD = (
    "Each difference is between two tables of which each has an interval of its own; the two are combined by adding "
    "the squares of their half-widths, side by side (Zou and Donner 2008). That holds for different people; where many "
    "people are in both tables it tends to be wider than needed."
)


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number as it was measured or proved.

    Parameters
    ----------
    value, low, high : float or None
        None where there is no number or no interval.
    why : str
        Why there is no number.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Move:
    """One quantity then and now.

    Parameters
    ----------
    of : {"choice", "none"}
        The chosen setting, or no protection, which shows what the table itself did.
    subject : mapping
        Names a metric, a risk or another quantity, as a requirement does.
    before, after : Number
    change, low, high : float or None
        After minus before, in the quantity's own unit, and its interval.
    """

    of: str
    subject: Mapping[str, Any]
    before: Number
    after: Number
    change: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def title(self) -> str:
        """What it is, as a line starts."""
        text = subject_of(self.subject) + (" risk" if self.subject.get("risk") else "")
        return text[:1].upper() + text[1:]

    @property
    def real(self) -> bool:
        """Whether the interval leaves out zero; never without an interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def proved(self) -> bool:
        """Whether it is computed, not estimated."""
        return self.subject.get("limit_on") == "epsilon"

    def shown(self, found: Number) -> str:
        """Return one of the two numbers in words."""
        if found.value is None:
            return found.why or "not measured"
        unit = unit_of(self.subject)
        places = unit.places(found.value * unit.scale)
        text = decimal(found.value * unit.scale, places) + unit.after
        if found.low is None or found.high is None:
            return text
        return f"{text} [{decimal(found.low * unit.scale, places)}, {decimal(found.high * unit.scale, places)}]"

    @property
    def difference(self) -> str:
        """The difference in words; "could be chance" wherever the interval holds zero."""
        if self.change is None:
            return "cannot be compared"
        unit = unit_of(self.subject)
        scaled = self.change * unit.scale
        places = unit.places(scaled)
        text = f"{_signed(scaled, places)}{unit.between}"
        if self.proved:
            return f"{text}, proved" if self.change else "the same"
        if self.low is None or self.high is None:
            return f"{text}, no interval: may be chance"
        ends = f"[{_signed(self.low * unit.scale, places)}, {_signed(self.high * unit.scale, places)}]"
        if not self.real:
            return f"{text} {ends}: may be chance"
        return f"{text} {ends}: {'higher' if self.change > 0 else 'lower'}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "of": self.of,
            "subject": dict(self.subject),
            "before": vars(self.before),
            "after": vars(self.after),
            "difference": {"value": self.change, "low": self.low, "high": self.high, "real": self.real},
        }


def _signed(value: float, places: int) -> str:
    text = decimal(value, places)
    return text if text.startswith("-") else f"+{text}"


def combined(before: Number, after: Number) -> tuple[float | None, float | None, float | None]:
    """Return after - before and its interval, from two independent estimates with intervals of one level.

    Square-and-add: the distance of each end is the root of the two squared distances that push it that way (Zou and
    Donner 2008, Statistics in Medicine 27; for equal normal variances it is the usual interval of a difference).

    Examples
    --------
    >>> combined(Number(value=.8, low=.77, high=.83), Number(value=.9, low=.86, high=.94))[0]
    0.1
    >>> combined(Number(value=.8), Number(value=.9))[1:]
    (None, None)
    """
    if before.value is None or after.value is None:
        return None, None, None
    # Fifteen digits: what is left is how numbers are stored, not how they differ.
    change = round(after.value - before.value, 15)
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return change, None, None
    down = math.hypot(after.value - after.low, before.high - before.value)
    up = math.hypot(after.high - after.value, before.value - before.low)
    return change, change - down, change + up


def number_of(point: Mapping[str, Any], subject: Mapping[str, Any]) -> Number:
    """Return what a point's record holds of a metric, a risk or another quantity."""
    if subject.get("risk") or subject.get("metric"):
        risk = bool(subject.get("risk"))
        record = risk_of(point, str(subject["risk"])) if risk else utility_of(point, str(subject["metric"]))
        value = value_of(point, subject)
        if value is None:
            return Number(why=_why(record))
        return Number(value=value, low=number(record.get("low")), high=number(record.get("high")))
    value = value_of(point, subject)
    # The worst of several groups is no single estimate: the interval of that group would be too narrow for it.
    return Number(value=value) if value is not None else Number(why="no number")


def _why(record: Mapping[str, Any]) -> str:
    return {"not_applicable": "does not arise", "undefined": "no number"}.get(str(record.get("status")), "not measured")


def moves(
    of: str, before: Mapping[str, Any], after: Mapping[str, Any], subjects: Sequence[Mapping[str, Any]]
) -> tuple[Move, ...]:
    """Return how every quantity of one setting moved."""
    found = []
    for subject in subjects:
        old, new = number_of(mapping(before), subject), number_of(mapping(after), subject)
        change, low, high = combined(old, new)
        found.append(Move(of=of, subject=subject, before=old, after=new, change=change, low=low, high=high))
    return tuple(found)
