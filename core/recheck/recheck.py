"""Re-audit: the chosen setting of a decision measured on new rows, and whether it still meets every limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from core.charts.verdict import UNPROVEN, Verdict, requirements_of, verdict_of, violation_text, violations
from core.charts.words import anchor_of, items, label_of, listed, mapping, plain
from core.data.table import Table
from core.engine.jobs import Dispatcher, Job
from core.errors import UserError
from core.recheck.file import Recorded
from core.recheck.moves import METHOD, Move, moves
from core.recheck.shape import Shape, shape_of
from core.tradeoff.result import versions

SCHEMA = "middleground.recheck/1"


@dataclass(frozen=True, kw_only=True)
class Recheck:
    """A decision on new rows.

    Parameters
    ----------
    question, choice : str
        The decision's question, and how the chosen setting is called.
    decided : str
        ISO time of the proposal; empty when unknown.
    state : str
        The decision's state on `today`: accepted, proposed, refused, superseded or expired.
    review_date : str or None
    effort : tuple of str
        As decided, and now.
    moves : tuple of Move
        The limits' quantities first, then the study's own metric and risk, then no protection for comparison.
    verdicts : tuple of (limit, verdict then, verdict now)
    verdict : Verdict
        Of the new measurement against every limit.
    violations : tuple of str
        Measured risks above their own proved bound, on the new rows.
    versions : tuple of (what, then, now)
        What differs.
    problems : tuple of str
        Why the decision does not hold; empty when it does.
    result : mapping
        The new measurement, of schema `middleground.result/1`.
    """

    question: str
    choice: str
    decided: str
    state: str
    review_date: str | None
    today: str
    effort: tuple[str, str]
    shape: Shape
    moves: tuple[Move, ...]
    verdicts: tuple[tuple[Mapping[str, Any], str, str], ...]
    verdict: Verdict
    violations: tuple[str, ...]
    versions: tuple[tuple[str, str, str], ...]
    problems: tuple[str, ...]
    result: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether every limit is still proven to be met and the decision is in force."""
        return not self.problems

    @property
    def code(self) -> int:
        """Exit code of a scheduled job: 0 it holds, 1 it does not."""
        return 0 if self.holds else 1

    @property
    def headline(self) -> str:
        """The answer in one line."""
        if self.holds:
            draft = "" if self.state == "accepted" else f" It is only {self.state}, not accepted."
            return f"Holds: the setting still meets every limit on the new table.{draft}"
        return f"Does not hold: {'; '.join(self.problems)}."

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "schema": SCHEMA,
            "holds": self.holds,
            "headline": self.headline,
            "problems": list(self.problems),
            "question": self.question,
            "choice": self.choice,
            "decided": self.decided,
            "state": self.state,
            "review_date": self.review_date,
            "today": self.today,
            "effort": list(self.effort),
            "table": self.shape.to_json(),
            "verdicts": [{"name": str(r.get("name")), "before": old, "after": new} for r, old, new in self.verdicts],
            "moves": [move.to_json() for move in self.moves],
            "method": METHOD,
            "violations": list(self.violations),
            "versions": [{"what": what, "before": old, "after": new} for what, old, new in self.versions],
            "result": dict(self.result),
        }


def prepared(found: Recorded, table: Table, effort: str | None = None) -> Job:
    """Return the sweep that measures the chosen setting and the two anchors again, ready to be started.

    Seed, attacker, model, sample size and limits are those that were decided on.

    Raises
    ------
    UserError
        When the study no longer has the chosen setting, or it was tuned on a public table, which is not in the file.
    """
    wanted = str(found.point.get("id"))
    study = found.study
    recipe = next((r for r in study.with_anchors() if r.id == wanted), None)
    if recipe is None or recipe.describe() != found.point.get("recipe"):
        raise UserError(
            "the recorded study must hold the chosen setting", got="a study without it", do="Decide anew on a result."
        )
    if recipe.tune is not None and recipe.tune.public:
        raise UserError(
            "a setting that was tuned on a public table is measured again from its study file",
            got="a decision file, which does not hold that table",
            do="Use `python -m core run` with the new table.",
        )
    kept = tuple(r for r in study.recipes if r.id == wanted)
    return Job(replace(study, recipes=kept, effort=effort or study.effort), table)


def recheck(
    found: Recorded,
    table: Table,
    dispatcher: Dispatcher,
    *,
    effort: str | None = None,
    left_out: tuple[str, ...] = (),
    today: date,
    progress: Callable[[str], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Recheck:
    """Measure a recorded decision on a new table and compare.

    Parameters
    ----------
    found : Recorded
        From `core.recheck.file.recorded`, which has checked the evidence.
    table : Table
        In the form of the recorded schema (`core.recheck.file.read_new`).
    dispatcher : Dispatcher
        Its engine does the work; other people's sweeps take turns with this one.
    effort : str, optional
        By default the recorded one.
    left_out : tuple of str
        Columns of the new file that were not used.
    today : date
        Decides whether the review date has passed.
    stop : callable, optional
        Asked now and then whether to end early.

    Raises
    ------
    UserError
        When the new table cannot be measured as the study says, or it was stopped: half of it would say nothing.
    """
    job = dispatcher.start(prepared(found, table, effort))
    while not job.wait(0.3):
        if stop is not None and stop():
            job.stop()
            raise UserError("measuring again needs every random half", got="a stop", do="Start it again.")
        if progress is not None:
            progress(job.headline())
    return compared(found, table, job, left_out=left_out, today=today)


def compared(found: Recorded, table: Table, job: Job, *, left_out: tuple[str, ...] = (), today: date) -> Recheck:
    """Compare what a finished sweep of `prepared` measured with what was decided on."""
    result, decision = job.snapshot().result, found.decision
    before = mapping(decision.get("result"))
    limits = requirements_of(result)
    old, new = found.point, _same(result, found.point)
    subjects: list[Mapping[str, Any]] = [*limits]
    for key, name in (("metric", found.study.metric), ("risk", found.study.threat)):
        if not any(limit.get(key) == name for limit in limits):
            subjects.append({key: name})
    shown = _apart(subjects)
    moved = moves("choice", old, new, shown)
    if anchor_of(old) != "none":
        moved += moves("none", _bare(before), _bare(result), [s for s in shown if not s.get("limit_on")])
    verdict = verdict_of(new, limits)
    met_before = dict(verdict_of(old, limits).each)
    judged = tuple((r, met_before[str(r.get("name"))], now) for r, (_, now) in zip(limits, verdict.each, strict=True))
    broken = tuple(violation_text(threat, risk) for point, threat, risk in violations(result) if point is new)
    state, review = _state(decision, today)
    return Recheck(
        question=plain(decision.get("question")),
        choice=label_of(old),
        decided=plain(mapping(decision.get("proposed")).get("at")),
        state=state,
        review_date=review,
        today=today.isoformat(),
        effort=(found.study.effort, job.study.effort),
        shape=shape_of(table, before, result, left_out),
        moves=moved,
        verdicts=judged,
        verdict=verdict,
        violations=broken,
        versions=_versions(before),
        problems=tuple(_problems(new, verdict, state, review, broken)),
        result=result,
    )


def _same(result: Mapping[str, Any], point: Mapping[str, Any]) -> Mapping[str, Any]:
    return next(mapping(p) for p in items(result.get("points")) if mapping(p).get("id") == point.get("id"))


def _bare(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the point without protection."""
    return next((mapping(p) for p in items(result.get("points")) if anchor_of(mapping(p)) == "none"), {})


def _apart(subjects: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return what is limited, each once: two people may limit the same thing."""
    found = {(s.get("metric"), s.get("risk"), s.get("limit_on")): s for s in reversed(subjects)}
    keys = ("metric", "risk", "limit_on")
    return [{k: s[k] for k in keys if s.get(k)} for s in reversed(found.values())]


def _state(decision: Mapping[str, Any], today: date) -> tuple[str, str | None]:
    """Return the decision's state today and its review date; a date that cannot be read has passed."""
    state, review = plain(decision.get("state")) or "proposed", decision.get("review_date")
    if review is None:
        return state, None
    try:
        passed = today > date.fromisoformat(str(review))
    except ValueError:
        passed = True
    return ("expired" if passed and state in ("accepted", "proposed") else state), plain(review)


def _versions(before: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    then, now = mapping(before.get("versions")), versions()
    return tuple(
        (plain(key), plain(then.get(key)) or "unknown", str(now.get(key, "unknown")))
        for key in dict.fromkeys((*now, *then))
        if then.get(key) != now.get(key)
    )


def _problems(
    point: Mapping[str, Any], verdict: Verdict, state: str, review: str | None, broken: tuple[str, ...]
) -> list[str]:
    """Return why the decision does not hold, the worst first."""
    found = []
    if point.get("status") != "measured":
        found.append(f"the setting could not be measured on the new table ({plain(point.get('reason'))})")
    elif verdict.state == "plain":
        found.append("no limits were decided on, so there is nothing that it could be said to meet")
    else:
        if missed := verdict.names("no"):
            found.append(f"it no longer meets {listed(missed)}")
        if unproven := verdict.names(*UNPROVEN):
            found.append(f"it is not proven on the new table that it meets {listed(unproven)}")
    if broken:
        found.append("a measured risk is above its own proved ceiling")
    if state == "expired":
        found.append(f"its review date has passed ({review})" if review else "it is expired")
    elif state in ("refused", "superseded"):
        found.append(f"the decision is {state}, so it is not in force")
    return found
