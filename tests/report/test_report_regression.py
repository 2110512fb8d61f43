import csv
import io
import re

import pytest

from core.report.build import build
from tests.report.report_texts import read, tables
from tests.result_example import example, regression_result

AUDIENCES = ("team", "external", "executive")


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("format", ["html", "md", "pdf"])
def test_an_error_is_said_to_be_better_lower_and_has_its_own_unit(format, audience):
    text = read(regression_result(), format, audience).replace("\\", "")
    assert "Mean absolute error, lower is better" in text
    assert "mean absolute error at most 16000" in text or "mean absolute error at most 16,000" in text
    assert re.search(r"15[ ,]?080 \[14[ ,]?600, 15[ ,]?560\]|15[ ,]?100 \[14[ ,]?600, 15[ ,]?600\]", text)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("format", ["html", "md", "pdf", "csv", "json"])
def test_nothing_of_a_regression_study_speaks_of_accuracy(format, audience):
    text = read(regression_result(), format, audience).lower()
    assert re.findall(r".{30}accuracy.{30}", text) == []


def test_both_metrics_stand_in_the_record_with_difference_and_reference():
    table = tables(build(regression_result(), "team"), "What it is good for")[3]
    rows = {row[0]: row for row in table.rows}
    assert set(rows) == {"R2", "Mean absolute error, lower is better"}
    value, change, people = rows["Mean absolute error, lower is better"][1:]
    assert "(reference 21" in value
    assert "higher than without protection" in change
    assert "lower than without protection" in rows["R2"][2]
    assert people == "1800"


def test_the_worst_group_of_an_error_has_the_largest_one():
    (table,) = tables(build(regression_result(), "team"), "What protection changes")
    assert re.match(r"Female: 22[ ,]?000", table.rows[0][-1])


def test_the_best_settings_of_an_error_have_small_errors():
    result = regression_result()
    result["requirements"], best = [], {}
    for point in result["points"]:
        point["meets"] = {}
        if point["status"] == "measured":
            point["risks"]["membership"].update(value=0.05, low=0.03, high=0.07)
            best[point["name"], str(point["swept"])] = point["utility"]["mae"]["value"]
    (table,) = tables(build(result, "executive"), "The 5 best")
    errors = [float(re.sub(r"[ ,]", "", re.match(r"[\d ,]+", row[2]).group())) for row in table.rows]
    assert errors == sorted(errors)


def test_the_table_file_has_both_metrics_and_the_direction():
    (first, *_) = csv.DictReader(io.StringIO(read(regression_result(), "csv", "team"), newline=""))
    assert (first["mae better"], first["r2 better"]) == ("lower", "higher")
    assert float(first["mae value"]) == 14000
    assert float(first["r2_full"]) == pytest.approx(3 * 0.851 - 2 + 0.01)


def test_an_accuracy_is_not_said_to_be_better_lower():
    assert "lower is better" not in read(example(), "md", "team")
