"""What somebody sees whose table is gone: what happened, what is kept, and the shortest way on."""

from __future__ import annotations

import copy
from typing import Any

import streamlit as st

from core.charts.words import mapping
from core.data.infer import apply_kinds
from core.data.samples import SAMPLES
from core.data.schema import Schema
from core.data.table import Table
from core.errors import UserError
from core.team.runs import Run
from core.team.store import no_entry
from pages.components import intake, team
from pages.components.vault import Workspace
from pages.components.words import plain

GONE = (
    "The table behind this link is no longer in memory: it was forgotten on request, after 30 minutes without a visit, "
    "or when the server restarted; a sweep that was running ended with it. Load it again to go on. What the team said "
    "and decided, and its limits, are kept: see Decide."
)


def sample_of(workspace: str) -> str | None:
    """Return the sample that a workspace was opened with; None for an own table, or where the store does not say."""
    try:
        events = team.room(workspace).store.events(workspace)
    except UserError:
        return None
    key = events[0].payload.get("sample") if events and events[0].kind == "opened" else None
    return key if isinstance(key, str) and key in SAMPLES else None


def limits_of(workspace: str) -> list[dict[str, Any]] | None:
    """Return the limits as the team left them; None where the store does not answer."""
    try:
        return [dict(limit.block) for limit in team.room(workspace).board().limits]
    except UserError:
        return None


def kept(workspace: str) -> Run | None:
    """Return the last sweep of a workspace as far as it came; None where there is none for this person."""
    try:
        return team.room(workspace).run()
    except UserError:
        return None


def told(run: Run) -> str:
    """Return in a sentence how far a sweep came.

    >>> at = "2026-11-24T09:05:00+00:00"
    >>> told(Run(name="", source="as typed", at=at, done=31, total=60, state="running", body={}))[:70]
    'The sweep of somebody without a name was interrupted at 31 of 60 fits.'
    """
    who = f"{plain(run.name)} ({run.source})" if run.name else "somebody without a name"
    when = f"{run.at[:10]} {run.at[11:16]} UTC"
    end = {"running": "was interrupted at", "stopped": "was stopped at"}.get(run.state, "ended with")
    return f"The sweep of {who} {end} {run.done:,} of {run.total:,} fits. Kept: what it measured by {when}."


def again(workspace: str, key: str) -> None:
    """Load a sample into the workspace that it was in, with the limits and the study as they were, and start it."""
    from pages.components.samples import begin
    from pages.components.shell import house

    if not team.may(workspace, "member"):
        raise no_entry()
    if house().vault.get(workspace) is not None:
        return  # a colleague was quicker
    limits, run = limits_of(workspace), kept(workspace)
    draft = copy.deepcopy(dict(run.body["study"])) if run is not None else None
    begin(key, workspace, None if limits is None else copy.deepcopy(limits), draft)


def offer() -> None:
    """Say that the table is gone, how far its last sweep came, and how to go on with what the person may do."""
    from pages.components.shell import told as guarded

    st.info(GONE, icon=":material/history:")
    wanted = st.query_params.get("ws") or st.session_state.get("ws") or ""
    run = kept(wanted)
    if run is not None:
        st.markdown(told(run))
    key = sample_of(wanted)
    if key is not None and team.may(wanted, "member"):
        label = f"Load {plain(SAMPLES[key].title)} again and go on"
        if st.button(label, type="primary", key="resume", icon=":material/replay:"):
            with guarded():
                again(wanted, key)
                st.rerun()
        st.caption("The same study starts again with the same seed, so the same numbers come.")
    elif key is None and team.role(wanted) == "owner":
        _own(wanted, run)


def _own(workspace: str, run: Run | None) -> None:
    """Let an owner bring the workspace's own table again, under the same link."""
    from pages.components.shell import told as guarded

    turn = st.session_state.setdefault("again_turn", 0)
    file = st.file_uploader(
        "Upload your table again to go on under this link",
        type=["csv", "tsv", "txt", "xlsx", "parquet"],
        key=f"again-{turn}",
        help=intake.limits_text(),
    )
    if file is None:
        return
    with guarded(), st.spinner("Reading the table"):
        bring(workspace, file.name, file.getvalue(), run)
        st.session_state["again_turn"] = turn + 1
        st.rerun()


def bring(workspace: str, name: str, content: bytes, run: Run | None) -> None:
    """Take a table into the workspace that it, or another, was in before; columns get their roles of then.

    Raises
    ------
    UserError
        When this person is no owner, or the file cannot be read; the workspace stays as it was.
    """
    from pages.components.shell import enter, house

    if team.role(workspace) != "owner":
        raise no_entry()
    vault = house().vault
    if vault.get(workspace) is not None:
        return  # a colleague was quicker
    limits = limits_of(workspace)
    space = vault.open(again=workspace)
    try:
        intake.take_in(space, name, content)
        note = _as_before(space, run)
    except BaseException:
        vault.forget(workspace)
        raise
    if limits is not None:
        space.draft["requirement"] = copy.deepcopy(limits)
    space.notes["again"] = note
    enter(space)


def _as_before(space: Workspace, run: Run | None) -> str:
    """Give columns and study what they had and return what is to be known of the table, in words.

    Raises
    ------
    UserError
        When it is another table: what a team said and decided about one must not stand beside the numbers of another.
    """
    if space.raw is None or space.schema is None or run is None:
        return (
            "Nothing is known of the table that was here before, so nobody can say whether this is the same one. What "
            "each column is was guessed: check it before you go on."
        )
    thin = mapping(run.body.get("schema_of_table"))
    columns = mapping(thin.get("columns"))
    before, now = set(columns), set(space.schema.names)
    if before != now:
        raise _another(f"{len(now - before)} other columns, and {len(before - now)} that are missing")
    # The store keeps no order of columns: that of the file is the table's.
    schema = Schema.from_json({**thin, "columns": {name: columns[name] for name in space.schema.names}})
    table = Table.build(apply_kinds(space.raw, schema), schema)
    same = table.fingerprint == run.body.get("table")
    if not same and run.body.get("schema_whole"):
        raise _another("the same columns with other rows, or in another order")
    from pages.components.shell import house

    house().vault.keep(space, space.raw, table)
    space.schema, space.draft = schema, copy.deepcopy(dict(run.body["study"]))
    space.draft.setdefault("attacker", {})
    space.profile = intake.profile(space.raw, schema)
    roles = "Its columns have the roles and the study that they had."
    if same:
        return f"This is the same table as before, cell by cell. {roles}"
    return (
        f"{roles} Lists of categories and levels are not kept: add them again. Without them nobody can say whether "
        "this is the same table as before."
    )


def _another(got: str) -> UserError:
    return UserError(
        "this link goes on with the table that it had",
        got=got,
        do="Upload the same file. For another table, start at *Start*: it gets a link of its own, and what was decided "
        "here stays about the table it was about.",
    )


def note(space: Workspace) -> None:
    """Say what is known of a table that somebody brought again, until the next sweep begins."""
    if found := space.notes.get("again"):
        st.info(plain(found), icon=":material/history:")


def chart() -> None:
    """Draw what the last sweep of a workspace without its table had measured; nothing of it can be changed."""
    from pages.components import frozen

    wanted = st.query_params.get("ws") or st.session_state.get("ws") or ""
    run = kept(wanted) if st.session_state.get("gone") else None
    if run is not None:
        frozen.still(wanted, run.body, "kept")
