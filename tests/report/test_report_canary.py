"""Canaries: cells that occur once in the table, looked for in everything that outsiders are handed."""

import io
import json
from datetime import date

import pytest
from pypdf import PdfReader

from core.report import FORMATS, render
from core.team.decision import evidence, record, state_of
from core.team.events import Actor
from core.team.room import Room
from core.team.store import Store
from core.techniques import TECHNIQUES
from tests.canary_study import DRAFT, SCHEMA, TOWN, WORDS, canary_result, found_in, measured, planted

READABLE = ("html", "md", "csv", "json", "pdf")


def text_of(content, format):
    """Return everything that a report says; of a PDF also what is not on its pages."""
    if format == "pdf":
        pages = PdfReader(io.BytesIO(content))
        described = str(pages.metadata) + str(pages.xmp_metadata and pages.xmp_metadata.rdf_root.toxml())
        return "\n".join(page.extract_text() for page in pages.pages) + described + content.decode("latin-1")
    if format == "json":  # letters outside ASCII are escaped in the file
        return content.decode() + json.dumps(json.loads(content), ensure_ascii=False)
    return content.decode()


@pytest.fixture(scope="module")
def decided():
    """Return the file of a decision that people took on the study, with the whole schema, as the Decide page gives it.

    Nobody wrote a cell into a text: what people write is theirs.
    """
    store, ana = Store("sqlite://"), Actor(key="a", name="Ana")
    room = Room(store, store.create(ana, {"name": "W", "requirements": DRAFT["requirement"]}), ana)
    body = state_of(canary_result(), DRAFT, SCHEMA.to_json(), "fingerprint")
    state = room.freeze(body)
    room.comment("a comment that is kept", "k")
    turn = room.open_round("which?", ("k", "rows")).subject
    room.vote(turn, "rows", "a reason that is kept")
    room.reveal(turn)
    told = {"question": "q", "point": "k", "state": state, "evidence": evidence(body), "why": "w"}
    key = room.propose(**told).subject
    room.sign(key, 1)
    room.conclude(key, "accepted")
    board = room.board()
    return record(board, board.decision(key), body, room.events(), date(2026, 11, 23), SCHEMA.to_json())


def test_the_file_of_a_decision_holds_cells_so_that_there_is_something_to_keep_inside(decided):
    assert TOWN in found_in(json.dumps(decided["schema_of_table"]))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("audience", ["external", "executive"])
def test_no_cell_of_one_person_is_in_what_outsiders_are_handed(audience, format):
    assert found_in(text_of(render(canary_result(), format, audience), format)) == []


@pytest.mark.parametrize("free_text", [False, True])
@pytest.mark.parametrize("audience", ["external", "executive"])
@pytest.mark.parametrize("format", FORMATS)
def test_no_cell_of_one_person_is_in_a_report_with_a_decision(decided, audience, format, free_text):
    told = text_of(render(canary_result(), format, audience, decided, free_text), format)
    assert found_in(told) == []


@pytest.mark.parametrize("format", READABLE)
def test_planted_cells_are_found_in_what_the_team_reads_and_stay_inside(format):
    result = planted()
    inside = found_in(text_of(render(result, format, "team"), format))
    assert set(inside) == {*WORDS, "the wage"}
    for audience in ("external", "executive"):
        assert found_in(text_of(render(result, format, audience), format)) == []


def test_the_team_reads_the_group_of_one_person_that_the_study_really_measured():
    assert found_in(json.dumps(canary_result())) == [TOWN]
    assert found_in(text_of(render(canary_result(), "html", "team"), "html")) == [TOWN]


@pytest.mark.slow
@pytest.mark.parametrize("assumed", [False, True])
def test_no_technique_brings_a_cell_into_what_is_handed_out_or_kept(assumed):
    """Bounds and categories that are read from the rows are cells too, of whoever is at the end of the range."""
    columns = {"drop_columns": {"columns": ["town"]}}
    names = [name for name in TECHNIQUES if name not in ("none", "constant", "dp_sgd")]  # the last one needs torch
    draft = {
        **DRAFT,
        "study": {**DRAFT["study"], "assume_public_domain": assumed},
        "recipe": [{"name": name, "technique": name, **columns.get(name, {})} for name in names],
        "requirement": [*DRAFT["requirement"], {"name": "proved", "limit_on": "epsilon", "at_most": 1.0}],
    }
    result = measured(draft)
    ran = {point["name"] for point in result["points"] if point["status"] == "measured"}
    assert len(ran) >= (len(names) - 2 if assumed else 15)
    assert found_in(json.dumps(result)) == [TOWN]
    assert found_in(json.dumps(state_of(result, draft, SCHEMA.to_json(), "fingerprint"))) == []
    for audience in ("external", "executive"):
        for format in FORMATS:
            assert found_in(text_of(render(result, format, audience), format)) == []
