"""Tuning inside a recipe: chosen on members only, one person moves a score by 1, and private tuning is charged."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, norm

from core.data.table import Table
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.errors import UserError
from core.models.decision_tree import DecisionTree
from core.privacy.gdp import advantage_bound, delta_for_epsilon, mu_from_epsilon_delta
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.report.reasons import public_assumption
from core.techniques.base import PublicFacts
from core.techniques.dp_logistic_regression import DPLogisticRegression
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import load_study, parse_study
from core.tradeoff.tuning import HELD_OUT, MOST, Tuning
from tests.tables import people

FACTS = PublicFacts(people=160, classes=("no", "yes"))
GAUSSIAN = DPLogisticRegression(epsilon=1.0, delta=1e-5).guarantee(people().schema, FACTS)


class Fixed:
    """A predictor that gives everybody the same answer."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def predict_proba(self, table: Table) -> np.ndarray:
        return np.tile([1 - self.chance, self.chance], (len(table), 1))


def deep(setting: DecisionTree, rows: Table, facts: PublicFacts, rng: np.random.Generator):
    return setting.fit(rows, facts.classes, rng)


@pytest.mark.parametrize("wrong", [
    {}, {"clip": 1.0}, {"clip": [1.0]}, {"clip": list(range(1, MOST + 2))}, {"epsilon": [0.1, 1.0]}, {"delta": [0, 1]},
    {"public": "a.csv"}, "clip", {"clip": [1.0, 2.0], "public": 3},
])  # fmt: skip
def test_a_grid_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(UserError):
        Tuning.parse(wrong)


def test_an_unknown_parameter_or_a_value_out_of_range_is_refused():
    with pytest.raises(UserError, match="has the parameters"):
        Tuning.parse({"depth": [1, 2]}).settings(DecisionTree())
    with pytest.raises(UserError, match="min_samples_leaf"):
        Tuning.parse({"min_samples_leaf": [0, 2]}).settings(DecisionTree())


def test_the_setting_that_does_better_on_others_is_chosen():
    rng = np.random.default_rng(99)  # not the table's own seed, whose first draws are the ages
    table = people(600)
    noise = Table.build(table.frame.assign(rich=rng.choice(["no", "yes"], 600)), table.schema)
    grid = Tuning.parse({"min_samples_leaf": [1, 200]})
    found = [
        grid.choose(DecisionTree(), deep, noise, FACTS, NO_GUARANTEE, np.random.default_rng(seed)) for seed in range(5)
    ]
    # A leaf of one row answers 0 or 1 and is wrong half the time (score 1/2); large leaves answer about 1/2 (3/4).
    assert {setting.min_samples_leaf for setting in found} == {200}


def test_nobody_is_both_fitted_on_and_compared_on():
    table, seen = people(), []

    def spy(setting, rows, facts, rng):
        seen.append(set(rows.frame["name"]))
        assert facts.people == FACTS.people * (1 - HELD_OUT)

        class Spy(Fixed):
            def predict_proba(self, table):
                seen.append(set(table.frame["name"]))
                return super().predict_proba(table)

        return Spy(0.5)

    grid = Tuning.parse({"min_samples_leaf": [1, 2]})
    grid.choose(DecisionTree(), spy, table, FACTS, NO_GUARANTEE, np.random.default_rng(0))
    fitted, compared = seen[0], seen[1]
    assert seen == [fitted, compared] * 2
    assert not fitted & compared
    assert len(fitted | compared) == 160


def test_one_person_moves_the_sum_of_scores_by_one_at_most_however_many_rows_they_have():
    from core.tradeoff.tuning import _per_person

    quality, persons = np.array([1.0, 1.0, 1.0, 0.2]), np.array([4, 4, 4, 7])
    assert _per_person(quality, persons).tolist() == [1.0, 0.2]


def test_private_comparison_has_the_noise_that_is_charged():
    """Two settings of equal score: each wins half the time; one that is d better wins Phi(d mu / sqrt 2) of the time.

    Noise of sd 1 / mu on both sums. With 1,000 draws the share has a standard error of .013 at .8: 3 of them.
    """
    table = people()
    mu = mu_from_epsilon_delta(1.0, 1e-5)
    grid = Tuning.parse({"min_samples_leaf": [1, 2]})
    codes = (table.frame["rich"] == "yes").to_numpy()
    wins, expected = 0.0, 0.0
    draws = 1000
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        held = np.random.default_rng(seed).random(160) < HELD_OUT
        answers = {1: 0.5, 2: 0.9}

        def fit(setting, rows, facts, stream, answers=answers):
            return Fixed(answers[setting.min_samples_leaf])

        chosen = grid.choose(DecisionTree(), fit, table, FACTS, GAUSSIAN, rng)
        wins += chosen.min_samples_leaf == 1
        score = {leaf: (1 - (chance - codes[held]) ** 2).sum() for leaf, chance in answers.items()}
        expected += norm.cdf((score[1] - score[2]) * mu / math.sqrt(2))
    assert abs(wins - expected) / draws < 0.04


def test_gaussian_tuning_is_charged_as_the_root_of_all_fits():
    charged = Tuning.parse({"clip": [0.5, 1.0, 2.0]}).charged(GAUSSIAN)
    assert charged.mu == pytest.approx(2 * GAUSSIAN.mu, rel=1e-12)  # sqrt(3 + 1)
    assert delta_for_epsilon(charged.mu, charged.epsilon) == pytest.approx(1e-5, rel=1e-6)
    assert charged.advantage_bound == advantage_bound(charged.mu)
    assert charged.epsilon > 2 * GAUSSIAN.epsilon * 0.9
    assert public_assumption(charged.assumptions[-1]).endswith("and the last fit together.")


def test_a_pure_budget_is_charged_once_for_every_fit_and_a_claim_stays_a_claim():
    grid = Tuning.parse({"trees": [5, 10, 20]})
    pure = Guarantee(kind="dp", epsilon=0.5, delta=0.0, neighbours="add_remove", unit="row")
    assert grid.charged(pure).epsilon == pytest.approx(2.0)
    # The worst of four: four coins that fall right with chance e^.5 / (1 + e^.5), told apart by how many did.
    right = math.exp(0.5) / (1 + math.exp(0.5))
    tells = binom.cdf(1, 4, 1 - right) - binom.cdf(1, 4, right)
    assert tells <= grid.charged(pure).advantage_bound <= tells + 2e-3
    claim = Guarantee(kind="claimed", epsilon=0.5, delta=0.0)
    assert (grid.charged(claim).kind, grid.charged(claim).epsilon) == ("claimed", 2.0)
    assert grid.charged(NO_GUARANTEE) is NO_GUARANTEE


def test_a_public_table_chooses_for_free_and_is_the_only_thing_looked_at():
    members, public = people(160, 0), people(200, 5)
    grid = Tuning(Tuning.parse({"min_samples_leaf": [1, 2], "public": "p.csv"}).grid, "p.csv", public)
    seen: set[str] = set()
    mine = members.frame.assign(zip="member")

    def spy(setting, rows, facts, rng):
        seen.update(rows.frame["zip"].astype(str))
        return Fixed(0.5)

    grid.choose(DecisionTree(), spy, Table.build(pd.DataFrame(mine), members.schema), FACTS, GAUSSIAN,
                np.random.default_rng(0))  # fmt: skip
    assert seen
    assert "member" not in seen
    assert grid.charged(GAUSSIAN).epsilon == GAUSSIAN.epsilon
    with pytest.raises(UserError, match="must be loaded"):
        Tuning(grid.grid, "p.csv").choose(DecisionTree(), spy, members, FACTS, GAUSSIAN, np.random.default_rng(0))


def study_of(*recipes, **head):
    return parse_study({"study": {"name": "s", "table": "t", "schema": "s", "effort": "glance", **head},
                        "recipe": list(recipes)})  # fmt: skip


PRIVATE = {"name": "p", "technique": "dp_logistic_regression", "epsilon": 2.0, "delta": 1e-5}


def test_a_recipe_states_and_pays_for_its_tuning():
    tuned = study_of({**PRIVATE, "tune": {"clip": [0.5, 1.0]}}).recipes[0]
    plain = study_of(PRIVATE).recipes[0]
    one, all_ = (recipe.guarantee(people().schema, FACTS) for recipe in (plain, tuned))
    assert all_.mu == pytest.approx(one.mu * math.sqrt(3))
    assert tuned.describe()[-1]["tune"] == {"clip": [0.5, 1.0]}
    assert "tune" not in plain.describe()[-1]


def test_the_ledger_holds_what_tuning_cost():
    table = people()
    costs = []
    for block in (PRIVATE, {**PRIVATE, "tune": {"clip": [0.5, 1.0]}}):
        result = run_study(study_of(block, assume_public_domain=True), table, InlineEngine())
        point = next(p for p in result["points"] if p["id"] == "p")
        assert point["status"] == "measured", point["reason"]
        costs.append((point["guarantee"]["epsilon"], result["ledger"]["total"]["epsilon"]))
    assert costs[1][0] > costs[0][0] * 1.5
    assert costs[1][1] > costs[0][1] * 1.5


def test_tuning_the_model_is_part_of_the_model_and_follows_the_members():
    study = study_of({"name": "n", "technique": "none", "tune": {"min_samples_leaf": [1, 40]}}, model="decision_tree")
    bench = Bench.prepare(study, people(300, 3))
    outcome = run_replicate(bench, study.recipes[0], study, 0)
    assert outcome.failed is None
    assert outcome.skipped is None
    assert outcome.notes == ("Tuning: min_samples_leaf = 40, the best of 2 settings on members that it was not fitted "
                             "on",)  # fmt: skip
    assert study.recipes[0].guarantee(bench.table.schema, bench.facts(full=False)).kind == "none"


def test_a_parameter_that_what_is_trained_does_not_have_is_refused_when_the_study_is_read():
    with pytest.raises(UserError, match="has the parameters"):
        study_of({**PRIVATE, "tune": {"min_samples_leaf": [1, 2]}})
    with pytest.raises(UserError, match="has the parameters"):
        study_of({"name": "n", "technique": "none", "tune": {"clip": [1, 2]}})


def test_a_model_of_private_rows_keeps_their_guarantee_and_a_model_of_crowds_has_none():
    rows = {"technique": "dp_marginals", "epsilon": 1.0, "delta": 1e-5}
    boxes = {"technique": "mondrian_k_anonymity", "k": 5}
    facts = PublicFacts(people=160, classes=("no", "yes"), assume_public_domain=True, domains={})
    private, crowds = study_of({"name": "a", "release": "model", "steps": [rows]},
                               {"name": "b", "release": "model", "steps": [boxes]}).recipes  # fmt: skip
    found = private.guarantee(people().schema, facts)
    assert (found.kind, found.epsilon) == ("dp", 1.0)
    assert found.advantage_bound is not None
    assert crowds.guarantee(people().schema, facts).kind == "none"


def test_the_public_table_of_a_study_file_is_read_beside_it(tmp_path):
    table = people()
    table.frame.drop(columns="born").to_csv(tmp_path / "t.csv", index=False)
    people(120, 9).frame.drop(columns="born").to_csv(tmp_path / "old.csv", index=False)
    (tmp_path / "s.json").write_text(json.dumps(table.schema.without(["born"]).to_json()))
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "s"\ntable = "t.csv"\nschema = "s.json"\neffort = "glance"\nmodel = "decision_tree"\n'
        '[[recipe]]\ntechnique = "none"\ntune = {min_samples_leaf = [1, 20], public = "old.csv"}\n'
    )
    study, rows = load_study(tmp_path / "study.toml")
    outcome = run_replicate(Bench.prepare(study, rows), study.recipes[0], study, 0)
    assert outcome.notes[0].endswith("settings on a public table")
