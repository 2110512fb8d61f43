"""What is demanded of every equivalence class: k people, l well-represented secrets, a distribution t-close to all."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.schema import Column, Role, Schema
from core.data.table import Labels, Table
from core.errors import UserError
from core.privacy.guarantee import Guarantee
from core.privacy.spread import (
    Secret,
    Spread,
    automatic_distance,
    distances,
    distinct_values,
    entropies,
    largest_and_tail,
    secret_of,
    spreads_of,
)

DIVERSITIES = ("distinct", "entropy", "recursive")
DISTANCES = ("automatic", "equal", "ordered", "hierarchical")
SLACK = 1e-9
"""For l and t at their limit exactly: ln 4 for four equal values, 1/6 + 1/6 + ... ; a billion times any rounding."""


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """Demands on every equivalence class; they combine.

    Parameters
    ----------
    k : int
        Different people in each class, at least 1.
    l : float
        How diverse each sensitive column is in each class, at least 1; 1 means not asked for.
    diversity : {"distinct", "entropy", "recursive"}
        `distinct`: l different values; `entropy`: exp of the entropy in nats is l or more (a real number);
        `recursive`: with r the counts of the values, largest first, r_1 < c (r_l + ... + r_m), l rounded up.
    c : float
        For the recursive diversity only, positive.
    t : float
        Largest distance between a class's distribution of a sensitive column and the table's, 0 to 1; 1 means not
        asked for.
    distance : {"automatic", "equal", "ordered", "hierarchical"}
        Between values: `automatic` is ordered for numbers and dates, equal for all others.

    Raises
    ------
    UserError
        When one is out of range.

    Examples
    --------
    >>> from core.data.schema import Kind
    >>> import pandas as pd
    >>> schema = Schema((Column(name="illness", kind=Kind.CATEGORICAL, role=Role.SENSITIVE),))
    >>> table = Table.build(pd.DataFrame({"illness": ["flu", "cold", "flu", "flu"]}), schema)
    >>> two = Constraints(k=2, l=2)
    >>> classes = np.array([0, 0, 1, 1])
    >>> two.failing(np.bincount(classes), spreads_of(table, classes, secrets_of(table, two))).tolist()
    [False, True]

    References
    ----------
    L. Sweeney, k-anonymity, IJUFKS 10(5), 2002. A. Machanavajjhala et al., l-diversity, ACM TKDD 1(1), 2007,
    definitions 4.1 to 4.3. N. Li, T. Li, S. Venkatasubramanian, t-closeness, ICDE 2007.
    """

    k: int = 1
    l: float = 1.0  # noqa: E741 - the name in the literature and of the techniques' parameter
    diversity: str = "distinct"
    c: float = 2.0
    t: float = 1.0
    distance: str = "automatic"

    def __post_init__(self) -> None:
        """Refuse what cannot be demanded."""
        _check(self.k >= 1, "k must be 1 or more", self.k)
        _check(math.isfinite(self.l) and self.l >= 1, "l must be 1 or more", self.l)
        _check(math.isfinite(self.c) and self.c > 0, "c must be positive", self.c)
        _check(0 <= self.t <= 1, "t must lie between 0 and 1", self.t)
        _check(self.diversity in DIVERSITIES, f"diversity must be one of {', '.join(DIVERSITIES)}", self.diversity)
        _check(self.distance in DISTANCES, f"distance must be one of {', '.join(DISTANCES)}", self.distance)

    @property
    def wants_l(self) -> bool:
        """Whether l is asked for."""
        return self.l > 1

    @property
    def wants_t(self) -> bool:
        """Whether t is asked for."""
        return self.t < 1

    @property
    def only_k(self) -> bool:
        """Whether only k is asked for, which any growth of a class leaves intact.

        Where everybody has one row, l and t survive merging classes as well. They need not where people have several
        rows (merging drops the repeats), nor t when rows are suppressed, since all others are what it compares with.
        """
        return not self.wants_l and not self.wants_t

    def failing(self, people: Labels, spreads: Sequence[Spread]) -> Labels:
        """Return which classes break k, l or t.

        Parameters
        ----------
        people : integer array, shape (groups,)
            Different people in each class.
        spreads : sequence of Spread
            One per sensitive column; not looked at when only k is asked for.

        Returns
        -------
        bool array, shape (groups,)
        """
        bad, groups = np.asarray(people < self.k), len(people)
        for spread in () if self.only_k else spreads:
            if self.wants_l:
                bad |= self._too_alike(spread, groups)
            if self.wants_t:
                bad |= distances(spread, groups) > self.t + SLACK
        return bad

    def _too_alike(self, spread: Spread, groups: int) -> Labels:
        if self.diversity == "distinct":
            return np.asarray(distinct_values(spread, groups) < self.l)
        if self.diversity == "entropy":
            return np.asarray(entropies(spread, groups) < math.log(self.l) - SLACK)
        largest, tail = largest_and_tail(spread, groups, math.ceil(self.l))
        return np.asarray(largest >= self.c * tail * (1 - SLACK))  # 0.56 x 25 is above 14 by rounding only

    def distance_of(self, column: Column) -> str:
        """Return the distance used for a column: "equal", "ordered" or "hierarchical"."""
        return automatic_distance(column.kind) if self.distance == "automatic" else self.distance

    def unsupported(self, schema: Schema) -> str | None:
        """Return why l or t cannot be judged on a table with this schema, or None."""
        if self.only_k:
            return None
        names = schema.with_role(Role.SENSITIVE)
        if not names:
            return f"{'l' if self.wants_l else 't'} protects sensitive columns, and no column has the role sensitive"
        if not self.wants_t:
            return None
        bare = [name for name in names if schema[name].hierarchy is None]
        if self.distance == "hierarchical" and bare:
            return f"the hierarchical distance needs a hierarchy, and {', '.join(bare)} has none"
        loose = [n for n in names if automatic_distance(schema[n].kind) != "ordered" and schema[n].categories is None]
        if self.distance == "ordered" and loose:  # any other order would only make t look better
            return f"the ordered distance needs numbers, dates or a list of categories; not so {', '.join(loose)}"
        return None

    def assumptions(self, schema: Schema) -> tuple[str, ...]:
        """Return the sentences that say, in a guarantee, what is meant by l and t; none when only k is asked for."""
        names, told = ", ".join(schema.with_role(Role.SENSITIVE)), []
        if self.wants_l:
            kind = f"{self.diversity}, c = {self.c!r}" if self.diversity == "recursive" else self.diversity
            told.append(
                f"l ({kind}) holds in every class for each sensitive column: {names}. A missing value counts as one of "
                "the values, and so does every spelling and every number, however close."
            )
        if self.wants_t:
            told.append(
                f"t ({self.distance} distance) compares every class with all released rows for each sensitive column: "
                f"{names}."
            )
        return tuple(told)

    def figures(self) -> dict[str, Any]:
        """Return the fields of a `Guarantee`: k, and l and t where they are asked for."""
        return {"k": self.k, "l": self.l if self.wants_l else None, "t": self.t if self.wants_t else None}

    @staticmethod
    def promised(guarantee: Guarantee) -> Constraints:
        """Return the constraints that a guarantee promises: its k, l, t and what `assumptions` told of them.

        Sentences of several steps are all read: the last that names a diversity or a distance decides. Without one, l
        is distinct (which the others imply) and the distance automatic.

        Examples
        --------
        >>> meant = Constraints(k=5, l=2.5, diversity="recursive", c=0.5, t=0.2, distance="equal")
        >>> schema = Schema(())
        >>> Constraints.promised(Guarantee(assumptions=meant.assumptions(schema), **meant.figures())) == meant
        True
        """
        kinds, ways = [], []
        for sentence in guarantee.assumptions:  # matched at its start: what follows holds names of columns
            kinds += re.findall(rf"\Al \(({'|'.join(DIVERSITIES)})(?:, c = ([^)]+))?\) holds", sentence)
            ways += re.findall(rf"\At \(({'|'.join(DISTANCES)}) distance\) compares", sentence)
        return Constraints(
            k=guarantee.k or 1,
            l=guarantee.l or 1.0,
            diversity=kinds[-1][0] if kinds else "distinct",
            c=float(kinds[-1][1]) if kinds and kinds[-1][1] else 2.0,
            t=1.0 if guarantee.t is None else guarantee.t,
            distance=ways[-1] if ways else "automatic",
        )


def secrets_of(table: Table, constraints: Constraints) -> tuple[tuple[Secret, Labels], ...]:
    """Return every sensitive column as a secret with the code of each row's value.

    Raises
    ------
    UserError
        When t is asked for by a distance that a sensitive column cannot have: hierarchical without a hierarchy,
        ordered without an order.
    """
    if (
        constraints.wants_t
        and table.schema.with_role(Role.SENSITIVE)
        and (reason := constraints.unsupported(table.schema))
    ):
        raise UserError(
            "t cannot be judged",
            got=reason,
            do="Choose another distance, or give the column in the schema what is missing.",
        )
    return tuple(
        secret_of(table, name, constraints.distance_of(table.schema[name]), tree=constraints.wants_t)
        for name in table.schema.with_role(Role.SENSITIVE)
    )


def _check(good: bool, rule: str, got: object) -> None:
    if not good:
        raise UserError(rule, got=repr(got), do="Correct the number or the word.")


__all__ = [
    "Constraints",
    "Secret",
    "Spread",
    "secrets_of",
    "spreads_of",
]
