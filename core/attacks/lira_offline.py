"""Offline likelihood-ratio attack: surer than models that never saw the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.attacks.base import MembershipAttack, MembershipView
from core.data.table import Labels


@dataclass(frozen=True, kw_only=True)
class OfflineLira(MembershipAttack):
    """Guess "member" when the model is surer of a person than reference models trained without that person.

    Each person's confidence without membership is modelled as normal, around a mean that is itself normal over
    people: phi = m + a_i + e. With k reference models that left the person out, the mean is the empirical-Bayes
    estimate m + w (mean_k - m), w = k s_b^2 / (k s_b^2 + s_w^2), and the score is the distance from it in predictive
    standard deviations. With no such model (k = 0; half of the people when there is one reference) it falls back to
    the loss attack on a common scale, so nobody is left out. One variance is shared by all people, which is stronger
    than a variance each below about 64 models.

    Examples
    --------
    >>> OfflineLira().key
    'lira_offline'

    References
    ----------
    Carlini et al. (2022), Membership inference attacks from first principles, arXiv:2112.03570, section VI (offline).
    """

    key: ClassVar[str] = "lira_offline"
    title: ClassVar[str] = "Likelihood-ratio attack (offline LiRA)"
    game: ClassVar[str] = "As the loss attack, and trains the same recipe on other random halves of the same people."

    def guess(self, view: MembershipView) -> Labels:
        """Return predictive z-scores; the plain scores where there is no reference model."""
        columns = [_column(view, model) for model in range(view.scores.shape[1])]
        return np.column_stack(columns)


def _column(view: MembershipView, model: int) -> Labels:
    scores, controls = view.scores[:, model], view.known_controls[:, model]
    count, mean = view.outside.count[:, model], view.outside.mean[:, model]
    if not count.any() or controls.sum() < 2:
        return scores
    centre, whole = float(scores[controls].mean()), float(scores[controls].var())
    within = shared_variance(scores, count, mean, view.outside.squares[:, model], controls)
    between = max(whole - within, 1e-12)
    weight = count * between / (count * between + max(within, 1e-12))
    spread = np.sqrt(within + between * (1 - weight) + 1e-12)
    return np.asarray((scores - (centre + weight * (mean - centre))) / spread)


def shared_variance(scores: Labels, count: Labels, mean: Labels, squares: Labels, controls: Labels) -> float:
    """Return the variance of one person's score from model to model, shared by everybody.

    From people with two or more reference scores; else from known controls with one; else the whole variance.
    """
    twice = count >= 2
    if twice.sum() >= 30:
        return float(squares[twice].sum() / (count[twice] - 1).sum())
    once = controls & (count >= 1)
    if once.sum() >= 2:
        return float(((scores - mean)[once] ** 2 / (1 + 1 / count[once])).mean())
    return float(scores[controls].var())
