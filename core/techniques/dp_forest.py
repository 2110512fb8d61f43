"""diffprivlib's random forest, behind guards; its epsilon is claimed, not proved."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.params import FloatRange, IntRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, Predictor, PublicFacts, Stage, Technique
from core.techniques.diffprivlib_guard import audit_table, claimed, decline, fit_guarded

_REASON = (
    "diffprivlib claims this epsilon and we cannot confirm it: one person more or less moves the blocks of rows that "
    "the trees are grown on, and the vote in a leaf is protected against adding or removing a row only, so neither "
    "adding or removing a person nor replacing one is covered exactly."
)


@dataclass(frozen=True, kw_only=True)
class DPForest(Technique):
    """Grow trees with random cuts, each on rows of its own, and publish a noisy majority class for every leaf.

    Mechanism (diffprivlib): columns and cut points are drawn without looking at the data; the rows are shuffled and
    dealt out, each to one tree; in every leaf the class is chosen by permute-and-flip with the whole epsilon. Because
    cuts are random, even an enormous epsilon stays well below an ordinary forest. Our guards: public bounds and
    classes; one invented row per class in the middle of the bounds, so that an empty table works; a warning that
    something was read from the data is an error; of a person with several rows one is drawn.

    Each column enters as one number (categories by their place in the public list, the missing as the middle): random
    cuts find the few useful ones among 12 columns, but not among 120 indicators.

    Parameters
    ----------
    epsilon : float
        The library's claim.
    trees : int
        Every row serves one tree only, so more trees means fewer rows for each.

    Guarantee
    ---------
    Kind `claimed`: no bound on attacks follows from it.

    Examples
    --------
    >>> DPForest(epsilon=3, trees=10).settings()
    {'epsilon': 3.0, 'trees': 10}

    References
    ----------
    N. Holohan et al., Diffprivlib: the IBM differential privacy library, 2019 (arXiv 1907.02444); S. Fletcher,
    M. Z. Islam, Differentially private random decision forests using smooth sensitivity, 2017 (1606.03572).
    """

    key: ClassVar[str] = "dp_forest"
    title: ClassVar[str] = "Private random forest"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    strength: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.3, 1.0, 3.0, 10.0)
    stops: ClassVar[str] = (
        "Meant to hide whether one person was in the data from those who see the forest; how well is measured here, "
        "not proved, and it does not protect rows released beside the model."
    )

    DEPTH: ClassVar[int] = 9
    """Cuts from root to leaf: at 5 a forest hardly beats the majority class, beyond 10 time doubles for nothing."""

    epsilon: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Lower means more leaves that vote for a wrong class.")
    )
    trees: int = param(20, IntRange(low=1, high=200, log=True, unit="trees", help="Each row serves one tree only."))

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table without a target or without public knowledge."""
        return decline(self.key, schema, facts)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the library's claim and why it stays one."""
        return claimed(self.epsilon, _REASON, schema, facts)

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
        """Train on these rows; zero rows are enough."""
        from diffprivlib.models import RandomForestClassifier

        return fit_guarded(
            lambda bounds, state: RandomForestClassifier(
                n_estimators=self.trees,
                epsilon=self.epsilon,
                bounds=bounds,
                classes=np.arange(len(facts.classes)),
                max_depth=self.DEPTH,
                shuffle=True,
                random_state=state,
            ),
            rows,
            facts,
            rng,
            votes=self.trees,
        )

    def audit_pair(self) -> AuditPair:
        """Return people of one class in one place, and one more of them, where that moves most blocks of rows.

        At most 12 trees are grown: they take most of the time, and more trees only show more of the same.
        """
        audited = _Shallow(epsilon=self.epsilon, trees=min(self.trees, 12))
        people = _most_moved(audited.trees)
        table = audit_table([1.0] * (people + 1), ["a"] * (people + 1))
        fewer, more = (_chances(count, audited.trees, self.epsilon) for count in (people, people + 1))
        surprise = np.log(fewer / more)
        return AuditPair(
            technique=audited,
            tables=(table.take(np.arange(people)), table),
            facts=PublicFacts(people=people, classes=("a", "b")),
            neighbours="add_remove",
            statistic=lambda model: _votes(model, surprise),
            story=f"{people} people who are all the same, and one more of them",
        )


@dataclass(frozen=True, kw_only=True)
class _Shallow(DPForest):
    """The forest with fewer cuts, for audits: they are drawn without looking at anybody, so depth costs time only."""

    DEPTH: ClassVar[int] = 4


def _blocks(rows: int, trees: int) -> Labels:
    """Return the tree that each place in the shuffled order belongs to, as diffprivlib deals the rows out."""
    return (np.arange(rows) // (rows / trees)).astype(int)


def _most_moved(trees: int) -> int:
    """Return for how many people, up to one a tree, one more moves the most rows to another tree's block.

    The two invented rows are dealt out too. Of several such numbers it is the largest.

    >>> _most_moved(12), _most_moved(1)
    (6, 1)
    """
    moved = []
    for rows in range(3, max(trees, 1) + 3):
        less, more = (np.bincount(_blocks(n, trees), minlength=trees) for n in (rows, rows + 1))
        moved.append((int(np.abs(more - less).sum()), rows - 2))
    return max(moved)[1]


def _chances(people: int, trees: int, epsilon: float) -> Labels:
    """Return the probability of every pattern of votes where the people stand, the first tree the highest bit.

    A tree with c of them votes for the other class with probability e^(-c epsilon) / 2 (permute and flip).
    """
    patterns = np.arange(2**trees)[:, None] >> np.arange(trees)[::-1] & 1
    rows, block = people + 2, _blocks(people + 2, trees)
    found = []
    for invented in combinations(range(rows), 2):
        count = np.bincount(np.delete(block, invented), minlength=trees)
        wrong = np.exp(-count * epsilon) / 2
        found.append(np.where(patterns == 1, wrong, 1 - wrong).prod(axis=1))
    return np.asarray(np.mean(found, axis=0))


def _votes(model: Any, surprise: Labels) -> Labels:
    """Return how surprising the votes are, then each tree's vote where the people and where the invented rows stand."""
    places = np.array([[1.0], [0.0]], dtype=np.float32)
    votes = np.array([tree.tree_.predict(places).reshape(2, -1)[:, 1] for tree in model.estimator.estimators_])
    pattern = int(votes[:, 0] @ 2 ** np.arange(len(votes))[::-1])
    return np.concatenate([[surprise[pattern]], votes.ravel()])
