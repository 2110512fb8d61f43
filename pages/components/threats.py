"""The table of attackers and techniques: a sign, words, and what was measured here; never a colour alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from core.methods.threat_table import ATTACKERS, MARKS, Column, measured, unprotected

GROUND = ("#ffffff", "#0e1117")
"""The page's ground, light and dark, as `.streamlit/config.toml` sets it."""
_EDGE = "border:1px solid rgba(128,128,128,.45);padding:.4rem .55rem;text-align:left;vertical-align:top"
_FIRST = "position:sticky;left:0;width:8.5rem;min-width:8.5rem;max-width:8.5rem"
_SMALL = "display:block;margin-top:.2rem;font-size:.8rem"


def markup(columns: Sequence[Column], result: Mapping[str, Any] | None, ground: str) -> str:
    """Return the table as HTML, every text escaped; it scrolls inside its own box, by keyboard too.

    The attackers stay in sight, on the page's own `ground`, a colour.
    """
    head = "".join(
        f"<th scope='col' style='{_EDGE};min-width:11rem'>{escape(title)}</th>"
        for title in ("Without protection", *(column.title for column in columns))
    )
    body = "".join(_row(threat, columns, result, ground) for threat in ATTACKERS)
    return (
        "<div role='region' tabindex='0' aria-label='Which technique stops which attacker' "
        "style='overflow-x:auto;max-width:100%'><table style='border-collapse:collapse;font-size:.9rem;"
        "line-height:1.35;width:max-content'><thead><tr>"
        f"<th scope='col' style='{_EDGE};{_FIRST};background:{ground}'>Attacker</th>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def _row(threat: str, columns: Sequence[Column], result: Mapping[str, Any] | None, ground: str) -> str:
    title, question = ATTACKERS[threat]
    cells = [_cell("", "", "", unprotected(result, threat))]
    for column in columns:
        effect = column.effects[threat]
        sign = MARKS[effect.mark][0]
        cells.append(_cell(sign, effect.mark, effect.why, measured(result, column, threat)))
    return (
        f"<tr><th scope='row' style='{_EDGE};{_FIRST};background:{ground}'>{escape(title)}"
        f"<span style='{_SMALL};font-weight:400'>{escape(question)}</span></th>{''.join(cells)}</tr>"
    )


def _cell(sign: str, mark: str, why: str, found: str) -> str:
    head = f"<span aria-hidden='true'>{sign} </span><strong>{escape(mark)}</strong>" if mark else ""
    reason = f"<span style='{_SMALL}'>{escape(why)}</span>" if why else ""
    told = f"Measured here: {found}" if found else "" if mark else "Not measured here"
    number = f"<span style='{_SMALL}'>{escape(told)}</span>" if told else ""
    mine = f" data-mark='{escape(mark, quote=True)}'" if mark else ""
    return f"<td{mine} style='{_EDGE};max-width:15rem'>{head}{reason}{number}</td>"


def show(columns: Sequence[Column], result: Mapping[str, Any] | None) -> None:
    """Draw the legend in words, the table, and what its numbers are."""
    st.markdown("\n".join(f"- {sign} **{mark}**: {sentence}" for mark, (sign, sentence) in MARKS.items()))
    st.html(markup(columns, result, GROUND[st.context.theme.type == "dark"]))
    st.caption(
        "What a kind of technique does is known from how it works; what was measured here holds for this table, these "
        "settings and our attacks alone. A setting counts for a column when nothing but its techniques and the masking "
        "of names is in it. Reconstruction from the model and reading the table itself are not measured."
    )
