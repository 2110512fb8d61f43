"""The null check on demand: does the method cry wolf where there is nothing to find."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import mapping, number
from pages.components.shell import told
from pages.components.vault import Workspace


def sentence(found: Mapping[str, Any]) -> str:
    """Return the outcome of a null check in words.

    >>> sentence({"repetitions": 200, "alarms": 9, "share": .045, "low": .02, "high": .08, "expected": .05})[:66]
    'In 200 repetitions with shuffled membership the method raised 9 al'
    """
    made, share, expected = (number(found.get(key)) for key in ("repetitions", "share", "expected"))
    if not made or share is None or expected is None:
        return "The check could not be made: a half has no member or no control."
    head = (
        f"In {made:,.0f} repetitions with shuffled membership the method raised {found['alarms']:,} alarms "
        f"({100 * share:.1f} %; {100 * expected:g} % is what it promises)."
    )
    low = number(found.get("low"))
    if low is not None and low > expected:
        return f"{head} That is more than promised: on this table its intervals are too narrow, do not rely on them."
    return f"{head} It keeps its promise on this table."


def show(space: Workspace, point: Mapping[str, Any]) -> None:
    """Draw the button, what it proves, and the last outcome for this point."""
    job = space.job
    if job is None or mapping(point["risks"].get("membership")).get("status") != "measured":
        return
    kept: dict[str, Any] = space.notes.setdefault("null_checks", {})
    mark = f"{point['id']} {point['replicates']}"
    st.markdown("**Can you trust the measurement itself?**")
    pressed = st.button(
        "Check the measurement on shuffled membership",
        key="null-check",
        icon=":material/shuffle:",
        disabled=job.active,
        help="Possible when no sweep is running.",
    )
    if pressed:
        with told(), st.spinner("Shuffling who was in, and measuring again"):
            kept[mark] = job.null_check(str(point["id"]))
    if kept.get(mark):
        st.markdown(sentence(kept[mark]))
        many = kept[mark].get("people")
        if number(many):
            st.caption(f"Made on {many:,} people, with the real models and their real answers.")
    st.caption(
        "It shuffles who was in, so that there is nothing to find, and measures again: a method that still finds "
        "something would invent risks. It says nothing about attacks that are too weak."
    )
