"""Composed privacy curves against published vectors, closed forms and the reference library's own accountant."""

from __future__ import annotations

import math

import pytest

from core.errors import UserError
from core.privacy.curves import Cost, attack_bounds, compose_costs, epsilon_for_delta
from core.privacy.guarantee import Guarantee


def test_pure_budgets_of_one_and_two_leave_the_published_true_positive_rate():
    from dp_accounting.pld import common
    from dp_accounting.pld import privacy_loss_distribution as pld

    curve = pld.from_privacy_parameters(common.DifferentialPrivacyParameters(1, 0)).compose(
        pld.from_privacy_parameters(common.DifferentialPrivacyParameters(2, 0))
    )
    assert attack_bounds(curve, 0.1)[1] == pytest.approx(0.8286, abs=5e-5)  # test vector of dp-accounting


def test_two_budgets_with_a_delta_leave_the_published_rate():
    from dp_accounting.pld import common
    from dp_accounting.pld import privacy_loss_distribution as pld

    curve = pld.from_privacy_parameters(common.DifferentialPrivacyParameters(1, 0.1)).compose(
        pld.from_privacy_parameters(common.DifferentialPrivacyParameters(2, 0.2))
    )
    assert curve.get_delta_for_epsilon(3) == pytest.approx(0.28, abs=1e-9)
    assert attack_bounds(curve, 0.1)[1] == pytest.approx(0.91938, abs=5e-5)


def test_three_gaussians_of_variance_three_are_one_of_mu_one():
    total = compose_costs([Cost(epsilon=9.0, mu=1 / math.sqrt(3), times=3)], 0.126936)
    assert total.epsilon == pytest.approx(1.0, abs=1e-5)  # delta(1) = .126936
    assert total.advantage_bound == pytest.approx(0.382925, abs=1e-6)


def test_a_hundred_full_batches_with_noise_ten_cost_what_the_accountant_says():
    assert epsilon_for_delta(math.sqrt(100) / 10, 1e-5) == pytest.approx(4.377179, abs=1e-6)


def test_gaussian_and_pure_costs_together_equal_the_library_on_the_same_events():
    from dp_accounting import dp_event
    from dp_accounting.pld import PLDAccountant

    costs = [Cost(epsilon=1.0, mu=0.4, times=5), Cost(epsilon=0.3, times=4)]
    accountant = PLDAccountant(value_discretization_interval=1e-3)
    accountant.compose(dp_event.GaussianDpEvent(1 / 0.4), 5)
    # Laplace noise has a milder curve than the worst mechanism of its epsilon, so the library must not lie above ours.
    accountant.compose(dp_event.LaplaceDpEvent(1 / 0.3), 4)
    ours, theirs = compose_costs(costs, 1e-5).epsilon, accountant.get_epsilon(1e-5)
    assert theirs - 0.01 <= ours <= theirs + 0.5
    only = PLDAccountant(value_discretization_interval=1e-3)
    only.compose(dp_event.GaussianDpEvent(1 / 0.4), 5)
    assert compose_costs(costs[:1], 1e-5).epsilon == pytest.approx(only.get_epsilon(1e-5), rel=2e-3)


def test_pure_budgets_without_a_delta_add_up():
    total = compose_costs([Cost(epsilon=0.5, times=3), Cost(epsilon=1.0)], 0.0)
    assert total.epsilon == pytest.approx(2.5)
    assert total.advantage_bound <= math.tanh(2.5 / 2) + 1e-3


def test_no_finite_epsilon_holds_below_the_deltas_already_spent():
    assert math.isinf(compose_costs([Cost(epsilon=1.0, delta=1e-3, times=2)], 1e-3).epsilon)
    assert math.isinf(epsilon_for_delta(1.0, 0.0))


def test_more_looks_cost_more():
    many = [[Cost(epsilon=1.0, mu=0.27, times=n), Cost(epsilon=0.2, times=n)] for n in (1, 2, 30)]
    totals = [compose_costs(costs, 1e-5) for costs in many]
    assert 1.0 < totals[0].epsilon < totals[1].epsilon < totals[2].epsilon
    assert totals[0].advantage_bound < totals[1].advantage_bound < totals[2].advantage_bound
    assert totals[0].tpr_at_1pct_bound < totals[1].tpr_at_1pct_bound < totals[2].tpr_at_1pct_bound


def test_claims_and_guarantees_for_replaced_people_are_no_costs():
    assert Cost.of(Guarantee(kind="claimed", epsilon=1.0, neighbours="add_remove")) is None
    assert Cost.of(Guarantee(kind="dp", epsilon=1.0, neighbours="replace_one")) is None
    assert Cost.of(Guarantee(kind="dp", epsilon=1.0, neighbours="add_remove"), 3) == Cost(epsilon=1.0, times=3)


@pytest.mark.parametrize("wrong", [{"epsilon": -1.0}, {"epsilon": 1.0, "delta": 1.0}, {"epsilon": 1.0, "times": 0},
                                   {"epsilon": 1.0, "mu": 0.0}, {"epsilon": math.nan}])  # fmt: skip
def test_costs_out_of_range_are_refused(wrong):
    with pytest.raises(UserError):
        Cost(**wrong)
