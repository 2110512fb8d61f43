"""The membership measurement: extremes, signs, ties, what the attacker may see."""

import json

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.neighbors import KNeighborsClassifier

from core.attacks import ATTACKS, MEMBERSHIP_ATTACKS
from core.attacks.base import THREATS
from core.attacks.loss import LossAttack
from core.attacks.membership import Game, attack_members, ceiling, finite_pool_corrected, membership_risk
from core.attacks.quantile import QuantileRegression
from core.attacks.sharp import calibrated_rate
from core.models.signals import true_class_logit


def draw(n, replicates, shift, seed=0):
    rng = np.random.default_rng(seed)
    members = rng.random((n, replicates)) < 0.5
    phi = rng.normal(0, 1, (n, replicates)) + shift * members
    return phi, members, rng.random(n) < 0.5


def test_a_one_nearest_neighbour_model_on_random_labels_is_a_memoriser():
    """100 equally likely labels, nothing to learn: only members are answered right."""
    rng = np.random.default_rng(3)
    points, labels = rng.normal(size=(800, 4)), rng.integers(0, 100, 800)
    members = np.column_stack([np.random.default_rng(r).random(800) < 0.5 for r in (10, 11)])
    phi = []
    for replicate in range(2):
        inside = members[:, replicate]
        model = KNeighborsClassifier(1).fit(points[inside], labels[inside])
        proba = np.zeros((800, 100))
        proba[:, model.classes_] = model.predict_proba(points)
        phi.append(true_class_logit(proba, labels))
    risk, _ = membership_risk(Game(np.column_stack(phi), members, rng.random(800) < 0.5), MEMBERSHIP_ATTACKS, None)
    assert risk.value is not None
    assert risk.value >= 0.95
    assert risk.high is not None
    assert risk.low is not None
    assert risk.low < risk.value
    assert risk.high <= 1.0 + 1e-9 or risk.high > risk.value


def test_the_known_advantage_of_a_normal_shift_is_recovered():
    # Two normals one standard deviation apart: the best threshold gives 2 Phi(1/2) - 1 = .3829.
    # A threshold tuned on 1,000 people misses the best one a little, so the mean lies just below; standard error .004.
    values = [attack_members(Game(*draw(2000, 1, 1.0, seed)), (LossAttack(),)).advantage for seed in range(30)]
    assert 2 * norm.cdf(0.5) - 1 - 0.022 < np.mean(values) < 2 * norm.cdf(0.5) - 1 + 0.01


def test_intervals_cover_a_real_advantage():
    truth = 2 * norm.cdf(0.5) - 1
    inside = 0
    for seed in range(400):
        guesses = attack_members(Game(*draw(600, 2, 1.0, 1000 + seed)), (LossAttack(),))
        low, high = guesses.interval()
        # The tuned threshold costs a little against the best one, so the target is what it reaches on average.
        inside += low <= truth - 0.006 <= high
    assert inside / 400 >= 0.92


def test_a_negative_advantage_stays_negative():
    phi, members, tuning = draw(1200, 1, 1.5)
    reversed_half = np.where(tuning[:, None], members, ~members)
    guesses = attack_members(Game(phi, reversed_half, tuning), (LossAttack(),))
    assert guesses.advantage < 0


def test_equal_scores_find_nobody_and_the_interval_still_has_width():
    _, members, tuning = draw(500, 2, 0.0)
    risk, guesses = membership_risk(Game(np.zeros((500, 2)), members, tuning), MEMBERSHIP_ATTACKS, None)
    assert risk.value == 0
    assert risk.low < 0 < risk.high
    assert risk.auc == pytest.approx(0.5)
    assert risk.details["tied_share"] == 1.0
    assert guesses is not None


def test_row_order_does_not_matter():
    phi, members, tuning = draw(300, 4, 0.7)
    order = np.random.default_rng(9).permutation(300)
    before, _ = membership_risk(Game(phi, members, tuning), MEMBERSHIP_ATTACKS, None)
    after, _ = membership_risk(Game(phi[order], members[order], tuning[order]), MEMBERSHIP_ATTACKS, None)
    assert after.value == pytest.approx(before.value)
    assert after.low == pytest.approx(before.low)


@pytest.mark.parametrize("attack", MEMBERSHIP_ATTACKS, ids=lambda attack: attack.key)
def test_flipping_the_truth_that_is_asked_for_changes_no_score(attack):
    """Whoever is in or out of model r among the evaluated people must not reach what is guessed about model r."""
    phi, members, tuning = draw(200, 4, 0.5)
    expected = np.random.default_rng(1).normal(size=phi.shape)
    for model in range(4):
        other = members.copy()
        other[~tuning, model] ^= True
        before, after = (Game(phi, who, tuning, expected=(expected, expected)) for who in (members, other))
        view = after.view(tuning)
        assert not view.known_members[~view.calibration].any()
        left, right = attack.guess(before.view(tuning)), attack.guess(view)
        assert left[:, model] == pytest.approx(right[:, model], abs=1e-9)
        assert left.shape == phi.shape


def test_lira_beats_the_loss_attack_when_people_differ_in_difficulty():
    rng = np.random.default_rng(4)
    members = rng.random((1500, 8)) < 0.5
    phi = rng.normal(0, 4, 1500)[:, None] + rng.normal(0, 0.5, (1500, 8)) + members
    by_key = {
        a.key: attack_members(Game(phi, members, rng.random(1500) < 0.5), (a,)).advantage for a in MEMBERSHIP_ATTACKS
    }
    assert by_key["lira_offline"] > by_key["loss"] + 0.3


def test_a_violation_is_a_lower_bound_above_the_claim_and_not_merely_a_value_above_it():
    phi, members, tuning = draw(2000, 2, 1.0)
    risk, _ = membership_risk(Game(phi, members, tuning), MEMBERSHIP_ATTACKS, 0.1)
    assert risk.violation
    allowed, _ = membership_risk(Game(phi, members, tuning), MEMBERSHIP_ATTACKS, risk.value - 0.001)
    assert not allowed.violation


def test_the_rate_at_one_percent_is_hidden_where_controls_are_few():
    few, _ = membership_risk(Game(*draw(400, 2, 1.0)), MEMBERSHIP_ATTACKS, None)
    many, _ = membership_risk(Game(*draw(4000, 2, 1.0)), MEMBERSHIP_ATTACKS, None)
    assert few.tpr_at_1pct is None
    # 1 - Phi(Phi^-1(.99) - 1) = .0924 for a shift of one.
    assert many.tpr_at_1pct == pytest.approx(0.0924, abs=0.03)


def test_without_controls_the_risk_is_undefined_and_not_zero():
    phi, members, tuning = draw(30, 2, 1.0)
    risk, guesses = membership_risk(Game(phi, np.ones_like(members), tuning), MEMBERSHIP_ATTACKS, None)
    assert (risk.status, risk.value, guesses) == ("undefined", None, None)


def test_the_finite_pool_correction_shrinks_and_keeps_the_sign():
    assert finite_pool_corrected(0.0) == pytest.approx(0.0, abs=1e-12)
    assert 0 < finite_pool_corrected(0.4) < 0.4
    assert -0.4 < finite_pool_corrected(-0.4) < 0


def test_every_attack_is_described_with_its_game():
    for key, attack in ATTACKS.items():
        described = attack.describe()
        assert described["key"] == key
        assert described["threat"] in THREATS
        assert described["game"]
        assert "References" in (attack.__doc__ or "")


def growing(replicates, seed):
    """People differ much in difficulty, so only reference models show who was in."""
    rng = np.random.default_rng(seed)
    members = rng.random((3000, replicates)) < 0.5
    phi = rng.normal(0, 4, 3000)[:, None] + rng.normal(0, 1, (3000, replicates)) + 0.9 * members
    return phi, members, rng.random(3000) < 0.5


def test_the_ceiling_at_two_replicates_is_not_passed_by_what_thirty_two_find():
    """The attack grows with its references; a "yes" at a glance must still hold at the last look."""
    for seed in range(5):
        phi, members, tuning = growing(32, seed)
        final = attack_members(Game(phi, members, tuning), MEMBERSHIP_ATTACKS).advantage
        for replicates in (2, 8):
            early = phi[:, :replicates], members[:, :replicates], tuning
            naive = attack_members(Game(*early), MEMBERSHIP_ATTACKS).interval(0.95)[1]
            assert ceiling(Game(*early), MEMBERSHIP_ATTACKS, None).upper(0.95) >= final
            if replicates == 2:
                assert naive < final  # without the ceiling the glance would have promised too much


def test_the_ceiling_is_the_upper_limit_at_the_last_look_and_never_above_a_proved_bound():
    phi, members, tuning = growing(32, 1)
    last = ceiling(Game(phi, members, tuning), MEMBERSHIP_ATTACKS, None)
    assert last.gain == 1.0
    assert last.upper(0.95) == pytest.approx(
        attack_members(Game(phi, members, tuning), MEMBERSHIP_ATTACKS).interval()[1]
    )
    assert ceiling(Game(phi[:, :2], members[:, :2], tuning), MEMBERSHIP_ATTACKS, 0.05).upper(0.9995) == 0.05
    assert ceiling(Game(phi[:, :1], members[:, :1], tuning), MEMBERSHIP_ATTACKS, None).upper(0.95) == 1.0


def test_a_rate_that_ties_decide_is_not_shown():
    rng = np.random.default_rng(6)
    members = rng.random((4000, 2)) < 0.5
    phi = np.where(rng.random((4000, 2)) < 0.2 + 0.3 * members, 3.0, 0.0)
    risk, _ = membership_risk(Game(phi, members, rng.random(4000) < 0.5), (LossAttack(),), None)
    assert risk.value > 0.2
    assert risk.tpr_at_1pct is None
    assert "equal scores" in risk.note


def both_sides(count=4000, replicates=8, seed=11, shift=0.9):
    rng = np.random.default_rng(seed)
    members = rng.random((count, replicates)) < 0.5
    phi = rng.normal(0, 3, count)[:, None] + rng.normal(0, 1, members.shape) + shift * members
    return Game(phi, members, rng.random(count) < 0.5)


@pytest.mark.parametrize("replicates", [1, 2, 8])
def test_the_record_is_json_without_nan_and_shows_every_attack_that_was_tried(replicates):
    risk, _ = membership_risk(both_sides(600, replicates), MEMBERSHIP_ATTACKS, None)
    record = json.loads(json.dumps(risk.to_json(), allow_nan=False))
    assert set(record["per_attack"]) == {attack.key for attack in MEMBERSHIP_ATTACKS}
    assert record["auc_low"] < record["auc"] < record["auc_high"]
    assert record["residual"]["low"] < record["residual"]["value"] < record["residual"]["high"]
    assert (record["tpr_at_1pct_calibrated"] is None) == (replicates == 1)


def test_each_attack_alone_is_what_it_would_have_measured_alone():
    game = both_sides(1000, 4)
    risk, _ = membership_risk(game, MEMBERSHIP_ATTACKS, None)
    for attack in MEMBERSHIP_ATTACKS:
        alone, _ = membership_risk(game, (attack,), None)
        assert risk.details["per_attack"][attack.key]["value"] == pytest.approx(alone.value)
        assert risk.details["per_attack"][attack.key]["auc"] == pytest.approx(alone.auc)


def test_the_tuned_attack_is_no_weaker_than_the_strongest_one():
    game = both_sides()
    risk, guesses = membership_risk(game, MEMBERSHIP_ATTACKS, None)
    best = max(found["value"] for found in risk.details["per_attack"].values())
    # The choice on one half may miss the best by what the halves differ: half a standard error.
    assert risk.value >= best - guesses.standard_error() / 2


def test_the_residual_risk_is_that_of_the_two_rates():
    risk, _ = membership_risk(both_sides(), MEMBERSHIP_ATTACKS, None)
    failed = (1 - risk.success_members) / (1 - risk.success_controls)
    assert risk.details["residual"]["value"] == pytest.approx(1 - failed)


def test_ten_copies_of_every_replicate_make_no_interval_narrower():
    game = both_sides(4000, 1)
    once, _ = membership_risk(game, (LossAttack(),), None)
    copied = Game(np.repeat(game.phi, 10, axis=1), np.repeat(game.members, 10, axis=1), game.tuning)
    often, _ = membership_risk(copied, (LossAttack(),), None)
    for low, high in (("auc_low", "auc_high"), ("tpr_low", "tpr_high")):
        assert often.details[high] - often.details[low] > 0.9 * (once.details[high] - once.details[low])
    width = [r.details["residual"]["high"] - r.details["residual"]["low"] for r in (once, often)]
    assert width[1] > 0.9 * width[0]


def test_the_interval_of_the_rate_at_one_percent_holds_it():
    """A shift of one, one threshold: 1 - Phi(Phi^-1(.99) - 1) = .0924; 60 tables."""
    inside = 0
    for seed in range(60):
        risk, _ = membership_risk(Game(*draw(3000, 2, 1.0, seed)), (LossAttack(),), None)
        # The threshold itself is estimated from 750 controls; that adds to what the interval is about.
        inside += risk.details["tpr_low"] - 0.02 <= 0.0924 <= risk.details["tpr_high"] + 0.02
    assert inside >= 55


def test_the_threshold_of_each_record_allows_it_its_own_false_alarms_in_a_fresh_population():
    """Models on fresh samples vary sqrt 2 times as much as halves of one pool: 1 % of their controls pass."""
    rng = np.random.default_rng(2)
    members = rng.random((4000, 32)) < 0.5
    members[:, 0] = rng.random(4000) < 0.5
    noise = rng.normal(0, 1, members.shape)
    noise[:, 0] *= np.sqrt(2)
    phi = rng.normal(0, 3, 4000)[:, None] + noise
    game = Game(phi, members, rng.random(4000) < 0.5)
    guesses = attack_members(game, MEMBERSHIP_ATTACKS)
    only_fresh = np.zeros_like(members)
    only_fresh[:, 0] = True
    found = calibrated_rate(game, attack_members(game, MEMBERSHIP_ATTACKS, only_fresh))
    # 2,000 controls: standard error .2 %.
    assert found["false_alarms"] == pytest.approx(0.01, abs=0.008)
    pool = calibrated_rate(game, guesses)
    assert pool["false_alarms"] < 0.003


def test_the_ceiling_counts_models_and_not_shortcuts():
    """A shortcut says what everybody scores when out; the attacker's models are still as few."""
    phi, members, tuning = growing(8, 3)
    rng = np.random.default_rng(0)
    out = np.where(members, phi - 0.9 + rng.normal(0, 1, phi.shape), phi)
    plain, short = Game(phi, members, tuning), Game(phi, members, tuning, outside=out)
    assert short.references[0].count.min() == 7
    gains = [ceiling(game, MEMBERSHIP_ATTACKS, None).gain for game in (plain, short)]
    assert gains[0] == gains[1] > 1.1


def test_the_sharp_threshold_takes_the_attack_that_finds_most_there():
    """One attack is certain about a fifth of the members, the other a little better than a coin about everybody."""
    rng = np.random.default_rng(12)
    members = rng.random((4000, 2)) < 0.5
    phi = rng.normal(size=members.shape) + 10 * (members & (rng.random(members.shape) < 0.2))
    learned = rng.normal(size=members.shape) + members
    game = Game(phi, members, rng.random(4000) < 0.5, expected=(learned, learned))
    risk, _ = membership_risk(game, (QuantileRegression(), LossAttack()), None)
    assert (risk.attack, risk.details["tpr_attack"]) == ("quantile", "loss")
    assert risk.tpr_at_1pct == pytest.approx(0.2, abs=0.03)


def test_the_factor_of_the_ceiling_at_a_glance_is_the_one_that_was_calibrated():
    """One reference now, about 15.5 at the last look: sqrt(2 / (1 + 1/15.5)) and the margin of a tenth."""
    game = both_sides(2000, 2)
    assert ceiling(game, MEMBERSHIP_ATTACKS, None).gain == pytest.approx(np.sqrt(2 / (1 + 1 / 15.5)) * 1.1, abs=0.005)
