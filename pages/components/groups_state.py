"""The hierarchy of one column: what it is now, changing it, and taking a change back."""

from __future__ import annotations

from dataclasses import replace

from core.data.hierarchy import (
    check_coverage,
    fit_hierarchy,
    public_hierarchy,
    read_levels_text,
    take_levels,
)
from core.data.schema import Column, Hierarchy, Kind, Role
from core.data.table import Table
from core.errors import UserError
from pages.components.vault import Workspace, retable

KINDS = {
    "intervals": "intervals of these widths",
    "cuts": "intervals between quantiles, each level joining two neighbours",
    "prefix": "the first characters, one fewer at each level",
    "date": "month, quarter, year, decade",
    "levels": "groups of values",
}
"""Kind of a hierarchy -> what it is."""


def choices(space: Workspace) -> list[str]:
    """Return the columns that a hierarchy is of use for, quasi-identifiers first."""
    if space.schema is None:
        return []
    useful = (Role.QUASI_IDENTIFIER, Role.SENSITIVE, Role.FEATURE)
    found = [c for c in space.schema.columns if c.role in useful and c.name != space.schema.person_id]
    return [c.name for c in sorted(found, key=lambda c: c.role is not Role.QUASI_IDENTIFIER)]


def put(space: Workspace, name: str, hierarchy: Hierarchy | None) -> None:
    """Give a column another hierarchy, if it fits; what was there is remembered for Undo.

    Raises
    ------
    UserError
        When the hierarchy does not fit the column; the old one stays.
    """
    if space.schema is None or space.table is None:
        return
    old = space.schema[name]
    new = replace(old, hierarchy=hierarchy)
    fitted = fit_hierarchy(new, space.table)
    for level in range(1, fitted.levels):
        fitted.apply(space.table.frame[name].iloc[:1], level)  # too many intervals are refused here, not in a sweep
    retable(space, space.schema.changed(new))
    space.looks["hierarchies"] = [*space.looks.get("hierarchies", []), (name, old.hierarchy)][-40:]
    space.revision += 1


def undo(space: Workspace) -> None:
    """Take the last change of a hierarchy back."""
    held = space.looks.get("hierarchies", [])
    if held and space.schema is not None:
        (name, old), space.looks["hierarchies"] = held[-1], held[:-1]
        if name in space.schema:
            retable(space, space.schema.changed(replace(space.schema[name], hierarchy=old)))
        space.revision += 1


def now(column: Column, table: Table) -> str:
    """Return what the hierarchy of a column is, and where it comes from."""
    held = column.hierarchy
    if held is not None:
        what = KINDS[held.kind]
        if held.kind == "intervals":
            what += f": {', '.join(f'{width:g}' for width in held.widths)}"
        elif held.kind == "levels":
            what += f": {len(held.rows):,} values on {len(held.rows[0]) - 1} levels"
        told = f"It becomes coarser by {what}."
    elif column.kind is Kind.TEXT:
        told = "Free text has no groups: it stays, or is left out whole."
    else:
        told = "Nobody has set groups, so a default is used: " + (
            "round intervals." if column.kind is Kind.NUMERIC
            else "month, quarter, year, decade." if column.kind is Kind.DATE
            else "the 8, 4 and 2 most frequent values are kept, all others share a label."
        )  # fmt: skip
    fitted = fit_hierarchy(column, table)
    if fitted.learned or not public_hierarchy(column, 1):
        told += (
            " **Learned from this table**: the groups themselves tell something about the people in it, and no step "
            "with differential privacy may follow."
        )
    else:
        told += " It is public: nothing in it was read from this table."
    return " ".join([told, *(f"{note}." for note in fitted.notes)])


def widths_of(text: str) -> Hierarchy:
    """Return intervals from widths as people write them.

    >>> widths_of("5, 10;20").widths
    (5.0, 10.0, 20.0)
    """
    parts = text.replace(";", " ").replace(",", " ").split()
    try:
        return Hierarchy(kind="intervals", widths=tuple(float(part) for part in parts))
    except ValueError:
        raise UserError("widths are numbers", got=repr(text[:40]), do="Write for example 5, 10, 20.") from None


def take_file(space: Workspace, name: str, content: bytes) -> tuple[str, ...]:
    """Take a level file for a column; return the values that it does not name, and then the old hierarchy stays.

    Raises
    ------
    UserError
        When the file is no level file.
    """
    if space.schema is None or space.table is None:
        return ()
    column, rows = space.schema[name], read_levels_text(content)
    coverage = check_coverage(rows, column, space.table)
    if not coverage.complete:
        return coverage.missing
    put(space, name, take_levels(column, space.table, rows).hierarchy)
    return ()
