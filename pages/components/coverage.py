"""The coverage strip: which risks were measured for a point, which not, and why. Nothing unmeasured looks safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from core.attacks.words import THREAT_WORDS
from core.charts.words import mapping, number
from core.charts.words import plain as one_line
from pages.components.words import STATUS, between, extra_of, plain

_NONE = "background:none"
_HATCH = "background:repeating-linear-gradient(45deg,rgba(128,128,128,.38) 0 2px,transparent 2px 8px)"
_BARS = "background:repeating-linear-gradient(90deg,rgba(128,128,128,.38) 0 2px,transparent 2px 8px)"
LOOK: dict[str, tuple[str, str]] = {
    "measured": ("●", "border:2px solid currentColor;background:rgba(86,180,233,.18)"),
    "not_measured": ("?", f"border:2px dashed currentColor;{_HATCH}"),
    "undefined": ("✕", f"border:2px dashed currentColor;{_BARS}"),
    "not_applicable": ("–", f"border:1px dotted currentColor;{_NONE}"),
}
"""Status -> sign, and the pattern that goes with it: each can be told apart without a colour."""

MEANING = {
    "measured": "an attack was made; the number is what it got",
    "not_measured": "nobody looked: it may be small or large",
    "undefined": "the attack was made and gave no number: it may be small or large",
    "not_applicable": "this setting releases nothing that such an attack could look at",
}


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One risk on the strip: `word` is its status in words, `detail` the number or the reason."""

    threat: str
    title: str
    status: str
    word: str
    detail: str

    @property
    def spoken(self) -> str:
        """The segment for people who do not see it."""
        return f"{self.title}: {self.word}. {self.detail}"


def segments(point: Mapping[str, Any]) -> list[Segment]:
    """Return one segment for each threat that there is, whatever the record holds."""
    found = []
    for threat, words in THREAT_WORDS.items():
        risk = mapping(mapping(point.get("risks")).get(threat))
        status = str(risk.get("status") or "not_measured")
        value = number(risk.get("value"))
        if status not in LOOK:
            status = "not_measured"
        if status == "measured" and value is None:
            status = "undefined"
        if status == "measured":
            unit = "found" if threat == "reidentification" else "extra"
            ends = f" ({between(risk)})" if between(risk) else ""
            detail = f"{extra_of(risk)} {unit} of 1,000{ends}"
        else:
            detail = one_line(risk.get("reason")) or MEANING[status]
        found.append(Segment(threat=threat, title=words.title, status=status, word=STATUS[status], detail=detail))
    return found


def markup(parts: Sequence[Segment]) -> str:
    """Return the strip as HTML; every text is escaped."""
    cells = []
    for part in parts:
        sign, look = LOOK[part.status]
        number_line = f"<span style='display:block'>{escape(part.detail)}</span>" if part.status == "measured" else ""
        cells.append(
            f"<li data-status='{part.status}' title='{escape(part.spoken, quote=True)}' style='flex:1 1 7.5rem;"
            f"min-width:7.5rem;list-style:none;margin:0;padding:.35rem .5rem;border-radius:.3rem;{look}'>"
            f"<strong>{escape(part.title)}</strong>"
            f"<span style='display:block'><span aria-hidden='true'>{sign} </span>{escape(part.word)}</span>"
            f"{number_line}</li>"
        )
    return (
        "<ul aria-label='Which risks were measured for this setting' style='display:flex;flex-wrap:wrap;gap:.35rem;"
        f"margin:0;padding:0;font-size:.85rem;line-height:1.35'>{''.join(cells)}</ul>"
    )


def show(point: Mapping[str, Any]) -> None:
    """Draw the strip and, below it, why there is no number where there is none."""
    parts = segments(point)
    st.markdown("**What was measured, and what was not**")
    st.html(markup(parts))
    for status in ("not_measured", "undefined", "not_applicable"):
        mine = [part for part in parts if part.status == status]
        reasons: dict[str, list[str]] = {}
        for part in mine:
            reasons.setdefault(part.detail, []).append(part.title.lower())
        told = "; ".join(f"{', '.join(names)}: {plain(reason)}" for reason, names in reasons.items())
        if mine:
            st.markdown(f"{LOOK[status][0]} **{STATUS[status].capitalize()}** ({MEANING[status]}). {told}")
