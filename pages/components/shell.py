"""What surrounds every page: the one house, the current workspace, the bar on top, errors."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import streamlit as st

from core.engine.cluster import ClusterEngine
from core.engine.jobs import Job
from core.errors import UserError
from core.team.store import no_entry
from pages.components import identity, people, style, team, unit
from pages.components.house import House
from pages.components.vault import Workspace
from pages.components.words import passing, plain

PAGES = {
    "start": "pages/start.py",
    "data": "pages/data.py",
    "groups": "pages/groups.py",
    "techniques": "pages/techniques.py",
    "trade_off": "pages/trade_off.py",
    "decide": "pages/decide.py",
    "methods": "pages/methods.py",
}
WHERE = "in memory on this server{}, forgotten after 30 min idle"


@st.cache_resource(show_spinner=False, on_release=House.close)
def house() -> House:
    """Return the one house of this server process."""
    return House()


def workspace() -> Workspace | None:
    """Return the workspace that the link names, else the one this session works on; keep the link up to date."""
    linked, own = st.query_params.get("ws"), st.session_state.get("ws")
    wanted = linked or own
    if wanted and not team.may(wanted, "viewer"):
        # The same answer whether there is such a workspace or not; nothing of it is touched.
        st.session_state["gone"], st.session_state["refused"] = True, wanted
        return None
    st.session_state.pop("refused", None)
    space = house().vault.get(wanted)
    if space is None:
        st.session_state["gone"] = bool(wanted)
        if wanted and linked != wanted:
            st.query_params["ws"] = wanted
        st.session_state["ws"] = wanted  # so that every page knows what is gone, and offers the way on
        return None
    team.sync(space)
    if own != space.id:
        st.session_state.pop("point", None)
    st.session_state["ws"], st.session_state["gone"] = space.id, False
    if linked != space.id:
        st.query_params["ws"] = space.id
    return space


def keep(key: str, value: Any) -> None:
    """Let a widget show what the draft says, and leave it alone when it does: what somebody is typing stays."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def enter(space: Workspace) -> None:
    """Make this workspace the one that the session works on."""
    st.session_state["ws"] = space.id
    st.session_state["brought"] = {*st.session_state.get("brought", ()), space.id}
    st.session_state.pop("point", None)
    team.open_in_store(space)


def brought(space: Workspace) -> bool:
    """Say whether this person may hand rows over: an owner of the workspace; of a sample, which is public, anybody."""
    return space.owner == "sample" or team.role(space.id) == "owner"


def link(page: str, space: Workspace) -> None:
    """Go to a page with the workspace in its address."""
    st.switch_page(PAGES[page], query_params={"ws": space.id})


def start_sweep(space: Workspace) -> None:
    """Start the sweep that the draft describes, or raise the `UserError` that says what is wrong."""
    if space.table is None:
        raise UserError("a sweep needs a table", got="none", do="Load a sample, or upload a table on the Data page.")
    if space.running:
        return
    if not team.may(space.id, "member"):
        raise no_entry()
    if unit.compares_private(space):
        unit.demand(space)
    house().ready()
    looks = int(space.looks.get("count", 0))
    job = Job(space.study(), space.table, owner=space.id, previews=looks)
    with space.lock:
        who = identity.actor()
        by = (who.name, who.source)
        space.job, space.last, space.notes = job, None, {"stale": True, "clicked": time.monotonic(), "by": by}
    house().dispatcher.start(job)
    house().keeper.follow(space)


@contextmanager
def told() -> Iterator[None]:
    """Show a `UserError` as three parts; anything else is a bug and is told by a reference number only."""
    try:
        yield
    except UserError as error:
        show_error(error)
    except Exception as error:
        if type(error).__module__.startswith("streamlit"):
            raise
        number = secrets.token_hex(3)
        from pages.components.redact import where

        print(f"reference {number}: {type(error).__name__} (message withheld) at {where(error.__traceback__)}")  # noqa: T201
        st.error(
            f"This is a mistake of the program, not yours. Nothing that you entered is lost. Reference {number}; "
            "the server's log says where it happened, without any of your data.",
            icon=":material/report:",
        )


def show_error(error: UserError) -> None:
    """Show what, what was got and what to do."""
    what = error.what[:1].upper() + error.what[1:]
    st.error(f"**{plain(what)}.** Found: {plain(error.got)}. {plain(error.do)}", icon=":material/error:")


def bar(space: Workspace | None) -> None:
    """Draw the bar on top of every page: study, table and where it lives, requirements met, forget."""
    style.put()
    identity.remember()
    if space is None:
        return
    name, rows, met, here, forget = st.columns([2.0, 2.8, 1.8, 1.5, 1.9], vertical_alignment="center")
    title = space.draft.get("study", {}).get("name") or space.name or "New study"
    name.markdown(f"**{plain(title)}**")
    if space.table is None:
        rows.caption("No table yet")
    else:
        count = f"{len(space.table):,} rows of {space.table.people:,} people"
        copies = " and your cluster" if isinstance(house().workers, ClusterEngine) else ""
        rows.caption(f"{count} · {WHERE.format(copies)}")
    snapshot = space.snapshot()
    if snapshot is not None:
        counts = passing(snapshot.result)
        total = sum(counts.values())
        met.caption(f"{counts['yes']} of {total} settings meet every limit")
    with here:
        people.show(space.id)
    if team.may(space.id, "member") and forget.button("Forget this data now", key="forget", icon=":material/delete:"):
        forget_now(space)


def forget_now(space: Workspace) -> None:
    """Forget the table everywhere and go to the start, which says so."""
    house().vault.forget(space.id)
    with suppress(UserError):  # where the store does not answer, nothing can be kept either
        house().keeper.drop(space.id)
    for key in ("ws", "point"):
        st.session_state.pop(key, None)
    st.session_state["forgotten"] = True
    st.query_params.clear()
    st.switch_page(PAGES["start"])


def empty(what: str, button: str = "Go to Start") -> None:
    """Draw a page that has nothing to show yet: why, and one button; to who may not enter, a way to ask."""
    refused = st.session_state.get("refused")
    if refused is not None:
        people.ask_access(refused)
    elif st.session_state.get("gone"):
        from pages.components.resume import offer

        offer()
    else:
        st.info(what, icon=":material/info:")
    if st.button(button, type="primary", key="empty"):
        st.query_params.clear()
        st.session_state.pop("ws", None)
        st.switch_page(PAGES["start"])


def onlooker(space: Workspace) -> bool:
    """Say to somebody who may only look that this page is for changing things; return whether that is so."""
    if team.may(space.id, "member"):
        return False
    st.info(
        "You look on: only members change the table, its columns and the settings. The chart, the discussion and the "
        "report are open to you.",
        icon=":material/visibility:",
    )
    return True
