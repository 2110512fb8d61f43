"""Two hundred malformed uploads: each ends as a table or as three plain parts, in little time and memory."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.data.infer import apply_kinds, schema_of, suggest
from core.data.read import read_table
from core.data.table import Table
from core.errors import UserError
from tests.data import malformed

SEED = 20
COUNT = 200
QUICK = [kind for kind in malformed.KINDS if kind not in malformed.HEAVY]
SECONDS = 20.0
MEGABYTES = 900
"""More than the process took before: the largest of these files may unpack to a gigabyte."""


def upload(number, kinds):
    """Return the file of a number, always the same one."""
    return kinds[number % len(kinds)](random.Random(f"{SEED}-{number}"))  # noqa: S311


def taken_in(name, content, whole):
    """Do what the Data page does with a file; return the table, or the error that somebody reads."""
    try:
        read = read_table(name, content)
        if not whole:
            return read.frame
        schema = schema_of(suggest(read.frame))
        table = Table.build(apply_kinds(read.frame, schema), schema)
    except UserError as error:
        return error
    return table


def judge(name, content, whole=True):
    """Check one upload, and return how it ended."""
    found = taken_in(name, content, whole)
    if isinstance(found, UserError):
        for part in (found.what, found.got, found.do):
            assert part.strip(), name
        assert malformed.SECRET not in str(found), f"{name}: a cell is quoted in {found}"
        assert len(str(found)) < 600, f"{name}: {str(found)[:200]}"
        return "told"
    assert len(found) >= 1, name
    return "table"


def test_twenty_malformed_uploads_end_as_a_table_or_as_three_plain_parts():
    ends = []
    for number in range(20):
        since = time.process_time()
        # Looking for meaning in the columns takes most of the time; the slow test does it for every file.
        ends.append(judge(*upload(number, QUICK), whole=number % 5 == 0))
        assert time.process_time() - since < SECONDS, number
    assert {"told", "table"} == set(ends)


def run_all():
    """Judge all of them in this process and print how they ended, with the peak of memory."""
    import resource

    judge("warm.csv", b"a,b\n1,2\n" * 30)
    base, ends = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for number in range(COUNT):
        name, content = upload(number, malformed.KINDS)
        since = time.process_time()
        ends.append(judge(name, content))
        spent = time.process_time() - since
        assert spent < SECONDS, f"{number} {name}: {spent:.1f} s"
        peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024
        assert peak < MEGABYTES, f"{number} {name}: {peak} MB"
    print(len(ends), ends.count("told"), ends.count("table"))


@pytest.mark.slow
def test_two_hundred_malformed_uploads_stay_within_time_and_memory():
    code = "from tests.data.test_read_malformed import run_all; run_all()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr[-2000:]
    count, told, tables = map(int, done.stdout.split())
    assert count == COUNT
    assert told > 60
    assert tables > 30
