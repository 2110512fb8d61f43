"""Who pays: groups of a column, people who stand out, and the checks that go with them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.engine.jobs import Job, run_study
from core.engine.local import InlineEngine
from core.errors import UserError
from core.models import MODELS
from core.tradeoff.bench import Bench, default_secrets, group_codes
from core.tradeoff.risks import membership_game
from core.tradeoff.study import parse_study
from tests.regression_tables import earners
from tests.tables import people


def uneven(n=1200):
    """Two thirds are easy to predict, one third is noise that only a memory can know."""
    rng = np.random.default_rng(0)
    kind = rng.choice(["easy", "easy", "hard"], n)
    x, z = rng.normal(size=n), rng.normal(size=n)
    y = np.where(kind == "easy", x > 0, rng.random(n) < 0.5)
    frame = pd.DataFrame({"kind": kind, "x": x, "z": z, "y": np.where(y, "yes", "no")})
    columns = (
        Column(name="kind", kind=Kind.CATEGORICAL, role=Role.FEATURE),
        Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE),
        Column(name="z", kind=Kind.NUMERIC, role=Role.FEATURE),
        Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET),
    )
    return Table.build(frame, Schema(columns))


@pytest.fixture(scope="module")
def result():
    model = {"key": "random_forest", "trees": 30}
    study = parse_study({"study": {"name": "s", "subgroup": "kind", "effort": "glance", "model": model}})
    return run_study(study, uneven(), InlineEngine())


def test_the_group_that_is_served_worst_and_pays_most_comes_first(result):
    point = next(p for p in result["points"] if p["id"] == "none")
    groups = point["subgroups"]["groups"]
    assert [g["group"] for g in groups] == ["hard", "easy"]
    hard, easy = groups
    assert hard["accuracy"]["value"] < easy["accuracy"]["value"] - 0.2
    assert hard["membership"]["value"] > easy["membership"]["value"] + 0.2
    assert hard["membership"]["low"] < hard["membership"]["value"] < hard["membership"]["high"]
    # Every TEST person is in exactly one group, and the groups' mean is the whole.
    assert sum(g["test_people"] for g in groups) == result["table"]["test_people"]
    whole = sum(g["test_people"] * g["accuracy"]["value"] for g in groups) / result["table"]["test_people"]
    assert whole == pytest.approx(point["utility"]["accuracy"]["value"])


def test_groups_of_few_people_get_a_reason_instead_of_a_number():
    table = uneven(300)
    frame = table.frame.copy()
    frame["kind"] = pd.Categorical(np.where(np.arange(300) < 9, "rare", frame["kind"].astype(str)))
    study = parse_study({"study": {"name": "s", "subgroup": "kind", "effort": "glance"}})
    result = run_study(study, replace(table, frame=frame), InlineEngine())
    groups = {g["group"]: g for g in result["points"][0]["subgroups"]["groups"]}
    rare = groups["rare"]
    assert rare["accuracy"]["value"] is None
    assert rare["membership"]["value"] is None
    assert "20" in rare["accuracy"]["reason"]


def test_numbers_are_cut_at_the_quartiles_and_missing_is_a_group():
    frame = pd.DataFrame({"x": [*map(float, range(40)), np.nan], "y": ["a"] * 41})
    columns = (
        Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE),
        Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET),
    )
    labels, codes = group_codes(Table.build(frame, Schema(columns)), "x")
    assert labels == ("up to 10", "above 10 to 20", "above 20 to 29", "above 29", "(missing)")
    assert np.bincount(codes).tolist() == [11, 10, 9, 10, 1]
    with pytest.raises(UserError, match="'nope'"):
        group_codes(Table.build(frame, Schema(columns)), "nope")


def test_secrets_are_the_sensitive_columns_else_the_target():
    assert default_secrets(people().schema) == ("illness",)
    assert default_secrets(uneven(40).schema) == ("y",)


def test_the_null_check_raises_an_alarm_about_once_in_twenty_times():
    study = parse_study({"study": {"name": "s", "effort": "glance", "model": {"key": "random_forest", "trees": 30}}})
    job = Job(study, uneven(400))
    while (task := job.next_task()) is not None:
        from concurrent.futures import Future

        from core.engine.local import run_task

        future: Future = Future()
        future.set_result(run_task(*job.arguments(*task)))
        job.accept(*task, future)
    found = job.null_check("none", 200)
    assert found["repetitions"] == 200
    # Binomial(200, .05): more than 20 once in 800 runs.
    assert found["alarms"] <= 20
    assert found["low"] <= found["share"] <= found["high"]
    real = job.snapshot().result["points"][0]["risks"]["membership"]
    assert real["low"] > 0.2


def test_what_the_other_side_of_the_coin_would_have_shown_is_never_the_attacked_models_own():
    study = parse_study({"study": {"name": "s", "effort": "glance", "model": {"key": "random_forest", "trees": 30}}})
    table = uneven(300)
    bench = Bench.prepare(study, table)
    from core.tradeoff.replicate import run_replicate

    outcomes = [run_replicate(bench, study.with_anchors()[0], study, number) for number in range(3)]
    game = membership_game(outcomes, bench)
    assert game.outside is not None
    assert game.inside is not None
    members = game.members
    assert game.outside[~members] == pytest.approx(game.phi[~members])
    assert game.inside[members] == pytest.approx(game.phi[members])
    known = np.isfinite(game.outside[members])
    # About .63 of the trees saw each row; with 30 trees hardly anybody is in all of them.
    assert known.mean() > 0.99
    assert (game.outside[members][known] <= game.phi[members][known] + 1e-6).mean() > 0.95


def test_a_numeric_target_goes_through_from_table_to_result():
    study = parse_study(
        {
            "study": {"name": "s", "effort": "glance", "model": "random_forest_regressor"},
            "recipe": [{"technique": "sequential_trees"}, {"technique": "dp_logistic_regression"}],
            "requirement": [{"name": "close", "metric": "mae", "at_most": 1e9}],
        }
    )
    result = run_study(study, earners(300), InlineEngine())
    points = {p["id"]: p for p in result["points"]}
    plain = points["none"]
    assert plain["status"] == "measured", plain["reason"]
    assert plain["utility"]["r2"]["value"] > points["constant"]["utility"]["r2"]["value"]
    assert plain["utility"]["mae"]["better"] == "lower"
    assert plain["risks"]["membership"]["low"] > 0
    assert plain["meets"]["close"] == "yes"
    assert points["dp-logistic-regression"]["status"] == "skipped"
    assert "classes" in points["dp-logistic-regression"]["reason"]
    assert points["sequential-trees"]["risks"]["presence"]["status"] == "measured"


def test_a_model_of_the_wrong_task_is_refused_and_names_those_that_fit():
    study = parse_study({"study": {"name": "s"}})
    with pytest.raises(UserError, match="linear_regression"):
        Bench.prepare(study, earners(300))
    study = parse_study({"study": {"name": "s", "model": "linear_regression"}})
    with pytest.raises(UserError, match="random_forest"):
        Bench.prepare(study, people())
    assert MODELS["linear_regression"].task == "regression"
