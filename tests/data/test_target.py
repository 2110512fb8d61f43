"""What the target is: classes or a number."""

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Role
from core.data.table import Table, class_labels, target_codes, target_values, task_of
from core.errors import UserError
from tests.regression_tables import earners
from tests.tables import C, D, N, T, awkward, people, schema_of


def column(values, kind):
    return Table.build(pd.DataFrame({"y": values}), schema_of(y=(kind, Role.TARGET)))


@pytest.mark.parametrize(
    ("values", "kind", "task"),
    [
        (range(21), N, "regression"),
        (range(20), N, "classification"),
        ([*range(20), None], N, "classification"),
        ([*range(21), None], N, "regression"),
        ([f"c{i}" for i in range(40)], C, "classification"),
        (pd.date_range("2020-01-01", periods=40), D, "classification"),
    ],
)
def test_numbers_of_more_than_twenty_values_are_predicted_as_numbers_and_nothing_else_is(values, kind, task):
    assert task_of(column(values, kind)) == task


def test_twenty_numbers_and_somebody_without_one_are_twenty_one_classes():
    assert len(class_labels(column([*range(20), None], N))) == 21


def test_a_table_without_a_target_has_a_task_and_a_clear_error():
    table = people(20).drop(("rich",))
    assert task_of(table) == "classification"
    for ask in (class_labels, target_values):
        with pytest.raises(UserError, match="needs a target column"):
            ask(table)


@pytest.mark.parametrize(("kind", "values"), [(D, pd.date_range("2020-01-01", periods=40)), (T, map(str, range(40)))])
def test_many_dates_and_texts_stay_an_error_that_names_a_way_out(kind, values):
    table = column(list(values), kind)
    with pytest.raises(UserError, match=r"at most 20 classes, got a (date|text) column with 40.*numeric column"):
        class_labels(table)
    with pytest.raises(UserError, match="must hold numbers"):
        target_values(table)


def test_target_values_are_the_cells():
    table = earners(60)
    assert np.array_equal(target_values(table), table.frame["rich"])
    assert np.array_equal(target_values(column([1, 2.5, -3e300], N)), [1, 2.5, -1e30])


def test_rows_without_a_number_to_predict_are_counted_and_refused():
    with pytest.raises(UserError, match=r"got 2 of 5 rows without one.*Take these rows out"):
        target_values(column([1, None, 3, None, 5], N))


def test_classes_are_not_numbers():
    with pytest.raises(UserError, match=r"must hold numbers.*got a categorical column"):
        target_values(awkward()["40 rows"])


def test_a_number_is_not_made_a_class_without_classes_and_no_cell_is_quoted():
    with pytest.raises(UserError, match="needs classes, got none") as caught:
        target_codes(earners(60), ())
    assert not any(str(value) in str(caught.value) for value in target_values(earners(60)))
