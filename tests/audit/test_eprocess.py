"""The bet against a claim: it rarely accuses who keeps it, and soon who does not."""

import math

import numpy as np
import pytest
from scipy.special import ndtr

from core.audit.claim import Claim
from core.audit.eprocess import Bets
from core.errors import UserError
from core.privacy.gdp import mu_from_epsilon_delta

ALPHA = 0.05


def bets_of(claim):
    """Every level, both directions."""
    levels = [level for level in claim.levels for _ in range(2)]
    return Bets(tuple(levels), tuple(claim.delta_at(level) for level in levels))


def gaussian_pairs(rng, actual_mu, claim, pairs):
    """Outputs N(mu, 1) and N(0, 1), each event the likelihood ratio test at e'."""
    d, other = rng.normal(actual_mu, 1, pairs), rng.normal(0, 1, pairs)
    here, there = [], []
    for level in claim.levels:
        cut = level / actual_mu + actual_mu / 2
        here += [d >= cut, other <= actual_mu - cut]
        there += [other >= cut, d <= actual_mu - cut]
    return np.column_stack(here), np.column_stack(there)


def response_pairs(rng, actual, claim, pairs):
    """Randomised response, the mechanism that meets the curve of (epsilon, 0) at every level."""
    truth = 1 / (1 + math.exp(-actual))
    d, other = rng.random(pairs) < truth, rng.random(pairs) < 1 - truth
    return np.column_stack([d, ~other] * 3), np.column_stack([other, ~d] * 3)


def alarms(draw, actual, claim, repeats, pairs):
    rng, bets = np.random.default_rng(3), bets_of(claim)
    return [bets.first_alarm(*draw(rng, actual, claim, pairs), ALPHA) or math.inf for _ in range(repeats)]


def one_event(actual, repeats=150, pairs=1500):
    rng, bets = np.random.default_rng(4), Bets((1.0,), (0.0,))
    truth = 1 / (1 + math.exp(-actual))
    draws = ((rng.random((pairs, 1)) < truth, rng.random((pairs, 1)) < 1 - truth) for _ in range(repeats))
    return [bets.first_alarm(here, there, ALPHA) or math.inf for here, there in draws]


GAUSS = {e: Claim(e, 1e-5, mu_from_epsilon_delta(e, 1e-5)) for e in (1.0, 4.0, 10.0)}
NULLS = [
    pytest.param(response_pairs, 1.0, Claim(1.0), id="response"),
    pytest.param(response_pairs, 0.2, Claim(0.2), id="response-.2"),
    pytest.param(gaussian_pairs, GAUSS[1.0].mu, GAUSS[1.0], id="gauss-1"),
    pytest.param(gaussian_pairs, GAUSS[4.0].mu, GAUSS[4.0], id="gauss-4"),
]


@pytest.mark.parametrize(("draw", "actual", "claim"), NULLS)
def test_a_mechanism_that_meets_its_curve_exactly_is_accused_at_most_five_times_in_a_hundred(draw, actual, claim):
    # 100 tries at a true rate of .05 give more than 11 alarms with probability .4 %.
    assert np.isfinite(alarms(draw, actual, claim, 100, 600)).sum() <= 11


@pytest.mark.slow
@pytest.mark.parametrize(("draw", "actual", "claim"), NULLS)
def test_over_3000_pairs_too_the_false_alarms_stay_under_alpha(draw, actual, claim):
    # 600 tries at a true rate of .05 give more than 44 alarms with probability .5 %.
    assert np.isfinite(alarms(draw, actual, claim, 600, 3000)).sum() <= 44


@pytest.mark.parametrize(("actual", "median", "p90"), [(1.5, 194, 494), (2.0, 77, 148), (3.0, 46, 71)])
def test_a_broken_claim_of_1_is_found_at_least_as_soon_as_the_published_test_finds_it(actual, median, p90):
    found = one_event(actual)
    assert np.median(found) <= median
    assert np.quantile(found, 0.9) <= p90


@pytest.mark.parametrize(("epsilon", "median"), [(1.0, 450), (4.0, 110), (10.0, 60)])
def test_half_the_noise_of_a_gaussian_is_found_through_its_curve(epsilon, median):
    # 38-334 is what a test of the one best event needs; ours bets on six at once, which costs log 6.
    assert np.median(alarms(gaussian_pairs, 2 * GAUSS[epsilon].mu, GAUSS[epsilon], 60, 1000)) <= median


def test_epsilon_and_delta_alone_would_mostly_miss_half_the_noise():
    claim = Claim(1.0, 1e-5)
    rng = np.random.default_rng(0)
    bets = bets_of(claim)
    found = [
        bets.first_alarm(*gaussian_pairs(rng, 2 * GAUSS[1.0].mu, claim, 3000), ALPHA) is not None for _ in range(20)
    ]
    assert np.mean(found) <= 0.3


def test_the_curve_of_epsilon_alone_is_that_of_randomised_response():
    for epsilon in (0.1, 1.0, 5.0):
        truth = math.exp(epsilon) / (1 + math.exp(epsilon))
        for level in (0.0, epsilon / 4, epsilon):
            assert Claim(epsilon).delta_at(level) == pytest.approx(truth - math.exp(level) * (1 - truth), abs=1e-12)
    assert Claim(1.0).delta_at(2.0) == 0
    assert Claim(100.0).delta_at(100.0) == 0


@pytest.mark.parametrize(("epsilon", "eta"), [(0.1, 0.0500), (1.0, 0.4621), (math.log(3), 0.5), (3.0, 0.9051)])
def test_at_level_0_the_curve_is_the_published_worst_advantage(epsilon, eta):
    assert Claim(epsilon, 1e-5).delta_at(0.0) == pytest.approx(eta, abs=6e-5)


@pytest.mark.parametrize("delta", [0.0, 1e-5, 0.1])
def test_the_curve_is_the_support_function_of_the_trade_off(delta):
    epsilon, a = 1.3, np.linspace(0, 1, 200_001)
    f = np.maximum(0, np.maximum(1 - delta - math.exp(epsilon) * a, math.exp(-epsilon) * (1 - delta - a)))
    for level in (0.0, 0.3, 1.3, 2.0):
        assert Claim(epsilon, delta).delta_at(level) == pytest.approx(max(1 - f - math.exp(level) * a), abs=1e-4)


def test_the_gaussian_curve_is_that_of_two_shifted_normals():
    mu, level = 0.7, 0.4
    cut = level / mu + mu / 2
    expected = ndtr(mu - cut) - math.exp(level) * ndtr(-cut)
    assert Claim(1.0, 1e-5, mu).delta_at(level) == pytest.approx(expected, rel=1e-9)


def test_the_capital_stays_positive_whatever_happens_and_starts_at_one():
    bets = bets_of(Claim(8.0))
    start = bets.start()
    assert np.exp(start).sum() == pytest.approx(1.0)
    never, always = np.zeros((50, 6), bool), np.ones((50, 6), bool)
    _, worst = bets.advance(start, never, always)
    assert np.isfinite(worst).all()
    assert (np.diff(worst) < 0).all()


def test_the_expected_payment_under_the_claim_is_not_above_zero():
    """One step of the supermartingale, worked out over the four outcomes."""
    claim = Claim(1.0)
    for level in claim.levels:
        bets = Bets((level,), (claim.delta_at(level),))
        truth = 1 / (1 + math.exp(-1.0))
        expected = 0.0
        for x in (False, True):
            for y in (False, True):
                chance = (truth if x else 1 - truth) * (1 - truth if y else truth)
                expected += chance * math.exp(bets.advance(bets.start(), np.array([[x]]), np.array([[y]]))[1][0])
        assert expected == pytest.approx(1.0, abs=1e-12)


def test_playing_in_parts_is_playing_at_once():
    rng, bets = np.random.default_rng(1), bets_of(Claim(1.0))
    here, there = rng.random((90, 6)) < 0.6, rng.random((90, 6)) < 0.3
    whole, total = bets.advance(bets.start(), here, there)
    part, first = bets.advance(bets.start(), here[:40], there[:40])
    part, second = bets.advance(part, here[40:], there[40:])
    np.testing.assert_allclose(part, whole)
    np.testing.assert_allclose(np.concatenate([first, second]), total)


def test_bets_that_make_no_sense_are_refused():
    for levels, deltas in [((), ()), ((-1.0,), (0.0,)), ((0.0,), (2.0,)), ((0.0, 1.0), (0.0,)), ((math.nan,), (0.0,))]:
        with pytest.raises(UserError):
            Bets(levels, deltas)
