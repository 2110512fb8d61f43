import copy

import pytest

from core.report.audience import for_audience
from core.report.outside import FEWEST
from core.report.reasons import UNTOLD, public_note, public_reason
from tests.report.report_texts import READ, read
from tests.result_example import example

OUTSIDE = ("external", "executive")
PLACES = ("rare", "rare-kind", "rare-why", "group", "group-why", "group-column", "secret", "variant", "chosen", "cap",
          "why", "note", "usefulness-why", "skipped", "failed", "apart-why", "left", "right", "knows",
          "assumed")  # fmt: skip


def canary(place):
    assert place in PLACES
    return f"Kiel-{place}-canary"


def with_canaries():
    """Put a word of its own wherever the engine may write a column's name, a value, or a sentence that holds one."""
    result = example()
    result["table"]["direct_identifiers"] = ["ssn_no"]
    study, none = result["study"], result["points"][0]
    study.update(subgroup=canary("group-column"), secrets=[canary("secret")], knows=[canary("knows")])
    study.update(left=[canary("left")], right=[canary("right")])
    study["attacker"] = {name: study[name] for name in ("secrets", "knows", "left", "right")}
    groups = none["subgroups"]
    groups["column"] = canary("group-column")
    for group in groups["groups"]:
        group["group"] = canary("group")
        group["accuracy"]["reason"] = group["membership"]["reason"] = canary("group-why")
    guess = none["risks"]["attribute_inference"]
    guess["kinds"][0]["kind"] = f"{canary('secret')}, nearest 1"
    guess["kinds"][1]["kind"] = f"{canary('secret')}, {canary('variant')}"
    guess["attack"] = f"attribute_inference: {canary('secret')}, nearest 1, {canary('secret')}, {canary('variant')}"
    guess["caps"] = {f"{canary('cap')}: not released, nothing to infer": 1.0}
    for one in guess["rare"]:
        one.update(name=f"{canary('secret')} = {canary('rare')}", kind=canary("rare-kind"), reason=canary("rare-why"))
    link = none["risks"]["linkability"]
    link["kinds"][0]["kind"], link["attack"] = canary("variant"), f"linkability: {canary('chosen')}"
    none["risks"]["singling_out"]["attack"] = canary("chosen")
    for point in result["points"]:
        for risk in point["risks"].values():
            risk["note"] = f"one replicate: no reference model yet; {canary('note')}"
            if risk["status"] != "measured":
                risk["reason"] = f"no secret column is released ({canary('why')})"
            if isinstance(risk.get("vulnerable"), dict):
                risk["vulnerable"].update(status="undefined", value=None, reason=canary("apart-why"))
        for use in point["utility"].values():
            use["reason"] = canary("usefulness-why")
    none["risks"]["presence"]["reason"] = canary("why")
    result["points"][3]["guarantee"]["assumptions"] = [
        f"The attacker knows nothing but the declared quasi-identifiers (age (years), {canary('assumed')}).",
        f"The hierarchies of {canary('assumed')} were learned from these people.",
    ]
    result["points"][-2]["reason"], result["points"][-1]["reason"] = canary("skipped"), canary("failed")
    return result


@pytest.mark.parametrize("audience", OUTSIDE)
@pytest.mark.parametrize("format", READ)
def test_no_value_column_or_reason_of_the_table_reaches_an_outsider(format, audience):
    text = read(with_canaries(), format, audience).lower()
    assert [place for place in PLACES if canary(place).lower() in text] == []
    assert "kiel" not in text
    assert "ssn_no" not in text


def test_every_one_of_these_words_is_in_the_team_s_report():
    text = read(with_canaries(), "html", "team") + read(with_canaries(), "csv", "team")
    # The kind that a rare value's number comes from, and why a number is missing that is there, are said nowhere.
    unsaid = {"rare-kind"}
    assert {place for place in PLACES if canary(place) not in text} <= unsaid


def test_an_outsider_reads_a_known_reason_without_its_names_and_that_others_are_left_out():
    text = read(with_canaries(), "md", "external")
    assert "because no secret column is released." in text
    assert UNTOLD in text


def few_people(count):
    """Return the example with numbers of `count` people that occur nowhere else."""
    result = example()
    none = result["points"][0]
    for threat in ("membership", "linkability"):
        none["risks"][threat]["vulnerable"].update(n_members=count, value=0.1239, low=0.1137, high=0.1341)
    rare = none["risks"]["attribute_inference"]["rare"]
    rare[0].update(n_controls=count, value=0.4567, low=0.4457, high=0.4677)
    group = copy.deepcopy(none["subgroups"]["groups"][0])
    group["accuracy"].update(value=0.3179, low=0.3068, high=0.3281)
    group.update(test_people=count)
    none["subgroups"]["groups"].insert(0, group)
    return result


SHOWN = {"apart": ("0.124", "0.1239", "12.4 of 100"), "rare": ("0.457", "0.4567", "45.7 of 100"),
         "group": ("0.318", "0.3179", "31.8 %")}  # fmt: skip


def shown(result, audience):
    texts = [read(result, format, audience) for format in READ]
    return {name for name, words in SHOWN.items() if any(word in text for word in words for text in texts)}


@pytest.mark.parametrize("audience", OUTSIDE)
def test_groups_of_fewer_than_20_people_give_outsiders_no_number(audience):
    assert FEWEST == 20
    assert shown(few_people(19), audience) == set()


def test_groups_of_20_people_and_the_team_s_groups_give_numbers():
    assert shown(few_people(20), "external") == set(SHOWN)
    assert shown(few_people(19), "team") == set(SHOWN)


@pytest.mark.parametrize("side", ["test_people", "pool_people"])
def test_a_group_needs_20_people_on_both_sides(side):
    result = few_people(500)
    result["points"][0]["subgroups"]["groups"][0][side] = 19
    assert "group" not in shown(result, "external")


def test_counts_of_people_apart_are_told_in_tens():
    text = read(few_people(23), "json", "external")
    assert '"n_members": 20' in text
    assert '"n_members": 23' not in text


def test_an_outsider_is_told_that_a_guarantee_takes_more_for_granted():
    (known, more) = for_audience(with_canaries(), "external")["points"][3]["guarantee"]["assumptions"]
    assert known == "The attacker knows nothing but the declared quasi-identifiers."
    assert more.startswith("The guarantee takes one more thing for granted")


@pytest.mark.parametrize(
    "reason",
    ["Kiel", "k = 5 cannot be reached with 3 people in Kiel", "too few people: Kiel", "no column of Kiel",
     "the two sides must not share a column, but both have Kiel", "no rows leave the room under this recipe, Kiel"],
)  # fmt: skip
def test_no_reason_carries_a_word_of_the_table_outside(reason):
    assert "Kiel" not in public_reason(reason)
    assert public_note(f"{reason}; Kiel: one replicate: no reference model yet") is None
