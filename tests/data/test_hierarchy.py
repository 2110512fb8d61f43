"""Hierarchies: labels, nesting, what is public and what was learned, and people whom the fit has not seen."""

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.hierarchy import OTHER, UNCOVERED, fit_hierarchy, public_hierarchy
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError

N, C, D, T = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATE, Kind.TEXT
JOBS = Hierarchy(kind="levels", rows=(("nurse", "care", "work"), ("smith", "craft", "work"), ("none", "idle", "idle")))


AGES = Hierarchy(kind="levels", rows=(("1", "<20", "*"), ("2", "<20", "*"), ("8", "<40", "*")))
DAYS = Hierarchy(kind="levels", rows=(("2000-01-02", "winter", "*"), ("2000-03-04", "spring", "*")))


def intervals(*widths):
    return Hierarchy(kind="intervals", widths=widths)


def column(kind, **public):
    return Column(name="x", kind=kind, role=Role.QUASI_IDENTIFIER, **public)


def table(values, spec):
    return Table.build(pd.DataFrame({"x": values}, dtype=object), Schema((spec,)))


def labels(values, level, spec, members=None):
    """Labels of these values under the hierarchy fitted on `members`; None where missing."""
    fitted = fit_hierarchy(spec, table(values if members is None else members, spec))
    found, _ = fitted.apply(table(values, spec).frame["x"], level)
    return [None if pd.isna(label) else label for label in found]


def test_intervals_are_aligned_to_multiples_of_their_width_and_missing_stays_missing():
    spec = column(N, bounds=(17, 90), hierarchy=intervals(5, 10, 20))
    values = [17, 20, 24.9, 25, None]
    assert labels(values, 1, spec) == ["< 20", "[20, 25)", "[20, 25)", "[25, 30)", None]
    assert labels(values, 3, spec) == ["< 20", "[20, 40)", "[20, 40)", "[20, 40)", None]


def test_at_the_highest_level_everybody_is_a_star_even_the_missing():
    for spec, values in (
        (column(N, bounds=(0, 10)), [1, None]),
        (column(D), ["2000-01-01", None]),
        (column(C), ["a", None]),
        (column(T), ["some words", None]),
        (column(C, hierarchy=JOBS), ["nurse", None]),
        (column(C, hierarchy=Hierarchy(kind="prefix")), ["123", None]),
    ):
        fitted = fit_hierarchy(spec, table(values, spec))
        found, meaning = fitted.apply(table(values, spec).frame["x"], fitted.levels)
        assert list(found) == ["*", "*"]
        assert meaning is None
        assert fitted.public_labels(fitted.levels) == ("*",)


def test_a_boundary_that_floating_point_misses_still_belongs_to_the_upper_interval():
    spec = column(N, bounds=(0, 1), hierarchy=intervals(0.1, 0.2))
    assert labels([0.3, 0.6, 0.7], 1, spec) == ["[0.3, 0.4)", "[0.6, 0.7)", "[0.7, 0.8)"]


@pytest.mark.parametrize("scale", [1e-200, 1e-10, 1e-3, 1.0, 1e7, 1e12])
def test_labels_differ_from_each_other_and_are_plain_numbers_at_any_scale(scale):
    spec = column(N)
    values = [scale * i for i in range(100)]
    fitted = fit_hierarchy(spec, table(values, spec))
    for level in range(1, fitted.levels):
        found, _ = fitted.apply(table(values, spec).frame["x"], level)
        texts = list(found.categories)
        assert len(set(texts)) == len(texts) > 1
        digits = [end.replace(".", "").strip("0-") for text in texts for end in text.strip("[<>= )").split(", ")]
        assert not any("e" in end or len(end) > 3 for end in digits)


def test_values_outside_public_bounds_go_to_the_end_intervals_which_are_open():
    spec = column(N, bounds=(20, 59), hierarchy=intervals(10, 50))
    assert labels([-1e9, 3, 29, 30, 50, 1e9], 1, spec) == ["< 30", "< 30", "< 30", "[30, 40)", ">= 50", ">= 50"]
    assert labels([-1e9, 49.9, 50, 1e9], 2, spec) == ["< 50", "< 50", ">= 50", ">= 50"]


def test_a_level_without_a_cut_inside_the_range_says_nothing_but_that_there_is_a_value():
    spec = column(N, bounds=(20, 59), hierarchy=intervals(100))
    assert labels([-1e9, 30, None, 1e9], 1, spec) == ["any number", "any number", None, "any number"]
    born = column(D, bounds=("2001-01-01", "2002-01-01"))
    assert labels(["1700-01-01", "2001-05-05", None], 4, born) == ["any date", "any date", None]


def test_public_intervals_come_complete_and_in_order_with_their_midpoints():
    spec = column(N, bounds=(17, 90), hierarchy=intervals(20, 40))
    fitted = fit_hierarchy(spec, table([30], spec))
    found, meaning = fitted.apply(table([30], spec).frame["x"], 1)
    assert tuple(found.categories) == fitted.public_labels(1)
    assert fitted.public_labels(1) == ("< 20", "[20, 40)", "[40, 60)", "[60, 80)", ">= 80")
    assert meaning.leaves == ()
    assert meaning.weights.tolist() == [10, 30, 50, 70, 90]


def test_without_bounds_the_range_is_learned_and_no_label_list_is_public():
    fitted = fit_hierarchy(column(N), table(range(100), column(N)))
    assert fitted.learned
    assert fitted.public_labels(1) is None
    known = fit_hierarchy(column(N, bounds=(0, 100)), table([3], column(N, bounds=(0, 100))))
    assert not known.learned
    assert known.public_labels(1)[:2] == ("< 5", "[5, 10)")


def test_public_bounds_and_not_the_members_choose_the_default_widths():
    spec = column(N, bounds=(0, 100))
    assert labels([12], 2, spec, members=[1, 2, 3]) == labels([12], 2, spec, members=[90, 99]) == ["[10, 20)"]


def test_a_person_outside_the_members_range_gets_a_label_the_members_have_too():
    members = fit_hierarchy(column(N), table(range(101), column(N)))
    found, meaning = members.apply(table([-500, 7, 500], column(N)).frame["x"], 1)
    inside, same = members.apply(table(range(101), column(N)).frame["x"], 1)
    assert list(found.categories) == list(inside.categories)
    assert np.array_equal(meaning.weights, same.weights)
    assert found.codes.tolist()[0] == 0
    assert found.codes.tolist()[2] == len(found.categories) - 1


def test_columns_of_one_value_and_of_none_are_no_problem():
    assert len(set(labels([7, 7, 7], 1, column(N)))) == 1
    assert labels([None, None], 2, column(N)) == [None, None]
    assert labels([None], 1, column(D)) == [None]
    assert labels([None], 1, column(C)) == [None]
    assert labels([5], 1, column(N), members=[None]) != [None]


def test_dates_go_month_quarter_year_decade():
    spec = column(D, bounds=("1915-01-01", "2006-12-31"), hierarchy=Hierarchy(kind="date"))
    values = ["1969-12-31", "1970-01-01", "2001-08-05", None]
    assert labels(values, 1, spec) == ["1969-12", "1970-01", "2001-08", None]
    assert labels(values, 2, spec) == ["1969-Q4", "1970-Q1", "2001-Q3", None]
    assert labels(values, 3, spec) == ["1969", "1970", "2001", None]
    assert labels(values, 4, spec) == ["1960s", "1970s", "2000 or later", None]


def test_the_midpoint_of_a_date_label_is_in_days_and_inside_its_label():
    spec = column(D, bounds=("1960-01-01", "1999-12-31"))
    fitted = fit_hierarchy(spec, table(["1970-01-01"], spec))
    for level in range(1, fitted.levels):
        _, meaning = fitted.apply(table(["1970-01-01"], spec).frame["x"], level)
        days = [str(np.datetime64(int(day), "D")) for day in meaning.weights]
        again = labels(days, level, spec)
        assert tuple(again) == fitted.public_labels(level)


def test_dates_outside_public_bounds_go_to_the_end_labels():
    spec = column(D, bounds=("1960-01-01", "1999-12-31"))
    found = [labels(["1800-05-05", "1963-05-05", "2200-05-05"], level, spec) for level in (1, 2, 3, 4)]
    assert found == [
        ["before 1960-02", "1963-05", "1999-12 or later"],
        ["before 1960-Q2", "1963-Q2", "1999-Q4 or later"],
        ["before 1961", "1963", "1999 or later"],
        ["before 1970", "before 1970", "1990 or later"],
    ]


def test_a_prefix_hides_one_more_character_at_each_level():
    spec = column(C, categories=("12345", "12399", "54321"), hierarchy=Hierarchy(kind="prefix"))
    assert labels(["12345", "99999", None], 2, spec) == ["123**", "999**", None]
    fitted = fit_hierarchy(spec, table(["12345"], spec))
    assert fitted.levels == 5
    assert fitted.public_labels(2) == ("123**", "543**")
    assert not fitted.learned


def test_the_depth_of_a_prefix_comes_from_the_members_alone_when_no_categories_are_public():
    spec = column(C, hierarchy=Hierarchy(kind="prefix"))
    whole = table(["1", "12", "123456789"], spec)
    fitted = fit_hierarchy(spec, whole.take(np.array([0, 1])))
    assert fitted.learned
    assert fitted.levels == 2


def test_levels_follow_the_file_and_a_value_outside_it_is_named_so_and_counted_not_quoted():
    spec = column(C, hierarchy=JOBS)
    values = ["nurse", "none", "zebra", "yak", None]
    assert labels(values, 1, spec) == ["care", "idle", UNCOVERED, UNCOVERED, None]
    assert labels(values, 2, spec) == ["work", "idle", UNCOVERED, UNCOVERED, None]
    fitted = fit_hierarchy(spec, table(values, spec))
    assert fitted.levels == 3
    assert not fitted.learned
    (note,) = fitted.notes
    assert note.startswith("2 values")
    assert "zebra" not in note
    assert fit_hierarchy(spec, table(["nurse"], spec)).notes == ()


def test_notes_count_the_members_and_nobody_else():
    spec = column(C, hierarchy=JOBS)
    assert fit_hierarchy(spec, table(["nurse", "zebra"], spec).take(np.array([0]))).notes == ()


def test_without_a_hierarchy_the_most_frequent_categories_of_the_members_are_kept():
    spec = column(C)
    values = [f"c{i}" for i in range(12) for _ in range(20 - i)]
    seen = labels([f"c{i}" for i in range(12)] + ["new", None], 1, spec, members=values)
    assert seen == [f"c{i}" for i in range(8)] + [OTHER] * 5 + [None]
    assert labels(["c0", "c1", "c2"], 3, spec, members=values) == ["c0", "c1", OTHER]
    fitted = fit_hierarchy(spec, table(values, spec))
    assert fitted.learned
    assert fitted.public_labels(1) is None


def test_categories_that_only_other_people_have_are_not_kept():
    """`Table.take` leaves the whole table's categories behind; a fit that reads them has looked at the controls."""
    spec = column(C)
    whole = table([f"c{i}" for i in range(12)], spec)
    members = whole.take(np.array([3, 4]))
    found, _ = fit_hierarchy(spec, members).apply(whole.frame["x"], 1)
    assert [label for label in found if label != OTHER] == ["c3", "c4"]
    inside, _ = fit_hierarchy(spec, members).apply(members.frame["x"], 1)
    assert list(inside.categories) == ["c3", "c4"]


def test_a_range_with_too_many_intervals_to_list_is_refused_naming_the_column():
    spec = column(N, bounds=(0, 1e9), hierarchy=intervals(1, 1000000))
    with pytest.raises(UserError, match="'x' must be few enough"):
        labels([5], 1, spec)
    assert labels([5, 2e6, 1e99], 2, spec) == ["< 1000000", "[2000000, 3000000)", ">= 1000000000"]


def test_text_goes_straight_to_the_top_unless_the_schema_says_how():
    assert fit_hierarchy(column(T), table(["a b c"], column(T))).levels == 1
    spec = column(T, hierarchy=Hierarchy(kind="prefix"))
    assert labels(["abc"], 1, spec) == ["ab*"]


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        (column(N, bounds=(0, 100), hierarchy=intervals(5, 10, 25)), "multiple of the one before.*10 then 25"),
        (column(C, hierarchy=intervals(5)), "for columns of kind numeric"),
        (column(N, hierarchy=Hierarchy(kind="prefix")), "for columns of kind categorical or text"),
        (column(C, hierarchy=Hierarchy(kind="cuts", cuts=(1, 2))), "for columns of kind numeric"),
        (column(C, hierarchy=Hierarchy(kind="date")), "for columns of kind date"),
        (
            column(C, hierarchy=Hierarchy(kind="levels", rows=(("a", "x", "p"), ("b", "x", "q")))),
            "belongs to one larger group",
        ),
        (
            column(C, hierarchy=Hierarchy(kind="levels", rows=(("a", UNCOVERED, "p"), ("b", "x", "q")))),
            "belongs to one larger group",
        ),
    ],
)
def test_a_hierarchy_that_does_not_fit_or_nest_is_refused_with_a_remedy(spec, complaint):
    values = ["1"] if spec.kind is C else [1]
    with pytest.raises(UserError, match=complaint) as caught:
        fit_hierarchy(spec, table(values, spec))
    assert caught.value.do


@pytest.mark.parametrize(
    "spec",
    [
        column(N),
        column(N, bounds=(0, 9)),
        column(N, hierarchy=intervals(5)),
        column(N, bounds=(0, 9), hierarchy=intervals(5)),
        column(N, bounds=(0, 9), hierarchy=Hierarchy(kind="intervals", widths=(5,), learned=True)),
        column(N, hierarchy=Hierarchy(kind="cuts", cuts=(2, 5, 50))),
        column(N, bounds=(0, 9), hierarchy=Hierarchy(kind="cuts", cuts=(2, 5, 50), learned=True)),
        column(N, hierarchy=AGES),
        column(N, bounds=(0, 9), hierarchy=replace(AGES, learned=True)),
        column(D, bounds=("2000-01-01", "2001-01-01"), hierarchy=Hierarchy(kind="date", learned=True)),
        column(D, hierarchy=DAYS),
        column(D),
        column(D, bounds=("2000-01-01", "2001-01-01")),
        column(C),
        column(C, categories=("1", "2")),
        column(C, hierarchy=JOBS),
        column(C, hierarchy=replace(JOBS, learned=True)),
        column(C, categories=("11", "22"), hierarchy=Hierarchy(kind="prefix", learned=True)),
        column(C, hierarchy=Hierarchy(kind="prefix")),
        column(C, categories=("1", "2"), hierarchy=Hierarchy(kind="prefix")),
        column(T),
        column(T, hierarchy=Hierarchy(kind="prefix")),
    ],
    ids=lambda spec: (
        f"{spec.kind}-{spec.hierarchy.kind if spec.hierarchy else 'none'}-{bool(spec.bounds or spec.categories)}"
        f"{'-learned' if spec.hierarchy and spec.hierarchy.learned else ''}"
    ),
)
def test_what_is_called_public_gives_the_same_map_whoever_the_members_are(spec):
    """The claim that private training leans on, checked on two very different sets of members."""
    dates = spec.kind is D
    some, others = (["2000-01-02", "2000-03-04"], ["1700-01-01"]) if dates else (["1", "2"], ["77777", "8", "9"])
    fits = [fit_hierarchy(spec, table(values, spec)) for values in (some, others)]
    probe = table([*some, *others], spec).frame["x"]
    for level in range(1, 6):
        tops = [min(level, fit.levels) for fit in fits]
        found = [list(fit.apply(probe, top)[0].astype(str)) for fit, top in zip(fits, tops, strict=True)]
        if public_hierarchy(spec, level):
            assert found[0] == found[1]
            meant = [fit.apply(probe, top)[1] for fit, top in zip(fits, tops, strict=True)]
            assert repr(meant[0]) == repr(meant[1])
            assert fits[0].public_labels(tops[0]) == fits[1].public_labels(tops[1]) is not None
        else:
            assert fits[0].public_labels(tops[0]) == (("*",) if level >= fits[0].levels else None)
    learned = any(not public_hierarchy(spec, level) for level in range(1, fits[1].levels))
    assert learned == fits[0].learned == fits[1].learned


def groups(found):
    return pd.factorize(np.where(pd.isna(found), "(missing)", np.asarray(found, dtype=object)))[0]


def nests(values, spec, members):
    """Whether two values that share a label keep sharing it at every level above."""
    fitted = fit_hierarchy(spec, table(members, spec))
    cells = table(values, spec).frame["x"]
    below = [groups(fitted.apply(cells, level)[0]) for level in range(1, fitted.levels + 1)]
    return all(len(set(zip(a, b, strict=True))) == len(set(a)) for a, b in itertools.pairwise(below))


finite = st.floats(-1e6, 1e6, allow_nan=False) | st.sampled_from([0.1, 0.2, 0.3, 0.6, 0.7, 0.8, 5.0, 10.0, None])


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(finite, min_size=1, max_size=30),
    members=st.lists(finite, min_size=1, max_size=30),
    steps=st.lists(st.integers(2, 5), min_size=1, max_size=3),
    bounded=st.booleans(),
    explicit=st.booleans(),
)
def test_levels_of_numbers_nest(values, members, steps, bounded, explicit):
    widths = list(itertools.accumulate([0.1 if bounded else 250.0, *steps], lambda a, b: a * b))
    public = {"bounds": (0, 1)} if bounded else {}
    assert nests(values, column(N, hierarchy=intervals(*widths) if explicit else None, **public), members)


def test_a_value_just_below_a_boundary_stays_below_it_at_every_level():
    """Found by the test above: a fixed tolerance moved -0.00001 over zero at wide intervals, but not at narrow ones."""
    assert nests([-1.0, -1e-05], column(N), [0.0, 0.0, -28862.0])
    spec = column(N, bounds=(-100, 100), hierarchy=intervals(10, 20, 100))
    assert [labels([-1e-9], level, spec)[0] for level in (1, 2, 3)] == ["[-10, 0)", "[-20, 0)", "< 0"]


@settings(max_examples=50, deadline=None)
@given(
    values=st.lists(st.dates() | st.none(), min_size=1, max_size=30),
    members=st.lists(st.dates(date(1600, 1, 1), date(2400, 1, 1)) | st.none(), min_size=1, max_size=30),
)
def test_levels_of_dates_nest(values, members):
    assert nests([v and str(v) for v in values], column(D), [v and str(v) for v in members])


texts = st.text("ab1*(", min_size=0, max_size=5) | st.sampled_from(["nurse", OTHER, UNCOVERED, "*", None])


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(texts, min_size=1, max_size=30),
    members=st.lists(texts, min_size=1, max_size=30),
    hierarchy=st.sampled_from([None, Hierarchy(kind="prefix"), JOBS]),
)
def test_levels_of_categories_nest_whatever_the_values_are_called(values, members, hierarchy):
    assert nests(values, column(C, hierarchy=hierarchy), members)
