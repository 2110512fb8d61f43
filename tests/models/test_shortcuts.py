"""Shortcuts of the attacker: what a model would have said without a row, or with it, against training it again."""

import numpy as np
import pytest

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.game import Game, attack_members, permuted
from core.data.table import Table, class_labels, target_codes
from core.models import MODELS
from core.models.nearest_neighbours import NearestNeighbours
from core.models.random_forest import RandomForest
from core.models.signals import Signals, true_class_logit
from core.rng import rng_for
from tests.tables import awkward, people

CLASSIFIERS = [key for key, model in MODELS.items() if model.task == "classification"]
BOTH_SIDES = ["logistic_regression", "naive_bayes", "nearest_neighbours"]


def scene(table, model, seed=0):
    """A model trained on a random half, and everybody's signals under it."""
    classes = class_labels(table)
    target = target_codes(table, classes)
    inside = np.random.default_rng(seed).random(len(table)) < 0.5
    place = np.where(inside, np.cumsum(inside) - 1, -1)
    training = table.take(inside)
    fitted = model.fit(training, classes, rng_for(seed, "fit"))
    return fitted, target, inside, model.signals(fitted, table, target, training, place)


def trained_otherwise(table, model, inside, row, seed=0):
    """The score of one row after training with its coin the other way."""
    classes = class_labels(table)
    other = inside.copy()
    other[row] = ~other[row]
    fitted = model.fit(table.take(other), classes, rng_for(seed, "fit"))
    one = table.take(np.array([row]))
    return float(true_class_logit(fitted.predict_proba(one), target_codes(one, classes), fitted.votes)[0])


def otherwise(signals: Signals, inside):
    return np.where(inside, signals.outside, signals.inside)


@pytest.mark.parametrize("key", CLASSIFIERS)
@pytest.mark.parametrize("name", ["ordinary", *awkward()])
def test_signals_are_finite_observed_where_they_were_and_free_of_the_order_of_rows(key, name):
    table = {"ordinary": people(120), **awkward()}[name]
    model = MODELS[key]()
    fitted, target, inside, signals = scene(table, model)
    observed = true_class_logit(fitted.predict_proba(table), target, fitted.votes)
    assert np.isfinite(signals.phi).all()
    assert signals.phi == pytest.approx(observed, abs=1e-9)
    assert np.array_equal(signals.inside[inside], signals.phi[inside])
    assert np.array_equal(signals.outside[~inside], signals.phi[~inside])
    assert not np.isinf(otherwise(signals, inside)).any()
    place = np.where(inside, np.cumsum(inside) - 1, -1)
    again = model.signals(fitted, table, target, table.take(inside), place)
    order = np.random.default_rng(1).permutation(len(table))
    mixed = model.signals(fitted, table.take(order), target[order], table.take(inside), place[order])
    for part in ("phi", "inside", "outside"):
        assert np.array_equal(getattr(again, part), getattr(signals, part), equal_nan=True)
        assert getattr(mixed, part) == pytest.approx(getattr(signals, part)[order], abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("key", CLASSIFIERS)
def test_without_training_rows_only_what_was_observed_is_known(key):
    table, model = people(120), MODELS[key]()
    fitted, target, inside, signals = scene(table, model)
    place = np.where(inside, np.cumsum(inside) - 1, -1)
    plain = model.signals(fitted, table, target, None, place)
    assert np.array_equal(plain.phi, signals.phi)
    assert np.isnan(otherwise(plain, inside)).all()


@pytest.mark.parametrize("key", BOTH_SIDES)
def test_models_with_an_exact_or_analytic_answer_give_it_for_everybody(key):
    _, _, inside, signals = scene(people(160), MODELS[key]())
    assert np.isfinite(otherwise(signals, inside)).all()
    assert (signals.inside >= signals.outside - 1e-9).mean() > 0.9


@pytest.mark.parametrize("name", ["ordinary", *awkward()])
def test_naive_bayes_says_exactly_what_training_again_says(name):
    table, model = {"ordinary": people(120), **awkward()}[name], MODELS["naive_bayes"]()
    fitted, target, inside, signals = scene(table, model)
    for row in range(0, len(table), 3):
        if not inside[row] and target[row] not in fitted.seen:
            assert np.isnan(signals.inside[row])
            continue
        again = trained_otherwise(table, model, inside, row)
        assert otherwise(signals, inside)[row] == pytest.approx(again, abs=1e-6), row


@pytest.mark.parametrize("name", ["ordinary", "duplicated people", "one class with 8 rows", "0/1 strings"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_nearest_neighbours_say_exactly_what_keeping_other_rows_says(name, weights):
    table = {"ordinary": people(120), **awkward()}[name]
    model = NearestNeighbours(weights=weights)
    fitted, target, inside, signals = scene(table, model)
    features = fitted.encoder.transform(table)
    for row in range(0, len(table), 2):
        other = inside.copy()
        other[row] = ~other[row]
        again = model.estimator(0).fit(features[other], target[other])
        share = again.predict_proba(features[[row]])[0, np.flatnonzero(again.classes_ == target[row])]
        expected = true_class_logit(np.array([[share.sum()]]), np.array([0]), 5)[0]
        assert otherwise(signals, inside)[row] == pytest.approx(expected, abs=1e-6), row


@pytest.mark.parametrize("regularisation", [0.1, 1.0, 10.0])
def test_logistic_regression_shifts_like_training_again(regularisation):
    table, model = people(200), MODELS["logistic_regression"](regularisation=regularisation)
    _, _, inside, signals = scene(table.drop(("name", "zip")), model)
    rows = np.arange(0, 200, 2)
    again = np.array([trained_otherwise(table.drop(("name", "zip")), model, inside, row) for row in rows])
    truth, guess = (np.abs(other - signals.phi[rows]) for other in (again, otherwise(signals, inside)[rows]))
    for side in (inside[rows], ~inside[rows]):
        assert 0.9 < np.median(guess[side] / truth[side]) < 1.1
        # The larger the share a row has in its own prediction, the more its denominator matters.
        large = truth[side] > np.quantile(truth[side], 0.8)
        assert 0.85 < np.median(guess[side][large] / truth[side][large]) < 1.15
        assert np.corrcoef(guess[side], truth[side])[0, 1] > 0.95


def out_of_bag_against_refits(trees, members, rows):
    """Distance of out-of-bag shares from those of forests grown without the row, in standard errors of tree votes."""
    # Without the column of unique codes: the encoding is held as it is, where a forest grown anew has no such code.
    table = people(2 * members).drop(("zip",))
    classes = class_labels(table)
    target = target_codes(table, classes)
    inside = np.arange(2 * members) < members
    training = table.take(inside)
    model = RandomForest(trees=trees)
    fitted = model.fit(training, classes, rng_for(0, "fit"))
    features = fitted.encoder.transform(table)
    place = np.where(inside, np.arange(2 * members), -1)
    whole, without, count = fitted.true_class(features, target, place)
    signals = model.signals(fitted, table, target, training, place)
    refits = np.array([trained_otherwise(table, model, inside, row, seed=9) for row in rows])
    # Back from the smoothed logit to the share of votes.
    shares = (1 / (1 + np.exp(-np.column_stack([signals.outside[rows], refits]))) * (trees + 1) - 0.5) / trees
    assert shares[:, 0] == pytest.approx(without[rows])
    p = np.clip(shares.mean(axis=1), 0.02, 0.98)
    error = np.sqrt(p * (1 - p) * (1 / count[rows] + 1 / trees))
    return (shares[:, 0] - shares[:, 1]) / error, (whole[rows] - shares[:, 1]) / error


@pytest.mark.parametrize(
    ("trees", "rows"), [(100, np.arange(0, 60, 4)), pytest.param(400, np.arange(60), marks=pytest.mark.slow)]
)
def test_out_of_bag_scores_are_those_of_forests_grown_without_the_row(trees, rows):
    left_out, with_row = out_of_bag_against_refits(trees, 60, rows)
    # With leaves of one row tree votes are 0 or 1, so these are close to standard normal: the mean of n lies within
    # 4 / sqrt(n); their mean square within 4 sqrt(2 / n) of 1.
    assert abs(left_out.mean()) < 4 / np.sqrt(len(rows))
    assert (left_out**2).mean() < 1 + 4 * np.sqrt(2 / len(rows))
    # The forest with the row is another one: the test would see it.
    assert (with_row**2).mean() > 1 + 4 * np.sqrt(2 / len(rows))


def test_out_of_bag_scores_are_as_high_as_those_of_models_that_never_had_the_person():
    """Smoothed by their own fewer votes they would lie .2 lower (forests with leaves of one row, Adult)."""
    table = people(200)
    parts = [scene(table, RandomForest(trees=30), seed) for seed in range(12)]
    members = np.column_stack([part[2] for part in parts])
    outside = np.column_stack([part[3].outside for part in parts])
    both = members.any(axis=1) & ~members.all(axis=1)
    gap = [np.nanmean(outside[i, members[i]]) - outside[i, ~members[i]].mean() for i in np.flatnonzero(both)]
    inside = np.nanmean(np.where(members, np.column_stack([part[3].phi for part in parts]), np.nan))
    # Four standard errors over people (they share models, but each has coins of their own).
    assert abs(np.mean(gap)) < 4 * np.std(gap) / np.sqrt(len(gap))
    assert inside > np.nanmean(outside) + 1


def test_a_row_in_every_bag_has_no_out_of_bag_score():
    _, _, inside, signals = scene(people(120), RandomForest(trees=1))
    unknown = np.isnan(signals.outside[inside]).mean()
    # One bag holds a row with probability 1 - 1/e = .632; four standard errors of 60 rows.
    assert 0.632 - 0.25 < unknown < 0.632 + 0.25
    assert np.isnan(signals.inside[~inside]).all()


@pytest.mark.parametrize("key", ["logistic_regression", "naive_bayes"])
@pytest.mark.parametrize(("column", "value"), [("age", 91.0), ("rich", None)])
def test_a_member_who_was_trained_on_as_something_else_is_not_left_out(key, column, value):
    table = people(120)
    classes = class_labels(table)
    place = np.where(np.arange(120) < 60, np.arange(120), -1)
    training = table.take(np.arange(60))
    frame = training.frame.copy()
    frame.loc[7, column] = value or ("no" if frame.loc[7, column] == "yes" else "yes")
    changed, model = Table(frame, training.schema), MODELS[key]()
    signals = model.signals(
        model.fit(changed, classes, rng_for(0)), table, target_codes(table, classes), changed, place
    )
    assert np.flatnonzero(np.isnan(signals.outside)).tolist() == [7]


PERMUTATIONS = 150
"""At 95 % coverage the standard error of the share that covers is 1.8 %."""


@pytest.mark.parametrize("key", ["random_forest", *BOTH_SIDES])
@pytest.mark.parametrize(
    ("repetitions", "least"), [(PERMUTATIONS, 0.88), pytest.param(1500, 0.94, marks=pytest.mark.slow)]
)
def test_references_from_shortcuts_find_nothing_where_membership_is_permuted(key, repetitions, least):
    """Only who counts as a member changes: the references are those of the true coins, shortcuts included."""
    settings = {"trees": 20} if key == "random_forest" else {}
    table = people(200)
    parts = [scene(table, MODELS[key](**settings), seed) for seed in range(4)]
    phi, outside, inside = (
        np.column_stack([getattr(part[3], name) for part in parts]) for name in ("phi", "outside", "inside")
    )
    members = np.column_stack([part[2] for part in parts])
    covered, values = 0, []
    for repetition in range(repetitions):
        rng = np.random.default_rng(repetition)
        game = Game(phi, permuted(members, rng), rng.random(200) < 0.5, outside=outside, inside=inside)
        guesses = attack_members(game, MEMBERSHIP_ATTACKS)
        assert guesses is not None
        low, high = guesses.interval()
        covered += low <= 0 <= high
        values.append(guesses.advantage)
    # Four standard errors below 95 % in the fast version.
    assert covered / repetitions >= least
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(repetitions)


@pytest.mark.parametrize("key", ["random_forest", *BOTH_SIDES])
def test_what_an_attacker_reads_of_others_does_not_depend_on_the_coin_under_attack(key):
    """The references of a model come from the other replicates: as many and as sure for its members as for others."""
    settings = {"trees": 20} if key == "random_forest" else {}
    table = people(200)
    parts = [scene(table, MODELS[key](**settings), seed) for seed in range(4)]
    names = ("phi", "outside", "inside")
    phi, outside, inside = (np.column_stack([getattr(part[3], name) for part in parts]) for name in names)
    members = np.column_stack([part[2] for part in parts])
    game = Game(phi, members, np.arange(200) < 100, outside=outside, inside=inside)
    otherwise_ = members.copy()
    otherwise_[:, 0] = ~members[:, 0]
    # The same people with other coins, and other scores, in the first replicate.
    moved = [np.column_stack([np.full(200, 7.0), part[:, 1:]]) for part in (phi, outside, inside)]
    other = Game(moved[0], otherwise_, game.tuning, outside=moved[1], inside=moved[2])
    for one, two in zip(game.references, other.references, strict=True):
        for name in ("count", "mean", "squares", "chance"):
            assert getattr(one, name)[:, 0] == pytest.approx(getattr(two, name)[:, 0]), name
    # Both sides are known of everybody but where the forest has no inside for controls, or no tree without the row.
    if key != "random_forest":
        assert (game.references[0].count == 3).all()
        assert (game.references[1].count == 3).all()
