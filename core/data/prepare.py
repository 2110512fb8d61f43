"""Raw cells made ready for `Table.build`: dates in one form a column, decimal commas; and what they look like, masked.

No sentence here quotes a cell.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.data.cells import Facts
from core.data.forms import Customs, customs_of
from core.data.schema import Kind, Schema
from core.data.table import Labels
from core.errors import UserError

SAMPLE = 2_000
"""Different values per column in which patterns are searched."""
MOSTLY = 0.5
"""Share of matching cells from which a pattern decides the role of a column."""

ISO, YEAR_FIRST, DAY_FIRST, MONTH_FIRST, NO_FORM = "iso", "year-first", "day-first", "month-first", "none"

_TIME = r"(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?(?: ?([AaPp])\.?[Mm]\.?)?)?"
_DAY = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_PLAIN_ISO, _ANY_ISO = rf"{_DAY})?", rf"{_DAY}(?: ?(?:Z|[+-]\d{{2}}(?::?\d{{2}})?))?)?"
_OFFSET = r"(?<=\d\d:\d\d)(:\d{2}(?:\.\d+)?)? ?(?:Z|[+-]\d{2}(?::?\d{2})?)$"
_YEAR_FIRST = rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}"
_YEAR_LAST = rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_TIME}"
_SHORT_YEAR = r"\d{1,2}([-/.])\d{1,2}\1\d{2}"
_COMMA = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?"
_GROUPED = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+"


@dataclass(frozen=True, eq=False)
class CellFacts:
    """The different values of a column.

    Parameters
    ----------
    values, counts : the values that are not blank, and in how many cells each stands
    rows : int
        All cells, blank and missing ones among them.
    texts, weights : up to `SAMPLE` of the values as texts, and their counts
    """

    values: pd.Series[Any]
    counts: Labels
    rows: int
    texts: pd.Series[Any]
    weights: Labels

    @property
    def present(self) -> int:
        """The number of cells that are neither missing nor blank."""
        return int(self.counts.sum())

    @property
    def distinct(self) -> int:
        """The number of different values."""
        return len(self.counts)

    def share(self, found: Labels) -> float:
        """Return the share of the (sampled) cells whose value is in a mask over the sample."""
        return float(self.weights[found].sum() / self.weights.sum()) if len(self.weights) else 0.0


def _codes(cells: pd.Series[Any]) -> tuple[Labels, pd.Series[Any]]:
    """Return codes and different values; cells that cannot be compared (lists ...) are compared as texts."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        cells = cells.astype(object)
    try:
        codes, values = pd.factorize(cells)
    except TypeError:
        codes, values = pd.factorize(cells.map(str, na_action="ignore"))
    return codes, pd.Series(values)


def texts_of(values: pd.Series[Any]) -> pd.Series[Any]:
    """Write values as texts, whole numbers without a fraction."""
    if isinstance(values.dtype, pd.StringDtype):
        return values.astype(object)
    return pd.Series([_text(v) for v in values.tolist()], dtype=object, index=values.index)


def full(texts: pd.Series[Any], pattern: str) -> Labels:
    """Say which texts match a whole pattern."""
    compiled = re.compile(pattern)
    return np.fromiter((compiled.fullmatch(text) is not None for text in texts), dtype=bool, count=len(texts))


def looks_dated(texts: pd.Series[Any]) -> Labels:
    """Say quickly which texts could be dates: three numbers with the same mark between them in front."""
    return full(texts, r"\s*\d{1,4}([-/.])\d{1,2}\1\d{1,4}(?!\d).*")


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def facts_of(cells: pd.Series[Any]) -> CellFacts:
    """Take a column apart into its different values."""
    codes, values = _codes(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(values))
    if not pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind != "M":
        texts = values if isinstance(values.dtype, pd.StringDtype) else texts_of(values)
        blank = texts.str.strip().eq("").to_numpy(dtype=bool)
        values, counts = values[~blank].reset_index(drop=True), counts[~blank]
    places = np.unique(np.linspace(0, max(len(values) - 1, 0), min(len(values), SAMPLE)).astype(int))
    return CellFacts(values, counts, len(cells), texts_of(values.iloc[places]), counts[places])


def parse_dates(texts: pd.Series[Any], month_first: bool) -> pd.Series[Any]:
    """Return moments, NaT where a text is no date; a year in front is always followed by month and day."""
    cells = texts.str.strip()
    iso = cells.str.fullmatch(_ANY_ISO)
    # The clock at the place: a birth date with an offset must not become the day before.
    local = cells.where(iso).str.replace(_OFFSET, r"\1", regex=True)
    found = pd.to_datetime(local, format="ISO8601", errors="coerce")
    if iso.all():
        return found.astype("datetime64[s]")
    first, last = cells.str.extract(rf"^{_YEAR_FIRST}$"), cells.str.extract(rf"^{_YEAR_LAST}$").drop(columns=1)
    last = last.iloc[:, [2, 0, 1, 3, 4, 5, 6] if month_first else [2, 1, 0, 3, 4, 5, 6]]
    last.columns = first.columns = pd.Index(["year", "month", "day", "h", "i", "s", "p"])
    parts = first.where(first["year"].notna(), last)
    days = pd.to_datetime(parts[["year", "month", "day"]].astype(float), errors="coerce").astype("datetime64[s]")
    clock = parts[["h", "i", "s"]].fillna("0").astype(int)
    half = parts["p"].str.lower()
    hours = clock["h"].where(half.isna(), clock["h"] % 12 + 12 * half.eq("p"))
    real = (clock["h"].lt(24) & half.isna()) | clock["h"].between(1, 12)
    real &= clock["i"].lt(60) & clock["s"].lt(60)
    seconds = pd.to_timedelta(hours * 3600 + clock["i"] * 60 + clock["s"], unit="s").astype("timedelta64[s]")
    moments = (days + seconds).where(real | parts["h"].isna())
    return found.astype("datetime64[s]").where(iso, moments)


def date_form(cells: pd.Series[Any]) -> tuple[str, bool]:
    """Return how the dates of a column are written, and whether day and month could be the other way round.

    Returns
    -------
    form : {"iso", "year-first", "day-first", "month-first", "none"}
        One for the whole column. A number above 12 tells the day from the month; where none does, or where both
        places hold one, the day is taken to be first if not fewer cells say so.
    ambiguous : bool
        True when no cell decides, or when cells contradict each other. Dates with dots are day-first everywhere and
        not ambiguous.

    Examples
    --------
    >>> date_form(pd.Series(["12/31/1999"])), date_form(pd.Series(["01/02/1999"]))
    (('month-first', False), ('day-first', True))
    """
    if cells.dtype.kind == "M" or (cells.notna().any() and _unchanged(cells)):
        return ISO, False
    codes, values = _codes(cells)
    return form_of(texts_of(values), np.bincount(codes[codes >= 0], minlength=len(values)))


def form_of(texts: pd.Series[Any], counts: Labels) -> tuple[str, bool]:
    """Return what `date_form` does, from different texts and how often each occurs."""
    cells = texts.str.strip()
    iso = full(cells, _ANY_ISO)
    if iso.any() and iso.all():
        return ISO, False
    parts = cells.str.extract(rf"^{_YEAR_LAST}$")
    last = parts[0].notna().to_numpy()
    if not last.any():
        other = full(cells, _YEAR_FIRST) & ~iso
        return YEAR_FIRST if other.any() else ISO if iso.any() else NO_FORM, False
    one, two = parts[0].astype(float).to_numpy(), parts[2].astype(float).to_numpy()
    day = int(counts[(one > 12) & (two <= 12)].sum())
    month = int(counts[(two > 12) & (one <= 12)].sum())
    undecided = day == month == 0 and not parts[1].dropna().eq(".").all() and bool((one != two)[last].any())
    return (MONTH_FIRST if month > day else DAY_FIRST), undecided or (day > 0 and month > 0)


def _unchanged(cells: pd.Series[Any]) -> bool:
    """Say whether all cells are plain ISO dates, which `Table.build` reads itself (blank cells are not)."""
    try:
        array = pa.array(cells, pa.large_string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return False
    return pc.all(pc.match_substring_regex(array, f"^(?:{_PLAIN_ISO})$")).as_py() is not False


def comma_numbers(texts: pd.Series[Any]) -> pd.Series[Any] | None:
    """Read numbers with a decimal comma; None when no cell shows that commas are decimal, or when points are.

    Where every comma is followed by groups of three digits it may stand for thousands, and nothing is read.
    """
    cells = texts.str.strip()
    good = cells.str.fullmatch(_COMMA).astype(bool)
    commas = cells[good & cells.str.contains(",", regex=False)]
    points = cells[~good].str.fullmatch(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?").any()
    if commas.empty or points or commas.str.fullmatch(_GROUPED).all():
        return None
    plain = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return pd.to_numeric(plain.where(good), errors="coerce").astype(float)


def apply_kinds(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the frame with dates and decimal commas in a form that `Table.build` reads; all else stays as it is.

    Cells that cannot be read stay too: `Table.build` names their lines. So do extra and missing columns.

    Examples
    --------
    >>> from core.data.schema import Column, Role
    >>> schema = Schema((Column(name="w", kind=Kind.NUMERIC, role=Role.FEATURE),))
    >>> apply_kinds(pd.DataFrame({"w": ["1,5", "1.000,25"]}), schema)["w"].tolist()
    [1.5, 1000.25]
    """
    changed: dict[str, pd.Series[Any]] = {}
    customs = _TableCustoms(frame)
    for column in schema.columns:
        if column.name not in frame.columns:
            continue
        cells = frame[column.name]
        if not isinstance(cells, pd.DataFrame):
            new = _ready(cells, column.kind, customs)
            if new is not cells:
                changed[column.name] = new
    return frame.assign(**changed) if changed else frame


class _TableCustoms:
    """How the clear columns of a table are written; looked at only when an unclear column asks."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    @cached_property
    def found(self) -> Customs:
        """What the clear columns agree on."""
        texts = [self._frame.iloc[:, i] for i in range(self._frame.shape[1])]
        return customs_of(Facts.of(cells) for cells in texts if _is_text(cells))


def _is_text(cells: pd.Series[Any]) -> bool:
    """Say whether all cells are texts or missing."""
    return isinstance(cells.dtype, pd.StringDtype) or (
        cells.dtype == object and all(v is None or isinstance(v, str) or v != v for v in cells.tolist())
    )


def _refuse_thousands(name: str, values: pd.Series[Any], customs: _TableCustoms) -> None:
    """Refuse "30.129" beside columns with decimal commas: it may be thirty or thirty thousand.

    Raises
    ------
    UserError
        Naming the column and the remedy.
    """
    texts = texts_of(values).str.strip()
    dotted = texts[texts.str.contains(".", regex=False)]
    if dotted.empty or not dotted.str.fullmatch(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+").all():
        return
    if customs.found.decimal_comma:
        raise UserError(
            f"the points in the numbers of {name!r} must mark either decimals or thousands",
            got="a column that leaves it open, in a table whose other columns have decimal commas",
            do="Write these numbers without thousands marks, or choose the kind 'categorical' for the column.",
        )


def _ready(cells: pd.Series[Any], kind: Kind, customs: _TableCustoms) -> pd.Series[Any]:
    if cells.dtype == object and kind in (Kind.CATEGORICAL, Kind.TEXT):
        try:
            pd.factorize(cells)
        except TypeError:
            return cells.map(str, na_action="ignore")
    if kind is Kind.NUMERIC and not pd.api.types.is_numeric_dtype(cells.dtype) and cells.dtype.kind != "M":
        codes, values = _codes(cells)
        if pd.to_numeric(values, errors="coerce").notna().all():
            _refuse_thousands(str(cells.name), values, customs)
            return cells
        numbers = comma_numbers(texts_of(values))
        return cells if numbers is None else _put_back(cells, codes, values, numbers)
    if kind is Kind.DATE and cells.dtype.kind != "M" and not _unchanged(cells):
        codes, values = _codes(cells)
        texts = texts_of(values)
        form = _settled(form_of(texts, np.bincount(codes[codes >= 0], minlength=len(values))), customs)
        return _put_back(cells, codes, texts, parse_dates(texts, form == MONTH_FIRST))
    return cells


def _settled(found: tuple[str, bool], customs: _TableCustoms) -> str:
    """Return a column's form; where its cells leave it open, the table's other date columns decide."""
    form, ambiguous = found
    return MONTH_FIRST if ambiguous and form == DAY_FIRST and customs.found.month_first else form


def _put_back(cells: pd.Series[Any], codes: Labels, values: pd.Series[Any], read: pd.Series[Any]) -> pd.Series[Any]:
    """Return what was read for each row; what was not read, and is not blank, stays as it was."""
    blank = values.astype(str).str.strip().eq("")
    if not (read.isna() & ~blank).any():
        return pd.Series(read.array.take(codes, allow_fill=True), index=cells.index, name=cells.name)
    shown = read.dt.strftime("%Y-%m-%d %H:%M:%S") if read.dtype.kind == "M" else read
    kept = shown.astype(object).where(read.notna(), values.astype(object))
    mixed = np.array([*kept, None], dtype=object)
    return pd.Series(mixed[codes], index=cells.index, name=cells.name, dtype=object)


def date_findings(frame: pd.DataFrame, schema: Schema) -> tuple[str, ...]:
    """Return sentences on date columns that could be misread or hold cells that are no dates: counts, never a cell."""
    found = []
    customs = _TableCustoms(frame)
    for column in schema.columns:
        if column.kind is not Kind.DATE or column.name not in frame.columns:
            continue
        cells = frame[column.name]
        if cells.dtype.kind == "M" or (isinstance(cells.dtype, pd.StringDtype) and cells.isna().all()):
            continue
        codes, values = _codes(cells)
        texts, counts = texts_of(values), np.bincount(codes[codes >= 0], minlength=len(values))
        form, ambiguous = form_of(texts, counts)
        form = _settled((form, ambiguous), customs)
        if ambiguous:
            other = "month" if form == DAY_FIRST else "day"
            found.append(
                f"The dates in '{column.name}' are read with the {form.removesuffix('-first')} first, but the cells do "
                f"not settle it: the {other} could come first. Check with whoever made the table."
            )
        bad = (parse_dates(texts, form == MONTH_FIRST).isna() & texts.str.strip().ne("")).to_numpy(dtype=bool)
        short = int(counts[bad & texts.str.strip().str.fullmatch(_SHORT_YEAR).to_numpy(dtype=bool)].sum())
        if bad.any():
            total = int(counts[bad].sum())
            tail = f", {short:,} of them because the year has two digits only" if short else ""
            cells_are = "1 cell that is" if total == 1 else f"{total:,} cells that are"
            found.append(f"'{column.name}' holds {cells_are} not readable as a date{tail}.")
    return tuple(found)


def masked_example(cells: pd.Series[Any], kind: Kind) -> str:
    """Return the most frequent shape of a column: letters as "a", digits as "9", other marks as they are or "*".

    >>> masked_example(pd.Series(["Ann-1", "Bob-2", "x"]), Kind.CATEGORICAL)
    'aaa-9'
    """
    facts = facts_of(cells)
    if not facts.distinct:
        return ""
    if kind is Kind.TEXT and facts.share(facts.texts.str.count(r"\S+").ge(4).to_numpy(dtype=bool)) >= MOSTLY:
        return "aaa aaa …"
    shapes: Counter[str] = Counter()
    for text, count in zip(facts.texts, facts.weights, strict=True):
        shapes[_shape(str(text).removesuffix(" 00:00:00"))] += int(count)
    return min(shapes, key=lambda shape: (-shapes[shape], shape))


def _shape(text: str) -> str:
    kept = text[:13] if len(text) > 12 else text
    shape = "".join("a" if c.isalpha() else "9" if c.isdigit() else c if c in " .,-/:@+()_%" else "*" for c in kept)
    if not re.search("[a9]", shape):
        shape = re.sub(r"\S", "*", shape)
    return shape[:12] + "…" if len(text) > 12 else shape
