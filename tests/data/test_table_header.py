"""Column names are told from data, repaired where they must be, and every repair is named."""

from __future__ import annotations

import pytest

from tests.reading import read, rows_of, said


def test_a_file_without_a_header_line_keeps_its_first_row():
    result = read("39,State-gov,77516\n50,Private,83311\n38,Private,215646\n")
    assert len(result.frame) == 3
    assert list(result.frame.columns) == ["column 1", "column 2", "column 3"]
    assert rows_of(result)[0] == ["39", "State-gov", "77516"]
    assert result.findings[0].level == "warning"
    assert "no line with column names" in said(result)
    assert "State-gov" not in said(result)


@pytest.mark.parametrize(
    "content",
    [
        "name,town\nAnn,Ulm\nBob,Bonn\n",
        "name,2019,2020\nAnn,5,6\nBob,7,8\n",
        "0,1,2\n5,6,7\n8,9,5\n",
        "age,town\n34,Ulm\n56,Bonn\n",
        "town,rank 1\nUlm,1\nBonn,2\n",
    ],
)
def test_a_header_is_not_mistaken_for_data(content):
    result = read(content)
    assert len(result.frame) == 2
    assert list(result.frame.columns) == content.split("\n")[0].split(",")


@pytest.mark.parametrize(
    "content", ["ann@x.org,a\nbob@x.org,b\n", "f,yes\nm,no\nf,no\nm,yes\n", "1999-01-02,a\n1998-03-04,b\n"]
)
def test_data_in_the_first_line_is_recognised_by_other_signs_too(content):
    assert len(read(content).frame) == content.count("\n")


def test_padded_empty_and_repeated_names_are_repaired_and_named():
    result = read(" age ,,age,age (2),size\n1,2,3,4,5\n")
    assert list(result.frame.columns) == ["age", "column 2", "age (3)", "age (2)", "size"]
    assert {f.column for f in result.findings if f.level == "warning"} >= {"column 2", "age (3)"}
    assert "cut from the column names 'age'" in said(result)


def test_names_with_emoji_html_and_blanks_are_kept_as_they_are():
    result = read("🙂 mood,<b>age</b>,first name\na,b,c\n")
    assert list(result.frame.columns) == ["🙂 mood", "<b>age</b>", "first name"]


def test_empty_columns_and_rows_at_the_ends_are_left_out_and_named_but_not_between():
    result = read("a,b,,\n1,2,,\n,,,\n3,4,,\n,,,\n,,,\n")
    assert rows_of(result) == [["1", "2"], [None, None], ["3", "4"]]
    for text in ("2 empty columns", "2 empty rows left out at the end", "1 row between the others"):
        assert text in said(result)


def test_a_named_column_without_a_cell_is_kept():
    result = read("a,b\n1,\n2,\n")
    assert result.frame["b"].isna().all()
    assert "No cell is filled in in 'b'" in said(result)


def test_lines_that_repeat_the_header_are_left_out_and_counted():
    result = read("name,age\nAnn,34\nname,age\nBob,age\n")
    assert rows_of(result) == [["Ann", "34"], ["Bob", "age"]]
    assert "1 line that only repeats" in said(result)
