"""Measurements: ratios in the same run, because machines are noisy. `make bench` prints them; no test asserts them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from core.data.samples import load_sample
from core.data.table import Table
from core.engine.jobs import Dispatcher, Job
from core.engine.local import InlineEngine, LocalEngine
from core.models import MODELS
from core.models.base import Model
from core.models.encode import Encoder
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import EFFORTS, Study, load_study, parse_study

ROOT = Path(__file__).parent.parent


def timed(work: Callable[[], object], times: int = 3) -> float:
    """Return the median seconds of a few runs."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def overhead(table: Table, model: Model, members: int) -> None:
    """`none` on the model channel, eight replicates and their aggregation, against the bare fits of the same halves."""
    study = parse_study({"study": {"name": "bench", "effort": "standard", "rows": int(members * 2 / 0.8)}})
    study = replace(study, model=model)
    bench = Bench.prepare(study, table)
    recipe = replace(study.with_anchors()[0], release="model")
    matrices = []
    for replicate in range(EFFORTS["standard"]):
        rows = bench.split.member_rows(replicate)
        part = bench.table.take(rows)
        matrices.append((Encoder.fit(part, model.ordinal).transform(part), bench.target[rows]))

    def bare() -> None:
        for matrix, target in matrices:
            model.estimator(0).fit(matrix, target)

    def ours() -> None:
        from core.tradeoff.point import Tally, point_json

        tally = Tally(recipe)
        for replicate in range(EFFORTS["standard"]):
            tally.add(run_replicate(bench, recipe, study, replicate))
        point_json(tally, bench, study)

    with threadpool_limits(1):
        fits, whole = timed(bare), timed(ours)
    print(f"none / bare fits, {model.key:22} {members} members: {whole:6.2f} s / {fits:6.2f} s = {whole / fits:.2f}")


def sweep(path: Path, workers: int, effort: str, *, warm: bool) -> None:
    """A whole study, and how long its first point took."""
    study, table = load_study(path)
    study = replace(study, effort=effort)
    engine = LocalEngine(workers)
    try:
        if warm:
            engine.warm()
            run_once(study, table, engine)
        job = run_once(study, table, engine)
        snapshot = job.snapshot()
        print(
            f"{path.name} at {effort}, {workers} workers{', warm' if warm else ', cold'}: first point "
            f"{snapshot.first_point:.2f} s, whole {snapshot.seconds:.1f} s, {len(snapshot.result['points'])} points"
        )
        for point in sorted(snapshot.result["points"], key=lambda p: -p["seconds"])[:3]:
            print(f"    {point['id']}: {point['seconds']:.2f} s of work")
    finally:
        engine.close()


def run_once(study: Study, table: Table, engine: LocalEngine | InlineEngine) -> Job:
    """Run a study to its end."""
    job = Dispatcher(engine).start(Job(study, table))
    job.wait()
    return job


def main() -> None:
    """Print every measurement."""
    adult = load_sample("adult")
    print(f"load Adult: {timed(lambda: load_sample('adult')):.2f} s")
    for key in ("logistic_regression", "random_forest", "gradient_boosting"):
        overhead(adult, MODELS[key](), 8000)
    sweep(ROOT / "sample_data" / "adult-quick.toml", 2, "glance", warm=True)
    sweep(ROOT / "sample_data" / "adult.toml", 2, "glance", warm=False)
    sweep(ROOT / "sample_data" / "clinic.toml", 2, "glance", warm=True)


if __name__ == "__main__":
    main()
