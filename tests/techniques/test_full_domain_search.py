"""The search of the lattice: lattices that do not fit, the limit of work, lower bounds, and the solution space."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.privacy.constraints import Constraints
from core.privacy.verify import verify
from core.techniques import lattice_find, lattice_search
from core.techniques.base import PublicFacts
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from core.techniques.lattice import explore
from core.techniques.lattice_classes import Crowd
from core.techniques.lattice_find import find
from core.techniques.lattice_search import PATIENCE, Box, Meter
from tests.tables import people

FACTS = PublicFacts(people=80, classes=("no", "yes"))


def wide(columns: int, rows: int = 200) -> Table:
    """Codes of three characters, each with four levels: 4 to the power of `columns` nodes."""
    rng = np.random.default_rng(columns)
    common = rng.integers(0, 4, (rows, 1))
    cells = np.where(rng.random((rows, columns)) < 0.6, common, rng.integers(0, 4, (rows, columns)))
    names = [f"q{j:02}" for j in range(columns)]
    frame = pd.DataFrame([[f"{c % 2}{c}{rng.integers(0, 2)}" for c in row] for row in cells], columns=names)
    prefix = Hierarchy(kind="prefix")
    return Table.build(
        frame,
        Schema(
            tuple(Column(name=n, kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER, hierarchy=prefix) for n in names)
        ),
    )


def search(table: Table, k: int = 5, seed: int = 0, seconds: float = 1.0, metric: str = "loss"):
    crowd = Crowd.of(table, Constraints(k=k), 0.04, metric)
    return crowd, find(crowd, crowd.nodes, Meter.of(seconds), np.random.default_rng(seed))


def test_a_lattice_too_large_for_memory_gives_the_best_so_far_and_says_how_far_it_got():
    table = wide(11)
    technique = FullDomainKAnonymity(k=5, time_limit=0.2)
    protected = technique.protect(table, FACTS, np.random.default_rng(0))
    found = protected.found
    assert found.nodes == 4**11
    assert not found.proved
    assert 0 < found.least < found.best.cost
    assert verify(protected.table, table.schema.quasi_identifiers, technique.constraints) is None
    assert protected.notes[0].startswith(f"Looked at {found.looked:,} of 4,194,304 nodes; this is the best so far")
    assert f"no node has a loss below {found.least:.4g}" in protected.notes[0]


def test_fifteen_columns_are_searched_the_same_way_twice():
    one, two = (search(wide(15), seconds=0.3)[1] for _ in range(2))
    assert one.best == two.best
    assert (one.looked, one.least, one.clock) == (two.looked, two.least, False)


@pytest.mark.parametrize("metric", ["loss", "discernibility"])
@pytest.mark.parametrize("k", [2, 5])
def test_searching_part_by_part_comes_close_to_the_optimum_and_the_lower_bound_is_one(monkeypatch, k, metric):
    table = wide(6)
    best = search(table, k, metric=metric)[1].best.cost
    monkeypatch.setattr(lattice_find, "DIRECT", 0)
    monkeypatch.setattr(lattice_find, "LARGEST", 0)
    monkeypatch.setattr(lattice_find, "_BOX", 300)
    found = search(table, k, metric=metric)[1]
    assert found.least <= best * (1 + 1e-12)
    assert best <= found.best.cost * (1 + 1e-12)
    assert found.best.cost <= best * 1.1
    # Then as a whole, from there: the optimum.
    monkeypatch.setattr(lattice_find, "LARGEST", 10**6)
    found = search(table, k, metric=metric)[1]
    assert found.proved
    assert found.best.cost == pytest.approx(best, rel=1e-12)


def test_a_search_that_runs_out_of_work_never_claims_more_than_it_knows():
    best = search(wide(6))[1].best.cost
    ends = [search(wide(6), seconds=seconds)[1] for seconds in (0.0005, 0.002, 0.01, 1.0)]
    assert [found.proved for found in ends] == sorted(found.proved for found in ends)
    assert ends[-1].proved
    assert not ends[0].proved
    for found in ends:
        assert found.least <= best * (1 + 1e-12)
        assert found.best is None or found.best.cost >= best * (1 - 1e-12)
        assert not found.clock


def test_the_clock_is_an_emergency_and_is_told():
    meter = Meter(1e18, 0.0)
    crowd = Crowd.of(wide(11), Constraints(k=5), 0.04, "loss")
    found = find(crowd, crowd.nodes, meter, np.random.default_rng(0))
    assert found.clock
    assert "The clock stopped the search" in found.sentence
    assert Meter.of(3).until - Meter.of(1).until == pytest.approx(2 * PATIENCE, abs=0.1)


def test_when_no_node_was_found_in_time_the_message_does_not_say_that_there_is_none(monkeypatch):
    technique = FullDomainKAnonymity(k=2, l=3, suppression_limit=0.1)
    assert technique.protect(people(160), FACTS, np.random.default_rng(0)).found.proved
    monkeypatch.setattr(lattice_search, "PER_SECOND", 0)
    with pytest.raises(UserError, match=r"none among the \d+ looked at within the time limit.*raise the time limit"):
        technique.protect(people(160), FACTS, np.random.default_rng(0))


@pytest.mark.parametrize("asked", [{"k": 4}, {"k": 2, "l": 1.5, "diversity": "entropy"}, {"k": 2, "t": 0.4}])
@pytest.mark.parametrize("metric", ["loss", "discernibility"])
def test_bounds_and_tags_never_contradict_a_node_that_is_looked_at(metric, asked):
    crowd = Crowd.of(people(160), Constraints(**asked), 0.3, metric, every_level=True)
    looks = {node: crowd.look(node) for node in itertools.product(*(range(step + 1) for step in crowd.top))}
    assert any(look.passes and look.extra > 0 for look in looks.values())
    for seed in range(3):
        box = Box(crowd, (0,) * len(crowd.top), crowd.top)
        for place in np.random.default_rng(seed).permutation(crowd.nodes)[:30]:
            box.visit(int(place), Meter.of(1))
            for node, look in looks.items():
                assert not (box.passing[node] and not look.passes)
                assert not (box.failing[node] and look.passes)
                assert not look.holds or box.bound[node] == math.inf or box.bound[node] <= look.cost * (1 + 1e-12)


@pytest.mark.parametrize(
    "settings", [{"k": 4}, {"k": 2, "l": 2}, {"k": 2, "t": 0.4}, {"k": 4, "metric": "discernibility"}]
)
def test_the_solution_space_tells_the_truth_about_every_node(settings):
    table, technique = people(160), FullDomainKAnonymity(**settings)
    found = explore(technique, table, FACTS)
    protected = technique.protect(table, FACTS, np.random.default_rng(0))
    assert len(found) == found.total == math.prod(height + 1 for height in found.heights)
    assert found.columns == table.schema.quasi_identifiers
    (best,) = np.flatnonzero(found.state == "optimum")
    assert dict(zip(found.columns, found.levels[best].tolist(), strict=True)) == protected.levels
    assert found.suppressed[best] == len(table) - len(protected.table)
    assert found.score[best] == pytest.approx(protected.found.best.cost)
    crowd = Crowd.of(table, technique.constraints, 0.04, "loss", every_level=True)
    for row, node in enumerate(found.levels.tolist()):
        look = crowd.look(tuple(node))
        holds = look.holds and crowd.stands(tuple(node))
        assert found.state[row] in (("holds", "optimum") if holds else ("fails",)) or math.isnan(found.loss[row])
        assert (found.state[row] == "fails") <= (not holds)
        assert (found.state[row] == "holds") <= holds
        assert math.isnan(found.loss[row]) or found.loss[row] == pytest.approx(look.loss)
        assert found.least[row] <= look.loss * (1 + 1e-12) or math.isnan(look.loss)
    assert {"holds", "fails"} <= set(found.state)


def test_a_solution_space_without_time_marks_what_it_does_not_know():
    found = explore(FullDomainKAnonymity(k=2, l=2), people(160), FACTS, seconds=0.0)
    assert set(found.state) & {"bounded out", "not evaluated"}
    unknown = np.isin(found.state, ["bounded out", "not evaluated"])
    assert np.isnan(found.loss[unknown]).all()
    assert np.isfinite(found.least).all()


def test_of_a_large_lattice_the_nodes_that_were_looked_at_are_listed():
    found = explore(FullDomainKAnonymity(k=5, time_limit=0.1), wide(9), FACTS)
    assert found.total == 4**9
    assert 0 < len(found) < found.total
    assert (found.state == "optimum").sum() == 1
    assert set(found.state) <= {"optimum", "holds", "fails"}
