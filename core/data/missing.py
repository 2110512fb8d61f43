"""Which marks stand for a missing cell, and counting each of them."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from core.data.cells import Finding, info, listed, many, short, warning

MISSING_TOKENS = ("?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "Null", "null", "-", "#N/A", "<NA>")
"""What stands for a missing cell, beside an empty one."""

_SIGNS = ("+", "++", "+++", "+/-", "±")


def with_missing(columns: list[pa.ChunkedArray], names: list[str], found: list[Finding]) -> list[pa.ChunkedArray]:
    """Make the usual marks for "missing" missing, and count each."""
    counts: dict[str, dict[str, int]] = {}
    result = []
    tokens = pa.array(MISSING_TOKENS, pa.string())
    for name, column in zip(names, columns, strict=True):
        if column.null_count:
            counts.setdefault("", {})[name] = column.null_count
        marks = pc.is_in(column, tokens)
        if pc.any(marks).as_py():
            present = {pair["values"]: pair["counts"] for pair in pc.value_counts(column.filter(marks)).to_pylist()}
            if "-" in present and _is_signs(column, marks):
                text = f"The '-' in '{short(name)}' was kept as a value, because the other cells are plus signs."
                found.append(warning(text, name))
                marks = pc.and_(marks, pc.not_equal(column, "-"))
                del present["-"]
            for token, count in present.items():
                counts.setdefault(token, {})[name] = count
            column = pc.if_else(marks, pa.scalar(None, pa.string()), column)
        result.append(column)
    for token in sorted(counts):
        where = counts[token]
        what = many(sum(where.values()), f"cell '{token}'", f"cells '{token}'") if token else ""
        what = what or many(sum(where.values()), "empty cell")
        verb = "was" if sum(where.values()) == 1 else "were"
        text = f"{what} {verb} read as missing in {listed(list(where))}."
        found.append(info(text, next(iter(where)) if len(where) == 1 else None))
    for name in counts.get("NA", {}):
        if re.search(r"countr|nation|land|pays|pais|iso", name.lower()):
            text = f"'NA' in '{short(name)}' was read as missing. If it stands for Namibia, write the name out."
            found.append(warning(text, name))
    return result


def _is_signs(column: pa.ChunkedArray, marks: pa.ChunkedArray) -> bool:
    """Say whether the other cells are plus signs: then a minus is a value."""
    others = pc.unique(column.filter(pc.and_(pc.invert(marks), column.is_valid()))).to_pylist()
    return bool(others) and set(others) <= set(_SIGNS)
