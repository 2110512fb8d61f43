"""Writers that are processes of their own: told what to write, they say on standard output what became of it.

`python writers.py URL WORKSPACE MODE WRITERS EDITS SUBJECTS`, one JSON line for each edit. `race`: change what others
change too, by the version last seen. `append`: write down something new, and after a failure send the same again.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from core.errors import UserError
from core.team.events import Actor, Conflict
from core.team.store import Store

PATIENCE = 60
"""Seconds during which `append` sends again."""


def tell(**line):
    # One write of less than a page: lines of several processes do not mix.
    os.write(1, (json.dumps(line) + "\n").encode())


def race(store, workspace, writer, edits, subjects):
    seen = dict.fromkeys(range(subjects), 0)
    for edit in range(edits):
        subject = (writer + edit) % subjects
        name, text = f"w{writer}e{edit}", f"writer {writer}, edit {edit}, 日本 'quoted'"
        asked = {"writer": writer, "edit": edit, "subject": f"s{subject}", "text": text, "id": name}
        try:
            done = store.append(workspace, Actor(key=f"k{writer}", name=f"W{writer}"), "comment", f"s{subject}",
                                {"text": text}, expected=seen[subject], id=name)  # fmt: skip
            seen[subject] = done.version
            tell(became="applied", version=done.version, place=done.place, expected=done.version - 1, **asked)
        except Conflict as found:
            expected, seen[subject] = seen[subject], found.theirs.version
            tell(became="conflict", mine=found.mine["text"], theirs=found.theirs.payload["text"],
                 their_id=found.theirs.id, version=found.theirs.version, expected=expected, **asked)  # fmt: skip


def append(store, workspace, writer, edits, subjects):
    for edit in range(edits):
        name, text = f"w{writer}p{os.getpid()}e{edit}", f"writer {writer}, edit {edit}"
        deadline, tries = time.monotonic() + PATIENCE, 0
        while True:
            tries += 1
            try:
                done = store.append(workspace, Actor(key=f"k{writer}", name=f"W{writer}"), "comment",
                                    f"s{edit % subjects}", {"text": text}, id=name)  # fmt: skip
                break
            except Conflict:
                raise
            except UserError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        tell(became="applied", writer=writer, pid=os.getpid(), id=name, text=text, place=done.place, tries=tries)


def main(url, workspace, mode, writers, edits, subjects):
    children = {}
    for writer in range(writers):
        child = os.fork()
        if child == 0:
            code = 1
            try:
                # A connection is never carried over a fork: each opens the store itself.
                store = Store(url)
                if mode == "append":
                    tell(became="open", writer=writer)
                {"race": race, "append": append}[mode](store, workspace, writer, edits, subjects)
                code = 0
            except BaseException as error:
                tell(became="broken", writer=writer, why=f"{type(error).__name__}: {error}")
            finally:
                os._exit(code)
        children[child] = writer
        if mode == "append":
            tell(became="started", writer=writer, pid=child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:4], *map(int, sys.argv[4:]))
