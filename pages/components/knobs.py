"""Knobs: one widget for each parameter of a technique, built from what the parameter says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.errors import UserError
from core.params import Parameter
from pages.components.words import plain

NICE = (1, 2, 3, 5)
"""Digits of the steps on a logarithmic slider."""


def steps_of(low: float, high: float, value: float, whole: bool) -> list[Any]:
    """Return the steps of a logarithmic slider, the current value among them.

    >>> steps_of(2, 40, 7, True)
    [2, 3, 5, 7, 10, 20, 30, 40]
    """
    found = {low, high, value}
    for power in range(-6, 10):
        found |= {digit * 10.0**power for digit in NICE if low <= digit * 10.0**power <= high}
    if whole:
        return sorted({int(step) for step in found if step >= 1})
    return sorted({float(f"{step:.6g}") for step in found})


def label_of(name: str, unit: str) -> str:
    """Return what a knob is called.

    >>> label_of("suppression_limit", ""), label_of("k", "people")
    ('suppression limit', 'k (people)')
    """
    told = plain(name.replace("_", " ")) if len(name) > 1 else name
    return f"{told} ({unit})" if unit else told


def knob(parameter: Parameter, value: Any, key: str, columns: Sequence[str], people: int) -> Any:
    """Draw one knob and return its value; None leaves the parameter at its default.

    Parameters
    ----------
    columns : sequence of str
        What a list of columns may name.
    people : int
        People of the table: a crowd can have no more.
    """
    spec = parameter.domain.describe()
    label, told, kind = label_of(parameter.name, spec["unit"]), plain(spec["help"]), spec["kind"]
    if kind in ("int", "float"):
        return _number(spec, label, told, value, key, people)
    if kind == "choice":
        return st.selectbox(label, spec["options"], index=_place(spec["options"], value), key=key, help=told)
    if kind == "columns":
        known = [name for name in (value or ()) if name in columns]
        return st.multiselect(label, list(columns), known, key=key, help=told) or None
    st.caption(f"{label}: {plain(value)} (set on the Trade-off page)")
    return None


def _place(options: Sequence[Any], value: Any) -> int:
    return options.index(value) if value in options else 0


def _number(spec: dict[str, Any], label: str, told: str, value: Any, key: str, people: int) -> Any:
    whole = spec["kind"] == "int"
    low, high = spec["low"], spec["high"]
    if spec["unit"] == "people":
        high = max(min(high, people), low + 1)
    value = min(max(value if isinstance(value, (int, float)) else low, low), high)
    # A range over more than two powers of ten is turned in steps, so that every part of it can be reached.
    if spec["log"] or (low > 0 and high / low > 200):
        return st.select_slider(label, steps_of(low, high, value, whole), value, key=key, help=told,
                                format_func=lambda v: f"{v:,}" if whole else f"{v:g}")  # fmt: skip
    if whole:
        return st.slider(label, int(low), int(high), int(value), key=key, help=told)
    return st.slider(label, float(low), float(high), float(value), step=_step(low, high), key=key, help=told,
                     format=None if high - low > 5 else "%.3g")  # fmt: skip


def _step(low: float, high: float) -> float:
    """Return a round step of about a hundredth of the range.

    >>> _step(0, 1), _step(0, 25)
    (0.01, 0.25)
    """
    size = (high - low) / 100
    return float(f"{size:.1g}") if size < 1 and float(f"{size:.1g}") * 100 >= high - low else float(f"{size:.2g}")


def checked(step: dict[str, Any], technique: Any) -> UserError | None:
    """Return what is wrong with a step's values, or None."""
    try:
        technique.from_mapping({k: v for k, v in step.items() if k != "technique"})
    except UserError as error:
        return error
    return None
