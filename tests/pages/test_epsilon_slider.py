"""Choosing epsilon on pages: the slider and its words, whom a row stands for, and solving for a setting."""

from __future__ import annotations

import pytest

from core.data.schema import Role
from core.errors import UserError
from core.privacy.gdp import mu_from_epsilon_delta, tpr_bound
from core.privacy.plain_words import of_100
from pages.components import roles, solve_for, unit
from tests.pages.test_attacker_page import numbers as numbers
from tests.pages.test_pages import start, visit, words
from tests.pages.test_techniques_page import button, knob

PRIVATE = {"technique": "dp_logistic_regression", "epsilon": 1.0}


@pytest.fixture
def public(workspace):
    """Return the workspace with public ranges, a private recipe beside the others, and nobody's answer yet."""
    workspace.draft["study"]["assume_public_domain"] = True
    workspace.draft["recipe"].append({"name": "dp", **PRIVATE, "epsilon": [0.5, 5.0]})
    workspace.stack = [dict(PRIVATE)]
    return workspace


@pytest.fixture
def answered(public):
    unit.confirm(public)
    return public


def text(at):
    return words(at).replace("\\", "")


def hits(epsilon, delta=1e-5):
    """Return what the sentence must say, worked out apart from it."""
    return f"finds at most {of_100(tpr_bound(mu_from_epsilon_delta(epsilon, delta), 0.01))} in 100"


def test_the_slider_has_named_ends_and_says_live_what_its_value_means(answered):
    at = visit("techniques", answered)
    assert "← more privacy" in text(at)
    assert "more accuracy →" in text(at)
    assert hits(1.0) in text(at)
    slider = knob(at, "epsilon")
    assert [float(option) for option in slider.options] == sorted(float(option) for option in slider.options)
    slider.set_value(10.0).run()
    assert answered.stack[0]["epsilon"] == 10.0
    assert hits(10.0) in text(at)
    assert hits(1.0) not in text(at)


def test_an_exact_value_can_be_typed_and_the_slider_follows(answered):
    at = visit("techniques", answered)
    at.number_input[0].set_value(0.3712).run()
    assert answered.stack[0]["epsilon"] == 0.3712
    assert knob(at, "epsilon").value == 0.3712
    assert hits(0.3712) in text(at)
    button(at, "undo").click().run()
    assert answered.stack[0]["epsilon"] == 1.0
    assert at.number_input[0].value == knob(at, "epsilon").value == 1.0


def test_a_private_setting_that_cannot_run_says_why_beneath_its_slider(answered):
    answered.draft["study"]["assume_public_domain"] = False
    at = visit("techniques", answered)
    assert any("It cannot run on this table" in warning.value for warning in at.warning)


def test_the_recipe_editor_explains_a_value_and_adds_it_to_the_sweep(answered):
    at = visit("trade_off", answered)
    assert hits(5.0) in text(at)
    knob(at, "What an epsilon means").set_value(2.0).run()
    assert hits(2.0) in text(at)
    assert answered.draft["recipe"][-1]["epsilon"] == [0.5, 5.0]
    next(b for b in at.button if b.label == "Compare epsilon 2 too").click().run()
    assert not at.exception
    assert answered.draft["recipe"][-1]["epsilon"] == [0.5, 2.0, 5.0]


def test_nothing_private_runs_before_somebody_says_whom_a_row_stands_for(public):
    at = visit("trade_off", public)
    assert "Is each row one person?" in text(at)
    assert at.button(key="run").disabled
    with pytest.raises(UserError, match="whom a row stands for"):
        start(public)
    assert public.job is None
    at = visit("techniques", public)
    assert "A quick look at" not in text(at)
    assert not at.metric


def test_yes_is_asked_for_once_and_opens_every_page(public):
    at = visit("trade_off", public)
    at.button(key="unit-yes-run").click().run()
    assert "Is each row one person?" not in text(at)
    assert not at.button(key="run").disabled
    at.button(key="run").click().run()
    assert public.job.wait(60)
    assert {p["status"] for p in public.snapshot().result["points"] if p["name"] == "dp"} == {"measured"}
    assert "A quick look at" in text(visit("techniques", public))


def test_no_leads_to_the_data_page(public):
    at = visit("trade_off", public)
    at.button(key="unit-no-run").click().run()
    assert not at.exception
    assert at.title[0].value.startswith("What is in your table")
    assert not unit.confirmed(public)


def test_other_roles_or_another_person_id_clear_the_answer(answered):
    roles.set_person(answered, "town")
    assert not unit.confirmed(answered)
    assert "Do rows with the same town belong to one person" in text(visit("trade_off", answered))
    unit.confirm(answered)
    assert unit.confirmed(answered)
    schema = answered.schema
    place = schema.names.index("age")
    roles.apply(answered, roles.edited(schema, {place: {"Role": roles.ROLE_WORDS[Role.FEATURE]}}))
    assert not unit.confirmed(answered)


def test_without_a_private_setting_nothing_is_asked(workspace):
    at = visit("trade_off", workspace)
    assert "Is each row one person?" not in text(at)
    assert not at.button(key="run").disabled
    assert unit.private([PRIVATE])
    assert unit.private([{"technique": "generalise"}, {"technique": "randomised_response"}])


@pytest.mark.slow
def test_the_samples_are_answered_by_their_authors():
    from pages.components.samples import draft_of
    from pages.components.shell import house

    at = visit("start")
    at.button(key="try_adult").click().run(timeout=60)
    assert not at.exception
    space = next(iter(house().vault._held.values()))
    assert any(unit.private([step]) for block in draft_of("adult")["recipe"] for step in [block])
    assert unit.confirmed(space)
    assert space.job is not None


def solving(space):
    """Return the answers of the section for its first recipe with an epsilon."""
    place = next(p for p, (_, dial) in solve_for.solvable(space).items() if dial.name == "epsilon")
    recipe, dial = solve_for.solvable(space)[place]
    limit = solve_for.Requirement(name=solve_for.LIMIT, risk="membership", at_most=0.3)
    return place, dial, solve_for.answers(space, recipe, limit)


def test_solving_answers_by_proof_before_a_run_and_by_measurement_after_it(answered):
    place, dial, (proof, measured) = solving(answered)
    assert proof.status == "proven"
    assert proof.value <= 0.3
    assert measured is None
    start(answered).job.wait(60)
    _, _, (again, measured) = solving(answered)
    assert again == proof
    assert measured.tried == 2
    assert measured.setting in (0.5, 5.0, None)
    solve_for.add(answered, place, dial, proof.setting)
    assert answered.draft["recipe"][place]["epsilon"] == sorted([0.5, 5.0, proof.setting])
    answered.study()


def test_the_section_shows_the_answer_and_a_button_that_adds_the_setting(answered):
    at = visit("trade_off", answered)
    assert "By proof" not in text(at)
    at.session_state[f"solve-{answered.id}"] = True
    at.run()
    assert not at.exception
    assert "By proof: epsilon = " in text(at)
    assert "nothing has been measured yet" in text(at)
    next(b for b in at.button if "to the comparison" in b.label).click().run()
    assert not at.exception
    assert len(answered.draft["recipe"][-1]["epsilon"]) == 3


@pytest.mark.slow
def test_a_recipe_that_differs_in_something_else_was_not_measured(answered):
    start(answered).job.wait(60)
    answered.draft["recipe"][-1]["clip"] = 2.0
    _, _, (_, measured) = solving(answered)
    assert (measured.status, measured.tried) == ("none", 0)


def test_the_lowest_accuracy_can_be_given_instead_of_the_highest_risk(answered):
    start(answered).job.wait(60)
    at = visit("trade_off", answered)
    at.session_state[f"solve-{answered.id}"] = True
    at.run()
    choice = next(group for group in at.get("segmented_control") if group.label == "What I accept")
    choice.set_value("metric").run()
    assert not at.exception
    field = next(n for n in at.number_input if n.label == "Accuracy at least, %")
    assert field.value == 1.0  # what the requirement of the study says
    field.set_value(99.5).run()
    assert "By measurement: none of the 2 measured settings of dp keeps Accuracy at or above" in text(at)
    assert "By proof" not in text(at)


@pytest.mark.parametrize(("metric", "label"), [("mae", "Mean absolute error at most"), ("r2", "at least")])
def test_a_target_of_numbers_is_solved_for_in_its_own_metric(numbers, metric, label):
    numbers.draft["study"].update(model="linear_regression", metric=metric)
    numbers.draft["requirement"] = []
    numbers.draft["recipe"] = [{"name": "coarse", "technique": "mondrian_k_anonymity", "k": [3, 10]}]
    start(numbers).job.wait(60)
    at = visit("trade_off", numbers)
    at.session_state[f"solve-{numbers.id}"] = True
    at.run()
    next(group for group in at.get("segmented_control") if group.label == "What I accept").set_value("metric").run()
    assert not at.exception
    assert not at.error
    assert any(label in n.label for n in at.number_input)
    assert "By measurement: " in text(at)
