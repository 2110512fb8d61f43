"""Techniques, the page that asks: what does one technique do to the table."""

from __future__ import annotations

import streamlit as st

from pages.components import effects, solutions, stack, unit
from pages.components.boot import ensure_entry
from pages.components.shell import brought, empty, link, onlooker, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()


def try_out(space: Workspace) -> None:
    """Draw the stack on the left and what it does on the right; a knob reruns this part alone."""
    side, middle = st.columns([1, 2.4], gap="medium")
    with side:
        st.markdown("**Your stack, applied from top to bottom**")
        with told():
            stack.knobs(space)
        with told():
            stack.add_to_comparison(space)
        with st.expander("Put another technique on it", expanded=not stack.steps(space), key=f"cards-{space.id}"):
            stack.cards(space)
    with middle, told():
        recipe = stack.recipe_of(space)
        if unit.private(stack.steps(space)) and not unit.confirmed(space):
            unit.ask(space, "stack")
            return
        who = "owner" if brought(space) else "member"
        with st.spinner("Trying it out on your table"):
            found = effects.effect(space, recipe, who)
        with st.container(key="takeaway"):
            st.markdown(f"## {plain(effects.headline(found))}")
        effects.show_glance(found, space)
        effects.show_table(found, space, st.context.theme.type == "dark")
        solutions.show(space, recipe, st.context.theme.type == "dark")
        effects.show_measured(found, space)
        if found.table is not None:
            st.caption(f"You see these rows as {effects.LOOKER_WORDS[who]}; others see less.")


st.title("What does one technique do to the table?", anchor=False)
space = workspace()
if space is None or space.table is None or space.schema is None:
    empty("There is no table yet. Load the census sample with one click, or upload your own table on the Data page.")
elif not onlooker(space):
    held = space

    @st.fragment(key="try-out")
    def body() -> None:
        """Draw what reruns when a knob moves."""
        try_out(held)

    body()
    if st.button("Go on to the trade-off", key="go_on"):
        link("trade_off", space)
