"""The tables of the store, alike in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
LAYOUT = 1
"""Number of this layout; a store written by a later one is refused."""

META = Table("middleground", METADATA, Column("layout", Integer, primary_key=True))

WORKSPACES = Table(
    "workspaces",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("head", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("workspace", String(64), ForeignKey("workspaces.id"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("id", String(64), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject", String(256), nullable=False),
    Column("version", Integer, nullable=False),
    Column("payload", Text, nullable=False),
    Column("at", String(32), nullable=False),
    Column("digest", String(64), nullable=False),
    PrimaryKeyConstraint("workspace", "place"),
    UniqueConstraint("workspace", "id"),
    # What makes a lost update impossible, whatever the code above it does.
    UniqueConstraint("workspace", "subject", "version"),
)
Index("events_by_actor", EVENTS.c.actor)

STATES = Table(
    "states",
    METADATA,
    Column("workspace", String(64), ForeignKey("workspaces.id"), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("workspace", "hash"),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("workspace", String(64), ForeignKey("workspaces.id"), primary_key=True),
    Column("name", Text, nullable=False),
    Column("source", String(16), nullable=False),
    Column("at", String(32), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),
)
"""The last sweep of a workspace as far as it came, written over while it runs; no part of the record."""
