"""Splitting: by person, stratified, with coins that tell nothing."""

import numpy as np
import pytest

from core.data.split import split_table, subsample
from core.data.table import Table, class_labels, target_codes, target_values
from core.errors import UserError
from tests.regression_tables import awkward_numbers, earners
from tests.tables import awkward, people


def test_every_row_is_in_test_or_pool_and_nobody_is_in_both():
    for table in awkward().values():
        split = split_table(table, class_labels(table), 3)
        assert sorted([*split.test_rows, *split.pool_rows]) == list(range(len(table)))
        assert not set(table.persons[split.test_rows]) & set(table.persons[split.pool_rows])
        assert np.array_equal(split.pool[split.pool_place], table.persons[split.pool_rows])


def test_test_has_a_fifth_of_each_class():
    table = people(1000)
    split = split_table(table, ("no", "yes"), 1)
    target = target_codes(table, ("no", "yes"))
    for label in (0, 1):
        mine = np.flatnonzero(target == label)
        assert np.isin(mine, split.test_rows).mean() == pytest.approx(0.2, abs=1.5 / len(mine))


def test_coins_are_fair_independent_and_never_complementary_or_balanced():
    split = split_table(people(2000), ("no", "yes"), 5)
    coins = np.column_stack([split.coins(r) for r in range(12)]).astype(float)
    count = len(coins)
    assert coins.mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(coins.size))
    correlation = np.corrcoef(coins.T)[np.triu_indices(12, 1)]
    # 66 pairs: none beyond 4 standard errors; complements would give -1 and exactly balanced sets -1/11 everywhere.
    assert np.abs(correlation).max() < 4 / np.sqrt(count)
    assert np.abs(correlation.mean()) < 4 / np.sqrt(count * 66)
    assert np.var(coins.sum(axis=1)) == pytest.approx(3.0, rel=0.15)


def test_the_tuning_half_is_independent_of_membership_and_fixed():
    split = split_table(people(2000), ("no", "yes"), 5)
    again = split_table(people(2000), ("no", "yes"), 5)
    assert np.array_equal(split.tuning, again.tuning)
    assert abs(np.corrcoef(split.tuning, split.coins(0))[0, 1]) < 4 / np.sqrt(len(split.pool))


def test_a_person_s_rows_share_one_coin():
    table = awkward()["duplicated people"]
    split = split_table(table, class_labels(table), 0)
    rows = split.member_rows(0)
    inside = set(table.persons[rows])
    outside = set(table.persons[np.setdiff1d(split.pool_rows, rows)])
    assert not inside & outside


def test_a_sample_takes_whole_people_in_the_order_of_the_table():
    table = awkward()["duplicated people"]
    part = subsample(table, 30, 1)
    assert part.people == 30
    counts = table.frame["id"].value_counts()
    assert all(counts[name] == n for name, n in part.frame["id"].value_counts().items() if n)
    assert subsample(table, 10**6, 1) is table


def test_too_few_people_are_refused_with_a_remedy():
    with pytest.raises(UserError, match="at least 20 people, got 19"):
        split_table(people(160).take(np.arange(19)), ("no", "yes"), 0)


def test_a_numeric_target_is_stratified_by_tenths_of_its_order():
    table = earners(400)
    target = target_values(table)
    chosen = split_table(table, (), 1).test_rows
    tenths = np.argsort(np.argsort(target)) * 10 // 400
    # A fifth of 40 people needs no rounding; a split that ignored the target would do this once in six million.
    assert [int((tenths[chosen] == tenth).sum()) for tenth in range(10)] == [8] * 10


def test_only_the_order_of_a_numeric_target_counts_and_equal_values_stay_together():
    table = earners(200)
    grown = Table(table.frame.assign(rich=np.exp(table.frame["rich"] / 50)), table.schema)
    one, two = (split_table(t, (), 4) for t in (table, grown))
    assert np.array_equal(one.test_rows, two.test_rows)
    alike = Table(table.frame.assign(rich=np.where(np.arange(200) < 150, 5.0, np.arange(200))), table.schema)
    chosen = [split_table(alike, (), seed).test_rows for seed in range(20)]
    assert {int((rows < 150).sum()) for rows in chosen} == {30}
    # Bins that cut through equal values by place in the file would always take 4 of the first 20 rows.
    assert len({int((rows < 20).sum()) for rows in chosen}) > 2


@pytest.mark.parametrize("name", list(awkward_numbers()))
def test_awkward_numeric_targets_are_split_by_person(name):
    table = awkward_numbers()[name]
    split = split_table(table, (), 3)
    assert sorted([*split.test_rows, *split.pool_rows]) == list(range(len(table)))
    assert not set(table.persons[split.test_rows]) & set(table.persons[split.pool_rows])
    assert len(split.test_rows)


def test_a_split_by_classes_has_not_moved():
    """Seeds of saved studies: the people of TEST and of the first replicate, as they have always been drawn."""
    split = split_table(people(160), ("no", "yes"), 11)
    assert split.test_rows[:8].tolist() == [0, 3, 4, 7, 8, 22, 28, 33]
    assert np.flatnonzero(split.coins(0))[:8].tolist() == [3, 7, 11, 12, 13, 14, 15, 16]
    assert np.flatnonzero(split.tuning)[:8].tolist() == [1, 3, 4, 8, 10, 11, 12, 14]
