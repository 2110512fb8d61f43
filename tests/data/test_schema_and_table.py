"""Schemas and tables: round trips, canonical forms, refusals that quote no cell."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.schema import Column, Hierarchy, Kind, Role, Schema, read_levels
from core.data.table import MISSING, Table, class_labels, target_codes, target_text
from core.errors import UserError
from tests.tables import awkward, people, schema_of

N, C, D = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATE


def test_a_schema_survives_its_own_json():
    schema = people().schema
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    for table in awkward().values():
        assert Schema.from_json(json.loads(json.dumps(table.schema.to_json()))) == table.schema


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ({"kind": "number", "role": "feature"}, "needs a kind"),
        ({"kind": "numeric", "role": "boss"}, "needs a kind"),
        ({"kind": "numeric", "role": "feature", "bounds": [9, 1]}, "increasing"),
        ({"kind": "numeric", "role": "feature", "bounds": [1]}, "two values"),
        ({"kind": "categorical", "role": "feature", "bounds": [1, 2]}, "increasing numbers or dates"),
        ({"kind": "categorical", "role": "feature", "categories": ["a", "a"]}, "differ"),
        ({"kind": "numeric", "role": "feature", "hierarchy": {"kind": "intervals", "widths": [10, 5]}}, "increasing"),
        ({"kind": "numeric", "role": "feature", "hierarchy": {"kind": "tree"}}, "hierarchy's kind"),
        (
            {"kind": "categorical", "role": "feature", "hierarchy": {"kind": "levels", "rows": [["a", "b"], ["c"]]}},
            "one",
        ),
        ({"kind": "categorical", "role": "feature", "hierarchy": {"kind": "levels", "file": "no.csv"}}, "must exist"),
        ({"kind": "numeric", "role": "feature", "color": "red"}, "has kind, role"),
        ("numeric", "needs an object"),
    ],
)
def test_a_column_that_makes_no_sense_is_refused(spec, complaint):
    with pytest.raises(UserError, match=complaint):
        Schema.from_json({"columns": {"x": spec}})


def test_two_targets_and_unknown_person_ids_are_refused():
    with pytest.raises(UserError, match="at most one target"):
        schema_of(a=(C, Role.TARGET), b=(C, Role.TARGET))
    with pytest.raises(UserError, match="person id must be a column"):
        Schema(schema_of(a=(C, Role.TARGET)).columns, person_id="who")
    with pytest.raises(UserError, match="cannot be the target"):
        Schema(schema_of(a=(C, Role.TARGET)).columns, person_id="a")


def test_levels_files_are_what_arx_users_have(tmp_path):
    (tmp_path / "job.csv").write_text("clerk;office;*\nsmith;workshop;*\n")
    assert read_levels(tmp_path / "job.csv") == (("clerk", "office", "*"), ("smith", "workshop", "*"))


def test_columns_that_differ_from_the_schema_are_named():
    with pytest.raises(UserError, match=r"missing: b; not in the schema: c"):
        Table.build(pd.DataFrame({"a": [1], "c": [2]}), schema_of(a=(N, Role.FEATURE), b=(N, Role.FEATURE)))


@pytest.mark.parametrize(("kind", "word"), [(N, "numbers"), (D, "dates")])
def test_cells_of_the_wrong_kind_are_counted_and_located_and_never_quoted(kind, word):
    cells = ["1", "SECRET", "", None, "SECRET"] if kind is N else ["2020-01-01", "SECRET", "", None, "SECRET"]
    with pytest.raises(
        UserError, match=f"must hold {word}, got 2 cells that are not \\(first in line 3, 6\\)"
    ) as caught:
        Table.build(pd.DataFrame({"a": cells}), schema_of(a=(kind, Role.FEATURE)))
    assert "SECRET" not in str(caught.value)


def test_whole_numbers_in_a_column_with_gaps_stay_the_same_category():
    table = Table.build(pd.DataFrame({"a": [1.0, None, 2.0]}), schema_of(a=(C, Role.FEATURE)))
    assert list(table.frame["a"].cat.categories) == ["1", "2"]
    assert table.frame["a"].isna().sum() == 1


@given(st.lists(st.one_of(st.none(), st.text(max_size=4)), min_size=1, max_size=30))
def test_a_text_column_keeps_every_cell(cells):
    frame = pd.DataFrame({"a": pd.Series(cells, dtype="object")})
    table = Table.build(frame, schema_of(a=(C, Role.FEATURE)))
    back = [None if pd.isna(v) else v for v in table.frame["a"].astype(object)]
    assert back == cells


def test_a_missing_target_is_a_class_of_its_own():
    table = awkward()["missing targets"]
    assert class_labels(table) == (MISSING, "no", "yes")
    assert (target_text(table) == MISSING).sum() == 2
    labels = class_labels(table)
    assert list(np.array(labels, dtype=object)[target_codes(table, labels)]) == list(target_text(table))


def test_a_numeric_target_is_classes_when_there_are_few_and_refused_when_there_are_many():
    few = Table.build(pd.DataFrame({"y": [0, 1, 1, None]}), schema_of(y=(N, Role.TARGET)))
    assert class_labels(few) == (MISSING, "0", "1")
    assert list(target_codes(few, (MISSING, "0", "1"))) == [1, 2, 2, 0]
    many = Table.build(pd.DataFrame({"y": range(40)}), schema_of(y=(N, Role.TARGET)))
    with pytest.raises(UserError, match="at most 20 classes, got a numeric column with 40"):
        class_labels(many)


def test_people_are_counted_by_the_person_id_and_a_missing_id_is_a_person_alone():
    frame = pd.DataFrame({"id": ["a", "a", None, None, "b"], "x": [1, 2, 3, 4, 5]})
    columns = schema_of(id=(C, Role.DIRECT_IDENTIFIER), x=(N, Role.FEATURE)).columns
    table = Table.build(frame, Schema(columns, person_id="id"))
    assert table.people == 4
    assert table.persons[0] == table.persons[1]
    assert len(set(table.persons)) == 4


def test_the_fingerprint_sees_every_cell_the_schema_and_the_order():
    table = people(60)
    prints = {table.fingerprint, table.take(np.arange(59, -1, -1)).fingerprint}
    frame = table.frame.copy()
    frame.loc[7, "age"] += 1
    prints.add(Table(frame, table.schema).fingerprint)
    column = table.schema["age"]
    changed = Column(name="age", kind=column.kind, role=Role.FEATURE, bounds=column.bounds)
    prints.add(Table(table.frame, table.schema.changed(changed)).fingerprint)
    assert len(prints) == 4
    assert Table(table.frame.copy(), table.schema).fingerprint == table.fingerprint


def test_hierarchies_refuse_repeated_leaves():
    with pytest.raises(UserError, match="each value once"):
        Hierarchy(kind="levels", rows=(("a", "x"), ("a", "y")))


def test_a_number_in_a_date_column_is_a_compact_date_and_never_seconds_since_1970():
    table = Table.build(pd.DataFrame({"d": [20200131.0, None]}), schema_of(d=(D, Role.FEATURE)))
    assert str(table.frame["d"].iloc[0])[:10] == "2020-01-31"
    with pytest.raises(UserError, match="must hold dates"):
        Table.build(pd.DataFrame({"d": [17.5]}), schema_of(d=(D, Role.FEATURE)))


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "numeric", "role": "feature", "bounds": [None, 90]},
        {"kind": "numeric", "role": "feature", "bounds": ["17", 90]},
        {"kind": "numeric", "role": "feature", "bounds": ["a", "b"]},
        {"kind": "date", "role": "feature", "bounds": ["yesterday", "today"]},
        {"kind": "categorical", "role": "feature", "categories": 5},
        {"kind": "categorical", "role": "feature", "categories": "abc"},
    ],
)
def test_public_knowledge_of_the_wrong_type_is_refused(spec):
    with pytest.raises(UserError):
        Schema.from_json({"columns": {"x": spec}})
