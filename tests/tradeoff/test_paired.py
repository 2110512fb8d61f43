"""Two settings compared person by person: known answers, and how often one is wrongly called clearly beaten."""

import math

import numpy as np
import pytest
from scipy.stats import binom, t

from core.stats.spread import Spread
from core.tradeoff.frontier import ERROR, Candidate, Estimate, standing
from core.tradeoff.paired import Pairs
from core.tradeoff.replicate import FULL, Outcome


def outcomes(right, metric="accuracy", first=0):
    """Return replicates from an array (replicates, people) of what every TEST person adds to the mean."""
    people = right.shape[1]
    return [
        Outcome(
            point="p",
            replicate=first + number,
            seconds=0.0,
            utility={metric: (float(row.mean()), (row - row.mean()) / people)},
        )
        for number, row in enumerate(right.astype(float))
    ]


def test_the_lower_end_is_the_one_computed_by_hand():
    random = np.random.default_rng(1)
    a, b = (random.random((4, 50)) < share for share in (0.9, 0.5))
    pairs = Pairs({"a": outcomes(a), "b": outcomes(b)}, "accuracy")
    apart = a.astype(float) - b
    person = apart.mean(axis=0)
    people = person.var(ddof=1) / 50
    runs = apart.mean(axis=1).var(ddof=1) / 4
    half = math.sqrt(t.ppf(0.99, 49) ** 2 * people + t.ppf(0.99, 3) ** 2 * runs)
    half += np.abs(person - person.mean()).max() / 50
    assert pairs.least("a", "b", 0.99) == pytest.approx(apart.mean() - half)
    assert pairs.least("b", "a", 0.99) == pytest.approx(-apart.mean() - half)


def test_what_two_settings_share_cancels_and_an_error_is_better_low():
    random = np.random.default_rng(2)
    hard = random.normal(0, 100, 80) + random.normal(0, 50, (6, 1))
    worse = hard + 10 + random.normal(0, 1, (6, 80))
    kept = {"a": outcomes(hard, "mae"), "b": outcomes(worse, "mae")}
    assert 9 < Pairs(kept, "mae").least("a", "b", 0.99) < 10
    assert Pairs(kept, "mae").least("b", "a", 0.99) < -10


def test_only_common_replicates_count_and_one_is_none():
    random = np.random.default_rng(3)
    a, b = random.random((2, 8, 60)) < 0.7
    whole = Pairs({"a": outcomes(a[:3]), "b": outcomes(b[:3])}, "accuracy").least("a", "b", 0.9)
    some = Pairs({"a": outcomes(a), "b": outcomes(b[:3])}, "accuracy").least("a", "b", 0.9)
    assert some == whole
    assert Pairs({"a": outcomes(a), "b": outcomes(b[:1])}, "accuracy").least("a", "b", 0.9) is None
    apart = Pairs({"a": outcomes(a), "b": outcomes(b, first=20)}, "accuracy")
    assert apart.least("a", "b", 0.9) is None
    assert apart.least("a", "unknown", 0.9) is None
    assert FULL < 0


def test_where_nobody_makes_a_difference_nothing_is_known():
    same = np.ones((4, 30)) * (np.arange(30) % 2)
    assert Pairs({"a": outcomes(same), "b": outcomes(same)}, "accuracy").least("a", "b", 0.9) is None


def test_a_handful_of_people_decides_nothing():
    a = np.ones((8, 1000))
    for few, more in ((4, False), (40, True)):
        b = a.copy()
        b[:, :few] = 0
        assert (Pairs({"a": outcomes(a), "b": outcomes(b)}, "accuracy").least("a", "b", 0.996) > 0) is more


def sweep(random, shares, noise, people=300, runs=8):
    """Return candidates and pairs: the same people are hard for every setting, and runs scatter by `noise`.

    In truth every setting gets `shares` of endlessly many people right; the risks say that the later are better.
    """
    hard = random.random(people)
    found, kept = [], {}
    for place, share in enumerate(shares):
        own = 0.7 * hard + 0.3 * random.random((1, people))  # hard for all, but not as hard
        level = REFERENCE[round(share * len(REFERENCE))] + random.normal(0, noise, (runs, 1))
        right = own + random.normal(0, 0.05, (runs, people)) < level
        kept[str(place)] = outcomes(right)
        values = right.mean(axis=1)
        spread = Spread(
            value=float(values.mean()),
            people_variance=float(right.mean(axis=0).var(ddof=1) / people),
            replicate_variance=float(values.var(ddof=1) / runs),
            people=people,
            replicates=runs,
        )
        low, high = spread.interval()
        risk = 0.5 if place == 0 else 0.1
        found.append(
            Candidate(
                id=str(place),
                utility=Estimate(value=spread.value, low=low, high=high),
                risk=Estimate(value=risk, low=risk - 0.01, high=risk + 0.01),
                replicates=runs,
            )
        )
    return found, Pairs(kept, "accuracy")


_DRAWN = np.random.default_rng(0)
REFERENCE = np.sort(0.7 * _DRAWN.random(100_000) + 0.3 * _DRAWN.random(100_000) + _DRAWN.normal(0, 0.05, 100_000))
"""What decides whether a person is right, drawn often: its quantile at a share gives a setting of that accuracy."""


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_of_settings_with_equal_truth_one_is_called_beaten_no_more_often_than_promised(noise):
    # The risks are far apart, so that the accuracies, which are equal in truth, decide alone: the worst place.
    random, times = np.random.default_rng(8), 400
    wrong = 0
    for _ in range(times):
        points, pairs = sweep(random, [0.8] * 4, noise)
        wrong += "0" in standing(points, "membership", pairs).beaten
    # Above this, a procedure that errs 5 % of the time comes out less than once in 10,000 seeds.
    assert wrong <= binom.ppf(1 - 1e-4, times, ERROR)


def test_pairing_finds_a_difference_that_the_intervals_alone_do_not():
    random, paired, alone = np.random.default_rng(9), 0, 0
    for _ in range(100):
        points, pairs = sweep(random, [0.78, 0.84], 0.0)
        paired += "0" in standing(points, "membership", pairs).beaten
        alone += "0" in standing(points, "membership").beaten
    assert alone + 10 <= paired
    assert paired >= 90
