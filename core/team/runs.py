"""The last sweep of a workspace as far as it came: aggregates only, so that a restart loses fits and no knowledge."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from core.team.events import canonical
from core.team.store import BIGGEST_STATE, Store
from core.team.tables import RUNS, WORKSPACES


@dataclass(frozen=True, kw_only=True)
class Run:
    """A sweep as it was kept.

    Parameters
    ----------
    name, source : str
        Who started it, and how that is known ("as typed", "signed in").
    at : str
        When it was kept, ISO 8601 in UTC.
    done, total : int
        Fits.
    state : {"running", "done", "stopped"}
        "running" after a restart means: interrupted.
    body : mapping
        The state as `core.team.decision.state_of` makes it: the result as it stood and what it was made with, without
        a value of the table.
    """

    name: str
    source: str
    at: str
    done: int
    total: int
    state: str
    body: Mapping[str, Any]


def keep_run(store: Store, workspace: str, run: Run) -> bool:
    """Write a sweep over the one that was kept before; say whether there was a workspace to keep it in.

    Examples
    --------
    >>> from core.team.events import Actor
    >>> store = Store("sqlite://")
    >>> workspace = store.create(Actor(key="a", name="Ana"), {"name": "Clinic"})
    >>> run = Run(name="Ana", source="as typed", at="2026-11-24T01:00:00Z", done=3, total=9, state="running", body={})
    >>> keep_run(store, workspace, run), last_run(store, workspace).done
    (True, 3)
    """
    whole = canonical(run.body).encode()
    if len(whole) > BIGGEST_STATE:
        return False
    values = {name: getattr(run, name) for name in ("name", "source", "at", "done", "total", "state")}
    with store.writing() as connection:
        if connection.scalar(select(WORKSPACES.c.id).where(WORKSPACES.c.id == workspace).with_for_update()) is None:
            return False
        connection.execute(delete(RUNS).where(RUNS.c.workspace == workspace))
        connection.execute(insert(RUNS).values(workspace=workspace, body=zlib.compress(whole, 1), **values))
    return True


def last_run(store: Store, workspace: str) -> Run | None:
    """Return the last sweep that was kept; None when there is none. Roles are not checked here: see `Room.run`."""
    with store.reading() as connection:
        row = connection.execute(select(RUNS).where(RUNS.c.workspace == workspace)).first()
        if row is None:
            return None
        body = json.loads(zlib.decompress(row.body))
    return Run(name=row.name, source=row.source, at=row.at, done=row.done, total=row.total, state=row.state, body=body)


def drop_run(store: Store, workspace: str) -> None:
    """Delete the sweep that was kept: somebody wants its data forgotten."""
    with store.writing() as connection:
        connection.execute(delete(RUNS).where(RUNS.c.workspace == workspace))
