"""Online likelihood-ratio attack: more like the models that saw the person than like those that did not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.attacks.base import MembershipAttack, MembershipView
from core.attacks.lira_offline import TINY, centre_by_data, known_half, shared_variance
from core.data.table import Labels

BINS = 16
"""Most groups of equally hard people, each with a shift of its own."""

CROWD = 60
"""Fewest people known to be in, and to be out, for each group."""

STEADY = 10.0
"""People that the shift of everybody counts for against that of a group."""

SHARED = 16.0
"""Scores that the variance of everybody counts for against that of one person."""


@dataclass(frozen=True, kw_only=True)
class OnlineLira(MembershipAttack):
    """Guess "member" when the score is likelier under models with the person than under models without.

    A person's score is a_i + noise without them and a_i + shift + noise with them. The level a_i is normal over
    people, around what people with the same data get (`expected`) where that was learned; its empirical-Bayes estimate
    uses the references of both sides, so that one side is enough and none leaves the prior. The shift depends on the
    level: a model moves most for people whom it finds hard. Variances are shared by all people and widened or
    narrowed a little per person. The score is log N(phi; in) - log N(phi; out), each with the variance of its
    estimated mean added.

    Without any reference model this is the loss attack.

    Examples
    --------
    >>> OnlineLira().key
    'lira_online'

    References
    ----------
    Carlini et al. (2022), Membership inference attacks from first principles, arXiv:2112.03570, algorithm 1. Shared
    variances for few models: section VI; shrinkage of means and variances, and the shift by level, are ours.
    """

    key: ClassVar[str] = "lira_online"
    title: ClassVar[str] = "Likelihood-ratio attack (online LiRA)"
    game: ClassVar[str] = (
        "As the loss attack, and trains the same recipe on other random halves of the same people, with the person in "
        "about half of them."
    )

    def guess(self, view: MembershipView) -> Labels:
        """Return log-likelihood ratios; the plain scores where there is no reference model."""
        return np.array([_column(view, model) for model in range(view.scores.shape[1])]).T


def _column(view: MembershipView, model: int) -> Labels:
    scores = view.scores[:, model]
    controls, members = known_half(view, model)
    out_count, in_count = view.outside.count[:, model], view.inside.count[:, model]
    if not (out_count.any() or in_count.any()) or controls.sum() < 2 or members.sum() < 2:
        return scores
    usual = centre_by_data(view, model)
    excess = scores - usual
    out_mean, in_mean = view.outside.mean[:, model] - usual, view.inside.mean[:, model] - usual
    out_squares, in_squares = view.outside.squares[:, model], view.inside.squares[:, model]
    whole = float(excess[controls].var())
    out_noise = max(shared_variance(excess, out_count, out_mean, out_squares, controls), TINY)
    in_noise = max(shared_variance(excess, in_count, in_mean, in_squares, members), TINY)
    between = max(whole - out_noise, TINY)
    centre = float(excess[controls].mean())
    out_weight, in_weight = out_count / out_noise, in_count / max(in_noise, out_noise)
    certain = out_weight + in_weight + 1 / between

    def level(shift: Labels | float) -> Labels:
        return np.asarray((out_weight * out_mean + in_weight * (in_mean - shift) + centre / between) / certain)

    first = level(float(excess[members].mean()) - centre)
    shift = _shift(
        first + usual, excess - first, in_mean - out_mean, (out_count > 0) & (in_count > 0), members, controls
    )
    mean = level(shift)
    # A person whose scores vary more than usual does so on both sides.
    own = SHARED + out_squares / out_noise + in_squares / in_noise
    own /= SHARED + np.maximum(out_count - 1, 0) + np.maximum(in_count - 1, 0)
    out_spread, in_spread = 1 / certain + out_noise * own, 1 / certain + in_noise * own
    distance = (excess - mean) ** 2 / out_spread - (excess - mean - shift) ** 2 / in_spread
    return np.asarray((distance + np.log(out_spread / in_spread)) / 2)


def _shift(hard: Labels, excess: Labels, gap: Labels, both: Labels, members: Labels, controls: Labels) -> Labels:
    """Return what membership adds to each person's score, by groups of equal level.

    From people with references on both sides, or from the known half under the attacked model when they are few.
    """
    groups = int(np.clip(min(members.sum(), controls.sum()) // CROWD, 1, BINS))
    place = np.searchsorted(np.quantile(hard, np.arange(1, groups) / groups), hard, side="right")

    def means(values: Labels, who: Labels) -> Labels:
        usual = float(values[who].mean())
        total = np.bincount(place[who], weights=values[who], minlength=groups)
        return np.asarray((total + STEADY * usual) / (np.bincount(place[who], minlength=groups) + STEADY))

    if both.sum() >= 30 * groups:
        return np.asarray(means(gap, both)[place])
    return np.asarray((means(excess, members) - means(excess, controls))[place])
