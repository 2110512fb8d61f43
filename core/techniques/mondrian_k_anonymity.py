"""k-anonymity by Mondrian: cut the people into boxes at medians, as long as every box keeps k people."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.random import Generator

from core.data.schema import Column, Kind, Schema
from core.data.table import MISSING, Labels, Meaning, Table
from core.errors import UserError
from core.models.encode import MAX_CATEGORIES
from core.params import IntRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Protected, PublicFacts, Stage, Technique
from core.techniques.median_cuts import CutTree, median_cuts

_DAY = 86_400  # seconds
_ODD = frozenset(',{}"')  # a name with one of these is quoted inside a set


@dataclass(frozen=True, kw_only=True)
class MondrianKAnonymity(Technique):
    """Give everybody at least k - 1 doubles: quasi-identifiers become the ranges of a box of k people or more.

    All people start in one box. A box is cut at the median of the quasi-identifier on which its people differ most,
    compared with everybody (share of the column's different values that the box spans), and again, while both halves
    keep `k` *different people*; where the widest column allows no such cut the next is tried. Each cell is
    then replaced by what the box really holds in that column: "[25, 31]" for numbers and dates, "{Ulm, Bonn}" for
    categories, the value itself where there is only one, and "*" where the box has every category there is. No row
    is suppressed. A missing value is a value: it comes before all numbers, and labels name it.

    Anybody else (test people, controls, the attacker's targets) is sent down the same cuts. Whoever lies inside a
    released box ends in it, because the cuts run between the boxes; whoever lies in none ends in the one on their
    side of every cut. An unseen number counts as the nearest seen one, an unseen category as its nearest relative
    in the schema's hierarchy or, without one, as the most frequent category.

    Categories are put in the order of the hierarchy (relatives side by side), else by frequency.

    Guarantee: k-anonymity, counting people, for the declared quasi-identifiers.

    Examples
    --------
    >>> from core.data.schema import Role
    >>> schema = Schema((Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),))
    >>> members = Table.build(pd.DataFrame({"age": [20, 25, 31, 58, 60, 60]}), schema)
    >>> facts = PublicFacts(people=6, classes=())
    >>> protected = MondrianKAnonymity(k=3).protect(members, facts, np.random.default_rng(0))
    >>> list(protected.table.frame["age"])
    ['[20, 31]', '[20, 31]', '[20, 31]', '[58, 60]', '[58, 60]', '[58, 60]']
    >>> list(protected.recode(Table.build(pd.DataFrame({"age": [17, 44, 99]}), schema)).frame["age"])
    ['[20, 31]', '[20, 31]', '[58, 60]']

    References
    ----------
    K. LeFevre, D. J. DeWitt, R. Ramakrishnan, Mondrian multidimensional k-anonymity, ICDE 2006 (strict
    partitioning). Ours differs in the cut: the most balanced one that keeps k people on both sides.
    """

    key: ClassVar[str] = "mondrian_k_anonymity"
    title: ClassVar[str] = "k-anonymity (Mondrian)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE
    strength: ClassVar[str | None] = "k"
    grid: ClassVar[tuple[Any, ...]] = (2, 5, 10, 25, 50)
    stops: ClassVar[str] = (
        "Stops an attacker who knows only the quasi-identifiers from telling k people apart in one release; it does "
        "not stop them from learning a secret that all k share, nor from using other columns or a second release."
    )

    k: int = param(
        5, IntRange(low=2, high=1_000_000, log=True, unit="people", help="People that each box must hold at least.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table in which nothing could be recognised."""
        return None if schema.quasi_identifiers else "no column has the role quasi-identifier: there is nothing to box"

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return k-anonymity with what it takes for granted."""
        assumptions = [
            f"The attacker knows nothing but the declared quasi-identifiers ({', '.join(schema.quasi_identifiers)}).",
            "The rows are released once: two releases of the same people can be intersected.",
            "People are counted, not rows; every row is kept.",
        ]
        if schema.person_id is not None:
            assumptions.append(
                "k holds for every row; somebody who can link the rows of one person can narrow it down further."
            )
        if schema.direct_identifiers:
            assumptions.append(
                f"Direct identifiers ({', '.join(schema.direct_identifiers)}) are dropped or masked by another step."
            )
        return Guarantee(kind="k_anonymity", k=self.k, assumptions=tuple(assumptions))

    def protect(self, members: Table, facts: PublicFacts, rng: Generator) -> Protected:
        """Box the members; `rng` is not used.

        Raises
        ------
        UserError
            When there are fewer than k people.
        """
        if members.people < self.k:
            raise UserError(
                f"k = {self.k:,} cannot be reached with {members.people:,} people",
                got=f"{members.people:,} people",
                do="Lower k, or give more people.",
            )
        if not (axes := [_axis(members, name) for name in members.schema.quasi_identifiers]):
            return super().protect(members, facts, rng)  # an earlier step dropped them all: one class of everybody
        codes = np.column_stack([axis.place(members) for axis in axes])
        tree, box = median_cuts(codes, np.array([axis.size for axis in axes]), members, self.k)
        boxes = _Boxes(axes, tree, [_names(axis, box, codes[:, j], tree.boxes) for j, axis in enumerate(axes)])
        return Protected(table=boxes.write(members, box), source=np.arange(len(members)), recode=boxes.recode)


@dataclass(frozen=True, eq=False)
class _Axis:
    """One quasi-identifier as codes in cut order: 0 is missing, then 1, 2, ... for the members' different values."""

    column: Column
    kind: str  # number, date or category
    points: Labels  # numbers (dates in seconds) ascending, or texts in cut order
    gaps: bool  # some member's value is missing
    usual: int  # the most frequent category's code
    leaves: tuple[str, ...]  # what categories stand for; none when an earlier step made them of numbers
    weights: Labels  # by code: midpoints, or how much of each leaf

    @property
    def size(self) -> int:
        return len(self.points) + self.gaps

    def place(self, table: Table) -> Labels:
        """Return the code of every row of any table."""
        cells = table.frame[self.column.name]
        if self.kind != "category":
            return self._nearest(_as_numbers(cells))
        known = {text: code for code, text in enumerate(self.points, start=1)}
        texts = [str(text) for text in cells.cat.categories]
        paths = _paths(self.column, texts)
        relatives = sorted((path, known[text]) for text, path in _paths(self.column, [*known]).items() if path)
        found = [known.get(text) or self._relative(paths[text], relatives) for text in texts]
        return np.array([*found, 0 if self.gaps else self.usual], dtype=np.int64)[cells.cat.codes.to_numpy()]

    def _nearest(self, numbers: Labels) -> Labels:
        if not len(self.points):
            return np.zeros(len(numbers), dtype=np.int64)
        above = np.minimum(np.searchsorted(self.points, numbers), len(self.points) - 1)
        below = np.maximum(above - 1, 0)
        halves, half = self.points / 2, numbers / 2  # halved, so that differences of huge numbers stay finite
        lower = (self.points[above] != numbers) & (half - halves[below] <= halves[above] - half)
        return np.where(np.isnan(numbers), 0, np.where(lower, below, above) + 1)

    def _relative(self, path: tuple[str, ...], relatives: list[tuple[tuple[str, ...], int]]) -> int:
        """Return the code of the nearest relative in the hierarchy, or of the most frequent category."""
        at = bisect_left(relatives, (path, 0))
        near = relatives[max(at - 1, 0) : at + 1]
        shared = [
            next((i for i, (x, y) in enumerate(zip(path, o, strict=False)) if x != y), len(path)) for o, _ in near
        ]
        return near[int(np.argmax(shared))][1] if max(shared, default=0) else self.usual


def _as_numbers(cells: Any) -> Labels:
    if cells.dtype.kind == "M":
        seconds = cells.to_numpy().astype("datetime64[s]")
        return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64))
    return np.asarray(cells, dtype=np.float64)


def _paths(column: Column, texts: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return each category's way down from the root of its hierarchy; empty when it has none."""
    kind = column.hierarchy.kind if column.hierarchy else ""
    rows = {row[0]: tuple(reversed(row)) for row in column.hierarchy.rows} if column.hierarchy else {}
    return {text: tuple(text) if kind == "prefix" else rows.get(text, ()) for text in texts}


def _axis(members: Table, name: str) -> _Axis:
    column, cells, meaning = members.schema[name], members.frame[name], members.meanings.get(name)
    gaps = bool(cells.isna().any())
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        numbers = np.unique(_as_numbers(cells))
        numbers = numbers[~np.isnan(numbers)]
        date = cells.dtype.kind == "M"
        middles = np.append(np.nan, numbers / _DAY if date else numbers)
        return _Axis(column, "date" if date else "number", numbers, gaps, 0, (), middles)
    count = np.bincount(cells.cat.codes.to_numpy() + 1, minlength=len(cells.cat.categories) + 1)[1:]
    texts = {str(text): i for i, text in enumerate(cells.cat.categories) if count[i]}
    paths = _paths(column, texts)
    if meaning is not None and not meaning.leaves:
        middle = np.nan_to_num(meaning.weights, nan=-np.inf)
        order = sorted(texts, key=lambda text: (middle[texts[text]], text))
    else:
        order = sorted(texts, key=lambda text: (not paths[text], paths[text], -count[texts[text]], text))
    old = [texts[text] for text in order]
    usual = 1 + int(np.argmax(count[old])) if order else 0
    if meaning is not None:
        none = np.full((1, *meaning.weights.shape[1:]), 0.0 if meaning.leaves else np.nan)
        leaves, weights = meaning.leaves, np.concatenate([none, meaning.weights[old]])
        weights = (weights > 0).astype(float) if leaves else weights
    else:  # like the models' encoder: beyond this many, the rarest share one leaf
        common = sorted(np.argsort(-count[old], kind="stable")[:MAX_CATEGORIES].tolist())
        leaves = (MISSING, *(order[i] for i in common), *(["(other)"] if len(common) < len(order) else []))
        weights = np.zeros((len(order) + 1, len(leaves)))
        weights[1:, -1], weights[0, 0] = 1.0, 1.0
        weights[1 + np.array(common, dtype=np.int64)] = np.eye(len(leaves))[1 : len(common) + 1]
        leaves, weights = (leaves, weights) if gaps else (leaves[1:], weights[:, 1:])
    return _Axis(column, "category", np.array(order, dtype=object), gaps, usual, leaves, weights)


@dataclass(frozen=True, eq=False)
class _Names:
    """The labels of one column: their texts, the label of each box, what they mean."""

    texts: list[str]
    of_box: Labels
    meaning: Meaning


def _names(axis: _Axis, box: Labels, codes: Labels, boxes: int) -> _Names:
    """Name what the boxes hold on one axis; boxes that hold the same share a label."""
    width = len(axis.points) + 1
    pairs = np.unique(box * width + codes)
    start = np.searchsorted(pairs, np.arange(boxes + 1) * width)
    held = (pairs % width).tolist()
    found: dict[tuple[int, ...], int] = {}
    of_box = np.empty(boxes, dtype=np.int64)
    for i in range(boxes):
        inside = tuple(held[start[i] : start[i + 1]])
        if axis.kind != "category" and len(inside) > 2:  # only the ends and "missing" are told
            inside = (0, inside[1], inside[-1]) if inside[0] == 0 else (inside[0], inside[-1])
        of_box[i] = found.setdefault(inside, len(found))
    sets = sorted(found)
    rank = np.empty(len(sets), dtype=np.int64)
    rank[[found[one] for one in sets]] = np.arange(len(sets))
    texts = [_set_text(axis, one) for one in sets] if axis.kind == "category" else _range_texts(axis, sets)
    if axis.leaves:
        weights = np.array([axis.weights[list(one)].sum(axis=0) for one in sets])
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1)
    else:
        ends = [[w for w in axis.weights[list(one)].tolist() if w == w] or [np.nan] for one in sets]
        weights = np.array([min(end) / 2 + max(end) / 2 for end in ends])
    return _Names(texts, rank[of_box], Meaning(axis.leaves, weights))


def _range_texts(axis: _Axis, sets: list[tuple[int, ...]]) -> list[str]:
    if axis.kind == "date":
        whole = bool(np.all(axis.points % _DAY == 0))
        names = [str(v)[: 10 if whole else None] for v in axis.points.astype(np.int64).astype("datetime64[s]")]
    else:
        names = [str(int(v)) if v.is_integer() and abs(v) < 1e15 else repr(v) for v in axis.points.tolist()]
    texts = []
    for one in sets:
        ends = [names[code - 1] for code in one if code]
        text = ends[0] if len(ends) == 1 else f"[{ends[0]}, {ends[-1]}]" if ends else ""
        texts.append(f"{MISSING} or {text}" if text and one[0] == 0 else text or MISSING)
    return texts


def _set_text(axis: _Axis, one: tuple[int, ...]) -> str:
    """Name a set of categories; different sets never get one name, whatever the categories are called."""
    if len(one) == axis.size > 1:
        return "*"
    texts = [str(axis.points[code - 1]) if code else "" for code in one]
    if len(one) == 1:
        odd = texts[0] in ("*", MISSING) or texts[0].startswith(("{", '"'))
        return MISSING if one[0] == 0 else json.dumps(texts[0], ensure_ascii=False) if odd else texts[0]
    quoted = [json.dumps(t, ensure_ascii=False) if t == MISSING or _ODD.intersection(t) else t for t in texts]
    return "{" + ", ".join(text if code else MISSING for code, text in zip(one, quoted, strict=True)) + "}"


@dataclass(frozen=True, eq=False)
class _Boxes:
    """The fitted map: anybody's row to the labels of their box."""

    axes: list[_Axis]
    tree: CutTree
    names: list[_Names]

    def recode(self, table: Table) -> Table:
        """Send rows down the cuts."""
        return self.write(table, self.tree.walk(np.column_stack([axis.place(table) for axis in self.axes])))

    def write(self, table: Table, box: Labels) -> Table:
        """Put the labels of these boxes into the table."""
        columns, changed, meanings = {}, [], {}
        for axis, names in zip(self.axes, self.names, strict=True):
            name = axis.column.name
            columns[name] = pd.Categorical.from_codes(names.of_box[box], categories=pd.Index(names.texts))
            kind = Kind.TEXT if axis.column.kind is Kind.TEXT else Kind.CATEGORICAL
            changed.append(replace(table.schema[name], kind=kind, bounds=None, categories=None, hierarchy=None))
            meanings[name] = names.meaning
        return table.with_columns(columns, table.schema.changed(*changed), meanings)
