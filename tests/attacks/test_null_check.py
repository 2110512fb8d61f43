"""The null check: where there is nothing to find, nothing must be found."""

import numpy as np
import pytest

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.lira_offline import OfflineLira
from core.attacks.membership import Game, attack_members, membership_risk, permuted
from core.models.random_forest import RandomForest
from core.models.signals import true_class_logit
from core.rng import rng_for
from tests.tables import people

REPETITIONS = 2000


def continuous(rng, count, replicates):
    """Every person is as hard as they are; every model adds noise of its own."""
    return rng.normal(1, 2, count)[:, None] + rng.normal(0, 1, (count, replicates))


def two_values(rng, count, replicates):
    """A constant model: only the class decides. Few possible thresholds make the two halves' choices correlate."""
    return np.repeat(np.where(rng.random(count) < 0.25, -1.1, 1.1)[:, None], replicates, axis=1)


def steps(rng, count, replicates):
    """A shallow tree: a handful of values."""
    return np.round(continuous(rng, count, replicates) / 2)


@pytest.mark.parametrize("replicates", [2, 8])
@pytest.mark.parametrize(
    ("attacks", "scores"),
    [
        ((OfflineLira(),), continuous),
        (MEMBERSHIP_ATTACKS, continuous),
        (MEMBERSHIP_ATTACKS, two_values),
        (MEMBERSHIP_ATTACKS, steps),
    ],
    ids=["lira only", "tuned", "tuned, constant model", "tuned, shallow tree"],
)
def test_predictions_that_ignore_membership_give_intervals_that_cover_zero(replicates, attacks, scores):
    """Fresh label noise: phi differs between people and between models, but not by membership."""
    count = 200
    covered = 0
    values = []
    for repetition in range(REPETITIONS):
        rng = np.random.default_rng([replicates, repetition])
        phi = scores(rng, count, replicates)
        members = rng.random((count, replicates)) < 0.5
        guesses = attack_members(Game(phi, members, rng.random(count) < 0.5), attacks)
        assert guesses is not None
        low, high = guesses.interval()
        covered += low <= 0 <= high
        values.append(guesses.advantage)
    assert covered / REPETITIONS >= 0.94
    # Unbiased: the mean of 2,000 unbiased estimates lies within 4 of its standard errors.
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(REPETITIONS)


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
    repetitions = 1000
    for repetition in range(repetitions):
        rng = np.random.default_rng(repetition)
        guesses = attack_members(Game(phi, permuted(members, rng), rng.random(400) < 0.5), MEMBERSHIP_ATTACKS)
        assert guesses is not None
        low, high = guesses.interval()
        covered += low <= 0 <= high
    assert covered / repetitions >= 0.94


def test_the_same_forest_with_its_true_membership_is_found_out(forest_scores):
    phi, members = forest_scores
    risk, _ = membership_risk(Game(phi, members, np.random.default_rng(5).random(400) < 0.5), MEMBERSHIP_ATTACKS, None)
    assert risk.low is not None
    assert risk.low > 0.2
    assert risk.auc is not None
    assert risk.auc > 0.7
