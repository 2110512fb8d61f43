import pytest

from core.charts.axes import axis_range, ticks
from core.charts.words import label_of, number, of_100, plain, risk_text, utility_text


@pytest.mark.parametrize("status", ["not_measured", "not_applicable", "undefined", None, "something new"])
def test_a_risk_without_a_measurement_never_reads_like_a_number(status):
    text = risk_text({"status": status, "value": 0.0, "low": 0.0, "high": 0.0})
    assert not any(character.isdigit() for character in text)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), True, "0", [0]])
def test_what_is_no_finite_number_is_missing_and_not_zero(value):
    assert number(value) is None
    assert risk_text({"status": "measured", "value": value}) == "no number"


def test_a_measured_zero_and_a_negative_advantage_are_shown_as_measured():
    assert risk_text({"status": "measured", "value": -0.012, "low": -0.03, "high": 0.006}) == "-1.2 of 100 [-3.0, 0.6]"
    assert of_100(-0.0001) == "0.0 of 100"


def test_one_replicate_has_a_value_and_says_that_it_has_no_interval():
    assert risk_text({"status": "measured", "value": 0.034, "low": None}) == "3.4 of 100 (no interval yet)"
    assert utility_text("roc_auc", {"value": 0.9}) == "0.900 (no interval yet)"


def test_an_unknown_metric_keeps_its_name_and_its_raw_number():
    assert utility_text("f1_score", {"value": 0.5, "low": 0.4, "high": 0.6}) == "0.500 [0.400, 0.600]"


def test_text_of_people_loses_controls_and_direction_marks_and_keeps_scripts():
    assert plain("a\x00b\r\n\u202ec\ud800") == "a b c"
    assert plain("نمی\u200cدانم 名前 🙂") == "نمی\u200cدانم 名前 🙂"


def test_a_setting_is_called_by_its_recipe_and_what_was_swept():
    assert label_of({"id": "n[epsilon=0.5]", "name": "n", "swept": {"epsilon": 0.5}}) == "n with epsilon = 0.5"
    assert label_of({"id": "n[k=2,l=3]", "name": "n"}) == "n with k = 2, l = 3"
    assert label_of({"id": "none", "name": "none", "recipe": [{"technique": "none"}]}) == "no protection"
    assert label_of({"id": "as is", "name": "as is", "recipe": [{"technique": "none"}]}) == "as is"


def test_one_wide_interval_does_not_flatten_the_points():
    low, high = axis_range([80.0, 85.0], [(40.0, 120.0)], natural=(0.0, 100.0), least=8.0, empty=(50.0, 100.0))
    assert low > 70
    assert high < 95


def test_ranges_hold_every_value_and_only_grow():
    first = axis_range([1.0, 3.0], [], natural=None, least=8.0, empty=(0.0, 20.0))
    second = axis_range([1.0, 30.0], [], natural=None, least=8.0, empty=(0.0, 20.0), previous=first)
    third = axis_range([2.0], [], natural=None, least=8.0, empty=(0.0, 20.0), previous=second)
    assert second[0] <= first[0] <= 1.0
    assert second[1] >= 30.0
    assert third == second


def test_equal_values_and_tiny_spans_still_give_a_range_with_ticks():
    within = axis_range([0.5, 0.5], [], natural=(0.0, 1.0), least=0.08, empty=(0.5, 1.0))
    assert within[0] < 0.5 < within[1]
    assert len(ticks(within)) >= 3
