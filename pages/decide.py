"""Decide, the page that asks: what do we choose, and who stands behind it."""

from __future__ import annotations

import streamlit as st

from core.team.minutes import minutes
from pages.components import ballot, conflict, discuss, identity, meeting, people, proposal, shortlist, team
from pages.components.boot import ensure_entry
from pages.components.shell import empty, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()


def page(key: str, space: Workspace | None) -> None:
    """Draw the meeting from top to bottom: shortlist, questions, discussion, vote, decision, minutes.

    Every part has a container of its own that is always there: Streamlit builds a text box anew, and forgets what is
    being typed in it, as soon as the number of elements before it changes (docs/decisions.md).
    """
    found = team.found(key)
    if found is None:
        return
    here, board = found
    notice, lead, listed = (st.container() for _ in range(3))
    left, right = st.columns(2, gap="large")
    decided, minuted = (st.container() for _ in range(2))
    with notice:
        team.problems()
        conflict.show(here)
        if space is None:
            st.info(
                "The table of this workspace is no longer in memory. What was shortlisted, said and decided is kept "
                "here; to measure again, load the table again.",
                icon=":material/history:",
            )
        if here.may("member"):
            identity.ask_name("decide", "Comments, votes and signatures carry it.")
    with lead, told():
        meeting.bar(here, board)
        meeting.show(here, board, space)
    with listed, told():
        st.header("The shortlist, side by side", anchor=False)
        shortlist.show(here, board, space)
    with left:
        asked, voted = st.container(), st.container()
        with asked, told():
            st.header("Open questions", anchor=False)
            discuss.questions(here, board)
        with voted, told():
            st.header("Blind vote", anchor=False)
            ballot.show(here, board)
    with right, told():
        st.header("Discussion", anchor=False)
        discuss.comments(here, board, every=True)
    with decided, told():
        st.header("The decision", anchor=False)
        proposal.show(here, board, space)
    with minuted.expander("Minutes, as they wrote themselves", key="minutes"):
        lines = [f"- {line.at[:10]} {line.at[11:16]} UTC, **{plain(line.name)}** ({line.source}) {plain(line.text)}"
                 for line in minutes(here.events())]  # fmt: skip
        st.markdown("\n".join(lines[-200:]))


st.title("What do we choose, and who stands behind it?", anchor=False)
space = workspace()
key = st.query_params.get("ws") or st.session_state.get("ws")
if key and team.may(key, "viewer"):
    if space is None:
        people.show(key)
    with team.one_look(team.room(key)):
        page(key, space)
else:
    empty("There is nothing to decide yet. Load the census sample, or upload your own table.")
