"""Nobody who clicks waits while points are computed; what people must see at once is still there at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future

import pytest

from core.engine.jobs import Job
from core.tradeoff.replicate import run_replicate
from pages.components import vault


@pytest.fixture
def space(workspace):
    """Return a workspace with a sweep that only moves when a test says so."""
    workspace.job, workspace.last = Job(workspace.study(), workspace.table), None
    return workspace


def move(job, tasks):
    for _ in range(tasks):
        task = job.next_task()
        if task is None:
            return
        future = Future()
        future.set_result(run_replicate(job.bench, task[0], job.study, task[1]))
        job.accept(*task, future)


def wait(seen, seconds=20.0):
    until = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < until, "nothing came"
        time.sleep(0.01)


def test_the_first_point_is_there_at_the_first_look_after_it(space):
    assert space.snapshot().done == 0
    move(space.job, 2)
    time.sleep(vault.FRESH_SECONDS)
    assert space.snapshot().first_point is not None
    assert space.watched is None


def test_a_look_at_a_running_sweep_computes_nothing_and_the_next_ones_see_more(space, monkeypatch):
    move(space.job, 2)
    first = space.snapshot()
    move(space.job, 1)
    computing, snapshot = [], Job.snapshot

    def told(job):
        computing.append(threading.current_thread().name)
        return snapshot(job)

    monkeypatch.setattr(Job, "snapshot", told)
    assert space.snapshot() is first
    wait(lambda: space.snapshot().done == first.done + 1)
    assert set(computing) == {"beside-a-sweep"}


def test_the_end_is_seen_at_once(space):
    move(space.job, 2)
    assert space.snapshot().active
    move(space.job, 1000)
    assert space.snapshot().state == "done"


def test_a_stop_is_seen_at_once(space):
    move(space.job, 2)
    space.snapshot()
    space.job.stop()
    assert space.snapshot().state == "stopped"


def test_a_changed_limit_is_seen_at_once_and_an_older_look_does_not_come_back(space, monkeypatch):
    monkeypatch.setattr(vault, "FRESH_SECONDS", 0.01)
    move(space.job, 2)
    space.snapshot()
    space.snapshot()
    for limit in (0.2, 0.5, 0.9):
        space.draft["requirement"] = [{"name": "useful", "metric": "accuracy", "at_least": limit}]
        space.limits_changed()
        for _ in range(10):
            assert [found["at_least"] for found in space.snapshot().result["requirements"]] == [limit]
            time.sleep(0.005)


def test_a_sweep_that_nobody_looks_at_is_not_looked_at(space, monkeypatch):
    monkeypatch.setattr(vault, "FRESH_SECONDS", 0.01)
    monkeypatch.setattr(vault, "WATCHED_SECONDS", 0.05)
    move(space.job, 2)
    space.snapshot()
    space.snapshot()
    assert space.watched is space.job
    wait(lambda: space.watched is None)
    assert space.job.active
    move(space.job, 1)
    wait(lambda: space.snapshot().done == 3)


def test_a_sweep_that_another_replaced_is_let_go(space, monkeypatch):
    monkeypatch.setattr(vault, "FRESH_SECONDS", 0.01)
    move(space.job, 2)
    space.snapshot()
    space.snapshot()
    space.job, space.last = Job(space.study(), space.table), None
    assert space.snapshot().done == 0
    wait(lambda: space.watched is None)
    assert space.last.done == 0
