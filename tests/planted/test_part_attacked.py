"""Who is who, when only a part of POOL is attacked and people have several rows: places, rows and persons differ."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.models import MODELS
from core.models.signals import true_class_logit
from core.rng import rng_for
from core.tradeoff.bench import Bench, first_rows
from core.tradeoff.point import Tally, point_json
from core.tradeoff.replicate import run_replicate
from core.tradeoff.risks import measure_risks, membership_game
from core.tradeoff.study import parse_study

REPLICATES = 2


def visits(n=600, seed=0):
    """People with one to three visits each, in any order; their sex never changes, and class is mostly noise."""
    rng = np.random.default_rng(seed)
    owner = rng.permutation(np.repeat(np.arange(n), rng.integers(1, 4, n)))
    sex = np.where(rng.random(n) < 0.3, "f", "m")[owner]
    frame = pd.DataFrame(
        {
            "id": [f"p{i}" for i in owner],
            "sex": sex,
            "age": rng.integers(20, 80, n).astype(float)[owner],
            "dose": rng.normal(size=len(owner)),
            "ill": np.where(rng.random(n)[owner] < np.where(sex == "f", 0.5, 0.9), "yes", "no"),
        }
    )
    columns = (
        Column(name="id", kind=Kind.TEXT, role=Role.IGNORED),
        Column(name="sex", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER),
        Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER),
        Column(name="dose", kind=Kind.NUMERIC, role=Role.FEATURE),
        Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET),
    )
    return Table.build(frame, Schema(columns, "id"))


@pytest.fixture(scope="module")
def scene():
    study = parse_study({"study": {"name": "s", "seed": 9, "subgroup": "sex"}})
    study = replace(study, model=MODELS["random_forest"].from_mapping({"trees": 10}))
    whole = Bench.prepare(study, visits())
    attacked = np.flatnonzero(np.arange(len(whole.split.pool)) % 3 != 1)
    part = replace(whole, attacked=attacked, vulnerable=attacked[5::4], sample=attacked[::2])
    recipe = study.with_anchors()[0]
    made = [[run_replicate(bench, recipe, study, r) for r in range(REPLICATES)] for bench in (whole, part)]
    assert [outcome.failed for side in made for outcome in side] == [None] * 4
    return study, whole, part, recipe, made


def test_whoever_is_attacked_gets_the_score_that_they_would_get_among_all(scene):
    _, whole, part, _, (all_of_them, some) = scene
    for one, other in zip(all_of_them, some, strict=True):
        assert len(other.phi) == len(part.attacked) < len(one.phi) == len(whole.split.pool)
        np.testing.assert_array_equal(one.phi[part.attacked], other.phi)
        np.testing.assert_array_equal(one.otherwise[part.attacked], other.otherwise)


def test_a_person_is_scored_by_the_mean_over_their_rows(scene):
    study, whole, _, recipe, (outcomes, _) = scene
    split = whole.split
    rows = whole.table.take(split.pool_rows)
    # The same replicate, with every POOL row a target of its own.
    label = repr([(step.key, step.settings()) for step in recipe.steps])
    streams = partial(rng_for, study.seed, "replicate", 0, label)
    release = recipe.apply(whole.table.take(split.member_rows(0)), study.model, whole.facts(full=False), streams)
    phi = true_class_logit(release.predictor.predict_proba(rows), whole.target[split.pool_rows], 10)
    assert len(rows) > len(split.pool)
    means = [phi[split.pool_place == place].mean() for place in range(len(split.pool))]
    np.testing.assert_allclose(outcomes[0].phi, means, rtol=1e-5)


def test_members_and_halves_are_those_of_the_attacked(scene):
    _, _, part, _, (_, outcomes) = scene
    game = membership_game(outcomes, part)
    for replicate in range(REPLICATES):
        assert np.array_equal(game.members[:, replicate], part.split.coins(replicate)[part.attacked])
    assert np.array_equal(game.tuning, part.split.tuning[part.attacked])
    # The members really are better known to the model.
    assert game.phi[game.members].mean() > game.phi[~game.members].mean() + 0.5


def test_those_who_stand_out_are_looked_up_by_place(scene):
    _, _, part, recipe, (_, outcomes) = scene
    proved = recipe.guarantee(part.table.schema, part.facts(full=False))
    measured = measure_risks(recipe, outcomes, part, proved)
    guesses, found = measured.guesses["membership"], measured.risks["membership"].details["vulnerable"]
    where = {place: position for position, place in enumerate(part.attacked.tolist())}
    mine = np.zeros(len(part.attacked), bool)
    mine[[where[place] for place in part.vulnerable.tolist()]] = True
    assert found["people"] == len(part.vulnerable)
    inside = [(guesses.guessed & guesses.members)[mine & half].sum() / guesses.members[mine & half].sum()
              for half in (part.tuning, ~part.tuning)]  # fmt: skip
    assert found["success_members"] == pytest.approx(np.mean(inside))


def test_attacks_on_rows_are_averaged_over_the_sample_alone(scene):
    _, _, part, recipe, (_, outcomes) = scene
    proved = recipe.guarantee(part.table.schema, part.facts(full=False))
    measured = measure_risks(recipe, outcomes, part, proved)
    for threat in ("presence", "linkability", "attribute_inference"):
        tried = set(measured.guesses[threat].person.tolist())
        assert tried <= set(part.sample.tolist()), threat
        everybody = {p for outcome in outcomes for p in outcome.attempts[threat].person.tolist()}
        assert everybody == (set(part.sample.tolist()) | set(part.vulnerable.tolist())) - set(part.reserve.tolist())


def test_attempts_on_rows_know_who_is_in_and_in_which_half(scene):
    _, _, part, _, (_, outcomes) = scene
    for replicate, outcome in enumerate(outcomes):
        for threat in ("presence", "linkability", "attribute_inference"):
            made = outcome.attempts[threat]
            assert np.array_equal(made.member, part.split.coins(replicate)[made.person]), threat
            assert np.array_equal(made.half, part.split.tuning[made.person]), threat


def test_groups_are_groups_of_people(scene):
    study, _, part, recipe, (_, outcomes) = scene
    tally = Tally(recipe)
    for outcome in outcomes:
        tally.add(outcome)
    groups = {g["group"]: g for g in point_json(tally, part, study)["subgroups"]["groups"]}
    split, sex = part.split, part.table.frame["sex"].astype(str).to_numpy()
    of_pool = sex[split.pool_rows[first_rows(split)]]
    assert split.test_rows.max() > part.table.people  # else rows could be taken for people unseen
    for label in ("f", "m"):
        mine = sex[split.test_rows] == label
        persons = split.persons[split.test_rows][mine]
        assert groups[label]["test_people"] == len(np.unique(persons)) < mine.sum()
        assert groups[label]["pool_people"] == (of_pool == label).sum()
        assert groups[label]["membership"]["people"] == (of_pool[part.attacked] == label).sum()
        accuracy = groups[label]["accuracy"]
        shares = [outcome.correct[mine].mean() for outcome in outcomes]
        assert accuracy["value"] == pytest.approx(np.mean(shares))
        off = np.mean([outcome.correct[mine] - share for outcome, share in zip(outcomes, shares, strict=True)], axis=0)
        by_person = np.array([off[persons == person].sum() for person in np.unique(persons)]) / mine.sum()
        n = len(by_person)
        people, runs = (by_person**2).sum() * n / (n - 1), np.var(shares, ddof=1) / REPLICATES
        # At two replicates a t quantile of one degree of freedom, 12.7, stands before the second part.
        half = (accuracy["high"] - accuracy["low"]) / 2
        assert half**2 == pytest.approx(1.96**2 * people + 12.706**2 * runs, rel=0.06)
