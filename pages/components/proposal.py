"""From proposal to decision: the wording, who signs or refuses, how it ends, and whether signatures still cover it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import streamlit as st

from core.errors import UserError
from core.team.board import Board, Candidate, Decision
from core.team.decision import evidence, moved, record
from core.team.room import Room
from pages.components import identity, said, survival_view, team
from pages.components.people import address
from pages.components.vault import Workspace
from pages.components.words import plain

STATES = {
    "proposed": (":material/edit_note:", "proposed"),
    "accepted": (":material/task_alt:", "accepted"),
    "refused": (":material/block:", "refused"),
    "superseded": (":material/history:", "superseded by a later decision"),
    "expired": (":material/event_busy:", "expired: its review date has passed"),
}


def today() -> date:
    """Return the day in UTC, as the record counts it."""
    return datetime.now(UTC).date()


def show(here: Room, board: Board, space: Workspace | None) -> None:
    """Draw the proposals of this workspace in the order in which they came, and a form for a new one."""
    held, more = st.container(), st.container()
    for decision in board.decisions:
        with held, st.container(border=True, key=f"card-{decision.id.replace(':', '-')}"):
            card(here, board, decision, space)
    if not here.may("member"):
        return
    if not board.shortlist:
        more.caption("Shortlist a setting first: a decision stands on one as it was measured.")
        return
    waiting = any(d.conclusion is None for d in board.decisions)
    with more.expander("Propose a setting", expanded=not waiting, key=f"propose-{here.workspace}"):
        if identity.has_name():
            _form(here, board, None)


def _form(here: Room, board: Board, old: Decision | None) -> None:
    mark = old.id if old is not None else f"new-{len(board.decisions)}"
    listed = [c.point for c in board.shortlist]
    with st.form(f"proposal-{mark}", border=False):
        if old is None:
            point = st.selectbox("The setting", listed, key=f"point-{mark}")
        else:
            point = old.point
            st.markdown(f"The setting: **{plain(point)}**")
        question = st.text_input("The question it answers", old.question if old else _question(board), max_chars=400,
                                 key=f"question-{mark}")  # fmt: skip
        why = st.text_area("Why this one", old.why if old else "", key=f"reason-{mark}", max_chars=8000)
        conditions = st.text_area("Conditions, one a line", "\n".join(old.conditions) if old else "", height=68,
                                  key=f"conditions-{mark}", max_chars=8000)  # fmt: skip
        left, right = st.columns(2)
        owner = left.text_input("Who is responsible for it", old.owner if old else here.actor.name, max_chars=80,
                                key=f"owner-{mark}")  # fmt: skip
        due = None if old is None or old.review is None else date.fromisoformat(old.review)
        review = right.date_input("To be reviewed by", due, min_value=today(), key=f"review-{mark}")
        sent = st.form_submit_button("Propose it" if old is None else "Save the new wording", type="primary")
    if not sent:
        return
    lines = tuple(conditions.splitlines())

    def act() -> object:
        state = old.state if old is not None else _candidate(board, str(point)).state
        body = team.state(here, state)
        if body is None:
            raise UserError("a decision stands on a frozen state", got="none", do="Shortlist the setting again.")
        return here.propose(
            question=question, point=str(point), state=state, evidence=evidence(body), why=why, conditions=lines,
            owner=owner, review=review if isinstance(review, date) else None,
            decision=None if old is None else old.id,
            # What was on screen when the form was opened, not what stands since: a change in between is a conflict.
            expected=None if old is None else st.session_state.get(f"version-{old.id}", old.version),
        )  # fmt: skip

    if team.tried(act) and old is not None:
        st.session_state[f"version-{old.id}"] = old.version + 1
        st.session_state[f"editing-{old.id}"] = False
    st.rerun()


def _question(board: Board) -> str:
    return board.rounds[-1].question if board.rounds else "Which protection do we use?"


def _candidate(board: Board, point: str) -> Candidate:
    found = next((c for c in board.shortlist if c.point == point), None)
    if found is None:
        raise UserError("a proposal is about a shortlisted setting", got="one that was taken off meanwhile",
                        do="Shortlist it again, or choose another.")  # fmt: skip
    return found


def card(here: Room, board: Board, decision: Decision, space: Workspace | None) -> None:
    """Draw one decision: state, wording, evidence, signatures, objections, and what this person can do."""
    status = decision.status(today())
    sign, word = STATES[status]
    told, acts, file = (st.container() for _ in range(3))
    with told:
        _told(here, decision, space, f"### {sign} {plain(decision.point)}: {word}")
    if decision.conclusion is None and here.may("member") and here.actor.name:
        with acts:
            _acts(here, board, decision)
    with file:
        download(here, board, decision, space)
        found = file_of(here, board, decision, space)
        if found is not None and space is not None and here.may("member"):
            survival_view.show(
                space, found, tuple(c.point for c in board.shortlist if c.point != decision.point) or None
            )


def _told(here: Room, decision: Decision, space: Workspace | None, head: str) -> None:
    st.markdown(head)
    st.markdown(f"**{plain(decision.question)}**")
    if decision.why:
        st.markdown(said.lines(decision.why))
    for line in decision.conditions:
        st.markdown(f"- Condition: {plain(line)}")
    parts = [f"Proposed by {said.by(decision.by, decision.at)}"]
    if decision.edited is not None:
        parts.append(f"wording {decision.version} by {plain(decision.edited.name)}")
    if decision.owner:
        parts.append(f"responsible: {plain(decision.owner)}")
    parts.append(f"review by {decision.review}" if decision.review else "no review date")
    st.caption(" · ".join(parts))
    _cover(here, decision, space)
    for s in decision.signatures:
        told = ":material/draw: signed" if s.verdict == "sign" else ":material/thumb_down: refused to sign"
        old = "" if decision.covers(s) else " (an earlier wording: **does not cover this one**)"
        why = f": {plain(s.reason)}" if s.reason else ""
        st.markdown(f"- {said.by(s.by, s.at)} {told}{old}{why}")
    if decision.concluded_by is not None:
        why = f": {plain(decision.concluded_reason)}" if decision.concluded_reason else "."
        st.markdown(
            f"Closed as **{decision.conclusion}** by {said.by(decision.concluded_by, decision.concluded_at or '')}{why}"
        )


def _cover(here: Room, decision: Decision, space: Workspace | None) -> None:
    """Say whether what is signed is what is on screen now."""
    mark = str(decision.evidence.get("hash", ""))[:12]
    link = address("trade_off", ws=here.workspace, state=decision.state[:12])
    st.markdown(f"Evidence {mark}, frozen. [Open the chart as it stood]({link})")
    body = team.state(here, decision.state)
    if body is None or space is None or space.table is None or space.schema is None:
        return
    if changed := moved(body, space.draft, space.schema.to_json(), space.table.fingerprint):
        st.warning(
            f"Changed since: {', '.join(changed)}. Signatures cover the state with evidence {mark}, **not** what the "
            "Trade-off page shows now.",
            icon=":material/link_off:",
        )


def _acts(here: Room, board: Board, decision: Decision) -> None:
    key = decision.id.replace(":", "-")
    version = f"version-{decision.id}"
    wording = st.container()
    if st.session_state.get(f"editing-{decision.id}"):
        with wording:
            _form(here, board, decision)
    with st.form(f"sign-{key}", border=False):
        reason = st.text_area("Your reason (needed to refuse)", key=f"sign-reason-{key}", height=68, max_chars=8000)
        left, right = st.columns(2)
        signs = left.form_submit_button("Sign", type="primary", icon=":material/draw:", width="stretch")
        refuses = right.form_submit_button("Refuse to sign", icon=":material/thumb_down:", width="stretch")
    if signs or refuses:
        act = here.sign if signs else here.refuse
        team.tried(lambda: act(decision.id, decision.version, reason))
        st.rerun()

    def edit() -> None:
        st.session_state[f"editing-{decision.id}"] = True
        st.session_state[version] = decision.version

    st.button("Change the wording", key=f"edit-{key}", on_click=edit, icon=":material/edit:",
              help="Signatures cover one wording: they have to be given again.")  # fmt: skip
    if decision.by.key == here.actor.key or here.may("owner"):
        _close(here, decision)


def _close(here: Room, decision: Decision) -> None:
    key = decision.id.replace(":", "-")
    with st.form(f"close-{key}", border=False):
        why = st.text_area("Why it is closed like this (needed when somebody refused)", key=f"close-reason-{key}",
                           height=68, max_chars=8000)  # fmt: skip
        left, right = st.columns(2)
        yes = left.form_submit_button("Close as accepted", icon=":material/task_alt:", width="stretch")
        no = right.form_submit_button("Close as refused", icon=":material/block:", width="stretch")
        st.caption("A refusal stays on record, whatever is decided.")
    if yes or no:
        team.tried(lambda: here.conclude(decision.id, "accepted" if yes else "refused", why))
        st.rerun()


def file_of(here: Room, board: Board, decision: Decision, space: Workspace | None) -> dict[str, object] | None:
    """Return the decision file's JSON; None when its frozen state cannot be read."""
    body = team.state(here, decision.state)
    if body is None:
        return None
    schema = space.schema.to_json() if space is not None and space.schema is not None else None
    return record(board, decision, body, here.events(), today(), schema)


def download(here: Room, board: Board, decision: Decision, space: Workspace | None) -> None:
    """Draw the button for the decision file; a file without the columns says what it cannot do."""

    def content() -> bytes:
        found = file_of(here, board, decision, space)
        return json.dumps(found, indent=1, ensure_ascii=False).encode()

    stem = decision.id.removeprefix("decision:")[:8]
    st.download_button("Decision file (JSON)", content, f"decision-{stem}.json", "application/json", on_click="ignore",
                       key=f"file-{stem}", icon=":material/download:",
                       help="Everything to check it and to run it again on new data.")  # fmt: skip
