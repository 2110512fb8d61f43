"""Verdicts: yes, no, unproven, cannot settle; only at the planned looks."""

import numpy as np
import pytest
from scipy.stats import norm

from core.attacks.base import RiskEstimate, absent
from core.errors import UserError
from core.privacy.guarantee import NO_GUARANTEE, Guarantee
from core.stats.intervals import LOOKS, Spread
from core.tradeoff.bench import Bench
from core.tradeoff.point import Tally, point_json
from core.tradeoff.replicate import FULL, run_replicate
from core.tradeoff.requirement import Requirement
from core.tradeoff.requirements import (
    epsilon_verdict,
    groups_verdict,
    look_of,
    risk_verdict,
    suppressed_verdict,
    utility_verdict,
)
from core.tradeoff.study import parse_study
from tests.tables import people

FLOOR = Requirement(name="a", metric="accuracy", at_least=0.8)
CEILING = Requirement(name="r", risk="membership", at_most=0.1)


def measured(value, error):
    def interval(level):
        half = norm.ppf(0.5 + level / 2) * error
        return value - half, value + half

    return RiskEstimate(threat="membership", status="measured", value=value), interval


def test_the_three_verdicts_of_a_floor():
    for value, expected in ((0.9, "yes"), (0.7, "no"), (0.801, "unproven")):
        assert utility_verdict(FLOOR, Spread(value, 1e-8, 1e-4, 10**6, 8), 8).verdict == expected


def test_a_limit_inside_the_spread_over_test_people_cannot_be_settled_by_more_replicates():
    assert utility_verdict(FLOOR, Spread(0.801, 1e-4, 1e-12, 500, 8), 8).verdict == "cannot_settle"


def test_the_three_verdicts_of_a_ceiling():
    for value, expected in ((0.01, "yes"), (0.3, "no"), (0.099, "unproven")):
        assert risk_verdict(CEILING, *measured(value, 0.01), 8).verdict == expected


def test_a_first_look_asks_for_more_than_a_last_one():
    assert risk_verdict(CEILING, *measured(0.07, 0.01), 2).verdict == "unproven"
    assert risk_verdict(CEILING, *measured(0.07, 0.01), 32).verdict == "yes"


def test_no_verdict_before_the_first_look_and_none_without_a_number():
    assert utility_verdict(FLOOR, Spread(0.99, 1e-9, 0.0, 1000, 1), None).verdict == "unproven"
    assert risk_verdict(CEILING, *measured(0.0, 0.0001), None).verdict == "unproven"
    for status in ("not_applicable", "not_measured", "undefined"):
        assert risk_verdict(CEILING, absent("membership", status, "why"), None, 8).verdict == "not_measured"
    assert utility_verdict(FLOOR, Spread(float("nan"), 0.0, 0.0, 10, 8), 8).verdict == "not_measured"


def test_looks_are_planned():
    assert [look_of(n) for n in (0, 1, 2, 7, 8, 31, 32, 100)] == [None, None, 2, 2, 8, 8, 32, 32]


def test_the_verdicts_of_all_three_looks_together_are_wrong_at_most_five_percent():
    """Worst case: the true value is exactly the limit, so every yes and every no is wrong; replicates accumulate."""
    rng = np.random.default_rng(8)
    wrong = 0
    repetitions = 4000
    for _ in range(repetitions):
        draws = 0.1 + 0.05 * rng.normal(size=32)
        verdicts = []
        for look in LOOKS:
            found = risk_verdict(CEILING, *measured(draws[:look].mean(), 0.05 / np.sqrt(look)), look)
            verdicts.append(found.verdict)
        # "Yes" is the dangerous error: people's data is released because of it.
        wrong += "yes" in verdicts
    assert wrong / repetitions <= 0.035


@pytest.mark.parametrize(
    "bad",
    [
        {"name": "x"},
        {"name": "x", "metric": "accuracy", "risk": "membership", "at_most": 1},
        {"name": "x", "metric": "beauty", "at_least": 1},
        {"name": "x", "metric": "accuracy"},
        {"name": "x", "metric": "accuracy", "at_least": float("nan")},
        {"name": "x", "metric": "accuracy", "at_least": "much"},
    ],
)
def test_a_requirement_that_makes_no_sense_is_refused(bad):
    with pytest.raises(UserError, match="requirement"):
        Requirement(**bad)


def test_a_yes_must_also_hold_for_the_attacker_of_the_last_look():
    assert risk_verdict(CEILING, *measured(0.01, 0.001), 2, lambda level: 0.2).verdict == "unproven"
    assert risk_verdict(CEILING, *measured(0.01, 0.001), 2, lambda level: 0.09).verdict == "yes"
    assert risk_verdict(CEILING, *measured(0.3, 0.001), 2, lambda level: 0.5).verdict == "no"


ROWS = Requirement(name="rows", limit_on="rows_suppressed", at_most=0.05)
EPSILON = Requirement(name="e", limit_on="epsilon", at_most=1.0)
FAIR = Requirement(name="fair", limit_on="worst_group_accuracy", at_least=0.7)


def share(value, people, replicates=32):
    """Return an accuracy of some people whom every replicate predicts alike."""
    return Spread(value, value * (1 - value) / max(people - 1, 1), 0.0, people, replicates)


def proof(**more):
    return Guarantee(**{"kind": "dp", "epsilon": 1.0, "delta": 1e-5, "neighbours": "add_remove", **more})


RISK, INTERVAL = measured(0.08, 0.01)
GROUPS = (share(0.81, 400), share(0.74, 90), share(0.9, 40))
JUDGES = {
    ("metric", "accuracy", "at_least"): lambda r: utility_verdict(r, Spread(0.82, 1e-4, 1e-5, 900, 8), 8),
    ("limit_on", "worst_group_accuracy", "at_least"): lambda r: groups_verdict(r, GROUPS, 8, shares=True),
    ("risk", "membership", "at_most"): lambda r: risk_verdict(r, RISK, INTERVAL, 2, lambda level: 0.15),
    ("risk", "linkability", "at_most"): lambda r: risk_verdict(r, RISK, INTERVAL, 2),
    ("metric", "mae", "at_most"): lambda r: utility_verdict(r, Spread(0.4, 1e-4, 1e-5, 900, 2), 2),
    ("limit_on", "worst_group_error", "at_most"): lambda r: groups_verdict(r, GROUPS, 8, shares=False),
    ("limit_on", "rows_suppressed", "at_most"): lambda r: suppressed_verdict(
        r, share(0.04, 500, 8), 0.07, 8, fixed=False
    ),
    ("limit_on", "epsilon", "at_most"): lambda r: epsilon_verdict(r, proof(epsilon=0.7), False),
}


@pytest.mark.parametrize("what", JUDGES)
def test_at_the_limit_that_a_judgement_names_the_verdict_is_yes_and_a_hair_stricter_it_is_not(what):
    field, key, side = what

    def judged(limit):
        return JUDGES[what](Requirement(name="x", **{field: key, side: limit}))

    first = judged(0.5)
    assert judged(first.at).verdict == "yes"
    hair = judged(float(np.nextafter(first.at, np.inf if side == "at_least" else -np.inf)))
    assert hair.verdict != "yes"
    # Moving the limit moves only the verdict: the interval is what it was.
    assert hair.at == first.at


def test_every_group_must_keep_the_floor_with_its_own_interval():
    good, bad = share(0.85, 900), share(0.6, 900)
    assert groups_verdict(FAIR, [good, good], 8, shares=True).verdict == "yes"
    assert groups_verdict(FAIR, [good, bad], 8, shares=True).verdict == "no"
    near = Spread(0.71, 1e-6, 1e-3, 10**5, 8)
    assert groups_verdict(FAIR, [good, near], 8, shares=True).verdict == "unproven"
    assert groups_verdict(FAIR, [good, share(0.71, 60)], 8, shares=True).verdict == "cannot_settle"
    assert groups_verdict(FAIR, [good, good], None, shares=True).verdict == "unproven"


def test_a_group_too_small_for_a_number_can_hide_a_miss_so_there_is_no_yes():
    good, bad = share(0.85, 900), share(0.5, 900)
    hidden = groups_verdict(FAIR, [good, None, None], 8, shares=True)
    assert (hidden.verdict, hidden.at) == ("cannot_settle", None)
    assert hidden.why.startswith("2 of 3 groups have too few test people")
    assert groups_verdict(FAIR, [bad, None], 8, shares=True).verdict == "no"
    assert groups_verdict(FAIR, [None], 8, shares=True).verdict == "not_measured"
    assert groups_verdict(FAIR, [], 8, shares=True).verdict == "not_measured"


def test_twenty_people_who_are_all_predicted_right_do_not_prove_ninety_percent():
    floor = Requirement(name="f", limit_on="worst_group_accuracy", at_least=0.9)
    everybody = share(1.0, 20)
    assert everybody.interval()[0] == 1.0
    found = groups_verdict(floor, [everybody], 32, shares=True)
    assert found.verdict == "cannot_settle"
    # Wilson by hand: n / (n + z^2) at z = 2.004.
    assert found.at == pytest.approx(20 / (20 + 2.004**2), abs=1e-6)


def test_more_groups_ask_for_more():
    one = groups_verdict(FAIR, [share(0.8, 300)], 8, shares=True)
    ten = groups_verdict(FAIR, [share(0.8, 300)] * 10, 8, shares=True)
    assert ten.at < one.at


def test_ten_groups_that_all_keep_the_floor_are_called_unfair_at_most_once_in_twenty_times():
    """Worst case: every group's true accuracy is exactly the floor, so every "no" is wrong."""
    rng = np.random.default_rng(3)
    rates = rng.binomial(400, 0.7, (1000, 10)) / 400
    corrected = [groups_verdict(FAIR, [share(r, 400) for r in row], 32, shares=True).verdict for row in rates]
    alone = [
        "no" in {groups_verdict(FAIR, [share(r, 400)], 32, shares=True).verdict for r in row} for row in rates[:300]
    ]
    assert corrected.count("no") / len(corrected) <= 0.05
    assert "yes" not in corrected
    assert np.mean(alone) > 0.1  # what ten intervals of their own would do


def test_rows_left_out_are_judged_on_random_halves_and_on_the_whole_table():
    few, many = share(0.02, 4000, 8), share(0.09, 4000, 8)
    assert suppressed_verdict(ROWS, few, 0.01, 8, fixed=False).verdict == "yes"
    assert suppressed_verdict(ROWS, many, 0.01, 8, fixed=False).verdict == "no"
    whole = suppressed_verdict(ROWS, few, 0.06, 8, fixed=False)
    assert (whole.verdict, whole.at) == ("no", 0.06)
    assert "whole table" in whole.why
    assert suppressed_verdict(ROWS, few, None, None, fixed=False).verdict == "unproven"


def test_no_row_left_out_yet_is_not_no_row_ever():
    none = Requirement(name="n", limit_on="rows_suppressed", at_most=0.0)
    seen = Spread(0.0, 0.0, 0.0, 500, 8)
    assert suppressed_verdict(none, seen, 0.0, 8, fixed=False).verdict != "yes"
    assert suppressed_verdict(none, seen, 0.0, None, fixed=True).verdict == "yes"


@pytest.mark.parametrize(
    ("guarantee", "verdict", "at"),
    [
        (proof(), "yes", 1.0),
        (proof(epsilon=1.2), "no", 1.2),
        (proof(kind="claimed"), "no", None),
        (proof(neighbours="replace_one"), "no", None),
        (proof(epsilon=float("inf")), "no", None),
        (Guarantee(kind="k_anonymity", k=5), "no", None),
        (NO_GUARANTEE, "no", None),
    ],
)
def test_only_a_proved_epsilon_for_adding_or_removing_one_keeps_a_ceiling(guarantee, verdict, at):
    found = epsilon_verdict(EPSILON, guarantee, False)
    assert (found.verdict, found.at) == (verdict, at)
    assert epsilon_verdict(EPSILON, guarantee, True).verdict == "no"


def test_a_study_file_says_limit_on_and_an_old_one_reads_as_it_did():
    study = parse_study(
        {
            "study": {"name": "s"},
            "requirement": [
                {"metric": "accuracy", "at_least": 0.7},
                {"limit_on": "epsilon", "at_most": 2, "owner": "Legal", "reason": "contract", "source": "policy"},
            ],
        }
    )
    old, new = study.requirements
    assert (old.name, old.metric, old.limit_on) == ("accuracy", "accuracy", None)
    assert (new.name, new.limit, new.source) == ("epsilon", 2, "policy")
    with pytest.raises(UserError, match="worst_group_error, which takes a model that does regression"):
        parse_study({"study": {"name": "s"}, "requirement": [{"limit_on": "worst_group_error", "at_most": 2}]})


@pytest.mark.parametrize(
    "bad",
    [
        {"limit_on": "epsilon", "at_least": 1},
        {"limit_on": "epsilon", "at_most": 0},
        {"limit_on": "rows_suppressed", "at_most": 5},
        {"limit_on": "worst_group_accuracy", "at_most": 0.9},
        {"limit_on": "luck", "at_most": 0.9},
        {"limit_on": "epsilon", "risk": "membership", "at_most": 0.9},
        {"limit_on": "epsilon", "at_most": 1, "owner": 7},
    ],
)
def test_a_limit_on_the_wrong_side_or_out_of_range_is_refused(bad):
    with pytest.raises(UserError, match="requirement"):
        Requirement(name="x", **bad)


def points(limits, table, recipes, **head):
    """Return measured points under some limits, from the same few replicates."""
    given = {"name": "s", "effort": "glance", "seed": 4, **head}
    study = parse_study({"study": given, "recipe": recipes, "requirement": limits})
    bench = Bench.prepare(study, table)
    found = {}
    for recipe in study.with_anchors():
        tally = Tally(recipe)
        for number in (0, 1, FULL):
            tally.add(run_replicate(bench, recipe, study, number))
        found[recipe.id] = (tally, bench, study)
    return {key: lambda s=None, p=place: point_json(p[0], p[1], s or p[2]) for key, place in found.items()}


def test_a_real_sweep_says_yes_at_the_limit_it_names_and_not_a_hair_before():
    limits = [
        {"name": "floor", "metric": "accuracy", "at_least": 0.999},
        {"name": "ceiling", "risk": "membership", "at_most": 0.001},
        {"name": "fair", "limit_on": "worst_group_accuracy", "at_least": 0.999},
        {"name": "rows", "limit_on": "rows_suppressed", "at_most": 0.0},
        {"name": "proof", "limit_on": "epsilon", "at_most": 0.001},
    ]
    crowd = {"name": "k", "technique": "full_domain_k_anonymity", "k": 4, "suppression_limit": 0.3}
    private = {"name": "dp", "technique": "dp_logistic_regression", "epsilon": 1.0, "delta": 1e-5}
    table = people(400).drop(("name", "zip"))
    measured_points = points(limits, table, [crowd, private], subgroup="job")
    firsts = {key: make() for key, make in measured_points.items()}
    assert firsts["dp"]["meets"]["proof"] == "no"
    assert firsts["dp"]["meets_at"]["proof"] == 1.0
    assert firsts["none"]["meets_at"]["proof"] is None
    assert firsts["constant"]["meets"]["proof"] == "no"
    assert 0 < firsts["k"]["rows_suppressed_share"] <= 0.3
    assert firsts["k"]["meets"]["rows"] == "no"
    assert firsts["none"]["meets"]["rows"] == "yes"
    moved = 0
    for key, first in firsts.items():
        for limit in limits:
            at, side = first["meets_at"][limit["name"]], "at_least" if "at_least" in limit else "at_most"
            if at is None or (limit.get("limit_on") == "epsilon" and at <= 0):
                continue
            for hair in (False, True):
                end = float(np.nextafter(at, np.inf if side == "at_least" else -np.inf)) if hair else at
                if limit["name"] in ("rows", "fair") and not 0 <= end <= 1:
                    continue
                asked = parse_study({"study": {"name": "s", "subgroup": "job"}, "requirement": [{**limit, side: end}]})
                again = measured_points[key](asked)["meets"][limit["name"]]
                assert (again == "yes") is not hair, (key, limit["name"], hair, again)
                moved += 1
    assert moved > 20


def test_without_groups_a_limit_on_the_worst_group_is_not_measured_and_says_why():
    limits = [{"name": "fair", "limit_on": "worst_group_accuracy", "at_least": 0.1}]
    point = points(limits, people(160), [])["none"]()
    assert point["meets"] == {"fair": "not_measured"}
    assert "no subgroup column" in point["meets_why"]["fair"]
    assert point["meets_at"] == {"fair": None}
