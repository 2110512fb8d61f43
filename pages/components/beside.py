"""Guarantee beside measurement: what is proved on the left, what an attack got on the right, never merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import mapping, number
from pages.components.sentences import not_told, proved_sentence, violation_sentences
from pages.components.words import between, extra_of, holds_zero, plain, thousand, title_of

_CHANNELS = {"model": "on the trained model", "rows": "on the released rows"}


def measured_lines(point: Mapping[str, Any]) -> list[str]:
    """Return what attacks got: the worst risk of each channel, and hits at one false alarm in a hundred."""
    lines = []
    for channel, where in _CHANNELS.items():
        worst = mapping(mapping(point.get("worst_risk")).get(channel))
        value = number(worst.get("value"))
        if worst.get("status") != "measured" or value is None:
            told = "does not arise, none are released" if worst.get("status") == "not_applicable" else "not measured"
            lines.append(f"Worst risk {where}: {told}.")
            continue
        risk = mapping(mapping(point.get("risks")).get(str(worst.get("threat"))))
        # One risk alone in its channel is its own worst, but for the last digits of a float.
        same = abs((number(risk.get("value")) or 0.0) - value) < 1e-9
        size = extra_of(risk) if same else thousand(value)
        counted = worst.get("threat") == "reidentification"
        many = number(worst.get("compared")) or 1
        of = f", the worst of {many:.0f} compared" if many > 1 else ""
        ends = f" ({between(worst)})" if between(worst) else ""
        unit = "people" if counted else "extra people"
        title = title_of(str(worst.get("threat"))).lower()
        chance = f" {not_told(risk)}" if not counted and holds_zero(worst) else ""
        lines.append(f"Worst risk {where}: **{size}** {unit} of 1,000{ends}; {title}{of}.{chance}")
    lines.append(f"{hits_line(mapping(mapping(point.get('risks')).get('membership')))}")
    return [line for line in lines if line]


def hits_line(risk: Mapping[str, Any]) -> str:
    """Return the hits at one false alarm in a hundred, or why they are not shown."""
    if risk.get("status") != "measured":
        return ""
    hits = number(risk.get("tpr_at_1pct"))
    if hits is None:
        return "Hits at 10 false alarms in 1,000: not shown, there are too few or too equal controls to say."
    low, high = number(risk.get("tpr_low")), number(risk.get("tpr_high"))
    ends = f" ({thousand(low)} to {thousand(high)})" if low is not None and high is not None else ""
    return f"Membership at 10 false alarms in 1,000: **{thousand(hits)}** hits{ends}."


def violations(point: Mapping[str, Any]) -> None:
    """Draw what was measured above what is proved, as an error with both numbers."""
    for told in violation_sentences(point):
        st.error(f"**{plain(told)}**", icon=":material/report:")


def show(point: Mapping[str, Any]) -> None:
    """Draw the two columns."""
    left, right = st.columns(2, gap="small")
    guarantee = point.get("guarantee")
    with left.container(border=True, height="stretch"):
        st.markdown("**Proved** (holds against every attack)")
        st.markdown(plain(proved_sentence(guarantee)))
        if assumptions := mapping(guarantee).get("assumptions"):
            many = "this is true" if len(assumptions) == 1 else f"these {len(assumptions)} things are true"
            with st.popover(f"It holds if {many}", icon=":material/rule:"):
                for line in assumptions:
                    st.markdown(f"- {plain(line)}")
    with right.container(border=True, height="stretch"):
        st.markdown("**Measured** (what our attacks got)")
        for line in measured_lines(point):
            st.markdown(line)
        st.caption("A better attack may get more: what is measured is a floor, what is proved is a ceiling.")
