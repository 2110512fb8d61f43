"""Decision tree, nearest neighbours, naive Bayes: known answers and agreement with scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from core.data.schema import Kind, Role
from core.data.table import Table, target_codes
from core.errors import UserError
from core.models import MODELS
from core.models.decision_tree import DecisionTree
from core.models.encode import Encoder
from core.models.naive_bayes import MixedNaiveBayes, NaiveBayes
from core.models.nearest_neighbours import BLOCKS, NearestNeighbours, Neighbours
from core.rng import rng_for, seed_from
from tests.tables import people, schema_of

CLASSES = ("no", "yes")


def halves(n=200):
    table = people(n)
    return table.take(np.arange(n // 2)), table.take(np.arange(n // 2, n))


def test_the_three_models_are_registered_with_their_parameters():
    parameters = {
        key: [p["name"] for p in MODELS[key].describe()["parameters"]]
        for key in ("decision_tree", "nearest_neighbours", "naive_bayes")
    }
    assert parameters == {
        "decision_tree": ["min_samples_leaf", "max_depth"],
        "nearest_neighbours": ["neighbours", "weights"],
        "naive_bayes": ["smoothing"],
    }
    with pytest.raises(UserError, match="one of uniform, distance"):
        NearestNeighbours(weights="gauss")


def test_a_decision_tree_is_scikit_learn_s_and_asks_no_more_questions_than_allowed():
    inside, outside = halves()
    fitted = DecisionTree(min_samples_leaf=3, max_depth=4).fit(inside, CLASSES, rng_for(0, "fit"))
    theirs = DecisionTreeClassifier(min_samples_leaf=3, max_depth=4, random_state=seed_from(rng_for(0, "fit")))
    encoder = Encoder.fit(inside, ordinal=True)
    theirs.fit(encoder.transform(inside), target_codes(inside, CLASSES))
    assert np.array_equal(fitted.predict_proba(outside), theirs.predict_proba(encoder.transform(outside)))
    assert fitted.estimator.get_depth() <= 4
    assert fitted.estimator.tree_.n_node_samples[fitted.estimator.tree_.children_left < 0].min() >= 3


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("k", [1, 5, 40])
@pytest.mark.parametrize("rows", [150, 300])
def test_nearest_neighbours_vote_as_in_scikit_learn_where_no_distances_are_equal(weights, k, rows):
    rng = np.random.default_rng(0)
    features, asked, target = rng.normal(size=(rows, 30)), rng.normal(size=(60, 30)), rng.integers(0, 3, rows)
    assert (rows >= 4 * BLOCKS) == (rows == 300)  # with blocks and without
    asked[:5] = features[:5]
    ours = Neighbours(k, weights).fit(features, target).predict_proba(asked)
    theirs = KNeighborsClassifier(k, weights=weights, algorithm="brute").fit(features, target).predict_proba(asked)
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_neighbours_at_one_distance_share_the_votes_that_are_left():
    features = np.array([[0.0], [1.0], [-1.0], [1.0], [5.0]])
    target = np.array([0, 0, 1, 1, 1])
    # Of the three rows at distance 1, one class 0 and two class 1, two of three vote in expectation.
    shares = Neighbours(3, "uniform").fit(features, target).predict_proba(np.array([[0.0]]))
    assert shares == pytest.approx(np.array([[1 + 2 / 3, 4 / 3]]) / 3)
    # All of five vote when there are no more than that.
    assert Neighbours(9, "uniform").fit(features, target).predict_proba(np.array([[0.0]]))[0, 1] == pytest.approx(0.6)


def test_the_order_of_the_rows_does_not_decide_between_equal_distances():
    rng = np.random.default_rng(0)
    features = rng.integers(0, 2, (180, 5)).astype(float)  # 32 different rows: ties everywhere
    target, asked = rng.integers(0, 2, 180), rng.integers(0, 2, (40, 5)).astype(float)
    order = rng.permutation(180)
    for weights in ("uniform", "distance"):
        one = Neighbours(7, weights).fit(features, target).predict_proba(asked)
        two = Neighbours(7, weights).fit(features[order], target[order]).predict_proba(asked)
        assert one == pytest.approx(two, abs=1e-12)


def test_where_everybody_is_equally_far_the_votes_are_still_exact():
    """The product of matrices that replaces single differences."""
    rng = np.random.default_rng(1)
    columns = np.eye(90)[rng.integers(0, 90, 190)]
    target = rng.integers(0, 2, 190)
    fitted = Neighbours(5, "distance").fit(columns, target)
    assert len(fitted._candidates(columns)[0]) > 32 * 190  # the product
    alone = fitted.predict_proba(columns)
    exact = ((columns[:, None] - columns[None]) ** 2).sum(axis=2)
    for row in range(190):
        distances = exact[row]
        same = distances == 0
        assert alone[row, 1] == pytest.approx(target[same].mean())  # at distance 0 they decide alone
    uniform = Neighbours(5, "uniform").fit(columns, target).predict_proba(columns)
    for row in range(0, 190, 7):
        left, votes = 5.0, np.zeros(2)
        for distance in np.unique(exact[row]):
            at = exact[row] == distance
            share = min(left, at.sum()) / at.sum()
            votes += share * np.bincount(target[at], minlength=2)
            left -= share * at.sum()
        assert uniform[row] == pytest.approx(votes / 5)


def test_naive_bayes_on_numbers_is_gaussian():
    rng = np.random.default_rng(0)
    features, target = rng.normal(size=(150, 4)), rng.integers(0, 3, 150)
    features += target[:, None]
    blocks = tuple(("number", i, i + 1) for i in range(4))
    ours = MixedNaiveBayes(1e-9, blocks).fit(features, target).predict_proba(features)
    assert ours == pytest.approx(GaussianNB(var_smoothing=0).fit(features, target).predict_proba(features), abs=1e-6)


def test_naive_bayes_on_categories_counts():
    rng = np.random.default_rng(0)
    cells, target = rng.integers(0, 4, (150, 3)), rng.integers(0, 2, 150)
    # The last column of a block is the shared place; it counts as the category that nobody has.
    features = np.column_stack([np.eye(5)[column] for column in cells.T])
    blocks = tuple(("category", 5 * i, 5 * i + 5) for i in range(3))
    ours = MixedNaiveBayes(0.7, blocks).fit(features, target).predict_proba(features)
    theirs = CategoricalNB(alpha=0.7, min_categories=5).fit(cells, target).predict_proba(cells)
    assert ours == pytest.approx(theirs, abs=1e-9)


def test_naive_bayes_by_hand():
    frame = pd.DataFrame({"job": ["a", "a", "b", None], "age": [1.0, 3.0, 2.0, None], "y": ["no", "no", "yes", "yes"]})
    schema = schema_of(
        job=(Kind.CATEGORICAL, Role.FEATURE), age=(Kind.NUMERIC, Role.FEATURE), y=(Kind.CATEGORICAL, Role.TARGET)
    )
    table = Table.build(frame, schema)
    proba = NaiveBayes().fit(table, CLASSES, rng_for(0)).predict_proba(table)
    # Row "b, 2, yes". Places of job: a, b, missing and the one nobody has, so 4. Ages 1, 2, 3: variance 2/3.
    age_no = (2 * 1 + 2 / 3) / 3, 2.0  # two rows of variance 1, one row's worth of 2/3
    age_yes = (0 + 2 / 3) / 2, 2.0
    no = 0.5 * (0 + 1) / (2 + 4) * (2 + 1) / (2 + 2) / np.sqrt(age_no[0])
    yes = 0.5 * (1 + 1) / (2 + 4) * (1 + 1) / (2 + 2) / np.sqrt(age_yes[0])
    assert proba[2, 1] == pytest.approx(yes / (yes + no))


def test_a_constant_column_says_nothing_to_naive_bayes():
    table = people(160)
    plain = table.drop(("name", "zip", "born", "job", "illness"))
    constant = Table(plain.frame.assign(hours=7.0), plain.schema)
    without = plain.drop(("hours",))
    one, two = (NaiveBayes().fit(t, CLASSES, rng_for(0)).predict_proba(t) for t in (constant, without))
    assert one == pytest.approx(two)
