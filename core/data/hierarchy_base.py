"""What every fitted hierarchy can do, and the words its labels share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np
import pandas as pd

from core.data.schema import Column
from core.data.table import Labels, Meaning

EVERYTHING = "*"
OTHER = "(other)"
UNCOVERED = "(not in the hierarchy)"

_EXACT = Context(prec=1000)  # ends of intervals are exact decimals, so two intervals never share a text


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedHierarchy:
    """A hierarchy ready to be applied to any table's column.

    Parameters
    ----------
    column : Column
    levels : int
        The highest level, where everything is "*".
    learned : bool
        True when cut points or groups came from the members and not from public knowledge.
    notes : tuple of str
        What the reader should know: counts only.
    """

    column: Column
    levels: int
    learned: bool
    notes: tuple[str, ...] = ()

    def apply(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        """Return the labels of `cells` at a level from 1 on, and what they mean to a model (None: themselves)."""
        if level >= self.levels:
            return pd.Categorical.from_codes(np.zeros(len(cells), np.int8), categories=pd.Index([EVERYTHING])), None
        return self._below(cells, level)

    def public_labels(self, level: int) -> tuple[str, ...] | None:
        """Return every label of a level, when that list is public."""
        return (EVERYTHING,) if level >= self.levels else None

    def covers(self, text: str) -> bool:
        """Say whether the hierarchy knows what to do with a value; one that a levels file lacks is not covered."""
        return True

    def _below(self, cells: pd.Series[Any], level: int) -> tuple[Any, Meaning | None]:
        raise NotImplementedError


def cell_texts(cells: pd.Series[Any]) -> list[str | None]:
    """Return each cell as the text by which a levels file knows it; None where missing.

    Whole numbers have no fraction, others are plain decimals; dates are ISO days.

    Parameters
    ----------
    cells : Series
        In canonical form: floats, datetime64, or a categorical of texts.

    Examples
    --------
    >>> cell_texts(pd.Series([17.0, -0.0, 2.5, None])), cell_texts(pd.Series(pd.to_datetime(["2020-01-31 10:00"])))
    (['17', '0', '2.5', None], ['2020-01-31'])
    """
    if isinstance(cells.dtype, pd.CategoricalDtype):
        texts = [*(str(text) for text in cells.cat.categories), None]
        return [texts[code] for code in cells.cat.codes.to_numpy()]
    codes, values = pd.factorize(_days(cells))
    texts = [*(value_text(value) for value in values), None]
    return [texts[code] for code in codes]


def value_text(value: Any) -> str:
    """Write one number, or one day as datetime64, as a levels file does.

    >>> value_text(1e21), value_text(np.datetime64("2020-01-31")), value_text(1e-7)
    ('1000000000000000000000', '2020-01-31', '0.0000001')
    """
    if isinstance(value, np.datetime64):
        return str(value.astype("datetime64[D]"))
    return number_text(1, float(value) + 0.0)  # -0.0 + 0.0 is 0.0


def number_text(times: int, width: float) -> str:
    """Write `times` x `width` as a person would, exactly.

    >>> number_text(4, 5.0), number_text(3, 0.1), number_text(15, 1e5), number_text(2, 1e-10)
    ('20', '0.3', '1500000', '0.0000000002')
    """
    text = format(_EXACT.multiply(Decimal(times), Decimal(repr(width))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _days(cells: pd.Series[Any]) -> Labels:
    found = cells.to_numpy()
    return found.astype("datetime64[D]").astype("datetime64[s]") if found.dtype.kind == "M" else found
