import csv
import io
import json

import pytest

from core.report import render
from core.report.csv_table import guarded
from tests.report.hostile_result import hostile
from tests.result_example import example


@pytest.mark.parametrize("start", [*"=+-@＝＋－＠", "\t", "\r", " =", "\x00="])
def test_no_cell_begins_a_formula(start):
    assert guarded(f"{start}1+1").startswith("'")
    assert guarded("plain") == "plain"


def cells(result, audience="team"):
    return list(csv.DictReader(io.StringIO(render(result, "csv", audience).decode(), newline="")))


def test_every_hostile_cell_is_guarded_and_every_row_stays_one_row():
    rows = cells(hostile())
    assert len(rows) == len(example()["points"])
    for row in rows:
        for name, cell in row.items():
            assert name[:1] not in "=+@"
            assert cell[:1] not in ("=", "+", "@", "\t", "\r")
            if cell.startswith("-"):
                float(cell)


def test_numbers_in_the_table_file_are_exact_and_unguarded():
    rows = {row["id"]: row for row in cells(example())}
    assert float(rows["k-anonymity[k=50]"]["membership low"]) == 0.012 - 0.02
    assert float(rows["none"]["accuracy value"]) == 0.851


def test_what_was_not_measured_has_a_status_and_an_empty_cell():
    result = example()
    result["points"][0]["risks"]["presence"]["value"] = 0.0
    rows = {row["id"]: row for row in cells(result)}
    assert (rows["none"]["presence status"], rows["none"]["presence value"]) == ("not_measured", "")
    assert (rows["broken"]["membership status"], rows["broken"]["membership value"]) == ("not_measured", "")
    assert rows["constant"]["reidentification status"] == "not_applicable"


def test_json_is_the_result_without_times():
    expected = example()
    for one in expected["points"]:
        del one["seconds"]
    assert json.loads(render(example(), "json", "team")) == expected
    assert "NaN" not in render({"points": [{"n_train": float("nan")}]}, "json", "team").decode()
