"""Mondrian: k holds for people, anybody can be recoded, labels say what a box holds, awkward tables work."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import MISSING, Meaning, Table
from core.errors import UserError
from core.models.logistic_regression import LogisticRegression
from core.privacy.classes import equivalence_classes, reidentification, verify_k
from core.techniques.base import Protected, PublicFacts
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity

FACTS = PublicFacts(people=10, classes=("no", "yes"))
Qi = partial(Column, role=Role.QUASI_IDENTIFIER)
AGE, TOWN, DAY = (
    Qi(name="age", kind=Kind.NUMERIC),
    Qi(name="town", kind=Kind.CATEGORICAL),
    Qi(name="day", kind=Kind.DATE),
)


def build(*columns: Column, person: str | None = None, **data: list) -> Table:
    return Table.build(pd.DataFrame({c.name: data[c.name] for c in columns}), Schema(columns, person))


def box(table: Table, k: int) -> Protected:
    return MondrianKAnonymity(k=k).protect(table, FACTS, np.random.default_rng(0))


def cells(table: Table, name: str) -> list[str]:
    return [str(cell) for cell in table.frame[name]]


def test_a_box_is_cut_at_the_median_and_labelled_with_the_range_of_its_rows():
    found = box(build(AGE, age=[31, 20, 25, 60, 58, 60]), 3)
    assert cells(found.table, "age") == ["[20, 31]"] * 3 + ["[58, 60]"] * 3
    assert found.source is not None
    assert list(found.source) == list(range(6))
    assert found.table.meanings["age"].leaves == ()
    assert found.table.meanings["age"].weights.tolist() == [25.5, 59.0]
    assert found.table.schema["age"].kind is Kind.CATEGORICAL
    assert found.table.schema["age"].role is Role.QUASI_IDENTIFIER


def test_equal_values_are_never_cut_apart_and_a_single_value_is_written_as_itself():
    found = box(build(AGE, age=[20.5, 20.5, 20.5, 30, 30]), 2)
    assert cells(found.table, "age") == ["20.5"] * 3 + ["30"] * 2


def test_an_uneven_cut_is_taken_when_the_median_falls_on_one_large_value():
    found = box(build(AGE, age=[1, 2, 3] + [9] * 20), 3)
    assert cells(found.table, "age") == ["[1, 3]"] * 3 + ["9"] * 20


def test_the_next_column_is_tried_when_the_widest_cannot_be_cut():
    # Age has the larger spread in everybody's box, but nine tenths share one age and a cut would leave one person.
    found = box(build(AGE, TOWN, age=[1] + [9] * 9, town=["a"] * 5 + ["b"] * 5), 5)
    assert cells(found.table, "town") == ["a"] * 5 + ["b"] * 5
    assert cells(found.table, "age") == ["[1, 9]"] * 5 + ["9"] * 5


def test_a_missing_number_sorts_first_and_the_label_names_it():
    found = box(build(AGE, age=[None, None, None, 5, 6, 7, 8]), 3)
    assert cells(found.table, "age") == [MISSING] * 3 + ["[5, 8]"] * 4
    mixed = box(build(AGE, age=[None, 5, 6, 7]), 4)
    assert cells(mixed.table, "age") == [f"{MISSING} or [5, 7]"] * 4
    assert np.isnan(found.table.meanings["age"].weights[0])
    assert mixed.table.meanings["age"].weights.tolist() == [6.0]


def test_sets_of_categories_are_listed_stars_cover_all_and_meanings_are_uniform():
    found = box(build(TOWN, town=["c"] * 4 + ["b"] * 3 + ["a"] * 2 + ["d", None]), 4)
    assert cells(found.table, "town") == ["{(missing), c}"] * 4 + ["{b, a, d}"] * 6 + ["{(missing), c}"]
    meaning = found.table.meanings["town"]
    assert set(meaning.leaves) == {"a", "b", "c", "d", MISSING}
    np.testing.assert_allclose(meaning.weights.sum(axis=1), 1)
    assert all(len(set(row[row > 0])) == 1 for row in meaning.weights)
    whole = box(build(TOWN, town=["a", "b"]), 2).table
    assert cells(whole, "town") == ["*", "*"]
    assert whole.meanings["town"].leaves == ("a", "b")
    assert cells(box(build(TOWN, town=["a", "a"]), 2).table, "town") == ["a", "a"]


def test_odd_category_names_never_make_two_different_sets_look_alike():
    names = ["*", "{a, b}", "a", "b", "a, b", MISSING, '"a"', "c"]
    for k in (2, 4, 6):
        table = build(TOWN, AGE, town=[n for n in names for _ in range(2)], age=[1.0, 2] * len(names))
        found = box(table, k)
        meaning, texts = found.table.meanings["town"], list(found.table.frame["town"].cat.categories)
        assert len(set(texts)) == len(texts) == len({tuple(row) for row in meaning.weights})
        assert verify_k(found.table, ("town", "age"), k) is None


def test_dates_become_iso_ranges_with_midpoints_in_days():
    days = ["2020-01-01", "2020-01-03", "2020-03-01", "2020-03-02", None]
    found = box(build(DAY, day=days[:4]), 2)
    assert cells(found.table, "day")[::2] == ["[2020-01-01, 2020-01-03]", "[2020-03-01, 2020-03-02]"]
    assert found.table.meanings["day"].weights[0] == np.datetime64("2020-01-02").astype(int)
    assert cells(found.recode(build(DAY, day=["2019-12-31", None])), "day") == ["[2020-01-01, 2020-01-03]"] * 2
    assert cells(box(build(DAY, day=days), 5).table, "day")[0] == f"{MISSING} or [2020-01-01, 2020-03-02]"
    hours = box(build(DAY, day=["2020-01-01T10:00:00", "2020-01-01T12:30:00"]), 2)
    assert cells(hours.table, "day")[0] == "[2020-01-01T10:00:00, 2020-01-01T12:30:00]"


def test_people_are_counted_not_rows():
    # Twelve rows of two people: there is nobody to hide among but each other.
    data = {"id": ["x"] * 6 + ["y"] * 6, "age": list(range(12))}
    who = Column(name="id", kind=Kind.CATEGORICAL, role=Role.FEATURE)
    found = box(build(who, AGE, person="id", **data), 2)
    assert set(cells(found.table, "age")) == {"[0, 11]"}
    # Interleaved, each half holds both people, so it may be cut.
    data["age"] = [0, 1, 2, 3, 4, 5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    found = box(build(who, AGE, person="id", **data), 2)
    assert len(set(cells(found.table, "age"))) == 6
    assert verify_k(found.table, ("age",), 2) is None


def test_more_people_than_there_are_is_refused_with_the_numbers():
    with pytest.raises(UserError, match="k = 5,000 cannot be reached with 3 people"):
        box(build(AGE, age=[1, 2, 3]), 5000)
    assert set(cells(box(build(AGE, age=[1, 2, 3]), 3).table, "age")) == {"[1, 3]"}


def test_without_quasi_identifiers_it_says_so_and_changes_nothing():
    table = build(Column(name="x", kind=Kind.NUMERIC, role=Role.FEATURE), x=[1, 2])
    assert "quasi-identifier" in str(MondrianKAnonymity(k=2).unsupported(table.schema, FACTS))
    assert MondrianKAnonymity(k=2).unsupported(build(AGE, age=[1]).schema, FACTS) is None
    assert box(table, 2).table is table


def test_the_guarantee_names_k_the_attackers_knowledge_and_what_it_does_not_cover():
    name = Column(name="name", kind=Kind.TEXT, role=Role.DIRECT_IDENTIFIER)
    guarantee = MondrianKAnonymity(k=7).guarantee(Schema((AGE, name), person_id="name"), FACTS)
    assert (guarantee.kind, guarantee.k) == ("k_anonymity", 7)
    assert any("(age)" in text for text in guarantee.assumptions)
    plain = MondrianKAnonymity(k=7).guarantee(Schema((AGE,)), FACTS)
    assert len(plain.assumptions) == len(guarantee.assumptions) - 1


def test_people_outside_every_box_go_to_their_side_of_the_cuts():
    found = box(build(AGE, TOWN, age=[20, 21, 40, 41], town=["a", "a", "b", "b"]), 2)
    other = build(AGE, TOWN, age=[-5, 30, 31, 99, None], town=["a", "a", "b", "b", "a"])
    assert cells(found.recode(other), "age") == ["[20, 21]"] * 2 + ["[40, 41]"] * 2 + ["[20, 21]"]
    assert len(found.recode(other)) == 5


def test_an_unseen_category_counts_as_the_most_frequent_one():
    found = box(build(TOWN, town=["a"] * 3 + ["b"] * 4), 3)
    assert cells(found.recode(build(TOWN, town=["zebra", None, "a"])), "town") == ["b", "b", "a"]


def test_an_unseen_category_goes_to_its_relatives_in_the_hierarchy_who_also_stay_together():
    rows = (("Ulm", "South"), ("Kiel", "North"), ("Bonn", "West"), ("Passau", "South"), ("Lindau", "South"))
    towns = Qi(name="town", kind=Kind.CATEGORICAL, hierarchy=Hierarchy(kind="levels", rows=rows))
    found = box(build(towns, town=["Ulm", "Passau"] + ["Kiel"] * 4 + ["Bonn"] * 6), 2)
    assert cells(found.table, "town")[0] == "{Passau, Ulm}"
    assert cells(found.recode(build(towns, town=["Lindau", "Rome"])), "town") == ["{Passau, Ulm}", "Bonn"]
    zips = Qi(name="town", kind=Kind.CATEGORICAL, hierarchy=Hierarchy(kind="prefix"))
    found = box(build(zips, town=["10115", "10117", "80331", "80333", "80333"]), 2)
    assert cells(found.recode(build(zips, town=["10999", "80000", "99999"])), "town")[0] == "{10115, 10117}"
    assert cells(found.recode(build(zips, town=["10999", "80000", "99999"])), "town")[1] != "{10115, 10117}"


def test_labels_of_an_earlier_step_are_boxed_by_what_they_mean():
    labels = pd.Categorical.from_codes([0, 0, 1, 1, 2, 2], categories=["[100, 110)", "[20, 30)", "[30, 40)"])
    table = build(AGE, age=[1] * 6)
    coarse = Table(
        pd.DataFrame({"age": labels}),
        table.schema.changed(Column(name="age", kind=Kind.CATEGORICAL, role=Role.QUASI_IDENTIFIER)),
        {"age": Meaning((), np.array([105.0, 25.0, 35.0]))},
    )
    found = box(coarse.take(np.arange(1, 6)), 2)
    # By alphabet [100, 110) would stand before [20, 30); by meaning it stands last.
    last = '{"[30, 40)", "[100, 110)"}'
    assert cells(found.table, "age") == [last, "[20, 30)", "[20, 30)", last, last]
    assert sorted(found.table.meanings["age"].weights) == [25.0, 70.0]


def test_grouped_categories_of_an_earlier_step_keep_their_leaves():
    table = Table(
        pd.DataFrame({"town": pd.Categorical.from_codes([0, 0, 1, 1], categories=["South", "North"])}),
        Schema((TOWN,)),
        {"town": Meaning(("Ulm", "Passau", "Kiel"), np.array([[0.5, 0.5, 0], [0, 0, 1]]))},
    )
    meaning = box(table, 4).table.meanings["town"]
    assert meaning.leaves == ("Ulm", "Passau", "Kiel")
    np.testing.assert_allclose(meaning.weights, [[1 / 3, 1 / 3, 1 / 3]])


def test_extreme_numbers_stay_apart_and_finite():
    table = build(AGE, age=[-1.7e308, 0.0, 5e-324, 0.1, np.nextafter(0.1, 1), 1.7e308] * 2)
    found = box(table, 2)
    assert cells(found.table, "age")[:6] == ["-1.7e+308", "0", "5e-324", "0.1", "0.10000000000000002", "1.7e+308"]
    assert np.isfinite(found.table.meanings["age"].weights).all()
    assert cells(found.recode(table), "age") == cells(found.table, "age")


def awkward() -> dict[str, Table]:
    rng = np.random.default_rng(3)
    many = [f"c{i:03}" for i in range(300)] + [f"c{i:03}" for i in rng.integers(0, 300, 100)]
    gaps = rng.random(200) < 0.3
    return {
        "40 rows": build(AGE, TOWN, age=rng.integers(0, 90, 40).tolist(), town=rng.choice(list("abc"), 40).tolist()),
        "constant": build(AGE, TOWN, age=[5] * 50, town=["a"] * 50),
        "unique": build(AGE, TOWN, age=list(range(60)), town=[f"t{i}" for i in range(60)]),
        "300 categories": build(TOWN, AGE, town=many, age=rng.integers(0, 9, 400).tolist()),
        "30 % missing": build(
            *(AGE, TOWN),
            age=np.where(gaps, np.nan, rng.normal(size=200)).tolist(),
            town=[None if g else str(t) for g, t in zip(gaps[::-1], rng.choice(list("abcdef"), 200), strict=True)],
        ),
        "nothing known": build(AGE, TOWN, DAY, age=[None] * 30, town=[None] * 30, day=[None] * 30),
        "duplicates": build(AGE, TOWN, age=[1, 2, 3] * 20, town=["a", "b", "c"] * 20),
        "text": build(Qi(name="note", kind=Kind.TEXT), AGE, note=[f"n{i}" for i in range(40)], age=list(range(40))),
    }


@pytest.mark.parametrize("k", [2, 5, 25])
@pytest.mark.parametrize("name", awkward())
def test_awkward_tables_keep_every_row_and_reach_k(name, k):
    table = awkward()[name]
    before = table.fingerprint
    found = box(table, k)
    assert len(found.table) == len(table)
    assert verify_k(found.table, table.schema.quasi_identifiers, k) is None
    assert found.table.schema.names == table.schema.names
    assert found.table.schema.model_inputs == table.schema.model_inputs
    assert table.fingerprint == before
    pd.testing.assert_frame_equal(found.recode(table).frame, found.table.frame)
    others = awkward()["40 rows"]
    if table.schema.names == others.schema.names:
        assert set(cells(found.recode(others), "age")) <= set(cells(found.table, "age"))


def test_more_categories_than_models_take_share_one_leaf():
    towns = [f"t{i}" for i in range(400)] + ["t399", "t398"]
    meaning = box(build(TOWN, town=towns), 5).table.meanings["town"]
    assert len(meaning.leaves) == 256  # 255, and the rest together
    np.testing.assert_allclose(meaning.weights.sum(axis=1), 1)
    assert {"t399", "t398", "(other)"} <= set(meaning.leaves)


number = st.one_of(st.none(), st.integers(0, 9))
rows_of = st.lists(
    st.tuples(st.sampled_from("vwxyz"), number, st.sampled_from(["a", "b", "c", "d", None]), st.integers(0, 3)),
    min_size=4,
    max_size=40,
)


def random_table(rows: list, person: str | None = None) -> Table:
    who = Column(name="id", kind=Kind.CATEGORICAL, role=Role.FEATURE)
    data = {
        name: list(column) for name, column in zip(("id", "age", "town", "day"), zip(*rows, strict=True), strict=True)
    }
    data["day"] = [f"2020-01-0{day + 1}" for day in data["day"]]
    return build(who, AGE, TOWN, DAY, person=person, **data)


def slow_boxes(ranks: list[tuple[int, ...]], persons: list, k: int) -> list[list[int]]:
    """The definition, one box at a time: widest axis first, most balanced cut, the lower one on ties."""
    wide = [max(len(set(column)) - 1, 1) for column in zip(*ranks, strict=True)]
    done, todo = [], [list(range(len(ranks)))]
    while todo:
        rows = todo.pop()
        spans = [max(c) - min(c) for c in zip(*(ranks[i] for i in rows), strict=True)]
        for axis in sorted(range(len(wide)), key=lambda a: (-spans[a] / wide[a], a)):
            cuts = []
            for value in sorted({ranks[i][axis] for i in rows})[:-1]:
                left, right = [i for i in rows if ranks[i][axis] <= value], [i for i in rows if ranks[i][axis] > value]
                smaller = min(len({persons[i] for i in half}) for half in (left, right))
                cuts.append((-smaller, value, left, right))
            if cuts and -min(cuts)[0] >= k:
                todo += min(cuts)[2:]
                break
        else:
            done.append(sorted(rows))
    return sorted(done)


@settings(max_examples=60, deadline=None)
@given(rows_of, st.integers(2, 4), st.booleans(), st.randoms(use_true_random=False))
def test_boxes_are_those_of_the_definition_whatever_the_order_of_rows(rows, k, repeated, shuffler):
    table = random_table(rows, "id" if repeated else None)
    if table.people < k:
        return
    columns = table.schema.quasi_identifiers
    found = box(table, k)
    assert verify_k(found.table, columns, k) is None
    pd.testing.assert_frame_equal(found.recode(table).frame, found.table.frame)
    if not repeated:
        assert reidentification(found.table, columns, len(rows)) == pytest.approx(
            len(equivalence_classes(found.table, columns)) / len(rows)
        )
    towns = [row[2] for row in rows]
    by_count = [None, *sorted({t for t in towns if t}, key=lambda t: (-towns.count(t), t))]
    ages = [None, *sorted({row[1] for row in rows if row[1] is not None})]
    days = sorted({row[3] for row in rows})
    ranks = [(ages.index(age), by_count.index(town), days.index(day)) for _, age, town, day in rows]
    persons = [row[0] if repeated else i for i, row in enumerate(rows)]
    expected = slow_boxes(ranks, persons, k)
    codes = equivalence_classes(found.table, columns).codes
    for group in expected:  # boxes that look alike may have merged, never split
        assert len({codes[i] for i in group}) == 1
    looks = {tuple(sorted({ranks[i] for i in group})) for group in expected}
    assert len(set(codes)) <= len(looks)
    order = list(range(len(rows)))
    shuffler.shuffle(order)
    again = box(table.take(np.array(order)), k).table.frame
    pd.testing.assert_frame_equal(again, found.table.frame.take(order).reset_index(drop=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(number, number), min_size=4, max_size=40), st.tuples(number, number))
def test_whoever_lies_inside_a_released_box_is_sent_to_that_box(rows, point):
    high = Qi(name="height", kind=Kind.NUMERIC)
    table = build(AGE, high, age=[a for a, _ in rows], height=[h for _, h in rows])
    found = box(table, 2)

    def holds(label: str, value: int | None) -> bool:
        if value is None:
            return label.startswith(MISSING)
        ends = label.removeprefix(f"{MISSING} or ").strip("[]").split(", ")
        return MISSING not in ends and int(ends[0]) <= value <= int(ends[-1])

    labels = {(a, h) for a, h in zip(cells(found.table, "age"), cells(found.table, "height"), strict=True)}
    inside = [pair for pair in labels if holds(pair[0], point[0]) and holds(pair[1], point[1])]
    sent = found.recode(build(AGE, high, age=[point[0]], height=[point[1]]))
    ends = (cells(sent, "age")[0], cells(sent, "height")[0])
    assert ends in labels
    assert inside in ([], [ends])


def test_a_model_still_learns_from_boxes():
    rng = np.random.default_rng(5)
    age, town = rng.integers(20, 80, 200), rng.choice(list("abcd"), 200)
    answer = ["yes" if a + 20 * (t == "a") + rng.normal(0, 5) > 55 else "no" for a, t in zip(age, town, strict=True)]
    target = Column(name="answer", kind=Kind.CATEGORICAL, role=Role.TARGET)
    table = build(AGE, TOWN, target, age=age.tolist(), town=town.tolist(), answer=answer)
    train, test = table.take(np.arange(150)), table.take(np.arange(150, 200))

    def accuracy(rows: Table, queries: Table) -> float:
        proba = LogisticRegression().fit(rows, ("no", "yes"), np.random.default_rng(0)).predict_proba(queries)
        return float(np.mean((proba[:, 1] > 0.5) == (test.frame["answer"] == "yes")))

    found = box(train, 5)
    assert accuracy(found.table, found.recode(test)) >= accuracy(train, test) - 0.08
    assert accuracy(train, test) > 0.85
