"""Connections to the store's database: how SQLite keeps what it acknowledged, and waits for others."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection

BUSY_SECONDS = 20


def _patiently(cursor: Any, statement: str) -> None:
    """Run a statement that SQLite refuses at once while another process opens the file: it does not wait then."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


def engine_of(url: str, lite: bool, in_memory: bool) -> Engine:
    """Return the engine of a store; a new SQLite connection keeps what it acknowledged through a power cut."""
    if not lite:
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    options: dict[str, Any] = {}
    if in_memory:
        from sqlalchemy.pool import StaticPool

        options["poolclass"] = StaticPool
    engine = create_engine(
        url, hide_parameters=True, connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS}, **options
    )

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, below
        cursor = connection.cursor()
        # FULL: an acknowledged event survives a power cut too. Deleted text is overwritten, not left in free pages.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            _patiently(cursor, f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A reader that turns into a writer midway would be refused at once; writers therefore wait at the door.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")

    return engine
