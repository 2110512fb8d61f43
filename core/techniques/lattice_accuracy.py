"""The node that a model learns most from, among the least general ones that hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from core.data.table import Labels, Table, target_codes, target_values
from core.models.gradient_boosting import GradientBoosting
from core.models.gradient_boosting_regressor import GradientBoostingRegressor
from core.rng import seed_from
from core.techniques.base import PublicFacts
from core.techniques.lattice_classes import Crowd, Look, Steps
from core.techniques.lattice_find import LARGEST, Found, find
from core.techniques.lattice_search import PER_SECOND, Box, Meter

TRIED = 12
"""Most nodes on which a model is trained."""

ROWS = 12_000
"""Most rows that this is done with, a random part of the people."""

_TEST = 3  # one person in three answers
_FIT = 0.1 * PER_SECOND  # units of work of one model


@dataclass(frozen=True, kw_only=True, eq=False)
class _Contest:
    """Some of the members, part of them to learn from and part to ask; the same for every node."""

    rows: Labels
    learns: Labels
    facts: PublicFacts
    seed: int

    @staticmethod
    def of(members: Table, facts: PublicFacts, rng: Generator) -> _Contest:
        """Draw the people and split them."""
        place = rng.permutation(members.people)[members.persons]
        most = int(members.people * min(1.0, ROWS / len(members)))
        rows = np.flatnonzero(place < max(most, 2))
        return _Contest(rows=rows, learns=place[rows] % _TEST > 0, facts=facts, seed=seed_from(rng))

    def score(self, members: Table, kept: Labels, recode: Callable[[Table], Table]) -> float:
        """Return accuracy, or minus the mean squared error, on people who did not train; left out or not."""
        coarse = recode(members.take(self.rows))
        stays = np.zeros(len(members), dtype=bool)
        stays[kept] = True
        train, test = coarse.take(self.learns & stays[self.rows]), coarse.take(~self.learns)
        if not len(train) or not len(test):
            return -np.inf
        rng = np.random.default_rng(self.seed)
        if self.facts.classes:
            model = GradientBoosting(rounds=30).fit(train, self.facts.classes, rng)
            return float(np.mean(model.predict_proba(test).argmax(axis=1) == target_codes(test, self.facts.classes)))
        answers = GradientBoostingRegressor(rounds=30).fit(train, (), rng).predict(test)
        return -float(np.mean((answers - target_values(test)) ** 2))


def most_accurate(
    crowd: Crowd,
    nodes: int,
    recoder: Callable[[Steps], Callable[[Table], Table]],
    facts: PublicFacts,
    meter: Meter,
    rng: Generator,
) -> Found:
    """Try a quick model on up to twelve of the least general nodes that hold; return the one it predicts best from.

    The nodes: those with no holding node below, lowest loss first (as if nobody were left out). In a lattice of more
    than `LARGEST` nodes: those of the holding nodes seen in a search for the lowest loss. The model, 30 rounds of
    boosting, learns from two thirds of the members as the node would release them and answers for the others, whether
    or not the node leaves them out. Nobody but members is looked at. Of equal nodes the one of lower loss wins.

    Parameters
    ----------
    crowd : Crowd
        With the metric "loss".
    nodes : int
        Nodes of the whole lattice, to be told.
    recoder : callable
        Node -> the map that brings rows to it.
    facts : PublicFacts
        Its classes; none when a number is predicted.
    meter : Meter
    rng : Generator
        Draws the people and seeds the model.
    """
    if crowd.nodes <= LARGEST:
        bottom = (0,) * len(crowd.top)
        share = Meter(meter.left / 2, meter.until)
        looks, more = Box(crowd, bottom, crowd.top).minimal(TRIED, share)
        meter.charge(meter.left / 2 - share.left)
        looked = len(crowd.seen)
        ended = not more
    else:
        found = find(crowd, nodes, Meter(meter.left / 2, meter.until), rng)
        looks, looked, ended = _lowest(crowd), found.looked, found.proved
        meter.charge(meter.left / 2)
    contest = _Contest.of(crowd.members, facts, rng)
    best, top, tried = None, -np.inf, 0
    for look in sorted(looks, key=lambda look: (look.loss, look.steps))[:TRIED]:
        if tried and meter.over:
            break
        meter.charge(_FIT)
        tried += 1
        score = contest.score(crowd.members, crowd.kept(look.steps), recoder(look.steps))
        if best is None or score > top:
            best, top = look, score
    return Found(
        best=best,
        nodes=nodes,
        looked=looked,
        least=np.nan,
        proved=best is None and ended,
        clock=meter.clock,
        metric="accuracy",
        tried=tried,
    )


def _lowest(crowd: Crowd) -> list[Look]:
    """Return the holding nodes seen that have no other one below."""
    holding = sorted((look for look in crowd.seen.values() if look.holds), key=lambda look: (look.loss, look.steps))
    found: list[Look] = []
    for look in sorted(holding, key=lambda look: (sum(look.steps), look.loss, look.steps)):
        under = any(all(a <= b for a, b in zip(other.steps, look.steps, strict=True)) for other in found)
        if not under and crowd.stands(look.steps):
            found.append(look)
    return [replace(look) for look in found]
