"""diffprivlib's random forest, behind guards; its epsilon is claimed, not proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Table
from core.params import FloatRange, IntRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import Family, Predictor, PublicFacts, Stage, Technique
from core.techniques.diffprivlib_guard import GuardedPredictor, GuardedRows, claimed, decline, guarded, random_state
from core.techniques.public_encoding import PublicEncoder

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

        encoder = PublicEncoder.for_table(rows, facts)
        given = GuardedRows.of(encoder, rows, facts.classes, rng)
        with guarded():
            forest = RandomForestClassifier(
                n_estimators=self.trees,
                epsilon=self.epsilon,
                bounds=given.bounds,
                classes=np.arange(len(facts.classes)),
                max_depth=self.DEPTH,
                shuffle=True,
                random_state=random_state(rng),
            )
            forest.fit(given.features, given.target)
        return GuardedPredictor(encoder, forest, self.trees)
