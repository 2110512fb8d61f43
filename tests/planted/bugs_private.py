"""Bugs in what differential privacy adds: composing, tuning, choosing, and what a certificate tells."""

from __future__ import annotations

from tests.planted.bug import Bug

TUNING, TUNING_TESTS = "core/tradeoff/tuning.py", "tests/tradeoff/test_tuning.py"

PRIVATE = (
    Bug(
        key="36",
        title="Tuning on private people is free",
        file=TUNING,
        old="mu = proved.mu * math.sqrt(fits)",
        new="mu = proved.mu",
        test=f"{TUNING_TESTS}::test_gaussian_tuning_is_charged_as_the_root_of_all_fits",
        why="three settings and the last fit cost twice the mu of one",
    ),
    Bug(
        key="36b",
        title="Settings are compared with too little noise",
        file=TUNING,
        old="scores += rng.normal(0.0, 1 / proved.mu, len(scores))",
        new="scores += rng.normal(0.0, 0.3 / proved.mu, len(scores))",
        test=f"{TUNING_TESTS}::test_private_comparison_has_the_noise_that_is_charged",
        why="how often the better one of two wins must be what the charged noise gives",
    ),
    Bug(
        key="36c",
        title="Settings are compared on the people they were fitted on",
        file=TUNING,
        old="np.flatnonzero(held[persons] == wanted) for wanted in (False, True))",
        new="np.flatnonzero(held[persons] >= wanted) for wanted in (False, True))",
        test=f"{TUNING_TESTS}::test_nobody_is_both_fitted_on_and_compared_on",
        why="the two parts must share nobody",
    ),
    Bug(
        key="36d",
        title="A person with many rows moves a score by as many",
        file=TUNING,
        old="weights=quality) / np.maximum(np.bincount(place), 1)",
        new="weights=quality)",
        test=f"{TUNING_TESTS}::test_one_person_moves_the_sum_of_scores_by_one_at_most_however_many_rows_they_have",
        why="three right answers for one person count once",
    ),
    Bug(
        key="37",
        title="The ledger counts a setting once, not every fit of it",
        file="core/tradeoff/ledger.py",
        old="cost = Cost.of(proved, fits)",
        new="cost = Cost.of(proved)",
        test="tests/tradeoff/test_ledger.py::test_the_total_equals_the_reference_accountant_on_the_same_events",
        why="nine fits of two settings, composed by the reference accountant",
    ),
    Bug(
        key="37b",
        title="A release is not in the ledger's total",
        file="core/tradeoff/ledger.py",
        old="    for recipe in released:\n",
        new="    for recipe in ():\n",
        test="tests/tradeoff/test_ledger.py::"
        "test_a_sweep_of_twenty_epsilons_and_a_release_cost_far_more_than_the_setting_released",
        why="the total after a release is above the one before",
    ),
    Bug(
        key="38",
        title="An edge is chosen twice as sharply as it is paid for",
        file="core/privacy/discrete_noise.py",
        old="np.float64) / scale + rng.gumbel",
        new="np.float64) / scale * 2 + rng.gumbel",
        test="tests/privacy/test_discrete_noise.py::"
        "test_a_noisy_choice_has_the_probabilities_of_the_exponential_mechanism_seeded_or_not",
        why="3,000 choices among three scores against their exact probabilities",
    ),
    Bug(
        key="39",
        title="The certificate of a private release tells how many people there are",
        file="core/release/certificate.py",
        old='"people_before": None if private else table.people',
        new='"people_before": table.people',
        test="tests/release/test_release_private.py::"
        "test_the_certificate_of_a_private_release_does_not_tell_the_size_of_the_table",
        why="the size of the table must not occur in the certificate",
    ),
    Bug(
        key="40",
        title="The noise of a histogram forgets the other histograms",
        file="core/techniques/dp_naive_bayes.py",
        old="return columns / (self.COUNTS * self.epsilon)",
        new="return 1 / (self.COUNTS * self.epsilon)",
        test="tests/techniques/test_dp_naive_bayes.py::test_every_count_has_the_noise_that_the_budget_asks_for",
        why="a person is in one cell of each of two histograms",
    ),
    Bug(
        key="40b",
        title="Every visit of a person is counted",
        file="core/techniques/dp_naive_bayes.py",
        old="one_row_each(rows, rng)",
        new="rows",
        test="tests/techniques/test_dp_naive_bayes.py::test_a_person_with_many_rows_counts_once",
        why="60 rows of 7 people count 7",
    ),
    Bug(
        key="41",
        title="The attack asks the model behind the rounded answers",
        file="core/tradeoff/attacked.py",
        old="        if step is None:\n            return signals\n",
        new="        if step is not None:\n            return signals\n",
        test="tests/techniques/test_answers.py::"
        "test_a_membership_attacker_sees_nothing_but_the_changed_answers[logistic_regression-step0]",
        why="every score must be one that rounded answers can give",
    ),
    Bug(
        key="41b",
        title="The attacked model is not the restrained one",
        file="core/tradeoff/recipe.py",
        old="            model = self.model_for(model)\n",
        new="",
        test="tests/techniques/test_regularised_training.py::test_the_recipe_trains_and_attacks_the_restrained_model",
        why="leaves of twenty rows must close most of the gap",
    ),
    Bug(
        key="42",
        title="The target's histogram is read for free",
        file="core/techniques/dp_linear_regression.py",
        old="math.sqrt(self.STEPS / (1 - self.HISTOGRAM)) / self.mu",
        new="math.sqrt(self.STEPS) / self.mu",
        test="tests/techniques/test_dp_linear_regression.py::test_all_draws_together_cost_exactly_the_stated_mu[1.0]",
        why="the histogram and all steps together must spend the stated budget",
    ),
    Bug(
        key="42b",
        title="Each visit of a person is clipped by itself",
        file="core/techniques/private_line.py",
        old="(error * factor * self.shares)",
        new="(error * factor)",
        test="tests/techniques/test_dp_linear_regression.py::"
        "test_one_person_more_moves_the_sum_by_the_clip_at_most[12-1.0]",
        why="twelve people with sixty rows: each moves the sum by the clip at most",
    ),
)
