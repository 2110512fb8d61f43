"""The methods page, its table of attackers, and the links to it."""

from __future__ import annotations

import pytest

from core.methods.entries import entries
from core.methods.glossary import GLOSSARY
from core.methods.threat_table import ATTACKERS, MARKS, columns
from pages.components import threats
from pages.components.words import plain
from tests.pages.test_pages import start, visit, words


def shown(at):
    return next(element.proto.body for element in at.get("html") if "data-mark" in element.proto.body)


def search(at):
    return next(field for field in at.text_input if field.label.startswith("Search"))


def expanders(at):
    return [element.proto.label for element in at.get("expander")]


def test_without_a_table_the_page_still_says_what_each_technique_stops():
    page = shown(visit("methods"))
    for title, question in ATTACKERS.values():
        assert title in page
        assert question.replace("'", "&#x27;") in page
    for column in columns():
        assert column.title in page
    assert "Measured here" not in page


def test_every_cell_says_in_a_word_what_its_sign_means():
    page = threats.markup(columns(), None, "#ffffff")
    for mark, (sign, _) in MARKS.items():
        assert page.count(f"data-mark='{mark}'") == page.count(f"{sign} </span><strong>{mark}</strong>") > 0
    assert page.count("data-mark=") == len(ATTACKERS) * len(columns())


def test_what_was_measured_here_stands_in_the_table_and_hostile_text_is_text(workspace):
    workspace.draft["recipe"].append({"name": "<b>bold</b>", "technique": "top_label"})
    start(workspace)
    assert workspace.job.wait(60)
    page = shown(visit("methods", workspace))
    assert "Measured here:" in page
    assert "<b>bold" not in page


def test_a_family_that_is_taken_away_takes_its_columns_with_it(workspace):
    at = visit("methods", workspace)
    pills = next(e for e in at.get("button_group") if e.label == "How it protects")
    pills.set_value(["train privately"]).run()
    assert not at.exception
    page = shown(at)
    assert "Private naive Bayes" in page
    assert "Leave columns out" not in page


def test_every_method_can_be_read_and_searched(workspace):
    at = visit("methods", workspace, method="mondrian_k_anonymity")
    assert search(at).value == "mondrian_k_anonymity"
    assert ["Mondrian" in label for label in expanders(at)] == [True]
    search(at).set_value("").run()
    assert len([label for label in expanders(at) if "·" in label]) == len(entries())
    search(at).set_value("no such word").run()
    assert "No method holds all these words" in at.info[-1].value


def test_the_glossary_finds_terms(workspace):
    at = visit("methods", workspace)
    at.get("button_group")[0].set_value("glossary").run()
    assert not at.exception
    assert [term.meaning for term in GLOSSARY.values() if plain(term.meaning) not in words(at)] == []
    search(at).set_value("pareto").run()
    assert plain(GLOSSARY["frontier"].meaning) in words(at)
    assert plain(GLOSSARY["epsilon"].meaning) not in words(at)


def test_a_link_to_no_protection_shows_that_and_not_every_text_with_none_in_it(workspace):
    at = visit("methods", workspace, method="none")
    assert expanders(at) == ["**No protection** · anchor"]


@pytest.mark.parametrize("part", ["methods", "glossary"])
def test_no_word_of_the_page_promises_too_much(part, workspace):
    at = visit("methods", workspace)
    at.get("button_group")[0].set_value(part).run()
    assert "!" not in words(at).replace("\\!", "")
