"""A table before and after the table steps of a recipe: distributions, crowds, losses, a few example rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from core.data.masked_view import masked_rows
from core.data.split import subsample
from core.data.table import Labels, Meaning, Table, class_labels, task_of
from core.privacy.classes import Classes, equivalence_classes
from core.rng import rng_for
from core.techniques.base import PublicFacts, Stage
from core.tradeoff.bench import public_domains
from core.tradeoff.recipe import Recipe

SIZES = (1, 2, 5, 10, 50)
"""Where each bucket of class sizes begins."""

BARS = 12
"""Most bars of a distribution; what is rarer shares one more."""

EXAMPLES = 5
OTHER = "all others"
GONE = "left out"


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """The shares of a column's values.

    Parameters
    ----------
    labels : tuple of str
        What each bar stands for: a value, an interval of numbers, "(missing)", or all others together.
    shares : tuple of float
        Of the rows, adding up to 1.
    different : int
        How many different values there are.
    """

    labels: tuple[str, ...]
    shares: tuple[float, ...]
    different: int


@dataclass(frozen=True, kw_only=True)
class ColumnChange:
    """One column before and after.

    Parameters
    ----------
    after : Distribution or None
        None when the column does not leave the room.
    changed : float or None
        Share of the released cells that differ from the cell they were made from; None where rows are nobody's or the
        column is gone.
    """

    name: str
    before: Distribution
    after: Distribution | None
    changed: float | None


@dataclass(frozen=True, kw_only=True)
class Crowds:
    """How many people share their quasi-identifiers with how many.

    Parameters
    ----------
    people : tuple of int
        People in classes of 1, 2-4, 5-9, 10-49 and 50 or more.
    """

    people: tuple[int, ...]
    k: int
    uniques: int
    classes: int
    average: float


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """What a recipe does to a table.

    Parameters
    ----------
    columns : tuple of ColumnChange
        The columns that change, in the table's order.
    before, after : Crowds
        `after` is None when no row leaves, when rows are nobody's or changed at random, or no quasi-identifier is left.
    rows, released, suppressed : int
    examples : tuple of (list of texts before, list of texts after) pairs
        Masked for whoever looks; a text per name in `names`. The first is None for invented rows, the second for rows
        that were left out.
    names : tuple of str
    sampled : int or None
        People that it was made on, when fewer than the table has.
    notes : tuple of str
        What the steps tell: levels chosen, how far a search got.
    """

    columns: tuple[ColumnChange, ...]
    before: Crowds
    after: Crowds | None
    people: int
    rows: int
    released: int
    suppressed: int
    names: tuple[str, ...]
    examples: tuple[tuple[tuple[str, ...] | None, tuple[str, ...] | None], ...]
    sampled: int | None = None
    notes: tuple[str, ...] = ()


def facts_of(table: Table, assume_public_domain: bool = False) -> PublicFacts:
    """Return what everybody may know when a recipe is put on a whole table."""
    labelled = table.schema.target is not None and task_of(table) == "classification"
    return PublicFacts(
        people=table.people,
        classes=class_labels(table) if labelled else (),
        assume_public_domain=assume_public_domain,
        domains=public_domains(table) if assume_public_domain else None,
    )


def quick_part(recipe: Recipe, table: Table, seed: int) -> tuple[Table, int | None]:
    """Return as much of a table as a recipe's steps take in about half a second, and its people if that is a sample."""
    most = min((step.quick_people for step in recipe.steps if step.stage is Stage.TABLE), default=table.people)
    return (subsample(table, most, seed), most) if table.people > most else (table, None)


def before_after(table: Table, recipe: Recipe, facts: PublicFacts, *, seed: int, looker: str) -> BeforeAfter:
    """Return what a recipe's table steps do to a table.

    Parameters
    ----------
    looker : {"owner", "member", "viewer"}
        Who sees the example rows.
    """
    protected = recipe.protect(table, facts, partial(rng_for, seed, "preview", repr(recipe.describe())))
    rows, source = protected.table, protected.source
    known = table.schema.quasi_identifiers
    left = rows.schema.quasi_identifiers
    # Columns of the original quasi-identifiers that were dropped are known and of no use; masked ones are new.
    countable = source is not None and len(rows) and left and not recipe.perturbed
    after = crowds(rows, left) if countable else None
    order = rng_for(seed, "examples")
    return BeforeAfter(
        columns=tuple(changes(table, rows, source)),
        before=crowds(table, known),
        after=after,
        people=table.people,
        rows=len(table),
        released=len(rows),
        suppressed=len(table) - len(np.unique(source)) if source is not None else 0,
        notes=protected.notes,
        **_examples(table, rows, source, looker, order),
    )


def crowds(table: Table, columns: Sequence[str]) -> Crowds:
    """Return the sizes of the classes on some columns, counted in people."""
    found: Classes = equivalence_classes(table, tuple(columns))
    edges = [*SIZES, np.iinfo(np.int64).max]
    counts = [int(np.count_nonzero((found.smallest >= low) & (found.smallest < up))) for low, up in pairwise(edges)]
    return Crowds(
        people=tuple(counts),
        k=found.k,
        uniques=found.uniques,
        classes=len(found),
        average=found.prosecutor_average,
    )


def changes(table: Table, rows: Table, source: Labels | None) -> list[ColumnChange]:
    """Return the columns that differ, with their distributions."""
    found = []
    for name in table.schema.names:
        old = table.frame[name]
        if name not in rows.schema:
            found.append(ColumnChange(name=name, before=distribution(old), after=None, changed=None))
            continue
        new = rows.frame[name]
        if source is not None:
            share = share_changed(old.take(source), new)
            if share == 0:
                continue
        else:
            share = None
        edges = _edges(old)
        found.append(
            ColumnChange(
                name=name,
                before=distribution(old, edges),
                after=distribution(new, edges, rows.meanings.get(name)),
                changed=share,
            )
        )
    return found


def share_changed(old: pd.Series[Any], new: pd.Series[Any]) -> float:
    """Return the share of cells whose text is another one; a missing cell is equal to a missing cell."""
    if not len(new):
        return 0.0
    if old is new or (old.dtype == new.dtype and old.dtype.kind in "fM"):
        same = (old.to_numpy() == new.to_numpy()) | (old.isna().to_numpy() & new.isna().to_numpy())
        return float(1 - same.mean())
    first, names = _texts(old)
    second, others = _texts(new)
    known = {text: code for code, text in enumerate(names)}
    place = np.array([known.get(text, -2) for text in others] + [-1], dtype=np.int64)
    return float(np.mean(first != place[second]))


def _texts(cells: pd.Series[Any]) -> tuple[Labels, list[str]]:
    """Return codes (missing -1) and the text of each code, as the cells would be written."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.cat.codes.to_numpy(np.int64), [str(value) for value in cells.cat.categories]
    codes, values = pd.factorize(cells)
    if cells.dtype.kind == "M":
        return codes, [str(value).removesuffix(" 00:00:00") for value in values]
    return codes, [f"{value:.15g}" for value in values]


def _edges(cells: pd.Series[Any]) -> Labels | None:
    """Return the same bins for both sides of a number's or date's picture; whole numbers are not cut in between."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return None
    values = _numbers(cells)
    values = values[~np.isnan(values)]
    if not len(values) or values.min() == values.max():
        return None
    low, high = values.min(), values.max()
    if np.all(values == np.floor(values)):
        step = max(1.0, np.ceil((high - low + 1) / BARS))
        return np.asarray(low + step * np.arange(np.ceil((high - low + 1) / step) + 1))
    return np.linspace(low, high, BARS + 1)


def _numbers(cells: pd.Series[Any]) -> Labels:
    if cells.dtype.kind == "M":
        days = cells.to_numpy().astype("datetime64[D]")
        return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
    return cells.to_numpy(np.float64)


def distribution(cells: pd.Series[Any], edges: Labels | None = None, meaning: Meaning | None = None) -> Distribution:
    """Return the shares of a column's values; of numbers and dates in bins, of intervals in their order.

    Parameters
    ----------
    edges : float array, optional
        The bins of the other side.
    meaning : Meaning, optional
        What labels stand for. Intervals of numbers that are too many to draw are put where their middle is.

    Examples
    --------
    >>> distribution(pd.Series(pd.Categorical(["b", "a", "b", None])))
    Distribution(labels=('b', 'a', '(missing)'), shares=(0.5, 0.25, 0.25), different=2)
    """
    total = max(len(cells), 1)
    missing = int(cells.isna().sum())
    gap = [("(missing)", missing / total)] if missing else []
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        edges = _edges(cells) if edges is None else edges
        if edges is not None:
            dates = cells.dtype.kind == "M"
            return _distribution([*_binned(_numbers(cells), edges, total, dates), *gap], int(cells.nunique()))
    codes, names = _texts(cells)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    different = int(np.count_nonzero(counts))
    middles = meaning.weights if meaning is not None and not meaning.leaves else None
    if middles is not None and edges is not None and different > BARS:
        return _distribution([*_binned(middles[codes[codes >= 0]], edges, total, False), *gap], different)
    order = [i for i in np.argsort(-counts, kind="stable") if counts[i]]
    shown = order[:BARS]
    if middles is not None:
        shown = sorted(shown, key=lambda i: (np.isnan(middles[i]), middles[i]))
    rest = sum(int(counts[i]) for i in order[BARS:])
    others = [(f"{OTHER} ({len(order) - BARS})", rest / total)] if rest else []
    return _distribution([*((names[i], counts[i] / total) for i in shown), *others, *gap], different)


def _binned(values: Labels, edges: Labels, total: int, dates: bool) -> list[tuple[str, float]]:
    places = np.clip(np.searchsorted(edges, values[~np.isnan(values)], side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(places, minlength=len(edges) - 1)
    return list(zip(_bin_names(edges, dates), (counts / total).tolist(), strict=True))


def _distribution(bars: list[tuple[str, float]], different: int) -> Distribution:
    return Distribution(
        labels=tuple(label for label, _ in bars), shares=tuple(float(share) for _, share in bars), different=different
    )


def _bin_names(edges: Labels, dates: bool) -> list[str]:
    whole = bool(np.all(edges == np.floor(edges)))
    ends = edges[1:] - 1 if whole else edges[1:]
    if dates:
        lows, highs = ([str(np.datetime64(int(edge), "D")) for edge in side] for side in (edges[:-1], ends))
    else:
        lows, highs = ([f"{v:,.0f}" if whole else f"{v:,.4g}" for v in side] for side in (edges[:-1], ends))
    return [low if low == high else f"{low} to {high}" for low, high in zip(lows, highs, strict=True)]


def _examples(
    table: Table, rows: Table, source: Labels | None, looker: str, rng: np.random.Generator
) -> dict[str, Any]:
    """Return a few rows of each side, drawn at random; one that was left out among them, where there are any."""
    if source is None:
        chosen = np.sort(rng.permutation(len(rows))[:EXAMPLES])
        after = masked_rows(rows, chosen, looker)
        pairs: list[tuple[Any, Any]] = [(None, tuple(map(str, cells))) for cells in after.to_numpy()]
        return {"names": tuple(map(str, after.columns)), "examples": tuple(pairs)}
    gone = np.setdiff1d(np.arange(len(table)), source)
    kept = rng.permutation(len(rows))[: EXAMPLES - min(len(gone), 1)]
    before = masked_rows(table, np.append(source[kept], gone[:1] if len(gone) else []).astype(np.int64), looker)
    after = masked_rows(rows, kept, looker).reindex(columns=before.columns, fill_value="(not released)")
    olds, news = before.astype(str).to_numpy().tolist(), after.astype(str).to_numpy().tolist()
    pairs = [(tuple(old), tuple(news[i]) if i < len(news) else None) for i, old in enumerate(olds)]
    return {"names": tuple(map(str, before.columns)), "examples": tuple(pairs)}
