"""How much better one setting is than another at least, on the same TEST people and the same random halves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import stdtrit

from core.data.table import Labels
from core.stats.intervals import difference
from core.tradeoff.replicate import Outcome
from core.utility.metrics import ALL_METRICS


class Pairs:
    """The replicates of several settings, to be compared two at a time while they are in memory.

    Parameters
    ----------
    outcomes : mapping
        Id of the setting -> its replicates, in order, without the fit on all of POOL.
    metric : str
        Key of the utility metric.
    """

    def __init__(self, outcomes: Mapping[str, Sequence[Outcome]], metric: str) -> None:
        self._outcomes = outcomes
        self._metric = metric
        self._means: dict[tuple[str, tuple[int, ...]], Labels] = {}

    def least(self, one: str, other: str, level: float) -> float | None:
        """Return the lower end of how much better the first is; positive is better, whatever the metric.

        Parameters
        ----------
        one, other : str
            Ids.
        level : float
            One-sided, .5 to 1.

        Returns
        -------
        float or None
            In the metric's unit. None with fewer than two common replicates, or when no TEST person makes a
            difference, so that nothing is known of how much others would.

        Notes
        -----
        Person by person and replicate by replicate what both settings share cancels (`core.stats.spread.difference`);
        the two parts of the variance each get their own t quantile (Howe 1974). One more person of the kind that moves
        the difference most is taken off on top, as a continuity correction does: a handful of people decides nothing.
        """
        sides = [{o.replicate: o for o in self._outcomes.get(name, ())} for name in (one, other)]
        common = tuple(number for number in sides[0] if number in sides[1])
        if len(common) < 2:
            return None
        values = [np.array([side[number].utility[self._metric][0] for number in common]) for side in sides]
        people = [self._mean(name, common, side) for name, side in zip((one, other), sides, strict=True)]
        spread = difference(values[0], values[1], people[0], people[1])
        most = float(np.abs(people[0] - people[1]).max(initial=0.0))
        if not math.isfinite(spread.value + spread.people_variance + most) or not spread.people_variance:
            return None
        parts = ((spread.people, spread.people_variance), (spread.replicates, spread.replicate_variance))
        half = math.hypot(*(float(stdtrit(max(n - 1, 1), level)) * math.sqrt(variance) for n, variance in parts))
        better = -spread.value if ALL_METRICS[self._metric].better == "lower" else spread.value
        return better - half - most

    def _mean(self, name: str, numbers: tuple[int, ...], side: Mapping[int, Outcome]) -> Labels:
        """Return the mean influence of each TEST person over these replicates; made once."""
        if (name, numbers) not in self._means:
            self._means[name, numbers] = np.mean([side[n].utility[self._metric][1] for n in numbers], axis=0)
        return self._means[name, numbers]
