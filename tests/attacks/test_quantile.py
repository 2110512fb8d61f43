"""Quantile regression: what is learned, from whom, and that nobody's own score is learned by heart."""

import numpy as np
import pytest

from core.attacks import quantile
from core.attacks.membership import Game
from core.attacks.quantile import QuantileRegression, expected_scores
from core.stats.roc import auc


def draw(count=2000, seed=0, shift=1.0):
    """Difficulty depends on the data in a way that is neither linear nor additive."""
    rng = np.random.default_rng(seed)
    features = np.column_stack([rng.integers(0, 5, count), rng.normal(size=count), rng.integers(0, 2, count)])
    usual = 3 * features[:, 2] * np.sign(features[:, 1]) + features[:, 0]
    members = rng.random(count) < 0.5
    phi = usual + rng.normal(size=count) + shift * members
    return features, phi, members, rng.random(count) < 0.5


def test_what_the_data_explain_is_removed():
    features, phi, members, tuning = draw()
    first, _ = expected_scores(features, phi, members, tuning, 0)
    asked = ~tuning
    assert auc(first[asked], members[asked]) > auc(phi[asked], members[asked]) + 0.08
    # The best possible is Phi(1 / sqrt 2) = .760.
    assert auc(first[asked], members[asked]) > 0.7


def test_nobodys_membership_but_that_of_the_known_half_is_used():
    features, phi, members, tuning = draw(400)
    other = np.where(tuning, members, ~members)
    before, after = (expected_scores(features, phi, who, tuning, 0) for who in (members, other))
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])


def test_members_are_never_learned_from():
    features, phi, members, tuning = draw(400)
    louder = np.where(members, phi + 1000, phi)
    quiet, loud = (expected_scores(features, score, members, tuning, 0)[0] for score in (phi, louder))
    assert quiet[~members] == pytest.approx(loud[~members])


def test_the_controls_learned_from_lie_no_closer_than_those_that_were_not():
    """Nothing to learn: a regression that had seen their own scores would flatter exactly these people."""
    spreads = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        features, phi = rng.normal(size=(1200, 6)), rng.normal(size=1200)
        members, tuning = rng.random(1200) < 0.5, rng.random(1200) < 0.5
        first, _ = expected_scores(features, phi, members, tuning, seed)
        spreads.append(first[tuning & ~members].var() / first[~tuning & ~members].var())
    # A ratio of variances of 300 people each has standard deviation .115; the mean of ten, .036.
    assert np.mean(spreads) == pytest.approx(1.0, abs=0.12)


def test_the_scale_is_that_of_the_controls():
    features, phi, members, tuning = draw()
    first, second = expected_scores(features, phi, members, tuning, 0)
    for found, half in ((first, tuning), (second, ~tuning)):
        assert found[half & ~members].std() == pytest.approx(1.0, abs=0.05)


def test_few_controls_are_compared_with_their_mean():
    features, phi, members, tuning = draw(60)
    first, _ = expected_scores(features, phi, members, tuning, 0)
    controls = tuning & ~members
    assert 2 <= controls.sum() < quantile.LEAST
    centred = phi - phi[controls].mean()
    assert first == pytest.approx(centred / np.sqrt((centred[controls] ** 2).mean()))


@pytest.mark.parametrize("members", [np.ones(50, bool), np.zeros(50, bool)], ids=["no control", "no member"])
def test_one_sided_halves_and_constant_scores_give_finite_numbers(members):
    tuning = np.arange(50) % 2 == 0
    for phi in (np.zeros(50), np.arange(50.0)):
        for found in expected_scores(np.zeros((50, 2)), phi, members, tuning, 0):
            assert np.isfinite(found).all()


def test_many_controls_are_sampled_by_the_seed_and_by_nothing_else():
    features, phi, members, tuning = draw(20_000)
    assert (tuning & ~members).sum() > quantile.CONTROLS
    first, again, other = (expected_scores(features, phi, members, tuning, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_attack_reads_what_was_learned_and_otherwise_the_plain_scores():
    phi = np.arange(12.0).reshape(6, 2)
    members, tuning = np.ones((6, 2), bool), np.arange(6) < 3
    plain, learned = Game(phi, members, tuning), Game(phi, members, tuning, expected=(phi * 2, phi * 3))
    attack = QuantileRegression()
    assert np.array_equal(attack.guess(plain.view(plain.tuning)), phi)
    assert np.array_equal(attack.guess(learned.view(learned.tuning)), phi * 2)
    assert np.array_equal(attack.guess(learned.view(~learned.tuning)), phi * 3)
