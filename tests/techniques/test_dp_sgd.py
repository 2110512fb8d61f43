"""The private network without torch: what is sampled, what is promised, what it says when Opacus is absent."""

import math
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from scipy.stats import binom, chi2

from core.data.table import Table
from core.errors import UserError
from core.privacy.sampled_gaussian import curve_of
from core.techniques.base import PublicFacts
from core.techniques.dp_sgd import DPSGD
from core.techniques.network import NetworkPredictor
from core.techniques.person_draws import Draws
from core.techniques.public_encoding import PublicEncoder
from core.tradeoff.quick_look import QuickLook
from core.tradeoff.recipe import Recipe
from core.tradeoff.study import parse_recipe, parse_study
from tests.regression_tables import earners
from tests.tables import people
from tests.techniques.dp_sgd_tables import table_of


class Here(DPSGD):
    """As if nothing were missing."""

    needs: ClassVar[tuple[str, ...]] = ("json",)


class Absent(DPSGD):
    """As if Opacus were missing, also where it is not."""

    needs: ClassVar[tuple[str, ...]] = ("json", "no_such_library_of_ours")


def facts_of(table: Table, number: float | None = None) -> PublicFacts:
    return PublicFacts(people=number or table.people, classes=("no", "yes"))


def public():
    """A table whose every input has bounds or categories, and visits of 12 people."""
    return table_of(60, people=12)


def test_everybody_is_in_a_step_independently_with_the_same_probability():
    rng = np.random.default_rng(0)
    drawn = Draws.of(np.arange(50))
    seen = np.zeros((4000, 50), bool)
    for step in seen:
        step[drawn.sample(0.1, rng)] = True
    # 50 people x 4,000 steps; both limits are passed with a chance of 1e-4 each
    low, high = binom.ppf([1e-4, 1 - 1e-4], seen.size, 0.1)
    assert low < seen.sum() < high
    sizes = seen.sum(axis=1)
    spread = ((sizes - 5) ** 2).sum() / (50 * 0.1 * 0.9)  # a batch of fixed size would have none
    low, high = chi2.ppf([1e-5, 1 - 1e-5], 4000)
    assert low < spread < high


def test_of_a_person_with_several_rows_one_is_drawn_each_as_likely():
    persons = np.array([2, 0, 2, 1, 2, 0])
    drawn, rng = Draws.of(persons), np.random.default_rng(0)
    counts = np.zeros(6)
    for _ in range(6000):
        rows = drawn.sample(0.5, rng)
        assert len(np.unique(persons[rows])) == len(rows)
        counts[rows] += 1
    # standard deviation of a count is at most 39: six of them
    np.testing.assert_allclose(counts, 3000 / np.bincount(persons)[persons], atol=230)


def test_a_person_who_joins_does_not_change_how_often_the_others_are_drawn():
    few, many = Draws.of(np.arange(10)), Draws.of(np.arange(1000))
    shares = [np.mean([len(d.sample(0.2, np.random.default_rng(s))) for s in range(2000)]) for d in (few, many)]
    assert shares[0] / 10 == pytest.approx(0.2, abs=0.015)  # 5 standard errors
    assert shares[1] / 1000 == pytest.approx(0.2, abs=0.0015)


def test_nobody_is_drawn_from_nobody():
    assert Draws.of(np.zeros(0, np.int64)).sample(0.5, np.random.default_rng(0)).shape == (0,)


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 10.0])
def test_the_noise_of_all_steps_keeps_the_budget_and_the_bounds_are_those_of_the_same_curve(epsilon):
    technique = DPSGD(epsilon=epsilon, delta=1e-6)
    curve = curve_of(technique.noise, technique.RATE, technique.STEPS, min(epsilon, 1.0) * 5e-4)
    assert curve.get_delta_for_epsilon(epsilon) <= 1e-6
    found = technique.guarantee(public().schema, facts_of(public()))
    assert found.advantage_bound == pytest.approx(curve.get_delta_for_epsilon(0.0), rel=0.02)
    assert found.tpr_at_1pct_bound > 0.01
    assert found.mu is None


def test_the_guarantee_says_unit_neighbours_and_what_is_taken_for_granted():
    table = public()
    found = DPSGD(epsilon=2.0).guarantee(table.schema, facts_of(table))
    assert (found.kind, found.epsilon, found.delta, found.neighbours) == ("dp", 2.0, 1e-5, "add_remove")
    assert found.unit == "person"
    told = " ".join(found.assumptions)
    for words in ("are public", "pool is public", "one row of a person", "which step", "seeded", "floating-point"):
        assert words in told
    alone = DPSGD().guarantee(replace(table.schema, person_id=None), facts_of(table))
    assert alone.unit == "row"
    assert "one row of a person" not in " ".join(alone.assumptions)


def test_a_step_shortens_with_the_noise_and_knows_nothing_but_public_numbers():
    technique = DPSGD(epsilon=1.0)
    assert technique.rate(1e9) == technique.LONGEST
    assert technique.rate(200) == pytest.approx(2 * technique.rate(100))
    assert DPSGD(epsilon=0.1).rate(100) < technique.rate(100)
    assert DPSGD(epsilon=1.0, clip=50.0).rate(100) == technique.rate(100)


def test_where_opacus_is_absent_it_says_how_to_install_it_before_anything_else():
    told = "needs: pip install -r requirements-deep.txt"
    assert Absent.missing() == told
    assert Here.missing() is None
    table = public()
    assert Absent().unsupported(table.schema, facts_of(table)) == f"dp_sgd {told}"
    with pytest.raises(UserError, match=r"pip install -r requirements-deep\.txt"):
        Absent().train(table, facts_of(table), np.random.default_rng(0))


def test_a_table_that_does_not_fit_is_declined_with_the_reason():
    table, facts = public(), facts_of(public())
    assert Here().unsupported(table.schema, facts) is None
    assert "of 10,000 people" in str(Here(delta=1e-2).unsupported(table.schema, facts_of(table, 10_000)))
    bare = table.schema.changed(replace(table.schema["age"], bounds=None))
    assert "public bounds or categories for: age." in str(Here().unsupported(bare, facts))
    assert "no column has the role target" in str(Here().unsupported(table.schema.without(["ill"]), facts))
    assert "use smaller layers" in str(Here(hidden=(512, 512)).unsupported(table.schema, facts))
    told = Here().unsupported(earners().schema, PublicFacts(people=160, classes=()))
    assert told == "dp_sgd predicts classes; this target is a number"
    assert "public bounds" in str(Here().unsupported(people(20).schema, facts))


def test_a_quick_look_in_the_page_leaves_it_to_the_sweep():
    study = parse_study({"study": {"name": "s", "seed": 1}})
    point = QuickLook(study, table_of(60)).point(Recipe("network", (Here(),), "model"))
    assert point["status"] == "skipped"
    assert point["reason"].startswith("dp_sgd is left to the sweep")


def test_the_answers_are_those_of_a_network_worked_out_by_hand():
    table, rng = public(), np.random.default_rng(3)
    encoder = PublicEncoder.for_table(table, facts_of(table))
    first, second, constant = rng.normal(size=(4, encoder.size)), rng.normal(size=(3, 4)), rng.normal(size=3)
    found = NetworkPredictor(encoder, (first, second, constant)).predict_proba(table)
    for x, row in zip(encoder.encode(table), found, strict=True):
        units = [math.tanh(sum(w * v for w, v in zip(weights, x, strict=True))) for weights in first]
        scores = [sum(w * u for w, u in zip(weights, units, strict=True)) for weights in second] + constant
        np.testing.assert_allclose(row, np.exp(scores) / np.exp(scores).sum(), rtol=1e-9)
    linear = NetworkPredictor(encoder, (first[:1],)).predict_proba(table)
    np.testing.assert_allclose(linear[:, 1], 1 / (1 + np.exp(-encoder.encode(table) @ first[0])), rtol=1e-9)
    np.testing.assert_allclose(linear.sum(axis=1), 1)


def test_a_list_of_widths_is_one_setting_and_a_list_of_lists_is_swept():
    assert [r.training.hidden for r in parse_recipe({"technique": "dp_sgd", "hidden": [32, 8]}, 1)] == [(32, 8)]
    assert [r.training.hidden for r in parse_recipe({"technique": "dp_sgd", "hidden": []}, 1)] == [()]
    swept = parse_recipe({"technique": "dp_sgd", "hidden": [[], [16]]}, 1)
    assert [r.training.hidden for r in swept] == [(), (16,)]
    assert DPSGD(hidden=[4]).settings()["hidden"] == [4]


@pytest.mark.parametrize("bad", [[0], [32.5], [1000], [8, 8, 8, 8], 32, "32", [True], [[8]], ["8"], None])
def test_widths_out_of_range_are_refused(bad):
    with pytest.raises(UserError):
        DPSGD(hidden=bad)


@pytest.mark.parametrize("bad", [{"epsilon": 0}, {"delta": 0.5}, {"delta": 1e-12}, {"clip": 0}, {"epsilon": math.nan}])
def test_budgets_out_of_range_are_refused(bad):
    with pytest.raises(UserError):
        DPSGD(**bad)
