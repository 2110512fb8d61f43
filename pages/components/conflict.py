"""Two people wrote the same thing at once: both texts, and three ways on. Nobody's text is lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.verdict import limit_text
from core.charts.words import mapping
from core.team.events import Conflict
from core.team.room import Room
from pages.components import said, team
from pages.components.words import plain


def texts(payload: Mapping[str, Any]) -> list[str]:
    """Return what was written, line by line, for two columns side by side."""
    block = mapping(payload.get("block"))
    if block:
        return [limit_text(block), *(f"{k}: {block[k]}" for k in ("owner", "reason", "source") if block.get(k))]
    if set(payload) == {"name"}:
        return [f"{payload['name']}: taken away"]
    shown = [("question", ""), ("text", ""), ("why", ""), ("owner", "responsible: "), ("review", "review by ")]
    told = [f"{before}{payload[key]}" for key, before in shown if payload.get(key)]
    return told + [f"condition: {line}" for line in payload.get("conditions") or ()]


def show(here: Room) -> None:
    """Draw the conflict that waits for an answer."""
    found = st.session_state.get("conflict")
    if not isinstance(found, Conflict):
        return
    theirs = found.theirs
    with st.container(border=True, key="conflict"):
        st.warning(f"{said.by(theirs.actor, theirs.at)} changed this while you did. Nothing is lost: choose.",
                   icon=":material/merge:")  # fmt: skip
        left, right = st.columns(2)
        with left:
            st.markdown("**Yours**, not written yet")
            st.code("\n".join(texts(found.mine)) or "(nothing)", language=None, wrap_lines=True)
        with right:
            st.markdown(f"**{plain(theirs.actor.name or 'Theirs')}**, as it stands")
            st.code("\n".join(texts(theirs.payload)) or "(nothing)", language=None, wrap_lines=True)

        def mine() -> None:
            st.session_state.pop("conflict", None)
            with team.kept():
                again(here, found)

        def leave() -> None:
            st.session_state.pop("conflict", None)

        one, two = st.columns(2)
        one.button("Keep mine", key="keep-mine", on_click=mine, width="stretch")
        two.button("Keep theirs", key="keep-theirs", on_click=leave, width="stretch")
        st.caption("To merge them, copy what you want to keep, keep theirs, and change it.")


def again(here: Room, found: Conflict) -> None:
    """Write what was refused, over what stands now."""
    payload, theirs = found.mine, found.theirs
    if "block" in payload:
        here.set_limit(payload["block"], theirs.version)
    elif theirs.subject.startswith("limit:"):
        here.drop_limit(str(payload["name"]), theirs.version)
    elif theirs.subject.startswith("answer:"):
        here.answer(str(payload["question"]), str(payload["text"]), theirs.version)
    elif theirs.subject.startswith("decision:"):
        from datetime import date

        told = dict(payload)
        due = told.pop("review")
        here.propose(**{**told, "conditions": tuple(told["conditions"])}, decision=theirs.subject,
                     review=None if due is None else date.fromisoformat(due), expected=theirs.version)  # fmt: skip
