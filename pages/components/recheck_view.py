"""A decision on new rows: upload them, and read on one page whether it still holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from core.charts.words import items, mapping, number
from core.charts.words import plain as one_line
from core.errors import UserError
from core.recheck.file import Recorded, read_new, recorded
from core.recheck.recheck import Recheck, recheck
from core.recheck.words import limit_rows, move_rows, notes
from core.team.evidence import hashed
from pages.components import team
from pages.components.background import Work, duration, watch
from pages.components.shell import house, show_error, told
from pages.components.vault import Workspace
from pages.components.words import plain


def show(space: Workspace | None, decision: Mapping[str, Any]) -> None:
    """Draw the upload and, once it is measured, the page that says what moved.

    Parameters
    ----------
    space : Workspace or None
        Where the decision was made, when its table is open.
    decision : mapping
        Of schema `middleground.decision/1`.
    """
    if space is not None and not team.may(space.id, "member"):
        return
    key = key_of(decision)
    with st.expander("Does it still hold on new rows?", icon=":material/event_repeat:", key=f"recheck-{key}"), told():
        _body(space, decision, key)


def key_of(decision: Mapping[str, Any]) -> str:
    """Return what tells one wording and state of a decision from another: an old answer is not shown for it."""
    stands = [mapping(decision.get("evidence")).get("hash"), mapping(decision.get("choice")).get("id")]
    return hashed([decision.get("id"), decision.get("state"), decision.get("review_date"), *stands])[:16]


def _body(space: Workspace | None, decision: Mapping[str, Any], key: str) -> None:
    held = _held(space)
    work: Work | None = held.get(key)
    if work is not None and work.active:
        watch(work, key)
        return
    _upload(space, decision, key, held)
    if work is None:
        return
    if isinstance(work.problem, UserError):
        show_error(work.problem)
    elif work.problem is not None:
        raise work.problem
    elif isinstance(work.result, Recheck):
        page(work.result, key)


def _held(space: Workspace | None) -> dict[str, Any]:
    """Return where answers are kept: with the workspace while its table is open, else in this session only."""
    where: Any = st.session_state if space is None else space.looks
    if "rechecks" not in where:
        where["rechecks"] = {}
    found: dict[str, Any] = where["rechecks"]
    return found


def _upload(space: Workspace | None, decision: Mapping[str, Any], key: str, held: dict[str, Any]) -> None:
    st.caption(
        "Upload new rows with the same columns. The chosen setting and no protection are measured on them as decided: "
        f"same seed, attacker and limits. It takes {duration(_seconds(decision))}. The rows are held in memory until "
        "it is done and forgotten then; only numbers stay."
    )
    turns = st.session_state.setdefault("_recheck_turns", {})
    # Streamlit keeps a file as long as its widget is drawn: the next one has another key, and the rows go.
    file = st.file_uploader(
        "New rows", key=f"recheck-file-{key}-{turns.get(key, 0)}", type=["csv", "tsv", "xlsx", "parquet"]
    )
    pressed = st.button("Measure again", key=f"recheck-go-{key}", icon=":material/event_repeat:",
                        disabled=file is None)  # fmt: skip
    if not pressed or file is None:
        return
    schema = None if space is None else space.schema
    held[key] = begin(recorded(decision, schema=schema), file.name, file.getvalue())
    turns[key] = turns.get(key, 0) + 1
    st.rerun()


def begin(found: Recorded, name: str, content: bytes) -> Work:
    """Start measuring a decision on the rows of a file, in the background."""
    from pages.components.proposal import today

    home, day = house(), today()

    def act(work: Work) -> Recheck:
        table, left_out = read_new(name, content, found.schema)
        try:
            return recheck(found, table, home.dispatcher, left_out=left_out, today=day, progress=work.tell,
                           stop=work.stop.is_set)  # fmt: skip
        finally:
            home.forget_copies()  # the workers keep tables ready; this one has done its work

    return Work(act).start()


def _seconds(decision: Mapping[str, Any]) -> float:
    chosen = mapping(decision.get("choice")).get("id")
    points = [mapping(p) for p in items(mapping(decision.get("result")).get("points"))]
    counted = [p for p in points if p.get("id") == chosen or p.get("family") == "anchor"]
    workers: int = house().workers.workers
    return sum(number(p.get("seconds")) or 0.0 for p in counted) / max(workers, 1)


def page(found: Recheck, key: str) -> None:
    """Draw the one page: the answer, every limit, every number, what to know."""
    if found.holds:
        st.success(plain(found.headline), icon=":material/task_alt:")
    else:
        st.error(plain(found.headline), icon=":material/report:")
    if found.verdicts:
        st.dataframe(
            [{"Limit": name, "When decided": old, "Now": new} for name, old, new in limit_rows(found)],
            hide_index=True, key=f"recheck-limits-{key}", alt="Every limit: its verdict when decided, and now",
        )  # fmt: skip
    st.dataframe(
        [{"Measured": name, "When decided": old, "Now": new, "Difference": apart}
         for name, old, new, apart in move_rows(found)],
        hide_index=True, key=f"recheck-moves-{key}", alt="Every number when decided and now, with the difference",
    )  # fmt: skip
    for line in found.violations:
        st.error(plain(line), icon=":material/report:")
    for line in notes(found):
        st.caption(plain(line))
    text = json.dumps(found.to_json(), indent=1, ensure_ascii=False, allow_nan=False)
    st.download_button("Download this as JSON", text, f"recheck-{one_line(found.today)}.json", "application/json",
                       key=f"recheck-json-{key}", icon=":material/download:", on_click="ignore")  # fmt: skip
