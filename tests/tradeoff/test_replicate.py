"""One replicate: who sees what, and what becomes a reason."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from core.data.schema import Column, Kind, Role
from core.errors import UserError
from core.models.base import Model
from core.models.logistic_regression import LogisticRegression
from core.models.signals import true_class_logit
from core.techniques.base import Family, Protected, Stage, Technique
from core.tradeoff.bench import Bench
from core.tradeoff.point import Tally, point_json
from core.tradeoff.recipe import Recipe, expand
from core.tradeoff.replicate import FULL, run_replicate
from core.tradeoff.study import parse_study
from tests.tables import awkward, people


def study_of(*recipes, **head):
    return parse_study({"study": {"name": "s", "seed": 4, **head}, "recipe": list(recipes)})


def run_all(study, table, numbers=(0, 1, FULL)):
    bench = Bench.prepare(study, table)
    points = []
    for recipe in study.with_anchors():
        tally = Tally(recipe)
        for number in numbers:
            tally.add(run_replicate(bench, recipe, study, number))
        points.append(point_json(tally, bench, study))
    return bench, {point["id"]: point for point in points}


@dataclass(frozen=True, kw_only=True)
class Spy(LogisticRegression):
    """A model that writes down which rows it was fitted on and which it was asked about."""

    key: ClassVar[str] = "spy"
    trained: ClassVar[list] = []
    asked: ClassVar[list] = []
    signals = Model.signals

    def fit(self, rows, classes, rng):
        self.trained.append(set(rows.frame["name"]))
        inner = Model.fit(self, rows, classes, rng)

        class Listening:
            votes = None

            def predict_proba(_, table):
                self.asked.append(set(table.frame["name"]))
                return inner.predict_proba(table)

        return Listening()


def test_training_sees_members_only_and_test_people_are_only_scored():
    Spy.trained.clear()
    Spy.asked.clear()
    table = people()
    study = replace(study_of({"technique": "none"}), model=Spy())
    bench = Bench.prepare(study, table)
    outcome = run_replicate(bench, study.recipes[0], study, 1)
    assert outcome.failed is None
    names = table.frame["name"].to_numpy()
    members = set(names[bench.split.member_rows(1)])
    test, pool = set(names[bench.split.test_rows]), set(names[bench.split.pool_rows])
    assert Spy.trained == [members]
    assert Spy.asked == [pool, test]
    assert not members & test


def test_no_protection_learns_and_the_constant_does_not():
    _, points = run_all(study_of(rows=None), people(400))
    assert points["none"]["utility"]["accuracy"]["value"] > points["none"]["utility"]["accuracy"]["reference"] + 0.05
    constant = points["constant"]["utility"]["accuracy"]
    assert constant["value"] == pytest.approx(constant["reference"], abs=1e-12)
    # An interval of 95 % misses zero once in 20 times; twice its half width is 3.9 standard errors.
    risk = points["constant"]["risks"]["membership"]
    assert abs(risk["value"]) < risk["high"] - risk["low"]
    assert points["constant"]["risks"]["reidentification"]["status"] == "not_applicable"


def test_every_risk_of_released_rows_is_measured_and_of_a_model_alone_does_not_arise():
    _, points = run_all(study_of({"technique": "dp_naive_bayes"}, assume_public_domain=True), people())
    for threat in ("membership", "presence", "singling_out", "linkability", "attribute_inference", "reidentification"):
        assert points["none"]["risks"][threat]["status"] == "measured", threat
        private = points["dp-naive-bayes"]["risks"][threat]
        assert private["status"] == ("measured" if threat == "membership" else "not_applicable")
        if private["status"] == "not_applicable":
            assert private["value"] is None
            assert private["reason"]


def test_mondrian_reidentification_is_classes_over_members_when_nothing_is_suppressed():
    table = people(400)
    study = study_of({"name": "m", "technique": "mondrian_k_anonymity", "k": 5})
    bench = Bench.prepare(study, table)
    recipe = study.recipes[0]
    for number in (0, 1, 2):
        outcome = run_replicate(bench, recipe, study, number)
        members = table.take(bench.split.member_rows(number))
        release = recipe.steps[0].protect(members, bench.facts(full=False), np.random.default_rng(0))
        columns = list(table.schema.quasi_identifiers)
        classes = release.table.frame[columns].astype(str).drop_duplicates()
        assert outcome.rows_suppressed == 0
        # The released name column still identifies; without it the crowds decide.
        assert outcome.rows_risk["named"] is True
        assert 2 <= len(classes) <= len(members) / 5


def test_released_names_make_everybody_identifiable_and_masking_them_does_not():
    mask = {"name": "mask", "technique": "mask_identifiers", "method": "drop"}
    stack = {
        "name": "stack",
        "steps": [{"technique": "mask_identifiers", "method": "drop"}, {"technique": "mondrian_k_anonymity", "k": 5}],
    }
    bench, points = run_all(study_of(mask, stack), people(400))
    named = points["none"]["risks"]["reidentification"]
    assert named["value"] == 1.0
    assert "identifiers" in named["note"]
    assert points["mask"]["risks"]["reidentification"]["value"] > 0.9  # age and ZIP still single people out
    crowd = points["stack"]["risks"]["reidentification"]
    assert crowd["value"] <= 0.2
    assert crowd["prosecutor_max"] <= 0.2
    assert crowd["low"] < crowd["value"] < crowd["high"]
    assert crowd["share_below"]["5"] == 0
    assert crowd["whole_table"]["value"] <= 0.2
    assert points["stack"]["guarantee"]["k"] == 5
    assert bench.table.people == 400


def test_reidentification_is_exactly_classes_over_members_in_the_point():
    stack = {
        "name": "stack",
        "steps": [{"technique": "mask_identifiers", "method": "drop"}, {"technique": "mondrian_k_anonymity", "k": 5}],
    }
    table, study = people(400), study_of(stack)
    bench = Bench.prepare(study, table)
    recipe = study.recipes[0]
    outcome = run_replicate(bench, recipe, study, 0)
    members = table.take(bench.split.member_rows(0)).drop(("name",))
    rows = recipe.steps[1].protect(members, bench.facts(full=False), np.random.default_rng(1)).table
    classes = len(rows.frame[list(rows.schema.quasi_identifiers)].astype(str).drop_duplicates())
    assert outcome.rows_risk["value"] == pytest.approx(classes / len(members), abs=1e-12)


def test_a_k_that_cannot_be_reached_is_one_skipped_point_and_the_others_run():
    _, points = run_all(study_of({"name": "k", "technique": "mondrian_k_anonymity", "k": [5, 5000]}), people())
    assert points["k[k=5]"]["status"] == "measured"
    assert points["k[k=5000]"]["status"] == "skipped"
    assert "5" in points["k[k=5000]"]["reason"]


@dataclass(frozen=True, kw_only=True)
class Broken(Technique):
    key: ClassVar[str] = "broken"
    title: ClassVar[str] = "Broken"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE

    def protect(self, members, facts, rng):
        raise ValueError(f"cannot convert {members.frame['name'].iloc[0]!r}")


def test_an_unexpected_failure_is_a_red_row_whose_reason_quotes_no_cell():
    study = study_of()
    bench = Bench.prepare(study, people())
    outcome = run_replicate(bench, Recipe("b", (Broken(),), "both"), study, 0)
    assert "ValueError" in outcome.failed
    assert "Person" not in outcome.failed


@dataclass(frozen=True, kw_only=True)
class Liar(Technique):
    key: ClassVar[str] = "liar"
    title: ClassVar[str] = "Liar"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.TABLE

    def guarantee(self, schema, facts):
        from core.privacy.guarantee import Guarantee

        return Guarantee(kind="k_anonymity", k=5)


def test_a_release_that_breaks_its_own_k_is_failed_and_not_drawn():
    study = study_of()
    bench = Bench.prepare(study, people().drop(("name",)))
    outcome = run_replicate(bench, Recipe("liar", (Liar(),), "both"), study, 0)
    assert "breaks its own guarantee" in outcome.failed


@dataclass(frozen=True, kw_only=True)
class Halving(Technique):
    key: ClassVar[str] = "halving"
    title: ClassVar[str] = "Suppress half"
    family: ClassVar[Family] = Family.HIDE
    stage: ClassVar[Stage] = Stage.TABLE

    def protect(self, members, facts, rng):
        kept = np.arange(0, len(members), 2)
        return Protected(table=members.take(kept), source=kept, recode=lambda table: table)


def test_suppressed_people_count_in_the_denominator_and_are_reported():
    study = study_of()
    table = people().drop(("name",))
    bench = Bench.prepare(study, table)
    outcome = run_replicate(bench, Recipe("h", (Halving(),), "both"), study, 0)
    members = len(bench.split.member_rows(0))
    assert outcome.rows_released + outcome.rows_suppressed == members
    assert outcome.rows_risk["value"] == pytest.approx(outcome.rows_released / members)


def test_renaming_a_recipe_changes_no_number():
    table = people()
    (one,), (two,) = (expand(name, [{"technique": "sequential_trees"}], None) for name in ("a", "b"))
    study = study_of()
    bench = Bench.prepare(study, table)
    left, right = (run_replicate(bench, recipe, study, 0) for recipe in (one, two))
    assert np.array_equal(left.phi, right.phi)


def test_two_seeds_give_two_splits_and_one_seed_one():
    first, again, other = (run_all(study_of(seed=s), people())[1]["none"] for s in (1, 1, 2))
    assert first["utility"] == again["utility"]
    assert first["utility"] != other["utility"]


def test_the_logit_of_the_true_class_is_finite_and_smoothed_by_votes():
    phi = true_class_logit(np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([0, 1]), votes=100)
    assert phi[0] == pytest.approx(np.log(100.5 / 0.5))
    assert phi[1] == pytest.approx(-phi[0])


@pytest.mark.parametrize("name", list(awkward()))
def test_awkward_tables_pass_through_a_whole_study(name):
    recipes = [
        {"technique": "generalise", "level": 1},
        {"technique": "mondrian_k_anonymity", "k": [3, 500]},
        {"technique": "sequential_trees"},
        {"technique": "dp_logistic_regression"},
    ]
    table = awkward()[name]
    _, points = run_all(study_of(*recipes, assume_public_domain=True), table, numbers=(0, 1))
    for point in points.values():
        assert point["status"] in ("measured", "skipped")
        assert point["status"] == "measured" or len(point["reason"]) > 15
    assert points["none"]["status"] == "measured"


def test_a_study_without_a_target_or_with_an_unknown_attacker_column_says_so():
    with pytest.raises(UserError, match="needs a target"):
        Bench.prepare(study_of(), people().drop(("rich",)))
    study = parse_study({"study": {"name": "s"}, "attacker": {"knows": ["shoe size"]}})
    with pytest.raises(UserError, match="shoe size"):
        Bench.prepare(study, people())


def test_an_attacker_who_knows_more_finds_more():
    values = []
    for knows in (["job"], ["job", "age"], ["job", "age", "zip"]):
        study = parse_study({"study": {"name": "s"}, "attacker": {"knows": knows}})
        table = people().drop(("name",))
        bench = Bench.prepare(study, table)
        (recipe,) = expand("none", [{"technique": "none"}], None)
        values.append(run_replicate(bench, recipe, study, 0).rows_risk["value"])
    assert values == sorted(values)
    assert values[0] < values[2]


def test_a_person_id_that_names_somebody_counts_as_released_until_it_is_masked():
    table = awkward()["duplicated people"]
    mask = {"name": "mask", "technique": "mask_identifiers", "method": "drop"}
    _, points = run_all(study_of(mask), table, numbers=(0, 1))
    assert points["none"]["risks"]["reidentification"]["value"] == 1.0
    assert points["mask"]["risks"]["reidentification"]["attack"] == "equivalence classes"
    assert points["none"]["risks"]["membership"]["n_members"] < 50 * 0.8


def test_a_private_model_released_with_the_rows_is_as_attackable_as_the_rows():
    study = parse_study(
        {
            "study": {"name": "s", "seed": 4, "model": {"key": "random_forest", "trees": 20}},
            "recipe": [{"name": "both", "technique": "dp_logistic_regression", "release": "both"}],
        }
    )
    _, points = run_all(study, people(300).drop(("zip",)), numbers=(0, 1))
    both, none = (points[name]["risks"]["membership"] for name in ("both", "none"))
    assert none["low"] > 0.1
    assert both["low"] > 0.1
    assert "can train on the released rows" in both["note"]


@pytest.mark.parametrize("role", [Role.QUASI_IDENTIFIER, Role.FEATURE, Role.SENSITIVE])
def test_a_person_id_of_any_released_role_names_its_person(role):
    table = awkward()["duplicated people"]
    column = Column(name="id", kind=Kind.CATEGORICAL, role=role)
    table = replace(table, schema=table.schema.changed(column))
    _, points = run_all(study_of({"name": "k", "technique": "mondrian_k_anonymity", "k": 3}), table, numbers=(0, 1))
    assert points["k"]["risks"]["reidentification"]["value"] == 1.0
    assert points["k"]["guarantee"]["kind"] == "none"


def test_a_first_replicate_in_which_nobody_is_alone_has_no_interval_yet():
    table = people(400).drop(("name", "zip"))
    study = study_of({"name": "k", "technique": "mondrian_k_anonymity", "k": 5})
    _, one = run_all(study, table, numbers=(0,))
    risk = one["k"]["risks"]["reidentification"]
    assert risk["value"] > 0
    assert (risk["low"], risk["high"], risk["detectable"]) == (None, None, None)
    _, two = run_all(study, table, numbers=(0, 1))
    risk = two["k"]["risks"]["reidentification"]
    assert risk["low"] < risk["value"] < risk["high"]


def test_numbers_too_large_for_the_arithmetic_enter_as_the_largest():
    table = people(160)
    frame = table.frame.copy()
    frame.loc[:3, "hours"] = 1e308
    for model in ("random_forest", "logistic_regression", "gradient_boosting"):
        _, points = run_all(study_of(model=model), replace(table, frame=frame), numbers=(0, 1))
        assert points["none"]["status"] == "measured"


def test_a_verified_k_proves_a_ceiling_on_reidentification_at_the_first_look():
    study = parse_study(
        {
            "study": {"name": "s", "seed": 4},
            "recipe": [{"name": "k", "technique": "mondrian_k_anonymity", "k": [4, 12]}],
            "requirement": [{"name": "crowd", "risk": "reidentification", "at_most": 0.1}],
        }
    )
    _, points = run_all(study, people(400).drop(("name", "zip")), numbers=(0, 1))
    assert points["k[k=12]"]["meets"]["crowd"] == "yes"
    assert points["k[k=4]"]["meets"]["crowd"] in ("unproven", "no")
    assert points["none"]["meets"]["crowd"] == "no"


def test_the_accuracy_of_a_constant_is_as_unsure_as_a_share_of_the_test_people():
    """All replicates agree, so what is left is the spread over people: that of a binomial share."""
    bench, points = run_all(study_of(), people(1000), numbers=(0, 1))
    accuracy = points["constant"]["utility"]["accuracy"]
    n, p = len(bench.split.test_rows), accuracy["value"]
    assert (accuracy["high"] - accuracy["low"]) / 2 == pytest.approx(1.97 * np.sqrt(p * (1 - p) / (n - 1)), rel=0.01)


def test_the_constant_never_tells_the_members_base_rate():
    study = study_of()
    bench = Bench.prepare(study, people())
    recipe = study.with_anchors()[1]
    seen = set()
    for number in range(6):
        members = bench.table.take(bench.split.member_rows(number))
        release = recipe.apply(members, study.model, bench.facts(full=False), lambda *labels: np.random.default_rng(0))
        seen.add(tuple(sorted(release.predictor.predict_proba(bench.table)[0])))
    assert seen == {(0.25, 0.75)}
