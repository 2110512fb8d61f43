"""Table techniques when the target is a number: it goes through exactly, and what follows can be trained on it."""

import numpy as np
import pytest

from core.data.table import target_values
from core.models.linear_regression import LinearRegression
from core.rng import rng_for
from core.techniques import TECHNIQUES
from core.techniques.base import PublicFacts, Stage
from core.tradeoff.recipe import Recipe
from core.utility.metrics import REGRESSION_METRICS
from tests.regression_tables import earners

SETTINGS = {
    "drop_columns": {"columns": ("job", "zip")},
    "mondrian_k_anonymity": {"k": 3},
    "full_domain_k_anonymity": {"k": 2, "suppression_limit": 0.3},
    "local_suppression": {"k": 2},
    "sequential_trees": {"min_leaf": 5},
}
PRIVATE = ("dp_marginals", "randomised_response")
"""They change the target on purpose, under noise that 300 people cannot bear; their own tests look at numbers."""
KEYS = [key for key, cls in TECHNIQUES.items() if cls.stage is Stage.TABLE and key not in PRIVATE]
FACTS = PublicFacts(people=300, classes=())


def released(key):
    members = earners(400).take(np.arange(300))
    recipe = Recipe("numbers", (TECHNIQUES[key](**SETTINGS.get(key, {})),), "both")
    return members, recipe.apply(members, LinearRegression(), FACTS, lambda *labels: rng_for(0, *labels))


@pytest.mark.parametrize("key", KEYS)
def test_the_number_to_predict_is_never_recoded(key):
    members, release = released(key)
    known, found = target_values(members), target_values(release.rows)
    if key == "gaussian_copula":  # smoothed on purpose, so that no member's extreme target comes back
        assert known.min() <= found.min() <= found.max() <= known.max()
    elif release.source is None:
        assert np.isin(found, known).all(), "every invented row's target is a real one"
    else:
        assert np.array_equal(found, known[release.source])
    outside = earners(400).take(np.arange(300, 400))
    assert np.array_equal(target_values(release.recode(outside)), target_values(outside))


@pytest.mark.parametrize("key", KEYS)
def test_what_is_released_still_predicts_the_number(key):
    _, release = released(key)
    outside = earners(400).take(np.arange(300, 400))
    answers = release.predictor.predict(release.recode(outside))
    # Age explains .90 of the target; a box of three people or a leaf of five keeps at least a third of that.
    assert REGRESSION_METRICS["r2"].score(answers, target_values(outside))[0] > 0.3


def test_invented_rows_condition_on_the_number():
    members, release = released("sequential_trees")
    for table in (members, release.rows):
        assert np.corrcoef(target_values(table), table.frame["age"])[0, 1] > 0.7
    assert len(np.unique(target_values(release.rows))) > 100
