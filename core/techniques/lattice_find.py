"""The search of a whole lattice: exact where it fits the time limit, else as good as the limit allows, and told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.random import Generator

from core.techniques.lattice_classes import Crowd, Look, Steps
from core.techniques.lattice_search import Box, Meter, better

DIRECT = 100_000
"""Lattices up to this many nodes are searched at once; above it a good node is found first."""

LARGEST = 1_000_000
"""Largest lattice whose every node is kept in memory."""

_BOX = 20_000  # nodes of the parts that are searched exactly inside a larger lattice
_TIRED = 12  # parts without a better node after which the search gives up
_FOR_BOUND = 0.25  # share of the time limit that may go into the lower bound


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a search found, and how far it got.

    Parameters
    ----------
    best : Look or None
        The cheapest node seen that holds.
    nodes : int
        Nodes of the lattice, all levels counted.
    looked : int
        Nodes whose people were counted.
    least : float
        No node costs less than this.
    proved : bool
        Nothing better can exist: the rest was ruled out.
    clock : bool
        The clock, not the work, stopped the search, so another machine may find another node.
    metric : str
    tried : int
        For the metric "accuracy" the nodes on which a model was trained, else 0.
    """

    best: Look | None
    nodes: int
    looked: int
    least: float
    proved: bool
    clock: bool
    metric: str
    tried: int = 0

    @property
    def sentence(self) -> str:
        """How far the search got, for people.

        >>> far = Found(best=None, nodes=9_000_000, looked=1204, least=0.31, proved=False, clock=False, metric="loss")
        >>> far.sentence
        'Looked at 1,204 of 9,000,000 nodes; this is the best so far, and no node has a loss below 0.31.'
        """
        looked = f"Looked at {self.looked:,} of {self.nodes:,} nodes"
        stopped = " The clock stopped the search, so a faster machine may find a better node." if self.clock else ""
        if self.tried:
            return f"{looked} and tried a model on {self.tried} of the least general ones that hold.{stopped}"
        if self.proved:
            return f"{looked}; none of the others can be better."
        name = "a loss" if self.metric == "loss" else "a discernibility"
        return f"{looked}; this is the best so far, and no node has {name} below {self.least:.4g}.{stopped}"


def find(crowd: Crowd, nodes: int, meter: Meter, rng: Generator) -> Found:
    """Search the lattice of a crowd.

    Up to `DIRECT` nodes the search is exact. Above it starts with a way from the bottom to the top, on which the lowest
    node that passes k is found by halving, and then improves: some columns, drawn at random, are set free, the others
    stay as they are, and this part of the lattice is searched exactly; again, until twelve parts in a row held nothing
    better. A lattice up to `LARGEST` is then searched as a whole, with what is left of the limit.

    Parameters
    ----------
    crowd : Crowd
    nodes : int
        Nodes of the whole lattice, to be told.
    meter : Meter
    rng : Generator
        Draws the parts; not used up to `DIRECT` nodes.
    """
    best, least, spent = None, 0.0, 0
    hopeless = not crowd.look(crowd.top).passes  # even one class of everybody is too small
    if crowd.nodes > DIRECT and not hopeless:
        least, spent = _lower_bound(crowd, meter)
        best = _improved(crowd, _on_the_way_up(crowd, meter), least, meter, rng)
    done = hopeless or (best is not None and best.cost <= least * (1 + 1e-12))
    if not done and crowd.nodes <= LARGEST:
        bottom = (0,) * len(crowd.top)
        best, bound = Box(crowd, bottom, crowd.top).cheapest(best, meter)
        least = max(least, bound)
        done = (math.inf if best is None else best.cost) <= bound
    return Found(
        best=best,
        nodes=nodes,
        looked=len(crowd.seen) + spent,
        least=least,
        proved=done,
        clock=meter.clock,
        metric=crowd.metric,
    )


def _on_the_way_up(crowd: Crowd, meter: Meter) -> Look | None:
    """Return a holding node on a way from the bottom to the top that loses little at each step."""
    at, path = [0] * len(crowd.top), [(0,) * len(crowd.top)]
    while tuple(at) != crowd.top:
        rises = [
            (losses[step + 1] - losses[step], j)
            for j, (losses, step) in enumerate(zip(crowd.column_loss, at, strict=True))
            if step + 1 < len(losses)
        ]
        at[min(rises)[1]] += 1
        path.append(tuple(at))
    start, end, best = 0, len(path), None
    while start < end:
        middle = (start + end) // 2
        look = _looked(crowd, path[middle], meter)
        if better(look, best) and crowd.stands(look.steps):
            best = look
        start, end = (start, middle) if look.passes else (middle + 1, end)
    look = _looked(crowd, crowd.top, meter)
    return look if better(look, best) and crowd.stands(look.steps) else best


def _looked(crowd: Crowd, steps: Steps, meter: Meter) -> Look:
    fresh = steps not in crowd.seen
    look = crowd.look(steps)
    meter.charge(crowd.price(look) if fresh else 0)
    return look


def _improved(crowd: Crowd, best: Look | None, least: float, meter: Meter, rng: Generator) -> Look | None:
    """Search parts of the lattice around the best node until many in a row hold nothing better."""
    tired = 0
    while tired < _TIRED and not meter.over and not (best is not None and best.cost <= least * (1 + 1e-12)):
        centre = best.steps if best is not None else crowd.top
        low, high, size = list(centre), list(centre), 1
        for j in rng.permutation(len(centre)):
            if size * (crowd.top[j] + 1) <= _BOX:
                low[j], high[j], size = 0, crowd.top[j], size * (crowd.top[j] + 1)
        before = best
        best, _ = Box(crowd, tuple(low), tuple(high)).cheapest(best, meter)
        tired = tired + 1 if best is before else 0
    return best


def _lower_bound(crowd: Crowd, meter: Meter) -> tuple[float, int]:
    """Return a number that no node of a large lattice costs less than, and the nodes looked at for it.

    The loss is a mean over columns, so it is at least the weighted mean of the smallest losses of groups of columns,
    each searched exactly: whoever is alone among people known by some columns is alone when known by all, and a row
    that is left out loses as much in every group. Discernibility: each row costs the size of its class, which is k or
    more, and the size of the class at the bottom or more.
    """
    if crowd.metric != "loss":
        bottom = _looked(crowd, (0,) * len(crowd.top), meter)
        return max(bottom.base, float(crowd.rows.sum()) * crowd.constraints.k), 0
    groups: list[list[int]] = []
    size = math.inf
    for j in sorted(range(len(crowd.top)), key=lambda j: (-crowd.ladders[j].widths[0], j)):
        size *= crowd.top[j] + 1
        if size > _BOX:
            groups.append([])
            size = crowd.top[j] + 1
        groups[-1].append(j)
    found, looked = 0.0, 0
    share = Meter(meter.left * _FOR_BOUND / len(groups), meter.until)
    for group in groups:
        part, own = crowd.part(group), Meter(share.left, meter.until)
        _, least = Box(part, (0,) * len(group), part.top).cheapest(None, own)
        meter.charge(share.left - own.left)
        found += min(least, 1.0) * len(group) / len(crowd.top)
        looked += len(part.seen)
    return found, looked
