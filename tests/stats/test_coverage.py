"""How often the intervals hold the truth: exact sums where the counts are binomial, simulation elsewhere.

The grid: 100 or more in each arm, every expected count 5 or more, areas .5 to .9. Simulated coverages have a standard
error of sqrt(.95 x .05 / tables); the bounds of a simulated test are 93.5 and 97.5 % where the number of tables makes
three standard errors fit between them and the truth.
"""

import itertools

import numpy as np
import pytest
from scipy.special import chdtri, ndtr, ndtri
from scipy.stats import binom

from core.stats import rates
from core.stats.intervals import (
    Spread,
    clustered_difference,
    clustered_interval,
    difference,
    paired_difference,
    standard_error,
)
from core.stats.roc import auc_interval, clustered_auc_interval, placements

LEAST, MOST = 0.935, 0.975


def rate_coverage(limits, n):
    """Lowest and highest coverage over every rate of the region: it can only change where a limit lies."""
    k = np.arange(n + 1)
    low, high = limits(k, n)
    jumps = np.concatenate([low, high])
    jumps = jumps[(jumps >= 5 / n) & (jumps <= 1 - 5 / n)]
    p = np.concatenate([jumps - 1e-9, jumps + 1e-9, [5 / n, 1 - 5 / n]])
    inside = (low[:, None] <= p) & (p <= high[:, None])
    covered = (binom.pmf(k[:, None], n, p) * inside).sum(axis=0)
    return covered.min(), covered.max()


def test_the_shown_interval_of_a_rate_covers_at_every_rate():
    covered = [rate_coverage(rates.agresti_coull_limits, n)[0] for n in (*range(100, 201), 250, 300, 500, 1000)]
    assert min(covered) >= LEAST
    assert min(covered) == pytest.approx(0.938, abs=0.0005), "the docstring's number"


def test_clopper_pearson_never_covers_less_than_it_says():
    assert min(rate_coverage(rates.clopper_pearson_limits, n)[0] for n in (100, 101, 150, 300, 1000)) >= 0.95
    for n, p in itertools.product((5, 20, 40), (0.001, 0.01, 0.1, 0.3, 0.5)):
        k = np.arange(n + 1)
        low, high = rates.clopper_pearson_limits(k, n)
        assert binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum() >= 0.95


@pytest.mark.slow
def test_a_stated_exception_wilson_by_itself_dips_near_7_of_132():
    # Why a single rate is not shown with Wilson's interval, though differences and ratios are built on it.
    low, _ = rate_coverage(rates.wilson_limits, 132)
    assert low == pytest.approx(0.9256, abs=0.0002)
    assert min(rate_coverage(rates.wilson_limits, n)[0] for n in range(100, 201)) == low


def lattice(n, step):
    p = np.unique(np.round(np.concatenate([[5 / n, 1 - 5 / n], np.arange(0.05, 0.951, step)]), 9))
    return p[(p * n >= 5 - 1e-6) & ((1 - p) * n >= 5 - 1e-6)]


def pair_coverage(limits, truth, n1, n0, places):
    """Exact coverage at each (p1, p0); an undefined interval counts as a miss."""
    a, b = np.arange(n1 + 1), np.arange(n0 + 1)
    low, high = limits(a[:, None], n1, b[None, :], n0)
    found = []
    for p1, p0 in places:
        value = truth(p1, p0)
        found.append(binom.pmf(a, n1, p1) @ ((low <= value) & (value <= high)) @ binom.pmf(b, n0, p0))
    return np.array(found)


PAIRS = {
    "newcombe": (rates.newcombe_limits, lambda p1, p0: p1 - p0),
    "residual": (rates.residual_limits, lambda p1, p0: 1 - (1 - p1) / (1 - p0)),
}


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(("n1", "n0"), [(100, 100), (150, 150), (100, 300), (300, 100), (137, 211)])
def test_differences_and_residual_risk_cover_exactly_on_the_lattice(name, n1, n0):
    covered = pair_coverage(*PAIRS[name], n1, n0, itertools.product(lattice(n1, 0.1), lattice(n0, 0.1)))
    assert covered.min() >= LEAST
    assert covered.max() <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize(
    ("n1", "n0"),
    [(100, 100), (150, 150), (200, 200), (300, 300), (100, 300), (300, 100), (137, 211), (100, 1000), (1000, 100)],
)
def test_differences_and_residual_risk_cover_exactly_on_the_fine_lattice(name, n1, n0):
    covered = pair_coverage(*PAIRS[name], n1, n0, itertools.product(lattice(n1, 0.025), lattice(n0, 0.025)))
    assert covered.min() >= 0.936, "the docstring's number"
    assert covered.max() <= 0.967


@pytest.mark.parametrize(
    ("name", "n1", "p1", "n0", "p0", "expected"),
    [("newcombe", 200, 0.9669, 200, 0.0304, 0.9326), ("residual", 100, 0.9454, 10_000, 0.0249, 0.9300)],
)
def test_stated_exceptions_of_the_region_are_no_worse_than_stated(name, n1, p1, n0, p0, expected):
    # The worst of 40,000 random places: Newcombe has one under .935, residual risk four.
    assert pair_coverage(*PAIRS[name], n1, n0, [(p1, p0)])[0] == pytest.approx(expected, abs=0.001)


def test_residual_risk_reproduces_the_simulated_coverage_of_the_design_study():
    # 4,000 tables each there, so two decimals and a half: standard error .0034, and three of them.
    for m, c, n, simulated in (
        (0.02, 0.02, 500, 0.959),
        (0.3, 0.3, 500, 0.952),
        (0.5, 0.3, 500, 0.959),
        (0.9, 0.5, 500, 0.953),
        (0.97, 0.95, 500, 0.954),
        (0.01, 0.0, 300, 0.996),
    ):
        assert pair_coverage(*PAIRS["residual"], n, n, [(m, c)])[0] == pytest.approx(simulated, abs=0.0105)


def test_what_happens_outside_the_grid_is_what_the_docstrings_say():
    for name, n, p1, p0, expected in (
        ("newcombe", 20, 0.05, 0.01, 0.9994),
        ("newcombe", 20, 0.017, 0.977, 0.8818),
        ("newcombe", 100, 0.0095, 0.992, 0.9086),
        ("residual", 20, 0.05, 0.01, 0.9979),
        ("residual", 300, 0.01, 1e-9, 0.9964),
    ):
        assert pair_coverage(*PAIRS[name], n, n, [(p1, p0)])[0] == pytest.approx(expected, abs=6e-4)


def normal_scores(rng, tables, n1, n0, area):
    scores = rng.normal(size=(tables, n1 + n0))
    scores[:, :n1] += ndtri(area) * np.sqrt(2)
    return scores


def exponential_scores(rng, tables, n1, n0, area):
    scores = rng.exponential(size=(tables, n1 + n0))
    scores[:, :n1] *= area / (1 - area)
    return scores


def tied_scores(rng, tables, n1, n0, area):
    """Two answers only; false alarms 10 %."""
    scores = rng.random((tables, n1 + n0))
    scores[:, :n1] = scores[:, :n1] < 0.1 + 2 * (area - 0.5)
    scores[:, n1:] = scores[:, n1:] < 0.1
    return scores


def area_coverage(make, n1, n0, area, tables, seed):
    rng = np.random.default_rng(seed)
    positive = np.arange(n1 + n0) < n1
    intervals = [auc_interval(scores, positive) for scores in make(rng, tables, n1, n0, area)]
    return np.mean([low <= area <= high for low, high in intervals])


@pytest.mark.parametrize(
    ("make", "n1", "n0", "area"),
    [
        (normal_scores, 100, 100, 0.9),
        (exponential_scores, 100, 300, 0.9),
        (normal_scores, 300, 100, 0.5),
        (tied_scores, 100, 100, 0.7),
    ],
)
def test_the_interval_of_an_area_covers(make, n1, n0, area):
    # 2,500 tables: standard error .0044, so a coverage of .95 stays inside by three of them and more.
    assert LEAST <= area_coverage(make, n1, n0, area, 2500, 1) <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("make", [normal_scores, exponential_scores, tied_scores])
@pytest.mark.parametrize(("n1", "n0"), [(100, 100), (100, 300), (300, 100), (100, 1000), (1000, 100)])
@pytest.mark.parametrize("area", [0.5, 0.7, 0.9])
def test_the_interval_of_an_area_covers_on_the_grid(make, n1, n0, area):
    # 10,000 tables: standard error .0022.
    assert LEAST <= area_coverage(make, n1, n0, area, 10_000, 2) <= MOST


def test_the_plain_interval_of_an_area_would_be_too_short_at_nine_tenths():
    # Why the logit scale: the test above would fail with the interval of the textbooks.
    rng = np.random.default_rng(3)
    positive, hits = np.arange(200) < 100, 0
    for scores in exponential_scores(rng, 3000, 100, 100, 0.9):
        area, influence = placements(scores, positive)
        hits += abs(area - 0.9) <= 1.96 * np.sqrt((influence**2).sum() * 100 / 99)
    assert hits / 3000 < 0.945  # .934 in 10,000 tables; standard error .0045


def latent(rng, people, replicates, correlation):
    """One normal number for each attempt, those of a person correlated."""
    shared = np.sqrt(correlation) * rng.normal(size=(people, 1))
    return shared + np.sqrt(1 - correlation) * rng.normal(size=(people, replicates))


def membership(rng, people, replicates, fixed):
    if fixed:
        return np.repeat((np.arange(people) < people // 2)[:, None], replicates, axis=1)
    return rng.random((people, replicates)) < 0.5


def clustered_area_coverage(people, replicates, correlation, area, fixed, tables, seed):
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(tables):
        member = membership(rng, people, replicates, fixed)
        scores = latent(rng, people, replicates, correlation) + ndtri(area) * np.sqrt(2) * member
        low, high = clustered_auc_interval(scores, member)
        hits += low <= area <= high
    return hits / tables


@pytest.mark.parametrize(("correlation", "area", "fixed"), [(0.95, 0.7, True), (0.5, 0.9, False)])
def test_the_area_over_replicates_covers_with_a_persons_replicates_together(correlation, area, fixed):
    # 1,000 tables: standard error .0069; .93 and .975 are three of them from .9510 and more.
    assert 0.93 <= clustered_area_coverage(200, 4, correlation, area, fixed, 1000, 3) <= MOST


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("area", [0.5, 0.7, 0.9])
@pytest.mark.parametrize("fixed", [True, False])
def test_the_area_over_replicates_covers_on_the_grid(correlation, area, fixed):
    # 6,000 tables: standard error .0028.
    assert LEAST <= clustered_area_coverage(200, 8, correlation, area, fixed, 6000, 4) <= MOST


def clustered_rate_coverage(people, replicates, correlation, m, c, fixed, tables, seed):
    """By person, as if attempts were independent."""
    rng = np.random.default_rng(seed)
    hits = np.zeros(2)
    person = np.repeat(np.arange(people), replicates)
    for _ in range(tables):
        member = membership(rng, people, replicates, fixed)
        success = latent(rng, people, replicates, correlation) < np.where(member, ndtri(m), ndtri(c))
        low, high = clustered_interval(success.ravel(), member.ravel(), person)
        n1, n0 = member.sum(), (~member).sum()
        naive = rates.newcombe_limits(success[member].sum(), n1, success[~member].sum(), n0)
        hits += low <= m - c <= high, naive[0] <= m - c <= naive[1]
    return hits / tables


@pytest.mark.parametrize(("m", "c", "fixed"), [(0.3, 0.05, True), (0.5, 0.5, False)])
def test_differences_of_attempts_on_the_same_people_cover_by_person(m, c, fixed):
    by_person, naive = clustered_rate_coverage(200, 8, 0.9, m, c, fixed, 1000, 5)
    assert by_person >= 0.93  # standard error .0069: two and a half below .95
    if fixed:
        assert naive < 0.7, "eight answers about one person are not eight people"


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.95])
@pytest.mark.parametrize(("m", "c"), [(0.05, 0.05), (0.3, 0.05), (0.5, 0.5), (0.95, 0.5)])
@pytest.mark.parametrize("fixed", [True, False])
def test_differences_of_attempts_on_the_same_people_cover_on_the_grid(correlation, m, c, fixed):
    # 6,000 tables: standard error .0028.
    assert clustered_rate_coverage(200, 8, correlation, m, c, fixed, 6000, 6)[0] >= LEAST


def paired_coverage(n, only_a, only_b):
    """Exact coverage of a difference of two accuracies on the same n people, from the trinomial of who differs."""
    covered = 0.0
    for a in range(n + 1):
        some = binom.pmf(a, n, only_a)
        if some < 1e-7:
            continue
        for b in range(n - a + 1):
            weight = some * binom.pmf(b, n - a, only_b / (1 - only_a))
            if weight < 1e-7:
                continue
            signs = np.zeros(n)
            signs[:a], signs[a : a + b] = 1, -1
            spread = paired_difference((signs - signs.mean()) / n, np.zeros(n), signs.mean(), 0.0)
            low, high = spread.interval()
            covered += weight * (low - 1e-12 <= only_a - only_b <= high + 1e-12)
    return covered


@pytest.mark.parametrize(("n", "only_a", "only_b"), [(100, 0.05, 0.05), (100, 0.1, 0.05), (200, 0.05, 0.025)])
def test_paired_differences_cover_exactly(n, only_a, only_b):
    assert LEAST <= paired_coverage(n, only_a, only_b) <= MOST


def test_a_stated_exception_paired_differences_when_nobody_differs_in_one_direction():
    assert paired_coverage(100, 0.05, 0.0001) == pytest.approx(0.8775, abs=0.001)


def test_paired_differences_of_areas_cover():
    # Two scores of the same 200 people, correlated; true difference of areas .1. 1,500 tables: standard error .0056.
    rng = np.random.default_rng(7)
    positive, hits = np.arange(200) < 100, 0
    for _ in range(1500):
        shared = rng.normal(size=200)
        a, b = (
            np.sqrt(0.6) * shared + np.sqrt(0.4) * rng.normal(size=200) + ndtri(area) * np.sqrt(2) * positive
            for area in (0.8, 0.7)
        )
        (value_a, moved_a), (value_b, moved_b) = placements(a, positive), placements(b, positive)
        low, high = paired_difference(moved_a, moved_b, value_a, value_b).interval()
        hits += low <= 0.1 <= high
    assert LEAST <= hits / 1500 <= MOST


def accuracy_tables(rng, people, replicates, sway, tables):
    """Who is right in each replicate: people differ, and a replicate moves everybody by `sway` standard deviations."""
    for _ in range(tables):
        skill = rng.normal(1.0, 0.5, people)
        moved = skill[:, None] + rng.normal(0, sway, replicates) + rng.normal(0, 1, (people, replicates))
        yield moved > 0


def utility_coverage(people, replicates, sway, tables, seed, paired=False):
    rng = np.random.default_rng(seed)
    truth = ndtr(1.0 / np.sqrt(0.25 + sway**2 + 1))
    hits = 0
    for right in accuracy_tables(rng, people, replicates, sway, tables):
        values = right.mean(axis=0)
        influence = (right.mean(axis=1) - right.mean()) / people
        if paired:
            # The other recipe answers worse to one person in five, on its own.
            other = right & (rng.random(right.shape) < 0.8)
            spread = difference(values, other.mean(axis=0), influence, (other.mean(axis=1) - other.mean()) / people)
            low, high = spread.interval()
            hits += low <= 0.2 * truth <= high
            continue
        spread = Spread(
            value=float(values.mean()),
            people_variance=standard_error(influence) ** 2,
            replicate_variance=float(values.var(ddof=1) / replicates),
            people=people,
            replicates=replicates,
        )
        low, high = spread.interval()
        hits += low <= truth <= high
    return hits / tables


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize(("replicates", "sway"), [(2, 0.3), (3, 0.1), (8, 0.3)])
def test_utility_over_people_and_replicates_covers(replicates, sway, paired):
    # 2,000 tables: standard error .0049, three of them below .95. Satterthwaite's t has .87 with 2 replicates.
    assert utility_coverage(300, replicates, sway, 2000, 8, paired) >= LEAST


@pytest.mark.slow
@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("replicates", [2, 3, 4, 8, 32])
@pytest.mark.parametrize("sway", [0.0, 0.03, 0.1, 0.25])
def test_utility_over_people_and_replicates_covers_on_the_grid(replicates, sway, paired):
    assert utility_coverage(300, replicates, sway, 6000, 9, paired) >= LEAST


@pytest.mark.slow
def test_a_stated_exception_replicates_whose_accuracies_scatter_by_twelve_points_and_lean():
    # Accuracies near 1 lean to one side, which a t interval over 3 of them does not know. 20,000: standard error .0018.
    assert utility_coverage(300, 3, 0.5, 20_000, 19) == pytest.approx(0.933, abs=0.0055)


@pytest.mark.parametrize("replicates", [2, 3, 4, 8, 32])
def test_a_spread_covers_whatever_share_of_the_variance_replicates_have(replicates):
    # No simulation: normal values of total variance 1, averaged over 1,000 quantiles of the estimated variance.
    quantiles = chdtri(replicates - 1, 1 - (np.arange(1000) + 0.5) / 1000) / (replicates - 1)
    for share in (0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99):
        halves = [Spread(0.0, 1 - share, share * q, 10**6, replicates).interval()[1] for q in quantiles]
        covered = np.mean(2 * ndtr(halves) - 1)
        assert covered >= 0.9495  # the midpoints of 1,000 quantiles are exact to .0005
        assert covered <= {2: 0.988, 3: 0.978, 4: 0.971, 8: 0.961, 32: 0.953}[replicates]


def test_people_who_never_had_an_attempt_do_not_move_the_standard_error():
    success, member = np.array([1, 0, 1, 0, 1, 0]), np.array([True, True, True, False, False, False])
    person = np.array([0, 1, 2, 3, 4, 5])
    _, _, padded = clustered_difference(success, member, person, people=9)
    _, _, plain = clustered_difference(success, member, person)
    assert padded.tolist() == [*plain.tolist(), 0, 0, 0]
    assert standard_error(padded) < standard_error(plain) < 1.1 * standard_error(padded)
