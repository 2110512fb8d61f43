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
    crossed = [row[0] for trace in traces(drawn, "crosses") for row in trace["customdata"]]
    assert "k-anonymity[k=2]" in crossed
    assert "k-anonymity[k=5]" not in crossed
    names = [trace.get("name") for trace in drawn["data"]]
    assert {"meets every limit", "not proven", "fails a limit"} <= set(names)


def test_an_entry_of_the_legend_hides_everything_that_is_drawn_of_it_and_nothing_else():
    whole = example()
    picked = next(point["id"] for point in whole["points"] if point["family"] == "coarsen")
    info = TradeOff.info(whole, selected=picked)
    data = figure(info)["data"]
    uids = [trace["uid"] for trace in data]
    assert len(uids) == len(set(uids))
    family_of = {mark.id: mark.family for mark in info.marks}
    for trace in data:
        about = {family_of[row[0]] for row in trace.get("customdata", ())}
        if trace["uid"] != "violations":
            assert about <= set(trace["meta"])
            assert len(about) <= 1
    entries = [trace["meta"][0] for trace in data if trace.get("showlegend") is not False and trace["meta"]]
    assert len(entries) == len(set(entries))
    assert {name for trace in data for name in trace["meta"]} == set(entries)
    assert set(family_of.values()) <= set(entries)


def test_a_violation_stays_in_sight_whatever_family_is_hidden():
    result = example()
    result["points"][7]["risks"]["membership"]["violation"] = True
    data = figure(TradeOff.info(result))["data"]
    (alarm,) = [trace for trace in data if trace["uid"] == "violations"]
    assert alarm["meta"] == ["violation"]


def test_settings_are_joined_within_their_recipe_only():
    info = TradeOff.info(example())
    at = {mark.id: mark.x.value for mark in info.marks}
    runs = []
    for trace in traces(figure(info), "joins"):
        run = []
        for x in trace["x"]:
            if x is not None:
                run.append(x)
            elif run:
                runs.append(run)
                run = []
        assert not run
    assert len(runs) >= 2
    assert sorted(runs) == sorted([at[identifier] for identifier in join] for join in info.joins)


def test_without_limits_markers_are_filled_and_the_key_of_states_is_absent():
    drawn = figure(TradeOff.info({"points": [point("n", "noise_addition", "add noise", 0.8, 0.1)]}))
    assert traces(drawn, "family")[0]["marker"]["color"] == [LOOKS["add noise"].light]
    assert "not proven" not in [trace.get("name") for trace in drawn["data"]]


def test_families_have_a_shape_and_a_colour_of_their_own():
    assert len({look.shape for look in LOOKS.values()}) == len(LOOKS)
    for colours in ({look.light for look in LOOKS.values()}, {look.dark for look in LOOKS.values()}):
        assert len(colours) == len(LOOKS)


def luminance(colour):
    """Return the relative luminance of WCAG 2.2 of a colour like #12ab34."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("dark", [False, True])
def test_every_family_stands_out_from_its_ground_by_three_to_one(dark):
    paper = luminance(GROUNDS[dark].paper)
    for look in LOOKS.values():
        low, high = sorted((paper, luminance(look.colour(dark))))
        assert (high + 0.05) / (low + 0.05) >= 3


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
