"""Tuning on the page: what a study file says is kept, what is chosen arrives in the recipe, and its cost is said."""

from __future__ import annotations

from tests.pages.test_pages import visit, words

PRIVATE = {"technique": "dp_logistic_regression", "epsilon": [1.0]}


def test_a_stack_keeps_the_tuning_of_its_study_file(workspace):
    mask = {"technique": "generalise", "level": 1}
    workspace.draft["recipe"] = [
        {"name": "one", **PRIVATE, "tune": {"clip": [0.5, 1.0]}},
        {"name": "two", "steps": [mask, PRIVATE], "tune": {"clip": [0.5, 1.0], "public": "old.csv"}},
    ]
    before = [block["tune"] for block in workspace.draft["recipe"]]
    text = words(visit("trade_off", workspace))
    assert [block["tune"] for block in workspace.draft["recipe"]] == before
    assert "Tuned as the study file says: clip, public." in text
    assert "the ledger count them all" in text


def test_values_to_choose_among_become_part_of_the_recipe(workspace):
    workspace.draft["recipe"] = [{"name": "one", **PRIVATE}]
    at = visit("trade_off", workspace)
    at.selectbox(key=f"recipe-{workspace.id}-{workspace.revision}-0-tune").select("clip").run()
    box = at.text_input(key=f"recipe-{workspace.id}-{workspace.revision}-0-tune-clip")
    box.input("0.5, 1, 2").run()
    assert not at.exception
    assert workspace.draft["recipe"][0]["tune"] == {"clip": [0.5, 1.0, 2.0]}
    box = at.text_input(key=f"recipe-{workspace.id}-{workspace.revision}-0-tune-clip")
    box.input("much").run()
    assert "separated by commas" in words(at)
    assert workspace.draft["recipe"][0]["tune"] == {"clip": [0.5, 1.0, 2.0]}
