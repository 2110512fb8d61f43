"""Verdicts: yes, no, unproven, cannot settle; only at the planned looks."""

import numpy as np
import pytest
from scipy.stats import norm

from core.attacks.base import RiskEstimate, absent
from core.errors import UserError
from core.stats.intervals import LOOKS, Spread
from core.tradeoff.requirements import look_of, risk_verdict, utility_verdict
from core.tradeoff.study import Requirement

FLOOR = Requirement(name="a", metric="accuracy", at_least=0.8)
CEILING = Requirement(name="r", risk="membership", at_most=0.1)


def measured(value, error):
    def interval(level):
        half = norm.ppf(0.5 + level / 2) * error
        return value - half, value + half

    return RiskEstimate(threat="membership", status="measured", value=value), interval


def test_the_three_verdicts_of_a_floor():
    for value, expected in ((0.9, "yes"), (0.7, "no"), (0.801, "unproven")):
        assert utility_verdict(FLOOR, Spread(value, 1e-8, 1e-4, 10**6, 8), 8) == expected


def test_a_limit_inside_the_spread_over_test_people_cannot_be_settled_by_more_replicates():
    assert utility_verdict(FLOOR, Spread(0.801, 1e-4, 1e-12, 500, 8), 8) == "cannot_settle"


def test_the_three_verdicts_of_a_ceiling():
    for value, expected in ((0.01, "yes"), (0.3, "no"), (0.099, "unproven")):
        assert risk_verdict(CEILING, *measured(value, 0.01), 8) == expected


def test_a_first_look_asks_for_more_than_a_last_one():
    assert risk_verdict(CEILING, *measured(0.07, 0.01), 2) == "unproven"
    assert risk_verdict(CEILING, *measured(0.07, 0.01), 32) == "yes"


def test_no_verdict_before_the_first_look_and_none_without_a_number():
    assert utility_verdict(FLOOR, Spread(0.99, 1e-9, 0.0, 1000, 1), None) == "unproven"
    assert risk_verdict(CEILING, *measured(0.0, 0.0001), None) == "unproven"
    for status in ("not_applicable", "not_measured", "undefined"):
        assert risk_verdict(CEILING, absent("membership", status, "why"), None, 8) == "not_measured"
    assert utility_verdict(FLOOR, Spread(float("nan"), 0.0, 0.0, 10, 8), 8) == "not_measured"


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
            verdicts.append(risk_verdict(CEILING, *measured(draws[:look].mean(), 0.05 / np.sqrt(look)), look))
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
    assert risk_verdict(CEILING, *measured(0.01, 0.001), 2, lambda level: 0.2) == "unproven"
    assert risk_verdict(CEILING, *measured(0.01, 0.001), 2, lambda level: 0.09) == "yes"
    assert risk_verdict(CEILING, *measured(0.3, 0.001), 2, lambda level: 0.5) == "no"
