"""Solve for a setting: say what you accept, get the setting by proof at once and by what the chart has measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import measure_of
from core.errors import UserError
from core.tradeoff.dial import Dial
from core.tradeoff.point import Tally
from core.tradeoff.recipe import Recipe
from core.tradeoff.solve import Answer, by_measurement, by_proof, judged
from core.tradeoff.study import Requirement, parse_recipe
from core.utility.metrics import ALL_METRICS
from pages.components import epsilon
from pages.components.blocks import steps_of
from pages.components.limits import dial_of, side_of
from pages.components.shell import told
from pages.components.vault import Workspace
from pages.components.words import plain, title_of

LIMIT = "accepted"
"""The name of the limit while it is solved for."""


def solvable(space: Workspace) -> dict[int, tuple[Recipe, Dial]]:
    """Return the recipes of the comparison that turn exactly one number, by their place."""
    found = {}
    for place, block in enumerate(space.draft.get("recipe", [])):
        try:
            recipe = parse_recipe(block, place + 1)[0]
            found[place] = (recipe, Dial.of(recipe))
        except UserError:
            continue
    return found


def show(space: Workspace) -> None:
    """Draw the section, folded away; nothing is worked out before somebody opens it."""
    opened = st.expander("Solve for a setting", icon=":material/tune:", key=f"solve-{space.id}", on_change="rerun")
    if not opened.open:
        return
    with opened, told():
        _body(space)


def _body(space: Workspace) -> None:
    found = solvable(space)
    if not found:
        st.caption("No recipe of the comparison turns exactly one number, so there is nothing to solve for.")
        return
    base = f"solve-{space.id}-{space.revision}"
    blocks = space.draft["recipe"]
    private = [place for place, (_, dial) in found.items() if dial.name == epsilon.NAME]
    place = st.selectbox(
        "Recipe", list(found), index=list(found).index(private[0]) if private else 0, key=f"{base}-recipe",
        format_func=lambda p: f"{blocks[p].get('name', 'recipe')}: {found[p][1].name}",
    )  # fmt: skip
    recipe, dial = found[place]
    limit = _limit(space, base)
    proof, measured = answers(space, recipe, limit)
    if proof is not None:
        st.markdown(plain(proof.sentence))
    if measured is None:
        st.caption("By measurement: nothing has been measured yet. Press Run.")
    else:
        st.markdown(plain(measured.sentence))
    proposed = [proof.setting] if proof is not None else []
    proposed += [measured.next] if measured is not None else []
    held = {float(one) for one in _values(blocks[place], dial)}
    for value in dict.fromkeys(v for v in proposed if v is not None and v not in held):
        st.button(f"Add {dial.shown(value)} to the comparison", key=f"{base}-add-{value:g}", icon=":material/add:",
                  on_click=add, args=(space, place, dial, value), width="stretch")  # fmt: skip


def _limit(space: Workspace, base: str) -> Requirement:
    """Draw what is accepted and return it as a limit."""
    study = space.study()
    metric = study.metric
    words = {"risk": "Highest risk", "metric": f"{'Highest' if side_of(metric) == 'at_most' else 'Lowest'} "
             f"{measure_of(metric).spoken}"}  # fmt: skip
    kind = st.segmented_control("What I accept", list(words), default="risk", required=True, width="stretch",
                                format_func=lambda k: words[k], key=f"{base}-kind")  # fmt: skip
    if kind == "risk":
        shown = st.number_input(f"{title_of(study.threat)} at most, extra people of 100", 0.1, 100.0,
                                _start(space, "risk", study.threat, 5.0), 0.5, format="%.1f",
                                key=f"{base}-risk")  # fmt: skip
        return Requirement(name=LIMIT, risk=study.threat, at_most=round(shown / 100, 6))
    side = side_of(metric)
    dial = dial_of({"metric": metric, side: 0.0})
    start = _start(space, "metric", metric, 80.0 if dial.factor == 100 else 1.0 if dial.high is None else 0.5)
    shown = st.number_input(f"{ALL_METRICS[metric].title} {side.replace('_', ' ')}, {dial.unit}", dial.low, dial.high,
                            start, dial.step, format=dial.form, key=f"{base}-metric")  # fmt: skip
    accepted = round(shown / dial.factor, 6)
    if side == "at_most":
        return Requirement(name=LIMIT, metric=metric, at_most=accepted)
    return Requirement(name=LIMIT, metric=metric, at_least=accepted)


def _start(space: Workspace, kind: str, key: str, otherwise: float) -> float:
    """Return the limit that the requirements already set, as it is shown, else a usual one."""
    for block in space.draft.get("requirement", []):
        held = block.get("at_most", block.get("at_least"))
        if block.get(kind) == key and held is not None:
            factor = 100 if kind == "risk" else dial_of(block).factor
            return max(float(held) * factor, 0.1) if kind == "risk" else float(held) * factor
    return otherwise


def answers(space: Workspace, recipe: Recipe, limit: Requirement) -> tuple[Answer | None, Answer | None]:
    """Return what is proved and what the sweep's points say; each is worked out once for what it depends on."""
    kept: dict[str, Any] = space.looks.setdefault("solve", {})
    schema, known = epsilon.facts(space)
    asked = json.dumps([recipe.describe(), limit.to_json(), schema.to_json(), known.assume_public_domain], default=str)
    if kept.get("asked") != asked:
        with st.spinner("Working it out"):
            proof = by_proof(recipe, limit, schema, known) if limit.risk is not None else None
        kept["asked"], kept["proof"] = asked, proof
    job = space.job
    if job is None:
        return kept["proof"], None
    tallies = [
        Tally(tally.recipe, dict(tally.outcomes), tally.reason, tally.status)
        for tally in list(job.tallies.values())
        if tally.recipe.name == recipe.name and len(tally.recipe.steps) == len(recipe.steps)
    ]
    ready = [tally for tally in tallies if tally.status != "waiting" and _same(tally.recipe, recipe)]
    mark = (asked, id(job), tuple((t.recipe.id, t.status, len(t.outcomes)) for t in ready))
    if kept.get("mark") != mark:
        with st.spinner("Reading the chart"):
            points = judged(ready, job.bench, job.study, limit)
            kept["mark"], kept["measured"] = mark, by_measurement(recipe, points, limit)
    return kept["proof"], kept["measured"]


def _same(one: Recipe, other: Recipe) -> bool:
    """Say whether two recipes differ in their one number at most."""
    try:
        dial = Dial.of(one)
    except UserError:
        return False
    return dial == Dial.of(other) and dial.turned(other, dial.value(one)).describe() == one.describe()


def _values(block: Mapping[str, Any], dial: Dial) -> list[Any]:
    held = steps_of(block)[dial.place].get(dial.name)
    return held if isinstance(held, list) else [] if held is None else [held]


def add(space: Workspace, place: int, dial: Dial, value: float) -> None:
    """Put a setting among those that a recipe compares; its fields get new names, so that they show it."""
    block = space.draft["recipe"][place]
    step = block["steps"][dial.place] if "steps" in block else block
    exact = round(value) if dial.whole else value
    step[dial.name] = sorted({*_values(block, dial), exact})
    space.revision += 1
