"""Speed of full-domain k-anonymity on 30,162 census rows; run `python -m tests.bench_lattice`."""

from __future__ import annotations

import math
import statistics
import time
from dataclasses import replace

import numpy as np

from core.data.samples import load_sample
from core.data.schema import Hierarchy, Role
from core.data.table import Table, class_labels
from core.techniques.base import PublicFacts
from core.techniques.full_domain_k_anonymity import FullDomainKAnonymity
from core.techniques.lattice import explore

ROWS = 30_162
KS = (2, 5, 20, 100)


def census() -> Table:
    """As many complete rows as Adult's train part has."""
    table = load_sample("adult")
    return table.take(np.sort(np.random.default_rng(0).permutation(len(table))[:ROWS]))


def lower(table: Table, **heights: int) -> Table:
    """Cut hierarchies: the highest level of each column named, "*" included."""
    changed = []
    for key, height in heights.items():
        column = table.schema[key.replace("_", "-")]
        spec = column.hierarchy
        if spec is not None and spec.kind == "intervals":
            spec = Hierarchy(kind="intervals", widths=spec.widths[: height - 1])
        elif spec is not None:
            spec = Hierarchy(kind="levels", rows=tuple((*row[:height], "*") for row in spec.rows))
        changed.append(replace(column, hierarchy=spec))
    return Table(table.frame, table.schema.changed(*changed))


def more(table: Table, *names: str) -> Table:
    """Give more columns the role quasi-identifier."""
    changed = (replace(table.schema[name], role=Role.QUASI_IDENTIFIER) for name in names)
    return Table(table.frame, table.schema.changed(*changed))


def lattices() -> dict[str, tuple[Table, float]]:
    """Tables by what they measure, each with its limit in seconds."""
    table = census()
    five = ("age", "education", "marital-status", "race", "sex")
    small = lower(
        table, age=4, workclass=2, education=2, marital_status=2, occupation=2, race=2, sex=1, native_country=3
    )
    middle = lower(
        table, age=5, workclass=3, education=3, marital_status=2, occupation=2, race=2, sex=1, native_country=4
    )
    dropped = tuple(name for name in table.schema.quasi_identifiers if name not in five)
    return {
        "8 columns, small": (small, 0.4),
        "8 columns, middle": (middle, 0.7),
        "8 columns, whole": (table, math.inf),
        "5 columns": (table.drop(dropped), 0.15),
        "11 columns": (more(table, "relationship", "hours-per-week", "education-num"), math.inf),
        "14 columns": (
            more(table, "relationship", "hours-per-week", "education-num", "capital-gain", "capital-loss", "income"),
            math.inf,
        ),
    }


def main() -> None:
    """Print the seconds of the whole `protect`, hierarchies and labels included."""
    facts = PublicFacts(people=ROWS, classes=class_labels(census()))
    for name, (table, limit) in lattices().items():
        for k in KS:
            technique = FullDomainKAnonymity(k=k)
            seconds = []
            for _ in range(3):
                started = time.perf_counter()
                protected = technique.protect(table, facts, np.random.default_rng(0))
                seconds.append(time.perf_counter() - started)
            told = "" if limit == math.inf else f" (limit {limit})"
            print(f"{name}, k = {k}: {statistics.median(seconds):.3f} s{told}. {protected.notes[0]}")
    table = lattices()["8 columns, middle"][0]
    started = time.perf_counter()
    found = explore(FullDomainKAnonymity(k=5), table, facts)
    states = ", ".join(f"{n:,} {s}" for s, n in zip(*np.unique(found.state, return_counts=True), strict=True))
    print(f"solution space of {len(found):,} nodes: {time.perf_counter() - started:.2f} s: {states}")


if __name__ == "__main__":
    main()
