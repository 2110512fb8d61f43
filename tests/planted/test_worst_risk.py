"""The worst risk: chosen on one half of the people, read on the other, with an interval that allows for the choice."""

from functools import partial

import numpy as np
import pytest
from scipy.stats import norm

from core.attacks.base import RiskEstimate, absent
from core.attacks.rows_risk import RowGuesses
from core.tradeoff.risks import Measured, worst_risks

SIZE = 100


def guesses(first, second):
    """Guesses whose advantage is `first` among the people of one half, and `second` among those of the other."""
    success, member, half = [], [], []
    for value, side in ((first, True), (second, False)):
        right = round((0.4 + value) * SIZE), round(0.4 * SIZE)
        for inside, hits in zip((True, False), right, strict=True):
            success += [1.0] * hits + [0.0] * (SIZE - hits)
            member += [inside] * SIZE
            half += [side] * SIZE
    return RowGuesses(
        success=np.array(success),
        member=np.array(member),
        half=np.array(half),
        person=np.arange(4 * SIZE),
        scores=None,
        chosen=("a", "a"),
        thresholds=(0.5, 0.5),
    )


def around(value, error, level):
    half = norm.ppf(0.5 + level / 2) * error
    return value - half, value + half


def measured(errors=None, **halves):
    errors = errors or {}
    made = {threat: guesses(*pair) for threat, pair in halves.items()}
    risks = {t: RiskEstimate(threat=t, status="measured", value=g.advantage) for t, g in made.items()}
    intervals = {t: partial(around, g.advantage, errors.get(t, 0.01)) for t, g in made.items()}
    return Measured(risks, made, intervals)


def test_what_only_one_half_shows_is_not_the_worst_risk():
    found = worst_risks(measured(presence=(0.5, 0.1), linkability=(0.1, 0.5)))["rows"]
    # Presence is worst among the first half and has .1 in the second; linkability the other way round.
    assert found["value"] == pytest.approx(0.1)


def test_what_both_halves_show_is_reported_from_both():
    found = worst_risks(measured(presence=(0.4, 0.3), linkability=(0.1, 0.2), singling_out=(-0.2, -0.1)))["rows"]
    assert found["value"] == pytest.approx(0.35)
    assert found["threat"] == "presence"
    assert (found["status"], found["compared"]) == ("measured", 3)


def test_the_interval_allows_for_as_many_threats_as_were_compared():
    found = worst_risks(measured(presence=(0.4, 0.4), linkability=(0.1, 0.1), singling_out=(0, 0)))["rows"]
    z = norm.ppf(1 - 0.05 / 3 / 2)
    assert (found["low"], found["high"]) == pytest.approx((0.4 - z * 0.01, 0.4 + z * 0.01))


@pytest.mark.parametrize("wide", ["presence", "linkability"])
def test_the_interval_holds_for_either_threat_that_was_chosen(wide):
    halves = {"presence": (0.4, 0.2), "linkability": (0.2, 0.38)}
    found = worst_risks(measured({wide: 0.1}, **halves))["rows"]
    z = norm.ppf(1 - 0.05 / 2 / 2)
    middle = sum(halves[wide]) / 2
    assert found["low"] == pytest.approx(min(middle - z * 0.1, found["value"]))
    assert found["high"] == pytest.approx(max(middle + z * 0.1, found["value"]))
    assert found["threat"] == "presence"  # the larger of the two over both halves


def test_channels_are_not_merged_and_what_was_not_measured_is_no_zero():
    found = worst_risks(measured(membership=(0.3, 0.3), presence=(-0.1, -0.2)))
    assert found["model"]["threat"] == "membership"
    assert found["rows"]["value"] == pytest.approx(-0.15)
    nothing = Measured({"presence": absent("presence", "not_measured", "why")}, {}, {})
    assert worst_risks(nothing)["rows"]["status"] == "not_measured"
    assert worst_risks(nothing)["rows"]["value"] is None
