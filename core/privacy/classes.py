"""Equivalence classes: the people whom an attacker with given knowledge cannot tell apart, and k, l, t over them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.schema import Kind
from core.data.table import Labels, Table
from core.errors import UserError
from core.privacy.spread import distances, distinct_values, entropies, secret_of, spreads_of
from core.privacy.verify import verify_k

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
    >>> import pandas as pd
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


def l_diversity(table: Table, classes: Classes, column: str) -> tuple[int, float]:
    """Return distinct and entropy l of a sensitive column: how uncertain its value is inside the worst class.

    Every person counts once per class and value. Entropy l is exp(min over classes of the entropy in nats): a real
    number, not rounded down. A missing value is a value.

    References
    ----------
    A. Machanavajjhala et al., l-diversity: privacy beyond k-anonymity, ACM TKDD 1(1), 2007, definitions 4.1 and 4.2.
    """
    (spread,) = spreads_of(table, classes.codes, [secret_of(table, column, "equal")])
    if not len(classes):
        return 0, 0.0
    entropy = entropies(spread, len(classes)).min()
    return int(distinct_values(spread, len(classes)).min()), float(np.exp(entropy))


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
    distance = "ordered" if table.schema[column].kind is Kind.NUMERIC else "equal"
    (spread,) = spreads_of(table, classes.codes, [secret_of(table, column, distance)])
    if not len(classes):
        return float("nan"), distance
    return float(distances(spread, len(classes)).max()), distance


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


__all__ = [
    "Classes",
    "equivalence_classes",
    "l_diversity",
    "reidentification",
    "t_closeness",
    "verify_k",  # lives in core.privacy.verify
]
