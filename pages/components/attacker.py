"""The attacker of the study: what they know of people, what they hold in two lists, what they want to find out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.data.schema import Role, Schema
from pages.components.shell import keep
from pages.components.vault import Workspace
from pages.components.words import names as listed
from pages.components.words import plain

FIELDS = ("knows", "secrets", "left", "right")


def defaults(schema: Schema, knows: Sequence[str]) -> dict[str, list[str]]:
    """Return what an empty field means: the same as in core, so that page and command line agree."""
    sensitive = schema.with_role(Role.SENSITIVE)
    secrets = list(sensitive) or ([schema.target] if schema.target is not None else [])
    return {
        "knows": list(schema.quasi_identifiers),
        "secrets": secrets,
        "left": list(knows[::2]),
        "right": list(knows[1::2]),
    }


def held(schema: Schema, draft: dict[str, Any]) -> dict[str, list[str]]:
    """Return the attacker of a draft with the defaults filled in; columns that are gone are left out."""
    chosen = {field: [n for n in draft.get(field) or [] if n in schema] for field in FIELDS}
    knows = chosen["knows"] or list(schema.quasi_identifiers)
    start = defaults(schema, knows)
    return {field: chosen[field] or start[field] for field in FIELDS}


def problems(found: dict[str, list[str]]) -> list[str]:
    """Return what does not make sense about an attacker, each as a sentence with its remedy.

    >>> problems({"knows": ["age"], "secrets": ["age"], "left": ["age"], "right": []})[0]
    'age is a secret that the attacker already knows: there is nothing to find out. Take it off one of the two.'
    """
    told = []
    known = [name for name in found["secrets"] if name in found["knows"]]
    if known:
        verb = "is a secret" if len(known) == 1 else "are secrets"
        told.append(
            f"{listed(known)} {verb} that the attacker already knows: there is nothing to find out. Take it off one of "
            "the two."
        )
    both = [name for name in found["left"] if name in found["right"]]
    if both:
        told.append(
            f"{listed(both)} {'is' if len(both) == 1 else 'are'} in both lists: whoever shares a column can join them "
            "without the release. Keep it in one list."
        )
    if not found["left"] or not found["right"]:
        told.append("Each list needs a column or more: with one list empty there is nothing to link.")
    strange = [name for name in (*found["left"], *found["right"]) if name not in found["knows"]]
    if strange:
        told.append(
            f"{listed(dict.fromkeys(strange))}: in a list, but not among what the attacker knows. Allowed; other "
            "attacks do not use it."
        )
    if not found["secrets"]:
        told.append("No column is secret and there is no target: attribute inference cannot be measured.")
    return told


def store(schema: Schema, draft: dict[str, Any], field: str, chosen: Sequence[str]) -> None:
    """Write one choice into the draft; what equals the default stays empty, so that it follows the roles."""
    before = held(schema, draft)
    if field in ("left", "right"):
        # Core fills one empty list from what is known: a choice in one list fixes the other as it is shown.
        both = {**{side: before[side] for side in ("left", "right")}, field: list(chosen)}
        start = defaults(schema, before["knows"])
        same = all(both[side] == start[side] for side in both)
        for side in both:
            draft[side] = [] if same else both[side]
        return
    start = defaults(schema, before["knows"])
    draft[field] = [] if set(chosen) == set(start[field]) else list(chosen)


def show(space: Workspace) -> None:
    """Draw the attacker; every change goes into the draft of the study."""
    schema = space.schema
    if schema is None:
        return
    draft = space.draft.setdefault("attacker", {})
    base, found = f"{space.id}-{space.revision}", held(schema, draft)
    columns = [n for n in schema.names if n != schema.person_id]

    def ask(field: str, label: str, help_text: str) -> None:
        key = f"{field}-{base}"
        keep(key, found[field])
        st.multiselect(
            label,
            columns,
            key=key,
            help=help_text,
            on_change=lambda: store(schema, draft, field, st.session_state[key]),
        )

    with st.container(key="attacker"):
        ask(
            "knows",
            "What the attacker knows about people",
            "The columns that somebody outside may know of a person. At first: every column marked 'known to others'.",
        )
        ask(
            "secrets",
            "What the attacker wants to find out",
            "At first: the columns marked 'secret', else what the model predicts. Each is attacked on its own; the "
            "strongest counts.",
        )
        left, right = st.columns(2)
        with left:
            ask("left", "One list that the attacker holds", "Columns of one list. At first: every other known column.")
        with right:
            ask("right", "Another list, to be linked with it", "At first: the known columns that are not in the first.")
        for line in problems(found):
            st.warning(plain(line) if "\\" not in line else line, icon=":material/rule:")
        st.caption("Changes count from the next run on. Re-identification and 'today' use what the attacker knows.")
