"""Numbers as people write them into a box."""

from __future__ import annotations

from typing import Any

from core.errors import UserError


def read_values(text: str, kind: str) -> list[Any]:
    """Read a list of numbers as people write it.

    >>> read_values("2, 5;10", "int"), read_values("0.5 1", "float")
    ([2, 5, 10], [0.5, 1.0])
    """
    parts = text.replace(";", " ").replace(",", " ").split()
    try:
        return [int(part) if kind == "int" else float(part) for part in parts]
    except ValueError:
        raise UserError(
            "values are numbers, separated by commas", got=repr(text[:40]), do="Write for example 2, 5, 10."
        ) from None
