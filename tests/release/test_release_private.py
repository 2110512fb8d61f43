"""A private release says what it costs together with having been measured, and nothing that its epsilon leaves open."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.engine.jobs import Job
from core.engine.local import InlineEngine
from core.release.certificate import release
from core.release.command import sentences
from core.release.measured import measure_point
from core.tradeoff.study import parse_study

STUDY = {
    "study": {"name": "s", "table": "t", "schema": "s", "effort": "glance"},
    "recipe": [{"name": "private", "technique": "dp_marginals", "epsilon": 1.0, "delta": 1e-5}],
}


@pytest.fixture(scope="module")
def table() -> Table:
    rng = np.random.default_rng(0)
    age = rng.integers(0, 100, 400)
    frame = pd.DataFrame({"age": age, "rich": np.where(age + rng.normal(0, 20, 400) > 50, "yes", "no")})
    columns = (
        Column(name="age", kind=Kind.NUMERIC, role=Role.QUASI_IDENTIFIER, bounds=(0, 100)),
        Column(name="rich", kind=Kind.CATEGORICAL, role=Role.TARGET, categories=("no", "yes")),
    )
    return Table.build(frame, Schema(columns))


@pytest.fixture(scope="module")
def certificate(table: Table) -> dict:
    study = parse_study(STUDY)
    chosen = study.recipes[0]
    point, ledger = measure_point(study, table, chosen, InlineEngine())
    return json.loads(json.dumps(release(study, table, chosen, measured=point, ledger=ledger).certificate))


def test_the_certificate_of_a_private_release_states_more_than_the_epsilon_of_one_run(certificate):
    ledger = certificate["ledger"]
    assert certificate["guarantee"]["epsilon"] == 1.0
    assert ledger["releases"] == 1
    assert ledger["private_fits"] == 3  # two replicates and everybody
    assert ledger["total"]["epsilon"] > 1.5
    assert ledger["total"]["largest_single"] == 1.0


def test_the_certificate_of_a_private_release_does_not_tell_the_size_of_the_table(certificate):
    rows = certificate["rows"]
    assert [rows[name] for name in ("before", "people_before", "suppressed", "suppressed_share")] == [None] * 4
    outside = {name: part for name, part in certificate.items() if name not in ("measured", "ledger", "file")}
    assert "400" not in json.dumps({name: part for name, part in outside.items() if name not in ("versions", "date")})


def test_no_count_of_people_in_the_certificate_adds_up_to_the_table(certificate):
    measured = certificate["measured"]
    assert measured["status"] == "measured"
    for record in (*measured["risks"].values(), *measured["utility"].values()):
        assert not {"n", "n_members", "n_controls"} & set(record)


def test_what_was_measured_on_the_raw_table_is_marked_as_not_covered(certificate):
    assert "does not cover" in certificate["measured"]["internal"]
    told = sentences(certificate, "t.csv", "t.csv.certificate.json")
    assert any(line.startswith("proved: differential privacy, epsilon = 1, delta = 1e-05") for line in told)
    assert not any("proved: nothing" in line for line in told)
    assert any("what looking cost" in line for line in told)


def test_the_ledger_of_a_sweep_grows_by_the_release(table):
    study = parse_study(STUDY)
    job = Job(study, table)
    before = job.ledger_with(study.recipes[0])["total"]
    job.released(study.recipes[0])
    after = job.ledger_with(study.recipes[0])["total"]
    assert before["epsilon"] == pytest.approx(1.0, abs=0.01)
    assert after["epsilon"] > 1.3
