"""Recipes: sweeps, ids, stacks that make sense and stacks that do not."""

import numpy as np
import pytest

from core.data.table import class_labels
from core.errors import UserError
from core.models.logistic_regression import LogisticRegression
from core.rng import rng_for
from core.techniques.base import PublicFacts
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import expand
from core.tradeoff.study import parse_recipe, parse_study
from tests.tables import people

FACTS = PublicFacts(people=60, classes=("no", "yes"))


def test_a_list_is_swept_and_the_points_come_in_its_order():
    found = parse_recipe({"name": "k-anonymity", "technique": "mondrian_k_anonymity", "k": [5, 2, 10]}, 1)
    assert [recipe.id for recipe in found] == ["k-anonymity[k=5]", "k-anonymity[k=2]", "k-anonymity[k=10]"]
    assert [recipe.steps[0].k for recipe in found] == [5, 2, 10]


def test_a_list_of_columns_is_one_value_and_a_list_of_lists_is_swept():
    (one,) = parse_recipe({"name": "drop", "technique": "drop_columns", "columns": ["age", "zip"]}, 1)
    assert one.id == "drop"
    assert one.steps[0].columns == ("age", "zip")
    two = parse_recipe({"name": "drop", "technique": "drop_columns", "columns": [["age"], ["age", "zip"]]}, 1)
    assert [recipe.id for recipe in two] == ["drop[columns=age]", "drop[columns=age+zip]"]


def test_swept_parameters_are_sorted_in_the_id():
    found = expand("dp", [{"technique": "dp_logistic_regression", "epsilon": [1.0, 0.5], "clip": [2, 1]}], None)
    assert found[0].id == "dp[clip=2,epsilon=1]"
    assert len(found) == 4


def test_a_private_training_releases_the_model_and_a_table_technique_both():
    assert expand("a", [{"technique": "dp_logistic_regression"}], None)[0].release == "model"
    assert expand("a", [{"technique": "none"}], None)[0].release == "both"
    assert expand("a", [{"technique": "none"}], "rows")[0].release == "rows"


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([{"technique": "dp_logistic_regression"}, {"technique": "constant"}], "at most one technique"),
        ([{"technique": "dp_logistic_regression"}, {"technique": "none"}], "first changes rows, then trains"),
        ([{"technique": "magic"}], "must be one of"),
        ([], "needs a technique"),
        ([{"technique": "mondrian_k_anonymity", "k": []}], "needs values"),
        ([{"technique": "mondrian_k_anonymity", "k": 1}], "whole number from 2"),
    ],
)
def test_stacks_and_values_that_make_no_sense_are_refused(steps, complaint):
    with pytest.raises(UserError, match=complaint):
        expand("bad", steps, None)


def test_a_promise_does_not_survive_a_step_that_reads_the_data_before_it():
    (recipe,) = expand(
        "bad", [{"technique": "mondrian_k_anonymity", "k": 5}, {"technique": "dp_logistic_regression"}], None
    )
    reason = recipe.unsupported(people().schema, FACTS)
    assert reason is not None
    assert "promise would not hold" in reason


def test_releasing_rows_beside_a_private_model_voids_its_guarantee():
    (model,) = expand("dp", [{"technique": "dp_logistic_regression"}], None)
    (both,) = expand("dp", [{"technique": "dp_logistic_regression"}], "both")
    schema = people().drop(("zip",)).schema
    assert model.guarantee(schema, FACTS).kind == "dp"
    voided = both.guarantee(schema, FACTS)
    assert voided.kind == "none"
    assert voided.advantage_bound is None
    assert "does not hold" in " ".join(voided.assumptions)


def test_recipes_compose_mask_then_generalise_then_a_model():
    (recipe,) = expand(
        "stack", [{"technique": "mask_identifiers", "method": "drop"}, {"technique": "generalise", "level": 2}], None
    )
    table = people()
    assert recipe.unsupported(table.schema, FACTS) is None
    release = recipe.apply(table.take(np.arange(100)), LogisticRegression(), FACTS, lambda *labels: rng_for(0, *labels))
    assert "name" not in release.rows.schema
    assert set(release.rows.frame["age"].astype(str)) != set(table.frame["age"].astype(str))
    assert release.predictor.predict_proba(release.recode(table.take(np.arange(100, 160)))).shape == (60, 2)


def test_the_k_of_mondrian_survives_a_public_coarsening_after_it():
    (recipe,) = expand(
        "stack",
        [{"technique": "mondrian_k_anonymity", "k": 7}, {"technique": "drop_columns", "columns": ["zip"]}],
        None,
    )
    assert recipe.guarantee(people().schema.without(["name"]), FACTS).k == 7


def test_a_k_beside_released_names_is_no_guarantee():
    (recipe,) = expand("k", [{"technique": "mondrian_k_anonymity", "k": 7}], None)
    voided = recipe.guarantee(people().schema, FACTS)
    assert (voided.kind, voided.k) == ("none", None)
    assert "Names leave with the rows" in voided.assumptions[0]
    (masked,) = expand("k", [{"technique": "mask_identifiers"}, {"technique": "mondrian_k_anonymity", "k": 7}], None)
    assert masked.guarantee(people().schema, FACTS).k == 7


def test_anchors_are_added_when_absent_and_only_then():
    study = parse_study({"study": {"name": "s"}, "recipe": [{"name": "raw", "technique": "none"}]})
    assert [recipe.id for recipe in study.with_anchors()] == ["constant", "raw"]
    named = parse_study({"study": {"name": "s"}, "recipe": [{"name": "none", "technique": "generalise", "level": 1}]})
    assert [recipe.id for recipe in named.with_anchors()] == ["none (anchor)", "constant", "none"]


def test_classes_may_be_public_although_nobody_has_them():
    assert class_labels(people()) == ("no", "yes")


def test_a_protected_model_does_not_hide_rows_that_leave_with_it():
    with pytest.raises(UserError, match="the model is what the recipe releases"):
        expand("bad", [{"technique": "constant"}], "rows")


def test_a_claimed_epsilon_does_not_survive_a_step_that_reads_the_data_either():
    (recipe,) = expand("bad", [{"technique": "sequential_trees"}, {"technique": "dp_forest"}], None)
    assert "promise would not hold" in (recipe.unsupported(people().schema, FACTS) or "")


def test_synthetic_rows_have_no_k():
    (recipe,) = expand("k", [{"technique": "sequential_trees"}, {"technique": "mondrian_k_anonymity", "k": 5}], None)
    proved = recipe.guarantee(people().schema, FACTS)
    assert (proved.kind, proved.k) == ("none", None)


@pytest.mark.parametrize(
    ("steps", "held"),
    [
        (["randomised_response", "mondrian_k_anonymity", "dp_logistic_regression"], False),
        (["dp_marginals", "dp_logistic_regression"], False),
        (["randomised_response", "dp_logistic_regression"], True),
    ],
)
def test_noise_on_the_rows_does_not_lend_its_cover_to_a_models_own_epsilon(steps, held):
    table = people().drop(("name", "zip"))
    (recipe,) = expand("stack", [{"technique": key} for key in steps], None)
    facts = Bench.prepare(parse_study({"study": {"name": "s", "assume_public_domain": True}}), table).facts(full=True)
    reason = recipe.unsupported(table.schema, facts)
    assert (reason is None) == held
    assert held or "the promise would not hold" in str(reason)
