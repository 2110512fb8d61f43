"""ROC pieces against scikit-learn and brute force."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from core.stats.power import detectable
from core.stats.roc import auc, best_threshold, tied_share

scores_and_truth = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: any(t for _, t in rows) and not all(t for _, t in rows)
)


@given(scores_and_truth)
def test_auc_agrees_with_scikit_learn_also_with_ties(rows):
    scores = np.array([float(s) for s, _ in rows])
    truth = np.array([t for _, t in rows])
    assert auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


@given(scores_and_truth)
def test_the_best_threshold_is_the_best_of_all_cuts_between_different_scores(rows):
    scores = np.array([float(s) for s, _ in rows])
    truth = np.array([t for _, t in rows])
    threshold, gain = best_threshold(scores, truth)
    values = np.unique(scores)
    cuts = (values[1:] + values[:-1]) / 2
    gains = [(scores > c)[truth].mean() - (scores > c)[~truth].mean() for c in cuts]
    if not len(cuts):
        assert (threshold, gain) == (float("inf"), 0.0)
        return
    assert gain == pytest.approx(max(gains))
    assert (scores > threshold)[truth].mean() - (scores > threshold)[~truth].mean() == pytest.approx(gain)


def test_orientation_a_memoriser_scores_one_and_a_flipped_one_zero():
    scores, truth = np.array([3.0, 2.0, 1.0, 0.0]), np.array([True, True, False, False])
    assert auc(scores, truth) == 1.0
    assert auc(-scores, truth) == 0.0


def test_an_empty_side_is_undefined_and_not_half():
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([True, True])))


def test_ties_are_counted_and_power_is_two_and_a_half_standard_errors():
    assert tied_share(np.array([1.0, 1.0, 2.0, 3.0])) == 0.5
    assert detectable(1.0) == pytest.approx(2.4865, abs=1e-4)
