"""Solving for a setting: by proof without a run, by measurement without a guess, and on the command line."""

from __future__ import annotations

import json

import pytest

from core.__main__ import main
from core.data.schema import Column, Kind, Role, Schema
from core.engine.jobs import Dispatcher, Job
from core.engine.local import InlineEngine
from core.errors import UserError
from core.techniques.base import PublicFacts
from core.tradeoff.dial import Dial
from core.tradeoff.recipe import expand
from core.tradeoff.solve import by_measurement, by_proof
from core.tradeoff.study import Requirement, load_study
from tests.result_example import example
from tests.tables import people

SCHEMA = Schema((Column(name="y", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("a", "b")),))
FACTS = PublicFacts(people=1000, classes=("a", "b"))
RISK = Requirement(name="r", risk="membership", at_most=0.05)
FLOOR = Requirement(name="f", metric="accuracy", at_least=0.8)


def private(*values, **others):
    return expand(
        "dp", [{"technique": "dp_logistic_regression", "delta": 1e-5, "epsilon": list(values), **others}], None
    )


def point(recipe, limit, value, verdict, half=0.01, **risk):
    """Return as much of a result's point as an answer is made from."""
    found = {"value": value, "low": value - half, "high": value + half, "status": "measured", **risk}
    return {
        "id": recipe.id,
        "name": recipe.name,
        "recipe": recipe.describe(),
        "status": "measured",
        "utility": {limit.metric: found} if limit.metric else {},
        "risks": {limit.risk: found} if limit.risk else {},
        "meets": {limit.name: verdict},
    }


def solved(limit, cells, values=(0.1, 0.3, 1.0, 3.0), **others):
    recipes = private(*values)
    points = [point(r, limit, *cell, **others) for r, cell in zip(recipes, cells, strict=True)]
    return by_measurement(recipes[0], points, limit)


def test_by_proof_the_largest_epsilon_keeps_the_ceiling_and_a_hundredth_more_does_not():
    recipe = private(1.0)[0]
    found = by_proof(recipe, RISK, SCHEMA, FACTS)
    dial = Dial.of(recipe)
    assert found.status == "proven"
    assert dial.turned(recipe, found.setting).guarantee(SCHEMA, FACTS).advantage_bound == found.value <= 0.05
    assert dial.turned(recipe, 1.0102 * found.setting).guarantee(SCHEMA, FACTS).advantage_bound > 0.05
    assert f"epsilon = {found.setting:g}" in found.sentence


@pytest.mark.parametrize(
    ("recipe", "limit", "word"),
    [
        (private(1.0)[0], FLOOR, "only measured"),
        (private(1.0)[0], Requirement(name="r", risk="reidentification", at_most=0.05), "No guarantee here bounds"),
        (private(1.0)[0], Requirement(name="r", risk="membership", at_most=0.0), "never reaches 0"),
        (private(1.0)[0], Requirement(name="r", risk="membership", at_most=1e-5), "Even epsilon = 0.01"),
        (expand("k", [{"technique": "mondrian_k_anonymity"}], None)[0], RISK, "no differential privacy"),
        (expand("f", [{"technique": "dp_forest"}], None)[0], RISK, "no answer"),
        (expand("rr", [{"technique": "randomised_response"}], None)[0], RISK, "not that they are there"),
    ],
)
def test_what_proves_nothing_gets_no_setting_and_the_reason(recipe, limit, word):
    found = by_proof(recipe, limit, SCHEMA, FACTS)
    assert (found.status, found.setting) == ("none", None)
    assert word in found.sentence


def test_a_ceiling_gets_the_weakest_setting_that_is_proven_before_the_first_that_is_not():
    found = solved(RISK, [(0.01, "yes"), (0.02, "yes"), (0.04, "unproven"), (0.09, "no")])
    assert (found.status, found.setting, found.point) == ("proven", 0.3, "dp[epsilon=0.3]")
    assert (found.value, found.low, found.high) == (0.02, pytest.approx(0.01), pytest.approx(0.03))
    assert 0.3 < found.next < 1.0
    assert "not measured yet" in found.sentence
    assert "epsilon = 1 keeps it by its value" in found.sentence


def test_a_floor_gets_the_strongest_setting_that_is_proven():
    found = solved(FLOOR, [(0.7, "no"), (0.79, "unproven"), (0.83, "yes"), (0.85, "yes")])
    assert (found.status, found.setting) == ("proven", 1.0)
    assert 0.3 < found.next < 1.0


def test_a_larger_k_is_stronger():
    recipes = expand("k", [{"technique": "mondrian_k_anonymity", "k": [5, 20, 100]}], None)
    cells = [(0.09, "no"), (0.04, "yes"), (0.01, "yes")]
    found = by_measurement(recipes[0], [point(r, RISK, *c) for r, c in zip(recipes, cells, strict=True)], RISK)
    assert (found.setting, found.next) == (20.0, 10.0)


def test_what_keeps_a_limit_beyond_one_that_does_not_is_not_relied_on():
    found = solved(RISK, [(0.01, "yes"), (0.09, "no"), (0.03, "yes"), (0.02, "yes")])
    assert found.setting == 0.1
    assert "not relied on" in found.sentence


def test_without_a_verdict_the_answer_is_not_proven():
    found = solved(RISK, [(0.01, "unproven"), (0.04, "cannot_settle"), (0.06, "unproven"), (0.09, "no")], half=0.045)
    assert (found.status, found.setting) == ("not proven", 0.3)
    assert "not proven" in found.sentence
    assert found.next == pytest.approx(0.033)


def test_where_the_interval_alone_is_wider_than_the_limit_more_runs_are_asked_for_and_no_setting():
    found = solved(RISK, [(0.01, "unproven"), (0.04, "unproven"), (0.06, "unproven"), (0.09, "no")], half=0.06)
    assert found.next is None
    assert "run more random halves" in found.sentence


def test_where_nothing_keeps_the_limit_there_is_no_setting_and_a_stronger_one_is_proposed():
    found = solved(RISK, [(0.06, "no"), (0.07, "no"), (0.08, "no"), (0.09, "no")])
    assert (found.status, found.setting, found.value) == ("none", None, None)
    assert found.next == pytest.approx(0.033)


def test_where_everything_keeps_the_limit_nothing_is_said_beyond_what_was_measured():
    found = solved(RISK, [(0.01, "yes"), (0.01, "yes"), (0.02, "yes"), (0.03, "yes")])
    assert (found.setting, found.next) == (3.0, 9.0)
    assert "Weaker protection was not measured" in found.sentence


def test_a_setting_that_contradicts_its_own_proof_is_no_answer():
    found = solved(RISK, [(0.01, "yes"), (0.02, "yes"), (0.03, "yes"), (0.04, "yes")], violation=True)
    assert (found.status, found.setting) == ("none", None)


def test_settings_that_lie_close_together_are_not_split_further():
    found = solved(RISK, [(0.01, "yes"), (0.09, "no")], values=(1.0, 1.05))
    assert (found.setting, found.next) == (1.0, None)


def test_points_of_other_recipes_and_skipped_ones_do_not_count():
    recipes = private(0.3, 1.0)
    mine, other = point(recipes[0], RISK, 0.01, "yes"), {**point(recipes[1], RISK, 0.01, "yes"), "name": "other"}
    gone = {**point(recipes[1], RISK, 0.01, "yes"), "status": "skipped", "risks": {}}
    found = by_measurement(recipes[0], [mine, other, gone], RISK)
    assert (found.setting, found.tried) == (0.3, 1)
    assert by_measurement(recipes[0], [other, gone], RISK).status == "none"


def test_a_sweep_of_something_else_has_no_order_of_strength():
    several = private(0.3, 1.0, clip=[1.0, 2.0])
    with pytest.raises(UserError, match="exactly one number"):
        Dial.of(several[0])
    with pytest.raises(UserError, match="exactly one number"):
        Dial.of(expand("c", [{"technique": "drop_columns", "columns": ["a"]}], None)[0])


@pytest.fixture
def study(tmp_path):
    table = people(240)
    table.frame.to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "s.json").write_text(json.dumps(table.schema.to_json()))
    path = tmp_path / "study.toml"
    path.write_text(
        '[study]\nname = "small"\ntable = "t.csv"\nschema = "s.json"\neffort = "glance"\nseed = 2\n'
        'assume_public_domain = true\n\n[[recipe]]\nname = "k"\nsteps = [{ technique = "mask_identifiers" }, '
        '{ technique = "mondrian_k_anonymity", k = [3, 30] }]\n\n'
        '[[recipe]]\nname = "dp"\ntechnique = "dp_logistic_regression"\nepsilon = [1.0]\ndelta = 1e-5\n'
    )
    return path


@pytest.mark.slow
def test_the_command_answers_runs_what_it_proposes_and_its_numbers_are_those_of_a_sweep(study, capsys):
    arguments = ["solve", str(study), "--recipe", "k", "--risk-at-most", "0.3", "--threat", "reidentification"]
    assert main([*arguments, "--runs", "2", "--workers", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runs"] == len(found["points"]) - 2 <= 2
    answer = found["measurement"]
    assert answer["setting"] in {float(p["recipe"][1]["parameters"]["k"]) for p in found["points"]}
    assert found["ledger"]["settings"] == len(found["points"])

    loaded, table = load_study(study)
    job = Dispatcher(InlineEngine()).start(Job(loaded, table))
    assert job.wait(60)
    swept = {p["id"]: p for p in job.snapshot().result["points"]}
    for ours in found["points"][:2]:
        risk, theirs = (p["risks"]["reidentification"] for p in (ours, swept[ours["id"]]))
        assert [risk[key] for key in ("value", "low", "high")] == [theirs[key] for key in ("value", "low", "high")]


def test_the_command_prints_proof_measurement_and_who_is_protected(study, capsys):
    arguments = ["solve", str(study), "--recipe", "dp", "--workers", "1", "--runs", "0"]
    assert main([*arguments, "--risk-at-most", "0.2"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "By proof: epsilon = 2" in told or "By proof: epsilon = 1.9" in told
    assert "By measurement:" in told
    assert "Protected: each row by itself" in told
    assert main([*arguments, "--accuracy-at-least", "0.99"]) == 0
    assert "cannot be proved" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["--recipe", "nothing", "--risk-at-most", "0.1"], ["--recipe", "k", "--risk-at-most", "0.1", "--runs", "7"],
     ["--recipe", "k", "--risk-at-most", "0.1", "--threat", "nonsense"]],
)  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_two(study, arguments, capsys):
    assert main(["solve", str(study), *arguments]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_the_command_line_of_a_run_says_whom_its_private_settings_protect():
    from core.__main__ import _table

    result = example()
    told = " ".join(_table(result).split())
    assert told.count("private settings: Protected: each row by itself.") == 1
    for found in result["points"]:
        found["guarantee"] = {"kind": "none"}
    assert "private settings" not in _table(result)
