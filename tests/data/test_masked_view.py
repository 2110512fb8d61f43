"""Example rows by who looks: canaries in every identifier, and nobody sees more of them than their role may."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.masked_view import LOOKERS, masked_rows
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from core.errors import UserError
from core.techniques.base import PublicFacts
from core.techniques.generalise import Generalise
from tests.tables import awkward, people

N, C, D, T = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATE, Kind.TEXT
ID, QI, F, S = Role.DIRECT_IDENTIFIER, Role.QUASI_IDENTIFIER, Role.FEATURE, Role.SENSITIVE


def clinic():
    """A table whose identifiers are canaries, some of them repeated where they do not belong."""
    frame = pd.DataFrame(
        {
            "patient": ["CANARY-1", "CANARY-1", "CANARY-2", None],
            "name": ["Zanzibar Quux", "Zanzibar Quux", None, "Wombat Flurb"],
            "phone": [5551234567, 5551234567, None, 5559876543],
            "mail": ["zanzibar@quux.example", "zanzibar@quux.example", "two@x.example", None],
            "age": [34, 35, None, 71],
            "zip": ["89073", "89077", "10115", None],
            "town": ["Aa", "Bo", "zanzibar quux", "Aa"],
            "note": ["Zanzibar Quux coughed all night", "well", None, "fine"],
            "called": [5551234567, 1, 2, 3],
            "came": ["2020-03-04", "2020-03-05 10:11:12", None, "2021-01-01"],
            "junk": ["see CANARY-1", "j2", "j3", "j4"],
            "ill": ["flu", "cold", "flu", None],
            "y": ["no", "yes", "no", "yes"],
        }
    )
    columns = (
        Column(name="patient", kind=C, role=ID),
        Column(name="name", kind=T, role=ID),
        Column(name="phone", kind=N, role=ID),
        Column(name="mail", kind=C, role=ID),
        Column(name="age", kind=N, role=QI, bounds=(0, 100)),
        Column(name="zip", kind=C, role=QI, hierarchy=Hierarchy(kind="prefix")),
        Column(name="town", kind=C, role=F),
        Column(name="note", kind=T, role=F),
        Column(name="called", kind=N, role=F),
        Column(name="came", kind=D, role=QI),
        Column(name="junk", kind=C, role=Role.IGNORED),
        Column(name="ill", kind=C, role=S),
        Column(name="y", kind=C, role=Role.TARGET),
    )
    return Table.build(frame, Schema(columns, person_id="patient"))


def seen(looker, table=None, rows=(0, 1, 2, 3)):
    table = clinic() if table is None else table
    return masked_rows(table, np.array(rows, dtype=np.int64), looker)


def everything(frame):
    return "\n".join(itertools.chain.from_iterable(frame.to_numpy().tolist())).lower()


@pytest.mark.parametrize("looker", LOOKERS)
def test_no_canary_is_seen_whole_by_anybody_wherever_it_stands(looker):
    text = everything(seen(looker))
    for canary in ("canary", "zanzibar", "quux coughed", "wombat", "flurb", "5551234567", "5559876543"):
        assert canary not in text


def test_the_owner_sees_a_little_of_identifiers_and_the_other_cells_as_they_are():
    found = seen("owner")
    assert found["name"].tolist() == ["Z. Q.", "Z. Q.", "(missing)", "W. F."]
    assert found["phone"].tolist() == ["***67", "***67", "(missing)", "***43"]
    assert found["mail"].tolist() == ["z***@quux.example", "z***@quux.example", "t***@x.example", "(missing)"]
    assert found["age"].tolist() == ["34", "35", "(missing)", "71"]
    assert found["came"].tolist() == ["2020-03-04", "2020-03-05 10:11:12", "(missing)", "2021-01-01"]
    assert found["note"].tolist() == ["***", "w***", "(missing)", "f***"]
    assert found["called"].tolist() == ["***", "1", "2", "3"]
    # Somebody else's name in a cell is a name too.
    assert found["town"].tolist() == ["Aa", "Bo", "***", "Aa"]


def test_a_member_sees_no_identifier_and_quasi_identifiers_one_level_up():
    found = seen("member")
    for name in ("name", "phone", "mail", "junk"):
        assert set(found[name]) == {"***"}
    assert found["age"].tolist() == ["[30, 35)", "[35, 40)", "(missing)", "[70, 75)"]
    assert found["zip"].tolist() == ["8907*", "8907*", "1011*", "(missing)"]
    assert found["came"].tolist() == ["before 2020-04", "before 2020-04", "(missing)", "2021-01 or later"]
    assert found["ill"].tolist() == ["flu", "cold", "flu", "(missing)"]


def test_a_viewer_sees_kinds_and_not_even_what_is_missing():
    found = seen("viewer").drop(columns="patient")
    assert all(len(set(found[name])) == 1 for name in found)
    assert found.iloc[0].to_dict() == {
        "name": "an identifier",
        "phone": "an identifier",
        "mail": "an identifier",
        "age": "a number",
        "zip": "one of 3 categories",
        "town": "one of 3 categories",
        "note": "a text",
        "called": "a number",
        "came": "a date",
        "junk": "one of 4 categories",
        "ill": "one of 2 categories",
        "y": "one of 2 categories",
    }


@pytest.mark.parametrize("looker", LOOKERS)
def test_persons_are_letters_in_the_order_of_the_rows_shown(looker):
    assert seen(looker)["patient"].tolist() == ["person A", "person A", "person B", "person C"]
    assert seen(looker, rows=(3, 1, 2, 0))["patient"].tolist() == ["person A", "person B", "person C", "person B"]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("kind", [N, C, D, T])
@pytest.mark.parametrize("looker", LOOKERS)
def test_of_every_kind_and_role_a_member_sees_no_identifier_and_a_viewer_no_cell(role, kind, looker):
    cells = {N: [987654.25, 1.5], C: ["canary", "b"], D: ["1987-06-05", "2000-01-01"], T: ["canary text", "b"]}[kind]
    table = Table.build(pd.DataFrame({"x": cells}), Schema((Column(name="x", kind=kind, role=role),)))
    found = seen(looker, table, (0,))["x"][0]
    raw = {N: "987654.25", C: "canary", D: "1987-06-05", T: "canary text"}[kind]
    if looker == "viewer" or role is ID or (looker == "member" and role is Role.IGNORED):
        assert raw not in found
    if looker == "viewer":
        assert found in ("an identifier", "a number", "a date", "a text", "one of 2 categories")
    if looker == "member" and role in (ID, Role.IGNORED):
        assert found == "***"
    if kind is T:
        assert raw not in found


def test_labels_of_a_coarser_table_are_shown_as_they_are():
    facts = PublicFacts(people=80, classes=())
    coarse = Generalise(level=2).protect(people(), facts, np.random.default_rng(0)).table
    found = seen("member", coarse)
    assert found["age"].tolist() == coarse.frame["age"].head(4).astype(str).tolist()
    assert found["zip"].tolist() == coarse.frame["zip"].head(4).astype(str).tolist()


def test_a_hierarchy_that_does_not_fit_hides_the_column_instead_of_breaking_the_page():
    wrong = Column(name="x", kind=N, role=QI, hierarchy=Hierarchy(kind="prefix"))
    table = Table.build(pd.DataFrame({"x": [34.0, 35.0]}), Schema((wrong,)))
    assert seen("member", table, (0, 1))["x"].tolist() == ["***", "***"]


def test_an_unknown_looker_is_refused():
    with pytest.raises(UserError, match="owner, member or viewer"):
        seen("admin")


@pytest.mark.parametrize("looker", LOOKERS)
def test_no_rows_give_no_rows_and_all_columns(looker):
    found = seen(looker, rows=())
    assert len(found) == 0
    assert tuple(found.columns) == clinic().schema.names


@pytest.mark.parametrize("looker", LOOKERS)
@pytest.mark.parametrize("name", list(awkward()))
def test_awkward_tables_are_shown_as_text(looker, name):
    table = awkward()[name]
    found = masked_rows(table, np.array([0, 3, 4]), looker)
    assert tuple(found.columns) == table.schema.names
    assert all(isinstance(cell, str) for cell in found.to_numpy().ravel())


odd = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(["a@b", "::", "www.", "://", "1.2.3.4", "\x00", "*"]))


@settings(deadline=None, max_examples=80)
@given(
    texts=st.lists(odd, min_size=1, max_size=5),
    numbers=st.lists(
        st.one_of(st.none(), st.floats(allow_infinity=False), st.sampled_from([1.7e308, -1.7e308])),
        min_size=5,
        max_size=5,
    ),
    looker=st.sampled_from(LOOKERS),
    kind=st.sampled_from([C, T]),
)
def test_odd_values_never_break_the_view_and_identifiers_never_show_whole(texts, numbers, looker, kind):
    frame = pd.DataFrame(
        {
            "id": pd.Series(texts, dtype=object),
            "copy": pd.Series(texts, dtype=object),
            "number": pd.Series(numbers[: len(texts)], dtype=float),
        }
    )
    columns = (
        Column(name="id", kind=kind, role=ID),
        Column(name="copy", kind=kind, role=QI if kind is T else F),
        Column(name="number", kind=N, role=QI),
    )
    table = Table.build(frame, Schema(columns))
    found = masked_rows(table, np.arange(len(texts)), looker)
    for secret, shown in zip(table.frame["id"], zip(found["id"], found["copy"], strict=True), strict=True):
        if isinstance(secret, str) and len(secret.strip()) >= 3 and "***" not in secret:
            assert all(secret.strip() not in text for text in shown if text != "(missing)")
