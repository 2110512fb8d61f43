"""What must hold before a page runs: the entry was passed, logs are guarded, uploads stay in memory."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

from pages.components import redact, static_files

UPLOAD_MB = 100
SWITCH_SECONDS = 0.0005
"""How long one page's thread may keep the others waiting. A look of two seconds changes threads several times; with
Python's own 5 ms and sixty people in a meeting its 95th percentile was three times as long or more (two pairs)."""
ICON = Path(__file__).parent / "assets" / "icon.png"
"""A local file: an icon by name would be fetched from another host by every browser."""


def guard_process() -> None:
    """Set up this server process; calling it again changes nothing."""
    redact.install()
    from starlette.formparsers import MultiPartParser

    # Starlette writes what is larger than this to a file on disk. One class attribute keeps uploads in memory.
    MultiPartParser.spool_max_size = (UPLOAD_MB + 1) * 1024 * 1024
    static_files.place()
    sys.setswitchinterval(SWITCH_SECONDS)


guard_process()


def entered() -> None:
    """Remember that this session came through dashboard.py; its first statement."""
    st.session_state["_entered"] = True


def ensure_entry() -> None:
    """Send a session that reached a page directly through dashboard.py first; the first statement of every page.

    On a freshly started server Streamlit takes the folder `pages/` for its old way of navigation and runs the page of
    a deep link without dashboard.py, past every gate that stands there.
    """
    if not st.session_state.get("_entered"):
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False
        st.rerun()
