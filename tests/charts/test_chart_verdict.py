import pytest

from core.charts.verdict import limit_text, sentence, verdict_of
from tests.result_example import example, point

CEILING = {"name": "Low enough", "risk": "membership", "at_most": 0.05}
FLOOR = {"name": "Good enough", "metric": "accuracy", "at_least": 0.8}


def study(*points, requirements=(FLOOR, CEILING)):
    return {"points": list(points), "requirements": list(requirements)}


def setting(name, accuracy, risk, meets):
    return point(name, "noise_addition", "add noise", accuracy, risk, meets=meets)


@pytest.mark.parametrize(
    ("meets", "state"),
    [
        (("yes", "yes"), "meets"),
        (("yes", "no"), "fails"),
        (("unproven", "no"), "fails"),
        (("yes", "unproven"), "unproven"),
        (("yes", "cannot_settle"), "unproven"),
        (("not_measured", "yes"), "unproven"),
        (("yes", "a word of tomorrow"), "unproven"),
    ],
)
def test_only_a_yes_to_every_limit_meets(meets, state):
    assert verdict_of(setting("s", 0.8, 0.0, meets), [FLOOR, CEILING]).state == state


def test_a_limit_without_a_verdict_is_not_met():
    assert verdict_of({"meets": {"Good enough": "yes"}}, [FLOOR, CEILING]).state == "unproven"
    assert verdict_of({}, [CEILING]).text() == "not measured: Low enough"


def test_the_sentence_counts_settings_and_names_the_one_with_the_lowest_risk():
    assert sentence(example()) == (
        "2 of 10 settings meet both limits; the safest of them is private regression with epsilon = 3. "
        "Another 4 are not proven either way."
    )


def test_anchors_are_not_counted_as_settings_but_no_protection_that_meets_is_told():
    bare = point("none", "none", "anchor", 0.85, 0.01, meets=("yes", "yes"))
    only = setting("noise", 0.82, 0.02, ("yes", "yes"))
    assert sentence(study(bare, only)) == (
        "1 of 1 setting meets both limits; it is noise. No protection meets both limits too."
    )


def test_when_none_meets_the_closest_is_named_with_what_it_misses():
    far, near = setting("far", 0.6, 0.2, ("no", "no")), setting("near", 0.79, 0.02, ("no", "yes"))
    assert sentence(study(far, near)) == (
        "None of 2 settings meets both limits; the closest is near, which misses Good enough by 1.0 points."
    )


def test_an_unmeasured_risk_is_never_the_closest_nor_the_lowest():
    blind = setting("blind", 0.9, 0.0, ("yes", "not_measured"))
    blind["risks"]["membership"] = {"status": "not_measured", "value": 0.0}
    seen = setting("seen", 0.81, 0.09, ("yes", "no"))
    assert "the closest is seen" in sentence(study(blind, seen))
    assert "that of seen: 9.0 of 100" in sentence(study(blind, seen, requirements=()))
    assert sentence(study(blind, requirements=())).endswith("none has a measured membership risk.")


def test_without_points_or_with_anchors_only_the_sentence_says_so():
    assert sentence({}) == "Nothing has been measured yet."
    assert sentence({"points": [point("none", "none", "anchor", 0.8, 0.1)]}).startswith("Only the two anchors")


def test_a_violation_is_told_in_the_sentence():
    result = example()
    result["points"][7]["risks"]["membership"]["violation"] = True
    assert sentence(result).endswith("1 setting measures above a proved bound: see VIOLATION.")


def test_limits_are_said_in_the_unit_of_what_they_limit():
    assert limit_text({"metric": "roc_auc", "at_least": 0.9}) == "ROC AUC at least 0.900"
    assert limit_text({"risk": "reidentification", "at_most": 0.2}) == "re-identification at most 20.0 of 100"
    assert limit_text({"risk": "membership", "at_most": None}) == "no limit that can be read"
