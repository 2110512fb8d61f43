"""What an attacker can tell apart in a table today: the numbers of the Data page and of `python -m core measure`."""

from __future__ import annotations

from typing import Any

from core.data.schema import Role
from core.data.table import Table
from core.privacy.classes import equivalence_classes, l_diversity, t_closeness


def measure(table: Table, knows: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return class sizes, uniqueness, prosecutor risk, l and t as JSON values.

    Parameters
    ----------
    table : Table
        Any table with at least one row; protected ones too.
    knows : tuple of str, optional
        The columns that the attacker knows; default the quasi-identifiers. None known: one class of everybody.

    Returns
    -------
    dict
        `{rows, people, quasi_identifiers, classes, k, uniques, unique_share, prosecutor_max, prosecutor_average,
        share_below {"5"}, l {column: {distinct, entropy}}, t {column: {value, distance}}}`. Counts are of people,
        shares between 0 and 1. `l` and `t` cover the sensitive columns that the attacker does not know already.

    Raises
    ------
    UserError
        When a known column is not in the table.

    Examples
    --------
    >>> import pandas as pd
    >>> from core.data.schema import Column, Kind, Schema
    >>> schema = Schema((Column(name="town", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER),))
    >>> found = measure(Table.build(pd.DataFrame({"town": ["Ulm", "Ulm", "Bonn"]}), schema))
    >>> found["k"], found["classes"], found["uniques"], round(found["prosecutor_average"], 3)
    (1, 2, 1, 0.667)
    """
    known = table.schema.quasi_identifiers if knows is None else knows
    classes = equivalence_classes(table, known)
    secrets = [name for name in table.schema.with_role(Role.SENSITIVE) if name not in known]
    diversity = {name: l_diversity(table, classes, name) for name in secrets}
    closeness = {name: t_closeness(table, classes, name) for name in secrets}
    return {
        "rows": len(table),
        "people": table.people,
        "quasi_identifiers": list(known),
        "classes": len(classes),
        "k": classes.k,
        "uniques": classes.uniques,
        "unique_share": classes.share_below(2),
        "prosecutor_max": classes.prosecutor_max,
        "prosecutor_average": classes.prosecutor_average,
        "share_below": {"5": classes.share_below(5)},
        "l": {name: {"distinct": distinct, "entropy": entropy} for name, (distinct, entropy) in diversity.items()},
        "t": {name: {"value": value, "distance": distance} for name, (value, distance) in closeness.items()},
    }
