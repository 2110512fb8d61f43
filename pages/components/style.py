"""The few rules of style that Streamlit's theme has no option for."""

from __future__ import annotations

import streamlit as st

STYLE = (
    "<style>.stMainBlockContainer{padding:4rem 3rem 2rem}"
    ".stMainBlockContainer h1{padding:.25rem 0 .5rem}.stMainBlockContainer h3{padding:.25rem 0}"
    ".stMainBlockContainer .st-key-takeaway h2{padding:.25rem 0;font-size:1.1rem;font-weight:600}"
    "@media (max-width:640px){.stMainBlockContainer{padding:3.5rem 1rem 2rem}"
    ".stMainBlockContainer h1{font-size:1.5rem}"
    "[data-testid=stColumn]:has(.st-key-settings){order:2}}</style>"
)
"""Less empty space above the heading, so that a projector shows the chart without scrolling; on a phone beside it, and
the chart before the settings that would fill two screens."""

DARK_STYLE = (
    "<style>[data-testid=stBaseButton-primary],[data-testid=stBaseButton-primary] p,"
    "[data-testid=stBaseButton-primaryFormSubmit],[data-testid=stBaseButton-primaryFormSubmit] p,"
    "[data-testid=stMultiSelect] [data-tag],[data-testid=stMultiSelect] [data-tag] button{color:#0b0b0b}</style>"
)
"""On the dark ground the primary colour is light, and white text on it cannot be read (2.2 : 1)."""


def put() -> None:
    """Put the rules on the page, those of the dark theme where it is dark."""
    st.html(STYLE + (DARK_STYLE if st.context.theme.type == "dark" else ""))
