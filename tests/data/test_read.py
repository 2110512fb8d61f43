"""Files are read as they stand: every repair is named, no row vanishes, no message shows a cell."""

from __future__ import annotations

import pytest

from core.data.read import MISSING_TOKENS
from tests.reading import SECRET, read, refusal, rows_of, said

# Delimited text


@pytest.mark.parametrize(("delimiter", "word"), [(",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_the_delimiter_is_found_and_named(delimiter, word):
    result = read(f"name{delimiter}size\nAnn{delimiter}3\nBob{delimiter}4\n")
    assert (result.delimiter, rows_of(result)) == (delimiter, [["Ann", "3"], ["Bob", "4"]])
    assert word in said(result)


def test_commas_inside_the_fields_of_a_semicolon_file_do_not_split_them():
    result = read("a;b\n3,5;1,2\n4,5;2,2\n")
    assert (result.delimiter, result.decimal) == (";", ",")
    assert rows_of(result) == [["3,5", "1,2"], ["4,5", "2,2"]]


def test_a_line_that_names_the_delimiter_is_obeyed_and_line_numbers_still_fit():
    assert rows_of(read("sep=;\na;b\n1,1;2\n")) == [["1,1", "2"]]
    assert "line 3 has 3 fields" in refusal("sep=;\na;b\n1;2;3\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encoding_is_found_and_named_when_it_is_not_plain_utf_8(encoding):
    result = read("Straße;Größe\nMühlweg;3\nÄußere;4\n".encode(encoding))
    assert list(result.frame.columns) == ["Straße", "Größe"]
    assert rows_of(result)[0] == ["Mühlweg", "3"]
    assert result.encoding == encoding
    assert ("UTF" in said(result) or "Windows" in said(result)) == (encoding != "utf-8")


def test_bytes_outside_windows_1252_fall_back_to_latin_1():
    assert read(b"a,b\n\x81\xe4,1\n").encoding == "latin-1"


def test_one_damaged_byte_in_good_utf_8_is_refused_with_its_line_instead_of_read_as_another_encoding():
    content = b"name,town\n" + "Jürgen,Köln\n".encode() * 30 + b"J\xfcrgen,Ulm\n"
    assert "damaged bytes in line 32" in refusal(content)


def test_a_line_with_too_many_fields_is_refused_with_its_number():
    text = refusal("a,b,c,d\n" + "1,2,3,4\n" * 15 + f"1,2,3,4,{SECRET}\n")
    assert "line 17 has 5 fields, the header has 4" in text


def test_line_numbers_count_line_breaks_inside_quotation_marks():
    assert "line 4 has 3 fields" in refusal('a,b\n"x\ny",1\n1,2,3\n')


def test_a_line_with_too_few_fields_is_filled_up_kept_and_named():
    result = read("a,b,c\n1,2,3\n4,5\n6,7,8\n")
    assert rows_of(result) == [["1", "2", "3"], ["4", "5", None], ["6", "7", "8"]]
    (finding,) = [f for f in result.findings if "fewer fields" in f.text]
    assert finding.level == "warning"
    assert "line 3 has 2" in finding.text


def test_empty_fields_behind_the_last_column_are_left_out_and_named():
    result = read("a,b\n1,2,\n3,4,\n")
    assert rows_of(result) == [["1", "2"], ["3", "4"]]
    assert "2 lines" in said(result)


def test_a_quotation_mark_that_never_closes_is_refused_instead_of_swallowing_rows():
    text = refusal(f'a,b\n1,"{SECRET}\n2,y\n3,z\n')
    assert "quotation marks" in text
    assert "line 4" in text


def test_a_title_above_the_header_is_refused_rather_than_read_as_a_table_of_one_column():
    assert "line 3 has 2 fields, the header has 1" in refusal("Export of 2024\n\nid;name\n1;Ann\n2;Bob\n")


def test_one_column_keeps_its_blank_lines_as_missing_cells_save_at_the_end():
    result = read("size\n3,5\n\n4,25\n\n\n")
    assert rows_of(result) == [["3,5"], [None], ["4,25"]]
    assert "2 blank lines" in said(result)


def test_blank_lines_between_rows_are_no_rows_and_are_counted():
    result = read("a,b\n1,2\n\n\n3,4\n")
    assert len(result.frame) == 2
    assert "2 blank lines" in said(result)


def test_a_tab_separated_file_named_csv_is_named_and_read():
    result = read("a\tb\n1\t2\n")
    assert (result.format, rows_of(result)) == ("tsv", [["1", "2"]])
    assert "ends in .csv" in said(result)
    assert "ends in" not in said(read("a\tb\n1\t2\n", "people.tsv"))
    assert "ends in" not in said(read("a\n1\n", "people.tsv"))


@pytest.mark.parametrize("content", [b"", b"\n \n\t\n", b"\xef\xbb\xbf", b"\x00\x00"])
def test_an_empty_file_is_refused(content):
    assert "an empty file" in refusal(content)


def test_a_header_without_rows_is_refused():
    assert "at least one row" in refusal("a,b\n")
    assert "at least one row" in refusal("a,b\n,\n,\n")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (f"<!DOCTYPE html><html><td>{SECRET}</td></html>", "web page"),
        (f'<?xml version="1.0"?><x>{SECRET}</x>', "XML"),
        (f'[{{"name": "{SECRET}"}}]', "JSON"),
        ("%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "password"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b"\x80\x04\x95\x10", "Python objects"),
        (b"PK\x03\x04junk", "damaged"),
        (b"PAR1junk", "cannot be read"),
        (b"a,b\n1,\x00\n", "line 2"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_what_it_is(content, word):
    assert word in refusal(content)


# Cells


def test_leading_zeros_stay():
    result = read("zip,n\n01234,1\n99999,2\n")
    assert result.frame["zip"].tolist() == ["01234", "99999"]
    assert "Leading zeros" in said(result)


@pytest.mark.parametrize("token", MISSING_TOKENS)
def test_every_usual_mark_becomes_missing_and_is_counted_and_its_row_stays(token):
    result = read(f"job,n\nsmith,1\n{token},2\n{token},3\n")
    assert rows_of(result) == [["smith", "1"], [None, "2"], [None, "3"]]
    (finding,) = [f for f in result.findings if f"'{token}'" in f.text]
    assert finding.text.startswith("2 cells")
    assert finding.column == "job"


def test_empty_cells_are_counted_by_column():
    result = read("a,b\n1,\n,2\n3,\n")
    assert "3 empty cells were read as missing in 'a', 'b'" in said(result)


def test_words_that_only_contain_a_mark_are_no_missing_cells():
    words = ["None", "nano", "-1", "N", "na", "?!", "unknown"]
    assert read("w,x\n" + "".join(f"{w},1\n" for w in words)).frame["w"].tolist() == words


def test_a_minus_among_plus_signs_is_a_value():
    result = read("rhesus,n\n+,1\n-,2\n+,3\n")
    assert result.frame["rhesus"].tolist() == ["+", "-", "+"]
    assert "kept as a value" in said(result)


def test_namibia_is_asked_about():
    assert "Namibia" in said(read("country,n\nNA,1\nDE,2\n"))


def test_blanks_around_cells_are_cut_and_named():
    result = read("job, pay\nsmith, <=50K\nclerk, ?\n")
    assert rows_of(result) == [["smith", "<=50K"], ["clerk", None]]
    assert "cut off in 1 column" in said(result)


def test_decimal_commas_thousands_and_orders_of_dates_are_named():
    text = "size;pay;born;seen\n3,5;1.250,00;31.12.1999;13/01/2024\n4,25;900,50;1.2.2000;01/02/2024\n"
    result = read(text)
    assert result.decimal == ","
    for words in (
        "comma in 'size', 'pay'",
        "Thousands are set apart in the numbers of 'pay'",
        "day first in 'born', 'seen'",
    ):
        assert words in said(result)
    american = read('seen,pay\n12/31/1999,"1,250.50"\n01/02/2000,17.5\n')
    assert american.decimal == "."
    assert "month first in 'seen'" in said(american)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["01/02/2020", "03/04/2021"], "day or the month first"),
        (["01.02.20", "03.04.21"], "two digits"),
        (['"1,234"', '"52,000"'], "decimals or thousands"),
    ],
)
def test_what_no_cell_settles_is_a_warning(cells, words):
    result = read("name,what\n" + "".join(f"Ann,{cell}\n" for cell in cells))
    (finding,) = [f for f in result.findings if words in f.text]
    assert (finding.level, finding.column) == ("warning", "what")


def test_a_few_cells_unlike_the_others_are_counted_with_their_lines():
    result = read("age,born\n" + "34,1999-01-02\n" * 9 + f"{SECRET},1999-02-31\n")
    texts = {f.column: f.text for f in result.findings if "cannot be read" in f.text}
    assert texts.keys() == {"age", "born"}
    assert all("1 cell" in text and "line 11" in text for text in texts.values())
    assert SECRET not in said(result)
