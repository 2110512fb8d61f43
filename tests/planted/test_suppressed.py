"""Members whom a technique left out: protected and lost, and still members."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from core.techniques.base import Family, Protected, Stage, Technique
from core.tradeoff.bench import Bench
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import run_replicate
from core.tradeoff.risks import membership_game
from core.tradeoff.study import parse_study
from tests.tables import people


@dataclass(frozen=True, kw_only=True)
class Thinning(Technique):
    """Releases every third member."""

    key: ClassVar[str] = "thinning"
    title: ClassVar[str] = "Suppress two thirds"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE

    def protect(self, members, facts, rng):
        kept = np.arange(0, len(members), 3)
        return Protected(table=members.take(kept), source=kept, recode=lambda table: table)


@pytest.mark.parametrize("model", ["logistic_regression", "random_forest"])
def test_a_suppressed_member_is_a_member_whom_the_model_never_saw(model):
    study = parse_study({"study": {"name": "s", "seed": 8, "model": {"key": model}}})
    bench = Bench.prepare(study, people(300).drop(("name", "zip")))
    recipe = Recipe("thin", (Thinning(),), "both")
    outcomes = [run_replicate(bench, recipe, study, number) for number in range(2)]
    assert [outcome.failed for outcome in outcomes] == [None, None]
    for number, outcome in enumerate(outcomes):
        members = np.flatnonzero(bench.split.coins(number))
        lost = np.setdiff1d(members, members[::3])
        assert outcome.rows_suppressed == len(lost)
        # Their score is what the attacker observed of a member; nobody knows another one, and it is no control's.
        assert np.isnan(outcome.otherwise[lost]).all()
    game = membership_game(outcomes, bench)
    assert game.inside is not None
    assert game.outside is not None
    np.testing.assert_array_equal(game.inside[game.members], game.phi[game.members])
    np.testing.assert_array_equal(game.outside[~game.members], game.phi[~game.members])


def test_the_share_in_small_crowds_is_of_all_members_and_not_of_the_released():
    study = parse_study({"study": {"name": "s", "seed": 8}})
    bench = Bench.prepare(study, people(300).drop(("name",)))
    found = run_replicate(bench, Recipe("thin", (Thinning(),), "both"), study, 0)
    released, members = found.rows_released, found.people_train
    assert released < members / 2
    # Everybody's town is their own: all released people are alone, and nobody else is in any crowd.
    assert found.rows_risk["share_below"] == pytest.approx(released / members)
    assert found.rows_risk["value"] == pytest.approx(released / members)
