"""One quasi-identifier as the search sees it: its levels as codes, and what each level costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from core.data.hierarchy import FittedHierarchy, cell_texts, fit_hierarchy
from core.data.table import Labels, Table
from core.errors import UserError


@dataclass(frozen=True, kw_only=True, eq=False)
class Ladder:
    """The levels of one column that are worth trying, lowest first.

    A level that tells the people apart exactly as the level below it does is left out: it hides nobody and is never
    cheaper.

    Parameters
    ----------
    name : str
    fitted : FittedHierarchy
    levels : tuple of int
        The hierarchy's level of each step.
    codes : tuple of integer arrays, shape (values,)
        For each step the label of each of the input's different values, 0 .. width - 1; a missing value is a value.
    widths : tuple of int
        Different labels of each step.
    costs : tuple of float arrays, shape (values,)
        For each step what a cell of this value loses, 0 to 1.
    """

    name: str
    fitted: FittedHierarchy
    levels: tuple[int, ...]
    codes: tuple[Labels, ...]
    widths: tuple[int, ...]
    costs: tuple[Labels, ...]


def ladder_of(name: str, members: Table, *, every_level: bool = False) -> tuple[Ladder, Labels]:
    """Fit a column's hierarchy; return its ladder, and the value of every row as a code, shape (rows,).

    The cost of a cell is (leaves covered - 1) / (leaves - 1). The leaves are the rows of the column's level file,
    whether or not somebody has the value, else the different values of the input. A value that the file lacks costs
    1 as soon as the level is above 0: its label tells only that it is not in the file. A missing value is covered by
    nothing but "*", which costs 1 for everybody unless there is only one value at all.

    Parameters
    ----------
    every_level : bool
        Keep the levels that tell nobody apart less than the one below.

    Raises
    ------
    UserError
        When two values share a label at some level and have different ones further up.
    """
    column, cells = members.schema[name], members.frame[name]
    fitted = fit_hierarchy(column, members)
    codes, size = members.codes(name)
    seen = np.zeros(size, dtype=bool)
    seen[codes] = True
    codes = (np.cumsum(seen) - 1)[codes]
    values = int(seen.sum())
    example = np.empty(values, dtype=np.int64)
    example[codes] = np.arange(len(codes))
    different = cells.iloc[example]
    missing = different.isna().to_numpy()
    file = column.hierarchy.rows if column.hierarchy is not None and column.hierarchy.kind == "levels" else ()
    listed = {row[0] for row in file}
    texts = cell_texts(different) if file else []
    covered = np.array([text in listed for text in texts], dtype=bool) & ~missing if file else ~missing
    alone = values + len(listed - set(texts)) <= 1 if file else values <= 1

    levels, steps, widths, costs = [0], [np.arange(values)], [values], [np.zeros(values)]
    for level in range(1, fitted.levels + 1):
        labels, _ = fitted.apply(different, level)
        _, step = np.unique(np.asarray(labels.codes, dtype=np.int64), return_inverse=True)
        width = int(step.max(initial=-1)) + 1
        if len(np.unique(steps[-1] * max(width, 1) + step)) != widths[-1]:
            raise UserError(
                f"the levels of {name!r} must be coarsenings of each other",
                got=f"a group of level {level - 1} that level {level} tears apart",
                do="Correct the column's hierarchy.",
            )
        if width == widths[-1] and not every_level:
            continue
        if level == fitted.levels:
            cost = np.full(values, 0.0 if alone else 1.0)
        elif file:
            sizes = Counter(row[level] for row in file)
            names = [str(label) for label in labels.categories]
            shares = np.array([(sizes[text] - 1) / max(len(file) - 1, 1) for text in names] + [0.0])
            cost = np.where(missing, 0.0, np.where(covered, shares[np.asarray(labels.codes)], 1.0))
        else:
            cost = (np.bincount(step)[step] - 1) / max(values - 1, 1)
        levels.append(level)
        steps.append(step)
        widths.append(width)
        costs.append(cost)
    ladder = Ladder(
        name=name,
        fitted=fitted,
        levels=tuple(levels),
        codes=tuple(steps),
        widths=tuple(widths),
        costs=tuple(costs),
    )
    return ladder, codes
