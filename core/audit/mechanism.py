"""The audit of a mechanism: run it many times on two neighbouring tables and bet against the privacy it claims."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.audit.claim import Claim
from core.audit.eprocess import Bets
from core.audit.leak import Leak, lower_bound
from core.audit.pilot import Event, Pilot, learn
from core.data.table import Labels
from core.errors import UserError
from core.rng import rng_for
from core.techniques.base import AuditPair, Stage, Technique

PILOT = 200
"""Pairs from which the events are learned, before the test and apart from it."""
CONFIRM = 400
"""Pairs run after an alarm, to say how large the leak is: an alarm stops at a lucky moment, fresh pairs do not."""
CONTROL = 400
"""Pairs run at twice the budget, to say what the test would have caught."""
_BATCH = 50
_RESAMPLES = 200


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    key : str
        Of the technique.
    settings : mapping
        What was run.
    claim : Claim
    claimed : bool
        The guarantee is somebody else's claim, not a proof of ours.
    neighbours, story, note : str
        Of the pair of tables.
    pairs : int
        Pairs of runs that the test looked at; it stops at an alarm.
    planned : int
        Pairs of runs it would have looked at.
    alpha : float
        Most probable that a mechanism that keeps its claim is flagged.
    flagged : bool
        The claim is refuted at level `alpha`.
    p_value : float
        Valid at any time the test might have stopped: 1 / largest capital.
    event : Event
        On which the bet earned most.
    rates : (float, float)
        How often it happened in the world it favours and in the other.
    leak : Leak or None
        Lower bounds on what the mechanism really gives away, when flagged.
    control : int or None
        Median number of pairs after which the same test catches twice the budget; None when it catches it in fewer
        than half of the tries.
    control_run : bool
        Whether that was measured.
    """

    key: str
    settings: dict[str, Any]
    claim: Claim
    claimed: bool
    neighbours: str
    story: str
    note: str
    pairs: int
    planned: int
    alpha: float
    flagged: bool
    p_value: float
    event: Event
    rates: tuple[float, float]
    leak: Leak | None
    control: int | None
    control_run: bool


def audit_mechanism(
    technique: Technique,
    *,
    pairs: int = 3000,
    alpha: float = 0.05,
    seed: int = 0,
    control: bool = True,
    pilot_pairs: int = PILOT,
    confirm_pairs: int = CONFIRM,
) -> Audit:
    """Test whether a technique keeps the privacy that it claims, on the neighbours that it supplies.

    The mechanism is trained for real, each time with randomness of its own: no two runs share a stream, whichever
    world they belong to. A pilot fixes what to look for; then pairs of runs are bet on one by one until the claim is
    refuted or `pairs` is reached. "Not flagged" is no proof of privacy; how strong the test was is measured by running
    the same technique with twice the epsilon.

    Parameters
    ----------
    technique : Technique
        With an `audit_pair`.
    pairs : int
        Most pairs to look at; 100 to 1,000,000.
    alpha : float
        Between 0 and .5.
    seed : int
        At least 0. The same seed gives the same audit.
    control : bool
        Whether to measure what the test would have caught.
    pilot_pairs, confirm_pairs : int
        Pairs before the test and after an alarm, apart from it.

    Raises
    ------
    UserError
        When the technique claims no differential privacy, or an argument is out of range.

    References
    ----------
    T. Gonzalez, M. Dulce-Rubio, A. Ramdas, M. Ribero, Sequentially auditing differential privacy, NeurIPS 2025
    (arXiv 2509.07055).
    """
    _check(pairs, alpha, seed)
    pair = technique.audit_pair()
    if pair is None:
        raise UserError(
            "an audit needs a technique that claims differential privacy", got=technique.key, do="Choose another."
        )
    guarantee = technique.guarantee(pair.tables[0].schema, pair.facts)
    claim = Claim.of(guarantee)
    runs = Runs(pair, seed, "audit")
    pilot = learn(runs.outputs("pilot", 0, pilot_pairs), claim, rng_for(seed, "audit", "learn", technique.key))
    bets = Bets(tuple(e.level for e in pilot.events), tuple(claim.delta_at(e.level) for e in pilot.events))

    capital, best, seen, alarm = bets.start(), 0.0, [np.zeros((0, len(bets.levels)), bool)] * 2, False
    for start in range(0, pairs, _BATCH):
        here, there = pilot.happened(runs.outputs("test", start, min(_BATCH, pairs - start)))
        after, total = bets.advance(capital, here, there)
        reached = np.flatnonzero(total >= -math.log(alpha))
        if len(reached):
            stop = int(reached[0]) + 1
            here, there, total, alarm = here[:stop], there[:stop], total[:stop], True
            after, _ = bets.advance(capital, here, there)
        capital, best = after, max(best, float(total.max()))
        seen = [np.concatenate([seen[0], here]), np.concatenate([seen[1], there])]
        if alarm:
            break
    at = int(np.argmax(np.logaddexp.reduce(capital, axis=1)))
    rates = (float(seen[0][:, at].mean()), float(seen[1][:, at].mean()))
    leak = _leak(pilot, at, runs, claim, confirm_pairs) if alarm else None
    twice = _twice(technique, claim) if control else None
    caught = None if twice is None else _caught(twice, claim, pairs, alpha, seed)
    return Audit(
        key=technique.key,
        settings=pair.technique.settings(),
        claim=claim,
        claimed=guarantee.kind == "claimed",
        neighbours=pair.neighbours,
        story=pair.story,
        note=pair.note,
        pairs=len(seen[0]),
        planned=pairs,
        alpha=alpha,
        flagged=alarm,
        p_value=min(1.0, math.exp(-best)),
        event=pilot.events[at],
        rates=rates,
        leak=leak,
        control=caught,
        control_run=twice is not None,
    )


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of a mechanism on both tables, every one with randomness of its own.

    Parameters
    ----------
    pair : AuditPair
    seed : int
    label : str
        Runs under different labels share nothing.
    """

    pair: AuditPair
    seed: int
    label: str

    def outputs(self, part: str, start: int, count: int) -> tuple[Labels, Labels]:
        """Return what pairs `start` to `start + count` gave back under D and under D', each (count, numbers)."""
        here, there = (np.array(list(self._world(world, part, start, count))) for world in (0, 1))
        return here, there

    def _world(self, world: int, part: str, start: int, count: int) -> Iterator[Labels]:
        pair, table = self.pair, self.pair.tables[world]
        training = pair.technique.stage is Stage.TRAINING
        run: Any = pair.technique.train if training else pair.technique.protect
        for number in range(start, start + count):
            rng = rng_for(self.seed, self.label, pair.technique.key, part, f"world {world}", number)
            yield np.nan_to_num(np.asarray(pair.statistic(run(table, pair.facts, rng)), dtype=np.float64))


def _leak(pilot: Pilot, at: int, runs: Runs, claim: Claim, pairs: int) -> Leak:
    """Bound the leak on fresh pairs, with the one event on which the bet earned most."""
    here, there = pilot.happened(runs.outputs("confirm", 0, pairs))
    return lower_bound(int(here[:, at].sum()), int(there[:, at].sum()), pairs, claim)


def _twice(technique: Technique, claim: Claim) -> Technique | None:
    """Return the technique with twice its epsilon, or None where that is more than it takes."""
    changed: dict[str, Any] = {"epsilon": 2 * claim.epsilon}
    try:
        return replace(technique, **changed)
    except UserError:
        return None


def _caught(technique: Technique, claim: Claim, pairs: int, alpha: float, seed: int) -> int | None:
    """Return after how many pairs (median) this test refutes the claim of a technique that spends more.

    The events are learned afresh, as they would be; the test is then played on pairs drawn with replacement from
    `CONTROL` real ones.
    """
    pair = technique.audit_pair()
    if pair is None:
        return None
    runs = Runs(pair, seed, "control")
    pilot = learn(runs.outputs("pilot", 0, PILOT), claim, rng_for(seed, "control", "learn", technique.key))
    bets = Bets(tuple(e.level for e in pilot.events), tuple(claim.delta_at(e.level) for e in pilot.events))
    here, there = pilot.happened(runs.outputs("test", 0, CONTROL))
    rng = rng_for(seed, "control", "resample", technique.key)
    times = []
    for _ in range(_RESAMPLES):
        drawn = rng.integers(0, CONTROL, pairs)
        times.append(bets.first_alarm(here[drawn], there[drawn], alpha) or math.inf)
    middle = float(np.median(times))
    return int(middle) if math.isfinite(middle) else None


def _check(pairs: int, alpha: float, seed: int) -> None:
    if not 100 <= pairs <= 1_000_000:
        raise UserError("pairs must lie between 100 and 1,000,000", got=str(pairs), do="3,000 is usual.")
    if not 0 < alpha <= 0.5:
        raise UserError("alpha must lie between 0 and .5", got=repr(alpha), do="0.05 is usual.")
    if seed < 0:
        raise UserError("a seed is 0 or more", got=str(seed), do="Give another.")
