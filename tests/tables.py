"""Small tables for the tests: one ordinary, many awkward."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from core.data.schema import Column, Hierarchy, Kind, Role, Schema
from core.data.table import Table

N, C, D, T = Kind.NUMERIC, Kind.CATEGORICAL, Kind.DATE, Kind.TEXT
QI, F, S = Role.QUASI_IDENTIFIER, Role.FEATURE, Role.SENSITIVE


def schema_of(**columns: tuple[Kind, Role]) -> Schema:
    return Schema(tuple(Column(name=name, kind=kind, role=role) for name, (kind, role) in columns.items()))


@cache
def people(n: int = 160, seed: int = 0) -> Table:
    """An ordinary table with public bounds, categories and hierarchies, whose target can be predicted."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, n).astype(float)
    job = rng.choice(["clerk", "farmer", "nurse", "smith"], n, p=[0.4, 0.3, 0.2, 0.1])
    hours = np.clip(rng.normal(38, 10, n), 1, 99).round()
    rich = rng.random(n) < 1 / (1 + np.exp(-(age - 50) / 8 - (job == "clerk") * 2 + 0.5))
    frame = pd.DataFrame(
        {
            "name": [f"Person {i}" for i in range(n)],
            "age": age,
            "job": job,
            "zip": [f"{rng.integers(0, 99999):05d}" for _ in range(n)],
            "born": pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 15000, n), unit="D"),
            "illness": rng.choice(["flu", "cold", "rare"], n, p=[0.6, 0.35, 0.05]),
            "hours": hours,
            "rich": np.where(rich, "yes", "no"),
        }
    )
    columns = (
        Column(name="name", kind=C, role=Role.DIRECT_IDENTIFIER),
        Column(name="age", kind=N, role=QI, bounds=(18, 90), hierarchy=Hierarchy(kind="intervals", widths=(5, 10, 20))),
        Column(name="job", kind=C, role=QI, categories=("clerk", "farmer", "nurse", "smith")),
        Column(name="zip", kind=C, role=QI, hierarchy=Hierarchy(kind="prefix")),
        Column(name="born", kind=D, role=F, bounds=("1940-01-01", "2000-01-01")),
        Column(name="illness", kind=C, role=S, categories=("flu", "cold", "rare")),
        Column(name="hours", kind=N, role=F, bounds=(1, 99)),
        Column(name="rich", kind=C, role=Role.TARGET, categories=("no", "yes")),
    )
    return Table.build(frame, Schema(columns))


def _base(n: int, seed: int) -> tuple[np.random.Generator, dict[str, object]]:
    rng = np.random.default_rng(seed)
    return rng, {"age": rng.integers(20, 80, n).astype(float), "sex": rng.choice(["f", "m"], n)}


def _target(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.where(rng.random(n) < 0.4, "yes", "no")


def awkward() -> dict[str, Table]:
    """Return tables that break careless code, by what is awkward about them."""
    return dict(_awkward())


@cache
def _awkward() -> dict[str, Table]:
    found: dict[str, Table] = {}
    usual = {"age": (N, QI), "sex": (C, QI)}

    rng, base = _base(40, 1)
    frame = pd.DataFrame({**base, "y": _target(rng, 40)})
    found["40 rows"] = Table.build(frame, schema_of(**usual, y=(C, Role.TARGET)))

    rng, base = _base(60, 2)
    frame = pd.DataFrame({**base, "code": [f"u{i}" for i in range(60)], "y": _target(rng, 60)})
    found["all unique"] = Table.build(frame, schema_of(**usual, code=(C, QI), y=(C, Role.TARGET)))

    rng, base = _base(60, 3)
    frame = pd.DataFrame({**base, "same": "x", "zero": 0.0, "y": _target(rng, 60)})
    found["constant columns"] = Table.build(frame, schema_of(**usual, same=(C, QI), zero=(N, QI), y=(C, Role.TARGET)))

    rng, base = _base(400, 4)
    frame = pd.DataFrame({**base, "town": [f"town {i % 300}" for i in range(400)], "y": _target(rng, 400)})
    found["300 categories"] = Table.build(frame, schema_of(**usual, town=(C, QI), y=(C, Role.TARGET)))

    rng, base = _base(120, 5)
    frame = pd.DataFrame({**base, "job": rng.choice(["a", "b", "c"], 120), "y": _target(rng, 120)})
    for name in ("age", "sex", "job"):
        frame.loc[rng.random(120) < 0.3, name] = None
    found["30 % missing"] = Table.build(frame, schema_of(**usual, job=(C, F), y=(C, Role.TARGET)))

    rng, base = _base(120, 6)
    rare = np.where(np.arange(120) < 8, "rare", _target(rng, 120))
    found["one class with 8 rows"] = Table.build(
        pd.DataFrame({**base, "y": rare}), schema_of(**usual, y=(C, Role.TARGET))
    )

    rng, base = _base(80, 7)
    dates = pd.Timestamp("1930-01-01") + pd.to_timedelta(rng.integers(0, 30000, 80), unit="D")
    frame = pd.DataFrame({**base, "born": dates, "seen": dates.astype(str), "y": _target(rng, 80)})
    frame.loc[3, "born"] = None
    found["dates"] = Table.build(frame, schema_of(**usual, born=(D, QI), seen=(D, F), y=(C, Role.TARGET)))

    rng, base = _base(60, 8)
    notes = [f"came in with a cough on day {i} and was sent home" for i in range(60)]
    found["text column"] = Table.build(
        pd.DataFrame({**base, "note": notes, "y": _target(rng, 60)}),
        schema_of(**usual, note=(T, F), y=(C, Role.TARGET)),
    )

    rng, base = _base(50, 9)
    frame = pd.DataFrame({**base, "id": [f"p{i}" for i in range(50)], "y": _target(rng, 50)})
    twice = pd.concat([frame, frame.head(25)], ignore_index=True)
    columns = schema_of(**usual, id=(C, Role.DIRECT_IDENTIFIER), y=(C, Role.TARGET)).columns
    found["duplicated people"] = Table.build(twice, Schema(columns, person_id="id"))

    rng, base = _base(60, 10)
    frame = pd.DataFrame({**base, "flag": rng.choice(["0", "1"], 60), "y": rng.choice(["0", "1"], 60)})
    found["0/1 strings"] = Table.build(frame, schema_of(**usual, flag=(C, QI), y=(C, Role.TARGET)))

    rng, base = _base(60, 11)
    names = {"age": "age in years", "sex": "sex 🙂"}
    frame = pd.DataFrame(base).rename(columns=names)
    frame["<b>job</b>"] = rng.choice(["<script>alert(1)</script>", "=1+1", "b"], 60)
    frame["y & z"] = _target(rng, 60)
    columns = (
        Column(name="age in years", kind=N, role=QI),
        Column(name="sex 🙂", kind=C, role=QI),
        Column(name="<b>job</b>", kind=C, role=QI),
        Column(name="y & z", kind=C, role=Role.TARGET),
    )
    found["hostile names"] = Table.build(frame, Schema(columns))

    rng, base = _base(60, 12)
    labels = _target(rng, 60).astype(object)
    labels[[4, 9]] = None
    found["missing targets"] = Table.build(pd.DataFrame({**base, "y": labels}), schema_of(**usual, y=(C, Role.TARGET)))
    return found
