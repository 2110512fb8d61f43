"""Start, the page that asks: how much privacy does your protection buy, and what does it cost."""

from __future__ import annotations

import streamlit as st

from core.data.samples import SAMPLES
from pages.components import picture, samples
from pages.components.boot import ensure_entry
from pages.components.live_chart import fetch_early
from pages.components.shell import house, link, told, workspace

ensure_entry()

if st.session_state.pop("forgotten", False):
    st.success(
        "Forgotten: the table, its settings and the results are gone from this server's memory, and the processes that "
        "held copies were ended. What remains: comments, votes, limits and decisions of the team, and the measured "
        "numbers that were put on a shortlist or decided on. They hold no rows. Files that you downloaded are yours "
        "and stay where you saved them.",
        icon=":material/check_circle:",
    )
elif st.session_state.get("gone"):
    st.info("The table behind this link is no longer in memory. Load it again to go on.", icon=":material/history:")
st.title("How much privacy does your protection buy, and what does it cost?", anchor=False)
st.markdown(
    "Middleground protects a table in several ways, attacks each result as an outsider would, and trains the model "
    "that you need. You see measured risk against accuracy, and choose what everybody in the room can stand behind."
)
tried: str | None = None
left, right = st.columns(2, gap="medium")
with left.container(border=True, height="stretch"):
    st.header("Try with census data", anchor=False)
    st.markdown(samples.quick_sentence("adult"))
    if st.button(
        "Try with census data", type="primary", key="try_adult", width="stretch", icon=":material/play_arrow:"
    ):
        tried = "adult"
    if st.button("Try with a clinic's table instead", key="try_clinic", width="stretch", type="tertiary"):
        tried = "clinic"
    st.caption(SAMPLES["clinic"].sentence)
with right.container(border=True, height="stretch"):
    st.header("Use your own table", anchor=False)
    st.markdown(
        "CSV, TSV, Excel or Parquet, up to 100 MB. You say what each column is; nothing is trained or shown to anybody "
        "before you press Run."
    )
    if st.button("Use your own table", key="own", width="stretch", icon=":material/upload_file:"):
        st.query_params.clear()
        st.session_state.pop("ws", None)
        st.switch_page("pages/data.py")
    st.caption(house().promise)
if tried:
    with told():
        link("trade_off", samples.begin(tried))
if (space := workspace()) is not None and space.table is not None:
    st.page_link("pages/trade_off.py", label="Go on with the table that is open", query_params={"ws": space.id})
st.header("What the three numbers on the chart mean", anchor=False)
st.image(picture.picture(st.context.theme.type == "dark"), alt=picture.ALT)
st.caption(
    f"Where your data go: into the memory of this server and of {house().where}, nowhere else. "
    "Forgotten after 30 minutes without a visit, or at once with *Forget this data now*."
)
fetch_early()
