"""The store while many processes write at once, while they and the server are killed, and on damaged files."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from core.errors import UserError
from core.team.events import Actor, verify
from core.team.store import Store

WRITERS = Path(__file__).with_name("writers.py")
ANA = Actor(key="a", name="Ana")

here = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.postgres),
]


@pytest.fixture
def url(request, tmp_path):
    """The address of an empty store: a file, or a database of a real server."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'team.db'}"
    return request.getfixturevalue("postgres_url")


def begun(url):
    """Make a workspace and close the store, so that nothing of this process is in the writers."""
    store = Store(url)
    workspace = store.create(ANA, {"name": "Clinic"})
    store.close()
    return workspace


def writing(url, workspace, mode, writers, edits, subjects):
    command = [sys.executable, str(WRITERS), url, workspace, mode, str(writers), str(edits), str(subjects)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def log_of(url, workspace):
    """Open the store anew and return the events, chained and without gaps."""
    store = Store(url)
    events, head = store.events(workspace), store.head(workspace)
    store.close()
    assert verify(events) is None
    assert [event.place for event in events] == list(range(1, len(events) + 1))
    assert head == len(events)
    return events


def raced(url, writers, edits, subjects):
    """Let writers change the same subjects, and check every single answer that they got against the log."""
    workspace = begun(url)
    with writing(url, workspace, "race", writers, edits, subjects) as process:
        lines = [json.loads(line) for line in process.stdout]
    assert [line["why"] for line in lines if line["became"] == "broken"] == []
    events = log_of(url, workspace)[1:]

    asked = {(writer, edit) for writer in range(writers) for edit in range(edits)}
    assert Counter((line["writer"], line["edit"]) for line in lines) == Counter(asked), "one answer for each edit"
    applied = {line["id"]: line for line in lines if line["became"] == "applied"}
    refused = [line for line in lines if line["became"] == "conflict"]
    assert len(applied) + len(refused) == writers * edits
    assert refused, "the writers never met"

    # What was applied, and nothing else, is there: with its text, at its place, on the version that its writer saw.
    assert [event.id for event in events] == sorted(applied, key=lambda name: applied[name]["place"])
    for event in events:
        told = applied[event.id]
        assert event.payload == {"text": told["text"]}
        assert (event.place, event.subject, event.version) == (told["place"], told["subject"], told["version"])
        assert told["expected"] == event.version - 1
        assert event.actor.name == f"W{told['writer']}"
    for subject in {event.subject for event in events}:
        versions = [event.version for event in events if event.subject == subject]
        assert versions == list(range(1, len(versions) + 1)), (
            "the last version is the number of edits that were applied"
        )

    # A conflict shows both texts: the writer's own, and the one that was there, which really was.
    kept = {event.id: event for event in events}
    for line in refused:
        theirs = kept[line["their_id"]]
        assert line["mine"] == line["text"]
        assert (line["theirs"], line["version"], line["subject"]) == (
            theirs.payload["text"], theirs.version, theirs.subject)  # fmt: skip
        assert theirs.version != line["expected"], "a conflict without a reason"
        assert line["id"] not in kept


@pytest.mark.parametrize("url", here, indirect=True)
def test_every_conflicting_edit_of_a_few_processes_is_applied_or_reported(url):
    raced(url, writers=4, edits=25, subjects=3)


@pytest.mark.slow
@pytest.mark.parametrize("url", here, indirect=True)
def test_ten_processes_with_a_hundred_conflicting_edits_lose_nothing(url):
    raced(url, writers=10, edits=100, subjects=5)


def killed_in_the_middle(url, rounds, writers=3):
    """Kill one of the writers while all write, again and again; what was acknowledged must be there every time."""
    workspace, source, acknowledged = begun(url), random.Random(11), {}  # noqa: S311
    for _ in range(rounds):
        victim, after = source.randrange(writers), source.randint(1, 12)
        process, started, cut = writing(url, workspace, "append", writers, 20, 4), {}, set()
        lines = []
        for text in process.stdout:
            line = json.loads(text)
            lines.append(line)
            if line["became"] == "started":
                started[line["writer"]] = line["pid"]
            mine = sum(1 for told in lines if told["became"] == "applied" and told["writer"] == victim)
            if mine >= after and victim in started and not cut:
                time.sleep(source.uniform(0, 0.004))  # somewhere inside the write that follows
                os.kill(started[victim], signal.SIGKILL)
                cut.add(victim)
        process.wait(60)
        process.stdout.close()
        assert [line["why"] for line in lines if line["became"] == "broken"] == []
        done = Counter(line["writer"] for line in lines if line["became"] == "applied")
        assert all(done[writer] == 20 for writer in range(writers) if writer not in cut), "who lives finishes"
        assert cut == {victim}
        acknowledged |= {line["id"]: line for line in lines if line["became"] == "applied"}
        events = {event.id: event for event in log_of(url, workspace)[1:]}
        for name, line in acknowledged.items():
            assert events[name].payload == {"text": line["text"]}
            assert events[name].place == line["place"]
    # At most the write during which a writer died is there without an acknowledgement.
    assert 0 <= len(events) - len(acknowledged) <= rounds


@pytest.mark.parametrize("url", here, indirect=True)
def test_what_was_acknowledged_outlives_a_killed_writer(url):
    killed_in_the_middle(url, rounds=2)


@pytest.mark.slow
@pytest.mark.parametrize("url", here, indirect=True)
def test_what_was_acknowledged_outlives_many_killed_writers(url):
    killed_in_the_middle(url, rounds=25)


def server_killed(server, url, rounds, edits):
    """Kill the server under the writers, start it again, and find every edit of theirs once."""
    workspace, source = begun(url), random.Random(5)  # noqa: S311
    lines, times, wanted = [], 0, source.randint(5, 20)
    with writing(url, workspace, "append", 3, edits, 4) as process:
        for text in process.stdout:
            lines.append(json.loads(text))
            # Opening is told in words when the server is away; here somebody writes who has opened it.
            ready = sum(line["became"] == "open" for line in lines) == 3
            if times < rounds and ready and len(lines) >= wanted:
                time.sleep(source.uniform(0, 0.004))
                server.kill()
                server.start()
                times, wanted = times + 1, len(lines) + source.randint(5, 40)
    assert [line["why"] for line in lines if line["became"] == "broken"] == []
    assert times == rounds
    events = {event.id: event for event in log_of(url, workspace)[1:]}
    told = {line["id"]: line for line in lines if line["became"] == "applied"}
    assert len(told) == 3 * edits
    assert set(events) == set(told), "sent again after a failure, an edit is still there once"
    assert all(events[name].payload == {"text": line["text"]} for name, line in told.items())
    assert all(events[name].place == line["place"] for name, line in told.items())
    assert max(line["tries"] for line in told.values()) > 1, "no writer noticed"


@pytest.mark.postgres
def test_what_was_acknowledged_outlives_a_killed_server(postgres_server, postgres_url):
    server_killed(postgres_server, postgres_url, rounds=1, edits=30)


@pytest.mark.postgres
@pytest.mark.slow
def test_what_was_acknowledged_outlives_a_server_that_is_killed_again_and_again(postgres_server, postgres_url):
    server_killed(postgres_server, postgres_url, rounds=8, edits=150)


@pytest.mark.postgres
def test_a_server_that_is_away_is_told_in_words_and_the_store_goes_on_when_it_is_back(postgres_server, postgres_url):
    store = Store(postgres_url)
    workspace = store.create(ANA, {"name": "Clinic"})
    postgres_server.kill()
    try:
        with pytest.raises(UserError, match="team's store"):
            store.append(workspace, ANA, "comment", "c", {"text": "private words"}, id="first")
        with pytest.raises(UserError, match="team's store"):
            Store(postgres_url)
    finally:
        postgres_server.start()
    assert store.append(workspace, ANA, "comment", "c", {"text": "private words"}, id="first").place == 2
    store.close()


@pytest.mark.parametrize("url", here, indirect=True)
def test_several_processes_may_open_an_empty_store_at_the_same_time(url):
    code = f"import sys; sys.path.insert(0, {str(WRITERS.parents[2])!r}); import os\n" + (
        "from core.team.store import Store\n"
        "ready, go = os.pipe()\n"
        "children = []\n"
        "for _ in range(6):\n"
        "    if (child := os.fork()) == 0:\n"
        "        os.close(go); os.read(ready, 1)\n"
        "        try:\n"
        "            Store(sys.argv[1])\n"
        "        except BaseException as error:\n"
        "            os.write(1, f'{error}\\n'.encode()); os._exit(1)\n"
        "        os._exit(0)\n"
        "    children.append(child)\n"
        "os.close(go)\n"
        "[os.waitpid(child, 0) for child in children]\n"
    )
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert log_of(url, begun(url))


def written(path):
    store = Store(f"sqlite:///{path}")
    workspace = store.create(ANA, {"name": "Clinic"})
    for place in range(50):
        store.append(workspace, ANA, "comment", f"c{place}", {"text": "word " * 40})
    store.close()
    return workspace


def noise(path):
    path.write_bytes(random.Random(3).randbytes(40_000))  # noqa: S311


def half(path):
    written(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def cut_in_a_page(path):
    written(path)
    path.write_bytes(path.read_bytes()[:5_000])


def a_text(path):
    path.write_text("date;name\n2026-01-01;Ana\n" * 300)


def overwritten_in_the_middle(path):
    written(path)
    content = bytearray(path.read_bytes())
    content[4096:] = random.Random(4).randbytes(len(content) - 4096)  # noqa: S311
    path.write_bytes(bytes(content))


def a_foreign_database(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE visits (url TEXT)")
        other.execute("INSERT INTO visits VALUES ('https://example.org/private')")
    other.close()


def a_foreign_database_with_names_like_ours(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE events (what TEXT)")
        other.execute("INSERT INTO events VALUES ('private')")
        other.execute("CREATE TABLE workspaces (id TEXT)")
    other.close()


def of_a_later_version(path):
    written(path)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE middleground SET layout = 99")
    other.close()


def a_folder(path):
    path.mkdir()


@pytest.mark.parametrize(
    "damage",
    [noise, half, cut_in_a_page, a_text, overwritten_in_the_middle, of_a_later_version, a_folder,
     a_foreign_database, a_foreign_database_with_names_like_ours],
)  # fmt: skip
def test_a_file_that_is_damaged_or_not_ours_is_told_in_words_and_left_as_it_is(tmp_path, damage):
    path = tmp_path / "team.db"
    damage(path)
    before = path.read_bytes() if path.is_file() else None

    def use():
        store = Store(f"sqlite:///{path}")
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as look:
                found = [row[0] for row in look.execute("SELECT id FROM workspaces")]
            look.close()
            for workspace in found:
                store.events(workspace)
                store.append(workspace, ANA, "comment", "new", {"text": "new"})
        finally:
            store.close()

    with pytest.raises(UserError) as told:
        use()
    assert "private" not in str(told.value)
    assert before is None or path.read_bytes() == before, "it says that nothing was changed"


@pytest.mark.parametrize("part", ["entries", "a frozen state"])
def test_bytes_that_changed_in_a_file_that_still_opens_are_told_with_its_name(tmp_path, part):
    path = tmp_path / "team.db"
    workspace = written(path)
    store = Store(f"sqlite:///{path}")
    name = store.freeze(workspace, {"points": list(range(300))})
    store.close()
    content = bytearray(path.read_bytes())
    inside = content.find(b'{"text":"word') if part == "entries" else content.find(b"\x78\x9c") + 40
    assert inside > 40
    content[inside] ^= 0x20
    path.write_bytes(bytes(content))
    store = Store(f"sqlite:///{path}")
    try:
        with pytest.raises(UserError) as told:
            store.events(workspace) if part == "entries" else store.state(workspace, name)
    finally:
        store.close()
    assert str(path) in told.value.got
    assert "put back a copy" in told.value.do
    assert "word" not in str(told.value)
    assert path.read_bytes() == bytes(content)


def test_a_file_that_another_program_holds_is_told_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr("core.team.connect.BUSY_SECONDS", 0.2)
    path = tmp_path / "team.db"
    store = Store(f"sqlite:///{path}")
    workspace = store.create(ANA, {"name": "Clinic"})
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(UserError, match="team's store"):
            store.append(workspace, ANA, "comment", "c", {"text": "mine"}, id="mine")
        assert len(store.events(workspace)) == 1, "reading goes on"
    finally:
        other.close()
    assert store.append(workspace, ANA, "comment", "c", {"text": "mine"}, id="mine").place == 2
    store.close()
