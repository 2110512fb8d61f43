"""Would the choice survive? A button, the time it takes, the sentence and the table of what was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from core.charts.words import anchor_of, items, mapping
from core.data.split import subsample
from core.errors import UserError
from core.recheck.file import recorded
from core.survival.survive import Survival, rivals_of, seconds_expected, survival
from core.survival.vary import MOST
from core.survival.words import notes, rows, sentence, to_json
from core.team.evidence import hashed
from pages.components import team
from pages.components.background import Work, duration, watch
from pages.components.shell import house, show_error, told
from pages.components.vault import Workspace
from pages.components.words import plain


def show(space: Workspace | None, decision: Mapping[str, Any], rivals: Sequence[str] | None = None) -> None:
    """Draw the button, and what was found.

    Parameters
    ----------
    space : Workspace or None
        With the table that the decision was made on; without it nothing is drawn.
    decision : mapping
        Of schema `middleground.decision/1`.
    rivals : sequence of str, optional
        Ids of the shortlist; by default the best four settings that meet the limits or might.
    """
    if space is None or space.table is None:
        return
    with told():
        _body(space, decision, rivals)


def found(space: Workspace, decision: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what was found about this decision's choice as JSON, for keeping it with the decision; None before."""
    work = space.looks.get("survival", {}).get(_mark(decision))
    return to_json(work.result) if work is not None and isinstance(work.result, Survival) else None


def _mark(decision: Mapping[str, Any]) -> str:
    """Return what the answer depends on."""
    return hashed([mapping(decision.get("evidence")).get("hash"), mapping(decision.get("choice")).get("id")])[:12]


def _body(space: Workspace, decision: Mapping[str, Any], rivals: Sequence[str] | None) -> None:
    kept: dict[str, Work] = space.looks.setdefault("survival", {})
    key = _mark(decision)
    work = kept.get(key)
    if work is not None and work.active:
        watch(work, f"survival-{key}")
        return
    if team.may(space.id, "member"):
        _button(space, decision, rivals, kept, key)
    if work is None:
        return
    if isinstance(work.problem, UserError):
        show_error(work.problem)
    elif work.problem is not None:
        raise work.problem
    elif isinstance(work.result, Survival):
        _answer(work.result, key)


def _button(
    space: Workspace, decision: Mapping[str, Any], rivals: Sequence[str] | None, kept: dict[str, Work], key: str
) -> None:
    result, chosen = mapping(decision.get("result")), str(mapping(decision.get("choice")).get("id") or "")
    against = _rivals(result, chosen, rivals)
    pressed = st.button(
        "Would the choice survive?", key=f"survive-{key}", icon=":material/experiment:", disabled=space.running,
        help="Runs the choice against its rivals with other seeds, another attacker, other roles and other models.",
    )  # fmt: skip
    seconds = seconds_expected(result, chosen, against, MOST, house().workers.workers)
    many = f"{len(against)} rival{'' if len(against) == 1 else 's'}"
    st.caption(
        f"About {MOST} variations against {many}, {duration(seconds)}, more with slow models. You can go on working "
        "meanwhile. It answers how much the choice hangs on things that people may argue about."
    )
    if pressed:
        kept[key] = begin(space, decision, against)
        st.rerun()


def _rivals(result: Mapping[str, Any], chosen: str, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Return the rivals: those of the shortlist that were measured and are no anchor, else the best of the result."""
    usual = rivals_of(result, chosen)
    if wanted is None:
        return usual
    points = {str(mapping(p).get("id")): mapping(p) for p in items(result.get("points"))}
    fit = [name for name in dict.fromkeys(wanted) if name != chosen and points.get(name, {}).get("status") == "measured"
           and anchor_of(points[name]) is None]  # fmt: skip
    return tuple(fit[:5]) or usual


def begin(space: Workspace, decision: Mapping[str, Any], rivals: Sequence[str]) -> Work:
    """Start the check on what was decided, in the background.

    Raises
    ------
    UserError
        When the table or its columns are no longer those of the decision, or there is no rival.
    """
    if space.table is None or space.schema is None:
        raise UserError("this needs the table that was decided on", got="none", do="Load it again.")
    if not rivals:
        raise UserError("a choice needs a rival to be compared with", got="none that meets the limits or might",
                        do="Measure more settings.")  # fmt: skip
    kept = recorded(decision, schema=space.schema)
    table = replace(space.table, schema=kept.schema)
    measured = table if kept.study.rows is None else subsample(table, kept.study.rows, kept.study.seed)
    if measured.fingerprint != mapping(mapping(decision.get("result")).get("table")).get("fingerprint"):
        raise UserError("this needs the table that was decided on", got="other rows or other columns",
                        do="Load that table again, or decide anew on this one.")  # fmt: skip
    home, chosen = house(), str(kept.point.get("id"))

    def act(work: Work) -> Survival:
        def progress(done: int, total: int, words: str) -> None:
            work.tell(f"{done} of {total} variations" + (f": {words}" if words else ""), done / max(total, 1))

        def gone() -> bool:
            return work.stop.is_set() or space.table is None  # a table that was forgotten is not read on

        try:
            return survival(kept.study, table, chosen, home.dispatcher, rivals=rivals, progress=progress, stop=gone)
        finally:
            if space.table is None:
                home.forget_copies()

    return Work(act).start()


def _answer(told_: Survival, key: str) -> None:
    st.markdown(f"**{plain(sentence(told_))}**")
    st.dataframe(
        [{"Varied": words, "Outcome": place, "What happened": why} for words, place, why in rows(told_)],
        hide_index=True, key=f"survival-rows-{key}", alt="Every variation and what became of the choice",
    )  # fmt: skip
    for line in notes(told_):
        st.caption(plain(line))
