"""Audits of mechanisms: planted violations are found, honest mechanisms are left alone, no two runs share noise."""

import json
import math

import numpy as np
import pytest

from core.audit.claim import Claim
from core.audit.command import auditable, sentences, to_json
from core.audit.leak import lower_bound
from core.audit.mechanism import Runs, audit_mechanism
from core.data.table import Table
from core.errors import UserError
from core.techniques import TECHNIQUES
from core.techniques.base import AuditPair
from core.techniques.dp_forest import DPForest
from core.techniques.dp_logistic_regression import DPLogisticRegression
from core.techniques.none import NoProtection
from tests.audit.suspects import (
    BlockVotes,
    CountsThatAddUp,
    Diary,
    FixedNoise,
    HalfNoise,
    LibraryBayes,
    LibraryLogistic,
    LooseIntercept,
    ReplaceOne,
    Response,
)
from tests.deep import keyed


def audit(technique, pairs=300, **options):
    return audit_mechanism(
        technique, **{"pairs": pairs, "control": False, "pilot_pairs": 80, "confirm_pairs": 60, **options}
    )


def test_diffprivlibs_logistic_regression_without_our_guard_is_caught():
    assert audit(LibraryLogistic(norm=1000.0), 500, confirm_pairs=20).flagged


def test_diffprivlibs_naive_bayes_without_our_guard_is_caught():
    assert audit(LibraryBayes(epsilon=2.0), 500, confirm_pairs=20).flagged


def test_half_the_noise_is_caught():
    found = audit(HalfNoise(epsilon=8.0), 300)
    assert found.flagged
    assert found.leak.mu > found.claim.mu


def test_noise_that_repeats_is_caught_not_passed():
    found = audit(FixedNoise(), 100, pilot_pairs=40, confirm_pairs=20)
    assert found.flagged
    assert found.rates == (1.0, 0.0)


def test_an_unclipped_intercept_is_caught():
    assert audit(LooseIntercept(), 100, pilot_pairs=40, confirm_pairs=20).flagged


def test_noise_for_adding_a_person_claimed_for_replacing_one_is_caught():
    assert audit(ReplaceOne(epsilon=8.0), 300).flagged


@pytest.mark.parametrize("spent", [2.0, 3.0])
def test_a_response_that_spends_more_than_it_claims_is_caught(spent):
    assert audit(Response(spent=spent), 300).flagged


def test_a_response_that_spends_what_it_claims_is_left_alone():
    found = [audit(Response(spent=1.0), 300, seed=seed).flagged for seed in range(4)]
    assert sum(found) <= 1  # two or more false alarms of at most 5 % each: 3 %


def test_no_two_runs_share_noise_whatever_their_world_part_or_number():
    runs = Runs(Diary().audit_pair(), 5, "audit")
    draws = [np.ravel(runs.outputs(part, start, 40)) for part in ("pilot", "test") for start in (0, 40)]
    draws.append(np.ravel(Runs(Diary().audit_pair(), 5, "control").outputs("test", 0, 40)))
    assert len(np.unique(np.concatenate(draws))) == 5 * 80


def test_the_same_seed_gives_the_same_audit_and_another_seed_another():
    one, two, other = (audit(Response(), 200, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one.rates != other.rates


@pytest.mark.parametrize("key", [key for key, cls in TECHNIQUES.items() if key.startswith("dp_")])
def test_every_technique_named_private_can_be_audited(key):
    assert key in auditable()


@pytest.mark.parametrize("key", keyed(sorted(TECHNIQUES)))
def test_exactly_the_techniques_that_state_an_epsilon_supply_neighbours(key):
    if key not in auditable():
        needed = {"columns": ("x",)} if key == "drop_columns" else {}
        assert TECHNIQUES[key](**needed).audit_pair() is None
        return
    for epsilon in (0.1, 4.0):
        technique = TECHNIQUES[key](epsilon=epsilon)
        pair = technique.audit_pair()
        assert isinstance(pair, AuditPair)
        assert all(isinstance(table, Table) for table in pair.tables)
        assert pair.technique.key == key
        assert pair.technique.epsilon == epsilon
        promised = technique.guarantee(pair.tables[0].schema, pair.facts)
        assert promised.neighbours == pair.neighbours
        assert promised.epsilon == epsilon
        assert technique.unsupported(pair.tables[0].schema, pair.facts) is None
        sizes = sorted(table.people for table in pair.tables)
        assert sizes[1] - sizes[0] == {"add_remove": 1, "replace_one": 0}[pair.neighbours]
        differ = [set(map(tuple, table.frame.astype(str).to_numpy())) for table in pair.tables]
        assert len(differ[0] - differ[1]) <= 1
        assert len(differ[1] - differ[0]) <= 1
        here, there = Runs(pair, 0, "contract").outputs("test", 0, 3)
        assert here.shape == there.shape
        assert len(np.unique(here, axis=0)) > 1


def test_honest_logistic_regression_is_not_flagged():
    found = audit(DPLogisticRegression(epsilon=4.0), 100, pilot_pairs=20)
    assert not found.flagged
    assert found.claim.mu == pytest.approx(DPLogisticRegression(epsilon=4.0).mu)


@pytest.mark.slow
def test_the_audited_person_shows_nine_tenths_of_mu():
    # D - D' of the score over its spread; the standard error of the effect over 120 pairs is .13, in units of mu .095.
    pair = DPLogisticRegression(epsilon=4.0).audit_pair()
    here, there = (found[:, 0] for found in Runs(pair, 1, "strength").outputs("test", 0, 120))
    effect = (here.mean() - there.mean()) / np.sqrt((here.var() + there.var()) / 2)
    assert effect / pair.technique.mu == pytest.approx(0.9186, abs=0.3)


def votes_against(people, trees, epsilon):
    """Chance that 0, 1, ... trees vote against some equal people, when each of them draws a tree of their own.

    A tree with c of them does with probability e^(-c epsilon) / 2. Inclusion and exclusion over the trees that do not.
    """
    told = math.exp(-epsilon)
    return np.array([
        math.comb(trees, w) * 0.5**w * sum(
            math.comb(trees - w, s) * (-0.5) ** s * (((w + s) * told + trees - w - s) / trees) ** people
            for s in range(trees - w + 1)
        )
        for w in range(trees + 1)
    ])  # fmt: skip


@pytest.mark.parametrize("people", [0, 1, 2, 6])
@pytest.mark.parametrize("trees", [1, 2, 12])
def test_one_person_more_moves_the_votes_of_a_dealt_forest_by_epsilon_and_not_beyond(people, trees):
    for epsilon in (0.5, 1.0, 4.0):
        fewer, more = (votes_against(count, trees, epsilon) for count in (people, people + 1))
        assert fewer.sum() == pytest.approx(1.0)
        assert np.abs(np.log(fewer / more)).max() == pytest.approx(epsilon, rel=1e-6)


@pytest.mark.slow
def test_the_votes_of_the_forest_have_the_probabilities_of_rows_that_draw_their_trees():
    technique = DPForest(epsilon=1.0, trees=2)
    pair = technique.audit_pair()
    here, there = Runs(pair, 0, "votes").outputs("test", 0, 200)
    # shares over 200 runs: 3.5 standard errors are .124 at most; six of them are compared
    for people, found in ((0, here), (1, there)):
        shares = np.bincount(found[:, 0].astype(int), minlength=3) / 200
        np.testing.assert_allclose(shares, votes_against(people, 2, 1.0), atol=0.124)


def test_diffprivlibs_own_forest_which_deals_in_blocks_is_caught():
    assert audit(BlockVotes(epsilon=1.0), 1500, pilot_pairs=200).flagged


def test_diffprivlibs_class_counts_which_add_up_to_the_number_of_rows_are_caught():
    assert audit(CountsThatAddUp(epsilon=1.0), 100, pilot_pairs=40, confirm_pairs=20).flagged


def test_the_lower_bound_is_the_published_one_and_covers():
    assert lower_bound(438, 0, 6000, Claim(1.0)).epsilon == pytest.approx(4.68, abs=0.01)
    rng, truth = np.random.default_rng(0), 1 / (1 + math.exp(-1.5))
    draws = [(rng.binomial(400, truth), rng.binomial(400, 1 - truth)) for _ in range(300)]
    above = sum(lower_bound(here, there, 400, Claim(1.0)).epsilon > 1.5 for here, there in draws)
    assert above <= 24  # 300 tries at a true rate of .05 give more with probability 1 %
    bound = lower_bound(700, 300, 1000, Claim(1.0, 1e-5, 0.27))
    assert 0.8 < bound.mu < 2 * 0.5244
    assert bound.epsilon > 1


def test_the_words_say_what_was_found_and_what_it_rests_on():
    flagged, passed = audit(Response(spent=3.0), 300), audit_mechanism(Response(), pairs=300)
    assert sentences(flagged)[0].startswith("VIOLATION: suspect breaks epsilon 1.")
    assert "at least" in sentences(flagged)[1]
    assert sentences(passed)[0].startswith("No sign that suspect breaks epsilon 1 in 300 pairs of runs")
    assert "library" in " ".join(sentences(passed))
    content = json.loads(json.dumps(to_json(passed), allow_nan=False))
    assert content["flagged"] is False
    assert {"pairs", "planned", "alpha", "p_value", "event", "rates", "control", "neighbours"} <= set(content)


def test_a_technique_without_a_promise_and_numbers_out_of_range_are_refused():
    with pytest.raises(UserError, match="claims differential privacy"):
        audit(NoProtection())
    for bad in ({"pairs": 3}, {"alpha": 0.0}, {"alpha": math.nan}, {"seed": -1}):
        with pytest.raises(UserError):
            audit_mechanism(Response(), **{"control": False, **bad})
