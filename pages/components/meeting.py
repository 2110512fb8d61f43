"""Meeting mode: somebody leads, step by step in large type, and everybody who follows sees the same."""

from __future__ import annotations

import streamlit as st

from core.charts.verdict import sentence
from core.team.board import Board
from core.team.decision import point_of
from core.team.room import Room
from pages.components import drawing, team
from pages.components.proposal import STATES, today
from pages.components.shortlist import MOST, lines_of, table_of
from pages.components.vault import Workspace
from pages.components.words import plain

STEPS = ("Where we stand", "The shortlist", "Open questions", "The vote", "The decision")
LARGE = (
    "<style>.st-key-presented p,.st-key-presented li,.st-key-presented td,.st-key-presented th{font-size:1.45rem;"
    "line-height:1.45}.st-key-presented h2{font-size:2.3rem}</style>"
)


def bar(here: Room, board: Board) -> None:
    """Draw who leads, and the way to lead or to follow."""
    leading = board.presenting
    mine = leading is not None and leading["key"] == here.actor.key
    if leading is None:
        if here.may("member") and st.button("Lead the meeting", key="lead", icon=":material/co_present:"):
            team.tried(lambda: here.present(0))
            st.rerun()
        return
    step = _step(leading.get("step"))
    if not mine:
        name = plain(leading["by"] or "somebody")
        left, right = st.columns([4, 2], vertical_alignment="center")
        left.markdown(f":material/co_present: **{name}** leads the meeting: {STEPS[step]}.")
        right.toggle("Follow", True, key="follow", persist_state="session")
        if here.may("owner"):
            right.button("End leading", key="end-lead", type="tertiary", on_click=_end, args=(here,))
        return
    back, told, on, end = st.columns([1, 3, 1, 1], vertical_alignment="center")

    def go(to: int) -> None:
        team.tried(lambda: here.present(to))

    back.button("Back", key="step-back", shortcut="Left", disabled=step == 0, on_click=go, args=(step - 1,),
                width="stretch")  # fmt: skip
    told.markdown(f"You lead: step {step + 1} of {len(STEPS)}, **{STEPS[step]}**")
    on.button("Next", key="step-next", shortcut="Right", disabled=step + 1 == len(STEPS), on_click=go, args=(step + 1,),
              type="primary", width="stretch")  # fmt: skip
    end.button("End", key="end-lead", on_click=_end, args=(here,), width="stretch")


def _end(here: Room) -> None:
    team.tried(here.stop_presenting)


def _step(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < len(STEPS) else 0


def show(here: Room, board: Board, space: Workspace | None) -> None:
    """Draw what is presented, in large type, for who leads and who follows; below it the page stays as it is."""
    leading = board.presenting
    if leading is None:
        return
    if leading["key"] != here.actor.key and not st.session_state.get("follow", True):
        return
    step = _step(leading.get("step"))
    st.html(LARGE)
    with st.container(border=True, key="presented"):
        st.markdown(f"## {STEPS[step]}")
        (_stand, _shortlist, _questions, _vote, _decision)[step](here, board, space)


def _stand(here: Room, board: Board, space: Workspace | None) -> None:
    snapshot = None if space is None else space.snapshot()
    if space is None or snapshot is None:
        st.markdown("Nothing has been measured in this server's memory. The shortlist shows what was kept.")
        return
    st.markdown(plain(sentence(snapshot.result)))
    dark = st.context.theme.type == "dark"
    figure, info = drawing.chart(space, snapshot.result, dark=dark, selected=None)
    st.plotly_chart(figure, key="presented-chart", theme=None, config={"displayModeBar": False}, alt=info.alt)


def _shortlist(here: Room, board: Board, space: Workspace | None) -> None:
    lines = []
    for candidate in board.shortlist[:MOST]:
        body = team.state(here, candidate.state)
        point = None if body is None else point_of(body, candidate.point)
        if body is not None and point is not None:
            lines.append((plain(candidate.point), {k: plain(v) for k, v in lines_of(point, body["result"]).items()}))
    if lines:
        nothing = {"not measured", "does not arise", "–", "no number", "none"}
        rows = [row for row in table_of(lines) if not {v for k, v in row.items() if k} <= nothing]
        st.table(rows, hide_index=True, alt="The shortlisted settings side by side")
    else:
        st.markdown("Nobody has shortlisted a setting yet.")


def _questions(here: Room, board: Board, space: Workspace | None) -> None:
    waiting = [q for q in board.questions if q.answer is None]
    for question in waiting:
        st.markdown(f"- {plain(question.text)} ({plain(question.by.name)})")
    if not waiting:
        st.markdown("No question is open.")


def _vote(here: Room, board: Board, space: Workspace | None) -> None:
    if not board.rounds:
        st.markdown("No vote has been opened.")
        return
    vote = board.rounds[-1]
    st.markdown(f"**{plain(vote.question)}**")
    if vote.revealed is None:
        st.markdown(f"{len(vote.voted)} have voted. Choices stay hidden until they are revealed. Vote below.")
        return
    for choice, count in sorted(vote.counts().items(), key=lambda pair: -pair[1]):
        st.markdown(f"- **{count}** for {plain(choice or 'none of them')}")
    for one in vote.votes:
        st.markdown(f"- {plain(one.by.name)}: {plain(one.reason or 'no reason given')}")


def _decision(here: Room, board: Board, space: Workspace | None) -> None:
    if not board.decisions:
        st.markdown("Nothing has been proposed.")
        return
    decision = board.decisions[-1]
    sign, word = STATES[decision.status(today())]
    st.markdown(f"{sign} **{plain(decision.point)}**: {word}")
    st.markdown(plain(decision.why))
    for line in decision.conditions:
        st.markdown(f"- Condition: {plain(line)}")
    told = [f"{len(decision.signed)} signed", f"{len(decision.refused)} refused"]
    told.append(f"review by {decision.review}" if decision.review else "no review date")
    st.markdown(" · ".join(told))
