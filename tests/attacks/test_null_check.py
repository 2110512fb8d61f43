"""The null check: where there is nothing to find, nothing must be found."""

import numpy as np
import pytest

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.lira_offline import OfflineLira
from core.attacks.membership import Game, attack_members, membership_risk, permuted
from core.attacks.quantile import expected_scores
from core.models.random_forest import RandomForest
from core.models.signals import true_class_logit
from core.rng import rng_for
from tests.tables import people

REPETITIONS = 2000
FEWER = 150
"""Repetitions of the fast version: at 95 % coverage their standard error is 1.8 %."""


def continuous(rng, count, replicates):
    """Every person is as hard as they are; every model adds noise of its own."""
    return rng.normal(1, 2, count)[:, None] + rng.normal(0, 1, (count, replicates))


def two_values(rng, count, replicates):
    """A constant model: only the class decides. Few possible thresholds make the two halves' choices correlate."""
    return np.repeat(np.where(rng.random(count) < 0.25, -1.1, 1.1)[:, None], replicates, axis=1)


def steps(rng, count, replicates):
    """A shallow tree: a handful of values."""
    return np.round(continuous(rng, count, replicates) / 2)


def expected(phi, members, tuning, features=None):
    """What the workers compute after every fit; with so few controls it compares with their mean."""
    features = np.zeros((len(phi), 1)) if features is None else features
    pairs = [expected_scores(features, phi[:, r], members[:, r], tuning, r) for r in range(phi.shape[1])]
    return np.column_stack([a for a, _ in pairs]), np.column_stack([b for _, b in pairs])


CASES = {
    "lira only": ((OfflineLira(),), continuous),
    "tuned": (MEMBERSHIP_ATTACKS, continuous),
    "tuned, constant model": (MEMBERSHIP_ATTACKS, two_values),
    "tuned, shallow tree": (MEMBERSHIP_ATTACKS, steps),
}


def null(name, replicates, repetitions, count=200):
    """Coverage of zero and every advantage: phi differs between people and between models, but not by membership."""
    attacks, scores = CASES[name]
    covered, values = 0, []
    for repetition in range(repetitions):
        rng = np.random.default_rng([replicates, repetition])
        phi = scores(rng, count, replicates)
        members = rng.random((count, replicates)) < 0.5
        tuning = rng.random(count) < 0.5
        guesses = attack_members(Game(phi, members, tuning, expected=expected(phi, members, tuning)), attacks)
        assert guesses is not None
        low, high = guesses.interval()
        covered += low <= 0 <= high
        values.append(guesses.advantage)
    return covered / repetitions, np.array(values)


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [2, 8])
@pytest.mark.parametrize("name", CASES)
def test_predictions_that_ignore_membership_give_intervals_that_cover_zero(replicates, name):
    """Fresh label noise."""
    coverage, values = null(name, replicates, REPETITIONS)
    assert coverage >= 0.94
    # Unbiased: the mean of 2,000 unbiased estimates lies within 4 of its standard errors.
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(REPETITIONS)


@pytest.mark.parametrize("replicates", [2, 8])
def test_predictions_that_ignore_membership_are_not_found_out(replicates):
    """The fast version, all attacks: a threshold chosen on the people it is scored on fails here."""
    coverage, values = null("tuned", replicates, FEWER)
    assert coverage >= 0.95 - 3 * 0.018
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(FEWER)


@pytest.mark.slow
def test_a_regression_on_data_that_say_nothing_finds_nobody():
    """What the workers really fit: enough controls for the trees, whose noise must not look like membership."""
    covered, values = 0, []
    for repetition in range(200):
        rng = np.random.default_rng([7, repetition])
        phi = continuous(rng, 500, 2)
        members, tuning = rng.random((500, 2)) < 0.5, rng.random(500) < 0.5
        features = np.column_stack([phi[:, 0] + rng.normal(size=500), rng.normal(size=(500, 3))])
        game = Game(phi, members, tuning, expected=expected(phi, members, tuning, features))
        guesses = attack_members(game, MEMBERSHIP_ATTACKS)
        assert guesses is not None
        low, high = guesses.interval()
        covered += low <= 0 <= high
        values.append(guesses.advantage)
    # 200 tables at 95 %: standard error 1.5 %.
    assert covered / 200 >= 0.92
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(200)


@pytest.fixture(scope="module")
def forest_scores():
    """Four real forests, each on a random half of the same people."""
    table = people(400)
    target = table.frame["rich"].cat.codes.to_numpy().astype(np.int64)
    members = np.column_stack([np.random.default_rng(r).random(400) < 0.5 for r in range(4)])
    phi = []
    for replicate in range(4):
        rows = table.take(members[:, replicate])
        model = RandomForest(trees=20).fit(rows, ("no", "yes"), rng_for(0, "forest", replicate))
        phi.append(true_class_logit(model.predict_proba(table), target, model.votes))
    return np.column_stack(phi), members


def test_permuted_membership_on_a_real_forest_gives_intervals_that_cover_zero(forest_scores):
    phi, members = forest_scores
    covered = 0
    repetitions = 200
    for repetition in range(repetitions):
        rng = np.random.default_rng(repetition)
        guesses = attack_members(Game(phi, permuted(members, rng), rng.random(400) < 0.5), MEMBERSHIP_ATTACKS)
        assert guesses is not None
        low, high = guesses.interval()
        covered += low <= 0 <= high
    # 200 shuffles at 95 %: standard error 1.5 %; they cover about 97 %.
    assert covered / repetitions >= 0.92


def test_the_same_forest_with_its_true_membership_is_found_out(forest_scores):
    phi, members = forest_scores
    risk, _ = membership_risk(Game(phi, members, np.random.default_rng(5).random(400) < 0.5), MEMBERSHIP_ATTACKS, None)
    assert risk.low is not None
    assert risk.low > 0.2
    assert risk.auc is not None
    assert risk.auc > 0.7
