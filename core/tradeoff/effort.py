"""Where more runs matter: which settings get the next planned look, and why the others do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.stats.levels import LOOKS
from core.tradeoff.study import EFFORTS, Study
from core.utility.metrics import ALL_METRICS

MEAN = EFFORTS["adaptive"]
"""Replicates a setting that an adaptive sweep may spend on average: what `standard` spends on each."""

FINAL = ("yes", "no", "cannot_settle", "not_measured")


@dataclass(frozen=True, kw_only=True)
class Need:
    """Whether a setting gets more runs.

    Parameters
    ----------
    rank : int or None
        Whose turn it is, 0 first; None when more runs would change nothing that anybody asked.
    why : str
        In plain words.
    """

    rank: int | None
    why: str


def next_look(replicates: int) -> int | None:
    """Return the number of replicates of the next planned look; None after the last.

    >>> next_look(1), next_look(2), next_look(31), next_look(32)
    (2, 8, 32, None)
    """
    return next((look for look in LOOKS if look > replicates), None)


def need(point: Mapping[str, Any], near: bool) -> Need:
    """Return whether one measured point gets more runs.

    Stopping at a planned look, whatever was seen there, is what the looks are made for: a verdict stays wrong at most
    5 % of the time (Jennison & Turnbull 1999, chapter 2). The estimates of settings that were stopped are a little
    biased towards what stopped them, and a membership risk measured with fewer reference models is smaller than it
    would be with more; so nothing is stopped for a low risk alone.

    Parameters
    ----------
    point : mapping
        Of the result JSON.
    near : bool
        Whether no other setting is ahead on both axes with both intervals apart.

    Examples
    --------
    >>> need({"status": "measured", "meets": {"quiet": "unproven"}}, near=True).rank
    0
    >>> need({"status": "measured", "meets": {"quiet": "no", "useful": "unproven"}}, near=True).why
    'it misses a limit, whatever more runs say'
    """
    if point.get("status") != "measured":
        return Need(rank=None, why="it has no number")
    verdicts = set(point.get("meets", {}).values())
    if "no" in verdicts:
        return Need(rank=None, why="it misses a limit, whatever more runs say")
    if "unproven" in verdicts:
        return Need(rank=0 if near else 1, why="a limit is not proven either way")
    if "cannot_settle" in verdicts:
        return Need(rank=None, why="more runs cannot settle it, only more people")
    if verdicts & {"yes"}:
        return Need(rank=None, why="every limit that can be measured is settled")
    if near:
        return Need(rank=2, why="no other setting is far ahead of it")
    return Need(rank=None, why="another setting is far ahead on both axes")


def near_frontier(points: Sequence[Mapping[str, Any]], metric: str, threat: str) -> set[str]:
    """Return the ids of points that no other is far ahead of, that is with both 95 % intervals apart.

    This only decides who gets more runs and promises no error rate: it must already find the hopeless after two runs,
    when `core.tradeoff.frontier.standing`, which names points clearly beaten, does not dare to yet.

    Examples
    --------
    >>> def point(name, accuracy, risk):
    ...     utility = {"accuracy": {"low": accuracy - .01, "high": accuracy + .01}}
    ...     risks = {"membership": {"status": "measured", "low": risk - .01, "high": risk + .01}}
    ...     return {"id": name, "status": "measured", "utility": utility, "risks": risks}
    >>> sorted(near_frontier([point("a", .8, .1), point("b", .79, .11), point("c", .7, .3)], "accuracy", "membership"))
    ['a', 'b']
    """
    boxes = {}
    for point in points:
        utility = point.get("utility", {}).get(metric, {})
        risk = point.get("risks", {}).get(threat, {})
        ends = (utility.get("low"), utility.get("high"), risk.get("low"), risk.get("high"))
        if point.get("status") == "measured" and None not in ends:
            low, high = sorted((float(ends[0]), float(ends[1])))
            if ALL_METRICS[metric].better == "lower":
                low, high = -high, -low
            boxes[str(point["id"])] = (low, high, float(ends[2]), float(ends[3]))
    return {
        name
        for name, (_, high, low_risk, _) in boxes.items()
        if not any(low > high and most < low_risk for low, _, _, most in boxes.values())
    }


def needs(points: Sequence[Mapping[str, Any]], study: Study) -> dict[str, Need]:
    """Return for each point of a result whether it gets more runs. Anchors are judged like every other."""
    near = near_frontier(points, study.metric, study.threat)
    return {str(point["id"]): need(point, str(point["id"]) in near) for point in points}


def next_round(points: Sequence[Mapping[str, Any]], study: Study, spent: int) -> dict[str, int]:
    """Return which settings get more runs now, and how many each has after it.

    Parameters
    ----------
    points : sequence of mapping
        Of the result JSON, when nothing is on its way: what arrives first must not decide.
    spent : int
        Replicates of all settings so far.

    Returns
    -------
    dict
        Id -> replicates of its next look. Empty when everything is settled, or the rest of the budget, `MEAN` for
        each setting, is too small for the next one in turn.
    """
    found = needs(points, study)
    rest = MEAN * len(points) - spent
    chosen: dict[str, int] = {}
    order = sorted(
        (kept.rank, place) for place, p in enumerate(points) if (kept := found[str(p["id"])]).rank is not None
    )
    for _, place in order:
        has = int(points[place]["replicates"])
        after = next_look(has)
        if after is None:
            continue
        if after - has > rest:
            break  # a cheaper one later in turn must not overtake
        chosen[str(points[place]["id"])] = after
        rest -= after - has
    return chosen
