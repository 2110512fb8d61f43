"""What the minimisation adviser says: the columns, the cost with its interval, the risk; and the order of advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CAVEAT = (
    "Choosing columns by looking at the table costs something too: the choice itself depends on the people in it, and "
    "no epsilon of a later step covers that. Where differential privacy is promised, choose by what you know about "
    "the columns, or on other data."
)


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What happens when columns are given up together.

    Parameters
    ----------
    columns : tuple of str
        In the order in which they were given up.
    change, low, high : float
        The metric without them minus the metric with every column, on the same TEST people, and its 95 % interval.
    better : {"higher", "lower"}
        Which way the metric is better.
    uniques : int
        People who are alone in their combination of what is still known to others.
    uniques_change, reidentification_change : float
        Share of all people, -1 to 1: those alone, and those expected to be recognised, minus the same with every
        column. Exact on the whole table.
    known : bool
        Whether the attacker is assumed to know one of the columns; where not, the two changes are 0 for certain.
    """

    columns: tuple[str, ...]
    change: float
    low: float
    high: float
    better: str
    uniques: int
    uniques_change: float
    reidentification_change: float
    known: bool

    @property
    def loss(self) -> float:
        """How much worse the metric becomes; negative when it becomes better."""
        return self.change if self.better == "lower" else -self.change

    @property
    def most(self) -> float:
        """How much worse it may become: the bad end of the interval."""
        return self.high if self.better == "lower" else -self.low

    @property
    def loss_measured(self) -> bool:
        """Whether the whole interval says that the metric becomes worse."""
        return (self.low if self.better == "lower" else -self.high) > 0


@dataclass(frozen=True, kw_only=True)
class Review:
    """Advice on every column, and on a few together.

    Parameters
    ----------
    singles : tuple of Advice
        One for each input column, in the order of `rank`.
    path : tuple of Advice
        Columns given up one after the other: each step holds those before it.
    model, stands_in : str, bool
        The model that was measured; whether it stands in for the study's, which is slow.
    metric : str
    value : float
        The metric with every column.
    members, test : int
        People each model was trained on; people it was scored on.
    knows : tuple of str
        What the attacker is assumed to know.
    people, uniques : int
    reidentification : float
        With every column, share of people.
    """

    singles: tuple[Advice, ...]
    path: tuple[Advice, ...]
    model: str
    stands_in: bool
    metric: str
    value: float
    members: int
    test: int
    knows: tuple[str, ...]
    people: int
    uniques: int
    reidentification: float


def rank(advice: Advice) -> tuple[Any, ...]:
    """Return the place of an advice: smaller comes first.

    First come columns whose loss was not measured (the interval holds zero, or the metric becomes better), by the
    share of people who are no longer expected to be recognised; then the others, by people no longer alone for each
    unit of the metric that is lost. Ties by the loss, then by name, so that no order is left to chance.
    """
    if not advice.loss_measured:
        return 0, advice.reidentification_change, advice.uniques_change, advice.loss, advice.columns
    return 1, advice.uniques_change / advice.loss, advice.reidentification_change, advice.loss, advice.columns
