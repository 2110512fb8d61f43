"""Small pieces that every place of discussion shares: who said it when, text boxes that keep their text on an error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from core.team.events import Actor, Event
from core.team.room import Room
from pages.components import team
from pages.components.words import plain


def ago(at: str, now: datetime | None = None) -> str:
    """Return how long ago something was.

    >>> ago("2026-11-23T09:00:00+00:00", datetime(2026, 11, 23, 9, 0, 8, tzinfo=UTC))
    '8 s ago'
    """
    seconds = max(0, round(((now or datetime.now(UTC)) - datetime.fromisoformat(at)).total_seconds()))
    if seconds < 60:
        return f"{seconds} s ago"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    return f"{at[:10]} {at[11:16]} UTC"


def by(who: Actor, at: str) -> str:
    """Return who and when, escaped; a name that nobody verified is marked."""
    mark = "" if who.source == "signed in" else " (as typed)"
    return f"**{plain(who.name or 'somebody without a name')}**{mark}, {ago(at)}"


def lines(text: str) -> str:
    r"""Return somebody's text escaped, its lines kept.

    >>> lines("a\nb")
    'a  \nb'
    """
    return "  \n".join(plain(line) for line in text.splitlines())


def write(
    label: str, button: str, key: str, act: Callable[[str, str], Event], hint: str = "", height: int = 80
) -> None:
    """Draw a text box with its button. The text is cleared once it is written, and stays where that failed.

    Parameters
    ----------
    act : callable
        (text, id) -> event; the id is the box's own, so that a button that is pressed twice writes once.
    """
    from core.team.store import new_id

    turns = st.session_state.setdefault("_turns", {})
    mark = turns.setdefault(key, new_id())
    with st.form(f"form-{key}", border=False):
        text = st.text_area(label, key=f"{key}-{mark}", placeholder=hint, height=height, max_chars=8000)
        sent = st.form_submit_button(button)
    if sent and text.strip():
        if team.tried(lambda: act(text, mark)):
            turns[key] = new_id()
        st.rerun()


def undo(here: Room, event: str, key: str) -> None:
    """Draw the button that takes back something of one's own."""

    def back() -> None:
        with team.kept():
            here.undo(event)

    st.button("Undo", key=f"undo-{key}", type="tertiary", on_click=back)
