"""The ready studies run from file to report, and every technique of the registry appears in one of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.data.samples import SAMPLE_FOLDER
from core.engine.jobs import run_study
from core.engine.local import LocalEngine, default_workers
from core.report import render
from core.techniques import TECHNIQUES
from core.tradeoff.study import load_study
from tests.deep import DEEP


def run(name):
    study, table = load_study(Path(SAMPLE_FOLDER) / name)
    engine = LocalEngine(default_workers())
    try:
        return run_study(replace(study, effort="glance"), table, engine)
    finally:
        engine.close()


def check(result):
    points = {point["id"]: point for point in result["points"]}
    assert {point["status"] for point in points.values()} == {"measured"}
    assert all(point["replicates"] == 2 for point in points.values())
    assert not any(point["risks"]["membership"]["violation"] for point in points.values())
    assert b"</html>" in render(result, "html", "external")
    return {step["technique"] for point in points.values() for step in point["recipe"]}


@pytest.mark.slow  # the browser's first journey runs this study in the fast suites
def test_the_quick_look_has_a_setting_of_each_family_and_something_that_meets_both_limits():
    result = run("adult-quick.toml")
    check(result)
    families = {point["family"] for point in result["points"]}
    assert {"anchor", "hide", "coarsen", "replace", "train privately"} <= families
    met = [p["id"] for p in result["points"] if set(p["meets"].values()) == {"yes"}]
    missed = [p["id"] for p in result["points"] if "no" in p["meets"].values()]
    assert met
    assert "no-protection" in missed


@pytest.mark.slow
def test_the_full_studies_run_and_use_every_technique():
    assert check(run("adult.toml")) | check(run("clinic.toml")) == set(TECHNIQUES) - DEEP
