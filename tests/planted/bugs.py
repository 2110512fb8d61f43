"""Bugs that other tools really had, and some of our own, as mutants of our code, each with the test that catches it."""

from __future__ import annotations

from tests.planted.bug import Bug
from tests.planted.bugs_measurement import MEASUREMENT
from tests.planted.bugs_mechanisms import MECHANISMS
from tests.planted.bugs_ours import OURS
from tests.planted.bugs_private import PRIVATE
from tests.planted.bugs_team import TEAM


def place(bug: Bug) -> tuple[int, str]:
    """Return where a bug stands in the list: by number, then by letter."""
    number = bug.key.rstrip("abcdefgh")
    return int(number), bug.key[len(number) :]


BUGS = tuple(sorted((*MECHANISMS, *MEASUREMENT, *OURS, *PRIVATE, *TEAM), key=place))
