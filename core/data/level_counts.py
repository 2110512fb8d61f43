"""What each level of a hierarchy leaves of a column: for the preview beside a hierarchy that somebody edits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from core.data.hierarchy_base import FittedHierarchy, cell_texts
from core.data.hierarchy_fit import fit_hierarchy
from core.data.schema import Column
from core.data.table import Table

EXAMPLES = 3
"""Labels of each level that are shown, those that most people have."""


@dataclass(frozen=True, kw_only=True)
class LevelCount:
    """What one level leaves of a column.

    Parameters
    ----------
    level : int
        0 is the value itself.
    labels : int
        Different labels that occur; a missing value is one.
    smallest_people : int
        People who have the rarest of them.
    examples : tuple of str
        Up to `EXAMPLES` labels, those of the most people first; at level 0 they are values. Only for the screen of
        somebody who may see the table.
    """

    level: int
    labels: int
    smallest_people: int
    examples: tuple[str, ...] = field(repr=False)


def level_counts(column: Column, table: Table) -> list[LevelCount]:
    """Count labels and people at every level, from the value itself to "*".

    A person with several rows counts once per label. Each level is applied to the different values only, so that a
    page can show this while somebody edits: some 10 ms on 45,000 rows.

    Parameters
    ----------
    column : Column
        With the hierarchy to try, which need not be that of the table's schema.
    table : Table
        Holds a column of this name and kind.

    Raises
    ------
    UserError
        As `fit_hierarchy`, and when a level has more intervals than can be listed.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Kind, Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100))
    >>> table = Table.build(pd.DataFrame({"age": [17, 18, 34, None]}), Schema((age,)))
    >>> for count in level_counts(age, table)[1:3]: print(count.labels, count.smallest_people, *count.examples)
    3 1 [15, 20) [30, 35)
    3 1 [10, 20) [30, 40)
    """
    return count_levels(fit_hierarchy(column, table), table)


def count_levels(fitted: FittedHierarchy, table: Table) -> list[LevelCount]:
    """Count labels and people at every level of a hierarchy that was fitted already; see `level_counts`."""
    name, everybody = fitted.column.name, table.people
    codes, size = table.codes(name)
    first = np.full(size, -1, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    present = first >= 0
    example = table.frame[name].iloc[first[present]]  # a cell of every label of the level
    label = (np.cumsum(present) - 1)[codes]
    persons = table.persons if everybody < len(table) else None
    found = []
    for level in range(fitted.levels + 1):
        if level:
            # Two cells that share a label share the next one too: one of them is asked.
            labels = fitted.apply(example, level)[0]
            used, at, next_label = np.unique(np.asarray(labels.codes), return_index=True, return_inverse=True)
            label, example = next_label[label], example.iloc[at]
        if persons is not None:
            pairs = np.unique(label * everybody + persons)
            label, persons = pairs // everybody, pairs % everybody
        people = np.bincount(label)
        most = np.argsort(-people, kind="stable")[: EXAMPLES + 1]  # one more, since a missing value has no text
        if level:
            texts = [str(labels.categories[used[place]]) for place in most if used[place] >= 0]
        else:
            texts = [text for text in cell_texts(_used(example.iloc[most])) if text is not None]
        smallest, shown = int(people.min()), tuple(texts[:EXAMPLES])
        found.append(LevelCount(level=level, labels=len(people), smallest_people=smallest, examples=shown))
    return found


def _used(cells: pd.Series[Any]) -> pd.Series[Any]:
    return cells.cat.remove_unused_categories() if isinstance(cells.dtype, pd.CategoricalDtype) else cells
