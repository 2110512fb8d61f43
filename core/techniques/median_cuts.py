"""Recursive median cuts over integer codes: the search behind Mondrian, all boxes of one level at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.data.table import Labels, Table
from core.privacy.constraints import Constraints
from core.privacy.spread import Secret, spread_of

TRIES = 8
"""Cuts tried on one axis, from the most balanced on, when l or t is asked for."""


@dataclass(frozen=True, eq=False)
class CutTree:
    """The cuts: node i sends codes up to `cut[i]` on `axis[i]` to `child[i]`, others to the next; axis -1 is a box."""

    axis: Labels
    cut: Labels
    child: Labels
    box: Labels
    boxes: int

    def walk(self, codes: Labels) -> Labels:
        """Return the box of every row of codes."""
        node, going = np.zeros(len(codes), dtype=np.int64), np.arange(len(codes))
        while len(going := going[self.axis[node[going]] >= 0]):
            at = node[going]
            node[going] = self.child[at] + (codes[going, self.axis[at]] > self.cut[at])
        return self.box[node]


@dataclass(frozen=True, kw_only=True, eq=False)
class Demands:
    """What both halves of a cut must keep.

    Parameters
    ----------
    constraints : Constraints
    secrets : sequence of (Secret, integer array of shape (rows,))
        As `secrets_of` returns them; not looked at when only k is asked for.
    persons : integer array, shape (rows,), or None
        Whose row each is; None when everybody has one.
    """

    constraints: Constraints
    secrets: Sequence[tuple[Secret, Labels]]
    persons: Labels | None

    @staticmethod
    def of(members: Table, constraints: Constraints, secrets: Sequence[tuple[Secret, Labels]]) -> Demands:
        """Return the demands on boxes of these members."""
        persons = members.persons if members.people < len(members) else None
        asked = () if constraints.only_k else tuple(secrets)
        return Demands(constraints=constraints, secrets=asked, persons=persons)

    @property
    def least(self) -> int:
        """People that a box needs: k, and l different values are the values of l people or more."""
        return max(self.constraints.k, math.ceil(self.constraints.l) if self.secrets else 1)

    def kept(self, rows: Labels, half: Labels, people: Labels) -> Labels:
        """Say which classes (of `people` people at least) of these rows keep all that is demanded."""
        persons = None if self.persons is None else self.persons[rows]
        spreads = [spread_of(secret, half, codes[rows], persons) for secret, codes in self.secrets]
        return ~self.constraints.failing(people, spreads)


def median_cuts(codes: Labels, sizes: Labels, demands: Demands) -> tuple[CutTree, Labels]:
    """Cut all open boxes of a level at once, level after level; return the cuts and each member's box.

    One sort a level replaces thousands of small medians, which would take most of the time.
    """
    rows, lengths = np.arange(len(codes)), np.array([len(codes)])
    box, boxes, nodes = np.empty(len(codes), dtype=np.int64), 0, 1
    levels: list[tuple[Labels, ...]] = []
    while len(rows):
        seg = np.repeat(np.arange(len(lengths)), lengths)
        here = codes[rows]
        first = np.cumsum(lengths) - lengths
        span = np.maximum.reduceat(here, first, axis=0) - np.minimum.reduceat(here, first, axis=0)
        axis, cut = _choose(here, seg, span / np.maximum(sizes - 1, 1), rows, demands)
        split = axis >= 0
        child = np.where(split, nodes + 2 * (np.cumsum(split) - 1), -1)
        name = np.where(split, -1, boxes + np.cumsum(~split) - 1)
        levels.append((axis, cut, child, name))
        nodes, boxes = nodes + 2 * int(split.sum()), boxes + int((~split).sum())
        stays = ~split[seg]
        box[rows[stays]] = name[seg[stays]]
        rows, seg, here = rows[~stays], seg[~stays], here[~stays]
        side = (np.cumsum(split) - 1)[seg] * 2 + (here[np.arange(len(rows)), axis[seg]] > cut[seg])
        rows, lengths = rows[np.argsort(side, kind="stable")], np.bincount(side)
    axes, cuts, children, names = (np.concatenate(part) for part in zip(*levels, strict=True))
    return CutTree(axes, cuts, children, names, boxes), box


def _choose(here: Labels, seg: Labels, spread: Labels, rows: Labels, demands: Demands) -> tuple[Labels, Labels]:
    """Return for each open box the axis to cut, or -1, and the last code of its left half.

    Axes are tried from the widest; on each the cut is the most balanced one, so if that one leaves too few people on
    a side no other cut of the axis can do. Where it breaks l or t, the axis' next most balanced cuts are tried, up to
    TRIES, before the next axis.
    """
    axis, cut = np.full(len(spread), -1), np.zeros(len(spread), dtype=np.int64)
    persons = None if demands.persons is None else demands.persons[rows]
    people = np.bincount(seg, minlength=len(spread)) if persons is None else None
    width = int(here.max()) + 1
    for choice in np.argsort(-spread, axis=1, kind="stable").T:
        open_ = (axis < 0) & (spread[np.arange(len(spread)), choice] > 0)
        if people is not None:
            open_ &= people >= 2 * demands.least
        at = np.flatnonzero(open_[seg])
        if not len(at):
            break
        key = seg[at] * width + here[at, choice[seg[at]]]
        order = np.argsort(key, kind="stable")
        key, at = key[order], at[order]
        group = key // width
        edge = 1 + np.flatnonzero((key[1:] != key[:-1]) & (group[1:] == group[:-1]))
        smaller = np.minimum(*_people_beside(edge, group, None if persons is None else persons[at]))
        good = smaller >= demands.least
        edge, smaller = edge[good], smaller[good]
        if not len(edge):
            continue
        found = _best(edge, smaller, group) if not demands.secrets else _kept(edge, smaller, group, rows[at], demands)
        axis[group[found]] = choice[group[found]]
        cut[group[found]] = key[found - 1] % width
    return axis, cut


def _best(edge: Labels, smaller: Labels, group: Labels) -> Labels:
    """Return the most balanced edge of each group; on ties the first."""
    start = np.flatnonzero(np.diff(group[edge], prepend=-1))
    most = np.maximum.reduceat(smaller * (len(group) + 1) + len(group) - edge, start)
    return np.asarray(len(group) - most % (len(group) + 1))


def _kept(edge: Labels, smaller: Labels, group: Labels, rows: Labels, demands: Demands) -> Labels:
    """Return for each group the most balanced of its first TRIES edges whose halves both keep l and t, if any does."""
    order = np.lexsort((-smaller, group[edge]))  # stable: on ties the first edge
    edge, smaller = edge[order], smaller[order]
    start = np.flatnonzero(np.diff(group[edge], prepend=-1))
    rank = np.arange(len(edge)) - np.repeat(start, np.diff(np.append(start, len(edge))))
    place, found = np.full(int(group[-1]) + 1, -1), [np.empty(0, dtype=np.int64)]
    open_ = np.ones(len(place), dtype=bool)
    for attempt in range(TRIES):
        turn = np.flatnonzero((rank == attempt) & open_[group[edge]])
        if not len(turn):
            break
        place[:] = -1
        place[group[edge[turn]]] = np.arange(len(turn))
        inside = np.flatnonzero(place[group] >= 0)
        which = place[group[inside]]
        half = 2 * which + (inside >= edge[turn][which])
        kept = demands.kept(rows[inside], half, np.repeat(smaller[turn], 2)).reshape(-1, 2).all(axis=1)
        found.append(edge[turn[kept]])
        open_[group[found[-1]]] = False
    return np.concatenate(found)


def _people_beside(edge: Labels, group: Labels, persons: Labels | None) -> tuple[Labels, Labels]:
    """Count the different people before and after each edge inside its group of sorted rows."""
    start = np.flatnonzero(np.diff(group, prepend=-1))
    which = np.searchsorted(start, edge, side="right") - 1
    if persons is None:
        return edge - start[which], np.append(start, len(group))[which + 1] - edge
    pair = np.unique(group * (int(persons.max()) + 1) + persons, return_inverse=True)[1]
    place = np.arange(len(pair))
    first, last = np.empty(len(pair), dtype=np.int64), np.empty(len(pair), dtype=np.int64)
    first[pair[::-1]], last[pair] = place[::-1], place  # the last write stays
    begun = np.concatenate([[0], np.cumsum(first[pair] == place)])
    ended = np.concatenate([[0], np.cumsum(last[pair] == place)])
    return begun[edge] - begun[start[which]], ended[np.append(start, len(group))[which + 1]] - ended[edge]
