"""Tuning inside a recipe: which parameter is chosen on the members, among which values, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.models import MODELS
from core.params import Parameter
from core.techniques import TECHNIQUES
from core.techniques.base import Stage, Technique
from pages.components.values import read_values
from pages.components.words import plain

BUDGET = ("epsilon", "delta")


def tunable(steps: Sequence[Mapping[str, Any]], model: Any) -> tuple[type[Technique] | None, tuple[Parameter, ...]]:
    """Return the technique of the recipe that trains, if any, and the numbers to tune: its own, else the model's.

    >>> [p.name for p in tunable([{"technique": "dp_logistic_regression"}], "random_forest")[1]]
    ['clip']
    >>> [p.name for p in tunable([{"technique": "none"}], {"key": "decision_tree"})[1]]
    ['min_samples_leaf', 'max_depth']
    """
    found = (TECHNIQUES[step["technique"]] for step in steps)
    last = next((technique for technique in found if technique.stage is Stage.TRAINING), None)
    key = model.get("key") if isinstance(model, Mapping) else model
    source: Any = last or MODELS.get(str(key or "logistic_regression"))
    numbers = source.parameters() if source is not None else ()
    return last, tuple(p for p in numbers if p.domain.kind in ("int", "float") and p.name not in BUDGET)


def show(block: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], model: Any, base: str) -> Any:
    """Draw the choice and return what belongs under `tune`, or None.

    Raises
    ------
    UserError
        When the values are no numbers.
    """
    present = block.get("tune")
    trains, parameters = tunable(steps, model)
    names = [p.name for p in parameters]
    if isinstance(present, Mapping) and (len(present) != 1 or next(iter(present)) not in names):
        st.caption(f"Tuned as the study file says: {', '.join(plain(name) for name in present)}.")
        return present
    if not names:
        return None
    now = next(iter(present)) if isinstance(present, Mapping) else None
    chosen = st.selectbox(
        "Choose the best value of",
        ["nothing", *names],
        index=0 if now is None else 1 + names.index(now),
        key=f"{base}-tune",
        format_func=lambda name: plain(name.replace("_", " ")),
        help="Compared in every replicate on members whom the values were not fitted on; the best is used.",
    )
    if chosen == "nothing":
        return None
    parameter = parameters[names.index(chosen)]
    values = present[chosen] if isinstance(present, Mapping) and now == chosen else []
    text = st.text_input(
        "among", ", ".join(f"{value:g}" for value in values), key=f"{base}-tune-{chosen}", max_chars=200,
        placeholder="two values or more, for example 1, 5, 20",
    )  # fmt: skip
    st.caption(
        "Every value tried costs a fit's whole budget: the epsilon of this setting and the ledger count them all."
        if trains is not None and trains.dial == "epsilon"
        else "The choice follows the members, so it is part of the model that is attacked."
    )
    found = read_values(text, parameter.domain.kind)
    if len(found) < 2:
        return present if isinstance(present, Mapping) and now == chosen else None
    for value in found:
        parameter.domain.check(chosen, value)
    return {chosen: found}
