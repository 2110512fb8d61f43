"""Labels for boxes: what a box holds on one axis, as a text and as a meaning for models."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from core.data.table import MISSING, Labels, Meaning
from core.techniques.box_axes import DAY, Axis

_ODD = frozenset(',{}"')  # a name with one of these is quoted inside a set


@dataclass(frozen=True, eq=False)
class Names:
    """The labels of one column: their texts, the label of each box, what they mean."""

    texts: list[str]
    of_box: Labels
    meaning: Meaning


def names_of(axis: Axis, box: Labels, codes: Labels, boxes: int) -> Names:
    """Name what the boxes hold on one axis; boxes that hold the same share a label."""
    width = len(axis.points) + 1
    pairs = np.unique(box * width + codes)
    start = np.searchsorted(pairs, np.arange(boxes + 1) * width)
    codes_held, alone = pairs % width, np.diff(start) == 1  # most boxes hold one value of most columns
    held = codes_held.tolist()
    found: dict[tuple[int, ...], int] = {}
    of_box = np.empty(boxes, dtype=np.int64)
    for i in np.flatnonzero(~alone).tolist():
        inside = tuple(held[start[i] : start[i + 1]])
        if axis.kind != "category" and len(inside) > 2:  # only the ends and "missing" are told
            inside = (0, inside[1], inside[-1]) if inside[0] == 0 else (inside[0], inside[-1])
        of_box[i] = found.setdefault(inside, len(found))
    single, place = np.unique(codes_held[start[:-1][alone]], return_inverse=True)
    of_box[alone] = np.array([found.setdefault((code,), len(found)) for code in single.tolist()], dtype=np.int64)[place]
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
    return Names(texts, rank[of_box], Meaning(axis.leaves, weights))


def _range_texts(axis: Axis, sets: list[tuple[int, ...]]) -> list[str]:
    if axis.kind == "date":
        whole = bool(np.all(axis.points % DAY == 0))
        points = axis.points.astype(np.int64).astype("datetime64[s]")
        names = [str(v) for v in (points.astype("datetime64[D]") if whole else points)]
    else:
        names = [str(int(v)) if v.is_integer() and abs(v) < 1e15 else repr(v) for v in axis.points.tolist()]
    texts = []
    for one in sets:
        ends = [names[code - 1] for code in one if code]
        text = ends[0] if len(ends) == 1 else f"[{ends[0]}, {ends[-1]}]" if ends else ""
        texts.append(f"{MISSING} or {text}" if text and one[0] == 0 else text or MISSING)
    return texts


def _set_text(axis: Axis, one: tuple[int, ...]) -> str:
    """Name a set of categories; different sets never get one name, whatever the categories are called."""
    if len(one) == axis.size > 1:
        return "*"
    texts = [str(axis.points[code - 1]) if code else "" for code in one]
    if len(one) == 1:
        odd = texts[0] in ("*", MISSING) or texts[0].startswith(("{", '"'))
        return MISSING if one[0] == 0 else json.dumps(texts[0], ensure_ascii=False) if odd else texts[0]
    quoted = [json.dumps(t, ensure_ascii=False) if t == MISSING or _ODD.intersection(t) else t for t in texts]
    return "{" + ", ".join(text if code else MISSING for code, text in zip(one, quoted, strict=True)) + "}"
