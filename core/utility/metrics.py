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


def _majority(target: Labels) -> float:
    return float(np.bincount(target).max() / len(target))


def _chance(target: Labels) -> float:
    return 1 / len(np.unique(target))


@dataclass(frozen=True)
class Metric:
    """A utility metric: higher is better.

    Parameters
    ----------
    key, title, sentence : str
        `sentence` says in plain words what the number is.
    score : callable
        (probabilities (rows, classes), target codes (rows,)) -> value, influence per row.
    reference : callable
        target codes -> what a model that knows nothing reaches.
    reference_name : str
    """

    key: str
    title: str
    sentence: str
    score: Callable[[Labels, Labels], Scored]
    reference: Callable[[Labels], float]
    reference_name: str

    def describe(self) -> dict[str, Any]:
        """Return the JSON of the command line's listings."""
        return {
            "key": self.key,
            "title": self.title,
            "family": "utility",
            "parameters": [],
            "idea": self.sentence,
            "reference": self.reference_name,
        }


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "accuracy",
            "Accuracy",
            "Share of people the model has never seen whose class it predicts right.",
            _accuracy,
            _majority,
            "always answering the most frequent class",
        ),
        Metric(
            "balanced_accuracy",
            "Balanced accuracy",
            "Accuracy within each class, averaged: small classes count as much as large ones.",
            _balanced_accuracy,
            _chance,
            "guessing blindly",
        ),
        Metric(
            "roc_auc",
            "ROC AUC",
            "Chance that the model ranks a random person of the class above a random person outside it.",
            _roc_auc,
            lambda target: 0.5,
            "guessing blindly",
        ),
    )
}
