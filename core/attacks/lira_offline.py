"""Offline likelihood-ratio attack: surer than models that never saw the person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.attacks.base import MembershipAttack, MembershipView
from core.data.table import Labels

TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class OfflineLira(MembershipAttack):
    """Guess "member" when the model is surer of a person than reference models trained without that person.

    Each person's confidence without membership is modelled as normal, around a mean that is itself normal over
    people: phi = m_i + a_i + e, m_i what people with the same data get where that was learned, the mean of everybody
    otherwise. With k reference models that left the person out, the mean is the empirical-Bayes estimate
    m_i + w (mean_k - m_i), w = k s_b^2 / (k s_b^2 + s_w^2), and the score is the distance from it in predictive
    standard deviations. With no such model (k = 0; half of the people when there is one reference) the prior is left,
    so nobody is left out. One variance is shared by all people, which is stronger than a variance each below about 64
    models.

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
        return np.array([_column(view, model) for model in range(view.scores.shape[1])]).T


def _column(view: MembershipView, model: int) -> Labels:
    scores, (controls, _) = view.scores[:, model], known_half(view, model)
    count = view.outside.count[:, model]
    if not count.any() or controls.sum() < 2:
        return scores
    usual = centre_by_data(view, model)
    excess, mean = scores - usual, view.outside.mean[:, model] - usual
    centre, whole = float(excess[controls].mean()), float(excess[controls].var())
    within = shared_variance(excess, count, mean, view.outside.squares[:, model], controls)
    between = max(whole - within, TINY)
    weight = count * between / (count * between + max(within, TINY))
    spread = np.sqrt(within + between * (1 - weight) + TINY)
    return np.asarray((excess - (centre + weight * (mean - centre))) / spread)


def known_half(view: MembershipView, model: int) -> tuple[Labels, Labels]:
    """Return who is known to be out of this model, and who is known to be in."""
    members = view.known_members[:, model]
    return view.calibration & ~members, members


def centre_by_data(view: MembershipView, model: int) -> Labels:
    """Return the score that people with the same data get when they are out, up to a constant; zeros if unknown.

    `expected` is (phi - mean) / s with one s for everybody, so the mean is phi - s * expected. We take for s the slope
    of phi on `expected` over known controls: where the regression learned noise, it is smaller and the means shrink.
    """
    scores, (controls, _) = view.scores[:, model], known_half(view, model)
    if view.expected is None or controls.sum() < 2:
        return np.zeros(len(scores))
    expected = view.expected[:, model]
    distance = expected[controls] - expected[controls].mean()
    whole = float((distance**2).sum())
    if whole <= TINY:
        return np.zeros(len(scores))
    slope = float((distance * scores[controls]).sum()) / whole
    return np.asarray(scores - slope * expected)


def shared_variance(scores: Labels, count: Labels, mean: Labels, squares: Labels, known: Labels) -> float:
    """Return the variance of one person's score from model to model, shared by everybody.

    From people with two or more reference scores; else from known people of this side with one; else the whole
    variance.
    """
    twice = count >= 2
    if twice.sum() >= 30:
        return float(squares[twice].sum() / (count[twice] - 1).sum())
    once = known & (count >= 1)
    if once.sum() >= 2:
        return float(((scores - mean)[once] ** 2 / (1 + 1 / count[once])).mean())
    return float(scores[known].var())
