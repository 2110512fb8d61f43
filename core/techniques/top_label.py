"""Labels only: the model tells its best guess and no probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.data.schema import Schema
from core.data.table import Labels
from core.techniques.answers import classes_only
from core.techniques.base import Family, PublicFacts, Stage, Technique


@dataclass(frozen=True, kw_only=True)
class TopLabel(Technique):
    """Tell the most probable class and nothing else.

    The answer is 1 for that class (the first of equal ones) and 0 for the others. Accuracy stays as it is; whatever
    needs probabilities, ROC AUC say, is measured on these zeros and ones.

    Guarantee: none. A model that is right more often about its members than about others still tells them apart, and
    an attacker who asks about many rows close to a person's can find how far that person is from the border between
    two classes: our attacks ask once a row.

    Examples
    --------
    >>> TopLabel().answer(np.array([[0.26, 0.74], [0.5, 0.5]])).tolist()
    [[0.0, 1.0], [1.0, 0.0]]

    References
    ----------
    C. Choquette-Choo et al., Label-only membership inference attacks, ICML 2021 (arXiv 2007.14321).
    """

    key: ClassVar[str] = "top_label"
    title: ClassVar[str] = "Answer with the label alone (no guarantee)"
    family: ClassVar[Family] = Family.COARSEN
    stage: ClassVar[Stage] = Stage.ANSWERS
    stops: ClassVar[str] = (
        "Stops attacks that need probabilities; one that needs labels alone still finds members whom the model gets "
        "right more often, the more so if it may ask many times, and nothing is proved."
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a number to predict."""
        return classes_only(self.key, facts, schema)

    def answer(self, probabilities: Labels) -> Labels:
        """Return 1 for the most probable class and 0 for the others."""
        told: Labels = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
        return told
