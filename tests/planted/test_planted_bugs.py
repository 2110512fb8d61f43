"""Plants every bug of the list in a copy of the project, one at a time, and requires that its test fails."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.planted.bugs import BUGS, place

ROOT = Path(__file__).resolve().parents[2]
PAPER = (ROOT / "docs" / "planted-bugs.md").read_text()

JUDGED = re.compile(r"assert |AssertionError|Failed: DID NOT RAISE")
"""How the failure of a test begins; any other exception means that the mutant broke, and was not caught."""


def node_exists(node):
    """Whether the file has the function; what stands in brackets is checked when the test is run."""
    path, _, name = node.partition("::")
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.is_file() else ast.Module([], [])
    return name.partition("[")[0] in {item.name for item in tree.body if isinstance(item, ast.FunctionDef)}


def test_all_twenty_mistakes_of_the_design_study_are_planted():
    assert len({bug.key for bug in BUGS}) == len(BUGS)
    assert {place(bug)[0] for bug in BUGS} >= set(range(1, 21))


def test_the_document_lists_exactly_these_bugs_with_their_tests():
    lines = re.findall(r"^\| (\w+) \| (.+?) \| `(.+?)` \| `(.+?)` \| (.+?) \|$", PAPER, flags=re.MULTILINE)
    assert lines == [(bug.key, bug.title, bug.file, bug.test, bug.why) for bug in BUGS]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.key)
def test_every_bug_can_be_planted_and_its_test_exists(bug):
    assert bug.file.startswith("core/")
    found = (ROOT / bug.file).read_text().count(bug.old)
    assert found == 1, f"{bug.file} has moved: the text of bug {bug.key} occurs {found} times. Plant it anew"
    assert bug.new != bug.old
    assert node_exists(bug.test), f"no such test: {bug.test}"


def run(copy, nodes, *options):
    """Run tests in the copy; return the exit code, the summary line, and the message of every failure."""
    report = copy / "report.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *options, *nodes]
    done = subprocess.run(
        command,
        cwd=copy,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = done.stdout.strip().splitlines() or [done.stderr]
    found = [case.get("message", "") for case in ElementTree.parse(report).iter("failure")] if report.exists() else []  # noqa: S314
    return done.returncode, lines[-1], found


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project in which all the tests of the list pass as long as nothing is planted."""
    path = tmp_path_factory.mktemp("planted")
    for name in ("core", "tests"):
        # Compiled files are compared by their second: a mutant written within it would not be seen.
        shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", path)
    code, summary, failures = run(path, sorted({bug.test for bug in BUGS}))
    assert code == 0, f"these tests must pass before anything is planted: {summary} {failures}"
    return path


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.key)
def test_a_planted_bug_is_caught_by_its_test(bug, copy):
    file = copy / bug.file
    text = file.read_text()
    assert text.count(bug.old) == 1, f"{bug.file} has moved: plant bug {bug.key} anew"
    file.write_text(text.replace(bug.old, bug.new))
    try:
        code, summary, failures = run(copy, [bug.test], "-x")
    finally:
        file.write_text(text)
    assert code == 1, f"bug {bug.key} ({bug.title}) was not caught by {bug.test}: {summary}"
    assert "failed" in summary, summary
    assert "error" not in summary, summary
    assert failures, summary
    assert all(JUDGED.match(message) for message in failures), failures
