import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from core.errors import UserError
from core.report import AUDIENCES, FORMATS, render
from core.report.build import build
from core.report.markdown import escaped
from core.report.model import Table
from tests.report.hostile_result import hostile
from tests.result_example import example, point

ROOT = Path(__file__).parents[2]


class Page(HTMLParser):
    """Collects tags and attributes and checks that they nest."""

    void = frozenset(("meta", "br", "col"))

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def page(result, audience="team"):
    found = Page()
    found.feed(render(result, "html", audience).decode())
    assert found.open == []
    return found


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("format", FORMATS)
def test_the_same_result_gives_the_same_bytes(format, audience):
    later = example()
    for one in later["points"]:
        one["seconds"] *= 3
    assert render(example(), format, audience) == render(later, format, audience)


def test_the_bytes_do_not_depend_on_the_process():
    code = (
        "import hashlib; from tests.result_example import example; from core.report import AUDIENCES, FORMATS, render;"
        "print([hashlib.sha256(render(example(), f, a)).hexdigest() for f in FORMATS for a in AUDIENCES])"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, env={"PYTHONHASHSEED": s}, cwd=ROOT
        ).stdout
        for s in ("1", "2")
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "result",
    [
        {},
        {"points": []},
        {"points": [None, {}, {"status": "measured"}]},
        {"points": [{"id": "a", "status": "waiting"}]},
        {"points": [point("n", "noise_addition", "add noise", float("nan"), float("inf"))]},
    ],
)
def test_results_with_holes_make_a_report(result, format, audience):
    assert render(result, format, audience)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_page_has_no_script_and_fetches_nothing(audience):
    for result in (example(), hostile()):
        found = page(result, audience)
        assert not {"script", "link", "img", "iframe", "object", "embed", "a", "form", "base", "image", "use"} & set(
            found.tags
        )
        assert not [
            name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href", "xlink:href")
        ]
        assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in found.attributes
    assert "http:" not in render(example(), "html", audience).decode()
    assert re.findall(r"url\((?!#)", render(example(), "html", audience).decode()) == []


def test_hostile_text_is_read_as_text_on_the_page():
    words = " ".join(page(hostile()).words)
    assert "<script src=//evil.example></script>" in words
    assert "[a](javascript:alert(1))" in words
    assert "\x00" not in words


def test_the_page_follows_the_scheme_of_the_reader_and_prints():
    text = render(example(), "html", "team").decode()
    assert "prefers-color-scheme:dark" in text
    assert "@media print" in text
    assert len(text) < 150_000


def test_hostile_text_is_text_in_markdown():
    text = render(hostile(), "md", "team").decode()
    bare = re.sub(r"(?m)^    .*$", "", text)  # indented code shows what it holds
    assert not re.search(r"(?<!\\)<", bare)
    assert not re.search(r"(?<!\\)\]\(", bare)
    assert not re.search(r"(?<!\\)`", bare)
    assert "http://" not in bare
    tables = re.findall(r"(?m)(?:^\|.*\n?)+", bare)
    assert len(tables) > 20
    for table in tables:  # no cell has an edge of its own, so every row is as wide as the head
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


@pytest.mark.parametrize("start", ["# x", "- x", "1. x", "+ x", "> x", "```", "=== ", "<b>"])
def test_no_text_begins_a_block_of_markdown(start):
    assert "\\" in escaped(start)[:3]


def test_numbers_stay_readable_in_markdown():
    assert escaped("84.1 % [83.0, 85.0]") == r"84.1 % \[83.0, 85.0\]"


@pytest.mark.parametrize("format", ["html", "md"])
def test_a_violation_is_written_out_for_every_audience(format):
    result = example()
    result["points"][7]["risks"]["membership"].update(low=0.1, value=0.12, high=0.14, violation=True)
    for audience in AUDIENCES:
        text = render(result, format, audience).decode()
        assert "VIOLATION: measured membership risk is at least 10.0 of 100" in text
        assert "VIOLATION" not in render(example(), format, audience).decode()


def test_a_violation_stands_in_the_row_and_in_the_record_of_its_setting():
    result = example()
    result["points"][7]["risks"]["membership"].update(low=0.1, value=0.12, high=0.14, violation=True)
    sections = build(result, "team").sections
    (table, *_) = [block for section in sections if section.title == "Settings" for block in section.blocks]
    assert [row[0] for row in table.rows if "VIOLATION" in row[3]] == ["8"]
    (mine,) = [section for section in sections if section.title.startswith("8. ")]
    assert "VIOLATION" in mine.blocks[1].rows[0][1]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_report_claims_that_something_is_safe(audience):
    text = (
        render(example(), "md", audience).decode().lower().replace("hipaa safe harbor", "").replace("safe harbor", "")
    )
    assert not re.search(r"\b(safe|anonymous|secure)\b", text)


def test_what_is_read_first_stands_first_and_the_records_last():
    report = build(example(), "team")
    assert report.takeaway.startswith("2 of 10 settings meet both limits")
    titles = [section.title for section in report.sections if section.level == 2]
    assert titles == [
        "Limits",
        "Settings",
        "Against no protection, and who pays",
        "Which risks were measured",
        "Settings without a number",
        "What the law asks about",
        "How to read each number",
        "How they were made",
        "What these numbers do not say",
        "Record of each setting",
        "Run it again",
    ]


def test_settings_stand_in_the_table_with_interval_reference_guarantee_and_verdict():
    (table, *_) = [b for s in build(example(), "team").sections if s.title == "Settings" for b in s.blocks]
    rows = {row[1]: row for row in table.rows}
    assert rows["private regression with epsilon = 0.3"] == (
        "8",
        "private regression with epsilon = 0.3",
        "81.2 % [80.4, 82.0] (reference 75.2)",
        "0.6 of 100 [-1.4, 2.6] (reference 0.0)",
        "epsilon = 0.3, delta = 1e-05, one row added or removed; membership ceiling 8.3 of 100",
        "not proven: Good enough",
        "best measured",
    )
    assert rows["noise with scale = 0.2"][-1] == "≈ not clearly beaten"


def test_limits_are_counted_with_owner_reason_and_source():
    table = build(example(), "team").sections[0].blocks[0]
    assert isinstance(table, Table)
    assert table.rows[1] == (
        "Low enough",
        "membership at most 5.0 of 100",
        "Privacy office",
        "Agreed with the works council.",
        "minutes, item 4",
        "met 5, failed 3, not proven 2",
    )


def test_skipped_and_failed_settings_keep_their_reasons():
    text = render(example(), "md", "team").decode()
    assert "k = 5000 cannot be reached" in text
    assert "a class has 1 person" in text
    assert "1 skipped and 1 failed" in render(example(), "md", "executive").decode()


def test_the_executive_sees_the_five_best_and_no_anchor():
    report = build(example(), "executive")
    (table,) = [b for b in report.sections[0].blocks if isinstance(b, Table)]
    assert [row[0] for row in table.rows] == ["9", "5", "8", "6", "11"]
    assert table.caption == "The 5 best of 10 settings"


def test_the_command_that_runs_it_again_holds_known_words_only():
    result = example()
    assert "run STUDY.toml --effort standard --seed 7 --json" in render(result, "md", "team").decode()
    result["study"]["effort"], result["seed"] = "glance; rm -rf ~", "7; rm -rf ~"
    commands = build(result, "team").sections[-1].blocks[-1].text
    assert "rm -rf" not in commands


def test_caveats_speak_of_what_the_result_holds():
    everything = render(example(), "md", "team").decode()
    assert "best of 10" in everything
    assert "8 random halves" in everything
    attacks = "Likelihood-ratio attack (offline LiRA), Linkability by nearest released rows, Loss attack"
    assert attacks in everything
    assert "and equivalence classes) and no others" in everything
    assert "protects the trained model's output and nothing else" in everything
    assert "presence (8 settings)" in everything
    bare = render({"points": [point("n", "noise_addition", "add noise", 0.8, 0.1)]}, "md", "team").decode()
    assert "Training with differential privacy" not in bare
    assert "k-anonymity holds only" not in bare


def test_a_setting_says_what_could_have_been_found():
    text = render(example(), "md", "team").decode()
    assert "An advantage of 2.5 of 100 would have been found four times in five." in text


def test_unknown_formats_are_refused():
    with pytest.raises(UserError, match="format is one of"):
        render({}, "docx", "team")
