"""A private PostgreSQL server: made in a temporary folder, reached through a socket file only, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


def programs():
    """Return the folder with initdb and postgres, or None; Debian keeps them off the path."""
    if found := shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    places = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    return max((path.parent for path in places), key=lambda path: float(path.parent.name), default=None)


class Postgres:
    """One server; commits reach the disk, as they do where it matters.

    PostgreSQL refuses to run as root, so root starts it as somebody else.
    """

    def __init__(self, bin_folder):
        # Not pytest's own folder: the path of a socket has at most 107 characters, and another user must get in.
        self.folder = Path(tempfile.mkdtemp(prefix="mg-pg-", dir="/tmp"))
        self.bin, self.user = bin_folder, {}
        self.names = 0
        if os.getuid() == 0:
            known = {entry.pw_name: entry for entry in pwd.getpwall()}
            who = known.get("postgres") or known["nobody"]
            os.chown(self.folder, who.pw_uid, who.pw_gid)
            self.user = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        self.process = None
        self._call("initdb", "-D", str(self.folder / "data"), "-U", "owner", "-A", "trust", "-E", "UTF8",
                   "--no-locale", "--no-sync")  # fmt: skip
        self.start()

    def _call(self, program, *arguments):
        done = subprocess.run(
            [str(self.bin / program), *arguments], cwd="/", capture_output=True, text=True, check=False, **self.user
        )
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"

    def start(self):
        """Start the server on its data and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder),
                 "-c", "listen_addresses=", "-c", "fsync=on", "-c", "synchronous_commit=on",
                 "-c", "shared_buffers=16MB", "-c", "max_connections=50"],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.user,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        ready = [str(self.bin / "pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ready, cwd="/", check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self):
        """End the server and every process of it at once, as a power cut does."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        self.process.wait(10)
        for child in map(int, children):
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        # The next server may not start on the data while one of them still holds the shared memory.
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{child}/stat").exists() and not _zombie(child) for child in children):
            assert time.monotonic() < deadline, "a process of the killed server stays"
            time.sleep(0.01)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.folder)

    def new(self):
        """Make an empty database and return its address."""
        self.names += 1
        name = f"team{self.names}"
        self._call("createdb", "-h", str(self.folder), "-U", "owner", name)
        return f"postgresql+psycopg://owner@/{name}?host={self.folder}"


def _zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="session")
def postgres_server():
    found = programs()
    if found is None:
        why = "no PostgreSQL here: install Debian's package postgresql"
        if os.environ.get("CI") or os.environ.get("MIDDLEGROUND_NEED_POSTGRES") == "1":
            pytest.fail(why)
        pytest.skip(why)
    server = Postgres(found)
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server):
    """The address of an empty database of a real server."""
    return postgres_server.new()
