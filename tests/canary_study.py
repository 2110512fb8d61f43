"""A small study over a table that holds cells of one person, and what finds such a cell in whatever was handed over."""

from __future__ import annotations

import html
import json
import re
from functools import cache

import numpy as np
import pandas as pd

from core.data.hierarchy_spec import Hierarchy
from core.data.schema import Column, Kind, Role, Schema
from core.data.table import Table
from core.engine.jobs import run_study
from core.engine.local import InlineEngine
from core.tradeoff.study import parse_study

TOWN, NAME, ILL, WAGE, DAY, PERSON = (
    "Zzyzx",
    "Quiddity Tubaphone",
    "sackbut",
    7351926.375,
    "1903-11-27",
    "id-86753091",
)
NOTE = "met her at the ophicleide museum"
WORDS = (TOWN, NAME, "Tubaphone", "Quiddity", ILL, NOTE, "ophicleide", DAY, "27.11.1903", "November 1903", PERSON,
         "86753091")  # fmt: skip
WAGES = re.compile(r"7[,.\u202f\xa0 ']?351[,.\u202f\xa0 ']?926")
DRAFT = {
    "study": {"name": "S", "seed": 4, "effort": "glance", "subgroup": "town"},
    "attacker": {"knows": ["town", "age", "wage", "born"], "secrets": ["illness"]},
    "recipe": [
        {"name": "k", "technique": "mondrian_k_anonymity", "k": 5},
        {"name": "rows", "technique": "sequential_trees"},
        {"name": "blank", "technique": "local_suppression", "k": 3},
        {"name": "impossible", "technique": "mondrian_k_anonymity", "k": 9000},
    ],
    "requirement": [
        {"name": "quiet", "risk": "membership", "at_most": 0.5, "owner": "Legal"},
        {"name": "fair", "limit_on": "worst_group_accuracy", "at_least": 0.6, "owner": "Council"},
        {"name": "whole", "limit_on": "rows_suppressed", "at_most": 0.01},
    ],
}
"""A group of one and rare values, so that a cell has places where it could get in."""

TOWNS = Hierarchy(kind="levels", rows=(("Ulm", "south"), ("Bonn", "west"), ("Kiel", "north"), (TOWN, "far")))
WAGE_CUTS = Hierarchy(kind="cuts", cuts=(25_000, 40_000, WAGE), learned=True)


def _column(name, kind, role, **public):
    return Column(name=name, kind=kind, role=role, **public)


SCHEMA = Schema(
    (
        _column("id", Kind.TEXT, Role.DIRECT_IDENTIFIER),
        _column("name", Kind.TEXT, Role.DIRECT_IDENTIFIER),
        _column("town", Kind.CATEGORICAL, Role.QUASI_IDENTIFIER, hierarchy=TOWNS),
        _column("age", Kind.NUMERIC, Role.QUASI_IDENTIFIER, bounds=(18, 90)),
        _column("wage", Kind.NUMERIC, Role.QUASI_IDENTIFIER, hierarchy=WAGE_CUTS),
        _column("born", Kind.DATE, Role.QUASI_IDENTIFIER, hierarchy=Hierarchy(kind="date")),
        _column("illness", Kind.CATEGORICAL, Role.SENSITIVE, categories=("asthma", "flu", ILL)),
        _column("note", Kind.TEXT, Role.IGNORED),
        _column("loan", Kind.CATEGORICAL, Role.TARGET, categories=("no", "yes")),
    ),
    "id",
)
"""Levels, cuts and categories name cells too: whoever keeps or hands over the schema would give them away."""


def _frame():
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
            "note": "nothing to say",
            "loan": np.where(age + rng.normal(0, 15, n) > 50, "yes", "no"),
        }
    )
    data["born"] = data["born"].dt.strftime("%Y-%m-%d")
    columns = ["id", "name", "town", "wage", "born", "illness", "note"]
    data.loc[7, columns] = [PERSON, NAME, TOWN, WAGE, DAY, ILL, NOTE]
    return data


def measured(draft):
    """Return what a study measures on the table."""
    return run_study(parse_study(draft), Table.build(_frame(), SCHEMA), InlineEngine())


@cache
def canary_result():
    """Return what the study measured, made once in a process; whoever changes it takes a copy."""
    return measured(DRAFT)


def _folded(text):
    """Return text as a reader takes it: entities, escapes, words broken over lines and letter case do not matter."""
    return re.sub(r"[\s\\\u200b\u00ad\u2010-]+", "", html.unescape(text)).casefold()


def found_in(text):
    """Return the cells that a text holds."""
    seen = _folded(text)
    found = [word for word in WORDS if _folded(word) in seen]
    return found + (["the wage"] if WAGES.search(html.unescape(text)) else [])


def planted():
    """Return the result with every cell in a place that the team reads: names of groups."""
    result = json.loads(json.dumps(canary_result()))
    cells = [*WORDS, f"{WAGE}", f"{WAGE:,.3f}"]
    for point in result["points"]:
        groups = (point.get("subgroups") or {}).get("groups") or []
        for place, cell in enumerate(cells if groups else []):
            groups.insert(place, {**groups[0], "group": cell, "test_people": 1, "pool_people": 1})
    return result
