"""RMIA: the definition by brute force, missing sides, ties, the order of rows."""

import numpy as np
import pytest
from scipy.special import expit

from core.attacks import rmia
from core.attacks.loss import LossAttack
from core.attacks.membership import Game
from core.attacks.rmia import RelativeInference
from core.stats.roc import auc


def draw(count, replicates, seed=0):
    rng = np.random.default_rng(seed)
    members = rng.random((count, replicates)) < 0.5
    phi = rng.normal(1, 2, count)[:, None] + rng.normal(0, 0.5, members.shape) + 0.8 * members
    return Game(phi, members, rng.random(count) < 0.5)


def test_the_score_is_the_share_of_the_population_whose_ratio_is_not_above():
    """Equation 4 with gamma 1 by two loops, for people with references on both sides."""
    game = draw(60, 8)
    chance = expit(game.phi)
    found = RelativeInference().guess(game.view(game.tuning))
    for model in (0, 5):
        others = np.arange(8) != model
        sides = game.members[:, others], ~game.members[:, others]
        both = sides[0].any(axis=1) & sides[1].any(axis=1)
        assert both.sum() > 50
        ratio = np.full(60, np.nan)
        for person in np.flatnonzero(both):
            usual = [chance[person, others][side[person]].mean() for side in sides]
            ratio[person] = chance[person, model] / np.mean(usual)
        population = [p for p in range(60) if game.tuning[p] and not game.members[p, model]]
        if not both[population].all():
            continue
        for person in np.flatnonzero(both):
            expected = np.mean([ratio[person] >= ratio[z] for z in population])
            assert found[person, model] == pytest.approx(expected)


def test_a_person_with_references_on_one_side_only_is_compared_all_the_same():
    game = draw(2000, 2)
    scores = RelativeInference().guess(game.view(game.tuning))[:, 0]
    for side in (game.members[:, 1], ~game.members[:, 1]):
        asked = ~game.tuning & side
        plain = auc(game.phi[asked, 0], game.members[asked, 0])
        assert auc(scores[asked], game.members[asked, 0]) > plain + 0.05


def test_it_beats_the_loss_attack_where_people_differ_in_difficulty():
    game = draw(2000, 8)
    asked = ~game.tuning
    ours, loss = (
        np.mean([auc(a.guess(game.view(game.tuning))[asked, r], game.members[asked, r]) for r in range(8)])
        for a in (RelativeInference(), LossAttack())
    )
    assert ours > loss + 0.1


def test_a_capped_population_gives_nearly_the_same_scores_in_any_order_of_rows(monkeypatch):
    game = draw(2000, 2, seed=5)
    whole = RelativeInference().guess(game.view(game.tuning))
    monkeypatch.setattr(rmia, "POPULATION", 100)
    capped = RelativeInference().guess(game.view(game.tuning))
    assert np.abs(whole - capped).max() <= 0.02
    order = np.random.default_rng(1).permutation(2000)
    shuffled = Game(game.phi[order], game.members[order], game.tuning[order])
    assert RelativeInference().guess(shuffled.view(shuffled.tuning)) == pytest.approx(capped[order])


def test_a_model_that_answers_everybody_alike_scores_everybody_alike():
    game = draw(100, 2)
    same = Game(np.zeros((100, 2)), game.members, game.tuning)
    assert len(np.unique(RelativeInference().guess(same.view(same.tuning)))) == 1


def test_a_model_that_is_certain_of_members_gives_no_division_by_zero():
    game = draw(200, 4)
    certain = Game(np.where(game.members, 700.0, -700.0), game.members, game.tuning)
    scores = RelativeInference().guess(certain.view(certain.tuning))
    assert np.isfinite(scores).all()
    # Whoever no reference model had left out has p(x) guessed; everybody else is told apart.
    known = ~game.members[:, 1:].all(axis=1) & game.members[:, 1:].any(axis=1)
    assert auc(scores[known, 0], game.members[known, 0]) == 1.0
