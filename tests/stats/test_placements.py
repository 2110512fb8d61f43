"""DeLong's placements: brute force, a published implementation, the bootstrap; and areas by person."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.stats.intervals import standard_error
from core.stats.roc import (
    area_interval,
    auc,
    auc_by_person,
    auc_interval,
    clustered_auc,
    clustered_auc_interval,
    placements,
)

scores_and_truth = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=40).filter(
    lambda rows: any(t for _, t in rows) and not all(t for _, t in rows)
)


def delong_variance(scores, positive):
    influence = placements(scores, positive)[1]
    return sum((influence[side] ** 2).sum() * side.sum() / (side.sum() - 1) for side in (positive, ~positive))


@given(scores_and_truth)
def test_placements_agree_with_every_pair_compared_one_by_one(rows):
    scores, positive = np.array([float(s) for s, _ in rows]), np.array([t for _, t in rows])
    ones, zeros = scores[positive], scores[~positive]
    wins = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in zeros] for a in ones])
    area, influence = placements(scores, positive)
    assert area == pytest.approx(wins.mean())
    assert area == pytest.approx(auc(scores, positive))
    assert influence[positive] == pytest.approx((wins.mean(axis=1) - wins.mean()) / len(ones))
    assert influence[~positive] == pytest.approx((wins.mean(axis=0) - wins.mean()) / len(zeros))
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)


def test_the_variance_is_that_of_a_published_implementation():
    # confidenceinterval 1.0.5 (a port of Sun & Xu's code), run once: area .81428564, variance .020136053.
    scores = np.array([0.1, 0.35, 0.4, 0.8, 0.65, 0.9, 0.35, 0.2, 0.7, 0.55, 0.6, 0.4])
    positive = np.array([0, 0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 0]) == 1
    assert placements(scores, positive)[0] == pytest.approx(0.81428564, abs=1e-7)
    assert delong_variance(scores, positive) == pytest.approx(0.020136053, abs=1e-8)


def test_the_variance_is_that_of_the_bootstrap():
    rng = np.random.default_rng(1)
    positive = np.arange(300) < 120
    scores = np.round(rng.normal(size=300) + positive, 1)
    resampled = []
    for _ in range(2000):
        rows = np.concatenate([rng.choice(np.flatnonzero(side), side.sum()) for side in (positive, ~positive)])
        resampled.append(auc(scores[rows], positive[rows]))
    # A standard deviation of 2,000 draws is known to 1.6 %: five of them.
    assert math.sqrt(delong_variance(scores, positive)) == pytest.approx(np.std(resampled), rel=0.08)


@given(scores_and_truth)
def test_the_interval_contains_the_area_stays_inside_and_mirrors_with_the_scores(rows):
    scores, positive = np.array([float(s) for s, _ in rows]), np.array([t for _, t in rows])
    low, high = auc_interval(scores, positive)
    assert 0 <= low <= auc(scores, positive) + 1e-9
    assert auc(scores, positive) - 1e-9 <= high <= 1
    assert auc_interval(-scores, positive) == pytest.approx((1 - high, 1 - low), abs=1e-6)


def test_perfect_separation_and_a_constant_score_are_not_certainties():
    positive = np.arange(100) < 50
    low, high = auc_interval(positive.astype(float), positive)
    # Newcombe's method 5: the limit lies 1.96 of its own standard deviations from 1 (49 = (50 + 50) / 2 - 1).
    variance = low * (1 - low) * (1 + 49 * ((1 - low) / (2 - low) + low / (1 + low))) / 50**2
    assert (1 - low) / math.sqrt(variance) == pytest.approx(1.959964, abs=1e-6)
    assert (round(low, 4), high) == (0.9603, 1.0)
    low, high = auc_interval(np.zeros(100), positive)
    # At .5 with 50 a side: close to 1.96 null standard deviations, shrunk.
    null = math.sqrt((50 + 50 + 1) / (12 * 50 * 50))
    assert (0.5 - low, high - 0.5) == pytest.approx((1.96 * null, 1.96 * null), rel=0.05)
    member = np.repeat(positive[:, None], 8, axis=1)
    assert clustered_auc_interval(member.astype(float), member) == auc_interval(positive.astype(float), positive)


def test_an_area_without_a_side_is_undefined():
    scores, positive = np.array([1.0, 2.0]), np.array([True, True])
    assert math.isnan(placements(scores, positive)[0])
    assert placements(scores, positive)[1].tolist() == [0.0, 0.0]
    assert all(math.isnan(limit) for limit in auc_interval(scores, positive))
    assert all(math.isnan(limit) for limit in clustered_auc(scores[:, None], positive[:, None]))
    assert all(math.isnan(limit) for limit in clustered_auc_interval(scores[:, None], positive[:, None]))


def test_eight_copies_of_a_replicate_know_as_much_as_one():
    rng = np.random.default_rng(2)
    member = rng.random(200) < 0.5
    scores = rng.normal(size=200) + member
    one = clustered_auc(scores[:, None], member[:, None])
    eight = clustered_auc(np.repeat(scores[:, None], 8, axis=1), np.repeat(member[:, None], 8, axis=1))
    assert eight == pytest.approx(one)
    # Eight independent ones know more, as long as the people are others.
    other = clustered_auc(rng.normal(size=(200, 8)) + member[:, None], np.repeat(member[:, None], 8, axis=1))
    assert other[1] < 0.5 * one[1]


def test_halves_and_unused_scores_are_kept_apart():
    rng = np.random.default_rng(3)
    scores, member = rng.normal(size=(60, 3)), rng.random((60, 3)) < 0.5
    half, used = rng.random(60) < 0.5, rng.random((60, 3)) < 0.8
    # Half of the people are scored on another scale: only comparisons within a half mean anything.
    shifted = scores + 100 * half[:, None]
    assert clustered_auc(shifted, member, used, half) == pytest.approx(clustered_auc(scores, member, used, half))
    expected = [
        auc(scores[rows, r], member[rows, r])
        for side in (half, ~half)
        for r in range(3)
        for rows in [side & used[:, r]]
    ]
    area, influence = auc_by_person(scores, member, used, half)
    assert area == pytest.approx(np.mean(expected))
    assert influence.sum() == pytest.approx(0, abs=1e-12)
    spoiled = np.where(used, scores, 1e9)
    assert clustered_auc(spoiled, member, used, half) == clustered_auc(scores, member, used, half)


def test_a_replicate_without_a_side_is_left_out_of_the_mean():
    scores = np.array([[0.1, 0.1], [0.4, 0.4], [0.35, 0.35], [0.8, 0.8]])
    member = np.array([[False, True], [False, True], [True, True], [True, True]])
    assert clustered_auc(scores, member)[0] == 0.75
    assert clustered_auc(scores, member) == clustered_auc(scores[:, :1], member[:, :1])


def test_the_standard_error_by_person_is_that_of_a_bootstrap_of_people():
    rng = np.random.default_rng(4)
    scores = 0.8 * rng.normal(size=(150, 1)) + 0.6 * rng.normal(size=(150, 3))
    member = rng.random((150, 3)) < 0.5
    scores += 0.7 * member
    resampled = []
    for _ in range(1000):
        rows = rng.integers(0, 150, 150)
        resampled.append(np.mean([auc(scores[rows, r], member[rows, r]) for r in range(3)]))
    # A standard deviation of 1,000 draws is known to 2.2 %: four of them.
    assert standard_error(auc_by_person(scores, member)[1]) == pytest.approx(np.std(resampled), rel=0.09)


def test_a_known_logit_interval():
    # By hand: log(.8 / .2) = 1.386294, error on that scale .04 / .16 = .25, 1.959964 of them.
    assert area_interval(0.8, 0.04, 100, 100) == pytest.approx(
        (1 / (1 + math.exp(-1.386294 + 0.489991)), 1 / (1 + math.exp(-1.386294 - 0.489991))), abs=1e-6
    )


@pytest.mark.slow
def test_36000_people_and_8_replicates_take_less_than_150_ms():
    rng = np.random.default_rng(5)
    scores, member, half = rng.normal(size=(36_000, 8)), rng.random((36_000, 8)) < 0.5, rng.random(36_000) < 0.5
    started = time.perf_counter()
    clustered_auc(scores, member, None, half)
    assert time.perf_counter() - started < 0.15  # .05 s on two 2.x GHz cores
