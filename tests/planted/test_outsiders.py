"""Whoever is not in the data moves no number about anybody else: nothing is fitted on TEST people or controls."""

from dataclasses import replace

import numpy as np
import pytest

from core.data.table import Table
from core.models import MODELS
from core.techniques import TECHNIQUES
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import parse_study
from tests.deep import keyed
from tests.regression_tables import earners
from tests.tables import people


def plain(key):
    """The ordinary table; without names and towns where a technique needs everything to be public."""
    if key == "dp_linear_regression":
        table = earners().drop(("name", "zip"))
        return Table(table.frame, table.schema.changed(replace(table.schema["rich"], bounds=(0, 600))))
    return people().drop(("name", "zip")) if key.startswith("dp_") or key == "randomised_response" else people()


def changed(table, rows):
    """The same people with other data in these rows, extreme and never seen; the target stays, it makes the split."""
    frame = table.frame.copy()
    for name in ("job", "illness"):
        texts = frame[name].astype(object)
        texts.iloc[rows] = "stranger"
        frame[name] = texts
    frame.loc[frame.index[rows], "age"] = 1e6
    frame.loc[frame.index[rows], "hours"] = np.where(np.arange(len(rows)) % 2, np.nan, -1e6)
    return Table.build(frame, table.schema)


def outcomes(key, model):
    recipe = {"technique": key} | ({"columns": ["born"]} if key == "drop_columns" else {})
    study = parse_study({"study": {"name": "s", "seed": 4, "model": {"key": model}}, "recipe": [recipe]})
    table = plain(key)
    split = Bench.prepare(study, table).split
    outside = np.setdiff1d(split.pool_rows, split.member_rows(0))
    moved = np.sort(np.concatenate([outside[::2], split.test_rows[::2]]))
    found = []
    for version in (table, changed(table, moved)):
        bench = Bench.prepare(study, version)
        assert np.array_equal(bench.split.member_rows(0), split.member_rows(0))
        outcome = run_replicate(bench, study.recipes[0], study, 0)
        assert outcome.failed is None
        assert outcome.skipped is None
        found.append(outcome)
    kept = ~np.isin(split.pool_rows, moved)
    scored = ~np.isin(split.test_rows, moved)
    assert 0 < scored.sum() < len(scored)
    return *found, kept, scored


@pytest.mark.parametrize("key", keyed(sorted(TECHNIQUES)))
def test_people_outside_the_data_move_nobody_else_under_any_technique(key):
    numbers = key == "dp_linear_regression"
    first, second, kept, scored = outcomes(key, "linear_regression" if numbers else "logistic_regression")
    np.testing.assert_array_equal(first.correct[scored], second.correct[scored])
    if numbers:  # the attacker measures errors by what is usual among everybody asked about
        return
    np.testing.assert_array_equal(first.phi[kept], second.phi[kept])
    np.testing.assert_array_equal(first.otherwise[kept], second.otherwise[kept])


@pytest.mark.parametrize("model", sorted(key for key, cls in MODELS.items() if cls.task == "classification"))
def test_people_outside_the_data_move_nobody_else_under_any_model(model):
    first, second, kept, scored = outcomes("none", model)
    np.testing.assert_array_equal(first.phi[kept], second.phi[kept])
    np.testing.assert_array_equal(first.otherwise[kept], second.otherwise[kept])
    np.testing.assert_array_equal(first.correct[scored], second.correct[scored])
