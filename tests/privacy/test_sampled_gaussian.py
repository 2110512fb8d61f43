"""Noise for sums over random samples of people: the published numbers, and the budget is kept and not wasted."""

import math

import pytest

from core.errors import UserError
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta, tpr_bound
from core.privacy.sampled_gaussian import bounds, curve_of, noise_multiplier


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "delta", "published"),
    [
        # upper bounds with an error of .01 from Opacus's test of its PRV accountant; the tight curve is just below
        (0.8, 0.2, 100, 1e-6, 24.333664178),
        (3.0, 0.05, 1000, 1e-6, 2.527574326),
        (1.5, 0.05, 1000, 1e-6, 6.209969247),
        (1.5, 0.04, 2249, 1e-5, 6.777395712),
    ],
)
def test_the_composed_curve_gives_the_published_epsilon(noise, rate, steps, delta, published):
    found = curve_of(noise, rate, steps).get_epsilon_for_delta(delta)
    assert published - 0.0125 < found <= published


def test_noise_for_a_target_is_that_of_opacus_own_accountant():
    # its search stops within .01 of the epsilon asked for, which is .1 % of the noise, and so is ours
    assert noise_multiplier(8.0, 1e-5, 0.04, 2000) == pytest.approx(1.2915, rel=3e-3)


@pytest.mark.parametrize("epsilon", [0.05, 1.0, pytest.param(50.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("rate", "steps"), [(0.1, 100), (1.0, 7)])
def test_the_budget_is_kept_and_not_wasted(epsilon, rate, steps):
    noise = noise_multiplier(epsilon, 1e-6, rate, steps)
    fine = min(epsilon * 5e-4, 1e-3)
    assert curve_of(noise, rate, steps, fine).get_delta_for_epsilon(epsilon) <= 1e-6
    assert curve_of(noise * 0.99, rate, steps, fine).get_delta_for_epsilon(epsilon) > 1e-6


def test_everybody_in_every_step_is_the_gaussian_mechanism():
    mu = mu_from_epsilon_delta(1.0, 1e-5)
    assert noise_multiplier(1.0, 1e-5, 1.0, 1) == pytest.approx(1 / mu, rel=2e-3)
    assert noise_multiplier(1.0, 1e-5, 1.0, 25) == pytest.approx(5 / mu, rel=2e-3)
    advantage, rate = bounds(1.0, 1e-5, 1.0, 25)
    assert advantage == pytest.approx(advantage_bound(mu), rel=5e-3)
    # the tangent of the curve on a grid of levels lies just above it
    assert tpr_bound(mu, 0.01) * 0.995 < rate < tpr_bound(mu, 0.01) * 1.02


def test_more_budget_fewer_steps_or_rarer_sampling_ask_for_less_noise():
    base = noise_multiplier(1.0, 1e-5, 0.1, 100)
    assert noise_multiplier(2.0, 1e-5, 0.1, 100) < base
    assert noise_multiplier(1.0, 1e-5, 0.05, 100) < base
    assert noise_multiplier(1.0, 1e-5, 0.1, 50) < base


@pytest.mark.parametrize(
    "bad", [(0.0, 1e-5, 0.1, 10), (math.inf, 1e-5, 0.1, 10), (1.0, 0.0, 0.1, 10), (1.0, 1e-5, 0.0, 10), (1, 1e-5, 2, 1)]
)
def test_numbers_out_of_range_are_refused(bad):
    with pytest.raises(UserError):
        noise_multiplier(*bad)
