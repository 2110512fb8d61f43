"""Gaussian differential privacy against published tables and an independent evaluation of the curve."""

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserError
from core.privacy.gdp import advantage_bound, compose, delta_for_epsilon, mu_from_epsilon_delta, tpr_bound

# Noise of the analytic Gaussian mechanism at sensitivity 1 (Balle & Wang 2018): epsilon -> delta 1e-5, delta 1e-6.
SIGMA = {
    0.1: (30.749566, 36.30469),
    0.5: (7.031827, 8.057618),
    1.0: (3.730632, 4.224679),
    2.0: (1.993812, 2.230476),
    3.0: (1.390593, 1.543861),
    5.0: (0.891868, 0.980049),
    8.0: (0.600229, 0.652935),
    10.0: (0.499889, 0.541087),
}
# epsilon at delta 1e-5 -> mu, advantage, true-positive rate at 1 % and at .1 %.
WORST = {
    0.1: (0.0325, 0.0130, 0.0109, 0.00112),
    0.5: (0.1422, 0.0567, 0.0145, 0.00160),
    1.0: (0.2681, 0.1066, 0.0198, 0.00238),
    math.log(3): (0.2920, 0.1161, 0.0210, 0.00257),
    2.0: (0.5016, 0.1980, 0.0340, 0.00482),
    3.0: (0.7191, 0.2808, 0.0540, 0.00887),
    5.0: (1.1212, 0.4249, 0.1141, 0.02448),
    8.0: (1.6660, 0.5952, 0.2545, 0.07719),
    10.0: (2.0004, 0.6828, 0.3722, 0.13790),
}


def phi(x: Decimal) -> Decimal:
    """The normal distribution function by its power series, to 60 places after cancellation."""
    term = total = x
    n = 0
    while abs(term) > Decimal(10) ** -150:
        n += 1
        term = -term * x * x * (2 * n - 1) / (2 * n * (2 * n + 1))
        total += term
    pi = Decimal(
        "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798"
    )
    return Decimal("0.5") + total / (2 * pi).sqrt()


def exact_delta(mu: float, epsilon: float) -> Decimal:
    with localcontext() as context:
        context.prec = 300
        m, e = Decimal(mu), Decimal(epsilon)
        return phi(-e / m + m / 2) - e.exp() * phi(-e / m - m / 2)


@pytest.mark.parametrize(("epsilon", "sigmas"), SIGMA.items())
def test_the_noise_scale_is_that_of_the_analytic_gaussian_mechanism(epsilon, sigmas):
    for delta, sigma in zip((1e-5, 1e-6), sigmas, strict=True):
        assert 1 / mu_from_epsilon_delta(epsilon, delta) == pytest.approx(sigma, rel=3e-6)


def test_at_epsilon_10_the_noise_is_above_what_the_classic_formula_would_add():
    assert 1 / mu_from_epsilon_delta(10, 1e-5) > math.sqrt(2 * math.log(1.25 / 1e-5)) / 10


@pytest.mark.parametrize(("epsilon", "row"), WORST.items())
def test_the_best_attack_on_a_budget_is_that_of_the_published_curve(epsilon, row):
    mu = mu_from_epsilon_delta(epsilon, 1e-5)
    assert mu == pytest.approx(row[0], abs=6e-5)
    assert advantage_bound(mu) == pytest.approx(row[1], abs=6e-5)
    assert tpr_bound(mu, 0.01) == pytest.approx(row[2], abs=6e-5)
    assert tpr_bound(mu, 0.001) == pytest.approx(row[3], abs=6e-6)


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 1.0, 10.0, 30.0, 100.0])
@pytest.mark.parametrize("delta", [1e-12, 1e-5, 1e-2])
def test_mu_is_never_above_the_exact_value_and_wastes_less_than_a_hundred_millionth(epsilon, delta):
    mu = mu_from_epsilon_delta(epsilon, delta)
    assert exact_delta(mu, epsilon) <= Decimal(delta)
    assert exact_delta(mu * (1 + 1e-8), epsilon) > Decimal(delta)


@given(st.floats(0.01, 100), st.floats(0.0, 100))
def test_delta_is_a_probability_that_falls_with_epsilon_and_starts_at_the_advantage(mu, epsilon):
    assert 0 <= delta_for_epsilon(mu, epsilon + 0.01) <= delta_for_epsilon(mu, epsilon) <= 1
    assert delta_for_epsilon(mu, 0.0) == pytest.approx(advantage_bound(mu), rel=1e-9)


@given(st.floats(0.01, 100), st.floats(1e-12, 1e-2))
def test_a_larger_budget_never_buys_more_noise(epsilon, delta):
    mu = mu_from_epsilon_delta(epsilon, delta)
    assert mu_from_epsilon_delta(epsilon * 1.01, delta) > mu
    assert mu_from_epsilon_delta(epsilon, delta * 1.01) > mu


@given(st.floats(0.01, 10), st.floats(0.0, 1.0))
def test_no_attack_gains_more_than_the_advantage_bound_at_any_false_positive_rate(mu, fpr):
    assert fpr - 1e-12 <= tpr_bound(mu, fpr) <= fpr + advantage_bound(mu) + 1e-12


def test_the_advantage_bound_is_reached_at_the_best_threshold():
    best = max(tpr_bound(0.7, i / 2000) - i / 2000 for i in range(2001))
    assert best == pytest.approx(advantage_bound(0.7), abs=1e-6)


def test_equal_steps_compose_to_the_root_of_their_number():
    assert compose([0.1] * 100) == pytest.approx(1.0)


@pytest.mark.parametrize(("epsilon", "delta"), [(0.0, 1e-5), (-1, 1e-5), (math.nan, 1e-5), (1, 0.0), (1, 1.0)])
def test_a_budget_that_is_none_is_refused(epsilon, delta):
    with pytest.raises(UserError):
        mu_from_epsilon_delta(epsilon, delta)


def test_bad_mu_and_rates_are_refused():
    for call in (lambda: delta_for_epsilon(0, 1), lambda: tpr_bound(1, 1.1), lambda: compose([1, -1])):
        with pytest.raises(UserError):
            call()
