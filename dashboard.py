"""The dashboard's entry: page settings, warm-up, the bar on top, navigation. Run `streamlit run dashboard.py`.

Streamlit reads this file twice: as a module, once, for the server, and as a script for every run of a page.
"""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware

from pages.components import boot, headers, people, shell

if __name__ == "__main__":
    boot.entered()
    st.set_page_config(
        page_title="Middleground",
        page_icon=str(boot.ICON),
        layout="wide",
        initial_sidebar_state="auto",
    )
    shell.house().warm()
    page = st.navigation(
        [
            st.Page("pages/start.py", title="Start", default=True),
            st.Page("pages/data.py", title="Data", url_path="data"),
            st.Page("pages/groups.py", title="Groups", url_path="groups"),
            st.Page("pages/techniques.py", title="Techniques", url_path="techniques"),
            st.Page("pages/trade_off.py", title="Trade-off", url_path="trade_off"),
            st.Page("pages/decide.py", title="Decide", url_path="decide"),
            st.Page("pages/decisions.py", title="Decisions", url_path="decisions"),
            st.Page("pages/report.py", title="Report", url_path="report"),
            st.Page("pages/methods.py", title="Methods", url_path="methods"),
            st.Page("pages/is_it_true.py", title="Is it true here?", url_path="is_it_true"),
        ],
        position="top",
    )
    st.set_page_config(page_title=f"{page.title} · Middleground")
    shell.bar(shell.workspace())
    page.run()
    people.drawn()
else:
    app = st.App(__file__, middleware=[Middleware(headers.Headers)])
