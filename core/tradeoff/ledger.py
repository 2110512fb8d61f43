"""The ledger: what looking at the data has cost so far, composed, and what no epsilon covers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.privacy.curves import Cost, Total, compose_costs
from core.tradeoff.bench import Bench
from core.tradeoff.point import Tally
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import FULL

RAW = (
    "Accuracy, risks and class sizes were computed on the raw table, and settings were compared by them: no epsilon "
    "covers that, so these numbers are for the team."
)


def ledger_of(
    tallies: Sequence[Tally], bench: Bench, previews: int = 0, released: Sequence[Recipe] = (), *, final: bool = True
) -> dict[str, Any]:
    """Return what looking cost: every setting and every fit that saw people's data, quick looks and releases.

    Every private fit counts once: one per replicate, and the fit on everybody; so does every table made. A person
    takes part in about half of the replicates; which ones is secret but not certain, so all are counted. Fits of
    proved settings are composed through their curves; claims of libraries and guarantees for replaced people are
    counted and not composed.

    Parameters
    ----------
    tallies : sequence of Tally
    bench : Bench
    previews : int
        Quick looks at single settings, outside the sweep.
    released : sequence of Recipe
        The settings of which tables were made, one entry for each time.
    final : bool
        Whether no more outcomes will come. A running sweep has no total yet: composing takes up to a second.

    Returns
    -------
    dict
        `total` is None when nothing private ran (or the sweep still runs), else `{epsilon, delta, advantage_bound,
        tpr_at_1pct_bound, largest_single}`; its epsilon is None where no finite one holds.
    """
    kinds: dict[str, int] = {"dp": 0, "claimed": 0, "replaced": 0}
    costs, largest = [], 0.0
    for tally in tallies:
        fits = len(tally.outcomes)
        if not fits:
            continue
        proved = tally.recipe.guarantee(bench.table.schema, bench.facts(full=False))
        if proved.kind not in ("dp", "claimed"):
            continue
        cost = Cost.of(proved, fits)
        kinds["claimed" if proved.kind == "claimed" else "dp" if cost else "replaced"] += fits
        if cost is not None:
            costs.append(cost)
            largest = max(largest, cost.epsilon)
    for recipe in released:
        cost = Cost.of(recipe.guarantee(bench.table.schema, bench.facts(full=True)))
        if cost is not None:
            costs.append(cost)
            largest = max(largest, cost.epsilon)
    total = _total(tuple(costs)) if costs and final else None
    return {
        "sweeps": 1,
        "settings": len(tallies),
        "replicates": sum(1 for tally in tallies for number in tally.outcomes if number != FULL),
        "fits": sum(len(tally.outcomes) for tally in tallies),
        "previews": previews,
        "releases": len(released),
        "private_fits": sum(kinds.values()),
        "total": None if total is None else _told(total, largest),
        "note": " ".join(_sentences(kinds, total, largest, previews, len(released))),
    }


def stated_delta(costs: Sequence[Cost]) -> float:
    """Return the delta at which a total is stated: the largest of the Gaussian ones, plus every other one's.

    Examples
    --------
    >>> stated_delta([Cost(epsilon=1, delta=1e-5, mu=0.3, times=9), Cost(epsilon=1, delta=1e-6, times=2)])
    1.2e-05
    """
    smooth = max((cost.delta for cost in costs if cost.mu is not None), default=0.0)
    return smooth + sum(cost.delta * cost.times for cost in costs if cost.mu is None)


@lru_cache(maxsize=64)
def _total(costs: tuple[Cost, ...]) -> Total:
    return compose_costs(costs, stated_delta(costs))


def _told(total: Total, largest: float) -> dict[str, Any]:
    return {
        "epsilon": total.epsilon if math.isfinite(total.epsilon) else None,
        "delta": total.delta,
        "advantage_bound": total.advantage_bound,
        "tpr_at_1pct_bound": total.tpr_at_1pct_bound,
        "largest_single": largest,
    }


def _sentences(kinds: dict[str, int], total: Total | None, largest: float, previews: int, releases: int) -> list[str]:
    found = ["Every number here was computed on the raw table."]
    private = sum(kinds.values())
    if not private:
        return [*found, "Publishing them tells something about it that no guarantee of a single setting covers."]
    found.append(
        f"The epsilon of one setting is not the cost of this evaluation: {private} private fits were made, and "
        "choosing among them used the data again."
    )
    if total is not None:
        budget = f"epsilon = {total.epsilon:.3g}" if math.isfinite(total.epsilon) else "no finite epsilon"
        found.append(
            f"Whoever saw all that the proved ones gave (releases included) is held by {budget} at delta = "
            f"{total.delta:.2g} (the weakest single setting states {largest:g}): an advantage of "
            f"{100 * total.advantage_bound:.1f} points at most."
        )
    if kinds["claimed"]:
        found.append(f"{kinds['claimed']} rest on a library's claim and are not in that sum.")
    if kinds["replaced"]:
        found.append(f"{kinds['replaced']} protect a person's values but not their presence, and are not in that sum.")
    if previews or releases:
        found.append(f"There were {previews} quick looks, which no sum here covers, and {releases} tables made.")
    return [*found, RAW]
