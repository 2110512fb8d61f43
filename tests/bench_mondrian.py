"""How long Mondrian takes on the complete rows of Adult: seconds, and as a ratio to sorting the same rows once.

`python -m tests.bench_mondrian`: the machine's speed cancels out of the ratio. Limits: k alone .4 s, l or t 1.5 s.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from core.data.samples import load_sample
from core.data.schema import Role
from core.data.table import Table
from core.privacy.classes import equivalence_classes
from core.privacy.verify import verify
from core.techniques.base import PublicFacts
from core.techniques.mondrian_k_anonymity import MondrianKAnonymity

FACTS = PublicFacts(people=1, classes=())
SETTINGS: tuple[tuple[tuple[str, ...], dict[str, object]], ...] = (
    ((), {}),
    (("income",), {"l": 2}),
    (("relationship",), {"l": 3, "diversity": "entropy"}),
    (("relationship",), {"l": 3, "diversity": "recursive"}),
    (("relationship",), {"t": 0.3}),
    (("hours-per-week",), {"t": 0.15}),
    (("relationship", "hours-per-week"), {"l": 3, "t": 0.3}),
    (("capital-gain", "capital-loss", "relationship", "hours-per-week"), {"l": 2, "t": 0.3}),
)


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """Return the median of a few runs."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def main() -> None:
    """Print one line a setting."""
    adult = load_sample("adult")
    known = adult.schema.quasi_identifiers
    whole = np.column_stack([adult.codes(name)[0] for name in known])
    with threadpool_limits(1):
        once = seconds(lambda: np.lexsort(whole.T))
        print(f"Mondrian k = 5 on {len(adult):,} rows x {len(known)} quasi-identifiers; one sort of them: {once:.3f} s")
        for secrets, settings in SETTINGS:
            changed = (replace(adult.schema[name], role=Role.SENSITIVE) for name in secrets)
            table = Table(adult.frame, adult.schema.changed(*changed))
            technique = MondrianKAnonymity.from_mapping({"k": 5, **settings})
            took = seconds(lambda: technique.protect(table, FACTS, np.random.default_rng(0)))  # noqa: B023
            rows = technique.protect(table, FACTS, np.random.default_rng(0)).table
            promised = technique.guarantee(table.schema, FACTS)
            checked = seconds(lambda: verify(rows, known, promised), 3)  # noqa: B023
            wrong = verify(rows, known, promised) or "holds"
            asked = ", ".join(f"{name} = {value}" for name, value in settings.items()) or "k alone"
            print(
                f"  {asked} of {', '.join(secrets) or 'nothing'}: {took:.3f} s = {took / once:.1f} sorts, "
                f"{len(equivalence_classes(rows, known)):,} boxes; verified in {checked:.3f} s: {wrong}"
            )


if __name__ == "__main__":
    main()
