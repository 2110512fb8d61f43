"""After "Forget this data now" no cell is left in the process: vault, caches, workers, work in the background."""

from __future__ import annotations

import gc
import weakref

import pandas as pd
import pytest

from core.data.table import Table
from core.engine.local import run_task
from core.errors import UserError
from pages.components import intake, shell
from pages.components.background import Work
from pages.components.vault import Workspace

MARK = "".join(("CAN", "ARY", "77"))


def canary(rows=90):
    """Return a small CSV whose names are canaries; nothing of the test holds on to it."""
    lines = ["name,age,town,ill"]
    for i in range(rows):
        lines.append(f"{MARK}-{i},{20 + i % 60},{MARK}-town{i % 3},{'yes' if i % 60 > 30 else 'no'}")
    return "\n".join(lines).encode()


def holders():
    """Return what in this process holds a canary: tables, and texts or bytes that some container refers to."""
    gc.collect()
    found, wanted = [], f"{MARK}-"
    for one in gc.get_objects():
        if isinstance(one, pd.DataFrame):
            cells = one.head(3).astype(str).to_numpy().ravel()
            if any(wanted in cell for cell in cells) or any(wanted in str(c) for c in one.columns):
                found.append(f"a table of {one.shape}")
        elif type(one) in (list, tuple, dict, set):
            values = one.values() if isinstance(one, dict) else one
            for value in list(values)[:2000]:
                if (type(value) is str and wanted in value) or (type(value) is bytes and wanted.encode() in value):
                    found.append(type(one).__name__)
                    break
    return found


def taken_in(house):
    space = house.vault.open()
    intake.take_in(space, "people.csv", canary())
    space.draft["recipe"] = [{"name": "no-protection", "technique": "none"}]
    space.draft["study"]["seed"] = 3
    shell.enter(space)
    return space


def test_nothing_of_a_table_is_left_after_it_was_forgotten(fresh_house):
    assert holders() == []
    space = taken_in(fresh_house)
    shell.start_sweep(space)
    assert space.snapshot() is not None
    space.looks["preview"] = space.table.frame.head(3)
    space.problem = UserError("a rule", got="a count", do="Do this.")
    assert holders(), "the search must be able to find"
    key = space.id
    assert fresh_house.vault.forget(key)
    # Somebody's page may still hold the workspace: it is empty.
    assert space.table is space.raw is space.schema is space.job is space.last is space.problem is None
    assert not space.looks
    assert not space.findings
    assert holders() == []
    assert MARK.encode() not in stored(fresh_house), "what the team keeps holds no cell"


def stored(house):
    """Return every byte of the team's database."""
    from pathlib import Path

    path = Path(house.store().place.removeprefix("sqlite:///"))
    return b"".join(one.read_bytes() for one in path.parent.glob(path.name + "*"))


def test_every_part_of_a_workspace_that_can_hold_rows_is_emptied(fresh_house):
    fresh, used = Workspace(id="a"), taken_in(fresh_house)
    fresh_house.vault.forget(used.id)
    about = {"id", "owner", "name", "sample", "touched", "revision", "lock", "taken", "unit"}
    left = [
        name for name in fresh.__dataclass_fields__ if name not in about and getattr(used, name) != getattr(fresh, name)
    ]
    assert left == [], "a part of the workspace that `forget` does not know of"


@pytest.mark.parametrize("problem", [None, ValueError("a bug"), UserError("a rule", got="1", do="Do this.")])
def test_work_in_the_background_lets_its_table_go_even_when_it_goes_wrong(problem):
    table = pd.DataFrame({"name": [f"{MARK}-1"]})
    watch = weakref.ref(table)

    def begin(held):
        def act(work):
            copied = held.copy()
            if problem is not None:
                raise problem
            return len(copied)

        return Work(act).start()

    work = begin(table)
    assert work.wait(10)
    del table
    gc.collect()
    assert watch() is None
    assert type(work.problem) is type(problem)


def test_the_tables_that_a_worker_keeps_ready_are_let_go_when_it_is_told_to_forget(fresh_house):
    from core.engine import local

    space = taken_in(fresh_house)
    shell.start_sweep(space)
    assert run_task is local.run_task
    kept = [one for one in gc.get_objects() if isinstance(one, Table) and len(one) == 90]
    assert kept
    kept.clear()
    fresh_house.vault.forget(space.id)
    del space
    gc.collect()
    assert not [1 for one in gc.get_objects() if isinstance(one, Table) and len(one) == 90]
