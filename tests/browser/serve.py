"""Starts the real server, told to fail on purpose while a flag file lies there, so that a test can see what leaks."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLAG = Path(os.environ.get("MIDDLEGROUND_TEST_FLAG", "no flag"))


def watch_spools() -> None:
    """Report uploads that go to disk."""
    original = tempfile.SpooledTemporaryFile.rollover

    def rollover(self):
        sys.stderr.write("ROLLOVER an upload went to disk\n")
        return original(self)

    tempfile.SpooledTemporaryFile.rollover = rollover


def fail_on_demand() -> None:
    """Raise an exception that quotes a cell, inside and outside of the pages' own error handling."""
    import core.privacy.measure as measuring
    from pages.components import shell

    measure, bar = measuring.measure, shell.bar

    def failing_measure(table, knows=None):
        if FLAG.exists() and FLAG.read_text() == "handled":
            raise ValueError(f"bad cell {table.frame.iloc[0].tolist()}")
        return measure(table, knows)

    def failing_bar(space):
        if FLAG.exists() and FLAG.read_text() == "unhandled" and space is not None:
            raise ValueError(f"bad cell {space.raw.iloc[0].tolist()}")
        return bar(space)

    measuring.measure, shell.bar = failing_measure, failing_bar


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    watch_spools()
    if os.environ.get("MIDDLEGROUND_TEST_UNGUARDED"):
        # The control run: with the guards off the same journey must leak, or the test could not fail.
        from pages.components import redact

        redact.install = lambda: None
    fail_on_demand()
    if os.environ.get("MIDDLEGROUND_TEST_UNGUARDED"):
        from starlette.formparsers import MultiPartParser

        from pages.components import boot  # noqa: F401 - sets the limit when it is imported, so it comes first

        MultiPartParser.spool_max_size = 1024 * 1024
    from streamlit.web import cli

    sys.argv = ["streamlit", "run", "dashboard.py", "--server.port", sys.argv[1], "--server.fileWatcherType", "none"]
    cli.main()
