"""Utility metrics, each with the influence of every TEST row, so that intervals by person need no bootstrap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import rankdata

from core.data.table import Labels

Scored = tuple[float, Labels]
"""A metric's value and the influence of each row on it: sum zero, so that var(value) = sum of squared influences."""


def _accuracy(proba: Labels, target: Labels) -> Scored:
    right = (proba.argmax(axis=1) == target).astype(float)
    return float(right.mean()), (right - right.mean()) / len(right)


def _balanced_accuracy(proba: Labels, target: Labels) -> Scored:
    right = (proba.argmax(axis=1) == target).astype(float)
    present = np.unique(target)
    influence = np.zeros(len(target))
    recalls = []
    for label in present:
        mine = target == label
        recalls.append(right[mine].mean())
        influence[mine] = (right[mine] - recalls[-1]) / (mine.sum() * len(present))
    return float(np.mean(recalls)), influence


def _roc_auc(proba: Labels, target: Labels) -> Scored:
    """One class against the rest, averaged over the classes present (two classes: the usual area)."""
    present = [int(label) for label in np.unique(target)]
    if len(present) < 2:
        return float("nan"), np.zeros(len(target))
    chosen = present[1:] if proba.shape[1] == 2 else present
    areas = []
    influence = np.zeros(len(target))
    for label in chosen:
        mine = target == label
        n1, n0 = int(mine.sum()), int((~mine).sum())
        score = proba[:, label]
        whole, inside, outside = rankdata(score), rankdata(score[mine]), rankdata(score[~mine])
        # DeLong's placement values: the share of the other side that each row beats, ties half.
        beats, beaten = (whole[mine] - inside) / n0, 1 - (whole[~mine] - outside) / n1
        areas.append(float(beats.mean()))
        influence[mine] += (beats - areas[-1]) / n1 / len(chosen)
        influence[~mine] += (beaten - areas[-1]) / n0 / len(chosen)
    return float(np.mean(areas)), influence


def _r2(answers: Labels, target: Labels) -> Scored:
    """Return 1 - squared errors / squares around the mean of TEST, whose weight in the denominator counts too."""
    squares, around = (target - answers) ** 2, (target - target.mean()) ** 2
    spread = float(around.mean())
    if not spread or not np.ptp(target):  # the mean of equal values may round to another one
        return float("nan"), np.zeros(len(target))
    ratio = float(squares.mean()) / spread
    return 1 - ratio, (ratio * around - squares) / spread / len(target)


def _mae(answers: Labels, target: Labels) -> Scored:
    errors = np.abs(target - answers)
    return float(errors.mean()), (errors - errors.mean()) / len(target)


def _majority(target: Labels) -> float:
    return float(np.bincount(target).max() / len(target))


def _chance(target: Labels) -> float:
    return 1 / len(np.unique(target))


def _from_median(target: Labels) -> float:
    return float(np.abs(target - np.median(target)).mean())


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A utility metric, with the words in which pages, reports and documents speak of it.

    Parameters
    ----------
    key, title, sentence : str
        `sentence` says in plain words what the number is.
    description, interpretation, caveat : str
        How it is computed; how to read a value; what it does not tell.
    score : callable
        (answers, target) -> value, influence per row. Answers are probabilities, shape (rows, classes), and the target
        holds class codes; or numbers, shape (rows,), both.
    reference : callable
        target -> what a model that knows nothing reaches.
    reference_name : str
    undefined : str
        Why there can be no value.
    task : {"classification", "regression"}
    better : {"higher", "lower"}
    """

    key: str
    title: str
    sentence: str
    description: str
    interpretation: str
    caveat: str
    score: Callable[[Labels, Labels], Scored]
    reference: Callable[[Labels], float]
    reference_name: str
    undefined: str = "TEST has one class only"
    task: str = "classification"
    better: str = "higher"

    def describe(self) -> dict[str, Any]:
        """Return the JSON of the command line's listings."""
        return {
            "key": self.key,
            "title": self.title,
            "family": "utility",
            "parameters": [],
            "idea": self.sentence,
            "reference": self.reference_name,
            "task": self.task,
            "better": self.better,
            "description": self.description,
            "interpretation": self.interpretation,
            "caveat": self.caveat,
        }


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            key="accuracy",
            title="Accuracy",
            sentence="Share of people the model has never seen whose class it predicts right.",
            description="The class with the highest probability is compared with the true class of every TEST row.",
            interpretation="0.85 means: of 100 new people, the model gets about 85 right. Compare it with always "
            "answering the most frequent class.",
            caveat="Where one class is rare, always answering the other looks good: look at balanced accuracy too.",
            score=_accuracy,
            reference=_majority,
            reference_name="always answering the most frequent class",
        ),
        Metric(
            key="balanced_accuracy",
            title="Balanced accuracy",
            sentence="Accuracy within each class, averaged: small classes count as much as large ones.",
            description="The share predicted right is computed among the TEST rows of each class, then averaged over "
            "the classes that TEST has.",
            interpretation="With two classes 0.5 is guessing and 1 is perfect; with m classes guessing gives 1 / m.",
            caveat="A class with few people in TEST weighs as much as a large one, so its chance errors show.",
            score=_balanced_accuracy,
            reference=_chance,
            reference_name="guessing blindly",
        ),
        Metric(
            key="roc_auc",
            title="ROC AUC",
            sentence="Chance that the model ranks a random person of the class above a random person outside it.",
            description="The area under the curve of hits against false alarms over all thresholds, ties half; with "
            "more than two classes each against the rest, averaged.",
            interpretation="0.5 is guessing, 1 means that everybody of the class stands above everybody outside it.",
            caveat="It says how well people are ranked, not whether the probabilities or one threshold are right.",
            score=_roc_auc,
            reference=lambda target: 0.5,
            reference_name="guessing blindly",
        ),
    )
}
"""Metrics of studies that predict a class."""

REGRESSION_METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            key="r2",
            title="R2",
            sentence="Share of the differences between new people's values that the model explains.",
            description="One minus the mean squared error on TEST divided by the variance of the target in TEST.",
            interpretation="1 is perfect, 0 is no better than giving everybody the mean of TEST, below 0 is worse "
            "than that. 0.6 means: squared errors are 60 % smaller than with the mean for everybody.",
            caveat="Squares let a few people with extreme values decide it; and it depends on how much the people "
            "differ, so it cannot be compared between tables.",
            score=_r2,
            reference=lambda target: 0.0,
            reference_name="always predicting the mean of TEST",
            undefined="everybody in TEST has the same target",
            task="regression",
        ),
        Metric(
            key="mae",
            title="Mean absolute error",
            sentence="How far the prediction is from a new person's value on average, in the unit of the target.",
            description="The distance between prediction and true value of every TEST row, averaged.",
            interpretation="Lower is better and 0 is perfect: 4.2 means that predictions are 4.2 units off on "
            "average. Compare it with giving everybody the median.",
            caveat="It has the target's unit, so it cannot be compared between targets; a model can be good on "
            "average and far off for a few.",
            score=_mae,
            reference=_from_median,
            reference_name="always predicting the median of TEST",
            undefined="there is no TEST row",
            task="regression",
            better="lower",
        ),
    )
}
"""Metrics of studies that predict a number."""

ALL_METRICS: dict[str, Metric] = {**METRICS, **REGRESSION_METRICS}
"""Every metric that a requirement or a chart may name; which of them a study has depends on its task."""


def metrics_for(task: str) -> dict[str, Metric]:
    """Return the metrics of a task, the first being the one that charts start with.

    >>> list(metrics_for("regression"))
    ['r2', 'mae']
    """
    return {key: metric for key, metric in ALL_METRICS.items() if metric.task == task}
