"""From what a schema says about a column to a hierarchy that can be applied, and what of it is public."""

from __future__ import annotations

from collections.abc import Iterable

from core.data.hierarchy_base import EVERYTHING, FittedHierarchy
from core.data.hierarchy_bins import fit_bins, public_bins
from core.data.hierarchy_groups import KEPT, fit_frequent, fit_levels, fit_prefix
from core.data.schema import Column, Hierarchy, Kind
from core.data.table import Table
from core.errors import UserError

SPENT = Hierarchy(kind="levels", rows=((EVERYTHING, EVERYTHING),))
"""The hierarchy of a column that was made coarser: its labels have none that is public, so it is not fitted again."""

_FOR = {
    "intervals": (Kind.NUMERIC,),
    "cuts": (Kind.NUMERIC,),
    "date": (Kind.DATE,),
    "prefix": (Kind.CATEGORICAL, Kind.TEXT),
    "levels": tuple(Kind),
}


def fit_hierarchy(column: Column, members: Table) -> FittedHierarchy:
    """Return the hierarchy of a column: the schema's, else a sensible default.

    Defaults: numbers get four round interval widths near 5, 10, 20 and 40 % of the public range (or of the members'
    1-99 % range: learned); dates go month, quarter, year, decade; categories keep the members' 8, 4, 2 most frequent
    values (learned); free text goes straight to "*".

    Intervals at the ends of the range are open, "< 20" and ">= 90", "before 1960" and "2000 or later": they take in
    everybody who lies further out. Widths that do not nest (5, 10, 25) are refused, not rounded: nobody asked for the
    rounded ones.

    Raises
    ------
    UserError
        When the hierarchy is for another kind of column, interval widths do not nest, or a levels file is no hierarchy.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Role, Schema
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(17, 90))
    >>> table = Table.build(pd.DataFrame({"age": [17, 34, 120, None]}), Schema((age,)))
    >>> fitted = fit_hierarchy(age, table)
    >>> fitted.levels, fitted.learned, list(fitted.apply(table.frame["age"], 2)[0])
    (5, False, ['< 20', '[30, 40)', '>= 90', nan])

    References
    ----------
    Samarati (2001), Protecting respondents' identities in microdata release, IEEE TKDE 13(6): domain generalisation
    hierarchies.
    """
    spec, cells = column.hierarchy, members.frame[column.name]
    if spec is not None and column.kind not in _FOR[spec.kind]:
        raise UserError(
            f"a hierarchy of kind {spec.kind} is for columns of kind {' or '.join(_FOR[spec.kind])}",
            got=f"{column.name!r}, which is {column.kind}",
            do="Change the hierarchy or the kind in the schema.",
        )
    if column.kind in (Kind.NUMERIC, Kind.DATE):
        return fit_levels(column, cells) if spec is not None and spec.kind == "levels" else fit_bins(column, cells)
    cells = cells.cat.remove_unused_categories()  # the categories of a part of a table are those of the whole
    if spec is None and column.kind is Kind.TEXT:
        return FittedHierarchy(column=column, levels=1, learned=False)
    if spec is None:
        return fit_frequent(column, cells)
    return fit_levels(column, cells) if spec.kind == "levels" else fit_prefix(column, cells)


def public_hierarchy(column: Column, level: int) -> bool:
    """Say whether a column's map at this level needs nothing from the data."""
    spec = column.hierarchy
    if level == 0 or (column.kind is Kind.TEXT and spec is None):
        return True
    if spec is not None and spec.kind == "levels":
        return not spec.learned
    if column.kind in (Kind.NUMERIC, Kind.DATE):
        return public_bins(column)
    if spec is not None:
        return column.categories is not None and not spec.learned
    return level > len(KEPT)


def learned_sentence(columns: Iterable[Column]) -> str | None:
    """Say whose hierarchies need private data, at the first level; None when nobody's.

    >>> from core.data.schema import Role
    >>> born = Column(name="born", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER)
    >>> learned_sentence([born])
    'The hierarchies of born were learned from these people.'
    """
    names = [column.name for column in columns if not public_hierarchy(column, 1)]
    return f"The hierarchies of {', '.join(names)} were learned from these people." if names else None
