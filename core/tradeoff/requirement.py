"""Requirements: a floor or a ceiling that one stakeholder sets on one thing, with its reason and source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from core.attacks.base import THREATS
from core.errors import UserError
from core.utility.metrics import ALL_METRICS

SOURCES: tuple[str, ...] = ("law", "policy", "paper", "own judgement")
"""Where a threshold comes from, as it is offered; any other text will do too."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """Something that is limited and is neither a metric nor a risk.

    Parameters
    ----------
    title : str
    side : {"at_least", "at_most"}
        The only side that makes sense.
    low, high : float
        Between which a limit lies; `low` itself is allowed when `closed`.
    task : {"classification", "regression"}, optional
        The only kind of model that has it.
    """

    title: str
    side: str
    low: float = 0.0
    high: float = math.inf
    closed: bool = True
    task: str | None = None

    def allows(self, limit: float) -> bool:
        """Say whether a limit lies where this quantity can be."""
        return (self.low <= limit if self.closed else self.low < limit) and limit <= self.high


QUANTITIES: dict[str, Quantity] = {
    "worst_group_accuracy": Quantity(
        title="Accuracy of the worst-off group", side="at_least", high=1.0, task="classification"
    ),
    "worst_group_error": Quantity(title="Average error of the worst-off group", side="at_most", task="regression"),
    "rows_suppressed": Quantity(title="Rows left out", side="at_most", high=1.0),
    "epsilon": Quantity(title="Proved epsilon", side="at_most", closed=False),
}
"""Key of `limit_on` -> what it is. Rows are a share of the members' rows, epsilon is that of adding or removing one."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A floor or a ceiling that one stakeholder sets on one metric, one risk, or one other quantity.

    Parameters
    ----------
    name : str
        Different for every requirement of a study.
    metric, risk, limit_on : str, optional
        Exactly one: a key of the metrics, of the threats, or of `QUANTITIES`.
    at_least, at_most : float, optional
        Exactly one. Shares, rates and risks are from 0 to 1; errors are in the target's own unit.
    owner, reason, source : str
        Whose it is, why, and where the threshold comes from (`SOURCES`, or any text).

    Raises
    ------
    UserError
        When it does not limit exactly one known thing on one side by a number.

    Examples
    --------
    >>> Requirement(name="fair", limit_on="worst_group_accuracy", at_least=0.7, owner="product").limit
    0.7
    """

    name: str
    metric: str | None = None
    risk: str | None = None
    limit_on: str | None = None
    at_least: float | None = None
    at_most: float | None = None
    owner: str = ""
    reason: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Check that it limits exactly one thing in one direction."""
        for text in ("name", "owner", "reason", "source"):
            if not isinstance(getattr(self, text), str):
                raise UserError(f"the {text} of a requirement is a text", got="something else", do="Put it in quotes.")
        named = [
            (key, known)
            for key, known in ((self.metric, ALL_METRICS), (self.risk, THREATS), (self.limit_on, QUANTITIES))
            if key is not None
        ]
        if len(named) != 1:
            raise UserError(
                f"requirement {self.name!r} limits one metric, one risk or one limit_on",
                got=f"{len(named)} of them" if named else "none of them",
                do="Name one.",
            )
        key, known = named[0]
        if not isinstance(key, str) or key not in known:
            raise UserError(
                f"requirement {self.name!r} limits one of {', '.join(known)}", got=repr(key), do="Correct the name."
            )
        if (self.at_least is None) == (self.at_most is None):
            raise UserError(
                f"requirement {self.name!r} says at_least or at_most", got="both or neither", do="Keep one of them."
            )
        if not isinstance(self.limit, (int, float)) or isinstance(self.limit, bool) or not math.isfinite(self.limit):
            raise UserError(
                f"the limit of requirement {self.name!r} is a number", got=repr(self.limit), do="Correct it."
            )
        if self.limit_on is not None:
            self._check_quantity(QUANTITIES[self.limit_on])

    def _check_quantity(self, quantity: Quantity) -> None:
        if getattr(self, quantity.side) is None:
            raise UserError(
                f"requirement {self.name!r} on {self.limit_on} says {quantity.side}",
                got="the other side",
                do=f"Write {quantity.side}.",
            )
        if not quantity.allows(self.limit):
            ends = f"above {quantity.low:g}" if not quantity.closed else f"{quantity.low:g} or more"
            upper = f", and {quantity.high:g} or less" if math.isfinite(quantity.high) else ""
            raise UserError(
                f"the limit of requirement {self.name!r} on {self.limit_on} is {ends}{upper}",
                got=repr(self.limit),
                do="Correct it.",
            )

    @property
    def limit(self) -> float:
        """The floor or the ceiling."""
        return self.at_least if self.at_least is not None else self.at_most  # type: ignore[return-value]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of a result."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
