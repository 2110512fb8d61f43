"""A decision in every format and for every audience: readable by those who may, absent for the others."""

from __future__ import annotations

import json

import pytest
from pypdf import PdfReader

from core.report import AUDIENCES, FORMATS, render
from tests.report.decided import HOSTILE, bare, decided
from tests.result_example import example

PEOPLE = ("山田 花子", "دانا", "D'Artagnan")
WORDS = ("tubaphone", "ophicleide", "serpentine", "sackbut")


def text_of(content, format):
    if format == "pdf":
        import io

        return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    text = content.decode()
    return json.dumps(json.loads(text), ensure_ascii=False) if format == "json" else text


@pytest.mark.parametrize("format", FORMATS)
def test_outsiders_get_no_word_of_anybody_and_no_name_unless_it_is_ticked(format):
    told = text_of(render(example(), format, "external", decided()), format)
    assert not [word for word in (*WORDS, *PEOPLE) if word in told]
    assert "<script>" not in told.replace(HOSTILE, "") or format not in ("html",)
    if format in ("html", "md", "json"):
        ticked = text_of(render(example(), format, "external", decided(), True), format)
        assert "tubaphone" in ticked


@pytest.mark.parametrize("format", ["html", "pdf", "md", "json"])
def test_the_team_reads_who_decided_what_and_who_objected(format):
    told = text_of(render(example(), format, "team", decided()), format).replace("\n", " ")
    for word in WORDS:
        assert word in told.replace("\u200b", ""), word
    assert "山田" in told


@pytest.mark.parametrize("audience", AUDIENCES)
def test_markup_in_names_and_texts_runs_nowhere(audience):
    page = render(example(), "html", audience, decided(), True).decode()
    assert "<script>alert" not in page
    table = render(example(), "csv", audience, decided(), True).decode()
    assert not [cell for line in table.splitlines() for cell in line.split(",") if cell.strip('"').startswith("=")]


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("format", FORMATS)
def test_a_decision_that_lacks_every_optional_part_is_a_report_and_the_same_bytes_twice(format, audience):
    made = render(example(), format, audience, bare())
    assert made
    assert made == render(example(), format, audience, bare())


def test_the_executive_page_is_one_page_whatever_was_decided():
    long = decided() | {"question": "Which protection do we use for the model of the whole ministry? " * 5}
    long["conditions"] = [f"condition {i} that takes most of a line to be written out in full" for i in range(12)]
    for decision in (None, bare(), decided(), long):
        made = render(example(), "pdf", "executive", decision)
        import io

        assert len(PdfReader(io.BytesIO(made)).pages) == 1


def test_the_law_is_answered_with_measurements_and_never_with_a_stamp():
    told = render(example(), "md", "team", decided()).decode()
    assert "not legal advice" in told.lower()
    for word in ("Singling out", "Linkability", "Inference", "Safe Harbor", "35"):
        assert word.lower() in told.lower(), word
    assert "compliant" not in told.lower()
