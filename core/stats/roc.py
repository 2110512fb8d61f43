"""Areas, thresholds and rates of scores; higher scores mean "more likely a member"."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit

from core.data.table import Labels
from core.stats.clusters import standard_error
from core.stats.levels import LEVEL, normal_quantile


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


def placements(scores: Labels, positive: Labels) -> tuple[float, Labels]:
    """Return the area under the ROC curve and the influence of each row on it (DeLong, DeLong & Clarke-Pearson 1988).

    A row's placement value is the share of the other side that it is on the right side of, ties half; its influence is
    that minus the area, divided by the number of rows on its own side. O(n log n), after Sun & Xu (2014).

    Parameters
    ----------
    scores : float array, shape (rows,)
    positive : boolean array, shape (rows,)

    Returns
    -------
    tuple
        Area (NaN when one side is empty), influence (sum zero; all 0 when the area is NaN).

    >>> area, influence = placements(np.array([.1, .4, .35, .8]), np.array([False, False, True, True]))
    >>> area, influence.tolist()
    (0.75, [0.125, -0.125, -0.125, 0.125])
    """
    influence = np.zeros(len(positive))
    ones, zeros = scores[positive], scores[~positive]
    n1, n0 = len(ones), len(zeros)
    if n1 == 0 or n0 == 0:
        return float("nan"), influence
    beats = _below(zeros, ones) / n0
    beaten = 1 - _below(ones, zeros) / n1
    area = float(beats.mean())
    influence[positive] = (beats - area) / n1
    influence[~positive] = (beaten - area) / n0
    return area, influence


def auc_interval(scores: Labels, positive: Labels, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of the area under the ROC curve, all rows independent; (NaN, NaN) when one side is empty.

    DeLong's variance on the logit scale (Pepe 2003, section 5.2.6), back-transformed: on scores of four shapes, areas
    .5 to .9, 100 to 1,000 rows a side, it covers 94.3 to 95.6 % (the plain interval 93.0 to 95.2 %, low at .9). Where
    DeLong's variance is zero (a perfect separation, or every score the same) it would be a point: then Newcombe's
    method 5 (2006), the area's score interval under exponential scores, which covers without looking at the ranks.

    Outside that grid (normal scores, 4,000 tables each): 20 against 20 rows 95.3 to 96.2 % at areas .5 to .9 and 97.5 %
    at .98; 100 against 100 94.1 % at .98, 92.7 % at .995, 97.2 % at .999; 20 against 1,000 90.8 % at .9.

    >>> low, high = auc_interval(np.arange(8.), np.arange(8) > 3)
    >>> round(low, 3), high
    (0.582, 1.0)
    """
    area, influence = placements(scores, positive)
    n1 = int(positive.sum())
    n0 = len(positive) - n1
    if n1 == 0 or n0 == 0:
        return float("nan"), float("nan")
    # Unbiased on each side: n / (n - 1), as in the paper.
    variance = sum(
        float((influence[side] ** 2).sum()) * n / max(n - 1, 1) for side, n in ((positive, n1), (~positive, n0))
    )
    return area_interval(area, math.sqrt(variance), n1, n0, level)


def area_interval(area: float, standard_error: float, n1: int, n0: int, level: float = LEVEL) -> tuple[float, float]:
    """Return the interval of an area from its standard error: logit scale, or Newcombe's method 5 when it is zero.

    Parameters
    ----------
    area : float
        0 to 1.
    standard_error : float
    n1, n0 : int
        Independent people (or rows) on each side; used only when the standard error is zero.
    """
    z = normal_quantile(level)
    if standard_error > 0 and 0 < area < 1:
        centre = math.log(area / (1 - area))
        half = z * standard_error / (area * (1 - area))
        return float(expit(centre - half)), float(expit(centre + half))
    return _score_limit(area, 0.0, n1, n0, z), _score_limit(area, 1.0, n1, n0, z)


def auc_by_person(
    scores: Labels, positive: Labels, used: Labels | None = None, half: Labels | None = None
) -> tuple[float, Labels]:
    """Return the mean area over replicates (and halves) and the influence of each person on it.

    Parameters
    ----------
    scores : float array, shape (people, replicates)
    positive : boolean array, shape (people, replicates)
        Members of each replicate.
    used : boolean array, shape (people, replicates), optional
        The scores that count; all by default.
    half : boolean array, shape (people,), optional
        An area within each half of the people, because the halves' scores are of different attacks.

    Returns
    -------
    tuple
        Area, the plain mean of those that are defined (NaN when none is); influence, shape (people,), sum zero: a
        person's replicates added up.
    """
    people, replicates = scores.shape
    influence = np.zeros(people)
    areas = []
    for group in [np.ones(people, dtype=bool)] if half is None else [half, ~half]:
        for r in range(replicates):
            rows = np.flatnonzero(group if used is None else group & used[:, r])
            area, moved = placements(scores[rows, r], positive[rows, r])
            if math.isnan(area):
                continue
            areas.append(area)
            influence[rows] += moved
    if not areas:
        return float("nan"), influence
    return float(np.mean(areas)), influence / len(areas)


def clustered_auc(
    scores: Labels, positive: Labels, used: Labels | None = None, half: Labels | None = None
) -> tuple[float, float]:
    """Return the mean area over replicates and its standard error by person, a person's replicates kept together.

    Parameters as in `auc_by_person`; (NaN, NaN) when no replicate has both sides. Eight copies of one replicate have
    the standard error of one (Obuchowski 1997 for one reader). `area_interval` turns the two into an interval.
    """
    area, influence = auc_by_person(scores, positive, used, half)
    return area, float("nan") if math.isnan(area) else standard_error(influence)


def clustered_auc_interval(
    scores: Labels,
    positive: Labels,
    used: Labels | None = None,
    half: Labels | None = None,
    level: float = LEVEL,
) -> tuple[float, float]:
    """Return the interval of the mean area over replicates, by person; parameters as in `auc_by_person`.

    When no person's answers differ (a perfect separation), each person counts once on each side.
    """
    area, error = clustered_auc(scores, positive, used, half)
    if math.isnan(area):
        return float("nan"), float("nan")
    counted = np.ones(scores.shape, dtype=bool) if used is None else used
    n1, n0 = (int((side & counted).any(axis=1).sum()) for side in (positive, ~positive))
    return area_interval(area, error, n1, n0, level)


def _below(others: Labels, mine: Labels) -> Labels:
    """Return how many of the others lie below each of mine, ties half."""
    ranked = np.sort(others)
    # Sorted queries walk through `ranked` in order, which is faster than jumping about in it.
    order = np.argsort(mine)
    asked = mine[order]
    counts = np.empty(len(mine))
    counts[order] = (np.searchsorted(ranked, asked, "left") + np.searchsorted(ranked, asked, "right")) / 2
    return counts


def _score_limit(area: float, end: float, n1: int, n0: int, z: float) -> float:
    """Return the value between `area` and `end` that lies z of its own standard deviations from `area`."""
    star = (n1 + n0) / 2 - 1
    inside, outside = area, end
    for _ in range(60):
        theta = (inside + outside) / 2
        variance = theta * (1 - theta) * (1 + star * ((1 - theta) / (2 - theta) + theta / (1 + theta))) / (n1 * n0)
        if (theta - area) ** 2 <= z * z * variance:
            inside = theta
        else:
            outside = theta
    return inside if end != area else area
