"""What is seen of a hierarchy: its levels, and what they do to the crowds of the whole table."""

from __future__ import annotations

import streamlit as st

from core.charts import CHARTS
from core.charts.before_after import CrowdBars
from core.data.hierarchy import level_counts
from core.techniques.generalise import Generalise
from core.tradeoff.before_after import Crowds, crowds, facts_of
from pages.components.groups_state import now
from pages.components.shell import brought
from pages.components.vault import Workspace
from pages.components.words import people, plain


def levels(space: Workspace, name: str) -> None:
    """Draw the levels of one column: how many groups, who is in the smallest, what they are called."""
    if space.schema is None or space.table is None:
        return
    st.markdown(now(space.schema[name], space.table))
    mine, rows = brought(space), []
    for count in level_counts(space.schema[name], space.table):
        row = {
            "Level": "the value itself" if count.level == 0 else str(count.level),
            "Groups": f"{count.labels:,}",
            "People in the smallest": f"{count.smallest_people:,}",
        }
        if mine:
            row["For example"] = ", ".join(count.examples) if count.level else ""
        rows.append(row)
    st.dataframe(rows, hide_index=True, key="levels")
    if not mine:
        st.caption("Labels are shown to owners of the workspace: some of them are values of people.")


def preview(space: Workspace, dark: bool) -> None:
    """Draw what one level for all quasi-identifiers does to the crowds."""
    schema, table = space.schema, space.table
    if schema is None or table is None or not schema.quasi_identifiers:
        st.info("No column has the role 'known to others', so there are no crowds to look at.")
        return
    level = st.slider("All quasi-identifiers at level", 0, 5, 1, key=f"groups-level-{space.id}")
    known = schema.quasi_identifiers
    before = _kept(space, 0)
    after = _kept(space, level)
    alone = people(after.uniques / max(table.people, 1))
    told = f"{alone} people are alone with their quasi-identifiers at level {level}"
    st.markdown(
        f"**{told}** (today {people(before.uniques / max(table.people, 1))}); the smallest crowd has {after.k:,} "
        f"{'person' if after.k == 1 else 'people'}, and there are {after.classes:,} crowds."
    )
    chart = CHARTS["crowd_bars"]
    info = CrowdBars.info(before, after if level else None, people=table.people)
    st.plotly_chart(chart.figure(info, dark=dark), key="groups-crowds", theme=None, config={"displayModeBar": False},
                    alt=info.alt)  # fmt: skip
    st.caption(
        f"Counted over {plain(', '.join(known))}. The Techniques page finds the cheapest mix of levels: choose "
        "k-anonymity (full domain) there."
    )


def _kept(space: Workspace, level: int) -> Crowds:
    """Return the crowds at a level; computed once for each table, schema and level."""
    if space.schema is None or space.table is None:
        raise ValueError("no table")
    mark, held = repr(space.schema.to_json()), space.looks.setdefault("group_crowds", {})
    if held.get("mark") != mark:
        held.clear()
        held["mark"] = mark
    if level not in held:
        rows = space.table
        if level:
            import numpy as np

            technique = Generalise(level=level)
            rows = technique.protect(rows, facts_of(rows), np.random.default_rng(0)).table
        held[level] = crowds(rows, space.schema.quasi_identifiers)
    found: Crowds = held[level]
    return found
