"""Levels files: what ARX users bring and take away, for every kind of column; what a file lacks is said, not hidden."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.hierarchy import UNCOVERED, fit_hierarchy, learned_sentence, public_hierarchy
from core.data.levels_file import check_coverage, read_levels_text, take_levels, write_levels
from core.data.samples import load_sample
from core.data.schema import Column, Hierarchy, Kind, Role, Schema, read_levels
from core.data.table import Table
from core.errors import UserError
from core.techniques.base import PublicFacts
from core.techniques.generalise import Generalise
from core.techniques.public_encoding import PublicEncoder
from tests.tables import awkward

N, C, D, T = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATE, Kind.TEXT
AGES = (("17", "<20", "<40", "*"), ("18", "<20", "<40", "*"), ("34", "<40", "<40", "*"), ("61", ">=40", ">=40", "*"))


def column(kind, **public):
    return Column(name="x", kind=kind, role=Role.QUASI_IDENTIFIER, **public)


def table(values, spec):
    return Table.build(pd.DataFrame({"x": values}, dtype=object), Schema((spec,)))


def labels_of(fitted, cells):
    """Every level's labels; None where missing."""
    found = [fitted.apply(cells, level)[0] for level in range(1, fitted.levels + 1)]
    return [[None if pd.isna(label) else label for label in level] for level in found]


# Reading.


@pytest.mark.parametrize(
    "text",
    [
        "17;<20;*\n34;<40;*\n",
        "17;<20;*\r\n\r\n34;<40;*",
        "\ufeff17;<20;*\n34;<40;*",
        b"\xef\xbb\xbf17;<20;*\n34;<40;*",
        "17;<20;*\n34;<40;*".encode("utf-16"),
        "17,<20,*\n34,<40,*",
        "17\t<20\t*\n34\t<40\t*",
        '"17";"<20";"*"\n"34";"<40";"*"',
    ],
)
def test_a_levels_file_is_read_whatever_program_wrote_it(text):
    assert read_levels_text(text) == (("17", "<20", "*"), ("34", "<40", "*"))


def test_commas_in_the_names_of_groups_do_not_make_a_comma_file():
    rows = read_levels_text('a;Married, living together;*\nb;"Separated; or apart";*\n"say ""c""";x, y, z;*')
    assert rows == (
        ("a", "Married, living together", "*"),
        ("b", "Separated; or apart", "*"),
        ('say "c"', "x, y, z", "*"),
    )
    assert read_levels_text('"a;b",x\nc,x') == (("a;b", "x"), ("c", "x"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "an empty file"),
        (" \n\n", "a single cell in line 1"),
        ("secret\nother", "a single cell in line 1"),
        ("secret;x;*\n\nother;x\n", "2 in line 3 and 3 in line 1"),
        ("a;x, y;*\nb;x, y", "2 in line 2 and 3 in line 1"),
        ("secret;x;*\nother;x;*\nsecret;y;*", "value of line 1 again in line 3"),
        ("a;x;p\nb;x;q", "group of level 1 of line 2 in another group of level 2 than in line 1"),
        ('a;x;*\nb;"secret;*\nc;x;*\n', "line 2 that does not"),
        ('a;x;*\n"secret"b;x;*\n', "line 2 that does not"),
        ('a;"x\ny";*\nb;x', "2 in line 3 and 3 in line 1"),
        (b"PK\x03\x04\x00\x00secret", "no text in line 1"),
    ],
)
def test_a_file_that_is_no_hierarchy_is_refused_with_the_line_and_without_the_cell(text, complaint):
    with pytest.raises(UserError, match=complaint) as caught:
        read_levels_text(text)
    assert "secret" not in str(caught.value)
    assert caught.value.do


def test_a_schema_names_the_line_of_its_levels_file(tmp_path):
    (tmp_path / "job.csv").write_text("clerk;office;*\nsmith;workshop\n")
    with pytest.raises(UserError, match="2 in line 2"):
        read_levels(tmp_path / "job.csv")


# Coverage, and taking a file over.


@pytest.mark.parametrize(
    ("spec", "values", "rows", "missing", "share"),
    [
        (column(C), ["cook", "zebra", None, "yak", "yak"], (("cook", "*"),), ("yak", "zebra"), 0.6),
        (column(N), [17, 100.0, 9, None], (("17", "*"), ("17.0", "*")), ("9", "100"), 0.5),
        (column(N), [2.5, -0.0, 1e-7], (("2.50", "*"), ("0", "*")), ("0.0000001", "2.5"), 2 / 3),
        (column(D), ["2020-01-31", "2020-02-01"], (("2020-01-31", "*"), ("1.2.2020", "*")), ("2020-02-01",), 0.5),
        (column(T), ["a b", "c"], (("a b", "*"), ("c", "*"), ("more", "*")), (), 0.0),
        (column(N), [None, None], (("1", "*"),), (), 0.0),
    ],
)
def test_coverage_lists_the_values_that_a_file_lacks_as_texts(spec, values, rows, missing, share):
    found = check_coverage(rows, spec, table(values, spec))
    assert found.missing == missing
    assert (found.count, found.complete) == (len(missing), not missing)
    assert found.share == pytest.approx(share)
    assert not any(text in repr(found) for text in missing if len(text) > 2)


def test_a_file_that_lacks_values_is_refused_with_counts_and_the_old_hierarchy_stays():
    spec = column(C, hierarchy=Hierarchy(kind="prefix"))
    rows = table(["cook", "zebra", None, "yak"], spec)
    with pytest.raises(UserError, match=r"2 values that it lacks, in 50\.0% of the rows") as caught:
        take_levels(spec, rows, (("cook", "*"),))
    assert "zebra" not in str(caught.value)
    assert "yak" not in str(caught.value)
    assert spec.hierarchy == Hierarchy(kind="prefix")
    taken = take_levels(spec, rows, (("cook", "food"), ("zebra", "animal"), ("yak", "animal")))
    assert taken == replace(spec, hierarchy=taken.hierarchy)
    assert labels_of(fit_hierarchy(taken, rows), rows.frame["x"])[0] == ["food", "animal", None, "animal"]


def test_a_file_that_covers_all_but_is_no_hierarchy_is_refused():
    spec = column(C)
    with pytest.raises(UserError, match="larger group"):
        take_levels(spec, table(["a", "b"], spec), (("a", "x", "p"), ("b", "x", "q")))
    with pytest.raises(UserError, match="one length"):
        take_levels(spec, table(["a", "b"], spec), (("a", "x", "p"), ("b", "x")))


def test_an_old_hierarchy_that_does_not_fit_is_no_reason_to_refuse_a_new_one():
    broken = column(N, bounds=(0, 1e9), hierarchy=Hierarchy(kind="intervals", widths=(5, 7)))
    taken = take_levels(broken, table([17], broken), AGES)
    assert taken.hierarchy == Hierarchy(kind="levels", rows=AGES)


def test_exporting_and_importing_what_was_learned_makes_nothing_public():
    spec = column(N)
    rows = table(range(100), spec)
    text = write_levels(spec, rows)
    back = take_levels(spec, rows, read_levels_text(text))
    assert back.hierarchy.learned
    assert not public_hierarchy(back, 1)
    assert fit_hierarchy(back, rows).learned
    assert fit_hierarchy(back, rows).public_labels(1) is None
    own = take_levels(spec, rows, tuple((str(n), "young" if n < 30 else "old") for n in range(100)))
    assert not own.hierarchy.learned
    assert public_hierarchy(own, 1)
    assert take_levels(spec, rows, own.hierarchy.rows, learned=True).hierarchy.learned
    assert learned_sentence([back, own]) == "The hierarchies of x were learned from these people."
    assert learned_sentence([own]) is None


# Numbers and dates in a levels file.


def test_numbers_are_looked_up_by_their_text_and_mean_what_their_label_covers():
    spec = column(N, hierarchy=Hierarchy(kind="levels", rows=AGES))
    rows = table([17, 18.0, 34, 61, 99, None], spec)
    fitted = fit_hierarchy(spec, rows)
    assert fitted.levels == 3
    assert not fitted.learned
    assert fitted.notes == ("1 value of 'x' is not in its levels file and has the label '(not in the hierarchy)'",)
    one, two, top = labels_of(fitted, rows.frame["x"])
    assert one == ["<20", "<20", "<40", ">=40", UNCOVERED, None]
    assert two == ["<40", "<40", "<40", ">=40", UNCOVERED, None]
    assert top == ["*"] * 6
    found, meaning = fitted.apply(rows.frame["x"], 1)
    assert tuple(found.categories) == fitted.public_labels(1) == ("<20", "<40", ">=40", UNCOVERED)
    assert meaning.leaves == ()
    assert np.array_equal(meaning.weights, [17.5, 34, 61, np.nan], equal_nan=True)


def test_dates_are_looked_up_by_their_day_whatever_the_hour_and_mean_days():
    days = (("1999-12-31", "old", "*"), ("2000-01-02", "new", "*"), ("2000-01-04", "new", "*"), ("today", "new", "*"))
    spec = column(D, hierarchy=Hierarchy(kind="levels", rows=days))
    rows = table(["2000-01-02 10:30:00", "1999-12-31", "2024-01-01", None], spec)
    fitted = fit_hierarchy(spec, rows)
    assert labels_of(fitted, rows.frame["x"])[0] == ["new", "old", UNCOVERED, None]
    _, meaning = fitted.apply(rows.frame["x"], 1)
    assert np.array_equal(meaning.weights, [10956, 10959, np.nan], equal_nan=True)


def test_groups_of_numbers_that_lie_between_each_other_are_names_and_no_midpoints():
    """The means of 1, 3 and of 2 are the same number: a model, and an attack, could not tell these people apart."""
    spec = column(N, hierarchy=Hierarchy(kind="levels", rows=(("1", "odd"), ("2", "even"), ("3", "odd"))))
    rows = table([1, 2, 3], spec)
    found, meaning = fit_hierarchy(spec, rows).apply(rows.frame["x"], 1)
    assert meaning is None
    assert list(found) == ["odd", "even", "odd"]
    touching = replace(spec, hierarchy=Hierarchy(kind="levels", rows=(("1", "a"), ("2", "a"), ("3", "b"))))
    assert fit_hierarchy(touching, rows).apply(rows.frame["x"], 1)[1].weights[:2].tolist() == [1.5, 3]


def test_what_private_training_reads_does_not_depend_on_whether_somebody_is_not_in_the_file():
    spec = column(N, hierarchy=Hierarchy(kind="levels", rows=AGES))
    facts = PublicFacts(people=3, classes=())
    encoded = []
    for values in ([17, 34, 61], [17, 34, 99]):
        rows = table(values, spec)
        assert Generalise(level=1).public_map(rows.schema)
        made = Generalise(level=1).protect(rows, facts, np.random.default_rng(0)).table
        encoded.append(PublicEncoder.for_table(made, facts))
    assert encoded[0] == encoded[1]
    assert encoded[0].columns[0].kind == "label"


def test_level_files_of_numbers_and_dates_are_public_unless_they_were_learned():
    for learned in (False, True):
        spec = column(N, hierarchy=Hierarchy(kind="levels", rows=AGES, learned=learned))
        assert public_hierarchy(spec, 1) is not learned
        assert (fit_hierarchy(spec, table([17], spec)).public_labels(1) is None) is learned


# Writing.


def test_formulas_and_delimiters_are_written_so_that_they_come_back_unchanged():
    """A quote in front of "=1+1", as a spreadsheet needs it, would be another value."""
    names = ["=1+1", "+4", "-4", "@x", "a;b", 'say "c"', "two\nlines", "cr\rhere", " padded ", "\ufeffmark", "ü"]
    spec = column(C, categories=tuple(names), hierarchy=Hierarchy(kind="prefix"))
    rows = table(names, spec)
    back = read_levels_text(write_levels(spec, rows))
    assert {row[0] for row in back} == set(names)


def test_values_that_nobody_has_are_written_when_the_schema_has_them():
    spec = column(C, categories=("a", "b", "c"))
    rows = table(["a", "c"], spec)
    assert [row[0] for row in read_levels_text(write_levels(spec, rows))] == ["a", "b", "c"]
    ages = column(N, hierarchy=Hierarchy(kind="levels", rows=AGES))
    rows = table([34, 99], ages)
    assert read_levels_text(write_levels(ages, rows)) == (*AGES, ("99", UNCOVERED, UNCOVERED, "*"))
    assert take_levels(ages, rows, read_levels_text(write_levels(ages, rows))).kind is N


def test_a_column_without_any_value_has_no_levels_file():
    with pytest.raises(UserError, match="one line per value"):
        write_levels(column(N), table([None], column(N)))


def assert_same_labels_after_a_round_trip(spec, rows):
    fitted = fit_hierarchy(spec, rows)
    text = write_levels(spec, rows)
    again = fit_hierarchy(replace(spec, hierarchy=Hierarchy(kind="levels", rows=read_levels_text(text))), rows)
    cells = rows.frame[spec.name]
    assert labels_of(again, cells) == labels_of(fitted, cells)


@pytest.mark.parametrize("name", list(awkward()))
def test_every_hierarchy_of_an_awkward_table_survives_export_and_import(name):
    rows = awkward()[name]
    for spec in rows.schema.columns:
        assert_same_labels_after_a_round_trip(spec, rows)


def test_the_hierarchies_of_the_sample_tables_survive_export_and_import():
    for key in ("adult", "clinic"):
        rows = load_sample(key).take(np.arange(150))
        for name in rows.schema.quasi_identifiers:
            assert_same_labels_after_a_round_trip(rows.schema[name], rows)


texts = st.text("ab1*(;,\"'\t\n\r =-", min_size=0, max_size=5) | st.none()
numbers = st.floats(-1e6, 1e6) | st.integers(0, 120).map(float) | st.none()
days = st.dates().map(str) | st.none()
COLUMNS = [
    (column(C), texts),
    (column(C, hierarchy=Hierarchy(kind="prefix")), texts),
    (column(T), texts),
    (column(C, hierarchy=Hierarchy(kind="levels", rows=(("a", "x", "w"), ("b", "y", "w"), ("", "z", "v")))), texts),
    (column(N), numbers),
    (column(N, bounds=(17, 90)), numbers),
    (column(N, hierarchy=Hierarchy(kind="cuts", cuts=(0, 17.5, 20, 40))), numbers),
    (column(N, hierarchy=Hierarchy(kind="levels", rows=AGES)), numbers),
    (column(D, bounds=("1950-01-01", "2020-01-01")), days),
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(COLUMNS).flatmap(lambda pair: st.tuples(st.just(pair[0]), st.lists(pair[1], max_size=25))))
def test_any_hierarchy_survives_export_and_import(case):
    spec, values = case
    rows = table([*values, {C: "a", T: "a", N: 17, D: "2000-01-01"}[spec.kind]], spec)
    assert_same_labels_after_a_round_trip(spec, rows)
