"""Today, without protection: who could be recognised in the table as it is."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from core.methods.glossary import told
from core.privacy.measure import measure
from pages.components.vault import Workspace
from pages.components.words import names, people


def measured(space: Workspace) -> dict[str, Any]:
    """Return `measure` of the table, computed again only when roles or the attacker's knowledge changed."""
    assert space.table is not None  # noqa: S101 - the pages ask only when there is one
    known = tuple(space.draft.get("attacker", {}).get("knows") or ()) or None
    schema = space.table.schema
    mark = json.dumps([schema.person_id, [(c.name, c.kind, c.role) for c in schema.columns], known])
    held = space.notes.get("today")
    if held is None or held[0] != mark:
        held = (mark, measure(space.table, known))
        space.notes["today"] = held
    return dict(held[1])


def sentence(found: dict[str, Any]) -> str:
    """Return the finding in one sentence.

    >>> sentence({"quasi_identifiers": ["age"], "unique_share": .31, "uniques": 31, "people": 100, "k": 1})
    '31 of 100 people are the only ones with their combination of age.'
    """
    known = found["quasi_identifiers"]
    if not known:
        return (
            "No column is marked as known to others, so nobody can be told apart here. Check the roles before you rely "
            "on that."
        )
    if found["uniques"] == 0:
        most = f"at least {found['k']} people share each"
        return f"Nobody is the only one with their combination of {names(known)}: {most}."
    share = people(found["unique_share"])
    if share.startswith("0 "):
        share = f"{found['uniques']:,} of {found['people']:,}"
    return f"{share} people are the only ones with their combination of {names(known)}."


def show(space: Workspace) -> None:
    """Draw the panel."""
    st.header("Today, without protection", anchor=False)
    found = measured(space)
    st.markdown(f"### {sentence(found)}")
    left, right = st.columns(2)
    left.metric("Smallest group (k)", f"{found['k']:,}", help=told("k"))
    right.metric(
        "Combinations", f"{found['classes']:,}", help="How many different combinations there are. " + told("class")
    )
    st.caption(
        f"Somebody who knows these columns of a person and picks a row is right for "
        f"{100 * found['prosecutor_average']:.1f} of 100 people on average, if that person is in the table. "
        f"Counted on all {found['people']:,} people; this is a count, not an estimate."
    )
    for name, value in found["l"].items():
        many = "1 value only" if value["distinct"] == 1 else f"{value['distinct']} different values"
        st.caption(f"In the least varied group, {names([name])} has {many}.")
