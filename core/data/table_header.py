"""The line with the column names: is there one, and are the names usable."""

from __future__ import annotations

import re
from itertools import pairwise

import pyarrow as pa

from core.data.cells import Facts, Finding, info, listed, many, short, warning
from core.data.forms import Customs, like_dates, read_dates, read_numbers
from core.data.table import Labels

LOOK = 1000
"""How many rows are compared with the first line."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


def has_no_header(header: list[str], columns: list[pa.ChunkedArray]) -> bool:
    """Say whether the first line looks like data rather than like names.

    It does when it has a number above most columns of numbers (a date above dates), an e-mail address, or, in a table
    of words only, the very words that stand in the columns below. Numbers that count up (0, 1, 2) and years above
    other quantities are names.
    """
    if any(_EMAIL.fullmatch(cell) for cell in header):
        return True
    hits: list[tuple[str, float | None]] = []
    typed = words = repeated = 0
    for cell, column in zip(header, columns, strict=True):
        facts = Facts.of_texts(column.slice(0, LOOK).combine_chunks().cast(pa.large_string()))
        if not facts.present:
            continue
        alone = Facts.of_texts(pa.array([cell or None], pa.large_string()))
        numbers = read_numbers(facts, Customs())
        if facts.share(numbers.good) >= 0.9:
            typed += 1
            if read_numbers(alone, Customs()).good.any():
                hits.append((cell, _middle(numbers.numbers)))
        elif like_dates(facts) and facts.share(read_dates(facts, Customs()).good) >= 0.9:
            typed += 1
            if read_dates(alone, Customs()).good.any():
                hits.append((cell, None))
        else:
            words += 1
            repeated += bool(cell) and cell in facts.values.to_pylist()
    if typed:
        return bool(hits) and 2 * len(hits) >= typed and not _counts_up(hits)
    return repeated >= 2 and 2 * repeated >= words


def _middle(values: Labels) -> float:
    """Return a typical number of the column."""
    numbers = sorted(value for value in values.tolist() if value == value)
    return float(numbers[len(numbers) // 2])


def _counts_up(hits: list[tuple[str, float | None]]) -> bool:
    """Say whether numbers in the first line are names: 0, 1, 2 ... or years above something else."""
    if not all(re.fullmatch(r"\d{1,4}", cell) for cell, _ in hits):
        return False
    numbers = [int(cell) for cell, _ in hits]
    if all(1900 <= n <= 2100 for n in numbers) and not any(m and 1900 <= m <= 2100 for _, m in hits):
        return True
    return len(numbers) > 1 and all(b - a == 1 for a, b in pairwise(numbers))


def repaired_names(header: list[str], found: list[Finding]) -> list[str]:
    """Return names without blanks around them, none empty, none twice; say what was changed.

    Examples
    --------
    >>> repaired_names([" age", "", "age"], [])
    ['age', 'column 2', 'age (2)']
    """
    clean = [re.sub(r"[\x00-\x1f\x7f\u2028\u2029]+", " ", name).strip(" \u00a0\u202f\ufeff") for name in header]
    padded = [name for name, before in zip(clean, header, strict=True) if name and name != before]
    if padded:
        found.append(info(f"Blanks or line breaks were cut from the column names {listed(padded)}."))
    taken = set(clean)
    names: list[str] = []
    nameless: list[str] = []
    for place, name in enumerate(clean, start=1):
        new, number = name or f"column {place}", 2
        while new in names or (new != name and new in taken):
            new, number = f"{name or f'column {place}'} ({number})", number + 1
        if not name:
            nameless.append(new)
        elif new != name:
            text = f"The name '{short(name)}' stands above several columns; one of them is now called '{short(new)}'."
            found.append(warning(text, new))
        names.append(new)
    if nameless:
        text = f"{many(len(nameless), 'column')} without a name: now called {listed(nameless)}."
        found.append(warning(text, nameless[0] if len(nameless) == 1 else None))
    return names
