"""Answers made less telling: what is told, what an attacker sees, and that nobody sees past it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from core.errors import UserError
from core.models.signals import SMOOTHNESS, Signals, smoothed_logit
from core.report.reasons import public_reason
from core.techniques.answers import Answered, seen_through
from core.techniques.base import PublicFacts
from core.techniques.round_predictions import RoundPredictions
from core.techniques.top_label import TopLabel
from core.tradeoff.attacked import Attacked
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe, expand
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import parse_study
from tests.regression_tables import earners
from tests.tables import people

FOREST = {"key": "random_forest", "min_samples_leaf": 1, "trees": 21}


def study_of(*steps, model="logistic_regression"):
    head = {"name": "s", "table": "t", "schema": "s", "effort": "glance", "model": model}
    return parse_study({"study": head, "recipe": [{"name": f"r{i}", **step} for i, step in enumerate(steps)]})


def run_one(bench, recipe, study):
    """Return the signals of a replicate whose randomness does not depend on the recipe."""

    def streams(*labels):
        return np.random.default_rng(0)

    facts = bench.facts(full=False)
    release = recipe.apply(bench.table.take(bench.split.member_rows(0)), study.model, facts, streams)
    return Attacked(bench, recipe, release, study, facts, streams, 0).signals()


@dataclass(frozen=True)
class Says:
    """A model that gives these answers."""

    answers: np.ndarray
    votes: int | None = None

    def predict_proba(self, table):
        return self.answers[: len(table)]


def test_only_as_many_different_answers_leave_as_the_digits_allow():
    answers = np.random.default_rng(0).dirichlet([1, 1, 1], 500)
    for digits in (0, 1, 2):
        told = RoundPredictions(digits=digits).answer(answers)
        assert np.allclose(told * 10**digits, np.round(told * 10**digits))
        assert np.abs(told - answers).max() <= 0.5 * 10.0**-digits + 1e-12
    labels = TopLabel().answer(answers)
    assert set(np.unique(labels)) == {0.0, 1.0}
    assert (labels.argmax(axis=1) == answers.argmax(axis=1)).all()
    assert (labels.sum(axis=1) == 1).all()


@pytest.mark.parametrize("technique", [RoundPredictions(digits=d) for d in (0, 1, 3, 6)] + [TopLabel()], ids=str)
@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("votes", [None, 5, 20])
def test_what_the_attacker_works_out_is_what_the_changed_answers_would_have_been(technique, classes, votes):
    """Brute force: the model's answers with and without each row are known here, whatever the other classes get."""
    rng, rows = np.random.default_rng(classes), people(150)
    observed, otherwise = (rng.dirichlet(np.ones(classes), 150) for _ in range(2))
    if votes:  # shares of votes, with ties and with zeros and ones
        observed, otherwise = (rng.multinomial(votes, shares) / votes for shares in (observed, otherwise))
    target, inside = rng.integers(0, classes, 150), rng.random(150) < 0.5
    scale = votes or SMOOTHNESS
    own = [smoothed_logit(a[np.arange(150), target], scale) for a in (observed, otherwise)]
    behind = Signals(own[0], np.where(inside, own[0], own[1]), np.where(inside, own[1], own[0]))
    found = seen_through(technique, behind, Answered(Says(observed, votes), technique), rows, target, inside)
    told = [smoothed_logit(technique.answer(a)[np.arange(150), target], scale) for a in (observed, otherwise)]
    np.testing.assert_allclose(found.phi, told[0])
    np.testing.assert_allclose(np.where(inside, found.inside, found.outside), told[0])
    other = np.where(inside, found.outside, found.inside)
    known = np.isfinite(other)
    np.testing.assert_allclose(other[known], told[1][known], atol=1e-6)
    assert known.mean() > (0.99 if classes == 2 or technique.key == "round_predictions" else 0.3)


def test_an_unknown_side_stays_unknown():
    answers = np.array([[0.9, 0.1]])
    signals = Signals(np.array([logit(0.9)]), np.array([logit(0.9)]), np.array([np.nan]))
    rows = people().take(np.arange(1))
    found = seen_through(TopLabel(), signals, Says(answers), rows, np.array([0]), np.array([True]))
    assert np.isnan(found.outside).all()


@pytest.mark.parametrize("step", [{"technique": "round_predictions", "digits": 1}, {"technique": "top_label"}])
@pytest.mark.parametrize("model", ["logistic_regression", FOREST])
def test_a_membership_attacker_sees_nothing_but_the_changed_answers(step, model):
    study = study_of(step, model=model)
    bench = Bench.prepare(study, people(400))
    outcome = run_replicate(bench, study.recipes[0], study, 0)
    assert outcome.failed is None
    assert outcome.skipped is None
    votes = study.model.votes or SMOOTHNESS
    allowed = {round(float(smoothed_logit(np.array(tenth / 10), votes)), 4) for tenth in range(11)}
    for seen in (outcome.phi, outcome.otherwise):
        assert {round(float(value), 4) for value in seen[np.isfinite(seen)]} <= allowed
    bare = study_of({"technique": "none", "release": "model"}, model=model)
    plain = run_replicate(bench, bare.recipes[0], bare, 0)
    assert (np.isfinite(outcome.otherwise) == np.isfinite(plain.otherwise)).all()  # the attack is no weaker


@pytest.mark.parametrize("model", [FOREST, {"key": "nearest_neighbours", "neighbours": 5}, "naive_bayes"])
def test_an_attacker_who_gets_six_digits_knows_what_one_who_gets_all_of_them_knows(model):
    study = study_of(
        {"technique": "none", "release": "model"}, {"technique": "round_predictions", "digits": 6}, model=model
    )
    bench = Bench.prepare(study, people(400))
    # The streams depend on the steps: the models must be one model.
    plain, told = (run_one(bench, recipe, study) for recipe in study.recipes)
    np.testing.assert_allclose(told.phi, plain.phi, atol=2e-2)
    np.testing.assert_allclose(told.outside, plain.outside, atol=2e-2)
    np.testing.assert_allclose(told.inside, plain.inside, atol=2e-2)


def test_an_overfit_forest_that_tells_labels_alone_is_attacked_less_and_still_attacked():
    study = study_of({"technique": "none", "release": "model"}, {"technique": "top_label"}, model=FOREST)
    table = people(1200)
    rng = np.random.default_rng(7)
    noisy = table.frame.assign(rich=np.where(rng.random(1200) < 0.5, "no", "yes"))
    bench = Bench.prepare(study, type(table).build(noisy, table.schema))
    gaps, areas, inside = [], [], bench.coins(0)
    for recipe in study.recipes:
        phi = run_replicate(bench, recipe, study, 0).phi
        gaps.append((phi[inside] > 0).mean() - (phi[~inside] > 0).mean())
        areas.append(roc_auc_score(inside, phi))
    # The gap attack: right about members, a coin about the others. Two forests of other seeds: 600 coins, three
    # standard errors of their difference are .085.
    assert gaps[1] == pytest.approx(gaps[0], abs=0.085)
    assert gaps[1] > 0.3
    assert 0.6 < areas[1] < areas[0]


def test_a_private_models_promise_stays_when_its_answers_are_changed():
    private = {"technique": "dp_logistic_regression", "epsilon": 1.0}
    (recipe,) = expand("p", [private, {"technique": "top_label"}], None)
    facts = PublicFacts(people=160, classes=("no", "yes"), assume_public_domain=True, domains={})
    assert recipe.release == "model"
    assert recipe.guarantee(people().schema, facts).kind == "dp"
    (plain,) = expand("q", [{"technique": "top_label"}], None)
    assert plain.guarantee(people().schema, facts).kind == "none"


@pytest.mark.parametrize(("steps", "release", "message"), [
    (["top_label", "dp_logistic_regression"], None, "first changes rows, then trains, then changes answers"),
    (["top_label", "generalise"], None, "first changes rows"),
    (["top_label", "round_predictions"], None, "at most one technique of recipe 'r' changes what the model answers"),
    (["regularised_training", "dp_logistic_regression"], None, "decides how the model is trained"),
    (["generalise", "top_label"], "both", "protects nothing when rows leave the room too"),
    (["regularised_training"], "rows", "is about a model"),
])  # fmt: skip
def test_stacks_that_make_no_sense_are_refused(steps, release, message):
    with pytest.raises(UserError, match=message):
        expand("r", [{"technique": key} for key in steps], release)


def test_a_number_to_predict_or_no_target_is_declined():
    for technique in (TopLabel(), RoundPredictions()):
        number = technique.unsupported(earners().schema, PublicFacts(people=160, classes=()))
        assert number == f"{technique.key} is for classes; this target is a number"
        assert public_reason(number) == number
        none = technique.unsupported(people().schema.without(["rich"]), PublicFacts(people=160, classes=("a", "b")))
        assert "no column has the role target" in none


class Half(TopLabel):
    """Tells the same of everybody."""

    def answer(self, probabilities):
        """Return a half, whatever the model says."""
        return np.full_like(probabilities, 0.5)


def test_answers_that_are_the_same_for_everybody_leave_an_attacker_nothing():
    study = study_of({"technique": "top_label"}, model=FOREST)
    bench = Bench.prepare(study, people(300))
    outcome = run_replicate(bench, Recipe("half", (Half(),), "model"), study, 0)
    assert outcome.failed is None
    assert np.allclose(outcome.phi, 0.0)
    assert np.isfinite(outcome.otherwise).any()
    assert np.allclose(outcome.otherwise[np.isfinite(outcome.otherwise)], 0.0)
