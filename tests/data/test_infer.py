"""What is suggested for raw cells, and how raw cells become ready for a table."""

import numpy as np
import pandas as pd
import pytest

from core.data.infer import apply_kinds, date_findings, date_form, masked_example, suggest, suggest_schema
from core.data.pii import has_topic, iban, luhn, matches, names_person_id, phone, target_rank
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError

ROWS = 60


def one(cells, name="x", **others):
    """Suggest for one column; a second, dull column keeps it from being guessed as a target."""
    cells = list(cells)
    last = {"zz": ["u", "v"] * (len(cells) // 2) + ["u"] * (len(cells) % 2)} if len(cells) > 1 else {}
    return suggest(pd.DataFrame({name: cells, **others, **last}))[0]


def sample(name):
    return pd.read_csv(f"sample_data/{name}.csv", dtype=str, keep_default_na=False, na_values=[""], nrows=2000)


def dated(cells, kind=Kind.DATE):
    frame = pd.DataFrame({"d": pd.Series(cells)})
    schema = Schema((Column(name="d", kind=kind, role=Role.FEATURE),))
    return frame, schema


def built(cells):
    frame, schema = dated(cells)
    return [None if pd.isna(v) else str(v) for v in Table.build(apply_kinds(frame, schema), schema).frame["d"]]


def test_the_adult_table_gets_its_quasi_identifiers_and_its_target():
    schema = suggest_schema(sample("adult"))
    assert {"age", "sex", "race", "education", "occupation", "marital-status", "native-country"} <= set(
        schema.quasi_identifiers
    )
    assert schema.target == "income"
    assert schema["age"].kind is Kind.NUMERIC
    assert schema["hours-per-week"].role is Role.FEATURE
    assert schema.direct_identifiers == ()
    assert schema.person_id is None


def test_the_clinic_table_gets_identifiers_a_person_id_and_its_target():
    schema = suggest_schema(sample("clinic"))
    assert schema.person_id == "patient_id"
    assert schema["patient_id"].role is Role.DIRECT_IDENTIFIER
    assert schema.direct_identifiers == ("name", "email", "phone")
    assert schema.quasi_identifiers == ("birth_date", "sex", "zip", "hospital")
    assert schema.with_role(Role.SENSITIVE) == ("diagnosis",)
    assert schema.target == "readmitted"
    assert schema["birth_date"].kind is Kind.DATE
    assert schema["birth_date"].hierarchy.kind == "date"
    assert schema["zip"].kind is Kind.CATEGORICAL
    assert schema["zip"].hierarchy.kind == "prefix"
    assert {schema[c].kind for c in ("n_medications", "haemoglobin")} == {Kind.NUMERIC}


@pytest.mark.parametrize("name", ["adult", "clinic"])
def test_nothing_public_is_ever_read_from_the_data(name):
    schema = suggest_schema(sample(name))
    assert all(c.bounds is None and c.categories is None for c in schema.columns)


@pytest.mark.parametrize("name", ["adult", "clinic"])
def test_a_suggested_schema_builds_the_table_it_was_made_for(name):
    frame = sample(name)
    schema = suggest_schema(frame)
    assert len(Table.build(apply_kinds(frame, schema), schema)) == 2000


ODD = {
    "0/1 text": ["0", "1", "1"] * 20,
    "three hundred": [f"c{i % 300}" for i in range(600)],
    "a <b>bold</b> name": ["u", "v"] * 30,
    "🙂 emoji": ["🙂", "🙃"] * 30,
    "": ["u", "v"] * 30,
    "nothing": [None] * 60,
    "blank": ["", " ", None] * 20,
    "constant": ["same"] * 60,
    "one row": ["31.12.1999"],
    "one number": [3.5],
    "booleans": [True, False] * 30,
    "booleans and gaps": [True, False, None] * 20,
    "mixed": ["u", 1, 2.5, None, pd.Timestamp("2020-01-01"), True] * 10,
    "numbers and words": ["1", "2", "many"] * 20,
    "infinite": [1.0, 2.0, 3.0, np.inf] * 15,
    "infinite text": ["1", "2", "3", "inf"] * 15,
    "lists": [[1], [2]] * 30,
    "impossible dates": ["2023-02-28", "2023-02-29", "2023-03-01"] * 20,
    "day-first": ["31.12.1999", "1.2.2000", ""] * 20,
    "us": ["12/31/1999", "1/2/2000", None] * 20,
    "offsets": ["2020-01-01T10:00+01:00", "2020-01-01T10:00Z", "2020-01-02T10:00-05:00"] * 20,
    "moments": list(pd.date_range("2020-01-01", periods=60)),
    "old": ["1066-10-14", "0800-12-25", "1492-10-12"] * 20,
    "decimal comma": ["1,5", "-2,25", "1.000,5"] * 20,
    "thousands or decimals": ["1,234", "2,345", "3,456"] * 20,
    "categories": list("abc") * 20,
    "clock": ["10:30", "11:45", "23:59"] * 20,
    "year": [1950.0 + i for i in range(60)],
    "compact": ["20200131", "20200201", "20200315"] * 20,
}


@pytest.mark.parametrize("name", ODD)
def test_odd_columns_survive_the_round_trip(name):
    frame = pd.DataFrame({name: pd.Series(ODD[name])})
    found = suggest(frame)[0]
    schema = suggest_schema(frame)
    table = Table.build(apply_kinds(frame, schema), schema)
    assert len(table) == len(frame)
    assert found.name == name
    assert 0 <= found.share_unique <= 1
    assert 0 <= found.missing <= len(frame)
    assert isinstance(masked_example(frame[name], found.kind), str)
    date_findings(frame, schema)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("name", ODD)
def test_masking_and_findings_never_fail_whatever_kind_somebody_chooses(name, kind):
    frame = pd.DataFrame({"x": pd.Series(ODD[name])})
    schema = Schema((Column(name="x", kind=kind, role=Role.FEATURE),))
    assert len(apply_kinds(frame, schema)) == len(frame)
    assert all(isinstance(text, str) for text in date_findings(frame, schema))
    assert len(masked_example(frame["x"], kind)) <= 13


def test_forty_rows_with_odd_names_build_at_once():
    frame = pd.DataFrame({name: (cells * 40)[:40] for name, cells in ODD.items() if name != "lists"})
    schema = suggest_schema(frame)
    assert len(Table.build(apply_kinds(frame, schema), schema)) == 40


def test_a_pattern_that_decides_is_given_with_its_share_of_the_cells():
    found = one([f"user{i}@example.org" for i in range(97)] + ["none"] * 3)
    assert found.role is Role.DIRECT_IDENTIFIER
    assert found.reason == "97 % of the cells look like e-mail addresses."


def test_a_share_is_never_rounded_up_to_all():
    assert one([f"user{i}@example.org" for i in range(999)] + ["none"]).reason.startswith("more than 99 %")


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ([f"10.0.{i}.7" for i in range(ROWS)], "IP addresses"),
        ([f"fe80::{i}:1" for i in range(1, ROWS)], "IP addresses"),
        ([f"https://example.org/{i}" for i in range(ROWS)], "web addresses"),
        (["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "FR1420041010050500013M02606"] * 20, "IBAN"),
        (["4111111111111111", "5500 0000 0000 0004", "4012-8888-8888-1881"] * 20, "card"),
        ([4111111111111111.0, 5500000000000004.0, 4012888888881881.0] * 20, "card"),
        ([f"+49 30 {100000 + i}" for i in range(ROWS)], "phone"),
        ([f"123-45-{6000 + i}" for i in range(ROWS)], "social security"),
    ],
)
def test_cells_that_name_somebody_are_found_without_a_telling_name(cells, word):
    found = one(cells)
    assert (found.role, found.kind) == (Role.DIRECT_IDENTIFIER, Kind.TEXT)
    assert word in found.reason


def test_wrong_check_digits_are_no_cards_and_no_bank_accounts():
    assert not luhn(pd.Series(["4111111111111112", "0000000000000000", "411111111111"])).any()
    assert not iban(pd.Series(["DE88370400440532013000", "DE89"])).any()


@pytest.mark.parametrize(
    "cells",
    [
        [f"2020-01-{i % 28 + 1:02d}" for i in range(ROWS)],
        [f"{i % 28 + 1}.01.2020" for i in range(ROWS)],
        [f"{i}.125" for i in range(1000, 1000 + ROWS)],
        ["12:30:15", "01:02:03"] * 30,
        ["10-19", "20-29", "30-39"] * 20,
    ],
)
def test_dates_numbers_times_and_ranges_are_no_phones_and_no_addresses(cells):
    texts = pd.Series(cells, dtype=object)
    assert not phone(texts).any()
    assert not matches(texts, "IP").any()


def test_bare_digits_are_a_phone_number_only_when_the_name_says_so():
    cells = [str(5550000 + 17 * i) for i in range(ROWS)]
    assert one(cells, "Telefon").role is Role.DIRECT_IDENTIFIER
    assert one(cells, "amount").role is Role.FEATURE


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("Geburtsdatum", "birth"),
        ("date de naissance", "birth"),
        ("fecha_nacimiento", "birth"),
        ("PLZ", "postal code"),
        ("Código postal", "postal code"),
        ("Geschlecht", "quasi"),
        ("Staatsangehörigkeit", "quasi"),
        ("Édad", "quasi"),
        ("Prénom", "person name"),
        ("apellidos", "person name"),
        ("customerName", "person name"),
        ("Straße", "address"),
        ("Krankheit", "sensitive"),
    ],
)
def test_names_are_understood_in_four_languages(name, topic):
    assert has_topic(name, topic)


@pytest.mark.parametrize(
    ("name", "topic"),
    [("page", "quasi"), ("product name", "person name"), ("management", "quasi"), ("reunion", "sensitive")],
)
def test_a_word_inside_another_word_means_nothing(name, topic):
    assert not has_topic(name, topic)


def test_a_name_column_must_look_like_names():
    names = ["Ann Lee", "Bo O'Neil", "Zoë Müller-Lang", "Jean de la Croix"] * 15
    assert one(names, "name").role is Role.DIRECT_IDENTIFIER
    assert one(["a1", "b2", "c3"] * 20, "name").role is Role.FEATURE
    assert one(names, "x").role is Role.FEATURE


def test_the_id_of_people_is_preferred_to_another_id_that_repeats():
    frame = pd.DataFrame(
        {
            "visit_id": [f"v{i % 30}" for i in range(ROWS)],
            "PatientID": [f"p{i % 25}" for i in range(ROWS)],
            "ward_id": [f"w{i % 3}" for i in range(ROWS)],
        }
    )
    found = {s.name: s for s in suggest(frame)}
    assert [s.name for s in found.values() if s.person_id] == ["PatientID"]
    assert found["PatientID"].role is found["visit_id"].role is Role.DIRECT_IDENTIFIER
    assert found["ward_id"].role is not Role.DIRECT_IDENTIFIER
    assert next(s.name for s in suggest(frame.drop(columns="PatientID")) if s.person_id) == "visit_id"


@pytest.mark.parametrize(
    "name", ["customer_id", "KundenNr", "user id", "pid", "Person-ID", "id_patient", "clientNumber"]
)
def test_numbers_of_people_are_known_by_name(name):
    assert names_person_id(name)


@pytest.mark.parametrize("name", ["patient", "hospital_id", "customer_satisfaction", "user type", "number of clients"])
def test_other_columns_about_people_are_no_person_ids(name):
    assert not names_person_id(name)


def test_an_official_number_names_somebody_even_when_people_have_several_rows():
    assert one([f"{100000 + i // 2 * 37}" for i in range(ROWS)], "SSN").role is Role.DIRECT_IDENTIFIER
    assert one([f"h{i}aa" for i in range(ROWS)], "email hash").role is Role.DIRECT_IDENTIFIER
    assert one(["a", "b", "c"] * 20, "passport").role is Role.FEATURE


def test_a_column_of_dates_is_never_guessed_to_be_the_target():
    frame = pd.DataFrame({"p": ["a", "b"] * 10, "visit": ["2020-01-01", "2020-01-02"] * 10})
    assert suggest_schema(frame).target == "p"


def test_columns_that_count_the_rows_are_record_ids():
    assert one(range(1, ROWS + 1)).role is Role.DIRECT_IDENTIFIER
    assert one([f"R-{i:04d}" for i in range(ROWS)]).role is Role.DIRECT_IDENTIFIER
    assert one([i * 1.5 for i in range(ROWS)]).role is Role.FEATURE
    assert one(range(20, 20 + ROWS), "age").role is Role.QUASI_IDENTIFIER
    assert not one(range(ROWS)).person_id


def test_free_text_is_left_out():
    found = one([f"The patient number {i} said that it did not hurt any more." for i in range(ROWS)])
    assert (found.kind, found.role) == (Kind.TEXT, Role.IGNORED)


@pytest.mark.parametrize(("cells", "why"), [([None] * 9, "empty"), (["a"] * 9, "same value"), ([""] * 9, "empty")])
def test_columns_that_say_nothing_are_left_out(cells, why):
    found = one(cells)
    assert found.role is Role.IGNORED
    assert why in found.reason


def test_two_numbers_are_categories_and_so_are_codes_with_leading_zeros():
    assert one([0.0, 1.0, 1.0]).kind is Kind.CATEGORICAL
    assert one(["0", "1", "1"]).kind is Kind.CATEGORICAL
    assert one(["007", "012", "345"]).kind is Kind.CATEGORICAL
    assert one([12345.0, 23456.0, 34567.0], "PLZ").kind is Kind.CATEGORICAL
    assert one(["0", "1", "2"]).kind is Kind.NUMERIC


def test_the_clearest_name_is_the_target_and_there_is_one_only():
    frame = pd.DataFrame({n: ["a", "b"] * 10 for n in ("income", "churn", "target", "q")})
    assert suggest_schema(frame).target == "target"
    assert suggest_schema(frame.drop(columns="target")).target == "churn"
    assert suggest_schema(frame).with_role(Role.SENSITIVE) == ("income",)


def test_a_target_by_its_name_needs_two_to_twenty_classes():
    assert one([str(i % 21) for i in range(63)], "target").role is Role.FEATURE
    assert one([str(i % 20) for i in range(60)], "target").role is Role.TARGET
    assert one([f"{i * 37}" for i in range(ROWS)], "salary").role is Role.SENSITIVE
    assert target_rank("passenger class") is None


def test_without_a_name_the_last_column_with_few_classes_is_a_guess_that_says_so():
    frame = pd.DataFrame({"p": ["a", "b"] * 12, "q": ["a", "b", "c"] * 8, "r": [f"v{i % 11}" for i in range(24)]})
    found = suggest(frame)
    assert [s.role for s in found] == [Role.FEATURE, Role.TARGET, Role.FEATURE]
    assert "guess" in found[1].reason


def test_an_attribute_of_people_is_never_guessed_to_be_the_target():
    assert suggest_schema(pd.DataFrame({"sex": ["f", "m"] * 10, "religion": ["a", "b"] * 10})).target is None


def test_counts_are_of_cells_and_values():
    found = one(["a", "b", "b", None, ""])
    assert (found.distinct, found.missing) == (2, 2)
    assert found.share_unique == pytest.approx(1 / 3)


def test_no_reason_quotes_a_cell():
    frame = pd.DataFrame({name: (cells * 60)[:60] for name, cells in ODD.items() if name not in ("lists", "mixed")})
    for found in suggest(frame):
        cells = {str(v) for v in frame[found.name].dropna() if len(str(v)) > 4}
        assert not any(cell in found.reason for cell in cells)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1999-12-31", "2000-01-02"], ("iso", False)),
        (["31.12.1999", "01.02.2000"], ("day-first", False)),
        (["01.02.2000"], ("day-first", False)),
        (["31/12/1999", "01/02/2000"], ("day-first", False)),
        (["12/31/1999", "01/02/2000"], ("month-first", False)),
        (["01/02/2000", "03/04/2000"], ("day-first", True)),
        (["05/05/2000"], ("day-first", False)),
        (["31/12/1999", "12/31/1999"], ("day-first", True)),
        (["31/12/1999", "12/31/1999", "11/30/1999"], ("month-first", True)),
        (["1999/12/31"], ("year-first", False)),
        (["x", "y"], ("none", False)),
        ([None, None], ("none", False)),
    ],
)
def test_the_form_of_dates_is_decided_by_the_cells(cells, expected):
    assert date_form(pd.Series(cells, dtype=object)) == expected
    assert date_form(pd.Series(cells, dtype="str")) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["31.12.1999", "1.2.2000", None], ["1999-12-31", "2000-02-01", None]),
        (["12/31/1999", "01/02/2000", ""], ["1999-12-31", "2000-01-02", None]),
        (["01/02/2000"], ["2000-02-01"]),
        (["1999/12/31", "2000-1-2"], ["1999-12-31", "2000-01-02"]),
        (["31.12.1999 23:59", "1.2.2000 0:05:07"], ["1999-12-31 23:59:00", "2000-02-01 00:05:07"]),
        (["12/31/1999 12:30 AM", "1/2/2000 1:00 PM"], ["1999-12-31 00:30:00", "2000-01-02 13:00:00"]),
        (["31.12.1999", "2000-02-01"], ["1999-12-31", "2000-02-01"]),
        (["2020-01-01T10:00+01:00", "2020-01-01T10:00-05:00"], ["2020-01-01 10:00:00", "2020-01-01 10:00:00"]),
        ([20200131.0, None], ["2020-01-31", None]),
        ([1950.0, 1960.0], ["1950-01-01", "1960-01-01"]),
    ],
)
def test_dates_are_read_by_one_form_for_the_column(cells, expected):
    got = [None if v is None else v.removesuffix(" 00:00:00") for v in built(cells)]
    assert got == expected


@pytest.mark.parametrize("bad", ["32.12.1999", "31.02.2000", "31.12.99", "1.2.2000 25:00", "1/2.2000", "soon"])
def test_a_cell_that_is_no_date_is_refused_by_its_line_and_counted(bad):
    frame, schema = dated(["31.12.1999", bad, "30.11.1999"])
    with pytest.raises(Exception, match="first in line 3"):
        Table.build(apply_kinds(frame, schema), schema)
    (text,) = date_findings(frame, schema)
    assert "1 cell that is not readable" in text
    assert bad not in text
    assert ("two digits" in text) == (bad == "31.12.99")


def test_an_ambiguous_column_is_reported_and_a_clear_one_is_not():
    frame, schema = dated(["01/02/2000", "03/04/2000"])
    assert "read with the day first" in date_findings(frame, schema)[0]
    assert date_findings(*dated(["01/02/2000", "13/04/2000"])) == ()
    assert date_findings(*dated(["2000-01-02"])) == ()


def test_clean_frames_come_back_unchanged():
    frame, schema = dated(["1999-12-31", "2000-01-02 10:00:00", None])
    assert apply_kinds(frame, schema) is frame
    frame, schema = dated(["1.5", "2", None], Kind.NUMERIC)
    assert apply_kinds(frame, schema) is frame


def test_extra_and_missing_columns_are_left_for_the_table_to_name():
    frame, schema = dated(["31.12.1999"])
    other = frame.rename(columns={"d": "e"})
    assert apply_kinds(other, schema) is other


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "2", "-3,25"], [1.5, 2.0, -3.25]),
        (["1.234,5", "1.234.567,25"], [1234.5, 1234567.25]),
        (["0,125", "0,250"], [0.125, 0.25]),
        (["1,5", None, " "], [1.5, np.nan, np.nan]),
    ],
)
def test_decimal_commas_become_numbers(cells, expected):
    frame, schema = dated(cells, Kind.NUMERIC)
    table = Table.build(apply_kinds(frame, schema), schema)
    np.testing.assert_array_equal(table.frame["d"].to_numpy(), expected)


@pytest.mark.parametrize("cells", [["1,234", "5,678"], ["1,5", "2.500", "2.51"], ["1,5", "many"]])
def test_numbers_that_could_mean_two_things_are_not_read(cells):
    frame, schema = dated(cells, Kind.NUMERIC)
    with pytest.raises(Exception, match="must hold numbers"):
        Table.build(apply_kinds(frame, schema), schema)


def test_other_kinds_are_left_alone():
    frame, schema = dated(["31.12.1999", "1,5"], Kind.CATEGORICAL)
    assert apply_kinds(frame, schema) is frame


@pytest.mark.parametrize(
    ("cells", "kind", "expected"),
    [
        (["Ann-1", "Bob-2", "C"], Kind.CATEGORICAL, "aaa-9"),
        (["Årsta", "Malmö", "Lund"], Kind.CATEGORICAL, "aaaaa"),
        ([1234.0, 5678.0, 1.5], Kind.NUMERIC, "9999"),
        ([pd.Timestamp("2020-01-31")], Kind.DATE, "9999-99-99"),
        (["abcdefghijklmnop"], Kind.TEXT, "aaaaaaaaaaaa…"),
        (["one two three four five six"], Kind.TEXT, "aaa aaa …"),
        (["?!", "?!"], Kind.CATEGORICAL, "**"),
        (["🙂"], Kind.CATEGORICAL, "*"),
        (["中文"], Kind.CATEGORICAL, "aa"),
        ([None], Kind.CATEGORICAL, ""),
        ([True, True, False], Kind.CATEGORICAL, "aaaa"),
    ],
)
def test_an_example_is_masked(cells, kind, expected):
    assert masked_example(pd.Series(cells), kind) == expected


def test_a_column_called_name_with_a_different_text_for_nearly_everybody_is_a_direct_identifier():
    frame = pd.DataFrame({"name": [f"Person {i}" for i in range(120)], "y": ["a", "b"] * 60})
    found = {s.name: s for s in suggest(frame)}
    assert found["name"].role is Role.DIRECT_IDENTIFIER
    assert "names of people" in found["name"].reason


def test_thirty_or_thirty_thousand_is_never_guessed():
    schema = Schema(tuple(Column(name=n, kind=Kind.NUMERIC, role=Role.FEATURE) for n in ("pay", "weight")))
    german = pd.DataFrame({"pay": ["30.129", "41.500"], "weight": ["3,29", "4,5"]})
    with pytest.raises(UserError, match="'pay' must mark either decimals or thousands"):
        apply_kinds(german, schema)
    english = pd.DataFrame({"pay": ["30.129", "41.500"], "weight": ["3.29", "4.5"]})
    assert Table.build(apply_kinds(english, schema), schema).frame["pay"].tolist() == [30.129, 41.5]


def test_a_date_column_that_leaves_the_order_open_follows_the_other_date_columns():
    schema = Schema(tuple(Column(name=n, kind=Kind.DATE, role=Role.FEATURE) for n in ("clear", "open")))
    frame = pd.DataFrame({"clear": ["12/31/1999", "01/02/2000"], "open": ["06/04/2020", "01/02/2020"]})
    assert apply_kinds(frame, schema)["open"].dt.month.tolist() == [6, 1]
    (sentence,) = date_findings(frame, schema)
    assert "read with the month first" in sentence


def test_a_date_with_an_offset_keeps_the_day_of_its_own_clock():
    schema = Schema((Column(name="d", kind=Kind.DATE, role=Role.FEATURE),))
    frame = pd.DataFrame({"d": ["2020-01-02T00:00:00+04:00", "2020-01-02T23:30:00.5-05:00", "2020-01-02 01:00Z"]})
    built = Table.build(apply_kinds(frame, schema), schema).frame["d"]
    assert {str(v)[:10] for v in built} == {"2020-01-02"}
