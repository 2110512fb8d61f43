"""What an attacker on rows compares with: people who are out in this replicate, and whom nobody attacks."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.rng import rng_for
from core.tradeoff.attacked import Attacked
from core.tradeoff.bench import Bench
from core.tradeoff.study import parse_study


def numbered(n=300):
    """People who can be told by a number."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"number": np.arange(float(n)), "x": rng.normal(size=n), "y": rng.choice(["a", "b"], n)})
    columns = (
        Column(name="number", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),
        Column(name="x", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),
        Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET),
    )
    return Table.build(frame, Schema(columns))


def people_of(table):
    return table.frame["number"].to_numpy().astype(int)


@pytest.mark.parametrize("replicate", [0, 1, 2])
def test_the_population_sample_is_out_and_never_attacked_and_halves_are_peoples_own(replicate):
    study = parse_study({"study": {"name": "s", "seed": 6}})
    bench = Bench.prepare(study, numbered())
    split, recipe = bench.split, study.with_anchors()[0]
    streams = partial(rng_for, study.seed, "replicate", replicate, "")
    facts = bench.facts(full=False)
    release = recipe.apply(bench.table.take(split.member_rows(replicate)), study.model, facts, streams)
    view, truth = Attacked(bench, recipe, release, study, facts, streams, replicate)._scene()
    coins = split.coins(replicate)
    place = np.full(bench.table.people, -1)
    place[split.pool] = np.arange(len(split.pool))

    sample, targets = place[people_of(view.reference)], place[people_of(view.targets)]
    assert len(sample) > 20
    assert sample.min() >= 0
    assert not coins[sample].any()
    assert not set(sample) & set(targets)
    assert not set(people_of(view.reference)) & set(people_of(view.released))
    assert np.array_equal(view.reference_half, split.tuning[sample])
    assert np.array_equal(view.half, split.tuning[targets])
    assert np.array_equal(truth.person, targets)
    assert np.array_equal(truth.members, coins[targets])
    assert set(people_of(truth.inside)) == set(split.pool[coins])
    assert set(people_of(truth.outside)) == set(split.pool[~coins])
    assert np.array_equal(place[people_of(view.released)], truth.source)
