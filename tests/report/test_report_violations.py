import csv
import io

import pytest

from core.charts.verdict import violation_text
from core.report.build import build
from core.report.points import points_table
from core.report.record import record
from tests.report.report_texts import read, tables
from tests.result_example import example
from tests.result_parts import apart, on_rows

AUDIENCES = ("team", "external", "executive")


def off_axis():
    """Return the example with linkability above a proved ceiling, while the chart shows membership."""
    result = example()
    assert result["study"]["threat"] == "membership"
    risk = on_rows("linkability", 0.3)
    result["points"][4]["risks"]["linkability"] = {**risk, "bound": 0.1061, "violation": True}
    return result


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("format", ["html", "md", "pdf"])
def test_a_violation_of_a_risk_that_is_not_on_the_chart_is_read_in_every_format(format, audience):
    text = read(off_axis(), format, audience)
    assert "VIOLATION: measured linkability risk is at least 27.0 of 100" in text
    assert "VIOLATION" not in read(example(), format, audience)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_it_is_an_alert_and_stands_in_the_row_of_its_setting(audience):
    report = build(off_axis(), audience)
    assert [alert[:33] for alert in report.alerts] == ["k-anonymity with k = 10: VIOLATION"[:33]]
    caption = "The 5 best" if audience == "executive" else "Every measured setting"
    (table,) = tables(report, caption)
    assert [row[0] for row in table.rows if "VIOLATION" in row[3]] == ["5"]


def test_the_coverage_table_and_the_record_of_its_setting_have_it():
    report = build(off_axis(), "team")
    (table,) = tables(report, "Every risk of every setting")
    found = [(row[0], head) for row in table.rows for head, cell in zip(table.head, row, strict=True)
             if "VIOLATION" in cell]  # fmt: skip
    assert found == [("5", "Linkability")]
    (mine,) = [section for section in report.sections if section.title.startswith("5. ")]
    assert "VIOLATION" in tables(report, "Guarantee beside measurement")[4].rows[0][1]
    assert "VIOLATION" in mine.blocks[1].rows[0][1]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_table_file_says_it_of_the_setting_and_of_the_risk(audience):
    rows = list(csv.DictReader(io.StringIO(read(off_axis(), "csv", audience), newline="")))
    broken = [(row["violation"], row["linkability violation"], row["membership violation"]) for row in rows]
    assert broken[4] == ("yes", "yes", "no")
    assert [row[0] for row in broken].count("yes") == 1


def test_the_table_of_settings_shows_it_when_another_risk_is_on_the_axis():
    point = off_axis()["points"][4]
    for threat in ("membership", "presence", "reidentification"):
        table = points_table([(1, point)], [], threat, "accuracy", "one")
        assert "VIOLATION: measured linkability" in table.rows[0][3]
        told = str(record(1, point, [], {}, threat))
        assert "VIOLATION: measured linkability" in told


def test_a_violation_among_those_who_stand_out_most_says_so_and_no_false_comparison():
    risk = {"status": "measured", "value": 0.02, "low": 0.0, "high": 0.04, "bound": 0.1061, "violation": True}
    told = violation_text("membership", {**risk, "vulnerable": apart(0.3)})
    assert "for the people who stand out most the measured membership risk is at least 23.0 of 100" in told
    assert "ceiling of 10.7" in told  # rounded up: a ceiling stays one
    assert "at least 0.0 of 100" not in told
    hidden = violation_text("membership", risk)
    assert hidden.startswith("VIOLATION: the measured membership risk of some people is above the proved ceiling")


@pytest.mark.parametrize("count", [3, 4])
def test_the_executive_s_page_counts_the_violations_that_it_does_not_write_out(count):
    result = example()
    for place in range(2, 2 + count):
        result["points"][place]["risks"]["membership"].update(bound=0.001, violation=True, low=0.01)
    alerts = build(result, "executive").alerts
    assert len(alerts) == count
    assert ("1 more like this" in alerts[-1]) == (count > 3)
