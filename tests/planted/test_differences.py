"""Differences to no protection: replicates paired by their number, people by who they are, as wide as they must be."""

import numpy as np
import pytest

from core.attacks.rows_risk import RowGuesses
from core.stats.intervals import normal_quantile
from core.tradeoff.difference import Baseline, risk_difference, utility_difference
from core.tradeoff.replicate import Outcome


def guesses(seed, first_person, rates, count=400):
    """One guess about each of these people, right by chance with a rate for members and one for controls."""
    rng = np.random.default_rng(seed)
    member, half = rng.random(count) < 0.5, rng.random(count) < 0.5
    success = (rng.random(count) < np.where(member, *rates)).astype(float)
    return RowGuesses(
        success=success,
        member=member,
        half=half,
        person=first_person + np.arange(count),
        scores=None,
        chosen=("a", "a"),
        thresholds=(0.5, 0.5),
    )


def half_width(found):
    return (found["high"] - found["low"]) / 2


def test_two_recipes_on_different_people_differ_by_as_much_as_both_are_unsure():
    mine, plain = guesses(0, 0, (0.5, 0.3)), guesses(1, 10_000, (0.8, 0.3))
    found = risk_difference(mine, plain, 2)
    assert found["value"] == pytest.approx(mine.advantage - plain.advantage)
    expected = normal_quantile() * np.hypot(mine.standard_error(), plain.standard_error())
    # 800 people together instead of 400 and 400: n / (n - 1) differs by a thousandth.
    assert half_width(found) == pytest.approx(expected, rel=0.002)


def test_people_who_are_the_same_cancel_and_nobody_is_nobody_else():
    one = guesses(0, 0, (0.5, 0.3))
    # They cancel, but for the 3 / n of n people who may differ although none of these does.
    assert half_width(risk_difference(one, one, 2)) == pytest.approx(3 / 400)
    # Rows that belong to nobody have negative numbers: equal numbers are not equal people.
    nobody = guesses(0, -400, (0.5, 0.3))
    assert half_width(risk_difference(nobody, nobody, 2)) == pytest.approx(
        normal_quantile() * np.sqrt(2) * nobody.standard_error(), rel=0.002
    )


def outcome(number, value):
    return Outcome(point="p", replicate=number, seconds=0.0, utility={"accuracy": (value, np.zeros(3))})


def test_replicates_are_paired_by_number_and_not_by_the_order_in_which_they_came():
    baseline = Baseline([outcome(0, 0.5), outcome(1, 0.9), outcome(2, 0.6)])
    mine, plain = baseline.common([outcome(1, 0.8), outcome(2, 0.5), outcome(7, 0.1)])
    assert [o.replicate for o in mine] == [o.replicate for o in plain] == [1, 2]
    found = utility_difference("accuracy", mine, plain)
    assert found is not None
    assert found["value"] == pytest.approx(-0.1)
    # Both pairs differ by the same: nothing varies.
    assert half_width(found) == pytest.approx(0, abs=1e-9)
    assert found["replicates"] == 2
