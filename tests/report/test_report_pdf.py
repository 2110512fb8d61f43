import json
import zlib

import pytest
import typst

from core.charts.svg import svg
from core.report import render
from core.report.build import build
from core.report.pdf import FONT, NOTE, _compile, _data, _template
from tests.result_example import example

MARKUP = '#read("/etc/passwd") #panic("x") *b* _i_ $x^2$ = Heading \\u{41} @ref <label> // comment'


def files(report):
    return {
        "main.typ": _template(),
        "report.json": json.dumps(_data(report, "")).encode(),
        "chart.svg": svg(report.chart, font=FONT).encode(),
    }


@pytest.mark.parametrize("audience", ["team", "external", "executive"])
def test_the_paper_report_meets_the_accessible_standard(audience):
    report = build(example(), audience)
    found = _compile(typst, report, "", "ua-1")
    assert found.startswith(b"%PDF-")
    assert b"pdfuaid" in found
    assert render(example(), "pdf", audience) == found


def test_the_executive_s_report_is_one_page():
    pages = typst.compile(files(build(example(), "executive")), format="png", ppi=20, ignore_system_fonts=True)
    assert isinstance(pages, bytes) or len(pages) == 1


def test_markup_of_people_stays_text():
    result = example()
    result["points"][3].update(name=MARKUP, id=MARKUP)
    result["study"]["name"] = MARKUP
    report = build(result, "team")
    headings = json.loads(typst.query(files(report), "heading", field="body", ignore_system_fonts=True))
    assert {"func": "text", "text": f"4. {MARKUP} with k = 5"} in headings
    assert render(result, "pdf", "team").startswith(b"%PDF-")


def test_unknown_characters_make_a_report_with_a_word_about_it():
    result = example()
    result["study"]["name"] = "研究 🙂"
    found = render(result, "pdf", "executive")
    assert found == _compile(typst, build(result, "executive"), NOTE, None)
    assert found == render(result, "pdf", "executive")


def test_nothing_of_the_machine_or_the_day_is_in_the_file():
    found = render(example(), "pdf", "team")
    assert b"CreationDate" not in found
    streams = [part.split(b"endstream")[0].strip(b"\r\n") for part in found.split(b"stream\n")[1:]]
    texts = [found]
    for stream in streams:
        try:
            texts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    assert len(texts) > 5
    assert not any(b"/work/" in text or b"/home/" in text or b"/root/" in text for text in texts)
