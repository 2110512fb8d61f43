"""Hierarchies to start editing from: explicit, usable as they are, and marked where they were learned from people."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.hierarchy import EVERYTHING, OTHER, UNCOVERED, fit_hierarchy, level_counts, public_hierarchy
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.suggest_hierarchy import default_hierarchy, suggest_groups
from core.data.table import Table
from core.errors import UserError
from tests.tables import awkward

N, C, D, T = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATE, Kind.TEXT
QI = Role.QUASI_IDENTIFIER


def column(kind, **public):
    return Column(name="x", kind=kind, role=QI, **public)


def table(values, spec):
    return Table.build(pd.DataFrame({"x": values}, dtype=object), Schema((spec,)))


def start(values, spec, how="round"):
    return default_hierarchy(spec, table(values, spec), how=how)


def fitted_on(values, spec, hierarchy):
    chosen = Column(name="x", kind=spec.kind, role=QI, hierarchy=hierarchy)
    return fit_hierarchy(chosen, table(values, chosen))


# Explicit cut points.


def test_cut_points_make_intervals_and_each_further_level_merges_two_neighbours():
    spec = column(N, hierarchy=Hierarchy(kind="cuts", cuts=(10, 20, 30.5, 65)))
    rows = table([9.99, 10, 30.5, 64, 65, 1e9, None], spec)
    fitted = fit_hierarchy(spec, rows)
    assert (fitted.levels, fitted.learned) == (4, False)
    assert [fitted.public_labels(level) for level in (1, 2, 3, 4)] == [
        ("< 10", "[10, 20)", "[20, 30.5)", "[30.5, 65)", ">= 65"),
        ("< 20", "[20, 65)", ">= 65"),
        ("< 65", ">= 65"),
        ("*",),
    ]
    found, meaning = fitted.apply(rows.frame["x"], 1)
    assert list(found)[:6] == ["< 10", "[10, 20)", "[30.5, 65)", "[30.5, 65)", ">= 65", ">= 65"]
    assert pd.isna(found[6])
    assert meaning.weights.tolist() == [5, 15, 25.25, 47.75, 82.25]


def test_open_intervals_reach_to_the_public_bounds_where_there_are_any():
    spec = column(N, bounds=(0, 100), hierarchy=Hierarchy(kind="cuts", cuts=(20, 90)))
    fitted = fit_hierarchy(spec, table([1], spec))
    assert fitted.apply(table([1], spec).frame["x"], 1)[1].weights.tolist() == [10, 55, 95]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 8, 9, 31])
def test_cuts_halve_from_level_to_level_until_one_piece_is_left(count):
    spec = column(N, hierarchy=Hierarchy(kind="cuts", cuts=tuple(range(count))))
    fitted = fit_hierarchy(spec, table([1], spec))
    sizes = [len(fitted.public_labels(level)) for level in range(1, fitted.levels + 1)]
    assert sizes[0] == count + 1
    assert sizes[-2:] == [2, 1]
    assert all(coarse == (fine + 1) // 2 for fine, coarse in itertools.pairwise(sizes))


@pytest.mark.parametrize("cuts", [[], [3, 3], [5, 1], ["1", "2"], [1, float("nan")], [True], "12", 5])
def test_cut_points_that_are_not_increasing_numbers_are_refused_without_repeating_them(cuts):
    spec = {"kind": "numeric", "role": "feature", "hierarchy": {"kind": "cuts", "cuts": cuts}}
    with pytest.raises(UserError, match=r"increasing|a list") as caught:
        Schema.from_json({"columns": {"a": spec}})
    assert str(cuts) not in str(caught.value)


@pytest.mark.parametrize(
    "hierarchy",
    [
        Hierarchy(kind="cuts", cuts=(1, 2.5), learned=True),
        Hierarchy(kind="intervals", widths=(5, 10), learned=True),
        Hierarchy(kind="levels", rows=(("1", "a"), ("2", "b")), learned=True),
        Hierarchy(kind="cuts", cuts=(1, 2.5)),
    ],
)
def test_whether_a_hierarchy_was_learned_is_written_only_then_and_read_again(hierarchy):
    schema = Schema((Column(name="a", kind=N, role=QI, hierarchy=hierarchy),))
    written = schema.to_json()["columns"]["a"]["hierarchy"]
    assert written.get("learned", "absent") == (True if hierarchy.learned else "absent")
    assert Schema.from_json(schema.to_json()) == schema


def test_learned_must_be_true_or_false():
    hierarchy = {"kind": "cuts", "cuts": [1], "learned": "no"}
    with pytest.raises(UserError, match="'learned'"):
        Schema.from_json({"columns": {"a": {"kind": "numeric", "role": "feature", "hierarchy": hierarchy}}})


# Defaults to start from.


def test_round_widths_are_public_when_the_bounds_are_and_learned_otherwise():
    values = list(range(17, 91))
    known, seen = start(values, column(N, bounds=(17, 90))), start(values, column(N))
    assert known == Hierarchy(kind="intervals", widths=(5, 10, 20, 40))
    assert seen == Hierarchy(kind="intervals", widths=(5, 10, 20, 40), learned=True)
    assert start([1, 2, 3], column(N, bounds=(17, 90))) == known  # and nobody was looked at


def test_whole_numbers_are_not_cut_finer_than_one():
    assert start([0, 1, 2, 3], column(N)).widths == (1, 2, 4, 8)
    assert start([0, 0.5, 2, 3], column(N)).widths[0] < 1


def test_quantiles_hold_about_as_many_people_each_and_merge_two_by_two():
    values = np.random.default_rng(3).lognormal(3, 1, 1600).tolist()
    hierarchy = start(values, column(N), how="quantiles")
    assert hierarchy.learned
    assert len(hierarchy.cuts) == 15
    fitted = fitted_on(values, column(N), hierarchy)
    for level, size in ((1, 100), (2, 200), (3, 400), (4, 800)):
        cells = table(values, column(N)).frame["x"]
        counts = pd.Series(fitted.apply(cells, level)[0]).value_counts()
        assert len(counts) == 1600 // size
        # Cuts are rounded by at most an eighth of the gap to the next one: 12 % of a piece at either end, and luck.
        assert counts.between(size - 30, size + 30).all()


def test_cuts_are_round_where_that_hardly_moves_them():
    values = np.random.default_rng(3).normal(50, 10, 2000).tolist()
    cuts = start(values, column(N), how="quantiles").cuts
    assert all(cut == round(cut, 1) for cut in cuts)


def test_whole_numbers_are_cut_at_whole_numbers():
    cuts = start(list(range(20)) * 3, column(N), how="quantiles").cuts
    assert len(cuts) == 15
    assert all(cut == int(cut) for cut in cuts)


def test_where_nearly_everybody_has_the_smallest_number_the_others_are_cut_too():
    values = [0] * 900 + list(range(1, 101))
    cuts = start(values, column(N), how="quantiles").cuts
    assert cuts[0] == 1
    assert len(cuts) == 8


def test_a_few_values_far_outside_do_not_make_thousands_of_intervals():
    values = [*range(100), 1e12]
    hierarchy = start(values, column(N))
    assert hierarchy == Hierarchy(kind="intervals", widths=(5, 10, 20, 40), learned=True)
    cells = table(values, column(N)).frame["x"]
    for level in (1, 2, 3):
        found = fitted_on(values, column(N), hierarchy).apply(cells, level)[0]
        assert list(found) == list(fit_hierarchy(column(N), table(values, column(N))).apply(cells, level)[0])
    assert 10 < len(fitted_on(values, column(N), hierarchy).apply(cells, 1)[0].categories) < 25


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([f"{n:05d}" for n in range(0, 900, 7)], "prefix"),
        ([f"{letter}{n:02d}" for letter in "ABC" for n in range(10)], "prefix"),
        ([f"{n:05d}" for n in range(0, 900, 7)] + ["unknown"], "prefix"),
        ([str(n) for n in range(0, 300)], "levels"),
        (["clerk", "nurse", "smith", "baker", "miner", "pilot", "mason", "rider", "tutor"], "levels"),
        (["101", "202"] * 20, "levels"),
    ],
)
def test_codes_of_one_length_get_prefixes_and_other_categories_their_most_frequent_values(values, kind):
    assert start(values, column(C)).kind == kind
    assert start(values, column(C)).learned


def test_the_most_frequent_categories_keep_their_name_and_only_levels_that_merge_are_there():
    values = [f"c{i}" for i in range(6) for _ in range(20 - i)]
    rows = start(values, column(C)).rows
    assert rows[0] == ("c0", "c0", "c0")
    assert rows[3] == ("c3", "c3", OTHER)
    assert rows[5] == ("c5", OTHER, OTHER)
    assert start(["f", "m"], column(C)).rows == (("f", EVERYTHING), ("m", EVERYTHING))
    assert not start(["f", "m"], column(C, categories=("m", "f", "x"))).learned
    assert start(["f", "m"], column(C, categories=("m", "x"))).learned  # f is not public


def test_where_there_is_nothing_to_start_from_the_reason_is_said():
    for values, kind in ((["some words"], T), ([None], C)):
        with pytest.raises(UserError, match="start from categories"):
            start(values, column(kind))
    with pytest.raises(UserError, match="'round' widths or of 'quantiles'"):
        start([1], column(N), how="squares")


def test_columns_of_one_number_and_of_none_start_from_round_widths_however_asked():
    for how in ("round", "quantiles"):
        assert start([7, 7], column(N), how=how).widths == (1, 2, 4, 8)
        assert start([None], column(N, bounds=(0, 100)), how=how).widths == (5, 10, 20, 40)
    assert start([None], column(D)) == Hierarchy(kind="date")


values_of = {
    N: st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 9).map(float) | st.none(), min_size=1
    ),
    C: st.lists(st.text("ab1(", max_size=3) | st.sampled_from([OTHER, UNCOVERED, "*", None]), min_size=1),
}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([N, C]).flatmap(lambda kind: st.tuples(st.just(kind), values_of[kind])), st.booleans())
def test_every_suggestion_can_be_fitted_covers_everybody_and_is_marked(case, quantiles):
    kind, values = case
    spec = column(kind)
    if kind is C and all(value is None for value in values):
        return
    hierarchy = start(values, spec, how="quantiles" if quantiles else "round")
    assert hierarchy.learned
    fitted = fitted_on(values, spec, hierarchy)
    assert fitted.learned
    assert not public_hierarchy(fitted.column, 1)
    assert fitted.notes == ()
    if kind is C or len(set(values)) < 50:
        counts = [count.labels for count in level_counts(fitted.column, table(values, fitted.column))]
        assert counts == sorted(counts, reverse=True)


# Groups by the target.


def with_target(names, target, *, person=None, kind=C, **public):
    columns = [column(C, **public), Column(name="y", kind=kind, role=Role.TARGET)]
    frame = {"x": names, "y": target}
    if person is not None:
        columns.append(Column(name="who", kind=C, role=Role.DIRECT_IDENTIFIER))
        frame["who"] = person
    schema = Schema(tuple(columns), "who" if person is not None else None)
    return Table.build(pd.DataFrame(frame, dtype=object), schema)


def yes_no(rates, people=40):
    """So many people in each category, a share of whom says yes."""
    names = [name for name in rates for _ in range(people)]
    return names, ["yes" if i < rate * people else "no" for rate in rates.values() for i in range(people)]


def groups_at(hierarchy, level):
    found = {}
    for row in hierarchy.rows:
        found.setdefault(row[level], set()).add(row[0])
    return sorted(map(sorted, found.values()))


def test_categories_with_the_same_target_rate_are_put_together_first():
    rates = {"a": 0.1, "b": 0.9, "c": 0.1, "d": 0.9, "e": 0.5}
    rows = with_target(*yes_no(rates))
    hierarchy = suggest_groups(rows, "x")
    assert (hierarchy.kind, hierarchy.learned) == ("levels", True)
    # Equal ones are together at once, so that four groups would be the same three; then "e" joins one of the pairs.
    assert groups_at(hierarchy, 1) == [["a", "c"], ["b", "d"], ["e"]]
    assert {row[0]: row[1] for row in hierarchy.rows}["b"] == "b, d"
    assert len(groups_at(hierarchy, 2)) == 2
    assert len(hierarchy.rows[0]) == 3
    assert not public_hierarchy(Column(name="x", kind=C, role=QI, hierarchy=hierarchy), 1)


def test_twelve_categories_get_eight_four_and_two_groups_that_nest():
    rows = with_target(*yes_no({f"c{i:02d}": i / 12 for i in range(12)}))
    hierarchy = suggest_groups(rows, "x")
    assert [len(groups_at(hierarchy, level)) for level in (1, 2, 3)] == [8, 4, 2]
    fitted = fit_hierarchy(Column(name="x", kind=C, role=QI, hierarchy=hierarchy), rows)
    assert fitted.levels == 4
    for group in groups_at(hierarchy, 3):  # neighbours in rate: no group jumps over another
        places = [int(name[1:]) for name in group]
        assert places == list(range(places[0], places[-1] + 1))


def test_categories_of_few_people_are_not_told_apart_by_their_own_rate():
    names, target = yes_no({"a": 0.1, "b": 0.9, "c": 0.5, "d": 0.3})
    found = []
    for few in (["yes"] * 9, ["no"] * 9, ["yes"] * 4 + ["no"] * 5):
        rows = with_target([*names, *["rare"] * 9], [*target, *few])
        found.append(groups_at(suggest_groups(rows, "x"), 1))
    # Nine people say yes, or no, or half of each: their category stands where everybody's rate puts it.
    assert found[0] == found[1] == found[2]
    ten = with_target([*names, *["rare"] * 30], [*target, *["yes"] * 30])
    assert found[0] != groups_at(suggest_groups(ten, "x"), 1)


def test_small_categories_are_one_group_together_and_not_named():
    names, target = yes_no({"a": 0.1, "b": 0.9, "c": 0.5, "d": 0.3})
    rows = with_target([*names, *["r1"] * 9, *["r2"] * 9, *["r3"] * 2], [*target, *["yes"] * 9, *["no"] * 11])
    hierarchy = suggest_groups(rows, "x")
    labels = {row[0]: row[1:] for row in hierarchy.rows}
    assert labels["r1"] == labels["r2"] == labels["r3"]
    assert not any(name in label for row in hierarchy.rows for label in row[1:] for name in ("r1", "r2", "r3"))


def test_people_are_counted_and_not_their_rows():
    """Nine people with five rows each are nine people."""
    names, target = yes_no({"a": 0.1, "b": 0.9, "c": 0.5, "d": 0.3})
    who = [f"p{i}" for i in range(len(names))]
    found = []
    for answer in ("yes", "no"):
        rows = with_target(
            [*names, *["rare"] * 45], [*target, *[answer] * 45], person=[*who, *(f"q{i % 9}" for i in range(45))]
        )
        found.append(groups_at(suggest_groups(rows, "x"), 1))
    assert found[0] == found[1]


def test_a_target_of_many_numbers_is_compared_too():
    names = ["low", "lower", "high", "higher", "middle"] * 40
    base = {"low": 0, "lower": 0, "high": 100, "higher": 100, "middle": 50}
    rows = with_target(names, [base[name] + i / 40 for i, name in enumerate(names)], kind=N)
    hierarchy = suggest_groups(rows, "x")
    together = {name: row for name, *row in hierarchy.rows}
    assert together["low"] == together["lower"]
    assert together["high"] == together["higher"]
    assert together["low"] != together["high"]


def test_public_categories_that_nobody_has_are_grouped_too():
    names, target = yes_no({"a": 0.1, "b": 0.9, "c": 0.5})
    rows = with_target(names, target, categories=("a", "b", "c", "nobody"))
    assert {row[0] for row in suggest_groups(rows, "x").rows} == {"a", "b", "c", "nobody"}


def test_without_a_target_that_tells_anything_nothing_is_suggested():
    spec = column(C)
    with pytest.raises(UserError, match="no target"):
        suggest_groups(table(["a", "b"], spec), "x")
    same = with_target(["a", "b"], ["yes", "yes"])
    with pytest.raises(UserError, match="same for everybody"):
        suggest_groups(same, "x")
    rows = with_target(["a", "b"], ["yes", "no"])
    with pytest.raises(UserError, match="the target"):
        suggest_groups(rows, "y")
    columns = (column(N), Column(name="y", kind=C, role=Role.TARGET))
    numbers = Table.build(pd.DataFrame({"x": [1, 2], "y": ["yes", "no"]}), Schema(columns))
    with pytest.raises(UserError, match="which is numeric"):
        suggest_groups(numbers, "x")
    empty = with_target([None, None], ["yes", "no"])
    with pytest.raises(UserError, match="at least one category"):
        suggest_groups(empty, "x")


@pytest.mark.parametrize("name", list(awkward()))
def test_groups_can_be_suggested_and_fitted_on_awkward_tables(name):
    rows = awkward()[name]
    for spec in rows.schema.columns:
        if spec.kind is not C or spec.name == rows.schema.target:
            continue
        hierarchy = suggest_groups(rows, spec.name)
        assert hierarchy == suggest_groups(rows, spec.name)
        chosen = Column(name=spec.name, kind=C, role=QI, hierarchy=hierarchy)
        fitted = fit_hierarchy(chosen, rows)
        assert fitted.notes == ()
        counts = [count.labels for count in level_counts(chosen, rows)]
        assert counts == sorted(counts, reverse=True)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from(["a", "b", "a, b", "a and 1 more", OTHER, UNCOVERED, "*", "", None]), st.booleans()),
        min_size=2,
        max_size=60,
    ),
    times=st.integers(1, 12),
)
def test_groups_nest_whatever_the_categories_are_called(rows, times):
    if len({target for _, target in rows}) < 2 or all(name is None for name, _ in rows):
        return
    data = with_target([name for name, _ in rows] * times, [str(target) for _, target in rows] * times)
    hierarchy = suggest_groups(data, "x")
    chosen = Column(name="x", kind=C, role=QI, hierarchy=hierarchy)
    fitted = fit_hierarchy(chosen, data)
    levels = [list(fitted.apply(data.frame["x"], level)[0].codes) for level in range(1, fitted.levels + 1)]
    for fine, coarse in itertools.pairwise(levels):
        assert len(set(zip(fine, coarse, strict=True))) == len(set(fine))
