"""The vault forgets: at once, after idleness, everywhere."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import CancelledError, Future

import pandas as pd
import pytest

from core.errors import UserError


def make(**changes):
    from pages.components.vault import Vault

    calls = []
    now = [0.0]
    vault = Vault(on_forget=lambda holder: calls.append(holder), clock=lambda: now[0], **changes)
    return vault, now, calls


def test_an_id_is_long_and_never_twice_the_same():
    vault, _, _ = make()
    found = {vault.open().id for _ in range(50)}
    assert len(found) == 50
    assert {len(key) for key in found} == {22}


def test_an_id_can_be_part_of_the_key_of_a_component():
    vault, _, _ = make()
    assert all(vault.open().id.isalnum() for _ in range(300))


def test_nobody_gets_a_workspace_without_its_id():
    vault, _, _ = make()
    vault.open()
    assert vault.get(None) is None
    assert vault.get("") is None
    assert vault.get("x" * 22) is None


def test_forgetting_frees_the_rows_and_the_copies():
    vault, _, calls = make()
    space = vault.open()
    frame = pd.DataFrame({"a": range(1000)})
    vault.keep(space, frame, None)
    watch = weakref.ref(frame)
    del frame
    assert vault.forget(space.id) is True
    gc.collect()
    assert watch() is None
    assert calls == [space.id]
    assert vault.get(space.id) is None
    assert vault.forget(space.id) is False


def test_rows_are_forgotten_when_nobody_looks_for_the_idle_time_and_not_before():
    vault, now, calls = make(idle=100)
    space = vault.open()
    now[0] = 99
    assert vault.get(space.id) is space
    now[0] = 198
    assert vault.get(space.id) is space
    now[0] = 299
    assert vault.get(space.id) is None
    assert calls == [space.id]


def test_a_running_sweep_counts_as_a_look(workspace, fresh_house):
    vault, now, _ = make(idle=100)
    vault._held[workspace.id] = workspace
    workspace.touched = 0

    class Running:
        active = True

        def stop(self):
            self.active = False

    workspace.job = Running()
    now[0] = 500
    assert vault.expire() == 0
    workspace.job.active = False
    now[0] = 700
    assert vault.expire() == 1


def test_a_table_beyond_the_budget_is_refused_and_the_others_stay():
    vault, _, _ = make(budget=100_000)
    first, second = vault.open(), vault.open()
    vault.keep(first, pd.DataFrame({"a": range(10_000)}), None)
    with pytest.raises(UserError, match="Forget a table"):
        vault.keep(second, pd.DataFrame({"a": range(10_000)}), None)
    assert first.raw is not None
    assert second.raw is None
    vault.keep(first, pd.DataFrame({"a": range(11_000)}), None)


def test_changing_a_kind_reads_the_cells_anew_and_changing_a_role_does_not(workspace):
    from pages.components.roles import edited
    from pages.components.vault import retable

    before = workspace.table.frame
    retable(workspace, edited(workspace.schema, {1: {"Role": "other input"}}))
    assert workspace.table.frame is before
    assert workspace.table.schema.quasi_identifiers == ("town",)
    retable(workspace, edited(workspace.schema, {1: {"Kind": "categorical"}}))
    assert isinstance(workspace.table.frame["age"].dtype, pd.CategoricalDtype)


class Pool:
    """A pool whose tasks end when the test says so; real processes are the browser tests' matter."""

    def __init__(self, workers):
        self.closed = False
        self.futures = []

    def submit(self, task, *args):
        self.futures.append(Future())
        return self.futures[-1]

    def warm(self):
        pass

    def close(self):
        self.closed = True


def test_forgetting_replaces_processes_but_lets_somebody_elses_fit_end():
    import threading

    from pages.components import workers

    found = workers.Workers(2, make=Pool)
    old = found._engine
    future = found.submit(print)
    found.forget()
    assert not old.closed
    assert found._engine is not old
    future.set_result(None)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "_bury" in thread.name:
            thread.join(5)
    assert old.closed
    assert found.retired == 0


def test_forgetting_kills_idle_processes_at_once():
    from pages.components import workers

    found = workers.Workers(2, make=Pool)
    old = found._engine
    found.forget()
    assert old.closed


def test_a_task_is_ended_in_the_generation_that_runs_it_and_draining_waits_for_all():
    from pages.components import workers

    class Ending(Pool):
        def cancel(self, future):
            future.set_exception(CancelledError())

    found = workers.Workers(2, make=Ending)
    old = found.submit(print)
    found.forget()
    new = found.submit(print)
    assert not found.drain(0)
    found.cancel(old)
    assert isinstance(old.exception(0), CancelledError)
    assert not new.done()
    found.cancel(old)
    new.set_result(None)
    assert found.drain(1)
