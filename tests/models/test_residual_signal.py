"""The membership score of a prediction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.residual_signal import SOFTENING, residual_logit, usual_square

ERRORS = st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=40)


@given(ERRORS)
def test_a_smaller_error_never_scores_less_and_every_score_is_finite(errors):
    errors = np.array(errors)
    phi = residual_logit(errors, np.zeros(len(errors)))
    assert np.isfinite(phi).all()
    assert (np.diff(phi[np.argsort(np.abs(errors))]) <= 0).all()


def test_errors_that_differ_get_scores_that_differ():
    phi = residual_logit(np.array([0, 0.01, 0.1, 1, 10, 100.0]), np.zeros(6), 1.0)
    assert (np.diff(phi) < 0).all()


def test_a_row_known_by_heart_gets_the_highest_score_there_is():
    phi = residual_logit(np.array([3.0, 4, 9]), np.array([3.0, 5, 5]))
    assert phi[0] == pytest.approx(-np.log(SOFTENING))
    assert residual_logit(np.full(5, 2.0), np.full(5, 2.0)) == pytest.approx(np.full(5, -np.log(SOFTENING)))


@given(ERRORS, st.sampled_from([1e-6, 0.01, 7.0, 1e5]))
def test_the_unit_of_the_target_does_not_matter(errors, factor):
    errors = np.array(errors)
    assert np.allclose(residual_logit(errors, 0 * errors), residual_logit(factor * errors, 0 * errors), atol=1e-6)


def test_a_half_that_is_memorised_leaves_the_scale_to_the_others():
    squares = np.array([0.0] * 50 + [4.0] * 50)
    assert usual_square(squares) == 4
    assert usual_square(np.array([0.0] * 90 + [5.0] * 10)) == pytest.approx(0.5)
    assert usual_square(np.zeros(3)) == 1


def test_the_spread_of_scores_does_not_grow_with_a_person_s_usual_error():
    """What the likelihood-ratio attack needs: with plain squares these two spreads differ a hundredfold."""
    rng = np.random.default_rng(0)
    near, far = (residual_logit(rng.normal(0, sd, 4000), np.zeros(4000), 1.0).std() for sd in (1, 10))
    assert 0.5 < near / far < 1
