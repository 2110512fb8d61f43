"""Measurements: ratios in the same run, because machines are noisy. `make bench` prints them; no test asserts them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from core.attacks import MEMBERSHIP_ATTACKS, ROWS_ATTACKS
from core.attacks.membership import Game, membership_risk
from core.attacks.rows import RowsTruth, RowsView
from core.data.samples import load_sample
from core.data.table import Labels, Table
from core.engine.jobs import Dispatcher, Job
from core.engine.local import InlineEngine, LocalEngine
from core.models import MODELS
from core.models.base import Model
from core.models.encode import Encoder
from core.privacy.classes import equivalence_classes, l_diversity, t_closeness
from core.tradeoff.attacked import REFERENCES
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import run_replicate
from core.tradeoff.study import EFFORTS, Study, load_study, parse_study
from tests import bench_identify, bench_lattice, bench_mondrian, bench_pages, bench_preview, bench_private, bench_scale

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


def row_attacks(table: Table, released: int = 30_000, attempts: int = 2_000) -> None:
    """All attacks on released rows, unprotected: 2,000 members, 2,000 controls, 2,000 descriptions a kind."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(table))
    inside, outside = order[:released], order[released:]
    people = np.concatenate([inside[:attempts], outside[:attempts]])
    half = rng.random(len(table)) < 0.5
    reference = outside[:REFERENCES]
    names = table.schema.names
    known = table.schema.quasi_identifiers or names[:8]
    view = RowsView(
        released=table.take(inside),
        targets=table.take(people),
        half=half[people],
        reference=table.take(reference),
        reference_half=half[reference],
        knows=known,
        secrets=("occupation",),
        left=names[::2],
        right=names[1::2],
        attempts=attempts,
    )
    truth = RowsTruth(
        members=np.arange(len(people)) < attempts,
        person=people,
        inside=view.released,
        outside=table.take(outside),
        source=inside,
        tuning=half,
    )
    whole = 0.0
    for attack in ROWS_ATTACKS:
        seconds = timed(lambda attack=attack: attack.score(attack.guess(view, rng), view, truth, rng))  # type: ignore[misc]
        whole += seconds
        print(f"    {attack.key}: {seconds:.2f} s")
    print(f"row attacks, {released:,} x {len(names)} rows, {attempts:,} attempts a side: {whole:.2f} s (limit 1.5)")


def crowds(table: Table) -> None:
    """Classes, k, l, t and entropy l on six quasi-identifiers."""
    known = ("age", "education", "marital-status", "occupation", "sex", "native-country")

    def work() -> None:
        classes = equivalence_classes(table, known)
        for column in ("income", "hours-per-week"):
            l_diversity(table, classes, column)
            t_closeness(table, classes, column)

    print(f"k, l, entropy l, t of {len(table):,} rows, six quasi-identifiers: {timed(work):.3f} s (limit 0.15)")


def membership_costs() -> None:
    """The membership measurement in the page's process."""
    rng = np.random.default_rng(0)
    for people, replicates in ((4_000, 2), (36_000, 8), (36_000, 32)):
        members = rng.random((people, replicates)) < 0.5
        phi = rng.normal(size=(people, 1)) * 2 + rng.normal(size=(people, replicates)) + 0.3 * members
        tuning = rng.random(people) < 0.5

        def work(phi: Labels = phi, members: Labels = members, tuning: Labels = tuning) -> None:
            membership_risk(Game(phi, members, tuning), MEMBERSHIP_ATTACKS, None)

        print(f"membership of {people:,} people x {replicates} replicates: {timed(work, 1):.2f} s")


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
    crowds(adult)
    with threadpool_limits(1):
        row_attacks(adult)
        membership_costs()
    for key in ("logistic_regression", "random_forest", "gradient_boosting"):
        overhead(adult, MODELS[key](), 8000)
    sweep(ROOT / "sample_data" / "adult-quick.toml", 2, "glance", warm=True)
    sweep(ROOT / "sample_data" / "adult.toml", 2, "glance", warm=False)
    sweep(ROOT / "sample_data" / "clinic.toml", 2, "glance", warm=True)
    for more in (bench_lattice, bench_mondrian, bench_preview, bench_identify, bench_private, bench_scale, bench_pages):
        print()
        more.main()


if __name__ == "__main__":
    main()
