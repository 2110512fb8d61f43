"""Linking two pieces of a person through released rows."""

import numpy as np
import pytest

from core.attacks.linkability import LENGTHS, Linkability, random_overlap
from core.attacks.rows_risk import rows_risk
from core.data.schema import Role
from core.techniques.base import PublicFacts
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity
from tests.released_views import attacked, rates, table_of
from tests.tables import people

KINDS = ("lists of 1", "lists of 5", "lists of 10")
SIDES = {"left": ("a", "b"), "right": ("c", "d")}


def attack(view, truth, seed=0):
    assert Linkability().inapplicable(view) is None
    rng = np.random.default_rng(seed)
    return Linkability().score(Linkability().guess(view, rng), view, truth, rng)


def normals(rng, rows):
    return table_of({name: rng.normal(size=rows) for name in "abcd"})


def equal_rows(rows):
    return table_of({name: np.ones(rows) for name in "abcd"})


def test_a_copy_of_the_data_links_every_member_and_hardly_any_control():
    targets = normals(np.random.default_rng(1), 200)
    found = attack(*attacked(targets.take(np.arange(100)), targets, 100, **SIDES))
    assert found.kinds == KINDS
    inside, outside = rates(found, "lists of 1")
    assert inside == 1
    assert inside - outside >= 0.95
    assert found.tied == 0
    risk, _ = rows_risk("linkability", "linkability", [found], None)
    assert risk.value >= 0.95


def nothing_to_find(repetitions, seed):
    """Released rows are drawn anew from the population; half of the values are coarse, so ties abound."""
    covered, values = 0, []
    for repetition in range(repetitions):
        rng = np.random.default_rng([seed, repetition])
        columns = {n: rng.normal(size=240).round(1) if n in "ac" else rng.choice(list("xyz"), 240) for n in "abcd"}
        table = table_of(columns)
        view, truth = attacked(table.take(np.arange(40)), table.take(np.arange(40, 240)), 100, **SIDES)
        risk, _ = rows_risk("linkability", "linkability", [attack(view, truth, repetition)], None)
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


@pytest.mark.parametrize("seed", [0, 1])
def test_rows_that_are_all_equal_are_linked_as_often_as_random_lists_are(seed):
    """Ties are broken at random, for each side and target anew; row order would link everybody."""
    targets = equal_rows(3000)
    found = attack(*attacked(equal_rows(20), targets, 1500, **SIDES), seed)
    for length, kind in zip(LENGTHS, KINDS, strict=True):
        share = random_overlap(20, length)
        assert found.reference[kind] == pytest.approx(share)
        # 1,500 targets a side: standard error .013 at most; four of them.
        assert rates(found, kind) == pytest.approx((share, share), abs=0.052)
    assert found.tied == 1


def test_where_a_row_stands_in_the_file_does_not_matter():
    rng = np.random.default_rng(5)
    table = table_of({n: rng.choice(list("xy"), 1260) for n in "abcd"})
    released, targets = table.take(np.arange(60)), table.take(np.arange(60, 1260))
    order = np.argsort(released.frame["a"].astype(str) + released.frame["c"].astype(str)).to_numpy()
    before = attack(*attacked(released, targets, 600, **SIDES))
    after = attack(*attacked(released.take(order), targets, 600, **SIDES), 1)
    for kind in KINDS:
        # Two rates of 600: standard error of their difference .029 at most; four of them.
        assert rates(before, kind) == pytest.approx(rates(after, kind), abs=0.116)


def test_duplicated_rows_are_kept_and_hide_each_other():
    """Everybody's row is there 5 times: two lists of one agree on a copy 1 time in 5, lists of 5 hold all of them."""
    targets = normals(np.random.default_rng(2), 1000)
    five = targets.take(np.repeat(np.arange(500), 5))
    found = attack(*attacked(five, targets, 500, **SIDES))
    # 500 members: standard error .018; four of them.
    assert rates(found, "lists of 1")[0] == pytest.approx(0.2, abs=0.072)
    assert rates(found, "lists of 5")[0] == 1
    assert found.tied > 0.3


def test_boxes_of_ten_people_link_fewer_than_the_rows_themselves():
    table = people(160)
    members = table.take(np.arange(80))
    facts = PublicFacts(people=80, classes=("no", "yes"))
    protected = MondrianKAnonymity(k=10).protect(members, facts, np.random.default_rng(0))
    sides = {"left": ("age", "job"), "right": ("zip",), "knows": ("age", "job", "zip")}  # not the name
    plain = attack(*attacked(members, table, 80, **sides))
    boxed = attack(*attacked(protected.table, protected.recode(table), 80, **sides))
    # A piece leads to a box of 10 people or more, so both lead to one row 1 time in 10 at most; standard error .034.
    assert rates(boxed, "lists of 1")[0] < 0.2
    assert rates(plain, "lists of 1")[0] > 0.4


def test_missing_values_are_values():
    targets = normals(np.random.default_rng(3), 120)
    frame = targets.frame.mask(np.random.default_rng(4).random(targets.frame.shape) < 0.1)
    targets = table_of(frame)
    assert targets.frame.isna().to_numpy().any()
    found = attack(*attacked(targets.take(np.arange(60)), targets, 60, **SIDES))
    # A piece is ambiguous only when both its numbers are missing or equal by chance: about 1 in 100.
    assert rates(found, "lists of 1")[0] > 0.9


def named(rows, first):
    return {"name": [f"person {first + i}" for i in range(rows)], **{n: np.ones(rows) for n in "abcd"}}


def test_a_released_name_links_where_everything_else_is_equal():
    targets = table_of(named(200, 0), name=Role.DIRECT_IDENTIFIER)
    view, truth = attacked(targets.take(np.arange(100)), targets, 100, **SIDES)
    inside, outside = rates(attack(view, truth), "lists of 1")
    assert inside == 1
    assert outside < 0.1
    unknown, truth = attacked(targets.take(np.arange(100)), targets, 100, knows=("a",), **SIDES)
    assert rates(attack(unknown, truth), "lists of 1")[0] < 0.1


def test_a_name_masked_alike_for_everybody_names_nobody():
    columns = {"name": ["*"] * 200, **dict(normals(np.random.default_rng(6), 200).frame)}
    targets = table_of(columns, name=Role.DIRECT_IDENTIFIER)
    inside, outside = rates(attack(*attacked(targets.take(np.arange(100)), targets, 100, **SIDES)), "lists of 1")
    assert inside == 1
    assert outside < 0.05


def test_a_name_with_several_rows_links_to_the_same_one():
    rng = np.random.default_rng(7)
    once = table_of(named(100, 0), name=Role.DIRECT_IDENTIFIER)
    thrice = once.take(rng.permutation(np.repeat(np.arange(50), 3)))
    assert rates(attack(*attacked(thrice, once, 50, **SIDES)), "lists of 1")[0] == 1


def test_an_empty_release_links_nobody_and_a_single_row_everybody():
    targets = normals(np.random.default_rng(8), 40)
    view, truth = attacked(targets.take(np.arange(0)), targets, 20, **SIDES)
    nothing = attack(view, truth)
    assert nothing.outcome.shape == (40, 3)
    assert not nothing.outcome.any()
    assert set(nothing.reference.values()) == {0.0}
    one = attack(*attacked(targets.take(np.arange(1)), targets, 20, **SIDES))
    assert one.outcome.all()
    assert set(one.reference.values()) == {1.0}


def test_every_target_is_one_attempt_and_fewer_rows_than_list_places_are_no_hindrance():
    targets = normals(np.random.default_rng(9), 30)
    view, truth = attacked(targets.take(np.arange(7)), targets, 7, **SIDES)
    found = attack(view, truth)
    assert found.outcome.shape == (30, 3)
    assert not np.isnan(found.outcome).any()
    assert (found.person == np.arange(30)).all()
    assert found.member.sum() == 7
    assert rates(found, "lists of 10") == (1, 1)  # both lists hold all 7 rows


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        ((), (), "neither side"),
        (("a",), (), "right side lacks"),
        (("gone",), ("b",), "left side lacks"),
        (("a", "b"), ("b", "c"), "must not share a column, but both have b"),
    ],
)
def test_without_two_separate_sides_the_reason_is_said(left, right, why):
    targets = normals(np.random.default_rng(0), 10)
    view, _ = attacked(targets, targets, 5, left=left, right=right)
    assert why in Linkability().inapplicable(view)


def test_a_column_that_is_not_released_is_left_out_and_counted():
    targets = normals(np.random.default_rng(0), 40)
    released = targets.take(np.arange(20)).drop(("b",))
    found = attack(*attacked(released, targets.drop(("b",)), 20, **SIDES))
    assert found.caps == {"columns of the two sides that are not released": 1}


def test_the_guess_does_not_read_more_than_the_two_sides():
    rng = np.random.default_rng(3)
    targets = normals(rng, 60)
    extra = targets.frame.assign(e=rng.normal(size=60))
    view, _ = attacked(table_of(extra.head(30)), table_of(extra), 30, **SIDES)
    other, _ = attacked(table_of(extra.head(30)), table_of(extra.assign(e=np.nan)), 30, **SIDES)
    one, two = (Linkability().guess(v, np.random.default_rng(0)) for v in (view, other))
    assert (one.left == two.left).all()
    assert (one.right == two.right).all()
