"""The risk of some people: by the attack tuned on everybody, and nothing chosen for them."""

import json

import numpy as np
import pytest

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.groups import EMPTY, FEWEST, group_risk
from core.attacks.loss import LossAttack
from core.attacks.membership import Game, attack_members

PEOPLE = 3000


@pytest.fixture(scope="module")
def uneven():
    """The first 300 people are remembered strongly, the others not at all."""
    rng = np.random.default_rng(8)
    members = rng.random((PEOPLE, 4)) < 0.5
    exposed = np.arange(PEOPLE) < 300
    phi = rng.normal(size=(PEOPLE, 4)) + 2.5 * (members & exposed[:, None])
    guesses = attack_members(Game(phi, members, rng.random(PEOPLE) < 0.5), (LossAttack(),))
    assert guesses is not None
    return guesses, exposed


def test_those_who_pay_are_found_beside_an_average_that_hides_them(uneven):
    guesses, exposed = uneven
    few, rest = group_risk(guesses, exposed), group_risk(guesses, ~exposed)
    assert few["low"] > 0.3 > guesses.advantage
    assert rest["low"] < 0 < rest["high"]
    assert few["auc_low"] < few["auc"] < few["auc_high"]
    assert few["auc"] > 0.9
    assert few["tpr_at_1pct"] > 5 * rest["tpr_at_1pct"]
    assert few["tpr_low"] < few["tpr_at_1pct"] < few["tpr_high"]


def test_the_threshold_stays_the_one_of_everybody(uneven):
    guesses, exposed = uneven
    found = group_risk(guesses, exposed)
    halves = [
        guesses.guessed[part & guesses.members].mean() - guesses.guessed[part & ~guesses.members].mean()
        for part in (exposed[:, None] & half[:, None] for half in (guesses.tuning, ~guesses.tuning))
    ]
    assert found["value"] == pytest.approx(np.mean(halves))


def test_everybody_as_a_group_is_the_whole_number(uneven):
    guesses, _ = uneven
    found = group_risk(guesses, np.ones(PEOPLE, bool))
    assert found["value"] == guesses.advantage
    assert (found["low"], found["high"]) == guesses.interval()
    assert found["people"] == PEOPLE


def test_replicates_of_the_same_people_do_not_count_as_more_people(uneven):
    """Ten copies of each replicate say nothing new: the interval must not shrink."""
    guesses, exposed = uneven
    copies = Game(np.repeat(guesses.scores, 10, axis=1), np.repeat(guesses.members, 10, axis=1), guesses.tuning)
    many = attack_members(copies, (LossAttack(),))
    assert many is not None
    once, often = group_risk(guesses, exposed), group_risk(many, exposed)
    assert often["high"] - often["low"] > 0.85 * (once["high"] - once["low"])
    assert often["auc_high"] - often["auc_low"] > 0.85 * (once["auc_high"] - once["auc_low"])
    assert often["tpr_high"] - often["tpr_low"] > 0.85 * (once["tpr_high"] - once["tpr_low"])


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_below_twenty_people_no_number_is_given(uneven, count):
    guesses, _ = uneven
    found = group_risk(guesses, np.arange(PEOPLE) < count)
    assert found["status"] == "undefined"
    assert "too few people" in found["reason"]
    assert all(found[name] is None for name in EMPTY)


def test_a_group_without_controls_in_one_half_is_undefined_and_not_zero(uneven):
    guesses, _ = uneven
    always_in = guesses.members.all(axis=1)
    found = group_risk(guesses, always_in)
    assert always_in.sum() >= FEWEST
    assert (found["status"], found["value"]) == ("undefined", None)
    assert "members or controls in one half" in found["reason"]


def test_a_group_chosen_without_looking_is_covered_where_there_is_nothing_to_find():
    covered = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        members = rng.random((400, 2)) < 0.5
        game = Game(rng.normal(size=(400, 2)), members, rng.random(400) < 0.5)
        guesses = attack_members(game, MEMBERSHIP_ATTACKS)
        assert guesses is not None
        found = group_risk(guesses, np.arange(400) < 60)
        covered += found["low"] <= 0 <= found["high"]
    # 300 tables at 95 %: standard error 1.3 %.
    assert covered / 300 >= 0.92


def test_the_record_is_json_without_nan(uneven):
    guesses, exposed = uneven
    for people in (exposed, exposed & False):
        assert json.loads(json.dumps(group_risk(guesses, people), allow_nan=False))
