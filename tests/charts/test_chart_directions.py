"""Up is better on every chart, also where a smaller number is; differences and violations can be read off."""

import copy
import json
import re

import pytest

from core.charts.svg import svg
from core.charts.trade_off import TradeOff
from core.charts.verdict import ranked, sentence
from core.charts.words import change_text, known_of, risk_sentence, utility_text
from tests.result_example import example, point


def regression(errors=(40.0, 52.0, 60.0), risks=(0.2, 0.1, 0.05), scale=1.0):
    points = []
    for place, (error, risk) in enumerate(zip(errors, risks, strict=True)):
        one = point(f"p{place}", "noise_addition", "add noise", 0.8, risk)
        found = {"value": error * scale, "low": error * scale * 0.95, "high": error * scale * 1.05, "n": 200}
        one["utility"] = {"mae": {**found, "reference": 80.0 * scale, "better": "lower"}}
        one["meets"] = {"near": "yes" if error < 55 else "no"}
        points.append(one)
    return {
        "points": points,
        "study": {"metric": "mae", "threat": "membership"},
        "requirements": [{"name": "near", "metric": "mae", "at_most": 55.0 * scale}],
    }


def test_an_error_is_drawn_upside_down_and_the_axis_says_so():
    info = TradeOff.info(regression())
    assert info.y_better == "lower"
    assert "lower\u00a0is\u00a0better" in info.y_title
    low, high = json.loads(TradeOff.figure(info).to_json())["layout"]["yaxis"]["range"]
    assert (high, low) == info.y_range
    assert low > high
    upright = json.loads(TradeOff.figure(TradeOff.info(example())).to_json())["layout"]["yaxis"]["range"]
    assert upright[0] < upright[1]


def height(drawing, label):
    """Return how far down an axis label stands."""
    return float(re.search(rf'y="([\d.]+)"[^>]*>{label}<', drawing).group(1))


def test_the_printed_chart_is_upside_down_as_well_and_tints_where_the_limit_is_kept():
    info = TradeOff.info(regression())
    drawing = svg(info)
    assert height(drawing, "45") < height(drawing, "60")
    assert info.region.y_high == 55.0
    box = re.search(r'y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="#[0-9A-F]{6}" fill-opacity', drawing)
    y, width, tall = map(float, box.groups())
    assert tall > 0
    assert width > 0
    assert y == pytest.approx(40.0)  # from the top, where the errors are small


def test_the_frontier_of_an_error_holds_the_settings_with_small_errors():
    result = regression(errors=(40.0, 52.0, 60.0), risks=(0.2, 0.1, 0.15))
    assert {m.id for m in TradeOff.info(result).marks if m.frontier} == {"p0", "p1"}


def test_of_two_settings_with_one_risk_the_smaller_error_comes_first():
    result = regression(errors=(40.0, 30.0), risks=(0.1, 0.1))
    assert [p["id"] for p in ranked(result["points"], "membership", "mae")] == ["p1", "p0"]
    assert "mean absolute error at most 55.0" in TradeOff.info(result).region.label


def test_small_and_large_errors_are_shown_with_digits_that_say_something():
    assert utility_text("mae", {"value": 0.000412, "low": 0.0004, "high": 0.00043}) == "0.000412 [0.000400, 0.000430]"
    assert utility_text("mae", {"value": 52345.678, "low": 51000.0, "high": 53000.0}) == "52346 [51000, 53000]"
    for scale in (1e-11, 1.0, 1e9):
        info = TradeOff.info(regression(scale=scale))
        assert info.y_range[0] < min(m.y.value for m in info.marks) <= max(m.y.value for m in info.marks)
        assert max(m.y.value for m in info.marks) < info.y_range[1]
        assert svg(info).startswith("<svg")


def test_errors_that_are_all_zero_still_have_an_axis():
    info = TradeOff.info(regression(errors=(0.0, 0.0), risks=(0.1, 0.2)))
    assert info.y_range[0] < info.y_range[1]


def test_a_mark_holds_its_differences_to_no_protection_and_says_them():
    result = example()
    chosen = result["points"][4]
    chosen["risks"]["membership"]["difference"] = {"value": -0.143, "low": -0.16, "high": -0.126, "replicates": 8}
    chosen["utility"]["accuracy"]["difference"] = {"value": -0.018, "low": -0.03, "high": 0.001, "replicates": 8}
    mark = next(m for m in TradeOff.info(result).marks if m.id == chosen["id"])
    assert (mark.x_change.value, mark.x_change.low, mark.x_change.high) == (-14.3, -16.0, -12.6)
    assert mark.y_change.value == -1.8
    told = "\n".join(mark.hover)
    assert "Membership: 14.3 of 100 fewer than without protection (12.6 to 16.0)." in told
    assert "Accuracy: 1.8 points lower than without protection (3.0 lower to 0.1 higher: not told apart" in told
    assert next(m for m in TradeOff.info(result).marks if m.id == "none").x_change is None


def test_a_difference_too_small_to_count_is_not_said_to_be_a_number():
    assert change_text({"value": 0.0001, "low": -0.01, "high": 0.01}, 1000, 0).startswith("about the same as")
    assert change_text({"value": None}, 1000, 0) == ""
    assert change_text({"value": 0.01}, 1000, 0) == "10 more than without protection (no interval yet)"


def test_a_violation_has_a_frame_of_its_own_shape_and_words_also_on_another_risk():
    result = example()
    private = result["points"][7]
    private["risks"]["membership"] |= {"low": 0.1, "violation": True}
    figure = json.loads(TradeOff.figure(TradeOff.info(result)).to_json(remove_uids=False))
    frame = next(t for t in figure["data"] if t.get("uid") == "violations")
    assert frame["marker"]["symbol"] not in {
        t["marker"]["symbol"] for t in figure["data"] if t.get("uid") == "selected"
    }
    assert frame["customdata"] == [[private["id"]]]
    assert any("VIOLATION: above its proved ceiling" in note["text"] for note in figure["layout"]["annotations"])
    other = copy.deepcopy(example())
    hidden = other["points"][2]
    hidden["risks"]["presence"] = {"status": "measured", "value": 0.2, "low": 0.1, "bound": 0.05, "violation": True}
    info = TradeOff.info(other)
    mark = next(m for m in info.marks if m.id == hidden["id"])
    assert mark.violation == "presence risk above its proved ceiling"
    assert f"VIOLATION: {mark.number} has presence risk above its proved ceiling" in svg(info)
    assert len(info.violations) == 1
    assert "see VIOLATION" in sentence(other)
    clean = json.loads(TradeOff.figure(TradeOff.info(example())).to_json(remove_uids=False))
    assert not [t for t in clean["data"] if t.get("uid") == "violations"]


def test_the_attacker_s_knowledge_is_named_without_the_secret_and_long_lists_are_counted():
    study = {"knows": [f"c{i}" for i in range(9)], "secrets": ["c0"], "left": ["c1"], "right": ["c2", "c1"]}
    assert known_of(study, "attribute_inference") == ("c1", "c2", "c3", "c4", "c5", "c6", "2 more columns")
    assert known_of(study, "linkability") == ("c1", "c2")
    assert known_of({}, "reidentification") == ("the declared columns",)


def test_counts_in_a_sentence_agree_with_the_reader_s_own_subtraction():
    risk = {"status": "measured", "value": 0.0126, "success_members": 0.5126, "success_controls": 0.5}
    said = risk_sentence("membership", risk)
    assert "513" in said
    assert "500: 13 more" in said
    assert risk_sentence("membership", {**risk, "status": "undefined"}) == ""
