"""Keeps what running sweeps have measured in the team's store, so that a restart interrupts them and hides nothing."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any

from core.engine.jobs import Job
from core.errors import UserError
from core.team.decision import state_of
from core.team.runs import Run, drop_run, keep_run
from core.team.store import Store, utc_now
from pages.components.vault import Workspace

EVERY_SECONDS = 5.0


class Keeper:
    """Writes each workspace's sweep over the one kept before, every few seconds while it runs and once at its end.

    Aggregates only, by the rules of a frozen state (`core.team.decision.state_of`); no row, no cell.

    Parameters
    ----------
    store : callable
        Gives the team's store, or raises the `UserError` that says why it is not there.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store, self._lock = store, threading.Lock()

    def follow(self, space: Workspace) -> None:
        """Keep a sweep that has just begun, until it ends, its data are forgotten, or another takes its place."""
        if space.job is not None:
            draft = copy.deepcopy(space.draft)  # what runs, whatever is edited meanwhile
            space.aside(self._follow, space, space.job, draft)

    def _follow(self, space: Workspace, job: Job, draft: Mapping[str, Any]) -> None:
        kept, ended = -1, False
        while space.job is job and not ended:
            done, _ = job.progress
            if done != kept and self.keep(space, job, draft):
                kept = done
            ended = job.wait(EVERY_SECONDS)
        self.keep(space, job, draft)

    def keep(self, space: Workspace, job: Job, draft: Mapping[str, Any]) -> bool:
        """Keep a sweep as it stands; say whether something was written."""
        active, (done, total) = job.active, job.progress
        # Where people look, somebody computes the points already; the end is computed once, for them too.
        last = space.last
        snapshot = space.snapshot() if not active else last if last and space.watched is job else job.snapshot()
        with self._lock:
            table, schema = space.table, space.schema
            if snapshot is None or space.job is not job or table is None or schema is None:
                return False  # forgotten, or another sweep took its place
            name, source = space.notes.get("by", ("", "as typed"))
            run = Run(
                name=name,
                source=source,
                at=utc_now().isoformat(timespec="seconds"),
                done=done,
                total=total,
                state="running" if active else snapshot.state,
                body=state_of(snapshot.result, draft, schema.to_json(), table.fingerprint, space.sample),
            )
            try:
                return keep_run(self._store(), space.id, run)
            except UserError:
                return False  # the pages say so; the next look tries again

    def drop(self, workspace: str) -> None:
        """Delete what was kept of a workspace whose data somebody wants forgotten."""
        with self._lock:
            drop_run(self._store(), workspace)
