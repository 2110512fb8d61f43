import pytest

from core.report.build import build
from core.report.payers import vulnerable_sentence
from core.report.record import record
from tests.report.report_texts import read, tables
from tests.result_example import example
from tests.result_parts import apart

NUMBERS = "Every number of each measured risk"


def table_of(result, place):
    """Return the risk table of one setting as {line: {risk: cell}}."""
    table = tables(build(result, "team"), NUMBERS)[place]
    return {row[0]: dict(zip(table.head[1:], row[1:], strict=True)) for row in table.rows}


@pytest.mark.parametrize(
    ("line", "risk", "told"),
    [
        ("Against no protection", "Membership (model)", "10.3 of 100 fewer than without protection (8.8 to 11.8)"),
        ("Against no protection", "Linkability (rows)", "19.0 of 100 fewer than without protection (17.0 to 21.0)"),
        ("Those who stand out most", "Membership (model)", "12.2 of 100 [5.2, 19.2]"),
        ("Those who stand out most", "Re-identification (rows)", None),
        ("The attack's success", "Membership (model)", "56.1 % of 3600 in the data, 50.0 % of 3600 not in it"),
        ("Residual: of its failures outside the data, turned into hits", "Membership (model)",
         "12.2 of 100 [8.2, 16.2]"),
        ("Smallest that could be found", "Membership (model)", "2.5 of 100"),
        ("Smallest that could be found", "Linkability (rows)", "3.8 of 100"),
        ("Area under the attack's curve", "Membership (model)", "0.530 [0.520, 0.540]"),
        ("Found at 1 false alarm in 100", "Membership (model)",
         "2.5 of 100 [2.3, 2.8]; with a threshold for each person 2.7 of 100 [1.0, 3.5]"),
        ("Corrected for the finite pool", "Membership (model)", "4.3 of 100"),
        ("Attempts made, all counted", "Linkability (rows)", "16008"),
        ("Ties", "Membership (model)", "25.0 % of scores equal another's"),
        ("Ties", "Linkability (rows)", "2.1 % of attempts met equals, drawn at random"),
        ("Attack", "Membership (model)", "Loss attack and Likelihood-ratio attack (offline LiRA)"),
        ("Attack", "Linkability (rows)", "lists of 1"),
    ],
)  # fmt: skip
def test_the_record_has_every_number_of_a_risk(line, risk, told):
    cell = table_of(example(), 3)[line][risk]
    assert cell == told if told else cell == "-"


def test_what_was_sampled_or_cut_is_printed():
    result = example()
    result["points"][3]["risks"]["linkability"]["caps"] = {"people attacked": 2000.0, "rows left out": 31.5}
    assert table_of(result, 3)["Sampled or cut"]["Linkability (rows)"] == "people attacked: 2000; rows left out: 31.5"
    assert "Sampled or cut" not in table_of(example(), 3)


def test_a_number_that_is_missing_is_no_zero():
    result = example()
    risk = result["points"][3]["risks"]["membership"]
    for name in ("detectable", "auc", "finite_pool_corrected", "residual", "tied_share", "tpr_at_1pct", "difference"):
        risk[name] = None
    risk.update(note="too few controls for a rate at 1 % false alarms", tpr_at_1pct_calibrated=None)
    lines = table_of(result, 3)
    assert lines["Found at 1 false alarm in 100"]["Membership (model)"] == (
        "not shown: too few controls for a rate at 1 % false alarms"
    )
    assert lines["Smallest that could be found"]["Membership (model)"] == "-"
    assert lines["Against no protection"]["Membership (model)"] == "not compared"
    assert "Area under the attack's curve" not in lines


def test_groups_stand_worst_first_with_counts_intervals_and_reasons():
    (table, _) = tables(build(example(), "team"), "By sex")
    assert table.rows == (
        ("Female", "70.1 % [64.1, 76.1]", "9.3 of 100 [2.3, 16.3]", "612 and 2431"),
        ("Male", "86.8 % [80.8, 92.8]", "4.4 of 100 [-2.6, 11.4]", "1180 and 4755"),
        ("Not told", "no number (only 8 TEST people; 20 are needed)",
         "no number (too few people: 7, and 20 are needed)", "8 and 14"),
    )  # fmt: skip


def test_rare_values_and_variants_are_told_one_by_one():
    text = read(example(), "pdf", "team")
    assert "2 rare values counted apart, worst first (with many values one looks worst by luck): " in text
    assert "occupation = Armed-Forces: 22.0 of 100 [15.0, 29.0]" in text
    assert "occupation = Priv-house-serv: no number (too few people: 7, and 20 are needed)" in text
    assert "2 variants tried" in text
    assert "Likelihood-ratio attack (offline LiRA): 6.1 of 100 (area 0.530)" in text


@pytest.mark.parametrize("audience", ["team", "external"])
def test_who_pays_stands_beside_what_protection_changes(audience):
    (table,) = tables(build(example(), audience), "What protection changes")
    assert table.head[4] == "The 200 who stand out most [95 % interval]"
    assert table.rows[3][2:5] == (
        "1.3 points lower than without protection (0.9 to 1.7)",
        "10.3 of 100 fewer than without protection (8.8 to 11.8)",
        "12.2 of 100 [5.2, 19.2]",
    )
    group = "Female" if audience == "team" else "group 1"
    assert table.rows[3][5].startswith(f"{group}: 70.1 % [64.1, 76.1], worst of ")


@pytest.mark.parametrize(("value", "verdict"), [(0.2, "pay more"), (0.06, "not told apart"), (-0.1, "pay less")])
def test_those_who_stand_out_most_are_told_apart_from_the_average_only_by_their_interval(value, verdict):
    risk = {"status": "measured", "value": 0.06, "vulnerable": apart(value)}
    assert verdict in vulnerable_sentence("membership", risk, {"vulnerable": 200}, 7200)


def test_a_pool_of_those_who_stand_out_only_sets_nobody_apart():
    risk = {"status": "measured", "value": 0.06, "vulnerable": apart(0.2)}
    assert "too few to set apart" in vulnerable_sentence("membership", risk, {"vulnerable": 200}, 150)


def test_the_executive_s_page_says_who_pays_under_the_first_setting():
    assert "For the 200 people who stand out most, chosen before anything was attacked" in read(
        example(), "md", "executive"
    )


def test_no_key_of_the_program_is_shown_where_a_title_exists():
    told = [section for section in build(example(), "team").sections if section.level == 3]
    for section in told:
        texts = [str(block) for block in section.blocks if type(block).__name__ != "Code"]
        assert not [key for key in ("lira_offline", "singling_out:", "attribute_inference", "random_forest", "tpr_")
                    if key in " ".join(texts)]  # fmt: skip


def test_a_ceiling_is_claimed_only_for_the_attacks_that_it_covers():
    point = example()["points"][7]
    told = str(record(8, point, [], {}, "membership"))
    assert "at most 8.3 of 100 extra people for any attack on membership, presence, linkability or" in told
    assert "It says nothing about other risks." in told
