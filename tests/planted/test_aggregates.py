"""From replicates to one number with an interval: nothing that varies is left out, and rows are not people."""

import numpy as np
import pytest
from scipy.stats import norm

from core.stats.intervals import LOOKS, Spread
from core.tradeoff.bench import Bench
from core.tradeoff.point import UNPROTECTED, utility_spread
from core.tradeoff.replicate import Outcome, run_replicate
from core.tradeoff.requirements import utility_verdict
from core.tradeoff.risks import _reidentification
from core.tradeoff.study import Requirement, parse_study
from tests.tables import awkward

FLOOR = Requirement(name="a", metric="accuracy", at_least=0.8)


def outcome(number, value=0.5, influence=(0.0,), crowds=None):
    return Outcome(
        point="p",
        replicate=number,
        seconds=0.0,
        utility={"accuracy": (value, np.array(influence))},
        people_train=50,
        rows_risk=crowds,
    )


def test_accuracy_varies_over_people_and_over_replicates_and_both_count():
    values, influence = (0.9, 0.8, 0.7), ([0.03, -0.03, 0.0, 0.0], [0.01, 0.0, -0.01, 0.0], [0.02, 0.0, 0.0, -0.02])
    spread = utility_spread(
        "accuracy", [outcome(r, v, i) for r, (v, i) in enumerate(zip(values, influence, strict=True))]
    )
    assert (spread.people, spread.replicates) == (4, 3)
    assert spread.value == pytest.approx(0.8)
    # The mean influences are .02, -.01, -.01/3, -.02/3; four people instead of infinitely many: 4 / 3.
    assert spread.people_variance == pytest.approx((0.02**2 + 0.01**2 + (0.01 / 3) ** 2 + (0.02 / 3) ** 2) * 4 / 3)
    # The variance of three values, divided by three.
    assert spread.replicate_variance == pytest.approx(0.01 / 3)


def test_a_person_with_several_rows_is_one_person_in_the_interval_of_an_accuracy():
    study = parse_study({"study": {"name": "s", "seed": 3}})
    table = awkward()["duplicated people"]
    bench = Bench.prepare(study, table)
    found = run_replicate(bench, study.with_anchors()[0], study, 0)
    assert found.failed is None
    persons = bench.split.persons[bench.split.test_rows]
    people = len(np.unique(persons))
    assert people < len(persons)
    value, influence = found.utility["accuracy"]
    assert utility_spread("accuracy", [found]).people == len(influence) == people
    by_person = [(found.correct[persons == p] - value).sum() / len(persons) for p in np.unique(persons)]
    assert influence == pytest.approx(by_person)


def test_a_first_look_at_an_accuracy_asks_for_more_than_a_last_one():
    # 2.7 standard errors above the floor, almost all of them over many people: enough at 8 replicates, not at 2.
    error = 0.01
    for look, z in LOOKS.items():
        spread = Spread(0.8 + 2.7 * error, error**2, 1e-12, 10**6, look)
        assert utility_verdict(FLOOR, spread, look).verdict == ("yes" if z < 2.7 else "unproven")
    assert norm.ppf(0.975) < 2.7


def test_the_worst_replicate_decides_what_is_said_of_the_smallest_crowd():
    one = {"value": 0.2, "maximum": 0.2, "share_below": 0.0, "unique_share": 0.0, "named": False, "k": 5}
    two = {"value": 0.4, "maximum": 1.0, "share_below": 0.5, "unique_share": 0.1, "named": False, "k": 1}
    for order in ((one, two), (two, one)):
        risk, spread = _reidentification(UNPROTECTED, [outcome(r, crowds=c) for r, c in enumerate(order)])
        assert spread is not None
        assert (risk.details["prosecutor_max"], risk.details["k"]) == (1.0, 1)
        assert risk.value == pytest.approx(0.3)
        assert risk.details["share_below"]["5"] == pytest.approx(0.25)
        # Half of the difference of two replicates, and 5 % of 50 people who are alone.
        assert spread.replicate_variance == pytest.approx(0.1**2)
        assert spread.people_variance == pytest.approx(0.05 * 0.95 / 50)


def test_the_public_number_of_people_is_that_of_the_half_that_is_in():
    bench = Bench.prepare(parse_study({"study": {"name": "s"}}), awkward()["duplicated people"])
    people = len(bench.split.pool)
    assert (bench.facts(full=False).people, bench.facts(full=True).people) == (people / 2, people)
