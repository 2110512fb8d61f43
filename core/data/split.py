"""Who is TEST, who is POOL, and the coins that make members, controls, tuning and evaluation halves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from core.data.table import Labels, Table, target_codes, target_values
from core.errors import UserError
from core.rng import rng_for

TEST_SHARE = 0.2

BINS = 10
"""Quantile bins by which a numeric target is stratified."""


@dataclass(frozen=True, eq=False)
class Split:
    """One split of the people of a table; drawn once per study.

    Parameters
    ----------
    persons : integer array
        The person behind each row, 0..people-1.
    pool : integer array
        Codes of the people in POOL, sorted.
    test_rows : integer array
        Rows of TEST people.
    pool_rows : integer array
        Rows of POOL people.
    pool_place : integer array
        For each pool row, the position of its person in `pool`.
    tuning : boolean array
        For each person of `pool`, whether they are in the tuning half; fixed across recipes and replicates.
    """

    seed: int
    persons: Labels
    pool: Labels
    test_rows: Labels
    pool_rows: Labels
    pool_place: Labels
    tuning: Labels

    def coins(self, replicate: int) -> Labels:
        """Return who of `pool` is a member in this replicate: one fair and independent coin per person.

        Never complementary or exactly balanced: both leak membership through the other replicates.
        """
        return rng_for(self.seed, "coins", replicate).random(len(self.pool)) < 0.5

    def member_rows(self, replicate: int) -> Labels:
        """Return the rows of this replicate's members."""
        return self.pool_rows[self.coins(replicate)[self.pool_place]]


def split_table(table: Table, classes: tuple[str, ...], seed: int) -> Split:
    """Split by person, stratified by the target: TEST 20 %, POOL 80 %.

    A person with several rows belongs to the class of their first row. Within a class the number of TEST people is
    rounded at random, so that small classes are not always left out. With no classes the target is a number; people
    are then stratified by tenths of its order, people of one value always together.
    """
    persons = table.persons
    people = table.people
    if people < 20:
        raise UserError(
            "a study needs at least 20 people", got=f"{people}", do="Use a larger table: smaller ones measure nothing."
        )
    stratum = np.full(people, -1, np.int64)
    if classes:
        stratum[persons[::-1]] = target_codes(table, classes)[::-1]
    else:
        stratum = _tenths(target_values(table), persons, people)
    rng = rng_for(seed, "split")
    test = np.zeros(people, bool)
    for value in np.unique(stratum):
        group = np.flatnonzero(stratum == value)
        wanted = TEST_SHARE * len(group)
        count = int(wanted) + int(rng.random() < wanted - int(wanted))
        test[rng.permutation(group)[:count]] = True
    if not test.any():
        test[rng.integers(people)] = True
    pool = np.flatnonzero(~test)
    place = np.full(people, -1, np.int64)
    place[pool] = np.arange(len(pool))
    in_test = test[persons]
    pool_rows = np.flatnonzero(~in_test)
    return Split(
        seed=seed,
        persons=persons,
        pool=pool,
        test_rows=np.flatnonzero(in_test),
        pool_rows=pool_rows,
        pool_place=place[persons[pool_rows]],
        tuning=rng_for(seed, "tuning").random(len(pool)) < 0.5,
    )


def _tenths(target: Labels, persons: Labels, people: int) -> Labels:
    """Return each person's quantile bin by the rank of their first row's target: only the order counts."""
    first = np.empty(people)
    first[persons[::-1]] = target[::-1]
    return np.asarray((rankdata(first, method="min") - 1) * BINS // people, np.int64)


def subsample(table: Table, people: int, seed: int) -> Table:
    """Return the rows of `people` people drawn at random, in the order of the table."""
    if people >= table.people:
        return table
    chosen = np.zeros(table.people, bool)
    chosen[rng_for(seed, "subsample").permutation(table.people)[:people]] = True
    return table.take(chosen[table.persons])
