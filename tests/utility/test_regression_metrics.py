"""R2 and mean absolute error: known answers, influences, references, words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error, r2_score

from core.utility.metrics import ALL_METRICS, METRICS, REGRESSION_METRICS, metrics_for

KEYS = list(REGRESSION_METRICS)


def made_up(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    target = rng.exponential(10, rows)
    return 3 + 0.6 * target + rng.normal(0, 4, rows), target


def test_the_metrics_equal_scikit_learn_s():
    answers, target = made_up()
    theirs = {"r2": r2_score(target, answers), "mae": mean_absolute_error(target, answers)}
    assert set(theirs) == set(REGRESSION_METRICS)
    for key, metric in REGRESSION_METRICS.items():
        assert metric.score(answers, target)[0] == pytest.approx(theirs[key], rel=1e-12)


@pytest.mark.parametrize("key", KEYS)
@given(
    st.lists(st.tuples(st.floats(-1e6, 1e6, width=32), st.floats(-1e6, 1e6, width=32)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_influences_sum_to_zero_and_the_order_of_people_does_not_matter(key, pairs, random):
    answers, target = np.array(pairs).T
    value, influence = REGRESSION_METRICS[key].score(answers, target)
    assert influence.shape == target.shape
    assert abs(influence.sum()) <= 1e-9 * (1 + np.abs(influence).sum())
    order = np.array(random.sample(range(len(target)), len(target)))
    again, moved = REGRESSION_METRICS[key].score(answers[order], target[order])
    assert again == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True)
    assert np.allclose(moved, influence[order], rtol=1e-6, atol=1e-9 * (1 + np.abs(influence).max()))


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_influences_give_the_standard_error_that_a_bootstrap_of_people_gives(key, seed):
    answers, target = made_up(seed=seed)
    rng = np.random.default_rng(seed)
    score = REGRESSION_METRICS[key].score
    boot = [score(answers[i], target[i])[0] for i in (rng.integers(0, 400, 400) for _ in range(1500))]
    # 1,500 resamples know a standard error to 1.8 %; four of these, and 5 % for the first-order approximation of R2.
    assert np.sqrt((score(answers, target)[1] ** 2).sum()) == pytest.approx(np.std(boot), rel=0.12)


@pytest.mark.parametrize("key", KEYS)
def test_each_influence_is_the_move_of_the_value_when_the_row_weighs_more(key):
    """The definition: derivative of the weighted value in one row's weight, divided by the number of rows."""
    answers, target = made_up(40)
    _, influence = REGRESSION_METRICS[key].score(answers, target)
    for row in range(40):
        weights = np.full(40, 1.0)
        weights[row] += 1e-6
        mean = np.average(target, weights=weights)
        weighted = {
            "mae": np.average(np.abs(target - answers), weights=weights),
            "r2": 1
            - np.average((target - answers) ** 2, weights=weights) / np.average((target - mean) ** 2, weights=weights),
        }[key]
        slope = (weighted - REGRESSION_METRICS[key].score(answers, target)[0]) / 1e-6
        assert influence[row] == pytest.approx(slope, rel=1e-3, abs=1e-7)


def test_perfect_answers_are_best_and_the_reference_is_what_knowing_nothing_reaches():
    target = np.array([1.0, 2, 2, 7, 40])
    assert REGRESSION_METRICS["r2"].score(target, target)[0] == 1
    assert REGRESSION_METRICS["mae"].score(target, target)[0] == 0
    mean, median = np.full(5, target.mean()), np.full(5, 2.0)
    for key, answers in (("r2", mean), ("mae", median)):
        metric = REGRESSION_METRICS[key]
        assert metric.score(answers, target)[0] == pytest.approx(metric.reference(target))
    for other in np.linspace(0, 40, 81):
        assert REGRESSION_METRICS["mae"].reference(target) <= np.abs(target - other).mean()


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_r2_of_equal_targets_is_undefined_and_no_number(value):
    value, influence = REGRESSION_METRICS["r2"].score(np.arange(7.0), np.full(7, value))
    assert np.isnan(value)
    assert not influence.any()
    assert "same target" in REGRESSION_METRICS["r2"].undefined


def test_r2_ignores_the_unit_and_the_error_has_it():
    answers, target = made_up()
    for key, factor in (("r2", 1), ("mae", 1000)):
        score = REGRESSION_METRICS[key].score
        assert score(5 + 1000 * answers, 5 + 1000 * target)[0] == pytest.approx(factor * score(answers, target)[0])


def test_each_task_has_its_metrics_and_every_metric_is_known_by_name():
    assert metrics_for("classification") == METRICS
    assert metrics_for("regression") == REGRESSION_METRICS
    assert list(METRICS) == ["accuracy", "balanced_accuracy", "roc_auc"]
    assert list(ALL_METRICS) == [*METRICS, *REGRESSION_METRICS]
    assert [key for key, metric in ALL_METRICS.items() if metric.better == "lower"] == ["mae"]


@pytest.mark.parametrize("key", list(ALL_METRICS))
def test_every_metric_ships_its_words(key):
    told = ALL_METRICS[key].describe()
    assert told["key"] == key
    for part in ("title", "idea", "reference", "description", "interpretation", "caveat"):
        assert told[part].strip() == told[part] != ""
    for part in ("idea", "description", "interpretation", "caveat"):
        assert told[part].endswith(".")
        assert "  " not in told[part]
    assert told["better"] in ("higher", "lower")
    assert len({told["idea"], told["description"], told["interpretation"], told["caveat"]}) == 4


@pytest.mark.parametrize("key", list(ALL_METRICS))
def test_better_says_in_which_direction_a_good_model_moves_the_value(key):
    metric = ALL_METRICS[key]
    rng = np.random.default_rng(3)
    if metric.task == "regression":
        target = rng.normal(size=200)
        good, bad = (target + rng.normal(0, noise, 200) for noise in (0.1, 3))
    else:
        target = rng.integers(0, 2, 200)
        good, bad = (np.column_stack([1 - p, p]) for p in (0.1 + 0.8 * target, rng.random(200)))
    one, two = metric.score(good, target)[0], metric.score(bad, target)[0]
    assert (one > two) == (metric.better == "higher")
