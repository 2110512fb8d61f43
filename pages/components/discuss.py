"""Comments, about a setting or about all, and the agenda of open questions."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.team.board import Board, Question
from core.team.events import Event
from core.team.room import Room
from pages.components import identity, said, team
from pages.components.words import plain


def comments(here: Room, board: Board, about: str | None = None, every: bool = False) -> None:
    """Draw the comments about a setting, or with `every` all of them, and a box for one more."""
    shown = [c for c in board.comments if every or c.about == about]
    held, box = st.container(), st.container()
    for comment in shown[-50:]:
        with held, st.container(border=True, gap="small"):
            place = f" about **{plain(comment.about)}**" if every and comment.about else ""
            st.markdown(f"{said.by(comment.by, comment.at)}{place}")
            st.markdown(said.lines(comment.text))
            if comment.id in board.undoable:
                said.undo(here, comment.id, f"{about}-{comment.id}")
    if len(shown) > 50:
        held.caption(f"{len(shown) - 50} earlier comments are in the minutes.")
    if not here.may("member"):
        return
    key = f"comment-{here.workspace}-{about}"
    with box:
        if identity.has_name():
            said.write("Your comment", "Say it", key, lambda text, id: here.comment(text, about, id))


def _settles(here: Room, question: Question) -> Callable[[str, str], Event]:
    return lambda text, _: here.answer(question.id, text, question.version)


def questions(here: Room, board: Board) -> None:
    """Draw the agenda in the order in which it came; what was answered keeps its place."""
    held, box = st.container(), st.container()
    if not board.questions:
        held.caption("No open questions.")
    for question in board.questions:
        with held, st.container(border=question.answer is None, gap="small"):
            if question.answer is not None:
                who = question.settled_by.name if question.settled_by else ""
                st.markdown(f":material/check: {plain(question.text)}  \n{plain(question.answer)} ({plain(who)})")
                continue
            st.markdown(f":material/help: {plain(question.text)}")
            st.caption(f"Asked by {said.by(question.by, question.at)}")
            if here.may("member") and here.actor.name:
                said.write("Answer", "Settle it", f"answer-{question.id}", _settles(here, question), height=68)
                event = question.id.removeprefix("question:")
                if event in board.undoable:
                    said.undo(here, event, question.id)
    if here.may("member") and here.actor.name:
        with box:
            said.write("A question for the agenda", "Put it on the agenda", f"question-{here.workspace}",
                       lambda text, id: here.question(text, id), height=68)  # fmt: skip


def point_buttons(workspace: str, space: object, point: str) -> None:
    """Draw Shortlist and Discuss for the setting that is open on the Trade-off page."""
    from pages.components.vault import Workspace

    found = team.found(workspace)
    if found is None or not isinstance(space, Workspace):
        return
    here, board = found
    listed = next((c for c in board.shortlist if c.point == point), None)
    about = sum(c.about == point for c in board.comments)

    def put() -> None:
        with team.kept():
            state = team.freeze(space)
            if state is not None:
                here.shortlist(point, state)

    left, right = st.columns(2)
    if listed is None:
        left.button("Shortlist", key=f"shortlist-{point}", icon=":material/playlist_add:", on_click=put,
                    disabled=not here.may("member") or space.running, width="stretch",
                    help="Keeps it as it was measured now, for the decision.")  # fmt: skip
    else:
        left.caption(f"On the shortlist, put there by {said.by(listed.by, listed.at)}.")
    with right.popover(f"Discuss ({about})", icon=":material/forum:", width="stretch", key=f"discuss-{point}"):
        comments(here, board, about=point)
