"""The vault: the only place where rows live, in memory, until somebody forgets them or nobody looks for a while."""

from __future__ import annotations

import gc
import secrets
import string
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from core.data.schema import Schema
from core.data.table import Table
from core.engine.jobs import Job, Snapshot
from core.errors import UserError
from core.tradeoff.study import Study, parse_study

IDLE_SECONDS = 30 * 60
BUDGET_BYTES = 2 * 1024**3
FRESH_SECONDS = 0.3
"""How long a look at a running sweep serves everybody: a room full of people draws the page at the same moment."""

LOOKING_SHARE = 3.0
"""Rest after a look at a running sweep, in times of the processor time that it took: pages need the processor too."""

THREAD_SECONDS = 10.0
"""How long forgetting waits for a look at the sweep that is being computed."""

WATCHED_SECONDS = 3.0
"""After that long without anybody who looks, a running sweep is looked at only when somebody comes again."""


@dataclass(eq=False)
class Workspace:
    """One table on its way through the house, with everything that was set for it.

    Parameters
    ----------
    id : str
        22 random characters: who has the link has the view, nobody can guess it.
    owner : str
    raw : DataFrame or None
        The cells as they were read, for reading a column in another kind; None for the samples.
    table : Table or None
    schema : Schema or None
        The draft that the Data page edits.
    draft : dict
        The study in the form of its TOML file.
    job : Job or None
        The last sweep.
    last : Snapshot or None
        The last look at the sweep.
    taken, looked, watched : float, float and Job or None
        When the last look was that somebody waited for, when somebody asked for one, and the sweep that a thread looks
        at meanwhile.
    stack, undo : list
        The steps that the Techniques page tries out, and how they were before each change.
    looks : dict
        What the Techniques page found on this table, and how often it looked.
    unit : str or None
        The schema (`components.unit.mark`) for which somebody confirmed whom a row stands for.
    threads : list of Thread
        What runs beside the pages as long as the sweep does.
    limits_known, limits_at : list and tuple, or None
        The limits when draft and team's board were last alike, and when that was (`components.team.sync`).
    """

    id: str
    owner: str = ""
    name: str = ""
    sample: str | None = None
    raw: pd.DataFrame | None = None
    table: Table | None = None
    schema: Schema | None = None
    draft: dict[str, Any] = field(default_factory=dict)
    findings: tuple[Any, ...] = ()
    why: Mapping[str, str] = field(default_factory=dict)
    profile: tuple[dict[str, Any], ...] = ()
    problem: UserError | None = None
    job: Job | None = None
    last: Snapshot | None = None
    taken: float = 0.0
    looked: float = 0.0
    watched: Job | None = None
    revision: int = 0
    size: int = 0
    touched: float = field(default_factory=time.monotonic)
    notes: dict[str, Any] = field(default_factory=dict)
    stack: list[dict[str, Any]] | None = None
    undo: list[list[dict[str, Any]]] = field(default_factory=list)
    looks: dict[str, Any] = field(default_factory=dict)
    unit: str | None = None
    threads: list[threading.Thread] = field(default_factory=list, repr=False)
    limits_known: list[dict[str, Any]] | None = None
    limits_at: Any = None
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def study(self) -> Study:
        """Return the study that the draft describes, or raise the `UserError` that says what is wrong with it."""
        return parse_study(self.draft)

    @property
    def running(self) -> bool:
        """Whether a sweep is on its way."""
        return self.job is not None and self.job.active

    def snapshot(self) -> Snapshot | None:
        """Return the sweep as it stands; a finished one is computed once, for all who ask.

        A running one is looked at in a thread of its own, a few times a second while somebody asks: points take long
        to compute, and nobody who clicks waits for them. The first point, the end, and what changed limits say of
        everything are not left to the thread: they are there at once.
        """
        with self.lock:
            job = self.job
            if job is None:
                return None
            self.looked, last = time.monotonic(), self.last
            waiting = last is not None and last.first_point is None and self.looked - self.taken > FRESH_SECONDS
            ended = last is not None and last.active and not job.active
            if last is None or ended or (job.active and waiting) or self.notes.get("stale"):
                self.last, self.taken = job.snapshot(), self.looked
                self.notes["stale"] = False
            elif job.active and last.first_point is not None and self.watched is not job:
                self.watched = job
                self.aside(self._watch, job)
            return self.last

    def aside(self, work: Callable[..., None], *arguments: Any) -> None:
        """Run something beside the pages in a thread that ends with the sweep; forgetting waits for it."""
        thread = threading.Thread(target=work, args=arguments, daemon=True, name="beside-a-sweep")
        self.threads = [*(other for other in self.threads if other.is_alive()), thread]
        thread.start()

    def _watch(self, job: Job) -> None:
        """Look at a running sweep again and again, until it ends, another takes its place, or nobody asks."""
        try:
            while True:
                used, before = time.thread_time(), self.last
                found = job.snapshot()
                with self.lock:
                    if self.job is not job or not job.active:
                        return
                    # What was computed while somebody changed a limit is about the limits before.
                    if self.last is before and not self.notes.get("stale"):
                        self.last = found
                    if time.monotonic() - self.looked > WATCHED_SECONDS:
                        return
                if job.wait(max(FRESH_SECONDS, LOOKING_SHARE * (time.thread_time() - used))):
                    return
        finally:
            with self.lock:
                if self.watched is job:
                    self.watched = None

    def limits_changed(self) -> None:
        """Draw the verdicts anew from what was measured; nothing is run again."""
        with self.lock:
            self.notes["stale"] = True
            if self.job is not None:
                study = self.study()
                if study.model.task != self.job.study.model.task:
                    return  # what was measured is about another kind of target: it stays as it is until the next run
                self.job.set_requirements(study.requirements)
                self.job.set_threat(study.metric, study.threat)


class Vault:
    """Holds workspaces by id, within a budget, and forgets those that nobody looks at.

    Parameters
    ----------
    on_forget : callable
        Called with its id after a workspace is gone, so that copies and outcomes elsewhere go too.
    idle : float
        Seconds without a look after which a workspace is forgotten.
    budget : int
        Bytes of tables in all.
    clock : callable
        Seconds; injected in tests.
    """

    def __init__(
        self,
        on_forget: Callable[[str], None],
        idle: float = IDLE_SECONDS,
        budget: int = BUDGET_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.idle, self.budget, self._clock, self._on_forget = idle, budget, clock, on_forget
        self._held: dict[str, Workspace] = {}
        self._lock = threading.RLock()

    def open(self, owner: str = "", again: str | None = None) -> Workspace:
        """Return a new, empty workspace; `again` is the id of one that is gone, for a link that was handed out."""
        # Letters and digits only: Streamlit refuses a component's key with two underscores in a row, which one in two
        # hundred random names had, and the chart of that table then never appeared.
        name = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(22))
        space = Workspace(id=again or name, owner=owner, touched=self._clock())
        with self._lock:
            # Two people may load the same table again at the same moment: they go on with one.
            return self._held.setdefault(space.id, space)

    def get(self, key: str | None) -> Workspace | None:
        """Return the workspace of an id, and note that somebody looked."""
        self.expire()
        with self._lock:
            space = self._held.get(key or "")
            if space is not None:
                space.touched = self._clock()
            return space

    def keep(self, space: Workspace, raw: pd.DataFrame | None, table: Table | None) -> None:
        """Put rows into a workspace, or raise `UserError` when the budget does not allow it."""
        frames = [f for f in (raw, None if table is None else table.frame) if f is not None]
        size = sum(int(frame.memory_usage(deep=True).sum()) for frame in frames)
        self.expire()
        with self._lock:
            others = sum(held.size for held in self._held.values() if held is not space)
            if others + size > self.budget:
                raise UserError(
                    f"this server keeps at most {self.budget / 1024**2:,.0f} MB of tables in memory",
                    got=f"{size / 1024**2:,.0f} MB more beside {others / 1024**2:,.0f} MB",
                    do="Forget a table that is no longer needed, or upload fewer rows.",
                )
            space.raw, space.table, space.size = raw, table, size

    def forget(self, key: str) -> bool:
        """Stop the sweep, drop rows, settings and results, and have the workers' copies killed."""
        with self._lock:
            space = self._held.pop(key, None)
        if space is None:
            return False
        with space.lock:
            if space.job is not None:
                space.job.stop()
            space.job = space.last = space.raw = space.table = space.schema = None
            space.draft, space.profile, space.notes, space.size = {}, (), {}, 0
            space.problem, space.findings, space.why = None, (), {}
            space.stack, space.undo, space.looks, space.unit = None, [], {}, None
            space.limits_known = space.limits_at = None
            threads, space.threads = space.threads, []
        for thread in threads:
            thread.join(THREAD_SECONDS)  # what it is computing holds the table
        self._on_forget(space.id)
        gc.collect()
        return True

    def expire(self) -> int:
        """Forget what nobody looked at; a sweep on its way counts as a look."""
        now = self._clock()
        with self._lock:
            for space in self._held.values():
                if space.running:
                    space.touched = now
            old = [space.id for space in self._held.values() if now - space.touched > self.idle]
        return sum(self.forget(key) for key in old)

    def __len__(self) -> int:
        """Return how many workspaces are held."""
        return len(self._held)


def retable(space: Workspace, schema: Schema) -> None:
    """Give the table another schema; cells are read again only where a kind changed."""
    old = space.table
    if old is not None and [(c.name, c.kind) for c in old.schema.columns] == [(c.name, c.kind) for c in schema.columns]:
        space.table = replace(old, schema=schema)
    elif space.raw is not None:
        from core.data.infer import apply_kinds

        space.table = Table.build(apply_kinds(space.raw, schema), schema)
    else:
        raise UserError(
            "the kinds of a sample's columns are fixed", got="another kind", do="Upload the file to read it otherwise."
        )
    space.schema = schema
