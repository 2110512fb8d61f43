import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.charts import CHARTS
from core.charts.palette import GROUNDS, LOOKS
from core.charts.trade_off import TradeOff
from tests.result_example import example, point

ROOT = Path(__file__).parents[2]
HOSTILE = '<b>x</b><script>alert(1)</script> <a href="http://evil.example">y</a> & "z"'


def figure(info, dark=False):
    return json.loads(TradeOff.figure(info, dark).to_json(remove_uids=False))


def traces(drawn, uid):
    return [trace for trace in drawn["data"] if trace.get("uid", "").startswith(uid)]


@pytest.mark.parametrize("chart", CHARTS.values())
@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_draws_its_examples_as_json(chart, dark):
    assert len(chart.examples()) >= 2
    for info in chart.examples():
        json.loads(chart.figure(info, dark).to_json())


def test_importing_the_charts_does_not_load_plotly():
    code = "import core.charts, sys; sys.exit(any(m.startswith('plotly') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_every_marker_of_a_setting_carries_its_id():
    info = TradeOff.info(example(), selected="synthetic rows")
    drawn = figure(info)
    seen = []
    for trace in drawn["data"]:
        if trace["mode"] == "markers" and trace["x"] != [None]:
            assert len(trace["customdata"]) == len(trace["x"])
            if trace["uid"].startswith("family"):
                seen += [row[0] for row in trace["customdata"]]
    assert sorted(seen) == sorted(mark.id for mark in info.marks)


def test_filled_hollow_and_crossed_differ_without_colour():
    drawn = figure(TradeOff.info(example()))
    (coarsen,) = traces(drawn, "family coarsen")
    fills = dict(zip((row[0] for row in coarsen["customdata"]), coarsen["marker"]["color"], strict=True))
    assert fills["k-anonymity[k=10]"] == LOOKS["coarsen"].light
    assert fills["k-anonymity[k=5]"] == fills["k-anonymity[k=2]"] == GROUNDS[False].paper
    crossed = [row[0] for row in traces(drawn, "crosses")[0]["customdata"]]
    assert "k-anonymity[k=2]" in crossed
    assert "k-anonymity[k=5]" not in crossed
    names = [trace.get("name") for trace in drawn["data"]]
    assert {"meets every limit", "not proven", "fails a limit"} <= set(names)


def test_without_limits_markers_are_filled_and_the_key_of_states_is_absent():
    drawn = figure(TradeOff.info({"points": [point("n", "noise_addition", "add noise", 0.8, 0.1)]}))
    assert traces(drawn, "family")[0]["marker"]["color"] == [LOOKS["add noise"].light]
    assert "not proven" not in [trace.get("name") for trace in drawn["data"]]


def test_families_have_a_shape_and_a_colour_of_their_own():
    assert len({look.shape for look in LOOKS.values()}) == len(LOOKS)
    for colours in ({look.light for look in LOOKS.values()}, {look.dark for look in LOOKS.values()}):
        assert len(colours) == len(LOOKS)


def test_the_layout_holds_still_and_names_its_axes():
    info = TradeOff.info(example())
    layout = figure(info)["layout"]
    assert layout["xaxis"]["range"] == list(info.x_range)
    assert layout["xaxis"]["autorange"] is False
    assert "out of 100" in layout["xaxis"]["title"]["text"].replace("<br>", " ")
    assert layout["margin"]["l"] >= 60
    assert layout["margin"]["b"] >= 55
    assert (
        layout["uirevision"]
        == figure(TradeOff.info({**example(), "points": example()["points"][:3]}))["layout"]["uirevision"]
    )
    assert layout["uirevision"] != figure(TradeOff.info(example(), threat="reidentification"))["layout"]["uirevision"]


def test_intervals_are_thin_lines_in_the_colour_of_the_series():
    (coarsen,) = traces(figure(TradeOff.info(example())), "family coarsen")
    assert coarsen["error_x"]["thickness"] == 1
    assert coarsen["error_x"]["width"] == 0
    assert coarsen["error_x"]["color"] == LOOKS["coarsen"].light
    assert coarsen["error_x"]["array"][0] == pytest.approx(2.0)


def test_a_missing_interval_draws_nothing_and_not_a_zero():
    one = point("n", "noise_addition", "add noise", 0.8, 0.1)
    one["risks"]["membership"].update(low=None, high=None)
    assert traces(figure(TradeOff.info({"points": [one]})), "family")[0]["error_x"]["array"] == [None]


def test_the_frontier_is_a_dashed_step_that_reaches_the_right_edge():
    info = TradeOff.info(example())
    (line,) = traces(figure(info), "frontier")
    assert (line["line"]["shape"], line["line"]["dash"]) == ("hv", "dash")
    assert line["x"][-1] == info.x_range[1]


def test_the_selected_point_has_a_ring():
    drawn = figure(TradeOff.info(example(), selected="synthetic rows"))
    (ring,) = traces(drawn, "selected")
    assert (ring["marker"]["size"], ring["marker"]["symbol"], ring["customdata"]) == (
        24,
        "circle-open",
        [["synthetic rows"]],
    )
    assert traces(figure(TradeOff.info(example())), "selected") == []


def test_a_ceiling_off_the_chart_is_an_arrow_at_the_edge():
    info = TradeOff.info(example())
    (bounds,) = traces(figure(info), "bounds")
    at = dict(zip((row[0] for row in bounds["customdata"]), bounds["x"], strict=True))
    assert at["private regression[epsilon=0.3]"] == 8.3
    assert at["private regression[epsilon=3.0]"] < info.x_range[1] < 61.0


def test_text_of_people_is_escaped_wherever_plotly_reads_markup():
    result = example()
    result["points"][3].update(name=HOSTILE, id=HOSTILE, family=HOSTILE)
    result["requirements"][0]["name"] = HOSTILE
    result["points"][3]["risks"]["membership"]["violation"] = True
    text = json.dumps(
        [
            [trace.get("name"), trace.get("hovertext"), trace.get("legendgroup")]
            for trace in figure(TradeOff.info(result))["data"]
        ]
        + [note["text"] for note in figure(TradeOff.info(result))["layout"]["annotations"]]
    )
    assert "<script" not in text
    assert "<a " not in text
    assert "&lt;script&gt;" in text


def test_a_violation_is_written_beside_the_point():
    result = example()
    result["points"][7]["risks"]["membership"]["violation"] = True
    notes = [note["text"] for note in figure(TradeOff.info(result))["layout"]["annotations"]]
    assert any("VIOLATION" in note for note in notes)
    assert not any("VIOLATION" in note["text"] for note in figure(TradeOff.info(example()))["layout"]["annotations"])
