"""Whatever is chosen or learned on one half of the people is used on the other half only."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core.attacks.base import MembershipAttack
from core.attacks.game import QUIET, Game, attack_members
from core.attacks.rows import Attempts
from core.attacks.rows_risk import tune


@dataclass(frozen=True, kw_only=True)
class Reads(MembershipAttack):
    """Scores by what was learned on the half whose membership is known."""

    key: ClassVar[str] = "reads"

    def guess(self, view):
        return view.expected


@dataclass(frozen=True, kw_only=True)
class Plain(MembershipAttack):
    """Scores by the score."""

    key: ClassVar[str] = "plain"

    def guess(self, view):
        return view.scores


def test_scores_of_one_half_come_from_what_was_learned_on_the_other():
    rng = np.random.default_rng(0)
    tuning, members = rng.random(60) < 0.5, rng.random((60, 2)) < 0.5
    of_tuning, of_others = np.full((60, 2), 1.0), np.full((60, 2), 2.0)
    game = Game(rng.normal(size=(60, 2)), members, tuning, expected=(of_tuning, of_others))
    assert (game.scores(Reads(), True) == 1).all()
    assert (game.scores(Reads(), False) == 2).all()
    for half in (True, False):
        view = game.view(tuning if half else ~tuning)
        assert np.array_equal(view.calibration, tuning == half)
        assert not view.known_members[tuning != half].any()
    found = attack_members(game, (Reads(),))
    assert found is not None
    assert (found.scores[tuning] == 2).all()
    assert (found.scores[~tuning] == 1).all()


@pytest.mark.parametrize("scored", [True, False])
def test_the_best_of_many_empty_variants_finds_nothing_on_average(scored):
    values = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        outcome = rng.normal(size=(80, 10)) if scored else (rng.random((80, 10)) < 0.5).astype(float)
        found = tune(
            Attempts(
                kinds=tuple("abcdefghij"),
                outcome=outcome,
                member=rng.random(80) < 0.5,
                person=np.arange(80),
                half=rng.random(80) < 0.5,
                scored=scored,
            )
        )
        assert found is not None
        values.append(found.advantage)
    # Unbiased: the mean of 150 lies within 4 of its standard errors (about .04); chosen where it is read, it is .3.
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(150)


def test_one_false_alarm_in_a_hundred_is_one_in_a_hundred():
    rng = np.random.default_rng(3)
    members, tuning = rng.random((20_000, 1)) < 0.5, rng.random(20_000) < 0.5
    found = attack_members(Game(rng.normal(size=(20_000, 1)), members, tuning), (Plain(),))
    assert found is not None
    # The threshold rests on 5,000 controls, its alarms on 5,000 others: a standard error of .14 % each; 4 of both.
    assert found.caught[~members].mean() == pytest.approx(QUIET, abs=4 * 0.0014)
    assert QUIET == 0.01
