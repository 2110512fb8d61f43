"""How long finding personal data and advising on columns takes, against their budgets."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import numpy as np
import pandas as pd

from core.data.infer import suggest
from core.data.schema import Schema
from core.tradeoff.adviser import review
from core.tradeoff.study import load_table, parse_study

ROOT = Path(__file__).parent.parent / "sample_data"


def dearest() -> pd.DataFrame:
    """Return 45,000 rows of 15 columns in which every pattern has to be tried."""
    rng = np.random.default_rng(0)
    columns = {f"n{i}": rng.integers(10**10, 10**11, 45_000).astype(str) for i in range(5)}
    columns |= {f"u{i}": rng.choice([str(uuid.UUID(int=j)) for j in range(3000)], 45_000) for i in range(5)}
    columns |= {f"w{i}": rng.choice([f"Long Words{j}" for j in range(3000)], 45_000) for i in range(5)}
    return pd.DataFrame(columns)


def main() -> None:
    """Print seconds and budgets."""
    adult = pd.read_csv(ROOT / "adult.csv", dtype=str, keep_default_na=False, na_values=[""])
    for name, frame in (("adult, 45,222 x 14", adult), ("dearest columns, 45,000 x 15", dearest())):
        suggest(frame.head(100))
        started = time.perf_counter()
        suggest(frame)
        print(f"personal data, {name}: {time.perf_counter() - started:.2f} s (budget 0.5)")
    table = load_table(ROOT / "adult.csv", Schema.load(ROOT / "adult.schema.json"))
    for model in ("logistic_regression", "random_forest"):
        study = parse_study({"study": {"name": "bench", "model": model, "seed": 1}})
        started = time.perf_counter()
        found = review(table, study, np.random.default_rng(1))
        seconds = time.perf_counter() - started
        print(f"advice on {len(found.singles)} columns, {model} ({found.model}): {seconds:.1f} s (budget 6)")


if __name__ == "__main__":
    main()
