"""Requirements: one floor or ceiling a stakeholder, set by slider or number; verdicts follow without a new run."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.attacks.words import THREAT_WORDS
from core.charts.verdict import limit_text as charts_limit
from core.charts.words import measure_of, number
from core.tradeoff.requirement import QUANTITIES, SOURCES
from core.tradeoff.study import parse_requirement
from core.utility.metrics import ALL_METRICS, metrics_for
from pages.components import team, undo
from pages.components.shell import keep, told
from pages.components.task import task
from pages.components.vault import Workspace
from pages.components.words import plain, title_of

LONGEST: dict[str, int] = {"owner": 80, "reason": 300, "source": 120}
"""Letters that each text of a requirement may have."""


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
    if block.get("limit_on"):
        return QUANTITIES[block["limit_on"]].title
    return title_of(block["risk"])


def dial_of(block: dict[str, Any], shown: float = 0.0) -> Dial:
    """Return how a requirement's limit is set; what is shown already is always inside."""
    metric, quantity = block.get("metric"), block.get("limit_on")
    if quantity == "worst_group_accuracy":
        return Dial(factor=100, low=0.0, high=100.0, step=0.5, form="%.1f", unit="%")
    if quantity == "rows_suppressed":
        return Dial(factor=100, low=0.0, high=100.0, step=0.5, form="%.1f", unit="rows of 100")
    if quantity == "epsilon":
        low = min(0.01, shown) if shown > 0 else 0.01
        return Dial(factor=1, low=low, high=None, step=0.1, form="%g", unit="epsilon, for adding or removing one")
    if metric is None and quantity is None:
        unit = "people of 100" if block["risk"] == "reidentification" else "extra people of 100"
        return Dial(factor=100, low=min(0.0, shown), high=max(50.0, shown), step=0.5, form="%.1f", unit=unit)
    metric = metric or "mae"  # an average error of a group is set like one of everybody
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


def _set(space: Workspace, block: dict[str, Any], version: int | None, **changed: Any) -> None:
    """Write a requirement for everybody; raise the `UserError` of one that makes no sense.

    `version` is what was on screen: a change that somebody else made since is not overwritten but shown beside this.
    """
    wanted = {**block, **changed}
    parse_requirement(wanted, 1)
    team.set_limit(space, wanted, version)


def _remove(space: Workspace, block: dict[str, Any], version: int | None) -> None:
    """Take a requirement away for everybody."""
    team.drop_limit(space, str(block["name"]), version)


def show(space: Workspace) -> None:
    """Draw every requirement of the draft, and a way to add one."""
    blocks: list[dict[str, Any]] = space.draft.setdefault("requirement", [])
    held = st.container()  # of its own, so that a limit that somebody adds does not empty the form below
    for place, block in enumerate(blocks):
        with held, st.container(border=True, gap="small"):
            _one(space, place, block, team.version_of(space, str(block["name"])))
    undo.offer(
        space,
        "limit",
        lambda change: all(block["name"] != change.before["name"] for block in blocks),
        lambda change: _set(space, change.before, None),
    )
    with st.popover("Add a requirement", icon=":material/add:", width="stretch"):
        _add(space, blocks)


def _one(space: Workspace, place: int, block: dict[str, Any], version: int | None) -> None:
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
        _set(space, block, version, **{side: round(value, 6) if dial.high is not None else value})

    word = "at least" if side == "at_least" else "at most"
    head, gone = st.columns([5, 2], vertical_alignment="center")
    head.markdown(f"**{plain(title(block))}** {word}")
    if gone.button("Remove", key=f"{base}-gone", type="tertiary"):
        _remove(space, block, version)
        undo.remember(space, "limit", undo.Change(told=f"You removed {title(block)} {word}.", before=dict(block)))
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
    st.caption(" · ".join(_told(space, block, dial)))
    with st.popover("Whose, why, from where", width="stretch"):
        _reasons(space, block, base, version)


def _told(space: Workspace, block: dict[str, Any], dial: Dial) -> list[str]:
    parts = [dial.unit, f"set by {plain(block.get('owner') or 'nobody named yet')}"]
    if missing := [what for what in ("reason", "source") if not block.get(what)]:
        parts.append(f"no {' or '.join(missing)} given yet")
    if str(block.get("limit_on")).startswith("worst_group") and not space.draft["study"].get("subgroup"):
        parts.append("no column for groups is chosen yet, so this cannot be measured: choose one under Who pays")
    return parts


def _reasons(space: Workspace, block: dict[str, Any], base: str, version: int | None) -> None:
    """Draw who sets a requirement, why, and where the threshold comes from.

    The keys follow the texts: what is behind a closed popover is not in the browser yet, so a value that is only put
    into the session never gets there. A text that somebody else changed comes as a new field that holds it.
    """
    for name, label in (("owner", "Who sets it"), ("reason", "Why")):
        held = str(block.get(name) or "")
        key = f"{base}-{name}-{zlib.crc32(held.encode())}"
        draw = st.text_area if name == "reason" else st.text_input
        draw(label, held, key=key, max_chars=max(LONGEST[name], len(held)), on_change=_written,
             args=(space, block, version, name, key))  # fmt: skip
    held = str(block.get("source") or "")
    key = f"{base}-source-{zlib.crc32(held.encode())}"
    _source(key, held, on_change=_written, args=(space, block, version, "source", key))


def _source(key: str, held: str, **more: Any) -> Any:
    """Draw a choice of sources; any other text can be typed."""
    offered = list(dict.fromkeys([*SOURCES, *([held] if held else [])]))
    return st.selectbox("Where the number comes from", offered, index=offered.index(held) if held else None, key=key,
                        accept_new_options=True, placeholder="law, policy, or type your own", **more)  # fmt: skip


def _written(space: Workspace, block: dict[str, Any], version: int | None, name: str, key: str) -> None:
    longest = max(LONGEST[name], len(str(block.get(name) or "")))  # a text from a study file may be longer: it is kept
    _set(space, block, version, **{name: str(st.session_state[key] or "").strip()[:longest]})


def start_of(space: Workspace, kind: str, key: str) -> float:
    """Return the limit that a new requirement starts with; an error's is what knowing nothing reaches, once known."""
    if kind == "risk" or key == "rows_suppressed":
        return 0.05
    if key in ("epsilon", "worst_group_accuracy"):
        return 1.0 if key == "epsilon" else 0.6
    key = "mae" if kind == "limit_on" else key
    if not measure_of(key).significant:
        return 0.7 if measure_of(key).scale == 100 or key == "roc_auc" else 0.3
    for point in space.last.result["points"] if space.last is not None else ():
        reference = number(point["utility"].get(key, {}).get("reference"))
        if reference is not None:
            return float(f"{reference:.3g}")
    return 1.0


def _add(space: Workspace, blocks: list[dict[str, Any]]) -> None:
    options = [("metric", key) for key in metrics_for(task(space))] + [("risk", key) for key in THREAT_WORDS]
    options += [("limit_on", key) for key, found in QUANTITIES.items() if found.task in (None, task(space))]

    def side(option: tuple[str, str]) -> str:
        kind, key = option
        return QUANTITIES[key].side if kind == "limit_on" else side_of(key if kind == "metric" else None)

    def named(option: tuple[str, str]) -> str:
        return f"{title({option[0]: option[1]})} {side(option).replace('_', ' ')}"

    kind, key = st.selectbox("Limit", options, format_func=named, key=f"new-limit-{space.id}")
    owner = st.text_input("Who sets it", key=f"new-owner-{space.id}", placeholder="privacy officer", max_chars=80)
    reason = st.text_input("Why", key=f"new-reason-{space.id}-{len(blocks)}", placeholder="what it protects",
                           max_chars=LONGEST["reason"])  # fmt: skip
    source = str(_source(f"new-source-{space.id}-{len(blocks)}", "") or "").strip()[: LONGEST["source"]]
    if st.button("Add", key=f"add-limit-{space.id}"):
        taken = {block["name"] for block in blocks}
        name = next(n for i in range(1, 100) if (n := f"{key}{'' if i == 1 else f' {i}'}") not in taken)
        start = {side((kind, key)): start_of(space, kind, key)}
        with told():
            texts = {"owner": owner, "reason": reason, "source": source}
            _set(space, {"name": name, kind: key, **start, **{k: v for k, v in texts.items() if v}}, None)
            st.rerun()
