"""The store: an append-only list of events for each workspace, and states that were frozen. SQLite or PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import string
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, bindparam, func, insert, select, text, update
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from core.errors import UserError
from core.team.connect import engine_of
from core.team.events import START, Actor, Conflict, Event, Forbidden, canonical, chained
from core.team.tables import EVENTS, LAYOUT, META, METADATA, STATES, WORKSPACES

LOCK = 7_117_261
"""Number of the advisory lock under which PostgreSQL's tables are made."""

BIGGEST_STATE = 20 * 1024**2
_HEAD = select(WORKSPACES.c.head).where(WORKSPACES.c.id == bindparam("workspace"))
"""Built once: a page asks for it dozens of times, and building it takes as long as asking."""
_ALPHABET = string.ascii_letters + string.digits


def utc_now() -> datetime:
    """Return the time; injected in tests."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return 22 random letters and digits: 131 bits, so that nobody guesses a link."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))


def default_url(environment: Mapping[str, str] = os.environ) -> str:
    """Return `DATABASE_URL`, else an SQLite file in the user's data folder."""
    if url := environment.get("DATABASE_URL"):
        return url
    base = environment.get("XDG_DATA_HOME") or str(Path(environment.get("HOME") or Path.home()) / ".local" / "share")
    return f"sqlite:///{Path(base) / 'middleground' / 'team.db'}"


class Store:
    """Workspaces with their events and frozen states; safe to use from several threads and processes at once.

    Writers of one workspace take turns (the row of the workspace is locked), so places have no gaps, and who has seen
    place n has seen everything before it. What `append` returned is on disk.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://user@host/name`.
    now : callable
        The clock.

    Raises
    ------
    UserError
        When the database cannot be opened, is not ours, or was written by a later version.

    Examples
    --------
    >>> store = Store("sqlite://")
    >>> ana = Actor(key="a", name="Ana")
    >>> ws = store.create(ana, {"name": "Clinic"})
    >>> store.append(ws, ana, "comment", "c1", {"text": "Why k = 5?"}).place
    2
    """

    def __init__(self, url: str, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        try:
            parsed = make_url(url)
        except ArgumentError:
            # The text may hold a password: it is not repeated.
            raise UserError("DATABASE_URL is an SQLAlchemy URL", got="something else",
                            do="Write sqlite:///path or postgresql+psycopg://user@host/name.") from None  # fmt: skip
        self.place = parsed.render_as_string(hide_password=True)
        self.lite = parsed.get_backend_name() == "sqlite"
        if self.lite and parsed.database not in (None, "", ":memory:"):
            try:
                Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise self._closed(type(error).__name__) from None
            self._ours(str(parsed.database))
        try:
            self._engine = engine_of(url, self.lite, parsed.database in (None, "", ":memory:"))
            with self._engine.execution_options(writes=True).begin() as connection:
                if not self.lite:
                    # Two servers that start at once would both make the tables; SQLite's writers wait by themselves.
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                METADATA.create_all(connection)
                layouts = connection.scalars(select(META.c.layout)).all()
                if not layouts:
                    connection.execute(insert(META).values(layout=LAYOUT))
                elif max(layouts) > LAYOUT:
                    raise UserError(f"this version reads stores of layout {LAYOUT}", got=f"layout {max(layouts)}",
                                    do="Update Middleground.")  # fmt: skip
        except (SQLAlchemyError, NoSuchModuleError, ImportError) as error:
            raise self._closed(_why(getattr(error, "orig", None) or error)) from None

    def _ours(self, path: str) -> None:
        """Refuse an SQLite file of another program before a byte of it is changed; the journal's mode is one."""
        if not Path(path).is_file() or not Path(path).stat().st_size:
            return
        try:
            with closing(sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)) as look:
                names = [row[0] for row in look.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
                held = {name: {row[1] for row in look.execute(f'PRAGMA table_info("{name}")')}
                        for name in names if name in METADATA.tables}  # fmt: skip
        except sqlite3.Error as error:
            raise self._closed(_why(error)) from None
        wrong = [name for name, found in held.items() if found != {c.name for c in METADATA.tables[name].columns}]
        if wrong or (names and META.name not in held):
            raise UserError("the team's store is a database of its own", got="tables of another program",
                            do="Name another file or database; this one was left as it is.")  # fmt: skip

    def _closed(self, why: str) -> UserError:
        return UserError(
            "the team's store must be open for reading and writing",
            got=f"{why} at {self.place}",
            do="Check that the file or server is there, is ours and may be written, and that the disk has room; move a "
            "damaged file away to start anew. Nothing was changed.",
        )

    def _damaged(self) -> UserError:
        return UserError(
            "the team's store must be as it was written",
            got=f"an entry that cannot be read at {self.place}",
            do="The file is damaged: put back a copy of it, or move it away to start anew. Nothing was changed.",
        )

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    def create(self, actor: Actor, payload: Mapping[str, Any], workspace: str | None = None) -> str:
        """Open a workspace, its first event being "opened", and return its id."""
        found = workspace or new_id()
        with self.writing() as connection:
            connection.execute(insert(WORKSPACES).values(id=found, head=0, digest=START))
            self._append(connection, found, actor, "opened", "workspace", payload, 0, new_id())
        return found

    def append(
        self,
        workspace: str,
        actor: Actor,
        kind: str,
        subject: str,
        payload: Mapping[str, Any],
        expected: int | None = None,
        id: str | None = None,
    ) -> Event:
        """Write one event and return it.

        Parameters
        ----------
        expected : int, optional
            The version of the subject that the writer saw, 0 for none; None appends whatever stands.
        id : str, optional
            The writer's own name of this event; the second event of that name is the first one again.

        Raises
        ------
        Conflict
            When somebody else wrote the subject in between; nothing is written.
        Forbidden
            When there is no such workspace.
        UserError
            When the database does not answer; nothing is written.
        """
        with self.writing() as connection:
            return self._append(connection, workspace, actor, kind, subject, payload, expected, id or new_id())

    def _append(
        self,
        connection: Connection,
        workspace: str,
        actor: Actor,
        kind: str,
        subject: str,
        payload: Mapping[str, Any],
        expected: int | None,
        id: str,
    ) -> Event:
        mine = WORKSPACES.c.id == workspace
        # The lock makes the writers of one workspace take turns; SQLite has one for the whole file (BEGIN IMMEDIATE).
        head = connection.execute(select(WORKSPACES.c.head, WORKSPACES.c.digest).where(mine).with_for_update()).first()
        if head is None:
            raise no_entry()
        here = EVENTS.c.workspace == workspace
        again = connection.execute(select(EVENTS).where(here, EVENTS.c.id == id)).first()
        if again is not None:
            return _event(again)
        of_subject = (here, EVENTS.c.subject == subject)
        latest = connection.execute(
            select(EVENTS).where(*of_subject).order_by(EVENTS.c.version.desc()).limit(1)
        ).first()
        version = 0 if latest is None else int(latest.version)
        if expected is not None and version != expected:
            if latest is None:
                raise UserError("what is changed must exist", got="nothing of that name", do="Load the page again.")
            raise Conflict(dict(payload), _event(latest))
        written = Event(
            place=head.head + 1,
            id=id,
            actor=actor,
            kind=kind,
            subject=subject,
            version=version + 1,
            at=self._now().astimezone(UTC).isoformat(timespec="milliseconds"),
            payload=json.loads(canonical(payload)),
        )
        digest = chained(head.digest, written)
        connection.execute(
            insert(EVENTS).values(
                workspace=workspace,
                place=written.place,
                id=id,
                actor=actor.key,
                name=actor.name,
                source=actor.source,
                kind=kind,
                subject=subject,
                version=written.version,
                payload=canonical(written.payload),
                at=written.at,
                digest=digest,
            )
        )
        connection.execute(update(WORKSPACES).where(mine).values(head=written.place, digest=digest))
        return Event(**{**written.__dict__, "digest": digest})

    def head(self, workspace: str) -> int | None:
        """Return the place of the last event; None when there is no such workspace. Cheap: one row by its key."""
        with self.reading() as connection:
            return connection.scalar(_HEAD, {"workspace": workspace})

    def events(self, workspace: str, after: int = 0) -> list[Event]:
        """Return the events behind a place, in order."""
        wanted = select(EVENTS).where(EVENTS.c.workspace == workspace, EVENTS.c.place > after)
        with self.reading() as connection:
            return [_event(row) for row in connection.execute(wanted.order_by(EVENTS.c.place))]

    def workspaces_of(self, actor: str) -> list[str]:
        """Return the workspaces in which somebody did something, the latest first."""
        wanted = select(EVENTS.c.workspace).where(EVENTS.c.actor == actor).group_by(EVENTS.c.workspace)
        with self.reading() as connection:
            return list(connection.scalars(wanted.order_by(func.max(EVENTS.c.at).desc())))

    def freeze(self, workspace: str, body: Mapping[str, Any]) -> str:
        """Keep a state for ever and return its hash; the same state is kept once."""
        whole = canonical(body).encode()
        if len(whole) > BIGGEST_STATE:
            raise UserError("a state that is kept has at most 20 MB", got=f"{len(whole) / 1024**2:.0f} MB",
                            do="Compare fewer settings.")  # fmt: skip
        name = hashlib.sha256(whole).hexdigest()
        here = (STATES.c.workspace == workspace, STATES.c.hash == name)
        with self.writing() as connection:
            row = connection.execute(
                select(WORKSPACES.c.head).where(WORKSPACES.c.id == workspace).with_for_update()
            ).first()
            if row is None:
                raise no_entry()
            if connection.scalar(select(STATES.c.hash).where(*here)) is None:
                connection.execute(insert(STATES).values(workspace=workspace, hash=name, body=zlib.compress(whole, 6)))
        return name

    def state(self, workspace: str, name: str) -> dict[str, Any] | None:
        """Return a frozen state by its hash or the hash's first 12 characters or more; None when there is none."""
        if not 12 <= len(name) <= 64 or not set(name) <= set(string.hexdigits.lower()):
            return None
        wanted = select(STATES.c.hash, STATES.c.body).where(
            STATES.c.workspace == workspace, STATES.c.hash.startswith(name, autoescape=True)
        )
        with self.reading() as connection:
            row = connection.execute(wanted.limit(1)).first()
            if row is None:
                return None
            whole = zlib.decompress(row.body)
        if hashlib.sha256(whole).hexdigest() != row.hash:
            raise UserError("a frozen state must be as it was frozen", got="another content",
                            do="Somebody changed the database by hand: rely on an exported decision file.")  # fmt: skip
        found: dict[str, Any] = json.loads(whole)
        return found

    def writing(self) -> _Guarded:
        """Return a transaction that writes; with SQLite it waits for its turn at the beginning."""
        return _Guarded(self, self._engine.execution_options(writes=True))

    def reading(self) -> _Guarded:
        """Return a transaction that reads."""
        return _Guarded(self, self._engine)


_WHY = {
    "SQLITE_FULL": "no room left on the disk",
    "SQLITE_IOERR": "a disk that did not take what was to be written",
    "SQLITE_CORRUPT": "a damaged file",
    "SQLITE_NOTADB": "a file that is no database, or a damaged one",
    "SQLITE_READONLY": "a file that may only be read",
    "SQLITE_CANTOPEN": "a file that cannot be opened",
    "SQLITE_BUSY": "a file that another program holds",
}


def _why(error: BaseException) -> str:
    """Return in words why a database did not answer; never its own message, which may quote a value."""
    name = str(getattr(error, "sqlite_errorname", ""))
    return next((words for code, words in _WHY.items() if name.startswith(code)), type(error).__name__)


class _Guarded:
    """A transaction whose failures are told in our words, without a statement or a value of it."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store, self._transaction = store, engine.begin()

    def __enter__(self) -> Connection:
        try:
            return self._transaction.__enter__()
        except DBAPIError as error:
            raise self._store._closed(_why(error.orig or error)) from None

    def __exit__(self, *raised: Any) -> None:
        try:
            self._transaction.__exit__(*raised)
        except DBAPIError as error:
            raise self._store._closed(_why(error.orig or error)) from None
        if isinstance(raised[1], DBAPIError):
            raise self._store._closed(_why(raised[1].orig or raised[1])) from None
        if isinstance(raised[1], (json.JSONDecodeError, zlib.error)):
            # The file opens and its pages fit, yet what stands in them is not what was written.
            raise self._store._damaged() from None


def no_entry() -> Forbidden:
    """Return the one answer to who may not enter, so that nobody learns which links exist."""
    return Forbidden("a workspace opens to its people only", got="a link or role that does not allow this",
                     do="Ask its owner for access.")  # fmt: skip


def _event(row: Row[Any]) -> Event:
    return Event(
        place=row.place,
        id=row.id,
        actor=Actor(key=row.actor, name=row.name, source=row.source),
        kind=row.kind,
        subject=row.subject,
        version=row.version,
        at=row.at,
        payload=json.loads(row.payload),
        digest=row.digest,
    )
