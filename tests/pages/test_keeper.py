"""What a sweep has measured is kept while it runs, said after a restart, and gone when its data are forgotten."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import Future
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.data.infer import apply_kinds
from core.data.schema import Role
from core.data.table import Table
from core.engine.jobs import Job
from core.team.events import Actor
from core.team.room import Room
from core.team.runs import last_run
from core.tradeoff.replicate import run_replicate
from pages.components import identity
from pages.components import keeper as keeping
from tests.pages.test_pages import ENTRY


def move(job, tasks):
    for _ in range(tasks):
        task = job.next_task()
        if task is None:
            return
        future = Future()
        future.set_result(run_replicate(job.bench, task[0], job.study, task[1]))
        job.accept(*task, future)


@pytest.fixture
def half_way(workspace, fresh_house):
    """Return a workspace whose sweep has done two fits."""
    workspace.job, workspace.last = Job(workspace.study(), workspace.table, owner=workspace.id), None
    workspace.notes["by"] = ("Ana", "as typed")
    move(workspace.job, 2)
    return workspace


def after_restart(half_way, fresh_house, page="trade_off"):
    """Keep the sweep, let the server end, and return the page as somebody sees it after the restart."""
    assert fresh_house.keeper.keep(half_way, half_way.job, half_way.draft)
    fresh_house.vault._held.clear()  # the memory of a process that is gone
    at = AppTest.from_file(ENTRY, default_timeout=30)
    at.query_params["ws"] = half_way.id
    return at.run().switch_page(f"pages/{page}.py").run()


def test_after_a_restart_the_page_says_how_far_it_came_and_shows_what_was_measured(half_way, fresh_house):
    done, total = half_way.job.progress
    at = after_restart(half_way, fresh_house)
    assert not at.exception
    said = " ".join(one.value for one in at.markdown)
    assert f"The sweep of Ana (as typed) was interrupted at {done} of {total} fits" in said
    (table,) = at.dataframe
    assert list(table.value["Setting"]) == [point["id"] for point in half_way.job.snapshot().result["points"]]


def test_a_sweep_that_ended_is_kept_as_ended(half_way, fresh_house):
    move(half_way.job, half_way.job.progress[1] - 2)
    assert not half_way.job.active
    at = after_restart(half_way, fresh_house)
    said = " ".join(one.value for one in at.markdown)
    assert "ended with" in said
    assert "interrupted" not in said


def test_a_sweep_is_followed_to_its_end(workspace, fresh_house, monkeypatch):
    monkeypatch.setattr(keeping, "EVERY_SECONDS", 0.02)
    job = workspace.job = Job(workspace.study(), workspace.table, owner=workspace.id)
    fresh_house.keeper.follow(workspace)
    (thread,) = workspace.threads
    move(job, job.progress[1])
    thread.join(20)
    assert not thread.is_alive()
    run = last_run(fresh_house.store(), workspace.id)
    assert (run.state, run.done) == ("done", job.progress[1])
    assert run.body["table"] == workspace.table.fingerprint


def test_what_somebody_wants_forgotten_is_not_kept_and_a_late_look_brings_nothing_back(half_way, fresh_house):
    job, draft = half_way.job, half_way.draft
    assert fresh_house.keeper.keep(half_way, job, draft)
    fresh_house.vault.forget(half_way.id)
    fresh_house.keeper.drop(half_way.id)
    assert not fresh_house.keeper.keep(half_way, job, draft)
    assert last_run(fresh_house.store(), half_way.id) is None


def test_following_a_sweep_keeps_no_row_alive_after_it_was_forgotten(half_way, fresh_house, monkeypatch):
    monkeypatch.setattr(keeping, "EVERY_SECONDS", 30)
    fresh_house.keeper.follow(half_way)
    (thread,) = half_way.threads
    rows = weakref.ref(half_way.table)
    fresh_house.vault.forget(half_way.id)
    assert not thread.is_alive()  # forgetting waited for it
    gc.collect()
    assert rows() is None


BROWSER = "B" * 22


def session(workspace=None, browser=BROWSER, page="data"):
    at = AppTest.from_file(ENTRY, default_timeout=60)
    at.session_state["_browser"] = browser
    if workspace is not None:
        at.query_params["ws"] = workspace
    return at.run().switch_page(f"pages/{page}.py").run()


@pytest.fixture
def own_table(fresh_house, small_frame):
    """Return the link of an own table whose sweep was kept and whose rows are gone with the server, and its file."""
    content = small_frame.to_csv(index=False).encode()
    at = session()
    at.file_uploader(key="upload-0").upload("people.csv", content).run()
    assert not at.exception
    (space,) = fresh_house.vault._held.values()
    space.schema = replace(space.schema, columns=tuple(
        replace(column, role=Role.IGNORED) if column.name == "town" else column for column in space.schema.columns
    ))  # fmt: skip
    fresh_house.vault.keep(space, space.raw, Table.build(apply_kinds(space.raw, space.schema), space.schema))
    space.draft["study"]["seed"] = 77
    job = space.job = Job(space.study(), space.table, owner=space.id)
    move(job, 2)
    assert fresh_house.keeper.keep(space, job, space.draft)
    fresh_house.vault._held.clear()
    return space.id, content


def test_an_own_table_comes_back_under_its_link_with_the_roles_and_the_study_that_it_had(fresh_house, own_table):
    link, content = own_table
    at = session(link, page="trade_off")
    at.file_uploader(key="again-0").upload("people.csv", content).run()
    assert not at.exception
    space = fresh_house.vault.get(link)
    assert space.schema["town"].role is Role.IGNORED
    assert space.draft["study"]["seed"] == 77
    assert any("the same table as before, cell by cell" in one.value for one in at.info)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda frame: frame.iloc[::-1], "the same columns with other rows, or in another order"),
        (lambda frame: frame.assign(extra=1), "1 other columns, and 0 that are missing"),
    ],
    ids=["rows", "columns"],
)
def test_another_table_does_not_come_under_the_link_of_the_first(fresh_house, own_table, small_frame, change, told):
    link, _ = own_table
    at = session(link, page="trade_off")
    at.file_uploader(key="again-0").upload("other.csv", change(small_frame).to_csv(index=False).encode()).run()
    assert not at.exception
    assert any(told in one.value for one in at.error)
    assert fresh_house.vault.get(link) is None
    assert last_run(fresh_house.store(), link) is not None


def test_after_the_data_were_forgotten_nothing_is_said_to_be_the_same(fresh_house, own_table):
    link, content = own_table
    fresh_house.keeper.drop(link)
    at = session(link, page="trade_off")
    at.file_uploader(key="again-0").upload("people.csv", content).run()
    assert not at.exception
    assert any("nobody can say whether this is the same" in one.value for one in at.info)
    assert fresh_house.vault.get(link) is not None


def test_a_file_that_cannot_be_read_leaves_the_link_as_it_was(fresh_house, own_table):
    link, _ = own_table
    at = session(link, page="trade_off")
    at.file_uploader(key="again-0").upload("bad.csv", b"\x00\x01").run()
    assert not at.exception
    assert at.error
    assert fresh_house.vault.get(link) is None
    assert last_run(fresh_house.store(), link) is not None


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_only_an_owner_may_bring_the_table_again(fresh_house, own_table, role):
    link, content = own_table
    owner = Actor(key=f"typed:{identity._fingerprint(BROWSER)}", name="Ana")
    Room(fresh_house.store(), link, owner).protect(role)
    at = session(link, browser="C" * 22, page="trade_off")
    assert not at.file_uploader
    assert any("was interrupted at" in one.value for one in at.markdown)
    # Forged all the same: the role is read at the act.
    forged = AppTest.from_function(bringing, args=(link, content), default_timeout=60)
    forged.session_state["_browser"] = "C" * 22
    forged.run()
    assert [one.value for one in forged.text] == ["Forbidden"]
    assert fresh_house.vault.get(link) is None


def bringing(link, content):
    import streamlit as st

    from core.errors import UserError
    from pages.components.resume import bring

    try:
        bring(link, "people.csv", content, None)
    except UserError as error:
        st.text(type(error).__name__)
