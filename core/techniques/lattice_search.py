"""The exact search of a box of the lattice: look at few nodes, rule out the others by what must be true of them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from core.techniques.lattice_classes import Crowd, Look, Steps

PER_SECOND = 200_000_000
"""Units of work that an ordinary processor core does in a second (measured); the time limit is counted in these."""

PATIENCE = 10
"""The clock stops a search that takes this many times its time limit."""

_SAME = 1e-12  # costs this close, relative, are equal


@dataclass
class Meter:
    """How much work is left. The same search does the same work on every machine; only an emergency reads the clock."""

    left: float
    until: float
    clock: bool = False

    @staticmethod
    def of(seconds: float) -> Meter:
        """Start a meter for a time limit."""
        return Meter(seconds * PER_SECOND, time.monotonic() + PATIENCE * seconds + 1)

    def charge(self, units: float) -> None:
        """Write down work."""
        self.left -= units

    @property
    def over(self) -> bool:
        """Whether to stop."""
        self.clock = self.clock or time.monotonic() > self.until
        return self.left <= 0 or self.clock


def better(one: Look, two: Look | None) -> bool:
    """Say whether a node is the better choice: cheaper, else fewer rows left out, else lower."""
    if two is None:
        return one.cost < math.inf
    if abs(one.cost - two.cost) > _SAME * max(abs(one.cost), abs(two.cost)):
        return one.cost < two.cost
    return (one.suppressed, one.steps) < (two.suppressed, two.steps)


class Box:
    """A part of the lattice: all nodes between two, with what is known of each.

    What can be known without looking: a node below one at which too many fall under k fails too; a node above one that
    passes k passes k. And a cost is never below `base + extra`: what the node costs if nobody is left out, plus what
    leaving people out adds at any node further up, because whoever must go there must go here, and loses more by it.

    Parameters
    ----------
    crowd : Crowd
    low, high : tuple of int
        Its lowest and highest node.
    """

    def __init__(self, crowd: Crowd, low: Steps, high: Steps) -> None:
        self.crowd, self.low = crowd, low
        self.shape = tuple(h - b + 1 for b, h in zip(low, high, strict=True))
        loss = np.zeros(())
        for losses, b, h in zip(crowd.column_loss, low, high, strict=True):
            loss = loss[..., None] + losses[b : h + 1]
        self.loss = loss
        exact = crowd.metric == "loss"
        self.base = loss if exact else np.zeros(self.shape)
        self.extra = None if exact else np.zeros(self.shape)
        self.bound = self.base.copy()  # infinite for nodes that are done with
        self.passing = np.zeros(self.shape, dtype=bool)
        self.failing = np.zeros(self.shape, dtype=bool)
        self._strides = [int(np.prod(self.shape[j + 1 :])) for j in range(len(self.shape))]

    def cheapest(self, best: Look | None, meter: Meter) -> tuple[Look | None, float]:
        """Return the best node, `best` included, and a number that no node of the box costs less than.

        The two agree unless the meter ran out.
        """
        flat = self.bound.ravel()
        while True:
            place = int(flat.argmin())
            least = float(flat[place])
            if least == math.inf or (best is not None and least > best.cost * (1 + _SAME)):
                return best, best.cost if best is not None else math.inf
            if meter.over:
                return best, least
            if self.passing.flat[place]:
                best = self._tried(self.visit(place, meter), best)
                continue
            path = self._climb(place)
            start, end = 0, len(path)
            while start < end:  # the lowest that passes
                middle = (start + end) // 2
                look = self.visit(path[middle], meter)
                best = self._tried(look, best)
                start, end = (start, middle) if look.passes else (middle + 1, end)

    def minimal(self, most: int, meter: Meter) -> tuple[list[Look], bool]:
        """Return holding nodes without a holding node below, lowest loss without suppression first, at most `most`.

        Also whether there may be more.
        """
        found: list[Look] = []
        self.bound = self.loss.copy()
        flat = self.bound.ravel()
        while len(found) < most and not meter.over:
            place = int(flat.argmin())
            if flat[place] == math.inf:
                return found, False
            if not self.passing.flat[place]:
                path = self._climb(place)
                start, end = 0, len(path)
                while start < end:
                    middle = (start + end) // 2
                    passes = self.visit(path[middle], meter, done=False).passes
                    start, end = (start, middle) if passes else (middle + 1, end)
                if self.failing.flat[place]:
                    continue
            look = self.visit(place, meter)  # everything below it is cheaper, so it was judged before
            if look.holds and self.crowd.stands(look.steps):
                found.append(look)
                self.bound[tuple(slice(p, None) for p in self._at(place))] = math.inf
        return found, True

    def settle(self, meter: Meter) -> None:
        """Find out of every node whether it passes, without counting more nodes than that takes."""
        while not meter.over:
            known = self.passing | self.failing
            if known.all():
                return
            path = self._climb(int(np.where(known, math.inf, self.loss).argmin()))
            start, end = 0, len(path)
            while start < end:
                middle = (start + end) // 2
                passes = self.visit(path[middle], meter, done=False).passes
                start, end = (start, middle) if passes else (middle + 1, end)

    def recall(self) -> None:
        """Write down what follows from the nodes that the crowd was looked at before."""
        for steps, look in self.crowd.seen.items():
            down, up = tuple(slice(0, s + 1) for s in steps), tuple(slice(s, None) for s in steps)
            if look.passes:
                self.passing[up] = True
            else:
                self.failing[down] = True

    def _at(self, place: int) -> Steps:
        found = []
        for stride in self._strides:
            part, place = divmod(place, stride)
            found.append(part)
        return tuple(found)

    def _tried(self, look: Look, best: Look | None) -> Look | None:
        return look if better(look, best) and self.crowd.stands(look.steps) else best

    def _climb(self, place: int) -> list[int]:
        """Return a way up from a node, each step the one that loses least, while nothing is known."""
        path, at = [place], list(self._at(place))
        loss, passing = self.loss.ravel(), self.passing.ravel()
        while True:
            above = [
                (loss[place + stride], j)
                for j, stride in enumerate(self._strides)
                if at[j] + 1 < self.shape[j] and not passing[place + stride]
            ]
            if not above:
                return path
            j = min(above)[1]
            at[j] += 1
            place += self._strides[j]
            path.append(place)

    def visit(self, place: int, meter: Meter, *, done: bool = True) -> Look:
        """Look at a node and write down what follows for others."""
        at = self._at(place)
        steps = tuple(b + p for b, p in zip(self.low, at, strict=True))
        fresh = steps not in self.crowd.seen
        look = self.crowd.look(steps)
        meter.charge(self.bound.size // 2 + (self.crowd.price(look) if fresh else 0))
        down, up = tuple(slice(0, p + 1) for p in at), tuple(slice(p, None) for p in at)
        if self.extra is not None:  # the base is not known beforehand, but it never falls on the way up
            np.maximum(self.base[up], look.base, out=self.base[up])
            np.maximum(self.bound[up], self.base[up] + self.extra[up], out=self.bound[up])
        if not look.passes:
            self.failing[down] = True
            self.bound[down] = math.inf
            return look
        self.passing[up] = True
        if done:
            if look.extra > 0:
                if self.extra is not None:
                    np.maximum(self.extra[down], look.extra, out=self.extra[down])
                np.maximum(self.bound[down], self.base[down] + look.extra, out=self.bound[down])
            self.bound[at] = math.inf
        return look
