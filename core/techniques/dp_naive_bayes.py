"""diffprivlib's Gaussian naive Bayes, behind guards; its epsilon is claimed, not proved."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
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
    "diffprivlib claims this epsilon and we cannot confirm all of it: by our reading one person added or removed costs "
    "five sixths of it, if the library's Laplace and geometric noise are right, and nothing beyond our audit confirms "
    "that. Replacing one person by another of a different class costs up to five thirds of it."
)


@dataclass(frozen=True, kw_only=True)
class DPNaiveBayes(Technique):
    """Publish each class's noisy count, and a noisy mean and variance of every column in it, and predict from those.

    Mechanism (diffprivlib, with class counts of our own): a third of epsilon goes to the class counts, a third to the
    means and a third to the variances, the last two split evenly over the columns, so many columns mean much noise. The
    library forces its noisy counts to add up to the exact number of rows, which tells whether somebody is one of them;
    ours are drawn alike but left as they are. Our guards: all bounds are public and symmetric around 0 (with bounds
    that exclude 0 the library's epsilon is broken outright: bounds 1920 to 2010 and a claimed epsilon of 1 showed 4.68
    or more); every class is present through one invented row in the middle of the bounds, because the library takes the
    list of classes from the data; a warning that something was read from the data is an error; of a person with several
    rows one is drawn.

    Each column enters as one number (categories by their place in the public list, the missing as the middle).

    Parameters
    ----------
    epsilon : float
        The library's claim.

    Guarantee
    ---------
    Kind `claimed`, add/remove neighbours: no bound on attacks follows from it. Why it should hold: one row more, with
    values on [-1, 1], changes one class only. Its count changes by 1 under geometric noise of scale 3 / epsilon: a
    third of epsilon. Each column's sum changes by 1 at most, under Laplace noise for a change of 2: half of the means'
    third. Each column's sum of squared distances to the *published* mean changes by (1 + |mean|)^2 at most, which is
    what the noise is made for: a third. The limits of the noise (0 or -1 and 1 times the noisy count, (1 + |mean|)^2
    times the noisy count) are published numbers. Together 5/6. A changed class touches two classes, so replacing one
    person costs up to 5/3.

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

        def build(bounds: tuple[Labels, Labels], state: Any) -> Any:
            model = GaussianNB(epsilon=self.epsilon, bounds=bounds, random_state=state)
            model._noisy_class_counts = partial(noisy_counts, self.epsilon / 3)
            return model

        return fit_guarded(build, rows, facts, rng)

    def audit_pair(self) -> AuditPair:
        """Return people of one class on one side, and one more of them at the other end: everything moves most."""
        places = [_SIDE] * _PEOPLE + [1.0]
        table = audit_table(places, ["b"] * len(places))
        return AuditPair(
            technique=self,
            tables=(table.take(np.arange(_PEOPLE)), table),
            facts=PublicFacts(people=_PEOPLE, classes=("a", "b")),
            neighbours="add_remove",
            statistic=lambda model: _published(model, self.epsilon / 3),
            story=f"{_PEOPLE} people who are all the same, and one more of them at the other end of the scale",
        )


_PEOPLE, _SIDE = 20, -0.5
"""Of the audit: enough people that their mean stays on their side of 0, from where the newcomer is far."""


def noisy_counts(epsilon: float, target: Labels, random_state: Any) -> Labels:
    """Return the count of every class that is present, at least 1, with geometric noise.

    As in diffprivlib, except that they are not made to add up to the number of rows and that this number does not
    limit them: neither is public.

    Parameters
    ----------
    epsilon : float
        For one row more or less.
    target : integer array, shape (rows,)
    random_state : RandomState
    """
    from diffprivlib.mechanisms import GeometricTruncated

    noise = GeometricTruncated(epsilon=epsilon, lower=1, upper=math.inf, random_state=random_state)
    return np.array([noise.randomise(int(count)) for count in np.unique(target, return_counts=True)[1]])


def _published(model: Any, epsilon: float) -> Labels:
    """Return how far the noisy count, sum and sum of squares speak for D, then these and what is stored.

    The first is the logarithm of a likelihood ratio, up to what the limits of the noise change.
    """
    fitted = model.estimator
    count, mean, spread = fitted.class_count_[1], fitted.theta_[1, 0], fitted.var_[1, 0]
    others = _PEOPLE * (_SIDE - mean) ** 2 + mean**2  # about the published mean; the invented row lies at 0
    sides = [
        (count, _PEOPLE + 1, 1, 1),
        (count * mean, _PEOPLE * _SIDE, 1, 2),
        (count * spread, others, (1 - mean) ** 2, (1 + abs(mean)) ** 2),
    ]
    told = [(abs(seen - here - step) - abs(seen - here)) * epsilon / scale for seen, here, step, scale in sides]
    stored = [np.ravel(part) for part in (fitted.class_count_, fitted.theta_, fitted.var_)]
    return np.concatenate([[sum(told), *told, fitted.class_count_.sum()], *stored])
