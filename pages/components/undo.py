"""Taking a change back: what this person removed or changed last, as long as nobody changed it since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components.vault import Workspace
from pages.components.words import plain

MOST = 20
"""Changes of one kind that are remembered."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: `told` says it in words, `before` brings it back, `after` is what must still stand for that."""

    told: str
    before: Any
    after: Any = None


def _held(space: Workspace, kind: str) -> list[Change]:
    return st.session_state.setdefault(f"changes-{kind}-{space.id}", [])  # type: ignore[no-any-return]


def remember(space: Workspace, kind: str, change: Change) -> None:
    """Keep a change, for this person alone: others see what came of it and are not offered to take it back."""
    held = _held(space, kind)
    held.append(change)
    del held[:-MOST]


def offer(space: Workspace, kind: str, stands: Callable[[Change], bool], back: Callable[[Change], None]) -> None:
    """Draw the last change and a button that takes it back; nothing when there is none or it no longer stands.

    `back` may raise a `UserError`: the change is then kept, and the page says why.
    """
    held = _held(space, kind)
    if not held or not stands(held[-1]):
        held.clear()  # what lay below it rests on a state that is gone, too
        return
    st.caption(plain(held[-1].told))
    if st.button("Undo", key=f"undo-{kind}-{space.id}", icon=":material/undo:"):
        back(held[-1])
        held.pop()
        st.rerun()
