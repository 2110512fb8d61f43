"""Who sees what: strangers, viewers and members on every page; texts of people are drawn as texts."""

import json

import pytest

from core.team.decision import evidence, state_of
from core.team.events import Actor
from core.team.room import Room
from pages.components import identity
from tests.pages.test_pages import PAGES, start, visit, words

EVERY = [*PAGES, "decisions"]
OWNER = Actor(key="somebody else", name="Olga")
BEN = Actor(key="ben", name="[Ben](javascript:alert) <b>山田</b>", source="signed in")
HOSTILE = '<script>alert(1)</script> **bold** =HYPERLINK("x") דנה'
SECRETS = ("tubaphone", "sackbut", "k-anonymity", "Small", "Olga", "120 people")
SWEPT = []
WRITING = ("text_area", "chat_input", "file_uploader", "slider", "select_slider", "data_editor")


def read(at):
    """Return the words of a page as somebody reads them, without the marks that keep texts from being markup."""
    return words(at).replace("\\", "")


@pytest.fixture
def meeting(fresh_house, workspace):
    """Return the room of the owner of a workspace with a sweep, a shortlist, texts, a vote and a proposal in it."""
    if SWEPT:
        workspace.job = SWEPT[0]  # the same study on the same rows; nobody here changes a sweep
    else:
        SWEPT.append(start(workspace).job)
    snapshot = workspace.snapshot()
    room = Room(fresh_house.store(), workspace.id, OWNER)
    room.join()
    body = state_of(snapshot.result, workspace.draft, workspace.schema.to_json(), workspace.table.fingerprint)
    state = room.freeze(body)
    point = "k-anonymity[k=3]"
    room.shortlist(point, state)
    room.comment(HOSTILE)
    room.question("tubaphone?")
    ben = Room(fresh_house.store(), workspace.id, BEN)
    ben.join()
    vote = room.open_round("Which one, **ophicleide**?", (point,))
    ben.vote(vote.subject, point, "serpentine")
    key = room.propose(question="Which?", point=point, state=state, evidence=evidence(body), why="sackbut").subject
    ben.refuse(key, 1, "no proof, <i>none</i>")
    room.vote_subject, room.frozen, room.decision = vote.subject, state, key
    return room


@pytest.mark.parametrize("page", EVERY)
def test_a_link_alone_shows_nothing_of_a_protected_workspace(meeting, workspace, page):
    meeting.protect("nobody")
    before = meeting.store.head(workspace.id)
    at = visit(page, workspace, state=meeting.frozen)
    assert [secret for secret in SECRETS if secret in read(at)] == []
    assert not at.get("bidi_component") or "figure" not in "".join(e.proto.json for e in at.get("bidi_component"))
    assert meeting.store.head(workspace.id) == before


def test_the_search_for_secrets_finds_them_where_they_may_be(meeting, workspace):
    told = "".join(read(visit(page, workspace)) for page in ("data", "trade_off", "decide"))
    assert [secret for secret in SECRETS if secret not in told] == []


@pytest.mark.parametrize("page", EVERY)
def test_a_viewer_has_nothing_to_write_with_and_changes_nothing_by_looking(meeting, workspace, page):
    meeting.protect("viewer")
    before, draft = meeting.store.head(workspace.id), json.dumps(workspace.draft, sort_keys=True)
    at = visit(page, workspace)
    if page not in ("start", "is_it_true", "decisions"):
        assert not [element for kind in WRITING for element in at.get(kind)]
    keys = {str(button.key) for button in at.button}
    assert not keys & {"run", "forget", "open-vote", "reveal", "more", f"settle-{workspace.id}", "make-table"}
    assert not [key for key in keys if key.startswith(("step-", "add-", "undo-", "sign", "drop-"))]
    assert meeting.store.head(workspace.id) == before
    assert json.dumps(workspace.draft, sort_keys=True) == draft


def test_a_viewer_reads_the_meeting(meeting, workspace):
    meeting.protect("viewer")
    told = read(visit("decide", workspace))
    assert [text for text in ("tubaphone", "sackbut", "k-anonymity") if text not in told] == []


def test_a_forged_press_of_a_viewer_changes_nothing(meeting, workspace):
    """A page that was open when the role was taken has its buttons: what they send is judged by the role of now."""
    at = visit("trade_off", workspace)
    old = workspace.job
    meeting.protect("viewer")
    at.button(key="run").click().run()
    assert workspace.job is old
    assert not at.exception


def test_a_blind_vote_is_on_nobody_else_s_page_before_it_is_revealed(meeting, workspace):
    at = visit("decide", workspace)
    assert "serpentine" not in words(at)
    assert "1 person has voted" in words(at)
    meeting.reveal(meeting.vote_subject)
    assert "serpentine" in words(at.run())


@pytest.mark.parametrize("page", ["decide", "decisions"])
def test_texts_and_names_of_people_are_drawn_as_texts(meeting, workspace, page):
    at = visit(page, workspace)
    told = words(at)
    assert "<script>" not in told.replace("\\<script", "")
    assert "[Ben](" not in told
    assert "<i>" not in told.replace("\\<i", "")
    if page == "decide":
        assert "山田" in told
        assert "דנה" in told
        assert r"\*\*bold\*\*" in told


def test_a_frozen_link_shows_what_was_and_computes_nothing(meeting, workspace, fresh_house):
    before = words(visit("trade_off", workspace, state=meeting.frozen))
    assert "Frozen." in before
    workspace.draft["recipe"] = [{"name": "other", "technique": "none"}]
    workspace.job = workspace.last = None
    at = visit("trade_off", workspace, state=meeting.frozen)
    assert "Frozen." in words(at)
    assert workspace.job is None
    table = at.dataframe[0].value
    assert "k-anonymity[k=3]" in list(table["Setting"])
    assert fresh_house.vault.forget(workspace.id)
    assert "Frozen." in words(visit("trade_off", workspace, state=meeting.frozen))  # without its rows, too


def test_a_link_to_a_state_that_is_not_there_reads_alike_for_those_inside(meeting, workspace):
    assert "frozen state" in words(visit("trade_off", workspace, state="f" * 64)).lower()


def test_the_table_that_is_gone_is_told_and_what_was_said_stays(meeting, workspace, fresh_house):
    assert fresh_house.vault.forget(workspace.id)
    told = words(visit("decide", workspace))
    assert "no longer in memory" in told
    assert "tubaphone" in told


def test_who_is_signed_in_is_judged_by_the_end_of_the_token_and_not_by_the_cookie():
    user = {"is_logged_in": True, "iss": "https://id.example", "sub": "7", "name": "Ana", "exp": 1000}
    assert identity.signed_in(user, 999.0).name == "Ana"
    assert identity.signed_in(user, 1001.0) is None
    assert identity.signed_in({**user, "is_logged_in": False}, 1.0) is None
    assert identity.signed_in({**user, "sub": ""}, 1.0) is None
    other = identity.signed_in({**user, "iss": "https://other.example"}, 1.0)
    assert other.key != identity.signed_in(user, 1.0).key  # the same subject of another issuer is somebody else
    assert identity.signed_in({**user, "name": "x" * 500}, 1.0).name == "x" * 80
    assert identity.signed_in(user, 1.0).source == "signed in"


def test_what_is_drawn_in_one_look_is_shared_and_every_act_looks_again(meeting):
    """A page asks a dozen times what it may show; somebody who was shown out meanwhile acts no more all the same."""
    from core.team.events import Forbidden
    from pages.components import team

    ben = Room(meeting.store, meeting.workspace, BEN)
    with team.one_look(ben):
        assert ben.may("member")
        meeting.grant(BEN.key, "nobody")
        assert ben.may("member")  # the page that is being drawn is the page of a moment ago
        with pytest.raises(Forbidden):
            ben.comment("after I was shown out")
    assert not ben.may("viewer")
    with team.one_look(ben):
        assert not ben.may("viewer")


def test_what_somebody_does_while_a_page_is_drawn_is_on_the_rest_of_it(meeting):
    from pages.components import team

    with team.one_look(meeting):
        before = len(meeting.board().comments)
        meeting.comment("one more")
        assert len(meeting.board().comments) == before + 1
