"""Could you do with less? What giving up each column would cost, and what risk would go with it; measured on demand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from core.charts.words import decimal, digits, measure_of
from core.models import MODELS
from core.rng import rng_for
from core.tradeoff.adviser import CAVEAT, FITS, Advice, Review, review
from core.tradeoff.study import Study, parse_study
from pages.components import task
from pages.components.shell import house, told
from pages.components.vault import Workspace
from pages.components.words import names, plain

MOST = 5
"""Columns that get a sentence; the table has all."""


def change(found: Review, value: float, unit: bool = False) -> str:
    """Return a difference of the metric as people say it: shares in points, other metrics in their own unit."""
    words = measure_of(found.metric)
    shown = decimal(value * words.scale, digits(found.metric, found.value))
    signed = shown if shown.startswith("-") or not shown.strip("0.") else f"+{shown}"
    return f"{signed}{' points' if words.unit and unit else ''}"


def points(share: float) -> str:
    """Return a change of a share of people in points.

    >>> points(-.0391), points(0.0)
    ('-3.9 points', 'no change')
    """
    return f"{decimal(100 * share, 1)} points" if share else "no change"


def ends(found: Review, one: Advice) -> str:
    """Return the interval of a change, in brackets."""
    return f"[{change(found, one.low)}, {change(found, one.high)}]"


def sentence(found: Review, one: Advice) -> str:
    """Return what giving up a column, or several together, costs and saves."""
    words = measure_of(found.metric)
    told = f"Drop **{names(one.columns)}**: {plain(words.spoken)} {change(found, one.change, unit=True)} "
    told += plain(ends(found, one))
    if one.loss_measured:
        told += ", a loss that is measured"
    else:
        told += f", no loss measured (it may be up to {change(found, max(one.most, 0.0)).lstrip('+')})"
    if not one.known:
        return f"{told}. Nobody is assumed to know this column, so nobody becomes harder to recognise."
    return (
        f"{told}; people alone in their combination {points(one.uniques_change)}, "
        f"people recognised on average {points(one.reidentification_change)}."
    )


def rows(found: Review) -> pd.DataFrame:
    """Return the table: a row for each column, in the order of the advice."""
    title = measure_of(found.metric).title
    return pd.DataFrame(
        [
            {
                "Column": one.columns[0],
                title: change(found, one.change),
                "95 % interval": ends(found, one),
                "Loss": "measured" if one.loss_measured else "none measured",
                "People alone": points(one.uniques_change) if one.known else "not known to others",
                "People recognised": points(one.reidentification_change) if one.known else "not known to others",
            }
            for one in found.singles
        ]
    )


def study_of(space: Workspace) -> Study:
    """Return the draft's study without recipes and limits: a mistake there must not stop the advice."""
    return parse_study({"study": space.draft.get("study", {}), "attacker": space.draft.get("attacker", {})})


def mark(space: Workspace) -> str:
    """Return what the advice depends on."""
    assert space.table is not None  # noqa: S101 - the page asks only when there is one
    schema, head = space.table.schema, space.draft.get("study", {})
    used: Mapping[str, Any] = {key: head.get(key) for key in ("model", "metric", "seed")}
    columns = [(c.name, c.kind, c.role) for c in schema.columns]
    knows = space.draft.get("attacker", {}).get("knows")
    return json.dumps([id(space.table.frame), schema.person_id, columns, knows, used], default=str)


def show(space: Workspace) -> None:
    """Draw the section: the button, the working state, the advice."""
    table = space.table
    if table is None:
        return
    st.header("Could you do with less?", anchor=False)
    if table.schema.target is None or not table.schema.model_inputs:
        st.caption("Choose what the model predicts, and at least one column to predict it from, to get advice.")
        return
    st.markdown(
        "What is not in the table cannot leak. This measures, for every column, what the model loses without it and "
        "how many people fewer stand out."
    )
    now, held = mark(space), space.notes.get("adviser")
    stale = held is not None and held[0] != now
    if st.button("Measure every column", key="adviser", icon=":material/playlist_remove:"):
        bar = st.empty()
        _working(bar, 0.0)
        with told():
            study = study_of(space)
            found = review(
                table,
                study,
                rng_for(study.seed, "adviser"),
                lambda share: _working(bar, share),
                house().elsewhere,
            )
            space.notes["adviser"] = held = (now, found)
            space.looks["count"] = space.looks.get("count", 0) + 1
            stale = False
        bar.empty()
    if stale:
        st.info(
            "Roles, model or what others know changed since the last advice: measure again.", icon=":material/update:"
        )
    elif held is not None:
        _advice(space, held[1])


def _working(place: Any, share: float) -> None:
    place.progress(share, text=f"Training models without each column in turn: {share:.0%}")


def _advice(space: Workspace, found: Review) -> None:
    for one in found.singles[:MOST]:
        st.markdown(f"- {sentence(found, one)}")
    if len(found.singles) > MOST:
        st.caption(f"{len(found.singles) - MOST} more columns are in the table.")
    st.dataframe(rows(found), hide_index=True, width="stretch", key="adviser-table")
    if len(found.path) > 1:
        st.markdown(
            "**Together.** Columns that say nearly the same hide each other: each alone can go, both cannot. Given up "
            "one after the other, always against all columns:"
        )
        for one in found.path:
            st.markdown(f"- {sentence(found, one)}")
    title = MODELS[found.model].title
    model = plain(title)
    if found.stands_in:
        own = MODELS[task.model_key(space.draft.get("study", {}))].title
        model = f"a small {title.lower()}, which stands in for {plain(own)} because that is slow"
    st.caption(
        f"Model: {model}; trained {FITS} times on {found.members:,} people drawn at random, scored on the same "
        f"{found.test:,} people it has never seen, with and without the column. Intervals hold 95 % for each column by "
        f"itself. Who stands out is counted on all {found.people:,} people: today {found.uniques:,} are alone in their "
        f"combination of {names(found.knows) if found.knows else 'nothing'}. Order: first the columns without a "
        "measured loss, by people no longer recognised; then by people no longer alone for each point lost. To give a "
        "column up, set its role to 'leave out' above."
    )
    st.caption(CAVEAT)
