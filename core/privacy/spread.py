"""How a secret is spread over equivalence classes: the counts behind l and t, and the arithmetic on them.

Everything here works on all classes at once, from one entry per (class, value) pair that occurs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.hierarchy import fit_hierarchy
from core.data.schema import Kind
from core.data.table import Labels, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Secret:
    """A sensitive column: its values as codes, how common each is, and how far apart two of them are.

    Parameters
    ----------
    name : str
    width : int
        Codes are 0 .. width - 1; for the ordered distance in rank order, a missing value first.
    share : float array, shape (width,)
        The share of each value among all (person, value) pairs of the table, each counted once. A value of share 0
        does not occur: it has no rank.
    distance : {"equal", "ordered", "hierarchical"}
        How far apart two values are: 1; their difference in rank over the largest; the level at which they meet
        over the level of the root.
    tree : tuple of integer arrays of shape (width,), optional
        For the hierarchical distance: the group of each value at every level above the values, below the root.
    """

    name: str
    width: int
    share: Labels
    distance: str = "equal"
    tree: tuple[Labels, ...] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """How many people of each class have each value of a secret: one entry per pair that occurs.

    Parameters
    ----------
    secret : Secret
    group, value : integer arrays, aligned
        The class and the value's code, sorted by class and then value, no pair twice.
    count : array, aligned
        Different people, at least 1.
    """

    secret: Secret
    group: Labels
    value: Labels
    count: Labels


def secret_of(table: Table, name: str, distance: str, *, tree: bool = True) -> tuple[Secret, Labels]:
    """Return a column as a secret, and the code of each row's value.

    Parameters
    ----------
    table : Table
    name : str
    distance : {"equal", "ordered", "hierarchical"}
        For "ordered" the codes are ranks: of numbers and dates, or by the schema's list of categories (others after
        them). "hierarchical" needs a hierarchy of the column.
    tree : bool
        Whether to look the hierarchy up; without it only l can be judged.
    """
    codes, width = table.codes(name)
    declared = table.schema[name].categories
    if distance == "ordered" and declared is not None and isinstance(table.frame[name].dtype, pd.CategoricalDtype):
        rank = {text: place for place, text in enumerate(declared)}
        texts = [str(text) for text in table.frame[name].cat.categories]
        order = sorted(range(width - 1), key=lambda code: (rank.get(texts[code], len(rank)), code))
        place = np.empty(width, dtype=np.int64)
        place[[*order, width - 1]] = np.arange(width)
        codes = place[codes]
    if distance == "ordered":
        codes = (codes + 1) % width
    present, codes = np.unique(codes, return_inverse=True)
    pairs = codes if table.people == len(table) else np.unique(codes * table.people + table.persons) // table.people
    share = np.bincount(pairs, minlength=len(present)) / max(len(pairs), 1)
    found = None
    if distance == "hierarchical" and tree:
        column, first = table.schema[name], np.unique(codes, return_index=True)[1]
        cells, fitted = table.frame[name].iloc[first], fit_hierarchy(column, table)
        labels = [fitted.apply(cells, level)[0].codes.astype(np.int64) for level in range(1, fitted.levels)]
        found = tuple(np.where(label < 0, label.max() + 1, label) for label in labels)
    return Secret(name=name, width=len(present), share=share, distance=distance, tree=found), codes.astype(np.int64)


def spreads_of(table: Table, classes: Labels, secrets: Sequence[tuple[Secret, Labels]]) -> tuple[Spread, ...]:
    """Count the people of every (class, value) pair of these secrets.

    Parameters
    ----------
    table : Table
    classes : integer array, shape (rows,)
        The class of each row.
    secrets : sequence of (Secret, integer array of shape (rows,))
        As `secrets_of` returns them.
    """
    persons = table.persons if table.people < len(table) else None
    return tuple(spread_of(secret, classes, codes, persons) for secret, codes in secrets)


def spread_of(secret: Secret, classes: Labels, codes: Labels, persons: Labels | None) -> Spread:
    """Count the people of every (class, value) pair; `persons` says whose row each is, None: everybody has one."""
    key, size = classes * secret.width + codes, (int(classes.max(initial=-1)) + 1) * secret.width
    if persons is not None:  # a person counts once per class and value
        pair, place = np.unique(key, return_inverse=True)
        people = int(persons.max(initial=-1)) + 1
        key = pair[np.unique(place * people + persons) // max(people, 1)]
    if size <= 8 * len(key) + 1000:  # counting is quicker than sorting
        every = np.bincount(key, minlength=size)
        pair = np.flatnonzero(every)
        count = every[pair]
    else:
        pair, count = np.unique(key, return_counts=True)
    return Spread(secret=secret, group=pair // secret.width, value=pair % secret.width, count=count)


def distinct_values(spread: Spread, groups: int) -> Labels:
    """Return the number of different values in each class, shape (groups,)."""
    return np.bincount(spread.group, minlength=groups)


def entropies(spread: Spread, groups: int) -> Labels:
    """Return the entropy of each class's values in nats, shape (groups,); 0 for a class without people."""
    count = spread.count.astype(float)
    total = np.maximum(np.bincount(spread.group, weights=count, minlength=groups), 1)
    inside = np.bincount(spread.group, weights=count * np.log(count), minlength=groups)
    return np.asarray(np.maximum(np.log(total) - inside / total, 0.0))


def largest_and_tail(spread: Spread, groups: int, rank: int) -> tuple[Labels, Labels]:
    """Return for each class r_1 and r_rank + ... + r_m, with r the counts of its values, largest first."""
    order = np.lexsort((-spread.count, spread.group))
    group, count = spread.group[order], spread.count[order].astype(float)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    place = np.arange(len(group)) - np.repeat(first, np.diff(np.append(first, len(group))))
    largest = np.bincount(group[first], weights=count[first], minlength=groups)
    return largest, np.bincount(group, weights=count * (place >= rank - 1), minlength=groups)


def distances(spread: Spread, groups: int) -> Labels:
    """Return how far each class's distribution is from the table's, by the secret's distance; shape (groups,).

    All three are earth mover's distances between 0 and 1. Equal: total variation. Ordered: the sum over ranks of the
    difference of the cumulative distributions, over the number of ranks less one. Hierarchical: two values that meet
    at level h of H cost h / H, so every level's step is 1 / H long and the distance is the mean over the levels below
    the root of the total variation between the distributions of the groups.

    References
    ----------
    N. Li, T. Li, S. Venkatasubramanian, t-closeness, ICDE 2007, section 4.
    """
    secret = spread.secret
    total = np.maximum(np.bincount(spread.group, weights=spread.count, minlength=groups), 1)
    part = spread.count / total[spread.group]
    if secret.distance == "ordered":
        return _ordered(spread, part, groups)
    found = _variation(spread.group, spread.value, part, secret.share, groups)
    for above in secret.tree or ():
        width = int(above.max()) + 1
        key, place = np.unique(spread.group * width + above[spread.value], return_inverse=True)
        share = np.bincount(above, weights=secret.share, minlength=width)
        found += _variation(key // width, key % width, np.bincount(place, weights=part), share, groups)
    return np.asarray(np.clip(found / (1 + len(secret.tree or ())), 0.0, None))


def _variation(group: Labels, value: Labels, part: Labels, share: Labels, groups: int) -> Labels:
    """Return each class's total variation from `share`; values absent from a class contribute their share."""
    there = np.bincount(group, weights=np.abs(part - share[value]) - share[value], minlength=groups)
    return np.asarray((there + 1) / 2)


def _ordered(spread: Spread, part: Labels, groups: int) -> Labels:
    """Return each class's ordered distance, sum over ranks of |P - Q| / (m - 1), P and Q cumulative.

    P is a step function that changes only at the values the class has, so each step is summed in one go: Q grows,
    hence it crosses the step's height once, and prefix sums of Q give both sides. Cost: pairs x log m, not classes x m.
    """
    present = spread.secret.share > 0
    cumulative = np.cumsum(spread.secret.share[present])
    m = len(cumulative)
    if m < 2 or not len(part):
        return np.zeros(groups)
    group, value = spread.group, np.maximum(np.cumsum(present) - 1, 0)[spread.value]
    prefix = np.concatenate([[0.0], np.cumsum(cumulative)])
    first = np.flatnonzero(np.diff(group, prepend=-1))
    sizes = np.diff(np.append(first, len(group)))
    running = np.cumsum(spread.count)
    height = (running - np.repeat(running[first] - spread.count[first], sizes)) * (part / spread.count)
    end = np.append(value[1:], m)
    end[np.append(first[1:], len(value)) - 1] = m
    cross = np.clip(np.searchsorted(cumulative, height), value, end)
    below = height * (cross - value) - (prefix[cross] - prefix[value])
    above = (prefix[end] - prefix[cross]) - height * (end - cross)
    found = np.bincount(group, weights=below + above, minlength=groups)
    found[group[first]] += prefix[value[first]]  # up to the class's first value P is 0
    return np.asarray(np.maximum(found, 0.0) / (m - 1))


def automatic_distance(kind: Kind) -> str:
    """Return the distance of a column of this kind unless another is asked for: values that have an order use it."""
    return "ordered" if kind in (Kind.NUMERIC, Kind.DATE) else "equal"
