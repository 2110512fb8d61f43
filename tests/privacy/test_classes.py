"""Equivalence classes, k, l, t and the numbers of `measure`, against published tables and slow direct definitions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import UserError
from core.privacy.classes import equivalence_classes, l_diversity, reidentification, t_closeness, verify_k
from core.privacy.measure import measure
from tests.privacy.known_tables import BY_AGE, BY_ZIP, FOUR_ANONYMOUS, SWEENEY, THREE_DIVERSE, build


def test_sweeneys_table_gives_its_published_class_sizes_and_risks():
    found = measure(SWEENEY)
    assert (found["rows"], found["people"], found["classes"], found["k"], found["uniques"]) == (11, 11, 5, 2, 0)
    assert found["prosecutor_max"] == 0.5
    assert found["prosecutor_average"] == pytest.approx(5 / 11, abs=1e-12)
    assert found["share_below"] == {"5": 1.0}
    assert found["l"]["problem"] == {"distinct": 1, "entropy": pytest.approx(1, abs=1e-12)}
    assert found["t"]["problem"] == {"value": pytest.approx(9 / 11, abs=1e-12), "distance": "equal"}


def test_the_inpatient_tables_are_4_anonymous_but_only_one_is_3_diverse():
    homogeneous, diverse = measure(FOUR_ANONYMOUS), measure(THREE_DIVERSE)
    assert homogeneous["k"] == diverse["k"] == 4
    assert homogeneous["l"]["condition"]["distinct"] == 1
    assert homogeneous["t"]["condition"]["value"] == pytest.approx(7 / 12, abs=1e-12)
    assert diverse["l"]["condition"]["distinct"] == 3
    assert diverse["l"]["condition"]["entropy"] == pytest.approx(2 * np.sqrt(2), abs=1e-12)
    assert diverse["t"]["condition"]["value"] == pytest.approx(1 / 6, abs=1e-12)


def test_salaries_are_compared_by_rank_and_diseases_as_equally_far_apart():
    by_age, by_zip = measure(BY_AGE), measure(BY_ZIP)
    assert by_age["t"]["salary"] == {"value": pytest.approx(0.375, abs=1e-12), "distance": "ordered"}
    assert by_zip["t"]["salary"] == {"value": pytest.approx(1 / 6, abs=1e-12), "distance": "ordered"}
    assert by_age["t"]["disease"] == {"value": pytest.approx(4 / 9, abs=1e-12), "distance": "equal"}
    assert by_zip["t"]["disease"] == {"value": pytest.approx(5 / 9, abs=1e-12), "distance": "equal"}
    assert by_age["l"]["disease"]["distinct"] == by_zip["l"]["salary"]["distinct"] == 3


def test_arx_example_is_fully_unique_before_and_three_classes_of_seven_after_recoding():
    zips = ["81667", "81675", "81925", "81931", "81931", "81931", "81931"]
    raw = build({"age": [34, 45, 66, 70, 34, 70, 45], "sex": list("mfmffmm"), "zip": zips}, "qqq")
    assert measure(raw)["prosecutor_max"] == measure(raw)["prosecutor_average"] == 1.0
    coarse = build({"age": ["<50", "<50", ">=50", ">=50", "<50", ">=50", "<50"], "zip": [z[:3] for z in zips]}, "qq")
    found = measure(coarse)
    assert (found["classes"], found["k"], found["prosecutor_max"]) == (3, 2, 0.5)
    assert found["prosecutor_average"] == pytest.approx(3 / 7, abs=1e-12)


def test_missing_is_a_value_of_its_own_and_never_drops_a_row():
    table = build({"age": [None, None, 30.0, 30.0, 40.0], "town": ["a", "a", None, None, "b"]}, "qq")
    classes = equivalence_classes(table, ("age", "town"))
    assert (len(classes), classes.k, classes.people_per_class.sum()) == (3, 1, 5)
    assert verify_k(table, ("age", "town"), 1) is None
    assert verify_k(table, ("age", "town"), 2) == "1 of 3 classes have fewer than 2 people; the smallest has 1"


def test_a_missing_salary_is_the_lowest_rank_in_the_ordered_distance():
    table = build({"g": ["a", "a", "b", "b"], "pay": [None, 1.0, 2.0, 3.0]}, "qs")
    value, distance = t_closeness(table, equivalence_classes(table, ("g",)), "pay")
    # P_a = (1/2, 1/2, 0, 0) against Q = 1/4 each: (1/4 + 1/2 + 1/4) / 3.
    assert (value, distance) == (pytest.approx(1 / 3, abs=1e-12), "ordered")


def test_nobody_knows_anything_is_one_class_of_everybody():
    found = measure(SWEENEY, ())
    assert (found["classes"], found["k"], found["quasi_identifiers"]) == (1, 11, [])
    assert found["t"]["problem"]["value"] == pytest.approx(0, abs=1e-12)
    assert verify_k(SWEENEY, (), 11) is None
    assert verify_k(SWEENEY, (), 12) is not None


def test_what_the_attacker_knows_replaces_the_quasi_identifiers_and_is_no_secret_any_more():
    found = measure(SWEENEY, ("problem",))
    assert found["quasi_identifiers"] == ["problem"]
    assert found["classes"] == 4
    assert found["l"] == found["t"] == {}


def test_an_unknown_column_is_named():
    with pytest.raises(UserError, match="'shoe size'"):
        measure(SWEENEY, ("shoe size",))


def test_people_are_counted_not_rows():
    # Anna has two rows in one class with nobody else: two rows, but a class of one person.
    table = build({"id": ["anna", "anna", "ben", "cem"], "town": ["x", "x", "y", "y"]}, "fq", person="id")
    classes = equivalence_classes(table, ("town",))
    assert sorted(classes.people_per_class) == [1, 2]
    assert (classes.k, classes.uniques) == (1, 1)
    assert "smallest has 1" in str(verify_k(table, ("town",), 2))


def test_a_person_with_rows_in_two_classes_is_as_exposed_as_their_smallest_class():
    table = build({"id": ["anna", "anna", "ben", "cem"], "town": ["x", "y", "y", "y"]}, "fq", person="id")
    classes = equivalence_classes(table, ("town",))
    assert sorted(classes.people_per_class) == [1, 3]
    assert reidentification(table, ("town",), 3) == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert classes.prosecutor_average == pytest.approx((1 + 1 / 3 + 1 / 3) / 3)
    assert classes.share_below(3) == pytest.approx(1 / 3)


def test_repeated_rows_of_one_person_do_not_make_a_class_look_diverse():
    once = build({"id": ["a", "b", "c"], "town": ["x"] * 3, "ill": ["flu", "flu", "cold"]}, "fqs", person="id")
    often = build(
        {"id": ["a", "b", "c", "c", "c"], "town": ["x"] * 5, "ill": ["flu", "flu", "cold", "cold", "cold"]}, "fqs", "id"
    )
    assert measure(often)["l"] == measure(once)["l"]


def test_suppressed_people_stay_in_the_denominator_of_reidentification():
    assert reidentification(SWEENEY, SWEENEY.schema.quasi_identifiers, 11) == pytest.approx(5 / 11)
    assert reidentification(SWEENEY, SWEENEY.schema.quasi_identifiers, 22) == pytest.approx(5 / 22)
    with pytest.raises(ValueError, match="10 people in all"):
        reidentification(SWEENEY, SWEENEY.schema.quasi_identifiers, 10)


def test_a_release_that_suppressed_everybody_recognises_nobody_and_breaks_no_promise():
    empty = SWEENEY.take(np.array([], dtype=np.int64))
    classes = equivalence_classes(empty, ("race", "birth"))
    assert (len(classes), classes.k, classes.uniques) == (0, 0, 0)
    assert np.isnan(classes.prosecutor_max)
    assert np.isnan(classes.share_below(5))
    assert reidentification(empty, ("race", "birth"), 11) == 0
    assert verify_k(empty, ("race",), 5) is None
    assert l_diversity(empty, classes, "problem") == (0, 0.0)
    assert np.isnan(t_closeness(empty, classes, "birth")[0])


def test_many_wide_columns_do_not_overflow():
    # Twelve columns of 128 codes make 84 bits, so 64-bit arithmetic would forget the first column altogether.
    row = np.arange(254)
    data = {"first": (row % 127).astype(float)} | {f"c{i}": (row // 2).astype(float) for i in range(11)}
    classes = equivalence_classes(build(data, "q" * 12), tuple(data))
    assert (len(classes), classes.uniques) == (254, 254)


def test_measure_is_plain_json_and_follows_the_documented_keys():
    found = json.loads(json.dumps(measure(BY_AGE), allow_nan=False))
    assert list(found) == [
        *("rows", "people", "quasi_identifiers", "classes", "k", "uniques", "unique_share", "prosecutor_max"),
        *("prosecutor_average", "share_below", "l", "t"),
    ]


def test_column_order_and_row_order_change_nothing():
    order = np.random.default_rng(1).permutation(11)
    shuffled = SWEENEY.take(order)
    assert measure(shuffled) == measure(SWEENEY)
    turned = measure(SWEENEY, tuple(reversed(SWEENEY.schema.quasi_identifiers)))
    assert turned["k"] == 2
    assert turned["classes"] == 5


def test_a_date_that_is_secret_uses_the_equal_distance():
    table = build({"g": ["a", "a", "b", "b"], "day": ["2020-01-01", "2020-01-02"] * 2}, "qs", dates=("day",))
    assert t_closeness(table, equivalence_classes(table, ("g",)), "day") == (0.0, "equal")


cells = st.one_of(st.none(), st.integers(0, 4).map(float))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), cells, st.sampled_from(["x", "y", None]), cells), min_size=1, max_size=25
    ),
    st.booleans(),
)
def test_everything_equals_the_definition_written_out_slowly(rows, few):
    # With one class per town the worst class is rarely a single person, so that long steps are compared too.
    rows = [(who, 0.0, town or "x", pay) for who, _, town, pay in rows] if few else rows
    frame = pd.DataFrame(rows, columns=["id", "age", "town", "pay"]).astype({"age": float, "pay": float})
    table = build(frame.to_dict("list"), "fqqs", person="id")
    groups: dict = {}
    for who, age, town, pay in rows:
        groups.setdefault((age, town), set()).add((who, -1.0 if pay is None else pay))
    people = {key: {who for who, _ in group} for key, group in groups.items()}
    classes = equivalence_classes(table, ("age", "town"))
    assert sorted(classes.people_per_class) == sorted(len(group) for group in people.values())
    best = {who: max(1 / len(p) for p in people.values() if who in p) for who in {r[0] for r in rows}}
    assert reidentification(table, ("age", "town"), len(best)) == pytest.approx(sum(best.values()) / len(best))
    assert classes.share_below(3) == pytest.approx(np.mean([chance > 1 / 2.5 for chance in best.values()]))
    assert verify_k(table, ("age", "town"), classes.k) is None
    assert verify_k(table, ("age", "town"), classes.k + 1) is not None

    values = sorted({pay for group in groups.values() for _, pay in group})
    counts = np.array([[sum(pay == v for _, pay in group) for v in values] for group in groups.values()], dtype=float)
    everybody = {pair for group in groups.values() for pair in group}  # once per value, however many classes
    q = np.array([sum(pay == v for _, pay in everybody) for v in values]) / len(everybody)
    p = counts / counts.sum(1, keepdims=True)
    steps = np.abs(np.cumsum(p - q, axis=1)).sum(1) / max(len(values) - 1, 1)
    assert t_closeness(table, classes, "pay")[0] == pytest.approx(steps.max(), abs=1e-12)
    logs = np.log(p, where=p > 0, out=np.zeros_like(p))
    distinct, entropy = l_diversity(table, classes, "pay")
    assert distinct == (counts > 0).sum(1).min()
    assert entropy == pytest.approx(np.exp((-(p * logs).sum(1)).min()))
    towns = build(frame.assign(pay=frame["pay"].map(str)).to_dict("list"), "fqqs", person="id")
    assert t_closeness(towns, classes, "pay")[0] == pytest.approx(np.abs(p - q).sum(1).max() / 2, abs=1e-12)
