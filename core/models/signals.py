"""What a membership attacker reads off a model: one score per row, and what it would be with the row in or out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.table import Labels

SMOOTHNESS = 10_000
"""Votes that probabilities count as when they are not shares of votes: the logit stays within 9.9."""


@dataclass(frozen=True, eq=False)
class Signals:
    """The attacker's score of each row, as observed and as it would have been otherwise.

    Parameters
    ----------
    phi : float array, shape (rows,)
        Observed; higher means more like a row of the training set.
    inside, outside : float array, shape (rows,)
        What phi would be had the row been in the training set, or not: observed on the one side, on the other the
        model's own shortcut (out-of-bag trees, leave one out). NaN where nobody knows.
    """

    phi: Labels
    inside: Labels
    outside: Labels

    @staticmethod
    def observed(phi: Labels, trained: Labels) -> Signals:
        """Return the signals of a model without a shortcut: each side known only where it was observed.

        >>> Signals.observed(np.array([1.0, 2.0]), np.array([True, False])).outside.tolist()
        [nan, 2.0]
        """
        return Signals(phi, np.where(trained, phi, np.nan), np.where(trained, np.nan, phi))


def true_class_logit(proba: Labels, target: Labels, votes: int | None = None) -> Labels:
    """Return log p / (1 - p) of the true class, smoothed so that 0 and 1 stay finite.

    Parameters
    ----------
    proba : float array, shape (rows, classes)
    target : integer array, shape (rows,)
    votes : int, optional
        How many votes the probabilities are shares of (trees of a forest); 10,000 when they are not.

    Examples
    --------
    >>> true_class_logit(np.array([[0.5, 0.5]]), np.array([0])).tolist()
    [0.0]

    References
    ----------
    Carlini et al. (2022), arXiv:2112.03570, section IV: the logit of the confidence is close to normal.
    """
    count = votes or SMOOTHNESS
    p = np.clip(proba[np.arange(len(target)), target], 0.0, 1.0)
    return smoothed_logit(p, count)


def smoothed_logit(p: Labels, votes: Labels | float) -> Labels:
    """Return the logit of a share of votes with half a vote added on either side.

    >>> round(float(smoothed_logit(np.array(1.0), 100)), 3)
    5.303
    """
    p = (votes * p + 0.5) / (votes + 1)
    return np.asarray(np.log(p) - np.log1p(-p))
