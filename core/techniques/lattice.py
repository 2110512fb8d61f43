"""The solution space of full-domain generalisation: every node of the lattice, and what is known of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.data.table import Labels, Table
from core.techniques.base import PublicFacts
from core.techniques.lattice_find import Found
from core.techniques.lattice_search import Box, Meter

if TYPE_CHECKING:
    from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity

SHOWN = 30_000
"""Largest lattice of which every node is shown; of a larger one those that the search looked at."""

STATES = ("optimum", "holds", "fails", "bounded out", "not evaluated")


@dataclass(frozen=True, kw_only=True, eq=False)
class Solutions:
    """Nodes of the lattice with what is known of each; one row per node, lowest levels first.

    Parameters
    ----------
    columns : tuple of str
        The quasi-identifiers.
    heights : tuple of int
        Their highest levels.
    levels : integer array, shape (nodes, columns)
    state : text array, shape (nodes,)
        "optimum": what the technique releases (of a search that was cut short, the best so far).
        "holds": k, l and t hold within the suppression limit. "fails": they do not.
        "bounded out": not looked at, because it cannot be better than the optimum. "not evaluated": neither.
    loss : float array, shape (nodes,)
        The loss of nodes that were looked at and are within the limit; else NaN, also where a node surely holds.
    least : float array, shape (nodes,)
        The loss if nobody had to be left out, known of every node: no node's loss is below it.
    score : float array, shape (nodes,)
        The technique's metric where it was looked at; NaN for the metric "accuracy".
    suppressed, classes : float arrays, shape (nodes,)
        Rows left out and classes released; NaN where not looked at.
    total : int
        Nodes of the lattice; more than are listed when it is larger than `SHOWN`.
    found : Found
        How far the search for the optimum got.
    """

    columns: tuple[str, ...]
    heights: tuple[int, ...]
    levels: Labels
    state: Labels
    loss: Labels
    least: Labels
    score: Labels
    suppressed: Labels
    classes: Labels
    total: int
    found: Found

    def __len__(self) -> int:
        """Return the number of nodes listed."""
        return len(self.levels)


def explore(technique: FullDomainKAnonymity, members: Table, facts: PublicFacts, *, seconds: float = 1.0) -> Solutions:
    """Return the solution space of a technique on these members.

    After the search, first of every node whether it holds is settled (under k alone most follow from others), then
    holding nodes are counted, lowest loss first, for as long as the work allows.

    Parameters
    ----------
    technique : FullDomainKAnonymity
    members : Table
    facts : PublicFacts
    seconds : float
        Work beyond the search itself, counted like the technique's time limit.
    """
    rng = np.random.default_rng(0)
    crowd, found = technique.search(members, facts, rng, every_level=True)
    top = np.array(crowd.top, dtype=np.int64)
    meter = Meter.of(seconds)
    box = None
    if crowd.nodes <= SHOWN:
        box = Box(crowd, (0,) * len(top), crowd.top)
        box.recall()
        box.settle(meter)
        open_nodes = np.flatnonzero(~box.failing.ravel())
        for place in open_nodes[np.argsort(box.loss.ravel()[open_nodes], kind="stable")]:
            if meter.over:
                break
            box.visit(int(place), meter)
        levels = np.stack(np.unravel_index(np.arange(crowd.nodes), box.shape), axis=1)
        least = box.loss.ravel().copy()
    else:
        levels = np.array(sorted(crowd.seen), dtype=np.int64).reshape(-1, len(top))
        least = np.array([sum(w[s] for w, s in zip(crowd.column_loss, node, strict=True)) for node in levels])
    state = np.full(len(levels), "not evaluated", dtype=object)
    loss, score, suppressed, classes = (np.full(len(levels), math.nan) for _ in range(4))
    if box is not None:
        state[box.failing.ravel()] = "fails"
        if crowd.constraints.only_k:
            state[box.passing.ravel()] = "holds"
        if found.best is not None and technique.metric == "loss":
            state[(state == "not evaluated") & (least > found.best.cost)] = "bounded out"
    for row, node in enumerate(levels.tolist()):
        if (look := crowd.seen.get(tuple(node))) is None:
            continue
        state[row] = "holds" if look.holds and crowd.stands(look.steps) else "fails"
        loss[row] = look.loss
        if look.passes or crowd.constraints.only_k:  # else k alone ruled it out, and nobody counted the rest
            suppressed[row], classes[row] = look.suppressed, look.classes
        if technique.metric != "accuracy" and look.holds:
            score[row] = look.cost
        if found.best is not None and look.steps == found.best.steps:
            state[row] = "optimum"
    return Solutions(
        columns=tuple(ladder.name for ladder in crowd.ladders),
        heights=tuple(ladder.fitted.levels for ladder in crowd.ladders),
        levels=levels,
        state=state.astype(str),
        loss=loss,
        least=least,
        score=score,
        suppressed=suppressed,
        classes=classes,
        total=found.nodes,
        found=found,
    )
