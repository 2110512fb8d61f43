"""The engine on a real scheduler with two worker processes: same numbers, killed workers, nothing on disk."""

import os
import signal
import time
from contextlib import contextmanager

import pytest

from core.engine.choose import chosen_engine
from core.engine.dispatcher import Dispatcher
from core.engine.jobs import Job, run_study
from core.engine.local import InlineEngine
from core.errors import UserError
from core.tradeoff.study import parse_study
from tests.tables import people

pytestmark = pytest.mark.cluster

STUDY = parse_study(
    {
        "study": {"name": "s", "seed": 3, "effort": "glance"},
        "recipe": [
            {"name": "k", "technique": "mondrian_k_anonymity", "k": [5, 20]},
            {"name": "synthetic", "technique": "sequential_trees"},
            {"name": "dp", "technique": "dp_logistic_regression", "epsilon": [1.0]},
        ],
    }
)


def table():
    return people(300).drop(("zip",))


def numbers(result):
    """Return the points without the time they took."""
    return [{k: v for k, v in point.items() if k != "seconds"} for point in result["points"]]


@contextmanager
def cluster(workers=2, processes=True, **memory):
    """A scheduler and two worker processes with nannies, as a team's operator would start them."""
    import dask
    from distributed import LocalCluster

    settings = {f"distributed.worker.memory.{name}": value for name, value in memory.items()}
    # A worker that a nanny starts again reads the settings again, so they stay for as long as the cluster does.
    with (
        dask.config.set(settings),
        LocalCluster(n_workers=workers, threads_per_worker=1, processes=processes, dashboard_address=":0") as running,
    ):
        yield running


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    import dask

    folder = tmp_path_factory.mktemp("cluster")
    with dask.config.set({"temporary_directory": str(folder)}), cluster(target=False, spill=False) as running:
        yield running.scheduler_address


@pytest.fixture
def engine(address, monkeypatch):
    monkeypatch.setenv("MIDDLEGROUND_CLUSTER", address)
    made = chosen_engine()
    yield made
    made.close()


def pids(engine):
    return engine._client.run(os.getpid)


def held(engine):
    from core.engine import local

    return set(engine._client.run(lambda: len(local._benches)).values())


def naps(seconds):
    time.sleep(seconds)
    return os.getpid()


def quits():
    os._exit(1)


def fails():
    raise ValueError("a task's own mistake")


def test_a_cluster_gives_the_numbers_of_this_process_bit_for_bit_and_forgets_at_the_end(engine, address):
    assert engine.workers == 2
    assert numbers(run_study(STUDY, table(), engine)) == numbers(run_study(STUDY, table(), InlineEngine()))
    assert held(engine) == {1}
    engine.close()
    engine.connect()
    assert held(engine) == {0}


def test_a_table_goes_to_each_worker_once_and_never_into_the_store_of_the_cluster(engine):
    run_study(STUDY, table(), engine)
    before = engine._client.run(lambda: None)
    sent = []
    ask = engine._client.run

    def watched(function, *args, **more):
        sent.append((function.__name__, more.get("workers")))
        return ask(function, *args, **more)

    engine._client.run = watched
    assert run_study(STUDY, table(), engine)["points"]
    assert len(before) == 2
    assert [name for name, _ in sent if name == "keep_table"] == []
    assert set(ask(lambda dask_worker: sum(len(str(key)) > 0 for key in dask_worker.data)).values()) <= {0}


def test_a_worker_killed_in_the_middle_costs_a_second_try_and_no_number(engine):
    job = Dispatcher(engine).start(Job(STUDY, table()))
    while job.snapshot().done < 3 and job.active:
        time.sleep(0.01)
    assert job.active, "the sweep was over before the worker could be killed"
    os.kill(next(iter(pids(engine).values())), signal.SIGKILL)
    assert job.wait(30)
    assert numbers(job.snapshot().result) == numbers(run_study(STUDY, table(), InlineEngine()))


def test_a_task_that_ends_every_worker_that_takes_it_is_one_failure(engine):
    with pytest.raises(Exception) as told:  # noqa: PT011 - its name is what counts
        engine.submit(quits).result(25)
    assert type(told.value).__name__ == "WorkerLost"
    assert engine.submit(naps, 0).result(20) > 0


def test_a_tasks_own_mistake_comes_back_as_it_is(engine):
    with pytest.raises(ValueError, match="own mistake"):
        engine.submit(fails).result(10)


def test_ending_a_task_frees_its_worker(engine):
    begun = time.monotonic()
    stuck = [engine.submit(naps, 60) for _ in range(2)]
    time.sleep(0.5)
    for future in stuck:
        engine.cancel(future)
    assert all(future.exception(5) is not None for future in stuck)
    assert engine.submit(naps, 0).result(20) > 0
    assert time.monotonic() - begun < 20


def test_draining_waits_for_what_is_in_flight(engine):
    future = engine.submit(naps, 0.3)
    assert not engine.drain(0.01)
    assert engine.drain(10)
    assert future.done()


def test_a_cluster_that_may_write_to_disk_is_refused_before_it_gets_anything():
    from core.engine.cluster import ClusterEngine

    with cluster(1, processes=False, target=0.6, spill=0.7) as running:
        engine = ClusterEngine(running.scheduler_address)
        with pytest.raises(UserError, match="MEMORY__SPILL=False"):
            engine.connect()
        assert engine._client is None
