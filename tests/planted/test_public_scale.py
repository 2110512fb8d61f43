"""The scale of private training comes from the bounds that were written down, not from those that the rows reach."""

import numpy as np
import pandas as pd

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.public_encoding import PublicEncoder

SCHEMA = Schema(
    (
        Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100)),
        Column(name="gain", kind=Kind.NUMERIC, role=Role.FEATURE, bounds=(0, 100_000)),
        Column(name="born", kind=Kind.DATE, role=Role.FEATURE, bounds=("1900-01-01", "2000-01-01")),
    )
)


def encoded(rows):
    table = Table.build(pd.DataFrame(rows, columns=["age", "gain", "born"]), SCHEMA)
    return PublicEncoder.for_table(table, PublicFacts(people=3, classes=())).encode(table)


def test_somebody_who_reaches_the_bounds_moves_nobody_inside_them():
    # All inside the bounds: rows that already reach them would hide a scale that is read from the rows.
    inside = [(30.0, 10.0, "1950-06-01"), (60.0, 500.0, "1970-06-01")]
    for odd in ((0.0, 0.0, "1900-01-01"), (100.0, 100_000.0, "2000-01-01")):
        np.testing.assert_array_equal(encoded([*inside, odd])[:2], encoded(inside))


def test_the_middle_of_the_bounds_is_zero_whoever_is_there():
    assert encoded([(50.0, 1.0, "1950-01-01")])[0, 1] == 0
    assert encoded([(25.0, 1.0, "1950-01-01")])[0, 1] == -0.5
