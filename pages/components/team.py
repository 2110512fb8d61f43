"""The team's side of a workspace: who may enter, what stands on the board, limits that everybody shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import streamlit as st

from core.errors import UserError
from core.team.board import NOBODY, Board
from core.team.decision import state_of
from core.team.events import Conflict, Forbidden
from core.team.room import Room
from core.team.store import Store
from pages.components import identity
from pages.components.vault import Workspace


def store() -> Store:
    """Return the server's store, or raise the `UserError` that says why it cannot be opened."""
    from pages.components.shell import house

    return house().store()


def room(workspace: str) -> Room:
    """Return this person's side of a workspace; it reads only what is new since the last look."""
    who, held = identity.actor(), st.session_state.get("_room")
    if not isinstance(held, Room) or (held.workspace, held.actor, held.store) != (workspace, who, store()):
        held = Room(store(), workspace, who)
        st.session_state["_room"] = held
    return held


@contextmanager
def one_look(here: Room) -> Iterator[None]:
    """Let everything that is drawn inside share one look at the record; every act looks again by itself.

    A page asks a dozen times what it may show, and each question is a query that other people's pages wait for.
    """
    here.shared = False
    here.may("viewer")
    here.shared = True
    try:
        yield
    finally:
        here.shared = False


def role(workspace: str) -> str:
    """Return this person's role; who brought the table keeps it while the store does not answer."""
    brought = workspace in st.session_state.get("brought", ())
    try:
        found = room(workspace).role
        if found == NOBODY and brought and store().head(workspace) is None:
            return "owner"  # the store did not answer when the table was brought
        return found
    except UserError:
        return "owner" if brought else NOBODY


def may(workspace: str, needed: str) -> bool:
    """Say whether this person has at least a role."""
    order = (NOBODY, "viewer", "member", "owner")
    return order.index(role(workspace)) >= order.index(needed)


def found(workspace: str) -> tuple[Room, Board] | None:
    """Return room and board for drawing; where the store does not answer, say so and return None."""
    from pages.components.shell import show_error

    try:
        here = room(workspace)
        if here.actor.name and here.may("viewer"):
            here.join()
        return here, here.board()
    except Forbidden:
        return None
    except UserError as error:
        show_error(error)
        return None


def open_in_store(space: Workspace) -> None:
    """Give a workspace its place in the store; what is there already takes over the limits of the draft."""
    try:
        if store().head(space.id) is None:
            limits = [dict(block) for block in space.draft.get("requirement", [])]
            title = str(space.draft.get("study", {}).get("name") or space.name)
            # The sample's name, not a cell: whose table is gone after a restart loads it again with one click.
            said = {"name": title, "requirements": limits, **({"sample": space.sample} if space.sample else {})}
            store().create(identity.actor(), said, workspace=space.id)
        else:
            adopt(space)
    except UserError:
        return  # every page that needs the store says what is wrong; measuring goes on without it


def sync(space: Workspace) -> None:
    """Keep draft and board alike: a limit that somebody set elsewhere comes in, one that the draft got goes out."""
    try:
        here = room(space.id)
        board = here.board()
        with space.lock:
            draft = [dict(block) for block in space.draft.get("requirement", [])]
            mark, known = (board.head, draft), space.limits_known
            if space.limits_at == mark:
                return
            stands = [dict(limit.block) for limit in board.limits]
            known = stands if known is None else known
            if _texts(draft) != _texts(known):
                # Something else than a limit's own control changed the draft: a study that was loaded, another target.
                changed_there = {b["name"] for b in stands} if _texts(stands) != _texts(known) else set()
                if here.may("member") and not changed_there:
                    adopt(space)
                    stands = draft
            if _texts(stands) != _texts(draft):
                space.draft["requirement"] = stands
                space.limits_changed()
            space.limits_known = [dict(block) for block in stands]
            space.limits_at = (here.board().head, [dict(b) for b in space.draft.get("requirement", [])])
    except UserError:
        return


def _texts(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in block.items() if v not in (None, "")} for block in blocks]


def adopt(space: Workspace) -> None:
    """Write the draft's limits to the board after something else than a limit's own control changed them."""
    here = room(space.id)
    old = {limit.name: limit for limit in here.board().limits}
    wanted = {str(block["name"]): block for block in space.draft.get("requirement", [])}
    for name in old.keys() - wanted.keys():
        here.drop_limit(name)
    for name, block in wanted.items():
        if name not in old or _texts([old[name].block]) != _texts([block]):
            here.set_limit(block)


def set_limit(space: Workspace, block: Mapping[str, Any], expected: int | None) -> None:
    """Change a limit for everybody; a change that somebody else made meanwhile is kept and shown beside this one."""
    with kept():
        room(space.id).set_limit(block, expected)
    sync(space)


def drop_limit(space: Workspace, name: str, expected: int | None) -> None:
    """Take a limit away for everybody."""
    with kept():
        room(space.id).drop_limit(name, expected)
    sync(space)


def version_of(space: Workspace, name: str) -> int | None:
    """Return the version of a limit that is on screen; None where the store does not answer."""
    try:
        limit = room(space.id).board().limit(name)
    except UserError:
        return None
    return None if limit is None else limit.version


def freeze(space: Workspace) -> str | None:
    """Keep the result as it stands for ever, and return its hash; None before anything was measured."""
    snapshot = space.snapshot()
    if snapshot is None or space.table is None or space.schema is None:
        return None
    body = state_of(snapshot.result, space.draft, space.schema.to_json(), space.table.fingerprint, space.sample)
    return room(space.id).freeze(body)


@contextmanager
def kept() -> Iterator[None]:
    """Run what a button does; a `UserError` is shown when the page is drawn, and what was typed stays."""
    try:
        yield
    except Conflict as conflict:
        st.session_state["conflict"] = conflict
    except UserError as error:
        st.session_state["act_problem"] = error


def tried(act: Callable[[], object]) -> bool:
    """Do something and say whether it went well; what went wrong is shown when the page is drawn."""
    done: list[object] = []
    with kept():
        done.append(act())
    return bool(done)


def problems() -> None:
    """Show what went wrong with the last act."""
    from pages.components.shell import show_error

    if (error := st.session_state.pop("act_problem", None)) is not None:
        show_error(error)


def state(here: Room, name: str) -> dict[str, Any] | None:
    """Return a frozen state; what never changes is read once a session."""
    held: dict[str, Any] = st.session_state.setdefault("_states", {})
    key = f"{here.workspace}-{name}"
    if key not in held:
        here.board()  # the role is checked before anything is read
        found = here.state(name)
        if found is None:
            return None
        while len(held) >= 8:
            held.pop(next(iter(held)))
        held[key] = found
    return held[key] if here.may("viewer") else None
