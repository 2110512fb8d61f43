"""Requirements: one floor or ceiling a stakeholder, set by slider or number; verdicts follow without a new run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.attacks.words import THREAT_WORDS
from core.charts.verdict import limit_text as charts_limit
from core.charts.words import measure_of, number
from core.utility.metrics import ALL_METRICS, metrics_for
from pages.components.shell import keep, told
from pages.components.task import task
from pages.components.vault import Workspace
from pages.components.words import plain, title_of


@dataclass(frozen=True, kw_only=True)
class Dial:
    """How one limit is set: shown = limit * factor, between `low` and `high`; no slider where nothing ends above."""

    factor: float
    low: float
    high: float | None
    step: float
    form: str
    unit: str


def limit_text(block: dict[str, Any]) -> str:
    """Return a requirement as a sentence, in the words of the chart.

    >>> limit_text({"metric": "accuracy", "at_least": .8}), limit_text({"metric": "mae", "at_most": 4.2})
    ('Accuracy at least 80.0 %', 'Mean absolute error at most 4.20')
    """
    text = charts_limit(block)
    return text[:1].upper() + text[1:]


def title(block: dict[str, Any]) -> str:
    """Return what a requirement limits, in words."""
    if block.get("metric"):
        return str(ALL_METRICS[block["metric"]].title)
    return title_of(block["risk"])


def dial_of(block: dict[str, Any], shown: float = 0.0) -> Dial:
    """Return how a requirement's limit is set; what is shown already is always inside."""
    metric = block.get("metric")
    if metric is None:
        unit = "people of 100" if block["risk"] == "reidentification" else "extra people of 100"
        return Dial(factor=100, low=min(0.0, shown), high=max(50.0, shown), step=0.5, form="%.1f", unit=unit)
    words = measure_of(metric)
    if words.scale == 100:
        return Dial(factor=100, low=min(0.0, shown), high=max(100.0, shown), step=0.5, form="%.1f", unit="%")
    if words.significant:
        size = max(abs(shown), 1e-9)
        step = 10.0 ** (math.floor(math.log10(size)) - 1) if shown else 0.1
        places = max(0, -math.floor(math.log10(step)))
        return Dial(factor=1, low=0.0, high=None, step=step, form=f"%.{places}f", unit="units of the target")
    low = 0.0 if metric == "roc_auc" else -1.0
    return Dial(factor=1, low=min(low, shown), high=max(1.0, shown), step=0.01, form="%.2f", unit="of 1")


def side_of(metric: str | None) -> str:
    """Return the side on which a limit holds: risks and errors have a ceiling, the rest a floor.

    >>> side_of(None), side_of("mae"), side_of("accuracy")
    ('at_most', 'at_most', 'at_least')
    """
    return "at_most" if metric is None or measure_of(metric).better == "lower" else "at_least"


def show(space: Workspace) -> None:
    """Draw every requirement of the draft, and a way to add one."""
    blocks: list[dict[str, Any]] = space.draft.setdefault("requirement", [])
    for place, block in enumerate(blocks):
        with st.container(border=True, gap="small"):
            _one(space, place, block)
    with st.popover("Add a requirement", icon=":material/add:", width="stretch"):
        _add(space, blocks)


def _one(space: Workspace, place: int, block: dict[str, Any]) -> None:
    side = "at_least" if block.get("at_least") is not None else "at_most"
    base = f"limit-{space.id}-{place}"
    slider, field = f"{base}-slider", f"{base}-number"
    shown = dial_of(block).factor * float(block[side])
    dial = dial_of(block, shown)
    shown = round(shown, 2) if dial.high is not None else shown
    keep(slider, shown)
    keep(field, shown)

    def moved(source: str) -> None:
        value = float(st.session_state[source]) / dial.factor
        block[side] = round(value, 6) if dial.high is not None else value
        space.limits_changed()

    word = "at least" if side == "at_least" else "at most"
    head, gone = st.columns([5, 2], vertical_alignment="center")
    head.markdown(f"**{plain(title(block))}** {word}")
    if gone.button("Remove", key=f"{base}-gone", type="tertiary"):
        space.draft["requirement"].remove(block)
        space.limits_changed()
        st.rerun()
    name = f"{plain(title(block))} {word}"
    label = f"{name}, number in {dial.unit}"
    if dial.high is None:
        st.number_input(label, dial.low, None, step=dial.step, key=field, on_change=moved, args=(field,),
                        label_visibility="collapsed", format=dial.form)  # fmt: skip
    else:
        left, right = st.columns([3, 2], vertical_alignment="center")
        left.slider(f"{name}, slider", dial.low, dial.high, step=dial.step, key=slider, on_change=moved,
                    args=(slider,), label_visibility="collapsed", format="%g")  # fmt: skip
        right.number_input(label, dial.low, dial.high, step=dial.step, key=field, on_change=moved, args=(field,),
                           label_visibility="collapsed", format=dial.form)  # fmt: skip
    who = block.get("owner") or "nobody named yet"
    st.caption(f"{dial.unit} · set by {plain(who)}")


def start_of(space: Workspace, kind: str, key: str) -> float:
    """Return the limit that a new requirement starts with; an error's is what knowing nothing reaches, once known."""
    if kind == "risk":
        return 0.05
    if not measure_of(key).significant:
        return 0.7 if measure_of(key).scale == 100 or key == "roc_auc" else 0.3
    for point in space.last.result["points"] if space.last is not None else ():
        reference = number(point["utility"].get(key, {}).get("reference"))
        if reference is not None:
            return float(f"{reference:.3g}")
    return 1.0


def _add(space: Workspace, blocks: list[dict[str, Any]]) -> None:
    options = [("metric", key) for key in metrics_for(task(space))] + [("risk", key) for key in THREAT_WORDS]

    def named(option: tuple[str, str]) -> str:
        kind, key = option
        side = side_of(key if kind == "metric" else None).replace("_", " ")
        return f"{title({kind: key})} {side}"

    kind, key = st.selectbox("Limit", options, format_func=named, key=f"new-limit-{space.id}")
    owner = st.text_input("Who sets it", key=f"new-owner-{space.id}", placeholder="privacy officer", max_chars=80)
    if st.button("Add", key=f"add-limit-{space.id}"):
        taken = {block["name"] for block in blocks}
        name = next(n for i in range(1, 100) if (n := f"{key}{'' if i == 1 else f' {i}'}") not in taken)
        start = {side_of(key if kind == "metric" else None): start_of(space, kind, key)}
        with told():
            blocks.append({"name": name, kind: key, **start, "owner": owner})
            space.limits_changed()
            st.rerun()
