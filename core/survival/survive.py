"""Would the choice survive? Run it against its rivals under every variation, and count."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.charts.verdict import ranked, requirements_of, settings_of, verdict_of
from core.charts.words import anchor_of, items, label_of, mapping
from core.data.table import Table
from core.engine.jobs import Dispatcher, Job
from core.errors import UserError
from core.survival.standing import BEATEN, FIRST, OUT, TIED, TIERS, Standing, standing
from core.survival.vary import MOST, SEEDS, VARY, Variation, bare, plan
from core.tradeoff.recipe import Recipe
from core.tradeoff.replicate import FULL
from core.tradeoff.study import Study

SCHEMA = "middleground.survival/1"

RIVALS = 5
"""Settings that the choice is run against, at most."""

USUAL = 4
"""Settings that it is run against where nobody names them: a sample study is then done in less than a minute."""

ALIKE, FAILED = "alike", "not run"

RULE = "meet every limit, then the lowest measured risk, then the best accuracy (or the like)"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What happened under one variation.

    Parameters
    ----------
    kind, words : str
        As in `Variation`.
    place : {"first", "tied", "beaten", "out", "alike", "not run"}
        `alike`: nothing that counts differs from the study as decided, so it is no evidence and is not counted.
    by : str
        The setting that was first instead.
    clear : bool
        First, and told apart from every rival.
    why : str
    """

    kind: str
    words: str
    place: str
    by: str = ""
    clear: bool = False
    why: str = ""

    @property
    def counts(self) -> bool:
        """Whether it says anything about the choice."""
        return self.place in (FIRST, TIED, BEATEN, OUT)


@dataclass(frozen=True, kw_only=True)
class Survival:
    """How often a choice stayed first.

    Parameters
    ----------
    choice : str
        How the setting is called.
    chosen : str
        Its id.
    rivals : tuple of str
    base : Standing
        As decided: the study's own seed, attacker, roles and model.
    outcomes : tuple of Outcome
    notes : tuple of str
        What was not varied, and why.
    effort : str
    planned : int
        How many variations were meant; fewer outcomes were stopped.
    seconds : float
        Time that it took.
    """

    choice: str
    chosen: str
    rivals: tuple[str, ...]
    base: Standing
    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    effort: str
    planned: int
    seconds: float

    @property
    def counts(self) -> Mapping[str, int]:
        """Place -> how often."""
        return Counter(outcome.place for outcome in self.outcomes)

    @property
    def total(self) -> int:
        """Variations that say anything."""
        return sum(outcome.counts for outcome in self.outcomes)

    @property
    def clear(self) -> int:
        """How often it was first and told apart from every rival."""
        return sum(outcome.clear for outcome in self.outcomes if outcome.place == FIRST)


class Race(Job):
    """A sweep without the fits on the whole table, which only limits on rows and on recognition look at."""

    def __init__(self, study: Study, table: Table, owner: str = "") -> None:
        super().__init__(study, table, owner)
        looked = {study.threat, *(r.risk or r.limit_on for r in study.requirements)}
        if looked & {"reidentification", "rows_suppressed"}:
            return
        self._queue = deque((recipe, number) for recipe, number in self._queue if number != FULL)
        self._total = len(self._queue)
        if not self._queue:
            self._finish()


def rivals_of(result: Mapping[str, Any], chosen: str, most: int = USUAL) -> tuple[str, ...]:
    """Return the settings that a choice is run against: those that meet every limit or might, the best first.

    Parameters
    ----------
    result : mapping
        Of schema `middleground.result/1`.

    Examples
    --------
    >>> rivals_of({"points": []}, "k")
    ()
    """
    threat, metric = (str(mapping(result.get("study")).get(k) or d) for k, d in (("threat", "membership"),
                                                                                 ("metric", "accuracy")))  # fmt: skip
    limits = requirements_of(result)
    others = [p for p in settings_of(result) if p.get("id") != chosen]
    by_tier = [[p for p in others if TIERS[verdict_of(p, limits).state] == tier] for tier in (0, 1)]
    found = [p for group in by_tier for p in ranked(group, threat, metric)]
    return tuple(str(p.get("id")) for p in found[:most])


def survival(
    study: Study,
    table: Table,
    chosen: str,
    dispatcher: Dispatcher,
    *,
    rivals: Sequence[str] | None = None,
    vary: Iterable[str] = VARY,
    seeds: int = SEEDS,
    most: int = MOST,
    progress: Callable[[int, int, str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Survival:
    """Run a choice against its rivals under variations of a study.

    Parameters
    ----------
    study : Study
    table : Table
        Whole, with the study's schema.
    chosen : str
        Id of a setting of the study that is no anchor.
    dispatcher : Dispatcher
        Its engine does the work; other people's sweeps take turns with this one.
    rivals : sequence of str, optional
        Ids of at most five settings, a shortlist; by default every setting is measured once, and the best four that
        meet the limits or might are taken.
    vary : iterable of str
        Of `VARY`.
    seeds, most : int
        Other seeds, and variations in all.
    progress : callable
        Called with how many variations are done, how many there are, and which one runs.
    stop : callable, optional
        Asked now and then whether to end early; what is done is kept.

    Raises
    ------
    UserError
        When the study has no such setting or rival, or the table cannot be measured.
    """
    began, ended = time.monotonic(), stop or (lambda: False)
    known = {recipe.id: recipe for recipe in study.recipes}
    _check(known, chosen, rivals)
    planned = plan(study, table, vary, seeds, most)
    told = progress or (lambda done, total, words: None)
    total = len(planned.variations)
    told(0, total, "the study as decided")
    first = list(known.values()) if rivals is None else [known[chosen], *(known[r] for r in dict.fromkeys(rivals))]
    settings = [recipe for recipe in first if recipe.steps[0].key not in ("none", "constant") or len(recipe.steps) > 1]
    base_job = _run(replace(study, recipes=tuple(settings)), table, dispatcher, ended)
    if rivals is None:
        kept = {chosen, *rivals_of(base_job.snapshot().result, chosen)}
        settings = [recipe for recipe in settings if recipe.id in kept]
    names = {str(p["id"]): label_of(p) for p in base_job.snapshot().result["points"]}
    base = standing(_only(base_job, settings), chosen)
    outcomes: list[Outcome] = []
    for variation in planned.variations:
        if ended():
            break
        told(len(outcomes), total, variation.words)
        outcome = _outcome(variation, settings, table, chosen, dispatcher, ended, base)
        if outcome is not None:
            outcomes.append(outcome)
    told(len(outcomes), total, "")
    return Survival(
        choice=names[chosen],
        chosen=chosen,
        rivals=tuple(names[r.id] for r in settings if r.id != chosen),
        base=base,
        outcomes=tuple(outcomes),
        notes=planned.notes,
        effort=study.effort,
        planned=total,
        seconds=time.monotonic() - began,
    )


def _check(known: Mapping[str, Recipe], chosen: str, rivals: Sequence[str] | None) -> None:
    for name in (chosen, *(rivals or ())):
        if name not in known:
            raise UserError("the choice and its rivals are settings of the study", got=repr(name),
                            do=f"It has: {', '.join(known) or 'none'}.")  # fmt: skip
    if anchor_of({"recipe": known[chosen].describe()}) is not None:
        raise UserError("the choice is a protection", got="one of the two anchors", do="Choose another setting.")
    tune = known[chosen].tune
    if tune is not None and tune.public and tune.table is None:
        raise UserError("a setting tuned on a public table runs from its study file", got="a decision without it",
                        do="Use `python -m core survive STUDY.toml`.")  # fmt: skip
    if rivals is not None and not 1 <= len(set(rivals) - {chosen}) <= RIVALS:
        raise UserError(f"a choice has 1 to {RIVALS} rivals", got=str(len(set(rivals) - {chosen})),
                        do="Name settings of the study, or leave them out.")  # fmt: skip


def _run(study: Study, table: Table, dispatcher: Dispatcher, stop: Callable[[], bool]) -> Job:
    job = dispatcher.start(Race(bare(study), table))
    while not job.wait(0.2):
        if stop():
            job.stop()
    return job


def _only(job: Job, settings: Sequence[Recipe]) -> Job:
    """Leave in a finished sweep the settings that are compared."""
    kept = {recipe.id for recipe in settings}
    job.recipes = tuple(recipe for recipe in job.recipes if recipe.id in kept)
    job.tallies = {key: tally for key, tally in job.tallies.items() if key in kept}
    return job


def _outcome(
    variation: Variation,
    settings: Sequence[Recipe],
    table: Table,
    chosen: str,
    dispatcher: Dispatcher,
    stop: Callable[[], bool],
    base: Standing,
) -> Outcome | None:
    """Run one variation; None when it was stopped on its way."""
    seen = table if variation.schema is table.schema else replace(table, schema=variation.schema)
    try:
        job = _run(replace(variation.study, recipes=tuple(settings)), seen, dispatcher, stop)
    except UserError as problem:
        return Outcome(kind=variation.kind, words=variation.words, place=FAILED, why=str(problem))
    if stop():
        return None
    found = standing(job, chosen, base.tier)
    alike = found.numbers == base.numbers
    return Outcome(
        kind=variation.kind,
        words=variation.words,
        place=ALIKE if alike else found.place,
        by="" if alike else found.by,
        clear=found.clear and not alike,
        why="nothing that counts differs from the study as decided" if alike else found.why,
    )


def seconds_expected(result: Mapping[str, Any], chosen: str, rivals: Sequence[str], count: int, workers: int) -> float:
    """Return about how long it takes, from what the same settings took before."""
    spent = sum(float(mapping(p).get("seconds") or 0) for p in items(result.get("points"))
                if mapping(p).get("id") in {chosen, *rivals})  # fmt: skip
    return spent * (count + 1) / max(workers, 1)
