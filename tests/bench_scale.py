"""One million rows of 20 columns: what loading, sampling and a sweep take, in seconds and in memory, workers included.

Limit: 8 GB for the page process and its workers together. `make bench` prints it; `python -m tests.bench_scale` alone.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from core.data.infer import apply_kinds, suggest_schema
from core.data.read import read_table
from core.data.schema import Role, Schema
from core.data.table import Table
from core.engine.jobs import Dispatcher, Job
from core.engine.local import LocalEngine
from core.tradeoff.study import Study, parse_study

ROWS = 1_000_000
DRAWN = (10_000, 100_000, None)
"""People of each sweep; None for all."""
LIMIT_GB = 8.0
Found = TypeVar("Found")


def made(rows: int, seed: int = 0) -> pd.DataFrame:
    """Return a table of ten numbers, nine categories and a target that half of them say something about."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 95, rows)
    income = np.exp(rng.normal(10, 0.6, rows)).round()
    columns: dict[str, object] = {"age": age, "income": income}
    columns |= {f"number_{i}": rng.normal(size=rows).round(3) for i in range(8)}
    columns |= {f"group_{i}": rng.integers(0, 4 + 6 * i, rows).astype(str) for i in range(9)}
    score = (age - 50) / 15 + np.log(income / 22_000) + rng.normal(size=rows)
    columns["target"] = np.where(score > 0, "yes", "no")
    frame = pd.DataFrame(columns)
    for i in range(9):
        frame[f"group_{i}"] = "g" + frame[f"group_{i}"]
    return frame


def resident(pid: int) -> int:
    """Return the resident bytes of a process and its children, read from /proc."""
    total = 0
    for found in {pid, *children(pid)}:
        try:
            with open(f"/proc/{found}/statm", encoding="ascii") as file:
                total += int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            continue
    return total


def children(pid: int) -> set[int]:
    """Return every process below one."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    parents[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def measured(what: str, work: Callable[[], Found]) -> Found:
    """Run something, print its seconds and the most memory that was resident meanwhile, shared pages counted twice."""
    most, done = [resident(os.getpid())], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            most[0] = max(most[0], resident(os.getpid()))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    started = time.perf_counter()
    try:
        return work()
    finally:
        seconds = time.perf_counter() - started
        done.set()
        thread.join()
        print(f"{what:58} {seconds:7.1f} s, peak {most[0] / 1e9:5.2f} GB (limit {LIMIT_GB:g})")


def study_for(rows: int | None, effort: str = "glance") -> Study:
    """Return a small study of the settings that people try first; on all rows without the one that takes an hour."""
    head = {
        "name": "scale",
        "effort": effort,
        "seed": 0,
        "assume_public_domain": True,
        **({} if rows is None else {"rows": rows}),
    }
    recipes = [
        {"name": "k", "technique": "mondrian_k_anonymity", "k": [10]},
        {"name": "synthetic", "technique": "sequential_trees"},
        {"name": "dp", "technique": "dp_logistic_regression", "epsilon": [1.0]},
    ]
    if rows is None:
        recipes = [recipe for recipe in recipes if recipe["technique"] != "sequential_trees"]
    return parse_study({"study": head, "recipe": recipes})


def _table(frame: pd.DataFrame, schema: Schema) -> Table:
    return Table.build(apply_kinds(frame, schema), schema)


def main(rows: int = ROWS) -> None:
    """Print every step."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(made(rows), preserve_index=False), buffer)
    content = buffer.getvalue()
    print(f"{rows:,} rows x 20 columns, Parquet of {len(content) / 1e6:.0f} MB in memory")
    read = measured("read the upload", partial(read_table, "scale.parquet", content))
    del content, buffer
    schema = measured("guess kinds and roles", partial(suggest_schema, read.frame))
    roles = {"age": Role.QUASI_IDENTIFIER, "group_2": Role.QUASI_IDENTIFIER, "group_3": Role.QUASI_IDENTIFIER,
             "target": Role.TARGET}  # fmt: skip
    schema = Schema(tuple(replace(c, role=roles.get(c.name, Role.FEATURE)) for c in schema.columns))
    table = measured("canonical table", partial(_table, read.frame, schema))
    del read
    for people in DRAWN:
        engine = LocalEngine(2)
        try:
            told = "all rows" if people is None else f"{people:,} people drawn at random"
            job = measured(f"  prepare {told}", lambda n=people: Job(study_for(n), table))
            dispatcher = Dispatcher(engine)

            def sweep(job: Job = job, dispatcher: Dispatcher = dispatcher) -> Job:
                dispatcher.start(job)
                job.wait()
                return job

            measured(f"  sweep of {told}, glance, 2 workers", sweep)
            snapshot = measured("  points", job.snapshot)
            for point in snapshot.result["points"]:
                print(f"    {point['id']:16} {point['status']:9} {point['seconds']:7.1f} s {point['reason'] or ''}")
        finally:
            engine.close()


if __name__ == "__main__":
    main()
