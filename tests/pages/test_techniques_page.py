"""The Techniques page: knobs, stack, undo, and what is shown to whom. Everything is computed for real."""

from __future__ import annotations

import dataclasses

import pytest

from tests.pages.test_pages import visit, words


def knob(at, label):
    """Return the first widget with this label."""
    for kind in ("slider", "select_slider", "selectbox", "multiselect"):
        for widget in at.get(kind):
            if widget.label == label:
                return widget
    raise AssertionError(f"no knob {label!r}")


def button(at, start):
    return next(b for b in at.button if b.key and b.key.startswith(start))


def test_the_first_visit_shows_a_protection_with_its_numbers_and_what_it_does_not_stop(workspace):
    at = visit("techniques", workspace)
    told = words(at)
    assert at.title[0].value == "What does one technique do to the table?"
    assert "the smallest crowd has 10 people" in told
    assert "does not stop them from learning a secret" in told
    assert "shared by at least 10 people" in told
    assert "A quick look at 120 people" in told
    assert "against no protection" in told.lower()
    assert {m.label for m in at.metric} == {"Accuracy", "Membership risk", "Re-identification", "Rows left out"}


def test_a_knob_changes_the_effect_and_undo_takes_it_back(workspace):
    at = visit("techniques", workspace)
    slider = knob(at, "k (people)")
    slider.set_value(20).run()
    assert workspace.stack[-1]["k"] == 20
    assert "shared by at least 20 people" in words(at)
    button(at, "undo").click().run()
    assert workspace.stack[-1]["k"] == 10
    assert knob(at, "k (people)").value == 10
    assert "shared by at least 10 people" in words(at)


def test_a_technique_is_put_on_the_stack_moved_and_taken_off(workspace):
    at = visit("techniques", workspace)
    button(at, "put-generalise").click().run()
    assert [step["technique"] for step in workspace.stack] == ["mondrian_k_anonymity", "generalise"]
    named = [b.key for b in at.button]
    at.button(key=next(b.key for b in at.button if b.key.endswith("-1-up"))).click().run()
    assert [b.key for b in at.button] == named, "a button with a new name leaves the pressed one in sight beside it"
    assert [step["technique"] for step in workspace.stack] == ["generalise", "mondrian_k_anonymity"]
    at.button(key=next(b.key for b in at.button if b.key.endswith("-0-out"))).click().run()
    assert [step["technique"] for step in workspace.stack] == ["mondrian_k_anonymity"]
    button(at, "undo").click().run()
    assert [step["technique"] for step in workspace.stack] == ["generalise", "mondrian_k_anonymity"]


def test_a_stack_that_makes_no_sense_says_why_and_keeps_the_stack(workspace):
    workspace.stack = [{"technique": "dp_logistic_regression"}, {"technique": "generalise"}]
    at = visit("techniques", workspace)
    assert not at.exception
    assert len(at.error) == 1
    assert "first changes rows, then trains" in at.error[0].value
    assert len(workspace.stack) == 2


def test_an_empty_stack_is_no_protection(workspace):
    workspace.stack = []
    at = visit("techniques", workspace)
    assert "without protection" in words(at)
    assert "Nothing changes in the table" in words(at)
    assert button(at, "compare-").disabled


def test_the_recipe_is_added_to_the_comparison_once_a_click_under_a_name_of_its_own(workspace):
    at = visit("techniques", workspace)
    for expected in ("mondrian-k-anonymity", "mondrian-k-anonymity-2"):
        button(at, "compare-").click().run()
        assert workspace.draft["recipe"][-1] == {"name": expected, "technique": "mondrian_k_anonymity", "k": 10}
        assert "is in the comparison now" in words(at)
    workspace.study()


def test_rows_that_are_left_out_are_counted(workspace):
    workspace.stack = [{"technique": "full_domain_k_anonymity", "k": 5, "suppression_limit": 0.2}]
    at = visit("techniques", workspace)
    assert not at.error
    assert "shared by at least 5 people" in words(at)


def test_private_training_leaves_the_rows_as_they_are(workspace):
    workspace.stack = [{"technique": "dp_logistic_regression", "epsilon": 1.0}]
    workspace.draft["study"]["assume_public_domain"] = True
    at = visit("techniques", workspace)
    button(at, "unit-yes").click().run()
    assert "protects the model that is trained on them" in words(at)
    assert not at.error


def test_without_a_target_the_table_is_shown_and_the_reason_why_accuracy_is_not(workspace):
    from core.data.schema import Role
    from pages.components.vault import retable

    schema = workspace.schema
    retable(workspace, schema.changed(dataclasses.replace(schema["ill"], role=Role.FEATURE)))
    at = visit("techniques", workspace)
    assert not at.exception
    assert "Accuracy and risk cannot be shown" in words(at)
    assert "the smallest crowd has 10 people" in words(at)


def test_whoever_has_only_the_link_sees_coarser_example_rows_than_who_brought_the_table(workspace):
    def cells(at):
        return set(at.dataframe[0].value.astype(str).to_numpy().ravel())

    visitor = visit("techniques", workspace)
    assert "a member of the team" in words(visitor)
    workspace.owner = "sample"
    owner = visit("techniques", workspace)
    assert "an owner of the workspace" in words(owner)
    ages = {str(int(age)) for age in workspace.table.frame["age"]}
    assert cells(owner) & ages
    assert not cells(visitor) & ages


@pytest.mark.parametrize("looker", ["member", "sample"])
def test_names_are_never_among_the_example_rows(workspace, looker):
    workspace.owner = looker
    at = visit("techniques", workspace)
    shown = at.dataframe[0].value.astype(str)
    names = set(workspace.table.frame["name"].astype(str))
    assert not names & set(shown.to_numpy().ravel())


def test_hostile_column_names_stay_text(workspace):
    at = visit("techniques", workspace)
    assert "<img src=x" not in "".join(str(m.value) for m in at.markdown)


def test_forgetting_forgets_what_was_tried(workspace, fresh_house):
    visit("techniques", workspace)
    assert workspace.looks["count"] == 2
    fresh_house.vault.forget(workspace.id)
    assert workspace.looks == {}
    assert workspace.stack is None


def test_the_next_sweeps_ledger_counts_what_was_tried_here(workspace):
    from pages.components import shell

    visit("techniques", workspace)
    shell.start_sweep(workspace)
    workspace.job.wait(60)
    assert workspace.snapshot().result["ledger"]["previews"] == 2


def test_the_solution_space_of_a_full_domain_step_is_shown_on_demand_and_filtered(workspace):
    workspace.stack = [{"technique": "full_domain_k_anonymity", "k": 5}]
    at = visit("techniques", workspace)
    assert "solutions" not in workspace.looks
    at.toggle[0].set_value(True).run()
    assert not at.exception
    assert not at.error
    assert "choices of levels hold" in words(at)
    total = workspace.looks["solutions"].total
    assert total == len(workspace.looks["solutions"])
    slider = next(s for s in at.slider if s.label == "age")
    slider.set_value((0, 1)).run()
    assert "choices are hidden by the filters" in words(at)


def test_the_notes_of_a_search_are_told(workspace):
    workspace.stack = [{"technique": "full_domain_k_anonymity", "k": 5}]
    at = visit("techniques", workspace)
    assert "none of the others can be better" in words(at)


def test_what_is_not_installed_is_greyed_with_the_line_that_installs_it(workspace):
    from core.techniques.dp_sgd import DPSGD

    at = visit("techniques", workspace)
    at.pills[0].set_value("train privately").run()
    assert not button(at, "put-dp_logistic_regression").disabled
    absent = DPSGD.missing() is not None
    assert button(at, "put-dp_sgd").disabled == absent
    assert ("pip install -r requirements-deep.txt" in words(at).replace("\\", "")) == absent
