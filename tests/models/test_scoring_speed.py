"""Quick scoring gives what slow scoring gives, to the last bit where it must."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from core.data.table import class_labels, target_codes
from core.models.gradient_boosting import GradientBoosting
from core.models.quick_trees import LEAVES, ROWS, QuickTrees
from core.models.random_forest import RandomForest
from core.models.signals import true_class_logit
from core.rng import rng_for
from tests.tables import awkward, people


@pytest.mark.parametrize("name", ["ordinary", *awkward()])
def test_boosting_scored_quickly_is_boosting_to_the_last_bit(name):
    table = {"ordinary": people(160), **awkward()}[name]
    half = np.arange(len(table)) % 2 == 0
    fitted = GradientBoosting(min_samples_leaf=2).fit(table.take(half), class_labels(table), rng_for(0))
    if len(fitted.seen) > 1:
        assert fitted.quick is not None
    theirs = fitted.estimator.predict_proba(fitted.encoder.transform(table))
    assert np.array_equal(fitted.predict_proba(table)[:, fitted.seen], theirs)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("rounds", [1, 7])
def test_quick_trees_take_any_number_of_rows_trees_and_classes(classes, rounds):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(180, 5)).astype(np.float32).round(1)
    target = (features[:, 0] + rng.normal(size=180) > 0).astype(int) + (classes > 2) * (features[:, 1] > 1)
    model = HistGradientBoostingClassifier(max_iter=rounds, min_samples_leaf=1, early_stopping=False, max_bins=9)
    model.fit(features, target)
    quick = QuickTrees.compile([tree for group in model._predictors for tree in group], 5)
    assert quick is not None
    # More rows than are scored together; values on the thresholds, beyond them, and infinite.
    asked = np.vstack([features, rng.normal(size=(ROWS, 5)).astype(np.float32) * 3, np.full((1, 5), np.inf)])
    totals = np.zeros((len(asked), model._baseline_prediction.shape[1])) + model._baseline_prediction
    quick.add_to(totals, asked)
    assert np.array_equal(totals, model._raw_predict(asked).reshape(totals.shape))


def test_trees_of_another_form_are_left_to_the_library():
    table = people(160)
    model = HistGradientBoostingClassifier(max_leaf_nodes=LEAVES + 20, min_samples_leaf=1, early_stopping=False)
    features = np.random.default_rng(0).normal(size=(160, 3))
    model.fit(features, target_codes(table, class_labels(table)))
    assert QuickTrees.compile([tree for group in model._predictors for tree in group], 3) is None


@pytest.mark.parametrize("seed", [0, 1])
def test_a_forest_walked_once_answers_as_the_library_does(seed):
    table = people(200)
    classes = ("maybe", *class_labels(table))
    target = target_codes(table, classes)
    model = RandomForest(trees=20, min_samples_leaf=2)
    fitted = model.fit(table.take(np.arange(100)), classes, rng_for(seed))
    place = np.where(np.arange(200) < 100, np.arange(200), -1)
    signals = model.signals(fitted, table, target, None, place)
    assert signals.phi == pytest.approx(true_class_logit(fitted.predict_proba(table), target, 20), abs=1e-9)
    never = model.signals(fitted, table, np.zeros(200, np.int64), None, place)
    assert (never.phi == true_class_logit(np.zeros((1, 1)), np.array([0]), 20)).all()
