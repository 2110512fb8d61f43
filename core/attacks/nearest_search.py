"""One search among released rows: which pairs of a target and a row need their distance, and who the nearest are.

How it is quick: rows that are equal are compared once; a row that differs in m categories is at least m columns away,
so numbers are compared only with rows whose categories are near enough to matter; where many rows share their
categories a k-d tree compares their numbers; and where nearly every row matters, all are compared in one dense block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.random import Generator
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from core.attacks.gower import Indexed, Rows, apart, classes
from core.data.table import Labels

TIE = 1e-11
"""Sums of column distances that differ by less are equal: the same numbers added in another order differ by 1e-15."""

CHUNK = 1_000_000
"""Pairs of a target and a row that are compared at once."""

TREE_FROM = 150_000
"""Pairs of rows with equal categories above which a tree pays."""

TREE_UP_TO = 8
"""Numbers above which a tree visits nearly every row (30,000 rows: .8 s at 8 numbers as at all at once)."""

DENSE_FROM = 1 / 12
"""Share of the rows above which comparing with all of them at once is quicker than pair by pair."""

DENSE_AT_LEAST = 2000
"""Candidates of a target below which it is not compared with all rows."""


class Search:
    """One search for the k nearest rows of every target."""

    def __init__(self, base: Indexed, targets: Rows, k: int, rng: Generator) -> None:
        self.base, self.targets, self.k, self.rng = base, targets, k, rng
        self.size = base.size
        self.count = len(targets.points)
        codes, own = list(targets.codes), list(base.rows.codes)
        self.tables: list[tuple[Labels, Labels, Labels]] = []
        for theirs, ours in zip(targets.sets, base.rows.sets, strict=True):
            table = apart(theirs, ours)
            if table is None:
                place = np.append(ours.names.get_indexer(theirs.names), len(ours.names))
                codes.append(place[theirs.codes])
                own.append(ours.codes)
            else:
                self.tables.append((theirs.codes, ours.codes, table))
        heads = base.starts[:-1]
        self.target_codes, self.own_codes = codes, [column[heads] for column in own]
        # A number that only the target lacks is one column's distance to every row.
        self.extra = targets.gaps[:, ~base.gaps].sum(axis=1).astype(np.float64)
        self.levels = len(codes) + len(self.tables)
        # Pairs that may be among the nearest: target, different row, distance, the key of its first row.
        self.found: list[tuple[Labels, Labels, Labels, Labels]] = []
        self.pool = np.zeros(self.count)  # rows as near as the k-th or nearer

    def run(self) -> tuple[Labels, Labels, Labels]:
        """Return summed distances (float64), positions and whether ties decided, each of shape (targets, k)."""
        if self.count and len(self.base.pattern):
            self._find()
        return self._pick()

    def _find(self) -> None:
        left = np.arange(self.count)
        if not self.tables:
            left = self._equal_categories()
        if not len(left):
            return
        # People with the same categories have the same candidates.
        columns = [column[left] for column in self.target_codes] + [table[0][left] for table in self.tables]
        group = classes(columns, len(left))
        order = np.argsort(group, kind="stable")
        starts = np.append(np.flatnonzero(np.diff(group[order], prepend=-1)), len(order))
        patterns = len(self.base.starts) - 1
        block = max(1, min(CHUNK // max(patterns, 1), len(starts) - 1))
        for begin in range(0, len(starts) - 1, block):
            ends = starts[begin : begin + block + 1]
            self._block(left[order[ends[0] : ends[-1]]], np.diff(ends))

    def _equal_categories(self) -> Labels:
        """Search among the rows with all categories in common; return the targets for whom others may be nearer."""
        joint = [np.concatenate(pair) for pair in zip(self.own_codes, self.target_codes, strict=True)]
        patterns = len(self.base.starts) - 1
        group = classes(joint, patterns + self.count)
        place = np.full(int(group.max()) + 1, -1)
        place[group[:patterns]] = np.arange(patterns)
        own = place[group[patterns:]]
        there = np.flatnonzero(own >= 0)
        pairs = np.diff(self.base.starts)[own[there]]
        numbers = self.targets.points.shape[1]
        if 0 < numbers <= TREE_UP_TO and pairs.sum() > TREE_FROM and not self.extra.any():
            done = self._tree(there, own[there])
        elif pairs.sum() > DENSE_FROM * len(there) * len(self.base.pattern) and pairs.sum() > CHUNK:
            return np.arange(self.count)
        else:
            done = np.zeros(self.count, dtype=bool)
            for part in _chunks(pairs):
                who = there[part]
                who_pairs, rows = _expand(self.base.starts[own[who]], pairs[part])
                done[who] = self._settle(who, who_pairs, rows, None, 1.0 if self.levels else np.inf)
        return np.flatnonzero(~done)

    def _tree(self, who: Labels, own: Labels) -> Labels:
        """Search by a tree in which different categories are far apart; return who is settled."""
        base, bound = self.base, 1.0 if self.levels else np.inf
        points = np.column_stack([base.pattern * 4.0, base.rows.points])
        tree = cKDTree(points, balanced_tree=False, compact_nodes=False)
        asked = np.column_stack([own * 4.0, self.targets.points[who]])
        done = np.zeros(self.count, dtype=bool)
        width = self.k + 3
        while len(who):
            width = min(width, len(points))
            distance, rows = tree.query(asked, k=range(1, width + 1), p=1, distance_upper_bound=bound)
            there = np.isfinite(distance)
            total = np.cumsum(np.where(there, self.size[np.minimum(rows, len(points) - 1)], 0), axis=1)
            enough = total[:, -1] >= self.k
            last = distance[np.arange(len(who)), np.argmax(total >= self.k, axis=1)]
            # A list is whole when it ends beyond the k-th row's ties, or holds everything there is.
            whole = ~there[:, -1] | (distance[:, -1] > last + TIE) & enough | (width == len(points))
            settled = whole & ((enough & (last + TIE < bound)) | (bound == np.inf))
            limit = np.where(enough, last, np.inf)
            lines, places = np.nonzero(there & settled[:, None] & (distance <= limit[:, None] + TIE))
            self._keep(who[lines], rows[lines, places], distance[lines, places], limit[lines])
            done[who[settled]] = True
            who, asked, width = who[~whole], asked[~whole], width * 4
        return done

    def _block(self, who: Labels, sizes: Labels) -> None:
        """Settle targets (those with the same categories side by side, `sizes` of them) against all rows."""
        heads = who[np.cumsum(sizes) - sizes]
        apart_by = self._mismatches(heads)
        rows_of = np.diff(self.base.starts)
        weight = np.add.reduceat(self.size, self.base.starts[:-1]).astype(np.float64)
        level = apart_by.min(axis=1).astype(np.int64)
        open_groups = np.arange(len(heads))
        group_of = np.repeat(np.arange(len(heads)), sizes)
        waiting = np.arange(len(who))
        while len(waiting):
            # The least level at which there are k rows; a group may come here again with a higher one.
            short = open_groups
            while len(short):
                lines, columns = _at_most(apart_by[short], level[short])
                rows = np.bincount(lines, weights=weight[columns], minlength=len(short))
                short = short[(rows < self.k) & (level[short] < self.levels)]
                level[short] += 1
            lines, columns = _at_most(apart_by[open_groups], level[open_groups])
            begins = np.searchsorted(lines, np.arange(len(open_groups) + 1))
            place = np.empty(len(heads), dtype=np.int64)
            place[open_groups] = np.arange(len(open_groups))
            mine = place[group_of[waiting]]
            lists = np.diff(begins)[mine]
            cost = np.bincount(lines, weights=rows_of[columns], minlength=len(open_groups)).astype(np.int64)[mine]
            done = cost > max(DENSE_FROM * len(self.base.pattern), DENSE_AT_LEAST)
            self._dense(who[waiting[done]], apart_by, group_of[waiting[done]])
            waiting, mine, lists, cost = waiting[~done], mine[~done], lists[~done], cost[~done]
            done = np.zeros(len(waiting), dtype=bool)
            for part in _chunks(np.maximum(cost, lists)):
                one, at = _expand(begins[mine[part]], lists[part])
                pattern = columns[at]
                pair, rows = _expand(self.base.starts[pattern], rows_of[pattern])
                targets = who[waiting[part]]
                apart_pairs = apart_by[group_of[waiting[part]][one], pattern][pair].astype(np.float64)
                top = level[group_of[waiting[part]]]
                limit = np.where(top >= self.levels, np.inf, top + 1.0)
                done[part] = self._settle(targets, one[pair], rows, apart_pairs, limit)
            waiting = waiting[~done]
            open_groups = np.unique(group_of[waiting])
            level[open_groups] += 1

    def _mismatches(self, heads: Labels) -> Labels:
        """Return in how many columns each head differs from each pattern for certain, shape (heads, patterns)."""
        shape = len(heads), len(self.base.starts) - 1
        found = np.zeros(shape, dtype=np.uint8 if self.levels < 255 else np.uint16)
        buffer = np.empty(found.shape, dtype=bool)
        for theirs, ours in zip(self.target_codes, self.own_codes, strict=True):
            top = max(int(theirs.max()), int(ours.max()))
            kind: Any = np.int8 if top < 2**7 else np.int16 if top < 2**15 else np.int32
            np.not_equal(theirs[heads].astype(kind)[:, None], ours.astype(kind)[None, :], out=buffer)
            np.add(found, buffer.view(np.uint8), out=found)
        for theirs, ours, table in self.tables:
            first = ours[self.base.starts[:-1]]
            found += (table[theirs[heads]] == 1.0)[:, first]
        return found

    def _settle(
        self, targets: Labels, line: Labels, rows: Labels, apart_by: Labels | None, limit: Labels | float
    ) -> Labels:
        """Keep of the pairs (targets[line], rows), sorted by line, those that can be among the k nearest.

        Returns which targets are settled: everything that was not compared is at least `limit` away.
        """
        distance = np.zeros(len(rows)) if apart_by is None else apart_by
        theirs = targets[line]
        ours, asked = self.base.rows.points, self.targets.points
        missing = self.targets.gaps.any() or self.base.rows.gaps.any()
        for j in range(ours.shape[1]):
            gap = np.abs(ours[rows, j] - asked[theirs, j])
            if missing:
                gap[self.targets.gaps[theirs, j] | self.base.rows.gaps[rows, j]] = 0.0
            distance += gap
        for their_codes, own_codes, table in self.tables:
            found = table[their_codes[theirs], own_codes[rows]]
            distance += np.where(found == 1.0, 0.0, found)
        # First a bound that is quick to find: the k-th of the different rows, equal ones counted once.
        begins = np.searchsorted(line, np.arange(len(targets) + 1))
        bound = np.full(len(targets), np.inf)
        enough = np.diff(begins) >= self.k
        if len(distance):
            step = float(distance.max()) + 1.0
            ordered = np.sort(line * step + distance)
            bound[enough] = ordered[begins[:-1][enough] + self.k - 1] - np.flatnonzero(enough) * step
        near = np.flatnonzero(distance <= bound[line] + 1e-6)
        near = near[np.lexsort((distance[near], line[near]))]
        line, rows, distance = line[near], rows[near], distance[near]
        bound = self._kth(len(targets), line, rows, distance)
        settled = (bound + TIE < limit) | np.isinf(limit)
        keep = settled[line] & (distance <= bound[line] + TIE)
        self._keep(targets[line[keep]], rows[keep], distance[keep], bound[line[keep]])
        return settled

    def _kth(self, count: int, line: Labels, rows: Labels, distance: Labels) -> Labels:
        """Return the distance of each line's k-th row, equal rows counted; inf where there are fewer.

        The pairs are sorted by line and distance.
        """
        total = np.cumsum(self.size[rows])
        before = np.append(0, total)[np.searchsorted(line, np.arange(count + 1))]
        enough = np.diff(before) >= self.k
        bound = np.full(count, np.inf)
        bound[enough] = distance[np.searchsorted(total, before[:-1][enough] + self.k)]
        return bound

    def _dense(self, targets: Labels, apart_by: Labels, groups: Labels) -> None:
        """Compare targets with all rows; `groups` says which line of `apart_by` is theirs."""
        base, asked, rows = self.base, self.targets, len(self.base.pattern)
        plain = ~(base.gaps | asked.gaps.any(axis=0))
        block = max(1, CHUNK // rows)
        share = min(max(16, self.k), rows)  # rows per lot; the least of each lot
        for begin in range(0, len(targets), block):
            who = targets[begin : begin + block]
            distance = cdist(asked.points[who][:, plain], base.rows.points[:, plain], "cityblock")
            distance += apart_by[groups[begin : begin + block]][:, base.pattern]
            for j in np.flatnonzero(~plain):
                gap = np.abs(asked.points[who, j][:, None] - base.rows.points[:, j][None, :])
                gap[asked.gaps[who, j]] = 0.0
                gap[:, base.rows.gaps[:, j]] = 0.0
                distance += gap
            for their_codes, own_codes, table in self.tables:
                distance += np.where(table == 1.0, 0.0, table)[their_codes[who]][:, own_codes]
            lots = rows // share
            bound = np.full(len(who), np.inf)
            if lots > self.k:  # the k-th least of the lots' least ones is a bound that is quick to find
                least = distance[:, : lots * share].reshape(len(who), share, lots).min(axis=1)
                bound = np.partition(least, self.k - 1, axis=1)[:, self.k - 1]
            flat = np.flatnonzero(distance <= bound[:, None] + TIE)
            line, near = flat // rows, flat % rows
            apart_pairs = distance.ravel()[flat]
            order = np.lexsort((apart_pairs, line))
            line, near, apart_pairs = line[order], near[order], apart_pairs[order]
            limit = self._kth(len(who), line, near, apart_pairs)[line]
            keep = apart_pairs <= limit + TIE
            self._keep(who[line[keep]], near[keep], apart_pairs[keep], limit[keep])

    def _keep(self, target: Labels, rows: Labels, distance: Labels, limit: Labels) -> None:
        """Keep pairs no farther than their target's k-th row, at `limit`.

        Each of s equal rows draws an exponential key, and the smallest keys win a tie. The smallest of s keys is
        exponential of rate s; a k-th place needs no more than the k rows with the smallest of these.
        """
        size = self.size[rows]
        key = self.rng.exponential(size=len(rows)) / size
        self.pool += np.bincount(target, weights=size, minlength=self.count)
        last = distance >= limit - TIE
        order = np.lexsort((key, last, target))
        part = target[order] * 2 + last[order]
        rank = np.arange(len(part)) - np.searchsorted(part, part)
        keep = order[~last[order] | (rank < self.k)]
        self.found.append((target[keep], rows[keep], distance[keep], key[keep]))

    def _pick(self) -> tuple[Labels, Labels, Labels]:
        """Take k rows per target from the pairs found, equally near ones in random order."""
        shape = self.count, self.k
        distances, indices, ties = np.full(shape, np.inf), np.full(shape, -1), np.zeros(shape, dtype=bool)
        if not self.found:
            return distances, indices, ties
        target, rows, distance, key = (np.concatenate(part) for part in zip(*self.found, strict=True))
        order = np.lexsort((distance, target))
        target, rows, distance, key = target[order], rows[order], distance[order], key[order]
        fresh = np.diff(target, prepend=-1) > 0
        cluster = np.cumsum(fresh | (np.diff(distance, prepend=0.0) > TIE))
        # After the smallest of s keys come, each at an exponential step of rate s - 1, s - 2, ..., the others (Renyi).
        size = self.size[rows]
        pair, turn = _expand(np.zeros(len(rows), dtype=np.int64), np.minimum(size, self.k))
        step = np.where(turn == 0, 0.0, self.rng.exponential(size=len(pair)) / (size[pair] - turn))
        steps = np.cumsum(step)
        key = key[pair] + steps - steps[turn == 0][pair]
        # Of equal rows every target draws its own, without returning them.
        offset = np.zeros(len(pair), dtype=np.int64)
        several = size[pair] > 1
        offset[several] = _distinct(size[size > 1], self.k, self.rng)
        index = self.base.members[self.base.first[rows[pair]] + offset]
        order = np.lexsort((key, cluster[pair]))
        index, pair = index[order], pair[order]
        target, cluster, distance = target[pair], cluster[pair], distance[pair]
        rank = np.arange(len(target)) - np.searchsorted(target, np.arange(self.count))[target]
        tied = np.append(cluster[1:] == cluster[:-1], False)
        kept = rank < self.k
        lines, places = target[kept], rank[kept]
        distances[lines, places] = distance[kept] + self.extra[lines]
        indices[lines, places] = index[kept]
        ties[lines, places] = tied[kept]
        ties[:, -1] = self.pool > self.k
        return distances, indices, ties


def _at_most(counts: Labels, limits: Labels) -> tuple[Labels, Labels]:
    """Return lines and columns of the counts that do not exceed their line's limit."""
    flat = np.flatnonzero(counts <= limits.astype(counts.dtype)[:, None])
    lines = flat // counts.shape[1]
    return lines, flat - lines * counts.shape[1]


def _expand(starts: Labels, counts: Labels) -> tuple[Labels, Labels]:
    """Return, for ranges of places, which range each place is in and the places: starts[0], starts[0] + 1, ..."""
    line = np.repeat(np.arange(len(counts)), counts)
    begins = np.cumsum(counts) - counts
    return line, np.arange(len(line)) + (starts - begins)[line]


def _distinct(sizes: Labels, k: int, rng: Generator) -> Labels:
    """Return min(k, size) different numbers below each size, in random order, one size after the other."""
    most = min(k, int(sizes.max(initial=0)))
    found = np.zeros((len(sizes), most), dtype=np.int64)
    before = np.full((len(sizes), most), np.iinfo(np.int64).max)
    for turn in range(most):
        # The r-th of the numbers that are left: r, plus one for each drawn number at or below it, in ascending order.
        draw = rng.integers(0, np.maximum(sizes - turn, 1))
        for earlier in range(turn):
            draw += draw >= before[:, earlier]
        found[:, turn] = draw
        before[:, turn] = draw
        before[:, : turn + 1].sort(axis=1)
    return found[np.arange(most) < np.minimum(sizes, k)[:, None]]


def _chunks(costs: Labels) -> Iterator[slice]:
    """Cut a sequence where its costs add up to about `CHUNK`."""
    total, begin = np.cumsum(costs), 0
    while begin < len(costs):
        done = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, done + CHUNK, side="right")))
        yield slice(begin, end)
        begin = end
