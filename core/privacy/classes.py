"""Equivalence classes: the people whom an attacker with given knowledge cannot tell apart, and k, l, t over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.data.schema import Kind
from core.data.table import Labels, Table
from core.errors import UserError

_LARGEST = 2**62
_DENSE = 2**21  # below it, counting into an array is quicker than sorting


@dataclass(frozen=True, kw_only=True, eq=False)
class Classes:
    """The equivalence classes of a table's rows on some columns, counted in people.

    A missing value is a value like any other. A person with several rows counts once in every class that holds one
    of their rows; how exposed the *person* is goes by the smallest of these classes.

    Parameters
    ----------
    codes : integer array, shape (rows,)
        The class of each row, 0 .. classes - 1.
    people_per_class : integer array, shape (classes,)
        Different people in each class.
    smallest : integer array, shape (people,)
        For each person the size of the smallest class they appear in.
    """

    codes: Labels
    people_per_class: Labels
    smallest: Labels

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.people_per_class)

    @property
    def k(self) -> int:
        """People in the smallest class; 0 when there are no rows."""
        return int(self.people_per_class.min()) if len(self) else 0

    @property
    def prosecutor_max(self) -> float:
        """The best chance, 1 / k, to pick the right row of somebody known to be in the table; NaN without rows."""
        return 1 / self.k if len(self) else float("nan")

    @property
    def prosecutor_average(self) -> float:
        """The mean over people of their chance; classes / people when everybody has one row; NaN without rows."""
        return self.expected_matches / len(self.smallest) if len(self.smallest) else float("nan")

    @property
    def expected_matches(self) -> float:
        """The number of people whom an attacker who picks at random inside each class gets right on average."""
        sizes, people = np.unique(self.smallest, return_counts=True)  # summed by size: the order of rows cannot matter
        return float(np.sum(people / sizes))

    @property
    def uniques(self) -> int:
        """People who are alone in a class."""
        return int(np.count_nonzero(self.smallest == 1))

    def share_below(self, size: int) -> float:
        """Return the share of people who are in a class of fewer than `size` people; NaN without rows."""
        return float(np.mean(self.smallest < size)) if len(self.smallest) else float("nan")


def equivalence_classes(table: Table, columns: tuple[str, ...]) -> Classes:
    """Group the rows that have equal values in all of these columns.

    Without columns there is one class of everybody: an attacker who knows nothing.

    Raises
    ------
    UserError
        When a column is not in the table.

    Examples
    --------
    >>> from core.data.schema import Column, Kind, Role, Schema
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),))
    >>> table = Table.build(pd.DataFrame({"age": [34, 34, 45, None, None]}), schema)
    >>> classes = equivalence_classes(table, ("age",))
    >>> classes.k, len(classes), classes.prosecutor_average
    (1, 3, 0.6)

    References
    ----------
    L. Sweeney, k-anonymity: a model for protecting privacy, IJUFKS 10(5), 2002. Prosecutor risk: K. El Emam,
    F. K. Dankar, Protecting privacy using k-anonymity, JAMIA 15(5), 2008.
    """
    for name in columns:
        if name not in table.schema:
            raise UserError("the attacker can only know columns of the table", got=repr(name), do="Correct the name.")
    key, size = np.zeros(len(table), dtype=np.int64), 1
    for name in columns:
        codes, width = table.codes(name)
        if size * width > _LARGEST:
            key, size = _compress(key, size)
        key, size = key * width + codes, size * width
    key, size = _compress(key, size)
    holder, person = _pairs(key, table)
    per_class = np.bincount(holder, minlength=size)
    smallest = np.full(table.people, np.iinfo(np.int64).max)
    np.minimum.at(smallest, person, per_class[holder])
    return Classes(codes=key, people_per_class=per_class, smallest=smallest)


def reidentification(table: Table, columns: tuple[str, ...], people_total: int) -> float:
    """Return how many of all people can be expected to be recognised: the sum of 1 / f over released people / all.

    `f` counts the people of the class; for a person with several rows the smallest class counts (the attacker picks
    the row that gives most away). People who were suppressed add nothing and stay in the denominator. When nothing
    is suppressed and everybody has one row it is classes / people.

    Parameters
    ----------
    table : Table
        The released rows.
    columns : tuple of str
        What the attacker knows.
    people_total : int
        All people whom the release was made from, suppressed or not.

    References
    ----------
    The marketer risk of F. K. Dankar, K. El Emam, A method for evaluating marketer re-identification risk, PAIS 2010,
    with sample = population.
    """
    if people_total < table.people or people_total < 1:
        raise ValueError(f"{people_total} people in all, but {table.people} of them were released")
    return equivalence_classes(table, columns).expected_matches / people_total


def verify_k(table: Table, columns: tuple[str, ...], k: int) -> str | None:
    """Check k-anonymity by another route than `equivalence_classes`; return what is wrong, or None.

    Values are compared as pandas groups them, people as their different ids. A release without rows breaks no
    promise.
    """
    if not len(table):
        return None
    who = pd.Series(table.persons, index=table.frame.index)
    if columns:
        keys = [table.frame[name] for name in columns]
        sizes = who.groupby(keys, dropna=False, observed=True, sort=False).nunique()
    else:
        sizes = pd.Series([who.nunique()])
    small = sizes[sizes < k]
    if small.empty:
        return None
    return f"{len(small)} of {len(sizes)} classes have fewer than {k} people; the smallest has {int(small.min())}"


def l_diversity(table: Table, classes: Classes, column: str) -> tuple[int, float]:
    """Return distinct and entropy l of a sensitive column: how uncertain its value is inside the worst class.

    Every person counts once per class and value. Entropy l is exp(min over classes of the entropy in nats): a real
    number, not rounded down. A missing value is a value.

    References
    ----------
    A. Machanavajjhala et al., l-diversity: privacy beyond k-anonymity, ACM TKDD 1(1), 2007, definitions 4.1 and 4.2.
    """
    codes, width = table.codes(column)
    group, _, count = _counts(table, classes, codes, width)
    if not len(group):
        return 0, 0.0
    total = np.bincount(group, weights=count)
    entropy = np.log(total) - np.bincount(group, weights=count * np.log(count)) / total
    return int(np.bincount(group).min()), float(np.exp(max(entropy.min(), 0.0)))


def t_closeness(table: Table, classes: Classes, column: str) -> tuple[float, str]:
    """Return the largest distance between a class's distribution of a sensitive column and the table's.

    Numeric columns use the ordered distance: values stand at equal steps in rank order, so 1 means "from one end to
    the other"; a missing value sorts first. All others use the equal distance, which is total variation.

    Returns
    -------
    (float, {"ordered", "equal"})
        NaN when there are no rows.

    References
    ----------
    N. Li, T. Li, S. Venkatasubramanian, t-closeness, ICDE 2007, section 4 (earth mover's distance).
    """
    codes, width = table.codes(column)
    ordered = table.schema[column].kind is Kind.NUMERIC
    if ordered:
        codes = (codes + 1) % width
    group, value, count = _counts(table, classes, codes, width)
    distance = "ordered" if ordered else "equal"
    if not len(group):
        return float("nan"), distance
    present, value = np.unique(value, return_inverse=True)
    if not ordered:
        share = count / np.bincount(group, weights=count)[group]
        overall = np.bincount(value, weights=count) / count.sum()
        # Values absent from a class contribute their overall share, which is 1 minus the share of those present.
        there = np.bincount(group, weights=np.abs(share - overall[value]) - overall[value])
        return float(max((there + 1).max() / 2, 0.0)), distance
    if len(present) == 1:
        return 0.0, distance
    return float(_ordered(group, value, count).max()), distance


def _ordered(group: Labels, value: Labels, count: Labels) -> Labels:
    """Return each class's ordered distance, sum over ranks of |P - Q| / (m - 1), P and Q cumulative.

    P is a step function that changes only at the values the class has, so each step is summed in one go: Q grows,
    hence it crosses the step's height once, and prefix sums of Q give both sides. Cost: pairs x log m, not classes x m.
    """
    cumulative = np.cumsum(np.bincount(value, weights=count)) / count.sum()
    m = len(cumulative)
    prefix = np.concatenate([[0.0], np.cumsum(cumulative)])
    first = np.flatnonzero(np.diff(group, prepend=-1))
    running = np.cumsum(count)
    height = (running - (running[first] - count[first])[group]) / np.bincount(group, weights=count)[group]
    end = np.append(value[1:], m)
    end[np.append(first[1:], len(value)) - 1] = m
    cross = np.clip(np.searchsorted(cumulative, height), value, end)
    below = height * (cross - value) - (prefix[cross] - prefix[value])
    above = (prefix[end] - prefix[cross]) - height * (end - cross)
    before = prefix[value[first]]  # up to the class's first value P is 0
    distance: Labels = (np.bincount(group, weights=below + above) + before) / (m - 1)
    return distance


def _counts(table: Table, classes: Classes, codes: Labels, width: int) -> tuple[Labels, Labels, Labels]:
    """Return class, value and number of people of every pair that occurs, sorted by class and then value."""
    key = classes.codes * width + codes
    if table.people < len(table):
        pair, place = np.unique(key, return_inverse=True)
        key = pair[np.unique(place * table.people + table.persons) // table.people]
    pair, count = np.unique(key, return_counts=True)
    return pair // width, pair % width, count.astype(float)


def _pairs(key: Labels, table: Table) -> tuple[Labels, Labels]:
    """Return class and person of each pair once."""
    if table.people == len(table):
        return key, table.persons
    pairs = np.unique(key * max(table.people, 1) + table.persons)
    return pairs // max(table.people, 1), pairs % max(table.people, 1)


def _compress(key: Labels, size: int) -> tuple[Labels, int]:
    """Renumber keys 0 .. different keys - 1, keeping their order."""
    if size <= _DENSE:
        seen = np.zeros(size, dtype=bool)
        seen[key] = True
        place = np.cumsum(seen) - 1
        return place[key], int(place[-1]) + 1 if len(key) else 0
    values, codes = np.unique(key, return_inverse=True)
    return codes.astype(np.int64), len(values)
