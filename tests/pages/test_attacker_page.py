"""The attacker of the study on the Data page, and what a target of numbers changes on every page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.tradeoff.bench import Bench
from core.tradeoff.study import parse_study
from pages.components import attacker, limits, task
from tests.pages.test_pages import drawn, start, visit, words


def field(space, name):
    return f"{name}-{space.id}-{space.revision}"


def test_secrets_and_lists_are_shown_as_they_are_used_and_stay_defaults_until_changed(workspace):
    at = visit("data", workspace)
    assert at.multiselect(key=field(workspace, "secrets")).value == ["ill"]
    assert at.multiselect(key=field(workspace, "left")).value == ["age"]
    assert at.multiselect(key=field(workspace, "right")).value == ["town"]
    assert not any(workspace.draft["attacker"].get(name) for name in attacker.FIELDS)


def test_every_choice_about_the_attacker_reaches_the_study(workspace):
    at = visit("data", workspace)
    at.multiselect(key=field(workspace, "secrets")).set_value(["town"]).run()
    at.multiselect(key=field(workspace, "left")).set_value(["town"]).run()
    at.multiselect(key=field(workspace, "right")).set_value(["age"]).run()
    assert not at.exception
    found = workspace.study().attacker
    assert (found.secrets, found.left, found.right) == (("town",), ("town",), ("age",))
    at.multiselect(key=field(workspace, "secrets")).set_value(["ill"]).run()
    assert workspace.study().attacker.secrets == ()


def test_what_the_page_shows_as_default_is_what_core_uses(workspace):
    shown = attacker.held(workspace.schema, workspace.draft["attacker"])
    bench = Bench.prepare(workspace.study(), workspace.table)
    assert {name: tuple(shown[name]) for name in shown} == {
        "knows": bench.knows,
        "secrets": bench.secrets,
        "left": bench.left,
        "right": bench.right,
    }
    attacker.store(workspace.schema, workspace.draft["attacker"], "right", ["age"])
    shown = attacker.held(workspace.schema, workspace.draft["attacker"])
    bench = Bench.prepare(workspace.study(), workspace.table)
    assert (tuple(shown["left"]), tuple(shown["right"])) == (bench.left, bench.right)


def test_an_attacker_that_makes_no_sense_is_told_in_sentences(workspace):
    at = visit("data", workspace)
    assert not at.warning
    at.multiselect(key=field(workspace, "secrets")).set_value(["town"]).run()
    assert any("already knows" in warning.value for warning in at.warning)
    at.multiselect(key=field(workspace, "right")).set_value(["age"]).run()
    assert any("in both lists" in warning.value for warning in at.warning)
    at.multiselect(key=field(workspace, "left")).set_value(["ill"]).run()
    assert any("not among what the attacker knows" in warning.value for warning in at.warning)
    assert attacker.problems({"knows": ["a"], "secrets": [], "left": ["a"], "right": []})[-1].startswith("No column")


def test_columns_that_are_gone_are_dropped_from_the_attacker(workspace):
    shown = attacker.held(workspace.schema, {"knows": ["age", "gone"], "secrets": ["gone"]})
    assert shown["knows"] == ["age"]
    assert shown["secrets"] == ["ill"]


@pytest.fixture
def numbers(workspace):
    """Return the workspace with a target of many numbers, while the study still asks for a classifier."""
    rng = np.random.default_rng(3)
    frame = workspace.raw.assign(pay=np.round(20 * workspace.raw["age"] + rng.normal(0, 50, 120), 2))
    columns = [replace(c, role=Role.FEATURE) if c.role is Role.TARGET else c for c in workspace.schema.columns]
    schema = Schema((*columns, Column(name="pay", kind=Kind.NUMERIC, role=Role.TARGET)))
    workspace.raw, workspace.table, workspace.schema = frame, Table.build(frame, schema), schema
    return workspace


def test_a_target_of_numbers_switches_the_model_and_says_so(numbers):
    at = visit("data", numbers)
    assert numbers.draft["study"]["model"] == "linear_regression"
    assert "predicts classes: the model is now Linear regression" in words(at).replace("\\", "")
    box = at.selectbox(key=field(numbers, "model"))
    assert len(box.options) >= 3
    assert "Logistic regression" not in box.options
    # The limit on accuracy has lost its meaning; the one on the risk stays.
    assert [block["name"] for block in numbers.draft["requirement"]] == ["quiet"]
    assert "limit on Accuracy was removed" in words(at)


def test_a_target_of_classes_switches_back(numbers):
    task.settle(numbers)
    numbers.schema = Schema(
        tuple(
            replace(c, role=Role.TARGET if c.name == "ill" else Role.FEATURE if c.name == "pay" else c.role)
            for c in numbers.schema.columns
        )
    )
    numbers.table = replace(numbers.table, schema=numbers.schema)
    numbers.draft["study"]["metric"] = "mae"
    assert task.settle(numbers)
    assert numbers.draft["study"]["model"] == "logistic_regression"
    assert numbers.draft["study"]["metric"] == "accuracy"
    assert task.settle(numbers) == []


def test_metrics_limits_and_chart_follow_the_task(numbers):
    visit("data", numbers)
    numbers.draft["recipe"] = [{"name": "no-protection", "technique": "none"}]
    numbers.draft["study"]["metric"] = "mae"
    start(numbers)
    at = visit("trade_off", numbers, point="no-protection")
    assert at.selectbox(key=f"metric-{numbers.id}").options == ["R2", "Mean absolute error"]
    text = words(at)
    assert "Mean absolute error is **" in text
    assert "lower is better" in text
    figure = drawn(at)
    low, high = figure["layout"]["yaxis"]["range"]
    assert low > high  # upside down: up is better
    at.selectbox(key=f"new-limit-{numbers.id}").set_value(("metric", "mae")).run()
    at.button(key=f"add-limit-{numbers.id}").click().run()
    assert not at.exception
    added = numbers.draft["requirement"][-1]
    assert added["metric"] == "mae"
    reference = numbers.last.result["points"][0]["utility"]["mae"]["reference"]
    assert added["at_most"] == pytest.approx(reference, rel=0.01)
    at.number_input(key=f"limit-{numbers.id}-1-number").set_value(123.0).run()
    assert numbers.draft["requirement"][-1]["at_most"] == 123.0
    assert parse_study(numbers.draft).requirements[-1].at_most == 123.0


def test_changing_limits_after_the_target_changed_leaves_the_old_result_as_it_was(workspace):
    start(workspace)
    before = workspace.snapshot().result["requirements"]
    workspace.draft["study"]["model"] = "linear_regression"
    workspace.draft["requirement"] = [{"name": "near", "metric": "mae", "at_most": 3.0}]
    workspace.limits_changed()
    assert workspace.snapshot().result["requirements"] == before


def test_a_limit_is_set_in_the_unit_of_its_metric():
    assert limits.dial_of({"metric": "accuracy"}, 80.0).factor == 100
    assert limits.dial_of({"metric": "r2"}, 0.4).low == -1.0
    assert limits.dial_of({"metric": "r2"}, -3.0).low == -3.0
    error = limits.dial_of({"metric": "mae"}, 52345.0)
    assert (error.high, error.step) == (None, 1000.0)
    assert limits.dial_of({"metric": "mae"}, 0.0042).form == "%.4f"
    assert limits.limit_text({"metric": "r2", "at_least": 0.4}) == "R2 at least 0.400"


@pytest.mark.parametrize("threat", ["membership", "presence", "singling_out", "linkability", "attribute_inference"])
def test_every_threat_can_be_put_on_the_chart(workspace, threat):
    start(workspace)
    at = visit("trade_off", workspace)
    at.selectbox(key=f"threat-{workspace.id}").set_value(threat).run()
    assert not at.exception
    assert not at.error
    assert "The attacker asks:" in words(at)
