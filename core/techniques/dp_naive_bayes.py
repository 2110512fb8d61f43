"""diffprivlib's Gaussian naive Bayes, behind guards; its epsilon is claimed, not proved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.random import Generator

from core.data.schema import Schema
from core.data.table import Labels, Table
from core.params import FloatRange, param
from core.privacy.guarantee import Guarantee
from core.techniques.base import AuditPair, Family, Predictor, PublicFacts, Stage, Technique
from core.techniques.diffprivlib_guard import audit_table, claimed, decline, fit_guarded

_REASON = (
    "diffprivlib claims this epsilon and we cannot confirm it: its noisy class counts are forced to add up to the "
    "exact number of rows, and a changed label touches two classes, so neither adding or removing a person nor "
    "replacing one is covered exactly."
)


@dataclass(frozen=True, kw_only=True)
class DPNaiveBayes(Technique):
    """Publish each class's noisy count, and a noisy mean and variance of every column in it, and predict from those.

    Mechanism (diffprivlib): a third of epsilon goes to the class counts, a third to the means and a third to the
    variances, the last two split evenly over the columns, so many columns mean much noise. Our guards: all
    bounds are public and symmetric around 0 (with bounds that exclude 0 the library's epsilon is broken outright:
    bounds 1920 to 2010 and a claimed epsilon of 1 showed 4.68 or more); every class is present through one invented
    row in the middle of the bounds, because the library takes the list of classes from the data; a warning that
    something was read from the data is an error; of a person with several rows one is drawn.

    Each column enters as one number (categories by their place in the public list, the missing as the middle).

    Parameters
    ----------
    epsilon : float
        The library's claim.

    Guarantee
    ---------
    Kind `claimed`: no bound on attacks follows from it.

    Examples
    --------
    >>> DPNaiveBayes(epsilon=3).settings()
    {'epsilon': 3.0}

    References
    ----------
    N. Holohan et al., Diffprivlib: the IBM differential privacy library, 2019 (arXiv 1907.02444); J. Vaidya et al.,
    Differentially private naive Bayes classification, WI-IAT 2013.
    """

    key: ClassVar[str] = "dp_naive_bayes"
    title: ClassVar[str] = "Private naive Bayes"
    family: ClassVar[Family] = Family.TRAIN
    stage: ClassVar[Stage] = Stage.TRAINING
    strength: ClassVar[str | None] = "epsilon"
    stronger: ClassVar[str] = "lower"
    grid: ClassVar[tuple[Any, ...]] = (0.3, 1.0, 3.0, 10.0)
    stops: ClassVar[str] = (
        "Meant to hide whether one person was in the data from those who see the model; how well is measured here, "
        "not proved, and it does not protect rows released beside the model."
    )

    epsilon: float = param(
        1.0, FloatRange(low=0.01, high=100, log=True, help="Lower means more noise in counts, means and variances.")
    )

    def unsupported(self, schema: Schema, facts: PublicFacts) -> str | None:
        """Refuse a table without a target or without public knowledge."""
        return decline(self.key, schema, facts)

    def guarantee(self, schema: Schema, facts: PublicFacts) -> Guarantee:
        """Return the library's claim and why it stays one."""
        return claimed(self.epsilon, _REASON, schema, facts)

    def train(self, rows: Table, facts: PublicFacts, rng: Generator) -> Predictor:
        """Train on these rows; zero rows are enough."""
        from diffprivlib.models import GaussianNB

        return fit_guarded(
            lambda bounds, state: GaussianNB(epsilon=self.epsilon, bounds=bounds, random_state=state), rows, facts, rng
        )

    def audit_pair(self) -> AuditPair:
        """Return a table, and the same with one person replaced by another of the other class at the other end."""
        places, answers = [1.0] * 4, ["a"] * 2 + ["b"] * 2
        return AuditPair(
            technique=self,
            tables=(audit_table(places, answers), audit_table([-1.0, *places[1:]], ["b", *answers[1:]])),
            facts=PublicFacts(people=4, classes=("a", "b")),
            neighbours="replace_one",
            statistic=_published,
            story="four people, one of whom is replaced by somebody of the other class at the other end of the scale",
            note="Adding or removing a person is not tested: the model tells the exact number of people.",
        )


def _published(model: Any) -> Labels:
    """Return counts, means and variances as they are stored, and whether a mean lies inside its bounds."""
    fitted = model.estimator
    inside = (np.abs(fitted.theta_) < 1).astype(np.float64)
    return np.concatenate([np.ravel(part) for part in (fitted.class_count_, fitted.theta_, fitted.var_, inside)])
