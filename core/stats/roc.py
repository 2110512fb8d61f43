"""Areas, thresholds and rates of scores; higher scores mean "more likely a member"."""

from __future__ import annotations

import numpy as np

from core.data.table import Labels


def auc(scores: Labels, positive: Labels) -> float:
    """Return the area under the ROC curve, ties counted half (Mann-Whitney); NaN when one side is empty.

    >>> auc(np.array([.1, .4, .35, .8]), np.array([False, False, True, True]))
    0.75
    """
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    if n1 == 0 or n0 == 0:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def best_threshold(scores: Labels, positive: Labels) -> tuple[float, float]:
    """Return the threshold (guess "member" above it) with the largest TPR - FPR, and that difference.

    The threshold lies halfway between two different scores, so no score ties with it. The difference is optimistic on
    the scores it was chosen on: apply the threshold to other people. When all scores are equal there is nothing to
    choose: infinity, guess nobody.

    >>> best_threshold(np.array([0., 1., 2., 3.]), np.array([False, False, True, True]))
    (1.5, 1.0)
    """
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    if n1 == 0 or n0 == 0:
        return float("inf"), 0.0
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], positive[order]
    gain = np.cumsum(np.where(hits, 1 / n1, -1 / n0))
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    inner = last[:-1]
    if not len(inner):
        return float("inf"), 0.0
    best = int(inner[int(np.argmax(gain[inner]))])
    return float((ranked[best] + ranked[best + 1]) / 2), float(gain[best])


def tied_share(scores: Labels) -> float:
    """Return the share of scores that equal another score."""
    _, counts = np.unique(scores, return_counts=True)
    return float(counts[counts > 1].sum() / max(len(scores), 1))
