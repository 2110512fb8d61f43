"""The stack: techniques put one on the other until they are a recipe, with Undo."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import UserError
from core.params import Parameter
from core.techniques import TECHNIQUES
from core.techniques.base import Family, Technique
from core.tradeoff.recipe import Recipe
from core.tradeoff.study import parse_recipe
from pages.components import epsilon
from pages.components.blocks import block_of
from pages.components.knobs import checked, knob
from pages.components.shell import show_error
from pages.components.vault import Workspace
from pages.components.words import plain

FAMILY_WORDS: dict[str, tuple[str, str]] = {
    "hide": ("Hide", "leave out or mask what names somebody"),
    "coarsen": ("Coarsen", "make values wider until people share them"),
    "replace": ("Replace", "invent rows that belong to nobody"),
    "add noise": ("Add noise", "shift, swap or redraw values"),
    "train privately": ("Train privately", "protect the model instead of the rows"),
}
"""Family -> title, what it does in a few words; the order of the cards."""

MOST = 40
"""Changes that Undo remembers."""


def steps(space: Workspace) -> list[dict[str, Any]]:
    """Return the steps of the stack; the first visit proposes one that fits the table."""
    if space.stack is None:
        names = bool(space.schema and space.schema.direct_identifiers)
        space.stack = [{"technique": "mask_identifiers"}] if names else []
        if space.schema and space.schema.quasi_identifiers:
            space.stack.append({"technique": "mondrian_k_anonymity", "k": 10})
    return space.stack


def change(space: Workspace, make: Callable[[list[dict[str, Any]]], None]) -> None:
    """Change the stack and remember how it was."""
    before = copy.deepcopy(steps(space))
    make(steps(space))
    if before != space.stack:
        space.undo = [*space.undo, before][-MOST:]


def undo(space: Workspace) -> None:
    """Take the last change back; widgets get new names, so that they show the old values."""
    if space.undo:
        space.stack = space.undo.pop()
        space.revision += 1


def recipe_of(space: Workspace) -> Recipe:
    """Return the stack as a recipe.

    Raises
    ------
    UserError
        When it makes no sense, with the reason; an empty stack is no protection.
    """
    found = steps(space) or [{"technique": "none"}]
    for step in found:
        if wrong := checked(step, TECHNIQUES[step["technique"]]):
            raise wrong
    return parse_recipe(block_of("this stack", found), 1)[0]


def cards(space: Workspace) -> None:
    """Draw the techniques by family; a click puts one on the stack."""
    shown = [family for family in FAMILY_WORDS if any(t.family == family for t in TECHNIQUES.values())]
    family = st.pills(
        "How should it protect?", shown, format_func=lambda f: FAMILY_WORDS[f][0], default=Family.COARSEN,
        key=f"family-{space.id}", required=True,
    )  # fmt: skip
    if family is None:
        return
    st.caption(f"{FAMILY_WORDS[family][0]}: {FAMILY_WORDS[family][1]}.")
    for key, technique in TECHNIQUES.items():
        if technique.family != family:
            continue
        with st.container(border=True):
            st.markdown(f"**{plain(technique.title)}**")
            st.caption(plain((technique.__doc__ or "").strip().splitlines()[0]))

            def put(key: str = key) -> None:
                change(space, lambda stack: stack.append({"technique": key}))

            if lacking := technique.missing():
                st.caption(f":material/download: Not installed here. It {plain(lacking)}")
            st.button("Put on the stack", key=f"put-{key}-{space.id}", icon=":material/add:", on_click=put,
                      disabled=lacking is not None)  # fmt: skip


def knobs(space: Workspace) -> None:
    """Draw every step of the stack with its knobs."""
    found = steps(space)
    if not found:
        st.info("The stack is empty: this is the table without protection. Put a technique on it.")
    columns = tuple(space.schema.names) if space.schema else ()
    people = space.table.people if space.table is not None else 0
    for place, step in enumerate(list(found)):
        technique = TECHNIQUES[step["technique"]]
        base = f"knob-{space.id}-{space.revision}-{place}-{technique.key}"
        # The buttons keep their names when the step changes: Streamlit leaves a pressed button in sight as long as it
        # has the focus when another one takes its place, and the page then jumps away under the next press.
        stays = f"step-{space.id}-{place}"
        with st.container(border=True):
            title, up, out = st.columns([5, 1, 1], vertical_alignment="center")
            title.markdown(f"**{place + 1}. {plain(technique.title)}**")
            up.button(
                ":material/arrow_upward:",
                key=f"{stays}-up",
                disabled=place == 0,
                on_click=_moved,
                args=(space, place),
                type="tertiary",
                help="Apply this step earlier",
            )
            out.button(
                ":material/close:",
                key=f"{stays}-out",
                on_click=_removed,
                args=(space, place),
                type="tertiary",
                help="Take this step off the stack",
            )
            new, below = _turned(technique, step, base, columns, people)
            if epsilon.has_epsilon(technique):
                with below:
                    epsilon.told(space, block_of("this stack", [*found[:place], new, *found[place + 1 :]]))
            st.caption(plain(technique.stops))
        if new != step:
            change(space, partial(_replaced, place, new))
        if wrong := checked(new, technique):
            show_error(wrong)
    st.button("Undo", icon=":material/undo:", key=f"undo-{space.id}", disabled=not space.undo,
              on_click=undo, args=(space,), help="Take the last change of the stack back")  # fmt: skip


def _turned(
    technique: type[Technique], step: dict[str, Any], base: str, columns: tuple[str, ...], people: int
) -> tuple[dict[str, Any], DeltaGenerator]:
    """Draw the knobs of a step, the rarely turned ones folded away; return the step, and the place below the first."""
    new: dict[str, Any] = {"technique": technique.key}
    first = [p for p in technique.parameters() if p.name == technique.dial or p.name in step]
    first = first or list(technique.parameters()[:1])
    rest = [p for p in technique.parameters() if p not in first]

    def turn(parameters: list[Parameter]) -> None:
        for parameter in parameters:
            held = step.get(parameter.name, parameter.default)
            key = f"{base}-{parameter.name}"
            if parameter.name == epsilon.NAME:
                value = epsilon.knob(parameter, held, key)
            else:
                value = knob(parameter, held, key, columns, people)
            if value is not None and (value != parameter.default or parameter.name in step):
                new[parameter.name] = value

    turn(first)
    below = st.container()
    if rest:
        with st.expander("More settings", key=f"{base}-more"):
            turn(rest)
    return new, below


def _replaced(place: int, new: dict[str, Any], stack: list[dict[str, Any]]) -> None:
    stack[place] = new


def _moved(space: Workspace, place: int) -> None:
    change(space, lambda stack: stack.insert(place - 1, stack.pop(place)))
    space.revision += 1


def _removed(space: Workspace, place: int) -> None:
    change(space, lambda stack: stack.__delitem__(place))
    space.revision += 1


def add_to_comparison(space: Workspace) -> None:
    """Offer to put the recipe among those that the sweep compares."""
    found = steps(space)
    blocks: list[dict[str, Any]] = space.draft.setdefault("recipe", [])
    if st.button(
        "Add to the comparison",
        type="primary",
        key=f"compare-{space.id}",
        disabled=not found,
        icon=":material/playlist_add:",
        help="The sweep of the Trade-off page measures it in full",
    ):
        taken = {str(block.get("name")) for block in blocks}
        stem = "-".join(str(step["technique"]).replace("_", "-") for step in found)
        name = next(n for i in range(1, 1000) if (n := f"{stem}{'' if i == 1 else f'-{i}'}") not in taken)
        block = block_of(name, copy.deepcopy(found))
        try:
            parse_recipe(block, len(blocks) + 1)
        except UserError as error:
            show_error(error)
            return
        blocks.append(block)
        space.revision += 1
        st.success(f"{plain(name)} is in the comparison now: the Trade-off page measures it when you press Run.",
                   icon=":material/check:")  # fmt: skip
