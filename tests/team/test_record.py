"""The decision record: whole, the same twice, without what tells browsers apart; what is kept holds no rare value."""

import copy
import json
from datetime import date

import pytest

from core.report import FORMATS, render
from core.report.outside import FEWEST
from core.team.decision import evidence, moved, record, state_of
from core.team.decisions import decisions_of
from core.team.events import Actor
from core.team.evidence import matches
from core.team.keepable import keepable, without_values
from core.team.minutes import minutes
from core.team.room import Room
from core.team.store import Store
from tests.result_example import example
from tests.result_parts import subgroups

ANA = Actor(key="browser-key-of-ana", name="Ana")
BEN = Actor(key="browser-key-of-ben", name="Ben", source="signed in")
DAY = date(2026, 11, 23)
DRAFT = {"study": {"name": "S", "seed": 1, "more": {}}, "attacker": {}, "recipe": [{"technique": "none"}],
         "requirement": []}  # fmt: skip
SCHEMA = {"columns": {"town": {"kind": "categorical", "categories": ["tubaphone"]}, "age": {"kind": "numeric"}}}


def decided():
    store = Store("sqlite://")
    ws = store.create(ANA, {"name": "Clinic"})
    ana, ben = Room(store, ws, ANA), Room(store, ws, BEN)
    ben.join()
    body = state_of(example(), DRAFT, SCHEMA, "fingerprint")
    state = ana.freeze(body)
    point = example()["points"][3]["id"]
    turn = ana.open_round("which?", (point, "dp")).subject
    ben.vote(turn, "dp", "a proof")
    ana.reveal(turn)
    hidden = ana.open_round("next?", (point,)).subject
    ben.vote(hidden, point, "serpentine")
    key = ana.propose(question="Which?", point=point, state=state, evidence=evidence(body), why="w",
                      conditions=("c",), owner="Ben", review=date(2027, 6, 1)).subject  # fmt: skip
    ana.sign(key, 1)
    ben.refuse(key, 1, "no")
    ana.conclude(key, "accepted", "still")
    return store, ws, ana, key, body


def made(schema=None):
    _, _, ana, key, body = decided()
    return record(ana.board(), ana.board().decision(key), body, ana.events(), DAY, schema)


def test_the_record_tells_choice_votes_dissent_conditions_and_evidence_but_no_browser_s_key():
    found = made()
    text = json.dumps(found, allow_nan=False)
    assert "browser-key" not in text
    assert "serpentine" not in text  # a vote that is not revealed
    assert found["state"] == "accepted"
    assert found["choice"]["recipe"] == example()["points"][3]["recipe"]
    assert {(d["name"], d["kind"]) for d in found["dissent"]} == {
        ("Ben", "refused to sign"),
        ("Ben", "voted otherwise"),
    }
    assert [(s["name"], s["covers"]) for s in found["signatures"]] == [("Ana", True), ("Ben", True)]
    assert found["conditions"] == ["c"]
    assert found["minutes"]


def test_the_record_is_the_same_twice():
    _, _, ana, key, body = decided()
    one, two = (json.dumps(record(ana.board(), ana.board().decision(key), body, ana.events(), DAY)) for _ in range(2))
    assert one == two


def test_the_record_matches_its_evidence_until_one_number_of_it_is_changed():
    found = made(SCHEMA)
    assert matches(found)
    for path in (("result", "points", 3, "replicates"), ("study", "study", "seed"), ("result", "table", "fingerprint")):
        other = copy.deepcopy(found)
        place = other
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = 99
        assert not matches(other), path


def test_a_schema_with_values_is_in_the_record_only_while_its_table_is_open():
    assert made()["schema_of_table"] is None
    assert made(SCHEMA)["schema_of_table"] == SCHEMA
    assert made({**SCHEMA, "other": 1})["schema_of_table"] is None  # not the schema that was decided on


def test_what_moved_since_is_named():
    _, _, _, _, body = decided()
    assert moved(body, DRAFT, SCHEMA, "fingerprint") == []
    assert moved(body, {**DRAFT, "recipe": []}, {}, "t") == ["the settings", "what the columns are", "the table"]
    other = {**DRAFT, "requirement": [{"name": "x"}], "attacker": {"knows": ["a"]}, "study": {"seed": 2}}
    assert moved(body, other, SCHEMA, "fingerprint") == ["the limits", "what the attacker knows", "the study"]
    assert moved(body, {**DRAFT, "study": {**DRAFT["study"], "name": "T"}}, SCHEMA, "fingerprint") == []


def with_rare_values():
    result = example()
    result["points"][2]["subgroups"] = subgroups()
    groups = result["points"][2]["subgroups"]["groups"]
    groups[0].update(group="tubaphone", test_people=FEWEST - 1, pool_people=400)
    groups[1].update(group="many", test_people=FEWEST, pool_people=FEWEST)
    result["points"][2]["risks"]["membership"]["rare"] = [{"name": "town = ophicleide", "value": 0.1}]
    return result


def test_no_value_of_few_people_is_kept_and_the_rest_reads_on():
    kept = keepable(with_rare_values())
    text = json.dumps(kept)
    assert "tubaphone" not in text
    assert "ophicleide" not in text
    assert "many" in text
    assert "tubaphone" in json.dumps(with_rare_values())  # it was there


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_kept_is_still_a_report(format):
    assert render(keepable(with_rare_values()), format, "team")


def test_nothing_that_is_frozen_names_a_value_of_the_schema():
    store, ws, _, _, body = decided()
    thin, whole = without_values(SCHEMA)
    assert (thin, whole) == ({"columns": {"town": {"kind": "categorical"}, "age": {"kind": "numeric"}}}, False)
    assert "tubaphone" not in json.dumps(body)
    assert "tubaphone" not in json.dumps([e.payload for e in store.events(ws)])


def test_the_list_of_decisions_holds_those_of_workspaces_one_may_read():
    store, _, ana, _, _ = decided()
    assert [(d.name, d.state) for d in decisions_of(store, BEN, DAY)] == [("Clinic", "accepted")]
    assert [d.state for d in decisions_of(store, BEN, date(2027, 6, 2))] == ["expired"]
    found = decisions_of(store, BEN, DAY)[0]
    assert found.about("CLINIC")
    assert found.about("which")
    assert not found.about("elsewhere")
    assert decisions_of(store, Actor(key="eve", name="Eve"), DAY) == []
    ana.grant(BEN.key, "nobody")
    assert decisions_of(store, BEN, DAY) == []


def test_the_minutes_say_who_did_what_in_order():
    _, _, ana, _, _ = decided()
    told = [(line.name, line.text) for line in minutes(ana.events())]
    assert told[0] == ("Ana", "opened the workspace Clinic")
    assert ("Ben", "voted for dp: a proof") in told
    assert ("Ben", f"refused to sign the proposal for {example()['points'][3]['id']}: no") in told
    assert told[-1][1].endswith("as accepted: still")
