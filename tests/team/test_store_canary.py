"""Canaries: no cell of a table is in a workspace's database, its log or its shared memory, whatever the team does."""

import json
import sqlite3
import zlib
from datetime import date

import pytest

from core.team.decision import evidence, record, state_of
from core.team.events import Actor
from core.team.room import Room
from core.team.runs import Run, keep_run
from core.team.store import Store
from tests.canary_study import DRAFT, NOTE, SCHEMA, canary_result, found_in

ANA, BEN = Actor(key="a", name="Ana"), Actor(key="b", name="Ben", source="signed in")
SAID = "a comment that is kept"


def files(folder):
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture
def life(tmp_path):
    """Live a workspace on disk from its first limit to its decision, the database still open; return room and store."""
    store = Store(f"sqlite:///{tmp_path / 'team.db'}")
    ana = Room(store, store.create(ANA, {"name": "W", "requirements": DRAFT["requirement"]}), ANA)
    ben = Room(store, ana.workspace, BEN)
    ben.join()
    for block in DRAFT["requirement"]:
        ben.set_limit({**block, "reason": "agreed"}, None)
    body = state_of(canary_result(), DRAFT, SCHEMA.to_json(), "fingerprint")
    state = ana.freeze(body)
    keep_run(
        store, ana.workspace, Run(name="Ana", source="as typed", at="2026", done=3, total=9, state="running", body=body)
    )
    ana.shortlist("k", state)
    ben.comment(SAID, "k")
    asked = ben.question("open?").subject
    ana.answer(asked, "answered")
    turn = ana.open_round("which?", ("k", "rows")).subject
    ben.vote(turn, "rows", "fewer")
    ana.reveal(turn)
    key = ana.propose(question="q", point="k", state=state, evidence=evidence(body), why="w").subject
    ben.refuse(key, 1, "not proven")
    ana.sign(key, 1)
    ana.conclude(key, "accepted", "still")
    yield ana, key, body, state
    store.close()


def states(folder):
    """Return the frozen states as they lie in the file, unpacked."""
    connection = sqlite3.connect(f"file:{folder / 'team.db'}?mode=ro", uri=True)
    kept = connection.execute("select body from states union all select body from runs")
    bodies = [zlib.decompress(body).decode() for (body,) in kept]
    connection.close()
    return bodies


def test_no_cell_of_one_person_is_on_disk(life, tmp_path):
    held = files(tmp_path)
    assert set(held) == {"team.db", "team.db-wal", "team.db-shm"}
    # The control: what people wrote is there to be found, in the log at least, and the state is the one that was kept.
    assert SAID.encode() in held["team.db-wal"]
    body, run = states(tmp_path)
    assert json.loads(body)["result"]["points"]
    assert json.loads(run) == json.loads(body)
    for content in held.values():
        assert found_in(content.decode("latin-1")) == []
    assert found_in(body) == found_in(run) == []


def test_no_cell_is_left_in_the_file_when_the_log_is_written_back(life, tmp_path):
    room, *_ = life
    room.store.close()
    held = files(tmp_path)
    assert SAID.encode() in held["team.db"]
    assert [found_in(content.decode("latin-1")) for content in held.values()] == [[]] * len(held)


def test_a_decision_read_back_without_its_table_holds_no_cell(life):
    room, key, _, state = life
    board = room.board()
    kept = room.state(state)
    found = record(board, board.decision(key), kept, room.events(), date(2026, 11, 23))
    assert found["schema_of_table"] is None
    assert found_in(json.dumps(found, ensure_ascii=False)) == []


def test_a_cell_that_somebody_writes_down_is_found_by_the_same_search(life, tmp_path):
    room, *_ = life
    room.comment(NOTE)
    assert NOTE in found_in(files(tmp_path)["team.db-wal"].decode("latin-1"))
