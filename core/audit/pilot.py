"""What to look for in a mechanism's output: learned from runs that are used for nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from core.audit.claim import Claim
from core.data.table import Labels
from core.rng import seed_from

_CUTS = 60
"""Most thresholds that are tried."""


@dataclass(frozen=True)
class Event:
    """An event, "the score of the output is at least (or at most) a threshold", fixed before the test starts.

    Parameters
    ----------
    level : float
        The exchange rate e' at which it is tested.
    world : {0, 1}
        In which world it is bet to happen too often: 0 for D, 1 for D'.
    scorer : int
        Which of the scorers.
    threshold : float
    """

    level: float
    world: int
    scorer: int
    threshold: float

    def happened(self, scores: Labels) -> Labels:
        """Return whether it happened in each run; scores have the shape (runs, scorers) and are high for D."""
        return self.among(scores[:, self.scorer])

    def among(self, score: Labels) -> Labels:
        """Return the same from the one score that matters."""
        return np.asarray(score >= self.threshold if self.world == 0 else score <= self.threshold)

    def describe(self) -> str:
        """Say what it is."""
        how = ("own score", "linear score", "forest score")[self.scorer]
        return f"{how} of the output {'at least' if self.world == 0 else 'at most'} {self.threshold:.4g}"


@dataclass(frozen=True, eq=False)
class Pilot:
    """Scores that tell D from D', and the events to bet on.

    Parameters
    ----------
    scorers : tuple of callables
        Each takes outputs, shape (runs, numbers), and returns a score per run: an approximate likelihood ratio.
    events : tuple of Event
        One for each level and direction.
    """

    scorers: tuple[Callable[[Labels], Labels], ...]
    events: tuple[Event, ...]

    def scores(self, outputs: Labels) -> Labels:
        """Return the scores, shape (runs, scorers)."""
        return np.column_stack([scorer(outputs) for scorer in self.scorers])

    def happened(self, outputs: tuple[Labels, Labels]) -> tuple[Labels, Labels]:
        """Return (X, Y) of every event for pairs of outputs (under D, under D'), each of shape (pairs, events)."""
        scores = [self.scores(found) for found in outputs]
        here = [event.happened(scores[event.world]) for event in self.events]
        there = [event.happened(scores[1 - event.world]) for event in self.events]
        return np.column_stack(here), np.column_stack(there)


def learn(outputs: tuple[Labels, Labels], claim: Claim, rng: Generator) -> Pilot:
    """Learn scores on one half of the pilot and choose thresholds on the other, so that neither flatters the other.

    Beside the technique's own score (its first number) two are learned: a linear one, which is the likelihood ratio of
    Gaussian noise, and a forest's, which finds single values and combinations. For each level and direction the score
    and the threshold with the largest (p - e^level q - delta) / standard error win. A bad choice costs
    power, never the validity of the test.

    Parameters
    ----------
    outputs : two arrays, shape (pairs, numbers)
        Outputs under D and under D', from runs that the test does not see.
    claim : Claim
    rng : Generator
    """
    half = len(outputs[0]) // 2
    scorers = (
        _own,
        _linear(outputs[0][:half], outputs[1][:half]),
        _forest(outputs[0][:half], outputs[1][:half], seed_from(rng)),
    )
    parts = (slice(None), slice(half, None), slice(half, None))
    rest = [[scorer(found[part]) for scorer, part in zip(scorers, parts, strict=True)] for found in outputs]
    events = [_best(rest, claim, level, world) for level in claim.levels for world in (0, 1)]
    return Pilot(scorers, tuple(events))


def _best(scores: list[list[Labels]], claim: Claim, level: float, world: int) -> Event:
    delta, rate = claim.delta_at(level), math.exp(level)
    found: list[tuple[float, Event]] = []
    for scorer in range(len(scores[0])):
        sides = [side[scorer] for side in scores]
        both = np.unique(np.concatenate(sides))
        middles = (both[1:] + both[:-1]) / 2 if len(both) > 1 else both
        cuts = middles[np.unique(np.linspace(0, len(middles) - 1, _CUTS).astype(int))]
        for cut in cuts:
            event = Event(level, world, scorer, float(cut))
            # half a success is added on either side: an event that never happened may happen yet
            p, q = ((event.among(side).sum() + 0.5) / (len(side) + 1) for side in (sides[world], sides[1 - world]))
            found.append(((p - rate * q - delta) / math.sqrt(p + rate**2 * q), event))
    return max(found, key=lambda pair: pair[0])[1]


def _own(outputs: Labels) -> Labels:
    """Return the technique's own score."""
    return np.asarray(outputs[:, 0])


def _linear(here: Labels, there: Labels) -> Callable[[Labels], Labels]:
    """Return Fisher's linear discriminant, slightly shrunk."""
    centre = (here.mean(axis=0) + there.mean(axis=0)) / 2
    spread = np.concatenate([here - here.mean(axis=0), there - there.mean(axis=0)])
    size = np.maximum(np.concatenate([here, there]).std(axis=0), 1e-12)
    covariance = (spread / size).T @ (spread / size) / len(spread)
    ridge = covariance + 0.01 * np.eye(len(size))
    weights = np.linalg.solve(ridge, (here.mean(axis=0) - there.mean(axis=0)) / size) / size
    return lambda outputs: np.asarray((outputs - centre) @ weights)


def _forest(here: Labels, there: Labels, seed: int) -> Callable[[Labels], Labels]:
    """Return a forest's share of votes for D."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(n_estimators=40, min_samples_leaf=3, max_features=None, random_state=seed, n_jobs=1)
    forest.fit(np.concatenate([here, there]), np.repeat([1, 0], [len(here), len(there)]))
    return lambda outputs: np.asarray(forest.predict_proba(outputs)[:, 1])
