"""What the study assumes: target, person, model, what the attacker knows, what is public about the columns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from core.data.schema import Column, Kind
from core.errors import UserError
from core.models import MODELS
from core.techniques import TECHNIQUES
from pages.components import attacker, roles, task
from pages.components.recipes import steps_of
from pages.components.shell import keep, show_error
from pages.components.vault import Workspace
from pages.components.words import plain

NOBODY, NONE = "every row is a person of its own", -1


def _name(names: list[str], place: int) -> str | None:
    return None if place == NONE else names[place]


def show(space: Workspace) -> None:
    """Draw the choices below the role editor."""
    schema, head = space.schema, space.draft["study"]
    if schema is None:
        return
    names = list(schema.names)
    one, two, three = st.columns(3)
    base = f"{space.id}-{space.revision}"
    # Columns are offered by their place: a name may be any text, also that of "none".
    places = {NONE: "nothing chosen yet"} | {i: n for i, n in enumerate(names) if n != schema.person_id}
    with one:
        key = f"target-{base}"
        keep(key, NONE if schema.target is None else names.index(schema.target))
        st.selectbox(
            "What the model predicts",
            list(places),
            key=key,
            format_func=lambda place: places[place],
            on_change=lambda: roles.set_target(space, _name(names, st.session_state[key])),
        )
    with two:
        person = f"person-{base}"
        owners = {NONE: NOBODY} | {i: f"rows with the same {n}" for i, n in enumerate(names) if n != schema.target}
        keep(person, NONE if schema.person_id is None else names.index(schema.person_id))
        st.selectbox(
            "Which rows belong to one person",
            list(owners),
            key=person,
            format_func=lambda place: owners[place],
            on_change=lambda: roles.set_person(space, _name(names, st.session_state[person])),
        )
    with three:
        model = f"model-{base}"
        keep(model, task.model_key(head))
        numbers = task.task(space) == "regression"
        st.selectbox(
            "Model",
            task.models(space),
            key=model,
            format_func=lambda k: MODELS[k].title,
            on_change=lambda: head.update(model=st.session_state[model]),
            help="Models that predict numbers, because the target is a number of many values."
            if numbers
            else "Models that predict classes, because the target has few different values.",
        )
    for line in space.notes.get("settled", ()):
        st.info(plain(line), icon=":material/swap_horiz:")
    attacker.show(space)
    _public(space)


def needs_public(space: Workspace) -> bool:
    """Say whether a chosen recipe adds noise by public ranges."""
    keys = {step["technique"] for block in space.draft.get("recipe", []) for step in steps_of(block)}
    return any(name in TECHNIQUES and any(p.name == "epsilon" for p in TECHNIQUES[name].parameters()) for name in keys)


def _public(space: Workspace) -> None:
    schema = space.schema
    if schema is None or not needs_public(space):
        return
    wanted = [schema[n] for n in schema.model_inputs]
    lacking = [c for c in wanted if _lacks(c)]
    if not lacking:
        return
    head = space.draft["study"]
    with st.container(border=True):
        st.markdown("**What everybody may know about the columns**")
        st.markdown(
            "Differential privacy needs ranges and lists of values that do not come from the people in the table. "
            f"{len(lacking)} of {len(wanted)} columns have none yet; until they do, private training is skipped."
        )
        key = f"public-{space.id}-{space.revision}"
        keep(key, bool(head.get("assume_public_domain")))
        st.checkbox(
            "Treat the table's own ranges and values as public",
            key=key,
            on_change=lambda: head.update(assume_public_domain=st.session_state[key]),
            help="The guarantee then lists this among its assumptions: it does not protect a person whose value is the "
            "smallest, the largest, or one that nobody else has.",
        )
        if head.get("assume_public_domain"):
            st.caption(
                "Plainly: whoever has the oldest age or a job that nobody else has could be noticed through it. The "
                "report says so beside the guarantee."
            )
            return
        with st.expander(f"Enter them for {len(lacking)} columns", key=f"public-open-{space.id}"):
            for column in lacking[:40]:
                _one(space, column)


def _lacks(column: Column) -> bool:
    return column.bounds is None if column.kind in (Kind.NUMERIC, Kind.DATE) else column.categories is None


def _one(space: Workspace, column: Column) -> None:
    """Ask for one column's range or values; what is proposed is never read from the table."""
    ranged = column.kind in (Kind.NUMERIC, Kind.DATE)
    label = f"{plain(column.name)}: " + ("lowest and highest, as in 0, 120" if ranged else "values, separated by ;")
    text = st.text_input(label, key=f"public-{space.id}-{space.revision}-{column.name}", max_chars=4000)
    if not text.strip():
        return
    try:
        roles.set_public(space, read_public(column, text))
    except UserError as error:
        show_error(error)


def read_public(column: Column, text: str) -> Column:
    """Return the column with what somebody wrote as its public range or values.

    >>> from core.data.schema import Role
    >>> age = Column(name="age", kind=Kind.NUMERIC, role=Role.FEATURE)
    >>> read_public(age, "0, 120").bounds
    (0.0, 120.0)
    """
    if column.kind not in (Kind.NUMERIC, Kind.DATE):
        return replace(column, categories=tuple(part.strip() for part in text.split(";") if part.strip()))
    parts = [part.strip() for part in text.replace(";", ",").split(",")]
    try:
        ends: list[Any] = [float(part) for part in parts] if column.kind is Kind.NUMERIC else parts
    except ValueError:
        ends = []
    if len(ends) != 2:
        raise UserError(f"the range of {column.name!r} is two values", got=repr(text[:40]), do="Write 0, 120.")
    return replace(column, bounds=(ends[0], ends[1]))
