"""Verification of k, l and t on released rows, by code that knows neither the technique nor the way we measure.

Nothing of `classes`, `spread` or the arithmetic of `constraints` is used: cells are compared as the texts that leave
the room, classes come from pandas, and every class's distribution is written out in full, value by value.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import entr

from core.data.hierarchy import fit_hierarchy
from core.data.schema import Kind, Role
from core.data.table import Labels, Table
from core.privacy.constraints import Constraints
from core.privacy.guarantee import Guarantee

_CELLS = 4_000_000  # of a block of classes x values
_NEAR = 1e-9  # so that a class exactly at the limit is inside it, whatever the order of summing


def verify(table: Table, columns: tuple[str, ...], promised: Guarantee | Constraints) -> str | None:
    """Check released rows against k, l and t; return what is wrong, in counts only, or None.

    Two labels that are printed alike are one label, whatever their codes. People are counted, by their different ids:
    once per class, and once per class and value of a sensitive column. t compares with all *released* rows. A release
    without rows breaks no promise.

    Parameters
    ----------
    table : Table
        Exactly the rows that leave the room; its columns with the role sensitive are the ones l and t protect.
    columns : tuple of str
        What the attacker knows: the released quasi-identifiers. None: one class of everybody.
    promised : Guarantee or Constraints

    Examples
    --------
    >>> from core.data.schema import Column, Schema
    >>> town = Column(name="town", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER)
    >>> table = Table.build(pd.DataFrame({"town": ["Ulm", "Ulm", "Bonn"]}), Schema((town,)))
    >>> verify(table, ("town",), Constraints(k=2))
    '1 of 2 classes have fewer than 2 people; the smallest has 1'
    """
    asked = Constraints.promised(promised) if isinstance(promised, Guarantee) else promised
    if not len(table):
        return None
    keys = pd.DataFrame({place: _texts(table.frame[name]) for place, name in enumerate(columns)})
    frame = pd.DataFrame({"class": 0, "person": table.persons})
    if columns:
        frame["class"] = keys.groupby([*keys], dropna=False, observed=True, sort=False).ngroup()
    people = frame.drop_duplicates().groupby("class").size()
    small = people[people < asked.k]
    wrong = []
    if len(small):
        wrong.append(
            f"{len(small)} of {len(people)} classes have fewer than {asked.k} people; the smallest has {small.min()}"
        )
    for name in table.schema.with_role(Role.SENSITIVE) if asked.l > 1 or asked.t < 1 else ():
        wrong += _secret_wrongs(table, name, frame, asked)
    return "; ".join(wrong) or None


def verify_k(table: Table, columns: tuple[str, ...], k: int) -> str | None:
    """Check k alone: see `verify`."""
    return verify(table, columns, Constraints(k=k))


def _texts(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Return the cells as they are printed, "" for a missing one, in the order of their values, missing first."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        printed = [str(value) for value in cells.cat.categories]
        codes = cells.cat.codes.to_numpy()
    else:
        codes, values = pd.factorize(cells, sort=True)
        printed = [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in values.tolist()]
    order = list(dict.fromkeys(["", *printed]))
    place = {text: code for code, text in enumerate(order)}
    lookup = np.array([*(place[text] for text in printed), 0], dtype=np.int64)  # the last is for code -1, missing
    return pd.Series(pd.Categorical.from_codes(lookup[codes], categories=pd.Index(order, dtype=object)))


def _secret_wrongs(table: Table, name: str, frame: pd.DataFrame, asked: Constraints) -> list[str]:
    column, texts = table.schema[name], _texts(table.frame[name])
    way = asked.distance
    if way == "automatic":
        way = "ordered" if column.kind in (Kind.NUMERIC, Kind.DATE) else "equal"
    order = [value for value in texts.cat.categories if value in set(texts)]
    if way == "ordered" and column.categories is not None and column.kind not in (Kind.NUMERIC, Kind.DATE):
        declared = ["", *column.categories]
        order.sort(key=lambda text: declared.index(text) if text in declared else len(declared))  # stable
    value = texts.map({text: code for code, text in enumerate(order)}).astype("int64")
    rows = frame.assign(value=value)
    overall = rows[["person", "value"]].drop_duplicates()["value"].value_counts().reindex(range(len(order)))
    everybody = overall.to_numpy(float) / overall.sum()
    groups = _groups(table, name, value) if way == "hierarchical" and asked.t < 1 else []
    least, far, poor, wide, total = np.inf, 0.0, 0, 0, 0
    for counts in _blocks(rows, len(order)):
        share = counts / counts.sum(axis=1, keepdims=True)
        total += len(counts)
        if asked.l > 1:
            level, bad = _diversity(counts, share, asked)
            least, poor = min(least, float(level.min())), poor + int(bad.sum())
        if asked.t < 1:
            distance = _distance(share - everybody, way, groups)
            far, wide = max(far, float(distance.max())), wide + int(np.sum(distance > asked.t + _NEAR))
    wrong = []
    if poor:
        worst = f"; the lowest has {least:.4g}" if asked.diversity != "recursive" else ""
        wrong.append(f"{poor} of {total} classes are below l = {asked.l:g} ({asked.diversity}) in {name!r}{worst}")
    if wide:
        wrong.append(
            f"{wide} of {total} classes are beyond t = {asked.t:g} ({way}) in {name!r}; the worst has {far:.4g}"
        )
    return wrong


def _blocks(rows: pd.DataFrame, width: int) -> Iterator[Labels]:
    """Yield people per class and value, shape (some classes, width), until every class was there."""
    pairs = rows.drop_duplicates().groupby(["class", "value"]).size()
    group, value = (pairs.index.get_level_values(level).to_numpy() for level in (0, 1))
    number, step = int(group.max()) + 1, max(1, _CELLS // width)
    for start in range(0, number, step):
        inside = (group >= start) & (group < start + step)
        counts = np.zeros((min(step, number - start), width))
        counts[group[inside] - start, value[inside]] = pairs.to_numpy()[inside]
        yield counts


def _diversity(counts: Labels, share: Labels, asked: Constraints) -> tuple[Labels, Labels]:
    """Return how diverse each class is and whether that is too little."""
    if asked.diversity == "distinct":
        found = (counts > 0).sum(axis=1)
        return found, found < asked.l
    if asked.diversity == "entropy":
        found = np.exp(entr(share).sum(axis=1))
        return found, found < asked.l * (1 - _NEAR)
    ranked, c = -np.sort(-counts, axis=1), Fraction(repr(asked.c))
    first = int(np.ceil(asked.l)) - 1
    bad = [not int(row[0]) < c * int(row[first:].sum()) for row in ranked]
    return ranked[:, 0], np.array(bad)


def _distance(extra: Labels, way: str, groups: list[Labels]) -> Labels:
    """Return the earth mover's distance of each class; `extra` is its distribution less everybody's."""
    if way == "equal":
        return np.asarray(np.abs(extra).sum(axis=1) / 2)
    if way == "ordered":
        return np.asarray(np.abs(np.cumsum(extra, axis=1)).sum(axis=1) / max(extra.shape[1] - 1, 1))
    # At each node what can be moved between its children is moved there, at the cost of the node's height.
    cost, below = np.zeros(len(extra)), extra
    for height, parent in enumerate(groups, start=1):
        plus, minus = np.maximum(below, 0), np.maximum(-below, 0)
        to = np.zeros((below.shape[1], int(parent.max()) + 1))
        to[np.arange(len(parent)), parent] = 1
        cost += height / len(groups) * np.minimum(plus @ to, minus @ to).sum(axis=1)
        below = below @ to
    return cost


def _groups(table: Table, name: str, value: pd.Series[Any]) -> list[Labels]:
    """Return the parent of every node of each level, values first, the one root last."""
    fitted, nodes, found = fit_hierarchy(table.schema[name], table), value.to_numpy(), []
    for level in range(1, fitted.levels):
        parents = pd.factorize(_texts(pd.Series(fitted.apply(table.frame[name], level)[0])))[0]
        found.append(pd.Series(parents).groupby(nodes).first().to_numpy())
        nodes = parents
    return [*found, np.zeros(int(nodes.max()) + 1, dtype=np.int64)]
