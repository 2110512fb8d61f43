"""Models that predict a number: known answers, units, and what a membership attacker reads off them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.ensemble import RandomForestRegressor as Forest
from sklearn.linear_model import Ridge

from core.data.table import Table, target_values
from core.errors import UserError
from core.models import MODELS
from core.models.encode import Encoder
from core.models.linear_regression import LinearRegression
from core.models.random_forest_regressor import RandomForestRegressor
from core.models.residual_signal import residual_logit, usual_square
from core.rng import rng_for, seed_from
from core.stats.roc import auc
from tests.regression_tables import earners, numbers_only
from tests.tables import people

KEYS = [key for key, model in MODELS.items() if model.task == "regression"]


def noisy(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 4))
    return numbers_only(features, features[:, 0] * 2 + np.sin(3 * features[:, 1]) + rng.normal(size=rows))


def halves(table, seed=0):
    inside = np.random.default_rng(seed).random(len(table)) < 0.5
    return table.take(inside), np.where(inside, np.cumsum(inside) - 1, -1)


def test_the_registry_has_the_three_regression_models():
    assert set(KEYS) == {"linear_regression", "random_forest_regressor", "gradient_boosting_regressor"}


@pytest.mark.parametrize("key", KEYS)
def test_predictions_equal_scikit_learn_s_own(key):
    table = earners(160)
    target = target_values(table)
    fitted = MODELS[key]().fit(table, (), rng_for(1, "fit"))
    features = Encoder.fit(table, MODELS[key].ordinal).transform(table)
    seed = seed_from(rng_for(1, "fit"))
    theirs = {
        "linear_regression": Ridge(alpha=1.0),
        "random_forest_regressor": Forest(n_estimators=100, min_samples_leaf=1, random_state=seed),
        "gradient_boosting_regressor": HistGradientBoostingRegressor(early_stopping=False, random_state=seed),
    }[key]
    scaled = (target - target.mean()) / target.std()
    expected = target.mean() + target.std() * theirs.fit(features, scaled).predict(features)
    assert fitted.predict(table) == pytest.approx(expected, rel=1e-9)
    # In the target's own unit ties between equally good cuts of a forest may fall otherwise.
    expected = theirs.fit(features, target).predict(features)
    assert np.corrcoef(fitted.predict(table), expected)[0, 1] > 0.999


def test_linear_regression_without_penalty_is_least_squares():
    table = noisy()
    features = np.column_stack([np.ones(200), table.frame.drop(columns="y")])
    exact = features @ np.linalg.lstsq(features, target_values(table), rcond=None)[0]
    fitted = LinearRegression(regularisation=1e-4).fit(table, (), rng_for(0))
    assert fitted.predict(table) == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(("shift", "factor"), [(0, 2.0**-40), (4096, 2.0**20), (-1024, 0.5)])
def test_the_unit_of_the_target_changes_nothing_but_the_unit(key, shift, factor):
    table = noisy()
    other = Table(table.frame.assign(y=shift + factor * table.frame["y"]), table.schema)
    one, two = (MODELS[key]().fit(t, (), rng_for(0)).predict(t) for t in (table, other))
    if key == "random_forest_regressor" and shift:  # rounding decides between equally good cuts of two or three rows
        assert np.corrcoef(one, two)[0, 1] > 0.99
        assert np.std(two) == pytest.approx(factor * np.std(one), rel=0.05)
    else:
        assert two == pytest.approx(shift + factor * one, abs=1e-6 * factor)


@pytest.mark.parametrize("key", KEYS)
def test_equal_targets_are_predicted_as_they_are(key):
    table = noisy()
    same = Table(table.frame.assign(y=0.1), table.schema)
    assert MODELS[key]().fit(same, (), rng_for(0)).predict(table) == pytest.approx(np.full(200, 0.1))


@pytest.mark.parametrize("key", KEYS)
def test_a_model_for_numbers_refuses_classes_and_gaps(key):
    with pytest.raises(UserError, match="must hold numbers"):
        MODELS[key]().fit(people(60), ("no", "yes"), rng_for(0))
    table = earners(60)
    gaps = Table(table.frame.assign(rich=table.frame["rich"].where(np.arange(60) > 3)), table.schema)
    with pytest.raises(UserError, match="got 4 of 60 rows without one"):
        MODELS[key]().fit(gaps, (), rng_for(0))


@pytest.mark.parametrize("key", KEYS)
def test_the_signals_are_the_observed_errors_on_the_side_that_happened(key):
    table = noisy()
    training, place = halves(table)
    model = MODELS[key]()
    fitted = model.fit(training, (), rng_for(0))
    target = target_values(table)
    for known in (training, None):
        where = place if known is not None else np.full(200, -1)
        found = model.signals(fitted, table, target, known, where)
        assert found.phi == pytest.approx(residual_logit(fitted.predict(table), target))
        assert np.array_equal(found.inside[where >= 0], found.phi[where >= 0])
        assert np.array_equal(found.outside[where < 0], found.phi[where < 0])


@pytest.mark.parametrize("regularisation", [0.01, 1.0, 50.0])
def test_the_shortcut_of_linear_regression_is_what_refitting_gives(regularisation):
    """Both sides, to rounding, with the encoding and the target's unit held as they are."""
    table = earners(100)
    training, place = halves(table)
    model = LinearRegression(regularisation=regularisation)
    fitted = model.fit(training, (), rng_for(0))
    target = target_values(table)
    found = model.signals(fitted, table, target, training, place)
    features, inner = fitted.encoder.transform(table), fitted.encoder.transform(training)
    unit = (target_values(training) - fitted.centre) / fitted.scale
    usual = usual_square((target - fitted.predict(table)) ** 2)
    for row in range(100):
        if place[row] >= 0:
            x, y = np.delete(inner, place[row], axis=0), np.delete(unit, place[row])
        else:
            x, y = np.vstack([inner, features[row]]), np.append(unit, (target[row] - fitted.centre) / fitted.scale)
        answer = fitted.in_unit(Ridge(alpha=regularisation).fit(x, y).predict(features[row : row + 1]))
        expected = residual_logit(answer, target[row : row + 1], usual)[0]
        other = found.outside[row] if place[row] >= 0 else found.inside[row]
        assert other == pytest.approx(expected, abs=1e-6)


def test_a_forest_without_a_row_is_the_trees_that_did_not_draw_it():
    table = noisy(60)
    training, place = halves(table)
    model = RandomForestRegressor(trees=12)
    fitted = model.fit(training, (), rng_for(0))
    found = model.signals(fitted, table, target_values(table), training, place)
    features = fitted.encoder.transform(table)
    answers = np.array([tree.predict(features) for tree in fitted.estimator.estimators_])
    usual = usual_square((target_values(table) - fitted.predict(table)) ** 2)
    for row in np.flatnonzero(place >= 0):
        out = [place[row] not in sample for sample in fitted.estimator.estimators_samples_]
        answer = fitted.in_unit(answers[out, row].mean(keepdims=True))
        expected = residual_logit(answer, target_values(table)[row : row + 1], usual)[0]
        assert found.outside[row] == pytest.approx(expected)
    assert np.isnan(found.inside[place < 0]).all()


def test_what_a_forest_cannot_say_is_unknown_and_not_zero():
    table = noisy(60)
    training, place = halves(table)
    model = RandomForestRegressor(trees=1)
    found = model.signals(model.fit(training, (), rng_for(0)), table, target_values(table), training, place)
    drawn = np.isnan(found.outside)
    # A tree draws a row with probability 1 - 1/e; 30 rows.
    assert 0.3 < drawn[place >= 0].mean() < 0.95
    assert not drawn[place < 0].any()


@pytest.mark.parametrize(
    ("key", "settings", "least"),
    [
        ("random_forest_regressor", {"trees": 50}, 0.7),
        ("gradient_boosting_regressor", {"min_samples_leaf": 2}, 0.7),
        ("linear_regression", {}, None),
    ],
)
def test_the_error_gives_members_away_where_the_model_memorises(key, settings, least):
    table = noisy(200)
    training, place = halves(table)
    model = MODELS[key](**settings)
    found = model.signals(model.fit(training, (), rng_for(0)), table, target_values(table), training, place)
    area = auc(found.phi, place >= 0)
    if least is not None:
        assert area > least
    else:  # five weights for a hundred people: one standard error of an AUC of 100 against 100 is .041
        assert abs(area - 0.5) < 4 * 0.041


def test_a_category_and_a_gap_are_inputs_like_any_other():
    rng = np.random.default_rng(0)
    table = earners(160)
    nurse = (table.frame["job"] == "nurse").to_numpy()
    frame = table.frame.assign(rich=np.where(nurse, 50.0, 10.0) + rng.normal(0, 1, 160))
    frame["hours"] = frame["hours"].where(pd.Series(rng.random(160) < 0.8))
    marked = Table(frame, table.schema)
    for key in KEYS:
        found = MODELS[key]().fit(marked, (), rng_for(0)).predict(marked)
        assert found[nurse].mean() - found[~nurse].mean() > 30


def test_a_single_training_row_decides_its_own_prediction_so_nobody_knows_what_would_be_without_it():
    table = noisy(30)
    training, place = table.take(np.arange(1)), np.where(np.arange(30) == 0, 0, -1)
    model = LinearRegression()
    found = model.signals(model.fit(training, (), rng_for(0)), table, target_values(table), training, place)
    assert np.isnan(found.outside[0])
    assert np.isfinite(found.inside).all()
