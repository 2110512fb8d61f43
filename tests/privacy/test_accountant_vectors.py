"""The accountant we lean on against published numbers: what it says of events that others have worked out as well.

Sources: tests of Opacus (PRV and RDP accountants), of TensorFlow Privacy, of Google's dp-accounting, and riskcal.
Vectors that `test_curves`, `test_gdp`, `test_zcdp` and `test_sampled_gaussian` hold already are not repeated.
"""

from __future__ import annotations

import math

import pytest

from core.privacy.curves import Cost, attack_bounds, compose_costs
from core.privacy.sampled_gaussian import curve_of

FINE = 1e-4
"""Step of the privacy loss, rounded up: what comes out lies above the truth by about sqrt(steps) of it at most."""
MOMENTS = (1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5, 4, 4.5, *range(5, 64), 128, 256, 512)
"""The orders of Rényi divergence that TensorFlow Privacy's tests use."""


def renyi(noise, rate, steps, delta, orders=None):
    """Epsilon by Rényi divergences, which is an upper bound, of Gaussian sums over random samples."""
    from dp_accounting import dp_event
    from dp_accounting.rdp import RdpAccountant

    step = dp_event.GaussianDpEvent(noise)
    accountant = RdpAccountant(orders) if orders else RdpAccountant()
    accountant.compose(step if rate == 1 else dp_event.PoissonSampledDpEvent(rate, step), steps)
    return accountant.get_epsilon(delta)


def tight(noise, rate, steps, delta, grid=FINE):
    return curve_of(noise, rate, steps, grid).get_epsilon_for_delta(delta)


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "published", "least"),
    [
        pytest.param(0.8, 0.001, 1000, 0.477771266, 0.467683, marks=pytest.mark.slow),
        (2.0, 0.001, 1000, 0.071218783, 0.061141),
        (3.0, 0.001, 50_000, 0.309694161, 0.301900),
        pytest.param(0.8, 0.2, 100, 24.333664178, 24.32262, marks=pytest.mark.slow),
        pytest.param(3.0, 0.05, 1000, 2.527574326, 2.51745, marks=pytest.mark.slow),
    ],
)
def test_rarely_sampled_sums_cost_no_more_than_published_and_no_less_than_is_known(
    noise, rate, steps, published, least
):
    # Published with an error of .01, upwards; `least` is the tight value, which our rounding may exceed by .0002.
    found = tight(noise, rate, steps, 1e-6)
    assert found <= published
    assert found == pytest.approx(least, abs=2.5e-4)


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "by_moments", "by_curve"),
    [
        pytest.param(1.0, 0.01, 1000, 2.101367, 1.828244, marks=pytest.mark.slow),
        (4.0, 0.01, 10_000, 1.03549, 0.946999),
        pytest.param(1.1, 256 / 60_000, 14_062, 2.596556, 2.381686, marks=pytest.mark.slow),
        (10.0, 1.0, 100, 4.728507, 4.377179),
        pytest.param(1.5, 0.04, 2250, 7.329335, 6.768787, marks=pytest.mark.slow),
    ],
)
def test_the_curve_is_tighter_than_moments_and_both_are_what_others_found(noise, rate, steps, by_moments, by_curve):
    assert renyi(noise, rate, steps, 1e-5) == pytest.approx(by_moments, abs=2e-6)
    assert tight(noise, rate, steps, 1e-5) == pytest.approx(by_curve, abs=2e-5)


@pytest.mark.parametrize(
    ("noise", "rate", "steps", "delta", "published"),
    [
        (1.3, 150 / 60_000, 6000, 1e-5, 0.7242234026109595),
        (1.0, 100 / 100_000, 30_000, 1e-7, 1.4154988495444845),
        (0.1, 1024 / 1e8, 976_563, 1e-7, 5907982.31138195),
    ],
)
def test_moments_are_those_of_tensorflow_privacy_to_ten_digits(noise, rate, steps, delta, published):
    assert renyi(noise, rate, steps, delta, MOMENTS) == pytest.approx(published, rel=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "rate", "steps", "delta", "published"),
    [
        (1.3, 150 / 60_000, 6000, 1e-5, 0.640111),
        (1.0, 100 / 100_000, 30_000, 1e-7, 1.098200),
        (0.7, 1.0, 2, 1e-5, 10.1224946),
        (0.7, 0.01, 120, 1e-5, 2.4612381),
        # The same with gradients of groups clipped together: one person moves a sum by twice the clip.
        (0.7 / 2, 0.01, 120, 1e-5, 18.6977407),
    ],
)
def test_the_curves_of_private_training_are_those_of_tensorflow_privacy(noise, rate, steps, delta, published):
    assert tight(noise, rate, steps, delta) == pytest.approx(published, abs=2e-6)


def test_renyi_divergences_of_a_sampled_gaussian_are_the_published_ones():
    from dp_accounting import dp_event
    from dp_accounting.rdp import RdpAccountant

    accountant = RdpAccountant([1.5, 2.5, 5, 50, 100])
    accountant.compose(dp_event.PoissonSampledDpEvent(0.01, dp_event.GaussianDpEvent(2.5)), 50)
    # Any one order gives an upper bound, epsilon = divergence + ln(1 / delta) / (order - 1): solved for the divergence.
    published = [6.70579741e-4, 1.08548710e-3, 2.18075656e-3, 2.38460375e-2, 1.67416308e2]
    assert list(accountant._rdp) == pytest.approx(published, rel=1e-7)
    assert renyi(4.530877117, 1.0, 1, 1e-6) == pytest.approx(1.0, abs=1e-6)


def test_three_gaussians_of_variance_three_leave_the_published_attack():
    from dp_accounting.pld import privacy_loss_distribution as pld

    curve = pld.from_gaussian_mechanism(math.sqrt(3), value_discretization_interval=FINE).self_compose(3)
    assert curve.get_delta_for_epsilon(1.0) == pytest.approx(0.126936, abs=1e-6)
    # Our bound is the lowest tangent on a grid of levels, so it lies above by a little, never below.
    assert 0.38914 - 1e-5 < attack_bounds(curve, 0.1)[1] < 0.38914 + 2e-4


def test_three_sampled_gaussians_have_the_published_delta():
    assert curve_of(0.5, 0.2, 3, 1e-3).get_delta_for_epsilon(1.0) == pytest.approx(0.15594, abs=2e-5)


def test_three_sampled_laplace_sums_cost_their_pure_epsilons_when_nothing_may_fail():
    from dp_accounting import dp_event
    from dp_accounting.pld import PLDAccountant

    accountant = PLDAccountant(value_discretization_interval=FINE)
    accountant.compose(dp_event.PoissonSampledDpEvent(0.2, dp_event.LaplaceDpEvent(0.5)), 3)
    assert 3 * math.log(1 + 0.2 * (math.exp(2) - 1)) == pytest.approx(2.46964, abs=1e-5)
    assert accountant.get_epsilon(1e-9) == pytest.approx(2.46964, abs=5e-4)


@pytest.mark.parametrize(("noise", "rate", "steps"), [(0.67379294682, 0.01, 1), (3.20956502598 / 6, 0.001, 25)])
def test_the_smallest_noise_that_keeps_a_budget_is_the_published_one(noise, rate, steps):
    kept, more, less = (curve_of(noise * factor, rate, steps, 1e-3) for factor in (1.0, 0.998, 1.002))
    assert kept.get_delta_for_epsilon(1.0) == pytest.approx(1e-5, rel=0.01)
    assert less.get_delta_for_epsilon(1.0) < 1e-5 < more.get_delta_for_epsilon(1.0)


@pytest.mark.parametrize(("queries", "scale"), [(20, 13.6), (500, 71.0)])
def test_the_smallest_laplace_noise_for_many_questions_is_the_published_one(queries, scale):
    from dp_accounting.pld import privacy_loss_distribution as pld

    enough, less = (
        pld.from_laplace_mechanism(b, value_discretization_interval=FINE)
        .self_compose(queries)
        .get_epsilon_for_delta(1e-4)
        for b in (scale, scale * 0.99)
    )  # published to a step of .1 and of 1
    assert enough <= 1.0 < less


# epsilon at delta 1e-5 -> advantage, true-positive rate at 1 % and at .1 %, and the advantage against Laplace noise.
WORST = {
    0.1: (0.0500, 0.0111, 0.00112, 0.0488),
    0.5: (0.2449, 0.0165, 0.00166, 0.2212),
    1.0: (0.4621, 0.0272, 0.00273, 0.3935),
    math.log(3): (0.5000, 0.0300, 0.00301, 0.4226),
    2.0: (0.7616, 0.0739, 0.00740, 0.6321),
    3.0: (0.9051, 0.2009, 0.02010, 0.7769),
    5.0: (0.9866, 0.9933, 0.14842, 0.9179),
    8.0: (0.9993, 0.9997, 0.99966, 0.9817),
    10.0: (0.9999, 1.0, 0.99995, 0.9933),
}


@pytest.mark.parametrize(("epsilon", "row"), WORST.items())
def test_the_best_attack_on_a_budget_alone_is_the_published_one(epsilon, row):
    from dp_accounting.pld import common
    from dp_accounting.pld import privacy_loss_distribution as pld

    curve = pld.from_privacy_parameters(
        common.DifferentialPrivacyParameters(epsilon, 1e-5), value_discretization_interval=FINE
    )
    laplace = pld.from_laplace_mechanism(1 / epsilon, value_discretization_interval=1e-3)
    found = (*attack_bounds(curve), attack_bounds(curve, 0.001)[1], attack_bounds(laplace)[0])
    assert found == pytest.approx(row, abs=6e-5)
    total = compose_costs([Cost(epsilon=epsilon, delta=1e-5)], 1e-5)
    assert (total.advantage_bound, total.tpr_at_1pct_bound) == pytest.approx(found[:2], rel=5e-3)
    assert found[3] == pytest.approx(1 - math.exp(-epsilon / 2), abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "rate", "steps", "advantage", "hits"),
    [
        (1.0, 0.01, 1000, 0.1611, 0.0292),
        (1.5, 0.04, 2250, 0.5142, 0.1805),
        (1.1, 256 / 60_000, 14_062, 0.2253, 0.0404),
    ],
)
def test_the_best_attack_on_private_training_is_the_published_one(noise, rate, steps, advantage, hits):
    found = attack_bounds(curve_of(noise, rate, steps, FINE))
    # Published on a coarser grid: ours is at most as large, and by no more than that grid's error.
    assert advantage - 1e-3 < found[0] < advantage + 6e-5
    assert hits - 3e-4 < found[1] < hits + 6e-5
