"""Effects: what a stack does to the table, and a quick look at accuracy and risk, computed once per stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from core.charts import CHARTS
from core.charts.before_after import ColumnBars, CrowdBars, SidesInfo, numbers
from core.charts.words import amount, change_text, decimal, mapping, measure_of, number
from core.errors import UserError
from core.techniques.base import Stage
from core.tradeoff.before_after import BeforeAfter, ColumnChange, before_after, facts_of, quick_part
from core.tradeoff.quick_look import REPLICATES, QuickLook
from core.tradeoff.recipe import Recipe
from pages.components.sentences import proved_sentence, threat_sentence, utility_sentence
from pages.components.shell import house
from pages.components.vault import Workspace
from pages.components.words import extra_of, people, plain, thousand

LOOKER_WORDS = {
    "owner": "an owner of the workspace",
    "member": "a member of the team",
    "viewer": "somebody with a link",
}
"""Who looks -> who that is."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What was found for one stack.

    Parameters
    ----------
    table : BeforeAfter or None
        None where no step changes rows.
    point : mapping or None
        The quick look's point; None with `problem`.
    problem : UserError or None
        Why there is no quick look: no target, or no people enough.
    """

    recipe: Recipe
    table: BeforeAfter | None
    point: Mapping[str, Any] | None
    problem: UserError | None
    sample: int
    proved: Mapping[str, Any]


def effect(space: Workspace, recipe: Recipe, looker: str) -> Effect:
    """Return the effect of a stack; the last one is kept."""
    if space.table is None or space.schema is None:
        raise UserError("a preview needs a table", got="none", do="Load a sample, or upload a table on the Data page.")
    study = replace(space.study(), recipes=(), requirements=())
    settled = json.dumps([study.to_json(), space.table.schema.to_json(), len(space.table)], default=str)
    mark = json.dumps([settled, recipe.describe(), looker], default=str)
    if space.looks.get("mark") == mark:
        found: Effect = space.looks["effect"]
        return found
    table, facts, run = space.table, facts_of(space.table, study.assume_public_domain), house().elsewhere
    if reason := recipe.unsupported(table.schema, facts):
        raise UserError("this stack must fit the table", got=reason, do="Change a step, or a column's role.")
    shown = None
    if any(step.stage is Stage.TABLE for step in recipe.steps):
        table, sampled = quick_part(recipe, table, study.seed)
        facts = facts_of(table, study.assume_public_domain)
        (found_rows,) = run(partial(before_after, seed=study.seed, looker=looker), (table, recipe, facts))
        shown = replace(found_rows, sampled=sampled)
    point, problem, sample = None, None, 0
    try:
        if space.looks.get("settled") != settled:
            space.looks["quick"] = QuickLook(study, space.table, run)
            space.looks["settled"] = settled
        quick: QuickLook = space.looks["quick"]
        before = quick.looks
        point, sample = quick.point(recipe), quick.people
        space.looks["count"] = space.looks.get("count", 0) + quick.looks - before
    except UserError as error:
        problem = error
    proved = recipe.guarantee(space.table.schema, facts_of(space.table, study.assume_public_domain)).to_json()
    found = Effect(recipe=recipe, table=shown, point=point, problem=problem, sample=sample, proved=proved)
    space.looks["mark"], space.looks["effect"] = mark, found
    return found


def headline(found: Effect) -> str:
    """Return what the stack does in a sentence or two.

    Counts are people: of the preview's sample, where it was made on one.
    """
    shown = found.table
    if shown is None:
        return "The rows stay as they are and stay inside: this protects the model that is trained on them."
    told = []
    if not shown.columns and not shown.suppressed:
        return "Nothing changes in the table."
    if shown.columns:
        gone = [c for c in shown.columns if c.after is None]
        kept = len(shown.columns) - len(gone)
        parts = [f"{kept} column{'s' * (kept != 1)} changed"] * (kept > 0)
        parts += [f"{len(gone)} left out"] * bool(gone)
        told.append(f"{' and '.join(parts).capitalize()}.")
    if shown.suppressed:
        told.append(f"{shown.suppressed:,} of {shown.rows:,} rows are left out.")
    alone = people(shown.before.uniques / max(shown.people, 1))
    if shown.after is not None:
        now = people(shown.after.uniques / max(shown.people, 1))
        told.append(
            f"Alone with their quasi-identifiers: {alone} before, {now} after; the smallest crowd has "
            f"{shown.after.k:,} {'person' if shown.after.k == 1 else 'people'}."
        )
    elif found.recipe.synthetic:
        told.append(f"The {shown.released:,} rows are invented and belong to nobody; {alone} stood alone before.")
    return " ".join(told)


def show_table(found: Effect, space: Workspace, dark: bool) -> None:
    """Draw crowds, one column before and after, and the example rows."""
    shown = found.table
    if shown is None:
        return
    if shown.sampled is not None:
        st.caption(f"Made on {shown.sampled:,} people drawn at random, to answer at once; a release takes everybody.")
    for note in shown.notes:
        st.caption(plain(note))
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**How many people share their quasi-identifiers**")
        _picture(CrowdBars.info(shown.before, shown.after, people=shown.people), "crowds", dark)
        if shown.after is None:
            why = (
                "cells were changed at random, so equal rows need not be equal people"
                if found.recipe.perturbed
                else ("no row of a person with known columns is released")
            )
            st.caption(f"After: no crowds to count, because {why}.")
        elif shown.suppressed:
            st.caption("People whose rows are left out are in no bar of the second side.")
    with right:
        _column(shown, space, dark)
    _examples(shown)


def _column(shown: BeforeAfter, space: Workspace, dark: bool) -> None:
    if not shown.columns:
        st.markdown("**No column changes**")
        return
    changes = {change.name: change for change in shown.columns}
    name = st.selectbox(
        "A column before and after", list(changes), format_func=lambda n: _option(changes[n]), key=f"seen-{space.id}"
    )
    change = changes.get(name) or shown.columns[0]
    _picture(ColumnBars.info(change), "column", dark)


def _option(change: ColumnChange) -> str:
    if change.after is None:
        return f"{change.name}: left out"
    return change.name if change.changed is None else f"{change.name}: {100 * change.changed:.0f} % of cells changed"


def _picture(info: SidesInfo, key: str, dark: bool) -> None:
    chart = CHARTS["crowd_bars" if key == "crowds" else "column_bars"]
    figure = chart.figure(info, dark=dark)
    st.plotly_chart(figure, key=f"picture-{key}", theme=None, config={"displayModeBar": False}, alt=info.alt)
    with st.popover("As a table", icon=":material/table_rows:", type="tertiary"):
        st.table(numbers(info), hide_index=True, alt=info.alt)


def _examples(shown: BeforeAfter) -> None:
    st.markdown("**Five example rows, masked for you**")
    rows = []
    for before, after in shown.examples:
        if before is not None:
            rows.append({"": "before", **dict(zip(shown.names, before, strict=True))})
        told = after if after is not None else ("left out",) * len(shown.names)
        rows.append({"": "after" if before is not None else "invented", **dict(zip(shown.names, told, strict=True))})
    if not rows:
        st.caption("No row is released.")
        return
    st.dataframe(rows, hide_index=True, key="examples")


def reidentified(found: Effect) -> tuple[float, float] | None:
    """Return the share of all people who would be recognised by their quasi-identifiers, before and after.

    People whose rows are left out are not recognised and stay in the denominator.
    """
    shown = found.table
    if shown is None or shown.after is None:
        return None
    return shown.before.average, shown.after.average * sum(shown.after.people) / max(shown.people, 1)


def show_glance(found: Effect, space: Workspace) -> None:
    """Draw the numbers that everybody asks for first, each beside what it is without protection."""
    measured = found.point is not None and found.point["status"] == "measured"
    point = mapping(found.point) if measured else {}
    metric = str(space.study().metric)
    estimate, risk = mapping(mapping(point.get("utility")).get(metric)), mapping(point.get("risks"))
    risk = mapping(risk.get("membership"))
    first, second, third, fourth = st.columns(4, gap="small")
    words = measure_of(metric)
    value, change = number(estimate.get("value")), number(mapping(estimate.get("difference")).get("value"))
    with first:
        shown = "–" if value is None else f"{amount(metric, value)}{words.unit}"
        told = None if change is None else f"{decimal(change * words.scale, 1)}{words.unit.replace(' %', ' points')}"
        st.metric(words.title, shown, told, delta_color="off", delta_arrow="off", help=_against(told, "a quick look"))
    value, change = number(risk.get("value")), number(mapping(risk.get("difference")).get("value"))
    with second:
        shown = "–" if value is None else f"{extra_of(risk)} of 1,000"
        told = None if change is None else f"{thousand(change, sign=True)} of 1,000"
        what = _against(told, "extra people that an attacker on the model gets right; a quick look")
        st.metric("Membership risk", shown, told, delta_color="off", delta_arrow="off", help=what)
    shares = reidentified(found)
    with third:
        shown = "–" if shares is None else f"{thousand(shares[1])} of 1,000"
        told = None if shares is None else f"{thousand(shares[1] - shares[0], sign=True)} of 1,000"
        st.metric("Re-identification", shown, told, delta_color="off", delta_arrow="off",
                  help=_against(told, "people recognised by exactly their quasi-identifiers, counted"))  # fmt: skip
    with fourth:
        shown = "–" if found.table is None else f"{100 * found.table.suppressed / max(found.table.rows, 1):.1f} %"
        st.metric("Rows left out", shown, help="Rows of people that are in no released row.")
    st.caption("Small numbers: the change against no protection. The intervals are below.")


def _against(told: str | None, what: str) -> str:
    return f"{what.capitalize()}." + (f" Against no protection: {told}." if told is not None else "")


def show_measured(found: Effect, space: Workspace) -> None:
    """Draw accuracy and membership against no protection, what is proved, and how it was measured."""
    left, right = st.columns(2, gap="medium")
    with left.container(border=True, height="stretch"):
        st.markdown("**Measured, at a glance**")
        _quick(found, space)
    with right.container(border=True, height="stretch"):
        st.markdown("**Proved** (if these steps are released like this)")
        st.markdown(plain(proved_sentence(found.proved)))
        for line in found.proved.get("assumptions") or ():
            st.caption(plain(line))


def _quick(found: Effect, space: Workspace) -> None:
    if found.problem is not None or found.point is None:
        problem = found.problem
        told = f"{problem.what}: {problem.got}. {problem.do}" if problem else "no number"
        st.markdown(f"Accuracy and risk cannot be shown: {plain(told)}")
        return
    point = found.point
    if point["status"] != "measured":
        st.markdown(f"{plain(str(point['status']).capitalize())}: {plain(point['reason'])}")
        return
    study = {**space.study().to_json(), "knows": list(space.schema.quasi_identifiers) if space.schema else []}
    st.markdown(utility_sentence(point, str(study["metric"])))
    st.markdown(threat_sentence(point, "membership", study))
    if shares := reidentified(found):
        told = change_text({"value": shares[1] - shares[0]}, 1000, 0).replace(" (no interval yet)", "")
        st.markdown(
            f"**Re-identification**: {thousand(shares[1])} of 1,000 people would be recognised by whoever knows their "
            f"quasi-identifiers, counted on {found.table.people if found.table else 0:,} people; that is {told}."
        )
    many = number(mapping(point["risks"].get("membership")).get("n_members"))
    st.caption(
        f"A quick look at {found.sample:,} people and {REPLICATES} random halves"
        f"{f' (about {many:,.0f} members attacked)' if many else ''}: intervals are wide, and attacks on released rows "
        "are left to the sweep. Each quick look uses the raw data once more "
        f"({REPLICATES * space.looks.get('count', 0):,} fits so far); no epsilon covers that."
    )
