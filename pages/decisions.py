"""Decisions, the page that asks: what did we decide, and does it still hold."""

from __future__ import annotations

import streamlit as st

from core.team.decisions import STATES, Listed, decisions_of
from pages.components import identity, proposal, recheck_view, team
from pages.components.boot import ensure_entry
from pages.components.shell import told, workspace
from pages.components.words import plain

ensure_entry()


def chosen(every: list[Listed]) -> list[Listed]:
    """Draw the filters and return what is left."""
    left, right = st.columns([3, 2])
    present = [state for state in STATES if any(one.state == state for one in every)]
    states = left.pills("State", present, selection_mode="multi", default=present, key="decision-states",
                        format_func=str.capitalize, persist_state="session")  # fmt: skip
    text = right.text_input("Search in question, setting, reasons and names", key="decision-text",
                            persist_state="session")  # fmt: skip
    return [one for one in every if one.state in states and one.about(text.strip())]


def rows(listed: list[Listed]) -> list[dict[str, str]]:
    """Return the decisions as rows of text."""
    return [
        {
            "State": one.state,
            "Setting": one.decision.point,
            "Question": one.decision.question,
            "Workspace": one.name,
            "Responsible": one.decision.owner,
            "Signed": ", ".join(s.by.name for s in one.decision.signed),
            "Refused": ", ".join(s.by.name for s in one.decision.refused),
            "Review by": one.decision.review or "no date",
            "Closed": (one.decision.concluded_at or "")[:10],
        }
        for one in listed
    ]


def show() -> None:
    """Draw the list, and the decision that is chosen in it."""
    every = decisions_of(team.store(), identity.actor(), proposal.today())
    if not every:
        st.info("Nothing has been proposed in a workspace that you took part in. Decisions are made on Decide.")
        return
    listed = chosen(every)
    if not listed:
        st.info("No decision fits the filters.")
        return
    picked = st.dataframe(rows(listed), hide_index=True, key="decisions", on_select="rerun",
                          selection_mode="single-row", alt="Decisions, the latest first")  # fmt: skip
    places = picked["selection"]["rows"]
    if not places or places[0] >= len(listed):
        st.caption("Choose a row to see who signed, on what evidence, and whether it still holds on new data.")
        return
    one = listed[places[0]]
    here = team.room(one.workspace)
    board = here.board()
    st.page_link("pages/decide.py", label=f"Open the workspace {plain(one.name)}", query_params={"ws": one.workspace},
                 icon=":material/open_in_new:")  # fmt: skip
    open_now = workspace()
    space = open_now if open_now is not None and open_now.id == one.workspace else None
    with st.container(border=True):
        proposal.card(here, board, one.decision, space)
    found = proposal.file_of(here, board, one.decision, space)
    if found is not None:
        recheck_view.show(space, found)


st.title("What did we decide, and does it still hold?", anchor=False)
with told():
    show()
