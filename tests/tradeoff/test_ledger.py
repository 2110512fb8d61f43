"""The ledger composes what a sweep and its releases cost; no single epsilon is passed off as the total."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.privacy.curves import Cost
from core.privacy.gdp import mu_from_epsilon_delta
from core.tradeoff.bench import Bench
from core.tradeoff.ledger import ledger_of, stated_delta
from core.tradeoff.point import Tally
from core.tradeoff.recipe import expand
from core.tradeoff.replicate import FULL, Outcome
from core.tradeoff.study import parse_study
from tests.tables import people


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench.prepare(parse_study({"study": {"name": "ledger", "assume_public_domain": True}}), people())


def _tallies(step: dict[str, object], runs: int) -> list[Tally]:
    found = []
    for recipe in expand("recipe", [step], None):
        tally = Tally(recipe)
        for number in (*range(runs), FULL):
            tally.add(Outcome(point=recipe.id, replicate=number, seconds=0.0))
        found.append(tally)
    return found


def test_a_sweep_of_twenty_epsilons_and_a_release_cost_far_more_than_the_setting_released(bench):
    epsilons = [float(e) for e in np.geomspace(0.1, 2.0, 20)]
    tallies = _tallies({"technique": "dp_logistic_regression", "epsilon": epsilons}, 2)
    before = ledger_of(tallies, bench)["total"]
    after = ledger_of(tallies, bench, released=[tallies[-1].recipe])["total"]
    assert before["largest_single"] == pytest.approx(2.0)
    assert after["epsilon"] > before["epsilon"] > 2.0
    assert after["advantage_bound"] > before["advantage_bound"]


def test_the_total_equals_the_reference_accountant_on_the_same_events(bench):
    from dp_accounting import dp_event
    from dp_accounting.pld import PLDAccountant

    found = ledger_of(_tallies({"technique": "dp_logistic_regression", "epsilon": [0.3, 1.0]}, 8), bench)["total"]
    accountant = PLDAccountant(value_discretization_interval=1e-3)
    for epsilon in (0.3, 1.0):
        accountant.compose(dp_event.GaussianDpEvent(1 / mu_from_epsilon_delta(epsilon, 1e-5)), 9)
    assert found["epsilon"] == pytest.approx(accountant.get_epsilon(1e-5), rel=2e-3)
    assert found["delta"] == 1e-5


def test_the_sentence_for_people_names_the_total_and_not_one_settings_epsilon(bench):
    found = ledger_of(_tallies({"technique": "dp_logistic_regression", "epsilon": [0.5, 1.0]}, 2), bench, previews=1)
    assert f"epsilon = {found['total']['epsilon']:.3g}" in found["note"]
    assert "is not the cost of this evaluation: 6 private fits" in found["note"]
    assert "1 quick looks, which no sum here covers" in found["note"]


def test_a_claim_is_counted_and_never_summed(bench):
    found = ledger_of(_tallies({"technique": "dp_forest", "epsilon": [1.0]}, 2), bench)
    assert found["private_fits"] == 3
    assert found["total"] is None
    assert "3 rest on a library's claim" in found["note"]


def test_settings_that_never_ran_and_settings_without_privacy_cost_no_epsilon(bench):
    idle = [Tally(tally.recipe) for tally in _tallies({"technique": "dp_logistic_regression", "epsilon": [1.0]}, 1)]
    found = ledger_of([*idle, *_tallies({"technique": "none"}, 2)], bench)
    assert (found["private_fits"], found["total"], found["fits"]) == (0, None, 3)


def test_a_running_sweep_has_no_total_yet(bench):
    tallies = _tallies({"technique": "dp_logistic_regression", "epsilon": [1.0]}, 1)
    assert ledger_of(tallies, bench, final=False)["total"] is None


def test_a_total_that_no_epsilon_holds_is_null_in_json(bench):
    tallies = _tallies({"technique": "dp_logistic_regression", "epsilon": [100.0] * 1, "delta": 1e-12}, 8)
    json.dumps(ledger_of(tallies, bench), allow_nan=False)


def test_the_delta_of_unlike_budgets_adds_up_and_that_of_gaussians_does_not():
    gaussian = [Cost(epsilon=1.0, delta=1e-5, mu=0.3, times=50), Cost(epsilon=1.0, delta=1e-6, mu=0.2)]
    assert stated_delta(gaussian) == 1e-5
    assert stated_delta([*gaussian, Cost(epsilon=1.0, delta=1e-6, times=3)]) == pytest.approx(1.3e-5)
