"""The preview of a hierarchy: labels and people of every level, counted as fast as somebody moves a slider."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.hierarchy import LevelCount, fit_hierarchy, level_counts
from core.data.level_counts import count_levels
from core.data.samples import load_sample
from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table
from tests.tables import awkward, people

QI = Role.QUASI_IDENTIFIER


@pytest.mark.parametrize("name", list(awkward()))
def test_levels_are_counted_as_one_by_one_on_awkward_tables(name):
    rows = awkward()[name]
    for column in rows.schema.columns:
        fitted = fit_hierarchy(column, rows)
        counts = level_counts(column, rows)
        assert [c.level for c in counts] == list(range(fitted.levels + 1))
        for count in counts:
            raw = rows.frame[column.name]
            cells = pd.Series(fitted.apply(raw, count.level)[0] if count.level else raw).astype(object)
            found = pd.Series(rows.persons).groupby(cells.where(cells.notna(), "\x00").to_numpy()).nunique()
            assert (count.labels, count.smallest_people) == (len(found), found.min())


def test_counting_the_levels_of_a_large_table_asks_each_different_value_once():
    """It has to follow a finger on a slider: what it costs must not grow with the rows."""
    adult = load_sample("adult")
    fitted = fit_hierarchy(adult.schema["age"], adult)
    seen = []

    class Counted(type(fitted)):
        def _below(self, cells, level):
            seen.append(len(cells))
            return super()._below(cells, level)

    counted = Counted(**{name: getattr(fitted, name) for name in type(fitted).__dataclass_fields__})
    assert count_levels(counted, adult) == count_levels(fitted, adult)
    # Of the people of one label one is asked for the next.
    assert seen == [c.labels for c in level_counts(adult.schema["age"], adult)][:-2]
    assert seen[0] == 74


def test_examples_are_the_labels_of_most_people_and_stay_out_of_logs():
    spec = Column(
        name="age", kind=Kind.NUMERIC, role=QI, bounds=(0, 40), hierarchy=Hierarchy(kind="cuts", cuts=(9, 20))
    )
    rows = Table.build(pd.DataFrame({"age": [5, 25, 25, 25, 12, 13, None]}), Schema((spec,)))
    value, first, second, top = level_counts(spec, rows)
    assert value.examples[0] == "25"
    assert first == LevelCount(level=1, labels=4, smallest_people=1, examples=(">= 20", "[9, 20)", "< 9"))
    assert second.examples == ("< 20", ">= 20")
    assert top == LevelCount(level=3, labels=1, smallest_people=7, examples=("*",))
    assert "25" not in repr(value)


def test_the_hierarchy_to_try_need_not_be_that_of_the_schema():
    rows = people()
    wide = replace(rows.schema["age"], hierarchy=Hierarchy(kind="intervals", widths=(50,)))
    assert [c.labels for c in level_counts(wide, rows)][1:] == [2, 1]


def test_a_person_with_many_rows_counts_once_per_label():
    who = Column(name="id", kind=Kind.CATEGORICAL, role=Role.DIRECT_IDENTIFIER)
    spec = Column(
        name="x", kind=Kind.NUMERIC, role=QI, bounds=(0, 10), hierarchy=Hierarchy(kind="intervals", widths=(5,))
    )
    frame = pd.DataFrame({"id": list("aaab"), "x": [1, 2, 2, 7]})
    rows = Table.build(frame, Schema((who, spec), person_id="id"))
    assert [c.smallest_people for c in level_counts(spec, rows)] == [1, 1, 2]
    assert np.bincount(rows.persons).tolist() == [3, 1]
