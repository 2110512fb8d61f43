"""Who is protected, a row or a person: asked once before the first private setting of a table runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st

from core.errors import UserError
from core.techniques import TECHNIQUES
from pages.components.blocks import steps_of
from pages.components.vault import Workspace
from pages.components.words import plain


def private(steps: Iterable[Mapping[str, Any]]) -> bool:
    """Say whether a step adds noise by an epsilon.

    >>> private([{"technique": "generalise"}]), private([{"technique": "dp_marginals"}])
    (False, True)
    """
    found = (TECHNIQUES.get(str(step.get("technique"))) for step in steps)
    return any(one is not None and any(p.name == "epsilon" for p in one.parameters()) for one in found)


def compares_private(space: Workspace) -> bool:
    """Say whether the comparison has a private setting."""
    return any(private(steps_of(block)) for block in space.draft.get("recipe", []))


def mark(space: Workspace) -> str:
    """Return what an answer holds for: the columns with their kinds and roles, and the person id."""
    schema = space.schema
    if schema is None:
        return ""
    return json.dumps([[(c.name, str(c.kind), str(c.role)) for c in schema.columns], schema.person_id])


def confirm(space: Workspace) -> None:
    """Note that somebody who knows the table confirmed whom a row stands for."""
    space.unit = mark(space)


def confirmed(space: Workspace) -> bool:
    """Say whether it was confirmed for the schema as it is now."""
    return space.unit is not None and space.unit == mark(space)


def demand(space: Workspace) -> None:
    """Refuse to run a private setting before the answer.

    Raises
    ------
    UserError
        When nobody has confirmed whom a row stands for.
    """
    if not confirmed(space):
        raise UserError(
            "a private setting runs once somebody says whom a row stands for",
            got="no answer yet",
            do="Answer the question above the Run button.",
        )


def ask(space: Workspace, where: str) -> None:
    """Draw the question with both answers."""
    from pages.components.shell import link

    person = space.schema.person_id if space.schema is not None else None
    with st.container(border=True, key=f"unit-{where}"):
        if person is None:
            st.markdown("**Is each row one person?** Differential privacy protects a row, unless you say which rows "
                        "belong together: whoever has several rows is then protected row by row, not as a "
                        "person.")  # fmt: skip
            yes, no = "Yes, each row is one person", "No, let me name the person id"
        else:
            st.markdown(f"**Do rows with the same {plain(person)} belong to one person, and no other rows?** "
                        "Differential privacy protects each of these people with all their rows.")  # fmt: skip
            yes, no = "Yes, that is one person", "No, let me change the person id"
        st.button(yes, key=f"unit-yes-{where}", type="primary", on_click=confirm, args=(space,), width="stretch")
        if st.button(no, key=f"unit-no-{where}", width="stretch"):
            link("data", space)
        st.caption("Asked once for this table and its roles; private settings wait for the answer.")
