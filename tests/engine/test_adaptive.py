"""Adaptive effort in a real sweep: more runs where they matter, the same numbers however it is run."""

from dataclasses import replace

import pytest

from core.data.samples import SAMPLE_FOLDER
from core.engine.jobs import Dispatcher, Job, run_study
from core.engine.local import InlineEngine, LocalEngine
from core.errors import UserError
from core.tradeoff.study import load_study, parse_study
from tests.engine.test_jobs import STUDY, table, without_seconds

LIMITS = [
    {"name": "accuracy", "metric": "accuracy", "at_least": 0.62},
    {"name": "risk", "risk": "membership", "at_most": 0.25},
]
ADAPTIVE = parse_study(
    {
        "study": {"name": "s", "seed": 3, "effort": "adaptive"},
        "recipe": [
            {"name": "k", "technique": "mondrian_k_anonymity", "k": [5, 5000]},
            {"name": "synthetic", "technique": "sequential_trees"},
            {"name": "dp", "technique": "dp_logistic_regression", "epsilon": [0.05, 10.0]},
        ],
        "requirement": LIMITS,
    }
)


@pytest.fixture(scope="module")
def result():
    return run_study(ADAPTIVE, table(), InlineEngine())


def test_open_verdicts_get_more_runs_and_settled_ones_none(result):
    measured = [p for p in result["points"] if p["status"] == "measured"]
    assert len({p["replicates"] for p in measured}) > 1
    assert all(p["replicates"] in (2, 8, 32) for p in measured)
    for p in measured:
        if p["replicates"] == 2 and p["id"] != "none":
            assert "unproven" not in p["meets"].values() or "no" in p["meets"].values()
    assert sum(p["replicates"] for p in measured if p["id"] != "none") <= 8 * len(result["points"])
    plain = next(p for p in measured if p["id"] == "none")
    assert plain["replicates"] == max(p["replicates"] for p in measured)


def test_every_setting_says_why_it_got_no_more(result):
    assert {p["effort"] for p in result["points"]} >= {"a limit is not proven either way", "it has no number"}


@pytest.mark.slow
def test_neither_workers_nor_their_speed_change_who_gets_more(result):
    engine = LocalEngine(2)
    try:
        assert without_seconds(run_study(ADAPTIVE, table(), engine)) == without_seconds(result)
    finally:
        engine.close()


def test_settling_one_setting_is_the_study_that_asks_for_it_from_the_start():
    study = replace(STUDY, requirements=ADAPTIVE.requirements)
    dispatcher = Dispatcher(InlineEngine())
    job = dispatcher.start(Job(study, table()))
    before = job.snapshot()
    assert job.settle("dp[epsilon=1]") == 8
    assert job.active
    dispatcher.start(job)
    after = job.snapshot()
    assert after.state == "done"
    assert after.done == after.total == before.total + 6
    counts = {p["id"]: p["replicates"] for p in after.result["points"] if p["status"] == "measured"}
    assert counts.pop("dp[epsilon=1]") == 8
    assert set(counts.values()) == {2}
    asked = replace(study, more=(("dp[epsilon=1]", 8),))
    assert without_seconds(run_study(asked, table(), InlineEngine())) == without_seconds(after.result)


def test_there_is_nothing_to_settle_after_the_last_look_after_a_stop_or_without_a_number():
    job = Dispatcher(InlineEngine()).start(Job(replace(STUDY, more=(("synthetic", 32),)), table()))
    assert job.settle("synthetic") is None
    assert job.settle("k[k=5000]") is None  # was skipped
    stopped = Job(STUDY, table())
    stopped.stop()
    assert stopped.settle("synthetic") is None


def test_a_study_file_that_names_a_setting_it_does_not_have_is_refused(tmp_path):
    text = (SAMPLE_FOLDER / "clinic.toml").read_text().replace("[study]", '[study]\nmore = { "no such" = 8 }')
    for name in (
        "clinic.csv",
        "clinic.schema.json",
        *(f"levels/{p.name}" for p in (SAMPLE_FOLDER / "levels").iterdir()),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((SAMPLE_FOLDER / name).read_bytes())
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(UserError, match="names settings"):
        load_study(tmp_path / "s.toml")


@pytest.mark.parametrize("more", [{"none": 5}, {"none": True}, {"none": "8"}, ["none"], 8])
def test_a_number_of_runs_that_is_no_look_is_refused(more):
    with pytest.raises(UserError):
        parse_study({"study": {"name": "s", "more": more}})
