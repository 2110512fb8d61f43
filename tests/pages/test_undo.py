"""What somebody removed by mistake comes back by one press, as long as nobody put something else in its place."""

from __future__ import annotations

import copy

from core.data.schema import Role
from pages.components import roles
from tests.pages.test_pages import visit


def test_a_removed_recipe_comes_back_where_it_was(workspace):
    at = visit("trade_off", workspace)
    before = copy.deepcopy(workspace.draft["recipe"])
    assert not [b for b in at.button if b.key == f"undo-recipe-{workspace.id}"]
    at.button(key=f"recipe-{workspace.id}-{workspace.revision}-0-gone").click().run()
    assert [block["name"] for block in workspace.draft["recipe"]] == ["k-anonymity"]
    at.button(key=f"undo-recipe-{workspace.id}").click().run()
    assert not at.exception
    assert workspace.draft["recipe"] == before
    assert not [b for b in at.button if b.key == f"undo-recipe-{workspace.id}"]


def test_what_was_put_in_its_place_is_not_overwritten(workspace):
    at = visit("trade_off", workspace)
    at.button(key=f"recipe-{workspace.id}-{workspace.revision}-0-gone").click().run()
    workspace.draft["recipe"].append({"name": "no-protection", "technique": "top_label"})
    at.run()
    assert not [b for b in at.button if b.key == f"undo-recipe-{workspace.id}"]
    assert len(workspace.draft["recipe"]) == 2


def test_a_removed_limit_comes_back_with_its_owner_for_everybody(workspace):
    at = visit("trade_off", workspace)
    before = {block["name"]: dict(block) for block in workspace.draft["requirement"]}
    at.button(key=f"limit-{workspace.id}-0-gone").click().run()
    assert [block["name"] for block in workspace.draft["requirement"]] == ["quiet"]
    at.button(key=f"undo-limit-{workspace.id}").click().run()
    assert not at.exception
    after = {block["name"]: dict(block) for block in workspace.draft["requirement"]}
    assert after.keys() == before.keys()
    assert after["useful"]["owner"] == "product owner"
    assert after["useful"]["at_least"] == before["useful"]["at_least"]


def test_a_role_goes_back_and_a_change_by_somebody_else_is_left_alone(workspace):
    at = visit("data", workspace)
    target = next(box for box in at.selectbox if box.label == "What the model predicts")
    old = workspace.schema
    target.set_value("town").run()
    assert workspace.schema.target == "town"
    at.button(key=f"undo-roles-{workspace.id}").click().run()
    assert not at.exception
    assert workspace.schema == workspace.table.schema == old
    next(box for box in at.selectbox if box.label == "What the model predicts").set_value("town").run()
    mine = workspace.schema
    theirs = roles.edited(mine, {1: {"Role": roles.ROLE_WORDS[Role.SENSITIVE]}})
    roles.retable(workspace, theirs)
    at.run()
    assert not [b for b in at.button if b.key == f"undo-roles-{workspace.id}"]
    assert workspace.schema == theirs
