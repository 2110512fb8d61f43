"""Hierarchies to start editing from: round widths, quantiles, prefixes, frequent values, groups by the target.

Nothing here is used until somebody takes it. What was made by looking at people is marked as learned: it is then no
public knowledge, whoever approves it.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd

from core.data.hierarchy_base import EVERYTHING, OTHER, UNCOVERED, number_text
from core.data.hierarchy_bins import SHARES, range_of, round_widths
from core.data.hierarchy_groups import KEPT, by_frequency
from core.data.schema import Column, Hierarchy, Kind
from core.data.table import Labels, Table, task_of
from core.errors import UserError

QUANTILES = 16
"""Intervals of about equally many rows at the first level of a hierarchy made of quantiles."""
CODES = 0.9
"""The share of the values that have one length from which on a column of short texts with digits is one of codes."""
LONGEST_CODE = 20
FEW = 10
"""Categories of fewer people are put together: a rate of so few would tell of each of them."""
PRIOR = 10
"""People's worth of the overall distribution that is added to each category's own."""
COPIES = 400
"""Points that stand for all people when categories are grouped, so that a group's size weighs."""


def default_hierarchy(column: Column, table: Table, how: str = "round") -> Hierarchy:
    """Return an explicit hierarchy to start editing from; the one the column has now is not looked at.

    Numbers get four round interval widths, or cuts near their 16-quantiles; dates month, quarter, year, decade; codes
    (texts with digits, nearly all of one length) prefixes; other categories levels that keep the 8, 4, 2 most
    frequent values, as far as that puts values together. It is marked as learned when it was made by looking at the
    people of the table: widths without public bounds, quantiles and frequent values.

    Parameters
    ----------
    column : Column
    table : Table
        Holds a column of this name and kind.
    how : {"round", "quantiles"}
        For numbers only. Quantiles are rounded to few digits, as far as that hardly moves them.

    Raises
    ------
    UserError
        When `how` is something else, for free text, and for categories without any value.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100))
    >>> table = Table.build(pd.DataFrame({"age": [17, 34, 51, 80]}), Schema((age,)))
    >>> default_hierarchy(age, table).to_json()
    {'kind': 'intervals', 'widths': [5.0, 10.0, 20.0, 40.0]}
    >>> default_hierarchy(age, table, how="quantiles").learned
    True
    """
    if how not in ("round", "quantiles"):
        raise UserError("a hierarchy is made of 'round' widths or of 'quantiles'", got=repr(how), do="Choose one.")
    cells = table.frame[column.name]
    if column.kind is Kind.DATE:
        return Hierarchy(kind="date")
    if column.kind is Kind.NUMERIC:
        cuts = _quantile_cuts(cells) if how == "quantiles" else ()
        if cuts:
            return Hierarchy(kind="cuts", cuts=cuts, learned=True)
        return Hierarchy(kind="intervals", widths=_widths(column, cells), learned=column.bounds is None)
    cells = cells.cat.remove_unused_categories()
    order, public = by_frequency(cells), column.categories or ()
    order += sorted(set(public) - set(order))
    if _codes(order):
        return Hierarchy(kind="prefix", learned=column.categories is None)
    if column.kind is Kind.TEXT or not order:
        raise UserError(
            f"groups of {column.name!r} start from categories",
            got="free text" if order else "a column without any value",
            do="Give it the kind 'categorical', or leave it without a hierarchy.",
        )
    keep = [kept for kept in KEPT if kept < len(order) - 1]  # to put a single value together hides nobody
    if not keep:
        alone = tuple((text, EVERYTHING) for text in order)
        return Hierarchy(kind="levels", rows=alone, learned=not set(order) <= set(public))
    names = [OTHER if text == UNCOVERED else text for text in order]  # that label is taken
    rows = tuple((text, *(names[rank] if rank < kept else OTHER for kept in keep)) for rank, text in enumerate(order))
    return Hierarchy(kind="levels", rows=rows, learned=True)


def suggest_groups(table: Table, column_name: str) -> Hierarchy:
    """Group the categories of a column by how alike the target is distributed among their people: three levels.

    Each category is a distribution over the target's classes (a numeric target's fifths), to which ten people's worth
    of the overall one is added. Ward's method joins them by Hellinger distance, weighted by people, to at most 8, 4
    and 2 groups; where there are few, there are fewer levels. Categories of fewer than ten people form one group that
    counts as average: their own rate is not used. A label names the most frequent values of its group.

    The groups tell of the target of these people, so they are marked as learned. They are a suggestion until somebody
    takes them, and then hold for every split of the table: risk and accuracy are measured on rows that helped to make
    them.

    Raises
    ------
    UserError
        When the column is not categorical, is the target itself or has no value, and without a target that differs.

    Examples
    --------
    >>> from core.data.schema import Role, Schema
    >>> job, rich = (Column(name=n, kind=Kind.CATEGORICAL, role=r) for n, r in (("job", Role.FEATURE),
    ...     ("rich", Role.TARGET)))
    >>> frame = pd.DataFrame({"job": ["a", "b", "c"] * 40, "rich": ["yes", "yes", "no"] * 40})
    >>> [row[:2] for row in suggest_groups(Table.build(frame, Schema((job, rich))), "job").rows]
    [('a', 'a, b'), ('b', 'a, b'), ('c', 'c')]

    References
    ----------
    Ward (1963), Hierarchical grouping to optimize an objective function, JASA 58(301). Hellinger distance: the
    Euclidean one of the square roots of the shares.
    """
    column, target = _groupable(table, column_name), _classes(table)
    cells = table.frame[column_name].cat.remove_unused_categories()
    texts = [str(text) for text in cells.cat.categories]
    texts += sorted(set(column.categories or ()) - set(texts))
    if not len(cells.cat.categories):
        raise UserError(
            f"{column_name!r} needs at least one category", got="a column without any value", do="Choose another."
        )
    if target.max() == target.min():
        raise UserError(
            "categories are grouped by what happens to the target",
            got="a target that is the same for everybody",
            do="Choose another target.",
        )
    value, rows = cells.cat.codes.to_numpy(np.int64), np.flatnonzero(cells.cat.codes.to_numpy() >= 0)
    people = np.bincount(np.unique(value[rows] * table.people + table.persons[rows]) // table.people)
    people = np.concatenate([people, np.zeros(len(texts) - len(people), np.int64)])
    # A person with many rows counts once per category and class.
    cases = np.unique((value[rows] * (target.max() + 1) + target[rows]) * table.people + table.persons[rows])
    shares = np.bincount(cases // table.people, minlength=len(texts) * (target.max() + 1)).reshape(len(texts), -1)
    overall = shares.sum(axis=0) / shares.sum()

    often = np.flatnonzero(people >= FEW)
    own = shares[often] + PRIOR * overall
    points = np.sqrt(own / own.sum(axis=1, keepdims=True))
    members, weights = [[int(place)] for place in often], [int(n) for n in people[often]]
    if rare := [int(place) for place in np.flatnonzero(people < FEW)]:
        points = np.vstack([points, np.sqrt(overall)])
        members, weights = [*members, rare], [*weights, int(people[rare].sum())]
    found: list[list[str]] = []
    for groups in _nested_groups(points, np.array(weights)):
        label, used = [""] * len(texts), {UNCOVERED}
        for group in np.unique(groups):
            inside = [place for at in np.flatnonzero(groups == group) for place in members[at]]
            inside.sort(key=lambda place: (-people[place], texts[place]))
            name = _name([texts[at] for at in inside if people[at] >= FEW], sum(people[at] < FEW for at in inside))
            while name in used:
                name += "'"
            used.add(name)
            for place in inside:
                label[place] = name
        if not found or label != found[-1]:  # a level that puts nothing together hides nobody
            found.append(label)
    order = sorted(range(len(texts)), key=lambda place: (*(label[place] for label in found[::-1]), texts[place]))
    rows_of = tuple((texts[place], *(label[place] for label in found)) for place in order)
    return Hierarchy(kind="levels", rows=rows_of, learned=True)


def _widths(column: Column, cells: pd.Series[Any]) -> tuple[float, ...]:
    """Return four round widths; whole numbers of a range that is not public are not cut finer than one."""
    widths = round_widths(*range_of(column, cells, 0.01))
    values = cells.dropna().to_numpy(np.float64)
    if column.bounds is None and widths[0] < 1 and bool(np.all(values == np.floor(values))):
        return tuple(float(share) for share in SHARES)
    return widths


def _quantile_cuts(cells: pd.Series[Any]) -> tuple[float, ...]:
    """Return rounded cuts that leave about equally many rows between them and no interval empty.

    Where so many have the smallest number that it would fill two intervals, it is cut off and the others are cut
    into half as many.
    """
    values = np.sort(cells.dropna().to_numpy(np.float64))
    if not len(values) or values[0] == values[-1]:
        return ()
    whole, rest = bool(np.all(values == np.floor(values))), values[values > values[0]]
    parted = len(values) - len(rest) >= 2 * len(values) / QUANTILES
    of, pieces = (rest, QUANTILES // 2) if parted else (values, QUANTILES)
    # Halved, so that differences of huge numbers stay finite.
    wanted = {2 * float(q) for q in np.quantile(of / 2, np.arange(1, pieces) / pieces)}
    edges = [float(values[0]), *sorted((wanted | ({float(rest[0])} if parted else set())) - {float(values[0])})]
    kept: list[float] = []
    below = 0
    for at in range(1, len(edges)):
        gap = min(upper / 2 - lower / 2 for lower, upper in itertools.pairwise(edges[at - 1 : at + 2]))
        cut = _rounded(edges[at], gap, down=len(edges) == 2 or (parted and at == 1))
        cut = float(np.ceil(cut)) if whole else cut  # the same people, and nobody is 22.5
        place = int(np.searchsorted(values, cut))
        if below < place < len(values):
            kept.append(cut)
            below = place
    return tuple(kept)


def _rounded(value: float, most: float, *, down: bool = False) -> float:
    """Return a number of few digits that lies less than `most` below a value, or less than half of it off.

    >>> _rounded(37.123, 1.25), _rounded(37.163, 0.12), _rounded(37.163, 0.12, down=True)
    (37.0, 37.2, 37.1)
    """
    step = 10.0 ** math.floor(math.log10(most)) if most > 1e-290 else 0.0
    times = value / step if step else math.inf
    if not abs(times) < 1e15:
        return value
    return float(number_text(math.floor(times) if down else round(times), step))


def _codes(texts: list[str]) -> bool:
    """Say whether these are short codes with digits, nearly all of one length, such as postal codes."""
    if len(texts) <= max(KEPT):
        return False
    lengths = np.array([len(text) for text in texts])
    usual = int(np.bincount(np.minimum(lengths, LONGEST_CODE + 1)).argmax())
    plain = [
        text.replace("-", "").replace(" ", "").isalnum() and any(sign.isdigit() for sign in text) for text in texts
    ]
    return 2 <= usual <= LONGEST_CODE and bool(np.mean((lengths == usual) & np.array(plain)) >= CODES)


def _groupable(table: Table, name: str) -> Column:
    """Return the column, or say why its categories cannot be grouped by the target."""
    if table.schema.target is None:
        raise UserError(
            "categories are grouped by what happens to the target", got="no target", do="Give a column this role."
        )
    column = table.schema[name]
    if column.kind is not Kind.CATEGORICAL or name == table.schema.target:
        raise UserError(
            "categorical columns other than the target can be grouped by it",
            got=f"{name!r}, {'the target' if name == table.schema.target else f'which is {column.kind}'}",
            do="Choose another column.",
        )
    return column


def _classes(table: Table) -> Labels:
    """Return the target of every row as a class, a number as its fifth; a missing one is a class of its own."""
    name = str(table.schema.target)
    if task_of(table) == "classification":
        return table.codes(name)[0]
    values = table.frame[name].to_numpy(np.float64)
    fifths = np.quantile(values[~np.isnan(values)] / 2, [0.2, 0.4, 0.6, 0.8]) * 2
    return np.where(np.isnan(values), len(fifths) + 1, np.searchsorted(fifths, values, side="right"))


def _nested_groups(points: Labels, weights: Labels) -> list[Labels]:
    """Return for each level the group of every point: fewer at each level, 8, 4 and 2 where there are enough."""
    if len(points) == 1:
        return [np.zeros(1, np.int64)] * len(KEPT)
    from scipy.cluster.hierarchy import fcluster, linkage  # here: every start of the program would wait for it

    # Ward's method weighs points by what they were merged from, so a category is as many equal points as its people
    # are worth; those merge first, at distance nought.
    copies = 1 + np.floor(COPIES * weights / max(int(weights.sum()), 1)).astype(np.int64)
    first = np.cumsum(copies) - copies
    tree = linkage(np.repeat(points, copies, axis=0), method="ward")
    sizes, size = [], len(points)
    for most in KEPT:
        size = max(min(most, size - 1), 1)
        sizes.append(size)
    return [np.asarray(fcluster(tree, size, criterion="maxclust"))[first] for size in sizes]


def _name(often: list[str], rare: int) -> str:
    """Return the label of a group, the most frequent value first; rare values are counted, not named.

    >>> _name(["nurse"], 0), _name(["nurse", "smith"], 0), _name(["nurse", "smith", "cook"], 2), _name([], 3)
    ('nurse', 'nurse, smith', 'nurse, smith and 3 more', '3 rare values')
    """
    if not often:
        return f"{rare} rare value{'s' if rare > 1 else ''}"
    more = len(often[2:]) + rare
    return ", ".join(often[:2]) + (f" and {more} more" if more else "")
