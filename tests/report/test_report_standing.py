"""Every format says which settings are best measured, which are clearly beaten, which are not."""

import csv
import io
import json

import pytest

from core.report import AUDIENCES, render
from core.report.build import build
from core.report.model import Table
from tests.result_example import example

TIED = "noise[scale=0.2]"


def beaten():
    """Return the example with a clearly beaten setting, as the engine tells it."""
    result = example()
    result["frontier_ties"].remove(TIED)
    result["frontier_beaten"] = {TIED: "k-anonymity[k=10]"}
    return result


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("form", ["html", "md"])
def test_the_report_tells_it_with_the_numbers_of_the_chart(audience, form):
    told = " ".join(render(beaten(), form, audience).decode().split())
    assert "1 is clearly beaten by another" in told
    assert "≈ marks 1 setting that is not clearly beaten" in told
    if audience != "executive":
        assert "clearly beaten by 5" in told
        assert "≈ not clearly beaten" in told
        assert "A lower risk from fewer runs beats nobody" in told


def test_the_executive_s_table_has_a_word_after_the_name():
    result = beaten()
    result["frontier"].remove("synthetic rows")
    result["frontier_ties"].append("synthetic rows")
    section = build(result, "executive").sections[0]
    names = [row[1] for block in section.blocks if isinstance(block, Table) for row in block.rows]
    assert "k-anonymity with k = 10 (best measured)" in names
    assert "synthetic rows (≈)" in names


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_json_keeps_it_under_the_names_that_the_audience_reads(audience):
    seen = json.loads(render(beaten(), "json", audience))
    ids = {one["id"] for one in seen["points"]}
    ((loser, winner),) = seen["frontier_beaten"].items()
    assert {loser, winner, *seen["frontier_ties"], *seen["frontier"]} <= ids
    assert len({loser, *seen["frontier_ties"], *seen["frontier"]}) == 12


def test_the_table_file_has_a_column_for_it():
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(render(beaten(), "csv", "team").decode("utf-8-sig")))}
    assert rows[TIED]["against the others"] == "clearly beaten"
    assert rows[TIED]["clearly beaten by"] == "k-anonymity[k=10]"
    assert rows["k-anonymity[k=50]"]["against the others"] == "not clearly beaten"
    assert rows["none"]["against the others"] == "best measured"
    assert rows["broken"]["against the others"] == ""
