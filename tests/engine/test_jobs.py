"""Jobs: same numbers for any number of workers, fair turns, Stop, and failures that stay one row."""

import json
import threading
import time
from concurrent.futures import Future

import numpy as np
import pytest

from core.engine.jobs import Dispatcher, Job, run_study
from core.engine.local import InlineEngine, LocalEngine, run_task
from core.tradeoff.study import Requirement, parse_study
from tests.tables import awkward, people

STUDY = parse_study(
    {
        "study": {"name": "s", "seed": 3, "effort": "glance"},
        "recipe": [
            {"name": "k", "technique": "mondrian_k_anonymity", "k": [5, 5000]},
            {"name": "synthetic", "technique": "sequential_trees"},
            {"name": "dp", "technique": "dp_logistic_regression", "epsilon": [1.0, 10.0]},
        ],
        "requirement": [
            {"name": "accuracy", "metric": "accuracy", "at_least": 0.5},
            {"name": "risk", "risk": "membership", "at_most": 0.9},
        ],
    }
)


def table():
    return people(300).drop(("zip",))


def without_seconds(result):
    text = json.dumps(result, sort_keys=True)
    data = json.loads(text)
    for point in data["points"]:
        del point["seconds"]
    return data


@pytest.mark.slow
def test_the_number_of_workers_changes_no_number():
    inline = run_study(STUDY, table(), InlineEngine())
    engine = LocalEngine(2)  # starting a process takes as long as the sweep: one number is enough beside none
    try:
        assert without_seconds(run_study(STUDY, table(), engine)) == without_seconds(inline)
    finally:
        engine.close()


def test_the_result_has_every_key_that_front_ends_rely_on():
    result = run_study(STUDY, table(), InlineEngine())
    assert result["schema"] == "middleground.result/1"
    assert set(result) == {
        "schema",
        "study",
        "table",
        "seed",
        "versions",
        "ledger",
        "requirements",
        "frontier",
        "frontier_ties",
        "frontier_beaten",
        "points",
    }
    assert {"rows", "people", "columns", "fingerprint"} <= set(result["table"])
    points = {point["id"]: point for point in result["points"]}
    assert list(points) == ["none", "constant", "k[k=5]", "k[k=5000]", "synthetic", "dp[epsilon=1]", "dp[epsilon=10]"]
    needed = {
        "id",
        "name",
        "recipe",
        "model",
        "release",
        "status",
        "reason",
        "replicates",
        "n_train",
        "utility",
        "risks",
        "worst_risk",
        "guarantee",
        "meets",
        "rows_released",
        "rows_suppressed",
        "seconds",
    }
    assert all(needed <= set(point) for point in points.values())
    risk = points["none"]["risks"]["membership"]
    keys = (
        "status reason channel value low high success_members success_controls reference n_members n_controls attack "
        "detectable auc tpr_at_1pct bound violation"
    )
    assert set(keys.split()) <= set(risk)
    accuracy = points["none"]["utility"]["accuracy"]
    assert {"value", "low", "high", "reference", "n"} <= set(accuracy)
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert points["none"]["utility"]["accuracy_full"]["value"] is not None
    assert points["k[k=5000]"]["status"] == "skipped"
    assert points["dp[epsilon=1]"]["guarantee"]["mu"] < points["dp[epsilon=10]"]["guarantee"]["mu"]
    dp = points["dp[epsilon=1]"]["risks"]["membership"]
    assert dp["bound"] == points["dp[epsilon=1]"]["guarantee"]["advantage_bound"]
    assert not dp["violation"]
    assert set(points["none"]["meets"].values()) <= {"yes", "no", "unproven", "cannot_settle", "not_measured"}
    assert set(result["frontier"]) <= set(points)
    stand = [*result["frontier"], *result["frontier_ties"], *result["frontier_beaten"]]
    assert sorted(stand) == sorted(id for id, point in points.items() if point["status"] == "measured")
    assert set(result["frontier_beaten"].values()) <= set(points)
    assert result["ledger"]["fits"] == 6 * 3
    assert "not the cost" in result["ledger"]["note"]
    json.dumps(result, allow_nan=False)


def texts(value, path=()):
    """Every text of a JSON value, with the keys that lead to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner, path)
    elif isinstance(value, str):
        yield path, value


def test_no_cell_of_the_table_is_in_the_result():
    """But the rare values of a secret, whose risk is reported apart: they name the value, for 20 people or more."""
    result = json.loads(json.dumps(run_study(STUDY, table(), InlineEngine())))
    for name in ("name", "illness", "job"):
        for cell in set(table().frame[name].astype(str)):
            for path, text in texts(result):
                assert text != cell, path
                if cell in text.split():
                    assert path[-2:] == ("rare", "name"), path


class Slow:
    """An engine of one worker that holds every task until it is let go."""

    workers = 1

    def __init__(self):
        self.waiting = []
        self.order = []
        self.lock = threading.Lock()

    def submit(self, task, *args):
        future = Future()
        with self.lock:
            self.waiting.append((future, task, args))
            self.order.append((args[3].name, args[2].id, args[4]))
        return future

    def step(self):
        with self.lock:
            future, task, args = self.waiting.pop(0)
        future.set_result(task(*args))

    def cancel(self, future):
        pass

    def drain(self, timeout=None):
        return not self.waiting

    def close(self):
        pass


def test_stop_keeps_what_is_done_and_returns_at_once():
    engine = Slow()
    job = Dispatcher(engine).start(Job(STUDY, table()))
    for _ in range(7):
        engine.step()
    started = time.monotonic()
    job.stop()
    assert job.wait(0)
    snapshot = job.snapshot()
    assert time.monotonic() - started < 0.5
    assert snapshot.state == "stopped"
    statuses = {point["id"]: point["status"] for point in snapshot.result["points"]}
    assert statuses["none"] == "measured"
    assert statuses["k[k=5000]"] == "skipped"
    engine.step()
    assert job.snapshot().done >= snapshot.done
    assert job.snapshot().result["points"] == snapshot.result["points"]


def test_settings_that_a_stop_left_without_a_number_say_so():
    engine = Slow()
    job = Dispatcher(engine).start(Job(STUDY, table()))
    engine.step()
    job.stop()
    points = {point["id"]: point for point in job.snapshot().result["points"]}
    assert points["none"]["status"] == "measured"
    assert points["synthetic"]["status"] == "skipped"
    assert "stopped before" in points["synthetic"]["reason"]


def test_the_whole_chart_appears_before_any_setting_gets_its_second_replicate():
    engine = Slow()
    job = Dispatcher(engine).start(Job(STUDY, table()))
    while job.active:
        engine.step()
    numbers = [number for _, _, number in engine.order]
    assert numbers == sorted(numbers, key=lambda n: 99 if n == -1 else n)


def test_two_sweeps_take_turns():
    from dataclasses import replace

    engine = Slow()
    dispatcher = Dispatcher(engine)
    long, short = replace(STUDY, name="long", effort="standard"), replace(STUDY, name="short")
    first = dispatcher.start(Job(long, table()))
    second = dispatcher.start(Job(short, table()))
    for _ in range(40):
        if second.active:
            engine.step()
    assert not second.active
    assert first.active
    first.stop()


def test_a_worker_that_dies_fails_its_setting_and_the_sweep_goes_on():
    class Fragile(InlineEngine):
        def submit(self, task, *args):
            if args[2].id == "synthetic":
                future = Future()
                future.set_exception(MemoryError("killed"))
                return future
            return super().submit(task, *args)

    points = {p["id"]: p for p in run_study(STUDY, table(), Fragile())["points"]}
    assert points["synthetic"]["status"] == "failed"
    assert "memory ran out" in points["synthetic"]["reason"]
    assert points["dp[epsilon=1]"]["status"] == "measured"


def test_changing_a_requirement_changes_verdicts_and_fits_nothing_again():
    job = Dispatcher(InlineEngine()).start(Job(STUDY, table()))
    assert job.wait(0)
    before = job.snapshot()
    assert {p["meets"].get("accuracy") for p in before.result["points"] if p["status"] == "measured"} != {"no"}
    job.set_requirements((Requirement(name="accuracy", metric="accuracy", at_least=0.999),))
    after = job.snapshot()
    assert {p["meets"]["accuracy"] for p in after.result["points"] if p["status"] == "measured"} <= {"no", "unproven"}
    assert after.done == before.done


def test_a_study_whose_every_setting_is_skipped_still_ends():
    study = parse_study({"study": {"name": "s", "effort": "glance"}, "recipe": [{"technique": "mask_identifiers"}]})
    result = run_study(study, awkward()["40 rows"], InlineEngine())
    assert result["points"][-1]["status"] == "skipped"


@pytest.mark.slow
def test_more_effort_tightens_the_interval():
    from dataclasses import replace

    glance = run_study(STUDY, table(), InlineEngine())["points"][0]["risks"]["membership"]
    standard = run_study(replace(STUDY, effort="standard"), table(), InlineEngine())["points"][0]["risks"]["membership"]
    assert standard["high"] - standard["low"] < 0.75 * (glance["high"] - glance["low"])


def test_tasks_keep_only_a_few_tables_in_a_worker():
    from core.engine import local

    job = Job(STUDY, table())
    key, payload, recipe, study, _ = job.arguments(job.recipes[0], 0)
    for number in range(5):
        run_task(f"{key}{number}", payload, recipe, study, 0)
    assert len(local._benches) <= local.KEPT
    local.forget_tables()
    assert not local._benches


@pytest.mark.parametrize("seconds", [0.4, 4.2, 47.0, 400.0])
def test_the_time_left_is_rounded_for_people(seconds):
    from core.engine.jobs import Snapshot

    text = Snapshot({}, 3, 9, "running", seconds, 1.0, None).headline
    assert "about" in text
    assert np.sum([text.endswith("s left"), text.endswith("min left")]) == 1


def test_a_killed_worker_costs_a_second_try_and_later_sweeps_run():
    """The system ends a worker, for memory say: nothing that was measured is lost, and the pool comes back."""
    import os
    import signal

    engine = LocalEngine(2)
    try:
        job = Dispatcher(engine).start(Job(STUDY, table()))
        while job.snapshot().done < 2 and job.active:
            time.sleep(0.02)
        os.kill(next(iter(engine._pool._processes)), signal.SIGKILL)
        assert job.wait(60)
        points = {p["id"]: p["status"] for p in job.snapshot().result["points"]}
        assert [key for key, status in points.items() if status != "measured"] == ["k[k=5000]"]
        again = run_study(STUDY, table(), engine)
        assert without_seconds(again) == without_seconds(run_study(STUDY, table(), InlineEngine()))
    finally:
        engine.close()


def test_a_setting_that_fails_late_reads_the_same_whatever_was_on_its_way():
    """Which later replicates were already running depends on the number of workers; it must not show."""
    from core.tradeoff.point import Tally
    from core.tradeoff.replicate import FULL, Outcome

    recipe = Job(STUDY, table()).recipes[0]
    good = [Outcome(point="none", replicate=n, seconds=0.1) for n in (0, 2, FULL)]
    bad = [Outcome(point="none", replicate=n, seconds=0.1, skipped=f"reason {n}") for n in (1, 3)]
    seen = set()
    for order in ([good[0], bad[0]], [good[0], good[1], bad[1], bad[0]], [bad[1], good[2], good[1], bad[0], good[0]]):
        tally = Tally(recipe)
        for outcome in order:
            tally.add(outcome)
        seen.add((tally.status, tally.reason, tuple(sorted(tally.outcomes))))
    assert seen == {("skipped", "reason 1", (0,))}
