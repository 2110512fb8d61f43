"""What leaves a text on its way outside: reasons, sources, people who set limits, and names of settings, whole."""

import json

import pytest

from core.report import for_audience, render
from core.report.scrub import Scrub, saying, unsaid
from tests.report.decided import bare, decided
from tests.result_example import example

OUTSIDE = ("external", "executive")
READABLE = ("html", "md", "csv", "json")


def with_words():
    """Return a result in which people said why a limit was set and where it comes from."""
    result = example()
    first, second = result["requirements"][:2]
    first.update(owner="D'Artagnan", reason="because of the bassoon", source="a talk with the cornett")
    second.update(owner="Legal", reason="", source="law")
    return result


def told(audience, free_text=False):
    texts = [render(with_words(), format, audience, decided(), free_text).decode() for format in READABLE]
    return "\n".join(texts)


@pytest.mark.parametrize("audience", OUTSIDE)
def test_why_a_limit_was_set_and_a_source_in_somebody_s_words_stay_inside(audience):
    text = told(audience)
    assert [word for word in ("bassoon", "cornett") if word in text] == []
    assert "left out here" in text
    assert "Legal" in text


def test_they_are_told_when_that_is_ticked_and_to_the_team():
    for text in (told("external", True), told("team")):
        assert "bassoon" in text
        assert "cornett" in text


def test_who_set_a_limit_and_spoke_in_the_decision_is_called_by_the_same_part_everywhere():
    text = told("external")
    assert "Artagnan" not in text
    (first, second, *_) = json.loads(render(with_words(), "json", "external", decided()))["requirements"]
    proposed = json.loads(render(with_words(), "json", "external", decided()))["decision"]["proposed"]
    assert first["owner"] == proposed["name"] == "participant 1"
    assert second["owner"] == "Legal"
    # Executives read names.
    assert "Artagnan" in told("executive")


@pytest.mark.parametrize("owner", ["ANA", "Ana, Legal", "for Ana"])
def test_a_person_is_found_in_an_owner_however_it_is_written(owner):
    (found,) = unsaid([{"owner": owner}], {"signatures": [{"name": "Ana"}]}, names=False)
    assert found["owner"] == "signatory 1"
    assert unsaid([{"owner": "Banana team"}], {"signatures": [{"name": "Ana"}]}, names=False) == [{}]


def test_a_setting_whose_name_begins_like_another_s_is_taken_out_whole():
    points = [{"id": "drop", "name": "drop"}, {"id": "drop ssn", "name": "drop ssn"}]
    say = saying(Scrub([]), points, {"drop": "1", "drop ssn": "2"}, {"1": "setting 1", "2": "setting 2"})
    assert say("We take drop ssn, not drop.") == "We take setting 2, not setting 1."


def test_people_s_words_are_not_changed_where_they_only_sound_like_a_setting():
    question = "Is none of these constant? Nonetheless, is k-anonymity[k=5] constantly better than none?"
    seen = for_audience(example(), "external", {**bare(), "question": question})
    assert seen["decision"]["question"] == question


def test_a_setting_whose_name_lists_columns_is_called_otherwise_in_the_words_of_people():
    result = example()
    result["table"]["direct_identifiers"] = ["ssn_no"]
    drop = result["points"][9]
    old = drop["id"]
    drop.update(id="drop[columns=ssn_no+zip]", name="drop", swept={"columns": ["ssn_no", "zip"]})
    result["frontier"] = [i for i in result["frontier"] if i != old]
    seen = for_audience(result, "external", {**bare(), "question": "Why drop[columns=ssn_no+zip] and not ssn_no?"})
    assert seen["decision"]["question"] == "Why drop with columns = 2 columns and not [direct identifier]?"


@pytest.mark.parametrize(
    "text", ["住所を落とす", "氏名・住所", "drop 住所", "住所", "전화번호를", "SSNを落とす", "no SSN, please"]
)
def test_names_of_identifiers_leave_texts_of_scripts_that_have_no_spaces(text):
    found = Scrub(["住所", "전화번호", "ssn"]).text(text)
    assert "[direct identifier]" in found
    assert not [word for word in ("住所", "전화번호", "ssn") if word in found.casefold()]


def test_a_name_inside_a_longer_word_is_another_word():
    assert Scrub(["age", "ssn"]).text("Dosage and ssn_no of managers") == "Dosage and ssn_no of managers"


def test_who_set_a_limit_is_found_before_an_ending():
    (found,) = unsaid([{"owner": "山田花子さん"}], {"signatures": [{"name": "山田花子"}]}, names=False)
    assert found["owner"] == "signatory 1"
