"""After a restart: the page says what is gone and what is kept; a sample comes back with one click, limits and all."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.team.events import Actor
from core.team.room import Room
from pages.components.house import House
from tests.pages.test_pages import ENTRY

ANA = Actor(key="ana", name="Ana")


def opened(house, **more):
    """Return the id of a workspace that is in the store only, as after a restart; the team had changed its limit."""
    limit = {"name": "useful", "metric": "accuracy", "at_least": 0.5, "owner": "product owner"}
    workspace = house.store().create(ANA, {"name": "Census", "requirements": [limit], **more})
    room = Room(house.store(), workspace, ANA)
    room.set_limit({**limit, "at_least": 0.71})
    room.comment("said before the restart", None)
    return workspace


def page(workspace):
    at = AppTest.from_file(ENTRY, default_timeout=30)
    at.query_params["ws"] = workspace
    return at.run().switch_page("pages/trade_off.py").run()


@pytest.fixture
def no_workers(monkeypatch):
    """Let the sweep of the sample be somebody else's matter: what comes back is the table and the limits."""
    monkeypatch.setattr("pages.components.samples.start_sweep", lambda space: None)


def test_a_sample_that_is_gone_comes_back_under_its_link_with_the_limits_of_the_team(fresh_house, no_workers):
    workspace = opened(fresh_house, sample="clinic")
    at = page(workspace)
    assert any("no longer in memory" in one.value and "are kept" in one.value for one in at.info)
    at.button(key="resume").click().run()
    assert not at.exception
    space = fresh_house.vault.get(workspace)
    assert space is not None
    assert space.sample == "clinic"
    assert len(space.table) > 100
    assert [limit["at_least"] for limit in space.draft["requirement"]] == [0.71]
    board = Room(fresh_house.store(), workspace, ANA).board()
    assert [limit.block["at_least"] for limit in board.limits] == [0.71]
    assert [comment.text for comment in board.comments] == ["said before the restart"]


@pytest.mark.parametrize("more", [{}, {"sample": "../adult"}, {"sample": 3}], ids=["own", "path", "number"])
def test_an_own_table_that_is_gone_cannot_come_back_by_itself_and_the_page_says_what_is_kept(fresh_house, more):
    workspace = opened(fresh_house, **more)
    at = page(workspace)
    assert any("no longer in memory" in one.value for one in at.info)
    assert not [button for button in at.button if button.key == "resume"]


def test_who_may_only_look_is_not_offered_to_load_the_table(fresh_house, no_workers):
    workspace = opened(fresh_house, sample="clinic")
    Room(fresh_house.store(), workspace, ANA).protect("viewer")
    at = page(workspace)
    assert not [button for button in at.button if button.key == "resume"]
    assert fresh_house.vault.get(workspace) is None


def test_a_colleague_who_was_quicker_is_not_thrown_back(fresh_house, no_workers):
    workspace = opened(fresh_house, sample="clinic")
    one, two = page(workspace), page(workspace)
    one.button(key="resume").click().run()
    space = fresh_house.vault.get(workspace)
    two.button(key="resume").click().run()
    assert not two.exception
    assert fresh_house.vault.get(workspace) is space


def test_a_house_opens_the_store_that_the_one_before_wrote(fresh_house):
    workspace = opened(fresh_house, sample="clinic")
    after = House()
    assert after.vault.get(workspace) is None
    assert [e.payload.get("text") for e in after.store().events(workspace)][-1] == "said before the restart"
