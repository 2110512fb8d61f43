"""Recipes and their sweep ranges: widgets are built from what each technique says about its parameters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import UserError
from core.params import Parameter
from core.techniques import TECHNIQUES
from core.tradeoff.study import parse_recipe
from pages.components import epsilon, tuning, undo
from pages.components.blocks import block_of as block_of
from pages.components.blocks import steps_of as steps_of
from pages.components.shell import show_error
from pages.components.values import read_values
from pages.components.vault import Workspace
from pages.components.words import plain


def fresh_step(key: str) -> dict[str, Any]:
    """Return a technique with the values that it proposes to start a sweep from."""
    technique = TECHNIQUES[key]
    step: dict[str, Any] = {"technique": key}
    if technique.dial and technique.grid:
        step[technique.dial] = list(technique.grid)
    return step


def starting_recipes(direct: Sequence[str]) -> list[dict[str, Any]]:
    """Return a first set of recipes, one a family; names are masked first where the table has any."""
    mask = [{"technique": "mask_identifiers"}] if direct and "mask_identifiers" in TECHNIQUES else []
    wanted: list[tuple[str, list[dict[str, Any]]]] = [
        ("no-protection", [{"technique": "none"}]),
        ("constant", [{"technique": "constant"}]),
    ]
    if mask:
        wanted.append(("mask", mask))
    for name, key, values in (
        ("generalise", "generalise", {"level": [1, 2]}),
        ("k-anonymity", "mondrian_k_anonymity", {"k": [5, 20]}),
        ("synthetic", "sequential_trees", {}),
        ("dp-logistic", "dp_logistic_regression", {"epsilon": [1.0, 5.0]}),
    ):
        if key in TECHNIQUES:
            first = [] if key.startswith("dp_") else mask
            wanted.append((name, [*first, {"technique": key, **values}]))
    return [block_of(name, steps) for name, steps in wanted]


def label_of(block: dict[str, Any]) -> str:
    """Return a recipe in one line: its name and the values of its strengths.

    >>> label_of({"name": "few", "technique": "mondrian_k_anonymity", "k": [2, 5]})
    'few · k = 2, 5'
    """
    parts = [plain(block.get("name", "recipe"))]
    for step in steps_of(block):
        technique = TECHNIQUES.get(step["technique"])
        name = technique.dial if technique is not None else None
        value = step.get(name) if name else None
        if value is not None and not isinstance(value, (dict, str)):
            values = value if isinstance(value, list) else [value]
            parts.append(f"{plain(name)} = {', '.join(plain(f'{v:g}' if isinstance(v, float) else v) for v in values)}")
    return " · ".join(parts)


def show(space: Workspace, columns: Sequence[str]) -> None:
    """Draw every recipe as a button that opens its ranges, and a way to add one."""
    blocks: list[dict[str, Any]] = space.draft.setdefault("recipe", [])
    for place, block in enumerate(blocks):
        with st.popover(label_of(block), width="stretch"):
            _one(space, place, block, columns)
    undo.offer(space, "recipe", lambda change: _free(space, change.before[1]), lambda change: _back(space, change))
    with st.popover("Add a recipe", icon=":material/add:", width="stretch"):
        _add(space, blocks)


def _one(space: Workspace, place: int, block: dict[str, Any], columns: Sequence[str]) -> None:
    base = f"recipe-{space.id}-{space.revision}-{place}"
    changed, problem = [], None
    for number, step in enumerate(steps_of(block)):
        technique = TECHNIQUES[step["technique"]]
        st.markdown(f"**{plain(technique.title)}**")
        st.caption(plain(technique.stops))
        new = dict(step)
        for parameter in technique.parameters():
            key = f"{base}-{number}-{parameter.name}"
            try:
                value = _parameter(parameter, step, key, columns, parameter.name == technique.dial)
                if value is not None:
                    new[parameter.name] = value
                else:
                    new.pop(parameter.name, None)
                if parameter.name == epsilon.NAME:
                    epsilon.explore(space, block, number, parameter, key)
            except UserError as error:
                problem = error
        changed.append(new)
    candidate = block_of(str(block.get("name", "recipe")), changed, block.get("release"))
    try:
        tune = tuning.show(block, changed, space.draft.get("study", {}).get("model"), base)
    except UserError as error:
        problem, tune = problem or error, block.get("tune")
    if tune is not None:
        candidate["tune"] = tune
    try:
        if problem is not None:
            raise problem
        parse_recipe(candidate, place + 1)
        if candidate != block:
            space.draft["recipe"][place] = candidate
            st.rerun()
    except UserError as error:
        show_error(error)
    if st.button("Remove this recipe", key=f"{base}-gone", icon=":material/close:"):
        told = f"You removed {block.get('name', 'a recipe')}."
        undo.remember(space, "recipe", undo.Change(told=told, before=(place, space.draft["recipe"].pop(place))))
        space.revision += 1
        st.rerun()


def _free(space: Workspace, block: dict[str, Any]) -> bool:
    """Say whether no other recipe has taken a removed one's name since."""
    return all(other.get("name") != block.get("name") for other in space.draft["recipe"])


def _back(space: Workspace, change: undo.Change) -> None:
    """Put a removed recipe back where it was."""
    place, block = change.before
    space.draft["recipe"].insert(place, block)
    space.revision += 1


def _parameter(parameter: Parameter, step: dict[str, Any], key: str, columns: Sequence[str], sweep: bool) -> Any:
    """Draw one parameter and return its value; a list is a sweep."""
    name, domain = parameter.name, parameter.domain
    value = step.get(name, parameter.default)
    spec = domain.describe()
    label = f"{plain(name)}{' (' + plain(spec['unit']) + ')' if spec['unit'] else ''}"
    if domain.kind in ("int", "float"):
        values = value if isinstance(value, (list, tuple)) else [value]
        text = ", ".join(f"{v:g}" if isinstance(v, float) else str(v) for v in values if v is not None)
        hint = f"{plain(spec['help'])} From {spec['low']:g} to {spec['high']:g}; several values are compared."
        found = read_values(st.text_input(label, text, key=key, help=hint, max_chars=200), domain.kind)
        if not found:
            return None
        for item in found:
            domain.check(name, item)
        return found if len(found) > 1 or (sweep and isinstance(value, list)) else found[0]
    if domain.kind == "choice":
        chosen = value if isinstance(value, list) else [value]
        found = st.multiselect(label, spec["options"], chosen, key=key, help=plain(spec["help"]))
        return found if len(found) > 1 else found[0] if found else None
    if domain.kind == "columns":
        if any(isinstance(item, (list, tuple)) for item in value):
            st.caption(f"{label}: {len(value)} lists of columns, from the study file")
            return value
        known = [item for item in value if item in columns]
        found = st.multiselect(label, list(columns), known, key=key, help=plain(spec["help"]))
        return found or None
    raw = st.text_input(label, json.dumps(value), key=key, help=plain(spec["help"]), max_chars=200)
    try:
        return json.loads(raw)
    except ValueError:
        raise UserError(f"{name} is written as JSON", got=repr(raw[:40]), do="Write for example [32, 16].") from None


def _add(space: Workspace, blocks: list[dict[str, Any]]) -> None:
    def named(key: str) -> str:
        return f"{TECHNIQUES[key].title} ({TECHNIQUES[key].family})"

    keys = st.multiselect(
        "Techniques, in the order in which they are applied",
        list(TECHNIQUES),
        format_func=named,
        key=f"new-recipe-{space.id}-{space.revision}",
        help="Several make a stack: for example mask the identifiers, then generalise, then train privately.",
    )
    for key in keys:
        st.caption(f"{plain(TECHNIQUES[key].title)}: {plain(TECHNIQUES[key].stops)}")
    if st.button("Add", key=f"add-recipe-{space.id}", disabled=not keys):
        taken = {str(block.get("name")) for block in blocks}
        stem = "-".join(key.replace("_", "-") for key in keys)
        name = next(n for i in range(1, 1000) if (n := f"{stem}{'' if i == 1 else f'-{i}'}") not in taken)
        block = block_of(name, [fresh_step(key) for key in keys])
        try:
            parse_recipe(block, len(blocks) + 1)
        except UserError as error:
            show_error(error)
            return
        blocks.append(block)
        space.revision += 1
        st.rerun()
