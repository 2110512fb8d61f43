"""Guarantees: what is proved about a release, with its assumptions. Never merged with what is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Guarantee:
    """A proved bound, or the statement that there is none.

    Parameters
    ----------
    kind : {"none", "k_anonymity", "dp", "claimed"}
        `claimed`: somebody else's library states it and we cannot stand behind it, so no bound follows from it.
    k : int, optional
        People in the smallest equivalence class of the released rows.
    l, t : float, optional
        For every sensitive column: how diverse its values are in each class at least, and how far a class's
        distribution is from that of all released rows at most. Which diversity and distance, the assumptions say.
    epsilon, delta : float, optional
        The differential privacy parameters.
    neighbours : {"add_remove", "replace_one"}, optional
    unit : {"row", "person"}, optional
        What may be added or removed.
    mu : float, optional
        The Gaussian-DP parameter when the mechanism is exactly mu-GDP.
    advantage_bound, tpr_at_1pct_bound : float, optional
        The most that any membership attack can reach, from the full privacy curve.
    assumptions : tuple of str
        What must be true for it to hold, in plain sentences.
    """

    kind: str = "none"
    k: int | None = None
    l: float | None = None  # noqa: E741 - the field's name in the literature and in the result JSON
    t: float | None = None
    epsilon: float | None = None
    delta: float | None = None
    neighbours: str | None = None
    unit: str | None = None
    mu: float | None = None
    advantage_bound: float | None = None
    tpr_at_1pct_bound: float | None = None
    assumptions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of a trade-off point."""
        return {
            **{name: getattr(self, name) for name in self.__dataclass_fields__ if name != "assumptions"},
            "assumptions": list(self.assumptions),
        }


NO_GUARANTEE = Guarantee()
