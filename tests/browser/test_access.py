"""A protected workspace over HTTP: a link alone reads nothing, also on a cold server; a lost role acts no more."""

from __future__ import annotations

import pytest

from core.team.events import Actor
from core.team.room import Room
from core.team.store import Store
from tests.browser.conftest import Server

pytestmark = pytest.mark.browser
NAMES = ("", "data", "groups", "techniques", "trade_off", "decide", "decisions", "report", "methods", "is_it_true")
PAGES = tuple(f"/{name}" for name in NAMES)
SECRETS = (b"Adult census income", b"dp-logistic", b"45,222 rows of", b"tubaphone")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('team') / 'team.db'}"


def started(tmp_path_factory, database):
    return Server(tmp_path_factory.mktemp("server"), DATABASE_URL=database)


def test_a_link_alone_shows_nothing_of_a_protected_workspace_and_a_lost_role_writes_nothing(
    tmp_path_factory, database, visit
):
    server = started(tmp_path_factory, database)
    try:
        ana = visit(server.url)
        ana.open()
        ana.click("Try with census data")
        ana.drawn()
        ana.see("finished in")
        ana.go("Decide")
        ana.page.get_by_label("Your name, as others know you").fill("Ana")
        ana.click("Use this name")
        ana.page.get_by_label("Your comment").first.fill("nobody outside may read tubaphone")
        ana.click("Say it")
        ana.see("nobody outside may read tubaphone")
        workspace = ana.page.url.split("ws=")[1].split("&")[0]
        store = Store(database)
        owner = next(e.actor for e in store.events(workspace) if e.actor.name == "Ana")

        # Ben came in while the link still gave something; then he becomes a viewer, with text in his box.
        ben = visit(server.url)
        ben.open(f"/decide?ws={workspace}")
        ben.page.get_by_label("Your name, as others know you").fill("Ben")
        ben.click("Use this name")
        box = ben.page.get_by_label("Your comment").first
        box.fill("written by a viewer")
        key = next(e.actor.key for e in store.events(workspace) if e.actor.name == "Ben")
        room = Room(store, workspace, owner)
        room.grant(key, "viewer")
        room.protect("nobody")
        # His page may still have the button; what it sends is judged by the role of now.
        ben.page.evaluate(
            "[...document.querySelectorAll('button')].filter(b => b.innerText === 'Say it').forEach(b => b.click())"
        )
        ben.page.get_by_label("Your comment").first.wait_for(state="detached")
        ben.see("nobody outside may read tubaphone")  # a viewer reads
        assert not any(e.payload.get("text") == "written by a viewer" for e in store.events(workspace))
        ben.go("Trade-off")
        ben.see("You look on")
        assert ben.page.locator(".st-key-run").count() == 0

        room.grant(key, "nobody")
        ben.see("This link shows nothing to you")
        told = b"".join(ana.frames)
        assert [secret for secret in SECRETS if secret in told] == list(SECRETS), "the search must be able to find"
        stranger_sees_nothing(server, visit, workspace, ("/decide", "/report"))
        ana.context.close()
        ben.context.close()
    finally:
        server.stop()
    # A server that has just been started, and whose first request is a deep link.
    cold = started(tmp_path_factory, database)
    try:
        stranger_sees_nothing(cold, visit, workspace, PAGES[::-1])
        assert Store(database).head(workspace) == room.store.head(workspace)
    finally:
        cold.stop()


def stranger_sees_nothing(server, visit, workspace, pages):
    for path in pages:
        me = visit(server.url)
        me.open(f"{path}?ws={workspace}&state={'a' * 12}")
        me.page.get_by_role("heading", level=1).first.wait_for()
        me.settled()
        told = b"".join(me.frames)
        assert not [secret for secret in SECRETS if secret in told], path
        me.context.close()


def test_asking_for_access_is_answered_by_the_owner_and_opens_the_page(tmp_path_factory, database, visit):
    server = started(tmp_path_factory, database)
    try:
        store = Store(database)
        owner = Actor(key="somebody", name="Olga")
        workspace = store.create(owner, {"name": "Closed", "requirements": []})
        Room(store, workspace, owner).protect("nobody")
        me = visit(server.url)
        me.open(f"/decide?ws={workspace}")
        me.see("This link shows nothing to you")
        me.page.get_by_label("Your name, as others know you").fill("Cara")
        me.click("Use this name")
        me.click("Ask for access")
        me.see("its owner sees your question now")
        room = Room(store, workspace, owner)
        asked = room.board().asked
        assert [person.name for person in asked] == ["Cara"]
        room.grant(asked[0].key, "member")
        me.page.get_by_label("Your comment").first.wait_for()
        me.context.close()
    finally:
        server.stop()
