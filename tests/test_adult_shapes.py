"""Shapes that must come out on Adult: if one of these moves, a number somewhere became wrong or too good."""

from functools import cache

import pytest

from core.data.samples import load_sample
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.tradeoff.study import parse_study

EFFORTS = ["glance", pytest.param("standard", marks=pytest.mark.slow)]
"""The shapes must be there at a glance; more random halves are for the slow suite."""

RECIPES = [{"name": "none", "technique": "none"}]


@cache
def points(model, leaf, rows, effort, extra=()):
    head = {"name": "shapes", "model": model, "effort": effort, "seed": 1, "rows": rows}
    if leaf:
        head["model"] = {"key": model, "min_samples_leaf": leaf, "trees": 50}
    study = parse_study({"study": head, "recipe": [*RECIPES, *(dict(r) for r in extra)]})
    return {p["id"]: p for p in run_study(study, load_sample("adult"), InlineEngine())["points"]}


def test_the_majority_reference_is_what_the_census_says():
    accuracy = points("logistic_regression", 0, 10_000, "glance")["constant"]["utility"]["accuracy"]
    assert accuracy["value"] == pytest.approx(0.752, abs=0.003)
    assert accuracy["reference"] == pytest.approx(0.752, abs=0.003)


@pytest.mark.parametrize("effort", EFFORTS)
def test_logistic_regression_is_accurate_and_leaves_little_to_attack(effort):
    none = points("logistic_regression", 0, 10_000, effort)["none"]
    assert none["utility"]["accuracy"]["value"] == pytest.approx(0.845, abs=0.012)
    membership = none["risks"]["membership"]
    assert membership["auc"] <= 0.56
    assert membership["value"] <= 0.08


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_forest_with_leaf_one_is_attackable_and_leaf_five_far_less_at_higher_accuracy(effort):
    deep, shallow = (points("random_forest", leaf, 6000, effort)["none"] for leaf in (1, 5))
    assert 0.72 <= deep["risks"]["membership"]["auc"] <= 0.85
    assert shallow["risks"]["membership"]["auc"] < deep["risks"]["membership"]["auc"] - 0.08
    assert shallow["risks"]["membership"]["high"] < deep["risks"]["membership"]["low"]
    assert shallow["utility"]["accuracy"]["value"] > deep["utility"]["accuracy"]["value"]
    tried = deep["risks"]["membership"]["per_attack"]
    assert set(tried) == {"loss", "quantile", "rmia", "lira_offline", "lira_online"}
    assert tried["loss"]["auc"] < deep["risks"]["membership"]["auc"] - 0.05


def test_private_logistic_regression_costs_little_and_stays_below_its_bound():
    dp = (("name", "dp"), ("technique", "dp_logistic_regression"), ("epsilon", 1.0), ("delta", 1e-5))
    found = points("logistic_regression", 0, 45_222, "glance", (dp,))
    private, plain = found["dp"], found["none"]
    cost = plain["utility"]["accuracy_full"]["value"] - private["utility"]["accuracy_full"]["value"]
    assert cost <= 0.015
    membership = private["risks"]["membership"]
    # SCIENCE D3: mu = .2681, eta = .1066 at epsilon 1, delta 1e-5.
    assert membership["bound"] == pytest.approx(0.1066, abs=2e-4)
    assert membership["value"] < membership["bound"]
    assert membership["violation"] is False


@pytest.mark.slow
def test_mondrian_s_reidentification_is_far_below_that_of_the_raw_rows():
    k = (("name", "k"), ("technique", "mondrian_k_anonymity"), ("k", 10))
    found = points("logistic_regression", 0, 5000, "glance", (k,))
    raw, crowd = (found[name]["risks"]["reidentification"] for name in ("none", "k"))
    assert raw["value"] > 0.8
    assert raw["whole_table"]["value"] < raw["value"]
    assert crowd["value"] <= 0.1
    assert crowd["prosecutor_max"] <= 0.1
    accuracy = [found[name]["utility"]["accuracy"]["value"] for name in ("none", "k")]
    assert accuracy[1] >= accuracy[0] - 0.02
