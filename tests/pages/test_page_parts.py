"""The parts of pages that decide something: they are tested without a page."""

from __future__ import annotations

import logging
import tomllib

import pytest

from core.errors import UserError
from core.tradeoff.study import parse_study


def test_the_study_file_reads_back_as_the_draft(workspace):
    from pages.components.study_file import to_toml

    draft = workspace.draft
    draft["study"]["name"] = 'A "quoted" \\ name\nwith 🦊 and \x7f'
    draft["recipe"].append(
        {"name": "stack", "steps": [{"technique": "none"}, {"technique": "mondrian_k_anonymity", "k": [2, 4]}]}
    )
    draft["recipe"].append({"name": "float", "technique": "none", "release": "model"})
    back = tomllib.loads(to_toml(draft))
    assert back["study"] == draft["study"]
    assert back["recipe"] == draft["recipe"]
    assert back["requirement"] == draft["requirement"]
    assert parse_study(back).recipes == parse_study(draft).recipes


def test_the_command_names_files_without_anything_a_shell_would_read(workspace):
    from pages.components.study_file import file_names

    workspace.draft["study"]["name"] = "x; rm -rf $HOME `a`"
    assert file_names(workspace.draft)[0] == "x-rm-rf-home-a.toml"


def test_a_second_target_replaces_the_first(workspace):
    from pages.components.roles import edited

    after = edited(workspace.schema, {2: {"Role": "to predict"}})
    assert after.target == "town"
    assert after["ill"].role == "feature"


def test_a_schema_that_does_not_fit_is_told_and_the_one_before_stays(workspace):
    from pages.components import roles

    before = workspace.schema
    assert not roles.apply(workspace, roles.edited(before, {2: {"Kind": "numeric"}}))
    assert workspace.schema is before
    assert workspace.table.schema is before
    assert "town" in workspace.problem.what
    assert "Ulm" not in str(workspace.problem)


def test_a_new_kind_drops_what_was_public_about_the_old_one(workspace):
    from dataclasses import replace

    from pages.components.roles import edited

    schema = workspace.schema.changed(replace(workspace.schema["age"], bounds=(0, 120)))
    assert edited(schema, {1: {"Kind": "categorical"}})["age"].bounds is None
    assert edited(schema, {1: {"Role": "leave out"}})["age"].bounds == (0, 120)


def test_the_role_editor_is_given_shapes_and_never_a_cell(workspace):
    from pages.components.intake import profile
    from pages.components.roles import rows_of

    shown = rows_of(workspace.schema, profile(workspace.table.frame, workspace.schema), {})
    text = shown.to_csv()
    assert not any(cell in text for cell in ("Person", "Ulm", "Bonn", "Kiel", "yes"))
    assert "aaa" in text


def test_two_recipes_of_one_technique_get_different_names(workspace):
    from pages.components.recipes import block_of, fresh_step, starting_recipes

    blocks = starting_recipes(["name"])
    assert len({block["name"] for block in blocks}) == len(blocks)
    study = parse_study({**workspace.draft, "recipe": blocks})
    assert study.recipes
    assert parse_study({**workspace.draft, "recipe": [block_of("a", [fresh_step("mondrian_k_anonymity")])]}).recipes


def test_names_are_masked_first_in_every_starting_recipe_that_releases_changed_rows():
    from pages.components.recipes import starting_recipes, steps_of

    for block in starting_recipes(["name"]):
        first = steps_of(block)[0]["technique"]
        assert first == "mask_identifiers" or first in ("none", "constant") or first.startswith("dp_")


def test_values_that_are_not_numbers_are_told():
    from pages.components.values import read_values

    with pytest.raises(UserError, match="separated by commas"):
        read_values("2, many", "int")


def test_the_public_range_is_read_or_the_mistake_told(workspace):
    from pages.components.assumptions import read_public

    age = workspace.schema["age"]
    assert read_public(age, "0; 120").bounds == (0.0, 120.0)
    for wrong in ("0", "a, b", "5, 1", "1,2,3"):
        with pytest.raises(UserError):
            read_public(age, wrong)
    assert read_public(workspace.schema["town"], "Ulm; Bonn;").categories == ("Ulm", "Bonn")


def test_verdicts_say_the_worst_and_nothing_unmeasured_counts_as_met():
    from pages.components.words import passing, verdict

    assert verdict({"meets": {"a": "yes", "b": "not_measured"}}) == "not_measured"
    assert verdict({"meets": {"a": "no", "b": "not_measured"}}) == "no"
    met = {"meets": {"a": "yes"}, "recipe": [{"technique": "generalise", "parameters": {}}]}
    points = [{"status": "measured", **met}, {"status": "skipped", **met}]
    points.append({**points[0], "recipe": [{"technique": "none", "parameters": {}}]})
    assert passing({"points": points})["yes"] == 1


def test_the_log_keeps_the_place_of_an_error_and_drops_its_message(caplog):
    from pages.components import redact

    redact.install()
    redact.install()
    logger = logging.getLogger("streamlit.error_util")
    assert sum(isinstance(f, redact.Redact) for f in logger.filters) == 1
    record = logger.makeRecord("x", logging.ERROR, "f", 1, "CANARY %s", ("CANARY",), None)
    try:
        raise ValueError("CANARY cell")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    assert logger.filters[-1].filter(record)
    text = logging.Formatter().format(record)
    assert "ValueError" in text
    assert "test_page_parts.py" in text
    assert "CANARY" not in text


@pytest.mark.parametrize("hostile", ["<b>x</b>", "![a](http://evil/x.png)", "[a](http://evil)", ":fox:", "$x$", "`x`"])
def test_text_from_people_loses_every_mark_that_markdown_reads(hostile):
    from pages.components.words import plain

    escaped = plain(hostile)
    for mark in "<>[]()$`:!":
        assert escaped.count(mark) == escaped.count("\\" + mark)


def test_the_time_of_a_sweep_is_estimated_from_its_fits(workspace):
    from pages.components.sweep import estimate

    settings, fits, seconds = estimate(workspace)
    assert settings == 4  # two anchors and two values of k; no-protection is one of the anchors
    assert fits == 4 * 3
    assert seconds > 0
