"""drop_columns: what it removes, what it refuses to remove."""

import numpy as np
import pytest

from core.data.schema import Role
from core.techniques.base import PublicFacts
from core.techniques.drop_columns import DropColumns
from tests.tables import awkward, people

FACTS = PublicFacts(people=80, classes=("no", "yes"))


def test_the_columns_are_gone_from_rows_schema_and_model_and_the_others_are_untouched():
    members = people()
    protected = DropColumns(columns=("age", "name")).protect(members, FACTS, np.random.default_rng(0))
    kept = [name for name in members.schema.names if name not in ("age", "name")]
    assert list(protected.table.frame.columns) == list(protected.table.schema.names) == kept
    assert protected.table.frame.equals(members.frame[kept])
    assert "age" not in protected.table.schema.model_inputs
    assert list(protected.recode(members).frame.columns) == kept
    assert protected.source.tolist() == list(range(len(members)))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((), "name at least one column"),
        (("age", "shoe size", "hat"), "no column shoe size, hat"),
        (("rich",), "rich is the target"),
    ],
)
def test_what_cannot_be_dropped_is_named(columns, said):
    assert said in DropColumns(columns=columns).unsupported(people().schema, FACTS)


def test_the_person_id_cannot_be_dropped_because_people_are_counted_by_it():
    schema = awkward()["duplicated people"].schema
    assert "person id" in DropColumns(columns=("id",)).unsupported(schema, FACTS)


def test_a_good_list_is_supported_and_needs_nothing_from_the_data():
    technique = DropColumns(columns=("zip",))
    assert technique.unsupported(people().schema, FACTS) is None
    assert technique.public_map(people().schema)
    assert DropColumns().columns == ()


def test_columns_with_hostile_names_can_be_dropped():
    table = awkward()["hostile names"]
    found = DropColumns(columns=("<b>job</b>", "sex 🙂")).protect(table, FACTS, np.random.default_rng(0)).table
    assert found.schema.names == ("age in years", "y & z")
    assert found.schema["y & z"].role is Role.TARGET
