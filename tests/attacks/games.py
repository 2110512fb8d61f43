"""Games of membership inference on real models, for the slow tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from threadpoolctl import threadpool_limits

from core.attacks.membership import Game
from core.data.samples import load_sample
from core.models import MODELS
from core.tradeoff.bench import Bench
from core.tradeoff.replicate import run_replicate
from core.tradeoff.risks import membership_game
from core.tradeoff.study import parse_study


def real_game(sample: str, model: str, settings: dict[str, Any], replicates: int, people: int) -> Game:
    """Run no protection through the program's own replicates, on a pool of so many people of a ready table."""
    study = parse_study({"study": {"name": "game", "rows": people * 5 // 4}})
    study = replace(study, model=MODELS[model](**settings))
    bench = Bench.prepare(study, load_sample(sample))
    recipe = replace(study.with_anchors()[0], release="model")
    with threadpool_limits(1):
        outcomes = [run_replicate(bench, recipe, study, replicate) for replicate in range(replicates)]
    assert [outcome.failed or outcome.skipped for outcome in outcomes] == [None] * replicates
    return membership_game(outcomes, bench)


def replicates_of(game: Game, first: int, end: int) -> Game:
    """Return the game of some replicates alone."""
    part = slice(first, end)

    def cut(table: Any) -> Any:
        return None if table is None else table[:, part]

    expected = None if game.expected is None else (cut(game.expected[0]), cut(game.expected[1]))
    return Game(cut(game.phi), cut(game.members), game.tuning, cut(game.outside), cut(game.inside), expected)
