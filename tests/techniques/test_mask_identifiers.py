"""mask_identifiers: names gone, keyed codes, or a little left that then counts as known."""

import re

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.privacy.classes import equivalence_classes
from core.techniques.base import PublicFacts
from core.techniques.mask_identifiers import MaskIdentifiers, shorten
from tests.tables import awkward, people

FACTS = PublicFacts(people=80, classes=("no", "yes"))
METHODS = ("drop", "pseudonym", "partial")
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


@pytest.mark.parametrize("method", METHODS)
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
    assert str(key) not in repr(masked("pseudonym").recode)


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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("bob.b@mail.example.com", "b***@mail.example.com"),
        ("+49 (0)711 123-4567", "***67"),
        ("Ann", "A***"),
        ("Ann van der Bee", "A. v. d. B."),
        ("Éva Őri", "É. Ő."),
        ("12 Main Street", "1***"),
        ("1970-07-03", "1***"),
        ("two@signs@here", "t***"),
        ("🙂 smile", "🙂***"),
        ("", "***"),
        ("   ", " ***"),
    ],
)
def test_a_partial_mask_keeps_little(text, left):
    assert shorten(text) == left


@pytest.mark.parametrize("method", METHODS)
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
