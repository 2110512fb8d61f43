"""How soon the Techniques page answers after a knob moves, on 45,222 census rows; `python -m tests.bench_preview`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from core.charts.before_after import ColumnBars, CrowdBars
from core.data.samples import load_sample
from core.tradeoff.before_after import before_after, facts_of, quick_part
from core.tradeoff.quick_look import QuickLook
from core.tradeoff.study import parse_recipe, parse_study

MOVES: dict[str, list[dict[str, Any]]] = {
    "mondrian_k_anonymity": [{"k": k} for k in range(3, 23)],
    "full_domain_k_anonymity": [{"k": k} for k in range(3, 23)],
    "generalise": [{"level": level} for level in (1, 2, 3, 4) * 5],
    "top_bottom_coding": [{"share": share / 100} for share in range(1, 21)],
    "pram": [{"keep": keep / 20} for keep in range(20)],
    "local_suppression": [{"k": k} for k in range(3, 13)],
    "microaggregation": [{"k": k} for k in range(3, 13)],
    "sequential_trees": [{"min_leaf": leaf} for leaf in range(10, 60, 5)],
}


def main() -> None:
    """Print the median and the 95th percentile of an answer: table, crowds, examples, accuracy, risk, pictures."""
    table = load_sample("adult")
    study = parse_study({"study": {"name": "b", "model": "logistic_regression"}, "recipe": [{"technique": "none"}]})
    with threadpool_limits(1):
        quick = QuickLook(study, table)
        quick.none()
        for key, moves in MOVES.items():
            answers = []
            for move in moves:
                recipe = parse_recipe({"name": "b", "technique": key, **move}, 1)[0]
                started = time.perf_counter()
                part, sampled = quick_part(recipe, table, 1)
                found = before_after(part, recipe, facts_of(part), seed=1, looker="owner")
                quick.point(recipe)
                CrowdBars.figure(CrowdBars.info(found.before, found.after, people=found.people)).to_json()
                ColumnBars.figure(ColumnBars.info(found.columns[0] if found.columns else None)).to_json()
                answers.append(time.perf_counter() - started)
            middle, late = np.percentile(answers, [50, 95])
            told = f", on {sampled:,} people" if sampled else ""
            print(f"preview {key:26} p50 {middle:.2f} s, p95 {late:.2f} s over {len(moves)} moves (limit 1 s){told}")


if __name__ == "__main__":
    main()
