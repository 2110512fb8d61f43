"""Who is here, the link to share, roles; and the look every two seconds whether somebody else did something."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

import streamlit as st

from core.errors import UserError
from core.team.board import LINKS, NOBODY, ROLES, Board
from core.team.room import Room
from pages.components import identity, team
from pages.components.turns import Turns
from pages.components.words import plain

POLL_SECONDS = 2
AWAY_SECONDS = 8
LINK_WORDS = {
    "member": "take part: comment, vote, change settings",
    "viewer": "look on",
    NOBODY: "nothing: people ask, and an owner lets them in",
}


class Presence:
    """Who has which workspace open at the moment, in this server's memory only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._seen: dict[str, dict[str, tuple[str, float]]] = {}

    def here(self, workspace: str, key: str, name: str) -> list[str]:
        """Note that somebody is here, and return the names of everybody who is; "" for a person without a name."""
        now = self._clock()
        with self._lock:
            seen = self._seen.setdefault(workspace, {})
            seen[key] = (name, now)
            for other in [k for k, (_, at) in seen.items() if now - at > AWAY_SECONDS]:
                del seen[other]
            return [name for name, _ in seen.values()]


def _presence() -> Presence:
    from pages.components.shell import house

    return house().presence


def _turns() -> Turns:
    from pages.components.shell import house

    return house().turns


def present(names: list[str]) -> str:
    """Return who is here in words.

    >>> present(["Ana"]), present(["Ana", "", "Ben", ""])
    ('Only you', '4 here')
    """
    return "Only you" if len(names) <= 1 else f"{len(names)} here"


def show(workspace: str) -> None:
    """Draw who is here with the link to share, and follow what others do."""
    found = team.found(workspace)
    if found is None:
        return
    here, board = found
    st.session_state["_head"] = (workspace, board.head)
    _follow(here)
    names = _presence().here(workspace, here.actor.key, here.actor.name)
    with st.popover(f"{present(names)} · Share", icon=":material/group:", key="people", width="stretch"):
        told = [plain(name or "somebody without a name") for name in names]
        st.markdown(f"**Here now:** {', '.join(told)}")
        if not identity.login_configured():
            _name(here)
        _share(here, board)
        _frozen(here)
        if here.may("owner"):
            _roles(here, board)


@st.fragment(run_every=POLL_SECONDS)
def _follow(here: Room) -> None:
    """Draw the page anew when somebody did something, in its turn; a page that nobody changed is left alone."""
    workspace, head = st.session_state.get("_head", ("", 0))
    _presence().here(here.workspace, here.actor.key, here.actor.name)
    try:
        changed = workspace == here.workspace and here.changed_since(head)
    except UserError:
        return  # the next look tells, and so does every act
    who = f"{here.workspace} {here.actor.key}"
    if changed and _turns().take(who):
        st.session_state["_turn"] = who
        st.rerun()


def drawn() -> None:
    """End the turn of a page that was drawn anew because of somebody else's act."""
    if who := st.session_state.pop("_turn", None):
        _turns().done(who)


def _name(here: Room) -> None:
    # The key holds the name: what is put into the session's state does not reach a popover that is closed.
    key = f"my-name-{here.actor.name}"

    def named() -> None:
        identity.call(st.session_state[key])

    st.text_input("Your name, recorded as typed", here.actor.name, key=key, max_chars=80, on_change=named)


def address(page: str = "", **more: str) -> str:
    """Return the link to a page of this server; without a page, to the one on screen."""
    parts = urlsplit(str(st.context.url or ""))
    path = f"{parts.path.rpartition('/')[0]}/{page}" if page else parts.path
    return urlunsplit((parts.scheme, parts.netloc, path, "&".join(f"{k}={v}" for k, v in more.items()), ""))


def _share(here: Room, board: Board) -> None:
    st.markdown("**Share this link**")
    st.code(address(ws=here.workspace), language=None)
    gives = LINK_WORDS[board.link]
    if not here.may("owner"):
        st.caption(f"Who has only the link may: {gives}.")
        return
    key = f"link-{here.workspace}-{board.link}"

    def changed() -> None:
        with team.kept():
            here.protect(st.session_state[key])

    st.radio("Who has only the link may", LINKS, LINKS.index(board.link), key=key, on_change=changed,
             format_func=lambda gives: LINK_WORDS[gives])  # fmt: skip


def _frozen(here: Room) -> None:
    """Draw the way to a link that shows the chart as it stands now, for ever."""
    from pages.components.shell import house

    space = house().vault.get(here.workspace)
    if space is None or space.job is None or space.running or not here.may("member"):
        return
    if st.button("Freeze the chart and get its link", key="freeze", icon=":material/ac_unit:"):
        with team.kept():
            st.session_state["frozen_now"] = (here.workspace, team.freeze(space))
    held = st.session_state.get("frozen_now")
    if held and held[0] == here.workspace and held[1]:
        st.code(address("trade_off", ws=here.workspace, state=held[1][:12]), language=None)
        st.caption("It shows what is measured now, whatever is run later.")


def _roles(here: Room, board: Board) -> None:
    for person in board.asked:
        st.markdown(f"**{plain(person.name)}** ({person.source}) asks for access.")
        for place, role in zip(st.columns(3), ("member", "viewer", NOBODY), strict=True):
            label = {"member": "Let in", "viewer": "Let look", NOBODY: "Not now"}[role]
            place.button(label, key=f"let-{person.key}-{role}", on_click=_grant, args=(here, person.key, role))
    for person in board.people:
        if person.key == here.actor.key:
            continue
        key = f"role-{person.key}-{person.role}"

        def given(key: str = key, who: str = person.key) -> None:
            _grant(here, who, st.session_state[key])

        label = f"{plain(person.name or 'somebody without a name')} ({person.source})"
        roles = (*ROLES, NOBODY)
        st.selectbox(label, roles, roles.index(person.role), key=key, on_change=given)


def _grant(here: Room, person: str, role: str) -> None:
    with team.kept():
        here.grant(person, role)


def ask_access(workspace: str) -> None:
    """Draw what somebody sees whom the link does not let in; alike for a workspace that does not exist."""
    st.info(
        "This link shows nothing to you: either there is nothing behind it, or its owner lets in only people they "
        "know. If you were sent it, ask for access; the owner sees your name and decides.",
        icon=":material/lock:",
    )
    if not identity.ask_name("access", "The owner sees this name."):
        return
    if st.button("Ask for access", key="ask-access", icon=":material/front_hand:"):
        with contextlib.suppress(UserError):  # whether it exists, or was asked before, is not told
            team.room(workspace).ask()
        st.session_state["asked"] = workspace
    if st.session_state.get("asked") == workspace:
        st.success("If there is such a workspace, its owner sees your question now. This page opens once they agree.")
        _wait(workspace)


@st.fragment(run_every=POLL_SECONDS)
def _wait(workspace: str) -> None:
    if team.may(workspace, "viewer"):
        st.rerun()
