"""Time limits, Stop and turns: one setting that hangs, or dies, costs one red row, and nobody else's patience."""

import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, Future, TimeoutError
from dataclasses import replace

import pytest

from core.engine import dispatcher as dispatcher_module
from core.engine.dispatcher import Dispatcher, fit_seconds
from core.engine.failures import Interrupted, TookTooLong, told
from core.engine.jobs import Job
from core.engine.local import InlineEngine, LocalEngine
from core.errors import UserError
from core.tradeoff.replicate import OUT_OF_MEMORY, Outcome
from core.tradeoff.study import parse_study
from tests.tables import people

STUDY = parse_study(
    {
        "study": {"name": "s", "seed": 3, "effort": "glance"},
        "recipe": [
            {"name": "k", "technique": "mondrian_k_anonymity", "k": [5]},
            {"name": "t", "technique": "sequential_trees"},
        ],
    }
)


def table():
    return people(120).drop(("zip",))


class Stage:
    """An engine of threads: tasks of the settings named hang until they are ended."""

    def __init__(self, hang=(), workers=2):
        self.workers, self.hang = workers, set(hang)
        self.open, self.ended, self.beside = {}, [], []
        self.lock = threading.Lock()

    def submit(self, task, *args):
        future = Future()
        with self.lock:
            self.open[future] = args[2].id
            self.beside.append((args[2].id, args[4], len(self.open) - 1))
        if args[2].id not in self.hang:
            threading.Thread(target=self.run, args=(future, task, args)).start()
        return future

    def run(self, future, task, args):
        result = task(*args)
        with self.lock:
            self.open.pop(future, None)
        if not future.done():
            future.set_result(result)

    def cancel(self, future):
        with self.lock:
            self.ended.append(self.open.pop(future))
        future.set_exception(CancelledError())

    def drain(self, timeout=None):
        return not self.open

    def close(self):
        pass


@pytest.fixture(autouse=True, scope="module")
def imported():
    """Let the first fit import what it needs before anything is timed."""
    Dispatcher(InlineEngine()).start(Job(STUDY, table()))


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch):
    monkeypatch.setattr(dispatcher_module, "TICK", 0.02)


def test_a_setting_that_takes_too_long_is_one_red_row_and_the_others_go_on():
    engine = Stage(hang=["k[k=5]"])
    job = Dispatcher(engine, limit=2.5).start(Job(STUDY, table()))
    assert job.wait(30)
    points = {point["id"]: point for point in job.snapshot().result["points"]}
    slow = points.pop("k[k=5]")
    assert slow["status"] == "failed"
    assert slow["reason"].startswith("took longer than 2.5 seconds")
    assert {point["status"] for point in points.values()} == {"measured"}
    assert set(engine.ended) == {"k[k=5]"}


def test_stop_answers_at_once_and_frees_the_worker_of_a_fit_that_hangs(monkeypatch):
    monkeypatch.setattr(dispatcher_module, "GRACE", 0.2)
    engine = Stage(hang=["none"], workers=1)
    dispatcher = Dispatcher(engine, limit=60)
    job = dispatcher.start(Job(STUDY, table()))
    begun = time.monotonic()
    job.stop()
    assert job.wait(0.5)
    assert time.monotonic() - begun < 0.5
    assert job.snapshot().state == "stopped"
    engine.hang.clear()
    other = dispatcher.start(Job(replace(STUDY, seed=4), table()))
    assert other.wait(30)
    assert engine.ended == ["none"]


def test_a_second_person_gets_a_first_result_while_200_fits_of_the_first_are_queued():
    class Stepped(Stage):
        def run(self, future, task, args):
            """Leave it to the test."""

    engine = Stepped(workers=1)
    dispatcher = Dispatcher(engine)
    settings = [{"name": "k", "technique": "mondrian_k_anonymity", "k": list(range(2, 25))}]
    long = parse_study({"study": {"name": "long", "effort": "standard"}, "recipe": settings})
    first = dispatcher.start(Job(long, table(), owner="a"))
    second = dispatcher.start(Job(STUDY, table(), owner="b"))
    steps = 0
    while second.snapshot().done == 0:
        future, name = next(iter(engine.open.items()))
        engine.open.pop(future)
        future.set_result(Outcome(point=name, replicate=0, seconds=0.1, skipped="for the test"))
        steps += 1
    assert steps == 2, "as if the queue were empty: the fit that was running, then the second person's own"
    assert first._total >= 200
    first.stop()
    second.stop()


def test_a_task_whose_worker_dies_is_tried_again_alone_so_that_its_neighbour_is_not_blamed():
    class Fragile(Stage):
        """The task of one setting takes the whole pool down, and everything that runs beside it."""

        def run(self, future, task, args):
            if args[2].id != "t":
                time.sleep(0.1)
                return super().run(future, task, args)
            time.sleep(0.03)
            with self.lock:
                struck, self.open = list(self.open), {}
            for one in struck:
                if not one.done():
                    one.set_exception(BrokenExecutor())

    engine = Fragile()
    job = Dispatcher(engine, limit=60).start(Job(STUDY, table()))
    assert job.wait(30)
    points = {point["id"]: point for point in job.snapshot().result["points"]}
    assert [name for name, point in points.items() if point["status"] != "measured"] == ["t"]
    assert "ran out of memory" in points["t"]["reason"]
    tries = [beside for name, number, beside in engine.beside if name == "t" and number == 0]
    assert len(tries) == 2
    assert tries[1] == 0


def test_ending_a_task_of_a_pool_interrupts_its_neighbour_and_the_next_task_runs():
    engine = LocalEngine(2)
    try:
        stuck, neighbour = engine.submit(time.sleep, 60), engine.submit(time.sleep, 60)
        with pytest.raises(TimeoutError):
            stuck.result(0.3)
        assert not engine.drain(0)
        engine.cancel(stuck)
        assert isinstance(stuck.exception(5), CancelledError)
        assert isinstance(neighbour.exception(5), Interrupted)
        engine.cancel(stuck)
        assert engine.submit(abs, -3).result(20) == 3
        assert engine.drain(5)
        last = engine.submit(time.sleep, 60)
        time.sleep(0.3)
        workers = list(engine._pool._processes.values())
        engine.close()
        assert not any(process.is_alive() for process in workers)
        assert isinstance(last.exception(5), CancelledError)
    finally:
        engine.close()


def test_a_task_that_runs_out_of_memory_says_so_in_plain_words(monkeypatch):
    from core.tradeoff import replicate

    def hungry(*_):
        raise MemoryError("3 PiB for an array of shape (9, 9)")

    monkeypatch.setattr(replicate, "_measure", hungry)
    points = Dispatcher(InlineEngine()).start(Job(STUDY, table())).snapshot().result["points"]
    assert {point["reason"] for point in points} == {OUT_OF_MEMORY}


def test_reasons_name_what_to_do_and_never_quote_an_unknown_error():
    assert "MIDDLEGROUND_FIT_MINUTES" in told(TookTooLong(1800))
    assert told(TookTooLong(1800)).startswith("took longer than 30 minutes")
    assert "MIDDLEGROUND_WORKERS" in told(BrokenExecutor())
    assert "secret" not in told(RuntimeError("a secret cell"))
    assert told(UserError("a rule", got="2", do="Do.")) == "a rule, got 2. Do."


def test_the_limit_is_a_setting_in_minutes(monkeypatch):
    monkeypatch.delenv("MIDDLEGROUND_FIT_MINUTES", raising=False)
    assert fit_seconds() == 1800
    monkeypatch.setenv("MIDDLEGROUND_FIT_MINUTES", "0.5")
    assert fit_seconds() == 30
    for wrong in ("soon", "0", "-1", "nan", "inf"):
        monkeypatch.setenv("MIDDLEGROUND_FIT_MINUTES", wrong)
        with pytest.raises(UserError, match="positive number"):
            fit_seconds()


def test_without_the_packages_a_cluster_says_what_to_install(monkeypatch):
    import sys

    from core.engine.choose import chosen_engine

    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setenv("MIDDLEGROUND_CLUSTER", "tcp://127.0.0.1:1")
    with pytest.raises(UserError, match=r"requirements-cluster\.txt"):
        chosen_engine()
    monkeypatch.setenv("MIDDLEGROUND_CLUSTER", " ")
    assert isinstance(chosen_engine(1), InlineEngine)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"spills": True}, "SPILL=False"),
        ({"threads": 4}, "--nthreads 1"),
        ({"versions": {}}, "requirements.txt"),
        ({"code": "other"}, "up to date"),
    ],
)
def test_a_worker_of_a_cluster_that_could_leak_or_change_numbers_is_refused_with_what_to_set(change, word):
    from core.engine.cluster_worker import here, refusal

    good = {"spills": False, "threads": 1, **here()}
    assert refusal(good) is None
    assert word in refusal({**good, **change}).do
    assert "import this program" in refusal(ModuleNotFoundError("core")).what


def test_what_a_task_raises_on_a_cluster_comes_back_as_a_value_so_that_no_argument_is_logged():
    from core.engine.cluster_worker import guarded

    fine, error = guarded(int, "not a number")
    assert not fine
    assert isinstance(error, ValueError)
    assert guarded(abs, -2) == (True, 2)


def test_a_worker_that_was_sent_a_table_needs_no_copy_with_each_task_and_says_when_it_is_gone():
    from core.engine import local

    job = Job(STUDY, table())
    key, payload, *rest = job.arguments(job.recipes[0], 0)
    local.forget_tables()
    try:
        with pytest.raises(local.TableMissing):
            local.run_task(key, b"", *rest)
        assert local.keep_table(key, payload, (key,))
        assert local.run_task(key, b"", *rest).failed is None
        assert local.keep_table("other", payload, ("other",))
        assert list(local._benches) == ["other"]
    finally:
        local.forget_tables()
