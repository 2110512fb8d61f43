"""The panel of one point: what a privacy officer reads, what a data scientist looks up, what must never look safe."""

from __future__ import annotations

import json
import re

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from core.charts.standing import FEWER_RUNS
from core.charts.trade_off import TradeOff
from pages.components import beside, coverage, null_button, payers, risk_details, sentences
from pages.components.results import bound_cell, rows_of
from tests.pages.rich_point import apart, point, result
from tests.pages.test_pages import start, visit, words
from tests.result_example import example

STUDY = result(point())["study"]


def text(value):
    return value.replace("\\", "")


def panel(whole, identifier, threat):
    """Draw the panel alone, with a hand-made result."""
    from types import SimpleNamespace

    from pages.components import point as panels

    found = next(p for p in whole["points"] if p["id"] == identifier)
    space = SimpleNamespace(
        id="x", revision=0, job=None, schema=None, table=None, profile=(), draft={"study": {}}, notes={}
    )
    panels.show(space, whole, found, threat, whole["requirements"])


def drawn(found, threat="membership"):
    at = AppTest.from_function(panel, default_timeout=20, args=(result(found), found["id"], threat)).run()
    assert not at.exception
    return at


def tables(at):
    return [element.value for element in at.get("table")]


def test_the_risk_is_said_in_counts_of_a_thousand_with_interval_and_difference_to_no_protection():
    said = text(sentences.threat_sentence(point(), "membership", STUDY))
    assert "says so of 556" in said
    assert "of 500: 56 more because their data were used" in said
    assert "the difference is 40 to 72" in said
    assert "12 fewer than without protection (9 to 15)" in said


def test_a_difference_that_holds_zero_is_said_to_be_none():
    found = point()
    found["risks"]["membership"]["difference"] |= {"low": -0.03, "high": 0.006}
    said = text(sentences.threat_sentence(found, "membership", STUDY))
    assert "12 fewer than without protection (30 fewer to 6 more: not told apart from it)" in said


def test_the_sentence_names_what_the_attacker_knows_and_not_the_secret():
    said = text(sentences.threat_sentence(point(), "attribute_inference", STUDY))
    assert "who knows age and town guesses the hidden value" in said
    assert "job" not in said


def test_an_interval_around_zero_says_what_may_have_been_missed_and_never_that_there_is_nothing():
    said = text(sentences.threat_sentence(point(), "attribute_inference", STUDY))
    assert "not told apart from chance; up to 28 of 1,000 could have been missed" in said
    assert "not told apart from chance" not in text(sentences.threat_sentence(point(), "membership", STUDY))


def test_all_counts_of_one_risk_on_the_page_agree():
    found = point()
    found["risks"]["membership"] |= {"value": 0.0128, "success_members": 0.4534, "success_controls": 0.4406}
    found["worst_risk"]["model"]["value"] = 0.0128 + 1e-16
    assert "453; of 1,000" in text(sentences.threat_sentence(found, "membership", STUDY))
    assert "441: 12 more" in text(sentences.threat_sentence(found, "membership", STUDY))
    assert coverage.segments(found)[0].detail.startswith("12 extra of 1,000")
    assert "**12** extra people" in beside.measured_lines(found)[0]
    assert "it is **12**" in sentences.vulnerable_sentence(found["risks"]["membership"], STUDY, 7200)


@pytest.mark.parametrize("status", ["not_measured", "not_applicable", "undefined"])
def test_a_threat_without_a_number_is_told_with_its_reason_and_without_a_digit(status):
    found = point()
    found["risks"]["membership"] = {"status": status, "reason": "nobody tried", "value": 0.0}
    said = sentences.threat_sentence(found, "membership", STUDY)
    assert "nobody tried" in said
    assert not re.search(r"\d", said)


def test_proved_ceilings_are_rounded_up_and_measured_floors_down():
    said = sentences.proved_sentence(point()["guarantee"])
    assert "at most 107 extra people of 1,000" in said
    assert "at 10 false alarms in 1,000 at most 20 hits" in said
    assert sentences.at_most(0.1060001) == "107"
    assert sentences.at_least(0.1069) == "106"
    assert sentences.at_most(1.0) == "1,000"


def test_a_guarantee_nobody_stands_behind_gives_no_ceiling_and_a_huge_epsilon_says_so():
    claimed = {"kind": "claimed", "epsilon": 1.0, "advantage_bound": 0.3, "tpr_at_1pct_bound": 0.1}
    assert "no bound follows" in sentences.proved_sentence(claimed)
    assert "at most" not in sentences.proved_sentence(claimed)
    huge = {**point()["guarantee"], "advantage_bound": 0.97}
    assert "rules nearly nothing out" in sentences.proved_sentence(huge)
    assert "at most 200 times in 1,000" in sentences.proved_sentence({"kind": "k_anonymity", "k": 5})


def test_a_violation_is_an_error_that_names_both_numbers():
    at = drawn(point(violation=True) | {})
    assert at.error
    said = text(at.error[0].value)
    assert "at least 40 extra people of 1,000" in said
    assert "at most 107 were proved" in said
    assert "rely on neither" in said
    assert not drawn(point()).error


def test_a_violation_is_marked_in_the_table_of_points_in_words():
    cells = {row["Setting"]: row["Proof"] for row in rows_of(result(point(violation=True)), "membership", "accuracy")}
    assert cells["private regression[epsilon=0.3]"] == "✕ VIOLATION"
    assert cells["private regression[epsilon=3.0]"] == "kept"
    assert cells["none"] == "no bound"
    # A violation on another risk than the one shown is marked too.
    shown = rows_of(result(point(violation=True)), "presence", "accuracy")
    assert "✕ VIOLATION" in {row["Proof"] for row in shown}
    assert bound_cell(point()) == "kept"


def test_the_table_of_points_has_the_worst_risk_of_each_channel_apart():
    row = next(r for r in rows_of(result(point()), "presence", "accuracy") if "epsilon=0.3" in r["Setting"])
    assert row["On model"] == "+5.6"
    assert row["On rows"] == "+0.3 attribute inference"
    assert row["Risk"] == "not measured"
    assert row["Risk, 95 %"] == ""


def test_guarantee_and_measurement_stand_side_by_side():
    lines = beside.measured_lines(point())
    assert "**56** extra people of 1,000 (40 to 72); membership risk" in lines[0]
    assert "the worst of 4 compared" in lines[1]
    assert "**15** hits (11 to 21)" in lines[2]
    found = point()
    found["risks"]["membership"] |= {"tpr_at_1pct": None}
    assert "not shown" in beside.measured_lines(found)[2]
    assert "not told apart from chance; up to 28 of 1,000 could have been missed" in lines[1]
    found["worst_risk"]["rows"] = {"status": "not_measured", "threat": None, "value": None}
    assert beside.measured_lines(found)[1] == "Worst risk on the released rows: not measured."


def test_the_strip_has_every_risk_with_a_sign_a_pattern_and_a_word_of_its_own():
    parts = {part.threat: part for part in coverage.segments(point())}
    assert list(parts) == ["membership", "presence", "singling_out", "linkability", "attribute_inference",
                           "reidentification"]  # fmt: skip
    assert [parts[t].word for t in parts] == [
        "measured",
        "not measured",
        "no number",
        "does not arise",
        "measured",
        "not measured",
    ]
    assert len({sign for sign, _ in coverage.LOOK.values()}) == 4
    borders = {re.sub(r"rgba\([^)]*\)", "", look) for _, look in coverage.LOOK.values()}
    assert len(borders) == 4  # told apart with every colour taken away


def test_what_was_not_measured_has_no_digit_and_never_the_look_of_what_was():
    html = coverage.markup(coverage.segments(point()))
    for item in re.findall(r"<li.*?</li>", html):
        status = re.search(r"data-status='(\w+)'", item).group(1)
        visible = re.sub(r"<[^>]+>", "", item)
        assert bool(re.search(r"\d", visible)) == (status == "measured"), item
        assert ("rgba(86,180,233" in item) == (status == "measured")
    assert "it may be small or large" in coverage.MEANING["not_measured"]


@pytest.mark.parametrize("record", [{}, {"status": "measured", "value": None}, {"status": "new"}, None])
def test_a_broken_record_is_never_shown_as_measured(record):
    found = point()
    found["risks"]["membership"] = record
    assert coverage.segments(found)[0].status != "measured"


def test_reasons_on_the_strip_are_escaped():
    html = coverage.markup(coverage.segments(point()))
    assert "<b>stopped" not in html
    assert "&lt;b&gt;stopped" in html
    assert "aria-label=" in html


def test_who_pays_is_beside_the_average_with_counts():
    at = drawn(point())
    said = text(words(at))
    assert "the 200 who stand out most" in said
    assert "310 extra" in said
    assert "it is **56**" in said
    assert "They pay more than the average person" in said
    assert "98 of them in the data and 102 not" in said


def test_those_who_stand_out_are_not_said_to_pay_more_when_the_interval_holds_the_average():
    risk = point()["risks"]["membership"] | {"vulnerable": apart(0.31, 0.05, 0.57)}
    assert "not told apart from the average" in sentences.vulnerable_sentence(risk, STUDY, 7200)
    assert "too few to set apart" in sentences.vulnerable_sentence(risk, STUDY, 150)
    risk["vulnerable"] = apart(None, None, None)
    assert "there is no number: too few people" in text(sentences.vulnerable_sentence(risk, STUDY, 7200))


def test_groups_are_listed_in_their_order_and_small_ones_say_why_there_is_no_number():
    rows = payers.group_rows(point()["subgroups"])
    assert [text(row["Group"]) for row in rows] == ["<i>Kiel</i>", "Ulm"]
    accuracy, risk = rows[0]["Accuracy (tested)"], rows[0]["Membership risk, extra of 1,000 (in the data, not)"]
    assert accuracy == "61.0 % (45.0 to 77.0); 40 people"
    assert risk == "200 (100 to 300); 98 and 102"
    assert "only 3 TEST people" in text(rows[1]["Accuracy (tested)"])
    assert "too few people: 7" in text(rows[1]["Membership risk, extra of 1,000 (in the data, not)"])


def test_every_number_of_a_risk_is_one_click_away():
    rows = {row["What"]: row["Number"] for row in risk_details.facts("membership", point()["risks"]["membership"])}
    assert rows["Value"] == "+56.0 of 1,000 (40.0 to 72.0)"
    assert rows["Without the release"] == "400.0 of 1,000"
    assert rows["Success in the data"] == "556.0 of 1,000; 1,000 people in each half"
    assert rows["Smallest we could see"] == "27.1 of 1,000"
    assert rows["AUC of the attack"] == "0.531 (0.521 to 0.541)"
    assert rows["Hits at 10 false alarms in 1,000"] == "15.2 of 1,000 (11.0 to 21.0)"
    assert rows["The same, calibrated for each person"] == "17.1 of 1,000 (12.0 to 23.0)"
    assert rows["Residual"] == "+112.0 of 1,000 (80.0 to 140.0)"
    assert rows["Corrected for the finite pool"] == "39.6 of 1,000"
    assert rows["Equal answers"] == "250.0 of 1,000"
    assert rows["Those who stand out most"] == "+310.0 of 1,000 (250.0 to 370.0)"
    assert rows["Against no protection"] == "-12.0 of 1,000 (-15.0 to -9.0)"
    assert rows["Proved ceiling"] == "106.1 of 1,000"
    hidden = point()["risks"]["membership"] | {"tpr_at_1pct": None, "note": "too few controls for a rate"}
    rows = {row["What"]: row["Number"] for row in risk_details.facts("membership", hidden)}
    assert rows["Hits at 10 false alarms in 1,000"] == "not shown: too few controls for a rate"


def test_variants_caps_and_rare_values_are_listed_worst_first_and_failures_among_them():
    risk = point()["risks"]["attribute_inference"]
    rows = {row["What"]: row for row in risk_details.facts("attribute_inference", risk)}
    assert rows["Attempts"]["Number"] == "16,000"
    assert rows["Those who stand out most"]["Number"].startswith("no number: too few people")
    assert (rows["Cap"]["Number"], rows["Cap"]["Meaning"]) == ("2,000", "people attacked")
    variants = risk_details.variant_rows(risk)
    assert [v["Attempts"] for v in variants] == ["8,000", ""]
    assert variants[1]["Extra of 1,000"].startswith("no number")
    rare = risk_details.rare_rows(risk)
    assert [text(r["Value"]) for r in rare] == ["job = priest", "job = farmer", "job = soldier"]
    assert "too few people" in rare[2]["Extra of 1,000"]
    tried = risk_details.variant_rows(point()["risks"]["membership"])
    assert [(v["Variant"], v["Extra of 1,000"], v["AUC"]) for v in tried] == [
        ("loss", "41.0 of 1,000", "0.520"),
        ("rmia", "55.0 of 1,000", "0.530"),
    ]


def test_the_panel_draws_everything_and_lets_no_markup_of_the_table_through():
    at = drawn(point(), "attribute_inference")
    said = words(at)
    assert "<b>" not in said
    labels = [e.label for e in at.expander]
    assert any(label.startswith("Membership risk: every number") for label in labels)
    assert not any(label.startswith("Presence") for label in labels)  # only what was measured has numbers
    everything = "\n".join(t.to_csv() for t in tables(at))
    assert "job \\= priest" in everything
    assert "How to read it" in said
    assert "What it does not say" in said


def test_the_null_check_is_told_as_kept_or_broken_promise():
    kept = {"repetitions": 200, "alarms": 9, "share": 0.045, "low": 0.024, "high": 0.083, "expected": 0.05}
    assert null_button.sentence(kept).startswith(
        "In 200 repetitions with shuffled membership the method raised 9 alarms (4.5 %; 5 % is what it promises)."
    )
    assert "keeps its promise" in null_button.sentence(kept)
    broken = kept | {"alarms": 30, "share": 0.15, "low": 0.107, "high": 0.206}
    assert "do not rely" in null_button.sentence(broken)
    assert "could not be made" in null_button.sentence({"repetitions": 0, "alarms": 0, "share": None})


def test_the_null_check_runs_on_the_real_sweep_when_the_button_is_pressed(workspace, monkeypatch):
    from core.engine.jobs import Job

    start(workspace)
    original = Job.null_check
    monkeypatch.setattr(Job, "null_check", lambda self, point_id: original(self, point_id, 20))  # as many, faster
    at = visit("trade_off", workspace, point="no-protection")
    assert "repetitions with shuffled membership" not in words(at)
    at.button(key="null-check").click().run()
    assert not at.exception
    assert re.search(r"In 20 repetitions with shuffled membership the method raised \d+ alarms", words(at))
    at.run()
    assert "In 20 repetitions" in words(at)  # kept until the next sweep


def test_groups_are_chosen_for_the_next_run_and_then_shown(workspace):
    start(workspace)
    at = visit("trade_off", workspace, point="no-protection")
    box = at.selectbox(key=f"subgroup-{workspace.id}-{workspace.revision}")
    assert "name" not in box.options  # what is left out makes no groups
    assert not any("next run" in info.value for info in at.info)
    box.select("town").run()
    assert not at.exception
    assert workspace.draft["study"]["subgroup"] == "town"
    assert any("next run" in info.value for info in at.info)
    start(workspace)
    assert workspace.job.study.subgroup == "town"
    at = visit("trade_off", workspace, point="no-protection")
    assert not any("next run" in info.value for info in at.info)
    groups = next(t for t in tables(at) if "Group" in t.columns)
    assert set(groups["Group"]) >= {"Ulm", "Bonn", "Kiel"}
    box = at.selectbox(key=f"subgroup-{workspace.id}-{workspace.revision}")
    box.select("no groups").run()
    assert "subgroup" not in workspace.draft["study"]


def test_columns_that_name_people_or_split_them_into_handfuls_make_no_groups(workspace):
    from dataclasses import replace

    from core.data.schema import Role

    assert payers.groupable(workspace.schema, {"town": 3}) == ("age", "town", "<img src=x onerror=alert(1)> 🦊", "ill")
    assert "town" not in payers.groupable(workspace.schema, {"town": 99})
    named = workspace.schema.changed(replace(workspace.schema["town"], role=Role.DIRECT_IDENTIFIER))
    assert "town" not in payers.groupable(named, {"town": 3})
    assert "age" not in payers.groupable(replace(workspace.schema, person_id="age"), {})


def test_the_table_says_where_a_point_stands_against_the_others():
    found = {
        **example(),
        "frontier_ties": ["noise[scale=0.2]"],
        "frontier_beaten": {"k-anonymity[k=50]": "constant"},
    }
    marks = {mark.id: mark for mark in TradeOff.info(found).marks}
    cells = {row["Setting"]: row["Others"] for row in rows_of(found, "membership", "accuracy", marks)}
    assert [cells[name] for name in ("none", "noise[scale=0.2]", "k-anonymity[k=50]", "broken")] == [
        "best",
        "unclear",
        "beaten",
        "",
    ]


def middle(whole):
    """Draw the middle of the Trade-off page with a hand-made result."""
    from types import SimpleNamespace

    from core.engine.jobs import Snapshot
    from pages.components import results

    space = SimpleNamespace(
        id="x", revision=0, job=None, schema=None, table=None, profile=(), draft={"study": {}}, notes={}
    )
    snapshot = Snapshot(result=whole, done=1, total=1, state="stopped", seconds_left=None, seconds=1.0, first_point=1.0)
    results.show(space, snapshot, False)


def test_under_the_chart_stands_who_is_beaten_and_which_settings_had_other_numbers_of_runs():
    told = example()
    told["points"][2]["replicates"] = 32
    at = AppTest.from_function(middle, default_timeout=20, args=(told,)).run()
    assert not at.exception
    captions = [text(caption.value) for caption in at.caption]
    assert any(line.startswith("No setting is clearly beaten by another in accuracy and risk") for line in captions)
    (runs,) = [line for line in captions if FEWER_RUNS in line]
    assert "32: k-anonymity with k = 2; 8: " in runs
    at = AppTest.from_function(middle, default_timeout=20, args=(example(),)).run()
    assert not any(FEWER_RUNS in text(caption.value) for caption in at.caption)


def test_the_picked_point_says_where_it_stands():
    at = AppTest.from_function(middle, default_timeout=20, args=(example(),))
    at.query_params["point"] = "noise[scale=0.2]"
    at.run()
    assert not at.exception
    assert "Not clearly beaten" in text(words(at))


def choose(at, row):
    """Send what a browser sends when a row of the points table is chosen, and run."""
    table = next(element for element in at.dataframe if "points-" in element.proto.id)
    sent = WidgetStates()
    state = sent.widgets.add()
    state.id = table.proto.id
    state.string_value = json.dumps({"selection": {"rows": [row], "columns": [], "cells": []}})
    return at._run(sent)


def test_a_row_that_the_table_before_a_pick_still_reports_does_not_undo_the_pick(workspace):
    start(workspace)
    workspace.job.wait(60)
    at = choose(visit("trade_off", workspace), 2)
    assert at.session_state["point"] == "k-anonymity[k=3]"
    # The chart was picked meanwhile; the browser has not taken the old table away when it sends its next look.
    at.session_state["point"] = "constant"
    at.session_state["from_chart"] = 1
    choose(at, 1)
    assert not at.exception
    assert at.session_state["point"] == "constant"
    assert choose(at, 1).session_state["point"] == "no-protection"  # the new table is heard
