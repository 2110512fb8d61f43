"""The section "Could you do with less?" of the Data page: on demand, in sentences, escaped, never out of date."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.schema import Role
from core.rng import rng_for
from core.tradeoff.advice import Advice
from core.tradeoff.adviser import CAVEAT, review
from pages.components import adviser
from tests.pages.test_pages import visit, words

HOSTILE = "<img src=x onerror=alert(1)> 🦊"


def advised(space):
    at = visit("data", space)
    at.button(key="adviser").click().run()
    assert not at.exception
    return at


def shown(found, **others):
    usual = {
        "columns": ("native-country",),
        "change": -0.001,
        "low": -0.003,
        "high": 0.001,
        "better": "higher",
        "uniques": 10,
        "uniques_change": -0.039,
        "reidentification_change": -0.021,
        "known": True,
    }
    return adviser.sentence(found, Advice(**{**usual, **others})).replace(chr(92), "")


@pytest.fixture
def found(workspace):
    return review(workspace.table, adviser.study_of(workspace), rng_for(1, "adviser"))


def test_nothing_is_measured_before_somebody_asks(workspace):
    at = visit("data", workspace)
    assert "Could you do with less?" in [s.value for s in at.header]
    assert "adviser" not in workspace.notes
    assert "Drop" not in words(at)


def test_the_button_gives_a_sentence_and_a_row_for_every_column_and_the_caveat(workspace):
    at = advised(workspace)
    text = words(at)
    table = next(d.value for d in at.dataframe if "People alone" in d.value)
    assert set(table["Column"]) == {"age", "town", HOSTILE}
    assert text.count("Drop **") >= 3
    assert CAVEAT in text
    assert "95 %" in text
    assert "Nobody is assumed to know this column" in text


def test_a_column_name_is_never_taken_for_markup(workspace):
    text = words(advised(workspace))
    assert r"\<img" in text
    assert "<img" not in text.replace(r"\<img", "")


def test_the_numbers_on_the_page_are_those_of_core(workspace, found):
    at = advised(workspace)
    table = next(d.value for d in at.dataframe if "People alone" in d.value).set_index("Column")
    for one in found.singles:
        row = table.loc[one.columns[0]]
        assert float(row["Accuracy"]) == pytest.approx(100 * one.change, abs=0.051)
        if one.known:
            assert row["People alone"].startswith(f"{100 * one.uniques_change:.1f}")
    assert workspace.notes["adviser"][1] == found


def test_advice_stays_when_the_page_is_drawn_again_and_is_gone_when_a_role_changes(workspace):
    advised(workspace)
    assert "Drop **" in words(visit("data", workspace))
    schema = workspace.schema.changed(replace(workspace.schema["town"], role=Role.FEATURE))
    workspace.table, workspace.schema = replace(workspace.table, schema=schema), schema
    text = words(visit("data", workspace))
    assert "measure again" in text
    assert "Drop **" not in text


def test_without_a_target_the_section_says_what_to_choose(workspace):
    schema = workspace.schema.changed(replace(workspace.schema["ill"], role=Role.FEATURE))
    workspace.table, workspace.schema = replace(workspace.table, schema=schema), schema
    at = visit("data", workspace)
    assert "Choose what the model predicts" in words(at)
    assert not [b for b in at.button if b.key == "adviser"]


def test_a_mistake_in_a_recipe_does_not_stop_the_advice(workspace):
    workspace.draft["recipe"].append({"name": "k-anonymity", "technique": "no_such"})
    assert "Drop **" in words(advised(workspace))


def test_an_attacker_who_knows_no_such_column_is_told_in_three_parts(workspace):
    workspace.draft["attacker"] = {"knows": ["gone"]}
    at = visit("data", workspace)
    if not [b for b in at.button if b.key == "adviser"]:
        return
    at.button(key="adviser").click().run()
    assert not at.exception
    assert at.error


def test_a_sentence_says_cost_interval_and_risk_and_never_that_nothing_is_lost(found):
    assert shown(found) == (
        "Drop **native-country**: accuracy -0.1 points [-0.3, +0.1], no loss measured (it may be up to 0.3); people "
        "alone in their combination -3.9 points, people recognised on average -2.1 points."
    )
    assert "a loss that is measured" in shown(found, low=-0.003, high=-0.0005)
    assert "nobody becomes harder to recognise" in shown(found, known=False)
    assert "Drop **a, b**" in shown(found, columns=("a", "b"))


def test_an_error_in_the_targets_unit_has_no_points_and_may_grow(found):
    numbers = replace(found, metric="mae", value=52345.0)
    text = shown(numbers, better="lower", change=120.0, low=-30.0, high=270.0)
    assert "mean absolute error +120 [-30, +270], no loss measured (it may be up to 270)" in text
