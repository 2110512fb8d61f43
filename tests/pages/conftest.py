"""Pages are driven by AppTest; sweeps run for real, in the calling thread, on small tables."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.team.events import Actor

ROOT = Path(__file__).resolve().parents[2]
os.environ["MIDDLEGROUND_WORKERS"] = "0"
sys.path.insert(0, str(ROOT))


@pytest.fixture(autouse=True)
def fresh_house(tmp_path, monkeypatch):
    """Give every test an empty vault and a store of its own."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'team.db'}")
    from pages.components import shell

    shell.house.clear()
    yield shell.house()
    shell.house.clear()


@pytest.fixture(autouse=True)
def navigation_is_known(monkeypatch):
    """Act as a server that has drawn the navigation once. AppTest forgets that before every run and would then run
    pages without dashboard.py; what a cold server does is the browser tests' matter.
    """
    from streamlit.runtime.pages_manager import PagesManager

    original = PagesManager.__init__

    def made(self, *args, **kwargs):
        original(self, *args, **kwargs)
        PagesManager.uses_pages_directory = False

    monkeypatch.setattr(PagesManager, "__init__", made)


@pytest.fixture(autouse=True, scope="session")
def installed_components():
    """Look through what is installed for components once; every run of AppTest would, for a tenth of a second."""
    from streamlit.components.v2 import manifest_scanner

    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: found)
        yield


@pytest.fixture
def small_frame():
    """Return 120 invented people with a column name that is hostile on purpose."""
    rng = np.random.default_rng(5)
    age = rng.integers(18, 80, 120)
    return pd.DataFrame(
        {
            "name": [f"Person {i}" for i in range(120)],
            "age": age,
            "town": rng.choice(["Ulm", "Bonn", "Kiel"], 120),
            "<img src=x onerror=alert(1)> 🦊": rng.choice(["a", "b"], 120),
            "ill": np.where(age + rng.normal(0, 15, 120) > 50, "yes", "no"),
        }
    )


@pytest.fixture
def workspace(fresh_house, small_frame):
    """Return a workspace that holds the small table and a study of three cheap settings."""
    from core.data.schema import Column, Kind, Role, Schema
    from core.data.table import Table

    kinds = [
        ("name", Kind.TEXT, Role.IGNORED),
        ("age", Kind.NUMERIC, Role.QUASI_IDENTIFIER),
        ("town", Kind.CATEGORICAL, Role.QUASI_IDENTIFIER),
        ("<img src=x onerror=alert(1)> 🦊", Kind.CATEGORICAL, Role.FEATURE),
        ("ill", Kind.CATEGORICAL, Role.TARGET),
    ]
    schema = Schema(tuple(Column(name=n, kind=k, role=r) for n, k, r in kinds))
    space = fresh_house.vault.open()
    fresh_house.vault.keep(space, small_frame, Table.build(small_frame, schema))
    space.schema = schema
    space.draft = {
        "study": {"name": "Small", "table": "small.csv", "schema": "small.schema.json", "effort": "glance", "seed": 1},
        "attacker": {},
        "recipe": [
            {"name": "no-protection", "technique": "none"},
            {"name": "k-anonymity", "technique": "mondrian_k_anonymity", "k": [3, 5000]},
        ],
        "requirement": [
            {"name": "useful", "metric": "accuracy", "at_least": 0.01, "owner": "product owner"},
            {"name": "quiet", "risk": "membership", "at_most": 0.99, "owner": "privacy officer"},
        ],
    }
    return shared(fresh_house, space)


def shared(house, space):
    """Put a workspace into the store as somebody else's: whoever has its link is a member."""
    opened = {"name": "Small", "requirements": space.draft["requirement"]}
    house.store().create(Actor(key="somebody else"), opened, workspace=space.id)
    return space
