"""Recursive median cuts over integer codes: the search behind Mondrian, all boxes of one level at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.table import Labels, Table


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


def median_cuts(codes: Labels, sizes: Labels, members: Table, k: int) -> tuple[CutTree, Labels]:
    """Cut all open boxes of a level at once, level after level; return the cuts and each member's box.

    One sort a level replaces thousands of small medians, which would take most of the time.
    """
    persons = members.persons if members.people < len(members) else None
    rows, lengths = np.arange(len(codes)), np.array([len(codes)])
    box, boxes, nodes = np.empty(len(codes), dtype=np.int64), 0, 1
    levels: list[tuple[Labels, ...]] = []
    while len(rows):
        seg = np.repeat(np.arange(len(lengths)), lengths)
        here = codes[rows]
        first = np.cumsum(lengths) - lengths
        span = np.maximum.reduceat(here, first, axis=0) - np.minimum.reduceat(here, first, axis=0)
        axis, cut = _choose(here, seg, span / np.maximum(sizes - 1, 1), None if persons is None else persons[rows], k)
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


def _choose(here: Labels, seg: Labels, spread: Labels, persons: Labels | None, k: int) -> tuple[Labels, Labels]:
    """Return for each open box the axis to cut, or -1, and the last code of its left half.

    Axes are tried from the widest; on each the cut is the most balanced one, so if that one leaves fewer than k
    people on a side no other cut of the axis can do.
    """
    axis, cut = np.full(len(spread), -1), np.zeros(len(spread), dtype=np.int64)
    people = np.bincount(seg, minlength=len(spread)) if persons is None else None
    width = int(here.max()) + 1
    for choice in np.argsort(-spread, axis=1, kind="stable").T:
        open_ = (axis < 0) & (spread[np.arange(len(spread)), choice] > 0)
        if people is not None:
            open_ &= people >= 2 * k
        at = np.flatnonzero(open_[seg])
        if not len(at):
            break
        key = seg[at] * width + here[at, choice[seg[at]]]
        order = np.argsort(key, kind="stable")
        key = key[order]
        group = key // width
        edge = 1 + np.flatnonzero((key[1:] != key[:-1]) & (group[1:] == group[:-1]))
        left, right = _people_beside(edge, group, None if persons is None else persons[at][order])
        smaller = np.minimum(left, right)
        good = smaller >= k
        edge, smaller = edge[good], smaller[good]
        if not len(edge):
            continue
        start = np.flatnonzero(np.diff(group[edge], prepend=-1))
        best = np.maximum.reduceat(smaller * (len(key) + 1) + len(key) - edge, start)  # ties: the first edge
        at_edge = len(key) - best % (len(key) + 1)
        axis[group[at_edge]] = choice[group[at_edge]]
        cut[group[at_edge]] = key[at_edge - 1] % width
    return axis, cut


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
