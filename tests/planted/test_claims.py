"""What may be said: a violation only where it is proved, a rate only where there are enough controls, no certainty."""

import numpy as np
import pytest

from core.attacks.game import Game, attack_members
from core.attacks.loss import LossAttack
from core.attacks.rows import Attempts
from core.attacks.rows_risk import rows_risk
from core.attacks.sharp import CONTROLS_FOR_TPR, controls_enough
from core.stats.intervals import newcombe


def attempts(inside, outside, people=80):
    """Attempts on as many members as controls, evenly over both halves; so many of a side's succeed."""
    place = np.arange(people)
    member = place % 2 == 0
    success = np.where(member, place // 2 < inside, place // 2 < outside).astype(float)
    half = np.tile([True, True, False, False], people // 4)
    return Attempts(kinds=("a",), outcome=success[:, None], member=member, person=place, half=half)


def test_a_value_above_the_claim_is_no_violation_before_its_lower_limit_is():
    risk, _ = rows_risk("presence", "presence", [attempts(20, 10)], 0.2)
    assert risk.low < 0.2 < risk.value
    assert not risk.violation
    # A formal claim is called broken at 99.9 %, not at the 95 % that is shown: a sweep asks dozens of times.
    guesses = rows_risk("presence", "presence", [attempts(20, 10)], None)[1]
    assert guesses is not None
    low = guesses.interval(0.999)[0]
    assert low < risk.low
    for bound, expected in ((low - 0.001, True), (low + 0.001, False), (risk.low - 0.001, False), (None, False)):
        assert rows_risk("presence", "presence", [attempts(20, 10)], bound)[0].violation is expected


def test_attempts_that_all_agree_are_no_certainty():
    risk, _ = rows_risk("presence", "presence", [attempts(40, 0)], None)
    assert risk.value == 1
    assert risk.low == pytest.approx(newcombe(40, 40, 0, 40)[0])
    assert risk.low < 0.9


def test_replicates_of_few_people_are_not_enough_controls_for_a_sharp_rate():
    def enough(people, replicates):
        rng = np.random.default_rng(0)
        members = np.zeros((people, replicates), bool)
        members[: people // 5] = True
        scores = rng.normal(size=(people, replicates))
        found = attack_members(Game(scores, members, np.arange(people) % 2 == 0), (LossAttack(),))
        assert found is not None
        return controls_enough(found)

    # Four fifths are controls, and a half's threshold rests on half of those.
    least = CONTROLS_FOR_TPR * 2 * 5 // 4 + 10
    assert enough(least, 1)
    assert enough(least, 2)
    assert not enough(least - 20, 1)
    assert not enough(300, 32)
