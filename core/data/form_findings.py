"""Saying how the numbers and dates of a file are written, in words; never what stands in a cell."""

from __future__ import annotations

from collections.abc import Mapping

from core.data.cells import Facts, Finding, info, listed, many, short, warning
from core.data.forms import MOSTLY, customs_of, is_code, like_dates, read_dates, read_numbers, two_digit_years
from core.data.table import Labels


def form_findings(columns: Mapping[str, Facts]) -> tuple[list[Finding], bool]:
    """Say how numbers and dates were read, and return whether decimals have commas."""
    customs = customs_of(columns.values())
    found: list[Finding] = []
    commas: list[str] = []
    grouped: list[str] = []
    zeros: list[str] = []
    orders: dict[str, list[str]] = {"day_first": [], "month_first": []}
    for name, facts in columns.items():
        if not facts.present:
            continue
        numbers = read_numbers(facts, customs)
        if facts.share(numbers.good) >= MOSTLY:
            if is_code(facts):
                zeros.append(name)
                continue
            found += _odd_cells(name, facts, numbers.good, "number", "numbers")
            commas += [name] if numbers.comma else []
            grouped += [name] if numbers.grouped and not numbers.unclear else []
            if numbers.unclear:
                mark = "." if customs.decimal_comma else ","
                found.append(
                    warning(
                        f"The '{mark}' in the numbers of '{short(name)}' could mark decimals or thousands: no cell "
                        "settles it. Write the numbers with a point for the decimals and nothing for the thousands.",
                        name,
                    )
                )
            continue
        if not like_dates(facts):
            continue
        dates = read_dates(facts, customs)
        if facts.share(dates.good) >= MOSTLY:
            found += _odd_cells(name, facts, dates.good, "date", "dates")
            if dates.unclear:
                found.append(
                    warning(
                        f"The dates of '{short(name)}' could have the day or the month first: no cell settles it. "
                        "Check how they were understood, or write them as 2024-12-31.",
                        name,
                    )
                )
            else:
                orders.get(dates.order, []).append(name)
        elif two_digit_years(facts):
            text = f"The years of '{short(name)}' have two digits, which does not say the century. Write four."
            found.append(warning(text, name))
    for names, text in (
        (commas, "The decimal mark is a comma in {}."),
        (grouped, "Thousands are set apart in the numbers of {}."),
        (zeros, "Leading zeros or very long numbers were kept as text in {}: they are codes, not quantities."),
        (orders["day_first"], "Dates are written with the day first in {}."),
        (orders["month_first"], "Dates are written with the month first in {}."),
    ):
        if names:
            found.append(info(text.format(listed(names)), names[0] if len(names) == 1 else None))
    return found, customs.decimal_comma or bool(commas)


def _odd_cells(name: str, facts: Facts, good: Labels, one: str, more: str) -> list[Finding]:
    """Name the few cells that are not like the others."""
    odd = facts.cells(~good)
    if not odd:
        return []
    text = (
        f"{many(odd, 'cell')} of '{short(name)}' cannot be read as a {one} although the others can (first in line "
        f"{facts.lines(~good)}). Until they are corrected, the column cannot be used as {more}."
    )
    return [warning(text, name)]
