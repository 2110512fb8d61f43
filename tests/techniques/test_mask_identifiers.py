"""mask_identifiers: names gone, keyed codes, or a little left that then counts as known."""

import copy
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.privacy.classes import equivalence_classes
from core.techniques.base import PublicFacts
from core.techniques.date_shift import left_out, shared_dates
from core.techniques.mask_identifiers import MaskIdentifiers
from tests.tables import awkward, people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
METHODS = ("drop", "pseudonym", "partial")
ALL_METHODS = (*METHODS, "shift_dates")
ID, C, T = Role.DIRECT_IDENTIFIER, Kind.CATEGORICAL, Kind.TEXT


def patients():
    """Four rows of three people, with every kind of identifier and some gaps."""
    frame = pd.DataFrame(
        {
            "patient": ["P1", "P1", "P2", "P3"],
            "name": ["Ann Bee", "Ann Bee", None, "Cy Dee"],
            "mail": ["ann@example.org", "ann@example.org", "ann@example.org", None],
            "phone": [5551234, 5551234, 5559876, None],
            "born": ["1970-07-03", "1970-07-03", None, "1981-01-02"],
            "other": ["P1", "Ann Bee", "x", "y"],
            "age": [1, 2, 3, 4],
        }
    )
    kinds = {"patient": T, "name": T, "mail": C, "phone": Kind.NUMERIC, "born": Kind.DATE, "other": C}
    columns = [Column(name=name, kind=kind, role=ID) for name, kind in kinds.items()]
    columns.append(Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER))
    return Table.build(frame, Schema(tuple(columns), person_id="patient"))


def masked(method, table=None, seed=0):
    table = patients() if table is None else table
    return MaskIdentifiers(method=method).protect(table, FACTS, np.random.default_rng(seed))


def test_drop_removes_every_identifier_but_the_person_id():
    found = masked("drop").table
    assert found.schema.names == tuple(found.frame.columns) == ("patient", "age")
    assert found.schema.person_id == "patient"


@pytest.mark.parametrize("method", ALL_METHODS)
def test_the_person_id_is_pseudonymised_and_still_groups_the_rows(method):
    raw, found = patients(), masked(method).table
    assert np.array_equal(found.persons, raw.persons)
    assert found.people == 3
    assert all(re.fullmatch("[0-9a-f]{16}", code) for code in found.frame["patient"])
    assert found.schema["patient"].role is Role.IGNORED


@pytest.mark.parametrize("method", METHODS)
def test_no_identifier_s_text_is_left_anywhere_not_even_in_the_categories(method):
    found = masked(method).table
    everything = found.frame.to_csv() + repr(
        [list(c.cat.categories) for _, c in found.frame.items() if hasattr(c, "cat")]
    )
    for secret in ("Ann", "Bee", "P1", "ann@", "555", "1970"):
        assert secret not in everything


@pytest.mark.parametrize("method", METHODS)
def test_nothing_that_is_left_of_a_name_is_a_model_input_or_a_direct_identifier(method):
    found = masked(method).table.schema
    assert found.model_inputs == ("age",)
    assert not found.direct_identifiers


def test_pseudonyms_are_one_to_one_inside_a_column_and_unrelated_between_columns():
    found = masked("pseudonym").table.frame
    assert list(found["name"].isna()) == [False, False, True, False]
    assert found["name"].iloc[0] == found["name"].iloc[1] != found["name"].iloc[3]
    assert found["name"].iloc[0] != found["other"].iloc[1]
    assert found["patient"].iloc[0] != found["other"].iloc[0]


def test_pseudonyms_need_the_key_and_their_order_says_nothing_about_the_names():
    table = people()
    one, same, other = (list(masked("pseudonym", table, seed).table.frame["name"]) for seed in (1, 1, 2))
    assert one == same
    assert not set(one) & set(other)
    codes = masked("pseudonym", table).table.frame["name"].cat.codes
    order = np.argsort(table.frame["name"].cat.codes.to_numpy(), kind="stable")
    ranks = codes.to_numpy()[order]
    assert abs(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1]) < 0.3


def test_the_key_is_not_in_the_text_of_the_map():
    key = np.random.default_rng(0).bytes(16)
    protected = masked("pseudonym")
    assert protected.recode.key == key
    for shown in (repr(protected.recode), repr(protected), str(vars(protected.table))):
        assert str(key) not in shown
        assert key.hex() not in shown


@pytest.mark.parametrize("method", ALL_METHODS)
def test_the_key_cannot_leave_the_process_with_a_result(method):
    with pytest.raises(TypeError, match="secret key"):
        copy.deepcopy(masked(method).recode)  # by the same way as everything that is sent or written down
    copy.deepcopy(masked(method).table.frame)


def test_a_number_and_a_text_that_read_the_same_get_one_code_only_inside_one_column():
    columns = [Column(name=name, kind=T, role=ID) for name in ("mail", "login")]
    table = Table.build(pd.DataFrame({"mail": ["x"] * 3, "login": ["x"] * 3}), Schema(tuple(columns)))
    found = masked("pseudonym", table).table.frame
    assert found["mail"].nunique() == found["login"].nunique() == 1
    assert found["mail"][0] != found["login"][0]


def test_what_a_partial_mask_leaves_counts_as_known_to_the_attacker():
    found = masked("partial").table
    assert set(found.schema.quasi_identifiers) == {"name", "mail", "phone", "born", "other", "age"}
    assert list(found.frame["name"].astype(object).where(found.frame["name"].notna(), None)) == [
        "A. B.",
        "A. B.",
        None,
        "C. D.",
    ]
    assert list(found.frame["mail"].dropna()) == ["a***@example.org"] * 3
    assert list(found.frame["phone"].dropna()) == ["***34", "***34", "***76"]
    assert list(found.frame["born"].dropna()) == ["1***", "1***", "1***"]
    assert equivalence_classes(found, found.schema.quasi_identifiers).uniques > 0


@pytest.mark.parametrize("method", ALL_METHODS)
def test_anybody_s_row_goes_through_the_same_map(method):
    table = people()
    protected = masked(method, table.take(np.arange(80)))
    again = protected.recode(table).take(np.arange(80))
    assert again.schema == protected.table.schema
    for name in protected.table.schema.names:
        assert list(again.frame[name].astype(str)) == list(protected.table.frame[name].astype(str))


def test_a_table_without_identifiers_is_declined_and_one_whose_person_id_is_one_is_not():
    technique = MaskIdentifiers()
    assert "nothing to mask" in technique.unsupported(awkward()["40 rows"].schema, FACTS)
    assert technique.unsupported(awkward()["duplicated people"].schema, FACTS) is None
    assert technique.public_map(people().schema)


def test_masking_twice_is_declined_because_nothing_is_left_to_mask():
    assert MaskIdentifiers().unsupported(masked("pseudonym").table.schema, FACTS) is not None


def visits(rows=60, people_=12, seed=0, person="who"):
    """Several visits of each person, with every role a date can have."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, people_, rows)
    day = np.datetime64("2020-01-01")
    frame = pd.DataFrame(
        {
            "who": [f"p{i}" for i in who],
            "born": day - 9000 - who * 31,
            "came": day + rng.integers(0, 700, rows),
            "left": day + rng.integers(700, 800, rows),
            "tested": day + rng.integers(0, 800, rows),
            "noted": day + rng.integers(0, 800, rows),
            "name": [f"Name {i}" for i in who],
            "age": who,
            "y": day + rng.integers(0, 3, rows),
        }
    )
    frame.loc[rng.random(rows) < 0.2, "left"] = pd.NaT
    dates = {
        "born": ID,
        "came": Role.QUASI_IDENTIFIER,
        "left": Role.SENSITIVE,
        "tested": Role.FEATURE,
        "noted": Role.IGNORED,
        "y": Role.TARGET,
    }
    columns = [
        Column(name=n, kind=Kind.DATE, role=dates[n], bounds=("2019-06-01", "2023-01-01") if n == "came" else None)
        if n in dates
        else Column(name=n, kind=Kind.NUMERIC if n == "age" else C, role=Role.QUASI_IDENTIFIER if n == "age" else ID)
        for n in frame.columns
    ]
    return Table.build(frame, Schema(tuple(columns), person_id=person))


def shifted(table, seed=0, days=182):
    technique = MaskIdentifiers(method="shift_dates", days=days)
    return technique.protect(table, FACTS, np.random.default_rng(seed))


def moved_days(table, found, name):
    return (found.frame[name] - table.frame[name]).dt.days


def test_all_dates_of_a_person_move_by_one_number_of_days_so_intervals_are_kept():
    table = visits()
    found = shifted(table).table
    shift = moved_days(table, found, "came")
    assert shift.groupby(table.persons).nunique().eq(1).all()
    for name in ("born", "left", "tested"):
        there = table.frame[name].notna()
        assert found.frame[name].isna().equals(table.frame[name].isna())
        assert moved_days(table, found, name)[there].tolist() == shift[there].tolist()
    assert shift.nunique() > 8


def test_every_date_that_could_give_the_shift_away_moves_and_target_and_ignored_stay():
    table = visits()
    found = shifted(table).table
    for name in ("born", "came", "left", "tested"):
        assert not (found.frame[name] == table.frame[name]).any()
    for name in ("noted", "y", "age"):
        assert found.frame[name].equals(table.frame[name])
    assert "name" not in found.schema
    assert not found.schema.direct_identifiers
    assert found.schema["born"].role is Role.QUASI_IDENTIFIER
    assert found.schema["came"].bounds == ("2018-12-01", "2023-07-02")


def test_shifts_are_uniform_without_zero_and_need_the_key():
    came = np.datetime64("2020-01-01") + np.arange(4000) % 400  # a date that many share would be left out
    frame = pd.DataFrame({"who": [f"p{i}" for i in range(4000)], "came": came})
    columns = (Column(name="who", kind=T, role=ID), Column(name="came", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER))
    table = Table.build(frame, Schema(columns, person_id="who"))
    shift = moved_days(table, shifted(table, days=2).table, "came")
    counts = shift.value_counts()
    assert set(counts.index) == {-2, -1, 1, 2}
    # 4,000 people over four values: standard error 27.4 about 1,000; four of them.
    assert (abs(counts - 1000) < 110).all()
    other = moved_days(table, shifted(table, seed=1, days=2).table, "came")
    # Another key agrees by chance in a quarter of the cases (standard error .7 points).
    assert abs((shift == other).mean() - 0.25) < 0.028


def test_the_same_rule_moves_members_and_anybody_else_however_the_rows_are_chosen():
    table = visits()
    protected = shifted(table.take(np.arange(30)))
    some = np.array([55, 3, 17, 40])
    everybody, few = protected.recode(table), protected.recode(table.take(some))
    for name in ("born", "came", "left", "tested", "who"):
        assert few.frame[name].astype(str).tolist() == everybody.frame[name].astype(str).take(some).tolist()


def test_without_a_person_id_rows_of_one_name_move_together_and_without_names_equal_rows_do():
    named = visits(person=None)
    found = shifted(named).table
    shift = moved_days(named, found, "came")
    groups = named.frame.groupby(["who", "born", "name"], observed=True).ngroup()
    assert shift.groupby(groups).nunique().eq(1).all()
    nameless = named.drop(("who", "born", "name"))
    twice = nameless.take(np.array([0, 1, 0, 2, 1]))
    again = moved_days(twice, shifted(twice).table, "came")
    assert again[0] == again[2]
    assert again[1] == again[4]
    assert len(set(again)) == 3


def test_a_missing_person_id_falls_back_on_the_name_and_missing_rows_never_share_a_shift():
    frame = pd.DataFrame({"who": [None, None, "p"], "name": ["Ann", "Bob", "Ann"], "came": ["2020-01-01"] * 3})
    columns = (
        Column(name="who", kind=T, role=ID),
        Column(name="name", kind=T, role=ID),
        Column(name="came", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER),
    )
    table = Table.build(frame, Schema(columns, person_id="who"))
    assert moved_days(table, shifted(table, days=3650).table, "came").nunique() == 3


def test_shifting_needs_dates_and_needs_no_names():
    technique = MaskIdentifiers(method="shift_dates")
    assert "nothing to shift" in technique.unsupported(awkward()["duplicated people"].schema, FACTS)
    assert technique.unsupported(visits().drop(("who", "born", "name")).schema, FACTS) is None
    assert not technique.public_map(visits().schema)


@settings(deadline=None, max_examples=50)
@given(
    cells=st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(-90_000, 90_000))),
        min_size=1,
        max_size=10,
    ),
    method=st.sampled_from(ALL_METHODS),
    days=st.integers(1, 36_500),
)
def test_whatever_the_dates_and_persons_nothing_breaks_and_gaps_stay(cells, method, days):
    frame = pd.DataFrame(
        {
            "who": pd.Series([who for who, _ in cells], dtype=object),
            "came": [None if day is None else str(np.datetime64("1990-01-01") + day) for _, day in cells],
        }
    )
    columns = (
        Column(name="who", kind=T, role=ID),
        Column(name="came", kind=Kind.DATE, role=Role.QUASI_IDENTIFIER, bounds=("0001-01-02", "9999-12-30")),
    )
    table = Table.build(frame, Schema(columns, person_id="who"))
    found = MaskIdentifiers(method=method, days=days).protect(table, FACTS, np.random.default_rng(0)).table
    gone = table.frame["came"].isna()
    if method == "shift_dates":
        gone |= left_out(table, "came", shared_dates(table, ("came",), days)["came"])
    assert found.frame["came"].isna().equals(gone)
    assert found.frame["who"].isna().equals(table.frame["who"].isna())
    same = (found.frame["came"] == table.frame["came"])[~gone]
    assert same.all() if method != "shift_dates" else not same.any()
