"""What one node of the lattice does to the people: its equivalence classes, who must be left out, what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from core.data.schema import Role
from core.data.table import Labels, Table
from core.privacy.constraints import Constraints, Secret, Spread, secrets_of, spreads_of
from core.techniques.lattice_columns import Ladder, ladder_of

Steps = tuple[int, ...]
"""A node: for each column the step of its ladder."""

_LARGEST = 2**62
_DENSE = 8  # codes up to this many times the base classes are counted into an array, more are hashed
_CHUNK = 4  # columns that are combined once and remembered
_REMEMBERED = 24_000_000  # codes kept of such combinations: 192 MB


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One node, looked at.

    Parameters
    ----------
    steps : tuple of int
    passes : bool
        The rows that must go by the part of the constraints that can only get better further up fit the limit.
    holds : bool
        All rows that must go fit the limit, and somebody is left.
    suppressed : int
        Rows that must go; by k alone where that is too many already.
    classes : int
        Equivalence classes that stay.
    cost : float
        The node's cost by the crowd's metric; infinite unless it holds.
    loss : float
        The same by the metric "loss"; NaN when no row can stay.
    base : float
        What the node would cost if nobody were left out.
    extra : float
        What leaving people out adds to the cost of this node, and at least to that of every node below it.
    """

    steps: Steps
    passes: bool
    holds: bool
    suppressed: int
    classes: int
    cost: float
    loss: float
    base: float
    extra: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Crowd:
    """The people, by what the quasi-identifiers say of them, ready for any node of the lattice.

    Rows that agree on every quasi-identifier are counted together once ("base classes"): a node's classes are unions
    of them.

    Parameters
    ----------
    ladders : tuple of Ladder
    base : tuple of integer arrays, shape (base classes,)
        For each column the value of every base class.
    rows : float array, shape (base classes,)
        Rows in each.
    of_row : integer array, shape (rows,)
        The base class of every row.
    members : Table
    constraints : Constraints
    limit : int
        Rows that may be left out.
    metric : {"loss", "discernibility"}
    """

    ladders: tuple[Ladder, ...]
    base: tuple[Labels, ...]
    rows: Labels
    of_row: Labels
    members: Table
    constraints: Constraints
    limit: int
    metric: str
    seen: dict[Steps, Look] = field(default_factory=dict, repr=False)
    _parts: dict[tuple[int, Steps], tuple[Labels, int]] = field(default_factory=dict, repr=False)

    @staticmethod
    def of(
        members: Table, constraints: Constraints, suppression_limit: float, metric: str, *, every_level: bool = False
    ) -> Crowd:
        """Fit every quasi-identifier's hierarchy on the members and count them."""
        found = [ladder_of(name, members, every_level=every_level) for name in members.schema.quasi_identifiers]
        codes = [code for _, code in found]
        key, size = np.zeros(len(members), dtype=np.int64), 1
        for (ladder, _), code in zip(found, codes, strict=True):
            key, size = _times(key, size, code, ladder.widths[0])
        of_row, size = _renumbered(key)
        example = np.empty(size, dtype=np.int64)
        example[of_row] = np.arange(len(members))
        return Crowd(
            ladders=tuple(ladder for ladder, _ in found),
            base=tuple(code[example] for code in codes),
            rows=np.bincount(of_row, minlength=size).astype(np.float64),
            of_row=of_row,
            members=members,
            constraints=constraints,
            # 0.29 x 100 is a hair below 29: what somebody typed is what they get
            limit=math.floor(suppression_limit * len(members) + 1e-9),
            metric=metric,
        )

    def part(self, columns: Sequence[int]) -> Crowd:
        """Return the same people known by these columns only, under k and the loss alone: for lower bounds."""
        key, size = np.zeros(len(self.rows), dtype=np.int64), 1
        for j in columns:
            key, size = _times(key, size, self.base[j], self.ladders[j].widths[0])
        of_base, size = _renumbered(key)
        example = np.empty(size, dtype=np.int64)
        example[of_base] = np.arange(len(self.rows))
        return replace(
            self,
            ladders=tuple(self.ladders[j] for j in columns),
            base=tuple(self.base[j][example] for j in columns),
            rows=np.bincount(of_base, weights=self.rows, minlength=size),
            of_row=of_base[self.of_row],
            constraints=Constraints(k=self.constraints.k),
            metric="loss",
            seen={},
            _parts={},
        )

    @property
    def top(self) -> Steps:
        """The highest node."""
        return tuple(len(ladder.levels) - 1 for ladder in self.ladders)

    @property
    def nodes(self) -> int:
        """Nodes of the lattice that can differ."""
        return math.prod(step + 1 for step in self.top)

    @cached_property
    def prices(self) -> tuple[int, int]:
        """Units of work of a look at a node that k rules out, and at any other; a few for each number touched."""
        many = len(self._pairs[0]) if self._pairs is not None else 0
        pairs = sum(len(values) for _, values, _, _ in self._values)
        plain = 8_000 + 3 * len(self.rows) + 10 * many
        return plain, plain + pairs * (40 if self.constraints.wants_t else 15)

    def price(self, look: Look) -> int:
        """Return the units of work that a look took, whatever the machine."""
        return self.prices[look.passes]

    @cached_property
    def column_loss(self) -> tuple[Labels, ...]:
        """For each column and step the share of the loss that the column adds when nobody is left out."""
        total, share = self.rows.sum(), len(self.ladders)
        return tuple(
            np.array([self.rows @ cost[self.base[j]] / (total * share) for cost in ladder.costs])
            for j, ladder in enumerate(self.ladders)
        )

    def look(self, steps: Steps) -> Look:
        """Return what this node does, remembered."""
        found = self.seen.get(steps)
        if found is None:
            found = self.seen[steps] = self._look(steps)
        return found

    def _look(self, steps: Steps) -> Look:
        key, size = self._groups(steps)
        plain = self.constraints.only_k
        if not plain or self._pairs is not None or size > _DENSE * len(self.rows):
            key, size = _renumbered(key)
        counts = np.bincount(key, weights=self.rows, minlength=size)
        small, out = self._failing(key, counts)
        must = int(counts[small].sum())
        gone = must if plain else int(counts[out].sum())
        total, base, loss, extra, cost = float(self.rows.sum()), self._loss(steps), math.nan, 0.0, math.inf
        passes = must <= self.limit
        holds = gone <= self.limit and gone < total
        if passes:
            extra = self._left_out(steps, small[key])
            loss = cost = base + (extra if plain else self._left_out(steps, out[key]))
        if self.metric == "discernibility":
            base = float(counts @ counts)
            extra = float(counts[small] @ (total - counts[small]))
            cost = base + float(counts[out] @ (total - counts[out]))
        return Look(
            steps=steps,
            passes=passes,
            holds=holds,
            suppressed=gone,
            classes=int(np.count_nonzero(counts) - np.count_nonzero(counts[out])),
            cost=cost if holds else math.inf,
            loss=loss,
            base=base,
            extra=extra,
        )

    def _failing(self, key: Labels, counts: Labels) -> tuple[Labels, Labels]:
        """Return which classes fail the part of the constraints that only improves further up, and which fail any."""
        people = counts if self._pairs is None else self._people(key, len(counts))
        small: Labels = people < self.constraints.k
        if self.constraints.only_k or counts[small].sum() > self.limit:
            return small, small
        spreads = self._spreads(key, len(counts))
        if self._floor.wants_l:
            small = self._floor.failing(people, spreads)
        return small, self.constraints.failing(people, spreads)

    def stands(self, steps: Steps) -> bool:
        """Say whether the rows that a node leaves hold by themselves.

        k and l look at one class at a time, so leaving other classes out changes nothing. t compares each class with
        everybody who is released, and that changes.
        """
        look = self.look(steps)
        if not look.holds or self.constraints.t >= 1 or not look.suppressed:
            return look.holds
        kept = self.kept(steps)
        released = self._sensitive.take(kept)
        classes, size = _renumbered(self._groups(steps)[0][self.of_row[kept]])
        spreads = spreads_of(released, classes, secrets_of(released, self.constraints))
        # k was counted before: every person of a class that stays is still in it
        return not bool(replace(self.constraints, k=1).failing(np.full(size, 1), spreads).any())

    def kept(self, steps: Steps) -> Labels:
        """Return the positions of the rows that a node keeps, ascending."""
        key, size = _renumbered(self._groups(steps)[0])
        _, out = self._failing(key, np.bincount(key, weights=self.rows, minlength=size))
        return np.flatnonzero(~out[key][self.of_row])

    def _loss(self, steps: Steps) -> float:
        return float(sum(losses[step] for losses, step in zip(self.column_loss, steps, strict=True)))

    def _left_out(self, steps: Steps, out: Labels) -> float:
        """Return what leaving these base classes out adds to the loss."""
        where = np.flatnonzero(out)
        rest = np.full(len(where), float(len(steps)))
        for ladder, values, step in zip(self.ladders, self.base, steps, strict=True):
            if step:
                rest -= ladder.costs[step][values[where]]
        return float(self.rows[where] @ rest) / (float(self.rows.sum()) * len(steps))

    def _groups(self, steps: Steps) -> tuple[Labels, int]:
        """Return the class of every base class at a node as a number below the second value."""
        key, size = np.zeros(len(self.rows), dtype=np.int64), 1
        for place, columns in enumerate(self._chunks):
            part = tuple(steps[j] for j in columns)
            if (found := self._parts.get((place, part))) is None:
                found = self._combined(columns, part)
                if (len(self._parts) + 1) * len(self.rows) > _REMEMBERED:
                    self._parts.clear()
                self._parts[place, part] = found
            key, size = found if not place else _times(key, size, *found)
        return key, size

    def _combined(self, columns: tuple[int, ...], part: Steps) -> tuple[Labels, int]:
        key, size = np.zeros(len(self.rows), dtype=np.int64), 1
        for j, step in zip(columns, part, strict=True):
            ladder = self.ladders[j]
            key, size = _times(key, size, ladder.codes[step][self.base[j]], ladder.widths[step])
        if size > _DENSE * len(self.rows):
            return _renumbered(key)
        there = np.zeros(size, dtype=bool)
        there[key] = True
        return (np.cumsum(there) - 1)[key], int(there.sum())

    @cached_property
    def _chunks(self) -> tuple[tuple[int, ...], ...]:
        """The columns in groups of at most four, columns of many values spread over the groups."""
        order = sorted(range(len(self.ladders)), key=lambda j: (-self.ladders[j].widths[0], j))
        chunks = -(-len(order) // _CHUNK)
        return tuple(tuple(order[i::chunks]) for i in range(chunks))

    @cached_property
    def _floor(self) -> Constraints:
        """The part of the constraints under which merging classes never makes one fail.

        Enough people stay enough, and so do enough different values, which every kind of l asks for.
        """
        return Constraints(k=self.constraints.k, l=float(math.ceil(self.constraints.l - 1e-6)), diversity="distinct")

    @cached_property
    def _pairs(self) -> tuple[Labels, Labels] | None:
        """Base class and person of every pair once; None when everybody has one row."""
        if self.members.people == len(self.members):
            return None
        pairs = np.unique(self.of_row * self.members.people + self.members.persons)
        return pairs // self.members.people, pairs % self.members.people

    def _people(self, key: Labels, size: int) -> Labels:
        """Return how many different people each class has."""
        if self._pairs is None:
            return np.bincount(key, weights=self.rows, minlength=size)
        base, person = self._pairs
        pairs = pd.unique(key[base] * self.members.people + person)
        return np.bincount(pairs // self.members.people, minlength=size)

    @cached_property
    def _sensitive(self) -> Table:
        """The sensitive columns, and the person id."""
        kept = {*self.members.schema.with_role(Role.SENSITIVE), self.members.schema.person_id}
        return self.members.drop(tuple(name for name in self.members.schema.names if name not in kept))

    @cached_property
    def _values(self) -> tuple[tuple[Secret, Labels, Labels, Labels], ...]:
        """Per sensitive column its secret, and base class, value and person (or number of people) of each pair once."""
        if self.constraints.only_k:
            return ()
        found = []
        for secret, codes in secrets_of(self.members, self.constraints):
            key = self.of_row * secret.width + codes
            if self._pairs is None:
                pairs, last = np.unique(key, return_counts=True)
            else:
                pairs = np.unique(key * self.members.people + self.members.persons)
                pairs, last = pairs // self.members.people, pairs % self.members.people
            found.append((secret, pairs // secret.width, pairs % secret.width, last))
        return tuple(found)

    def _spreads(self, key: Labels, size: int) -> list[Spread]:
        """Return how often each value of each sensitive column occurs in each class of a node, counting people."""
        found = []
        for secret, base, value, last in self._values:
            pairs, weights = key[base] * secret.width + value, last
            if self._pairs is not None:
                pairs = pd.unique(pairs * self.members.people + last) // self.members.people
                weights = np.ones(len(pairs))
            if size * secret.width <= _DENSE * len(pairs):
                count = np.bincount(pairs, weights=weights)
                there = np.flatnonzero(count)
                count = count[there]
            else:
                there, place = np.unique(pairs, return_inverse=True)
                count = np.bincount(place, weights=weights)
            found.append(Spread(secret=secret, group=there // secret.width, value=there % secret.width, count=count))
        return found


def _renumbered(key: Labels) -> tuple[Labels, int]:
    """Return classes as numbers without gaps, and how many there are."""
    codes, different = pd.factorize(key)
    return codes.astype(np.int64), len(different)


def _times(key: Labels, size: int, codes: Labels, width: int) -> tuple[Labels, int]:
    """Combine two codings of the same things into one."""
    if size * width > _LARGEST:
        key, size = _renumbered(key)
    return key * width + codes, size * width
