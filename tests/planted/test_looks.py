"""Verdicts of a point: from the replicates of the last planned look, and for the attacker of the last look."""

from dataclasses import replace

import numpy as np
import pytest

from core.attacks import MEMBERSHIP_ATTACKS
from core.attacks.membership import ceiling
from core.models import MODELS
from core.stats.intervals import LOOKS, two_sided_level
from core.tradeoff.bench import Bench
from core.tradeoff.point import Tally, point_json
from core.tradeoff.replicate import run_replicate
from core.tradeoff.risks import membership_game
from core.tradeoff.study import Requirement, parse_study
from tests.tables import people

FLOORS = [Requirement(name=f"floor {x:.3f}", metric="accuracy", at_least=x) for x in np.arange(0.3, 1.0, 0.005)]
CEILINGS = [Requirement(name=f"{risk} {x:.3f}", risk=risk, at_most=x)
            for risk in ("membership", "presence") for x in np.arange(-0.3, 1.0, 0.02)]  # fmt: skip


@pytest.fixture(scope="module")
def scene():
    study = parse_study({"study": {"name": "s", "seed": 2}})
    model = MODELS["random_forest"].from_mapping({"trees": 20, "min_samples_leaf": 5})
    study = replace(study, model=model, requirements=(*FLOORS, *CEILINGS))
    bench = Bench.prepare(study, people(400).drop(("name",)))
    recipe = study.with_anchors()[0]
    return study, bench, recipe, [run_replicate(bench, recipe, study, number) for number in range(4)]


def verdicts(scene, replicates):
    study, bench, recipe, outcomes = scene
    tally = Tally(recipe)
    for outcome in outcomes[:replicates]:
        tally.add(outcome)
    return point_json(tally, bench, study)["meets"]


def test_replicates_between_two_looks_change_no_verdict(scene):
    first = verdicts(scene, 2)
    # Limits on a fine grid: any other number or interval would move some verdict.
    assert {"yes", "no", "unproven", "cannot_settle"} <= set(first.values())
    assert verdicts(scene, 3) == verdicts(scene, 4) == first
    assert set(verdicts(scene, 1).values()) == {"unproven"}


def test_a_yes_to_a_limit_on_membership_needs_the_ceiling_under_the_limit(scene):
    study, bench, _, outcomes = scene
    level = two_sided_level(LOOKS[2])
    upper = ceiling(membership_game(outcomes[:2], bench), MEMBERSHIP_ATTACKS, None).upper(level)
    found = verdicts(scene, 2)
    ceilings = [r for r in study.requirements if r.risk == "membership"]
    assert [r.name for r in ceilings if found[r.name] == "yes"] == [r.name for r in ceilings if upper <= r.at_most]
    assert any(found[r.name] == "yes" for r in ceilings)
