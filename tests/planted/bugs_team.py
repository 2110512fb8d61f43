"""Bugs in what a team decides: who may, what is bound, what is kept, and when more runs stop."""

from __future__ import annotations

from tests.planted.bug import Bug

ROOM, FOLD, ROOMS = "core/team/room.py", "core/team/fold.py", "tests/team/test_room.py"
RECORDS, CANARY = "tests/team/test_record.py", "tests/report/test_report_canary.py"

TEAM = (
    Bug(
        key="43",
        title="A viewer may say things",
        file="core/team/room.py",
        old='_MAY = {"owner": 3, "member": 2, "viewer": 1, NOBODY: 0}',
        new='_MAY = {"owner": 3, "member": 2, "viewer": 2, NOBODY: 0}',
        test=f"{ROOMS}::test_who_may_not_write_writes_nothing_and_learns_nothing[viewer-comment]",
        why="every act of a room, forged by every role: nothing may be written",
    ),
    Bug(
        key="43b",
        title="Who was shown out comes back by the link",
        file="core/team/board.py",
        old="        if actor.key in self.out:\n",
        new="        if actor.key in ():\n",
        test=f"{ROOMS}::test_who_was_shown_out_does_not_come_back_by_the_link",
        why="a link that gives membership gives nothing to somebody who was shown out",
    ),
    Bug(
        key="44",
        title="Blind votes are in the events that everybody may read",
        file=ROOM,
        old='if not (e.kind == "vote" and e.payload.get("round") in hidden)]',
        new='if not (e.kind == "vote" and e.payload.get("round") in ())]',
        test=f"{ROOMS}::test_nobody_gets_at_another_s_vote_before_it_is_revealed",
        why="a word of a hidden vote is looked for in everything that another person can reach",
    ),
    Bug(
        key="45",
        title="A signature goes on covering another wording",
        file="core/team/board.py",
        old="return signature.text_version == self.version and signature.evidence",
        new="return signature.text_version <= self.version and signature.evidence",
        test=f"{ROOMS}::test_a_signature_covers_one_wording_and_a_refusal_stays",
        why="the proposal is put into other words after it was signed",
    ),
    Bug(
        key="45b",
        title="The evidence leaves out the measured points",
        file="core/team/evidence.py",
        old='        "points": hashed(points),\n',
        new='        "points": hashed([]),\n',
        test=f"{RECORDS}::test_the_record_matches_its_evidence_until_one_number_of_it_is_changed",
        why="one number of one point is changed in the file",
    ),
    Bug(
        key="46",
        title="The chain of events forgets what was said",
        file="core/team/events.py",
        old="event.subject, event.version, event.at, canonical(event.payload))",
        new='event.subject, event.version, event.at, "")',
        test="tests/team/test_events_chain.py::test_an_edit_of_any_field_of_any_event_is_found_where_it_is",
        why="any field of any event is edited",
    ),
    Bug(
        key="47",
        title="Names of small groups are kept on disk",
        file="core/team/keepable.py",
        old='(number(group.get(key)) or 0) < FEWEST for key in ("test_people", "pool_people")',
        new='(number(group.get(key)) or 0) < 0 for key in ("test_people", "pool_people")',
        test=f"{CANARY}::test_no_cell_of_one_person_is_on_disk",
        why="a town of one person, looked for in the frozen state",
    ),
    Bug(
        key="48",
        title="A setting that misses a limit for sure still gets runs",
        file="core/tradeoff/effort.py",
        old='    if "no" in verdicts:\n',
        new='    if "never" in verdicts:\n',
        test="tests/tradeoff/test_effort.py::test_a_setting_that_surely_misses_one_limit_gets_nothing_for_another",
        why="one limit missed, another open",
    ),
    Bug(
        key="49",
        title="Who gives company hangs on whose row was read first",
        file="core/techniques/blank_cells.py",
        old="pd.factorize(persons[order])[0]",
        new="persons[order]",
        test="tests/techniques/test_local_suppression.py::test_who_gives_company_does_not_hang_on_who_was_read_first[None]",
        why="the same rows in a hundred orders",
    ),
)
