"""Canaries: cells that occur once in the table, looked for in everything that is handed over or kept on disk."""

import io
import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pypdf import PdfReader

from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.report import FORMATS, render
from core.team.decision import evidence, record, state_of
from core.team.events import Actor
from core.team.room import Room
from core.team.store import Store
from core.tradeoff.study import parse_study

TOWN, NAME, ILL, WAGE, DAY, PERSON = "Zzyzx", "Quiddity Tubaphone", "sackbut", 73519.375, "1903-11-27", "id-8675309"
CANARIES = (TOWN, NAME, "Tubaphone", ILL, "73519", "73,519", "73 519", DAY, PERSON)
DRAFT = {
    "study": {"name": "S", "seed": 4, "effort": "glance", "subgroup": "town"},
    "attacker": {"knows": ["town", "age"], "secrets": ["illness"]},
    "recipe": [
        {"name": "k", "technique": "mondrian_k_anonymity", "k": 5},
        {"name": "rows", "technique": "sequential_trees"},
        {"name": "blank", "technique": "local_suppression", "k": 3},
    ],
    "requirement": [{"name": "quiet", "risk": "membership", "at_most": 0.5, "owner": "Legal"}],
}


def column(name, kind, role):
    return Column(name=name, kind=kind, role=role)


SCHEMA = Schema(
    (
        column("id", Kind.TEXT, Role.IGNORED),
        column("name", Kind.TEXT, Role.DIRECT_IDENTIFIER),
        column("town", Kind.CATEGORICAL, Role.QUASI_IDENTIFIER),
        column("age", Kind.NUMERIC, Role.QUASI_IDENTIFIER),
        column("wage", Kind.NUMERIC, Role.QUASI_IDENTIFIER),
        column("born", Kind.DATE, Role.QUASI_IDENTIFIER),
        column("illness", Kind.CATEGORICAL, Role.SENSITIVE),
        column("loan", Kind.CATEGORICAL, Role.TARGET),
    )
)


def frame():
    rng = np.random.default_rng(11)
    n = 240
    age = rng.integers(20, 80, n)
    data = pd.DataFrame(
        {
            "id": [f"id-{i}" for i in range(n)],
            "name": [f"Person {i}" for i in range(n)],
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], n),
            "age": age,
            "wage": rng.integers(20, 60, n) * 1000.0,
            "born": pd.to_datetime("1950-01-01") + pd.to_timedelta(rng.integers(0, 15_000, n), unit="D"),
            "illness": rng.choice(["flu", "asthma"], n),
            "loan": np.where(age + rng.normal(0, 15, n) > 50, "yes", "no"),
        }
    )
    data["born"] = data["born"].dt.strftime("%Y-%m-%d")
    data.loc[7, ["id", "name", "town", "wage", "born", "illness"]] = [PERSON, NAME, TOWN, WAGE, DAY, ILL]
    return data


@pytest.fixture(scope="module")
def result():
    return run_study(parse_study(DRAFT), Table.build(frame(), SCHEMA), InlineEngine())


def text_of(content, format):
    if format == "pdf":
        pages = PdfReader(io.BytesIO(content)).pages
        return "".join(page.extract_text() for page in pages).replace("\n", " ") + content.decode("latin-1")
    return content.decode()


def found_in(text):
    return [canary for canary in CANARIES if canary in text]


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("audience", ["external", "executive"])
def test_no_cell_of_one_person_is_in_what_outsiders_are_handed(result, audience, format):
    assert found_in(text_of(render(result, format, audience), format)) == []


def test_the_search_can_find_what_the_team_may_read(result):
    told = {format: text_of(render(result, format, "team"), format) for format in FORMATS}
    assert found_in(json.dumps(result)) == [TOWN]
    assert found_in(told["html"]) == [TOWN]  # a group of one, as the team sees it
    assert TOWN in found_in(told["pdf"])


@pytest.fixture
def kept(result, tmp_path):
    """Return a decision made in a workspace on disk, and everything that the folder of its database holds."""
    path = tmp_path / "team.db"
    store = Store(f"sqlite:///{path}")
    ana = Actor(key="a", name="Ana")
    room = Room(store, store.create(ana, {"name": "W", "requirements": DRAFT["requirement"]}), ana)
    body = state_of(result, DRAFT, SCHEMA.to_json(), "fingerprint")
    state = room.freeze(body)
    room.shortlist("k", state)
    room.comment("a comment that is kept", "k")
    key = room.propose(question="q", point="k", state=state, evidence=evidence(body), why="w").subject
    room.sign(key, 1)
    room.conclude(key, "accepted")
    found = record(room.board(), room.board().decision(key), body, room.events(), date(2026, 11, 23), SCHEMA.to_json())
    return found, body, b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))


def test_no_cell_of_one_person_is_on_disk(kept):
    _, body, content = kept
    assert b"a comment that is kept" in content
    assert [c for c in CANARIES if c.encode() in content] == []
    assert found_in(json.dumps(body)) == []  # states lie compressed in the database


@pytest.mark.parametrize("format", FORMATS)
def test_no_cell_of_one_person_is_in_a_report_with_a_decision(result, kept, format):
    told = text_of(render(kept[0]["result"], format, "external", kept[0], True), format)
    assert found_in(told) == []
