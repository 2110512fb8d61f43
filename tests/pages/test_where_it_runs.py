"""Where rows go is said as it is, with a cluster too; forgetting a table forgets what was measured on it."""

import sys

import pytest

from core.errors import UserError
from tests.pages.test_pages import start, visit, words


def test_forgetting_a_table_drops_what_was_measured_on_it(fresh_house, workspace):
    start(workspace)
    assert workspace.job.wait(0)
    assert len(fresh_house.dispatcher.finished) > 0
    fresh_house.vault.forget(workspace.id)
    assert len(fresh_house.dispatcher.finished) == fresh_house.dispatcher.finished.bytes == 0


def test_a_second_run_of_the_same_study_says_that_it_was_measured_before(fresh_house, workspace):
    start(workspace)
    first = workspace.snapshot()
    start(workspace)
    second = workspace.snapshot()
    assert second.done == second.total == first.total == 12
    assert second.reused == 10, "all that was run: a setting that a rule left out was asked once"
    assert "measured before" in second.headline
    assert second.result["points"] == first.result["points"]


@pytest.fixture
def with_cluster(monkeypatch):
    """Name a cluster, on a machine without the packages for it."""
    from pages.components import shell

    monkeypatch.setenv("MIDDLEGROUND_CLUSTER", "tcp://127.0.0.1:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    shell.house.clear()
    return shell.house()


def test_pages_say_that_a_cluster_holds_copies(with_cluster):
    told = words(visit("start"))
    assert "workers of your cluster" in told
    assert "never sent elsewhere" not in told
    assert "workers of your cluster" in words(visit("data"))


def test_a_cluster_that_cannot_be_used_stops_the_run_with_what_to_do(with_cluster, workspace):
    with pytest.raises(UserError, match=r"requirements-cluster\.txt"):
        start(workspace)
    assert workspace.job is None
    with_cluster.vault.forget(workspace.id)


def test_without_a_cluster_rows_are_said_to_stay_here(fresh_house):
    assert "never sent elsewhere" in words(visit("start"))
