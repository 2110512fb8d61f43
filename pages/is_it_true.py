"""Is it true here?, the page that puts popular sentences to the test on the team's own table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.interval_rows import Row, draw
from core.claims import CLAIMS
from core.claims.base import FALSE, MIXED, OPEN, SEEN, TRUE, UNTESTED, Claim, Finding
from pages.components.boot import ensure_entry
from pages.components.shell import empty, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain

ensure_entry()
ICONS = {
    TRUE: ":material/check_circle:",
    SEEN: ":material/visibility:",
    MIXED: ":material/tune:",
    FALSE: ":material/block:",
    OPEN: ":material/help:",
    UNTESTED: ":material/hourglass_empty:",
}


def evidence(finding: Finding, key: str, dark: bool) -> None:
    """Draw the settings behind a verdict, as a chart and as a table."""
    rows = [
        Row(label=item.point, value=100 * item.value, low=100 * item.low, high=100 * item.high, finding=item.finding,
            told=item.told)
        for item in finding.evidence
    ]  # fmt: skip
    limit = None if finding.limit is None else 100 * finding.limit
    figure = draw(rows, limit, finding.scale, dark=dark)
    st.plotly_chart(figure, key=f"claim-{key}", theme=None, config={"displayModeBar": False},
                    alt=f"{len(rows)} settings with intervals: {finding.sentence}")  # fmt: skip
    with st.expander("The same as a table", key=f"table-{key}"):
        st.dataframe(
            [
                {
                    "Setting": row.label,
                    "Value": round(row.value, 1),
                    "From": round(row.low, 1),
                    "To": round(row.high, 1),
                    "Holds": row.finding,
                    "Beside it": row.told,
                }
                for row in rows
            ],
            hide_index=True,
            width="stretch",
        )


def card(claim: type[Claim], result: Mapping[str, Any], dark: bool) -> None:
    """Draw one claim: the sentence, the verdict here, what it rests on, what others measured, what to say instead."""
    finding = claim().judge(result)
    with st.container(border=True, key=f"card-{claim.key}"):
        st.header(f"“{claim.sentence}”", anchor=False)
        st.markdown(f"{ICONS[finding.verdict]} **{finding.verdict.capitalize()}.** {plain(finding.sentence)}")
        if finding.wanted:
            st.caption(plain(finding.wanted))
        if finding.evidence:
            evidence(finding, claim.key, dark)
        st.markdown(f"**Say instead:** {plain(claim.instead)}")
        with st.expander("What others measured", key=f"literature-{claim.key}"):
            for line in claim.literature:
                st.markdown(f"- {plain(line)}")
            st.caption("Sources: " + "; ".join(plain(source) for source in claim.sources) + ".")


def page(space: Workspace) -> None:
    """Draw the claims over what has been measured so far."""
    snapshot = space.snapshot()
    if snapshot is None:
        return
    if snapshot.state == "running":
        st.caption(
            f"Still measuring: {plain(snapshot.headline)}. The verdicts are of what is there; come back for the rest."
        )
        if st.button("Look again", key="again", icon=":material/refresh:"):
            st.rerun()
    dark = st.context.theme.type == "dark"
    for claim in CLAIMS.values():
        with told():
            card(claim, snapshot.result, dark)


st.title("Is it true here?", anchor=False)
st.markdown(
    "Sentences that people bring to meetings, put to the test on your table, with what was measured on it and with "
    "what others found. Filled: holds with its whole interval. Crossed: does not. Hollow: not settled."
)
space = workspace()
if space is None or space.table is None:
    empty("There is nothing to test a sentence on yet. Load the census sample, or upload your own table.")
elif space.job is None:
    st.info("Nothing has been measured yet. Run the settings on the Trade-off page first.")
    if st.button("Go to the trade-off", type="primary", key="to_trade_off"):
        st.switch_page("pages/trade_off.py", query_params={"ws": space.id})
else:
    page(space)
