"""What a schema says about a hierarchy: how a column's values become coarser, as written in JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.levels_text import read_levels_text
from core.errors import UserError

KINDS = ("intervals", "cuts", "prefix", "date", "levels")


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """How a column's values become coarser, level by level; the level above the last is always "everything".

    Parameters
    ----------
    kind : {"intervals", "cuts", "prefix", "date", "levels"}
        `intervals` cuts numbers at multiples of `widths`; `cuts` cuts them at `cuts`, every further level keeping
        every second cut; `prefix` keeps fewer leading characters of a code; `date` goes month, quarter, year, decade;
        `levels` looks values up in `rows`.
    widths : tuple of float
        Interval widths, strictly increasing. For `intervals` only.
    cuts : tuple of float
        The finest cut points, strictly increasing. For `cuts` only.
    rows : tuple of tuple of str
        One row per leaf value, leaf first, then its group at each level. For `levels` only.
    learned : bool
        Whether it was made by looking at private data, such as quantiles or groups by the target: then nothing in it
        is public.

    Examples
    --------
    >>> Hierarchy(kind="cuts", cuts=(20, 40, 65), learned=True).to_json()
    {'kind': 'cuts', 'cuts': [20, 40, 65], 'learned': True}
    """

    kind: str
    widths: tuple[float, ...] = ()
    cuts: tuple[float, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    learned: bool = False

    def __post_init__(self) -> None:
        """Refuse a hierarchy that is not one."""
        if self.kind not in KINDS:
            raise UserError(
                f"a hierarchy's kind must be {', '.join(KINDS[:-1])} or {KINDS[-1]}",
                got=repr(self.kind),
                do="Choose one of these.",
            )
        if self.kind == "intervals" and not (_increasing(self.widths) and self.widths[0] > 0):
            raise UserError(
                "interval widths must be positive and increasing",
                got=repr(list(self.widths)),
                do="Write for example [5, 10, 20].",
            )
        if self.kind == "cuts" and not _increasing(self.cuts):
            raise UserError(  # cut points learned from people are not for error messages
                "cut points must be increasing numbers", got="others, or none", do="Write for example [18, 30, 45, 65]."
            )
        if self.kind == "levels":
            lengths = {len(row) for row in self.rows}
            if len(lengths) != 1 or lengths.pop() < 2:
                raise UserError(
                    "a levels hierarchy has rows of one length of two or more",
                    got=f"{len(self.rows)} rows of {len({len(row) for row in self.rows})} different lengths",
                    do="Write one row per value: value;group;larger group.",
                )
            if len({row[0] for row in self.rows}) != len(self.rows):
                raise UserError(
                    "a levels hierarchy names each value once", got="a value twice", do="Remove the repeated row."
                )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        value: dict[str, Any] = {"kind": self.kind}
        if self.kind == "intervals":
            value["widths"] = list(self.widths)
        elif self.kind == "cuts":
            value["cuts"] = list(self.cuts)
        elif self.kind == "levels":
            value["rows"] = [list(row) for row in self.rows]
        if self.learned:
            value["learned"] = True
        return value


def _increasing(values: tuple[Any, ...]) -> bool:
    """Say whether these are finite numbers, each larger than the one before; at least one."""
    plain = all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in values)
    return bool(values) and plain and list(values) == sorted(set(values))


def hierarchy_from_json(name: str, spec: Any, folder: Path | None) -> Hierarchy | None:
    """Read the hierarchy of the column `name`; a levels file is looked up in `folder`.

    Raises
    ------
    UserError
        When it is no hierarchy, or its levels file is missing or wrong.
    """
    if spec is None:
        return None
    if not isinstance(spec, Mapping):
        raise UserError(f"the hierarchy of {name!r} is an object", got=type(spec).__name__, do="Give it a kind.")
    learned = spec.get("learned", False)
    if not isinstance(learned, bool):
        raise UserError(
            f"'learned' in the hierarchy of {name!r} is true or false", got=type(learned).__name__, do="Correct it."
        )
    rows: tuple[tuple[str, ...], ...] = ()
    if spec.get("kind") == "levels":
        if "file" in spec:
            rows = read_levels((folder or Path()) / str(spec["file"]))
        else:
            rows = tuple(tuple(str(cell) for cell in row) for row in _list(name, spec, "rows", of_lists=True))
    widths, cuts = _list(name, spec, "widths"), _list(name, spec, "cuts")
    return Hierarchy(kind=str(spec.get("kind")), widths=tuple(widths), cuts=tuple(cuts), rows=rows, learned=learned)


def _list(name: str, spec: Mapping[str, Any], key: str, *, of_lists: bool = False) -> list[Any]:
    found = spec.get(key, [])
    if not isinstance(found, (list, tuple)) or (of_lists and not all(isinstance(v, (list, tuple)) for v in found)):
        raise UserError(
            f"{key!r} in the hierarchy of {name!r} is a list{' of lists' if of_lists else ''}",
            got="something else",
            do="Write it in square brackets.",
        )
    return list(found)


def read_levels(path: Path) -> tuple[tuple[str, ...], ...]:
    """Read an ARX levels file: one row per value, leaf first, semicolons, no header.

    Raises
    ------
    UserError
        When there is no such file, or as `read_levels_text`.
    """
    try:
        return read_levels_text(path.read_bytes())
    except FileNotFoundError:
        raise UserError("a levels file must exist", got=f"no file {path.name}", do="Correct the path.") from None
