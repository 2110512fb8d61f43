"""Membership by fair coins and nothing tidier: whatever is balanced tells a person's side from the others' sides."""

import numpy as np

from core.data.split import split_table
from tests.tables import people

REPLICATES = 240


def test_members_vary_in_number_as_fair_coins_do_and_so_do_a_persons_replicates():
    split = split_table(people(400), ("no", "yes"), 11)
    coins = np.column_stack([split.coins(r) for r in range(REPLICATES)])
    everybody = len(coins)
    # Binomial counts: the variance of 240 (of 320) of them is estimated with a relative error of 9 % (8 %).
    assert np.var(coins.sum(axis=0)) / (everybody / 4) > 0.6
    assert np.var(coins.sum(axis=0)) / (everybody / 4) < 1.4
    assert np.var(coins.sum(axis=1)) / (REPLICATES / 4) > 0.6
    assert np.var(coins.sum(axis=1)) / (REPLICATES / 4) < 1.4


def test_no_two_replicates_are_complements_or_copies_of_each_other():
    split = split_table(people(400), ("no", "yes"), 11)
    coins = np.column_stack([split.coins(r) for r in range(32)]).astype(float)
    correlation = np.corrcoef(coins.T)[np.triu_indices(32, 1)]
    # 496 pairs of 320 coins: beyond 4.5 standard errors once in 300 times.
    assert np.abs(correlation).max() < 4.5 / np.sqrt(len(coins))
    # Counts that are the same in every block of four replicates would give a mean of -1/11 inside the blocks.
    blocks = [np.corrcoef(coins[:, at : at + size].T)[np.triu_indices(size, 1)]
              for size in (2, 4, 8) for at in range(0, 32, size)]  # fmt: skip
    assert abs(np.concatenate(blocks).mean()) < 4 / np.sqrt(len(coins) * 176)
