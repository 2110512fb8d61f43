"""Guessing a hidden value from released rows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.attacks.attribute_inference import GUESSERS, AttributeInference, Guesses
from core.attacks.rows_risk import rows_risk
from core.data.schema import Role
from core.data.table import MISSING
from core.techniques.base import PublicFacts
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from tests.released_views import attacked, rates, stacked, table_of
from tests.tables import people


def attack(view, truth, seed=0):
    assert AttributeInference().inapplicable(view) is None
    rng = np.random.default_rng(seed)
    return AttributeInference().score(AttributeInference().guess(view, rng), view, truth, rng)


def random_people(rng, rows, secret):
    return table_of({**{name: rng.normal(size=rows) for name in "abc"}, "s": secret})


def given_answers(guess, answer, population, **more):
    """Score these guesses of column s, whatever an attack would have guessed."""
    view, truth = attacked(answer, answer, len(answer) // 2, secrets=("s",), reference=population, **more)
    made = Guesses({("s", name): np.asarray(guess) for name in GUESSERS}, np.ones(len(answer), bool), 0.0)
    return AttributeInference().score(made, view, truth, np.random.default_rng(0))


def test_a_copy_of_the_data_gives_away_every_member_and_hardly_any_control():
    rng = np.random.default_rng(1)
    secret = rng.choice([f"value {i}" for i in range(60)], 200)
    targets = random_people(rng, 200, secret)
    found = attack(*attacked(targets.take(np.arange(100)), targets, 100, secrets=("s",)))
    assert found.kinds == tuple(f"s, {guesser}" for guesser in GUESSERS)
    inside, outside = rates(found, "s, nearest 1")
    assert inside == 1
    assert inside - outside >= 0.95
    risk, _ = rows_risk("attribute_inference", "attribute_inference", [found], None)
    assert risk.value >= 0.9


def test_the_model_finds_what_can_be_concluded_of_everybody_alike_and_that_is_no_advantage():
    rng = np.random.default_rng(2)
    a, noise = rng.normal(size=400), rng.normal(size=400)
    targets = table_of({"a": a, "b": noise, "s": np.where(a > 0, "up", "down"), "n": np.where(a > 0, 5.0, -5.0)})
    found = attack(*attacked(targets.take(np.arange(200)), targets, 200, secrets=("s", "n"), knows=("a", "b")))
    for secret in ("s", "n"):
        inside, outside = rates(found, f"{secret}, model")
        # A tree sees the step; it may miss it by the gap between two of 200 points.
        assert outside > 0.97
        assert inside - outside < 0.03
        assert found.reference[f"{secret}, model"] < 0.65


def nothing_to_find(repetitions, seed):
    covered, values = 0, []
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, repetition])
        table = table_of(
            {"a": rng.normal(size=240).round(1), "b": rng.choice(list("xyz"), 240), "s": rng.choice(list("pq"), 240)}
        )
        view, truth = attacked(table.take(np.arange(40)), table.take(np.arange(40, 240)), 100, secrets=("s",))
        risk, _ = rows_risk("attribute_inference", "", [attack(view, truth, repetition)], None)
        covered += risk.low <= 0 <= risk.high
        values.append(risk.value)
    return covered / repetitions, np.mean(values), 4 * np.std(values) / np.sqrt(repetitions)


def test_a_release_that_ignores_the_data_gives_intervals_that_cover_zero():
    # 60 repetitions: standard error .028 at .95; three and a half of them.
    covered, mean, margin = nothing_to_find(60, 1)
    assert covered >= 0.85
    assert abs(mean) < margin


@pytest.mark.slow
def test_a_release_that_ignores_the_data_gives_intervals_that_cover_zero_in_six_hundred_repetitions():
    # Standard error .009 at .95; three of them.
    covered, mean, margin = nothing_to_find(600, 2)
    assert covered >= 0.923
    assert abs(mean) < margin


@pytest.mark.parametrize("secret", ["same", -3.5, pd.Timestamp("2001-02-03")], ids=["text", "number", "date"])
def test_a_constant_secret_is_always_right_and_no_advantage(secret):
    targets = random_people(np.random.default_rng(3), 80, [secret] * 80)
    found = attack(*attacked(targets.take(np.arange(40)), targets, 40, secrets=("s",)))
    assert found.outcome.all()
    assert set(found.reference.values()) == {1.0}
    risk, _ = rows_risk("attribute_inference", "", [found], None)
    assert (risk.value, risk.success_members, risk.reference) == (0.0, 1.0, 1.0)


def test_numbers_may_be_off_by_five_percent_of_the_interquartile_range_whatever_their_sign():
    """The quartiles of 0, 1, ..., 100 are 25 and 75: the tolerance is 2.5, far from zero as near it."""
    population = table_of({"s": np.arange(101.0)})
    answer = np.array([7.0, -7.0, 7.0, -7.0, 0.0, 0.0, -1000.0, -1000.0, -5.0, 5.0])
    guess = np.array([-5.0, 5.0, 9.5, -9.5, 2.6, -2.4, -1002.5, -1002.6, -5.0, 2.4])
    right = [0, 0, 1, 1, 0, 1, 1, 0, 1, 0]
    found = given_answers(guess, table_of({"s": answer}), population)
    assert found.outcome[:, 0].tolist() == right


def test_without_an_interquartile_range_the_tolerance_is_of_the_range_and_without_one_zero():
    answer = table_of({"s": [0.0, 0.0, 0.0, 0.0]})
    guess = [0.0, 4.9, 5.1, -4.9]
    mostly_zero = table_of({"s": [0.0] * 99 + [100.0]})
    assert given_answers(guess, answer, mostly_zero).outcome[:, 0].tolist() == [1, 1, 0, 1]
    always_zero = table_of({"s": [0.0] * 10})
    assert given_answers([0.0, 1e-9, -1e-9, 0.0], answer, always_zero).outcome[:, 0].tolist() == [1, 0, 0, 1]


def test_a_date_may_be_off_by_five_percent_of_the_interquartile_range_in_days():
    days = pd.Timestamp("2000-01-01") + pd.to_timedelta(np.arange(201), unit="D")  # quartiles 100 days apart: 5 days
    answer = table_of({"s": [pd.Timestamp("2010-06-15")] * 4})
    right = pd.Timestamp("2010-06-15").timestamp()
    found = given_answers(right + 86_400 * np.array([0, 5, -5, 6.0]), answer, table_of({"s": days}))
    assert found.outcome[:, 0].tolist() == [1, 1, 1, 0]


def test_negative_numbers_are_inferred_from_a_copy_and_no_guess_of_the_wrong_sign_counts():
    rng = np.random.default_rng(4)
    targets = random_people(rng, 200, -500 - np.exp(rng.normal(5, 2, 200)))
    found = attack(*attacked(targets.take(np.arange(100)), targets, 100, secrets=("s",)))
    inside, outside = rates(found, "s, nearest 1")
    assert inside == 1
    assert outside < 0.4
    positive = targets.frame.assign(s=-targets.frame["s"]).head(100)
    wrong = attack(*attacked(table_of(positive), targets, 100, secrets=("s",)))
    assert not wrong.outcome.any()


@pytest.mark.parametrize("kind", ["text", "number"])
def test_the_secret_of_a_target_is_never_read(kind):
    rng = np.random.default_rng(5)
    secret = rng.choice(list("pqr"), 120) if kind == "text" else rng.normal(size=120)
    targets = random_people(rng, 120, secret)
    released = targets.take(np.arange(60))
    view, _ = attacked(released, targets, 60, secrets=("s",), knows=("a", "b", "c", "s"))
    blank = targets.frame.assign(s=pd.Categorical([None] * 120) if kind == "text" else np.nan)
    blind = replace(view, targets=replace(targets, frame=blank))
    one, two = (AttributeInference().guess(v, np.random.default_rng(0)).guessed for v in (view, blind))
    assert one.keys() == two.keys() == {("s", guesser) for guesser in GUESSERS}
    assert all((one[key] == two[key]).all() for key in one)


def test_a_secret_that_is_not_released_is_dropped_and_named():
    rng = np.random.default_rng(6)
    targets = random_people(rng, 40, rng.choice(list("pq"), 40))
    view, truth = attacked(targets, targets, 20, secrets=("s", "gone"))
    found = attack(view, truth)
    assert all(kind.startswith("s, ") for kind in found.kinds)
    assert found.caps["gone: not released, nothing to infer"] == 1
    nothing = replace(view, secrets=("gone",))
    assert "no secret column is released (gone)" in AttributeInference().inapplicable(nothing)
    assert "no column is named" in AttributeInference().inapplicable(replace(view, secrets=()))
    empty = AttributeInference().score(AttributeInference().guess(nothing, rng), nothing, truth, rng)
    assert (empty.kinds, empty.outcome.shape) == ((), (40, 0))


def test_rare_values_are_counted_apart_by_the_nearest_row():
    rng = np.random.default_rng(7)
    values = np.where(rng.random(900) < 0.06, "rare", "usual")
    targets = random_people(rng, 900, values)
    found = attack(*attacked(targets.take(np.arange(450)), targets, 450, secrets=("s",)))
    assert list(found.groups) == ["s = rare"]
    place, mask = found.groups["s = rare"]
    assert found.kinds[place] == "s, nearest 1"
    assert (mask == (values == "rare")).all()
    risk, _ = rows_risk("attribute_inference", "", [found], None)
    rare = risk.details["rare"][0]
    assert (rare["name"], rare["success_members"]) == ("s = rare", 1.0)
    assert rare["success_controls"] < 0.25  # whoever always guesses "usual" would have 0 on both sides


def test_the_commonest_rare_values_are_the_first_left_out_and_are_counted():
    texts = np.repeat([f"value {i:02}" for i in range(26)], [20 + i for i in range(26)])
    answer = table_of({"s": np.r_[texts, ["seldom"] * 19, ["often"] * 400]})
    found = given_answers(answer.frame["s"].astype(str).to_numpy(), answer, answer)
    assert list(found.groups) == [f"s = value {i:02}" for i in range(20)]
    assert found.caps["rare values not counted apart"] == 6


def test_the_top_of_a_number_is_counted_apart_unless_everybody_is_there():
    numbers = table_of({"s": np.arange(1000.0)})
    found = given_answers(np.zeros(1000), numbers, numbers)
    assert found.groups["s: top 5 %"][1].sum() == 50
    zeros = table_of({"s": np.r_[np.zeros(980), np.arange(1.0, 21.0)]})
    assert given_answers(np.zeros(1000), zeros, zeros).groups == {}


def test_a_missing_value_is_a_value_to_guess():
    answer = table_of({"s": ["p", None, None, "p"]})
    assert given_answers(["p", MISSING, "p", MISSING], answer, answer).outcome[:, 0].tolist() == [1, 1, 0, 0]
    numbers = table_of({"s": [1.0, np.nan, np.nan, 1.0]})
    assert given_answers([1.0, np.nan, 1.0, np.nan], numbers, numbers).outcome[:, 0].tolist() == [1, 1, 0, 0]


def test_missing_values_among_the_known_and_the_secret_are_survived_and_copies_still_found():
    rng = np.random.default_rng(8)
    frame = random_people(rng, 200, rng.integers(0, 50, 200) * 10.0).frame
    frame = frame.mask(rng.random(frame.shape) < 0.2)
    frame["t"] = pd.Series(rng.choice([f"t{i}" for i in range(50)], 200)).mask(rng.random(200) < 0.2)
    targets = table_of(frame)
    found = attack(*attacked(targets.take(np.arange(100)), targets, 100, secrets=("s", "t"), knows=("a", "b", "c")))
    assert not np.isnan(found.outcome).any()
    for secret in "st":
        inside, outside = rates(found, f"{secret}, nearest 1")
        assert inside > 0.95  # all three numbers are missing for 1 person in 125
        assert outside < 0.35


def test_an_empty_release_makes_every_attempt_fail_even_where_the_value_is_missing():
    rng = np.random.default_rng(9)
    targets = table_of({"a": rng.normal(size=40), "s": [None] * 20 + ["p"] * 20, "n": [np.nan] * 40})
    found = attack(*attacked(targets.take(np.arange(0)), targets, 20, secrets=("s", "n")))
    assert found.outcome.shape == (40, 2 * len(GUESSERS))
    assert (found.outcome == 0).all()


def test_a_single_released_row_is_everybodys_guess():
    rng = np.random.default_rng(10)
    targets = random_people(rng, 40, ["p"] * 10 + ["q"] * 30)
    found = attack(*attacked(targets.take(np.arange(1)), targets, 20, secrets=("s",)))
    assert (found.outcome == (np.arange(40) < 10)[:, None]).all()


def test_with_nothing_known_a_random_row_is_asked():
    rng = np.random.default_rng(11)
    targets = table_of({"s": rng.choice(["p", "q"], 2000, p=[0.8, 0.2])})
    found = attack(*attacked(targets.take(np.arange(1000)), targets, 1000, secrets=("s",), knows=()))
    # Two draws agree with probability .64 + .04; standard error .015; four of them.
    assert rates(found, "s, nearest 1") == pytest.approx((0.68, 0.68), abs=0.06)
    assert rates(found, "s, model") == pytest.approx((0.8, 0.8), abs=0.06)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0]])
def test_equally_near_rows_are_asked_at_random_and_equally_near_ones_are_outvoted(order):
    """Three equal rows say p, p, q: the first asked says p 2 times in 3; a vote always does."""
    released = table_of({"a": np.ones(3), "s": np.array(["p", "p", "q"])[order]})
    targets = table_of({"a": np.ones(2000), "s": ["p"] * 2000})
    found = attack(*attacked(released, targets, 1000, secrets=("s",)), seed=order[0])
    # 1,000 a side: standard error .015; four of them.
    assert rates(found, "s, nearest 1") == pytest.approx((2 / 3, 2 / 3), abs=0.06)
    assert rates(found, "s, equally near") == (1, 1)
    assert found.tied > 0.4


def test_of_equally_frequent_values_the_nearest_rows_is_taken():
    released = table_of({"a": [5.0, 4.0, 3.0, 2.0, 1.0, 0.0], "s": list("pqrstu")})
    targets = table_of({"a": [0.0, 5.0] * 20, "s": ["u", "p"] * 20})
    found = attack(*attacked(released, targets, 20, secrets=("s",)))
    assert rates(found, "s, nearest 5") == (1, 1)


def test_a_released_name_is_asked_before_any_distance():
    rng = np.random.default_rng(12)
    columns = {
        "name": [f"person {i}" for i in range(120)],
        "a": rng.normal(size=120),
        "s": rng.integers(0, 60, 120) * 1.0,
    }
    targets = table_of(columns, name=Role.DIRECT_IDENTIFIER)
    shuffled = targets.frame.head(60).assign(a=rng.permutation(targets.frame["a"].head(60)))
    released = table_of(shuffled, name=Role.DIRECT_IDENTIFIER)
    view, truth = attacked(released, targets, 60, secrets=("s",))
    for guesser in GUESSERS[:3]:
        assert rates(attack(view, truth), f"s, {guesser}")[0] == 1
    assert rates(attack(view, truth), "s, nearest 1")[1] < 0.3
    nameless, truth = attacked(released, targets, 60, secrets=("s",), knows=("a",))
    assert rates(attack(nameless, truth), "s, nearest 1")[0] < 0.3


def test_the_reference_guesses_with_the_half_that_the_target_does_not_belong_to():
    answer = table_of({"s": ["p", "q", "p", "q"]})
    population = table_of({"s": ["p"] * 3 + ["q"] * 3})
    view, truth = attacked(answer, answer, 2, secrets=("s",), reference=population)
    view = replace(view, half=np.array([True, False, False, True]), reference_half=np.arange(6) >= 3)
    made = Guesses({("s", name): np.full(4, "p", dtype=object) for name in GUESSERS}, np.ones(4, bool), 0.0)
    found = AttributeInference().score(made, view, truth, np.random.default_rng(0))
    # Half True is guessed from half False, which says p: right for the first, wrong for the last; half False from q.
    assert found.reference["s, nearest 1"] == 0.5
    swapped = AttributeInference().score(made, replace(view, half=~view.half), truth, np.random.default_rng(0))
    assert swapped.reference["s, nearest 1"] == 0.5
    aligned = replace(view, half=np.array([True, False, True, False]))
    assert AttributeInference().score(made, aligned, truth, np.random.default_rng(0)).reference["s, nearest 1"] == 1


def test_a_generalised_secret_is_guessed_as_its_label():
    table = people(160)
    members = table.take(np.arange(80))
    facts = PublicFacts(people=80, classes=("no", "yes"))
    protected = MondrianKAnonymity(k=2).protect(members, facts, np.random.default_rng(0))
    view, truth = attacked(protected.table, protected.recode(table), 80, secrets=("age",), knows=("born", "hours"))
    found = attack(view, truth)
    inside, outside = rates(found, "age, nearest 1")
    assert inside > 0.95  # birth days are not boxed and single out a member's row
    assert outside < 0.5
    assert isinstance(AttributeInference().guess(view, np.random.default_rng(0)).guessed["age", "model"][0], str)


def test_huge_numbers_do_not_overflow():
    rng = np.random.default_rng(13)
    targets = random_people(rng, 60, rng.choice([-1.7e308, 1.7e308, 1.0], 60))
    found = attack(*attacked(targets.take(np.arange(30)), targets, 30, secrets=("s",)))
    assert rates(found, "s, nearest 1")[0] == 1


def test_a_secret_of_many_values_is_cut_for_the_model_and_the_cut_is_counted():
    rng = np.random.default_rng(14)
    targets = random_people(rng, 160, [f"value {i % 80}" for i in range(160)])
    found = attack(*attacked(targets, targets, 80, secrets=("s",)))
    assert found.caps["values of s that the inference model cannot guess"] == 30


def test_several_rows_of_the_same_person_are_kept():
    rng = np.random.default_rng(15)
    targets = random_people(rng, 100, rng.choice(list("pqrstuvwxyz"), 100))
    twice = stacked(targets.take(np.arange(50)), targets.take(np.arange(50)))
    found = attack(*attacked(twice, targets, 50, secrets=("s",)))
    assert rates(found, "s, nearest 1")[0] == 1
    assert len(found.outcome) == 100
