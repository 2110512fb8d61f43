"""Trade-off, the page that asks: which settings are good enough."""

from __future__ import annotations

import streamlit as st

from core.attacks.base import THREATS as MEASURED
from core.attacks.words import THREAT_WORDS
from core.utility.metrics import metrics_for
from pages.components import conflict, frozen, limits, recipes, results, resume, solve_for, sweep, task, team
from pages.components.boot import ensure_entry
from pages.components.shell import empty, keep, onlooker, told, workspace
from pages.components.vault import Workspace
from pages.components.words import plain, title_of

ensure_entry()


def threat_shown(space: Workspace) -> None:
    """Choose the threat on the x-axis and the metric on the y-axis."""
    head = space.draft["study"]
    key, metric = f"threat-{space.id}", f"metric-{space.id}"
    metrics = metrics_for(task.task(space))
    keep(key, head.get("threat", "membership"))
    keep(metric, head.get("metric") or next(iter(metrics)))

    def changed() -> None:
        head["threat"], head["metric"] = st.session_state[key], st.session_state[metric]
        space.limits_changed()

    st.selectbox("Risk on the chart", list(MEASURED), format_func=title_of, key=key, on_change=changed)
    st.caption(f"The attacker asks: {THREAT_WORDS[head.get('threat', 'membership')].question}")
    st.selectbox("Usefulness on the chart", list(metrics), format_func=lambda m: metrics[m].title, key=metric,
                 on_change=changed)  # fmt: skip
    st.caption(metrics[st.session_state[metric]].sentence)


def settings(space: Workspace) -> None:
    """Draw what members can change: limits, settings to try, effort."""
    if onlooker(space):
        return
    st.markdown("**Requirements**")
    with told():
        limits.show(space)
    solve_for.show(space)
    threat_shown(space)
    st.markdown("**Settings to try**")
    with told():
        recipes.show(space, space.schema.names if space.schema else ())
    sweep.show(space)


def page(space: Workspace) -> None:
    """Draw the page of a workspace that has a table."""
    if team.may(space.id, "member"):
        task.settle(space)
    resume.note(space)
    for line in space.notes.get("settled", ()):
        st.info(plain(line), icon=":material/swap_horiz:")
    team.problems()
    conflict.show(team.room(space.id))
    side, middle = st.columns([1, 2.7], gap="medium")
    with side, st.container(key="settings"):
        settings(space)
    running = space.running

    @st.fragment(run_every=1.0 if running else None, key="live")
    def live() -> None:
        snapshot = space.snapshot()
        if snapshot is None:
            st.info("Nothing has been measured yet. Check the limits and the settings on the left, then press Run.")
            return
        results.progress(space, snapshot)
        with told():
            results.show(space, snapshot, st.context.theme.type == "dark")
        if running and not snapshot.active:
            st.rerun()

    with middle:
        live()


st.title("Which settings are good enough?", anchor=False)
space = workspace()
if frozen.asked():
    with told():
        frozen.show()
elif space is None or space.table is None:
    empty("There is no table yet. Load the census sample with one click, or upload your own table on the Data page.")
    with told():
        resume.chart()
else:
    page(space)
