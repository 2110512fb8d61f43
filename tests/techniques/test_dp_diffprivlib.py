"""diffprivlib's forest behind our guards."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.techniques.base import PublicFacts
from core.techniques.diffprivlib_guard import GuardedRows, compact, guarded, random_state
from core.techniques.dp_forest import DPForest, _Dealer
from core.techniques.public_encoding import PublicEncoder
from tests.regression_tables import earners

SCHEMA = Schema(
    (
        Column(name="born", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(1920, 2010)),
        Column(name="job", kind=Kind.CATEGORICAL, role=Role.FEATURE, categories=("clerk", "cook", "guard")),
        Column(name="ill", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    )
)
FACTS = PublicFacts(people=200, classes=("no", "yes"))
GUARDED = [DPForest(epsilon=10.0, trees=5)]


def table_of(rows, people=None, seed=0):
    rng = np.random.default_rng(seed)
    born = rng.integers(1920, 2011, rows)
    raw = pd.DataFrame({"born": born, "job": rng.choice(["clerk", "cook", "guard"], rows)})
    raw["ill"] = np.where(rng.random(rows) < 0.9, np.where(born < 1960, "yes", "no"), "no")
    if people is None:
        return Table.build(raw, SCHEMA)
    raw["who"] = [f"p{i}" for i in rng.integers(0, people, rows)]
    person = Column(name="who", kind=Kind.TEXT, role=Role.IGNORED)
    return Table.build(raw, Schema((*SCHEMA.columns, person), "who"))


def given_rows(table, seed=0, facts=FACTS):
    encoder = PublicEncoder.for_table(table, facts)
    return GuardedRows.of(encoder, table, facts.classes, np.random.default_rng(seed))


@pytest.mark.parametrize("technique", GUARDED)
def test_it_learns_the_plain_rule_and_answers_in_the_order_of_the_classes(technique):
    table, new = table_of(200), table_of(200, seed=5)
    found = technique.train(table, FACTS, np.random.default_rng(1)).predict_proba(new)
    assert found.shape == (200, 2)
    assert found.sum(axis=1) == pytest.approx(1.0)
    truth = (new.frame["ill"].astype(str) == "yes").to_numpy()
    assert (found.argmax(axis=1) == truth).mean() > 0.7


@pytest.mark.parametrize("technique", GUARDED)
def test_the_same_stream_gives_the_same_model_and_another_stream_another(technique):
    table = table_of(100)
    one, two, other = (technique.train(table, FACTS, np.random.default_rng(s)).predict_proba(table) for s in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@pytest.mark.parametrize("technique", GUARDED)
def test_a_class_that_no_member_has_is_known_all_the_same(technique):
    facts = replace(FACTS, classes=("no", "yes", "unheard of"))
    model = technique.train(table_of(60), facts, np.random.default_rng(0))
    assert model.predict_proba(table_of(10)).shape == (10, 3)
    assert model.estimator.classes_.tolist() == [0, 1, 2]


@pytest.mark.parametrize("technique", GUARDED)
@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_handful_of_members_or_none_gives_a_model(technique, rows):
    table = table_of(5)
    for epsilon in (0.01, 100.0):
        few = table.take(np.arange(5) < rows)
        model = replace(technique, epsilon=epsilon).train(few, FACTS, np.random.default_rng(0))
        assert np.isfinite(model.predict_proba(table)).all()
        assert model.predict_proba(few).shape == (rows, 2)


@pytest.mark.parametrize("technique", GUARDED)
def test_the_bounds_given_to_the_library_are_public_and_symmetric_around_zero(technique):
    outlier = table_of(30).frame.assign(born=1e12)
    for table in (table_of(30), Table(outlier, SCHEMA)):
        model = technique.train(table, FACTS, np.random.default_rng(0))
        low, high = model.estimator.bounds
        assert (np.asarray(low).tolist(), np.asarray(high).tolist()) == ([-1, -1], [1, 1])
        assert np.abs(given_rows(table).features).max() <= 1


def test_one_invented_row_per_class_stands_in_the_middle_whoever_the_members_are():
    for rows in (0, 7):
        given = given_rows(table_of(10).take(np.arange(rows)))
        assert given.target[rows:].tolist() == [0, 1]
        assert (given.features[rows:] == 0).all()
        assert len(given.features) == rows + 2


def test_each_person_enters_with_one_of_their_rows_drawn_at_random():
    table = table_of(60, people=10)
    features = compact(PublicEncoder.for_table(table, FACTS), table)
    seen = set()
    for seed in range(20):
        given = given_rows(table, seed)
        assert len(given.target) == table.people + 2
        for row in given.features[:-2]:
            seen |= set(np.flatnonzero((features == row).all(axis=1)).tolist())
        owners = [table.persons[np.flatnonzero((features == row).all(axis=1))] for row in given.features[:-2]]
        assert set(np.concatenate(owners).tolist()) == set(range(table.people))
    assert len(seen) > 40


def test_a_leak_that_the_library_confesses_is_an_error_even_where_warnings_are_off():
    from diffprivlib.models import GaussianNB, RandomForestClassifier
    from diffprivlib.utils import PrivacyLeakWarning

    x, y = np.zeros((4, 1)), np.array([0, 1, 0, 1])
    for model in (GaussianNB(), RandomForestClassifier(bounds=(-1, 1)), RandomForestClassifier(classes=[0, 1])):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pytest.raises(PrivacyLeakWarning), guarded():
                model.fit(x, y)


def test_fits_leave_no_trace_in_the_librarys_global_accountant():
    from diffprivlib.accountant import BudgetAccountant

    before = BudgetAccountant._default
    with BudgetAccountant() as outer:
        for technique in GUARDED:
            technique.train(table_of(20), FACTS, np.random.default_rng(0))
        assert len(outer) == 0
    assert BudgetAccountant._default is before


def test_random_states_follow_the_stream():
    one, two, other = (random_state(np.random.default_rng(seed)).random(3).tolist() for seed in (4, 4, 5))
    assert one == two != other


@pytest.mark.parametrize("technique", GUARDED)
def test_the_guarantee_is_a_claim_without_bounds_and_says_why(technique):
    found = technique.guarantee(SCHEMA, FACTS)
    assert (found.kind, found.epsilon, found.unit) == ("claimed", 10.0, "row")
    assert found.mu is found.delta is found.advantage_bound is found.tpr_at_1pct_bound is None
    assert found.neighbours == "add_remove"
    assert "cannot confirm" in found.assumptions[0]
    assert "Replacing one person" in found.assumptions[0]
    assert technique.guarantee(table_of(9, people=3).schema, FACTS).unit == "person"


@pytest.mark.parametrize("technique", GUARDED)
def test_a_table_without_public_knowledge_or_target_is_declined_with_the_reason(technique):
    schema = SCHEMA.changed(replace(SCHEMA["job"], categories=None))
    assert f"{technique.key} needs public bounds or categories for: job." in str(technique.unsupported(schema, FACTS))
    assert "target" in str(technique.unsupported(SCHEMA.without(["ill"]), FACTS))
    assert technique.unsupported(SCHEMA, FACTS) is None


@pytest.mark.parametrize("technique", GUARDED)
def test_a_number_to_predict_is_declined_with_the_reason(technique):
    reason = technique.unsupported(earners().schema, PublicFacts(people=160, classes=()))
    assert reason == f"{technique.key} predicts classes; this target is a number"


def dealer(trees, seed=0, epsilon=1.0, depth=4):
    bounds = (-np.ones(1), np.ones(1))
    return _Dealer(trees, epsilon, depth, bounds, 2, random_state(np.random.default_rng(seed)))


def test_every_row_draws_its_tree_alone_whatever_the_others_draw():
    # Blocks would never put two rows into one of two trees. 4,000 deals: 4 standard errors of a quarter are .027.
    dealing = dealer(2)
    drawn = np.array([dealing.deal(2) for _ in range(4000)])
    shares = np.bincount(drawn[:, 0] * 2 + drawn[:, 1], minlength=4) / 4000
    np.testing.assert_allclose(shares, 0.25, atol=0.027)
    # and one of five trees gets as many of 50 rows as 50 coins say, not always 10: variance 8, standard error .36
    counts = np.array([(dealer(5, seed).deal(50) == 0).sum() for seed in range(1000)])
    assert counts.mean() == pytest.approx(10, abs=0.36)
    assert counts.var() == pytest.approx(8, abs=1.5)


def test_every_row_the_invented_ones_too_serves_exactly_one_tree(monkeypatch):
    from diffprivlib.models.forest import DecisionTreeClassifier

    grow, seen, streams = DecisionTreeClassifier.fit, [], []

    def noted(tree, features, target, **options):
        seen.append(features)
        streams.append(
            tree.random_state.get_state()[1].tobytes() + bytes(str(tree.random_state.get_state()[2]), "ascii")
        )
        return grow(tree, features, target, **options)

    monkeypatch.setattr(DecisionTreeClassifier, "fit", noted)
    table = table_of(40)
    DPForest(trees=7).train(table, FACTS, np.random.default_rng(0))
    given = given_rows(table)
    assert len(seen) == 7
    assert sorted(map(tuple, np.concatenate(seen))) == sorted(map(tuple, given.features.astype(np.float32)))
    assert len(set(streams)) == 7, "no tree starts where another did"


def test_a_tree_that_nobody_drew_votes_evenly():
    # 300 trees on no row at all, one vote each: 4 standard errors are .115
    votes = dealer(300).fit(np.zeros((0, 1)), np.zeros(0, int)).votes(np.array([[0.5]]))
    assert votes.shape == (300, 1, 2)
    assert votes[:, 0, 1].mean() == pytest.approx(0.5, abs=0.115)


def test_a_grown_forest_keeps_neither_row_counts_nor_the_state_of_the_random_numbers():
    forest = DPForest(trees=3).train(table_of(50), FACTS, np.random.default_rng(0)).estimator
    assert set(vars(forest)) == {"trees", "classes_", "bounds"}
    for tree in forest.trees:
        assert not tree.n_node_samples.any()
        assert not tree.weighted_n_node_samples.any()
        assert set(np.unique(tree.value)) == {0, 1}


def test_a_leaf_votes_against_c_equal_people_as_often_as_permute_and_flip_says():
    for people, epsilon in ((1, 1.0), (3, 0.5)):
        forest = dealer(1, epsilon=epsilon, depth=1)
        against = [forest.fit(np.ones((people, 1)), np.zeros(people, int)).votes(np.ones((1, 1))) for _ in range(400)]
        # 400 votes: 4 standard errors are .078 at most
        assert np.array(against)[:, 0, 0, 1].mean() == pytest.approx(np.exp(-people * epsilon) / 2, abs=0.078)


def test_a_forest_says_of_how_many_votes_its_answers_are_shares():
    model = DPForest(trees=5).train(table_of(50), FACTS, np.random.default_rng(0))
    assert model.votes == 5
    shares = model.predict_proba(table_of(50)) * 5
    np.testing.assert_allclose(shares, shares.round(), atol=1e-9)


def test_missing_and_unknown_values_lie_in_the_middle():
    raw = pd.DataFrame({"born": [None, 1920.0, 2010.0], "job": [None, "pilot", "guard"], "ill": ["no"] * 3})
    table = Table.build(raw, SCHEMA)
    assert compact(PublicEncoder.for_table(table, FACTS), table).tolist() == [[0, 0], [-1, 0], [1, 1]]
