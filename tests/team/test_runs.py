"""The last sweep of a workspace: written over, read by who may look, deleted when its data are forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import UserError
from core.team.board import NOBODY
from core.team.events import Actor, Forbidden
from core.team.room import Room
from core.team.runs import Run, drop_run, keep_run, last_run
from core.team.store import BIGGEST_STATE, Store

ANA, BEN = Actor(key="a", name="Ana"), Actor(key="b", name="Ben")
RUN = Run(
    name="Ana", source="as typed", at="2026-11-24T01:00:00+00:00", done=3, total=9, state="running", body={"a": 1}
)


@pytest.fixture
def store(tmp_path):
    found = Store(f"sqlite:///{tmp_path / 'team.db'}")
    yield found
    found.close()


def test_the_last_writing_stands_and_no_event_is_made(store):
    workspace = store.create(ANA, {"name": "W"})
    assert last_run(store, workspace) is None
    assert keep_run(store, workspace, RUN)
    assert keep_run(store, workspace, replace(RUN, done=7, body={"a": [1.5, None, "é"]}))
    assert last_run(store, workspace) == replace(RUN, done=7, body={"a": [1.5, None, "é"]})
    assert [event.kind for event in store.events(workspace)] == ["opened"]


def test_a_run_outlives_the_server(tmp_path, store):
    workspace = store.create(ANA, {"name": "W"})
    keep_run(store, workspace, RUN)
    store.close()
    after = Store(f"sqlite:///{tmp_path / 'team.db'}")
    assert last_run(after, workspace) == RUN
    after.close()


def test_nothing_is_kept_without_a_workspace_or_when_it_is_too_large(store):
    assert not keep_run(store, "Z" * 22, RUN)
    workspace = store.create(ANA, {"name": "W"})
    assert not keep_run(store, workspace, replace(RUN, body={"a": "x" * BIGGEST_STATE}))
    assert last_run(store, workspace) is None


def test_each_workspace_has_its_own(store):
    one, two = store.create(ANA, {"name": "1"}), store.create(ANA, {"name": "2"})
    keep_run(store, one, RUN)
    keep_run(store, two, replace(RUN, done=8))
    drop_run(store, one)
    assert last_run(store, one) is None
    assert last_run(store, two).done == 8


def test_only_who_may_look_reads_it(store):
    workspace = store.create(ANA, {"name": "W"})
    keep_run(store, workspace, RUN)
    assert Room(store, workspace, BEN).run() == RUN
    Room(store, workspace, ANA).protect(NOBODY)
    with pytest.raises(Forbidden):
        Room(store, workspace, BEN).run()


def test_a_store_of_before_there_were_runs_is_opened(tmp_path):
    from sqlalchemy import create_engine, text

    url = f"sqlite:///{tmp_path / 'old.db'}"
    first = Store(url)
    workspace = first.create(ANA, {"name": "W"})
    first.close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE runs"))
    engine.dispose()
    again = Store(url)
    assert keep_run(again, workspace, RUN)
    again.close()


def test_a_run_that_somebody_damaged_is_told_in_words(store):
    from sqlalchemy import text

    workspace = store.create(ANA, {"name": "W"})
    keep_run(store, workspace, RUN)
    with store.writing() as connection:
        connection.execute(text("UPDATE runs SET body = x'00'"))
    with pytest.raises(UserError, match="as it was written"):
        last_run(store, workspace)
