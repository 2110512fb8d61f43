"""The frontier: points that no other point beats on both axes."""

from __future__ import annotations

from collections.abc import Sequence


def frontier(points: Sequence[tuple[str, float, float]]) -> list[str]:
    """Return the ids of the points (id, utility, risk) that are not dominated, in the order given.

    A point dominates another when it is at least as good on both axes and better on one: utility is better high, risk
    is better low. Two points with equal values do not dominate each other.

    >>> frontier([("a", .8, .1), ("b", .7, .2), ("c", .9, .3)])
    ['a', 'c']
    """
    order = sorted(range(len(points)), key=lambda i: (points[i][2], -points[i][1]))
    kept: set[int] = set()
    best = float("-inf")
    place = 0
    while place < len(order):
        risk = points[order[place]][2]
        tied = [i for i in order[place:] if points[i][2] == risk]
        top = points[tied[0]][1]
        if top > best:
            kept.update(i for i in tied if points[i][1] == top)
            best = top
        place += len(tied)
    return [points[i][0] for i in sorted(kept)]
