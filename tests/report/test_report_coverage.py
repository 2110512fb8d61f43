import re

import pytest

from core.charts.words import STATUS
from core.report.build import build
from core.report.coverage import coverage_section, threats_of
from tests.report.report_texts import read, tables
from tests.result_example import example
from tests.result_parts import absent, apart

UNKNOWN = ("not_measured", "undefined", "waiting", None)


def covered(point):
    section = coverage_section([(1, point)])
    (row,) = section.blocks[0].rows
    bullets = [item for block in section.blocks for item in getattr(block, "items", ())]
    return dict(zip(section.blocks[0].head, row, strict=True)), bullets


@pytest.mark.parametrize("status", UNKNOWN)
def test_what_is_not_measured_is_never_a_number_nor_safe(status):
    point = example()["points"][0]
    # A number that stands in such a record by mistake must not be shown.
    point["risks"]["presence"].update(status=status, value=0.0, low=-0.01, high=0.01, reason="it was not run")
    row, bullets = covered(point)
    assert not re.search(r"\d", row["Presence"])
    assert row["Presence"] in (f"{STATUS['not_measured']} (a)", f"{STATUS['undefined']} (a)")
    assert not re.search(r"(?i)zero|safe|none|low", row["Presence"])
    assert "it may be small or large" in bullets[0]
    assert "because it was not run" in bullets[0]


def test_a_risk_without_a_record_is_not_measured():
    point = example()["points"][0]
    del point["risks"]["singling_out"]
    row, bullets = covered(point)
    assert row["Singling out"].startswith(STATUS["not_measured"])
    assert "the result says nothing about it" in " ".join(bullets)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "0.0", True])
def test_a_measured_risk_without_a_number_is_undefined(value):
    point = example()["points"][0]
    point["risks"]["linkability"]["value"] = value
    assert covered(point)[0]["Linkability"].startswith(STATUS["undefined"])


def test_what_does_not_arise_is_told_apart_from_what_was_not_measured():
    point = example()["points"][1]
    row, bullets = covered(point)
    assert row["Presence"] == "does not arise (a)"
    assert "it may be small or large" not in " ".join(bullets)


def test_a_measured_risk_has_what_could_have_been_found_beside_it():
    row, _ = covered(example()["points"][0])
    assert row["Membership"] == "measured: 16.4 of 100 (2.5)"
    assert row["Re-identification"] == "measured: 84.0 of 100"  # has no control to tell it from
    point = example()["points"][5]
    assert covered(point)[0]["Membership"] == "measured: 1.2 of 100 (2.5), not told apart from zero"


@pytest.mark.parametrize("audience", ["team", "external"])
def test_every_setting_and_every_threat_is_in_the_table(audience):
    result = example()
    result["points"][3]["risks"]["a new threat"] = absent("rows", "not_measured", "too new")
    (table,) = tables(build(result, audience), "Every risk of every setting")
    assert len(table.rows) == 12
    assert len(table.head) == 2 + len(threats_of(result["points"]))
    assert table.head[-1].lower() == "a new threat"


@pytest.mark.parametrize("audience", ["team", "external", "executive"])
@pytest.mark.parametrize("format", ["html", "md", "pdf", "csv"])
def test_a_number_in_a_record_that_is_not_measured_is_read_nowhere(format, audience):
    result, bare = example(), example()
    for place in range(12):
        for threat in ("presence", "singling_out"):
            result["points"][place]["risks"][threat] = {
                **absent("rows", "not_measured", "it was not run"),
                **{"value": 0.7713, "low": 0.7609, "high": 0.7817, "success_members": 0.8, "success_controls": 0.1},
                **{"detectable": 0.01, "attack": "presence: nearest 1", "vulnerable": apart(0.2)},
            }
            bare["points"][place]["risks"][threat] = absent("rows", "not_measured", "it was not run")
    for one in (result, bare):
        one["study"]["threat"] = "presence"
    assert read(result, format, audience) == read(bare, format, audience)
