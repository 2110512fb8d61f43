"""What a guarantee means in plain words, and the way back from an accepted bound to an epsilon."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from core.errors import UserError
from core.privacy.epsilon_for_bound import WHICH, epsilon_for_bound, largest_epsilon
from core.privacy.gdp import advantage_bound, mu_from_epsilon_delta, tpr_bound
from core.privacy.guarantee import Guarantee
from core.privacy.plain_words import bounds_of, budget_bounds, of_100, plain_words

DELTA = 1e-5
# Worked out by riskcal and by closed forms: epsilon, then advantage and hits at 1 % false alarms from the budget alone,
# then the same for Gaussian noise with that budget.
TABLE = [
    (0.1, 0.0500, 0.0111, 0.0130, 0.0109),
    (0.5, 0.2449, 0.0165, 0.0567, 0.0145),
    (1.0, 0.4621, 0.0272, 0.1066, 0.0198),
    (math.log(3), 0.5000, 0.0300, 0.1161, 0.0210),
    (2.0, 0.7616, 0.0739, 0.1980, 0.0340),
    (3.0, 0.9051, 0.2009, 0.2808, 0.0540),
    (5.0, 0.9866, 0.9933, 0.4249, 0.1141),
    (8.0, 0.9993, 0.9997, 0.5952, 0.2545),
    (10.0, 0.9999, 1.0, 0.6828, 0.3722),
]


def dp(epsilon=1.0, **others):
    return Guarantee(**{"kind": "dp", "epsilon": epsilon, "delta": 0.0, "neighbours": "add_remove", "unit": "row",
                        **others})  # fmt: skip


def gaussian(epsilon):
    return dp(epsilon, delta=DELTA, mu=mu_from_epsilon_delta(epsilon, DELTA))


@pytest.mark.parametrize(("epsilon", "eta", "hits", "smooth", "smooth_hits"), TABLE)
def test_budget_and_gaussian_bounds_are_those_of_the_reference_table(epsilon, eta, hits, smooth, smooth_hits):
    assert budget_bounds(epsilon, DELTA) == pytest.approx((eta, hits), abs=6e-5)
    found = bounds_of(gaussian(epsilon))
    assert (found.advantage, found.tpr, found.source) == pytest.approx((smooth, smooth_hits, "curve"), abs=6e-5)


def test_without_a_delta_the_advantage_is_the_hyperbolic_tangent_of_half_epsilon():
    for epsilon in (0.0, 0.01, 1.0, 30.0, 800.0):
        assert budget_bounds(epsilon)[0] == pytest.approx(math.tanh(epsilon / 2))
    assert budget_bounds(0.0) == (0.0, 0.01)


@pytest.mark.parametrize("curve", ["gaussian", "pure", "budget"])
@pytest.mark.parametrize("which", WHICH)
def test_the_way_back_from_a_bound_is_the_largest_epsilon_that_keeps_it(curve, which):
    delta = 0.0 if curve == "pure" else DELTA
    at = WHICH.index(which)
    for epsilon in (0.05, 0.5, 1.0, 3.0, 8.0):
        mu = mu_from_epsilon_delta(epsilon, DELTA)
        both = (advantage_bound(mu), tpr_bound(mu, 0.01)) if curve == "gaussian" else budget_bounds(epsilon, delta)
        found = epsilon_for_bound(curve, both[at], delta=delta, which=which)
        assert found == pytest.approx(epsilon, rel=1e-5)
        mu = mu_from_epsilon_delta(found, DELTA)
        again = (advantage_bound(mu), tpr_bound(mu, 0.01)) if curve == "gaussian" else budget_bounds(found, delta)
        assert again[at] <= both[at]


def test_a_bound_below_delta_leaves_no_epsilon():
    assert epsilon_for_bound("gaussian", 5e-6, delta=1e-5) == 0.0
    assert epsilon_for_bound("budget", 5e-6, delta=1e-5) == 0.0


@pytest.mark.parametrize("proved", [dp, gaussian], ids=["pure", "gaussian"])
@pytest.mark.parametrize("which", WHICH)
def test_a_mechanism_is_asked_itself_and_a_hundredth_more_breaks_the_bound(proved, which):
    rng = np.random.default_rng(3)
    for bound in rng.uniform(0.02, 0.98, 25):
        epsilon, found = largest_epsilon(proved, bound, 0.01, 100.0, which)
        value = found.advantage if which == "advantage" else found.tpr
        assert value <= bound
        assert found == bounds_of(proved(epsilon))
        beyond = bounds_of(proved(1.0102 * epsilon))
        assert epsilon == 100.0 or (beyond.advantage if which == "advantage" else beyond.tpr) > bound


def test_the_ends_of_the_range_are_respected_and_no_bound_gives_no_answer():
    assert largest_epsilon(dp, 0.9, 0.01, 0.5)[0] == 0.5
    assert largest_epsilon(dp, 0.001, 0.01, 100.0) is None
    assert largest_epsilon(lambda e: Guarantee(kind="claimed", epsilon=e), 0.5, 0.01, 100.0) is None


@pytest.mark.parametrize("bound", [0.0, 1.0, -0.1, float("nan"), True])
def test_a_bound_that_means_nothing_is_refused(bound):
    with pytest.raises(UserError):
        epsilon_for_bound("pure", bound)
    with pytest.raises(UserError):
        epsilon_for_bound("pure", 0.01, which="tpr")


def test_a_number_is_never_shown_better_than_it_is():
    rng = np.random.default_rng(1)
    for share in [0.0, 0.07, 0.0701, 0.0999, 0.1, 0.10000000000000002, 0.994, 1.0, *rng.uniform(0, 1, 500)]:
        shown = float(of_100(share))
        assert shown >= 100 * share - 1e-12
        assert shown - 100 * share <= (0.1 if share < 0.099 else 1.0) + 1e-12
    assert of_100(0.0701) == "7.1"


def test_the_words_say_hits_extra_people_neighbours_and_unit_from_the_guarantees_own_numbers():
    told = plain_words(gaussian(1.0))
    assert "at most 2.0 in 100" in told[0]
    assert "1 in 100 without the data" in told[0]
    assert "at most 11 extra people in 100" in told[1]
    assert "whether somebody is in the table at all" in told[2]
    assert "each row by itself" in told[3]
    assert "all together are not" in told[3]
    stated = plain_words(dp(advantage_bound=0.301, tpr_at_1pct_bound=0.0451, unit="person"))
    assert "at most 4.6 in 100" in stated[0]
    assert "at most 31 extra" in stated[1]
    assert "each person, with all their rows" in stated[-1]


def test_where_only_the_budget_is_known_the_worst_mechanism_counts_and_the_words_say_so():
    told = " ".join(plain_words(dp(1.0, delta=DELTA)))
    assert "at most 2.8 in 100" in told
    assert "at most 47 extra" in told
    assert "worst mechanism with this epsilon and delta" in told
    assert "worst mechanism" not in " ".join(plain_words(gaussian(1.0)))
    half = bounds_of(dp(1.0, advantage_bound=0.2))
    assert (half.source, half.advantage) == ("budget", budget_bounds(1.0)[0])


def test_replaced_rows_hide_values_and_not_presence():
    told = " ".join(plain_words(dp(neighbours="replace_one")))
    assert "not that they are in the table" in told
    assert "who were in the data" not in told


def test_a_huge_epsilon_says_that_the_proof_rules_nearly_nothing_out():
    assert "next to no protection" in " ".join(plain_words(gaussian(30.0)))
    assert "next to no protection" not in " ".join(plain_words(gaussian(3.0)))


@pytest.mark.parametrize("kind", ["none", "claimed", "k_anonymity"])
def test_what_proves_nothing_about_an_attacker_gives_no_number_for_one(kind):
    told = " ".join(plain_words(Guarantee(kind=kind, k=5, epsilon=1.0, advantage_bound=0.1, tpr_at_1pct_bound=0.02)))
    assert not re.search(r"\d in 100", told)
    assert "attacker" in told or "Nothing is proved" in told
