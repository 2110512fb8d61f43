"""The solution space of a stack's full-domain step, with filters, drawn on demand."""

from __future__ import annotations

import json
from dataclasses import dataclass

import streamlit as st

from core.charts import CHARTS
from core.charts.solution_space import STATE_WORDS, rows
from core.data.table import Table
from core.rng import rng_for
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from core.techniques.lattice import STATES, Solutions, explore
from core.tradeoff.before_after import facts_of
from core.tradeoff.recipe import Recipe
from pages.components.vault import Workspace
from pages.components.words import plain


@dataclass(frozen=True)
class Searched:
    """A full-domain step and the table that arrives at it."""

    technique: FullDomainKAnonymity
    table: Table


def step_of(recipe: Recipe, table: Table, seed: int) -> Searched | None:
    """Return the last full-domain step of a stack with the rows that reach it; None without one."""
    places = [i for i, step in enumerate(recipe.steps) if isinstance(step, FullDomainKAnonymity)]
    if not places:
        return None
    last, technique = places[-1], recipe.steps[places[-1]]
    if not isinstance(technique, FullDomainKAnonymity):
        return None
    if last:
        before = Recipe("before", recipe.steps[:last], "rows")
        table = before.protect(table, facts_of(table), lambda *labels: rng_for(seed, *labels)).table
    return Searched(technique, table)


def show(space: Workspace, recipe: Recipe, dark: bool) -> None:
    """Draw the solution space when somebody asks for it."""
    if space.table is None or not any(isinstance(step, FullDomainKAnonymity) for step in recipe.steps):
        return
    st.markdown("**The solution space: every choice of levels**")
    if not st.toggle("Show every choice of levels", key=f"solutions-{space.id}"):
        st.caption("Which other choices were possible, which of them hold, and how much each would keep.")
        return
    seed = space.study().seed
    mark = json.dumps([recipe.describe(), space.table.schema.to_json(), len(space.table)], default=str)
    if space.looks.get("searched") != mark:
        with st.spinner("Looking at every choice of levels"):
            found = step_of(recipe, space.table, seed)
            solutions = None
            if found is not None:
                solutions = explore(found.technique, found.table, facts_of(found.table))
            space.looks["searched"], space.looks["solutions"] = mark, solutions
    solutions = space.looks["solutions"]
    if solutions is None:
        return
    chart = CHARTS["solution_space"]
    states, between = filters(space, solutions)
    info = chart.info(solutions, states=states, between=between)
    st.markdown(plain(info.sentence))
    st.plotly_chart(chart.figure(info, dark=dark), key="solutions", theme=None, config={"displayModeBar": False},
                    alt=plain(info.sentence))  # fmt: skip
    if info.hidden:
        st.caption(f"{info.hidden:,} choices are hidden by the filters.")
    if best := rows(info):
        st.markdown("The best of those shown:")
        st.dataframe(best, hide_index=True, key="best-solutions")
    st.caption(
        "Information kept is 1 minus the loss: per cell how many values its label could stand for, rows that are left "
        "out counted as wholly lost. Marks that were not looked at stand at the most they could keep."
    )


def filters(space: Workspace, solutions: Solutions) -> tuple[list[str], dict[str, tuple[int, int]]]:
    """Draw the filters and return the states and levels to show."""
    present = [state for state in STATES if (solutions.state == state).any()]
    states = st.pills("Show", present, selection_mode="multi", default=present, key=f"states-{space.id}",
                      format_func=lambda s: STATE_WORDS[s].split(":")[0])  # fmt: skip
    between: dict[str, tuple[int, int]] = {}
    with st.expander("Filter by the level of a column", key=f"levels-{space.id}"):
        places = st.columns(4)
        for i, (name, top) in enumerate(zip(solutions.columns, solutions.heights, strict=True)):
            if top:
                low, high = places[i % 4].slider(plain(name), 0, int(top), (0, int(top)), key=f"level-{space.id}-{i}")
                between[name] = (low, high)
    return list(states), between
