"""The blind vote: everybody chooses with a reason, nobody sees another's choice before all are shown at once."""

from __future__ import annotations

import streamlit as st

from core.team.board import Board, Round
from core.team.room import Room
from pages.components import identity, said, team
from pages.components.words import plain

NONE = "None of them"


def label(choice: str) -> str:
    """Return what a choice is called."""
    return choice or NONE


def show(here: Room, board: Board) -> None:
    """Draw the vote that is on, or a way to open one, and the votes before."""
    now, before = st.container(), st.container()
    waiting = next((r for r in board.rounds if r.revealed is None), None)
    with now:
        if waiting is not None:
            _cast(here, waiting)
        elif here.may("member"):
            _open(here, board)
    with before:
        for done in reversed([r for r in board.rounds if r.revealed is not None]):
            result(done)


def _open(here: Room, board: Board) -> None:
    if not board.shortlist:
        st.caption("Put settings on the shortlist first; the vote is between them.")
        return
    if not identity.has_name():
        return
    choices = tuple(c.point for c in board.shortlist)
    question = st.text_input("What is the vote about", "Which setting do we choose?", key=f"ask-{here.workspace}",
                             max_chars=400)  # fmt: skip

    def opened() -> None:
        with team.kept():
            here.open_round(question, choices[:12])

    st.button("Start a blind vote", key="open-vote", icon=":material/how_to_vote:", on_click=opened)


def _cast(here: Room, vote: Round) -> None:
    with st.container(border=True):
        st.markdown(f"**{plain(vote.question)}**")
        many = len(vote.voted)
        told = f"{many} {'person has' if many == 1 else 'people have'} voted: {', '.join(map(plain, vote.voted))}."
        st.caption(told if many else "Nobody has voted yet. Choices stay hidden until the vote is revealed.")
        mine = next((v for v in vote.votes if v.by.key == here.actor.key), None)
        yours = st.empty()
        if mine is not None:
            yours.markdown(
                f"You voted for **{plain(label(mine.choice))}**. Nobody else sees that yet; you may change it."
            )
        if not here.may("member") or not identity.has_name():
            return
        with st.form(f"vote-{vote.id}", border=False):
            choice = st.radio("Your choice", [*vote.choices, ""], format_func=label, index=None,
                              key=f"choice-{vote.id}")  # fmt: skip
            reason = st.text_area("Your reason", key=f"why-{vote.id}", height=68, max_chars=8000)
            sent = st.form_submit_button("Vote" if mine is None else "Change my vote", type="primary")
        if sent and choice is None:
            st.warning("Choose a setting first; your reason is kept.")
        elif sent:
            with team.kept():
                here.vote(vote.id, str(choice), reason)
            st.rerun()
        if vote.by.key == here.actor.key or here.may("owner"):

            def shown() -> None:
                with team.kept():
                    here.reveal(vote.id)

            st.button("Reveal all votes", key="reveal", icon=":material/visibility:", on_click=shown,
                      disabled=not many)  # fmt: skip


def result(vote: Round) -> None:
    """Draw a vote that was revealed: counts, then each choice with its reason."""
    with st.container(border=True):
        counts = sorted(vote.counts().items(), key=lambda pair: -pair[1])
        told = ", ".join(f"{plain(label(choice))} {count}" for choice, count in counts if count)
        st.markdown(f"**{plain(vote.question)}** {told or 'Nobody voted.'}")
        for one in vote.votes:
            why = f": {plain(one.reason)}" if one.reason else ""
            st.markdown(f"- {said.by(one.by, one.at)}: **{plain(label(one.choice))}**{why}")
