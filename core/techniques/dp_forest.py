"""diffprivlib's random forest, behind guards; its epsilon is claimed, not proved."""

from __future__ import annotations

from dataclasses import dataclass
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
    "diffprivlib claims this epsilon and we cannot confirm all of it: that each person's row serves one tree, drawn "
    "for it alone, is our doing; that the vote in a leaf keeps epsilon when one person is added or removed rests on "
    "the library, and nothing beyond our audit confirms it. Replacing one person counts as removing one and adding "
    "one: twice epsilon."
)


@dataclass(frozen=True, kw_only=True)
class DPForest(Technique):
    """Grow trees with random cuts, each on rows of its own, and publish a noisy majority class for every leaf.

    Mechanism (diffprivlib's trees, dealt out by us): columns and cut points are drawn without looking at the data;
    every row draws one tree, all equally likely and independently of the other rows; in every leaf the class is chosen
    by permute-and-flip with the whole epsilon. The library's own forest deals rows out in blocks of equal size, so that
    one person more moves other people's rows to other trees: the audit refutes epsilon 1 there (the worst log-ratio of
    12 trees on 6 or 7 equal people is 3.5). Because cuts are random, even an enormous epsilon stays well below an
    ordinary forest.

    Our guards: public bounds and classes; one invented row per class in the middle of the bounds, dealt like the
    others; a warning that something was read from the data is an error; of a person with several rows one is drawn.
    Neither the number of rows of a tree or a leaf nor the state of the random numbers is kept in the model.

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
    Kind `claimed`, add/remove neighbours: no bound on attacks follows from it. Why it should hold: fix which trees the
    other rows drew, and the tree t that the new row drew. Then the data of one tree differ, in one leaf, by 1 in the
    count of one class; every other vote has the same distribution. Permute-and-flip is the class with the largest
    count + Exponential(epsilon) noise, so raising one count by 1 changes the probability of each class by a factor of
    e^epsilon at most, up or down (an empty leaf draws evenly, which is the same mechanism at equal counts). What the
    others draw has the same distribution with and without the new row, and an average over it and over t keeps the
    factor. It is reached: with nobody else in the table, all trees vote against the new person's class at their place
    e^epsilon times less often, so more trees do not help either.

    Examples
    --------
    >>> DPForest(epsilon=3, trees=10).settings()
    {'epsilon': 3.0, 'trees': 10}

    References
    ----------
    N. Holohan et al., Diffprivlib: the IBM differential privacy library, 2019 (arXiv 1907.02444); S. Fletcher,
    M. Z. Islam, Differentially private random decision forests using smooth sensitivity, 2017 (1606.03572).
    F. McSherry, Privacy integrated queries, SIGMOD 2009: parallel composition. R. McKenna, D. Sheldon,
    Permute-and-flip, 2020 (2010.12603); Z. Ding et al., The permute-and-flip mechanism is identical to
    report-noisy-max with exponential noise, 2021 (2105.07260).
    """

    key: ClassVar[str] = "dp_forest"
    title: ClassVar[str] = "Private random forest"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    dial: ClassVar[str | None] = "epsilon"
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
        return fit_guarded(
            lambda bounds, state: _Dealer(self.trees, self.epsilon, self.DEPTH, bounds, len(facts.classes), state),
            rows,
            facts,
            rng,
            votes=self.trees,
        )

    def audit_pair(self) -> AuditPair:
        """Return nobody, and one person: where a leaf is empty, one vote moves by all of epsilon.

        Two trees at most: all trees together vote against the person's class e^epsilon times less often, whatever
        their number, but the fewer they are the more often that happens. One alone would not notice a row that
        serves two.
        """
        table = audit_table([1.0], ["a"])
        return AuditPair(
            technique=_Shallow(epsilon=self.epsilon, trees=min(self.trees, 2)),
            tables=(table.take(np.arange(0)), table),
            facts=PublicFacts(people=1, classes=("a", "b")),
            neighbours="add_remove",
            statistic=_votes,
            story="nobody, and one person alone",
        )


@dataclass(frozen=True, kw_only=True)
class _Shallow(DPForest):
    """The forest with fewer cuts, for audits: they are drawn without looking at anybody, so depth costs time only."""

    DEPTH: ClassVar[int] = 4


@dataclass(frozen=True, eq=False)
class _Dealer:
    """A forest to be grown: deals the rows out, then grows each tree on its own rows.

    Parameters
    ----------
    trees, epsilon, depth : as in `DPForest`
    bounds : (array, array)
        Public.
    classes : int
        How many there are; public.
    state : RandomState
        One stream for everything, used up in order: no tree starts where another did.
    """

    trees: int
    epsilon: float
    depth: int
    bounds: tuple[Labels, Labels]
    classes: int
    state: Any

    def deal(self, rows: int) -> Labels:
        """Return the tree of each row: drawn for it alone, so that nobody's presence moves anybody else."""
        return np.asarray(self.state.randint(self.trees, size=rows))

    def fit(self, features: Labels, target: Labels) -> DealtForest:
        """Return the grown forest."""
        from diffprivlib.models.forest import DecisionTreeClassifier

        known, owner, grown = np.arange(self.classes), self.deal(len(target)), []
        single = features.astype(np.float32)  # what scikit-learn's trees answer for
        for number in range(self.trees):
            tree = DecisionTreeClassifier(
                max_depth=self.depth, epsilon=self.epsilon, bounds=self.bounds, classes=known, random_state=self.state
            )
            mine = owner == number
            # without the checks of the input, which refuse a tree that nobody drew
            grown.append(tree.fit(single[mine], target[mine], check_input=False).tree_)
        return DealtForest(tuple(grown), known, self.bounds)


@dataclass(frozen=True, eq=False)
class DealtForest:
    """Grown trees: cuts and one class per leaf, without the random numbers and row counts of their growth.

    Parameters
    ----------
    trees : tuple of scikit-learn's Tree
    classes_ : integer array
    bounds : (array, array)
    """

    trees: tuple[Any, ...]
    classes_: Labels
    bounds: tuple[Labels, Labels]

    def votes(self, features: Labels) -> Labels:
        """Return each tree's vote as 0 or 1 per class, shape (trees, rows, classes)."""
        single = np.ascontiguousarray(features, dtype=np.float32)
        return np.array([tree.predict(single).reshape(len(single), -1) for tree in self.trees])

    def predict_proba(self, features: Labels) -> Labels:
        """Return the share of votes, shape (rows, classes)."""
        return np.asarray(self.votes(features).mean(axis=0))


def _votes(model: Any) -> Labels:
    """Return how many trees vote for the other class where the person may stand, then every vote there and at 0."""
    votes = model.estimator.votes(np.array([[1.0], [0.0]]))[:, :, 1]
    return np.concatenate([[votes[:, 0].sum()], votes.ravel()])
