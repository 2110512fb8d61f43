import copy
import json

import pytest

from core.errors import UserError
from core.report import FORMATS, render
from core.report.audience import FEWER, for_audience, small
from tests.result_example import example, point

OUTSIDE = ("external", "executive")


def with_names():
    result = example()
    drop = point("drop SSN_NO", "drop_columns", "hide", 0.84, 0.1, swept={"columns": ["ssn_no", "fullname"]})
    drop["id"] = "drop SSN_NO[columns=ssn_no+fullname]"
    result["points"].append(drop)
    result["points"][2]["guarantee"]["assumptions"] = ["Direct identifiers (ssn_no, fullname) are dropped."]
    result["points"][-3]["reason"] = "the table still has ssn_no"
    result["study"]["knows"] = ["age", "fullname"]
    result["requirements"][0].update(name="No ssn_no", reason="Because of Fullname.")
    for one in result["points"]:
        one["meets"]["No ssn_no"] = one["meets"].pop("Good enough", "not_measured")
    return result


def everything(result, audience):
    texts = [render(result, format, audience).decode() for format in FORMATS if format != "pdf"]
    return " ".join(texts).lower()


@pytest.mark.parametrize("audience", OUTSIDE)
def test_no_list_of_columns_leaves_the_team_even_when_identifiers_are_not_listed(audience):
    result = with_names()
    # What people wrote themselves is theirs while nobody says which words are identifiers.
    result["requirements"][0].update(name="Floor", reason="")
    for one in result["points"]:
        one["meets"]["Floor"] = one["meets"].pop("No ssn_no")
        one["name"] = one["name"].replace(" SSN_NO", "")
    text = everything(result, audience)
    assert "ssn_no" not in text
    assert "fullname" not in text


@pytest.mark.parametrize("audience", OUTSIDE)
def test_listed_identifiers_are_removed_from_every_text(audience):
    result = with_names()
    result["table"]["direct_identifiers"] = ["ssn_no", "fullname"]
    text = everything(result, audience)
    assert "ssn_no" not in text
    assert "fullname" not in text
    assert "[direct identifier]" in text


def test_the_team_sees_the_names():
    assert "ssn_no" in everything(with_names(), "team")


@pytest.mark.parametrize("audience", OUTSIDE)
def test_renaming_keeps_every_point_verdict_and_the_frontier(audience):
    result = with_names()
    result["table"]["direct_identifiers"] = ["ssn_no", "fullname"]
    result["points"].append({**copy.deepcopy(result["points"][-1]), "name": "drop fullname", "id": "other"})
    seen = for_audience(result, audience)
    ids = [one["id"] for one in seen["points"]]
    assert len(set(ids)) == len(result["points"])
    assert len(seen["frontier"]) == len(result["frontier"])
    assert set(seen["frontier"]) <= set(ids)
    assert len(seen["frontier_ties"]) == len(result["frontier_ties"]) == 2
    assert set(seen["frontier_ties"]) <= set(ids) - set(seen["frontier"])
    names = {requirement["name"] for requirement in seen["requirements"]}
    for before, after in zip(result["points"], seen["points"], strict=True):
        assert set(after["meets"]) == names
        assert sorted(after["meets"].values()) == sorted(before["meets"].values())


def test_two_limits_that_read_alike_after_removal_keep_their_own_verdicts():
    result = {
        "table": {"direct_identifiers": ["ann", "bob"]},
        "requirements": [{"name": "for ann", "metric": "accuracy"}, {"name": "for bob", "metric": "accuracy"}],
        "points": [{"id": "p", "name": "p", "status": "measured", "meets": {"for ann": "yes", "for bob": "no"}}],
    }
    assert list(for_audience(result, "external")["points"][0]["meets"].values()) == ["yes", "no"]


@pytest.mark.parametrize(("count", "told"), [(0, 0), (1, FEWER), (4.9, FEWER), (5, 5), (None, None), ("x", "x")])
def test_small_counts_are_told_as_small(count, told):
    assert small(count) == told


def test_what_would_give_a_small_count_away_is_left_out_or_rounded():
    result = example()
    result["points"][2].update(rows_suppressed=2.0, rows_released=3598.5, n_train=3598.5)
    risk = result["points"][2]["risks"]["reidentification"]
    risk.update(prosecutor_max=1.0, k=1, share_below={"5": 3 / 3600, "10": 0.5})
    seen = for_audience(result, "external")["points"][2]
    assert (seen["rows_suppressed"], seen["rows_released"], seen["n_train"]) == (FEWER, None, 3600)
    found = seen["risks"]["reidentification"]
    assert (found["prosecutor_max"], found["k"]) == ("more than 1 in 5", FEWER)
    assert found["share_below"] == {"5": f"{FEWER} people", "10": 0.5}
    assert for_audience(result, "external")["table"]["twins"] == FEWER


def test_unknown_fields_stay_inside():
    result = example()
    result["rows_of_people"] = result["table"]["cells"] = result["points"][0]["trace"] = "CANARY"
    result["points"][0]["risks"]["membership"]["per_person"] = ["CANARY"]
    result["points"][0]["guarantee"]["notes"] = "CANARY"
    assert "CANARY" not in json.dumps(for_audience(result, "external"))


def test_the_fingerprint_and_failed_reasons_are_for_the_team():
    text = everything(example(), "external")
    assert "9f2c" not in text
    assert "a class has 1 person" not in text
    assert "9f2c" in everything(example(), "team")


@pytest.mark.parametrize("audience", ["team", *OUTSIDE])
def test_filtering_changes_no_number_of_a_risk(audience):
    for before, after in zip(example()["points"], for_audience(example(), audience)["points"], strict=True):
        for threat, risk in before["risks"].items():
            for name in ("status", "value", "low", "high", "bound", "violation", "detectable"):
                assert after["risks"][threat].get(name) == risk.get(name)


def test_filtering_leaves_the_result_as_it_was():
    result = with_names()
    before = copy.deepcopy(result)
    for audience in ("team", *OUTSIDE):
        for_audience(result, audience)
    assert result == before


def test_another_audience_is_refused():
    with pytest.raises(UserError, match="audience is one of team, external, executive"):
        for_audience({}, "press")
