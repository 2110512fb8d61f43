"""zCDP: the conversion has the published digits, errs to the private side and agrees with dp-accounting."""

from __future__ import annotations

import pytest

from core.errors import UserError
from core.privacy.zcdp import epsilon_from_rho, rho_from_epsilon_delta


@pytest.mark.parametrize(
    ("epsilon", "delta", "rho"),
    [
        (1, 1e-9, 0.0149730577),
        (1, 1e-5, 0.0305565952),
        (1, 1e-6, 0.0243559704),
        (3, 1e-6, 0.1850698407),
        (10, 1e-5, 1.7826956),
    ],
)
def test_rho_has_the_published_digits(epsilon, delta, rho):
    # 1e-7: what is left of the digits that are given, and the step to the private side.
    assert rho_from_epsilon_delta(epsilon, delta) == pytest.approx(rho, rel=1e-7)


@pytest.mark.parametrize(("rho", "delta", "epsilon"), [(0.5, 1e-5, 4.7283870), (1, 1e-6, 7.7662166)])
def test_epsilon_has_the_published_digits(rho, delta, epsilon):
    assert epsilon_from_rho(rho, delta) == pytest.approx(epsilon, abs=1e-7)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.01, 1e-12), (0.3, 1e-5), (1, 1e-2), (100, 1e-6)])
def test_the_budget_that_rho_spends_is_never_above_the_one_asked_for(epsilon, delta):
    spent = epsilon_from_rho(rho_from_epsilon_delta(epsilon, delta), delta)
    assert epsilon * (1 - 1e-7) <= spent <= epsilon


@pytest.mark.parametrize(("rho", "delta"), [(0.001, 1e-6), (0.0306, 1e-5), (2.0, 1e-9)])
def test_it_is_what_dp_accounting_says_of_renyi_budgets_and_above_what_a_gaussian_costs(rho, delta):
    from dp_accounting.rdp.rdp_privacy_accountant import compute_epsilon

    orders = [1 + 10 ** (place / 400) for place in range(-800, 2000)]
    theirs, _ = compute_epsilon(orders, [rho * order for order in orders], delta)
    # Their orders are a grid, so theirs is a little larger; a grid of ratio 1.006 costs less than 1e-4 of epsilon.
    assert epsilon_from_rho(rho, delta) <= theirs * (1 + 1e-9)
    assert epsilon_from_rho(rho, delta) == pytest.approx(theirs, rel=1e-4)


@pytest.mark.parametrize(("call", "at"), [((0.0, 1e-5), "positive"), ((1.0, 0.0), "delta"), ((1.0, 1.0), "delta")])
def test_budgets_out_of_range_are_refused(call, at):
    for function in (epsilon_from_rho, rho_from_epsilon_delta):
        with pytest.raises(UserError, match=at):
            function(*call)
