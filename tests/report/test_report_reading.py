import re
from dataclasses import replace
from pathlib import Path

import pytest

from core.attacks.words import THREAT_WORDS
from core.report.build import build
from core.utility.metrics import ALL_METRICS
from tests.report.report_texts import read
from tests.result_example import example, regression_result

FIELDS = ("description", "interpretation", "caveat")


def reading(result, audience="team"):
    (section,) = [s for s in build(result, audience).sections if s.title == "How to read each number"]
    return {row[0]: row for table in section.blocks for row in table.rows}


@pytest.mark.parametrize("field", [*FIELDS, "title", "question"])
def test_the_words_of_a_risk_are_those_of_the_registry(monkeypatch, field):
    changed = replace(THREAT_WORDS["linkability"], **{field: "Freshly written words"})
    monkeypatch.setitem(THREAT_WORDS, "linkability", changed)
    assert any("Freshly written words" in cell for row in reading(example()).values() for cell in row)


@pytest.mark.parametrize("field", [*FIELDS, "sentence"])
def test_the_words_of_a_metric_are_those_of_the_registry(monkeypatch, field):
    changed = replace(ALL_METRICS["roc_auc"], **{field: "Freshly written words"})
    monkeypatch.setitem(ALL_METRICS, "roc_auc", changed)
    assert any("Freshly written words" in cell for cell in reading(example())["ROC AUC"])


def test_no_text_of_the_registries_is_written_again_in_the_report_s_code():
    files = sorted((Path(__file__).parents[2] / "core/report").glob("*.py"))
    assert len(files) > 15
    code = re.sub(r'"\s*\n\s*f?"', "", "".join(path.read_text() for path in files))  # strings over several lines
    code = "".join(code.split())
    texts = [getattr(words, field) for words in THREAT_WORDS.values() for field in (*FIELDS, "question", "sentence")]
    texts += [getattr(found, field) for found in ALL_METRICS.values() for field in (*FIELDS, "sentence")]
    copied = [part for text in texts for part in text.split(". ") if len(part) > 30 and "".join(part.split()) in code]
    assert copied == []


@pytest.mark.parametrize("audience", ["team", "external"])
def test_only_what_the_result_has_a_number_of_is_explained(audience):
    assert "Presence" not in reading(example(), audience)
    assert "Membership" in reading(example(), audience)
    assert "Accuracy" not in reading(regression_result(), audience)
    assert "R2" in reading(regression_result(), audience)


def test_the_example_of_a_risk_is_its_sentence_with_the_numbers_of_no_protection():
    told = reading(example())["Membership"][1]
    assert "Of 1,000 people whose rows trained the model" in told
    assert "says so of 664" in told
    assert "of 500: 164 more" in told


def test_outsiders_read_how_many_columns_are_known_not_which():
    told = reading(example(), "external")["Linkability"][1]
    assert "holds 3 columns" in told
    assert "postcode" not in read(example(), "pdf", "external").replace("hide postcode", "")
