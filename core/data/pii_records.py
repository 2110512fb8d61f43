"""Columns that number the rows, or repeat like a person's number: told by their name, or by values that differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from core.data import pii, pii_people
from core.data.pii import percent
from core.data.prepare import CellFacts
from core.data.schema import Kind

RECORDS = 20
"""Fewest rows from which all-different values say something about a column."""
LONG = 50
"""The same for numbers that are long: amounts of nine digits may differ too, but seldom all of them."""


def finite(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers, NaN where a value is no finite number."""
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers))


def record(name: str, facts: CellFacts, kind: Kind) -> str:
    """Return why a column numbers the rows, or repeats like a person's number; or nothing."""
    if kind is Kind.DATE or facts.present < 2:
        return ""
    all_differ = facts.distinct == facts.present
    if pii.names_id(name):
        if all_differ:
            return "Its name is that of an id, and no two cells are the same."
        if facts.distinct > 0.1 * facts.present and facts.distinct > RECORDS:
            return "Its name is that of an id, and its values repeat."
        return ""
    if not all_differ or facts.present < RECORDS:
        return ""
    numbers = finite(facts.values)
    if numbers.notna().all():
        steps = np.diff(np.sort(numbers.to_numpy()))
        whole = bool((steps == 1).all()) and not any(pii.has_topic(name, t) for t in ("quasi", "birth", "postal code"))
        return "Its numbers count the rows: no two are the same, and none is left out." if whole else ""
    amounts = r"[1-9]\d{0,2}(?:\.\d{3})+"  # thousands marked by points are amounts, however different
    form = rf"(?!{amounts}$)(?=.*\d)[A-Za-z0-9_\-./:#]{{3,64}}"
    codes = facts.texts.str.strip().str.fullmatch(form).to_numpy(dtype=bool)
    if kind is Kind.CATEGORICAL and facts.share(codes) >= 0.9 and not pii.has_topic(name, "postal code"):
        share = facts.share(codes)
        return f"No two cells are the same, and {percent(share)} of them look like a code: it tells rows apart."
    return ""


def long_numbers(facts: CellFacts) -> str:
    """Return why whole numbers tell people apart although nothing names them; or nothing.

    Devices, contracts and moments look like this, and so do large amounts: nobody can tell by the cells.
    """
    long = facts.texts.str.strip().str.fullmatch(r"[1-9]\d{8,17}(?:\.0+)?").to_numpy(dtype=bool)
    if facts.present < LONG or facts.distinct < 0.95 * facts.present or facts.share(long) < 0.95:
        return ""
    return (
        "Its whole numbers have nine digits or more and hardly two are the same: numbers of devices or contracts look "
        "like that, and so do amounts. To be on the safe side others are taken to know them."
    )


def birth_numbers(facts: CellFacts) -> float:
    """Return the years over which whole numbers spread when read as YYYYMMDD; 0 when they are no dates of birth."""
    texts = facts.texts.str.strip().str.replace(r"\.0+$", "", regex=True)
    days = pd.to_datetime(texts.where(texts.str.fullmatch(r"(?:19|20)\d{6}")), format="%Y%m%d", errors="coerce")
    there = days.notna().to_numpy(dtype=bool)
    if facts.share(there) < 0.95:
        return 0.0
    years = pii_people.years_spread(days[there].to_numpy(), facts.weights[there])
    return years if years >= pii_people.SPREAD else 0.0
