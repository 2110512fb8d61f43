"""Online LiRA: known answers, one-sided references, the prior from the data."""

import numpy as np
import pytest
from scipy.stats import norm

from core.attacks.lira_offline import OfflineLira
from core.attacks.lira_online import OnlineLira
from core.attacks.loss import LossAttack
from core.attacks.membership import Game
from core.stats.roc import auc


def area(attack, game):
    """Mean area over models, on the half whose membership is not known."""
    asked = ~game.tuning
    scores = attack.guess(game.view(game.tuning))
    return np.mean([auc(scores[asked, r], game.members[asked, r]) for r in range(scores.shape[1])])


def simulate(replicates, shift, seed=0, count=2000, noise=1.0, difficulty=4.0):
    rng = np.random.default_rng(seed)
    level = rng.normal(0, difficulty, count)
    members = rng.random((count, replicates)) < 0.5
    noise = noise(rng, count) if callable(noise) else noise
    spread = np.broadcast_to(np.asarray(noise), (count,))[:, None]
    phi = level[:, None] + spread * rng.normal(size=members.shape) + members * shift(level)[:, None]
    return Game(phi, members, rng.random(count) < 0.5)


def test_with_many_references_it_reaches_the_area_of_somebody_who_knows_every_parameter():
    """Both normals known: area Phi(shift / (noise sqrt 2)) = .760 for a shift of one; 31 references cost a little."""
    game = simulate(32, lambda level: np.ones_like(level))
    # 32 models of 1,000 people: standard error about .004; the means' own noise, 1 + 1/31, costs .003.
    assert area(OnlineLira(), game) == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.015)


def test_it_knows_that_hard_people_are_remembered_more():
    """The shift depends on how hard somebody is, as in every real model; a common distance cannot see that."""
    game = simulate(16, lambda level: np.clip(-level, 0, None) / 2)
    assert area(OnlineLira(), game) > area(OfflineLira(), game) + 0.03


def test_it_is_at_least_as_strong_as_a_variance_for_each_record_and_as_one_for_all():
    """SCIENCE D4(b)'s two variants, written out here, with 31 references."""
    game = simulate(32, lambda level: np.ones_like(level), noise=lambda rng, n: np.exp(rng.normal(0, 0.5, n)))
    view = game.view(game.tuning)
    out, inside = view.outside, view.inside
    plain = {}
    for name in ("record", "global"):
        spreads = []
        for side in (out, inside):
            if name == "record":
                spreads.append(np.sqrt(side.squares / side.count))
            else:
                spreads.append(np.sqrt(side.squares.sum(axis=0) / side.count.sum(axis=0))[None, :])
        scores = norm.logpdf(game.phi, inside.mean, spreads[1]) - norm.logpdf(game.phi, out.mean, spreads[0])
        asked = ~game.tuning
        plain[name] = np.mean([auc(scores[asked, r], game.members[asked, r]) for r in range(32)])
    assert area(OnlineLira(), game) >= max(plain.values()) - 0.002


def test_a_person_whom_every_reference_model_had_seen_is_still_compared():
    """One other model: half of the people have no out-reference; their in-score says as much about their level."""
    game = simulate(2, lambda level: np.full_like(level, 1.5))
    asked = ~game.tuning
    scores, loss = (a.guess(game.view(game.tuning))[:, 0] for a in (OnlineLira(), LossAttack()))
    without = asked & game.members[:, 1]
    assert without.sum() > 300
    assert auc(scores[without], game.members[without, 0]) > auc(loss[without], game.members[without, 0]) + 0.1


def test_what_the_data_say_of_a_person_helps_most_where_references_are_few():
    rng = np.random.default_rng(3)
    usual = rng.normal(0, 4, 2000)
    members = rng.random((2000, 2)) < 0.5
    phi = (usual + rng.normal(0, 1, 2000))[:, None] + rng.normal(0, 0.7, (2000, 2)) + 1.2 * members
    tuning = rng.random(2000) < 0.5
    expected = (phi - usual[:, None]) / 1.2
    plain, informed = Game(phi, members, tuning), Game(phi, members, tuning, expected=(expected, expected))
    # Two models of 1,000 people, the same people on both sides: the difference has standard error about .003.
    assert area(OnlineLira(), informed) > area(OnlineLira(), plain) + 0.01
    assert area(OfflineLira(), informed) > area(OfflineLira(), plain) + 0.02


def test_without_a_reference_model_it_is_the_loss_attack():
    game = simulate(1, lambda level: np.ones_like(level))
    assert np.array_equal(OnlineLira().guess(game.view(game.tuning)), game.phi)


@pytest.mark.parametrize("values", [1, 2, 3])
def test_a_model_with_few_different_answers_gives_finite_scores(values):
    rng = np.random.default_rng(values)
    phi = rng.integers(0, values, (120, 4)).astype(float)
    game = Game(phi, rng.random((120, 4)) < 0.5, rng.random(120) < 0.5, expected=(phi * 0, phi * 0))
    assert np.isfinite(OnlineLira().guess(game.view(game.tuning))).all()
