"""From attempts on released rows to a risk: what is counted, chosen, and how sure it is."""

import numpy as np
import pytest

from core.attacks.rows import Attempts
from core.attacks.rows_risk import Pooled, rows_risk, tune


def attempts(rng, people, rates, *, kinds=("a",), scored=False, shift=0.0):
    """People are in or out by a coin; success by chance with a rate for members and one for controls."""
    member = rng.random(people) < 0.5
    if scored:
        outcome = rng.normal(size=(people, len(kinds))) + shift * member[:, None]
    else:
        chance = np.where(member, rates[0], rates[1])
        outcome = (rng.random((people, len(kinds))) < chance[:, None]).astype(float)
    half = np.random.default_rng(987).random(people) < 0.5
    return Attempts(kinds=kinds, outcome=outcome, member=member, person=np.arange(people), half=half, scored=scored)


def test_every_attempt_counts_once_and_the_rates_are_plain_shares():
    person = np.arange(8)
    member = np.array([1, 1, 1, 1, 0, 0, 0, 0], bool)
    half = np.array([1, 1, 0, 0, 1, 1, 0, 0], bool)
    success = np.array([1, 1, 1, 0, 1, 0, 0, 0], float)
    found = Attempts(kinds=("a",), outcome=success[:, None], member=member, person=person, half=half)
    risk, guesses = rows_risk("linkability", "linkability", [found], None)
    assert guesses is not None
    assert risk.success_members == pytest.approx(0.75)
    assert risk.success_controls == pytest.approx(0.25)
    assert risk.value == pytest.approx(0.5)
    assert (risk.n_members, risk.n_controls, risk.details["attempts"]) == (4, 4, 8)
    # 1 - (1 - .75) / (1 - .25)
    assert risk.details["residual"]["value"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("replicates", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_where_there_is_nothing_to_find_the_interval_covers_zero(scored, replicates):
    kinds, covered, values = ("a", "b", "c", "d"), 0, []
    repetitions = 600
    for repetition in range(repetitions):
        rng = np.random.default_rng([repetition, replicates])
        made = [attempts(rng, 200, (0.3, 0.3), kinds=kinds, scored=scored) for _ in range(replicates)]
        risk, _ = rows_risk("presence", "presence", made, None)
        covered += risk.low <= 0 <= risk.high
        values.append(risk.value)
    # 600 repetitions: standard error .009; an interval that covers 95 % falls below .92 once in 1,500 runs.
    assert covered / repetitions >= 0.92
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(repetitions)


def test_a_real_difference_is_covered_and_the_same_people_are_not_counted_as_new_ones():
    """Success sticks to the person: ten replicates of 200 people are worth far less than 2,000 people."""
    covered, widths = 0, []
    for repetition in range(400):
        rng = np.random.default_rng(repetition)
        easy = rng.random(200) < 0.4
        made = []
        for _ in range(10):
            member = rng.random(200) < 0.5
            success = (easy & member) | (easy & (rng.random(200) < 0.5) & ~member)
            half = np.arange(200) % 2 == 0
            made.append(
                Attempts(kinds=("a",), outcome=success[:, None].astype(float), member=member,
                         person=np.arange(200), half=half)
            )  # fmt: skip
        risk, _ = rows_risk("linkability", "linkability", made, None)
        covered += risk.low <= 0.2 <= risk.high
        widths.append(risk.high - risk.low)
    assert covered / 400 >= 0.92
    # With 1,000 independent attempts a side the plain interval would be .080 wide; persons sticking makes it wider
    # than Newcombe's alone only when the difference varies between people, which it does here.
    assert np.mean(widths) > 0.08


def test_the_variant_is_chosen_on_one_half_and_reported_on_the_other():
    rng = np.random.default_rng(1)
    weak, strong = attempts(rng, 2000, (0.3, 0.3)), attempts(np.random.default_rng(1), 2000, (0.6, 0.2))
    both = Attempts(
        kinds=("weak", "strong"),
        outcome=np.column_stack([weak.outcome[:, 0], strong.outcome[:, 0]]),
        member=strong.member,
        person=strong.person,
        half=strong.half,
    )
    risk, guesses = rows_risk("linkability", "linkability", [both], None)
    assert guesses is not None
    assert guesses.chosen == ("strong", "strong")
    assert risk.value == pytest.approx(0.4, abs=0.06)
    assert {kind["kind"]: round(kind["value"], 1) for kind in risk.details["kinds"]}["weak"] == pytest.approx(0.0)


def test_lines_without_an_attempt_are_left_out_and_not_counted_as_failures():
    rng = np.random.default_rng(3)
    found = attempts(rng, 400, (0.9, 0.1))
    holes = found.outcome.copy()
    holes[::4] = np.nan
    risk, _ = rows_risk("singling_out", "singling_out", [
        Attempts(kinds=("a",), outcome=holes, member=found.member, person=found.person, half=found.half)
    ], None)  # fmt: skip
    assert risk.details["attempts"] == 300
    assert risk.success_members == pytest.approx(0.9, abs=0.07)


def test_a_half_without_controls_is_undefined_and_not_zero():
    found = attempts(np.random.default_rng(0), 50, (0.5, 0.5))
    only = Attempts(kinds=("a",), outcome=found.outcome, member=np.ones(50, bool), person=found.person, half=found.half)
    risk, guesses = rows_risk("presence", "presence", [only], None)
    assert (risk.status, risk.value, guesses) == ("undefined", None, None)


def test_nobody_of_one_replicate_is_not_nobody_of_another():
    rng = np.random.default_rng(0)
    parts = []
    for _ in range(3):
        found = attempts(rng, 40, (0.5, 0.5))
        parts.append(Attempts(kinds=("a",), outcome=found.outcome, member=found.member,
                              person=-1 - np.arange(40), half=found.half))  # fmt: skip
    assert len(np.unique(Pooled.of(parts).attempts.person)) == 120


def test_variants_that_only_some_replicates_have_are_aligned_by_name():
    rng = np.random.default_rng(0)
    first, second = attempts(rng, 30, (1, 0), kinds=("a", "b")), attempts(rng, 30, (1, 0), kinds=("b",))
    pooled = Pooled.of([first, second]).attempts
    assert pooled.kinds == ("a", "b")
    assert np.isnan(pooled.outcome[30:, 0]).all()
    assert pooled.outcome[30:, 1] == pytest.approx(second.outcome[:, 0])


def test_vulnerable_people_are_judged_with_what_was_chosen_on_everybody():
    rng = np.random.default_rng(5)
    found = attempts(rng, 3000, (0.2, 0.2))
    outcome = found.outcome.copy()
    exposed = np.arange(200)
    outcome[exposed, 0] = found.member[exposed]
    changed = Attempts(kinds=("a",), outcome=outcome, member=found.member, person=found.person, half=found.half)
    risk, _ = rows_risk("linkability", "linkability", [changed], None, vulnerable=exposed)
    assert risk.value < 0.2
    assert risk.details["vulnerable"]["value"] == pytest.approx(1.0)
    assert risk.details["vulnerable"]["low"] > 0.9
    few, _ = rows_risk("linkability", "linkability", [changed], None, vulnerable=np.arange(10))
    assert few.details["vulnerable"]["status"] == "undefined"


def test_a_lower_bound_above_the_claim_is_a_violation():
    found = attempts(np.random.default_rng(0), 1000, (0.9, 0.1))
    assert rows_risk("presence", "presence", [found], 0.5)[0].violation
    assert not rows_risk("presence", "presence", [found], 0.85)[0].violation


def test_scores_flipped_on_both_sides_give_the_negative_sign_and_are_not_clipped():
    found = attempts(np.random.default_rng(2), 2000, (0, 0), scored=True, shift=1.5)
    wrong = Attempts(kinds=("a",), outcome=np.where(found.half, 1, -1)[:, None] * found.outcome, member=found.member,
                     person=found.person, half=found.half, scored=True)  # fmt: skip
    guesses = tune(wrong)
    assert guesses is not None
    assert guesses.advantage < 0
