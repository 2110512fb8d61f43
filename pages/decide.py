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
    """Draw the meeting from top to bottom: shortlist, questions, discussion, vote, decision, minutes."""
    found = team.found(key)
    if found is None:
        return
    here, board = found
    team.problems()
    conflict.show(here)
    if space is None:
        st.info(
            "The table of this workspace is no longer in memory. What was shortlisted, said and decided is kept here; "
            "to measure again, load the table again.",
            icon=":material/history:",
        )
    if here.may("member"):
        identity.ask_name("decide", "Comments, votes and signatures carry it.")
    with told():
        meeting.bar(here, board)
        meeting.show(here, board, space)
    st.subheader("The shortlist, side by side", anchor=False)
    with told():
        shortlist.show(here, board, space)
    left, right = st.columns(2, gap="large")
    with left, told():
        st.subheader("Open questions", anchor=False)
        discuss.questions(here, board)
        st.subheader("Blind vote", anchor=False)
        ballot.show(here, board)
    with right, told():
        st.subheader("Discussion", anchor=False)
        discuss.comments(here, board, every=True)
    st.subheader("The decision", anchor=False)
    with told():
        proposal.show(here, board, space)
    with st.expander("Minutes, as they wrote themselves", key="minutes"):
        lines = [f"- {line.at[:10]} {line.at[11:16]} UTC, **{plain(line.name)}** ({line.source}) {plain(line.text)}"
                 for line in minutes(here.events())]  # fmt: skip
        st.markdown("\n".join(lines[-200:]))


st.title("What do we choose, and who stands behind it?", anchor=False)
space = workspace()
key = st.query_params.get("ws") or st.session_state.get("ws")
if key and team.may(key, "viewer"):
    if space is None:
        people.show(key)
    page(key, space)
else:
    empty("There is nothing to decide yet. Load the census sample, or upload your own table.")
