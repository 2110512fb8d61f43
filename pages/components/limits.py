"""Requirements: one floor or ceiling a stakeholder, set by slider or number; verdicts follow without a new run."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.utility.metrics import METRICS
from pages.components.shell import keep, told
from pages.components.vault import Workspace
from pages.components.words import THREATS, plain


def limit_text(block: dict[str, Any]) -> str:
    """Return a requirement as a sentence.

    >>> limit_text({"metric": "accuracy", "at_least": .8})
    'Accuracy at least 80 %'
    """
    floor = block.get("at_least")
    value, side = (floor, "at least") if floor is not None else (block["at_most"], "at most")
    unit = "%" if block.get("metric") else "of 100"
    return f"{title(block)} {side} {100 * value:g} {unit}"


def title(block: dict[str, Any]) -> str:
    """Return what a requirement limits, in words."""
    if block.get("metric"):
        return METRICS[block["metric"]].title
    return THREATS[block["risk"]][0]


def show(space: Workspace) -> None:
    """Draw every requirement of the draft, and a way to add one."""
    blocks: list[dict[str, Any]] = space.draft.setdefault("requirement", [])
    for place, block in enumerate(blocks):
        with st.container(border=True, gap="small"):
            _one(space, place, block)
    with st.popover("Add a requirement", icon=":material/add:", width="stretch"):
        _add(space, blocks)


def _one(space: Workspace, place: int, block: dict[str, Any]) -> None:
    side = "at_least" if block.get("at_least") is not None else "at_most"
    base = f"limit-{space.id}-{place}"
    slider, number = f"{base}-slider", f"{base}-number"
    shown = round(100 * float(block[side]), 2)
    low, high = (0.0, 100.0) if block.get("metric") else (0.0, max(50.0, shown))
    shown = min(max(shown, low), high)
    keep(slider, shown)
    keep(number, shown)

    def moved(source: str) -> None:
        block[side] = round(float(st.session_state[source]) / 100, 6)
        space.limits_changed()

    word = "at least" if side == "at_least" else "at most"
    unit = "%" if block.get("metric") else "extra people of 100"
    head, gone = st.columns([5, 2], vertical_alignment="center")
    head.markdown(f"**{title(block)}** {word}")
    if gone.button("Remove", key=f"{base}-gone", type="tertiary"):
        space.draft["requirement"].remove(block)
        space.limits_changed()
        st.rerun()
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.slider(f"{title(block)} {word}, slider", low, high, step=0.5, key=slider, on_change=moved, args=(slider,),
                label_visibility="collapsed", format="%g")  # fmt: skip
    right.number_input(f"{title(block)} {word}, number in {unit}", low, high, step=0.5, key=number, on_change=moved,
                       args=(number,), label_visibility="collapsed", format="%.1f")  # fmt: skip
    who = block.get("owner") or "nobody named yet"
    st.caption(f"{unit} · set by {plain(who)}")


def _add(space: Workspace, blocks: list[dict[str, Any]]) -> None:
    options = [("metric", key) for key in METRICS] + [("risk", key) for key in THREATS]

    def named(option: tuple[str, str]) -> str:
        kind, key = option
        return f"{METRICS[key].title} at least" if kind == "metric" else f"{THREATS[key][0]} at most"

    kind, key = st.selectbox("Limit", options, format_func=named, key=f"new-limit-{space.id}")
    owner = st.text_input("Who sets it", key=f"new-owner-{space.id}", placeholder="privacy officer", max_chars=80)
    if st.button("Add", key=f"add-limit-{space.id}"):
        taken = {block["name"] for block in blocks}
        name = next(n for i in range(1, 100) if (n := f"{key}{'' if i == 1 else f' {i}'}") not in taken)
        start = {"at_least": 0.7} if kind == "metric" else {"at_most": 0.05}
        with told():
            blocks.append({"name": name, kind: key, **start, "owner": owner})
            space.limits_changed()
            st.rerun()
