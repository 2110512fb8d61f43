"""Awkward tables on every page: a result or one clear reason, never an exception, and no name taken for markup."""

from __future__ import annotations

import pandas as pd
import pytest

from core.report import render
from tests.pages.conftest import shared
from tests.pages.test_pages import start, visit, words
from tests.tables import awkward

RECIPES = [
    {"name": "coarse", "technique": "generalise", "level": 1},
    {"name": "crowd", "technique": "mondrian_k_anonymity", "k": [3, 500]},
    {"name": "synthetic", "technique": "sequential_trees"},
    {"name": "masked", "technique": "mask_identifiers"},
    {"name": "private", "technique": "dp_logistic_regression"},
]


FAST = ("40 rows", "all unique", "constant columns", "hostile names", "duplicated people")


@pytest.mark.parametrize(
    "name", [name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in awkward()]
)
def test_every_page_takes_the_table(fresh_house, name):
    table = awkward()[name]
    space = fresh_house.vault.open()
    raw = pd.DataFrame({column: table.frame[column].astype(object) for column in table.schema.names})
    fresh_house.vault.keep(space, raw, table)
    space.schema = table.schema
    space.draft = {
        "study": {"name": name, "table": "t.csv", "schema": "s.json", "effort": "glance", "seed": 1},
        "attacker": {},
        "recipe": RECIPES,
        "requirement": [{"name": "useful", "metric": "accuracy", "at_least": 0.5, "owner": "<b>me</b>"}],
    }
    space.draft["study"]["assume_public_domain"] = True
    shared(fresh_house, space)
    assert not visit("data", space).exception
    at = visit("trade_off", space)
    assert at.button(key="run").disabled  # nothing runs before somebody says whom a row stands for
    at.button(key="unit-yes-run").click().run()
    start(space)
    assert space.job.wait(60)
    at = visit("trade_off", space)
    text = words(at)
    assert "settings" in text
    points = space.snapshot().result["points"]
    assert {point["status"] for point in points} <= {"measured", "skipped"}
    assert any(point["status"] == "measured" for point in points)
    for point in points:
        if point["status"] == "skipped":
            assert len(point["reason"]) > 15
    assert not visit("trade_off", space, sel=points[0]["id"]).exception
    assert not visit("report", space).exception
    page = render(space.snapshot().result, "html", "team").decode()
    assert "<script>alert" not in page
    assert "<b>job</b>" not in page
    assert "<b>me</b>" not in page
