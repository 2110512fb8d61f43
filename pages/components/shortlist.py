"""The shortlist side by side: what each setting is good for, what it risks, who pays, whose limits it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.attacks.words import THREAT_WORDS
from core.charts.verdict import metric_shown, requirements_of, settings_of, threat_shown
from core.charts.words import items, mapping, measure_of, number, utility_text
from core.team.board import Board, Candidate
from core.team.decision import moved, point_of
from core.team.room import Room
from pages.components import said, team
from pages.components.sentences import proved_sentence
from pages.components.vault import Workspace
from pages.components.words import SHORT, STATUS, VERDICTS, interval, percent, plain, signed, title_of

MOST = 5


def lines_of(point: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, str]:
    """Return a setting as lines of text: what it is, accuracy, risks, who pays, rows lost, proof, limits by owner."""
    metric, threat = metric_shown(result), threat_shown(result)
    told = {
        "What it is": _what(point),
        measure_of(metric).title: utility_text(metric, mapping(mapping(point.get("utility")).get(metric))),
    }
    risks = mapping(point.get("risks"))
    for key in (threat, *(k for k in THREAT_WORDS if k != threat)):
        risk = mapping(risks.get(key))
        if risk.get("status") == "measured":
            show = percent if key == "reidentification" else signed
            told[f"{title_of(key)}, of 100"] = f"{show(risk.get('value'))} [{interval(risk, show)}]"
        else:
            told[f"{title_of(key)}, of 100"] = STATUS.get(str(risk.get("status")), STATUS["not_measured"])
    told["Those who stand out most"] = _apart(mapping(mapping(risks.get(threat)).get("vulnerable")))
    lost, trained = number(point.get("rows_suppressed")), number(point.get("n_train"))
    told["Rows left out"] = "none" if not lost else f"{lost:,.0f} on average"
    told["Rows it was trained on"] = "–" if trained is None else f"{trained:,.0f}"
    told["Proved"] = proved_sentence(mapping(point.get("guarantee")))
    for requirement in requirements_of(result):
        verdict = str(mapping(point.get("meets")).get(str(requirement.get("name")), "not_measured"))
        whose = f" ({requirement['owner']})" if requirement.get("owner") else ""
        sign = VERDICTS.get(verdict, VERDICTS["not_measured"])[0]
        told[f"Limit: {requirement.get('name')}{whose}"] = f"{sign} {SHORT.get(verdict, verdict)}"
    return told


def _what(point: Mapping[str, Any]) -> str:
    return " + ".join(str(mapping(step).get("technique", "")).replace("_", " ") for step in items(point.get("recipe")))


def _apart(found: Mapping[str, Any]) -> str:
    if found.get("status") != "measured":
        return "not measured"
    return f"{signed(found.get('value'))} of 100 [{interval(found, signed)}]"


def table_of(lines: Sequence[tuple[str, Mapping[str, str]]]) -> list[dict[str, str]]:
    """Return the settings side by side, one row a line; what one of them lacks is a dash.

    >>> table_of([("A", {"x": "1"}), ("B", {"x": "2", "y": "3"})])
    [{'': 'x', 'A': '1', 'B': '2'}, {'': 'y', 'A': '–', 'B': '3'}]
    """
    titles = list(dict.fromkeys(title for _, told in lines for title in told))
    return [{"": title, **{name: told.get(title, "–") for name, told in lines}} for title in titles]


def show(here: Room, board: Board, space: Workspace | None) -> None:
    """Draw the shortlist, and a way to add to it."""
    if not board.shortlist:
        st.info(
            "The shortlist is empty. Open a setting on the Trade-off page and press Shortlist, or choose one below.",
            icon=":material/playlist_add:",
        )
    if here.may("member"):
        _add(here, board, space)
    shown = board.shortlist[:MOST]
    lines, stale = [], []
    for candidate in shown:
        body = team.state(here, candidate.state)
        point = None if body is None else point_of(body, candidate.point)
        if body is None or point is None:
            continue
        lines.append((plain(candidate.point), {k: plain(v) for k, v in lines_of(point, body["result"]).items()}))
        if changed := _changed(body, space):
            stale.append(f"{plain(candidate.point)}: {', '.join(changed)}")
    if lines:
        st.table(table_of(lines), hide_index=True, alt="The shortlisted settings side by side")
        st.caption("In square brackets: 95 % intervals. Each setting as it was measured when it was put here.")
    if len(board.shortlist) > MOST:
        st.caption(f"{len(board.shortlist) - MOST} more are on the shortlist; take one off to see the next.")
    if stale:
        told = "; ".join(stale)
        st.warning(f"Changed since these were measured: {told}. The numbers above are those of then.")
    if board.shortlist and here.may("member"):
        for place, candidate in zip(st.columns(max(len(board.shortlist), 3)), board.shortlist, strict=False):
            with place:
                st.caption(f"{plain(candidate.point)}: put here by {said.by(candidate.by, candidate.at)}")
                _off(here, candidate)


def _changed(body: Mapping[str, Any], space: Workspace | None) -> list[str]:
    if space is None or space.table is None or space.schema is None:
        return []
    return moved(body, space.draft, space.schema.to_json(), space.table.fingerprint)


def _add(here: Room, board: Board, space: Workspace | None) -> None:
    """Draw the box with the measured settings that are not on the shortlist yet."""
    snapshot = None if space is None else space.snapshot()
    if space is None or snapshot is None:
        return
    listed = {c.point for c in board.shortlist}
    more = [str(p["id"]) for p in settings_of(snapshot.result) if p["id"] not in listed]
    if not more:
        return
    key = f"add-shortlist-{here.workspace}-{'-'.join(sorted(listed))}"  # a box of its own each time: it starts empty

    def put() -> None:
        with team.kept():
            chosen, state = st.session_state.get(key), team.freeze(space)
            if chosen and state:
                here.shortlist(chosen, state)

    st.selectbox("Add to the shortlist", more, index=None, key=key, on_change=put, placeholder="a measured setting",
                 width=420)  # fmt: skip


def _off(here: Room, candidate: Candidate) -> None:
    def off() -> None:
        with team.kept():
            here.unshortlist(candidate.point)

    st.button("Take off", key=f"off-{candidate.point}", type="tertiary", on_click=off)
