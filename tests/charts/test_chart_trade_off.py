import dataclasses
import json
import math

import numpy as np
import pytest

from core.charts import CHARTS
from core.charts.marks import Absent, Extent, Line, Region
from core.charts.standing import FEWER_RUNS
from core.charts.trade_off import TradeOff
from core.tradeoff.frontier import frontier
from tests.result_example import example, point, unmeasured


def marks(info):
    return {mark.id: mark for mark in info.marks}


def test_the_registry_holds_the_chart_under_its_key():
    assert CHARTS["trade_off"] is TradeOff


def test_a_point_is_placed_out_of_100_and_never_clipped():
    below = point("n", "noise_addition", "add noise", 0.81, -0.012)
    mark = TradeOff.info({"points": [below]}).marks[0]
    assert mark.x == Extent(value=-1.2, low=-3.2, high=0.8)
    assert mark.y == Extent(value=81.0, low=80.2, high=81.8)
    assert (mark.number, mark.family, mark.state, mark.anchor) == (1, "add noise", "plain", None)


def test_axes_name_their_unit_and_the_better_direction():
    info = TradeOff.info(example())
    assert "extra people out of 100" in info.x_title
    assert "lower\u00a0is\u00a0better" in info.x_title
    assert "out of 100" in info.y_title
    assert "higher\u00a0is\u00a0better" in info.y_title
    assert "extra people" not in TradeOff.info(example(), threat="reidentification").x_title


def test_marker_states_follow_the_verdicts_on_every_limit():
    states = {mark.id: mark.state for mark in TradeOff.info(example()).marks}
    assert states["k-anonymity[k=10]"] == "meets"
    assert states["k-anonymity[k=5]"] == states["k-anonymity[k=50]"] == "unproven"
    assert states["k-anonymity[k=2]"] == states["none"] == "fails"


def test_a_limit_on_another_axis_still_hollows_the_marker_and_is_announced():
    result = example()
    result["requirements"].append({"name": "Rows", "risk": "reidentification", "at_most": 0.2})
    info = TradeOff.info(result)
    assert marks(info)["k-anonymity[k=10]"].state == "unproven"
    assert "(1 more limit is not on these axes)" in info.region.label


def test_the_region_is_where_the_tightest_limits_of_these_axes_hold():
    result = example()
    result["requirements"].append({"name": "Tighter", "risk": "membership", "at_most": 0.03})
    region = TradeOff.info(result).region
    assert (region.x_low, region.x_high, region.y_low, region.y_high) == (None, 3.0, 80.0, None)
    assert region.corners((-4.0, 20.0), (70.0, 90.0)) == (-4.0, 3.0, 80.0, 90.0)
    assert TradeOff.info(result, threat="reidentification").region.x_high is None
    assert TradeOff.info({"points": []}).region is None


def test_limits_that_exclude_each_other_have_no_region_to_tint():
    region = Region(x_low=5.0, x_high=2.0, y_low=None, y_high=None, label="")
    assert region.corners((0.0, 20.0), (0.0, 1.0)) is None


def test_the_frontier_of_the_study_is_the_engine_s_and_other_axes_have_their_own():
    result = example()
    assert {m.id for m in TradeOff.info(result).marks if m.frontier} == set(result["frontier"])
    drawn = [
        (p["id"], p["utility"]["roc_auc"]["value"], p["risks"]["reidentification"]["value"])
        for p in result["points"]
        if p["status"] == "measured" and p["risks"]["reidentification"]["status"] == "measured"
    ]
    other = TradeOff.info(result, threat="reidentification", metric="roc_auc")
    assert {m.id for m in other.marks if m.frontier} == set(frontier(drawn))


def test_the_example_s_frontier_is_what_the_engine_would_compute():
    result = example()
    drawn = [
        (p["id"], p["utility"]["accuracy"]["value"], p["risks"]["membership"]["value"])
        for p in result["points"]
        if p["status"] == "measured"
    ]
    assert set(frontier(drawn)) == set(result["frontier"])


def test_a_partial_result_without_a_frontier_gets_one():
    result = example()
    expected = TradeOff.info(result).frontier
    del result["frontier"]
    assert TradeOff.info(result).frontier == expected


def test_anchors_are_lines_even_when_the_threat_does_not_arise_for_them():
    assert TradeOff.info(example()).lines == (
        Line(axis="y", at=85.1, label="no protection"),
        Line(axis="x", at=16.4, label="no protection"),
        Line(axis="y", at=75.2, label="knows nothing"),
    )
    assert Line(axis="y", at=75.2, label="knows nothing") in TradeOff.info(example(), threat="reidentification").lines


def test_points_without_the_threat_are_listed_with_their_reason_and_not_drawn():
    info = TradeOff.info(example(), threat="reidentification")
    listed = {entry.id: entry.reason for entry in info.off_axis}
    assert listed["constant"] == "Re-identification: does not arise: no rows leave the room under this recipe"
    assert set(listed).isdisjoint(marks(info))
    everywhere = TradeOff.info(example(), threat="presence")
    assert everywhere.marks == ()
    assert len(everywhere.off_axis) == 12


def test_a_number_under_another_status_is_not_drawn():
    result = example()
    result["points"][4]["risks"]["membership"].update(status="undefined", value=0.0)
    info = TradeOff.info(result)
    assert "k-anonymity[k=10]" not in marks(info)
    assert info.off_axis[0].reason == "Membership: no number"


def test_skipped_failed_and_waiting_settings_are_listed():
    result = example()
    result["points"].append(unmeasured("later", "waiting", None))
    info = TradeOff.info(result)
    assert info.skipped == (
        Absent(
            id="k-anonymity[k=5000]",
            label="k-anonymity[k=5000]",
            reason="k = 5000 cannot be reached: a half has about 3600 people",
        ),
    )
    assert [entry.id for entry in info.failed] == ["broken"]
    assert [(entry.id, entry.reason) for entry in info.waiting] == [("later", "not measured yet")]


@pytest.mark.parametrize("broken", [None, float("nan"), float("inf"), "0.8"])
def test_values_that_are_no_numbers_are_listed_and_not_drawn(broken):
    one = point("n", "noise_addition", "add noise", 0.8, 0.1)
    one["utility"]["accuracy"]["value"] = broken
    info = TradeOff.info({"points": [one]})
    assert info.marks == ()
    assert info.off_axis[0].reason.startswith("Accuracy: not measured")


def test_half_an_interval_is_no_interval():
    one = point("n", "noise_addition", "add noise", 0.8, 0.1)
    one["risks"]["membership"]["low"] = None
    one["utility"]["accuracy"]["high"] = float("nan")
    mark = TradeOff.info({"points": [one]}).marks[0]
    assert mark.x == Extent(value=10.0)
    assert mark.y == Extent(value=80.0)
    assert any("no interval yet" in line for line in mark.hover)


def test_settings_of_one_recipe_are_joined_in_the_order_of_strength():
    points = [point("n", "noise_addition", "add noise", 0.8, 0.01 * k, swept={"k": k}) for k in (10, 2, 5)]
    assert TradeOff.info({"points": points}).joins == (("n[k=2]", "n[k=5]", "n[k=10]"),)


def test_two_swept_parameters_give_a_line_for_each_value_of_the_smaller_sweep():
    points = [
        point("n", "noise_addition", "add noise", 0.8, 0.01 * k, swept={"k": k, "l": diversity})
        for diversity in (1, 2)
        for k in (3, 2, 9)
    ]
    assert TradeOff.info({"points": points}).joins == (
        ("n[k=2,l=1]", "n[k=3,l=1]", "n[k=9,l=1]"),
        ("n[k=2,l=2]", "n[k=3,l=2]", "n[k=9,l=2]"),
    )


def test_axes_hold_still_or_grow_while_a_sweep_fills_in():
    whole = example()
    previous = None
    for shown in range(1, len(whole["points"]) + 1):
        info = TradeOff.info({**whole, "points": whole["points"][:shown]}, previous=previous)
        if previous is not None:
            assert info.x_range[0] <= previous.x_range[0]
            assert info.x_range[1] >= previous.x_range[1]
            assert info.y_range[0] <= previous.y_range[0]
            assert info.y_range[1] >= previous.y_range[1]
        previous = info
    fresh = TradeOff.info(whole, metric="roc_auc", previous=previous)
    assert fresh.y_range[1] <= 1.1


def test_the_empty_chart_does_not_pin_the_axes():
    empty = TradeOff.info({"points": []})
    assert TradeOff.info(example(), previous=empty).y_range == TradeOff.info(example()).y_range


def test_all_values_and_limits_are_inside_the_axes():
    places = np.random.default_rng(3).uniform((0, -0.3), (1, 1), (200, 2)).tolist()
    points = [point(f"p{i}", "noise_addition", "add noise", y, x) for i, (y, x) in enumerate(places)]
    info = TradeOff.info({"points": points})
    assert len(info.marks) == 200
    for mark in info.marks:
        assert info.x_range[0] < mark.x.value < info.x_range[1]
        assert info.y_range[0] < mark.y.value < info.y_range[1]


def test_selection_bound_and_violation_reach_the_mark_and_the_words():
    result = example()
    result["points"][7]["risks"]["membership"].update(value=0.12, low=0.1, high=0.14, violation=True)
    info = TradeOff.info(result, selected="private regression[epsilon=0.3]")
    mark = marks(info)["private regression[epsilon=0.3]"]
    assert (mark.selected, mark.violation, mark.bound) == (True, "above its proved ceiling", 8.3)
    assert info.violations[0].startswith("private regression with epsilon = 0.3: VIOLATION")
    assert any("VIOLATION" in line and "8.3 of 100" in line for line in mark.hover)
    assert sum(m.selected for m in info.marks) == 1


def test_a_missing_bound_is_none_and_not_zero():
    assert marks(TradeOff.info(example()))["none"].bound is None


def test_the_text_for_people_who_do_not_see_the_chart_says_what_it_shows():
    info = TradeOff.info(example())
    assert info.alt.startswith("Chart of accuracy against membership risk with 12 points (2 filled")
    assert info.sentence in info.alt


def test_infos_are_frozen_plain_and_equal_for_equal_results():
    info = TradeOff.info(example())
    assert info == TradeOff.info(json.loads(json.dumps(example())))
    with pytest.raises(dataclasses.FrozenInstanceError):
        info.threat = "presence"
    assert all(math.isfinite(v) for v in (*info.x_range, *info.y_range))


@pytest.mark.parametrize("result", [{}, {"points": None}, {"points": [None, 3, {}]}, {"requirements": [None, {}]}])
def test_results_with_holes_make_a_chart(result):
    assert TradeOff.info(result).marks == ()


def three(runs=(8, 8, 8)):
    """Return a result with a best setting, one that is not clearly beaten, and a clearly beaten one."""
    points = [
        point("good", "drop_columns", "hide", 0.85, 0.02),
        point("close", "noise_addition", "add noise", 0.845, 0.03),
        point("poor", "mondrian_k_anonymity", "coarsen", 0.7, 0.3, swept={"k": 5}),
    ]
    for one, count in zip(points, runs, strict=True):
        one["replicates"] = count
    return {"points": points}


def test_every_point_says_where_it_stands_against_the_others():
    found = marks(TradeOff.info(three()))
    assert {name: (m.standing, m.beaten_by, m.frontier) for name, m in found.items()} == {
        "good": ("best", "", True),
        "close": ("tie", "", False),
        "poor[k=5]": ("beaten", "good", False),
    }
    for name, words in (
        ("good", "Best measured: no other setting beats it in accuracy and risk at once."),
        ("close", "≈ Not clearly beaten"),
        ("poor[k=5]", "Clearly beaten by good: better accuracy and lower risk"),
    ):
        (line,) = [line for line in found[name].hover if line == found[name].against]
        assert line.startswith(words)


def test_the_sentence_under_the_chart_counts_them_and_says_how_often_it_errs():
    info = TradeOff.info(three())
    assert info.standing.startswith("≈ marks 1 setting that is not clearly beaten")
    assert "1 is clearly beaten by another" in info.standing
    assert "at most 5 times in 100" in info.standing
    assert "1 best measured, 1 not clearly beaten and 1 clearly beaten" in info.alt
    assert TradeOff.info({"points": three()["points"][:1]}).standing == ""
    assert "No setting is clearly beaten" in TradeOff.info({"points": three()["points"][:2]}).standing


def test_what_the_result_says_of_the_study_s_axes_goes_before_what_the_intervals_say():
    result = {**three(), "frontier": ["good"], "frontier_ties": ["poor[k=5]"], "frontier_beaten": {"close": "good"}}
    assert {i: m.standing for i, m in marks(TradeOff.info(result)).items()} == {
        "good": "best",
        "close": "beaten",
        "poor[k=5]": "tie",
    }
    other = TradeOff.info(result, metric="roc_auc")
    assert {i: m.standing for i, m in marks(other).items()}["poor[k=5]"] == "beaten"
    strange = {**result, "frontier_beaten": {"close": "gone", "good": "close"}}
    assert {i: m.standing for i, m in marks(TradeOff.info(strange)).items()}["close"] == "tie"
    assert marks(TradeOff.info(strange))["good"].standing == "best"


def test_different_numbers_of_runs_are_told_with_what_they_do_to_a_membership_risk():
    assert TradeOff.info(three()).runs == ""
    told = TradeOff.info(three((32, 32, 8))).runs
    assert "32: good and close; 8: poor with k = 5." in told
    assert FEWER_RUNS in told
    assert FEWER_RUNS not in TradeOff.info(three((32, 32, 8)), threat="linkability").runs
    assert TradeOff.info(three((32, 32, 8)), threat="reidentification").runs == ""


def test_many_settings_with_one_number_of_runs_are_counted():
    points = [point(f"p{i}", "drop_columns", "hide", 0.8, 0.1) for i in range(9)]
    points[0]["replicates"] = 2
    assert "8: p1, p2, p3 and 5 more; 2: p0." in TradeOff.info({"points": points}).runs


def test_a_lower_risk_that_had_fewer_runs_does_not_beat_on_the_chart():
    assert marks(TradeOff.info(three((8, 8, 32))))["poor[k=5]"].standing == "tie"
    assert marks(TradeOff.info(three((32, 8, 8))))["poor[k=5]"].standing == "beaten"


def test_ties_have_a_sign_on_the_chart_and_the_legend_explains_it():
    drawn = TradeOff.figure(TradeOff.info(three()))
    (signs,) = [trace for trace in drawn.data if trace.uid.startswith("ties")]
    assert [row[0] for row in signs.customdata] == ["close"]
    assert signs.text[0].strip() == "≈"
    (line,) = [trace for trace in drawn.data if trace.uid == "frontier"]
    assert line.name == "best measured (≈ perhaps)"
    alone = TradeOff.figure(TradeOff.info({"points": three()["points"][:1]}))
    assert not [trace for trace in alone.data if trace.uid.startswith("ties")]
    assert [trace.name for trace in alone.data if trace.uid == "frontier"] == ["best measured"]
