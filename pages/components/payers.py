"""Who pays: the people who stand out most beside the average, and the groups of a column, worst first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import amount, digits, mapping, number
from core.data.schema import Kind, Role, Schema
from pages.components.sentences import vulnerable_sentence
from pages.components.shell import keep
from pages.components.vault import Workspace
from pages.components.words import between, plain, thousand

MOST_GROUPS = 30
"""Different texts above which a column makes no groups: each would be a handful of people."""


def groupable(schema: Schema, distinct: Mapping[str, int]) -> tuple[str, ...]:
    """Return the columns that make groups: nothing that names somebody, no text with nearly as many values as people.

    Parameters
    ----------
    distinct : mapping
        Column -> different values; a column that is missing counts as having few.
    """
    found = []
    for column in schema.columns:
        cut = column.kind in (Kind.NUMERIC, Kind.DATE)  # many numbers are cut at the quartiles
        named = column.role in (Role.DIRECT_IDENTIFIER, Role.IGNORED) or column.name == schema.person_id
        if not named and column.kind is not Kind.TEXT and (cut or distinct.get(column.name, 0) <= MOST_GROUPS):
            found.append(column.name)
    return tuple(found)


def group_rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the groups of a point as rows of text, in their order; one without a number says why."""
    metric = str(found["metric"])
    title = "Accuracy" if metric == "accuracy" else "Mean absolute error"
    rows = []
    for group in found["groups"]:
        use, risk = mapping(group.get(metric)), mapping(group.get("membership"))
        rows.append(
            {
                "Group": plain(group["group"]),
                f"{title} (tested)": _use(metric, use, int(group.get("test_people") or 0)),
                "Membership risk, extra of 1,000 (in the data, not)": _risk(risk),
                "People attacked": f"{int(group.get('pool_people') or 0):,}",
            }
        )
    return rows


def _use(metric: str, record: Mapping[str, Any], people: int) -> str:
    value, low, high = (number(record.get(key)) for key in ("value", "low", "high"))
    if value is None:
        return f"no number: {plain(record.get('reason') or 'not measured')}"
    unit = " %" if metric == "accuracy" else ""
    places = digits(metric, value)
    ends = f" ({amount(metric, low)} to {amount(metric, high)})" if low is not None and high is not None else ""
    told = f"{amount(metric, value)}{unit}{ends}" if places >= 0 else ""
    return f"{told}; {int(record.get('n') or people):,} people"


def _risk(record: Mapping[str, Any]) -> str:
    value = number(record.get("value"))
    if record.get("status") != "measured" or value is None:
        return f"no number: {plain(record.get('reason') or 'not measured')}"
    ends = f" ({between(record)})" if between(record) else ""
    counted = [number(record.get(key)) for key in ("n_members", "n_controls")]
    told = f"; {counted[0]:,.0f} and {counted[1]:,.0f}" if None not in counted else ""
    return f"{thousand(value)}{ends}{told}"


def show(space: Workspace, result: Mapping[str, Any], point: Mapping[str, Any], threat: str) -> None:
    """Draw both parts and the choice of the column."""
    st.markdown("**Who pays**")
    study, people = mapping(result.get("study")), number(mapping(result.get("table")).get("pool_people"))
    risk = mapping(mapping(point.get("risks")).get(threat))
    if told := vulnerable_sentence(risk, study, people):
        st.markdown(told)
        apart = mapping(risk.get("vulnerable"))
        if apart.get("status") == "measured":
            inside, outside = (int(apart.get(key) or 0) for key in ("n_members", "n_controls"))
            st.caption(
                f"They were chosen by how far their data are from others', before anything was attacked. Counted on "
                f"{inside:,} of them in the data and {outside:,} not."
            )
    else:
        st.markdown("For the risk on the chart, nothing is known about the people who stand out most.")
    groups(space, result, point)


def groups(space: Workspace, result: Mapping[str, Any], point: Mapping[str, Any]) -> None:
    """Draw the table of groups, and the select box of the column."""
    schema, head = space.schema, space.draft["study"]
    if schema is None:
        return
    counts = {c.name: shape["distinct"] for c, shape in zip(schema.columns, space.profile, strict=False)}
    if space.table is not None and not counts:
        frame = space.table.frame
        counts = {c.name: len(frame[c.name].cat.categories) for c in schema.columns if hasattr(frame[c.name], "cat")}
    columns = groupable(schema, counts)
    held = head.get("subgroup")
    places = {-1: "no groups"} | dict(enumerate(columns))
    key = f"subgroup-{space.id}-{space.revision}"
    keep(key, columns.index(held) if held in columns else -1)

    def chosen() -> None:
        place = st.session_state[key]
        head.pop("subgroup", None)
        if place != -1:
            head["subgroup"] = columns[place]

    st.selectbox(
        "Groups to compare",
        list(places),
        key=key,
        format_func=lambda place: places[place],
        on_change=chosen,
        help="Accuracy and risk for each value of this column, the worst first. Numbers with many values are cut into "
        "quarters.",
    )
    measured = mapping(point.get("subgroups"))
    if head.get("subgroup") != mapping(result.get("study")).get("subgroup"):
        st.info("Another choice of groups is measured with the next run: press Run.", icon=":material/replay:")
    if measured.get("groups"):
        st.markdown(f"By **{plain(measured['column'])}**, those the model serves worst first:")
        st.table(group_rows(measured), hide_index=True, alt="Accuracy and risk of each group, the worst first")
        st.caption(
            "Groups of few people have wide intervals or no number; with many groups one of them looks worst by luck."
        )
