"""Effort, number of people, estimated time, and the Run button."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.methods.glossary import told
from core.tradeoff.study import EFFORTS
from pages.components import unit
from pages.components.shell import house, keep, show_error, start_sweep
from pages.components.vault import Workspace
from pages.components.words import EFFORT_WORDS

QUICK_ROWS = 3000
NEXT = {"glance": "standard", "standard": "thorough", "adaptive": "thorough"}
"""Effort -> the one that proves more."""


def estimate(space: Workspace) -> tuple[int, int, float]:
    """Return settings, fits and estimated seconds of the draft's sweep.

    The time of a fit is the last sweep's mean on as many people, else a rule of thumb.
    """
    study = space.study()
    settings = len(study.with_anchors())
    fits = settings * (study.replicates + 1)
    everybody = space.table.people if space.table is not None else 0
    people = min(study.rows or everybody, everybody)
    each = 0.08 + people * 2e-5
    last = space.last
    if last is not None and last.done > last.reused and last.state == "done":
        before, fitted = last.result["table"]["people"], last.done - last.reused
        each = last.seconds * house().workers.workers / fitted * max(people / max(before, 1), 0.2)
    return settings, fits, fits * each / house().workers.workers


def time_text(seconds: float) -> str:
    """Return seconds as people say them.

    >>> time_text(4.2), time_text(75), time_text(600)
    ('about 5 s', 'about 80 s', 'about 10 min')
    """
    if seconds < 10:
        return f"about {max(5, round(seconds))} s"
    return f"about {round(seconds / 10) * 10} s" if seconds < 90 else f"about {round(seconds / 60)} min"


def show(space: Workspace) -> None:
    """Draw effort, people and Run."""
    head = space.draft["study"]
    people = space.table.people if space.table is not None else 0
    key = f"effort-{space.id}"
    head.setdefault("effort", "standard")
    keep(key, head["effort"])
    st.segmented_control(
        "Effort",
        list(EFFORTS),
        format_func=str.capitalize,
        key=key,
        width="stretch",
        wrap=True,
        help=told("effort"),
        required=True,
        on_change=lambda: head.update(effort=st.session_state[key] or head["effort"]),
    )
    st.caption(f"{EFFORTS[head['effort']]} random halves for each setting: {EFFORT_WORDS[head['effort']]}.")
    if people > QUICK_ROWS:
        rows = f"rows-{space.id}"
        keep(rows, head.get("rows") is None)

        def sized() -> None:
            head.pop("rows", None)
            if not st.session_state[rows]:
                head["rows"] = QUICK_ROWS

        st.toggle(
            f"Use all {people:,} people",
            key=rows,
            on_change=sized,
            help="Off: a random sample, for a first look. Numbers for a sample say less about the whole table.",
        )
        if head.get("rows"):
            st.caption(
                f"Now: {head['rows']:,} of {people:,} people, drawn at random (seed {head.get('seed', 0)}): each has "
                "the same chance and comes with all their rows."
            )
    waits = unit.compares_private(space) and not unit.confirmed(space)
    if waits:
        unit.ask(space, "run")
    try:
        settings, fits, seconds = estimate(space)
    except UserError as error:
        show_error(error)
        return
    st.button(
        f"Run {settings} settings · {time_text(seconds)}",
        type="primary",
        key="run",
        width="stretch",
        disabled=space.running or space.table is None or waits,
        on_click=_run,
        args=(space,),
    )
    st.caption(f"{fits} fits on {house().where}; the time is an estimate.")
    if space.sample is not None and "full" not in space.notes and not space.running:
        st.button("Load the full study", key="full", type="tertiary", width="stretch", on_click=_full, args=(space,))
    if problem := st.session_state.pop("run_problem", None):
        show_error(problem)


def _full(space: Workspace) -> None:
    """Replace the first look's settings by the sample's full study; it starts when somebody presses Run."""
    from pages.components.samples import full_draft

    space.draft = full_draft(str(space.sample))
    space.revision += 1
    space.notes["full"] = True
    space.limits_changed()


def more_runs(space: Workspace, unproven: int) -> None:
    """Offer the next effort when settings are not proven: more runs narrow the intervals."""
    after = NEXT.get(space.draft["study"].get("effort", "standard"))
    if not unproven or space.running or after is None:
        return
    label = f"Prove more of them: run again with {EFFORTS[after]} random halves"
    if st.button(label, key="more", icon=":material/replay:"):
        space.draft["study"]["effort"] = after
        _run(space)
        st.rerun()


def _run(space: Workspace) -> None:
    """Start the sweep; a problem is shown when the page is drawn."""
    try:
        start_sweep(space)
    except UserError as error:
        st.session_state["run_problem"] = error
