"""Requirements on the Trade-off page: new kinds, reasons and sources, and which one binds."""

from __future__ import annotations

import re

import pytest

from core.errors import UserError
from core.tradeoff.study import parse_study
from pages.components import limits, task
from pages.components.study_file import to_toml
from tests.pages.test_pages import start, visit, words


@pytest.mark.parametrize(
    ("key", "side", "value", "shown"),
    [
        ("epsilon", "at_most", 1.0, 2.5),
        ("rows_suppressed", "at_most", 0.05, 10.0),
        ("worst_group_accuracy", "at_least", 0.6, 70.0),
    ],
)
def test_each_new_kind_can_be_added_with_reason_and_source_and_set_by_number(workspace, key, side, value, shown):
    at = visit("trade_off", workspace)
    at.selectbox(key=f"new-limit-{workspace.id}").set_value(("limit_on", key)).run()
    at.text_input(key=f"new-owner-{workspace.id}").set_value("Legal *x*").run()
    at.text_input(key=f"new-reason-{workspace.id}-2").set_value("because <b>").run()
    at.button(key=f"add-limit-{workspace.id}").click().run()
    assert not at.exception
    added = workspace.draft["requirement"][-1]
    assert added == {"name": key, "limit_on": key, side: value, "owner": "Legal *x*", "reason": "because <b>"}
    at.number_input(key=f"limit-{workspace.id}-2-number").set_value(shown).run()
    assert not at.exception
    factor = limits.dial_of(added).factor
    assert workspace.draft["requirement"][-1][side] == pytest.approx(shown / factor)
    assert parse_study(workspace.draft).requirements[-1].limit == pytest.approx(shown / factor)
    assert r"Legal \*x\*" in words(at)
    if key.startswith("worst_group"):
        assert "no column for groups is chosen yet" in words(at)


def behind(at, kind, label):
    """Return the fields of this label, one for every requirement and then that of a new one."""
    return [field for field in getattr(at, kind) if field.label == label]


def test_owner_reason_and_source_of_a_requirement_are_shown_and_can_be_written_and_taken_back(workspace):
    workspace.draft["requirement"][1]["source"] = "our contract, 4.2"
    at = visit("trade_off", workspace)
    assert [field.value for field in behind(at, "text_input", "Who sets it")][:2] == [
        "product owner",
        "privacy officer",
    ]
    source = behind(at, "selectbox", "Where the number comes from")[1]
    assert source.value == "our contract, 4.2"
    assert source.options[:4] == ["law", "policy", "paper", "own judgement"]
    assert "no reason or source given yet" in words(at)
    source.set_value("law").run()
    behind(at, "text_area", "Why")[1].set_value("patients were promised it").run()
    behind(at, "text_input", "Who sets it")[1].set_value("").run()
    assert not at.exception
    block = workspace.draft["requirement"][1]
    assert (block["reason"], block["source"]) == ("patients were promised it", "law")
    assert not block.get("owner")
    assert 'source = "law"' in to_toml(workspace.draft)
    assert parse_study(workspace.draft).requirements[1].source == "law"
    # Somebody else writes: the field holds their text at the next look.
    workspace.draft["requirement"][1]["owner"] = "Legal"
    at.run()
    assert behind(at, "text_input", "Who sets it")[1].value == "Legal"


def test_removing_a_requirement_takes_only_that_one(workspace):
    at = visit("trade_off", workspace)
    at.button(key=f"limit-{workspace.id}-0-gone").click().run()
    assert [block["name"] for block in workspace.draft["requirement"]] == ["quiet"]


def test_a_requirement_that_makes_no_sense_is_refused_before_it_is_written(workspace):
    before = [dict(block) for block in workspace.draft["requirement"]]
    with pytest.raises(UserError, match="epsilon"):
        limits._set(workspace, {"name": "e", "limit_on": "epsilon", "at_most": -1.0}, None)
    assert workspace.draft["requirement"] == before


def test_a_limit_on_groups_goes_with_a_target_of_another_kind(workspace):
    workspace.draft["requirement"].append({"name": "g", "limit_on": "worst_group_error", "at_most": 3.0})
    assert "Average error of the worst-off group was removed" in " ".join(task.settle(workspace))
    assert [block["name"] for block in workspace.draft["requirement"]] == ["useful", "quiet"]


def test_the_page_names_the_binding_limit_whose_it_is_and_the_smallest_move(workspace):
    workspace.draft["requirement"][0]["at_least"] = 0.999
    start(workspace)
    at = visit("trade_off", workspace)
    text = words(at).replace("\\", "")
    assert "Closest is k-anonymity with k = 3" in text
    assert "product owner's limit on accuracy" in text
    assert "moving that limit from 99.9 to " in text
    assert "Binding: product owner's limit on accuracy; without it 1 setting would fit." in text


def test_typing_the_quoted_limit_lets_the_setting_in_and_a_tenth_less_does_not(workspace):
    workspace.draft["requirement"][0]["at_least"] = 0.999
    start(workspace)
    at = visit("trade_off", workspace)
    quoted = float(re.search(r"from 99\.9 to ([\d.]+)", words(at).replace("\\", "")).group(1))
    field = at.number_input(key=f"limit-{workspace.id}-0-number")
    at = field.set_value(round(quoted + 0.1, 1)).run()
    assert "Closest is" in words(at)
    at.number_input(key=f"limit-{workspace.id}-0-number").set_value(quoted).run()
    assert "Closest is" not in words(at)
    assert "1 of 1 setting meets both limits" in words(at)
