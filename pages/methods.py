"""Methods, the page that asks: how are the numbers made."""

from __future__ import annotations

import streamlit as st

from core.methods.entries import KINDS, Entry, Knob, entries, find
from core.methods.glossary import look_up
from core.methods.threat_table import columns
from core.techniques import TECHNIQUES
from pages.components import threats
from pages.components.boot import ensure_entry
from pages.components.shell import empty, told, workspace
from pages.components.stack import FAMILY_WORDS
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()
PARTS = {"stops": "Who is stopped by what", "methods": "Every method", "glossary": "Glossary"}
WORDS = "Search: words that must occur"


def stops(space: Workspace | None) -> None:
    """Draw the table of attackers, with the open workspace's measurements where there are some."""
    snapshot = space.snapshot() if space is not None and space.table is not None else None
    if space is None or space.table is None:
        empty("No table is open, so nothing was measured: the table below says what is known of each technique.")
    elif snapshot is None:
        st.info("Nothing has been measured on your table yet. Run the settings on the Trade-off page, and come back.")
    shown = st.pills(
        "How it protects", list(FAMILY_WORDS), selection_mode="multi", default=list(FAMILY_WORDS), key="stops-family",
        format_func=lambda family: FAMILY_WORDS[family][0], persist_state="session",
    )  # fmt: skip
    kept = [column for column in columns() if column.family in shown]
    if not kept:
        st.info("No kind of technique is chosen. Choose one above.")
        return
    threats.show(kept, snapshot.result if snapshot is not None else None)


def knob_rows(knobs: tuple[Knob, ...]) -> list[dict[str, str]]:
    """Return the parameters as rows of text."""
    return [
        {"Parameter": k.name, "May be": k.allowed, "If nobody says": k.default, "What it does": plain(k.meaning)}
        for k in knobs
    ]


def entry(one: Entry, opened: bool) -> None:
    """Draw one method, folded until somebody opens it."""
    with st.expander(
        f"**{plain(one.title)}** · {plain(one.group)}", expanded=opened, key=f"method-{one.kind}-{one.key}"
    ):
        st.markdown(plain(one.idea))
        if one.stops:
            name = "What it stops, and what not" if one.kind == "technique" else "What the attacker knows and does"
            st.markdown(f"**{name}.** {plain(one.stops)}")
        if one.kind == "technique":
            st.markdown(f"**What is proved.** {plain(one.guarantee or 'Nothing.')}")
        for paragraph in one.explanation:
            st.markdown(plain(paragraph))
        if one.knobs:
            st.table(knob_rows(one.knobs), hide_index=True, alt=f"Parameters of {one.title}")
        if one.references:
            st.markdown("**Sources**\n" + "\n".join(f"- {plain(source)}" for source in one.references))
        st.caption(f"In study files: {plain(one.key)}")


def methods() -> None:
    """Draw every method that fits the filters."""
    asked = st.query_params.get("method", "")
    kinds, text = st.columns([3, 2])
    kind = kinds.pills("Kind", list(KINDS), format_func=KINDS.__getitem__, key="method-kind", persist_state="session",
                       wrap=True)  # fmt: skip
    words = text.text_input(WORDS, asked, key=f"method-words-{asked}", max_chars=100)
    every = entries()
    # A link names one method by its key, which may occur in the text of others.
    linked = [one for one in every if one.key == asked == words and kind is None]
    found = linked or find(every, kind, words)
    count = "1 method" if len(found) == 1 else f"{len(found)} methods"
    st.caption(f"{count}, written from the program's own documentation.")
    if not found:
        st.info("No method holds all these words. Take one away, or choose another kind.")
    for one in found:
        entry(one, opened=len(found) == 1 or one.key == asked)
    lacking = [t.title for t in TECHNIQUES.values() if t.missing()]
    if lacking:
        st.caption(f"Described, but not installed on this server: {plain(', '.join(lacking))}.")


def glossary() -> None:
    """Draw the terms that hold the words."""
    found = look_up(st.text_input(WORDS, key="glossary-words", max_chars=100))
    if not found:
        st.info("No term holds all these words. Take one away.")
        return
    with st.container(width=760):
        for term in found:
            also = f" (also: {plain(', '.join(term.also))})" if term.also else ""
            st.markdown(f"**{plain(term.word)}**{also}  \n{plain(term.meaning)}")


st.title("How are the numbers made?", anchor=False)
st.markdown(
    "What each technique stops and what it does not, how every method works with its sources, and what the words mean."
)
part = st.segmented_control(
    "Part of this page", list(PARTS), format_func=PARTS.__getitem__, key="methods-part", required=True,
    default="methods" if "method" in st.query_params else "stops", label_visibility="collapsed",
)  # fmt: skip
space = workspace()
with told():
    if part == "methods":
        methods()
    elif part == "glossary":
        glossary()
    else:
        stops(space)
