"""The knob of a private setting: a slider from more privacy to more accuracy, and what its value means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.data.schema import Schema
from core.errors import UserError
from core.params import Parameter
from core.privacy.plain_words import plain_words
from core.techniques.base import PublicFacts, Technique
from core.tradeoff.before_after import facts_of
from core.tradeoff.study import parse_recipe
from pages.components.blocks import block_of, steps_of
from pages.components.knobs import steps_of as slider_steps
from pages.components.vault import Workspace
from pages.components.words import plain

NAME = "epsilon"
"""The parameter that this knob is for."""

LEFT, RIGHT = "← more privacy", "more accuracy →"


def facts(space: Workspace) -> tuple[Schema, PublicFacts]:
    """Return the schema and what everybody may know of the workspace's table.

    Raises
    ------
    UserError
        When there is no table.
    """
    if space.table is None:
        raise UserError("this needs a table", got="none", do="Load a sample, or upload a table on the Data page.")
    assume = bool(space.draft.get("study", {}).get("assume_public_domain"))
    return space.table.schema, facts_of(space.table, assume)


def knob(parameter: Parameter, value: float, key: str, label: str = NAME) -> float:
    """Draw the slider with its named ends and a field for exact values, and return the value.

    The field holds the truth; the slider's steps take in whatever was typed.
    """
    spec = parameter.domain.describe()
    low, high = float(spec["low"]), float(spec["high"])
    field = f"{key}-exact"
    held = min(max(float(st.session_state.get(field, value)), low), high)
    # Set in every run: what is first shown later, in a popover, would otherwise come up with its smallest value.
    st.session_state[field] = held
    steps = sorted({*slider_steps(low, high, held, False), held})
    st.session_state[key] = held

    def moved() -> None:
        st.session_state[field] = float(st.session_state[key])

    st.select_slider(label, steps, key=key, on_change=moved, format_func=lambda v: f"{v:g}", help=plain(spec["help"]))
    with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
        st.caption(LEFT, width="content")
        st.caption(RIGHT, width="content")
    st.number_input(f"{label}, exact value", low, high, key=field, step=max(low, 0.01), format="%.6g",
                    label_visibility="collapsed")  # fmt: skip
    return float(st.session_state[field])


def has_epsilon(technique: type[Technique]) -> bool:
    """Say whether a technique is set by an epsilon."""
    return any(parameter.name == NAME for parameter in technique.parameters())


def told(space: Workspace, block: Mapping[str, Any]) -> None:
    """Draw what a recipe at one setting means for an attacker, and why this table cannot go through it, if so.

    Parameters
    ----------
    block : mapping
        A recipe in the form of the study file. One that makes no sense is told elsewhere, not here.
    """
    try:
        recipe = parse_recipe(block, 1)[0]
    except UserError:
        return
    schema, known = facts(space)
    sentences, reason = plain_words(recipe.guarantee(schema, known)), recipe.unsupported(schema, known)
    st.markdown(plain(sentences[0]))
    if len(sentences) > 1:
        st.caption(plain(" ".join(sentences[1:])))
    if reason is not None:
        st.warning(f"It cannot run on this table: {plain(reason)}.", icon=":material/block:")


def explore(space: Workspace, block: Mapping[str, Any], place: int, parameter: Parameter, field: str) -> None:
    """Draw a slider that says what an epsilon would mean, and puts it among those that the recipe compares.

    Parameters
    ----------
    block : mapping
        The recipe as it is.
    place : int
        The step that the epsilon belongs to.
    field : str
        The key of the text field with the compared values.
    """
    steps = [dict(step) for step in steps_of(block)]
    held = steps[place].get(NAME, parameter.default)
    values = [float(value) for value in (held if isinstance(held, (list, tuple)) else [held])]
    value = knob(parameter, values[-1], f"{field}-look", "What an epsilon means")
    steps[place][NAME] = value
    rest = {key: kept for key, kept in block.items() if key in ("release", "tune")}
    told(space, {**block_of(str(block.get("name", "recipe")), steps), **rest})

    def add() -> None:
        st.session_state[field] = ", ".join(f"{v:g}" for v in sorted({*values, value}))

    st.button(f"Compare epsilon {value:g} too", key=f"{field}-add", icon=":material/add:", on_click=add,
              disabled=value in values)  # fmt: skip
