"""The contracts of models, metrics and registries."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, roc_auc_score

from core.data.table import class_labels, target_codes, target_values
from core.models import MODELS
from core.models.encode import Encoder
from core.params import Parametrised
from core.registry import collect
from core.rng import rng_for
from core.utility.metrics import ALL_METRICS, METRICS, metrics_for
from tests.regression_tables import awkward_numbers, earners
from tests.tables import awkward, people

CLASSIFIERS = [key for key, model in MODELS.items() if model.task == "classification"]
REGRESSORS = [key for key, model in MODELS.items() if model.task == "regression"]


def test_every_model_has_a_task_with_metrics():
    assert sorted([*CLASSIFIERS, *REGRESSORS]) == sorted(MODELS)
    assert sorted(key for task in ("classification", "regression") for key in metrics_for(task)) == sorted(ALL_METRICS)
    assert {MODELS[key].describe()["task"] for key in REGRESSORS} == {"regression"}


@pytest.mark.parametrize("key", REGRESSORS)
def test_a_model_for_numbers_learns_repeats_itself_and_answers_for_everybody(key):
    table = earners(160)
    inside, outside = table.take(np.arange(120)), table.take(np.arange(120, 160))
    one, two = (MODELS[key]().fit(inside, (), rng_for(1, "fit")).predict(outside) for _ in range(2))
    assert one.shape == (40,)
    assert one.dtype == np.float64
    assert np.array_equal(one, two)
    # Age explains .90 of the variance of this target; half of that is learned from 120 people by any of the models.
    assert metrics_for("regression")["r2"].score(one, target_values(outside))[0] > 0.45


@pytest.mark.parametrize("key", REGRESSORS)
@pytest.mark.parametrize("name", list(awkward_numbers()))
def test_a_model_for_numbers_and_its_attacker_take_awkward_tables(key, name):
    table = awkward_numbers()[name]
    half = np.arange(len(table)) % 2 == 0
    members, model = table.take(half), MODELS[key]()
    fitted = model.fit(members, (), rng_for(0, "fit"))
    assert np.isfinite(fitted.predict(table.take(~half))).all()
    place = np.where(half, np.cumsum(half) - 1, -1)
    signals = model.signals(fitted, table, target_values(table), members, place)
    assert np.isfinite(signals.phi).all()
    assert not np.isinf(signals.inside).any()
    assert not np.isinf(signals.outside).any()
    for metric in metrics_for("regression").values():
        value, influence = metric.score(fitted.predict(table), target_values(table))
        assert np.isfinite(influence).all()
        assert np.isfinite(value) or metric.key == "r2"


@pytest.mark.parametrize("key", CLASSIFIERS)
def test_a_model_learns_repeats_itself_and_answers_for_everybody(key):
    table = people(160)
    inside, outside = table.take(np.arange(120)), table.take(np.arange(120, 160))
    one, two = (MODELS[key]().fit(inside, ("no", "yes"), rng_for(1, "fit")) for _ in range(2))
    proba = one.predict_proba(outside)
    assert np.array_equal(proba, two.predict_proba(outside))
    assert np.allclose(proba.sum(axis=1), 1)
    target = target_codes(outside, ("no", "yes"))
    assert (proba.argmax(axis=1) == target).mean() > max(target.mean(), 1 - target.mean()) - 0.05


@pytest.mark.parametrize("key", CLASSIFIERS)
@pytest.mark.parametrize("name", list(awkward()))
def test_a_model_takes_awkward_tables(key, name):
    table = awkward()[name]
    classes = class_labels(table)
    half = np.arange(len(table)) % 2 == 0
    proba = MODELS[key]().fit(table.take(half), classes, rng_for(0, "fit")).predict_proba(table.take(~half))
    assert np.isfinite(proba).all()
    assert proba.shape[1] == len(classes)


def test_a_class_that_nobody_among_the_members_has_gets_probability_zero():
    table = people(160)
    fitted = MODELS["logistic_regression"]().fit(table, ("maybe", "no", "yes"), rng_for(0, "fit"))
    assert fitted.predict_proba(table)[:, 0].max() == 0
    only = table.take(np.flatnonzero(table.frame["rich"] == "yes"))
    assert (MODELS["random_forest"]().fit(only, ("no", "yes"), rng_for(0)).predict_proba(table)[:, 1] == 1).all()


@pytest.mark.parametrize("ordinal", [True, False])
def test_the_encoder_is_fitted_on_the_rows_given_and_no_others(ordinal):
    table = people(160)
    inside = table.take(np.arange(80))
    alone = Encoder.fit(inside, ordinal).transform(inside)
    # The same rows, as part of a table that holds more people and more categories.
    assert np.array_equal(alone, Encoder.fit(table.take(np.arange(80)), ordinal).transform(table)[:80])
    assert alone.shape[0] == 80


def test_missing_is_a_value_for_the_encoder():
    table = awkward()["30 % missing"]
    encoded = Encoder.fit(table, ordinal=False).transform(table)
    gaps = table.frame["age"].isna().to_numpy()
    assert any(np.array_equal(column, gaps.astype(float)) for column in encoded.T)
    trees = Encoder.fit(table, ordinal=True).transform(table)
    assert trees[gaps, 0].max() < trees[~gaps, 0].min()


@pytest.mark.parametrize("classes", [2, 3])
def test_metrics_agree_with_scikit_learn(classes):
    rng = np.random.default_rng(0)
    target = rng.integers(0, classes, 300)
    proba = rng.dirichlet(np.ones(classes), 300).round(2) + 0.001
    proba[np.arange(300), target] += 0.2
    proba /= proba.sum(axis=1, keepdims=True)
    guess = proba.argmax(axis=1)
    score = proba[:, 1] if classes == 2 else proba
    theirs = {
        "accuracy": accuracy_score(target, guess),
        "balanced_accuracy": balanced_accuracy_score(target, guess),
        "roc_auc": roc_auc_score(target, score, multi_class="ovr"),
    }
    assert set(theirs) == set(METRICS)
    for key, metric in METRICS.items():
        value, influence = metric.score(proba, target)
        assert value == pytest.approx(theirs[key]), key
        assert influence.sum() == pytest.approx(0, abs=1e-9), key


@pytest.mark.parametrize("key", list(METRICS))
def test_the_influences_give_the_standard_error_that_a_bootstrap_gives(key):
    rng = np.random.default_rng(1)
    target = (rng.random(400) < 0.3).astype(int)
    p = np.clip(0.3 + 0.25 * target + rng.normal(0, 0.25, 400), 0.01, 0.99)
    proba = np.column_stack([1 - p, p])
    _, influence = METRICS[key].score(proba, target)
    boot = [METRICS[key].score(proba[i], target[i])[0] for i in (rng.integers(0, 400, 400) for _ in range(800))]
    # 800 resamples know a standard error to 2.5 %; four of these, and the first-order approximation.
    assert np.sqrt((influence**2).sum()) == pytest.approx(np.std(boot), rel=0.13)


@pytest.mark.parametrize("key", list(METRICS))
def test_perfect_and_constant_predictions_give_the_best_and_the_reference(key):
    target = np.array([0, 1, 1, 0, 1, 1])
    perfect = np.eye(2)[target]
    assert METRICS[key].score(perfect, target)[0] == 1.0
    assert METRICS[key].score(np.tile([0.25, 0.75], (6, 1)), target)[0] == pytest.approx(METRICS[key].reference(target))


def test_one_class_in_test_is_undefined_for_the_area():
    assert np.isnan(METRICS["roc_auc"].score(np.tile([0.5, 0.5], (5, 1)), np.zeros(5, int))[0])


def test_a_registry_refuses_two_classes_of_one_key_or_name():
    class One(Parametrised):
        key = "x"

    class Two(Parametrised):
        key = "x"

    with pytest.raises(ValueError, match="share"):
        collect(Parametrised, {"One": One, "Two": Two})


@pytest.mark.parametrize("key", list(MODELS))
def test_a_model_is_fitted_on_all_rows_that_it_is_given(key):
    table = people(160) if key in CLASSIFIERS else earners(160)
    fitted = MODELS[key]().fit(table, ("no", "yes"), rng_for(0, "fit"))
    again = Encoder.fit(table, MODELS[key].ordinal)
    assert np.array_equal(fitted.encoder.transform(table), again.transform(table))
    sample = getattr(fitted.estimator, "_n_features", None) or fitted.estimator.n_features_in_
    assert sample == again.transform(table).shape[1]
